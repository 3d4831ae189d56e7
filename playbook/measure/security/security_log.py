"""Refused requests over a week of the target's logs, as far as they reach back."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playbook.clients.log_reading import KEPT_HINT, SERVICE, LogSource, LogStream
from playbook.core.clock import Clock
from playbook.core.counters import Earlier
from playbook.core.coverage import Coverage, lacking, share, understood
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData, Unmeasured, away
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Limit, Reading
from playbook.core.verdict import Verdict
from playbook.measure.logs.log_coverage import UNNAMED_HINT
from playbook.measure.logs.logs_of_before import call_logs
from playbook.readers.logs.security import HOUR, SecurityReview, SecurityReviewer
from playbook.readers.logs.usual import usual_level
from playbook.readers.logs.visitors import is_visitor
from playbook.settings.model import Settings
from playbook.settings.sections.coverage import CoverageRules
from playbook.settings.sections.target import Logs

DAY = 86400.0
_ROWS = 15
NOT_SAID = "not said"
EACH_VISITOR = "the address of each visitor who was refused"
PROXY_HINT = (
    "Behind proxies, such as App Platform's, let the web component log X-Forwarded-For or do-connecting-ip; in "
    "Express, app.set('trust proxy', 1)."
)


@dataclass(frozen=True, slots=True)
class SecurityLog:
    """Refused requests and sign-ins in the target's logs.

    Attributes:
        source: where they were read from.
        problems: what could not be read.
        since, until: epoch seconds of the requested period.
        limit: of the refused requests of one source in an hour.
        expected, serving: components that must have lines, and those that answer requests, if they are known.
    """

    review: SecurityReview
    source: str
    problems: tuple[str, ...]
    wanted: Logs
    rules: CoverageRules
    limit: Limit
    since: float
    until: float
    expected: tuple[str, ...] = ()
    serving: tuple[str, ...] = ()

    @property
    def days(self) -> float:
        """Length of the requested period."""
        return (self.until - self.since) / DAY

    @property
    def over(self) -> str:
        """How much was covered: ``30 of 168 h (5,120 lines)``."""
        return f"{self.hours} of {self.days * 24:.0f} h ({self.review.lines:,} lines)"

    @property
    def hours(self) -> int:
        """Hours with lines; the partial ones at the two ends count as one."""
        seen = sum(self.since - HOUR < hour <= self.until for hour in self.review.hours)
        return min(seen, round(self.days * 24))

    @property
    def coverage(self) -> Coverage:
        """Lines in most hours and up to the end, understood, and access lines among them."""
        if self.review.access:
            return self.lines_coverage + self.without("access lines", self.review.answering)
        return self.lines_coverage + lacking(
            "no access line",
            expected="access lines, as they say who was refused",
            got=f"{self.review.lines:,} lines without one",
            hint="Let the web component write access lines, and forward them with the others.",
        )

    @property
    def lines_coverage(self) -> Coverage:
        """As ``coverage``, without requiring access lines."""
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
            seen += silent(silence / 60, self.rules.newest_minutes / 60, self.source)
        mute = [name for name in self.expected if name not in self.review.components]
        if mute:
            got = f"none of {', '.join(mute)}"
            seen += lacking(
                got, expected="lines of every component of the app", got=got, hint=self._unnamed or KEPT_HINT
            )
        return seen + read_coverage(self.review, self.problems, self.rules)

    def without(self, what: str, those: Collection[str]) -> Coverage:
        """Coverage of the components that answer requests, of which these have such lines."""
        mute = [name for name in self.serving if name not in those]
        if not mute:
            return Coverage()
        return lacking(
            f"no {what} of {', '.join(mute)}",
            expected=f"{what} of every component that answers requests",
            got=f"none of {', '.join(mute)}",
            hint=self._unnamed or "Log its requests, or name the components that do under logs.serving.",
        )

    @property
    def _unnamed(self) -> str:
        """What to do where no line names a component; empty where one does."""
        return UNNAMED_HINT if self.review.components == {""} else ""

    @property
    def burst(self) -> Reading:
        """Refused requests of the source with the most in an hour.

        A proxy of the own network is many visitors, as are those whose lines name nobody: beyond the limit it is
        not known whether one of them is.
        """
        worst, hour, source = self._most(is_visitor)
        several, hour_of_several, proxy = self._most(lambda source: not is_visitor(source))
        too_many = self.limit.verdict(several) is not Verdict.OK
        if too_many and self.limit.verdict(worst) is Verdict.OK:
            whose = f"from {proxy}" if proxy else "without an address"
            got = f"{several:,} refused at {hour_text(hour_of_several)} {whose}"
            return Reading(math.nan, self.over, lacking("", expected=EACH_VISITOR, got=got, hint=PROXY_HINT))
        if several > worst and not too_many:
            worst, hour, source = several, hour_of_several, proxy
        return Reading(worst, f"{self.over}, by {source or NOT_SAID} at {hour_text(hour)}" if worst else self.over)

    def _most(self, counts: Callable[[str], bool]) -> tuple[int, int, str]:
        """The most refused requests of such a source in an hour, when that began, and which source it was."""
        rows = ((*row.worst_hour, source) for source, row in self.review.refused if counts(source))
        return max(rows, key=lambda row: row[:2], default=(0, 0, ""))

    @property
    def unusual(self) -> str:
        """The hour with far more refused requests than usual; may be empty."""
        counts = list(self.review.hours.values())
        level = usual_level(counts, least=self.wanted.unusual_count, spread=self.wanted.unusual_spread)
        if level is None or max(counts) <= level.bound:
            return ""
        hour = max(self.review.hours, key=self.review.hours.__getitem__)
        sources = sum(hour in row.hours for _, row in self.review.refused)
        several = f"{sources} sources" if sources > 1 else "one source"
        return f"{max(counts):,} from {several} at {hour_text(hour)} (usually {level.usual:,.0f})"

    def evidence(self) -> list[Evidence]:
        """How much was covered, and refused requests by source and path."""
        shown: list[Evidence] = [
            Facts("Logs", coverage_facts(self.review, self.source, self.problems, self.hours, self.days))
        ]
        if self.review.refused:
            rows = [
                [
                    source or NOT_SAID,
                    f"{row.count:,}",
                    f"{row.worst_hour[0]:,} at {hour_text(row.worst_hour[1])}",
                    ", ".join(f"{count:,} × {what}" for what, count in sorted(row.what.items())),
                    time_text(row.first),
                    time_text(row.last),
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
    """The target's logs, or why they could not be read, as sign-in files can be judged without them."""

    log: SecurityLog | None
    error: Unmeasured | None = None

    @property
    def coverage(self) -> Coverage:
        """Coverage of the log; without one there is nothing."""
        if self.log:
            return self.log.coverage
        assert self.error
        return lacking(
            "no logs",
            expected="logs that can be read",
            got=str(self.error),
            hint=self.error.hint,
            cause=away(self.error),
        )

    def evidence(self) -> list[Evidence]:
        """Evidence of the log."""
        return self.log.evidence() if self.log else [Facts("Logs", {"Not read": str(self.error)})]


