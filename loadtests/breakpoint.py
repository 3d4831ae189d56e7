"""A breakpoint test: more users step by step, until a limit is violated over a whole step. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loadtests.recorder import Tally
from playbook.readers.load.outcome import Step
from playbook.readers.load.plan import Break, Stage

# Requests that ended between two Unix times.
Window = Callable[[float, float], Tally]


class BreakpointTest:
    """The steps in sequence.

    Attributes:
        steps: judged steps.
    """

    def __init__(self, stages: Sequence[Stage], breaks: Break, window: Window, *, lag: float) -> None:
        """``lag``: seconds until data is complete: workers report once a second."""
        self.steps: list[Step] = []
        self._stages = stages
        self._breaks = breaks
        self._window = window
        self._lag = lag
        self._at = 0
        self._began: float | None = None
        self._repeated = False

    def stage(self, now: float) -> Stage | None:
        """Stage at a Unix time; None if the test is over. Called about once a second."""
        if self._began is None:
            self._began = now
        if self._at == len(self._stages):
            return None
        stage = self._stages[self._at]
        end = self._began + stage.seconds
        if now < end + self._lag:
            return stage
        step = judge(stage, self._window(self._began + self._breaks.settle_seconds, end), self._breaks)
        self._began = now
        if step.broke and self._breaks.confirm and not self._repeated:
            self._repeated = True
            return stage
        self.steps.append(step)
        self._repeated = False
        self._at = len(self._stages) if step.broke else self._at + 1
        return self._stages[self._at] if self._at < len(self._stages) else None


def judge(stage: Stage, tally: Tally, breaks: Break) -> Step:
    """Whether a step held, judged by its requests after the load had settled."""
    seconds = max(stage.seconds - breaks.settle_seconds, 0.25)
    # A visitor that waits too long sends nothing else meanwhile, so completed requests may all have been fast.
    asked = tally.requests + tally.overdue
    failed = 100 * tally.failures / asked if asked else 0.0
    p95 = tally.percentile(95)
    broke = ""
    if tally.requests < breaks.least_requests:
        broke = f"{tally.requests} requests, at least {breaks.least_requests} are needed"
    elif failed > breaks.failed_percent:
        broke = f"{failed:.1f} % of the requests failed, at most {breaks.failed_percent:g} % may"
    elif p95 is None and tally.overdue:
        broke = (
            f"{tally.overdue} of {asked} requests waited for over {breaks.p95_seconds:g} s and had no answer yet"
        )
    elif p95 is None:
        broke = f"{failed:.1f} % of the requests failed, so that 95 % were never answered"
    elif p95 > breaks.p95_seconds:
        broke = f"P95 {p95:.2f} s, at most {breaks.p95_seconds:g} s"
    return Step(
        users=stage.users,
        requests=tally.requests,
        per_second=tally.requests / seconds,
        p95=p95,
        failed_percent=failed,
        cached=tally.cached,
        broke=broke,
    )
