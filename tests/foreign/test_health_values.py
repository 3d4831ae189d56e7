"""Values of health reports that a status of "ok" hides, and ordinary ones beside it, with the verdict for each."""

from __future__ import annotations

import pytest

from tests.foreign.test_health import CRITICAL, OK, UNKNOWN, WARNING, verdict

# node-redis, TypeORM, opossum and the like: the state of a connection as a boolean.
BOOLEANS = {
    '{"status":"ok","db":{"isOpen":false}}': CRITICAL,
    '{"status":"ok","redis":{"isOpen":true,"isReady":true}}': OK,
    '{"status":"ok","database":{"isInitialized":false}}': CRITICAL,
    '{"status":"ok","db":{"canConnect":false}}': CRITICAL,
    '{"status":"ok","redis":{"responding":false}}': CRITICAL,
    '{"status":"ok","redis":{"ping":false}}': CRITICAL,
    '{"status":"ok","storage":{"writable":false}}': CRITICAL,
    '{"status":"ok","storage":{"writable":true,"readOnly":false,"path":"/srv"}}': OK,
    '{"status":"ok","sharp":{"loaded":false}}': CRITICAL,
    '{"status":"ok","uploadsWritable":false}': CRITICAL,
    '{"status":"ok","redis":{"connected":true,"cluster":false,"tls":false}}': OK,
    '{"status":"ok","db":{"connected":true,"verifiedAt":"2026-11-28","pendingMigrations":false}}': OK,
    '{"status":"ok","circuitBreaker":{"isOpen":true}}': CRITICAL,
    '{"status":"ok","circuitBreaker":{"isOpen":false}}': OK,
    '{"status":"ok","redisCircuitOpen":true}': CRITICAL,
    '{"status":"ok","redisCircuitOpen":false}': OK,
    '{"status":"ok","breakers":{"redis":{"opened":true,"closed":false}}}': CRITICAL,
    '{"status":"ok","breakers":{"redis":{"opened":false,"closed":true}}}': OK,
    '{"status":"ok","circuits":{"redis":{"open":false,"halfOpen":true}}}': WARNING,
    '{"status":"ok","redis":{"open":true,"halfOpen":false,"closed":false}}': CRITICAL,
    '{"status":"ok","redis":{"open":false,"halfOpen":false,"closed":true}}': OK,
}


@pytest.mark.parametrize(("body", "expected"), BOOLEANS.items())
def test_boolean_beside_good_status_counts(body: str, expected: str) -> None:
    """Where it says whether a thing works; switches, and breakers that are closed, say nothing bad."""
    assert verdict(body.encode()) == expected


NUMBERS = {
    '{"status":"ok","db":0}': UNKNOWN,
    '{"status":"ok","db":1}': OK,
    '{"redis":-1,"status":"up"}': UNKNOWN,
    '{"status":"ok","redis":12,"queue":0}': OK,
    '{"status":"ok","workers":0}': UNKNOWN,
    '{"status":"ok","workers":[]}': UNKNOWN,
    '{"status":"ok","celery":[]}': UNKNOWN,
    '{"status":"ok","queue":[]}': OK,
    '{"status":"ok","errorCount":5}': UNKNOWN,
    '{"status":"ok","errorCount":0,"db":{"failureCount":0}}': OK,
    '{"status":"ok","missing":["redis"]}': CRITICAL,
    '{"status":"ok","missingEnv":["SMTP_URL"]}': CRITICAL,
    '{"status":"ok","missing":[]}': OK,
    '{"status":"UP","components":{"redis":{"status":"UP","details":{"slots_up":16000,"slots_fail":384}}}}': CRITICAL,
    '{"status":"UP","components":{"redis":{"status":"UP","details":{"slots_up":16384,"slots_fail":0}}}}': OK,
    # Limits are no measurements. Consul: /v1/health/service/NAME
    '{"status":"ok","thresholds":{"warning":80,"critical":90},"disk":"ok"}': OK,
    '{"status":"ok","limits":{"failed":5,"timeout":30}}': OK,
    """[{"Node":{"ID":"a","Node":"foobar","Address":"10.1.10.12"},"Service":{"ID":"redis","Service":"redis",
    "Tags":["primary"],"Port":8000,"Weights":{"Passing":10,"Warning":1}},"Checks":[{"Node":"foobar",
    "CheckID":"service:redis","Name":"x","Status":"passing","Notes":"","Output":""}]}]""": OK,
}


@pytest.mark.parametrize(("body", "expected"), NUMBERS.items())
def test_number_beside_good_status_counts(body: str, expected: str) -> None:
    """Where it may mean that something is missing or has failed; limits and empty queues are ordinary."""
    assert verdict(body.encode()) == expected
