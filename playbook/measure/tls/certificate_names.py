"""Whether a certificate is for a host: names in one alphabet, wildcards by RFC 9525, addresses by addresses."""

from __future__ import annotations

import ipaddress
import re

# Labels under which registries of countries give names to everybody: a wildcard there would be for strangers.
_REGISTRY = re.compile(r"(?:ac|co|com|edu|gob|gouv|gov|go|mil|ne|net|nom|or|org|sch)\.[a-z]{2}")


def plain_host(host: str) -> str:
    """A host in the one spelling in which it is compared: lower case, A-labels, no dot at the end.

    What cannot be written in A-labels is returned as it stands, and matches itself alone.
    """
    host = host.strip().lower().removesuffix(".")
    address = _address(host)
    if address is not None:
        return str(address)
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").lower()  # as Python's TLS sends it along
    except UnicodeError:
        return host


def matches_name(name: str, host: str) -> bool:
    """A DNS name of a certificate against a host: a wildcard is the whole of the first label, and of one alone."""
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
    """An address of a certificate against a host."""
    address, wanted = _address(name), _address(host)
    return wanted is not None and address == wanted


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
