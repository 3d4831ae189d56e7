"""A load test: carried out by a process of its own, while the server's own figures are read; and what it says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

from playbook.clients.http import HttpClient
from playbook.core import progress
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Chart, Curve, Evidence, Facts, Lines, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment
from playbook.load import kept
from playbook.load.giving_way import GaveWay, gave_way, watched_of
from playbook.load.omission import kind_of_percentiles
from playbook.load.order import LoadOrder
from playbook.load.outcome import FINISHED, RUNNING, TIME_IS_UP, Endpoint, Outcome, Step
from playbook.load.permission import SERVICE, require_permission
from playbook.load.plan import BREAKPOINT, Plan
from playbook.load.planning import make_plan
from playbook.load.samples import Sample
from playbook.measure.load.load_endpoints import endpoint_table, seconds
from playbook.measure.load.load_sampling import Sampler
from playbook.settings.loading import SANDBOX, Settings

Runner = Callable[..., Outcome]
LONGEST = 6 * 3600.0  # seconds; load.most_seconds says how long a test may really take
HTML = "locust.html"
_LEAST_SHARE = 0.9  # of the planned time; a test that claims to be finished and took less was cut
_SHOWN = 12
BUSY_SECONDS = 5  # as the load's processes measure themselves
MOST_HELD_BACK = 5.0  # percent of its users' time
# Answers that come while a process is this late, in seconds, seem that much slower.
_LATE = 0.1


@dataclass(frozen=True, slots=True)
class LoadTest:
    """One load test, as it went.

    Attributes:
        least: with fewer requests it says nothing.
        mean_wait: seconds between two requests of a user.
        breaks_p95: seconds that count as giving way, for the chart.
        samples: the server's own figures.
        unread: what of them could not be read, and how often.
        file: where all of it is kept; why not, where it is not.
        html: Locust's own page, as an operator finds it; empty where there is none.
    """

    plan: Plan
    outcome: Outcome
    least: int
    mean_wait: float
    breaks_p95: float
    samples: tuple[Sample, ...] = ()
    unread: tuple[str, ...] = ()
    gave_way: tuple[GaveWay, ...] = ()
    file: str = ""
    html: str = ""

    @property
    def is_breakpoint(self) -> bool:
        """It went on until a limit broke."""
        return self.plan.shape == BREAKPOINT

    @property
    def shortfall(self) -> str:
        """Why nothing good can be said, to follow "got"; empty where it ran as planned."""
        requests, least = self.outcome.all.requests, max(self.least, 1)
        few = f"{requests:,} requests, where {least:,} are the least" if requests < least else ""
        return self._missing_load or few

    @property
    def _missing_load(self) -> str:
        """Why it was not the load that was planned; empty where it was."""
        outcome, plan = self.outcome, self.plan
        ended = "cut off without a word" if outcome.ended == RUNNING else f"ended early ({outcome.ended})"
        over = outcome.ended == FINISHED or (
            outcome.ended == TIME_IS_UP and outcome.seconds >= self._least_seconds
        )
        if outcome.lost or outcome.workers < plan.workers:
            lost = "; ".join(outcome.lost) or f"{outcome.workers} of {plan.workers} workers"
            return f"workers that did not stay: {lost}"
        if not over:
            return f"one that was {ended} after {outcome.seconds:.1f} of {outcome.planned_seconds:g} s"
        if not self.is_breakpoint and outcome.seconds < self._least_seconds:
            return f"one of {outcome.seconds:.1f} of {outcome.planned_seconds:g} s"
        if outcome.most_users < _LEAST_SHARE * self.users:
            return f"one of {outcome.most_users:,} users at most, where {self.users:,} were to come"
        return ""

    @property
    def users(self) -> int:
        """That were to come at once; of a breakpoint test as far as it came."""
        asked = [step.users for step in self.outcome.steps] if self.is_breakpoint else []
        asked = asked or ([] if self.is_breakpoint else [stage.users for stage in self.plan.stages])
        return min(max(asked, default=0), self.plan.most_users)

    @property
    def _least_seconds(self) -> float:
        return _LEAST_SHARE * self.outcome.planned_seconds

    @property
    def coverage(self) -> Coverage:
        """Enough where it ran as planned."""
        outcome = self.outcome
        requests = f"{outcome.all.requests:,} requests"
        if not self.shortfall:
            return whole(f"{requests} in {outcome.seconds:.0f} s")
        return lacking(
            f"{requests} in {outcome.seconds:.0f} of {outcome.planned_seconds:.0f} s",
            expected="a test that ran as planned",
            got=self.shortfall,
            hint="Run the test again. What it measured until then stands in the evidence; what Locust said of "
            "itself is in locust.log beside the report.",
        )

    @property
    def carried_per_second(self) -> float:
        """Requests a second that were answered well; of a breakpoint test, in the highest step that held."""
        if self.is_breakpoint:
            return self.highest.per_second * (1 - self.highest.failed_percent / 100) if self.highest else 0.0
        return self._answered / self.outcome.seconds if self.outcome.seconds > 0 else 0.0

    @property
    def throughput(self) -> list[Reading]:
        """Percent of what the users would ask for if each answer came at once; none of a breakpoint test.

        Not known where the load was not that which was planned; few requests of users who were there count.
        """
        if self.is_breakpoint:
            return []
        wanted = self._wanted
        if self._missing_load or not self.outcome.all.requests or not wanted > 0:
            none = lacking("", expected="seconds with users", got="none")
            return [Reading(math.nan, coverage=none if self.coverage.enough else self.coverage)]
        over = f"{self.outcome.seconds:.0f} s ({self.carried_per_second:,.1f} requests/s answered well, up to "
        return [Reading(round(100 * self._answered / wanted, 1), f"{over}{self.outcome.most_users:,} users)")]

    @property
    def held(self) -> list[Reading]:
        """Users of the highest step that held; only of a breakpoint test, 0 where none did."""
        if not self.is_breakpoint:
            return []
        if self.shortfall:
            return [Reading(math.nan, coverage=self.coverage)]
        highest, broke = self.highest, next((step for step in self.outcome.steps if step.broke), None)
        after = (
            f"{broke.users} users broke it: {broke.broke}"
            if broke
            else "no step broke it, so that it may carry more"
        )
        if self.outcome.throttled:
            after += f"; load.most_requests_per_second delayed {self.outcome.throttled:,} requests"
        steps = len(self.outcome.steps)
        over = f"{steps} {'step' if steps == 1 else 'steps'} ({self.carried_per_second:,.1f} requests/s; {after})"
        return [Reading(highest.users if highest else 0, over)]

    @property
    def highest(self) -> Step | None:
        """The highest step that held, of those before the first that broke."""
        return self.held_steps[-1] if self.held_steps else None

    @property
    def held_steps(self) -> list[Step]:
        """Those before the first that broke."""
        return list(takewhile(lambda step: not step.broke, self.outcome.steps))

    @property
    def busy(self) -> list[Reading]:
        """Percent of a core that the busiest process of the load took."""
        return [Reading(self.outcome.busy_percent, f"{BUSY_SECONDS} s of its busiest process")]

    @property
    def held_back(self) -> float:
        """Percent of its users' time that the cap on requests a second kept them from asking."""
        spent = sum(one.users for one in self.outcome.moments)
        return min(100 * self.outcome.throttled_seconds / spent, 100.0) if spent else 0.0

    @property
    def is_free(self) -> bool:
        """The users asked as they would; not the cap, but the system decided how much that was."""
        return self.held_back <= MOST_HELD_BACK

    @property
    def freedom(self) -> str:
        """How much the cap held back, to follow "got"."""
        if self.is_free:
            return f"{self.held_back:.0f} %"
        cap = f"load.most_requests_per_second = {self.plan.most_requests_per_second:g}"
        return f"{self.held_back:.0f} % of it by {cap}: the system was not asked for more"

    @property
    def stayed_home(self) -> bool:
        """No request was to leave the hosts of the target."""
        return not self.outcome.refused

    @property
    def led_away(self) -> str:
        """What was held back, to follow "got"."""
        return "; ".join(self.outcome.refused[:3]) or "none"

    @property
    def _answered(self) -> int:
        return self.outcome.all.requests - self.outcome.all.failures - self.outcome.all.cut

    @property
    def _wanted(self) -> float:
        """Requests that its users would have sent in its seconds if each answer came at once, under the cap."""
        users: float = sum(one.users for one in self.outcome.moments)
        if not users:
            users = sum(stage.users * stage.seconds for stage in self.plan.stages)
        most = self.plan.most_requests_per_second * self.outcome.seconds
        return min(users / self.mean_wait if self.mean_wait > 0 else math.inf, most)

    def evidence(self) -> list[Evidence]:
        """What was done and what came of it, what gave way first, and the course of it."""
        outcome, plan = self.outcome, self.plan
        stages = ", then ".join(f"{stage.users} users for {stage.seconds:g} s" for stage in plan.stages)
        facts = {
            "Load on": f"{outcome.host} ({plan.target})",
            "Shape": f"{plan.shape}: {stages}",
            "Begun": moment(outcome.started),
            "Ended": f"{outcome.ended}, after {outcome.seconds:.1f} of {outcome.planned_seconds:g} s",
            "Requests": f"{outcome.all.requests:,}, {outcome.all.failures:,} failed",
            "Answered well": f"{self.carried_per_second:,.1f} requests/s",
            "Percentiles": kind_of_percentiles(outcome),
            "Most users at once": f"{outcome.most_users:,}",
            "Processes": f"a master and {plan.workers} workers" if plan.workers else "one",
        }
        facts["Its busiest process"] = (
            f"{outcome.busy_percent:.0f} % of a core, at most {1000 * outcome.late_seconds:,.0f} ms late"
        )
        if outcome.late_seconds > _LATE:
            facts["Its busiest process"] += "; answers may seem that much slower than they were"
        if outcome.all.cut:
            facts["Without an answer yet"] = (
                f"{outcome.all.cut:,} requests at the end of their users, after a second or more"
            )
        if outcome.throttled:
            cap = f"{plan.most_requests_per_second:g} requests/s"
            facts["Delayed by the cap"] = f"{outcome.throttled:,} requests (load.most_requests_per_second, {cap})"
        if self.file:
            facts["Kept in"] = self.file
        if self.html:
            facts["Locust's own page"] = self.html
        shown: list[Evidence] = [
            Facts("Load test", facts),
            self._order,
            endpoint_table("Answers", self._endpoints),
        ]
        if outcome.steps:
            shown.append(self._steps)
        if outcome.lost or outcome.refused:
            shown.append(Lines("Lost and held back", [*outcome.lost, *outcome.refused][:_SHOWN]))
        return [*shown, *self._charts]

    @property
    def _endpoints(self) -> list[Endpoint]:
        return [*self.outcome.endpoints, self.outcome.all]

    @property
    def _order(self) -> Evidence:
        if not self.gave_way:
            return Lines("What gave way first", ["Nothing left its usual range."])
        return Lines("What gave way first", [one.text for one in self.gave_way])

    @property
    def _steps(self) -> Table:
        rows = [
            [
                str(step.users),
                f"{step.requests:,}",
                f"{step.per_second:,.1f}",
                seconds(step.p95),
                f"{step.failed_percent:.1f} %",
                step.broke or "held",
            ]
            for step in self.outcome.steps
        ]
        return Table("Steps", ["Users", "Requests", "a second", "P95", "Failed", "Result"], rows)

    @property
    def _charts(self) -> list[Evidence]:
        moments = self.outcome.moments
        p95 = [(one.at, one.p95) for one in moments if one.p95 is not None]
        first = self._marks
        requests = [
            Curve("requests", [(one.at, one.requests) for one in moments]),
            Curve("failed", [(one.at, one.failures) for one in moments]),
        ]
        return [
            Chart("Users", "", [Curve("users", [(one.at, one.users) for one in moments])], bars=True, marks=first),
            Chart("Requests and failures of each second", "", requests, marks=first),
            Chart("P95 of each second", "s", [Curve("P95", p95)], {"gives way": self.breaks_p95}, marks=first),
        ]

    @property
    def _marks(self) -> dict[str, float]:
        """What gave way first, on every chart."""
        began = self.outcome.started.timestamp()
        return {f"{one.name} gives way": began + max(one.after, 0.0) for one in self.gave_way[:1]}


