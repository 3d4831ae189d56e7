"""Processing times by format, and how long logs are kept."""

import os
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from playbook.clients.log_files import FileLogs
from playbook.clock import FixedClock
from playbook.coverage import whole
from playbook.errors import TooLittleData
from playbook.measure.optimization import LogRetention, log_retention, processing_times
from playbook.measure.redis import FormatStats, ImageStats
from playbook.sections.target import Logs
from playbook.settings import load

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def times(tmp_path, total=None, **formats):
    stats = {name: FormatStats(count, 0, count * mean) for name, (count, mean) in formats.items()}
    everything = total or FormatStats(
        sum(s.success for s in stats.values()), 0, sum(s.total_ms for s in stats.values())
    )
    settings = load("production", root=tmp_path, environment={})
    return processing_times(ImageStats("image-processing-stats", everything, stats), settings)


def test_the_slowest_format_comes_first_and_is_proposed(tmp_path):
    """Against the fastest one, with its share of the workers' time."""
    found = times(tmp_path, webp=(100, 180.0), avif=(100, 720.0), jpeg=(100, 100.0))
    assert [(one.name, one.reading.value) for one in found.slowest_first] == [
        ("avif", 720.0),
        ("webp", 180.0),
        ("jpeg", 100.0),
    ]
    assert found.slowest_first[0].reading.over == "100 images since counting began"
    assert [proposal.partition(":")[0] for proposal in found.proposals] == [
        "avif takes 7.2 times as long as jpeg, and 72 % of the workers' time"
    ]
    assert len(found.evidence()) == 2


def test_rare_formats_are_shown_and_not_judged(tmp_path):
    """Nineteen images say little; where all are so rare it is UNKNOWN."""
    found = times(tmp_path, webp=(20, 180.0), avif=(19, 9_000.0))
    assert [one.name for one in found.slowest_first] == ["webp"]
    assert found.proposals == []
    assert len(found.evidence()[0].rows) == 2
    for rare in (times(tmp_path, avif=(19, 9_000.0)), times(tmp_path)):
        with pytest.raises(TooLittleData, match="expected at least 20 images of a format"):
            _ = rare.slowest_first
        assert rare.proposals == []


def test_workers_that_do_not_count_by_format_are_judged_as_a_whole(tmp_path):
    """All formats are one."""
    found = times(tmp_path, total=FormatStats(100, 1, 20_000.0))
    assert [(one.name, one.reading.value) for one in found.slowest_first] == [("all formats", 200.0)]


class Reviewed:
    """A review as far as retention needs it."""

    source = "3 files"
    hours_seen = 24
    problems: ClassVar[list[str]] = []


def test_log_files_over_age_are_listed(tmp_path):
    """Oldest first, with how much they take."""
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
    """What could not be read is said, and nothing good stands on it."""
    (tmp_path / "a.log").write_bytes(b"x")
    settings = load("production", root=tmp_path, environment={})
    logs = FileLogs((str(tmp_path / "a.log*"),), Logs())
    reviewed = Reviewed()
    reviewed.problems = ["b.log could not be read"]
    assert log_retention(logs, Reviewed(), settings, FixedClock(NOW)).coverage.enough
    assert log_retention(logs, reviewed, settings, FixedClock(NOW)).coverage.got == "b.log could not be read"


@pytest.mark.parametrize(("hours", "enough"), [(19, False), (20, True)])
def test_what_the_platform_shows_must_reach_back_a_day(hours, enough):
    """It has no files."""
    found = LogRetention("the API", hours, 20, whole("1 answer"), None, 30.0, NOW)
    assert (found.long_enough, found.over_age, found.over_age_words) == (enough, [], "none")
    assert found.evidence()
