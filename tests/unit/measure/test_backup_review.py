"""The week's look at the archives: which nights are covered, what is over age, what reading them showed."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from playbook.clients.backups import FolderStore
from playbook.clock import FixedClock
from playbook.errors import TooLittleData
from playbook.measure.backup_review import backup_retention, backup_verification
from playbook.measure.backups import backup_listing
from playbook.settings import load
from tests.unit.measure.test_backups import an_archive

NOW = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)


@pytest.fixture
def write(tmp_path):
    """Puts an archive that was made so many hours ago."""

    def write(hours, content=b"x"):
        made = NOW - timedelta(hours=hours)
        file = tmp_path / f"portfolio-{made:%Y%m%dT%H%M%SZ}.tar.gz"
        file.write_bytes(content)
        os.utime(file, (made.timestamp(), made.timestamp()))

    return write


def measured(tmp_path, measure, **recovery):
    overlay = {"targets": {"sandbox": {"backups": {"location": str(tmp_path)}, "recovery": recovery}}}
    settings = load("sandbox", environment={}, overlay=overlay)
    store, clock = FolderStore(str(tmp_path), "backups.location"), FixedClock(NOW)
    listing = backup_listing(store, settings, clock)
    if measure is backup_retention:
        return backup_retention(listing, settings)
    return backup_verification(store, listing, settings, clock)


def kept(tmp_path, **recovery):
    return measured(tmp_path, backup_retention, **{"keep_nights": 5, **recovery})


def test_every_night_has_its_archive(tmp_path, write):
    """At about the same hour, and with more than one in a night."""
    for hours in (5, 29.7, 30, 52.1, 77, 101.4):
        write(hours)
    found = kept(tmp_path)
    assert found.missing == ()
    assert found.gaps.value == 0
    assert found.gaps.over == "5 of 5 nights kept"


def test_a_gap_is_named_by_its_night(tmp_path, write):
    """And so are the nights before the oldest."""
    for hours in (5, 29, 77):
        write(hours)
    found = kept(tmp_path)
    assert found.gaps.value == 2
    assert found.gaps.over == "3 of 5 nights kept, none for 2026-11-20, 2026-11-18"


@pytest.mark.parametrize(("hours", "missing"), [(25.9, 0), (26.1, 1), (50.1, 2)])
def test_last_night_is_missing_when_it_is_late(tmp_path, write, hours, missing):
    """Not before: the job may still be at work."""
    for nights in range(5):
        write(hours + 24 * nights)
    assert kept(tmp_path).gaps.value == missing


def test_a_job_about_midnight_makes_no_gap(tmp_path, write):
    """Though it makes two archives on one day and none on the next."""
    for nights, minutes in enumerate((0, 35, -20, 40, -30)):
        write(8.33 + 24 * nights + minutes / 60)
    assert kept(tmp_path).missing == ()


def test_what_is_over_age_is_named(tmp_path, write):
    """The oldest by name."""
    for hours in (5, 29, 53, 77, 101, 24 * 36, 24 * 400):
        write(hours)
    found = kept(tmp_path, keep_most_days=35.0)
    assert found.over_age_words.startswith("2 archives, the oldest portfolio-20251018T")
    assert found.gaps.value == 0


def test_no_archive_cannot_be_judged(tmp_path):
    """It is the daily check that finds this."""
    with pytest.raises(TooLittleData):
        _ = kept(tmp_path).gaps
    with pytest.raises(TooLittleData):
        _ = measured(tmp_path, backup_verification).newest_is_judged


def test_the_newest_are_read(tmp_path, write):
    """As many as are wanted, newest first; the first that is broken is told."""
    for hours in (5, 29, 53):
        write(hours, an_archive())
    write(29, b"broken")
    found = measured(tmp_path, backup_verification, verify_newest=2, dump="")
    assert len(found.verified) == 2
    assert found.words.startswith("portfolio-20261121T032000Z.tar.gz: an archive that is no sound gzip file")
    assert found.unread == 0
    assert found.newest_is_judged


def test_time_that_does_not_suffice_is_said(tmp_path, write):
    """Without the newest there is no verdict."""
    write(5, an_archive())
    found = measured(tmp_path, backup_verification, verify_seconds=1e-9)
    with pytest.raises(TooLittleData, match=r"within 1e-09 s|got none"):
        _ = found.newest_is_judged
