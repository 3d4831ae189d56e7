"""Ages as readers say them. Pure."""

from __future__ import annotations

from datetime import timedelta

from playbook.report.words import plural


def age(span: timedelta) -> str:
    """``45 min``, ``3 h``, ``2 days``: what a person would say, never rounded up."""
    minutes = int(max(span.total_seconds(), 0) // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else plural(hours // 24, "day")
