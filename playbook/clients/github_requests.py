"""Requests to GitHub's API: the one way to it for measurements, for jobs on GitHub Actions and for our issues.

One is made at a time, and a rate limit is waited for as far as the caller has the patience. GET, PUT and PATCH
are tried again by ``playbook.clients.http``, all within one time limit; a POST is sent again only after a rate
limit, as GitHub has not carried it out then.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from playbook.clients.answer import Answer
from playbook.clients.http import BUSY, HttpWriter
from playbook.clients.retries import ATTEMPTS, is_count, seconds_asked
from playbook.clients.urls import origin, parse_url
from playbook.clients.wire import Broken, Kept
from playbook.core import door
from playbook.core.budget import read_json
from playbook.core.clock import Clock
from playbook.core.deadline import left
from playbook.core.errors import Unmeasured, UsageError
from playbook.core.secret import Secret
from playbook.settings.model import TimeLimits

SERVICE = "GitHub"
PER_PAGE = 100
MOST_PAGES = 50
MOVED = frozenset({301, 307, 308})
"""Statuses for a repository or an organisation that was renamed or moved. Those who are not members get a 302."""
_A_MINUTE = 60  # seconds to wait where GitHub does not say how many
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


class NextPageError(Exception):
    """The address of the next page cannot be requested; the text continues "the next page"."""


class GitHubRequests:
    """Requests with one token, below one address. A status is never an exception here.

    Every method raises:
        Unreachable: no whole answer in time.
        Malformed: the answer is too large.
    """

    def __init__(
        self,
        endpoint: str,
        token: Secret,
        *,
        time_limits: TimeLimits,
        whole: float | None = None,
        ca: str | None = None,
        setting: str = "",
        kept: Kept | None = None,
        clock: Clock | None = None,
        patience: float = 0.0,
    ) -> None:
        """Sends nothing.

        Args:
            time_limits, whole, ca, setting, kept: as ``playbook.clients.http.HttpClient`` has them.
            patience: seconds that all these requests together may wait because GitHub asked for it; never longer
                than the measurement has left.
        """
        self._http = HttpWriter(
            endpoint,
            service=SERVICE,
            time_limits=time_limits,
            whole=whole,
            ca=ca,
            token=token,
            headers=_HEADERS,
            setting=setting,
            kept=kept,
            busy=(BUSY | {500}) - {429},  # 429 is a rate limit: ``_ask`` waits as long as that says
        )
        self._clock = clock or Clock()
        self._patience = patience

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Read a path, or a whole address."""
        return self._ask("GET", path, params, b"")

    def send(
        self, method: Literal["POST", "PUT", "PATCH"], path: str, fields: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send an object as JSON, or nothing."""
        return self._ask(method, path, None, b"" if fields is None else msgspec.json.encode(fields))

    def next_page(self, answer: Answer) -> str:
        """The address of the page after this one, by its Link header; empty where that names none.

        Raises:
            NextPageError: it is on another host, where the token must not go, or its address cannot be read.
        """
        found = _NEXT.search(answer.headers.get("link", ""))
        if found is None:
            return ""
        try:
            url = parse_url(found[1], SERVICE)
        except UsageError:
            raise NextPageError("has an address that cannot be read") from None
        if origin(url) != origin(urlsplit(self._http.base_url)):
            raise NextPageError("is on another host")
        return found[1]

    def _ask(
        self,
        method: Literal["GET", "POST", "PUT", "PATCH"],
        path: str,
        params: Mapping[str, str] | None,
        body: bytes,
    ) -> Answer:
        tried = 0
        while True:
            answer = self._http.get(path, params) if method == "GET" else self._http.send(method, path, body)
            tried += 1
            if tried == ATTEMPTS or not is_limited(answer):
                return answer
            seconds = seconds_to_wait(answer, self._clock.now())
            if seconds > left(self._patience):
                return answer
            self._patience -= seconds
            self._clock.sleep(seconds)


def seconds_to_wait(answer: Answer, now: datetime) -> int:
    """Whole seconds until the next request, after an answer that is a rate limit: at least one.

    Where the answer does not say, it is a minute, as GitHub's documentation asks for.
    """
    asked = seconds_asked(answer.headers, now)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if asked is None and answer.headers.get("x-ratelimit-remaining") == "0" and is_count(reset):
        asked = int(reset) - now.timestamp()
    return _A_MINUTE if asked is None else max(math.ceil(asked), 1)


def is_limited(answer: Answer) -> bool:
    """Whether GitHub wants no more requests for now; it also says so with 403."""
    if answer.status == 429:
        return True
    used_up = answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    return answer.status == 403 and (used_up or "rate limit" in said_by(answer).lower())


def said_by(answer: Answer) -> str:
    """GitHub's own words on a refusal; empty where it has none."""
    try:
        content: Any = read_json(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    message = content.get("message") if isinstance(content, dict) else None
    return door.line(message.rstrip(".\n "), 200) if isinstance(message, str) else ""


def reason_of(error: Unmeasured) -> str:
    """Why there is no answer to read, without the address: ``connection refused``, ``more than 1,024 bytes``."""
    cause = error.__cause__
    return cause.reason if isinstance(cause, Broken) else str(error).rpartition(", got ")[2]
