"""Times in health reports beside a good status: lags, latencies and ages of checks, in their programs' words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from playbook.measure.web.health_values import made_at
from tests.foreign.test_health import CRITICAL, OK, UNKNOWN, WARNING, verdict


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # MySQL's SHOW REPLICA STATUS, pg_last_xact_replay_timestamp(), and their usual names in reports
        ('{"status":"ok","replica":{"Seconds_Behind_Master":86400}}', WARNING),
        ('{"status":"ok","db":{"replication_lag_seconds":7200.4,"role":"replica"}}', WARNING),
        ('{"status":"ok","replicationLagMs":5400000}', WARNING),
        ('{"status":"ok","replication":{"delay_minutes":95}}', WARNING),
        ('{"status":"ok","replica":{"Seconds_Behind_Master":0}}', OK),
        ('{"status":"ok","db":{"replication_lag_seconds":3.2}}', OK),
        # A dependency that answers after 45 s, in the usual fields and in those of the IETF's draft
        ('{"status":"ok","redis":{"latency_ms":45000}}', WARNING),
        ('{"status":"ok","db":{"ok":true,"latency":"31250ms"}}', WARNING),
        ('{"status":"ok","db":{"ok":true,"responseTime":"12.5 s"}}', WARNING),
        (
            '{"status":"pass","checks":{"redis:responseTime":[{"observedValue":45000,"observedUnit":"ms",'
            '"status":"pass"}]}}',
            WARNING,
        ),
        ('{"status":"ok","redis":{"latency_ms":4}}', OK),
        ('{"status":"ok","db":{"ok":true,"latency":"31ms"}}', OK),
        # An event loop that is blocked
        ('{"status":"ok","eventLoopLagMs":4000}', WARNING),
        ('{"status":"ok","event_loop":{"delay_ms":21.4}}', OK),
        # No time of an answer, or none with a unit: limits, settings, Go's nanoseconds, Kafka's messages
        ('{"status":"ok","db":{"ok":true,"latency_threshold_ms":30000}}', OK),
        ('{"status":"ok","retry":{"delaySeconds":900}}', OK),
        ('{"status":"ok","db":{"ok":true,"latency":48211902}}', OK),
        ('{"status":"ok","kafka":{"consumerLag":900000}}', OK),
        ('{"status":"ok","uptime_seconds":8640000,"cache":{"ttl_seconds":86400}}', OK),
        ('{"status":"ok","limits":{"latency_ms":30000}}', OK),
        ('{"status":"ok","redis":{"latency_ms_sum":91822110,"latency_ms_count":48211}}', OK),
        ('{"status":"ok","delayed_replica":{"lag_seconds":3600}}', OK),  # which is to be behind
    ],
)
def test_time_that_is_too_long_is_a_warning(body: str, expected: str) -> None:
    assert verdict(body.encode()) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # As Node's errors and mysql2's are serialised
        (
            '{"status":"ok","db":{"errno":-111,"code":"ECONNREFUSED","syscall":"connect","address":"10.0.0.5"}}',
            UNKNOWN,
        ),
        ('{"status":"ok","db":{"code":"ETIMEDOUT"}}', UNKNOWN),
        ('{"status":"ok","db":{"errno":1045,"sqlState":"28000"}}', UNKNOWN),
        ('{"status":"ok","db":{"errno":0}}', OK),
        # kubectl's READY, Docker's REPLICAS
        ('{"status":"ok","replicas":"1/3"}', UNKNOWN),
        ('{"status":"ok","cluster":{"nodes":"2 of 3"}}', UNKNOWN),
        ('{"status":"ok","replicas":"3/3"}', OK),
        ('{"status":"ok","workers":"1/4"}', OK),  # one of four is busy
        ('{"status":"ok","cert":{"daysLeft":0}}', UNKNOWN),
        ('{"status":"ok","cert":{"daysLeft":61}}', OK),
        # A failure that is over by its own words
        ('{"status":"ok","lastFailure":"2026-11-01T00:00:00Z","consecutiveFailures":0}', OK),
        ('{"status":"ok","lastFailure":"2026-11-01T00:00:00Z","consecutiveFailures":3}', CRITICAL),
        ('{"status":"ok","lastFailure":"2026-11-01T00:00:00Z"}', UNKNOWN),
        # by its time and that of a success
        ('{"status":"ok","s3":{"lastFailure":"2026-11-01T00:00:00Z","lastSuccess":"2026-11-21T00:00:00Z"}}', OK),
        ('{"status":"ok","lastError":"EIO","lastErrorAt":1793577600,"lastSuccessAt":1793577660}', OK),
        ('{"status":"ok","lastError":"EIO","lastErrorAt":1793577600,"lastSuccessAt":1793577540}', UNKNOWN),
        ('{"status":"ok","lastFailure":"2026-11-21T00:00:00Z","lastSuccess":"2026-11-01T00:00:00Z"}', UNKNOWN),
        ('{"status":"ok","lastError":"EIO","lastSuccessAt":1793577660}', UNKNOWN),
        # Jobs by their state, as Oban and River count them
        ('{"status":"ok","oban":{"available":0,"executing":0,"retryable":1,"discarded":2}}', OK),
        ('{"status":"ok","oban":{"queues":{"default":{"paused":false,"running":0,"limit":10}}}}', OK),
        ('{"status":"ok","redis":{"available":0}}', CRITICAL),
        ('{"status":"ok","worker":{"running":0,"limit":10}}', CRITICAL),
    ],
)
def test_number_or_code_beside_a_good_status_counts(body: str, expected: str) -> None:
    assert verdict(body.encode()) == expected


@pytest.mark.parametrize(
    "body",
    [
        '{"status":"ok","cachedAt":"2026-11-01T00:00:00Z"}',
        '{"status":"ok","as_of":"2026-11-01T00:00:00Z"}',
        '{"status":"ok","report_time":"2026-11-01T00:00:00+00:00"}',
        '{"status":"ok","db":{"status":"ok","measured_at":"2026-11-01T00:00:00Z"}}',
        '{"status":"ok","worker":{"lastSeen":1793491200000}}',
        '{"status":"ok","worker":{"last_heartbeat_at":"2026-11-01T00:00:00Z"}}',
        '{"status":"ok","processes":[{"hostname":"a","busy":2,"beat":1793491200.0}]}',  # Sidekiq
        '{"status":"ok","checks":[{"name":"db","status":"ok","checkTime":"2026-11-01T00:00:00Z"}]}',
    ],
)
def test_age_of_a_check_is_known_by_its_name(body: str) -> None:
    """So that an answer of an hour ago is not one of now."""
    assert made_at(body.encode()) == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        '{"status":"ok","deployedAt":"2026-01-01T00:00:00Z","startedAt":"2026-01-01T00:00:00Z"}',
        '{"status":"ok","cache":{"cachedAt":"2026-01-01T00:00:00Z"}}',  # of an entry in it
        '{"status":"ok","cron":{"lastRunAt":"2026-01-01T00:00:00Z"}}',
    ],
)
def test_other_times_are_no_ages_of_a_check(body: str) -> None:
    assert made_at(body.encode()) is None
