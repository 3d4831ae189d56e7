"""The image workers' counts in Redis: images, failures, time; and their growth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.clock import Clock
from playbook.core.counters import WISHED_HOURS, Counted, Earlier, Grown, grown
from playbook.core.coverage import Coverage, lacking, understood, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Table
from playbook.core.limits import Reading
from playbook.settings.model import Settings

READINGS = "images"
_KINDS = ("success", "failure", "total_ms", "count")


@dataclass(frozen=True, slots=True)
class FormatStats:
    """Counts for one output format, or for all of them.

    Attributes:
        total_ms: milliseconds spent on the successes; None where they are not counted.
    """

    success: int
    failure: int
    total_ms: float | None

    @property
    def count(self) -> int:
        """Number of images attempted."""
        return self.success + self.failure

    @property
    def mean_ms(self) -> float | None:
        """Milliseconds for one image; None where none succeeded, or no time was counted."""
        return self.total_ms / self.success if self.success and self.total_ms else None


@dataclass(frozen=True, slots=True)
class Counts:
    """Images by format, and of all formats."""

    total: FormatStats
    formats: Mapping[str, FormatStats]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageStats:
    """The hash that the image workers count in.

    Attributes:
        key: name of the hash.
        all_time: since counting began.
        recent: since the previous reading.
        read: numbers of the hash.
        growth: their growth.
        unknown: fields with an unknown name or a value that is not a number.
        fields: number of fields.
        doubts: contradictions between the numbers, in words; empty where there are none.
    """

    key: str
    all_time: Counts
    recent: Counts
    read: Counted
    growth: Grown
    unknown: tuple[str, ...] = ()
    fields: int = 0
    doubts: str = ""

    @property
    def coverage(self) -> Coverage:
        """Whether all fields are understood and consistent; whether there is a window is in its figures."""
        if not self.fields:
            hint = "Let the workers count in this hash, or name theirs under redis.stats_key."
            return lacking("no counts", expected=f"counts in {self.key}", got="none", hint=hint)
        seen = whole(f"{self.fields:,} counts") + understood(
            len(self.unknown), self.fields, f"fields of {self.key}", examples=self.unknown
        )
        if self.doubts:
            seen += lacking(
                "counts disagree",
                expected=f"counts in {self.key} that agree",
                got=self.doubts,
                hint="Let the workers count each image once, in one transaction, or delete the "
                "hash, and look again after a day.",
            )
        return seen

    @property
    def window(self) -> Coverage:
        """Whether there are counts, and an earlier reading of them: without any, no later run will have one."""
        return self.growth.coverage if self.fields else self.coverage

    @property
    def readings(self) -> dict[str, Counted]:
        """For later runs to compare with."""
        return {READINGS: self.read} if self.fields else {}

    def success_rate(self, least: int) -> Reading:
        """Percent of the images since the previous reading that were processed; NaN with fewer than ``least``."""
        if not self.window.enough:
            return Reading(math.nan, coverage=self.window)
        total = self.recent.total
        if total.count < max(least, 1):
            few = lacking(
                "",
                expected=f"at least {least} images",
                got=f"{total.count:,} in {self.growth.over}",
                hint="Where so few are usual, lower kpis.least_images and recent.least_images.",
            )
            return Reading(math.nan, coverage=few)
        over = f"{self.growth.over} ({total.count:,} images)"
        return Reading(100 * total.success / total.count, over, self.growth.coverage)

    def evidence(self) -> list[Table]:
        """A row for each format, and one for all: of the window, and since counting began."""
        columns = ["Format", "Images", "Failed", "Mean time"]
        tables = [Table(f"Images processed since counting began ({self.key})", columns, _rows(self.all_time))]
        if self.growth.hours:
            tables.insert(0, Table(f"Images processed in {self.growth.over}", columns, _rows(self.recent)))
        return tables


@dataclass(frozen=True, slots=True)
class OfImageStats:
    """A figure that is made of the workers' counts."""

    stats: ImageStats

    @property
    def coverage(self) -> Coverage:
        """What of the counts is understood."""
        return self.stats.coverage

    @property
    def readings(self) -> dict[str, Counted]:
        """The counts, for later runs to compare with."""
        return self.stats.readings


