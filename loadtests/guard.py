"""Restricts load to the plan's hosts and caps.

Three independent barriers:

1. The connection pool returns no connection to an address that is not allowed. It judges the exact URL that the
   connection would use, so that no spelling of an address can mean different things.
2. Host names that are not allowed are not resolved.
3. An audit hook, which nothing in the process can remove, stops every connection to an address that does not
   belong to an allowed host, whatever library opens it, proxies included.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import time
from collections.abc import MutableMapping
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from playbook.core.errors import UsageError
from playbook.readers.load.plan import Plan

PORTS = {"http": 80, "https": 443}
# The cap on requests per second allows bursts of this many seconds' worth.
BURST_SECONDS = 0.1
_MOST_REASONS = 50
_SEPARATORS = frozenset("/\\@?#%")
_CONNECTING = frozenset(("socket.connect", "socket.sendto", "socket.sendmsg"))


class Refused(OSError):  # noqa: N818 - as connections fail, so that it is counted as one that did
    """The guard refused a request; the message says why, and contains no path and no secret."""


def parse_address(text: str, setting: str) -> tuple[str, int | None]:
    """Host and port of ``host``, ``host:port`` or ``[v6]:port``; the host as connections spell it.

    Raises:
        UsageError: the text is anything else.
    """
    wrong = UsageError(f"{setting}: expected a host with its port, such as localhost:8443, got {text!r}")
    if not text.isascii() or not text.isprintable() or " " in text or _SEPARATORS & set(text):
        raise wrong
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        raise wrong from None
    if not parts.hostname or parts.hostname.endswith(".") or parts.netloc.endswith(":"):
        raise wrong
    return parts.hostname, port


def parse_host(text: str) -> tuple[str, str, int]:
    """Scheme, host and port of the plan's host.

    Raises:
        UsageError: it contains anything else: a user, a path, a query, or another scheme.
    """
    scheme, _, rest = text.partition("://")
    if scheme not in PORTS or rest != rest.strip("/"):
        raise UsageError(f"host: expected http:// or https:// with a host and nothing behind it, got {text!r}")
    host, port = parse_address(rest, "host")
    return scheme, host, port or PORTS[scheme]


class Guard:
    """Decides what is allowed. Nothing is until ``open`` is called.

    Attributes:
        refused: number of refusals, by reason.
        throttled: requests delayed by the cap on requests per second.
        throttled_seconds: total delay.
        closed: why everything is refused; empty while it is open.
    """

    def __init__(self) -> None:
        self.refused: dict[str, int] = {}
        self.throttled = 0
        self.throttled_seconds = 0.0
        self.closed = "there is no plan yet"
        self._targets: frozenset[tuple[str, str, int]] = frozenset()
        self._names: frozenset[str] = frozenset()
        self._addresses: set[tuple[str, int]] = set()
        self._ports: dict[str, set[int]] = {}
        self._gap = 0.0
        self._burst = 0.0
        self._next = 0.0
        self.most_users = 0

    def install(self, hub: Any) -> None:
        """Install the barriers for the rest of the process's life; names are resolved by gevent's hub."""
        hub.resolver = _Resolver(hub.resolver, self)
        check = self._check_address

        # Called for every audit event of Python, several times per request: so only one comparison.
        def audit(event: str, arguments: tuple[Any, ...]) -> None:
            if event in _CONNECTING:
                check(arguments[0], arguments[1])

        sys.addaudithook(audit)

    def open(self, plan: Plan) -> None:
        """Allow what the plan allows.

        Raises:
            UsageError: the plan's host is not among its allowed hosts, or an address is invalid.
        """
        scheme, host, port = parse_host(plan.host)
        allowed = set()
        for text in plan.allowed:
            name, number = parse_address(text, "allowed")
            allowed.add((name, number or PORTS[scheme]))
        if (host, port) not in allowed:
            raise UsageError(
                f"host: {plan.host} is not among the hosts that may be loaded: {', '.join(plan.allowed)}"
            )
        self._targets = frozenset((scheme, name, number) for name, number in allowed)
        self._names = frozenset(name for name, _ in allowed)
        for name, number in allowed:
            self._ports.setdefault(name, set()).add(number)
            self._learn_literal(name, number)
        share = max(plan.workers, 1)
        self._gap = share / plan.most_requests_per_second
        self._burst = max(BURST_SECONDS - self._gap, 0.0)
        self.most_users = ceil(plan.most_users / share)
        self.closed = ""

    def close(self, why: str) -> None:
        """Refuse everything from now on."""
        self.closed = self.closed or why

    @property
    def is_over(self) -> bool:
        """Whether it was open and is closed."""
        return bool(self.closed and self._targets)

    # ------------------------------------------------------------------------------------------------ requests

    def check(self, scheme: str, host: str, port: int | None) -> None:
        """Raise Refused unless a connection there is allowed."""
        if self.closed or (scheme, host, port) not in self._targets:
            self.refuse(self.closed or f"{scheme or 'no scheme'}://{shown(host)}:{port} is not allowed")

    def refuse(self, why: str) -> None:
        """Count and raise."""
        self.count(why)
        raise Refused(f"held back: {why}")

    def count(self, why: str) -> None:
        """Count a refusal; only a limited number of reasons is distinguished."""
        if why not in self.refused and len(self.refused) >= _MOST_REASONS:
            why = "further reasons"
        self.refused[why] = self.refused.get(why, 0) + 1

    def delay(self) -> float:
        """Take a slot under the cap on requests per second; seconds to wait for it."""
        now = time.perf_counter()
        turn = self._next
        if turn <= now:
            self._next = max(turn, now - self._burst) + self._gap
            return 0.0
        self._next = turn + self._gap
        self.throttled += 1
        self.throttled_seconds += turn - now
        return turn - now

    # ------------------------------------------------------------------------------------- names and connections

    def check_name(self, host: Any) -> None:
        """Raise Refused unless the name may be resolved."""
        name = _text(host)
        if name is not None and name not in self._names and not _is_own(name):
            self.refuse(f"{shown(str(name))} is not to be looked up")

    def learn(self, host: Any, answers: list[Any]) -> None:
        """Store the addresses of an allowed name."""
        name = _text(host)
        for *_, address in answers:
            for number in self._ports.get(name, ()):
                self._addresses.add((str(address[0]), number))

    def _learn_literal(self, name: str, number: int) -> None:
        try:
            self._addresses.add((str(ipaddress.ip_address(name)), number))
        except ValueError:
            return

    def _check_address(self, connection: Any, address: Any) -> None:
        if connection.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
            return
        host, port = str(address[0]), address[1]
        if (host, port) not in self._addresses:
            self.refuse(f"a connection to {shown(host)}:{port}")


class _Resolver:
    """Resolves only allowed names, and reports the answers to the guard."""

    def __init__(self, real: Any, guard: Guard) -> None:
        self._real = real
        self._guard = guard

    def getaddrinfo(self, host: Any, *rest: Any, **named: Any) -> Any:
        self._guard.check_name(host)
        answers = self._real.getaddrinfo(host, *rest, **named)
        self._guard.learn(host, answers)
        return answers

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not name.startswith("gethostby"):
            return found

        def checked(host: Any, *rest: Any) -> Any:
            self._guard.check_name(host)
            return found(host, *rest)

        return checked


def _text(host: Any) -> Any:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host


def _is_own(name: str) -> bool:
    """This machine's own name and listening addresses, which Locust resolves without connecting."""
    return name in ("", "0.0.0.0", "::", "127.0.0.1", socket.gethostname())  # noqa: S104


def shown(host: str) -> str:
    """A host for a message: short, and of plain characters."""
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in host)
    return f"[{plain[:80]}]" if ":" in plain else plain[:80] or "nowhere"


def strip(environment: MutableMapping[str, str] = os.environ) -> None:
    """Remove variables from an environment that could redirect Locust or a client."""
    for name in list(environment):
        if name.startswith("LOCUST_") or name.lower() in _PROXIES:
            del environment[name]


_PROXIES = frozenset(("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy"))
