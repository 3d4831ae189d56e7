"""Who was refused and who failed to sign in, over a week as far as the logs reach back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from playbook.clients.log_files import FileLogs
from playbook.clients.log_reading import KEPT_HINT, SERVICE, LogSource, LogStream
from playbook.clock import Clock
from playbook.coverage import Coverage, lacking, share, understood
from playbook.engine import measurement
from playbook.errors import TooLittleData, Unmeasured
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.logs.security import HOUR, Activity, SecurityReview, SecurityReviewer
from playbook.logs.usual import usual_level
from playbook.sections.coverage import CoverageRules
from playbook.sections.security import Security
from playbook.sections.target import Logs
from playbook.settings import Settings

DAY = 86400.0
_ROWS = 15
_UNKNOWN = "not said"
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


@dataclass(frozen=True, slots=True)
class SecurityLog:
    """What the target's logs say about who came, refused requests first.

    Attributes:
        source: where it was read from.
        problems: what could not be read of it.
        since, until: epoch seconds of the time that was asked for.
    """

    review: SecurityReview
    source: str
    problems: tuple[str, ...]
    wanted: Logs
    rules: CoverageRules
    since: float
    until: float

    @property
    def days(self) -> float:
        """The time that was asked for."""
        return (self.until - self.since) / DAY

    @property
    def over(self) -> str:
        """How much was seen: ``30 of 168 h (5,120 lines)``."""
        return f"{self.hours} of {self.days * 24:.0f} h ({self.review.lines:,} lines)"

    @property
    def hours(self) -> int:
        """Hours with lines; those at the two ends are one, as both are seen in part."""
        seen = sum(self.since - HOUR < hour <= self.until for hour in self.review.hours)
        return min(seen, round(self.days * 24))

    @property
    def coverage(self) -> Coverage:
        """Lines in most hours and to the end, understood, and access lines among them."""
        if self.review.access:
            return self.lines_coverage
        return self.lines_coverage + lacking(
            "no access line",
            expected="access lines, as they say who was refused",
            got=f"{self.review.lines:,} lines without one",
            hint="Let the web component write access lines, and forward them with the others.",
        )

    @property
    def lines_coverage(self) -> Coverage:
        """The same, whatever the lines are about."""
        seen = share(
            self.hours,
            round(self.days * 24),
            "h",
            least_percent=self.rules.window_percent,
            what="log lines",
            hint=KEPT_HINT,
        )
        silence = (self.until - (self.review.last or self.since)) / 60
        if silence > self.rules.newest_minutes:
            seen += _silent(silence / 60, self.rules.newest_minutes / 60, self.source)
        return seen + _read(self.review, self.problems, self.rules)

    @property
    def burst(self) -> Reading:
        """Refused requests of the source that had most in an hour."""
        worst = max((row.worst_hour for _, row in self.review.refused), default=(0, 0))
        if not worst[0]:
            return Reading(0, self.over)
        source = next(source for source, row in self.review.refused if row.worst_hour == worst)
        return Reading(worst[0], f"{self.over}, by {source or _UNKNOWN} at {_hour(worst[1])}")

    @property
    def unusual(self) -> str:
        """The hour in which far more was refused than is usual for these hours; may be empty."""
        counts = list(self.review.hours.values())
        level = usual_level(counts, least=self.wanted.unusual_count, spread=self.wanted.unusual_spread)
        if level is None or max(counts) <= level.bound:
            return ""
        hour = max(self.review.hours, key=self.review.hours.__getitem__)
        sources = sum(hour in row.hours for _, row in self.review.refused)
        several = f"{sources} sources" if sources > 1 else "one source"
        return f"{max(counts):,} from {several} at {_hour(hour)} (usually {level.usual:,.0f})"

    def evidence(self) -> list[Evidence]:
        """How much was seen, and who was refused where."""
        shown: list[Evidence] = [
            Facts("Logs", _coverage(self.review, self.source, self.problems, self.hours, self.days))
        ]
        if self.review.refused:
            rows = [
                [
                    source or _UNKNOWN,
                    f"{row.count:,}",
                    f"{row.worst_hour[0]:,} at {_hour(row.worst_hour[1])}",
                    ", ".join(f"{count:,} × {what}" for what, count in sorted(row.what.items())),
                    _time(row.first),
                    _time(row.last),
                    ", ".join(sorted(row.paths, key=lambda path: -row.paths[path])[:4]),
                ]
                for source, row in self.review.refused[:_ROWS]
            ]
            heads = ["Source", "Refused", "Most in an hour", "How", "First (UTC)", "Last (UTC)", "Paths"]
            shown += [Table("Refused, by source", heads, rows), self._paths()]
        return shown

    def _paths(self) -> Table:
        paths: dict[str, int] = {}
        for _, row in self.review.refused:
            for path, count in row.paths.items():
                paths[path] = paths.get(path, 0) + count
        top = sorted(paths.items(), key=lambda path: -path[1])[:_ROWS]
        return Table("Refused, by path", ["Path", "Refused"], [[path, f"{count:,}"] for path, count in top])


@dataclass(frozen=True, slots=True)
class LogsOfTheWeek:
    """The target's logs, or why they could not be read, as files with sign-ins can be judged without them."""

    log: SecurityLog | None
    error: Unmeasured | None = None

    @property
    def coverage(self) -> Coverage:
        """That of the log; without one there is nothing."""
        if self.log:
            return self.log.coverage
        return lacking("no logs", expected="logs that can be read", got=str(self.error))

    def evidence(self) -> list[Evidence]:
        """That of the log."""
        return self.log.evidence() if self.log else [Facts("Logs", {"Not read": str(self.error)})]


