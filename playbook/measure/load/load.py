"""A load test: run by a separate process while the server's own figures are sampled; and its result."""

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
from playbook.core.coverage import Coverage, lacking, understood, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Evidence, Facts, Lines, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.measure.load.load_charts import charts_of
from playbook.measure.load.load_endpoints import endpoint_table, name_of, seconds
from playbook.measure.load.load_sampling import Sampler
from playbook.readers.load import kept
from playbook.readers.load.bottleneck import Bottleneck, find_bottlenecks, watched_of
from playbook.readers.load.omission import kind_of_percentiles
from playbook.readers.load.order import LoadOrder
from playbook.readers.load.outcome import FINISHED, RUNNING, TIME_IS_UP, Endpoint, Outcome, Step
from playbook.readers.load.permission import SERVICE, require_permission
from playbook.readers.load.plan import BREAKPOINT, Plan
from playbook.readers.load.planning import make_plan
from playbook.readers.load.samples import Sample
from playbook.settings.model import SANDBOX, Settings

Runner = Callable[..., Outcome]
LONGEST = 6 * 3600.0  # seconds; load.most_seconds is the real time limit of a test
HTML = "locust.html"
_LEAST_SHARE = 0.9  # of the planned time; a test that reports being finished and took less was cut short
_SHOWN = 12
BUSY_SECONDS = 5  # as the load's processes measure themselves
MOST_HELD_BACK = 5.0  # percent of its users' time
_UNCLEAR = (
    "The daily checks of the homepage and of the health endpoints say the same of such answers, and what to set: "
    "web.expect, web.health."
)
# Delay of a process in seconds from which on response times seem noticeably slower.
_LATE = 0.1


