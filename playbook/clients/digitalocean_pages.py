"""Which page of a listing of the DigitalOcean API comes next, and how many items it says there are."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]


def next_page(body: Json, page: int, so_far: int) -> int | None:
    """Number of the page after this one. Its address is never followed: it could lead the token elsewhere."""
    links = body.get("links")
    pages = links.get("pages") if isinstance(links, dict) else None
    following = pages.get("next") if isinstance(pages, dict) else None
    if isinstance(following, str):
        named = parse_qs(urlsplit(following).query).get("page", [""])[0]
        return int(named) if named.isdecimal() else page + 1
    total = total_of(body)
    return page + 1 if not links and total is not None and so_far < total else None


def total_of(body: Json) -> int | None:
    """The listing's own count; None where it gives none."""
    meta = body.get("meta")
    total = meta.get("total") if isinstance(meta, dict) else None
    return total if isinstance(total, int) and not isinstance(total, bool) else None
