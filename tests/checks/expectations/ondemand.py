"""What faults make the checks on demand say."""

from __future__ import annotations

NO_REDIS = r"Redis: expected an answer to %s from 127\.0\.0\.1:\d+, got connection refused"
REFUSED = r"got connection refused \(connect, after \d\.\d+ s\)"
NO_DIGITALOCEAN = rf"DigitalOcean API: expected the \S.* from localhost:\d+, {REFUSED}"
NO_LOGS = r"Logs: expected lines of the last 24 hours from DigitalOcean's live log stream, got none at all"

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "redis-gone": {
        "optimization.cache.hit-rate": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.cache.key-patterns": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.cache.ttl-coverage": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.images.processing-time": ("UNKNOWN", NO_REDIS % "HGETALL"),
        "optimization.redis.clients": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.redis.memory": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.redis.slow-log": ("UNKNOWN", NO_REDIS % "SLOWLOG GET"),
    },
    "redis-cold-cache": {
        "optimization.cache.hit-rate": (
            "CRITICAL",
            r"Cache hit rate: expected at least 80 %, got (59|60)(\.\d+)? % over [\d,]+ reads \(server up [^)]+\)"
            r" \(critical < 70 %\)",
        ),
    },
    "redis-evicting": {
        "optimization.cache.hit-rate": (
            "WARNING",
            r"Cache evictions: expected at most 1 % of the reads, got 3\.[45]\d* % of the reads over [\d,]+ reads"
            r" \(server up [^)]+\)",
        ),
    },
    "images-slow": {
        "optimization.images.processing-time": (
            "WARNING",
            r"Mean processing time of avif: expected at most 2,000 ms, got 2,\d+(\.\d+)? ms over [\d,]+ images since "
            r"counting began",
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
            r"Largest key: expected at most 1 MiB, got 12\.\d+ MiB over \d+ keys: page:gallery:# \(critical > 10 MiB\)",
        ),
    },
    "redis-full": {
        "optimization.redis.memory": (
            "CRITICAL",
            r"Memory of Redis: expected at most 80 %, got \d+(\.\d+)? % over [\d.]+ MiB \(critical > 90 %\)",
        ),
    },
    "redis-fragmented": {
        "optimization.redis.memory": (
            "CRITICAL",
            r"Memory that Redis holds and does not use: expected at most 30 % of its limit, got [\d,.]+ % of its limit"
            r" over [\d.]+ MiB \(holds [\d.]+ MiB, uses [\d.]+ MiB\) \(critical > 60 % of its limit\)",
        ),
    },
    "redis-clients-many": {
        "optimization.redis.clients": (
            "WARNING",
            r"Clients of Redis: expected at most 75 % of those it allows, got 8\d(\.\d+)? % of those it allows over 200"
            r" \(1\d\d connected\)",
        ),
    },
    "redis-slow-commands": {
        "optimization.redis.slow-log": (
            "WARNING",
            r"Slow commands of Redis: expected at most 10, got \d\d over 24 h",
        ),
    },
    "over-provisioned": {
        "optimization.costs.instances": (
            "WARNING",
            r"image-optimizer: expected nothing cheaper that fits, got 2 to 4 × \S+ at 1\d % CPU and 1\d % memory; "
            r"at least 2 × \S+ would save \$\d+\.\d\d a month",
        ),
    },
    "backup-over-age": {
        "optimization.costs.backups": (
            "WARNING",
            r"Backups over age: expected none older than 35 days, got 1 archive, the oldest \S+, 399 d \d+ h old",
        ),
    },
    "backups-gone": {
        "optimization.costs.backups": (
            "UNKNOWN",
            r"Backups: expected to read /\S+/backups \(targets\.sandbox\.backups\.location\), "
            r"got: no such file or directory",
        ),
    },
    "log-files-old": {
        "optimization.costs.logs": (
            "WARNING",
            r"Log files over age: expected none older than 30 days, got 3 files with \d+ B, the oldest "
            r"portfolio\.log\.6\.gz, 1[12]\d days old",
        ),
    },
    "logs-short": {
        "optimization.costs.logs": (
            "WARNING",
            r"Logs kept: expected lines of at least 20 of the last 24 hours, got lines of [12]",
        ),
    },
    "logs-gone": {"optimization.costs.logs": ("UNKNOWN", NO_LOGS)},
    "digitalocean-gone": {
        "optimization.costs.instances": ("UNKNOWN", NO_DIGITALOCEAN),
        "optimization.costs.logs": ("UNKNOWN", NO_DIGITALOCEAN),
    },
}
