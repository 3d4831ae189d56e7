"""Whether a certificate is for a host: internationalised names, wildcards by RFC 9525, addresses by addresses."""

from __future__ import annotations

import ipaddress
import re

# Labels under which country registries register names for everybody: a wildcard there would cover strangers.
_REGISTRY = re.compile(r"(?:ac|co|com|edu|gob|gouv|gov|go|mil|ne|net|nom|or|org|sch)\.[a-z]{2}")


def plain_host(host: str) -> str:
    """A host in its normalised form: lower case, A-labels, no dot at the end.

    A host that cannot be written in A-labels is returned as it is, and matches only itself.
    """
    host = host.strip().lower().removesuffix(".")
    address = _address(host)
    if address is not None:
        return str(address)
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").lower()  # as Python's TLS sends it
    except UnicodeError:
        return host


def matches_name(name: str, host: str) -> bool:
    """Whether a DNS name of a certificate matches a host: a wildcard is the whole first label, and matches one
    label.
    """
    name, host = plain_host(name), plain_host(host)
    if _address(host) is not None:
        return False
    if "*" not in name:
        return bool(name) and name == host
    star, _, rest = name.partition(".")
    first, _, behind = host.partition(".")
    if star != "*" or "*" in rest or not first or behind != rest:
        return False
    return "." in rest and not _REGISTRY.fullmatch(rest)


def matches_address(name: str, host: str) -> bool:
    """Whether an address of a certificate matches a host."""
    address, wanted = _address(name), _address(host)
    return wanted is not None and address == wanted


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
