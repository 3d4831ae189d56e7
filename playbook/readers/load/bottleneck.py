"""Bottlenecks: figures that left their usual range during a load test, in order of time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from playbook.core.limits import Bound, format_value
from playbook.readers.load.outcome import Moments
from playbook.readers.load.samples import QUEUE, REDIS_CPU, REDIS_LATENCY, UNITS, WEB_CPU, Sample
from playbook.settings.model import Settings

# A single value beyond the limit is chance; a bottleneck persists.
IN_A_ROW = 2


class Watched(NamedTuple):
    """One figure over time.

    Attributes:
        most: upper limit of the usual range.
        points: seconds since the test began, and value.
    """

    name: str
    unit: str
    most: float
    points: Sequence[tuple[float, float]]


class Bottleneck(NamedTuple):
    """A figure that left its usual range.

    Attributes:
        after: seconds after the test began.
        mark: short form for charts: ``P95 > 2 s``.
    """

    after: float
    text: str
    mark: str = ""


def find_bottlenecks(watched: Iterable[Watched]) -> list[Bottleneck]:
    """Figures that left their usual range for at least two values in a row, earliest first."""
    found = []
    for one in watched:
        values = [value for _, value in one.points]
        for number, (after, _) in enumerate(one.points):
            beyond = values[number : number + IN_A_ROW]
            if len(beyond) == IN_A_ROW and min(beyond) > one.most:
                most = format_value(one.most, one.unit)
                when = f"rose above {most}, {after:.0f} s into the test" if after >= 0 else ""
                passed = when or f"was above {most} from the beginning"
                found.append(Bottleneck(after, f"{one.name} {passed}", f"{one.name} > {most}"))
                break
    return sorted(found)


def watched_of(
    settings: Settings, began: float, moments: Sequence[Moments], samples: Sequence[Sample]
) -> list[Watched]:
    """The watched figures, with their usual range from the settings; ``began`` is Unix time."""
    limits, breaks = settings.limits, settings.load.breaks
    timed = [(max(one.at - began, 0.0), one) for one in moments]  # whole seconds: the first began before the test
    slow = [(after, one.p95) for after, one in timed if one.p95 is not None]
    failed = [(after, 100 * one.failures / one.requests) for after, one in timed if one.requests]
    found = [
        Watched("P95", "s", breaks.p95_seconds, slow),
        Watched("Failed requests", "%", breaks.failed_percent, failed),
    ]
    for name, bound in (
        (QUEUE, limits.queue_length.warning),
        (REDIS_LATENCY, limits.redis_latency.warning),
        (REDIS_CPU, limits.cpu.warning),
        (WEB_CPU, limits.cpu.warning),
    ):
        if isinstance(bound, Bound):
            found.append(Watched(name, UNITS[name], bound.number, points_of(samples, name, began)))
    return found


def points_of(samples: Sequence[Sample], name: str, began: float = 0.0) -> list[tuple[float, float]]:
    """A figure of the samples over time."""
    return [(one.at - began, one.values[name]) for one in samples if name in one.values]
