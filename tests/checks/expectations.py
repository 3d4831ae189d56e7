"""What each fault of the sandbox makes the checks say: fault → item → (verdict, message as a regular expression).

Every item that is not named stays OK. "OK or WARNING" is what a fault may do on the side, e.g. an error line that the
application writes about the suite's own probe, which the review of the logs sees only where it comes second.
"""

from __future__ import annotations

LOG_ITEMS = ("daily.logs.errors", "daily.logs.http-errors")
DAY_OF_LOGS = r"24 h \([\d,]+ lines\)"
ONE_CRASH = rf"Crashes and fatal errors in the logs: expected at most 0, got 1 over {DAY_OF_LOGS} \(critical > 0\)"
NO_LOGS = r"Logs: expected lines of the last 24 hours from DigitalOcean's live log stream, got none at all"

BACKUP = r"portfolio-backup-\d{8}T\d{6}Z\.tar\.gz"
BACKUP_AGE = r"Age of the newest backup: expected under 25 h, got %s h \(critical >= 26 h\)"
BACKUP_DAMAGE = rf"Newest backup: expected {BACKUP} to be complete, got %s"

DO_ITEMS = ("daily.app.active", "daily.app.components", "daily.deployments.recent", "daily.kpi.utilization")
PUSHED = r"\(commit [0-9a-f]{7} pushed to github/example/portfolio\)"


def no_digitalocean(found: str) -> dict[str, tuple[str, str]]:
    """The whole API is away: what is measured through it, and the logs, which it leads to."""
    message = rf"DigitalOcean API: expected the (app|deployments) \S.*, got {found}"
    return dict.fromkeys((*DO_ITEMS, *LOG_ITEMS), ("UNKNOWN", message))


def busy(verdict: str, what: str, found: str, limit: str = "") -> dict[str, tuple[str, str]]:
    """The busiest instance of two is over a limit for resources."""
    over = r"over 1 h \(busiest of 2 instances, highest \S+ %, \d\d samples\)"
    message = rf"{what}: expected under 80 %, got {found}\.\d+ % {over}{limit}"
    return {"daily.kpi.utilization": (verdict, message)}


def no_website(found: str) -> dict[str, tuple[str, str]]:
    """Nobody answers where the website should be."""
    items = ("daily.health.api", "daily.health.image-service", "daily.probe.homepage", "daily.probe.optimize")
    message = rf"Website: expected an answer from https://localhost:\d+\S*, got {found} \(connect, after \S+ s\)"
    return dict.fromkeys(items, ("UNKNOWN", message))


def no_redis(found: str) -> dict[str, tuple[str, str]]:
    """Redis cannot be asked, neither by us nor by the application."""
    return {
        "daily.redis.alive": ("UNKNOWN", found % "PING"),
        "daily.kpi.cache-hit-rate": ("UNKNOWN", found % "INFO"),
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; redis unhealthy \(\w+\)"),
    }