@measurement(parts=("images", "worker"))
def image_stats(redis: ReadOnlyRedis, settings: Settings, clock: Clock, earlier: Earlier) -> ImageStats:
    """The image workers' counts: images, failures and time, by format."""
    return read_image_stats(redis, settings, clock, earlier)


def read_image_stats(
    redis: ReadOnlyRedis,
    settings: Settings,
    clock: Clock,
    earlier: Earlier,
    *,
    wished_hours: float = WISHED_HOURS,
) -> ImageStats:
    """As ``image_stats``, for callers that open Redis themselves.

    Args:
        wished_hours: age of the earlier reading to compare with, as far as there is a choice.
    """
    key, at = settings.target.redis.stats_key, clock.now()
    fields = redis.hgetall(key)
    numbers: dict[str, float] = {}
    unknown = []
    for name, text in sorted(fields.items()):
        value = _number(text)
        if value is None or name.rpartition(":")[2] not in _KINDS:
            unknown.append(f"{name}: {text}")
        else:
            numbers[name] = value
    read = Counted(at=at, origin=key, counts=numbers)
    growth = grown(read, earlier.of(READINGS), settings.coverage, from_zero=True, wished_hours=wished_hours)
    all_time, recent = _counts(numbers), _counts(growth.by)
    return ImageStats(
        key=key,
        all_time=all_time,
        recent=recent,
        read=read,
        growth=growth,
        unknown=tuple(unknown),
        fields=len(fields),
        doubts=_doubts(growth.by, recent),
    )


def _counts(numbers: Mapping[str, float]) -> Counts:
    names = sorted({name.rpartition(":")[0] for name in numbers if ":" in name})
    formats = {name: _format_stats(numbers, f"{name}:") for name in names}
    if "success" in numbers or "failure" in numbers or not formats:
        return Counts(_format_stats(numbers, ""), formats)
    each = formats.values()
    times = [one.total_ms for one in each]
    total_ms = None if None in times else sum(time for time in times if time is not None)
    return Counts(FormatStats(sum(s.success for s in each), sum(s.failure for s in each), total_ms), formats)


def _format_stats(numbers: Mapping[str, float], prefix: str) -> FormatStats:
    success, failure = (int(numbers.get(f"{prefix}{name}", 0)) for name in ("success", "failure"))
    return FormatStats(success, failure, numbers.get(f"{prefix}total_ms"))


def _doubts(numbers: Mapping[str, float], counts: Counts) -> str:
    """Contradictions. A field exists once something was counted in it, so a missing one is 0 if ``count``
    agrees.
    """
    for prefix, stats in [("", counts.total), *((f"{name}:", one) for name, one in counts.formats.items())]:
        count = numbers.get(f"{prefix}count")
        if count is not None and count != stats.count:
            return f"{prefix}count {count:,.0f}, successes and failures together {stats.count:,}"
        if count is None and stats.success and f"{prefix}failure" not in numbers and prefix in _own(numbers):
            return f"{stats.success:,} successes and no word of failures ({prefix}failure, {prefix}count)"
    together = sum(stats.failure for stats in counts.formats.values())
    if counts.formats and together != counts.total.failure:
        return f"{together:,} failures of the formats, {counts.total.failure:,} of all"
    return ""


def _own(numbers: Mapping[str, float]) -> set[str]:
    """Prefixes with numbers of their own: each format, and the total."""
    return {name.rpartition(":")[0] + ":" if ":" in name else "" for name in numbers}


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _rows(counts: Counts) -> list[list[str]]:
    return [
        [name, f"{s.count:,}", f"{s.failure:,}", "" if s.mean_ms is None else f"{s.mean_ms:,.0f} ms"]
        for name, s in [*counts.formats.items(), ("all", counts.total)]
    ]
