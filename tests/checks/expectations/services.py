"""What the checks say under the faults of a whole service on which several subjects depend."""

from __future__ import annotations

from playbook.core.wording import clause_of
from tests.checks.expectations.phrases import (
    CAPACITY,
    CERTIFICATE,
    EXHAUSTED,
    FAILING,
    GOT_REFUSED,
    KPIS,
    LOG_ITEMS,
    MONTH_ITEMS,
    REFUSED,
    SLOW,
    STORAGE,
    WEEK_KPIS,
    away,
    dead_link,
    emergency_unknown,
    no_clock,
    without_logs,
)

DO_ITEMS = (
    "daily.app.active",
    "daily.app.components",
    "daily.app.profile",
    "daily.deployments.recent",
    "daily.kpi.utilization",
)


def no_digitalocean(found: str) -> dict[str, tuple[str, str]]:
    """The whole API is away: what is measured through it, and the logs, which it leads to."""
    message = rf"DigitalOcean API: expected the \S.*, got {found}"
    return dict.fromkeys((*DO_ITEMS, *LOG_ITEMS), ("UNKNOWN", message))


NO_DIGITALOCEAN = rf"DigitalOcean API: expected the \S.* from localhost:\d+, {GOT_REFUSED}"
NO_GRAFANA_ALERTS = (
    rf"expected an answer from https://localhost:\d+/api/prometheus/grafana/api/v1/alerts\?…, {GOT_REFUSED}"
)
NOT_KNOWN = (
    r"expected P95 response time(, error rate and alerts| and error rate) to be known"
    r"( and an answer from https://localhost:\d+/api/v1/alerts)?, got .+"
)
NO_PROMETHEUS = (
    r"Prometheus: expected an answer from https://localhost:\d+/api/v1/query(?:\?…)?, got connection refused .*"
)
THROUGH_DIGITALOCEAN = (
    "weekly.deployments.failed",
    "weekly.scaling.fits",
    "monthly.cost.balance",
    "monthly.cost.invoices",
    "monthly.cost.trend",
    "monthly.config.firewall",
    "monthly.dr.rollback",
    "monthly.dr.rollback-drill",
    "monthly.access.permissions",
    "monthly.access.unused-accounts",
)


def digitalocean_away(got: str) -> dict[str, tuple[str, str]]:
    """The whole DigitalOcean API is digitalocean_away."""
    return dict.fromkeys(THROUGH_DIGITALOCEAN, ("UNKNOWN", rf"DigitalOcean API: expected the \S.*, got {got}"))


NO_API = r"DigitalOcean API: expected the app from localhost:\d+, got connection refused \(connect, after \S+ s\)"
NO_SPEC = "expected the app spec, which names every component"
DATABASES = ("daily.databases.healthy", "weekly.databases.upkeep")


def no_database(got: str) -> tuple[str, str]:
    """What is said where the API does not answer."""
    return ("UNKNOWN", rf"DigitalOcean API: expected the database cluster \S+ .+, got {got}.*")


