"""Processing times by format, and retention of logs."""

import os
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from playbook.clients.log_files import FileLogs
from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.verdict import Verdict
from playbook.measure.figures.optimization import LogRetention, log_retention, processing_times
from playbook.measure.images.image_counts import image_stats
from playbook.settings.loading import load
from playbook.settings.sections.target import Logs
from tests.judged import check, judged
from tests.redis_factory import NOW as REDIS_NOW
from tests.redis_factory import Server, settings_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = "image-processing-stats"


def times(before=None, hours=24.0, **fields):
    """Processing times counted since yesterday's run: ``webp=(images, mean)``, or any fields."""
    counted = {}
    for name, (images, mean) in fields.items():
        counted |= {f"{name}:success": images, f"{name}:failure": 0, f"{name}:total_ms": images * mean}
    counted = {name.removeprefix(":"): str(value) for name, value in counted.items()}
    read = Counted(at=REDIS_NOW - timedelta(hours=hours), origin=KEY, counts=before or {"success": 0})
    earlier = Earlier(lambda: [{"images": read}])
    stats = image_stats(Server(hashes={KEY: counted}), settings_of(), FixedClock(REDIS_NOW), earlier)
    return processing_times(stats, settings_of())


def verdict_of(found):
    return judged(check("test_optimization", "test_no_format_takes_long"), settings_of(), processing_times=found)


def test_slowest_format_comes_first_and_is_proposed():
    """Compared with the fastest one, with its share of the workers' time."""
    found = times(webp=(100, 180.0), avif=(100, 720.0), jpeg=(100, 100.0))
    assert [(one.name, one.reading.value) for one in found.slowest_first] == [
        ("avif", 720.0),
        ("webp", 180.0),
        ("jpeg", 100.0),
    ]
    assert found.slowest_first[0].reading.over == "24 h (100 images)"
    assert [proposal.partition(":")[0] for proposal in found.proposals] == [
        "avif takes 7.2 times as long as jpeg, and 72 % of the workers' time"
    ]
    assert len(found.evidence()) == 2
    assert found.readings["images"].counts["avif:success"] == 100


def test_format_slow_today_is_slow():
    """However fast it was before."""
    before = {"webp:success": 10_000, "webp:failure": 0, "webp:total_ms": 1_000_000}
    found = times(before, webp=(10_100, 150.0))
    assert found.slowest_first[0].reading.value == pytest.approx(5_150)
    assert verdict_of(found)[0] is Verdict.CRITICAL


def test_rare_formats_are_shown_but_not_judged():
    """Nineteen images say little; if all are that rare it is UNKNOWN."""
    found = times(webp=(20, 180.0), avif=(19, 9_000.0))
    assert [one.name for one in found.slowest_first] == ["webp"]
    assert found.proposals == []
    assert len(found.evidence()[0].rows) == 2
    verdict, message = verdict_of(times(avif=(19, 9_000.0)))
    assert verdict is Verdict.UNKNOWN
    assert "expected at least 20 images of a format, got 19 of all in 24 h" in message
    assert verdict_of(times())[0] is Verdict.UNKNOWN


def test_images_without_a_time_have_no_mean():
    """A total of nothing is not 0 ms; a slow format beside it counts."""
    verdict, message = verdict_of(times(webp=(100, 0.0)))
    assert verdict is Verdict.UNKNOWN
    assert "expected the time of its images (total_ms), got none" in message
    assert verdict_of(times(webp=(100, 0.0), avif=(100, 9_000.0)))[0] is Verdict.CRITICAL


@pytest.mark.parametrize(
    ("mean", "expected"), [(0.04, Verdict.UNKNOWN), (0.75, Verdict.UNKNOWN), (8.0, Verdict.OK)]
)
def test_time_of_less_than_a_millisecond_is_in_seconds(mean, expected):
    """No picture is made so quickly, so that the workers count in another unit."""
    verdict, message = verdict_of(times(webp=(100, mean)))
    assert verdict is expected
    assert verdict is Verdict.OK or "expected at least 1 ms for each image (total_ms), got 0." in message


def test_without_an_earlier_reading_no_time_is_judged():
    """The mean of all time hides a slow day."""
    verdict, message = verdict_of(times(hours=0.1, webp=(100, 10.0)))
    assert verdict is Verdict.UNKNOWN
    assert "expected a reading of its counters from 1 to 50 h before" in message


def test_hash_that_is_not_there_is_named():
    """No later run will have an earlier reading of it either."""
    found = times()
    verdict, message = verdict_of(found)
    assert verdict is Verdict.UNKNOWN
    assert message.endswith(f"expected counts in {KEY}, got none")
    assert found.slowest_first[0].reading.coverage.hint.endswith("name theirs under redis.stats_key.")


def test_workers_without_counts_by_format_are_judged_in_total():
    """All formats as one."""
    found = times(**{"": (100, 200.0)})
    assert [(one.name, one.reading.value) for one in found.slowest_first] == [("all formats", 200.0)]


class Reviewed:
    """The attributes of a review that retention needs."""

    source = "3 files"
    hours_seen = 24
    problems: ClassVar[list[str]] = []


def test_log_files_over_age_are_listed(tmp_path):
    """Oldest first, with their size."""
    for name, days in {"a.log": 0, "a.log.1": 29.9, "a.log.2": 31, "a.log.3": 92}.items():
        file = tmp_path / name
        file.write_bytes(b"x" * 1_000)
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(file, (at, at))
    settings = load("production", root=tmp_path, environment={})
    logs = FileLogs((str(tmp_path / "a.log*"),), Logs())
    found = log_retention(logs, Reviewed(), settings, FixedClock(NOW))
    assert [file.path.name for file in found.over_age] == ["a.log.3", "a.log.2"]
    assert found.over_age_words == "2 files with 2 KB, the oldest a.log.3, 92 days old"
    assert found.long_enough
    assert len(found.evidence()) == 2


def test_log_that_was_not_found_may_be_over_age(tmp_path):
    """It is reported, so the result cannot be good."""
    (tmp_path / "a.log").write_bytes(b"x")
    settings = load("production", root=tmp_path, environment={})
    logs = FileLogs((str(tmp_path / "a.log*"),), Logs())
    reviewed = Reviewed()
    reviewed.problems = ["b.log could not be read"]
    assert log_retention(logs, Reviewed(), settings, FixedClock(NOW)).coverage.enough
    assert log_retention(logs, reviewed, settings, FixedClock(NOW)).coverage.got == "b.log could not be read"


@pytest.mark.parametrize(("hours", "enough"), [(19, False), (20, True)])
def test_run_logs_must_cover_a_day(hours, enough):
    """The platform has no log files."""
    found = LogRetention("the API", hours, 20, (), None, 30.0, NOW)
    assert (found.long_enough, found.over_age, found.over_age_words) == (enough, [], "none")
    assert found.evidence()
