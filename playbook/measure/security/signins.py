"""Failed sign-ins over a week of the target's logs and of sign-in files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from playbook.clients.log_files import FileLogs
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import Coverage, lacking, share
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Limit, Reading
from playbook.core.verdict import Verdict
from playbook.measure.logs.logs_of_before import SIGN_INS, call_sign_ins
from playbook.measure.roll_call import RollCall
from playbook.measure.security.security_log import (
    EACH_VISITOR,
    NOT_SAID,
    PROXY_HINT,
    LogsOfTheWeek,
    SecurityLog,
    coverage_facts,
    hour_text,
    read_coverage,
    review_of,
    silent,
    time_text,
)
from playbook.readers.logs.security import HOUR, Activity, SecurityReview
from playbook.readers.logs.visitors import is_visitor
from playbook.settings.model import Settings
from playbook.settings.sections.coverage import CoverageRules
from playbook.settings.sections.security import Security

_ROWS = 15
_FEW_SUCCEED = 5  # times as many failures as sign-ins: passwords are tried
_KINDS = {
    "ssh": "sshd",
    "penalty": "sshd's penalties",
    "nginx": "nginx",
    "system": "the system (PAM)",
    "login": "login, su and sudo",
    "ftp": "the FTP server",
    "mail": "the mail server",
    "database": "the database",
    "fail2ban": "fail2ban",
    "bans": "fail2ban's bans",
    "application": "the application",
    "access": "access lines",
}


_OF_VISITORS = frozenset({"access", "application"})


def _whose(source: str) -> str:
    return f"from {source}" if source else "without an address"


@dataclass(frozen=True, slots=True)
class FailedLogins:
    """Failed sign-ins, from the target's logs and from sign-in files.

    Attributes:
        logs: from the target's logs; None where they could not be read.
        files: from the files; None where none are set, or could be read.
        problems: what could not be read of the files, or of the logs altogether.
        limit: of one source in an hour.
        roll: the files beside those of earlier runs; None where they could not be listed.
    """

    logs: SecurityLog | None
    files: SecurityReview | None
    files_source: str
    problems: tuple[str, ...]
    wanted: Security
    rules: CoverageRules
    since: float
    until: float
    limit: Limit
    roll: RollCall | None = None

    @property
    def readings(self) -> dict[str, Counted]:
        """The files that there are, for later runs."""
        return {SIGN_INS: self.roll.read} if self.roll else {}

    @property
    def coverage(self) -> Coverage:
        """Coverage of the logs; and whether the files reach back, continue to the end, and are understood."""
        seen = Coverage()
        if self.logs:
            told = "access lines and lines about sign-ins"
            seen = self.logs.lines_coverage + self.logs.without(told, self.logs.review.telling)
        for problem in self.problems:
            seen += lacking("not all was read", expected="everything to be read", got=problem)
        if self.files:
            seen += self._files_coverage(self.files)
        elif self.logs and not self.problems and not (self.logs.review.access or self.logs.review.about):
            seen += lacking(
                "no line about a sign-in",
                expected="lines that say who signs in",
                got=f"{self.logs.review.lines:,} lines of logs without one",
                hint="Set security.auth_logs to the files that have them, e.g. /var/log/auth.log*.",
            )
        return seen

    def _files_coverage(self, files: SecurityReview) -> Coverage:
        hours, longest = self._files_hours(files)
        wanted = round((self.until - self.since) / HOUR)
        seen = share(
            min(hours, wanted),
            wanted,
            "h of sign-ins",
            least_percent=self.rules.window_percent,
            what="lines" if files.lines else "",
            hint="Keep the files with sign-ins for a week and more, and name all of them in security.auth_logs; "
            "security.quiet_hours is how long they may be silent.",
        )
        silence, most = (
            (self.until - (files.last or self.since)) / HOUR,
            max(longest, self.rules.newest_minutes / 60),
        )
        if silence > most:
            seen += silent(silence, most, self.files_source)
        if files.lines and not files.about:
            seen += lacking(
                "no line about a sign-in",
                expected="lines that say who signs in",
                got=f"{files.lines:,} lines without one from {self.files_source}",
                hint="Check that sshd logs there.",
            )
        return seen + read_coverage(files, (), self.rules)

    def _files_hours(self, files: SecurityReview) -> tuple[float, float]:
        """Hours that the files cover, without long silences; and the longest silence between two of their
        lines.
        """
        if files.first is None or files.last is None:
            return 0.0, 0.0
        lines = sorted(hour for hour in files.hours if self.since - HOUR < hour <= self.until)
        between = [(after - before) / HOUR for before, after in pairwise(lines)]
        quiet = self.wanted.quiet_hours
        before_first = min((files.first - self.since) / HOUR, quiet) if files.reaches_back else 0.0
        after_last = min((self.until - files.last) / HOUR, quiet)
        within = (files.last - files.first) / HOUR - sum(max(gap - quiet, 0.0) for gap in between)
        # One and a half times the longest earlier silence.
        return before_first + max(within, 0.0) + after_last, 1.5 * max(between, default=0.0)

    @property
    def _reviews(self) -> list[SecurityReview]:
        return [review for review in (self.logs and self.logs.review, self.files) if review]

    @property
    def by_source(self) -> Reading:
        """Failed sign-ins of the source with the most in an hour.

        In the words of an application, a proxy of the own network is many visitors, as are lines that name nobody:
        beyond the limit it is not known whether one of them is.
        """
        rows = [
            (*row.worst_hour, kind, source) for review in self._reviews for (kind, source), row in review.failed
        ]
        several = [row for row in rows if row[2] in _OF_VISITORS and not is_visitor(row[3])]
        worst = max((row for row in rows if row not in several), default=None, key=lambda row: row[0])
        most = max(several, default=None, key=lambda row: row[0])
        if most and self.limit.verdict(most[0]) is not Verdict.OK:
            if worst is None or self.limit.verdict(worst[0]) is Verdict.OK:
                got = f"{most[0]:,} failed sign-ins at {hour_text(most[1])} {_whose(most[3])}"
                return Reading(math.nan, self._over, lacking("", expected=EACH_VISITOR, got=got, hint=PROXY_HINT))
        elif most and (worst is None or most[0] > worst[0]):
            worst = most
        if worst is None:
            return Reading(0, self._over)
        count, hour, kind, source = worst
        return Reading(count, f"{self._over}, from {source or NOT_SAID} at {hour_text(hour)}, says {_KINDS[kind]}")

    @property
    def altogether(self) -> Reading:
        """Failed sign-ins of all sources in the busiest hour, of the log that has most."""
        hours = [hours for review in self._reviews for hours in review.failed_hours.values()]
        worst = max((count for hour in hours for count in hour.values()), default=0)
        return Reading(worst, self._over)

    @property
    def guessed(self) -> str:
        """Sources that signed in with a password after many failures, in words; may be empty."""
        failed: dict[str, list[Activity]] = {}
        for review in self._reviews:
            for (_, source), row in review.failed:
                failed.setdefault(source, []).append(row)
        found = []
        for source, time in sorted(pair for review in self._reviews for pair in review.accepted):
            hour = int(time) // HOUR * HOUR
            before = max(
                (
                    row.hours.get(hour, 0) + row.hours.get(hour - HOUR, 0)
                    for row in failed.get(source, [])
                    if row.first < time
                ),
                default=0,
            )
            if before >= self.wanted.break_in_failures:
                found.append(
                    f"{source or NOT_SAID} signed in at {time_text(time)} UTC after {before:,} wrong passwords"
                )
        return "; ".join((found + self._guessed_at_forms)[:5])

    @property
    def _guessed_at_forms(self) -> list[str]:
        """As ``guessed``, by the answers to forms. Of many people behind one address most sign in at once."""
        found = []
        for review in self._reviews:
            failed = {source: row for (kind, source), row in review.failed if kind == "access"}
            for source, hour, count, time in sorted(review.signed_in, key=lambda one: one[3]):
                row = failed.get(source)
                if row is None or not is_visitor(source) or row.first >= time:
                    continue
                before = row.hours.get(hour, 0) + row.hours.get(hour - HOUR, 0)
                if before >= max(self.wanted.break_in_failures, _FEW_SUCCEED * count):
                    at = f"{time_text(time)} UTC"
                    found.append(f"{source} was let in at {at} after {before:,} refused sign-ins")
        return found

    def evidence(self) -> list[Evidence]:
        """What was read, and failed sign-ins by source."""
        logs = self.logs
        shown: list[Evidence] = []
        if logs:
            shown.append(
                Facts("Logs", coverage_facts(logs.review, logs.source, logs.problems, logs.hours, logs.days))
            )
        problems = {f"Problem {number}": text for number, text in enumerate(self.problems, 1)}
        if self.files:
            hours = round(self._files_hours(self.files)[0])
            facts = coverage_facts(self.files, self.files_source, (), hours, self.wanted.days)
            shown.append(Facts("Files with sign-ins", facts | problems))
        elif problems:
            shown.append(Facts("Files with sign-ins", problems))
        else:
            text = "none is set: security.auth_logs names them, e.g. /var/log/auth.log*"
            shown.append(Facts("Files with sign-ins", {"Files": text}))
        rows = [
            [
                source or NOT_SAID,
                _KINDS[kind],
                f"{row.count:,}",
                f"{row.worst_hour[0]:,} at {hour_text(row.worst_hour[1])}",
                time_text(row.first),
                time_text(row.last),
            ]
            for review in self._reviews
            for (kind, source), row in review.failed[:_ROWS]
        ]
        heads = ["Source", "Said by", "Failed", "Most in an hour", "First (UTC)", "Last (UTC)"]
        return [*shown, Table("Failed sign-ins, by source", heads, rows)] if rows else shown

    @property
    def _over(self) -> str:
        parts = [self.logs.over] if self.logs else []
        parts += [f"{self.files.lines:,} lines of files"] if self.files else []
        return " and ".join(parts) or "nothing"


@measurement(time_limit=55.0)
def failed_logins(
    logs_of_the_week: LogsOfTheWeek, settings: Settings, clock: Clock, earlier: Earlier
) -> FailedLogins:
    """Failed sign-ins by source: sshd, nginx, PAM and the application, from logs and ``security.auth_logs``.

    Each of the two is judged even if the other cannot be read.

    Raises:
        Unmeasured: neither can be read.
    """
    wanted, log = settings.target.security, logs_of_the_week.log
    since, until = clock.now() - timedelta(days=wanted.days), clock.now()
    errors = [logs_of_the_week.error] if logs_of_the_week.error else []
    problems: list[str] = []
    review, source, roll = None, "", None
    if wanted.auth_logs:
        try:
            files = FileLogs(
                wanted.auth_logs, settings.target.logs, zone=wanted.time_zone, zone_setting="security.time_zone"
            )
            review, stream = review_of(files, since, until, strict=True)
            source, roll = stream.source, call_sign_ins(stream, settings, until, earlier)
            problems += stream.problems
        except Unmeasured as error:
            errors.append(error)
    if log is None and review is None:
        raise errors[0]
    problems += map(str, errors)
    return FailedLogins(
        log,
        review,
        source,
        tuple(problems),
        wanted,
        settings.coverage,
        since.timestamp(),
        until.timestamp(),
        settings.limits.failed_logins,
        roll,
    )
