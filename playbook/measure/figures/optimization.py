"""Possible savings of time and money: processing times by format, and log files over age."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.clients.log_files import FileLogs, LogFile
from playbook.clients.log_reading import LogSource
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts, Lines, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.measure.backups.backups import size
from playbook.measure.images.image_counts import FormatStats, ImageStats, OfImageStats
from playbook.measure.logs.logs import LogReview
from playbook.measure.redis.redis_keys import PROPOSALS
from playbook.settings.model import Settings
from playbook.settings.sections.ondemand import Optimization

_SHOWN = 15
_LEAST_MS = 1.0  # nothing decodes and encodes a picture in less


@dataclass(frozen=True, slots=True)
class FormatTime:
    """The mean processing time of one output format, in milliseconds."""

    name: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class ProcessingTimes(OfImageStats):
    """Mean processing time of the workers for an image, by output format."""

    wanted: Optimization

    @property
    def slowest_first(self) -> list[FormatTime]:
        """Formats with enough images since the previous reading, slowest first; those without a time last."""
        growth = self.stats.growth
        if not self.stats.window.enough:
            return [FormatTime("all formats", Reading(math.nan, coverage=self.stats.window))]
        found = [FormatTime(name, self._time(stats)) for name, stats in self._judged]
        if not found:
            few = lacking(
                "",
                expected=f"at least {self.wanted.least_images} images of a format",
                got=f"{self.stats.recent.total.success:,} of all in {growth.over}",
                hint="Look again when images have been processed, or see redis.stats_key.",
            )
            return [FormatTime("all formats", Reading(math.nan, coverage=few))]
        return sorted(found, key=lambda one: -one.reading.value if math.isfinite(one.reading.value) else math.inf)

    def _time(self, stats: FormatStats) -> Reading:
        if stats.mean_ms is None:
            coverage = lacking(
                "",
                expected="the time of its images (total_ms)",
                got="none",
                hint="Let the workers add up their time in this hash, see redis.stats_key.",
            )
            return Reading(math.nan, coverage=coverage)
        seen = Coverage()
        if stats.mean_ms < _LEAST_MS:
            seen = lacking(
                "times not in milliseconds",
                expected=f"at least {_LEAST_MS:g} ms for each image (total_ms)",
                got=f"{stats.mean_ms:.3g}",
                hint="Let the workers count milliseconds, not seconds.",
            )
        return Reading(stats.mean_ms, f"{self.stats.growth.over} ({stats.success:,} images)", seen)

    @property
    def proposals(self) -> list[str]:
        """Formats worth looking into."""
        times = {name: stats.mean_ms for name, stats in self._judged if stats.mean_ms}
        if not times:
            return []
        fastest = min(times, key=lambda name: times[name])
        spent = self.stats.recent.total.total_ms or sum(stats.total_ms or 0 for _, stats in self._judged)
        return [
            f"{name} takes {times[name] / times[fastest]:.1f} times as long as {fastest}, and "
            f"{100 * (stats.total_ms or 0) / spent:.0f} % of the workers' time: look at its effort and "
            "quality in Sharp's "
            "configuration, or make it only of images that are asked for often."
            for name, stats in self._judged
            if name in times and times[name] > self.wanted.slow_format * times[fastest]
        ]

    def evidence(self) -> list[Evidence]:
        """A row for each format with its share of the time, and the proposals."""
        counts = self.stats.recent if self.stats.growth.hours else self.stats.all_time
        spent = sum(stats.total_ms or 0 for stats in counts.formats.values()) or 1
        rows = [
            [
                name,
                f"{stats.success:,}",
                f"{stats.failure:,}",
                "" if stats.mean_ms is None else f"{stats.mean_ms:,.0f} ms",
                f"{100 * (stats.total_ms or 0) / spent:.1f} %",
            ]
            for name, stats in counts.formats.items()
        ]
        columns = ["Format", "Images", "Failed", "Mean time", "Share of the time"]
        window = self.stats.growth.over if self.stats.growth.hours else "since counting began, and not judged"
        shown: list[Evidence] = [Table(f"Processing times, {window} ({self.stats.key})", columns, rows)]
        return [*shown, Lines(PROPOSALS, self.proposals)] if self.proposals else shown

    @property
    def _judged(self) -> list[tuple[str, FormatStats]]:
        """Formats with enough images; where the workers do not count by format, all of them as one."""
        recent = self.stats.recent
        formats = recent.formats or {"all formats": recent.total}
        return [(name, stats) for name, stats in formats.items() if stats.success >= self.wanted.least_images]


@measurement
def processing_times(image_stats: ImageStats, settings: Settings) -> ProcessingTimes:
    """Mean processing time by output format, from the hash that the workers count in."""
    return ProcessingTimes(image_stats, settings.optimization)


@dataclass(frozen=True, slots=True)
class LogRetention:
    """How far back logs are kept.

    Attributes:
        hours_seen, hours_wanted: hours of the last 24 that have lines.
        problems: what could not be found or read, which may be over age.
        files: newest first; None where the logs are not in files.
        keep_days: age in days after which a file should be deleted.
    """

    source: str
    hours_seen: int
    hours_wanted: float
    problems: tuple[str, ...]
    files: Sequence[LogFile] | None
    keep_days: float
    now: datetime

    @property
    def coverage(self) -> Coverage:
        """The files, if any, and the hours; how far the logs go back is itself what is judged."""
        files = "" if self.files is None else f"{plural(len(self.files), 'file')}, "
        found = whole(f"{files}{self.hours_seen} of 24 h")
        for text in self.problems:
            found += lacking("not all found", expected="every log to be found and read", got=text)
        return found

    @property
    def long_enough(self) -> bool:
        """Whether the logs cover the last day."""
        return self.hours_seen >= self.hours_wanted

    @property
    def over_age(self) -> list[LogFile]:
        """Files over the age limit, oldest first."""
        oldest = (self.now - timedelta(days=self.keep_days)).timestamp()
        return sorted((file for file in self.files or () if file.changed < oldest), key=lambda file: file.changed)

    @property
    def over_age_words(self) -> str:
        """Their number, total size, and the age of the oldest."""
        over = self.over_age
        if not over:
            return "none" if self.files is None else f"none of {plural(len(self.files), 'file')}"
        days = (self.now.timestamp() - over[0].changed) / 86_400
        total = size(sum(file.size for file in over))
        return f"{plural(len(over), 'file')} with {total}, the oldest {over[0].path.name}, {days:.0f} days old"

    def evidence(self) -> list[Evidence]:
        """What is kept, and what could be deleted."""
        facts = {"Source": self.source, "Hours with lines": f"{self.hours_seen} of the last 24"}
        if self.files is None:
            facts["Kept by"] = "nowhere: the platform shows run logs but does not keep them"
            return [Facts("Logs kept", facts)]
        facts["Files"] = f"{len(self.files):,} with {size(sum(file.size for file in self.files))}"
        facts["Policy"] = f"none older than {self.keep_days:g} days (optimization.log_keep_days)"
        shown: list[Evidence] = [Facts("Logs kept", facts)]
        if self.over_age:
            rows = [
                [str(file.path), size(file.size), moment(datetime.fromtimestamp(file.changed, self.now.tzinfo))]
                for file in self.over_age[:_SHOWN]
            ]
            shown.append(Table("Log files over age (proposed to be deleted)", ["File", "Size", "Last line"], rows))
        return shown


# Missing logs are a finding of this item, not a gap in its coverage.
@measurement(apart_from=("log_review",))
def log_retention(logs: LogSource, log_review: LogReview, settings: Settings, clock: Clock) -> LogRetention:
    """How far back the logs go, and which log files are over age."""
    return LogRetention(
        source=log_review.source,
        hours_seen=log_review.hours_seen,
        hours_wanted=settings.coverage.window_percent * 24 / 100,
        problems=tuple(log_review.problems),
        files=logs.kept() if isinstance(logs, FileLogs) else None,
        keep_days=settings.optimization.log_keep_days,
        now=clock.now(),
    )
