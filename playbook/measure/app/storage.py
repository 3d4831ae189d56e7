"""A week of storage: how full the components' file systems and Redis memory are, and when they will be full."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.clients.prometheus import Prometheus, Series
from playbook.clients.prometheus_queries import highest, query_of
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, share, together, unread
from playbook.core.engine import Outcome, measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Chart, Curve, Evidence, Table
from playbook.core.limits import Limit, Reading
from playbook.core.wording import within
from playbook.measure.app.percentages import MOST, percentages
from playbook.measure.app.resources import DAY, FULL, HOUR, WEEK, Judged, period_of, since_of
from playbook.measure.app.sampled import fresh, spec_names, unseen
from playbook.measure.known import known
from playbook.measure.redis.redis import RedisStats
from playbook.measure.redis.redis_info import mebibytes
from playbook.readers.trend import Point, Trend, fit_of_newest, split_at_falls
from playbook.settings.model import Settings
from playbook.settings.sections.coverage import CoverageRules

REDIS = "Redis memory"
HOURS = 168


_KNOWN = Coverage()


@dataclass(frozen=True, slots=True)
class Area:
    """A storage area that can be full.

    Attributes:
        hours: Unix seconds and percent used, hour by hour.
        evicts: it makes room by itself, so being full is no fault.
        size: in words; may be empty.
        since: beginning of the trend, if it is only that of the time since much was deleted.
    """

    name: str
    hours: tuple[Point, ...]
    trend: Trend
    evicts: bool = False
    size: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StorageWeek:
    """A week of every file system with samples or of a component of the app spec, and of Redis where there is one.

    Attributes:
        redis_limit: enough where Redis reports its memory limit, or that it has none.
        answers: whether the store's answers were complete.
    """

    service: str
    areas: tuple[Area, ...]
    limit: Limit
    measured: datetime
    rules: CoverageRules
    redis_limit: Coverage = _KNOWN
    answers: Coverage = _KNOWN

    @property
    def fullest(self) -> list[Judged]:
        """Percent used, the highest of the last day, fullest first; areas that evict are left out.

        Areas without samples come last, as NaN; so does an entry for file systems where there is none at all.
        """
        found = [
            Judged(area.name, Reading(area.trend.level, "the last day"))
            for area in self.areas
            if not area.evicts and area.hours
        ]
        unknown = Reading(math.nan, coverage=self.coverage)
        blind = [area.name for area in self.areas if not area.evicts and not area.hours]
        if not any(area.name != REDIS for area in self.areas):
            blind.append("File systems")
        return sorted(found, key=lambda judged: -judged.reading.value) + [Judged(one, unknown) for one in blind]

    @property
    def filling(self) -> list[Judged]:
        """Days until full, soonest first, of areas that fill steadily and do not evict."""
        found = []
        for area in self.areas:
            days = None if area.evicts else area.trend.days_until(FULL)
            if days is not None:
                when = self.measured + timedelta(days=days)
                over = f"(full on {when:%Y-%m-%d} by {period_of(area.since)}: {area.trend.describe('points')})"
                found.append(Judged(area.name, Reading(math.floor(days), over)))
        return sorted(found, key=lambda judged: judged.reading.value)

    @property
    def coverage(self) -> Coverage:
        """Enough recent hours of the week for all file systems, and for Redis memory if it can be full."""
        if not any(area.name != REDIS for area in self.areas) and not self.answers.enough:
            return self.answers
        if not any(area.name != REDIS for area in self.areas):
            return lacking(
                "no file system",
                expected="samples of every file system",
                got="none",
                hint="The query is set by queries.component_storage.",
            )
        found = together(
            share(
                len(area.hours),
                HOURS,
                f"h of {within(area.name)}",
                least_percent=self.rules.trend_percent,
                what="samples",
                hint="See queries.component_storage and queries.redis_memory, and what Prometheus scrapes.",
            )
            for area in self.areas
            if not area.evicts
        )
        reach = timedelta(hours=1, minutes=self.rules.newest_minutes)
        found += fresh({area.name: area.hours for area in self.areas if not area.evicts}, self.measured, reach)
        return found + self.redis_limit + self.answers

    def evidence(self) -> list[Evidence]:
        """A row and a curve for each area."""
        rows = [
            [
                area.name,
                f"{area.trend.level:.1f} %{f' of {area.size}' if area.size else ''}"
                if area.hours
                else "no samples",
                area.trend.describe("points"),
                self._outlook(area),
                f"{len(area.hours)} of {HOURS}",
            ]
            for area in self.areas
        ]
        columns = ["Storage", "Used", "Growth", "Full on", "Hours"]
        chart = Chart(
            "Storage, last 7 days",
            "%",
            [Curve(a.name, list(a.hours)) for a in self.areas],
            self.limit.lines,
        )
        return [Table("Storage in the last 7 days", columns, rows), chart]

    def _outlook(self, area: Area) -> str:
        days = area.trend.days_until(FULL)
        if days is None:
            return "no such trend"
        made = ", and makes room by itself" if area.evicts else ""
        return f"{self.measured + timedelta(days=days):%Y-%m-%d}{made}"


@measurement(parts=("services",), outcomes=("redis_stats",))
def storage_week(prometheus: Prometheus, redis_stats: Outcome, settings: Settings, clock: Clock) -> StorageWeek:
    """Hourly use of file systems and Redis memory over seven days, and whether they fill up."""
    now, label = clock.now(), settings.target.prometheus.component_label
    answers: list[Coverage] = []
    errors: list[Unmeasured] = []

    def hours(key: str) -> list[tuple[str, tuple[Point, ...]]]:
        query = query_of(settings, key, HOUR)
        try:
            series = prometheus.query_range(query, now - WEEK, now, HOUR, setting=f"queries.{key}")
        except Unmeasured as error:  # the other one may show enough
            errors.append(error)
            answers.append(unread(error, f"an answer to queries.{key}"))
            return []
        answers.append(series.coverage)
        # Both ends are included: 169 points. A value that is not finite (a share of zero) counts as missing.
        return [
            (one.labels.get(label, ""), tuple(p for p in one.points[-HOURS:] if math.isfinite(p[1])))
            for one in series
        ]

    def area(name: str, points: tuple[Point, ...], *, evicts: bool = False, size: str = "") -> Area:
        points, odd = percentages(points, within(name), most=math.inf if name == REDIS else MOST)
        answers.append(odd)
        parts = split_at_falls(points, settings.trends.restart_points)
        trend, since = fit_of_newest(parts, DAY, settings.trends)
        return Area(name, points, trend, evicts, size, since_of(since))

    files, spec = hours("component_storage"), spec_names(settings)
    seen = {name for name, _ in files}
    files += [(name, ()) for name in unseen(spec.awake, seen) if not errors]
    answers.append(spec.coverage)
    areas = [area(f"Files of {name}" if name else "Files", points) for name, points in files]
    stats: RedisStats | None
    stats, of_redis = known(redis_stats, "the memory limit of Redis")
    if stats:
        of_redis += stats.limited.coverage
    if stats and stats.memory_limit:
        used = highest(Series({}, points) for _, points in hours("redis_memory"))
        share = tuple((moment, FULL * value / stats.memory_limit) for moment, value in used)
        size = mebibytes(stats.memory_limit)
        areas.append(area(REDIS, share, evicts=stats.evicts, size=size))
    if errors and not any(one.hours for one in areas):
        raise errors[0]
    return StorageWeek(
        prometheus.service,
        tuple(areas),
        settings.limits.storage,
        now,
        settings.coverage,
        of_redis,
        together(one for one in answers if not one.enough),
    )
