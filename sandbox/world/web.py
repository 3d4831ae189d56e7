"""Behaviour of the portfolio app; healthy by default, edited by faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sandbox.world.images import Mistake
from sandbox.world.tls import WebTls

VERSION = "2.8.1"
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self' data:; object-src 'none'",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass
class Shop:
    """A further website of the product, below ``/shop``.

    Attributes:
        status: HTTP status of its homepage.
        health: answer of its health endpoint.
        headers: headers of its answers; None for those of the website.
    """

    status: int = 200
    health: str = "healthy"
    headers: dict[str, str] | None = None


@dataclass
class PortfolioState:
    """Behaviour of the website, the optimiser and the worker.

    Attributes:
        started: start time of the app, for its uptime.
        statuses: status that components report, if not ``healthy``, by component.
        listed_before: dependencies that the health report has listed until yesterday.
        waiting: requests that wait for a connection of its pool, all of which are taken then.
        hides_dependencies: the website reports healthy, with 200, whatever its dependencies report.
        homepage: page at its address.
        homepage_status: HTTP status of the homepage.
        homepage_delay: additional seconds.
        optimization: result of the optimiser.
        one_of_two_fails: each second image meets an instance of the website that cannot reach the workers.
        optimization_delay: additional seconds of each optimisation.
        worker_stuck: the worker hangs on its current job and takes no other.
        delays: additional seconds by path.
        fails_every: every n-th request, except for metrics, is answered with 503; 0 is never.
        drops_every: every n-th connection is cut in the middle of its answer; 0 is never.
        dies_after: after this many requests nothing listens any more; 0 is never.
        tls: certificate, protocol versions and cipher suites of the website.
        headers: headers of every answer.
        clock_ahead: error of the server's clock in seconds, visible in the Date header.
        plain_http: answer to a visitor without TLS.
        shop: a further website; None if the product has none.
    """

    started: datetime
    statuses: dict[str, str] = field(default_factory=dict)
    listed_before: tuple[str, ...] = ()
    waiting: int = 0
    hides_dependencies: bool = False
    homepage: Literal["home", "error page", "challenge", "login", "nothing", "another page"] = "home"
    homepage_status: int = 200
    homepage_delay: float = 0.0
    optimization: Literal["works", "fails", "corrupt", "larger"] | Mistake = "works"
    one_of_two_fails: bool = False
    optimization_delay: float = 0.0
    worker_stuck: bool = False
    delays: dict[str, float] = field(default_factory=dict)
    fails_every: int = 0
    drops_every: int = 0
    dies_after: int = 0
    tls: WebTls = field(default_factory=WebTls)
    headers: dict[str, str] = field(default_factory=SECURITY_HEADERS.copy)
    clock_ahead: float = 0.0
    plain_http: Literal["to https", "answered", "to another host"] = "to https"
    shop: Shop | None = None

    @classmethod
    def healthy(cls, now: datetime) -> PortfolioState:
        """Up since the last deployment, three days ago."""
        return cls(started=now - timedelta(days=3, hours=4, minutes=12))