@measurement(time_limit=LONGEST, is_long=True)
def load_test(website: HttpClient, settings: Settings, clock: Clock, load_order: LoadOrder) -> LoadTest:
    """Load is made as ordered, by Locust in a process of its own, while the server's own figures are read."""
    from loadtests.launch import run

    return carry_out(run, website, settings, clock, load_order)


def carry_out(run: Runner, website: HttpClient, settings: Settings, clock: Clock, order: LoadOrder) -> LoadTest:
    """Make the load, and keep what came of it.

    Raises:
        NotConfigured, Forbidden: the target may not be loaded.
        Unreachable: its website does not answer, so there is nothing to load.
        Unmeasured: the load could not be made, or its result could not be kept.
    """
    permission = require_permission(settings, order.production)
    plan = make_plan(settings, order, permission)
    website.get(retry="connection")  # of any status: whether it is there at all
    if order.stop.is_set():
        raise Unmeasured(f"{SERVICE}: expected to begin, got an order to stop", service=SERVICE)
    with order.under_way(), Sampler(settings) as sampler, _shown_progress(plan):
        outcome = run(plan, order.folder, workers=order.workers, stop=order.stop)
    began = outcome.started.timestamp()
    given = tuple(gave_way(watched_of(settings, began, outcome.moments, sampler.samples)))
    test = LoadTest(
        plan,
        outcome,
        settings.load.least_requests,
        sum(settings.load.wait_seconds) / 2,
        settings.load.breaks.p95_seconds,
        tuple(sampler.samples),
        tuple(f"{text} ({times} of {len(sampler.samples)} times)" for text, times in sampler.problems.items()),
        given,
        html=_shown(order.folder / HTML),
    )
    return _kept(test, settings, clock.now())


