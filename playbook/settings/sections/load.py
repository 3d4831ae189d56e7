"""Settings of load tests: who may be loaded, how much, and what is good enough."""

from __future__ import annotations

import math

from playbook.core.secret import Section


class LoadTarget(Section, frozen=True):
    """What a target says of being loaded, under ``[targets.NAME.load]``.

    Attributes:
        hosts: with port where it is not the scheme's own; nothing else is ever loaded. Empty: nothing is.
        production: this production system may be loaded, where the command line repeats its name as well.
    """

    hosts: tuple[str, ...] = ()
    production: bool = False


# What only a target can say; said for all targets at once it would be no permission but a habit.
OF_ONE_TARGET = LoadTarget.__struct_fields__


class LoadStage(Section, frozen=True):
    """So many users for so many seconds; ``spawn_rate`` users a second come or go at its beginning."""

    users: int
    seconds: float
    spawn_rate: float = 10.0

    def __post_init__(self) -> None:
        """Something that can be carried out."""
        if self.users < 1 or not 0 < self.seconds < math.inf or not 0 < self.spawn_rate < math.inf:
            raise ValueError(
                f"expected a stage of at least one user, for some seconds, at a spawn_rate above 0, got "
                f"{self.users} users for {self.seconds:g} s at {self.spawn_rate:g}"
            )


class LoadShape(Section, frozen=True):
    """The stages of a shape, in order; of the shape ``breakpoint`` they are the steps."""

    stages: tuple[LoadStage, ...]

    @property
    def seconds(self) -> float:
        """All stages together."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def users(self) -> int:
        """Of the largest stage."""
        return max((stage.users for stage in self.stages), default=0)


class LoadBreaks(Section, frozen=True):
    """When the load is no longer carried: what ends a breakpoint test, and is a bottleneck in the others.

    Attributes:
        p95_seconds: 95 % of the requests of a step, or of a second, take longer.
        failed_percent: more of them fail.
        least_requests: a step with fewer is broken, as the load is not being carried.
        settle_seconds: of the beginning of a step that are not judged.
    """

    p95_seconds: float = 2.0
    failed_percent: float = 5.0
    least_requests: int = 10
    settle_seconds: float = 2.0


class Load(LoadTarget, frozen=True):
    """How load tests are done. A target may set any of it for itself; ``hosts`` and ``production`` only it can.

    Attributes:
        shapes: by name.
        weights: how often a user does each task.
        wait_seconds: a user's pause between two tasks, evenly between these two.
        most_users, most_seconds, most_requests_per_second, most_workers: caps. No argument raises them.
        least_requests: a test with fewer says nothing: UNKNOWN.
        least_of_endpoint: with fewer of its requests the percentiles of an endpoint are not judged.
        worse_times, worse_seconds: worse than the last test is a P95 over so many times the last one's, and over
            that by so many seconds.
        sample_seconds: how often the server's own figures are read during a test.
        metrics_path: where the website shows its own metrics; empty where it does not.
        history: folder of the lines of past load tests; ``load`` below the history of runs where not set.
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
        """Something can be done, and in an order of time that exists."""
        first, last = self.wait_seconds
        if not 0 <= first <= last < math.inf:
            raise ValueError(f"expected wait_seconds such as [0.5, 2.0], got [{first:g}, {last:g}]")
        if any(not 0 <= weight < math.inf for weight in self.weights.values()):
            raise ValueError("expected weights of 0 or more")
