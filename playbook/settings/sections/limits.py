"""The limits that figures are judged by: one table, ``[limits]``."""

from __future__ import annotations

from playbook.core.limits import Limit
from playbook.core.secret import Section


class Limits(Section, frozen=True):
    """The limits, by the names that checks use."""

    # Weeks and months.
    cpu_week_change: Limit
    memory_days_left: Limit
    storage: Limit
    storage_days_left: Limit
    network_rise: Limit
    network_fall: Limit
    availability_change: Limit
    response_time_change: Limit
    error_rate_change: Limit
    image_success_change: Limit
    cache_hit_rate_change: Limit
    capacity_days_left: Limit
    spike_cpu: Limit
    spike_requests: Limit

    # Sets on demand.
    processing_time: Limit
    cache_evictions: Limit
    cache_expiry: Limit
    redis_key_size: Limit
    redis_memory: Limit
    redis_fragmentation: Limit
    redis_clients: Limit
    redis_slow_commands: Limit
    redis_slowest: Limit
    network_time: Limit
    server_time: Limit
    restarts: Limit
    memory_errors: Limit
    image_success_recent: Limit
    emergency_response: Limit
    emergency_errors: Limit

    # Load tests.
    load_homepage_p95: Limit
    load_homepage_p99: Limit
    load_health_p95: Limit
    load_health_p99: Limit
    load_images_p95: Limit
    load_images_p99: Limit
    load_errors: Limit
    load_throughput: Limit
    load_held: Limit
    load_generator: Limit

    # Daily, weekly and monthly sets, and drills.
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
