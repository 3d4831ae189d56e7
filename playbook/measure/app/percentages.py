"""Values that are no percentages, among those that an operator's own queries give. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

from playbook.core.coverage import Coverage, understood
from playbook.readers.trend import Point

# Percent. A program takes more of its memory: cAdvisor gives 9.2e18 bytes as the limit where there is none.
LEAST_MEMORY = 0.01
# Percent of memory and storage: what is used and its limit are not read at the same moment.
MOST = 110.0
_HINT = (
    "Put 100 * around the query, and divide by what a component has: its limit of memory or its number of cores."
)


def percentages(
    points: Iterable[Point], what: str, *, least: float = 0.0, most: float = math.inf
) -> tuple[tuple[Point, ...], Coverage]:
    """The values that are possible, and whether all of them are."""
    known: list[Point] = []
    odd: list[Point] = []
    for point in points:
        (known if least <= point[1] <= most else odd).append(point)
    examples = dict.fromkeys(f"{value:g}" for _, value in odd)
    got = understood(len(odd), len(odd) + len(known), f"values of {what}", examples=examples, hint=_HINT)
    return tuple(known), got if odd else Coverage()
