"""Settings of load tests: which targets may be loaded, how much, and the limits."""

from __future__ import annotations

import math

from playbook.core.secret import Section


class LoadTarget(Section, frozen=True):
    """A target's permission for load tests, under ``[targets.NAME.load]``.

    Attributes:
        hosts: with port where it is not the scheme's default; only these are ever loaded. Empty: none.
        production: this production system may be loaded, if the command line repeats its name as well.
    """

    hosts: tuple[str, ...] = ()
    production: bool = False


# Settings only allowed in a target; set for all targets at once they would be no deliberate permission.
OF_ONE_TARGET = LoadTarget.__struct_fields__


class LoadStage(Section, frozen=True):
    """A number of users for a number of seconds; ``spawn_rate`` users per second start or stop at its
    beginning.
    """

    users: int
    seconds: float
    spawn_rate: float = 10.0

    def __post_init__(self) -> None:
        """Require a stage that can be carried out."""
        if self.users < 1 or not 0 < self.seconds < math.inf or not 0 < self.spawn_rate < math.inf:
            raise ValueError(
                f"expected a stage of at least one user, for some seconds, at a spawn_rate above 0, got "
                f"{self.users} users for {self.seconds:g} s at {self.spawn_rate:g}"
            )


class LoadShape(Section, frozen=True):
    """The stages of a shape, in order; for the shape ``breakpoint`` they are the steps."""

    stages: tuple[LoadStage, ...]

    @property
    def seconds(self) -> float:
        """Total duration of all stages."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def users(self) -> int:
        """Users of the largest stage."""
        return max((stage.users for stage in self.stages), default=0)


class LoadBreaks(Section, frozen=True):
    """When the load is no longer carried: what ends a breakpoint test, and is a bottleneck in the others.

    Attributes:
        p95_seconds: the 95th percentile of a step, or of a second, exceeds it.
        failed_percent: more requests fail.
        least_requests: a step with fewer has failed, as the load is not being carried.
        settle_seconds: beginning of a step that is not judged.
    """

    p95_seconds: float = 2.0
    failed_percent: float = 5.0
    least_requests: int = 10
    settle_seconds: float = 2.0


class Load(LoadTarget, frozen=True):
    """Settings of load tests. A target may override any of them; ``hosts`` and ``production`` only exist there.

    Attributes:
        shapes: by name.
        weights: relative frequency of each task.
        wait_seconds: a user's pause between two tasks, uniformly distributed between these two.
        most_users, most_seconds, most_requests_per_second, most_workers: caps. No argument raises them.
        least_requests: a test with fewer is UNKNOWN.
        least_of_endpoint: with fewer requests the percentiles of an endpoint are not judged.
        worse_times, worse_seconds: a P95 is worse than the last test's if it exceeds it by this factor and by this
            many seconds.
        sample_seconds: interval for reading the server's own figures during a test.
        metrics_path: path of the website's own metrics; empty where it has none.
        history: folder of the lines of past load tests; by default ``load`` below the history of runs.
    """

    shapes: dict[str, LoadShape] = {}
    weights: dict[str, float] = {}
    wait_seconds: tuple[float, float] = (0.5, 2.0)
    most_users: int = 100
    most_seconds: float = 3600.0
    most_requests_per_second: float = 100.0
    most_workers: int = 8
    least_requests: int = 100
    least_of_endpoint: int = 10
    worse_times: float = 1.3
    worse_seconds: float = 0.05
    sample_seconds: float = 1.0
    metrics_path: str = "/metrics"
    history: str | None = None
    breaks: LoadBreaks = LoadBreaks()

    def __post_init__(self) -> None:
        """Require finite weights of 0 or more, and a valid range of pauses."""
        first, last = self.wait_seconds
        if not 0 <= first <= last < math.inf:
            raise ValueError(f"expected wait_seconds such as [0.5, 2.0], got [{first:g}, {last:g}]")
        if any(not 0 <= weight < math.inf for weight in self.weights.values()):
            raise ValueError("expected weights of 0 or more")
