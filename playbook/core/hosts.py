"""Host names in one spelling, and which of them belong to a site."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")


def plain_host(host: str) -> str:
    """A host in its normalised form: lower case, A-labels, no dot at the end.

    A host that cannot be written in A-labels is returned as it is, and matches only itself.
    """
    host = host.strip().lower().removesuffix(".")
    address = address_of(host)
    if address is not None:
        return str(address)
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").lower()  # as Python's TLS sends it
    except UnicodeError:
        return host


def host_in(text: str) -> str:
    """The normalised host of an address, with or without a scheme or a port; empty where it has none."""
    if address_of(text):
        return plain_host(text)
    try:
        return plain_host(urlsplit(text if _SCHEME.match(text) else f"//{text}").hostname or "")
    except ValueError:
        return ""


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a host is; ``None`` for a name."""
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Hosts:
    """Hosts of one site: each also with and without ``www.``; ``*.shop.example`` is every name below that one."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Hosts:
        """From hosts and addresses as people and platforms write them; what names no host is left out."""
        return cls(tuple(dict.fromkeys(filter(None, map(host_in, texts)))))

    def __contains__(self, host: str) -> bool:
        """Whether a host, or the host of an address, is the site's."""
        wanted = host_in(host)
        return bool(wanted) and any(_is(name, wanted) for name in self.names)


def _is(name: str, wanted: str) -> bool:
    bare = wanted.removeprefix("www.")
    return f"www.{bare}".endswith(name[1:]) if name.startswith("*.") else name.removeprefix("www.") == bare
