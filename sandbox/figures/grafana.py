"""Grafana's API: health, search, the dashboard, its data source, and alert instances.

According to https://grafana.com/docs/grafana/latest/developers/http_api/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.alerts import alertmanager
from sandbox.figures.api import rule_groups

if TYPE_CHECKING:
    from sandbox.world import World
    from sandbox.world.alerts import AlertState

DATASOURCE = "prometheus"
LOGS = "loki"
DASHBOARD = "portfolio-overview"
DASHBOARD_V2 = "portfolio-overview-v2"  # the same, stored in the schema that the old API does not support
PATH_V2 = f"dashboard.grafana.app/v2beta1/namespaces/default/dashboards/{DASHBOARD_V2}"
VERSION = "12.3.0"

HEALTH = {"database": "ok", "version": VERSION, "commit": "20051fb1fc604fc54aae76356da1c14612af41d0"}
Content = tuple[Any, int]
UNAUTHORIZED: Content = ({"message": "Unauthorized", "messageId": "auth.unauthorized", "statusCode": 401}, 401)
NO_DATASOURCE: Content = ({"message": "Data source not found", "traceID": ""}, 404)
NO_PROXY: Content = ({"message": "Unable to find datasource", "traceID": ""}, 404)
NO_DASHBOARD: Content = ({"message": "Dashboard not found", "traceID": ""}, 404)
LOGS_WELL: Content = ({"message": "Data source successfully connected.", "status": "OK"}, 200)
LOGS_AWAY: Content = ({"message": "Unable to connect with Loki", "status": "ERROR"}, 400)
NOTHING: Content = ({"message": "Not found", "traceID": ""}, 404)

PANELS = {
    "Requests": "sum by (component) (rate(http_requests_total[5m]))",
    "P95 response time": "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
    "Errors": 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
    "Images": "sum by (result) (rate(image_optimizations_total[5m]))",
    "CPU": "max by (component) (container_cpu_usage_percent)",
}
STATES = {"firing": "Alerting", "pending": "Pending"}


def answer(world: World, now: datetime, path: str, query: Mapping[str, str]) -> Content:  # noqa: PLR0911 - one for each path
    """Body and status below ``/api/``."""
    if path == "search":
        return _search(world, query), 200
    if path == f"dashboards/uid/{DASHBOARD}" and world.metrics.dashboard:
        return _dashboard(world.metrics.dashboard), 200
    if path == f"dashboards/uid/{DASHBOARD_V2}":
        return {"message": f"dashboard api version not supported, use /apis/{PATH_V2} instead"}, 406
    if path.startswith("dashboards/uid/"):
        return NO_DASHBOARD
    if path == f"datasources/uid/{DATASOURCE}" and world.metrics.datasource:
        return _datasource(), 200
    if path == f"datasources/uid/{LOGS}/health":
        return LOGS_AWAY if world.metrics.log_store_away else LOGS_WELL
    if path.startswith("datasources/uid/"):
        return NO_DATASOURCE
    if path == "prometheus/grafana/api/v1/alerts":
        internal = query.get("includeInternalLabels", "").lower() in {"1", "t", "true"}
        return {"status": "success", "data": {"alerts": _alerts(world, internal)}}, 200
    if path == "prometheus/grafana/api/v1/rules":
        own = replace(world.alerts, alerts=[*world.alerts.alerts, *world.alerts.in_grafana])
        return {"status": "success", "data": rule_groups(own, now, partial(_alert, internal=False))}, 200
    if path == "alertmanager/grafana/api/v2/silences":
        return alertmanager.silences(world.alerts, now), 200
    if path == "alertmanager/grafana/config/api/v1/receivers":
        return _contact_points(now), 200
    return NOTHING


def _contact_points(now: datetime) -> list[dict[str, Any]]:
    attempt = {
        "lastNotifyAttempt": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "lastNotifyAttemptDuration": "48ms",
    }
    return [
        {
            "name": alertmanager.RECEIVER,
            "active": True,
            "integrations": [{"name": "webhook[0]", "sendResolved": True, **attempt}],
        }
    ]


def _search(world: World, query: Mapping[str, str]) -> list[dict[str, Any]]:
    title = world.metrics.dashboard
    wanted = query.get("query", "").lower()
    if not title or wanted not in title.lower() or query.get("type", "dash-db") != "dash-db":
        return []
    return [
        {
            "id": number,
            "uid": DASHBOARD if number == 1 else f"{DASHBOARD}-{number}",
            "title": title,
            "uri": f"db/{DASHBOARD}",
            "url": f"/d/{DASHBOARD}/{DASHBOARD}",
            "slug": "",
            "type": "dash-db",
            "tags": ["portfolio"],
            "isStarred": False,
            "folderUid": f"folder-{number}",
            "folderTitle": "Portfolio" if number == 1 else f"Copies {number}",
            "sortMeta": 0,
        }
        for number in range(1, world.metrics.dashboards + 1)
    ]


def _dashboard(title: str) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": DATASOURCE}
    panels = [
        {
            "id": number,
            "type": "timeseries",
            "title": name,
            "datasource": source,
            "targets": [{"refId": "A", "datasource": source, "expr": expression}],
        }
        for number, (name, expression) in enumerate(PANELS.items(), 1)
    ]
    logs = {"type": "loki", "uid": LOGS}
    panels.append({"id": len(panels) + 1, "type": "logs", "title": "Errors in the logs", "datasource": logs})
    return {
        "meta": {"type": "db", "slug": DASHBOARD, "url": f"/d/{DASHBOARD}/{DASHBOARD}", "canEdit": False},
        "dashboard": {"id": 1, "uid": DASHBOARD, "title": title, "schemaVersion": 42, "panels": panels},
    }


def answer_v2(world: World, path: str) -> Content:
    """Body and status below ``/apis/``."""
    if path != PATH_V2 or not world.metrics.dashboard:
        return {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}, 404
    elements = {}
    for number, (name, text) in enumerate(PANELS.items(), 1):
        data = {"kind": "QueryGroup", "spec": {"queries": [_query(text)]}}
        elements[f"panel-{number}"] = {"kind": "Panel", "spec": {"id": number, "title": name, "data": data}}
    return {
        "kind": "Dashboard",
        "apiVersion": "dashboard.grafana.app/v2beta1",
        "metadata": {"name": DASHBOARD_V2, "namespace": "default"},
        "spec": {"title": world.metrics.dashboard, "elements": elements, "variables": []},
    }, 200


def _query(expression: str) -> dict[str, Any]:
    query = {
        "kind": "DataQuery",
        "group": "prometheus",
        "version": "v0",
        "datasource": {"name": DATASOURCE},
        "spec": {"expr": expression},
    }
    return {"kind": "PanelQuery", "spec": {"refId": "A", "hidden": False, "query": query}}


def _datasource() -> dict[str, Any]:
    return {
        "id": 1,
        "uid": DATASOURCE,
        "orgId": 1,
        "name": "Prometheus",
        "type": "prometheus",
        "access": "proxy",
        "isDefault": True,
        "readOnly": True,
        "jsonData": {"httpMethod": "POST"},
    }


def _alerts(world: World, internal: bool) -> list[dict[str, Any]]:
    shown = [_alert(alert, internal) for alert in (*world.alerts.alerts, *world.alerts.in_grafana)]
    # Instances of rules that do not fire are listed too, as Normal.
    calm = {"alertname": "HighErrorRate", "grafana_folder": "Portfolio", "severity": "critical"}
    shown.append({"labels": calm, "annotations": {}, "state": "Normal", "activeAt": None, "value": ""})
    return shown


def _alert(alert: AlertState, internal: bool) -> dict[str, Any]:
    hidden = {"__alert_rule_uid__": alert.name.lower(), "__alert_rule_namespace_uid__": "portfolio"}
    return {
        "labels": alert.labels | {"grafana_folder": "Portfolio"} | (hidden if internal else {}),
        "annotations": {"summary": alert.summary},
        "state": STATES[alert.state],
        "activeAt": alert.started.isoformat().replace("+00:00", "Z"),
        "value": f"{alert.value:e}",
    }
