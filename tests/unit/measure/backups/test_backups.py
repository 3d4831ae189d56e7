"""The measurement of a backup store, and the verdict of its check."""

import gzip
import math
import os
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from checks.backups import test_backups as checks
from playbook.clients.backups import FolderStore
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import TooLittleData, Unreachable, UsageError
from playbook.core.evidence import Facts, Table
from playbook.core.verdict import Verdict
from playbook.measure.backups.backups import backup_listing, backups
from playbook.settings.loading import load
from tests.judged import judged
from tests.unit.readers.archives.test_inspection import members_with_manifest, tar

NOW = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)


def an_archive(size=2000):
    return gzip.compress(tar(members_with_manifest({"dump.rdb": Random(7).randbytes(size)})))


@pytest.fixture
def store(tmp_path):
    """A folder in which ``write`` puts archives, made that many hours ago."""

    class Store(FolderStore):
        def write(self, hours, content=None, suffix=""):
            made = NOW - timedelta(hours=hours)
            file = tmp_path / f"portfolio-{made:%Y%m%dT%H%M%SZ}.tar.gz{suffix}"
            file.write_bytes(an_archive() if content is None else content)
            os.utime(file, (made.timestamp(), made.timestamp()))
            return file

    return Store(str(tmp_path), "targets.sandbox.backups.location")


def measured(store, known_jobs=None, **settings):
    overlay = {"targets": {"sandbox": {"backups": {"location": store.location, **settings}}}}
    known = load("sandbox", environment={}, overlay=overlay)
    earlier = Earlier(lambda: [{"backup jobs": known_jobs}] if known_jobs else [])
    return backups(store, backup_listing(store, known, FixedClock(NOW)), known, earlier)


def verdict(found):
    """Verdict of the daily check."""
    return judged(
        checks.test_last_nights_backup_is_complete, limits=load("sandbox", environment={}).limits, backups=found
    )


def test_newest_archive_comes_first(store):
    """By the time in the name, not by the order of the listing or the modification time."""
    for hours in (29, 5, 53):
        store.write(hours)
    os.utime(store.write(77), (NOW.timestamp(), NOW.timestamp()))
    found = measured(store)
    assert [round((NOW - archive.made) / timedelta(hours=1)) for archive in found.archives] == [5, 29, 53, 77]
    assert found.age.value == 5
    assert found.archives[0].made_by == "name"


def test_age_is_rounded_to_a_hundredth_of_an_hour(store):
    """More digits do not matter."""
    store.write(25.987)
    assert measured(store).age.value == 25.99


def test_size_is_compared_with_the_median_of_earlier_archives(store):
    """The newest itself and very old ones do not count."""
    store.write(5, an_archive(1000))
    for night in range(1, 15):
        store.write(5 + 24 * night, an_archive(2000) + bytes(night % 3))
    store.write(5 + 24 * 15, an_archive(90_000))
    found = measured(store)
    assert found.size.value == pytest.approx(57, abs=1)
    assert found.size.over == "14 archives before it (median 2.35 KB)"


def test_first_archive_cannot_be_compared(store):
    """That is too little data, not a failure."""
    store.write(5)
    found = measured(store)
    assert found.completeness.holds
    assert math.isnan(found.size.value)
    assert verdict(found) == (
        Verdict.UNKNOWN,
        "Size of the newest backup: expected archives before portfolio-20261122T032000Z.tar.gz "
        "to compare its size with, got none",
    )


def test_empty_store_has_no_newest_archive(store):
    """It is still measured: the check reports it."""
    found = measured(store)
    assert found.contents == "0 archives and 0 other files"
    assert not found.presence.holds
    with pytest.raises(TooLittleData):
        _ = found.age


def test_leftover_of_an_unfinished_job_is_no_archive(store):
    """But it is shown."""
    store.write(29)
    part = store.write(5, b"half", suffix=".part")
    found = measured(store)
    assert found.age.value == 29
    assert [file.name for file in found.others] == [part.name]
    assert found.contents == "1 archive and 1 other file"
    others = found.evidence()[-1]
    assert isinstance(others, Table)
    assert others.rows == [[part.name, "2026-11-22 03:20 UTC", "4 B"]]


