"""The plan of a Locust process: the given file, else a smoke test of its own sandbox."""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from loadtests.options import NO_PLAN
from playbook.core.errors import UsageError
from playbook.readers.load.plan import PLAN_VARIABLE, Plan, Stage, read_plan
from playbook.settings.sections.target import Web

WEIGHTS = {
    "homepage": 10.0,
    "health": 2.0,
    "image_health": 1.0,
    "optimize_small_jpeg": 3.0,
    "optimize_medium_jpeg": 2.0,
    "optimize_small_png": 1.0,
}


def find(*, alone: bool) -> Plan:
    """The plan of this process.

    Args:
        alone: there is no other process, so that a sandbox may be used without a file.

    Raises:
        UsageError: there is no plan, or it cannot be read.
    """
    file = os.environ.get(PLAN_VARIABLE, "")
    if file:
        return read(Path(file))
    if not alone:
        raise UsageError(NO_PLAN)
    return _of_a_sandbox()


def read(file: Path) -> Plan:
    """The plan in a file, with paths relative to its folder; raises UsageError."""
    try:
        plan = read_plan(file)
    except OSError as error:
        raise UsageError(f"${PLAN_VARIABLE}: {file} cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise UsageError(f"${PLAN_VARIABLE}: {file} is not a plan: {error}") from None
    _require_sense(plan, file)
    outcome = str(file.resolve().parent / plan.outcome) if plan.outcome else ""
    ca = str(file.resolve().parent / plan.ca) if plan.ca else None
    return msgspec.structs.replace(plan, outcome=outcome, ca=ca)


def _require_sense(plan: Plan, file: Path) -> None:
    positive = {
        "most_users": plan.most_users,
        "most_seconds": plan.most_seconds,
        "most_requests_per_second": plan.most_requests_per_second,
        "connect_seconds": plan.connect_seconds,
        "read_seconds": plan.read_seconds,
        "unreachable_seconds": plan.unreachable_seconds,
        "stages": len(plan.stages),
    }
    for name, value in positive.items():
        if not value > 0:
            raise UsageError(f"{file}: {name}: expected more than 0, got {value:g}")
    for stage in plan.stages:
        if stage.users < 0 or not stage.seconds > 0 or not stage.spawn_rate > 0:
            raise UsageError(f"{file}: stages: expected users, seconds and a spawn rate over 0, got {stage}")
    if not 0 <= plan.wait_seconds[0] <= plan.wait_seconds[1]:
        raise UsageError(f"{file}: wait_seconds: expected the least and then the most, got {plan.wait_seconds}")


def _of_a_sandbox() -> Plan:
    """Ten users for fifteen seconds on the sandbox, which ends with this process."""
    from sandbox.launcher import attach_or_start

    sandbox = attach_or_start()
    atexit.register(sandbox.stop)
    web, paths = sandbox.settings["web"], Web()
    return Plan(
        target="sandbox",
        shape="smoke",
        host=web["url"],
        allowed=[urlsplit(web["url"]).netloc],
        ca=web["ca"],
        stages=[Stage(users=10, seconds=15.0, spawn_rate=10.0)],
        weights=WEIGHTS,
        paths={
            "homepage": "/",
            "health": paths.health_path,
            "image_health": paths.image_health_path,
            "optimize": paths.optimize_path,
        },
        wait_seconds=(0.5, 1.5),
        most_users=50,
        most_seconds=300.0,
        most_requests_per_second=100.0,
        outcome="",
    )
