"""The three troubleshooting playbooks: their symptoms now, and each step of their investigations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.alerts.alerts import Alerts
    from playbook.measure.app.app import AppStatus
    from playbook.measure.app.autoscaling import Autoscaling
    from playbook.measure.app.components import AppComponents
    from playbook.measure.app.deployments import Releases
    from playbook.measure.app.known_storage import KnownStorage
    from playbook.measure.app.live_url import LiveUrlAnswer
    from playbook.measure.app.resources import MemoryGrowth, ResourceWeek
    from playbook.measure.app.restarts import ComponentRestarts, KnownRestarts
    from playbook.measure.app.scaling import ScalingReview
    from playbook.measure.app.utilization import Utilization
    from playbook.measure.figures.recent import Recent
    from playbook.measure.figures.recent_images import CountedLately
    from playbook.measure.figures.services_beside import ServicesBeside
    from playbook.measure.figures.troubleshooting import MemoryErrors, ReleaseEffect, TimeSplit
    from playbook.measure.logs.logs import LogReview
    from playbook.measure.redis.job_queues import JobQueues
    from playbook.measure.redis.redis import RedisPing, RedisStats
    from playbook.measure.web.health_endpoints import Health
    from playbook.measure.web.homepage import HomepageTiming
    from playbook.measure.web.sites import OtherHealth, OtherHomepages
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.performance


@pytest.mark.troubleshooting
@pytest.mark.high_response_times
@pytest.mark.item("troubleshooting.high-response-times.symptoms", runbook="high-response-times")
def test_responses_are_fast_now(
    response_time_now: Recent,
    homepage_timing: HomepageTiming,
    other_homepages: OtherHomepages,
    alerts: Alerts,
    limits: Limits,
    judge: Judge,
) -> None:
    """95 % of the last hour's requests, and homepages, take at most 2 s (critical over 5 s); no alert fires."""
    if response_time_now:
        judge(response_time_now.reading, limits.response_time)
    if homepage_timing:
        judge(homepage_timing.median, limits.homepage_time)
    if other_homepages:
        for site in other_homepages.seen:
            judge(site.value.median, site.limits.homepage_time, subject=f"Homepage of {site.name}")
    if alerts:
        judge.that(not alerts.firing, "Alerts", expected="none firing", found=alerts.words(alerts.firing))


@pytest.mark.troubleshooting
@pytest.mark.high_response_times
@pytest.mark.item("troubleshooting.high-response-times.response-time-split", runbook="high-response-times")
def test_no_part_of_a_response_takes_long(time_split: TimeSplit, limits: Limits, judge: Judge) -> None:
    """Of the homepage's time, the network takes at most 0.6 s; the application at most 1.4 s, as does the rest."""
    judge(time_split.in_the_server, limits.server_time)
    judge(time_split.on_the_way, limits.network_time)
    judge(time_split.after_the_first_byte, limits.server_time, subject="Rest of the homepage's answer")


@pytest.mark.troubleshooting
@pytest.mark.high_response_times
@pytest.mark.item("troubleshooting.high-response-times.resources", runbook="high-response-times")
def test_components_have_headroom(utilization_now: Utilization, limits: Limits, judge: Judge) -> None:
    """CPU and memory of every instance stayed below 80 % over the last hour (critical from 90 %)."""
    for use in utilization_now.by_cpu:
        judge(use.reading, limits.cpu, subject=f"CPU of {use.name}")
    for use in utilization_now.by_memory:
        judge(use.reading, limits.memory, subject=f"Memory of {use.name}")
    judge.that(True, "CPU and memory", expected="samples of every component", found=utilization_now.found)


