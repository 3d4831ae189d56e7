"""What the checks say under the faults of cache, queues and keys."""

from __future__ import annotations

from tests.checks.expectations.phrases import (
    API_HEALTH,
    API_UNHEALTHY,
    ERROR_ON_THE_SIDE,
    FAILING,
    OPTIMISED,
    SLOW,
    STORAGE,
    emergency,
    no_clock,
)

NO_REDIS = r"Redis: expected an answer to %s from 127\.0\.0\.1:\d+, got connection refused"
COLD = (
    r"Cache hit rate: expected at least 80 %, got (59|60)(\.\d+)? % over 24 h \([\d,]+ reads\)"
    r" \(critical < 70 %\)"
)
HIT_RATE = r"Cache hit rate: expected at least 80 %%, got %s(?:\.\d+)? %% over 24 h \([\d,]+ reads\)"
NO_READING = r"Cache hit rate: expected a reading of its counters from 1 to 50 h before, got %s"


QUEUE_ITEMS = ("daily.redis.alive", f"{SLOW}.queue", f"{FAILING}.dependencies")


def no_redis(found: str) -> dict[str, tuple[str, str]]:
    """Redis cannot be asked, neither by us nor by the application."""
    return {
        "daily.redis.alive": ("UNKNOWN", found % "PING"),
        "daily.kpi.cache-hit-rate": ("UNKNOWN", found % "INFO"),
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; redis unhealthy \(\w+\)"),
        **no_clock("Redis"),
    }


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "redis-gone": {
        f"{FAILING}.dependencies": (
            "UNKNOWN",
            "Dependencies: expected Redis and the queues, got nothing from Redis: connection refused; "
            "partial result: the managed databases, the optimise endpoint",
        ),
        f"{FAILING}.service-status": ("CRITICAL", API_UNHEALTHY % "redis"),
        f"{SLOW}.queue": ("UNKNOWN", NO_REDIS % "LLEN"),
        f"{SLOW}.redis": ("UNKNOWN", NO_REDIS % "PING"),
        "optimization.cache.hit-rate": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.cache.key-patterns": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.cache.ttl-coverage": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.images.processing-time": ("UNKNOWN", NO_REDIS % "HGETALL"),
        "optimization.redis.clients": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.redis.memory": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.redis.slow-log": ("UNKNOWN", NO_REDIS % "INFO"),
        **no_redis(r"Redis: expected an answer to %s from 127\.0\.0\.1:\d+, got connection refused"),
        STORAGE: (
            "UNKNOWN",
            r"Files of \S+: expected the memory limit of Redis, got nothing from Redis: connection refused; "
            r"partial result: .+ over the last day",
        ),
    },
    "redis-cold-cache": {
        f"{SLOW}.redis": ("CRITICAL", COLD),
        "optimization.cache.hit-rate": ("CRITICAL", COLD),
        "daily.kpi.cache-hit-rate": ("CRITICAL", HIT_RATE % r"(59|60)" + r" \(critical < 70 %\)"),
    },
    "redis-evicting": {
        "optimization.cache.hit-rate": (
            "WARNING",
            r"Cache evictions: expected at most 1 % of the reads, got 3\.[45]\d* % of the reads over 24 h"
            r" \([\d,]+ reads\)",
        ),
    },
    "redis-lasting-images": {
        "optimization.cache.ttl-coverage": (
            "WARNING",
            r"Cached keys with an expiry: expected at least 95 %, got 6\d(\.\d+)? % over \d+ cached keys",
        ),
    },
    "redis-large-key": {
        "optimization.cache.key-patterns": (
            "CRITICAL",
            r"Largest key: expected at most 1 MiB, got 12\.\d+ MiB of \d+ keys: page:gallery:# "
            r"\(critical > 10 MiB\)",
        ),
    },
    "redis-many-keys": {
        "optimization.cache.key-patterns": (
            "UNKNOWN",
            r"Largest key: expected the sizes of all 90\d keys, got the sizes of 500 keys; partial result: "
            r"0\.0\d+ MiB of 500 keys, a sample of 90\d: img:<id>:webp:#",
        ),
    },
    "redis-slow-log-short": {
        "optimization.redis.slow-log": (
            "UNKNOWN",
            r"Slow commands of Redis: expected a slow log of at least 21\.6 of 24 h, got a slow log of 0 h "
            r"\(8 entries fill it\); partial result: 8 over \d+ m?s( \d+ s)? \(8 entries fill it\)",
        ),
    },
    "redis-full": {
        "optimization.redis.memory": (
            "CRITICAL",
            r"Memory of Redis: expected at most 80 %, got \d+(\.\d+)? % \([\d.]+ MiB of [\d.]+ MiB\) "
            r"\(critical > 90 %\)",
        ),
    },
    "redis-fragmented": {
        "optimization.redis.memory": (
            "CRITICAL",
            r"Memory that Redis holds and does not use: expected at most 30 % of its limit, got "
            r"[\d,.]+ % of its limit"
            r" \([\d.]+ MiB; it holds [\d.]+ MiB and uses [\d.]+ MiB\) \(critical > 60 % of its limit\)",
        ),
    },
    "redis-clients-many": {
        "optimization.redis.clients": (
            "WARNING",
            r"Clients of Redis: expected at most 75 % of those it allows, got [78]\d(\.\d+)? % of those "
            r"it allows \(1\d\d of 200\)",
        ),
    },
    "redis-slow-commands": {
        "optimization.redis.slow-log": (
            "WARNING",
            r"Slow commands of Redis: expected at most 10, got \d\d over 24 h",
        ),
    },
    "queue-backlog": {
        f"{FAILING}.service-status": ("CRITICAL", API_UNHEALTHY % "image-worker"),
        f"{FAILING}.error-patterns": (
            "OK or WARNING",
            r"Errors in the logs: expected none, got \d{1,2} over 24 h \([\d,]+ lines\)",
        ),
        f"{FAILING}.dependencies": (
            "CRITICAL",
            OPTIMISED % r'HTTP 503: \{"error":"too many images are waiting, try again later"\}',
        ),
        f"{SLOW}.queue": (
            "CRITICAL",
            r"Image queue length: expected at most 50 images, got \d+ images \(critical > 100 images\)",
        ),
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
    "redis-password-changed": no_redis(
        r"Redis: expected 127\.0\.0\.1:\d+ to accept our credentials for %s,"
        r" got WRONGPASS invalid username-password pair or user is disabled"
    ),
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
        **emergency(
            "WARNING",
            r"P3: Redis: Memory of Redis: full memory \([\d.]+ MiB of [\d.]+ MiB\) under noeviction: "
            r"writes are refused",
        ),
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
            r"Redis latency: expected at most 200 ms, got \d{3,}\.\d+ ms over \d PINGs \(slowest \S+ ms\)",
        ),
    },
    "celery-backlog": {
        "daily.redis.alive": (
            "CRITICAL",
            r"Jobs waiting in celery \(Celery\): expected at most 50 jobs, got 180 jobs \(critical > 100 jobs\)",
        ),
        "troubleshooting.high-response-times.queue": (
            "CRITICAL",
            r"Jobs waiting in celery \(Celery\): expected at most 50 jobs, got 180 jobs \(critical > 100 jobs\)",
        ),
    },
    "celery-workers-gone": dict.fromkeys(
        QUEUE_ITEMS,
        (
            "WARNING",
            r"Workers of celery \(Celery\): expected a client that looks like a worker, "
            r"got none, while jobs wait",
        ),
    ),
    "celery-unseen": dict.fromkeys(
        QUEUE_ITEMS,
        (
            "UNKNOWN",
            r".+: expected a client that looks like a worker, as nothing else tells of one.*, "
            r"got no answer to CLIENT LIST \(.*NOPERM .+\); partial result: .+",
        ),
    ),
    "celery-unknown": dict.fromkeys(
        QUEUE_ITEMS,
        (
            "UNKNOWN",
            r".+: expected a trace that celery knows the queue 'celery'.*, got none of its keys; "
            r"partial result: .+",
        ),
    ),
    "rq-workers-gone": dict.fromkeys(
        QUEUE_ITEMS,
        ("CRITICAL", r"Workers of default \(RQ\): expected at least one that is alive, got none"),
    ),
    "sidekiq-dead": {
        "daily.redis.alive": (
            "WARNING",
            r"Failed jobs of thumbnails \(Sidekiq\): expected at most 100 jobs, got 150 jobs \(all queues\)",
        ),
    },
    "bullmq-workers-gone": dict.fromkeys(
        QUEUE_ITEMS,
        (
            "WARNING",
            r"Workers of mails \(BullMQ\): expected a client that looks like a worker, got none, while jobs wait",
        ),
    ),
    "bullmq-stale": dict.fromkeys(
        ("daily.redis.alive", "troubleshooting.high-response-times.queue"),
        (
            "CRITICAL",
            r"Waiting time of the oldest job in mails \(BullMQ\): expected at most 300 s, got 3,0\d\d(\.\d+)? s "
            r"\(critical > 1,800 s\)",
        ),
    ),
    "bullmq-overwritten": dict.fromkeys(
        QUEUE_ITEMS,
        ("UNKNOWN", r".+: expected all keys to be understood.*, got 1 of \d+ that is not, e\.g\. .+ a string .+"),
    ),
}