API_HEALTH = "API health: expected all healthy, got %s"
OPTIMISED = "Optimised image: expected a whole picture of the original's shape, got %s"
HIT_RATE = r"Cache hit rate: expected at least 80 %%, got %s\.\d+ %% over [\d,]+ reads \(server up [^)]+\)"
ERROR_ON_THE_SIDE = {
    "daily.logs.errors": (
        "OK or WARNING",
        rf"Errors in the logs: expected at most 0, got \d over {DAY_OF_LOGS}",
    )
}

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    # -- website and API
    "web-gone": {
        **no_website("connection refused"),
        "daily.app.active": (
            "CRITICAL",
            r"Live URL https://localhost:\d+: expected an answer without a server error, got connection refused"
            r" \(connect, after \S+ s\)",
        ),
    },
    "health-degraded": {
        "daily.health.api": ("WARNING", API_HEALTH % r"HTTP 200, degraded; image-worker degraded \(\S+ ms\)"),
    },
    "health-dependency-down": {
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; image-worker unhealthy \(\S+ ms\)"),
    },
    "image-service-unhealthy": {
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; image-optimizer unhealthy \(\S+ ms\)"),
        "daily.health.image-service": ("CRITICAL", "Image service: expected healthy, got HTTP 503, unhealthy"),
    },
    "homepage-error": {
        "daily.probe.homepage": (
            "CRITICAL",
            "Homepage: expected HTTP 200 each time, got HTTP 500 in 5 of 5 samples",
        ),
        "daily.app.active": (
            "CRITICAL",
            r"Live URL https://localhost:\d+: expected an answer without a server error, got HTTP 500",
        ),
        **ERROR_ON_THE_SIDE,
    },
    "homepage-slow": {
        "daily.probe.homepage": (
            "WARNING",
            r"Homepage response time: expected at most 2 s, got 2\.\d+ s over \d fresh connections \(slowest \S+ s\)",
        ),
    },
    "homepage-very-slow": {
        "daily.probe.homepage": (
            "CRITICAL",
            r"Homepage response time: expected at most 2 s, got 5\.\d+ s over \d fresh connections \(slowest \S+ s\)"
            r" \(critical > 5 s\)",
        ),
    },
    # -- image optimisation
    "optimize-broken": {
        "daily.probe.optimize": ("CRITICAL", OPTIMISED % r'HTTP 500: \{"error":"image could not be processed"\}'),
        **ERROR_ON_THE_SIDE,
    },
    "optimize-corrupt": {
        "daily.probe.optimize": ("CRITICAL", OPTIMISED % r"[\d,]+ bytes that cannot be decoded: .+"),
    },
    "optimize-larger-output": {
        "daily.probe.optimize": (
            "CRITICAL",
            r"Saving by optimisation: expected at least 10 %, got -\d+\.\d+ % over one image"
            r" \([\d,]+ → [\d,]+ bytes\) \(critical <= 0 %\)",
        ),
    },
    "optimize-slow": {
        "daily.probe.optimize": (
            "WARNING",
            r"Image optimisation time: expected at most 5 s, got [67]\.\d+ s over one image of \d+ KiB",
        ),
    },
    # -- Redis
    "redis-gone": no_redis(r"Redis: expected an answer to %s from 127\.0\.0\.1:\d+, got connection refused"),
    "redis-password-changed": no_redis(
        r"Redis: expected 127\.0\.0\.1:\d+ to accept our credentials for %s,"
        r" got invalid username-password pair or user is disabled"
    ),
    "redis-cold-cache": {
        "daily.kpi.cache-hit-rate": ("CRITICAL", HIT_RATE % r"(59|60)" + r" \(critical < 70 %\)"),
    },
    "redis-lukewarm-cache": {"daily.kpi.cache-hit-rate": ("WARNING", HIT_RATE % r"(74|75)")},
    "redis-unread-cache": {
        "daily.kpi.cache-hit-rate": (
            "UNKNOWN",
            r"Cache hit rate: expected at least 100 reads to judge by, got \d+ since the server started .+ ago",
        ),
    },
    "redis-slow": {
        "daily.redis.alive": (
            "WARNING",
            r"Redis latency: expected at most 200 ms, got [45]\d\d\.\d+ ms over \d PINGs \(slowest \S+ ms\)",
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
    # -- logs
    "log-errors": {
        "daily.logs.errors": ("WARNING", rf"Errors in the logs: expected at most 0, got 3 over {DAY_OF_LOGS}"),
    },
    "log-error-flood": {
        "daily.logs.errors": (
            "CRITICAL",
            rf"Errors in the logs: expected at most 0, got \d\d over {DAY_OF_LOGS} \(critical > 50\)",
        ),
    },
    "log-fatal": {"daily.logs.errors": ("CRITICAL", ONE_CRASH)},
    "log-oom": {"daily.logs.errors": ("CRITICAL", ONE_CRASH)},
    "log-hostile": {
        "daily.logs.errors": ("WARNING", rf"Errors in the logs: expected at most 0, got 1 over {DAY_OF_LOGS}"),
    },
    "log-5xx-burst": {
        "daily.logs.http-errors": (
            "CRITICAL",
            r"HTTP 5xx in the logs: expected at most 1 %, got \d\.\d+ % over 24 h \(40\d of [\d,]+ requests\)"
            r" \(critical > 5 %\)",
        ),
    },
    "log-5xx-hour": {
        "daily.logs.http-errors": (
            "WARNING",
            r"HTTP errors by hour: expected at most 10 × 5xx and at most 10 × 429 in an hour, "
            r"got \d+ × 5xx at \d\d:00–\d\d:00 UTC \(usually 0\).*",
        ),
    },
    "log-429-burst": {
        "daily.logs.http-errors": (
            "WARNING",
            r"HTTP 429 in the logs: expected at most 5 %, got 2\d\.\d+ % over 24 h \(1,50\d of [\d,]+ requests\)",
        ),
    },
    "logs-silent": dict.fromkeys(LOG_ITEMS, ("UNKNOWN", NO_LOGS)),
    "logs-gone": dict.fromkeys(LOG_ITEMS, ("UNKNOWN", NO_LOGS)),
    "log-files-gone": dict.fromkeys(
        LOG_ITEMS, ("UNKNOWN", r"Logs: expected files that match /\S+\*\.log\*, got no file that matches")
    ),
    "logs-short": dict.fromkeys(
        LOG_ITEMS,
        ("UNKNOWN", r"Logs: expected lines in at least 20 of the last 24 hours, got [12]: from .{19} to .{19}"),
    ),
    "logs-damaged": {
        "daily.logs.errors": (
            "WARNING",
            r"Log source: expected everything could be read, got /\S+/portfolio\.log\.2\.gz is damaged, "
            r"its compressed data end in the middle: [\d,]+ lines were read up to there",
        ),
    },
    # -- backups
    "backup-missing": {"daily.backups.completed": ("CRITICAL", BACKUP_AGE % r"(29|30)[\d.]*")},
    "backup-unfinished": {"daily.backups.completed": ("CRITICAL", BACKUP_AGE % r"(29|30)[\d.]*")},
    "backup-old": {"daily.backups.completed": ("CRITICAL", BACKUP_AGE % r"(77|78)[\d.]*")},
    "backup-incomplete": {
        "daily.backups.completed": ("CRITICAL", BACKUP_DAMAGE % r"an archive that is cut off after member \d+"),
    },
    "backup-empty": {"daily.backups.completed": ("CRITICAL", BACKUP_DAMAGE % "a file of 0 bytes")},
    "backup-no-manifest": {
        "daily.backups.completed": (
            "CRITICAL",
            BACKUP_DAMAGE % r"an archive without manifest\.json among its \d+ members",
        ),
    },
    "backup-missing-image": {
        "daily.backups.completed": (
            "CRITICAL",
            BACKUP_DAMAGE % r"an archive without images/\w+\.\w+, which its manifest\.json lists",
        ),
    },
    "backup-tiny": {
        "daily.backups.completed": (
            "CRITICAL",
            r"Size of the newest backup: expected at least 70 % of usual, got [\d.]+ % of usual over "
            r"14 archives before it \(median [\d.]+ KB\) \(critical < 50 % of usual\)",
        ),
    },
    "backup-none": {
        "daily.backups.completed": (
            "CRITICAL",
            r"Backups: expected an archive, got 0 archives and 0 other files",
        ),
    },
    "backups-gone": {
        "daily.backups.completed": (
            "UNKNOWN",
            r"Backups: expected to read /\S+/backups \(targets\.sandbox\.backups\.location\), "
            r"got: no such file or directory",
        ),
    },
    # -- the DigitalOcean API
    "app-not-active": {
        "daily.app.active": (
            "CRITICAL",
            r"App portfolio: expected an active deployment in phase ACTIVE, got no active deployment",
        ),
        "daily.deployments.recent": (
            "CRITICAL",
            rf"Newest deployment: expected one that did not fail, got ERROR, 25 min ago {PUSHED}: "
            r"DeployContainerExitNonZero The container exited with a non-zero exit code\.",
        ),
        **dict.fromkeys(
            LOG_ITEMS, ("UNKNOWN", r"DigitalOcean API: expected a deployment that writes logs, got none")
        ),
    },
    "app-url-dead": {
        "daily.app.active": (
            "CRITICAL",
            r"Live URL https://localhost:\d+: expected an answer without a server error, "
            r"got connection refused \(connect, after \d\.\d+ s\)",
        ),
    },
    "component-unhealthy": {
        "daily.app.components": (
            "CRITICAL",
            r"image-worker: expected HEALTHY with 1 of 1 replica ready, got UNHEALTHY with 1 of 1 replica ready",
        ),
    },
    "component-unknown": {
        "daily.app.components": (
            "UNKNOWN",
            r"DigitalOcean API: expected the health of image-worker, got UNKNOWN with 1 of 1 replica ready",
        ),
    },
    "replicas-missing": {
        "daily.app.components": (
            "CRITICAL",
            r"image-optimizer: expected HEALTHY with 2 of 2 replicas ready, "
            r"got HEALTHY with 1 of 2 replicas ready",
        ),
    },
    "deployment-failed": {
        "daily.deployments.recent": (
            "CRITICAL",
            rf"Newest deployment: expected one that did not fail, got ERROR, 25 min ago {PUSHED}: "
            r"BuildJobFailed The build command exited with a non-zero exit code\.",
        ),
    },
    "deployment-stuck": {
        "daily.deployments.recent": (
            "CRITICAL",
            rf"Newest deployment: expected done within 30 min, got DEPLOYING for 2 h {PUSHED}",
        ),
    },
    "cpu-high": busy("WARNING", "CPU of image-optimizer", "8[0-8]"),
    "cpu-critical": busy("CRITICAL", "CPU of image-optimizer", r"9\d", r" \(critical >= 90 %\)"),
    "memory-high": busy("WARNING", "Memory of portfolio-web", "8[0-8]"),
    "memory-critical": busy("CRITICAL", "Memory of portfolio-web", r"9\d", r" \(critical >= 90 %\)"),
    "app-metrics-missing": {
        "daily.kpi.utilization": (
            "UNKNOWN",
            r"DigitalOcean API: expected CPU and memory samples of every component in the last hour, "
            r"got none of portfolio-web, image-optimizer, image-worker",
        ),
    },
    "digitalocean-gone": no_digitalocean(r"connection refused \(connect, after \d\.\d+ s\)"),
    "digitalocean-unauthorized": no_digitalocean(r"HTTP 401 unauthorized \(Unable to authenticate you\)"),
    "digitalocean-denied": no_digitalocean(
        r"HTTP 403 forbidden \(You are not authorized to perform this operation\)"
    ),
    "digitalocean-throttled": no_digitalocean(
        r"HTTP 429 too_many_requests \(API rate limit exceeded\); it asks to come back in 27 s"
    ),
    "digitalocean-broken": no_digitalocean(r"HTTP 500 server_error \(Unexpected server-side error\)"),
    "digitalocean-garbage": no_digitalocean(r"text/html; charset=utf-8: '<!doctype html><title>Just a moment.*"),
}
