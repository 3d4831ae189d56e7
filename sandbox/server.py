"""The sandbox as a whole: its services, and how they start, change together and stop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from playbook.core.clock import Clock
from playbook.core.guard import Guard
from sandbox.alerts.receiver import ReceiverService
from sandbox.alerts.service import AlertmanagerService
from sandbox.app.service import DigitalOceanService
from sandbox.backups.recovery import RecoveryService
from sandbox.backups.service import BackupsService
from sandbox.control import ControlService
from sandbox.faults import world_with
from sandbox.figures.service import GrafanaService, PrometheusService
from sandbox.load.service import LoadTestsService
from sandbox.logs.service import LogsService
from sandbox.people.maintenance import MaintenanceService
from sandbox.people.service import PeopleService
from sandbox.products import PORTFOLIO, Product
from sandbox.redis.service import ValkeyService
from sandbox.security.github import GitHubService
from sandbox.security.npm import NpmService
from sandbox.security.sign_ins import SignInsService
from sandbox.serving.authority import CertificateAuthority
from sandbox.serving.service import Context, Service
from sandbox.web.pages import PagesService
from sandbox.web.plain import PlainHttpService
from sandbox.web.service import PortfolioService

_END_LIMIT = 3.0  # seconds


class Sandbox:
    """All services in one event loop.

    Attributes:
        faults: names of active faults.
        product: kind of product.
    """

    def __init__(self, guard: Guard, product: Product = PORTFOLIO) -> None:
        self._guard = guard
        self.product = product
        self._valkey = ValkeyService(guard)
        web = PortfolioService(self._valkey)
        receiver = ReceiverService()
        self._rest: list[Service] = [
            web,
            PlainHttpService(secure=lambda: web.url),
            DigitalOceanService(live_url=lambda: web.url),
            PrometheusService(),
            GrafanaService(),
            AlertmanagerService(webhook=lambda: receiver.webhook),
            receiver,
            LogsService(),
            BackupsService(),
            GitHubService(),
            NpmService(),
            RecoveryService(),
            PeopleService(),
            MaintenanceService(),
            PagesService(),
            SignInsService(),
            LoadTestsService(),
        ]
        self.control = ControlService(self.switch, self.settings, lambda: self.faults)
        self.faults: list[str] = []
        self._started: list[Service] = []
        self._switching = asyncio.Lock()

    def launch(self) -> None:
        """Start the child processes, which initialise in parallel; before threads are started."""
        self._valkey.launch()

    async def start(self, faults: Iterable[str]) -> None:
        """Start every service with these faults; all of them serve on return."""
        self.faults = list(dict.fromkeys(faults))
        clock = Clock()
        now = clock.now()
        context = Context(
            folder=self._guard.folder,
            ca=CertificateAuthority(self._guard.folder, now),
            clock=clock,
            world=world_with(self.faults, now, self.product),
        )
        self._context = context
        await self._start(self._valkey)
        await asyncio.gather(*map(self._start, [*self._rest, self.control]))
        gc.collect()
        gc.freeze()  # everything loaded so far stays; a switch need not scan it for garbage of an old world

    async def switch(self, faults: list[str]) -> None:
        """Show a fresh world with these faults, without anything of the previous one. In effect on return."""
        async with self._switching:
            world = world_with(faults, self._context.clock.now(), self.product)
            self._context.world = world
            self.faults = list(dict.fromkeys(faults))
            await self._valkey.apply(world)
            await asyncio.gather(*(service.apply(world) for service in self._rest))
            # the previous world is hundreds of megabytes in few objects, which automatic collection would keep for
            # long
            gc.collect()
            # what is loaded and remembered since stays; the new world is in no cycle, so it is freed all the same
            gc.freeze()

    async def stop(self) -> None:
        """Stop everything within three seconds; what hangs ends with the process."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_LIMIT):
                await asyncio.gather(
                    *(service.stop() for service in reversed(self._started)), return_exceptions=True
                )

    def settings(self) -> dict[str, Any]:
        """The sandbox as a target: contents of ``[targets.sandbox]`` in playbook.toml."""
        target: dict[str, Any] = {}
        for service in [self._valkey, *self._rest]:
            for section, values in service.settings().items():
                target.setdefault(section, {}).update(values)
        return target

    async def _start(self, service: Service) -> None:
        self._started.append(service)
        await service.start(self._context)


async def run(
    guard: Guard,
    faults: Iterable[str],
    ready: Callable[[Sandbox], None],
    *,
    until_eof: bool,
    product: Product = PORTFOLIO,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, or with ``until_eof`` until standard input ends.

    ``ready`` is called once everything serves. The caller ends the guard.
    """
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    sandbox = Sandbox(guard, product)
    sandbox.launch()
    try:
        starting = asyncio.create_task(sandbox.start(faults))
        if until_eof:
            # The event loop cannot watch every kind of file; a thread can.
            threading.Thread(target=_wait_for_eof, args=(loop, ended), daemon=True).start()
        waiting = asyncio.create_task(ended.wait())
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting  # raises start-up errors
            ready(sandbox)
            await waiting
        else:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
    finally:
        await sandbox.stop()


def _wait_for_eof(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(ended.set)
