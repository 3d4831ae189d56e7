"""Past load tests as the suite stores them: a breakpoint test's result, and one of each kind to compare with."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from playbook.readers.load.kept import LoadLine, likeness
from playbook.readers.load.plan import BREAKPOINT, Break, Plan, Stage
from sandbox.serving.service import Context, Service
from sandbox.world.load import LoadTestsState

if TYPE_CHECKING:
    from sandbox.world import World

_DEFAULTS = Path(__file__).resolve().parents[2] / "playbook" / "defaults.toml"


class LoadTestsService(Service):
    """Keeps the files in sync with the world; load tests of a run add to them until the world changes."""

    name: ClassVar[str] = "load-tests"

    async def start(self, context: Context) -> None:
        """Write the files."""
        self.context = context
        self._results = context.folder / "load-tests"
        self._history = context.folder / "load-history"
        await self.apply(context.world)

    async def apply(self, world: World) -> None:
        """Rewrite them."""
        for folder in (self._results, self._history):
            folder.mkdir(exist_ok=True)
            for file in folder.iterdir():
                file.unlink()
        state = world.load_tests
        result = {
            "target": "sandbox",
            "shape": "breakpoint",
            "finished": state.broke.isoformat(),
            "requests_per_second": state.held_per_second,
            "whole": True,
        }
        (self._results / "sandbox-breakpoint.json").write_text(json.dumps(result), encoding="utf-8")
        for line in (_line(plan, state) for plan in _usual_plans()):
            with (self._history / f"{line.started:%Y}.jsonl").open("ab") as year:
                year.write(msgspec.json.encode(line) + b"\n")

    async def stop(self) -> None:
        """Nothing to stop: the files are removed with the sandbox's folder."""

    def settings(self) -> dict[str, Any]:
        """Where they are."""
        return {"capacity": {"load_tests": str(self._results)}, "load": {"history": str(self._history)}}


def _line(plan: Plan, state: LoadTestsState) -> LoadLine:
    steps = [f"{stage.users} users" for stage in plan.stages] if plan.breaks else []
    return LoadLine(
        id=f"sandbox-{plan.shape}-before",
        target="sandbox",
        shape=plan.shape,
        started=state.broke if plan.breaks else state.tested,
        plan=likeness(plan),
        p95=dict.fromkeys(steps or state.endpoints, state.p95),
        requests=130,
        requests_per_second=state.held_per_second if plan.breaks else 21.0,
        failed_percent=0.0,
        held=plan.stages[0].users if plan.breaks else None,
    )


@cache
def _usual_plans() -> list[Plan]:
    """Default plans of the sandbox's load tests, one for each shape."""
    told = tomllib.loads(_DEFAULTS.read_text(encoding="utf-8"))
    load = told["load"] | told["targets"]["sandbox"]["load"]
    return [_plan(load, shape, one["stages"]) for shape, one in load["shapes"].items()]


def _plan(load: dict[str, Any], shape: str, stages: list[dict[str, Any]]) -> Plan:
    return Plan(
        target="sandbox",
        shape=shape,
        host="",
        allowed=[],
        stages=[Stage(**stage) for stage in stages],
        weights={name: weight for name, weight in load["weights"].items() if weight},
        paths={},
        wait_seconds=tuple(load["wait_seconds"]),
        most_users=load["most_users"],
        most_seconds=load["most_seconds"],
        most_requests_per_second=load["most_requests_per_second"],
        outcome="",
        breaks=Break(**load["breaks"]) if shape == BREAKPOINT else None,
    )