WEEK_USE = ("weekly.resources.cpu", "weekly.resources.memory-growth", "weekly.resources.network")
AWAY = away("Prometheus", r"api/v1/query(?:\?…)?")

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "digitalocean-gone": {
        **no_digitalocean(r"connection refused \(connect, after \d\.\d+ s\)"),
        **emergency_unknown(
            r"expected app and components to be known, got nothing from the DigitalOcean API: .+", "( and .+)?"
        ),
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
        "pre_maintenance.backup-verified": (
            "UNKNOWN",
            r"Backups: expected the backups of the managed databases, got connection "
            r"refused \(.+\); partial result: .+",
        ),
        f"{FAILING}.dependencies": (
            "UNKNOWN",
            r"Dependencies: expected the managed databases, got nothing from the DigitalOcean API: "
            r"connection refused \(.+\); partial result: .+",
        ),
        "optimization.costs.instances": ("UNKNOWN", NO_DIGITALOCEAN),
        "optimization.costs.off-peak": ("UNKNOWN", NO_DIGITALOCEAN),
        "optimization.costs.logs": ("UNKNOWN", NO_DIGITALOCEAN),
        **digitalocean_away(r"connection refused \(connect, after \d\.\d+ s\)"),
        CERTIFICATE: (
            "UNKNOWN",
            rf"Certificates: expected the app's domains from DigitalOcean, got {clause_of(NO_API)}; "
            rf"partial result: .+",
        ),
        **without_logs(NO_API),
        **dict.fromkeys(DATABASES, no_database(r"connection refused \(connect, after")),
        **dict.fromkeys(
            (*WEEK_USE, CAPACITY[2]),
            ("UNKNOWN", rf"DigitalOcean API: expected the \S.*, got {REFUSED}"),
        ),
        CAPACITY[1]: (
            "UNKNOWN",
            rf"Requests at a spike: expected the app's spec, got {clause_of(NO_API)}; partial result: .+",
        ),
        **dict.fromkeys(
            (STORAGE, CAPACITY[0]), ("UNKNOWN", rf".+: {NO_SPEC}, got {clause_of(NO_API)}; partial.+")
        ),
    },
    "digitalocean-unauthorized": {
        **no_digitalocean(r"HTTP 401 unauthorized \(Unable to authenticate you\)"),
        "daily.databases.healthy": no_database("HTTP 401 unauthorized"),
    },
    "digitalocean-denied": {
        **no_digitalocean(
            r"HTTP 403 forbidden \(You are not authorized to perform this operation\): "
            r"the token needs the scope [a-z_]+:[a-z]+"
        ),
        "daily.databases.healthy": no_database("HTTP 403 forbidden"),
    },
    "digitalocean-throttled": {
        **no_digitalocean(
            r"HTTP 429 too_many_requests \(API rate limit exceeded\); the next request may be sent in 27 s"
        ),
        "daily.databases.healthy": no_database("HTTP 429 too_many_requests"),
    },
    "digitalocean-broken": {
        **no_digitalocean(r"HTTP 500 server_error \(Unexpected server-side error\)"),
        "daily.databases.healthy": no_database("HTTP 500 server_error"),
    },
    "digitalocean-garbage": {
        **no_digitalocean(r"text/html; charset=utf-8: '<!doctype html><title>Just a moment.*"),
        "daily.databases.healthy": no_database(r"\d+ bytes that are not JSON"),
    },
    "prometheus-gone": {
        **dict.fromkeys(KPIS, away("Prometheus", r"api/v1/query(?:\?…)?")),
        "daily.dashboard.available": (
            "CRITICAL",
            r"Data source: expected an answer to Grafana, got HTTP 502",
        ),
        "daily.alerts.none-pending": (
            "UNKNOWN",
            rf"Alerts: expected an answer from https://localhost:\d+/api/v1/alerts, {GOT_REFUSED}; "
            r"partial result: none",
        ),
        **no_clock("Prometheus"),
        "post_maintenance.kpis-normal": ("UNKNOWN", NO_PROMETHEUS),
        **emergency_unknown(NOT_KNOWN),
        f"{FAILING}.symptoms": ("UNKNOWN", NO_PROMETHEUS),
        f"{SLOW}.symptoms": ("UNKNOWN", NO_PROMETHEUS),
        **dict.fromkeys((*WEEK_KPIS, *MONTH_ITEMS[:2]), AWAY),
        **dict.fromkeys((MONTH_ITEMS[2], *CAPACITY[:2]), away("Prometheus", r"api/v1/query_range(?:\?…)?")),
        STORAGE: away("Prometheus", r"api/v1/query_range(?:\?…)?"),
    },
    "grafana-gone": {
        "daily.dashboard.available": away("Grafana", "api/health"),
        "daily.alerts.none-pending": ("UNKNOWN", rf"Alerts: {NO_GRAFANA_ALERTS}; partial result: none"),
        f"{SLOW}.symptoms": (
            "UNKNOWN",
            rf"P95 response time: {NO_GRAFANA_ALERTS}; partial result: \S+ s over 1 h \([\d,]+ requests\)",
        ),
        **emergency_unknown(NO_GRAFANA_ALERTS, "( and .+)?"),
        **dead_link("links.grafana"),
    },
}
