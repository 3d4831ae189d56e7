"""An answer over HTTP, of any status, and what of it can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from playbook.clients.wire import Phases
from playbook.core import door
from playbook.core.budget import Ambiguous, OverBudget, read_unambiguous_json
from playbook.core.errors import Denied, Malformed

# Values by which caches mark their own responses. https://www.rfc-editor.org/rfc/rfc9211 STALE, UPDATING and
# REVALIDATED are words of Cloudflare and nginx for responses from the cache.
_HIT = re.compile(r"(?i)hit(?![a-z]|=\?0)|(?<![a-z])(stale|updating|revalidated)(?![a-z])")
CACHES = (
    "x-cache",
    "cache-status",
    "cf-cache-status",
    "cdn-cache",
    "x-cache-status",
    "x-proxy-cache",
    "x-nginx-cache",
    "x-vercel-cache",
    "x-litespeed-cache",
)
AGE = "age"
# Of these the service itself has said just now that the copy is as good as new.
_RENEWED = re.compile(r"(?i)revalidated|refresh_?hit")
_OF_PARTS = (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.MULTI_STATUS)
# How caches say that they gave an old copy as they could not get a new one: Cloudflare, nginx under its usual
# names, Squid and Akamai, https://www.rfc-editor.org/rfc/rfc9211 and https://www.rfc-editor.org/rfc/rfc7234#section-5.5
_NOT_RENEWED = {
    "cf-cache-status": re.compile(r"(?i)^\s*stale\s*$"),
    # Varnish's "HIT-STALE" is one that is being renewed.
    **dict.fromkeys(
        ("x-cache", "x-cache-status", "x-proxy-cache", "x-nginx-cache"),
        re.compile(r"(?i)^\s*stale\s*$|refresh_fail"),
    ),
    "cache-status": re.compile(r"(?i)\bfwd-status=5\d\d"),
    "warning": re.compile(r"\b11[12] "),
}


def cache_hit(headers: Mapping[str, str]) -> str:
    """The header that shows that a cache answered; empty where none does."""
    if said := cache_says(headers):
        return said
    age = headers.get(AGE, "")
    ages = [one.strip() for one in age.split(",")]
    return f"age: {age}" if any(one.isdecimal() and one.strip("0") for one in ages) else ""


def cache_says(headers: Mapping[str, str], *, kept: bool = False) -> str:
    """The header by which a cache says that it gave the answer itself; empty without one. nginx adds no Age.

    Args:
        kept: only if it did so without asking the service.
    """
    for name in CACHES:
        said = headers.get(name, "")
        if _HIT.search(said) and not (kept and _RENEWED.search(said)):
            return f"{name}: {said}"
    return ""


def not_renewed(headers: Mapping[str, str]) -> str:
    """The header by which a cache says that it could not renew its copy; empty where none does.

    One answer alone may also be given while the copy is being renewed.
    """
    return next(
        (f"{name}: {headers[name]}" for name, said in _NOT_RENEWED.items() if said.search(headers.get(name, ""))),
        "",
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of any status.

    Attributes:
        headers: names in lower case; repeated headers are joined by commas.
        url: of the last hop, without credentials and query.
        phases: of the successful attempt, summed over redirects.
        attempts: one line for each attempt.
        redirects: one line for each redirect that was followed.
        before: the answers that redirected, in order.
        no_credentials: where the settings could hold credentials, if none was sent.
    """

    service: str
    status: int
    headers: dict[str, str]
    body: bytes
    url: str
    phases: Phases = field(default_factory=Phases)
    attempts: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    before: tuple[Answer, ...] = ()
    no_credentials: str = ""

    @property
    def text(self) -> str:
        """The body as UTF-8. Undecodable bytes are replaced."""
        return self.body.decode("utf-8", errors="replace")

    def json(self, kind: Any = Any) -> Any:
        """The body as JSON, converted to ``kind``; Malformed if that fails."""
        try:
            return read_unambiguous_json(self.body, kind)
        except (OverBudget, Ambiguous) as error:
            what = f"JSON {error}"
        except msgspec.ValidationError as error:
            what = f"JSON of another shape: {error}"
        except (msgspec.DecodeError, UnicodeDecodeError):
            what = f"{self.headers.get('content-type') or 'no content type'}: {door.quoted(self.body, 80)}"
        raise Malformed(
            f"{self.service}: expected JSON from {self.url}, got {what}",
            service=self.service,
            attempts=self.attempts,
        )

    def of_now(self, oldest: float | None) -> Answer:
        """The answer itself; Malformed where a cache gave a copy that is older than ``oldest`` seconds, or that it
        could not renew.
        """
        if oldest is None:
            return self
        ages = [one.strip() for one in self.headers.get(AGE, "").split(",")]
        is_old = any(one.isascii() and one.isdigit() and int(one[:9]) > oldest for one in ages)
        copy = f"{AGE}: {self.headers[AGE]}" if is_old else not_renewed(self.headers)
        if not copy:
            return self
        raise Malformed(
            f"{self.service}: expected an answer of now from {self.url}, got a copy that a cache kept ({copy})",
            service=self.service,
            hint="Let the cache before this service leave it out.",
            attempts=self.attempts,
        )

    @property
    def beginning(self) -> str:
        """The first eighty characters on one line, for messages."""
        return door.line(self.body, 80)

    def expect_ok(self, hint: str = "", *, if_denied: str = "") -> Answer:
        """The answer itself if its status is 2xx, and neither that of a part, which nobody has asked for, nor one
        of several, which are in its body.

        Args:
            hint: what to do about any other status.
            if_denied: what to do about 401 and 403, where ``hint`` is empty.

        Raises:
            Denied: 401 or 403.
            Malformed: any other status.
        """
        if 200 <= self.status < 300 and self.status not in _OF_PARTS:
            return self
        if self.status in (401, 403):
            raise Denied(
                f"{self.service}: expected our credentials to be accepted by {self.url}, got HTTP {self.status}",
                service=self.service,
                hint=self._to_be_permitted(hint or if_denied),
                attempts=self.attempts,
            )
        raise Malformed(
            f"{self.service}: expected HTTP 200 from {self.url}, got HTTP {self.status}",
            service=self.service,
            hint=hint,
            attempts=self.attempts,
        )

    def _to_be_permitted(self, hint: str) -> str:
        if self.no_credentials:
            return f"No credentials are set: add them to {self.no_credentials}. {hint}".rstrip()
        return hint or "Check the credentials of this target and what they are permitted."
