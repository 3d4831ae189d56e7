"""Paging through listings of the DigitalOcean API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playbook.clients.listing import Listing, distinct, listed
from playbook.core.errors import Unmeasured

PER_PAGE = 200
MOST_PAGES = 50
Json = dict[str, Any]


def read_pages(
    read_page: Callable[[int], tuple[Json, list[Json]]],
    what: str,
    *,
    enough: Callable[[list[Json]], bool],
    counted: bool,
) -> Listing[Json]:
    """All items, or as many as are enough. Items before a page that cannot be read are kept.

    Args:
        read_page: returns the answer and the items of a page.
        what: for messages, e.g. ``SSH keys``.
        counted: False if the listing has no total.

    Raises:
        Unmeasured: the first page cannot be read.
    """
    found: list[Json] = []
    page, total, problem = 1, None, ""
    for _ in range(MOST_PAGES):
        try:
            body, items = read_page(page)
        except Unmeasured as error:
            if page == 1:
                raise
            problem = str(error)
            break
        found += items
        told = [count for count in (total, total_of(body)) if count is not None]
        total = max(told, default=None)  # a later page may have been read of less
        following = next_page(body, page, len(found))
        if enough(found):
            total = len(found)
            break
        if following is None:
            break
        if following <= page or not items:
            problem = f"page {page} leads to page {following}"
            break
        page = following
    else:
        problem = f"more than {MOST_PAGES} pages of {PER_PAGE}"
    return Listing(found, listed(what, distinct(found), total, problem, counted=counted))


def next_page(body: Json, page: int, so_far: int) -> int | None:
    """Number of the next page. Its link is never followed: it could send the token to another host."""
    links = body.get("links")
    pages = links.get("pages") if isinstance(links, dict) else None
    following = pages.get("next") if isinstance(pages, dict) else None
    if isinstance(following, str):
        named = parse_qs(urlsplit(following).query).get("page", [""])[0]
        return int(named) if named.isdecimal() else page + 1
    total = total_of(body)
    return page + 1 if not links and total is not None and so_far < total else None


def total_of(body: Json) -> int | None:
    """The listing's own total; None if it has none."""
    meta = body.get("meta")
    total = meta.get("total") if isinstance(meta, dict) else None
    return total if isinstance(total, int) and not isinstance(total, bool) else None
