"""Recovery: backups restore within time and data-loss objectives, and an alert reaches its receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.alerts.alert_test import AlertDelivery
    from playbook.measure.app.rollback_drill import RollbackTest
    from playbook.measure.backups.restores import RecoveryTimes, RestoreTest
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.recovery


@pytest.mark.weekly
@pytest.mark.mutates
@pytest.mark.item("weekly.backups.restores")
def test_the_newest_backup_restores(restore_drill: RestoreTest, limits: Limits, judge: Judge) -> None:
    """The newest backup restores into an empty place in time: its dump loads, its counts and samples are right.

    Production is judged by the newest recorded drill, which must be at most a week old. A system first checked
    less than a week ago without a drill: UNKNOWN.
    """
    judge.that(**restore_drill.recency("Restore drill").terms)
    judge.that(
        restore_drill.succeeded,
        "Restore drill",
        expected="everything of the newest backup to be restored",
        found=restore_drill.result,
    )
    judge(restore_drill.time, limits.recovery_time)


@pytest.mark.monthly
@pytest.mark.mutates
@pytest.mark.item("monthly.dr.restore")
def test_everything_can_be_restored(full_restore: RestoreTest, judge: Judge) -> None:
    """A full restore into an empty place brings back every key and image, and the restored system answers.

    Production is judged by the newest recorded full test, which must be at most a month old.
    """
    judge.that(**full_restore.recency("Disaster recovery test").terms)
    judge.that(
        full_restore.succeeded,
        "Disaster recovery test",
        expected="every key and image of the newest backup to be restored",
        found=full_restore.result,
    )


@pytest.mark.monthly
@pytest.mark.mutates
@pytest.mark.item("monthly.dr.recovery-time")
def test_recovery_meets_its_objectives(recovery_times: RecoveryTimes, limits: Limits, judge: Judge) -> None:
    """The slowest restore of the month, and the oldest data that one returned, are within their objectives.

    UNKNOWN: no restore succeeded, so there is nothing to measure. CRITICAL: no restore at all for over a month.
    """
    judge.that(
        not recovery_times.overdue,
        "Recovery",
        expected=f"a restore within {recovery_times.days:g} days",
        found=recovery_times.found,
    )
    judge(recovery_times.time, limits.recovery_time)
    judge(recovery_times.data_age, limits.recovery_point)


@pytest.mark.monthly
@pytest.mark.mutates
@pytest.mark.item("monthly.dr.rollback-drill", runbook="high-error-rates")
def test_a_rollback_works(rollback_drill: RollbackTest, limits: Limits, judge: Judge) -> None:
    """The app rolls back to its previous release in at most 5 min and then returns to the newer one.

    Production is judged by the newest recorded drill, which must not be older than the settings allow. A system
    first checked more recently than that without a drill: UNKNOWN.
    """
    judge.that(**rollback_drill.recency("Rollback drill").terms)
    judge.that(
        rollback_drill.succeeded,
        "Rollback drill",
        expected="the release before to run, and then the newer one again",
        found=rollback_drill.result,
    )
    judge(rollback_drill.time, limits.rollback_time)


@pytest.mark.monthly
@pytest.mark.mutates
@pytest.mark.item("monthly.dr.alerts")
def test_an_alert_reaches_its_receiver(alert_delivery: AlertDelivery, limits: Limits, judge: Judge) -> None:
    """A test alert passes through Alertmanager to the playbook's own receiver in time, and is resolved again.

    Production is judged by the newest recorded test, which must be at most a month old.
    """
    judge.that(**alert_delivery.recency("Test alert").terms)
    judge.that(
        alert_delivery.succeeded,
        "Test alert",
        expected=f"the receiver to have it within {alert_delivery.seconds:g} s",
        found=alert_delivery.result,
    )
    judge(alert_delivery.time, limits.alert_delivery)
