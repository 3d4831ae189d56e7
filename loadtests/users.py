"""The visitors: what one does, how often, and how long it pauses. Every request passes the guard."""

from __future__ import annotations

import ssl
from bisect import bisect_right
from functools import partial
from itertools import accumulate, count
from random import Random
from typing import TYPE_CHECKING, Any

import gevent
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.url import URL
from locust import FastHttpUser, User, task
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent

from loadtests.answers import check_health, check_image, check_page
from loadtests.guard import Guard
from loadtests.images import KINDS, Notes, Photograph, make
from playbook.errors import UsageError
from playbook.load.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.env import Environment

PAGES = {"homepage": check_page, "health": check_health, "image_health": check_health}
OPTIMIZE = "optimize"
AGENT = "operations-playbook-load-test"


class GuardedPool(HTTPClientPool):
    """Connections of one visitor; none to where the guard does not allow."""

    def __init__(self, guard: Guard, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._guard = guard

    def get_client(self, url: str | URL) -> HTTPClient:
        """The connection for a URL, judged as the connection itself would read it."""
        parsed = url if isinstance(url, URL) else URL(url)
        self._guard.check(parsed.scheme, parsed.host, parsed.port)
        return super().get_client(parsed)


class GuardedSession(FastHttpSession):
    """Locust's session over guarded connections; follows no redirect and asks no proxy."""

    def __init__(self, plan: Plan, guard: Guard, context: ssl.SSLContext, user: User) -> None:
        super().__init__(plan.host, user.environment.events.request, user, insecure=False)
        pool = GuardedPool(
            guard,
            concurrency=1,
            connection_timeout=plan.connect_seconds,
            network_timeout=plan.read_seconds,
            # The second word keeps geventhttpclient from adding public authorities to a private one.
            ssl_context_factory=lambda cafile=None: context,
            headers={"User-Agent": AGENT},
        )
        self.client = LocustUserAgent(client_pool=pool, cookiejar=self.cookiejar, max_redirects=0, max_retries=0)


def trusted(ca: str | None) -> ssl.SSLContext:
    """A verifying TLS context; raises UsageError where the file of the authority cannot be used."""
    import certifi

    try:
        return ssl.create_default_context(cafile=ca or certifi.where())
    except ssl.SSLError:
        raise UsageError(f"ca: expected certificates in PEM form in {ca}, got something else") from None
    except OSError as error:
        raise UsageError(f"ca: {ca} cannot be read: {error.strerror}") from None


class Script:
    """What visitors of a plan do; made once in a process."""

    def __init__(self, plan: Plan, guard: Guard) -> None:
        """Raises UsageError: a task, path, weight or file of the plan cannot be used."""
        self.plan = plan
        self.guard = guard
        self.context = trusted(plan.ca)
        self.limit = plan.connect_seconds + plan.read_seconds
        self._numbers = count()
        self.reset()
        self._notes = Notes()
        weights = {name: weight for name, weight in plan.weights.items() if weight > 0}
        if not weights:
            raise UsageError("weights: expected at least one task with a weight over 0")
        pictures = [name.removeprefix(f"{OPTIMIZE}_") for name in weights if name not in PAGES]
        for name in pictures:
            size, _, kind = name.partition("_")
            if size not in plan.widths or kind not in KINDS:
                raise UsageError(f"weights: {name} is no task")
        self._photographs = make(pictures, plan.widths)
        self.steps = [self._step(name) for name in weights]
        self.bounds = list(accumulate(weights.values()))

    def reset(self) -> None:
        """Begin another test."""
        self.alive = 0
        self._numbers = count()

    def enter(self) -> bool:
        """Whether one more visitor may take part; it then does, until it takes itself off ``alive``."""
        if self.alive >= self.guard.most_users:
            why = f"more than {self.guard.most_users} users in one process"
            self.guard.refused[why] = self.guard.refused.get(why, 0) + 1
            return False
        self.alive += 1
        return True

    def random(self) -> Random:
        """The choices of the next visitor: the same for the same number of the same plan."""
        return Random(f"{self.plan.seed}-{next(self._numbers)}")  # noqa: S311

    def _path(self, name: str) -> str:
        path = self.plan.paths.get(name, "")
        if not path.startswith("/") or path.startswith("//") or not path.isprintable() or " " in path:
            raise UsageError(f"paths.{name}: expected a path such as /api/health, got {path!r}")
        return path

    def _step(self, name: str) -> Callable[[Visitor], None]:
        if name in PAGES:
            return partial(_read, name=name, path=self._path(name), check=PAGES[name])
        return partial(
            _post,
            name=name,
            path=self._path(OPTIMIZE),
            photograph=self._photographs[name.removeprefix(f"{OPTIMIZE}_")],
            notes=self._notes,
            repeats=self.plan.repeats_percent / 100,
        )


def _read(visitor: Visitor, *, name: str, path: str, check: Callable[[Any], str]) -> None:
    visitor.ask("GET", path, name, check)


def _post(visitor: Visitor, *, name: str, path: str, photograph: Photograph, notes: Notes, repeats: float) -> None:
    repeated = visitor.random.random() < repeats
    form = photograph.form if repeated else photograph.made_new(notes.next())
    visitor.ask(
        "POST",
        path,
        name,
        lambda response: check_image(response, photograph.size),
        data=form,
        headers={"Content-Type": photograph.content_type},
    )


class Visitor(FastHttpUser):
    """One who visits the website: a task by its weight, a pause, and again."""

    abstract = True
    script: Script

    def __init__(self, environment: Environment) -> None:
        # Whatever the command line, the web interface or a master calls the host: the plan's is taken.
        self.host = self.script.plan.host
        User.__init__(self, environment)
        script = self.script
        self.client = GuardedSession(script.plan, script.guard, script.context, self)
        self.random = script.random()
        self._least, self._most = script.plan.wait_seconds

    def wait_time(self) -> float:
        """Seconds between two tasks."""
        return self.random.uniform(self._least, self._most)

    def on_start(self) -> None:
        """Take part, unless so many do already as may."""
        self._takes_part = self.script.enter()

    def on_stop(self) -> None:
        """Make room for another."""
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

    def ask(self, method: str, path: str, name: str, check: Callable[[Any], str], **rest: Any) -> None:
        """Send one request when it is its turn, and judge the answer."""
        script = self.script
        delay = script.guard.delay()
        if delay:
            gevent.sleep(delay)
        with (
            gevent.Timeout(script.limit),
            self.client.request(
                method, path, name=name, catch_response=True, allow_redirects=False, **rest
            ) as response,
        ):
            if response.request_meta["exception"] is None:
                problem = check(response)
                if problem:
                    response.failure(problem)
