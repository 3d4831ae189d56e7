"""Planned maintenance: preparation before it, and healthy services after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.app import AppStatus
    from playbook.measure.app.components import AppComponents
    from playbook.measure.app.jobs import AppJobs
    from playbook.measure.app.live_url import LiveUrlAnswer
    from playbook.measure.app.rollback import RollbackPlan
    from playbook.measure.backups.backup_review import BackupVerification
    from playbook.measure.backups.backups import Backups
    from playbook.measure.databases.database_backups import DatabaseBackups
    from playbook.measure.figures.services_beside import ServicesBeside
    from playbook.measure.people.maintenance import MaintenancePlan, SinceMaintenance, WindowSilences, WindowTeam
    from playbook.measure.people.maintenance_errors import NewErrors
    from playbook.measure.people.people import Attestations
    from playbook.measure.web.health_endpoints import Health
    from playbook.measure.web.homepage import HomepageTiming
    from playbook.measure.web.sites import OtherHealth, OtherHomepages
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.maintenance


@pytest.mark.pre_maintenance
@pytest.mark.item("pre_maintenance.window")
def test_window_is_scheduled_and_announced(
    maintenance_plan: MaintenancePlan, attestations: Attestations, judge: Judge
) -> None:
    """A maintenance window is ahead, and somebody signed that it was announced.

    A sign-off from before the end of the last window may be about that one: a warning.
    """
    if maintenance_plan:
        judge.that(
            maintenance_plan.ahead is not None,
            "Maintenance window",
            expected="one that is ahead",
            found=maintenance_plan.found,
        )
    if maintenance_plan and attestations:
        sign_off = attestations.of("pre_maintenance.window")
        judge.sign_off(sign_off)
        judge.that(
            maintenance_plan.about_next(sign_off),
            "Announcement",
            expected=maintenance_plan.expected_of_next(sign_off),
            found=sign_off.found,
            warn=True,
        )


@pytest.mark.pre_maintenance
@pytest.mark.item("pre_maintenance.backup-verified")
@pytest.mark.timeout(900)
def test_backup_is_recent_and_verified(
    backups: Backups,
    backup_verification: BackupVerification,
    database_backups: DatabaseBackups,
    limits: Limits,
    judge: Judge,
) -> None:
    """The newest backup is from last night, complete, matches its manifest, and is as large as those before it.

    An old dump in it is a warning. Managed databases were backed up in the last day, as far as DigitalOcean tells.
    """
    if backups:
        judge.that(**backups.presence.terms)
        judge(backups.age, limits.backup_age)
        judge.that(**backups.completeness.terms)
    if backup_verification:
        judge.that(
            not backup_verification.newest_problems,
            "Newest backup",
            expected="what its manifest says",
            found=backup_verification.newest_words,
            coverage=backup_verification.newest_read,
        )
    if backups:
        judge(backups.size, limits.backup_size)
    if backup_verification:
        judge(backup_verification.files, limits.backup_files)
        judge.that(
            not backup_verification.stale,
            "Dumps in the newest backup",
            expected="each to be made for it",
            found=backup_verification.stale or "none that is older",
            warn=True,
        )
    if database_backups:
        for one in database_backups.statements:
            judge.that(**one.terms)
        for row in database_backups.ages:
            judge(row.reading, limits.database_backup_age, subject=row.subject)
        for row in database_backups.sizes:
            judge(row.reading, limits.backup_size, subject=row.subject)


@pytest.mark.pre_maintenance
@pytest.mark.item("pre_maintenance.rollback-plan")
def test_rollback_is_prepared(rollback: RollbackPlan, judge: Judge) -> None:
    """There is an earlier good deployment, and the platform reports that a rollback to it is possible.

    Warnings that the platform reports are warnings here.
    """
    judge.that(
        rollback.target is not None,
        "Rollback",
        expected="an earlier good deployment to go back to",
        found=rollback.found_target,
    )
    judge.that(rollback.valid, "Rollback", expected="the platform to say that it is valid", found=rollback.found)
    judge.that(
        not rollback.warnings,
        "Rollback",
        expected="no warnings of the platform",
        found=rollback.found_warnings,
        warn=True,
    )


@pytest.mark.pre_maintenance
@pytest.mark.item("pre_maintenance.team-available")
def test_team_is_available_for_the_window(
    window_team: WindowTeam, maintenance_plan: MaintenancePlan, attestations: Attestations, judge: Judge
) -> None:
    """Two people are on call for the whole window and have a telephone, and somebody signed that they know and are
    available.

    A sign-off from before the end of the last window may be about that one: a warning.
    """
    if window_team:
        judge.that(
            window_team.there,
            "On call in the window",
            expected="two people with a telephone",
            found=window_team.found,
        )
    if maintenance_plan and attestations:
        sign_off = attestations.of("pre_maintenance.team-available")
        judge.sign_off(sign_off)
        judge.that(
            maintenance_plan.about_next(sign_off),
            "Word of the team",
            expected=maintenance_plan.expected_of_next(sign_off),
            found=sign_off.found,
            warn=True,
        )


@pytest.mark.pre_maintenance
@pytest.mark.item("pre_maintenance.alerts-silenced")
def test_alerts_are_silenced_for_the_window(window_silences: WindowSilences, judge: Judge) -> None:
    """Alerts that the work will trigger are silenced for the whole window, and not for much longer."""
    judge.that(
        window_silences.all_silenced,
        "Silences for the window",
        expected="one on each alert that the work will set off",
        found=window_silences.found,
    )
    judge.that(
        window_silences.none_longer,
        "Silences for the window",
        expected=f"none that outlasts it by more than {window_silences.slack_words}",
        found=window_silences.found_longer,
        warn=True,
    )


@pytest.mark.post_maintenance
@pytest.mark.item("post_maintenance.services-healthy", runbook="high-error-rates")
def test_services_are_healthy_again(
    app: AppStatus,
    live_url_answer: LiveUrlAnswer,
    app_components: AppComponents,
    app_jobs: AppJobs,
    api_health: Health,
    image_health: Health,
    other_health: OtherHealth,
    services_beside: ServicesBeside,
    limits: Limits,
    judge: Judge,
) -> None:
    """The app is ACTIVE and its live URL returns a page; its components, the API, its dependencies and the image
    service are healthy; Redis, its queues, the managed databases and the optimise endpoint work.

    What is degraded or listed no more, a job that failed, a pinned app, and a domain or a dedicated egress address
    that is not active, is a warning. The app of another website is UNKNOWN.
    """
    if services_beside:
        judge.that(True, "Services beside the app", expected="all to work", found=services_beside.found)
    if app:
        judge.that(**app.serving.terms)
        judge.that(**app.domains_served.terms)
    if live_url_answer:
        judge.that(**live_url_answer.statement.terms)
    for one in app_components.worst_first if app_components else ():
        judge.that(one.well, one.name, expected=one.expected, found=one.found, coverage=one.coverage)
    if api_health:
        judge.that(not api_health.is_unhealthy, "API health", expected="all healthy", found=api_health.summary)
    if image_health:
        judge.that(not image_health.is_unhealthy, "Image service", expected="healthy", found=image_health.summary)
    for statement in services_beside.statements if services_beside else ():
        judge.that(**statement.terms)
    if services_beside and services_beside.optimising:
        judge(services_beside.optimising, limits.optimize_time)
    if api_health:
        judge.that(
            not api_health.is_degraded, "API health", expected="all healthy", found=api_health.summary, warn=True
        )
        judge.that(**api_health.listing("Dependencies of the API").terms)
    if image_health:
        judge.that(
            not image_health.is_degraded,
            "Image service",
            expected="healthy",
            found=image_health.summary,
            warn=True,
        )
        judge.that(**image_health.listing("Dependencies of the image service").terms)
    of_app = app.statements if app else ()
    functions = [one.statement for one in app_components.functions] if app_components else []
    jobs = app_jobs.statements if app_jobs else ()
    for statement in (*of_app, *functions, *jobs):
        judge.that(**statement.terms)
    for statement in other_health.statements if other_health else ():
        judge.that(**statement.terms)


@pytest.mark.post_maintenance
@pytest.mark.item("post_maintenance.kpis-normal", runbook="high-response-times")
def test_key_figures_are_normal_since(
    since_maintenance: SinceMaintenance,
    homepage_timing: HomepageTiming,
    other_homepages: OtherHomepages,
    limits: Limits,
    judge: Judge,
) -> None:
    """Since the maintenance ended, requests were fast, hardly any failed, and images were processed. Now the
    homepage answers each time, and fast.

    A homepage with another title than before may be that of the maintenance: a warning. Judged over the time since
    then, at most a day. UNKNOWN: too few requests or images.
    """
    if since_maintenance:
        judge(since_maintenance.error_rate.by_itself, limits.error_rate)
        judge(since_maintenance.response_time.by_itself, limits.response_time)
    if since_maintenance and since_maintenance.image_success:
        judge(since_maintenance.image_success.by_itself, limits.image_success_recent)
    if homepage_timing:
        for statement in homepage_timing.statements():
            judge.that(**statement.terms)
        judge(homepage_timing.median, limits.homepage_time)
    if other_homepages:
        for one in other_homepages.statements:
            judge.that(**one.terms)
        for site in other_homepages.seen:
            judge(site.value.median, site.limits.homepage_time, subject=f"Homepage of {site.name}")


@pytest.mark.post_maintenance
@pytest.mark.item("post_maintenance.no-new-errors", runbook="high-error-rates")
def test_no_new_kind_of_error_since(errors_since_maintenance: NewErrors, judge: Judge) -> None:
    """Since the maintenance began, the logs show no kind of error that did not occur in the day before it.

    New errors that continue after the window are critical. Those only during it, and far more errors than in the
    hours before it, are a warning. UNKNOWN: too few lines.
    """
    new = errors_since_maintenance
    judge.that(not new.lasting, "New errors since the maintenance", expected="none", found=new.words(new.lasting))
    judge.that(
        not new.passing,
        "New errors during the maintenance",
        expected="none",
        found=new.words(new.passing),
        warn=True,
    )
    judge.that(
        not new.more,
        "Errors in an hour since the maintenance",
        expected="not far more than in the hours before it",
        found=new.more or "no more",
        warn=True,
    )


@pytest.mark.post_maintenance
@pytest.mark.item("post_maintenance.stakeholders-notified")
def test_completion_was_announced(
    maintenance_plan: MaintenancePlan, attestations: Attestations, judge: Judge
) -> None:
    """After the maintenance, somebody signed that stakeholders were informed of its completion."""
    if maintenance_plan and attestations:
        sign_off = attestations.of("post_maintenance.stakeholders-notified")
        judge.that(
            maintenance_plan.after(sign_off),
            "Sign-off that those concerned were told",
            expected=f"one after {maintenance_plan.last}",
            found=sign_off.found,
        )
        judge.sign_off(sign_off)


@pytest.mark.post_maintenance
@pytest.mark.item("post_maintenance.documentation")
def test_documentation_is_updated_after_maintenance(
    maintenance_plan: MaintenancePlan, attestations: Attestations, judge: Judge
) -> None:
    """After the maintenance, somebody signed that the documentation is up to date."""
    if maintenance_plan and attestations:
        sign_off = attestations.of("post_maintenance.documentation")
        judge.that(
            maintenance_plan.after(sign_off),
            "Sign-off of the documents",
            expected=f"one after {maintenance_plan.last}",
            found=sign_off.found,
        )
        judge.sign_off(sign_off)
