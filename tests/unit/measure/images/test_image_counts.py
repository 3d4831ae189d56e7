"""The workers' counts in Redis: by format, since yesterday's run, and what is not understood."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.judge import Judge
from playbook.core.verdict import Critical, Verdict
from playbook.measure.images.image_counts import FormatStats, image_stats
from tests.redis_factory import NOW, Server, settings_of

KEY = "image-processing-stats"
BEFORE = {"webp:success": 1_000, "webp:failure": 10, "webp:total_ms": 90_000}
NONE = {f"webp:{kind}": 0 for kind in ("success", "failure", "total_ms")}
COUNTS = {
    "webp:success": "90",
    "webp:failure": "10",
    "webp:total_ms": "9000",
    "avif:success": "0",
    "avif:failure": "5",
}


def stats_of(fields, before=NONE, hours=24.0):
    """Statistics with yesterday's reading; None means there was none."""
    read = Counted(at=NOW - timedelta(hours=hours), origin=KEY, counts=before or {})
    earlier = Earlier(lambda: [] if before is None else [{"images": read}])
    return image_stats(Server(hashes={KEY: fields}), settings_of(), FixedClock(NOW), earlier)


def verdict_of(stats):
    judge = Judge()
    judge.add_coverage("image_stats", stats.coverage)
    try:
        judge(stats.success_rate(20), settings_of().limits.image_success)
    except Critical:
        return Verdict.CRITICAL
    return judge.leading.verdict


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({**COUNTS, "success": "99", "failure": "1", "total_ms": "990"}, FormatStats(99, 1, 990)),
        (COUNTS, FormatStats(90, 15, None)),
        ({"success": "3", "failure": "1"}, FormatStats(3, 1, None)),
        ({}, FormatStats(0, 0, None)),
    ],
    ids=["own-total", "sum-of-formats", "no-formats", "nothing"],
)
def test_counts_by_format_and_total(fields, total):
    """By format where there are some; their own total takes precedence over the sum."""
    stats = stats_of(fields, None)
    assert stats.all_time.total == total
    assert list(stats.all_time.formats) == (["avif", "webp"] if "webp:success" in fields else [])
    assert stats.evidence()[-1].rows[-1][0] == "all"


def test_only_counts_since_the_previous_run_are_judged():
    """98.6 % of all time, but half of today's failed."""
    fields = {"webp:success": "1050", "webp:failure": "60", "webp:total_ms": "100000"}
    stats = stats_of(fields, BEFORE)
    assert (stats.success_rate(20).value, stats.success_rate(20).over) == (50.0, "24 h (100 images)")
    assert stats.recent.formats["webp"].mean_ms == 200
    assert verdict_of(stats) is Verdict.CRITICAL
    assert [table.title for table in stats.evidence()] == [
        "Images processed in 24 h",
        f"Images processed since counting began ({KEY})",
    ]


@pytest.mark.parametrize(
    ("before", "hours", "got"),
    [
        (None, 24, "none"),
        (BEFORE, 0.2, "none"),
        ({**BEFORE, "webp:success": 9_000}, 24, "none since they were set back to zero"),
        ({**BEFORE, "avif:failure": 3}, 24, "none since they were set back to zero"),
    ],
    ids=["first-run", "minutes-ago", "deleted", "deleted-with-a-format"],
)
def test_without_a_window_nothing_is_judged(before, hours, got):
    """However good the counts of all time are."""
    stats = stats_of({"webp:success": "1100", "webp:failure": "10", "webp:total_ms": "99000"}, before, hours)
    assert stats.success_rate(20).coverage.got == got
    assert verdict_of(stats) is Verdict.UNKNOWN
    assert stats.readings["images"].counts["webp:success"] == 1_100


def test_few_images_are_unknown():
    """Nineteen, and none."""
    for success in ("19", "0"):
        stats = stats_of({"webp:success": success, "webp:failure": "0"})
        assert stats.success_rate(20).coverage.expected == "at least 20 images"
        assert verdict_of(stats) is Verdict.UNKNOWN


def test_no_counts_are_unknown():
    """A mistyped key gives an empty hash too; and there is nothing to keep."""
    stats = stats_of({})
    assert (stats.coverage.enough, stats.coverage.expected) == (False, f"counts in {KEY}")
    assert stats.readings == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"webp:success": "1100", "webp:failure": "ten"},
        {"webp:success": "1100", "webp:failure": "10", "webp:timeout": "500"},
        {"webp:success": "1100", "webp:failure": "10", "errors": "7"},
        {"webp:success": "1100", "webp:failure": "10", "webp:count": "1900"},
        {"webp:success": "1100"},
        {"success": "1100"},
        {"success": "1100", "failure": "0", "webp:success": "1000", "webp:failure": "100"},
        {"webp:success": "-5", "webp:failure": "0"},
        {"webp:success": "1100", "webp:failure": "nan"},
    ],
)
def test_counts_not_understood_are_not_ok(fields):
    """Other words for failures, invalid numbers, inconsistent sums, missing failures."""
    assert verdict_of(stats_of(fields)) in {Verdict.UNKNOWN, Verdict.CRITICAL}


@settings(max_examples=50)
@given(
    name=st.sampled_from(["webp:success", "webp:failure", "webp:count", "webp:failed", "avif:rejected"]),
    text=st.one_of(st.sampled_from(["", "x", "nan", "inf", "-1", "1e999", "0x1"]), st.text(max_size=6)),
)
def test_changed_field_is_never_ok(name, text):
    """Any field of a good hash with something other than its number."""
    good = {"webp:success": "1100", "webp:failure": "0", "webp:count": "1100", "webp:total_ms": "99000"}
    assert verdict_of(stats_of(good)) is Verdict.OK
    if text.strip() != good.get(name):
        changed = stats_of({**good, name: text})
        same = changed.all_time == stats_of(good).all_time and not changed.unknown
        assert same or verdict_of(changed) is not Verdict.OK