@measurement(time_limit=55.0)
def logs_of_the_week(logs: LogSource, settings: Settings, clock: Clock) -> LogsOfTheWeek:
    """Who was refused and who failed to sign in, by the target's logs, in one pass. Errors are kept."""
    wanted = settings.target.security
    since, until = clock.now() - timedelta(days=wanted.days), clock.now()
    try:
        review, stream = _review(logs, since, until, strict=False)
        if not review.lines:
            raise TooLittleData(
                "; ".join(
                    [f"{SERVICE}: expected lines from {stream.source}, got {_none(review)}", *stream.problems]
                ),
                service=SERVICE,
                hint=KEPT_HINT,
            )
    except Unmeasured as error:
        return LogsOfTheWeek(None, error)
    problems, source = tuple(stream.problems), stream.source
    return LogsOfTheWeek(
        SecurityLog(
            review, source, problems, settings.target.logs, settings.coverage, since.timestamp(), until.timestamp()
        )
    )


@measurement
def security_log(logs_of_the_week: LogsOfTheWeek) -> SecurityLog:
    """401, 403 and "blocked" by source, path and hour, of the last seven days as far as the logs reach back.

    Raises:
        Unmeasured: the logs cannot be read.
        TooLittleData: there is not one line of that time.
    """
    if logs_of_the_week.log is None:
        assert logs_of_the_week.error is not None
        raise logs_of_the_week.error
    return logs_of_the_week.log


