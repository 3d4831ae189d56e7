"""Values of a figure over its window, for the curve shown with a failing value."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_queries import query_of
from playbook.core.errors import PlaybookError
from playbook.readers.trend import Point
from playbook.settings.model import Settings

# Steps of a window, and the minimum step and query range in seconds.
_STEPS = 48
_LEAST_STEP, _LEAST_RANGE = 60.0, 300.0


def course_of(store: Prometheus, settings: Settings, key: str, seconds: float, at: datetime) -> tuple[Point, ...]:
    """Values of a figure over the window that ends at ``at``: Unix seconds, and the value of the two steps before.

    Empty where it cannot be read: it is only a picture and the value itself has been measured, so a slow store
    must not change the verdict.

    Args:
        key: of the figure's query in the settings.
        seconds: length of the window.
    """
    step = max(seconds / _STEPS, _LEAST_STEP)
    query = query_of(settings, key, max(2 * step, _LEAST_RANGE))
    begin = at - timedelta(seconds=seconds - step)
    try:
        series = store.query_range(query, begin, at, step, setting=f"queries.{key}")
    except PlaybookError:
        return ()
    return tuple(point for point in series[0].points if math.isfinite(point[1])) if series else ()
