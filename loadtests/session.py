"""HTTP of a visitor: over connections that the guard allows, without redirects and proxies."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any

import brotli
import gevent
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.url import URL
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS, FastHttpSession, LocustUserAgent
from locust.exception import CatchResponseError

from loadtests.contents import Unclear, from_cache
from loadtests.guard import Guard
from playbook.readers.load.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from locust import User

# In a request's context: what an answer was that is neither good nor bad, and the header of a cache that gave it.
UNCLEAR, CACHED = "unclear", "cached"
AGENT = "operations-playbook-load-test"
# Milliseconds: an abandoned request with a shorter wait is not counted.
_SAYS_SOMETHING = 1000.0
# Exceptions of a request; ValueError for an invalid header or encoding.
_FAILURES = (*FAILURE_EXCEPTIONS, ValueError, brotli.error)


def _leave_if_over(guard: Guard) -> None:
    """End the current visitor once the test is over: it starts no further request, and nothing failed.

    Locust ends visitors with the same exception, and calls ``on_stop`` for both.
    """
    if guard.is_over:
        raise gevent.GreenletExit


class Address(URL):
    """A URL that is parsed once rather than per request, which was a twentieth of a request's cost."""

    __slots__ = ("_text", "host", "netloc", "port", "quoted_uri", "request_uri", "scheme")

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._text = super().__str__()
        for name in ("scheme", "netloc", "host", "port", "request_uri", "quoted_uri"):
            setattr(self, name, getattr(super(), name))

    def __str__(self) -> str:
        return self._text


class GuardedPool(HTTPClientPool):
    """Connections of one visitor, only to allowed addresses."""

    def __init__(self, guard: Guard, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._guard = guard
        self._admitted: dict[tuple[str, str], HTTPClient] = {}

    def get_client(self, url: str | URL) -> HTTPClient:
        """The connection for a URL, judged as the connection itself would parse it.

        Raises:
            Refused: it is not allowed.
            GreenletExit: the test is over; its visitor ends without a failure.
        """
        _leave_if_over(self._guard)  # a signal can end the test after the request got its slot
        if not isinstance(url, URL):
            url = URL(url)
        key = url.scheme, url.netloc
        client = self._admitted.get(key)
        if client is None:
            self._guard.check(url.scheme, url.host, url.port)
            client = self._admitted[key] = super().get_client(url)
        return client


class GuardedSession(FastHttpSession):
    """Locust's session over guarded connections.

    ``ask`` does what Locust's ``request`` does with ``catch_response``, which took most of a request's time, for
    less. ``request`` and the like use the same guard and the same slots.
    """

    def __init__(
        self, plan: Plan, guard: Guard, context: ssl.SSLContext, user: User, cut: Callable[[str, float], None]
    ) -> None:
        """``cut`` is called with name and milliseconds of an abandoned request."""
        super().__init__(plan.host, user.environment.events.request, user, insecure=False)
        self.client = LocustUserAgent(
            client_pool=GuardedPool(
                guard,
                concurrency=1,
                connection_timeout=plan.connect_seconds,
                network_timeout=plan.read_seconds,
                # With this parameter geventhttpclient does not add public authorities to a private one.
                ssl_context_factory=lambda cafile=None: context,
            ),
            cookiejar=self.cookiejar,
            headers={"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate, br"},
            max_redirects=0,
            max_retries=0,
        )
        self._guard = guard
        self._cut = cut
        self._seconds = plan.connect_seconds + plan.read_seconds
        self.waiting_since = 0.0  # time.perf_counter() while waiting for an answer

    def request(self, *arguments: Any, **named: Any) -> Any:
        """Locust's own request in its slot: for tasks that need more than ``ask``."""
        self._take_turn()
        return super().request(*arguments, **named)

    def _take_turn(self) -> None:
        _leave_if_over(self._guard)
        delay = self._guard.delay()
        if delay:
            gevent.sleep(delay)
            _leave_if_over(self._guard)

    def ask(
        self,
        method: str,
        address: Address,
        name: str,
        check: Callable[[Any], str],
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send one request in its slot, validate the answer by ``check``, and count both."""
        self._take_turn()
        size = 0
        failure: BaseException | None = None
        context: dict[str, str] = {}
        response: Any = None
        start = time.time()
        begin = self.waiting_since = time.perf_counter()
        limit = gevent.Timeout.start_new(self._seconds)
        try:
            response = self.client.urlopen(address, method, headers, data)
            size = len(response.content)
        except _FAILURES as error:
            failure = error
        except gevent.GreenletExit:
            # The test is over, or has fewer visitors now. Without counting these, hanging requests would go
            # unnoticed.
            waited = (time.perf_counter() - begin) * 1000
            if waited > _SAYS_SOMETHING:
                self._cut(name, waited)
            raise
        finally:
            limit.close()
            self.waiting_since = 0.0
        took = (time.perf_counter() - begin) * 1000
        if failure is None:
            problem = check(response)
            if problem and not isinstance(problem, Unclear):
                failure = CatchResponseError(problem)
            elif problem:
                context[UNCLEAR] = problem
            elif method == "GET" and (hit := from_cache(response.headers)):
                context[CACHED] = hit
        self.request_event.fire(
            request_type=method,
            name=name,
            response_time=took,
            response_length=size,
            response=response,
            context=context,
            exception=failure,
            start_time=start,
            url=str(address),
        )
