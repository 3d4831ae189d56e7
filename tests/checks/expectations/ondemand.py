"""What faults make the checks on demand say."""

from __future__ import annotations

NO_REDIS = r"Redis: expected an answer to %s from 127\.0\.0\.1:\d+, got connection refused"
REFUSED = r"got connection refused \(connect, after \d\.\d+ s\)"
NO_DIGITALOCEAN = rf"DigitalOcean API: expected the \S.* from localhost:\d+, {REFUSED}"
NO_LOGS = r"Logs: expected lines of the last 24 hours from DigitalOcean's live log stream, got none at all"

NO_WEBSITE = r"no answer: connection refused \(connect, after \S+ s\), while the DigitalOcean API answers"
NOT_KNOWN = (
    r"expected P95 response time(, error rate and alerts| and error rate) to be known"
    r"( and an answer from https://localhost:\d+/api/v1/alerts)?, got .+"
)
NO_PROMETHEUS = (
    r"Prometheus: expected an answer from https://localhost:\d+/api/v1/query\?…, got connection refused .*"
)
SLOW, FAILING, EXHAUSTED = (
    f"troubleshooting.{section}" for section in ("high-response-times", "high-error-rates", "resource-exhaustion")
)
API_HEALTH = r"API health: expected all healthy, got HTTP 503, degraded; %s unhealthy \([^)]+\)"
ONE_CRASH = (
    r"Crashes and fatal errors in the logs: expected none, got 1 over 24 h \([\d,]+ lines\) \(critical > 0\)"
)
COLD = (
    r"Cache hit rate: expected at least 80 %, got (59|60)(\.\d+)? % over 24 h \([\d,]+ reads\)"
    r" \(critical < 70 %\)"
)
HOUR = r"over 15 min of 1 h \(busiest of 2 instances, mean \S+ %\)"
SLOW_HOMEPAGE = (
    r"Homepage response time: expected at most 2 s, got [2-4]\.\d+ s over \d fresh connections? \(slowest \S+ s\)"
)

TOO_FEW_LOGS = (
    r"New errors since the maintenance: expected lines of at least 12 of 24 h before it.*, "
    r"got lines of 0 h before it.*; what was seen gives none"
)
NO_LEDGER = r"Sign-offs: expected the file attestations\.jsonl, which is not there"
NO_ROSTER = r"On-call roster: expected the file roster\.toml, which is not there"
TIME = r"[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d"
OVER = rf"Newer image library, {TIME} to ({TIME}|\d\d:\d\d) Europe/Berlin"
UNSIGNED = r"Sign-off of %s: expected a valid one, got none"
SIGNED_AFTER = rf"Sign-off %s: expected one after {OVER}, got %s"
TO_DO_AFTER = {
    "post_maintenance.documentation": "of the documents",
    "post_maintenance.stakeholders-notified": "that those concerned were told",
}
CALL = r"; call [A-Z]\w+ [A-Z]\w+ \(\+[\d ]+\) at once, to answer by [A-Z][a-z]{2} \d\d:\d\d"


