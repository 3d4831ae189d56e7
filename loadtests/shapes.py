"""Number of users over time: the plan's stages in order, or step by step until a limit is violated."""

from __future__ import annotations

from collections.abc import Callable

from locust import LoadTestShape

from loadtests.breakpoint import BreakpointTest, Window
from loadtests.recorder import now
from playbook.readers.load.outcome import FINISHED, TIME_IS_UP, Step
from playbook.readers.load.plan import Plan, Stage

_LAG_SECONDS = 1.5  # Workers report once a second, and a report takes time.


class PlannedShape(LoadTestShape):
    """Follows the plan, whatever the plan's shape; call ``prepare`` before it starts."""

    abstract = True
    plan: Plan
    _breakpoint: BreakpointTest | None = None

    def prepare(self, plan: Plan, window: Window, ended: Callable[[str], None]) -> None:
        """Set the plan; ``window`` counts requests, and ``ended`` is called with the reason when the test is
        over.
        """
        self.plan = plan
        self._window = window
        self._ended = ended

    def reset_time(self) -> None:
        """Start another test."""
        super().reset_time()
        if self.plan.breaks:
            lag = _LAG_SECONDS if self.plan.workers else 0.0
            self._breakpoint = BreakpointTest(self.plan.stages, self.plan.breaks, self._window, lag=lag)

    @property
    def steps(self) -> list[Step]:
        """Steps of a breakpoint test so far."""
        return list(self._breakpoint.steps) if self._breakpoint else []

    def tick(self) -> tuple[int, float] | None:
        """Users and spawn rate (users per second) now; None if the test is over. Called once a second."""
        if self.get_run_time() >= self.plan.most_seconds:
            self._ended(TIME_IS_UP)
            return None
        stage = self._breakpoint.stage(now()) if self._breakpoint else self._by_time()
        if stage is None:
            self._ended(FINISHED)
            return None
        return min(stage.users, self.plan.most_users), max(stage.spawn_rate, 0.1)

    def _by_time(self) -> Stage | None:
        passed = self.get_run_time()
        end = 0.0
        for stage in self.plan.stages:
            end += stage.seconds
            if passed < end:
                return stage
        return None
