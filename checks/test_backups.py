"""Backups: last night's is there and whole, the newest hold what they say, and the kept ones are complete."""

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


@pytest.mark.weekly
@pytest.mark.item("weekly.backups.verified")
@pytest.mark.timeout(900)
def test_the_newest_backups_hold_what_they_say(backup_verification, judge):
    """Every file of the newest archives has the sum in its manifest, and the Redis dump can be loaded.

    An archive that would write outside its folder is critical too. No archive, or no time for the newest: UNKNOWN.
    """
    judge.that(
        not backup_verification.broken,
        "Backups",
        expected=f"the newest {backup_verification.wanted} to hold what their manifests say",
        found=backup_verification.words,
    )
    judge.that(
        backup_verification.newest_is_judged and not backup_verification.unread,
        "Backups",
        expected=f"the newest {backup_verification.wanted} to be read to their end",
        found=f"{backup_verification.unread} for which time did not suffice",
        warn=True,
    )


@pytest.mark.weekly
@pytest.mark.item("weekly.backups.retention")
def test_as_many_backups_are_kept_as_the_policy_says(backup_retention, limits, judge):
    """Each night that the policy keeps has its archive, and no archive is over age.

    No archive at all: UNKNOWN, as it is the daily check that finds it.
    """
    judge(backup_retention.gaps, limits.backup_gaps)
    judge.that(
        not backup_retention.over_age,
        "Archives",
        expected=f"none older than {backup_retention.most_days:g} days",
        found=backup_retention.over_age_words,
        warn=True,
    )
