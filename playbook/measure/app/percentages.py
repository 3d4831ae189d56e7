"""Percentages and seconds that an operator's own queries give: values that are none, and other units. Pure."""

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
# As OpenTelemetry's http_server_duration_milliseconds_bucket, or request_duration_ms.
_MILLISECONDS = re.compile(r"milli_?seconds?|micro_?seconds?|(?<![a-z0-9])ms(?![a-z0-9])", re.IGNORECASE)
_INTO_SECONDS = re.compile(r"/\s*(?:10{3}|10{6}|1e[36])\b|\*\s*(?:0?\.0*1\b|1e-[36])|#.*\bseconds")
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


def in_seconds(query: str, setting: str) -> Coverage:
    """Whether a query may give seconds, by its text: a metric in milliseconds must be divided by 1000."""
    text = _TEXTS.sub('""', query)
    other = _MILLISECONDS.search(text)
    if not other or _INTO_SECONDS.search(text):
        return Coverage()
    return lacking(
        "another unit",
        expected=f"seconds for {setting}",
        got=f"{other[0].strip('_')}, by {door.quoted(' '.join(query.split()), 80)}",
        hint="Divide the query by 1000.",
    )


_HINT = (
    "Put 100 * around the query, and divide by what a component has: its limit of memory or its number of cores."
)