def test_truncated_archive_is_not_complete(store):
    """The problem is reported."""
    store.write(29)
    store.write(5, an_archive()[:900])
    found = measured(store)
    assert not found.completeness.holds
    assert found.completeness.found == "an archive that is cut off after member 2"


def test_large_archive_is_checked_at_both_ends(store):
    """Above the configured size it is not read completely, and the message says so."""
    store.write(5)
    found = measured(store, read_whole_mb=0.001)
    assert found.completeness.holds
    assert found.completeness.found == "an archive read at both ends only, as it is too large to read"
    assert verdict(found)[0] is Verdict.UNKNOWN
    store.write(4, an_archive()[:-100])
    assert measured(store, read_whole_mb=0.001).completeness.found == (
        "an archive that is cut off: it does not end with the length of a tar"
    )


def test_archive_from_the_future_has_no_age(store):
    """A negative age would pass as very recent for ever."""
    file = store.write(-30)
    found = measured(store)
    assert found.archives[0].made_by == "time of writing"  # a date in the future in the name is ignored
    assert verdict(found) == (
        Verdict.UNKNOWN,
        "Age of the newest backup: expected the newest archive to be from before 2026-11-22 08:20 UTC, "
        f"got {file.name} from 2026-11-23 14:20 UTC",
    )


def test_slightly_fast_clock_gives_an_age_of_zero(store):
    """An hour is tolerated."""
    store.write(-0.5)
    assert measured(store).age.value == 0


def test_names_are_read_in_the_configured_time_zone(store, tmp_path):
    """For jobs that write local time without a zone."""
    (tmp_path / "b-20261122-040000.tar.gz").write_bytes(an_archive())
    assert measured(store, time_zone="Europe/Berlin").age.value == pytest.approx(5 + 20 / 60, abs=0.01)
    with pytest.raises(UsageError, match="time_zone: expected a time zone such as Europe/Berlin, got 'Mars'"):
        measured(store, time_zone="Mars")


def test_pattern_selects_the_archives(store, tmp_path):
    """By the name without folders."""
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "db-20261122T030000Z.tgz").write_bytes(an_archive())
    store.write(29)
    found = measured(store, pattern="db-*.tgz")
    assert [archive.file.name for archive in found.archives] == ["2026/db-20261122T030000Z.tgz"]


def test_evidence_lists_the_archives(store):
    """Newest first, with ages, and how far the newest was read."""
    for hours in (5, 29, 53):
        store.write(hours)
    facts, table = measured(store).evidence()
    assert isinstance(facts, Facts)
    assert facts.facts["Newest was"] == "read to its end: 2 members, 1 of them listed in manifest.json"
    assert facts.facts["Found wrong"] == "nothing"
    assert facts.facts["Newest"].endswith("2026-11-22 03:20 UTC by its name")
    assert isinstance(table, Table)
    assert [row[1:3] for row in table.rows] == [
        ["2026-11-22 03:20 UTC", "5 h"],
        ["2026-11-21 03:20 UTC", "29 h"],
        ["2026-11-20 03:20 UTC", "53 h"],
    ]


def of_jobs(tmp_path, jobs, **settings):
    """A store with archives of several jobs: by name the hours since each, and its size."""
    for name, archives in jobs.items():
        for hours, size in archives:
            made = NOW - timedelta(hours=hours)
            file = tmp_path / name.format(made)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(an_archive(size))
            os.utime(file, (made.timestamp(), made.timestamp()))
    return FolderStore(str(tmp_path), "targets.sandbox.backups.location")


def nights(count, first=5.0, size=2000):
    return [(first + 24 * night, size) for night in range(count)]


