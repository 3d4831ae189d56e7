"""CPU and memory usage over time: a function of component, instance and time, so that nothing is stored."""

from __future__ import annotations

import math
import zlib
from datetime import UTC, datetime
from functools import lru_cache
from statistics import fmean
from typing import Literal

from sandbox.world.app import Component

Kind = Literal["cpu", "memory"]
# Amplitude over a day, and from one sample to the next, in percentage points.
_SWING: dict[Kind, tuple[float, float]] = {"cpu": (3.5, 2.0), "memory": (1.5, 0.7)}
_BUSIEST_HOUR = 14


def use(component: Component, instance: int, kind: Kind, moment: float, now: float) -> float:
    """Usage of one instance in percent at ``moment`` (epoch seconds); memory growth ends at ``now``."""
    level = component.cpu if kind == "cpu" else component.memory
    if kind == "cpu" and component.night is not None and 3 * 3600 <= now - moment < 9 * 3600:
        return component.night
    if kind == "cpu" and now - moment < 7 * 86_400:
        level += component.cpu_week
    if kind == "memory":
        level -= component.memory_growth * (now - moment) / 86_400
    swing = component.swing if kind == "cpu" and component.swing is not None else _SWING[kind][0]
    return min(max(level + _swung(component.name, instance, kind, moment, swing), 0.0), 100.0)


@lru_cache(maxsize=1 << 16)  # the same in every world, and requested in each
def _swung(name: str, instance: int, kind: Kind, moment: float, swing: float) -> float:
    """Deviation from its level at ``moment``: the hour of the day, and noise per sample."""
    noise = _SWING[kind][1]
    hour = moment / 3600 % 24
    daily = swing * math.cos((hour - _BUSIEST_HOUR) / 24 * math.tau)
    jitter = zlib.crc32(f"{name} {instance} {kind} {int(moment)}".encode()) / 0xFFFFFFFF * 2 - 1
    return daily + jitter * noise


def latest(component: Component, kind: Kind, now: datetime) -> float:
    """Current mean of the instances, as in the health endpoint."""
    moment = now.timestamp() // 60 * 60
    instances = range(max(component.ready, 1))
    return round(fmean(use(component, instance, kind, moment, now.timestamp()) for instance in instances), 3)


def day_factor(day: datetime) -> float:
    """Traffic of a day relative to the mean: weekends are quieter."""
    wobble = zlib.crc32(day.strftime("%Y%m%d").encode()) / 0xFFFFFFFF * 0.16 - 0.08
    return (0.74 if day.astimezone(UTC).weekday() >= 5 else 1.1) + wobble
