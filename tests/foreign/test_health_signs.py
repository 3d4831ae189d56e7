"""Signs of life, validities, pauses and protections in health reports whose status is good."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.foreign.test_health import CRITICAL, OK, UNKNOWN, WARNING, verdict

NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)

# https://www.mongodb.com/docs/manual/reference/command/replSetGetStatus/
MEMBER = """{"_id":0,"name":"m%d:27017","health":%d,"state":%d,"stateStr":"%s","uptime":7614,
"syncSourceHost":"","infoMessage":"","lastHeartbeatMessage":"%s"}"""
REPLICA_SET = '{"set":"rs0","myState":%d,"term":4,"heartbeatIntervalMillis":2000,"members":[%s],"ok":1}'
PRIMARY, SECONDARY = MEMBER % (1, 1, 1, "PRIMARY", ""), MEMBER % (2, 1, 2, "SECONDARY", "")
SPRING_SSL = """{"status":"UP","components":{"ssl":{"status":"UP","details":{"validChains":[{"alias":"shop",
"certificates":[{"subject":"CN=localhost","version":"V3","validityStarts":"2024-01-01T00:00:00Z",
"validityEnds":"%s"}]}],"invalidChains":[]}}}}"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (REPLICA_SET % (1, f"{PRIMARY},{SECONDARY}"), OK),
        (f'{{"status":"ok","members":[{PRIMARY},{SECONDARY}]}}', OK),
        (REPLICA_SET % (2, MEMBER % (3, 1, 7, "ARBITER", "")), OK),
        (REPLICA_SET % (1, MEMBER % (2, 0, 8, "(not reachable/healthy)", "Connection refused")), CRITICAL),
        (REPLICA_SET % (1, MEMBER % (2, 1, 3, "RECOVERING", "")), WARNING),
        (REPLICA_SET % (1, MEMBER % (2, 1, 9, "ROLLBACK", "")), UNKNOWN),
        (REPLICA_SET % (3, PRIMARY), UNKNOWN),
        (f'{{"status":"ok","members":[{MEMBER % (2, 0, 2, "SECONDARY", "")}]}}', UNKNOWN),
        ('{"status":"ok","checks":[{"name":"db","health":1,"status":"ok"}]}', OK),
        ('{"status":"ok","checks":[{"name":"db","health":0,"status":"ok"}]}', UNKNOWN),
        ('{"status":"ok","db":{"health":1}}', UNKNOWN),
    ],
)
def test_number_of_a_status_beside_its_words_is_read_with_them(body: str, expected: str) -> None:
    assert verdict(body.encode()) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Last heartbeat 5400 seconds ago", WARNING),
        ("Last heartbeat 2 hours ago", WARNING),
        ("last heartbeat received 1h30m0s ago", WARNING),
        ("Last check-in: about 2 hours ago", WARNING),
        ("last seen 3 days ago", WARNING),
        ("Last heartbeat 12 seconds ago", OK),
        ("last seen: a minute ago", OK),
        ("last known heartbeat: 3 hours ago", WARNING),
        ("Last update check 5 hours ago", OK),
        ("Last run 3 days ago", OK),  # a job may be weekly
        ("5/5 busy, 12 waiting", UNKNOWN),
        ("5/5 threads busy, 12 requests waiting", UNKNOWN),
        ("5/5 busy, 12 jobs waiting", OK),
        ("4/5 busy, 0 waiting", OK),
        ("paused", UNKNOWN),
        ("Paused since 02:00", UNKNOWN),
        ("scheduler paused", UNKNOWN),
        ("not paused", OK),
        ("0 paused", OK),
    ],
)
def test_message_about_workers_beside_a_good_status_counts(message: str, expected: str) -> None:
    body = f'{{"status":"ok","checks":[{{"name":"workers","status":"ok","message":"{message}"}}]}}'
    assert verdict(body.encode(), NOW) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('"worker":{"secondsSinceHeartbeat":5400}', WARNING),
        ('"worker":{"heartbeat_age_seconds":5400}', WARNING),
        ('"scheduler":{"last_heartbeat_age":"2h15m"}', WARNING),
        ('"worker":{"last_heartbeat":"5400 seconds ago"}', WARNING),
        ('"agent":{"status":"ok","last_check_in":"26 hours ago"}', WARNING),
        ('"worker":{"status":"ok","lastCheckin":"2 days ago"}', WARNING),
        ('"agent":{"status":"ok","last_check_in":"26 seconds ago"}', OK),
        ('"license":{"status":"ok","last_check_in":"26 hours ago"}', OK),
        ('"worker":{"heartbeat_age_seconds":5}', OK),
        ('"worker":{"last_heartbeat":"30 seconds ago","heartbeat_interval_seconds":7200}', OK),
        ('"worker":"last seen 5 seconds ago"', OK),
        ('"worker":"last seen 3 days ago, with errors"', UNKNOWN),
        ('"users":{"last_seen":"3 days ago"}', OK),
        ('"scheduler":{"last_tick_duration_seconds":4000}', OK),
        (
            '"builds":{"message":"Halted builds: 0"},"downloads":{"info":"paused downloads resume by themselves"}',
            OK,
        ),
        ('"workers":"5/5 busy, 12 waiting"', UNKNOWN),
        ('"sidekiq":{"workers":"5/5 busy, 12 waiting"}', OK),
        ('"certificate":{"validFrom":"2025-01-01T00:00:00Z","validTo":"2026-01-01T00:00:00Z"}', WARNING),
        ('"certificate":{"notAfter":"Nov 30 07:00:00 2025 GMT"}', WARNING),
        ('"ssl":{"valid_to":"Nov 30 07:00:00 2025 GMT"}', WARNING),
        ('"license":{"expires_at":1767225600}', WARNING),
        ('"domain":{"expiry_date":"2026-01-01"}', WARNING),
        ('"token":{"expires":"2026-01-01T00:00:00Z"}', UNKNOWN),  # perhaps renewed when it is needed
        ('"certificate":{"expired_since":"2026-01-01"}', WARNING),
        ('"certificate":{"expiresIn":-86400}', UNKNOWN),
        ('"ssl":{"message":"expires in -3 days"}', UNKNOWN),
        ('"ssl":{"message":"Expired on 2026-01-01"}', UNKNOWN),
        ('"ssl":{"message":"Expires in 63 days"},"token":{"expiresIn":-1}', OK),
        ('"certificate":{"validTo":"2027-01-01T00:00:00Z"}', OK),
        ('"license":{"expiresAt":"2026-11-30"}', OK),
        ('"license":{"expires_at":null}', OK),
        ('"license":{"expires":"never"}', OK),
        ('"token":{"expires_in":3600}', OK),
        ('"cache":{"expires":"2020-01-01"},"session":{"expires_at":"2020-01-01T00:00:00Z"}', OK),
        # What is looked at once a day, or is heard of when somebody comes; a worker beside it is not.
        ('"license":{"status":"active","message":"last checked 10 hours ago"}', OK),
        ('"certificate":{"status":"valid","message":"Valid for 63 days, last checked 5 hours ago"}', OK),
        ('"updates":{"status":"up to date","message":"Last check 1 day ago"}', OK),
        ('"cron":{"daily":{"status":"ok","last_ping":"11 hours ago"}}', OK),
        ('"backup_worker":{"last_heartbeat":"11 hours ago"}', WARNING),
        ('"backups":{"status":"ok","message":"last worker heartbeat 11 hours ago"}', WARNING),
        ('"database":{"status":"ok","message":"last checked 10 hours ago"}', WARNING),
        ('"sync":{"message":"Last successful check 20 hours ago, next in 4 hours"}', OK),
        ('"sync":{"last_ping":"5 hours ago"}', WARNING),
        ('"database":{"ssl":true,"message":"TLS connection, last ping 26 hours ago"}', WARNING),
        ('"contact_form":{"status":"ok","last_message":"3 days ago"}', OK),
        ('"contact":{"lastMessageSecondsAgo":86400}', OK),
        ('"leader":{"last_contact_seconds":86400}', WARNING),
        ('"heartbeat":{"interval":30,"sinceStartSeconds":900000}', OK),
        # Validities of what ends by itself, or has been replaced.
        ('"license":{"valid":true,"trial_expires_at":"2024-05-01","expires_at":"2028-05-01"}', OK),
        ('"oauth":{"access_token_expires_at":1700000000,"refresh_token_expires_at":1900000000}', OK),
        ('"oauth":{"access_token_expires_at":1700000000,"refresh_token_expires_at":1700000000}', UNKNOWN),
        ('"license":{"valid":true,"supportExpires":"2024-05-01"}', OK),
        ('"license":{"perpetual":true,"maintenance_expires_at":"2024-05-01"}', OK),
        ('"certificate":{"notAfter":"2028-01-30T11:00:00Z","previous":{"notAfter":"2024-11-01T00:00:00Z"}}', OK),
        ('"session":{"validTill":"2024-11-01T11:00:00Z"},"cache":{"validUntil":"2024-11-01T11:00:00Z"}', OK),
        ('"cache":{"certificate_expires_at":"2024-11-01T11:00:00Z"}', WARNING),
        ('"token":{"validUntil":"2024-11-01T11:00:00Z"}', UNKNOWN),
        # Each thread at work, while nobody waits.
        ('"puma":"5/5 threads busy, 0 waiting","db":"5/5 threads busy"', OK),
        ('"threadPool":"5/5 threads busy, 0 queued"', OK),
        ('"puma":"5/5 threads busy, 7 waiting"', UNKNOWN),
        ('"db":"5/5 connections busy"', WARNING),
        # Units beside the names of amounts, which are no checks with what they were made with.
        ('"memory(MB)":"120","cpu(%)":"3","uptime(s)":"86400","load(1m)":"0.42"', OK),
        # INFO replication of every primary.
        ('"redis":{"role":"master","connected_slaves":"0","master_failover_state":"no-failover"}', OK),
        ('"rate_limiter":"disabled"', UNKNOWN),
        ('"rateLimiting":{"status":"disabled"}', UNKNOWN),
        ('"firewall":{"status":"ok","mode":"off"}', UNKNOWN),
        ('"profiler":"disabled"', OK),
        ('"rate_limiter":"redis"', OK),
    ],
)
def test_what_is_old_over_or_off_beside_a_good_status_counts(more: str, expected: str) -> None:
    assert verdict(f'{{"status":"ok",{more}}}'.encode(), NOW) == expected


@pytest.mark.parametrize(("until", "expected"), [("2025-01-01T00:00:00Z", WARNING), ("2028-01-01T00:00:00Z", OK)])
def test_certificate_of_spring_that_is_over_is_a_warning(until: str, expected: str) -> None:
    assert verdict((SPRING_SSL % until).encode(), NOW) == expected
