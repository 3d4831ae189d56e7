"""What the faults of metrics and alerts make the checks say."""

from __future__ import annotations

from tests.checks.expectations.web import no_clock

KPIS = {
    "daily.kpi.availability": "Availability",
    "daily.kpi.response-time": "P95 response time",
    "daily.kpi.error-rate": "Error rate",
    "daily.kpi.image-success": "Image processing success",
}
LEAST = dict.fromkeys(KPIS, r"21\.6") | {"daily.kpi.availability": r"22\.8"}
REFUSED = r"got connection refused \(connect, after \S+ s\)"
PROBES = r"over 24 h \(2,\d\d\d probes\)"
REQUESTS = r"over 24 h \([\d,]+ requests\)"


PARTIAL = (
    r"expected a whole answer, got one with the warning 'remote_read: error sending request: 10\.0\.0\.7:9201: "
    r"connection refused'; what was seen gives .+"
)


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
        "daily.alerts.none-pending": (
            "UNKNOWN",
            rf"Alerts: expected an answer from https://localhost:\d+/api/v1/alerts, {REFUSED}; "
            r"what was seen gives none",
        ),
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
            r"as were [34]\d\.\d % of [\d,]+ requests; what was seen gives 1 s over 24 h \([\d,]+ requests, "
            r"beyond the largest bucket \(1 s\)\)",
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
            r"Image processing success: expected at least 98 %, got 9[23]\.\d+ % over 24 h \([\d,]+ images\) "
            r"\(critical < 95 %\)",
        ),
        "weekly.kpi.image-success": (
            "UNKNOWN",
            r"Image processing success: expected samples of at least 151\.2 of 168 h, got samples of 0 h",
        ),
    },
    "metrics-empty": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Data source: expected samples of the last day, got none",
        ),
        **{
            item: ("UNKNOWN", rf"{name}: expected samples of at least {LEAST[item]} of 24 h, got samples of 0 h")
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
            r"Delivery of alerts: expected every alert that fires in Prometheus to reach Alertmanager, got 1: "
            r"BackupJobSlow \(portfolio-web, critical, for 4\d min, not delivered to Alertmanager\)",
        ),
    },
    "alert-pending": {
        "daily.alerts.none-pending": (
            "WARNING",
            r"Alerts: expected none pending, got 1: QueueGrowing \(portfolio-web, warning, for \d min( \d+ s)?\)",
        ),
    },
    "website-down": {
        "daily.kpi.availability": (
            "CRITICAL",
            rf"Availability: expected at least 99\.5 %, got 9[67](\.\d+)? % {PROBES} \(critical < 99 %\)",
        ),
    },
    "probe-missing": {
        "daily.kpi.availability": (
            "UNKNOWN",
            r"Availability: expected samples of at least 22\.8 of 24 h, got samples of 0 h",
        ),
    },
    "metrics-gap": {
        item: (
            "UNKNOWN",
            rf"{name}: expected samples of at least {LEAST[item]} of 24 h, got samples of 13(\.\d)? h; "
            r"what was seen gives .+ over 24 h \([\d,]+ [a-z]+\)",
        )
        for item, name in KPIS.items()
    },
    "errors-born": {
        "daily.kpi.error-rate": (
            "CRITICAL",
            rf"Error rate: expected at most 1 %, got 1[0-3]\.\d+ % {REQUESTS} \(critical > 5 %\)",
        ),
    },
    "metrics-partial": {
        **{item: ("UNKNOWN", f"{name}: {PARTIAL}") for item, name in KPIS.items()},
        "daily.dashboard.available": ("UNKNOWN", f"Grafana: {PARTIAL}"),
    },
    "dashboard-twice": {
        "daily.dashboard.available": (
            "UNKNOWN",
            r"Grafana: expected one dashboard Portfolio Overview, got 2 of that title; what was seen gives "
            r"12\.3\.0, database ok",
        ),
    },
    "alert-rules-missing": {
        "daily.alerts.none-pending": (
            "UNKNOWN",
            r"Alerts: expected rules that alert, got none in Prometheus or Grafana; what was seen gives none",
        ),
    },
    "alert-rules-failing": {
        "daily.alerts.none-pending": (
            "UNKNOWN",
            r"Alerts: expected each of 6 alerting rules to be evaluated, got 5 that are not: HighErrorRate "
            r"\(health err: .+\), SlowResponses \(.+\), QueueGrowing \(.+\) and 2 more; what was seen gives none",
        ),
    },
    "watchdog-silent": {
        "daily.alerts.none-pending": (
            "CRITICAL",
            r"Delivery of alerts: expected every alert that fires in Prometheus to reach Alertmanager, got 1: "
            r"Watchdog \(prometheus, none, for 9 d, not delivered to Alertmanager\)",
        ),
    },
    "alertmanager-settling": {
        "daily.alerts.none-pending": (
            "UNKNOWN",
            r"Alerts: expected an Alertmanager that is ready, got one that is settling; what was seen gives none",
        ),
    },
    "silence-without-end": {
        "daily.alerts.none-pending": (
            "WARNING",
            r"Silences: expected none that matches every alert or lasts over 30 days, got 1: "
            r'alertname="BackupJobSlow" until 20\d\d-\d\d-\d\d \d\d:\d\d UTC',
        ),
    },
}
