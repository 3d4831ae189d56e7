"""Apps, their deployments, health, alerts, events and bandwidth."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.app.answers import ApiError, Call, Json, cut, get, not_found, paged, stamp, without_zeros
from sandbox.app.metrics import day_factor, latest
from sandbox.app.specs import spec_of
from sandbox.products import OPTIMIZER
from sandbox.world.app import Component, DigitalOceanState
from sandbox.world.app_history import Deployment, identifier

REGIONS = {"fra": ("Frankfurt", "germany", "Europe", "fra1"), "nyc": ("New York", "usa", "North America", "nyc1")}


@get("/v2/apps", "app:read")
def list_apps(call: Call) -> Json:
    return paged(call, "apps", [_app(call)], single={"pages": {}})


@get("/v2/apps/{app_id}", "app:read")
def get_app(call: Call) -> Json:
    require_app(call)
    return {"app": _app(call)}


@get("/v2/apps/{app_id}/deployments", "app:read")
def list_deployments(call: Call) -> Json:
    require_app(call)
    shown = [described(call.state, deployment) for deployment in call.state.deployments]
    return cut(call, "deployments", paged(call, "deployments", shown, single={"pages": {}}))


@get("/v2/apps/{app_id}/deployments/{deployment_id}", "app:read")
def get_deployment(call: Call) -> Json:
    _move(call.state, deployment_of(call), call.now)
    return {"deployment": described(call.state, deployment_of(call))}


@get("/v2/apps/{app_id}/health", "app:read")
def get_health(call: Call) -> Json:
    require_app(call)
    return {
        "app_health": {
            "components": [
                _health(call.state, component, call.now)
                for component in call.state.components
                if f"health of {component.name}" not in call.state.left_out
            ]
        }
    }


@get("/v2/apps/{app_id}/job-invocations", "app:read")
def list_job_invocations(call: Call) -> Json:
    require_app(call)
    wanted = call.query.getlist("job_names")
    active = call.state.active_deployment
    runs = [
        {
            "id": identifier(f"{job.name} {at}"),
            "job_name": job.name,
            "deployment_id": active.id if active else "",
            "phase": phase,
            "created_at": stamp(at),
            "started_at": stamp(at + timedelta(seconds=5)),
            **({} if phase in {"PENDING", "RUNNING"} else {"completed_at": stamp(at + timedelta(seconds=40))}),
            "trigger": {
                "type": "SCHEDULE",
                "scheduled": {"schedule": {"cron": f"{job.minute} * * * *", "time_zone": "Europe/Berlin"}},
            },
        }
        for job in call.state.jobs
        if not wanted or job.name in wanted
        for phase, at in job.runs(call.now)
    ]
    page = paged(call, "job_invocations", runs, single={"pages": {}})
    del page["meta"]  # as events
    return page


@get("/v2/apps/{app_id}/instances", "app:read")
def list_instances(call: Call) -> Json:
    require_app(call)
    return {
        "instances": [
            {
                "component_name": component.name,
                "instance_name": f"{component.name}-{identifier(component.name)[:8]}-{number:05x}",
                "instance_alias": f"{component.name}-{number}",
                "component_type": component.kind.removesuffix("s").upper(),
            }
            for component in call.state.components
            for number in range(component.ready)
        ]
    }


@get("/v2/apps/{app_id}/alerts", "app:read")
def list_alerts(call: Call) -> Json:
    require_app(call)
    rules: list[Json] = [
        {"rule": "DEPLOYMENT_FAILED"},
        {"rule": "DOMAIN_FAILED"},
        {"rule": "CPU_UTILIZATION", "operator": "GREATER_THAN", "value": 80.0, "window": "TEN_MINUTES"},
        {"rule": "MEM_UTILIZATION", "operator": "GREATER_THAN", "value": 80.0, "window": "TEN_MINUTES"},
        {"rule": "RESTART_COUNT", "operator": "GREATER_THAN", "value": 3.0, "window": "FIVE_MINUTES"},
    ]
    return {"alerts": [_alert(call.state, rule) for rule in rules]}


@get("/v2/apps/{app_id}/events", "app:read")
def list_events(call: Call) -> Json:
    require_app(call)
    wanted = set(call.query.getlist("event_types"))
    events = [
        {
            "id": identifier(f"event {deployment.id}"),
            "type": "DEPLOYMENT",
            "created_at": stamp(deployment.created_at),
            "deployment_id": deployment.id,
            "deployment": described(call.state, deployment),
        }
        for deployment in call.state.deployments
    ]
    events += [
        {
            "id": identifier(f"autoscaling {days}"),
            "type": "AUTOSCALING",
            "created_at": stamp(call.state.now - timedelta(days=days)),
            "autoscaling": {
                "phase": phase,
                "components": {call.state.product.called(OPTIMIZER): _scaled(*change)},
            },
        }
        for days, change, phase in call.state.scaled
    ]
    chosen = [event for event in events if not wanted or event["type"] in wanted]
    chosen.sort(key=lambda event: str(event["created_at"]), reverse=True)
    page = paged(call, "events", chosen, single={"pages": {}})
    del page["meta"]  # this listing has no total
    return page


@get("/v2/apps/{app_id}/metrics/bandwidth_daily", "app:read")
def daily_bandwidth(call: Call) -> Json:
    require_app(call)
    asked = call.query.get("date")
    try:
        day = datetime.fromisoformat(asked) if asked else call.now - timedelta(days=1)
    except ValueError:
        raise ApiError(400, "bad_request", "date must be a timestamp.") from None
    day = day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=call.now.tzinfo)
    months = (call.now - day).days / 30.4
    gib = call.state.bandwidth_gib / call.state.growth**months * day_factor(day)
    if call.now - day < timedelta(days=8):
        gib *= call.state.bandwidth_week
    size = round(gib * 2**30) if call.state.created_at <= day <= call.now else 0
    usage = [{"app_id": call.state.app_id, "bandwidth_bytes": str(size)}]
    if f"bandwidth {(call.now - day).days}" in call.state.left_out:
        usage = []
    return {"app_bandwidth_usage": usage, "date": stamp(day)}


def _move(state: DigitalOceanState, deployment: Deployment, now: datetime) -> None:
    """Advance by one phase; when it becomes active, the previous one is superseded."""
    left = state.moving.get(deployment.id)
    if not left:
        return
    phase = left.pop(0)
    if phase == "ACTIVE":
        before = state.active_deployment
        if before:
            before.phase = "SUPERSEDED"
    deployment.phase = phase
    deployment.ended_at = None if left else now


def deployment_of(call: Call) -> Deployment:
    """The deployment named in the path; 404 if there is none."""
    require_app(call)
    wanted = call.path["deployment_id"]
    for deployment in call.state.deployments:
        if deployment.id == wanted:
            return deployment
    raise not_found()


def require_app(call: Call) -> None:
    """404 for any other app."""
    if call.path["app_id"] != call.state.app_id:
        raise not_found()


def _scaled(before: int, after: int) -> Json:
    return {"from": before, "to": after, "triggering_metric": "cpu"}


def _app(call: Call) -> Json:
    state = call.state
    active, running = state.active_deployment, state.deployment_in_progress
    label, flag, continent, data_center = REGIONS[state.region]
    app: Json = {
        "id": state.app_id,
        "owner_uuid": identifier("team"),
        "spec": spec_of(state),
        "default_ingress": call.live_url,
        "created_at": stamp(state.created_at),
        "updated_at": stamp(
            max((d.ended_at or d.created_at for d in state.deployments), default=state.created_at)
        ),
        "last_deployment_created_at": stamp(state.deployments[0].created_at if state.deployments else None),
        "live_url": call.live_url,
        "live_url_base": call.live_url,
        "live_domain": call.live_url.removeprefix("https://"),
        "region": {
            "slug": state.region,
            "label": label,
            "flag": flag,
            "continent": continent,
            "data_centers": [data_center],
        },
        "tier_slug": state.tier,
        "project_id": identifier("project"),
        "domains": [
            {
                "id": identifier("domain"),
                "phase": state.domain_phase,
                "spec": {"domain": state.domain, "type": "PRIMARY", "minimum_tls_version": "1.2"},
                "certificate_expires_at": stamp(state.certificate_expires_at),
            }
        ],
    }
    if state.addresses is not None:
        app["dedicated_ips"] = [
            {"ip": ip, "id": identifier(f"address {ip}"), "status": status}
            for ip, status in state.addresses.items()
        ]
    if active:
        app["active_deployment"] = described(state, active)
    if running:
        app["in_progress_deployment"] = described(state, running)
    if active and state.pinned:
        app["pinned_deployment"] = described(state, active)
    return app


def described(state: DigitalOceanState, deployment: Deployment) -> Json:
    shown: Json = {
        "id": deployment.id,
        "spec": spec_of(state),
        "phase": deployment.phase,
        "cause": deployment.cause,
        "cause_details": {"type": deployment.cause_type},
        "created_at": stamp(deployment.created_at),
        "updated_at": stamp(deployment.ended_at or deployment.created_at),
        "phase_last_updated_at": stamp(deployment.ended_at),
        "progress": _progress(deployment),
        "tier_slug": state.tier,
    }
    for component in state.components:
        shown.setdefault(component.kind, []).append(
            {"name": component.name, "source_commit_hash": deployment.commit}
        )
    if state.jobs:
        shown["jobs"] = [{"name": job.name, "source_commit_hash": deployment.commit} for job in state.jobs]
    if state.static_sites:
        shown["static_sites"] = [
            {"name": name, "source_commit_hash": deployment.commit} for name in state.static_sites
        ]
    return shown


def _progress(deployment: Deployment) -> Json:
    """Two steps with three sub-steps each; a failed one has a reason."""
    began = deployment.created_at
    built = began + ((deployment.ended_at or began + timedelta(minutes=4)) - began) * 0.7
    failed = deployment.phase == "ERROR"
    in_build = failed and bool(deployment.reason and deployment.reason[0].startswith("Build"))
    status = {
        "PENDING_BUILD": ("PENDING", "PENDING"),
        "BUILDING": ("RUNNING", "PENDING"),
        "PENDING_DEPLOY": ("SUCCESS", "PENDING"),
        "DEPLOYING": ("SUCCESS", "RUNNING"),
        "CANCELED": ("SUCCESS", "PENDING"),
        "ERROR": ("ERROR", "PENDING") if in_build else ("SUCCESS", "ERROR"),
    }.get(deployment.phase, ("SUCCESS", "SUCCESS"))
    steps: list[Any] = [
        _step("build", status[0], began, built, deployment),
        _step("deploy", status[1], built, deployment.ended_at, deployment),
    ]
    counts = {
        "success_steps": 3 * status.count("SUCCESS"),
        "pending_steps": 3 * status.count("PENDING"),
        "running_steps": status.count("RUNNING"),
        "error_steps": status.count("ERROR"),
    }
    return {**without_zeros(counts), "total_steps": 6, "steps": steps}


def _step(name: str, status: str, began: datetime, ended: datetime | None, deployment: Deployment) -> Json:
    step: Json = {"name": name, "status": status, "steps": [{"name": "components", "status": status}]}
    if status != "PENDING":
        step["started_at"] = stamp(began)
    if status in {"SUCCESS", "ERROR"}:
        step["ended_at"] = stamp(ended)
    if status == "ERROR" and deployment.reason:
        code, message = deployment.reason
        step["reason"] = {"code": code, "message": message}
        step["steps"][0]["reason"] = {"code": code, "message": message}
    return step


def _health(state: DigitalOceanState, component: Component, now: datetime) -> Json:
    return without_zeros(
        {
            "name": component.name,
            "state": component.state,
            "replicas_desired": component.instances,
            "replicas_ready": component.ready,
            "cpu_usage_percent": latest(component, "cpu", now) if component.ready else 0,
            "memory_usage_percent": latest(component, "memory", now) if component.ready else 0,
        }
    )


def _alert(state: DigitalOceanState, rule: Json) -> Json:
    created = stamp(state.created_at)
    return {
        "id": identifier(f"alert {rule['rule']}"),
        "spec": rule,
        "emails": ["ops@portfolio.example"],
        "phase": "ACTIVE",
        "progress": {
            "steps": [
                {"name": "configure", "status": "SUCCESS", "started_at": created, "ended_at": created},
            ]
        },
    }