def emergency(verdict: str, found: str, call: str = CALL) -> dict[str, tuple[str, str]]:
    """An emergency of P1 to P3, which nobody has told anybody of."""
    return {
        "emergency.severity": (verdict, f"Emergency: expected none, got {found}{call}"),
        "emergency.stable": (
            verdict,
            rf"Emergency: expected none at any look, got {found}",
        ),
        "emergency.stakeholders-notified": (
            "CRITICAL",
            r"Sign-off of emergency\.stakeholders-notified: expected a valid one, got none",
        ),
    }


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "off-peak-idle": {
        "optimization.costs.off-peak": (
            "WARNING",
            r"portfolio-web: expected no instance that only the peak needs, got 6 × apps-s-1vcpu-1gb day and "
            r"night, at 5\d % CPU at the peak \(\d\d–\d\d UTC\) and [23]\d % at most off it \(\d\d–\d\d UTC\); "
            r"autoscaling from 3 would save about \$18\.00 a month",
        ),
    },
    "redis-gone": {
        f"{FAILING}.dependencies": ("UNKNOWN", NO_REDIS % "PING"),
        f"{FAILING}.service-status": ("CRITICAL", API_HEALTH % "redis"),
        f"{SLOW}.queue": ("UNKNOWN", NO_REDIS % "LLEN"),
        f"{SLOW}.redis": ("UNKNOWN", NO_REDIS % "PING"),
        "optimization.cache.hit-rate": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.cache.key-patterns": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.cache.ttl-coverage": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.images.processing-time": ("UNKNOWN", NO_REDIS % "HGETALL"),
        "optimization.redis.clients": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.redis.memory": ("UNKNOWN", NO_REDIS % "INFO"),
        "optimization.redis.slow-log": ("UNKNOWN", NO_REDIS % "INFO"),
    },
    "redis-cold-cache": {
        f"{SLOW}.redis": ("CRITICAL", COLD),
        "optimization.cache.hit-rate": ("CRITICAL", COLD),
    },
    "redis-evicting": {
        "optimization.cache.hit-rate": (
            "WARNING",
            r"Cache evictions: expected at most 1 % of the reads, got 3\.[45]\d* % of the reads over 24 h"
            r" \([\d,]+ reads\)",
        ),
    },
    "images-slow": {
        "optimization.images.processing-time": (
            "WARNING",
            r"Mean processing time of avif: expected at most 2,000 ms, got 2,\d+(\.\d+)? ms over "
            r"24 h \([\d,]+ images\)",
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
            r"Largest key: expected the sizes of all 90\d keys, got the sizes of 500 keys; what was seen gives "
            r"0\.0\d+ MiB of 500 keys, a sample of 90\d: img:<id>:webp:#",
        ),
    },
    "redis-slow-log-short": {
        "optimization.redis.slow-log": (
            "UNKNOWN",
            r"Slow commands of Redis: expected a slow log of at least 21\.6 of 24 h, got a slow log of 0 h "
            r"\(8 entries fill it\); what was seen gives 8 over \d+ m?s( \d+ s)? \(8 entries fill it\)",
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
    "over-provisioned": {
        "optimization.costs.instances": (
            "WARNING",
            r"image-optimizer: expected nothing cheaper that fits, got 2 to 4 × \S+ at 1\d % CPU and "
            r"1\d % memory; "
            r"at least 2 × \S+ would save \$\d+\.\d\d a month",
        ),
    },
    "backup-over-age": {
        "optimization.costs.backups": (
            "WARNING",
            r"Backups over age: expected none older than 35 days, got 1 archive, the oldest \S+, 399 d \d+ h old",
        ),
    },
    "backups-gone": dict.fromkeys(
        ("optimization.costs.backups", "pre_maintenance.backup-verified"),
        (
            "UNKNOWN",
            r"Backups: expected to read /\S+/backups \(targets\.sandbox\.backups\.location\), "
            r"got an error \(no such file or directory\)",
        ),
    ),
    "log-files-old": {
        "optimization.costs.logs": (
            "WARNING",
            r"Log files over age: expected none older than 30 days, got 3 files with \d+ B, the oldest "
            r"portfolio\.log\.6\.gz, 1[12]\d days old",
        ),
    },
    "logs-short": {
        "post_maintenance.no-new-errors": ("UNKNOWN", TOO_FEW_LOGS),
        "optimization.costs.logs": (
            "WARNING",
            r"Logs kept: expected lines of at least 21\.6 of the last 24 hours, got lines of [12] h",
        ),
    },
    "logs-gone": {
        "post_maintenance.no-new-errors": ("UNKNOWN", TOO_FEW_LOGS),
        f"{FAILING}.symptoms": ("UNKNOWN", NO_LOGS),
        f"{FAILING}.error-patterns": ("UNKNOWN", NO_LOGS),
        f"{EXHAUSTED}.symptoms": ("UNKNOWN", NO_LOGS),
        "optimization.costs.logs": ("UNKNOWN", NO_LOGS),
    },
    "digitalocean-gone": {
        **dict.fromkeys(
            (
                "pre_maintenance.rollback-plan",
                "post_maintenance.services-healthy",
                "post_maintenance.no-new-errors",
            ),
            ("UNKNOWN", NO_DIGITALOCEAN),
        ),
        **dict.fromkeys(
            (
                *(
                    f"{FAILING}.{step}"
                    for step in ("symptoms", "error-patterns", "service-status", "recent-release")
                ),
                f"{SLOW}.resources",
                *(
                    f"{EXHAUSTED}.{step}"
                    for step in ("symptoms", "trends", "heavy-component", "memory-leak", "allocation")
                ),
            ),
            ("UNKNOWN", NO_DIGITALOCEAN),
        ),
        "optimization.costs.instances": ("UNKNOWN", NO_DIGITALOCEAN),
        "optimization.costs.off-peak": ("UNKNOWN", NO_DIGITALOCEAN),
        "optimization.costs.logs": ("UNKNOWN", NO_DIGITALOCEAN),
    },
    "prometheus-gone": {
        "post_maintenance.kpis-normal": ("UNKNOWN", NO_PROMETHEUS),
        "emergency.severity": ("UNKNOWN", rf"Emergency: {NOT_KNOWN}; what was seen gives none"),
        "emergency.stable": (
            "UNKNOWN",
            rf"Emergency: {NOT_KNOWN}; what was seen gives none in 3 of 3 looks, \S+ s apart",
        ),
        "emergency.stakeholders-notified": (
            "UNKNOWN",
            rf"Sign-off of emergency\.stakeholders-notified: {NOT_KNOWN}; what was seen gives no emergency, "
            r"of which nobody has to be told at once",
        ),
        f"{FAILING}.symptoms": ("UNKNOWN", NO_PROMETHEUS),
        f"{SLOW}.symptoms": ("UNKNOWN", NO_PROMETHEUS),
    },
    "web-gone": {
        **emergency("CRITICAL", f"P1: Homepage: {NO_WEBSITE}"),
        f"{FAILING}.dependencies": ("CRITICAL", f"Homepage: expected HTTP 200 each time, got {NO_WEBSITE}"),
        f"{FAILING}.service-status": ("CRITICAL", f"API health: expected all healthy, got {NO_WEBSITE}"),
        f"{SLOW}.response-time-split": (
            "UNKNOWN",
            f"Homepage: expected an answer whose time can be split, got {NO_WEBSITE}",
        ),
        f"{SLOW}.symptoms": ("UNKNOWN", f"Homepage response time: expected the page, got {NO_WEBSITE}"),
        f"{EXHAUSTED}.symptoms": ("UNKNOWN", f"Homepage response time: expected the page, got {NO_WEBSITE}"),
    },
    "homepage-slow": {
        f"{SLOW}.response-time-split": (
            "WARNING",
            r"Application's part of the homepage: expected at most 1\.4 s, got [23]\.\d+ s over \d fresh "
            r"connections?",
        ),
        f"{SLOW}.symptoms": ("WARNING", SLOW_HOMEPAGE),
        f"{EXHAUSTED}.symptoms": ("WARNING", SLOW_HOMEPAGE),
    },
    "cpu-high": {
        **dict.fromkeys(
            (f"{SLOW}.resources", f"{EXHAUSTED}.symptoms"),
            ("WARNING", rf"CPU of image-optimizer: expected under 80 %, got 8[0-8]\.\d+ % {HOUR}"),
        ),
        f"{EXHAUSTED}.trends": (
            "WARNING",
            r"CPU of image-optimizer: expected under 80 %, got 8\d(\.\d+)? % over 7 days \(95th percentile of "
            r"16\d h, mean .+\)",
        ),
        f"{EXHAUSTED}.allocation": (
            "WARNING",
            r"CPU of image-optimizer: expected under 80 %, got 8\d(\.\d+)? % over 7 days \(95th "
            r"percentile of .+ a month more\)",
        ),
    },
    "queue-backlog": {
        f"{FAILING}.service-status": ("CRITICAL", API_HEALTH % "image-worker"),
        f"{FAILING}.error-patterns": (
            "OK or WARNING",
            r"Errors in the logs: expected none, got \d{1,2} over 24 h \([\d,]+ lines\)",
        ),
        f"{SLOW}.queue": (
            "CRITICAL",
            r"Image queue length: expected at most 50 images, got \d+ images \(critical > 100 images\)",
        ),
    },
    "errors-high": {
        f"{FAILING}.symptoms": (
            "CRITICAL",
            r"Error rate: expected at most 1 %, got \d+(\.\d+)? % over 1 h \([\d,]+ requests\) \(critical > 5 %\)",
        ),
    },
    "log-oom": {
        f"{FAILING}.error-patterns": ("CRITICAL", ONE_CRASH),
        f"{EXHAUSTED}.symptoms": ("CRITICAL", ONE_CRASH.replace("Crashes and fatal errors", "Out of memory")),
    },
    "component-unhealthy": {
        "post_maintenance.services-healthy": (
            "CRITICAL",
            r"image-worker: expected HEALTHY with 1 of 1 replica ready, got UNHEALTHY with 1 of 1 replica ready",
        ),
        **dict.fromkeys(
            (f"{FAILING}.service-status", f"{EXHAUSTED}.allocation"),
            (
                "CRITICAL",
                r"image-worker: expected HEALTHY with 1 of 1 replica ready, got UNHEALTHY with 1 of 1 "
                r"replica ready",
            ),
        ),
    },
    "image-service-unhealthy": {
        f"{FAILING}.dependencies": ("CRITICAL", "Image service: expected healthy, got HTTP 503, unhealthy"),
        f"{FAILING}.service-status": ("CRITICAL", API_HEALTH % "image-optimizer"),
    },
    "release-broke-requests": {
        f"{FAILING}.recent-release": (
            "CRITICAL",
            r"Last release: expected none with which requests began to fail, got one 4\d min ago "
            r"\(commit [0-9a-f]{7} pushed to github/example/portfolio\), with an error rate of "
            r"[2-8](\.\d+)? % since and "
            r"0(\.\d+)? % before",
        ),
        f"{FAILING}.symptoms": (
            "WARNING",
            r"Error rate: expected at most 1 %, got [1-4](\.\d+)? % over 1 h \([\d,]+ requests\)",
        ),
    },
    "component-restarting": {
        f"{EXHAUSTED}.heavy-component": (
            "CRITICAL",
            r"Restarts of image-worker: expected none, got 8 over 24 h \(critical > 5\)",
        ),
    },
    "cpu-risen": {
        f"{EXHAUSTED}.trends": (
            "WARNING",
            r"CPU of image-worker against the week before: expected at most 15 points, got "
            r"2[45](\.\d+)? points over 7 days "
            r"\(mean from 4\d\.\d % to 6\d\.\d %\)",
        ),
    },
    "memory-leak": {
        f"{EXHAUSTED}.memory-leak": (
            "WARNING",
            r"Memory of image-worker, time until full: expected at least 30 days, got 1[12](\.\d)? "
            r"days \(full on .+\)",
        ),
    },
    "alert-firing": {
        "emergency.severity": (
            "WARNING",
            r"Emergency: expected none, got P4: Alerts: 1 firing: HighErrorRate \(portfolio-web, critical, "
            r"for 4\d min\); "
            r"[A-Z]\w+ [A-Z]\w+ \(\+[\d ]+\) sees to it by [A-Z][a-z]{2} 17:00",
        ),
        "emergency.stable": (
            "WARNING",
            r"Emergency: expected none at any look, got P4: Alerts: 1 firing: HighErrorRate "
            r"\(portfolio-web, critical, for 4\d min\)",
        ),
        f"{SLOW}.symptoms": (
            "CRITICAL",
            r"Alerts: expected none firing, got 1: HighErrorRate \(portfolio-web, critical, for 4\d min\)",
        ),
    },
    "homepage-error": {
        **emergency("CRITICAL", r"P1: Homepage: HTTP 500 in \d of \d samples, \d\.\d\d s"),
        # the looks themselves ask for the homepage, and each 500 is a line in the logs
        "daily.logs.http-errors": ("OK or WARNING", r"HTTP (errors by hour|5xx lately): .+"),
    },
    "response-very-slow": {
        **emergency("CRITICAL", r"P2: P95 response time: [678]\.\d\d s over 30 min \([\d,]+ requests\)"),
    },
    "health-degraded": {
        **emergency("WARNING", r"P3: API health: HTTP 200, degraded; image-worker degraded \([^)]+\)"),
    },
    "oncall-nobody": {
        "pre_maintenance.team-available": (
            "CRITICAL",
            r"On call in the window: expected two people, got nobody as secondary",
        ),
        "emergency.who-to-call": (
            "WARNING",
            r"Whom to call: expected somebody who can be reached at each step, got for a P1 "
            r"\(there is no emergency now\): [^;]+; then nobody as secondary at [^;]+; then .+",
        ),
    },
    "people-gone": {
        "emergency.stakeholders-notified": ("UNKNOWN", NO_LEDGER),
        "emergency.who-to-call": ("UNKNOWN", NO_ROSTER),
        "pre_maintenance.window": ("UNKNOWN", NO_LEDGER),
        "pre_maintenance.team-available": ("UNKNOWN", NO_ROSTER),
        **dict.fromkeys(TO_DO_AFTER, ("UNKNOWN", NO_LEDGER)),
    },
    "roster-damaged": {
        "emergency.who-to-call": (
            "UNKNOWN",
            r"On-call roster: rotations\.primary names zoe, who is not in people \(roster\.toml\)",
        ),
    },
    "maintenance-not-planned": {
        "pre_maintenance.window": (
            "CRITICAL",
            rf"Maintenance window: expected one that is ahead, got none; the last was {OVER}",
        ),
        **dict.fromkeys(
            ("pre_maintenance.team-available", "pre_maintenance.alerts-silenced"),
            ("UNKNOWN", rf"Maintenance: expected a maintenance window ahead, got {OVER}"),
        ),
    },
    "maintenance-unsigned": {
        "pre_maintenance.window": ("CRITICAL", UNSIGNED % r"pre_maintenance\.window"),
        "pre_maintenance.team-available": ("CRITICAL", UNSIGNED % r"pre_maintenance\.team-available"),
        **{item: ("CRITICAL", SIGNED_AFTER % (what, "none")) for item, what in TO_DO_AFTER.items()},
    },
    "maintenance-not-silenced": {
        "pre_maintenance.alerts-silenced": (
            "CRITICAL",
            r"Silences for the window: expected one on each alert that the work will set off, got "
            r"none on HighErrorRate",
        ),
    },
    "maintenance-silenced-long": {
        "pre_maintenance.alerts-silenced": (
            "WARNING",
            r"Silences for the window: expected none that outlasts it by more than 1 h, got the one on "
            r"HighErrorRate until .+ UTC",
        ),
    },
    "maintenance-slowed": {
        "post_maintenance.kpis-normal": (
            "WARNING",
            r"P95 response time: expected at most 2 s, got [34](\.\d+)? s over 4\d min \([\d,]+ requests\)",
        ),
    },
    "maintenance-just-over": {
        "post_maintenance.kpis-normal": (
            "UNKNOWN",
            r"Error rate: expected at least 100 requests in \d min( \d+ s)?, got \d{1,2}"
            r"(; what was seen gives .+)?",
        ),
        **{
            item: ("CRITICAL", SIGNED_AFTER % (what, r"one by Ada Novak on \S+, which expires in 48 h"))
            for item, what in TO_DO_AFTER.items()
        },
    },
    "backup-wrong-checksum": {
        "pre_maintenance.backup-verified": (
            "CRITICAL",
            r"Newest backup: expected what its manifest says, got \S+: an archive whose \S+ differs "
            r"from its sum in "
            r"manifest\.json",
        ),
    },
    "rollback-refused": {
        "pre_maintenance.rollback-plan": (
            "CRITICAL",
            r"Rollback: expected the platform to say that it is valid, got app_pinned: .+",
        ),
    },
    "alertmanager-gone": {
        "pre_maintenance.alerts-silenced": (
            "UNKNOWN",
            r"Alertmanager: expected an answer from https://localhost:\d+/api/v2/silences, got "
            r"connection refused .*",
        ),
    },
    "log-errors": {
        "post_maintenance.no-new-errors": (
            "CRITICAL",
            r"New errors since the maintenance: expected none, got 3 × image-worker: ERROR worker: .+",
        ),
    },
}
