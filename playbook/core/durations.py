"""Durations in words, in several precisions. Pure."""

from __future__ import annotations

from datetime import timedelta


def two_units(seconds: float) -> str:
    """The two largest units, rounded to the second: ``29 h 4 min``, ``3 d 2 h``, ``45 s``."""
    total = max(round(seconds), 0)
    if total < 60:
        return f"{total} s"
    minutes, rest = divmod(total, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 72:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def two_whole_units(seconds: float) -> str:
    """The two largest units, rounded down, with days from 24 h on: ``1 d 5 h``, ``5 min`` or ``12 s``."""
    minutes, days = int(seconds) // 60, int(seconds) // 86_400
    if days:
        return f"{days} d {minutes // 60 % 24} h"
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"


def one_unit(length: timedelta) -> str:
    """One unit, rounded: ``12 min``, ``5 h``, ``3 days``."""
    minutes = max(length.total_seconds(), 0) / 60
    return f"{minutes:.0f} min" if minutes < 120 else hours_or_days(length)


def one_whole_unit(length: timedelta) -> str:
    """One unit, rounded down: ``less than a minute``, ``45 min``, ``3 h``, ``2 days``."""
    minutes = int(max(length.total_seconds(), 0) // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24:,} days"


def hours_or_days(length: timedelta) -> str:
    """``5 days``, or under two days ``30 h``, rounded."""
    hours = length.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def rough(seconds: float) -> str:
    """A rounded duration for work in progress: ``45 s``, ``12 min``, ``3 h 20 min``."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
