"""Who was refused and who failed to sign in, over a week as far as the logs reach back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playbook.clients.log_files import FileLogs
from playbook.clients.log_reading import KEPT_HINT, SERVICE, LogSource, LogStream
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.logs.security import HOUR, SecurityReview, SecurityReviewer
from playbook.logs.usual import usual_level
from playbook.sections.security import Security
from playbook.sections.target import Logs
from playbook.settings import Settings

_ROWS = 15
_UNKNOWN = "not said"
_KINDS = {
    "ssh": "sshd",
    "nginx": "nginx",
    "system": "the system (PAM)",
    "application": "the application",
    "access": "access lines",
}


@dataclass(frozen=True, slots=True)
class SecurityLog:
    """What the target's logs say about who came, refused requests first.

    Attributes:
        source: where it was read from.
        problems: what could not be read of it.
    """

    review: SecurityReview
    source: str
    problems: tuple[str, ...]
    wanted: Logs
    days: float

    @property
    def over(self) -> str:
        """How much was seen: ``30 of 168 h (5,120 lines)``."""
        return f"{_hours(self.review, self.days)} of {self.days * 24:.0f} h ({self.review.lines:,} lines)"

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

    @property
    def problem_text(self) -> str:
        """What could not be read; may be empty."""
        return "; ".join(self.problems)

    def demand_coverage(self) -> None:
        """TooLittleData where there are lines in too few hours to say that nobody was refused."""
        if len(self.review.hours) < self.wanted.coverage_hours:
            raise TooLittleData(
                f"{SERVICE}: expected lines in at least {self.wanted.coverage_hours} hours, "
                f"got {len(self.review.hours)}: from {_time(self.review.first)} to {_time(self.review.last)}",
                service=SERVICE,
                hint=KEPT_HINT,
            )

    def evidence(self) -> list[Evidence]:
        """How much was seen, and who was refused where."""
        shown: list[Evidence] = [Facts("Logs", _coverage(self.review, self.source, self.problems, self.days))]
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


@measurement(time_limit=55.0)
def security_log(logs: LogSource, settings: Settings, clock: Clock) -> SecurityLog:
    """401, 403 and "blocked" by source, path and hour, of the last seven days as far as the logs reach back.

    Raises:
        TooLittleData: there is not one line of that time.
    """
    review, stream = _review(logs, settings.target.security, clock)
    if not review.lines:
        raise TooLittleData(
            "; ".join([f"{SERVICE}: expected lines from {stream.source}, got none at all", *stream.problems]),
            service=SERVICE,
            hint=KEPT_HINT,
        )
    return SecurityLog(
        review, stream.source, tuple(stream.problems), settings.target.logs, settings.target.security.days
    )


@dataclass(frozen=True, slots=True)
class FailedLogins:
    """Failed sign-ins, from the target's logs and from files with sign-ins.

    Attributes:
        logs: what the target's logs say.
        files: what the files say; None where none are set.
    """

    logs: SecurityLog
    files: SecurityReview | None
    files_source: str
    problems: tuple[str, ...]
    wanted: Security

    @property
    def _reviews(self) -> list[SecurityReview]:
        return [self.logs.review, self.files] if self.files else [self.logs.review]

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
        found = []
        for review in self._reviews:
            failed = {source: row for (kind, source), row in review.failed if kind == "ssh"}
            for source, time in review.accepted:
                hour = int(time) // HOUR * HOUR
                before = (
                    [failed[source].hours.get(at, 0) for at in (hour, hour - HOUR)] if source in failed else []
                )
                if sum(before) >= self.wanted.break_in_failures and failed[source].first < time:
                    found.append(f"{source} signed in at {_time(time)} UTC after {sum(before):,} wrong passwords")
        return "; ".join(found[:5])

    def demand_coverage(self) -> None:
        """TooLittleData where there are lines in too few hours to say that nobody tried."""
        self.logs.demand_coverage()

    def evidence(self) -> list[Evidence]:
        """What was read, and who failed."""
        logs = self.logs
        shown: list[Evidence] = [Facts("Logs", _coverage(logs.review, logs.source, logs.problems, logs.days))]
        if self.files:
            facts = _coverage(self.files, self.files_source, self.problems, self.wanted.days)
            shown.append(Facts("Files with sign-ins", facts))
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
        files = f" and {self.files.lines:,} lines of files" if self.files else ""
        return self.logs.over + files


@measurement(time_limit=55.0)
def failed_logins(security_log: SecurityLog, settings: Settings, clock: Clock) -> FailedLogins:
    """Failed sign-ins by source: sshd, nginx, PAM and the application, from logs and ``security.auth_logs``.

    Raises:
        Unreachable, TooLittleData: the files that are set are not there, or were not written to.
    """
    wanted = settings.target.security
    if not wanted.auth_logs:
        return FailedLogins(security_log, None, "", (), wanted)
    review, stream = _review(FileLogs(wanted.auth_logs, settings.target.logs), wanted, clock)
    return FailedLogins(security_log, review, stream.source, tuple(stream.problems), wanted)


def _review(logs: LogSource, wanted: Security, clock: Clock) -> tuple[SecurityReview, LogStream]:
    now = clock.now()
    since = now - timedelta(days=wanted.days)
    stream = logs.read(since)
    reviewer = SecurityReviewer(since.timestamp(), now.timestamp())
    for part in stream.parts:
        reviewer.extend(part)
    return reviewer.result(), stream


def _hours(review: SecurityReview, days: float) -> int:
    """Hours with lines; those at the two ends are one, as both are seen in part."""
    return min(len(review.hours), round(days * 24))


def _coverage(review: SecurityReview, source: str, problems: tuple[str, ...], days: float) -> dict[str, str]:
    facts = {
        "Source": source,
        "Lines": f"{review.lines:,}",
        "From": _time(review.first),
        "To": _time(review.last),
        "Hours with lines": f"{_hours(review, days)} of {days * 24:.0f}",
    }
    if review.left_out:
        facts["Rare sources, left out"] = f"{review.left_out:,}"
    return facts | {f"Problem {number}": text for number, text in enumerate(problems, 1)}


def _time(seconds: float | None) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}" if seconds is not None else "never"


def _hour(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%a %d %b, %H:00} UTC"