@contextmanager
def _shown_progress(plan: Plan) -> Iterator[None]:
    """How far it is, by its plan; a breakpoint test ends when something breaks, or at the latest after a time."""
    planned = min(sum(stage.seconds for stage in plan.stages), plan.most_seconds)
    users = min(max((stage.users for stage in plan.stages), default=0), plan.most_users)
    is_open = plan.breaks is not None
    seconds, most = (None, min(2 * planned, plan.most_seconds)) if is_open else (planned, None)
    with progress.work(f"Load test, {plan.shape}", seconds=seconds, most=most) as task:
        task.at(f"up to {users:,} users")
        yield


def _kept(test: LoadTest, settings: Settings, now: datetime) -> LoadTest:
    """The test, which knows where it is kept."""
    result = kept.Result(
        target=test.plan.target,
        shape=test.plan.shape,
        finished=now.astimezone(UTC),
        requests_per_second=round(test.carried_per_second, 3),
        whole=not test.shortfall,
        plan=test.plan,
        outcome=test.outcome,
        server=list(test.samples),
        gave_way=[one.text for one in test.gave_way],
    )
    lasting = "" if settings.target.kind != SANDBOX else " (until the sandbox ends)"
    return replace(test, file=f"{kept.keep(Path(settings.capacity.load_tests), result)}{lasting}")


def _shown(file: Path) -> str:
    """A file's path from here where it is below, as the terminal shows the report."""
    if not file.is_file():
        return ""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
