"""Unusual hours: those that stand out from the others of the same day."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

MIN_HOURS = 6
_MAD_TO_DEVIATION = 1.4826  # for a normal distribution


class Level(NamedTuple):
    """The usual count of an hour, and the count above which an hour is unusual."""

    usual: float
    bound: float


def usual_level(counts: Sequence[int], *, least: int, spread: float) -> Level | None:
    """The usual level of hourly counts; None with fewer than six hours, which are too few.

    Median and median absolute deviation are robust against the hours that stand out. The spread is at least that
    of chance alone: the root of the usual count, and at least one.

    Args:
        least: minimum of the bound.
        spread: how many times the usual spread above the usual level is unusual.
    """
    if len(counts) < MIN_HOURS:
        return None
    usual = median(counts)
    deviation = _MAD_TO_DEVIATION * median(abs(count - usual) for count in counts)
    return Level(usual, max(float(least), usual + spread * max(deviation, usual**0.5, 1.0)))
