"""Backups: last night's is complete, the newest match their manifests, and none that should be kept is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.backups.backup_review import BackupVerification
    from playbook.measure.backups.backups import Backups
    from playbook.measure.backups.retention import BackupRetention
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.backups


@pytest.mark.daily
@pytest.mark.item("daily.backups.completed")
def test_last_nights_backup_is_complete(backups: Backups, limits: Limits, judge: Judge) -> None:
    """The newest archive is from last night, can be read to its end, and is about as large as earlier ones.

    An old dump in a new archive, or none where earlier runs have seen one, is a warning. UNKNOWN: the first
    archive, which cannot be compared with others, and content that was not read or not understood.
    """
    judge.that(**backups.presence.terms)
    judge(backups.age, limits.backup_age)
    judge.that(**backups.completeness.terms)
    judge(backups.size, limits.backup_size)
    judge.that(
        not backups.stale,
        "Dumps in the newest archive",
        expected="each to be made for it",
        found=backups.stale or "none that is older",
        warn=True,
    )
    judge.that(**backups.dumped.terms)


@pytest.mark.weekly
@pytest.mark.item("weekly.backups.verified")
@pytest.mark.timeout(900)
def test_newest_backups_match_their_manifests(
    backup_verification: BackupVerification, limits: Limits, judge: Judge
) -> None:
    """Every file of the newest archives matches its checksum in the manifest, and the Redis dump loads.

    An archive that would write outside its folder is critical too; an old dump in a new one is a warning, and so
    is a table that has lost all its rows.
    UNKNOWN: no archive, no time left for one, files missing from the manifest, a manifest that is not understood,
    or a dump without a manifest and without any sum.
    """
    judge.that(
        not backup_verification.broken,
        "Backups",
        expected=f"the newest {backup_verification.wanted} to hold what their manifests say",
        found=backup_verification.words,
        coverage=backup_verification.read,
    )
    judge(backup_verification.files, limits.backup_files)
    for name, reading in backup_verification.dumps:
        judge(reading, limits.backup_size, subject=f"Size of {name} in the newest backup")
    judge.that(
        not backup_verification.stale,
        "Dumps in the newest archive",
        expected="each to be made for it",
        found=backup_verification.stale or "none that is older",
        warn=True,
    )
    judge.that(
        not backup_verification.lost_tables,
        "Tables in the newest dumps",
        expected="rows of every table that had some before",
        found=f"none of {backup_verification.lost_tables}" if backup_verification.lost_tables else "rows of all",
        warn=True,
    )


@pytest.mark.weekly
@pytest.mark.item("weekly.backups.retention")
def test_kept_backups_match_the_policy(backup_retention: BackupRetention, limits: Limits, judge: Judge) -> None:
    """Each night of the retention policy has its archive, and no archive is older than the policy keeps it.

    UNKNOWN: no archive at all, or a system younger than the policy, whose first nights are still to come.
    """
    judge(backup_retention.gaps, limits.backup_gaps)
    judge.that(
        not backup_retention.over_age,
        "Archives",
        expected=f"none older than {backup_retention.most_days:g} days",
        found=backup_retention.over_age_words,
        warn=True,
    )
