"""Percentages that an operator's own queries give: values that are none, and queries of another unit. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from playbook.core import door
from playbook.core.coverage import Coverage, lacking, understood
from playbook.readers.trend import Point

# Percent. A program takes more of its memory: cAdvisor gives 9.2e18 bytes as the limit where there is none.
LEAST_MEMORY = 0.01
# Percent of memory and storage: what is used and its limit are not read at the same moment.
MOST = 110.0
_IN_PERCENT = re.compile(r"\b100\b|percent|pct", re.IGNORECASE)
_TEXTS = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")  # values of labels
_SHARE = re.compile(r"/|(?<![a-z])ratio(?![a-z])", re.IGNORECASE)  # https://prometheus.io/docs/practices/rules/
_MOST_CORES = 64
_CORES = re.compile(r"cpu\w*_seconds_total")


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


def in_percent(query: str, values: Sequence[float], setting: str, *, is_memory: bool = False) -> Coverage:
    """Whether a query may give percent, by its text and its values; a comment with that word says so as well.

    What is divided, or called a ratio, and not multiplied by 100 is a share of one, and the rate of CPU seconds a
    number of cores. No program takes less than one percent of its memory for weeks in every component.
    """
    text = _TEXTS.sub('""', query)
    if _IN_PERCENT.search(text) or not values or max(values) > _MOST_CORES:
        return Coverage()
    is_share = max(values) <= 1 and (is_memory or bool(_SHARE.search(text)))
    if not is_share and not _CORES.search(text):
        return Coverage()
    unit = "shares of one" if is_share else "a number of cores"
    got = f"{unit}, at most {max(values):g}, by {door.quoted(' '.join(query.split()), 80)}"
    return lacking("another unit", expected=f"percent for {setting}", got=got, hint=_HINT)


_HINT = (
    "Put 100 * around the query, and divide by what a component has: its limit of memory or its number of cores."
)
