"""The monitoring API: app metrics as Prometheus matrices, alert policies, uptime checks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sandbox.app.answers import ApiError, Call, Json, get, not_found, paged, stamp
from sandbox.app.metrics import use
from sandbox.world.app import Component
from sandbox.world.app_history import identifier

DAYS_KEPT = 14
# Longest range in hours that is answered with a step of this many seconds.
STEPS = ((6, 60), (24, 120), (168, 900))
LONGEST_STEP = 3600
UPTIME_CHECK = identifier("uptime check")
REGIONS = ("us_east", "eu_west")


@get("/v2/monitoring/metrics/apps/cpu_percentage", "monitoring:read")
def cpu_percentage(call: Call) -> Json:
    newest = _end(call)
    return _matrix(call, lambda component, number, at: f"{use(component, number, 'cpu', at, newest):.15f}")


@get("/v2/monitoring/metrics/apps/memory_percentage", "monitoring:read")
def memory_percentage(call: Call) -> Json:
    newest = _end(call)
    return _matrix(call, lambda component, number, at: f"{use(component, number, 'memory', at, newest):.15f}")


@get("/v2/monitoring/metrics/apps/restart_count", "monitoring:read")
def restart_count(call: Call) -> Json:
    """Restarts are spread over the last day."""
    newest = _end(call)

    def restarts(component: Component, _number: int, at: float) -> str:
        share = 1 - (newest - at) / 86_400
        return str(round(component.restarts * min(max(share, 0.0), 1.0)))

    return _matrix(call, restarts)


@get("/v2/monitoring/alerts", "monitoring:read")
def list_alert_policies(call: Call) -> Json:
    """There are no droplets, so a policy has nothing to monitor."""
    return paged(call, "policies", [])


@get("/v2/uptime/checks", "uptime:read")
def list_uptime_checks(call: Call) -> Json:
    check = {
        "id": UPTIME_CHECK,
        "name": "Homepage",
        "type": "https",
        "target": f"https://{call.state.domain}",
        "regions": list(REGIONS),
        "enabled": True,
    }
    return paged(call, "checks", [check], single={"pages": {}})


@get("/v2/uptime/checks/{check_id}/state", "uptime:read")
def get_uptime_state(call: Call) -> Json:
    if call.path["check_id"] != UPTIME_CHECK:
        raise not_found()
    outage = call.state.previous_outage
    down = outage is not None and outage.ended is None
    changed = (outage.ended or outage.started) if outage else call.state.created_at
    state: Json = {
        "regions": {
            region: {
                "status": "DOWN" if down and outage and outage.region == region else "UP",
                "status_changed_at": stamp(changed),
                "thirty_day_uptime_percentage": 99.96 if outage and outage.region == region else 100.0,
            }
            for region in REGIONS
        }
    }
    if outage and outage.ended:
        state["previous_outage"] = {
            "region": outage.region,
            "started_at": stamp(outage.started),
            "ended_at": stamp(outage.ended),
            "duration_seconds": int((outage.ended - outage.started).total_seconds()),
        }
    return {"state": state}


def _matrix(call: Call, value: Callable[[Component, int, float], str]) -> Json:
    start, end = (_moment(call, name) for name in ("start", "end"))
    if not call.query.get("app_id"):
        raise ApiError(400, "bad_request", "app_id is required.")
    wanted = call.query.get("app_component")
    shown = not call.state.metrics_missing and call.query["app_id"] == call.state.app_id
    step = next((step for hours, step in STEPS if end - start <= hours * 3600), LONGEST_STEP)
    oldest = (call.now - timedelta(days=DAYS_KEPT)).timestamp()
    first = -(-max(start, oldest) // step) * step
    last = min(end, _end(call))
    moments = [int(first + index * step) for index in range(max(int((last - first) // step) + 1, 0))]
    if call.state.metrics_gap:
        begin, until = (call.now.timestamp() - 3600 * hours for hours in call.state.metrics_gap)
        moments = [moment for moment in moments if not begin <= moment < until]
    return {
        "status": "success",
        "data": {
            "resultType": "matrix",
            "result": [
                {
                    "metric": {
                        "app_component": component.name,
                        "app_component_instance": f"{component.name}-{number}",
                        "app_uuid": call.state.app_id,
                    },
                    "values": [[at, value(component, number, at)] for at in moments],
                }
                for component in call.state.components
                if shown and moments and wanted in (None, "", component.name)
                for number in range(max(component.ready, component.instances))
                if f"samples of {component.name}-{number}" not in call.state.left_out
            ],
        },
    }


def _end(call: Call) -> float:
    """Time of the newest sample."""
    return (call.now - call.state.metrics_age).timestamp()


def _moment(call: Call, name: str) -> float:
    text = call.query.get(name)
    try:
        return float(text or "")
    except ValueError:
        raise ApiError(400, "bad_request", f"{name} must be a UNIX timestamp.") from None
