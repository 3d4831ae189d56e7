"""Comparison of a load test with the last one of the same shape and target."""

from __future__ import annotations

import math
from dataclasses import dataclass

from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData
from playbook.core.evidence import Evidence, Facts, Lines, Table
from playbook.core.wording import moment
from playbook.measure.load.load import LoadTest
from playbook.measure.load.load_endpoints import name_of, seconds
from playbook.readers.load import kept
from playbook.readers.load.order import LoadOrder
from playbook.readers.load.permission import SERVICE
from playbook.readers.load.planning import history_of
from playbook.settings.model import Settings

# The P95 of fewer requests is the slowest of them, which varies too much between tests.
LEAST_COMPARED = 20
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Compared:
    """One P95 compared with the last test's, in seconds.

    Attributes:
        now: infinite where so much failed that there is none.
        most: the highest value that is not worse.
    """

    name: str
    now: float
    before: float
    most: float

    @property
    def is_worse(self) -> bool:
        """Whether it exceeds the variation between two tests of the same system."""
        return self.now > self.most

    @property
    def words(self) -> str:
        """``homepage 0.412 s after 0.201 s``."""
        return f"{self.name} {self.now_words} after {seconds(self.before)}"

    @property
    def now_words(self) -> str:
        """``0.412 s``."""
        return seconds(self.now) if math.isfinite(self.now) else "without a P95, as too much failed,"


@dataclass(frozen=True, slots=True)
class LoadComparison:
    """The test compared with the last one of the same shape and target.

    Attributes:
        before: the newest earlier one; None where there is none.
        unlike: differences in its plan, which make it not comparable.
        test: coverage of the test itself.
    """

    now: kept.LoadLine
    before: kept.LoadLine | None
    unlike: tuple[str, ...]
    compared: tuple[Compared, ...]
    times: float
    slack: float
    problems: tuple[str, ...]
    test: Coverage

    @property
    def coverage(self) -> Coverage:
        """Coverage of the test, and how much of it could be compared, and with the last one."""
        if self.compared or self._held_less:
            known = kept.unread_tests(self.problems)
            return self.test + whole(f"{len(self.compared)} P95s compared") + known
        return self.test + lacking(
            "nothing to compare with",
            expected="an earlier test of the same plan",
            got=self.summary,
            hint="Run the test again: the next one has this to be compared with." if self.test.enough else "",
        )

    @property
    def allowed(self) -> str:
        """To follow "expected"."""
        what = "step" if self.now.held is not None else "endpoint"
        return f"no {what} slower than {self.times:g} times its last P95, and by {1000 * self.slack:g} ms"

    @property
    def worse(self) -> list[str]:
        """What is worse, in words, worst first; preceded by a lower result of a breakpoint test."""
        found = sorted((one for one in self.compared if one.is_worse), key=lambda one: one.before - one.now)
        return [*self._held_less, *(one.words for one in found)]

    @property
    def _held_less(self) -> list[str]:
        now, before = self.now.held, self.before.held if self.before and not self.unlike else None
        if now is None or before is None or before <= self.times * now:
            return []
        return [f"{now:,} users held after {before:,}"]

    @property
    def summary(self) -> str:
        """To follow "got"."""
        if self.before is None:
            return "no earlier test to compare with"
        when = f"{self.before.started:%Y-%m-%d %H:%M}"
        if self.unlike:
            return f"not comparable with that of {when}: other {', '.join(self.unlike)}"
        if self.worse:
            return f"worse than on {when}: {'; '.join(self.worse)}"
        return f"none of {len(self.compared)} since {when}"

    def evidence(self) -> list[Evidence]:
        """Each P95 beside the last one's, and unreadable lines of history."""
        facts = {"The last of this shape and target": "none"}
        if self.before:
            facts = {
                "The last of this shape and target": moment(self.before.started),
                "Comparable": f"no: other {', '.join(self.unlike)}" if self.unlike else "yes",
            }
        rows = [
            [
                one.name,
                one.now_words.rstrip(","),
                seconds(one.before),
                seconds(one.most),
                "yes" if one.is_worse else "no",
            ]
            for one in self.compared
        ]
        shown: list[Evidence] = [Facts("Comparison", facts)]
        if rows:
            shown.append(Table("P95 under load", ["Endpoint", "Now", "Then", "At most", "Worse"], rows))
        if self.problems:
            shown.append(Lines("Lines of history that could not be read", list(self.problems[:_SHOWN])))
        return shown


