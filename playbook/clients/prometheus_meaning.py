"""Whether a query of the operator's own means what its setting does: the whole window, percent, seconds, P95.

Prometheus answers a query of five minutes as readily as one of a day, and a share of 0.05 as readily as 5 %.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from playbook.core.coverage import Coverage, lacking
from playbook.core.promql import selected
from playbook.settings.model import Settings

CLOCK = 300.0  # seconds by which the time of an answer may differ from the requested time
# The newest sample is one of any time, what stands still does so now, and the last is no question of its own.
_OF_NO_WINDOW = {"newest_sample", "standing", "standing_images", "falling", "untold", "untimed", "counted"}
_PERCENT = {
    f"queries.{key}"
    for key in (
        *("availability", "error_rate", "image_success", "cache_hit_rate", "scraped", "scraped_series"),
        *("component_cpu", "component_cpu_total", "component_memory", "component_storage"),
    )
}
_SECONDS = {"queries.response_time", "queries.response_time_quantile", "queries.image_time_quantile"}
_STRINGS = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|\#[^\n]*""")
_SAYS_PERCENT = re.compile(r"(?<![\w.])(?:100(?:\.0*)?|1e\+?2)(?![\w.])|percent|pct", re.IGNORECASE)
# As OpenTelemetry's http_server_duration_milliseconds_bucket, or request_duration_ms.
_SMALLER = re.compile(r"\w*(?:milli_?sec|micro_?sec|millis|(?<![a-z0-9])ms(?![a-z0-9]))\w*", re.IGNORECASE)
_SCALES = re.compile(r"(?<![\w.])(?:10{3}|10{6}|1e\+?[36]|0?\.0*1|1e-[36])(?![\w.])|\bseconds\b")
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_RANGE = re.compile(rf"\[\s*((?:{_PART.pattern})+)\s*[\]:]")
_RECORDED = re.compile(r":\w*?[a-z_](\d{1,4}[hdw])\b(?!:)")  # as Sloth's slo:sli_error:ratio_rate1d
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
# Of Sloth and OpenSLO; a "burnrate" in one word is a share of failures, in Pyrra and the Kubernetes mixins.
_OF_BUDGET = re.compile(r"[\w:]*(?:error_budget|burn_rate)[\w:]*|\w*slo:objective[\w:]*")
_CORES = re.compile(r"\w*cpu\w*_seconds(?:_total)?\b")
_LONGEST = 600.0  # seconds that a request may take, and the largest bound of a bucket
_SAYS_SECONDS = re.compile(r"(?<!milli)(?<!micro)(?<!nano)seconds", re.IGNORECASE)
_PERCENTILE = "queries.response_time"
_P95 = 0.95
_QUANTILE = re.compile(r"""quantile(?:_over_time)?(?:\s*\(\s*|\s*=~?\s*["'`])(0?\.\d+|1(?:\.0*)?)(?![\d.])""")
_COMMENT = re.compile(r"#[^\n]*")
_SAYS_P95 = re.compile(r"9[5-9]|\$quantile")
_MEAN = re.compile(
    r"\bhistogram_(?:fraction|count|stddev|stdvar)\b"
    r"|(?<![a-z])(?:apdex|avg|mean|average|median|p50|p75|p80|p90)(?![a-z])",
    re.IGNORECASE | re.DOTALL,
)
# A sum of times by their number, of which a quantile over instances or minutes is a mean all the same.
_SUM_BY_COUNT = re.compile(r"\w+_sum\b(?=.*/.*_count\b)", re.DOTALL)
_BUCKETS = re.compile(r"\w+_bucket\b")  # without a quantile of them, a share of the quick ones


def without_window(settings: Settings) -> frozenset[str]:
    """The settings whose query of series does not contain the window: ``queries.error_rate``, …"""
    texts = {
        key: _STRINGS.sub(r"\1", query) for key, query in msgspec.structs.asdict(settings.queries).items() if query
    }
    told = ("$window", "$counted(") if "$window" in texts.get("counted", "") else ("$window",)
    return frozenset(
        f"queries.{key}"
        for key, text in texts.items()
        if key not in _OF_NO_WINDOW and not any(word in text for word in told) and selected(text, {})
    )


class Query(str):
    """A query as it is sent, with the length of its window in seconds."""

    seconds: float = 0.0

    @classmethod
    def over(cls, seconds: float, text: str) -> Query:
        """The text, asked over this window."""
        query = cls(text)
        query.seconds = seconds
        return query