@dataclass(frozen=True, slots=True)
class FailedLogins:
    """Failed sign-ins, from the target's logs and from files with sign-ins.

    Attributes:
        logs: what the target's logs say; None where they could not be read.
        files: what the files say; None where none are set, or could be read.
        problems: what could not be read of the files, or of the logs altogether.
    """

    logs: SecurityLog | None
    files: SecurityReview | None
    files_source: str
    problems: tuple[str, ...]
    wanted: Security
    rules: CoverageRules
    since: float
    until: float

    @property
    def coverage(self) -> Coverage:
        """What the logs cover; of the files that they reach back, go on to the end, and are understood."""
        seen = self.logs.lines_coverage if self.logs else Coverage()
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
        seen = share(
            hours,
            round((self.until - self.since) / HOUR),
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
            seen += _silent(silence, most, self.files_source)
        if files.lines and not files.about:
            seen += lacking(
                "no line about a sign-in",
                expected="lines that say who signs in",
                got=f"{files.lines:,} lines without one from {self.files_source}",
                hint="Check that sshd logs there.",
            )
        return seen + _read(files, (), self.rules)

    def _files_hours(self, files: SecurityReview) -> tuple[float, float]:
        """Hours that the files cover, without long silences; and the longest silence between two lines of them."""
        if files.first is None or files.last is None:
            return 0.0, 0.0
        lines = sorted(hour for hour in files.hours if self.since - HOUR < hour <= self.until)
        between = [(after - before) / HOUR for before, after in pairwise(lines)]
        quiet = self.wanted.quiet_hours
        before_first = min((files.first - self.since) / HOUR, quiet) if files.reaches_back else 0.0
        after_last = min((self.until - files.last) / HOUR, quiet)
        within = (files.last - files.first) / HOUR - sum(max(gap - quiet, 0.0) for gap in between)
        # As long as it was silent before, and half of that again.
        return before_first + max(within, 0.0) + after_last, 1.5 * max(between, default=0.0)

    @property
    def _reviews(self) -> list[SecurityReview]:
        return [review for review in (self.logs and self.logs.review, self.files) if review]

    @property
    def by_source(self) -> Reading:
        """Failed sign-ins of the source that had most in an hour."""
        worst, found = 0, ""
        for review in self._reviews:
            for (kind, source), row in review.failed:
                if row.worst_hour[0] > worst:
                    worst = row.worst_hour[0]
                    found = f", from {source or _UNKNOWN} at {_hour(row.worst_hour[1])}, says {_KINDS[kind]}"
        return Reading(worst, self._over + found)

    @property
    def altogether(self) -> Reading:
        """Failed sign-ins of all sources in the fullest hour, of the log that has most."""
        hours = [hours for review in self._reviews for hours in review.failed_hours.values()]
        worst = max((count for hour in hours for count in hour.values()), default=0)
        return Reading(worst, self._over)

    @property
    def guessed(self) -> str:
        """Sources whose password was accepted after many were not, in words; may be empty."""
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
                    f"{source or _UNKNOWN} signed in at {_time(time)} UTC after {before:,} wrong passwords"
                )
        return "; ".join(found[:5])

    def evidence(self) -> list[Evidence]:
        """What was read, and who failed."""
        logs = self.logs
        shown: list[Evidence] = []
        if logs:
            shown.append(Facts("Logs", _coverage(logs.review, logs.source, logs.problems, logs.hours, logs.days)))
        problems = {f"Problem {number}": text for number, text in enumerate(self.problems, 1)}
        if self.files:
            hours = round(self._files_hours(self.files)[0])
            facts = _coverage(self.files, self.files_source, (), hours, self.wanted.days)
            shown.append(Facts("Files with sign-ins", facts | problems))
        elif problems:
            shown.append(Facts("Files with sign-ins", problems))
        else:
            text = "none is set: security.auth_logs names them, e.g. /var/log/auth.log*"
            shown.append(Facts("Files with sign-ins", {"Files": text}))
        rows = [
            [
                source or _UNKNOWN,
                _KINDS[kind],
                f"{row.count:,}",
                f"{row.worst_hour[0]:,} at {_hour(row.worst_hour[1])}",
                _time(row.first),
                _time(row.last),
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
def failed_logins(logs_of_the_week: LogsOfTheWeek, settings: Settings, clock: Clock) -> FailedLogins:
    """Failed sign-ins by source: sshd, nginx, PAM and the application, from logs and ``security.auth_logs``.

    What one of the two says is judged also where the other cannot be read.

    Raises:
        Unmeasured: neither can be read.
    """
    wanted, log = settings.target.security, logs_of_the_week.log
    since, until = clock.now() - timedelta(days=wanted.days), clock.now()
    errors = [logs_of_the_week.error] if logs_of_the_week.error else []
    problems: list[str] = []
    review, source = None, ""
    if wanted.auth_logs:
        try:
            files = FileLogs(wanted.auth_logs, settings.target.logs)
            review, stream = _review(files, since, until, strict=True, zone=wanted.zone)
            source = stream.source
            problems += stream.problems
        except Unmeasured as error:
            errors.append(error)
    if log is None and review is None:
        raise errors[0]
    problems += map(str, errors)
    return FailedLogins(
        log, review, source, tuple(problems), wanted, settings.coverage, since.timestamp(), until.timestamp()
    )


def _review(
    logs: LogSource, since: datetime, until: datetime, *, strict: bool, zone: tzinfo = UTC
) -> tuple[SecurityReview, LogStream]:
    stream = logs.read(since)
    reviewer = SecurityReviewer(since.timestamp(), until.timestamp(), strict=strict, zone=zone)
    for part in stream.parts:
        reviewer.extend(part)
    return reviewer.result(), stream


def _read(review: SecurityReview, problems: tuple[str, ...], rules: CoverageRules) -> Coverage:
    """What could not be read or understood of a log."""
    strange = review.undated + review.ahead + review.unknown
    total = Coverage()
    for problem in problems:
        total += lacking("not all was read", expected="everything to be read", got=problem)
    return total + understood(
        strange,
        max(review.lines + review.undated, strange),
        "lines",
        examples=review.examples,
        most_percent=rules.not_understood_percent,
        hint="They have no time, one in the future (security.time_zone is that of files without one), or "
        "words that this suite does not know.",
    )


def _silent(hours: float, most: float, source: str) -> Coverage:
    return lacking(
        f"silent for {hours:.1f} h",
        expected=f"a line in the last {most:.1f} h",
        got=f"none for {hours:.1f} h from {source}",
        hint="Check that the logs are still written and forwarded.",
    )


def _none(review: SecurityReview) -> str:
    if not review.undated:
        return "none at all"
    return f"{review.undated:,} without a time that can be read, e.g. {review.examples[0]!r}"


def _coverage(
    review: SecurityReview, source: str, problems: tuple[str, ...], hours: int, days: float
) -> dict[str, str]:
    facts = {
        "Source": source,
        "Lines": f"{review.lines:,}",
        "From": _time(review.first),
        "To": _time(review.last),
        "Hours with lines": f"{hours} of {days * 24:.0f}",
    }
    if review.left_out:
        facts["Rare sources, left out"] = f"{review.left_out:,}"
    for name, count in (
        ("Without a time", review.undated),
        ("Dated in the future", review.ahead),
        ("Not understood", review.unknown),
    ):
        if count:
            facts[name] = f"{count:,} lines"
    return facts | {f"Problem {number}": text for number, text in enumerate(problems, 1)}


def _time(seconds: float | None) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}" if seconds is not None else "never"


def _hour(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%a %d %b, %H:00} UTC"
