"""Addresses of HTTP services: which are usable, what credentials belong to, what may be shown of one."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from playbook.core.errors import UsageError


def parse_url(text: str, name: str) -> SplitResult:
    """A usable http or https URL; otherwise UsageError, which does not quote the text."""
    try:
        url = urlsplit(text)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"{name}: expected an address such as https://example.com, got something else")
    return url


def origin(url: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port: the scope of credentials."""
    return url.scheme, url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


def shown(url: SplitResult) -> str:
    """The URL for display: without credentials and without the query, which may contain a token."""
    host = url.netloc.rpartition("@")[2]
    return f"{url.scheme}://{host}{url.path}" + ("?…" if url.query else "")