@measurement
def load_comparison(load_test: LoadTest, settings: Settings, load_order: LoadOrder) -> LoadComparison:
    """The P95 of each endpoint compared with the last test of the same shape and target.

    This one is then added if it ran as planned: later tests and the monthly review of capacity rely on that.

    Raises:
        TooLittleData: so much failed that there is no P95; such a test cannot be compared with later either.
    """
    total = load_test.outcome.all
    if total.p95 is None and not load_test.is_breakpoint:
        raise TooLittleData(
            f"P95 under load: expected 95 % of the requests to be answered well, got {total.failures:,} of "
            f"{total.requests:,} that failed",
            service=SERVICE,
            hint="What failed is judged by load.errors.",
        )
    folder, load = history_of(settings, load_order), settings.load
    seen = load_test.coverage + load_test.clear()
    line = line_of(load_test)
    known = kept.recall(folder)
    if load_test.may_be_kept:
        kept.remember(folder, line)
    mine = (one for one in known.tests if (one.target, one.shape) == (line.target, line.shape))
    before = next((one for one in mine if one.started < line.started), None)
    unlike = () if before is None else differences(line, before)
    compared = () if before is None or unlike else compare(line, before, load.worse_times, load.worse_seconds)
    if before and not unlike and not load_test.is_breakpoint:
        compared += failing(load_test, before)
    return LoadComparison(
        line, before, unlike, compared, load.worse_times, load.worse_seconds, known.problems, seen
    )


def line_of(test: LoadTest) -> kept.LoadLine:
    """The line kept for comparisons: P95 by endpoint, or for a breakpoint test by step that held."""
    outcome, total = test.outcome, test.outcome.all
    figures = {one.name: (one.requests, one.p95) for one in (*outcome.endpoints, total)}
    highest = test.highest
    if test.is_breakpoint:
        figures = {f"{one.users} users": (one.requests, one.p95) for one in test.held_steps}
    return kept.LoadLine(
        id=kept.identity(outcome.target, outcome.shape, outcome.started),
        target=outcome.target,
        shape=outcome.shape,
        started=outcome.started,
        plan=kept.likeness(test.plan),
        p95={
            name: round(p95, 4)
            for name, (requests, p95) in figures.items()
            if p95 is not None and (requests >= LEAST_COMPARED or name == total.name)
        },
        requests=total.requests,
        requests_per_second=round(test.carried_per_second, 3),
        failed_percent=round(100 * total.failures / total.requests, 3) if total.requests else 0.0,
        held=(highest.users if highest else 0) if test.is_breakpoint else None,
    )


def failing(test: LoadTest, before: kept.LoadLine) -> tuple[Compared, ...]:
    """Endpoints that had a P95, and of which too much fails now to have one."""
    return tuple(
        Compared(name_of(one.name), math.inf, before.p95[one.name], before.p95[one.name])
        for one in test.outcome.endpoints
        if one.p95 is None and one.requests >= LEAST_COMPARED and one.name in before.p95
    )


def differences(one: kept.LoadLine, other: kept.LoadLine) -> tuple[str, ...]:
    """Differences between the plans of two tests, in words."""
    names = [*one.plan, *(name for name in other.plan if name not in one.plan)]
    return tuple(name for name in names if one.plan.get(name) != other.plan.get(name))


def compare(now: kept.LoadLine, before: kept.LoadLine, times: float, slack: float) -> tuple[Compared, ...]:
    """Each P95 that both have; allowed are ``times`` the last, or ``slack`` seconds more, whichever is higher."""
    return tuple(
        Compared(name_of(name), value, before.p95[name], max(times * before.p95[name], before.p95[name] + slack))
        for name, value in now.p95.items()
        if name in before.p95
    )
