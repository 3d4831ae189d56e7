"""How measurements write times and lengths of time for people."""

from __future__ import annotations

from datetime import datetime


def span(seconds: float) -> str:
    """A length of time in its two largest units: ``29 h 4 min``, ``3 d 2 h``, ``45 s``."""
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


def moment(at: datetime | None) -> str:
    """A time in UTC to the minute; ``never`` where there is none."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"
