"""The DigitalOcean simulator alone, on a thread of its own, for tests of both sides of the API."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from playbook.clients.digitalocean import DigitalOceanApi, digitalocean
from playbook.core.clock import Clock
from playbook.settings.loading import load
from playbook.settings.model import Settings
from sandbox.app.service import DigitalOceanService
from sandbox.serving.authority import CertificateAuthority
from sandbox.serving.service import Context
from sandbox.world.app import DigitalOceanState
from sandbox.world.logs import LogsState

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass
class Simulator:
    """A running simulator; ``reset`` makes a healthy world of it, and ``state`` is what it shows."""

    service: DigitalOceanService
    context: Context
    loop: asyncio.AbstractEventLoop
    live_url: str = "https://localhost:1"

    @property
    def state(self) -> DigitalOceanState:
        return self.service.state

    def reset(self) -> None:
        self.show(healthy(datetime.now(UTC)))

    def show(self, world: World) -> None:
        self.context.world = world
        self._do(self.service.apply(world))

    def settings(self, **over: Any) -> Settings:
        overlay = self.service.settings()
        overlay["digitalocean"] |= over
        target = {"kind": "sandbox", "web": {"ca": str(self.context.ca.pem)}, **overlay}
        limits = {"connect": 30.0, "read": 30.0}  # it answers, however busy this machine is
        return load("sandbox", environment={}, overlay={"targets": {"sandbox": target}, "time_limits": limits})

    def client(self, **over: Any) -> DigitalOceanApi:
        return digitalocean(self.settings(**over))

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self.loop).result(60)


def healthy(now: datetime) -> World:
    """As much of a world as the simulator looks at."""
    part = SimpleNamespace(
        now=now, digitalocean=DigitalOceanState.healthy(now), logs=LogsState.healthy(now), gone=set()
    )
    return cast("World", part)


@contextmanager
def running(folder: Path) -> Iterator[Simulator]:
    """A simulator until the block ends."""
    now = datetime.now(UTC)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    context = Context(folder=folder, ca=CertificateAuthority(folder, now), clock=Clock(), world=healthy(now))
    service = DigitalOceanService(live_url=lambda: simulator.live_url)
    simulator = Simulator(service, context, loop)
    asyncio.run_coroutine_threadsafe(service.start(context), loop).result(60)
    try:
        yield simulator
    finally:
        asyncio.run_coroutine_threadsafe(service.stop(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
