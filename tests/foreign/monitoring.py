"""Monitoring systems with canned answers, and the resulting verdicts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from playbook.clients.alertmanager import Alertmanager, RuleAlerts
from playbook.clients.answer import Answer
from playbook.clients.grafana import Grafana
from playbook.clients.http import HttpClient
from playbook.clients.prometheus import Prometheus
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import Unmeasured
from playbook.core.judge import Judge
from playbook.core.verdict import Critical
from playbook.measure.alerts.alerts import alerts
from playbook.measure.figures.kpis import availability
from playbook.settings.loading import load
from tests.judged import check, judged

NOW = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
UNKNOWN = "UNKNOWN"
SETTINGS = load("production", environment={"PRODUCTION_URL": "https://portfolio.example"})
NO_SERIES = {"status": "success", "data": {"resultType": "vector", "result": []}}


@dataclass
class Http:
    """Answers each path with a status and a body; a text verbatim, anything else as JSON."""

    answers: Mapping[str, Any]
    service: str = "Prometheus"
    base_url: str = "http://monitoring.example"
    asked: list[str] = field(default_factory=list)

    def get(self, path: str, parameters: Mapping[str, Any] | None = None, *, retry: str = "") -> Answer:
        """Like ``HttpClient``."""
        path = self._path(path, parameters or {})
        self.asked.append(path)
        found = self.answers.get(
            path, NO_SERIES if path in ("standing", "falling", "untold") else (404, "404 page not found")
        )
        status, content = found if isinstance(found, tuple) else (200, found)
        body = content if isinstance(content, str) else json.dumps(content)
        return Answer(self.service, status, {"content-type": "application/json"}, body.encode(), self.base_url)

    def ask(self, path: str, form: Mapping[str, Any]) -> Answer:
        """Like ``HttpClient``."""
        return self.get(path, form)

    def _path(self, path: str, parameters: Mapping[str, Any]) -> str:
        query = str(parameters.get("query", ""))
        if not path.endswith("/query"):
            return path
        for words, name in (
            ("alertmanager_notifications", "refused"),
            ("_config_last_reload_successful", "not loaded"),
            ("[3h])) == 0", "standing"),
            ("> 12)", "falling"),
            ("[1h] offset 1d", "untold"),
            ("[1h])) >= 20", "untold"),
            ("count_over_time(count(", "looks"),
            ("sum_over_time(up{", "scraped"),
            ("count by (job", "series"),
            ("sum_over_time(up[", "scraped series"),
            ("100 *", "value"),
            ('status!~"', "unknown"),
        ):
            if words in query:
                return name
        return "count"


def vector(value: str, labels: Mapping[str, str] | None = None, time: float | None = None) -> dict[str, Any]:
    """An envelope with one number."""
    row = {"metric": dict(labels or {}), "value": [NOW.timestamp() if time is None else time, value]}
    return {"status": "success", "data": {"resultType": "vector", "result": [row]}}


def probes(**answers: Any) -> dict[str, Any]:
    """Answers about a day's probes of one website, of which all but one of 2,880 succeeded."""
    return {
        "value": vector("99.965"),
        "count": vector("2880"),
        "looks": vector("288"),
        "series": vector("2", {"job": "blackbox", "instance": "https://portfolio.example"}),
        **answers,
    }


def verdict_on_availability(answers: Mapping[str, Any]) -> tuple[str, str]:
    """The check's verdict and message for these answers."""
    store = Prometheus(cast(HttpClient, Http(answers)))
    judge = Judge()
    try:
        kpi = availability(store, SETTINGS, FixedClock(NOW))
    except Unmeasured as error:
        return UNKNOWN, str(error)
    judge.add_coverage("availability", kpi.coverage)
    with suppress(Critical):
        judge(kpi.reading, SETTINGS.limits.availability)
    assert judge.leading
    return str(judge.leading.verdict), judge.leading.message


def verdict_on_alerts(
    *,
    alertmanager: Mapping[str, Any] | None = None,
    prometheus: Mapping[str, Any] | None = None,
    grafana: Mapping[str, Any] | None = None,
    no_data_is_normal: tuple[str, ...] = (),
) -> tuple[str, str]:
    """The check's verdict and message for these answers."""

    def http(answers: Mapping[str, Any], service: str) -> HttpClient:
        return cast(HttpClient, Http(answers, service))

    board = Grafana(http(grafana, "Grafana"), SETTINGS) if grafana is not None else None
    rules = RuleAlerts(board, no_data_is_normal=no_data_is_normal) if board else None
    if prometheus is not None:
        rules = RuleAlerts(Prometheus(http(prometheus, "Prometheus")), board, no_data_is_normal)
    source: Any = rules
    if alertmanager is not None:
        source = Alertmanager(http(alertmanager, "Alertmanager"), rules, "Add prometheus.url")
    try:
        found = alerts(source, SETTINGS, FixedClock(NOW), Earlier())
    except Unmeasured as error:
        return UNKNOWN, str(error)
    verdict, message = judged(check("test_alerts", "test_no_alert_is_firing_or_pending"), alerts=found)
    return str(verdict), message


def rule(name: str = "HighErrorRate", **changes: Any) -> dict[str, Any]:
    """An alerting rule without a result, as Prometheus 2.42 lists it."""
    return {
        "state": "inactive",
        "name": name,
        "query": "job:errors:rate5m > 0.05",
        "duration": 300,
        "labels": {"severity": "critical"},
        "annotations": {"summary": "Many requests fail"},
        "alerts": [],
        "health": "ok",
        "evaluationTime": 0.000412,
        "lastEvaluation": "2026-06-15T07:59:41.123456789Z",
        "type": "alerting",
        **changes,
    }


def groups(*rules: Any, **more: Any) -> dict[str, Any]:
    """The answer that lists them in one group."""
    group = {
        "name": "portfolio",
        "file": "/etc/prometheus/rules/portfolio.yml",
        "rules": list(rules),
        "interval": 60,
        "limit": 0,
        "evaluationTime": 0.0017,
        "lastEvaluation": "2026-06-15T07:59:41.123456789Z",
    }
    return {"status": "success", "data": {"groups": [group]}, **more}


def of_rules(*found: Any, path: str = "api/v1") -> dict[str, Any]:
    """Alerts of rules, and the rules."""
    return {
        f"{path}/alerts": {"status": "success", "data": {"alerts": list(found)}},
        f"{path}/rules": groups(rule()),
    }
