"""How the API describes the sandbox's app: its spec, component by component."""

from __future__ import annotations

from sandbox.app.answers import (
    Json,
)
from sandbox.products import HEALTH, IMAGE_HEALTH, OPTIMIZER
from sandbox.world.app import Component, DigitalOceanState, Job


def spec_of(state: DigitalOceanState) -> Json:
    spec: Json = {
        "name": state.app_name,
        "region": state.region,
        "domains": [{"domain": state.domain, "type": "PRIMARY", "minimum_tls_version": "1.2"}],
    }
    if state.offline:
        spec["maintenance"] = {"enabled": True, **({"archive": True} if state.offline == "archive" else {})}
    for component in state.components:
        spec.setdefault(component.kind, []).append(_component_spec(state, component))
    if state.static_sites:
        spec["static_sites"] = [_static_site_spec(state, name) for name in state.static_sites]
    if state.jobs:
        spec["jobs"] = [_job_spec(state, job) for job in state.jobs]
    if state.addresses is not None:
        spec["egress"] = {"type": "DEDICATED_IP"}
    if state.databases:
        spec["databases"] = [
            {
                "name": database.name.removeprefix(f"{state.app_name}-"),
                "engine": database.engine.upper(),
                "version": database.version,
                "production": True,
                "cluster_name": database.name,
            }
            for database in state.databases
        ]
    return spec


def _static_site_spec(state: DigitalOceanState, name: str) -> Json:
    return {
        "name": name,
        "github": {"repo": state.repository, "branch": "main", "deploy_on_push": True},
        "environment_slug": "hugo",
        "output_dir": "/public",
        "routes": [{"path": "/"}],
        "error_document": "404.html",
    }


def _job_spec(state: DigitalOceanState, job: Job) -> Json:
    return {
        "name": job.name,
        "github": {"repo": state.repository, "branch": "main", "deploy_on_push": True},
        "dockerfile_path": f"{job.name}/Dockerfile",
        "instance_count": 1,
        "instance_size_slug": "apps-s-1vcpu-0.5gb",
        "kind": "SCHEDULED",
        "schedule": {"cron": f"{job.minute} * * * *", "time_zone": "Europe/Berlin"},
    }


def _component_spec(state: DigitalOceanState, component: Component) -> Json:
    spec: Json = {
        "name": component.name,
        "github": {"repo": state.repository, "branch": "main", "deploy_on_push": True},
        "dockerfile_path": f"{component.name}/Dockerfile",
        "source_dir": "/",
        "instance_size_slug": component.size,
        "envs": [{"key": "NODE_ENV", "scope": "RUN_AND_BUILD_TIME", "value": "production"}],
    }
    if state.product.has("redis"):
        spec["envs"].append(
            {
                "key": "REDIS_URL",
                "scope": "RUN_TIME",
                "type": "SECRET",
                "value": "EV[1:c2FuZGJveA:bm90IGEgc2VjcmV0]",
            }
        )
    if component.autoscaling:
        least, most, percent = component.autoscaling
        spec["autoscaling"] = {
            "min_instance_count": least,
            "max_instance_count": most,
            "metrics": {"cpu": {"percent": percent}},
        }
    else:
        spec["instance_count"] = component.instances
    if component.path:
        spec |= {
            "http_port": 3000,
            "routes": [{"path": component.path}],
            "health_check": {
                "http_path": state.product.called(
                    IMAGE_HEALTH if component.name == state.product.called(OPTIMIZER) else HEALTH
                ),
                "initial_delay_seconds": 10,
                "period_seconds": 10,
                "timeout_seconds": 2,
                "failure_threshold": 3,
            },
        }
    return spec
