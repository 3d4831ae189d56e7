"""What is said of databases that DigitalOcean manages, of queues of other libraries, and of further websites."""

DATABASES = ("daily.databases.healthy", "weekly.databases.upkeep")
HEADERS = r"Security headers of shop: expected at least 80 points, got \d+ points in ten tests \(grade .+"


def unread(got: str) -> tuple[str, str]:
    """What is said where the API does not answer."""
    return ("UNKNOWN", rf"DigitalOcean API: expected the database cluster \S+ .+, got {got}.*")


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "digitalocean-gone": dict.fromkeys(DATABASES, unread(r"connection refused \(connect, after")),
    "digitalocean-unauthorized": {"daily.databases.healthy": unread("HTTP 401 unauthorized")},
    "digitalocean-denied": {"daily.databases.healthy": unread("HTTP 403 forbidden")},
    "digitalocean-throttled": {"daily.databases.healthy": unread("HTTP 429 too_many_requests")},
    "digitalocean-broken": {"daily.databases.healthy": unread("HTTP 500 server_error")},
    "digitalocean-garbage": {"daily.databases.healthy": unread(r"\d+ bytes that are not JSON")},
    "database-creating": {
        "daily.databases.healthy": (
            "CRITICAL",
            r"State of the database portfolio-orders: expected online, got creating",
        ),
    },
    "database-migrating": {
        "daily.databases.healthy": (
            "WARNING",
            r"State of the database portfolio-orders: expected online, got migrating",
        ),
    },
    "database-state-new": {
        "daily.databases.healthy": (
            "UNKNOWN",
            r"State of the database portfolio-orders: expected all states to be understood, "
            r"got 1 of 1 that is not, e\.g\. 'rebalancing'; what was seen gives rebalancing",
        ),
    },
    "database-unsaved": {
        "daily.databases.healthy": (
            "CRITICAL",
            r"Age of the newest backup of portfolio-orders: expected under 26 h, got 76 h \(critical ≥ 50 h\)",
        ),
    },
    "database-never-saved": {
        "daily.databases.healthy": (
            "CRITICAL",
            r"Backups of the database portfolio-orders: expected at least one, got none",
        ),
    },
    "database-updates-due": {
        "weekly.databases.upkeep": (
            "WARNING",
            r"Updates of the database portfolio-orders: expected none that is due, "
            r"got 1 due on Saturday 03:00:00 UTC: Upgrade to PostgreSQL 17\.6 bugfix release",
        ),
    },
    "database-version-ended": {
        "weekly.databases.upkeep": (
            "CRITICAL",
            r"Support left for the version of the database portfolio-orders: expected at least 90 days, "
            r"got none for 12 d( \d h)? \(PostgreSQL 17\.5, support ended .+ UTC\) \(critical ≤ 0 days\)",
        ),
    },
    "database-unplanned": {
        "weekly.databases.upkeep": (
            "UNKNOWN",
            r"Maintenance window of the database portfolio-orders: expected a day and an hour, got none",
        ),
    },
    "database-full": {
        "daily.databases.healthy": (
            "CRITICAL",
            r"Storage of portfolio-shop: expected at most 80 %, got 9\d\.\d+ % over 24 h \(critical > 90 %\)",
        ),
    },
    "database-crowded": {
        "daily.databases.healthy": (
            "WARNING",
            r"Connections of portfolio-shop: expected at most 80 %, got 8\d\.\d+ % \(6\d of 75 at most in 24 h\)",
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
    "celery-unknown": dict.fromkeys(
        ("daily.redis.alive", "troubleshooting.high-response-times.queue"),
        (
            "UNKNOWN",
            r".+: expected a sign that celery knows the queue 'celery'.*, got none of its keys; what was .+",
        ),
    ),
    "rq-workers-gone": dict.fromkeys(
        ("daily.redis.alive", "troubleshooting.high-response-times.queue"),
        ("CRITICAL", r"Workers of default \(RQ\): expected at least one that is alive, got none"),
    ),
    "sidekiq-dead": {
        "daily.redis.alive": (
            "WARNING",
            r"Failed jobs of thumbnails \(Sidekiq\): expected at most 100 jobs, got 150 jobs \(all queues\)",
        ),
    },
    "bullmq-stale": dict.fromkeys(
        ("daily.redis.alive", "troubleshooting.high-response-times.queue"),
        (
            "CRITICAL",
            r"Waiting time of the oldest job in mails \(BullMQ\): expected at most 300 s, got 3,0\d\d(\.\d+)? s "
            r"\(critical > 1,800 s\)",
        ),
    ),
    "bullmq-overwritten": dict.fromkeys(
        ("daily.redis.alive", "troubleshooting.high-response-times.queue"),
        ("UNKNOWN", r".+: expected all keys to be understood.*, got 1 of \d+ that is not, e\.g\. .+ a string .+"),
    ),
    "shop-down": {
        "daily.probe.homepage": (
            "CRITICAL",
            r"Homepage of shop: expected HTTP 200 each time, got HTTP 503 in ([345]) of \1 samples",
        ),
    },
    "shop-unhealthy": {
        "daily.health.api": ("CRITICAL", r"Health of shop: expected all healthy, got HTTP 503, unhealthy"),
        "troubleshooting.high-error-rates.service-status": (
            "CRITICAL",
            r"Health of shop: expected all healthy, got HTTP 503, unhealthy",
        ),
        "post_maintenance.services-healthy": (
            "CRITICAL",
            r"Health of shop: expected all healthy, got HTTP 503, unhealthy",
        ),
    },
    "shop-bare": {
        "monthly.config.security-headers": ("CRITICAL", HEADERS),
        "monthly.config.tls": (
            "CRITICAL",
            r"HSTS of shop: expected at least 180 days, got 0 days \(the answer has no such header\) .+",
        ),
    },
}
