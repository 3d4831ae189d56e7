"""Queries for the metrics, and the limits of the figures."""

from __future__ import annotations

from playbook.core.limits import Limit
from playbook.settings.sections.load import LoadLimits
from playbook.settings.sections.trends import TrendQueries


class Queries(TrendQueries, frozen=True):
    """PromQL, each giving one number; for ``$window`` and other placeholders see ``playbook.core.promql``.

    Attributes:
        counted: expansion of ``$counted(…)``, with ``$series`` in it.
        scraped: percent of the application's scrapes that succeeded.
        newest_sample: Unix time of the portfolio's own newest sample, up to a day old.
        availability, error_rate, image_success: percent.
        response_time: seconds.
        ..._count: number of probes, requests or images behind the figure.
        ..._looks: number of the window's five-minute steps that have samples of it.
        response_time_buckets: requests that took no longer than each bound ``le``; empty where times are not
            counted
            in buckets.
        error_rate_unknown: requests without a status that shows whether they failed; empty where it is always
            known.
    """

    counted: str
    scraped: str
    newest_sample: str
    availability: str
    availability_count: str
    availability_looks: str
    response_time: str
    response_time_count: str
    response_time_looks: str
    response_time_buckets: str
    error_rate: str
    error_rate_count: str
    error_rate_looks: str
    error_rate_unknown: str
    image_success: str
    image_success_count: str
    image_success_looks: str


class Limits(LoadLimits, frozen=True):
    """The limits, by the names that checks use."""

    availability: Limit
    response_time: Limit
    error_rate: Limit
    image_success: Limit
    metrics_age: Limit
    cache_hit_rate: Limit
    homepage_time: Limit
    optimize_time: Limit
    image_saving: Limit
    redis_latency: Limit
    queue_length: Limit
    queue_waiting: Limit
    queue_oldest: Limit
    queue_failed: Limit
    database_backup_age: Limit
    database_connections: Limit
    database_end_of_life: Limit
    log_fatal: Limit
    log_errors: Limit
    log_server_errors: Limit
    log_throttled: Limit
    clock_skew: Limit
    cpu: Limit
    memory: Limit
    backup_age: Limit
    backup_size: Limit
    backup_files: Limit
    weekly_handoff_age: Limit
    post_mortem_age: Limit
    monthly_handoff_age: Limit
    runbook_review_age: Limit
    playbook_review_age: Limit
    backup_gaps: Limit
    recovery_time: Limit
    rollback_time: Limit
    recovery_point: Limit
    alert_delivery: Limit
    deployment_failures: Limit
    budget: Limit
    cost_growth: Limit
    github_owners: Limit
    ssh_keys: Limit
    dependency_alerts: Limit
    outdated_majors: Limit
    certificate_days: Limit
    hsts_days: Limit
    header_score: Limit
    refused_burst: Limit
    failed_logins: Limit
    failed_logins_all: Limit
