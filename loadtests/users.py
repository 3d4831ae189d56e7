"""Visitors: tasks, weights and pauses. Every request passes the guard."""

from __future__ import annotations

import time
from bisect import bisect_right
from functools import partial
from itertools import accumulate, count
from random import Random
from typing import TYPE_CHECKING, Any

import gevent
from locust import FastHttpUser, User, task

from loadtests.answers import check_health, check_image, check_page
from loadtests.contents import Contents
from loadtests.guard import Guard
from loadtests.images import KINDS, Notes, Photograph, make
from loadtests.session import Address, GuardedSession
from playbook.clients.trust import new_context
from playbook.core.errors import UsageError
from playbook.readers.load.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.env import Environment

PAGES = {"homepage": check_page, "health": check_health, "image_health": check_health}
OPTIMIZE = "optimize"


class Script:
    """Tasks of a plan's visitors; one per process."""

    def __init__(self, plan: Plan, guard: Guard) -> None:
        """Raises UsageError: a task, path, weight or file of the plan is invalid."""
        self.plan = plan
        self.guard = guard
        self.context = new_context(plan.ca, "Load test")
        self._numbers = count()
        self.cut: Callable[[str, float], None] = lambda name, milliseconds: None
        self.reset()
        self._notes = Notes()
        weights = {name: weight for name, weight in plan.weights.items() if weight > 0}
        if not weights:
            raise UsageError("weights: expected at least one task with a weight over 0")
        pictures = [name.removeprefix(f"{OPTIMIZE}_") for name in weights if name not in PAGES]
        for name in pictures:
            size, _, kind = name.partition("_")
            if size not in plan.widths or kind not in KINDS:
                raise UsageError(f"weights: expected {', '.join(PAGES)} or {OPTIMIZE}_SIZE_FORMAT, got {name}")
        self._contents = Contents(plan)
        self._photographs = make(pictures, plan.widths)
        self.steps = [self._step(name) for name in weights]
        self.bounds = list(accumulate(weights.values()))

    def reset(self, *, idle: bool = False) -> None:
        """Start another test; an idle process takes no part in it."""
        self.idle = idle
        self.alive = 0
        self.sessions: set[GuardedSession] = set()
        self._numbers = count()

    def enter(self) -> bool:
        """Whether one more visitor may take part; it counts until it leaves ``alive``."""
        if self.idle or self.alive >= self.guard.most_users:
            most = self.guard.most_users
            why = "users of a worker more than planned" if self.idle else f"more than {most} users in one process"
            self.guard.count(why)
            return False
        self.alive += 1
        return True

    def overdue(self, seconds: float) -> int:
        """Number of visitors that have waited longer than this for an answer."""
        latest = time.perf_counter() - seconds
        return sum(0 < session.waiting_since < latest for session in self.sessions)

    def random(self) -> Random:
        """Random generator of the next visitor: deterministic for its number and the plan."""
        return Random(f"{self.plan.seed}-{next(self._numbers)}")  # noqa: S311

    def _address(self, name: str) -> Address:
        path = self.plan.paths.get(name, "")
        if not path.startswith("/") or path.startswith("//") or not path.isprintable() or " " in path:
            raise UsageError(f"paths.{name}: expected a path such as /api/health, got {path!r}")
        return Address(self.plan.host + path)

    def _step(self, name: str) -> Callable[[Visitor], None]:
        if name in PAGES:
            check = partial(PAGES[name], contents=self._contents)
            return partial(_read, name=name, address=self._address(name), check=check)
        return partial(
            _post,
            name=name,
            address=self._address(OPTIMIZE),
            photograph=self._photographs[name.removeprefix(f"{OPTIMIZE}_")],
            notes=self._notes,
            repeats=self.plan.repeats_percent / 100,
        )


def _read(visitor: Visitor, *, name: str, address: Address, check: Callable[[Any], str]) -> None:
    visitor.client.ask("GET", address, name, check)


def _post(
    visitor: Visitor, *, name: str, address: Address, photograph: Photograph, notes: Notes, repeats: float
) -> None:
    repeated = visitor.random.random() < repeats
    form = photograph.form if repeated else photograph.made_new(notes.next())
    visitor.client.ask(
        "POST",
        address,
        name,
        lambda response: check_image(response, photograph.size, photograph.shape),
        data=form,
        headers={"Content-Type": photograph.content_type},
    )


class Visitor(FastHttpUser):
    """A visitor of the website: a task by its weight, a pause, and again."""

    abstract = True
    script: Script
    client: GuardedSession

    def __init__(self, environment: Environment) -> None:
        # The plan's host is used, whatever the command line, the web interface or a master says.
        self.host = self.script.plan.host
        User.__init__(self, environment)
        script = self.script
        self.client = GuardedSession(script.plan, script.guard, script.context, self, script.cut)
        self.random = script.random()
        self._least, self._most = script.plan.wait_seconds

    def wait_time(self) -> float:
        """Seconds between two tasks."""
        return self.random.uniform(self._least, self._most)

    def on_start(self) -> None:
        """Take part, unless the maximum is reached."""
        self._takes_part = self.script.enter()
        self.script.sessions.add(self.client)

    def on_stop(self) -> None:
        """Leave, so that another visitor may enter."""
        self.script.sessions.discard(self.client)
        if self._takes_part:
            self.script.alive -= 1
        self.client.client.clientpool.close()

    @task
    def visit(self) -> None:
        """One task, chosen by weight."""
        script = self.script
        if not self._takes_part:
            gevent.sleep(1.0)
            return
        chosen = bisect_right(script.bounds, self.random.random() * script.bounds[-1])
        script.steps[min(chosen, len(script.steps) - 1)](self)
