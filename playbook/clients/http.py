"""HTTP for reading: GET and HEAD, each request with one overall time limit, every attempt visible.

``HttpWriter`` can also send, for our own tracker and workflows; no client of what is operated is one.

    client = HttpClient("https://example.com", service="Website", time_limits=settings.time_limits)
    health = client.get("/api/health", retry="connection").json()

No status raises an exception here: the caller decides what it means, usually by ``answer.expect_ok()``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Literal
from urllib.parse import SplitResult, unquote, urlencode, urljoin, urlsplit

from playbook.clients.answer import Answer
from playbook.clients.breakage import CERTIFICATE_HINT, RUNNER_HINT, Kind, kind_of
from playbook.clients.encodings import Unreadable
from playbook.clients.exchange import Exchange
from playbook.clients.proxies import basic, proxy_for
from playbook.clients.retries import ATTEMPTS, seconds_asked, tries
from playbook.clients.trust import context_for, untrusted_hint
from playbook.clients.urls import origin, parse_url, shown
from playbook.clients.wire import Broken, Call, Kept, Method, Phases
from playbook.core.deadline import left
from playbook.core.errors import Malformed, Unreachable
from playbook.core.secret import Secret
from playbook.settings.model import Settings, TimeLimits

MAX_BODY = 16 * 1024 * 1024
MAX_RETRY_AFTER = 3.0
BUSY = frozenset({429, 502, 503, 504})
TENANT = "X-Scope-OrgID"  # of Mimir and Cortex
_LONGEST_TURN = 2.0  # seconds

Retry = Literal["all", "connection", "none"]


@dataclass(frozen=True)
class HttpClient:
    """GET and HEAD below one address. Thread-safe.

    Credentials are sent to the origin of ``base_url`` only.

    Attributes:
        service: the operator's name of the service, for messages.
        time_limits: ``connect`` limits DNS, TCP and TLS each, ``read`` the wait for more bytes, and their sum a
            whole ``get`` with all its attempts and redirects.
        ca: file of the private certificate authority to trust.
        setting: dotted path of the setting that holds the address, for messages.
        kept: reusable connections, for services whose connection time is not measured.
        whole: seconds for a whole request with all its tries and redirects, in place of that sum.
        busy: statuses after which a request is tried again.
        turns: held while requests follow each other, see ``in_turn``.
        oldest: seconds beyond which the copy of a cache is no answer; without it, the caller looks for itself.
    """

    base_url: str = field(repr=False)
    service: str
    time_limits: TimeLimits = field(default_factory=TimeLimits)
    ca: str | None = None
    token: Secret | None = field(default=None, repr=False)
    username: str | None = None
    password: Secret | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    setting: str = ""
    kept: Kept | None = field(default=None, repr=False, compare=False)
    whole: float | None = None
    busy: frozenset[int] = BUSY
    turns: Lock = field(default_factory=Lock, repr=False, compare=False)
    oldest: float | None = None

    def __post_init__(self) -> None:
        parse_url(self.base_url, self.setting or self.service)

    def get(
        self,
        path: str = "",
        params: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        retry: Retry = "all",
        redirects: int = 0,
        max_body: int = MAX_BODY,
        cut: bool = False,
    ) -> Answer:
        """Read ``path`` (below ``base_url``) or a whole URL.

        Args:
            retry: ``all`` makes up to three attempts after connection failures, 429, 502, 503 and 504 (a
                Retry-After up to three seconds is respected); ``connection`` only after connection failures, so
                that a 503 stays visible; ``none`` never.
            redirects: how many to follow. With credentials only within their origin.
            max_body: bytes beyond which the answer is Malformed.
            cut: accept the beginning of a larger body.

        Raises:
            Unreachable: no complete answer in time; says in which phase it failed, and after how long.
            Malformed: the body is too large, or a cache gave an old copy.
        """
        return self._read(_Wanted("GET", self._url(path, params), headers, redirects, max_body, cut), retry)

    def ask(self, path: str, form: Mapping[str, str | int | float]) -> Answer:
        """As ``get``, with the parameters in a form: for what only reads and is too long for an address."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form).encode()
        return self._read(_Wanted("POST", self._url(path, None), headers, 0, MAX_BODY, body=body), "all")

    def head(
        self, path: str = "", headers: Mapping[str, str] | None = None, *, retry: Retry = "all", redirects: int = 0
    ) -> Answer:
        """As ``get``, without the body."""
        return self._read(_Wanted("HEAD", self._url(path, None), headers, redirects, 0), retry)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Requests in a row that are to meet every instance.

        A balancer hands out requests in turn. Two measurements that send theirs alternately would each meet only
        one of two instances. Who waits for long, as for a website that hangs, goes on all the same.
        """
        ours = self.turns.acquire(timeout=_LONGEST_TURN)
        try:
            yield
        finally:
            if ours:
                self.turns.release()

    @contextmanager
    def stream(
        self,
        path: str = "",
        params: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        within: float | None = None,
    ) -> Iterator[Iterator[bytes]]:
        """The body of a 2xx answer in pieces, as sent, for bodies too large for memory. One attempt.

        Args:
            within: seconds for the whole body; by default connect and read limit together.

        Raises:
            Unreachable: also while the pieces are read.
            Denied, Malformed: as ``Answer.expect_ok``.
        """
        url = self._url(path, params)
        try:
            with Exchange(self.call("GET", url, headers, seconds=within or self.budget)) as exchange:
                Answer(self.service, exchange.status, exchange.headers, b"", shown(url)).expect_ok()
                yield exchange.chunks(as_sent=True)
        except Broken as broken:
            raise unreachable(self.service, url, broken, (f"try 1: {broken}",)) from broken

    def call(
        self,
        method: Method,
        url: SplitResult,
        headers: Mapping[str, str] | None = None,
        *,
        seconds: float,
        body: bytes = b"",
    ) -> Call:
        """The request that would be sent to ``url``; nothing is sent."""
        merged = {"User-Agent": "operations-playbook", "Accept": "*/*", "Accept-Encoding": "identity"}
        merged |= dict(self.headers) | dict(headers or {})
        is_own = origin(url) == origin(urlsplit(self.base_url))
        if is_own:
            merged |= {"Authorization": value} if (value := self.authorization()) else {}
        return Call(
            method=method,
            url=url,
            headers=merged,
            trust=lambda: context_for(self.ca, self.service),
            connect=self.time_limits.connect,
            read=self.time_limits.read,
            deadline=time.monotonic() + seconds,
            body=body,
            kept=self.kept if is_own and method in ("GET", "HEAD") else None,
        )

    @property
    def budget(self) -> float:
        """Seconds that a whole request may take."""
        return left(self.whole or self.time_limits.connect + self.time_limits.read)

    def _url(self, path: str, params: Mapping[str, str | int | float] | None) -> SplitResult:
        whole = path if "://" in path else self.base_url.rstrip("/") + (f"/{path.lstrip('/')}" if path else "")
        url = parse_url(whole, self.service)
        if params:
            url = url._replace(query="&".join(filter(None, (url.query, urlencode(params)))))
        return url

    @property
    def _table(self) -> str:
        """``[targets.production.grafana]``, where its address is; empty where no setting holds that."""
        table = self.setting.rpartition(".")[0]
        return f"[{table}]" if table else ""

    def authorization(self) -> str:
        """Authorization header for our own origin; empty without credentials."""
        own = urlsplit(self.base_url)
        if self.token:
            return f"Bearer {self.token.reveal()}"
        if self.username:
            return basic(self.username, self.password.reveal() if self.password else "")
        return basic(unquote(own.username), unquote(own.password or "")) if own.username else ""

    def _read(self, what: _Wanted, retry: Retry) -> Answer:
        deadline = time.monotonic() + self.budget
        attempts: list[str] = []

        def again(error: Exception) -> bool | float:
            wait = error.wait if isinstance(error, _Busy) else None
            if time.monotonic() + (wait or 0.0) >= deadline:
                return False
            if isinstance(error, _Busy):
                return True if wait is None else wait
            return isinstance(error, Broken) and not error.lasting

        tried = tries(again, within=self.budget, attempts=1 if retry == "none" else ATTEMPTS)
        try:
            for attempt in tried:
                with attempt:
                    try:
                        answer = self._hops(what, deadline)
                    except Broken as broken:
                        attempts.append(f"try {len(attempts) + 1}: {broken}")
                        raise
                    attempts.append(
                        f"try {len(attempts) + 1}: HTTP {answer.status} after {answer.phases.total:.3f} s"
                    )
                    if retry == "all" and answer.status in self.busy:
                        raise _Busy(answer)
                    return replace(answer, attempts=tuple(attempts)).of_now(self.oldest)
        except _Busy as busy:
            return replace(busy.answer, attempts=tuple(attempts))
        except Broken as broken:
            raise unreachable(self.service, what.url, broken, tuple(attempts)) from broken
        raise AssertionError("stamina ends with a value or an exception")

    def _hops(self, what: _Wanted, deadline: float) -> Answer:
        """One attempt: the request and the redirects that may be followed."""
        url, spent = what.url, Phases()
        followed: list[str] = []
        before: list[Answer] = []
        while True:
            call = self.call(what.method, url, what.headers, seconds=deadline - time.monotonic(), body=what.body)
            try:
                with Exchange(call) as exchange:
                    body = read_body(exchange, self.service, url, what.max_body, cut=what.cut)
                    spent += exchange.phases
            except Broken as broken:
                broken.redirects = tuple(followed)
                raise
            target = _redirect(exchange, url)
            safe = target is not None and ("Authorization" not in call.headers or origin(target) == origin(url))
            if target is None or not safe or len(followed) >= what.redirects:
                return Answer(
                    service=self.service,
                    status=exchange.status,
                    headers=exchange.headers,
                    body=body,
                    url=shown(url),
                    phases=spent,
                    redirects=tuple(followed),
                    before=tuple(before),
                    no_credentials="" if self.authorization() else self._table,
                )
            before.append(Answer(self.service, exchange.status, exchange.headers, body, shown(url)))
            followed.append(f"HTTP {exchange.status}: {shown(url)} → {shown(target)}")
            url = target


@dataclass(frozen=True)
class HttpWriter(HttpClient):
    """An ``HttpClient`` that can also send."""

    def send(self, method: Literal["POST", "PUT", "PATCH"], path: str, body: bytes) -> Answer:
        """Send JSON, or nothing: once; PUT and PATCH, which may come twice, are tried again as ``get`` is.

        Raises:
            Unreachable, Malformed: as ``get``. After a POST nobody knows whether it was carried out.
        """
        headers = {"Content-Type": "application/json"} if body else None
        wanted = _Wanted(method, self._url(path, None), headers, redirects=0, max_body=MAX_BODY, body=body)
        return self._read(wanted, "none" if method == "POST" else "all")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Arguments of ``get``, ``ask``, ``head`` and ``send``."""

    method: Method
    url: SplitResult
    headers: Mapping[str, str] | None
    redirects: int
    max_body: int
    cut: bool = False
    body: bytes = b""


