"""What the checks say under the faults of alert rules, routes and silences."""

from __future__ import annotations

from tests.checks.expectations.phrases import REFUSED, SLOW


def _firing(name: str) -> dict[str, tuple[str, str]]:
    """An alert that has been firing for 42 minutes."""
    alert = rf"{name} \(portfolio-web, critical, for 4\d min\)"
    found = ("CRITICAL", f"Alerts: expected none firing, got 1: {alert}")
    return {
        "daily.alerts.none-pending": found,
        "emergency.severity": (
            "WARNING",
            rf"Emergency: expected none, got P4: Alerts: 1 firing: {alert}; "
            r"[A-Z]\w+ [A-Z]\w+ \(\+[\d ]+\) sees to it by [A-Z][a-z]{2} 17:00",
        ),
        "emergency.stable": ("WARNING", "Emergency: expected none in 3 observations, got P4 in the first"),
        f"{SLOW}.symptoms": found,
    }


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "alertmanager-gone": {
        "daily.alerts.none-pending": (  # the rules tell of the alert that always fires
            "UNKNOWN",
            rf"Alerts: expected an answer from \S+/api/v2/silences and an answer from \S+/api/v2/alerts, "
            rf"got {REFUSED}; partial result: none",
        ),
        "pre_maintenance.alerts-silenced": (
            "UNKNOWN",
            r"Alertmanager: expected an answer from https://localhost:\d+/api/v2/silences, got "
            r"connection refused .*",
        ),
        "monthly.dr.alerts": (
            "UNKNOWN",
            r"Alertmanager: expected an answer from https://localhost:\d+/api/v2/alerts, "
            r"got connection refused .*",
        ),
    },
    "alert-firing": _firing("HighErrorRate"),
    "alert-rule-deleted": {
        "daily.alerts.none-pending": (
            "WARNING",
            r"Alert rules: expected each that earlier runs have seen \(or its name in alertmanager\.rules_gone\), "
            r"got all but 1 that is kept without its name",
        ),
    },
    "alert-firing-in-grafana": _firing("ImagesPileUp"),
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
    "alert-rules-missing": {
        "daily.alerts.none-pending": (
            "UNKNOWN",
            r"Alerts: expected rules that alert, got none in Prometheus or Grafana; partial result: none",
        ),
    },
    "alert-rules-failing": {
        "daily.alerts.none-pending": (
            "UNKNOWN",
            r"Alerts: expected each of 6 alerting rules to be evaluated, got 5 that are not: HighErrorRate "
            r"\(health err: .+\), SlowResponses \(.+\), QueueGrowing \(.+\) and 2 more; partial result: none",
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
            r"Alerts: expected an Alertmanager that is ready, got one that is settling; partial result: none",
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