FILES = {"files-{:%Y-%m-%d_%H%M}.tar.gz": nights(30, size=9000)}
ENDED = {
    "one-of-two": {**FILES, "db_{:%Y%m%d-%H%M}.tar.gz": nights(20, first=5.5 + 24 * 10)},
    "in-a-folder-of-its-own": {**FILES, "db/{:%Y-%m-%d_%H%M}.tar.gz": nights(26, first=5.5 + 24 * 4)},
    "with-the-name-of-the-month": {**FILES, "db-{:%d-%b-%Y-%H%M}.tar.gz": nights(20, first=5.5 + 24 * 10)},
}
GOING_ON = {
    "both": {**FILES, "db_{:%Y%m%d-%H%M}.tar.gz": nights(30, first=5.5)},
    "daily-weekly-monthly": {
        "daily/shop-{:%Y%m%dT%H%MZ}.tar.gz": nights(30),
        "weekly/shop-{:%Y%m%dT%H%MZ}.tar.gz": [(100 + 168 * week, 2000) for week in range(8)],
        "monthly/shop-{:%Y%m%dT%H%MZ}.tar.gz": [(600 + 720 * month, 2000) for month in range(6)],
    },
    "renamed": {
        "webshop-{:%Y%m%dT%H%MZ}.tar.gz": nights(10),
        "shop-{:%Y%m%dT%H%MZ}.tar.gz": nights(20, first=5 + 24 * 10),
    },
    "moved-to-another-server": {
        "web-b-{:%Y%m%dT%H%MZ}.tar.gz": nights(12),
        "web-a-{:%Y%m%dT%H%MZ}.tar.gz": nights(20, first=5 + 24 * 9),
    },
    "summer-and-winter-time": {
        "shop-{:%Y-%m-%d-%H%M}-CET.tar.gz": nights(28),
        "shop-{:%Y-%m-%d-%H%M}-CEST.tar.gz": nights(7, first=5 + 24 * 28),
    },
    "made-by-hand-before-releases": {
        **FILES,
        "before-release-{:%Y%m%d-%H%M}.tar.gz": [(hours, 2000) for hours in (120, 121, 150, 300, 470, 500)],
    },
    "hourly-at-work": {
        **FILES,
        "hourly/db-{:%Y%m%dT%H%MZ}.tar.gz": [(55 + hour, 2000) for hour in range(10)]
        + [(55 + 24 + hour, 2000) for hour in range(10)],
    },
    "on-working-days": {
        **FILES,
        "db-{:%Y%m%dT%H%MZ}.tar.gz": [
            (77.5 + 24 * day, 2000) for day in range(20) if (NOW - timedelta(hours=77.5 + 24 * day)).weekday() < 5
        ],
    },
    "by-weekday-and-month": {
        **{f"shop-{day}-{{:%H%M}}.tar.gz": [(5 + 24 * number, 2000)] for number, day in enumerate("abcdefg")},
        "shop-{:%B-%d-%Y}.tar.gz": nights(30),
    },
}


@pytest.mark.parametrize("jobs", ENDED.values(), ids=ENDED)
def test_job_that_ended_is_not_hidden_by_another_one(tmp_path, jobs):
    """The newest archive is of last night, and nothing was backed up by the other job since."""
    said, message = verdict(measured(of_jobs(tmp_path, jobs), manifest=""))
    assert said is Verdict.UNKNOWN
    assert "while others are made" in message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("db-{:%Y%m%dT%H%MZ}.sql.gz", Verdict.UNKNOWN),
        ("db-{:%Y%m%dT%H%MZ}.dump", Verdict.UNKNOWN),
        ("mysql/{:%Y-%m-%d}/all.sql.zst", Verdict.UNKNOWN),
        ("redis-{:%Y%m%d}.rdb", Verdict.UNKNOWN),
        ("db_{:%d-%b-%Y}.sql.gpg", Verdict.UNKNOWN),
        ("uploads-{:%Y%m%d}.tgz", Verdict.UNKNOWN),
        ("shop-{:%Y%m%dT%H%MZ}.tar.gz.sha256", Verdict.OK),
        ("backup-{:%Y%m%d}.log", Verdict.OK),
        ("backup-{:%Y%m%d}.log.gz", Verdict.OK),
        ("report-{:%Y%m%d}.html", Verdict.OK),
    ],
)
def test_job_outside_the_pattern_that_ended_is_not_hidden(tmp_path, name, said):
    """Its files lie beside the archives, like archives themselves: somebody counts on them."""
    store = of_jobs(tmp_path, {**FILES, name: nights(26, first=100.5)})
    assert verdict(measured(store, manifest=""))[0] is said
    assert verdict(measured(of_jobs(tmp_path, {name: nights(4, first=4.5)}), manifest=""))[0] is Verdict.OK