@dataclass(frozen=True, slots=True)
class LoadTest:
    """One load test and its outcome.

    Attributes:
        least: minimum number of requests for a statement.
        mean_wait: seconds between two requests of a user.
        breaks_p95: seconds that count as a bottleneck, for the chart.
        samples: the server's own figures.
        unread: what of them could not be read, and how often.
        file: where the full result is kept; the reason where it is not.
        html: path of Locust's own page for an operator; empty where there is none.
    """

    plan: Plan
    outcome: Outcome
    least: int
    mean_wait: float
    breaks_p95: float
    samples: tuple[Sample, ...] = ()
    unread: tuple[str, ...] = ()
    bottlenecks: tuple[Bottleneck, ...] = ()
    file: str = ""
    html: str = ""

    @property
    def is_breakpoint(self) -> bool:
        """Whether it ran until a limit broke."""
        return self.plan.shape == BREAKPOINT

    @property
    def shortfall(self) -> str:
        """Why the result cannot count as good, to follow "got"; empty where the test ran as planned."""
        requests, least = self.outcome.all.requests, max(self.least, 1)
        few = f"{requests:,} requests, where {least:,} are the least" if requests < least else ""
        return self._missing_load or few

    @property
    def _missing_load(self) -> str:
        """Why the load differed from the plan; empty where it did not."""
        outcome, plan = self.outcome, self.plan
        ended = "cut off without a final report" if outcome.ended == RUNNING else f"ended early ({outcome.ended})"
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
        """Number of planned users at once; for a breakpoint test, up to the last step reached."""
        asked = [one.users for one in (self.outcome.steps if self.is_breakpoint else self.plan.stages)]
        return min(max(asked, default=0), self.plan.most_users)

    @property
    def _least_seconds(self) -> float:
        return _LEAST_SHARE * self.outcome.planned_seconds

    @property
    def coverage(self) -> Coverage:
        """Enough where the test ran as planned."""
        outcome = self.outcome
        requests = f"{outcome.all.requests:,} requests"
        if not self.shortfall:
            return whole(f"{requests} in {outcome.seconds:.0f} s")
        return lacking(
            f"{requests} in {outcome.seconds:.0f} of {outcome.planned_seconds:.0f} s",
            expected="a test that ran as planned",
            got=self.shortfall,
            hint="Run the test again. Its measurements so far are in the evidence; Locust's own output is in "
            "locust.log beside the report.",
        )

    @property
    def may_be_kept(self) -> bool:
        """Whether later tests and the review of capacity may rely on it."""
        return not self.shortfall and self.clear().enough

    def clear(self, *names: str) -> Coverage:
        """Whether all answers of these endpoints, by default of all, are understood as good or bad ones."""
        odd = [one for one in self.outcome.unclear if not names or one.name in names]
        asked = sum(one.requests for one in self.outcome.endpoints if not names or one.name in names)
        examples = [f"{name_of(one.name)}: {one.message}" for one in odd]
        return understood(sum(one.times for one in odd), asked, "answers", examples=examples, hint=_UNCLEAR)

    @property
    def answered_per_second(self) -> float:
        """Successful requests a second; for a breakpoint test, in the highest step that held."""
        if self.is_breakpoint:
            return self.highest.per_second * (1 - self.highest.failed_percent / 100) if self.highest else 0.0
        return self._answered / self.outcome.seconds if self.outcome.seconds > 0 else 0.0

    @property
    def carried_per_second(self) -> float:
        """Those of them that reached the website, and were not answered by a cache before it."""
        if not self.is_breakpoint:
            hits, of = self.outcome.all.cached, self._answered
            return self.answered_per_second * (1 - hits / of) if of else 0.0
        step = self.highest
        if not step or not step.requests:
            return 0.0
        return self.answered_per_second - step.per_second * step.cached / step.requests

    @property
    def throughput(self) -> list[Reading]:
        """Successful requests in percent of those the users would send with instant responses; empty for a
        breakpoint test.

        Unknown where the load differed from the plan; few requests of users who were present do count.
        """
        if self.is_breakpoint:
            return []
        wanted = self._wanted
        if self._missing_load or not self.outcome.all.requests or not wanted > 0:
            none = lacking("", expected="seconds with users", got="none")
            return [Reading(math.nan, coverage=none if self.coverage.enough else self.coverage)]
        over = f"{self.outcome.seconds:.0f} s ({self.answered_per_second:,.1f} requests/s answered well, up to "
        over += f"{self.outcome.most_users:,} users)"
        return [Reading(round(100 * self._answered / wanted, 1), over, self.clear())]

    @property
    def held(self) -> list[Reading]:
        """Users of the highest step that held; only for a breakpoint test, 0 where none did."""
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
        over = f"{plural(len(self.outcome.steps), 'step')} ({self.answered_per_second:,.1f} requests/s; {after})"
        return [Reading(highest.users if highest else 0, over, self.clear())]

    @property
    def highest(self) -> Step | None:
        """The highest step that held, of those before the first that broke."""
        return self.held_steps[-1] if self.held_steps else None

    @property
    def held_steps(self) -> list[Step]:
        """Steps before the first that broke."""
        return list(takewhile(lambda step: not step.broke, self.outcome.steps))

    @property
    def busy(self) -> list[Reading]:
        """CPU of the busiest load process, in percent of a core."""
        return [Reading(self.outcome.busy_percent, f"{BUSY_SECONDS} s of its busiest process")]

    @property
    def held_back(self) -> float:
        """Percent of its users' time spent waiting for the cap on requests a second."""
        spent = sum(one.users for one in self.outcome.moments)
        return min(100 * self.outcome.throttled_seconds / spent, 100.0) if spent else 0.0

    @property
    def is_free(self) -> bool:
        """Whether the system, not the cap, limited the number of requests."""
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
        """Whether no request would have left the hosts of the target."""
        return not self.outcome.refused

    @property
    def led_away(self) -> str:
        """The refused requests, to follow "got"."""
        return "; ".join(self.outcome.refused[:3]) or "none"

    @property
    def _answered(self) -> int:
        return self.outcome.all.requests - self.outcome.all.failures - self.outcome.all.cut

    @property
    def _wanted(self) -> float:
        """Requests that its users would have sent in its duration with instant responses, under the cap."""
        users: float = sum(one.users for one in self.outcome.moments)
        if not users:
            users = sum(stage.users * stage.seconds for stage in self.plan.stages)
        most = self.plan.most_requests_per_second * self.outcome.seconds
        return min(users / self.mean_wait if self.mean_wait > 0 else math.inf, most)

    def evidence(self) -> list[Evidence]:
        """Plan and result, bottlenecks, and charts."""
        outcome, plan = self.outcome, self.plan
        stages = ", then ".join(f"{stage.users} users for {stage.seconds:g} s" for stage in plan.stages)
        facts = {
            "Load on": f"{outcome.host} ({plan.target})",
            "Shape": f"{plan.shape}: {stages}",
            "Begun": moment(outcome.started),
            "Ended": f"{outcome.ended}, after {outcome.seconds:.1f} of {outcome.planned_seconds:g} s",
            "Requests": f"{outcome.all.requests:,}, {outcome.all.failures:,} failed",
            "Answered well": f"{self.answered_per_second:,.1f} requests/s",
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
        if outcome.all.cached:
            hits = [f"{one.cached:,} for {name_of(one.name)}" for one in outcome.endpoints if one.cached]
            facts["Answered by a cache"] = f"{', '.join(hits)}; the website itself carried the others"
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
        return [*shown, *charts_of(outcome, self.breaks_p95, self.bottlenecks)]

    @property
    def _endpoints(self) -> list[Endpoint]:
        return [*self.outcome.endpoints, self.outcome.all]

    @property
    def _order(self) -> Evidence:
        if not self.bottlenecks:
            return Lines("First bottleneck", ["Nothing left its usual range."])
        return Lines("First bottleneck", [one.text for one in self.bottlenecks])

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
        return Table("Steps", ["Users", "Requests", "Per second", "P95", "Failed", "Result"], rows)


@measurement(time_limit=LONGEST, is_long=True)
def load_test(website: HttpClient, settings: Settings, clock: Clock, load_order: LoadOrder) -> LoadTest:
    """Load made as ordered, by Locust in a separate process, while the server's own figures are sampled."""
    from loadtests.launch import run

    return carry_out(run, website, settings, clock, load_order)


def carry_out(run: Runner, website: HttpClient, settings: Settings, clock: Clock, order: LoadOrder) -> LoadTest:
    """Make the load, and keep the result.

    Raises:
        NotConfigured, Forbidden: load on the target is not allowed.
        Unreachable: its website does not respond, so there is nothing to load.
        Unmeasured: the load could not be made, or its result could not be kept.
    """
    permission = require_permission(settings, order.production)
    plan = make_plan(settings, order, permission)
    website.get(retry="connection")  # any status will do: only whether it responds at all
    if order.stop.is_set():
        raise Unmeasured(f"{SERVICE}: expected to begin, got an order to stop", service=SERVICE)
    with order.under_way(), Sampler(settings) as sampler, _shown_progress(plan):
        outcome = run(plan, order.folder, workers=order.workers, stop=order.stop)
    began = outcome.started.timestamp()
    bottlenecks = tuple(find_bottlenecks(watched_of(settings, began, outcome.moments, sampler.samples)))
    test = LoadTest(
        plan,
        outcome,
        settings.load.least_requests,
        sum(settings.load.wait_seconds) / 2,
        settings.load.breaks.p95_seconds,
        tuple(sampler.samples),
        tuple(f"{text} ({times} of {len(sampler.samples)} times)" for text, times in sampler.problems.items()),
        bottlenecks,
        html=_shown(order.folder / HTML),
    )
    return _kept(test, settings, clock.now())


@contextmanager
def _shown_progress(plan: Plan) -> Iterator[None]:
    """Show progress by the plan; a breakpoint test ends when something breaks, or at its time limit."""
    planned = min(sum(stage.seconds for stage in plan.stages), plan.most_seconds)
    users = min(max((stage.users for stage in plan.stages), default=0), plan.most_users)
    is_open = plan.breaks is not None
    seconds, most = (None, min(2 * planned, plan.most_seconds)) if is_open else (planned, None)
    with progress.work(f"Load test, {plan.shape}", seconds=seconds, most=most) as task:
        task.at(f"up to {users:,} users")
        yield


def _kept(test: LoadTest, settings: Settings, now: datetime) -> LoadTest:
    """Keep the result, and return the test with the path of its file."""
    result = kept.Result(
        target=test.plan.target,
        shape=test.plan.shape,
        finished=now.astimezone(UTC),
        requests_per_second=round(test.carried_per_second, 3),
        whole=test.may_be_kept,
        plan=test.plan,
        outcome=test.outcome,
        server=list(test.samples),
        gave_way=[one.text for one in test.bottlenecks],
    )
    lasting = "" if settings.target.kind != SANDBOX else " (until the sandbox ends)"
    return replace(test, file=f"{kept.keep(Path(settings.capacity.load_tests), result)}{lasting}")


def _shown(file: Path) -> str:
    """Path of a file, relative to the current folder where it is below it, as the report shows it."""
    if not file.is_file():
        return ""
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
