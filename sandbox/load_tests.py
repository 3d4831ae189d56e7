"""Load tests of the past, as the suite keeps them: a breakpoint test, and a smoke test to compare with."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from playbook.load.kept import LoadLine, likeness, remember
from playbook.load.plan import Plan, Stage
from sandbox.service import Context, Service

if TYPE_CHECKING:
    from sandbox.world import World

_DEFAULTS = Path(__file__).resolve().parent.parent / "playbook" / "defaults.toml"
_SHAPE = "smoke"
_ENDPOINTS = ("homepage", "health", "image_health", "optimize_small_jpeg", "optimize_small_png", "all")


@dataclass
class LoadTestsState:
    """What was measured; edited by faults.

    Attributes:
        broke: when the last breakpoint test was.
        held_per_second: requests a second that it carried.
        smoked: when the last smoke test was.
        p95: seconds of that, of every endpoint: generous, as it was a busy day.
    """

    broke: datetime
    smoked: datetime
    held_per_second: float = 60.0
    p95: float = 2.5
    endpoints: tuple[str, ...] = field(default=_ENDPOINTS)

    @classmethod
    def healthy(cls, now: datetime) -> LoadTestsState:
        """Three weeks and a week ago."""
        return cls(now - timedelta(days=21, hours=3), now - timedelta(days=7, hours=2))


class LoadTestsService(Service):
    """Keeps the files as the world says; load tests of a run add to them until the world changes."""

    name: ClassVar[str] = "load-tests"

    async def start(self, context: Context) -> None:
        """Write the files."""
        self.context = context
        self._results = context.folder / "load-tests"
        self._history = context.folder / "load-history"
        await self.apply(context.world)

    async def apply(self, world: World) -> None:
        """Write them anew."""
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
        remember(
            self._history,
            LoadLine(
                id="sandbox-smoke-before",
                target="sandbox",
                shape=_SHAPE,
                started=state.smoked,
                plan=likeness(_usual_plan()),
                p95=dict.fromkeys(state.endpoints, state.p95),
                requests=130,
                requests_per_second=21.0,
                failed_percent=0.0,
            ),
        )

    async def stop(self) -> None:
        """Nothing to end: the files go with the sandbox's folder."""

    def settings(self) -> dict[str, Any]:
        """Where they are."""
        return {"capacity": {"load_tests": str(self._results)}, "load": {"history": str(self._history)}}


def _usual_plan() -> Plan:
    """The plan of a smoke test of the sandbox, as the defaults have it."""
    told = tomllib.loads(_DEFAULTS.read_text(encoding="utf-8"))
    load = told["load"] | told["targets"]["sandbox"]["load"]
    stages = load["shapes"][_SHAPE]["stages"]
    return Plan(
        target="sandbox",
        shape=_SHAPE,
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
    )