def over_window(setting: str, query: str, fixed: frozenset[str]) -> Coverage:
    """Not enough where the query of this setting is one of those ``without_window``, and over another time."""
    if setting not in fixed:
        return Coverage()
    bare = _STRINGS.sub("", query)
    ranges = [_seconds_of(found[1]) for found in _RANGE.finditer(bare)]
    # Without any range, what is recorded over as long a time by its name.
    ranges = ranges or [min((_seconds_of(found[1]) for found in _RECORDED.finditer(bare)), default=0.0)]
    if isinstance(query, Query) and max(ranges, default=0.0) == round(query.seconds):
        return Coverage()
    return lacking(
        "a time of its own",
        expected=f"a query over $window as {setting}",
        got="one that is always over the same time, however long the window is",
        hint=f"Write $window in {setting} where the query has its range, as in rate(…[$window]). What has no "
        "range, such as a recording rule, becomes avg_over_time(…[$window]).",
    )


def within_range(times: Iterable[Sequence[float]], start: float, end: float, step: float) -> str:
    """What is odd about the times of each series of a range query; empty where nothing is.

    Stores may align the range to whole steps.
    """
    spare = step + CLOCK
    for one in times:
        outside = next((time for time in one if not start - spare <= time <= end + spare), None)
        if outside is not None:
            return f"a value of the time {outside:g}, outside of the range"
        if any(later <= earlier for earlier, later in pairwise(one)):
            return "values that are not in order of time"
    return ""


def _seconds_of(duration: str) -> float:
    """Of ``1d``, ``24h`` or ``1h30m``."""
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(duration))


def in_its_unit(setting: str, query: str, values: Iterable[float]) -> Coverage:
    """Not enough where the values may be of another unit than percent, or than seconds."""
    text = _STRINGS.sub(lambda found: "" if found[1] else found[0], query)  # a comment may say the unit
    if setting in _SECONDS and (metric := _SMALLER.search(text)) and not _SCALES.search(text):
        return lacking(
            "a value of another unit",
            expected=f"seconds from {setting}",
            got=f"milliseconds or smaller, by the name {metric.group()}",
            hint=f"Divide it in {setting}, by 1000 where it is in milliseconds. The bounds of its buckets are not "
            'compared where queries.response_time_buckets is "".',
        )
    if setting not in _PERCENT:
        return Coverage()
    if budget := _OF_BUDGET.search(text):
        return lacking(
            "a value of another unit",
            expected=f"percent from {setting}",
            got=f"an objective, an error budget or how fast it is spent, by {budget.group()}",
            hint=f"Write the share itself, as in slo:sli_error:ratio_rate5m, in {setting}.",
        )
    if _SAYS_PERCENT.search(text):
        return Coverage()
    top = max((value for value in values if value > 0), default=0.0)
    cores = _CORES.search(text)
    if not cores and not 0 < top <= 1:
        return Coverage()
    got = f"a number of cores, by {cores.group()}" if cores else f"{top:.3g}, which may be a fraction of 1"
    return lacking(
        "a value of another unit",
        expected=f"percent from {setting}",
        got=got,
        hint="Divide what is used by what there is, and multiply it by 100. Where it is percent already, say so "
        "in the query, by the comment # percent.",
    )


def in_bounds(setting: str, query: str, bounds: Iterable[float]) -> Coverage:
    """Not enough where the bounds of the buckets are too large for seconds, and the query does not say seconds.

    Envoy's, Kong's and Dapr's are in milliseconds, which their names do not tell.
    """
    largest = max(bounds, default=0.0)
    if largest <= _LONGEST or _SAYS_SECONDS.search(query):
        return Coverage()
    return lacking(
        "a value of another unit",
        expected=f"seconds from {setting}",
        got=f"milliseconds or smaller, by buckets up to {largest:,.0f}",
        hint=f"Divide it in {setting}, and its bounds in {setting}_buckets; where these are seconds, say so in "
        f"the query, by the comment # seconds.",
    )


def of_percentile(setting: str, query: str) -> Coverage:
    """Not enough where the response time is a mean, or a lower percentile, by the query's own words.

    Both are lower than the 95th percentile, so that only a bad one says something.
    """
    if setting != _PERCENTILE:
        return Coverage()
    bare = _STRINGS.sub(lambda found: found[1] or "", query)  # a comment may say that it is P95
    told = [float(number) for number in _QUANTILE.findall(bare)]
    mean = None if told or _SAYS_P95.search(query) else _MEAN.search(bare) or _BUCKETS.search(bare)
    if "histogram_quantile" not in bare and not _SAYS_P95.search(" ".join(_COMMENT.findall(query))):
        mean = _SUM_BY_COUNT.search(bare) or mean
    if mean is None and max(told, default=1.0) >= _P95:
        return Coverage()
    return lacking(
        "no 95th percentile",
        expected=f"the 95th percentile from {setting}",
        got=f"a mean or the like, by {mean.group()}" if mean else f"the one of {max(told):.0%}",
        hint=f"Write histogram_quantile(0.95, …) in {setting}. Where it is the 95th percentile already, say so in "
        "the query, by the comment # P95.",
    )