@pytest.mark.troubleshooting
@pytest.mark.high_response_times
@pytest.mark.item("troubleshooting.high-response-times.redis", runbook="high-response-times")
def test_redis_is_fast_and_warm(
    redis_ping: RedisPing, redis_stats: RedisStats, limits: Limits, judge: Judge
) -> None:
    """Redis answers PING in time and is operational; at least 80 % of reads hit (critical under 70 %)."""
    answer = [redis_ping.answer] if redis_ping else []
    for one in (*answer, *(redis_stats.work if redis_stats else [])):
        judge.that(**one.terms)
    if redis_ping:
        judge(redis_ping.latency, limits.redis_latency)
    if redis_stats and redis_stats.is_cache:
        judge(redis_stats.hit_rate, limits.cache_hit_rate)


@pytest.mark.troubleshooting
@pytest.mark.high_response_times
@pytest.mark.item("troubleshooting.high-response-times.queue", runbook="high-response-times")
def test_images_do_not_queue_up(job_queues: JobQueues, limits: Limits, judge: Judge) -> None:
    """At most fifty images or jobs are queued (critical over a hundred), workers process them, and few failed."""
    for one in job_queues.statements:
        judge.that(**one.terms)
    for images in job_queues.images:
        judge(images, limits.queue_length)
    for row in job_queues.waiting:
        judge(row.reading, limits.queue_waiting, subject=row.subject)
    for row in job_queues.oldest:
        judge(row.reading, limits.queue_oldest, subject=row.subject)
    for row in job_queues.failed:
        judge(row.reading, limits.queue_failed, subject=row.subject)


@pytest.mark.troubleshooting
@pytest.mark.high_error_rates
@pytest.mark.item("troubleshooting.high-error-rates.symptoms", runbook="high-error-rates")
def test_requests_and_images_succeed_now(
    error_rate_now: Recent,
    log_review: LogReview,
    image_success_now: Recent | CountedLately,
    limits: Limits,
    judge: Judge,
) -> None:
    """At most 1 % of the last hour's requests fail, by metrics and by logs, and at most 5 % of its images."""
    if error_rate_now:
        judge(error_rate_now.reading, limits.error_rate)
    if log_review:
        judge(log_review.server_errors_lately, limits.log_server_errors, subject="HTTP 5xx lately")
    if image_success_now:
        judge(image_success_now.reading, limits.image_success_recent)


@pytest.mark.troubleshooting
@pytest.mark.high_error_rates
@pytest.mark.item("troubleshooting.high-error-rates.error-patterns", runbook="high-error-rates")
def test_no_pattern_of_errors(log_review: LogReview, limits: Limits, judge: Judge) -> None:
    """The logs of 24 hours show no crash, no kind of error, few 5xx and 429, and no hour with far more than usual.

    Errors count however little of the day was read; their absence counts only with enough hours of lines.
    """
    judge(log_review.fatal, limits.log_fatal)
    judge(log_review.errors, limits.log_errors)
    judge(log_review.server_errors, limits.log_server_errors)
    judge(log_review.throttled, limits.log_throttled)
    judge.that(
        not log_review.unusual,
        "HTTP errors by hour",
        expected=log_review.usual,
        found=log_review.unusual or "no more than that",
        warn=True,
        coverage=log_review.requests_coverage,
    )


@pytest.mark.troubleshooting
@pytest.mark.high_error_rates
@pytest.mark.item("troubleshooting.high-error-rates.service-status", runbook="high-error-rates")
def test_services_are_up(
    app: AppStatus,
    live_url_answer: LiveUrlAnswer,
    app_components: AppComponents,
    known_restarts: KnownRestarts,
    api_health: Health,
    other_health: OtherHealth,
    limits: Limits,
    judge: Judge,
) -> None:
    """The app is ACTIVE and its live URL returns a page; every component is healthy with all its replicas and was
    not restarted, and the API reports itself healthy.

    A domain that is not ACTIVE, and a dependency that is listed no more, is a warning.
    """
    if app:
        judge.that(**app.serving.terms)
        judge.that(**app.domains_served.terms)
    if app_components:
        for one in app_components.worst_first:
            judge.that(one.well, one.name, expected=one.expected, found=one.found, coverage=one.coverage)
    if known_restarts:
        for restarted in known_restarts.most_first:
            judge(restarted.reading, limits.restarts, subject=f"Restarts of {restarted.name}")
    if app_components:
        for functions in app_components.functions:
            judge.that(**functions.statement.terms)
    if api_health:
        judge.that(not api_health.is_unhealthy, "API health", expected="all healthy", found=api_health.summary)
    if live_url_answer:
        judge.that(**live_url_answer.statement.terms)
    if api_health:
        judge.that(
            not api_health.is_degraded, "API health", expected="all healthy", found=api_health.summary, warn=True
        )
        judge.that(**api_health.listing("Dependencies of the API").terms)
    if other_health:
        for statement in other_health.statements:
            judge.that(**statement.terms)