@pytest.mark.parametrize("jobs", GOING_ON.values(), ids=GOING_ON)
def test_several_jobs_that_go_on_are_ok(tmp_path, jobs):
    """Nor is a job missed whose archives have another name now, or one that never was nightly."""
    assert verdict(measured(of_jobs(tmp_path, jobs), manifest=""))[0] is Verdict.OK


def test_damaged_archive_of_another_job_is_found(tmp_path):
    """Although the newest one of all is sound."""
    store = of_jobs(tmp_path, {**FILES, "db_{:%Y%m%d-%H%M}.tar.gz": nights(30, first=5.5)})
    (tmp_path / "db_20261122-0250.tar.gz").write_bytes(an_archive(2000)[:-200])
    said, message = verdict(measured(store, manifest=""))
    assert said is Verdict.CRITICAL
    assert "to be complete, got db_20261122-0250.tar.gz: an archive that is cut off" in message


def test_job_without_any_archive_left_is_missed(tmp_path):
    """An earlier run has seen one each night. Of one that was given up before, what is left may go."""
    both = {**FILES, "db_{:%Y%m%d-%H%M}.tar.gz": nights(30, first=5.5)}
    found = measured(of_jobs(tmp_path, both), manifest="").readings["backup jobs"]
    before = msgspec.structs.replace(found, at=NOW - timedelta(days=1))
    for file in tmp_path.glob("db_*"):
        file.unlink()
    said, message = verdict(measured(FolderStore(str(tmp_path), "x"), before, manifest=""))
    assert (said, "none like db-tar-gz" in message) == (Verdict.UNKNOWN, True), message
    named = measured(FolderStore(str(tmp_path), "x"), before, manifest="", pattern="files*.tar.gz")
    assert verdict(named)[0] is Verdict.OK
    of_jobs(tmp_path, {"db_{:%Y%m%d-%H%M}.tar.gz": nights(3, first=600.0)})  # left from a job of weeks ago
    assert verdict(measured(FolderStore(str(tmp_path), "x"), before, manifest=""))[0] is Verdict.OK


def test_archive_of_another_job_that_is_not_delivered_is_unknown(tmp_path, monkeypatch):
    """The store lists it, and does not give it out."""
    store = of_jobs(tmp_path, {**FILES, "db_{:%Y%m%d-%H%M}.tar.gz": nights(30, first=5.5)})
    read = FolderStore.read

    def refusing(self, name, *range_, **more):
        if name.startswith("db_"):
            raise Unreachable("Backups: expected it, got HTTP 500", service="Backups")
        return read(self, name, *range_, **more)

    monkeypatch.setattr(FolderStore, "read", refusing)
    said, message = verdict(measured(store, manifest=""))
    assert (said, "db_20261122-0250.tar.gz to be read" in message) == (Verdict.UNKNOWN, True), message


def test_archive_is_compared_with_those_of_its_own_job(tmp_path):
    """The larger archives of another job hide no small one, and make none small."""
    jobs = {**FILES, "db_{:%Y%m%d-%H%M}.tar.gz": [(5.5, 300), *nights(29, first=29.5)]}
    said, message = verdict(measured(of_jobs(tmp_path, jobs), manifest=""))
    assert said is Verdict.CRITICAL
    assert "of usual over 14 archives before db_20261122-0250.tar.gz" in message