class _Busy(Exception):  # noqa: N818 - a reason to try again, not an error
    """The service is temporarily unavailable."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"HTTP {answer.status}")
        self.answer = answer
        asked = seconds_asked(answer.headers, datetime.now(UTC))
        self.wait = None if asked is None else min(asked, MAX_RETRY_AFTER)


def monitoring_client(
    settings: Settings,
    part: Literal["alertmanager", "grafana", "prometheus"],
    service: str,
    kept: Kept | None = None,
) -> HttpClient:
    """The client of a part of the target that has an address and credentials.

    Raises:
        NotConfigured: its address is not set.
    """
    own = getattr(settings.target, part)
    tenant = getattr(own, "tenant", None)
    return HttpClient(
        settings.require(own.url, f"{part}.url", service),
        service=service,
        time_limits=settings.time_limits,
        ca=own.ca,
        token=own.token,
        username=getattr(own, "username", None),  # Grafana takes a token only
        password=getattr(own, "password", None),
        headers={TENANT: tenant} if tenant else {},
        setting=f"targets.{settings.target.name}.{part}.url",
        kept=kept,
        oldest=60 * settings.coverage.newest_minutes,
    )


def tenant_hint(answer: Answer, setting: str) -> str:
    """What to do where a store that serves several tenants refuses a request without one; empty for others."""
    return (
        f"It serves several tenants: set {setting}, which is sent as {TENANT}."
        if b"no org id" in answer.body
        else ""
    )


def read_body(
    exchange: Exchange, service: str, url: SplitResult, max_body: int = MAX_BODY, *, cut: bool = False
) -> bytes:
    """The whole body, decompressed; its beginning if ``cut``.

    For an error status an unreadable body is truncated: the status is what counts.

    Raises:
        Malformed: it is larger than ``max_body`` bytes, or does not match its Content-Encoding.
    """
    body = bytearray()
    try:
        for chunk in exchange.chunks():
            body += chunk
            if cut and len(body) >= max_body:
                break
            if len(body) > max_body:
                text = f"{service}: expected at most {max_body:,} bytes from {shown(url)}"
                raise Malformed(f"{text}, got more than {max_body:,} bytes", service=service)
    except Unreadable as error:
        if exchange.status < 400:
            text = f"{service}: expected a body that can be read from {shown(url)}, got {error}"
            raise Malformed(text, service=service) from None
    return bytes(body)


def unreachable(service: str, url: SplitResult, broken: Broken, attempts: tuple[str, ...]) -> Unreachable:
    """The error for a request without a complete answer."""
    after = f" after {broken.redirects[-1]}" if broken.redirects else ""
    kind = kind_of(broken, proxied=proxy_for(url) is not None)
    usual = CERTIFICATE_HINT if kind is Kind.CERTIFICATE else RUNNER_HINT
    return Unreachable(
        f"{service}: expected an answer from {shown(url)}, got {broken}{after}",
        service=service,
        hint=untrusted_hint(service, broken.reason) or usual,
        attempts=attempts,
        kind=kind,
        redirects=broken.redirects,
    )


def _redirect(exchange: Exchange, url: SplitResult) -> SplitResult | None:
    location = exchange.headers.get("location")
    if exchange.status not in (301, 302, 303, 307, 308) or not location:
        return None
    try:
        target = urlsplit(urljoin(url.geturl(), location))
        return target if target.scheme in ("http", "https") and target.hostname and target.port != 0 else None
    except ValueError:
        return None
