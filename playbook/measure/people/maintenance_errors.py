"""Errors in the logs since a maintenance that did not occur before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from playbook.clients.log_reading import LogSource, LogStream
from playbook.core.counters import Earlier
from playbook.core.coverage import Coverage, lacking, share, understood
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts, Table
from playbook.measure.logs.log_blocks import review_of
from playbook.measure.logs.log_coverage import of_lines
from playbook.measure.logs.logs_of_before import call_logs
from playbook.measure.people.maintenance import MaintenancePlan, Window
from playbook.readers.logs.reviewed import HOUR, Occurrences, Review
from playbook.readers.logs.usual import usual_level
from playbook.settings.model import Settings
from playbook.settings.sections.coverage import CoverageRules

_SHOWN = 15


@dataclass(frozen=True, slots=True)
class NewError:
    """One kind of error that did not occur before the maintenance.

    Attributes:
        after: it also occurred after the end of the window.
    """

    component: str
    signature: str
    row: Occurrences
    after: bool

    def __str__(self) -> str:
        where = f"{self.component}: " if self.component else ""
        return f"{self.row.count:,} × {where}{self.signature}"


@dataclass(frozen=True, slots=True)
class NewErrors:
    """Kinds of errors since the start of the last window that were not in the logs before it.

    Attributes:
        review: of everything that was read.
        hours_before: number of hours with lines before the window, and the minimum.
        lines_after: whether there were lines since the window's end.
        known: number of kinds that occurred before.
        more: far more errors in an hour since the window than in those before it, in words; may be empty.
    """

    window: Window
    stream: LogStream
    review: Review
    rules: CoverageRules
    kinds: tuple[NewError, ...]
    known: int
    more: str
    hours_before: tuple[int, int]
    lines_after: bool

    @property
    def lasting(self) -> list[NewError]:
        """Kinds that also occurred after the window."""
        return [kind for kind in self.kinds if kind.after]

    @property
    def passing(self) -> list[NewError]:
        """Kinds that occurred only during the window: restarts cause some."""
        return [kind for kind in self.kinds if not kind.after]

    @property
    def coverage(self) -> Coverage:
        """Enough hours before the window to know which errors are new, lines since its end, and the coverage in
        between.
        """
        seen, least = self.hours_before
        before = share(
            float(min(seen, self.wanted_hours)),  # clock hours: one that begins before may count
            float(self.wanted_hours),
            "h before it",
            least_percent=100 * least / self.wanted_hours,
            what="lines",
            hint="DigitalOcean does not keep run logs: forward them to files, see [targets.NAME.logs].",
        )
        after = Coverage()
        if not self.lines_after:
            after = lacking(
                "nothing since it",
                expected="lines of the time since the maintenance",
                got="none since its end",
                hint="Run the set again once the system has written something since.",
            )
        # The hours are judged here; silence, understanding and problems as in every review.
        rules = msgspec.structs.replace(self.rules, window_percent=0.0)
        quiet = self.window.start.timestamp(), self.window.end.timestamp()
        kept, left_out = len(self.review.kinds), self.review.kinds_left_out  # which may be new ones
        kinds = understood(left_out, left_out + kept, "kinds of errors") if left_out else Coverage()
        return before + after + kinds + of_lines(self.review, self.stream, rules, quiet)

    @property
    def wanted_hours(self) -> int:
        """Length in hours of the period before the window that was read."""
        return round((self.window.start.timestamp() - self.review.since) / 3600)

    def evidence(self) -> list[Evidence]:
        """What was compared, and each new kind."""
        facts = {
            "Maintenance": str(self.window),
            "Source": self.stream.source,
            "Hours with lines before it": f"{self.hours_before[0]} (at least {self.hours_before[1]} wanted)",
            "Kinds of errors known from before": f"{self.known:,}",
            **{f"Problem {number}": text for number, text in enumerate(self.stream.problems, start=1)},
        }
        shown: list[Evidence] = [Facts("Errors since the maintenance", facts)]
        if self.kinds:
            rows = [
                [
                    f"{kind.row.count:,}",
                    kind.component or "–",
                    kind.signature,
                    "since its end" if kind.after else "during it only",
                    kind.row.example,
                ]
                for kind in self.kinds[:_SHOWN]
            ]
            shown.append(Table("New kinds of errors", ["Count", "Component", "Kind", "When", "Example"], rows))
        return shown

    @staticmethod
    def words(kinds: list[NewError]) -> str:
        """The first of them and how many more; ``none``."""
        if not kinds:
            return "none"
        return f"{kinds[0]}" + (f", and {len(kinds) - 1} more" if len(kinds) > 1 else "")


@measurement(time_limit=50.0)
def errors_since_maintenance(
    logs: LogSource, maintenance_plan: MaintenancePlan, settings: Settings, earlier: Earlier
) -> NewErrors:
    """Kinds of errors in the logs since the last window began that did not occur before it."""
    window, wanted = maintenance_plan.last, settings.maintenance
    since = window.start - timedelta(hours=wanted.log_hours)
    stream = logs.read(since)
    review = review_of(stream, since, maintenance_plan.now)
    call_logs(stream, settings, maintenance_plan.now, earlier)
    started, ended = window.start.timestamp(), window.end.timestamp()
    kinds = [
        NewError(component, signature, row, row.last >= ended)
        for (component, signature), row in review.kinds
        if row.first >= started
    ]
    return NewErrors(
        window,
        stream,
        review,
        settings.coverage,
        tuple(sorted(kinds, key=lambda kind: (not kind.after, not kind.row.fatal, -kind.row.count))),
        len(review.kinds) - len(kinds),
        _more_than_before(review, started, ended, settings),
        (_hours_before(review, started), wanted.least_log_hours),
        review.last is not None and review.last >= ended,
    )


def _more_than_before(review: Review, started: float, ended: float, settings: Settings) -> str:
    """The worst hour since the window, where it has far more errors than the hours before the window."""
    logs = settings.target.logs
    before = [0] * int((started - review.since) // HOUR)
    since = [0] * max(math.ceil((review.until - ended) / HOUR), 1)
    for minute, count in review.errors_by_minute.items():
        time = minute * 60.0
        if time >= ended:
            since[min(int((time - ended) // HOUR), len(since) - 1)] += count
        elif time < started and time >= started - HOUR * len(before):
            before[int((started - time - 1) // HOUR)] += count
    level = usual_level(before, least=logs.unusual_count, spread=logs.unusual_spread)
    if level is None or max(since) <= level.bound:
        return ""
    return f"{max(since):,} in an hour (usually {level.usual:,.0f})"


def _hours_before(review: Review, started: float) -> int:
    return sum(hour.lines > 0 and hour.start < started for hour in review.hours)
