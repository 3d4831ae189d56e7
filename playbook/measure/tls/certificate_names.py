"""Whether a certificate is for a host: internationalised names, wildcards by RFC 9525, addresses by addresses."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playbook.core.errors import UsageError
from playbook.core.hosts import address_of, plain_host
from playbook.settings.model import Settings

# Labels under which country registries register names for everybody: a wildcard there would cover strangers.
_REGISTRY = re.compile(r"(?:ac|co|com|edu|gob|gouv|gov|go|mil|ne|net|nom|or|org|sch)\.[a-z]{2}")


def matches_name(name: str, host: str) -> bool:
    """Whether a DNS name of a certificate matches a host: a wildcard is the whole first label, and matches one
    label.
    """
    name, host = plain_host(name), plain_host(host)
    if address_of(host) is not None:
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
    address, wanted = address_of(name), address_of(host)
    return wanted is not None and address == wanted


def led_elsewhere(settings: Settings) -> dict[str, tuple[str, int]]:
    """Where to connect for a host, by its name in DNS; UsageError where that is no address."""
    connect_to = settings.target.security.connect_to.items()
    return {plain_host(host): host_and_port(to, "security.connect_to") for host, to in connect_to}


def host_and_port(text: str, setting: str) -> tuple[str, int]:
    """``host`` or ``host:port``; UsageError that names the setting where it is neither."""
    try:
        url = urlsplit(f"//{text}")
        if url.hostname and url.path in ("", "/") and not url.username:
            return plain_host(url.hostname), url.port or 443
    except ValueError:
        pass
    raise UsageError(
        f"{setting}: expected a host such as portfolio.example or portfolio.example:8443, got {text!r}"
    )