@pytest.mark.troubleshooting
@pytest.mark.high_error_rates
@pytest.mark.item("troubleshooting.high-error-rates.dependencies", runbook="high-error-rates")
def test_dependencies_answer(
    homepage_timing: HomepageTiming,
    other_homepages: OtherHomepages,
    image_health: Health,
    services_beside: ServicesBeside,
    limits: Limits,
    judge: Judge,
) -> None:
    """Homepages answer 200 each time, the image service is healthy, a photograph is optimised in time, and Redis,
    its queues and the managed databases work, Redis in time.

    What cannot be measured hides nothing of the others.
    """
    if services_beside:
        judge.that(True, "Dependencies", expected="all to work", found=services_beside.found)
    if homepage_timing:
        judge.that(
            not homepage_timing.bad, "Homepage", expected="HTTP 200 each time", found=homepage_timing.summary
        )
    if image_health:
        judge.that(not image_health.is_unhealthy, "Image service", expected="healthy", found=image_health.summary)
    if services_beside:
        for one in services_beside.statements:
            judge.that(**one.terms)
    if services_beside and services_beside.latency:
        judge(services_beside.latency, limits.redis_latency)
    if services_beside and services_beside.optimising:
        judge(services_beside.optimising, limits.optimize_time)
    if other_homepages:
        for site in other_homepages.statements:
            judge.that(**site.terms)
    if image_health:
        judge.that(
            not image_health.is_degraded,
            "Image service",
            expected="healthy",
            found=image_health.summary,
            warn=True,
        )
        judge.that(**image_health.listing("Dependencies of the image service").terms)


@pytest.mark.troubleshooting
@pytest.mark.high_error_rates
@pytest.mark.item("troubleshooting.high-error-rates.recent-release", runbook="high-error-rates")
def test_the_last_release_broke_nothing(
    deployments: Releases, release_effect: ReleaseEffect, judge: Judge
) -> None:
    """The newest deployment did not fail or get stuck, and the error rate did not rise with the last release.

    A release is a suspect for six hours: the error rate since then is compared with an equally long time before.
    """
    if deployments:
        for statement in deployments.statements:
            judge.that(**statement.terms)
    if release_effect:
        judge.that(
            not release_effect.suspect,
            "Last release",
            expected="none with which requests began to fail",
            found=release_effect.found,
        )


@pytest.mark.troubleshooting
@pytest.mark.resource_exhaustion
@pytest.mark.item("troubleshooting.resource-exhaustion.symptoms", runbook="resource-exhaustion")
def test_no_resource_is_exhausted(
    utilization_now: Utilization,
    memory_errors: MemoryErrors,
    homepage_timing: HomepageTiming,
    limits: Limits,
    judge: Judge,
) -> None:
    """No component uses over 80 % of CPU or memory, no log reports memory exhaustion, the homepage is not slow."""
    if memory_errors:
        judge(memory_errors.count, limits.memory_errors)
    if utilization_now:
        for use in utilization_now.by_cpu:
            judge(use.reading, limits.cpu, subject=f"CPU of {use.name}")
        for use in utilization_now.by_memory:
            judge(use.reading, limits.memory, subject=f"Memory of {use.name}")
        judge.that(True, "CPU and memory", expected="samples of every component", found=utilization_now.found)
    if homepage_timing:
        judge(homepage_timing.median, limits.homepage_time)


