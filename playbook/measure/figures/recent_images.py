"""Image processing over minutes instead of days, also where only the workers in Redis count images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import msgspec

from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_queries import query_of
from playbook.clients.redis import redis
from playbook.core.clock import Clock
from playbook.core.counters import Earlier
from playbook.core.coverage import lacking
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts
from playbook.core.limits import Reading
from playbook.core.promql import DAY
from playbook.measure.figures.figure_names import IMAGE_SUCCESS
from playbook.measure.figures.recent import Recent, recent
from playbook.measure.figures.store_answers import count_of
from playbook.measure.images.image_counts import OfImageStats, read_image_stats
from playbook.settings.model import Settings

# The earlier reading is that of another run, which was rarely made at the beginning of the period.
_ROUGHLY = 0.5


@dataclass(frozen=True, slots=True)
class CountedLately(OfImageStats):
    """Image processing by the workers' counts in Redis since an earlier reading, if Prometheus counts no images.

    Attributes:
        minutes: length of the period.
        least: minimum number of images.
        instead: the response of Prometheus.
    """

    minutes: float
    least: int
    instead: Recent

    @property
    def reading(self) -> Reading:
        """Percent; good only where the earlier reading is about as old as the period is long."""
        found, hours = self.stats.success_rate(self.least), self.minutes / 60
        if not math.isfinite(found.value) or abs(self.stats.growth.hours - hours) <= _ROUGHLY * max(hours, 1.0):
            return found
        period = two_units(self.minutes * 60)
        other = lacking(
            "",
            expected=f"the images of {period}",
            got=f"those since the reading of {self.stats.growth.over} ago",
            hint="Each run reads the counts. Run again in an hour; only then the images in between are known.",
        )
        return msgspec.structs.replace(found, coverage=found.coverage + other)

    @property
    def by_itself(self) -> Reading:
        """As that of ``Recent``."""
        reading = self.reading
        return msgspec.structs.replace(reading, coverage=self.coverage + reading.coverage)

    def evidence(self) -> list[Evidence]:
        """Source, counts, and the response of Prometheus."""
        facts = {
            "Source": f"Redis hash {self.stats.key}, as Prometheus has no samples of it",
            "Window": self.stats.growth.over if self.stats.growth.hours else "no earlier reading of the counts",
        }
        return [Facts(IMAGE_SUCCESS.name, facts), *self.stats.evidence(), self.instead.evidence()]


def recent_images(
    store: Prometheus, settings: Settings, minutes: float, clock: Clock, earlier: Earlier
) -> Recent | CountedLately:
    """Images over some minutes until now; from Redis' counts where Prometheus had none of them for a day."""
    now = clock.now()
    measured = recent(store, settings, IMAGE_SUCCESS, minutes, now)
    counted = settings.target.redis.url is not None and not {"redis", "worker"} & settings.absent
    if measured.count or not counted or _has_looks(store, settings, now):
        return measured
    reader = redis(settings)
    try:
        stats = read_image_stats(reader, settings, clock, earlier, wished_hours=minutes / 60)
    finally:
        reader.close()
    return CountedLately(stats, measured.minutes, measured.least, measured)


def _has_looks(store: Prometheus, settings: Settings, now: datetime) -> bool:
    """Whether Prometheus has counted images within a day."""
    key = f"{IMAGE_SUCCESS.key}_looks"
    return bool(count_of(store.ask(query_of(settings, key, DAY), now, setting=f"queries.{key}")))


@measurement(parts=("images",))
def image_success_now(
    prometheus: Prometheus, settings: Settings, clock: Clock, earlier: Earlier
) -> Recent | CountedLately:
    """Percent of the last hour's images that were processed."""
    return recent_images(prometheus, settings, settings.recent.window_minutes, clock, earlier)
