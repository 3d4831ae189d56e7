"""Charts of a load test, second by second."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playbook.core.evidence import Chart, Curve, Evidence
from playbook.readers.load.bottleneck import Bottleneck
from playbook.readers.load.outcome import Moments, Outcome

_PERCENTILES: dict[str, Callable[[Moments], float | None]] = {
    "P50": lambda one: one.p50,
    "P95": lambda one: one.p95,
    "P99": lambda one: one.p99,
    "maximum": lambda one: one.slowest,
}


def charts_of(outcome: Outcome, breaks_p95: float, bottlenecks: Sequence[Bottleneck]) -> list[Evidence]:
    """Users, requests and response times; the first bottleneck is marked on each."""
    moments, began = outcome.moments, outcome.started.timestamp()
    first = {f"first: {one.mark}": began + max(one.after, 0.0) for one in bottlenecks[:1]}
    times = [
        Curve(name, points)
        for name, value in _PERCENTILES.items()
        if (points := [(one.at, found) for one in moments if (found := value(one)) is not None])
    ]
    requests = [
        Curve("requests", [(one.at, one.requests) for one in moments]),
        Curve("failed", [(one.at, one.failures) for one in moments]),
    ]
    return [
        Chart("Users", "", [Curve("users", [(one.at, one.users) for one in moments])], bars=True, marks=first),
        Chart("Requests and failures of each second", "", requests, marks=first),
        Chart("Response times of each second", "s", times, {"P95 at most": breaks_p95}, marks=first),
    ]
