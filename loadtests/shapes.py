"""How many users there are when: the plan's stages, or step by step until a limit breaks."""

from __future__ import annotations

import time
from collections.abc import Callable

from locust import LoadTestShape

from loadtests.recorder import Tally
from playbook.load.outcome import FINISHED, TIME_IS_UP, Step
from playbook.load.plan import Break, Plan, Stage

# Workers report once a second; so long a step's last requests may be on their way.
LAG_SECONDS = 1.5


class PlannedShape(LoadTestShape):
    """Does the stages in order, whatever they are; ``plan`` is set before it starts.

    Attributes:
        steps: of a breakpoint test, as far as it has come.
    """

    abstract = True
    plan: Plan
    window: Callable[[float, float], Tally]
    ended: Callable[[str], None]

    def reset_time(self) -> None:
        """Begin another test."""
        super().reset_time()
        self.steps: list[Step] = []
        self._at = 0
        self._began: float | None = None
        self._repeated = False

    def tick(self) -> tuple[int, float] | None:
        """Users and users a second now; None where the test is over. Asked once a second."""
        if self.get_run_time() >= self.plan.most_seconds:
            self.ended(TIME_IS_UP)
            return None
        stage = self._by_steps(self.plan.breaks) if self.plan.breaks else self._by_time()
        if stage is None:
            self.ended(FINISHED)
            return None
        return min(stage.users, self.plan.most_users), max(stage.spawn_rate, 0.1)

    def _by_time(self) -> Stage | None:
        now = self.get_run_time()
        end = 0.0
        for stage in self.plan.stages:
            end += stage.seconds
            if now < end:
                return stage
        return None

    def _by_steps(self, breaks: Break) -> Stage | None:
        now = time.time()
        stage = self.plan.stages[self._at]
        if self._began is None:
            self._began = now
        end = self._began + stage.seconds
        if now < end + (LAG_SECONDS if self.plan.workers else 0):
            return stage
        step = judge(stage, self.window(self._began + breaks.settle_seconds, end), breaks)
        if step.broke and breaks.confirm and not self._repeated:
            self._began, self._repeated = now, True
            return stage
        self.steps.append(step)
        self._began, self._repeated = now, False
        self._at += 1
        if step.broke or self._at == len(self.plan.stages):
            return None
        return self.plan.stages[self._at]


def judge(stage: Stage, tally: Tally, breaks: Break) -> Step:
    """Whether a step held, by its requests after it had settled."""
    seconds = max(stage.seconds - breaks.settle_seconds, 0.25)
    failed = 100 * tally.failures / tally.requests if tally.requests else 0.0
    p95 = tally.percentile(95)
    broke = ""
    if tally.requests < breaks.least_requests:
        broke = f"{tally.requests} requests, at least {breaks.least_requests} are needed"
    elif failed > breaks.failed_percent:
        broke = f"{failed:.1f} % of the requests failed, at most {breaks.failed_percent:g} % may"
    elif p95 is not None and p95 > breaks.p95_seconds:
        broke = f"P95 {p95:.2f} s, at most {breaks.p95_seconds:g} s"
    return Step(
        users=stage.users,
        requests=tally.requests,
        per_second=tally.requests / seconds,
        p95=p95,
        failed_percent=failed,
        broke=broke,
    )
