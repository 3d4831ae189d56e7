"""What the faults of metrics and alerts make the checks say."""

from __future__ import annotations

from tests.checks.expectations.web import no_clock

KPIS = {
    "daily.kpi.availability": "Availability",
    "daily.kpi.response-time": "P95 response time",
    "daily.kpi.error-rate": "Error rate",
    "daily.kpi.image-success": "Image processing success",
}
REFUSED = r"got connection refused \(connect, after \S+ s\)"
PROBES = r"over 24 h \(2,\d\d\d probes\)"
REQUESTS = r"over 24 h \([\d,]+ requests\)"


def away(service: str, path: str) -> tuple[str, str]:
    """Nobody listens."""
    return "UNKNOWN", rf"{service}: expected an answer from https://localhost:\d+/{path}, {REFUSED}"


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "prometheus-gone": {
        **dict.fromkeys(KPIS, away("Prometheus", r"api/v1/query\?…")),
        "daily.dashboard.available": (
            "CRITICAL",
            r"Data source: expected an answer to Grafana, got HTTP 502",
        ),
        "daily.alerts.none-pending": away("Prometheus", "api/v1/alerts"),
        **no_clock("Prometheus"),
    },
    "grafana-gone": {"daily.dashboard.available": away("Grafana", "api/health")},
    "alertmanager-gone": {"daily.alerts.none-pending": away("Alertmanager", "api/v2/alerts")},
    "availability-low": {
        "daily.kpi.availability": (
            "CRITICAL",
            rf"Availability: expected at least 99\.5 %, got (96|97)\.?\d* % {PROBES} \(critical < 99 %\)",
        ),
    },
    "availability-dip": {
        "daily.kpi.availability": (
            "WARNING",
            rf"Availability: expected at least 99\.5 %, got 99\.[23]\d* % {PROBES}",
        ),
    },
    "response-slow": {
        "daily.kpi.response-time": (
            "WARNING",
            rf"P95 response time: expected at most 2 s, got 3\.[345]\d* s {REQUESTS}",
        ),
    },
    "response-very-slow": {
        "daily.kpi.response-time": (
            "CRITICAL",
            rf"P95 response time: expected at most 2 s, got 7\.\d+ s {REQUESTS} \(critical > 5 s\)",
        ),
    },
    "response-beyond-buckets": {
        "daily.kpi.response-time": (
            "CRITICAL",
            r"P95 response time: expected at most 2 s, got 10 s over 24 h \([\d,]+ requests, beyond the largest "
            r"bucket \(10 s\)\) \(critical > 5 s\)",
        ),
    },
    "buckets-short": {
        "daily.kpi.response-time": (
            "UNKNOWN",
            r"P95 response time: expected a value within its buckets, got one beyond the largest bucket \(1 s\), "
            r"as were [34]\d\.\d % of [\d,]+ requests",
        ),
    },
    "errors-high": {
        "daily.kpi.error-rate": (
            "CRITICAL",
            rf"Error rate: expected at most 1 %, got 8\.[23]\d* % {REQUESTS} \(critical > 5 %\)",
        ),
    },
    "errors-some": {
        "daily.kpi.error-rate": ("WARNING", rf"Error rate: expected at most 1 %, got 2\.[45]\d* % {REQUESTS}"),
    },
    "image-failures": {
        "daily.kpi.image-success": (
            "CRITICAL",
            r"Image processing success: expected at least 98 %, got 92\.[789]\d* % over 24 h \([\d,]+ images\)"
            r" \(critical < 95 %\)",
        ),
    },
    "metrics-stale": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Age of the newest sample: expected at most 5 min, got 4[4-9]\.?\d* min \(critical > 15 min\)",
        ),
    },
    "metrics-late": {
        "daily.dashboard.available": (
            "WARNING",
            r"Age of the newest sample: expected at most 5 min, got ([789]|1\d)\.?\d* min",
        ),
    },
    "metrics-silent": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Age of the newest sample: expected at most 5 min, got 4[4-9]\.?\d* min \(critical > 15 min\)",
        ),
    },
    "image-metrics-missing": {
        "daily.kpi.image-success": (
            "CRITICAL",
            r"Image processing success: expected at least 98 %, got 9[23]\.\d+ % over [\d,]+ images since "
            r"counting began \(critical < 95 %\)",
        ),
        "weekly.kpi.image-success": (
            "UNKNOWN",
            r"Image processing success: expected samples of at least 84 of the last 168 h, got samples of 0\.0 h",
        ),
    },
    "metrics-empty": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Data source: expected samples of the last day, got none",
        ),
        **{
            item: ("UNKNOWN", rf"{name}: expected samples of at least 12 of the last 24 h, got samples of 0\.0 h")
            for item, name in KPIS.items()
            if item != "daily.kpi.image-success"  # which Redis' counts stand in for
        },
    },
    "dashboard-missing": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Dashboard: expected Portfolio Overview in Grafana, got no dashboard of that title",
        ),
    },
    "datasource-missing": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Data source: expected an answer to Grafana, got HTTP 404: Unable to find datasource",
        ),
    },
    "alert-firing": {
        "daily.alerts.none-pending": (
            "CRITICAL",
            r"Alerts: expected none firing, got 1: HighErrorRate \(portfolio-web, critical, for 4\d min\)",
        ),
    },
    "alert-not-delivered": {
        "daily.alerts.none-pending": (
            "CRITICAL",
            r"Alerts: expected none firing, got 1: HighErrorRate \(portfolio-web, critical, for 4\d min, "
            r"not delivered to Alertmanager\)",
        ),
    },
    "alert-silenced-not-delivered": {
        "daily.alerts.none-pending": (
            "CRITICAL",
            r"Delivery of alerts: expected all that fires in Prometheus known to Alertmanager, got 1: "
            r"BackupJobSlow \(portfolio-web, critical, for 4\d min, not delivered to Alertmanager\)",
        ),
    },
    "alert-pending": {
        "daily.alerts.none-pending": (
            "WARNING",
            r"Alerts: expected none pending, got 1: QueueGrowing \(portfolio-web, warning, for \d min( \d+ s)?\)",
        ),
    },
}
