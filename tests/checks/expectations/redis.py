"""What the faults of cache and queue make the checks say."""

from __future__ import annotations

from tests.checks.expectations.logs import ERROR_ON_THE_SIDE
from tests.checks.expectations.web import API_HEALTH, OPTIMISED, no_clock

HIT_RATE = r"Cache hit rate: expected at least 80 %%, got %s(?:\.\d+)? %% over 24 h \([\d,]+ reads\)"

NO_READING = r"Cache hit rate: expected a reading of its counters from 1 to 50 h before, got %s"


def no_redis(found: str) -> dict[str, tuple[str, str]]:
    """Redis cannot be asked, neither by us nor by the application."""
    return {
        "daily.redis.alive": ("UNKNOWN", found % "PING"),
        "daily.kpi.cache-hit-rate": ("UNKNOWN", found % "INFO"),
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; redis unhealthy \(\w+\)"),
        **no_clock("Redis"),
    }


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "redis-gone": no_redis(r"Redis: expected an answer to %s from 127\.0\.0\.1:\d+, got connection refused"),
    "redis-password-changed": no_redis(
        r"Redis: expected 127\.0\.0\.1:\d+ to accept our credentials for %s,"
        r" got WRONGPASS invalid username-password pair or user is disabled"
    ),
    "redis-cold-cache": {
        "daily.kpi.cache-hit-rate": ("CRITICAL", HIT_RATE % r"(59|60)" + r" \(critical < 70 %\)"),
    },
    "redis-lukewarm-cache": {"daily.kpi.cache-hit-rate": ("WARNING", HIT_RATE % r"(74|75)")},
    "redis-unread-cache": {
        "daily.kpi.cache-hit-rate": (
            "UNKNOWN",
            NO_READING % r"none, as counting began \d+ min ago",
        ),
    },
    "redis-misses-today": {
        "daily.kpi.cache-hit-rate": ("CRITICAL", HIT_RATE % "0" + r" \(critical < 70 %\)"),
    },
    "redis-first-run": {"daily.kpi.cache-hit-rate": ("UNKNOWN", NO_READING % "none")},
    "redis-memory-full": {
        "daily.redis.alive": (
            "CRITICAL",
            r"Memory of Redis: expected room for writes, got full memory \([\d.]+ MiB of [\d.]+ MiB\) under "
            r"noeviction: writes are refused",
        ),
    },
    "redis-replica-cut": {
        "daily.redis.alive": (
            "CRITICAL",
            r"Replication of Redis: expected a link to the primary, got none( for \d+ (s|min))?: "
            r"its role is slave and its link is down",
        ),
    },
    "redis-unsaved": {
        "daily.redis.alive": (
            "CRITICAL",
            r"Redis: expected PONG in answer to PING, got MISCONF Valkey is configured to save RDB "
            r"snapshots, but it's "
            r"currently unable to persist to disk\. .+",
        ),
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; redis unhealthy \(\w+\)"),
    },
    "redis-slow": {
        "daily.redis.alive": (
            "WARNING",
            r"Redis latency: expected at most 200 ms, got [4-9]\d\d\.\d+ ms over \d PINGs \(slowest \S+ ms\)",
        ),
    },
    "queue-backlog": {
        "daily.redis.alive": (
            "CRITICAL",
            r"Image queue length: expected at most 50 images, got \d+ images \(critical > 100 images\)",
        ),
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; image-worker unhealthy \(\S+ ms\)"),
        "daily.probe.optimize": (
            "CRITICAL",
            OPTIMISED % r'HTTP 503: \{"error":"too many images are waiting, try again later"\}',
        ),
        **ERROR_ON_THE_SIDE,
    },
}