@measurement(time_limit=55.0)
def logs_of_the_week(logs: LogSource, settings: Settings, clock: Clock, earlier: Earlier) -> LogsOfTheWeek:
    """Refused requests and failed sign-ins in the target's logs, in one pass. Errors are kept."""
    wanted = settings.target.security
    since, until = clock.now() - timedelta(days=wanted.days), clock.now()
    try:
        review, stream = review_of(logs, since, until, strict=False)
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
    call_logs(stream, settings, until, earlier)
    problems, source = tuple(stream.problems), stream.source
    return LogsOfTheWeek(
        SecurityLog(
            review,
            source,
            problems,
            settings.target.logs,
            settings.coverage,
            settings.limits.refused_burst,
            since.timestamp(),
            until.timestamp(),
            stream.expected,
            stream.serving,
        )
    )


@measurement
def security_log(logs_of_the_week: LogsOfTheWeek) -> SecurityLog:
    """401, 403 and "blocked" by source, path and hour, of the last seven days as far as the logs reach back.

    Raises:
        Unmeasured: the logs cannot be read.
        TooLittleData: there is not a single line of that time.
    """
    if logs_of_the_week.log is None:
        assert logs_of_the_week.error is not None
        raise logs_of_the_week.error
    return logs_of_the_week.log


def review_of(
    logs: LogSource, since: datetime, until: datetime, *, strict: bool
) -> tuple[SecurityReview, LogStream]:
    stream = logs.read(since)
    reviewer = SecurityReviewer(since.timestamp(), until.timestamp(), strict=strict, zone=stream.zone)
    for part in stream.parts:
        reviewer.extend(part)
    return reviewer.result(), stream


def read_coverage(review: SecurityReview, problems: tuple[str, ...], rules: CoverageRules) -> Coverage:
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


def silent(hours: float, most: float, source: str) -> Coverage:
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


def coverage_facts(
    review: SecurityReview, source: str, problems: tuple[str, ...], hours: int, days: float
) -> dict[str, str]:
    facts = {
        "Source": source,
        "Lines": f"{review.lines:,}",
        "From": time_text(review.first),
        "To": time_text(review.last),
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


def time_text(seconds: float | None) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}" if seconds is not None else "never"


def hour_text(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%a %d %b, %H:00} UTC"
