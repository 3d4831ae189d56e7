"""Asking the DigitalOcean API: attempts, pages, the form of an answer, and what a refusal means to an operator."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from playbook.clients.breakage import RUNNER_HINT
from playbook.clients.digitalocean_pages import PER_PAGE, read_pages
from playbook.clients.digitalocean_refusals import BadRequest, NotFound, may_pass
from playbook.clients.digitalocean_transport import SERVICE, NotJson, ReadOnlyTransport, Refused, open_pydo
from playbook.clients.digitalocean_types import present
from playbook.clients.listing import Listing
from playbook.clients.pace import NoTurn
from playbook.clients.retries import ATTEMPTS, tries
from playbook.clients.wire import Broken
from playbook.core import door
from playbook.core.budget import convert
from playbook.core.deadline import left
from playbook.core.errors import Denied, Malformed, Unmeasured, Unreachable
from playbook.settings.model import Settings

# A longer Retry-After is not waited for; an earlier retry would only be refused again.
LONGEST_WAIT = 3.0
_ERROR_KEYS = frozenset({"id", "message", "request_id"})

T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True)
class DigitalOceanReader:
    """Reads the API through pydo. Thread-safe.

    Every method has one time limit per page: connect and read limit together. Reads are tried up to three times
    after connection failures, 429 and 5xx; the attempts are listed in the error or in ``retried``.

    Every method raises:
        Unreachable: no answer in time, or the API is unavailable (429, 5xx).
        Denied: the token is not accepted (401) or lacks a scope (403).
        Malformed: not found (404), or an answer that does not match the documentation.

    Attributes:
        retried: one line for each failed attempt that was retried.
    """

    transport: ReadOnlyTransport
    app_id: str
    cluster_id: str | None
    settings: Settings = field(repr=False)
    retried: list[str] = field(default_factory=list)
    _pydo: list[Any] = field(default_factory=list, repr=False)
    _opening: Lock = field(default_factory=Lock, repr=False)

    def read(self, what: str, scope: str, operation: Callable[[Any], Any], *, attempts: int = ATTEMPTS) -> Json:
        """Answer of one pydo operation, unchanged but for nulls and zero times, which are removed.

        Args:
            what: for messages, e.g. ``the app``.
            scope: scope that the token needs, e.g. ``app:read``.
            operation: takes a ``pydo.Client``: ``lambda api: api.balance.get()``.
            attempts: maximum number of attempts; 1 for a POST.
        """
        api = self._open()
        within = left(self.settings.time_limits.connect + self.settings.time_limits.read)
        deadline = time.monotonic() + within
        tried: list[str] = []

        def again(error: Exception) -> bool | float:
            wait = error.retry_after if isinstance(error, Refused) else None
            if (wait or 0.0) > LONGEST_WAIT or time.monotonic() + (wait or 0.0) >= deadline:
                return False
            if isinstance(error, Refused):
                return may_pass(error) and (True if wait is None else wait)
            return isinstance(error, Broken) and not error.lasting

        try:
            for attempt in tries(again, within=within, attempts=attempts):
                with attempt:
                    self.transport.until(deadline)
                    try:
                        body = operation(api)
                    except (Refused, Broken) as error:
                        reason = error.said if isinstance(error, Refused) else error
                        tried.append(f"try {len(tried) + 1}: {reason}")
                        raise
        except (Refused, Broken) as error:
            # Not "from error": its traceback runs through pydo's 365,000-line module, and pytest would parse all
            # of it to show one line, which takes 4 s per check.
            raise self.explain(error, what, scope, tuple(tried)) from None
        except NotJson as error:
            tried.append(f"try {len(tried) + 1}: {error}")
            raise self._malformed(what, str(error), tuple(tried)) from None
        except NoTurn as error:
            raise self.without_turn(error, what, tuple(tried)) from None
        self.retried.extend(f"{what}: {line}" for line in tried)
        if not isinstance(body, dict):
            raise self._malformed(what, f"a {type(body).__name__} instead of an object")
        if body.keys() <= _ERROR_KEYS and isinstance(body.get("message"), str):
            raise self._malformed(what, f"an error in an HTTP 2xx answer ({door.line(body['message'], 200)})")
        return present(body)  # type: ignore[no-any-return]

    def inside(self, body: Json, key: str, what: str) -> Any:
        """The value under ``key``; Malformed if the key is missing, which is not the same as an empty list."""
        if key not in body:
            holds = ", ".join(sorted(body)[:5]) or "nothing"
            raise self._malformed(what, f"an answer without {key!r} (it has {holds})")
        return body[key]

    def collect(
        self,
        what: str,
        scope: str,
        key: str,
        operation: Callable[[Any, int, int], Any],
        *,
        enough: Callable[[list[Json]], bool] = lambda _: False,
        counted: bool = True,
    ) -> Listing[Json]:
        """All items of a listing, page by page.

        If a later page cannot be read, the items before it are kept and the coverage is incomplete.

        Args:
            operation: takes a ``pydo.Client``, the page and its size.
            enough: whether the items read so far suffice.
            counted: False if the listing has no total.
        """

        def read_page(number: int) -> tuple[Json, list[Json]]:
            body = self.read(what, scope, lambda api: operation(api, number, PER_PAGE))
            return body, self.parse(list[Json], self.inside(body, key, what), what)

        return read_pages(read_page, what.removeprefix("the "), enough=enough, counted=counted)

    def _open(self) -> Any:
        """pydo's client, created on first use: loading it takes 0.2 s."""
        with self._opening:
            if not self._pydo:
                self._pydo.append(open_pydo(self.transport))
        return self._pydo[0]

    def parse(self, kind: type[T], value: Any, what: str) -> T:
        """``value`` converted to ``kind``; Malformed if it has another form."""
        try:
            return convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            raise self._malformed(what, f"JSON of another shape: {error}") from None

    def _malformed(self, what: str, got: str, attempts: tuple[str, ...] = ()) -> Malformed:
        return Malformed(
            f"{SERVICE}: expected {what} as the API documents it, got {got}", service=SERVICE, attempts=attempts
        )

    def explain(self, error: Refused | Broken, what: str, scope: str, attempts: tuple[str, ...]) -> Unmeasured:
        """What a failure means to an operator."""
        host = urlsplit(self.transport.endpoint).netloc
        if isinstance(error, Broken):
            text = f"{SERVICE}: expected {what} from {host}, got {error}"
            return Unreachable(text, service=SERVICE, hint=RUNNER_HINT, attempts=attempts)
        text = f"{SERVICE}: expected {what} from {host}, got {error.said}"
        kind: type[Unmeasured] = Malformed
        hint = ""
        if error.status == 400:
            return BadRequest(text, error.said, attempts)
        if error.status == 401:
            kind, hint = Denied, f"Check {self._variable('token')}: the token is wrong, expired or revoked."
        elif error.status == 403:
            text += f": the token needs the scope {scope}"
            kind, hint = Denied, f"Give the token in {self._variable('token')} the scope {scope}."
        elif error.status == 404 and scope.startswith("app:"):
            kind = NotFound
            text = f"{text}: no app with the id {self.app_id}, or nothing of that name in it"
            hint = f"Check {self._variable('app_id')}."
        elif may_pass(error):
            kind, hint = Unreachable, "The API is overloaded or limits this token; try again in a few minutes."
            text += f"; the next request may be sent in {error.retry_after:,.0f} s" if error.retry_after else ""
        return kind(text, service=SERVICE, hint=hint, attempts=attempts)

    def without_turn(self, error: NoTurn, what: str, attempts: tuple[str, ...] = ()) -> Unmeasured:
        """The error for a request that was not sent because the token's rate limit is used up."""
        return Unreachable(
            f"{SERVICE}: expected {what}, got {error}",
            service=SERVICE,
            hint="Give the targets tokens of their own, or run fewer of them in an hour (--shard).",
            attempts=attempts,
        )

    def _variable(self, key: str) -> str:
        """Environment variables that a setting is read from, or the setting itself."""
        path = f"targets.{self.settings.target.name}.digitalocean.{key}"
        names = re.findall(r"[A-Z][A-Z0-9_]+", self.settings.sources.get(path, ""))
        return " or ".join(names) if self.settings.sources.get(path, "").startswith("${") else path
