"""Conventions of the API: routes with their scopes, errors, pages, times and money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from sandbox.world.app import DigitalOceanState

NO_TIME = "0001-01-01T00:00:00Z"
PER_PAGE, MOST_PER_PAGE = 20, 200

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request and its context.

    Attributes:
        now: aware UTC.
        base: address of the API, for links.
        live_url: address of the app.
        log_url: creates the address of a log, opened by a token, from its path and contents.
        log_time: time of the newest log line (aware).
        body: parsed JSON of a POST, else None.
    """

    state: DigitalOceanState
    now: datetime
    base: str
    live_url: str
    log_url: Callable[..., str]
    log_time: datetime
    url_path: str
    path: dict[str, str]
    query: QueryParams
    body: Any = None

    def whole(self, name: str, default: int) -> int:
        """An integer from the query; 422 if it is not one."""
        text = self.query.get(name, str(default))
        try:
            return int(text)
        except ValueError:
            raise ApiError(422, "unprocessable_entity", f"{name} must be an integer.") from None


class ApiError(Exception):
    """An answer other than 2xx, in the API's error format."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def not_found() -> ApiError:
    """The answer for anything unknown."""
    return ApiError(404, "not_found", "The resource you requested could not be found.")


Handler = Callable[[Call], Json]


class Route(NamedTuple):
    """A path of the API and the token scope that it requires."""

    method: str
    path: str
    scope: str
    handler: Handler


ROUTES: list[Route] = []


def get(path: str, scope: str) -> Callable[[Handler], Handler]:
    """Register the handler of GET on ``path``."""
    return _route("GET", path, scope)


def post(path: str, scope: str) -> Callable[[Handler], Handler]:
    """Register the handler of POST on ``path``."""
    return _route("POST", path, scope)


def _route(method: str, path: str, scope: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, path, scope, handler))
        return handler

    return register


def paged(call: Call, key: str, items: Sequence[Any], *, single: Json | None = None) -> Json:
    """One page of ``items`` with ``links`` and ``meta``.

    Args:
        single: value of ``links`` if there is only one page; the API is inconsistent about it.
    """
    size = min(max(call.whole("per_page", PER_PAGE), 1), MOST_PER_PAGE)
    page = max(call.whole("page", 1), 1)
    last = max(-(-len(items) // size), 1)

    def link(number: int) -> str:
        others = [(name, value) for name, value in call.query.multi_items() if name not in {"page", "per_page"}]
        return f"{call.base}{call.url_path}?{urlencode([*others, ('page', number), ('per_page', size)])}"

    pages: Json = {}
    if page > 1:
        pages |= {"first": link(1), "prev": link(min(page - 1, last))}
    if page < last:
        pages |= {"next": link(page + 1), "last": link(last)}
    links: Json = {"pages": pages} if pages else ({} if single is None else single)
    return {key: list(items[(page - 1) * size : page * size]), "links": links, "meta": {"total": len(items)}}


def cut(call: Call, key: str, page: Json) -> Json:
    """The page without its last items, if the state says that the listing lacks them."""
    lacking = call.state.listed_less.get(key, 0)
    return {**page, key: page[key][: len(page[key]) - lacking]}


def stamp(moment: datetime | None) -> str:
    """RFC 3339 in UTC; the API writes 'no time' as the year 1."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else NO_TIME


def money(dollars: float) -> str:
    """Dollars as the API writes them: a string with cents."""
    return f"{dollars:.2f}"


def without_zeros(message: Json) -> Json:
    """As protobuf's JSON: fields with their zero value are omitted."""
    return {name: value for name, value in message.items() if value not in (0, "", "UNKNOWN")}
