"""Makes the plan for the Locust process from the settings and the order."""

from __future__ import annotations

from pathlib import Path

from playbook.core.errors import UsageError
from playbook.core.suggestions import did_you_mean
from playbook.readers.load.order import SHAPE_OPTION, WORKERS_OPTION, LoadOrder
from playbook.readers.load.permission import Permission
from playbook.readers.load.plan import BREAKPOINT, Break, Plan, Stage
from playbook.settings.model import Settings
from playbook.settings.sections.load import LoadShape

OUTCOME_FILE = "load.json"


def require_shape(settings: Settings, order: LoadOrder) -> LoadShape:
    """The ordered stages, within the caps.

    Raises:
        UsageError: the shape is unknown, empty, or exceeds a cap; names the setting.
    """
    load = settings.load
    shape = load.shapes.get(order.shape)
    if shape is None:
        raise UsageError(
            f"unknown {SHAPE_OPTION} {order.shape!r}: expected one of {', '.join(load.shapes) or 'none'}"
            f"{did_you_mean(order.shape, load.shapes)} (shapes are set under [load.shapes])"
        )
    name = f"load.shapes.{order.shape}"
    if not shape.stages:
        raise UsageError(f"{name}: expected at least one stage, got none")
    _require_time_to_come(name, shape)
    if shape.users > load.most_users:
        raise UsageError(f"{name} has {shape.users:,} users, and load.most_users allows {load.most_users:,}")
    if shape.seconds > load.most_seconds:
        raise UsageError(f"{name} takes {shape.seconds:,g} s, and load.most_seconds allows {load.most_seconds:,g}")
    if not 0 <= order.workers <= load.most_workers:
        raise UsageError(
            f"{WORKERS_OPTION} {order.workers}: expected 0 to {load.most_workers}, which load.most_workers allows"
        )
    _require_weights(load.weights)
    return shape


def history_of(settings: Settings, order: LoadOrder) -> Path:
    """The folder with the lines of past load tests."""
    return Path(settings.load.history) if settings.load.history else order.history / "load"


def longest(settings: Settings, order: LoadOrder) -> float:
    """Maximum seconds of the load: a broken step of a breakpoint test is repeated."""
    shape = require_shape(settings, order)
    return min(2 * shape.seconds, settings.load.most_seconds) if order.shape == BREAKPOINT else shape.seconds


def make_plan(settings: Settings, order: LoadOrder, permission: Permission) -> Plan:
    """Plan for the Locust process; raises as ``require_shape``."""
    shape, load, web = require_shape(settings, order), settings.load, settings.target.web
    breaks = load.breaks
    return Plan(
        target=settings.target.name,
        shape=order.shape,
        host=permission.host,
        allowed=list(permission.allowed),
        ca=web.ca,
        stages=[Stage(stage.users, stage.seconds, stage.spawn_rate) for stage in shape.stages],
        weights={name: weight for name, weight in load.weights.items() if weight},
        paths={
            "homepage": permission.base + "/",
            "health": permission.base + web.health_path,
            "image_health": permission.base + web.image_health_path,
            "optimize": permission.base + web.optimize_path,
        },
        wait_seconds=load.wait_seconds,
        most_users=load.most_users,
        most_seconds=load.most_seconds,
        most_requests_per_second=load.most_requests_per_second,
        connect_seconds=settings.time_limits.connect,
        read_seconds=settings.time_limits.read,
        workers=order.workers,
        health_by_status=web.health == "status",
        expect=web.expect,
        least_bytes=web.least_bytes,
        hosts=list(web.hosts),
        outcome=str((order.folder / OUTCOME_FILE).resolve()),
        breaks=Break(
            p95_seconds=breaks.p95_seconds,
            failed_percent=breaks.failed_percent,
            least_requests=breaks.least_requests,
            settle_seconds=breaks.settle_seconds,
        )
        if order.shape == BREAKPOINT
        else None,
    )


def _require_time_to_come(name: str, shape: LoadShape) -> None:
    """Require that each stage lasts until all its users are started, as it is named after them."""
    before = 0
    for number, stage in enumerate(shape.stages, 1):
        needed = abs(stage.users - before) / stage.spawn_rate
        if needed > stage.seconds:
            raise UsageError(
                f"{name}.stages, stage {number}: {before:,} to {stage.users:,} users at a spawn_rate of "
                f"{stage.spawn_rate:g} take {needed:,.0f} s, and the stage lasts {stage.seconds:g} s"
            )
        before = stage.users


def _require_weights(weights: dict[str, float]) -> None:
    if not any(weights.values()):
        raise UsageError("load.weights: expected at least one above 0, got none")
