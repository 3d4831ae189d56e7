"""Backups: last night's is there and whole, the newest hold what they say, and the kept ones are complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.backups.backup_review import BackupRetention, BackupVerification
    from playbook.measure.backups.backups import Backups
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.backups


@pytest.mark.daily
@pytest.mark.item("daily.backups.completed")
def test_last_nights_backup_is_complete(backups: Backups, limits: Limits, judge: Judge) -> None:
    """The newest archive is from last night, can be read to its end, and is about as large as those before it.

    The first archive of all cannot be compared with others, and what was not read or understood is not known to
    be whole: UNKNOWN.
    """
    judge.that(len(backups.archives) > 0, "Backups", expected="an archive", found=backups.contents)
    judge(backups.age, limits.backup_age)
    judge.that(
        backups.complete,
        "Newest backup",
        expected=f"{backups.newest.file.name} to be complete",
        found=backups.completeness,
        coverage=backups.read,
    )
    judge(backups.size, limits.backup_size)


@pytest.mark.weekly
@pytest.mark.item("weekly.backups.verified")
@pytest.mark.timeout(900)
def test_the_newest_backups_hold_what_they_say(
    backup_verification: BackupVerification, limits: Limits, judge: Judge
) -> None:
    """Every file of the newest archives has the sum in its manifest, and the Redis dump can be loaded.

    An archive that would write outside its folder is critical too. No archive, no time for one, files that no
    manifest lists, or a manifest that is not understood: UNKNOWN.
    """
    judge.that(
        not backup_verification.broken,
        "Backups",
        expected=f"the newest {backup_verification.wanted} to hold what their manifests say",
        found=backup_verification.words,
        coverage=backup_verification.read,
    )
    judge(backup_verification.files, limits.backup_files)


@pytest.mark.weekly
@pytest.mark.item("weekly.backups.retention")
def test_as_many_backups_are_kept_as_the_policy_says(
    backup_retention: BackupRetention, limits: Limits, judge: Judge
) -> None:
    """Each night that the policy keeps has its archive, and no archive is over age.

    No archive at all, or a system that is younger than the policy: UNKNOWN, as the nights are still to come.
    """
    judge(backup_retention.gaps, limits.backup_gaps)
    judge.that(
        not backup_retention.over_age,
        "Archives",
        expected=f"none older than {backup_retention.most_days:g} days",
        found=backup_retention.over_age_words,
        warn=True,
    )