@pytest.mark.troubleshooting
@pytest.mark.resource_exhaustion
@pytest.mark.item("troubleshooting.resource-exhaustion.trends", runbook="resource-exhaustion")
def test_cpu_use_does_not_rise(
    cpu_week: ResourceWeek, known_storage: KnownStorage, limits: Limits, judge: Judge
) -> None:
    """CPU is below 80 % in 95 % of a week's hours, and its mean is at most 15 points above the week before.

    File systems and Redis' memory that are over 80 % full, or full within 30 days, count as far as they are known.
    UNKNOWN: samples cover less than 90 % of the week, or 80 % of the week before.
    """
    if cpu_week:
        for use in cpu_week.highest:
            judge(use.reading, limits.cpu, subject=f"CPU of {use.name}")
        for use in cpu_week.changes:
            judge(use.reading, limits.cpu_week_change, subject=f"CPU of {use.name} against the week before")
    if known_storage:
        for area in known_storage.fullest:
            judge(area.reading, limits.storage, subject=area.name)
        for area in known_storage.filling:
            judge(area.reading, limits.storage_days_left, subject=f"{area.name}, time until full")
    if cpu_week:
        judge.that(True, "CPU of the week", expected="samples of every component", found=cpu_week.found)


@pytest.mark.troubleshooting
@pytest.mark.resource_exhaustion
@pytest.mark.item("troubleshooting.resource-exhaustion.heavy-component", runbook="resource-exhaustion")
def test_no_component_is_restarted(
    component_restarts: ComponentRestarts, utilization_now: Utilization, limits: Limits, judge: Judge
) -> None:
    """No component was restarted in the last day (critical over five times); each instance's use is listed."""
    if component_restarts:
        for one in component_restarts.most_first:
            judge(one.reading, limits.restarts, subject=f"Restarts of {one.name}")
        judge.that(True, "Restarts", expected="counts of every component", found=component_restarts.found)


@pytest.mark.troubleshooting
@pytest.mark.resource_exhaustion
@pytest.mark.item("troubleshooting.resource-exhaustion.memory-leak", runbook="resource-exhaustion")
def test_memory_does_not_leak(memory_growth: MemoryGrowth, limits: Limits, judge: Judge) -> None:
    """No component's memory grows so steadily that it is full within 30 days (critical within 7)."""
    for use in memory_growth.filling:
        judge(use.reading, limits.memory_days_left, subject=f"Memory of {use.name}, time until full")
    judge.that(True, "Growth into the limit", expected="none", found=memory_growth.summary)


@pytest.mark.troubleshooting
@pytest.mark.resource_exhaustion
@pytest.mark.item("troubleshooting.resource-exhaustion.allocation", runbook="resource-exhaustion")
def test_allocation_is_sufficient(
    app_components: AppComponents,
    scaling: ScalingReview,
    autoscaling: Autoscaling,
    limits: Limits,
    judge: Judge,
) -> None:
    """All desired replicas are ready, and over a week no component is short of CPU or memory (95th percentile).

    A component that autoscaling could not change in the last day is a warning.
    """
    if app_components:
        for one in app_components.worst_first:
            judge.that(one.well, one.name, expected=one.expected, found=one.found, coverage=one.coverage)
    if scaling:
        for fit in scaling.by_cpu:
            judge(fit.cpu, limits.cpu, subject=f"CPU of {fit.name}")
        for fit in scaling.by_memory:
            judge(fit.memory, limits.memory, subject=f"Memory of {fit.name}")
        judge.that(True, "Use of the week", expected="samples of every component", found=scaling.found)
    if autoscaling:
        for scaled in autoscaling.statements:
            judge.that(**scaled.terms)
