"""Samples of one instance, as DigitalOcean's monitoring gives them, and the restarts that they count. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from playbook.clients.digitalocean_types import Series

Samples = Sequence[tuple[float, float]]
HOUR = 3600.0


def usable(series: Series) -> list[tuple[float, float]]:
    """Usable samples, oldest first; a NaN, infinite or negative value counts as missing."""
    highest: dict[float, float] = {}
    for at, value in series.samples:
        if math.isfinite(at) and math.isfinite(value) and value >= 0:
            highest[at] = max(value, highest.get(at, value))
    return sorted(highest.items())


def step(samples: Samples) -> float:
    """Usual interval of two samples in seconds; infinite where there are fewer than two."""
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(samples)]
    return median(gaps) if gaps else math.inf


def restarts(samples: Samples, begin: float) -> float:
    """Restarts of one instance; if its samples begin after ``begin``, its first count belongs to the window.

    A count that fell has begun anew, as of another process: what it shows since then counts.
    """
    if not samples:
        return 0.0
    values = [value for _, value in samples]
    late = samples[0][0] - begin > 2 * min(step(samples), HOUR)
    return (values[0] if late else 0.0) + sum(
        later - earlier if later >= earlier else later for earlier, later in pairwise(values)
    )


def fell(samples: Samples) -> bool:
    """Whether a count began anew, so that it is not known what the instance before had counted."""
    return any(later < earlier for (_, earlier), (_, later) in pairwise(samples))
