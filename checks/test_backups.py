"""Backups: last night's archive is there, whole, and as large as it usually is."""

import pytest

pytestmark = pytest.mark.backups


@pytest.mark.daily
@pytest.mark.item("daily.backups.completed")
def test_last_nights_backup_is_complete(backups, limits, judge):
    """The newest archive is from last night, can be read to its end, and is about as large as those before it.

    The first archive of all cannot be compared with others: UNKNOWN.
    """
    judge.that(len(backups.archives) > 0, "Backups", expected="an archive", found=backups.contents)
    judge(backups.age, limits.backup_age)
    judge.that(
        backups.complete,
        "Newest backup",
        expected=f"{backups.newest.file.name} to be complete",
        found=backups.completeness,
    )
    judge(backups.size, limits.backup_size)
