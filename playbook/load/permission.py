"""Who may be loaded. Asked before anything is sent, once when the run begins and again by whatever makes the load.

No file, variable or ini option by itself lets production be loaded: the settings of that target must say so, and
the command line must repeat its name. What is not production must not lead to it.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from playbook.core.errors import Forbidden, NotConfigured
from playbook.load.order import PRODUCTION_OPTION
from playbook.settings.gate import address_of, is_this_machine, refused_as_production, require_own_addresses
from playbook.settings.loading import SANDBOX, Settings

SERVICE = "Load test"
_PORTS = {"http": 80, "https": 443}
_MORE = frozenset("/\\@?#")  # what makes of a host something else


class Permission(NamedTuple):
    """Where load may go.

    Attributes:
        host: scheme, host and port, e.g. ``https://staging.example:443``.
        base: path before those of the settings, without a slash at its end; mostly empty.
        allowed: every host, with port.
    """

    host: str
    base: str
    allowed: tuple[str, ...]


def require_permission(settings: Settings, production: str) -> Permission:
    """Where the chosen target may be loaded.

    Args:
        production: what the command line repeats as the name of a production system; else empty.

    Raises:
        NotConfigured: the target has no website, or lists no host that may be loaded.
        Forbidden: what it lists is another's, or production's and nobody said twice that it is meant.
    """
    target, load = settings.target, settings.load
    path = f"targets.{target.name}.load"
    url = urlsplit(settings.require(target.web.url, "web.url", "Website"))
    own = _host(url)
    if not load.hosts:
        raise NotConfigured(
            f"{SERVICE} is not configured for the target {target.name}: {path}.hosts is not set, and nothing else "
            "is ever loaded",
            setting="load.hosts",
            add=f'to playbook.toml, where {target.name} may be loaded:\n[{path}]\nhosts = ["{_short(url)}"]',
        )
    allowed = tuple(_listed(host, url.scheme) for host in load.hosts)
    if own not in allowed:
        raise Forbidden(
            f"no load goes to {_short(url)}: targets.{target.name}.web.url leads there, and {path}.hosts lists "
            f"{', '.join(load.hosts)}"
        )
    if refused_as_production(target.name, target.kind):
        _require_said_twice(settings, production)
    else:
        if production:
            raise Forbidden(
                f"{PRODUCTION_OPTION} {production} was given, and the target {target.name} is not a "
                f"production system"
            )
        require_own_addresses(settings, "no load goes to")
    for listed, host in zip(load.hosts, allowed, strict=True):
        _require_own(settings, f"{url.scheme}://{host}", listed, path)
    base = url.path.rstrip("/")
    return Permission(f"{url.scheme}://{own}", base, allowed)


def _require_said_twice(settings: Settings, production: str) -> None:
    name = settings.target.name
    if not settings.load.production:
        raise Forbidden(
            f"no load goes to {name}, as it is a production system and targets.{name}.load does not say "
            "production = true"
        )
    if production != name:
        got = f"{PRODUCTION_OPTION} {production}" if production else "nothing"
        raise Forbidden(
            f"no load goes to {name}, as it is a production system: expected its name to be repeated with "
            f"{PRODUCTION_OPTION} {name}, got {got}"
        )


def _require_own(settings: Settings, url: str, listed: str, path: str) -> None:
    """A listed host is nobody else's production, and a sandbox's is this machine."""
    address = address_of(url)
    if address in settings.guarded:
        raise Forbidden(
            f"no load goes to {settings.target.name}: {path}.hosts lists {listed}, which is production's "
            f"({settings.guarded[address]})"
        )
    if settings.target.kind == SANDBOX and not is_this_machine(urlsplit(url).hostname or ""):
        raise Forbidden(
            f"no load goes to {settings.target.name}: it calls itself a sandbox, and {path}.hosts lists {listed}"
        )


def _listed(host: str, scheme: str) -> str:
    """A host of the settings with its port; itself where it is none, so that it equals nothing."""
    try:
        parts = urlsplit(f"{scheme}://{host.strip()}")
        return _host(parts) if parts.hostname and not _MORE & set(host) else host
    except ValueError:
        return host


def _host(url: SplitResult) -> str:
    name = (url.hostname or "").rstrip(".")
    name = f"[{name}]" if ":" in name else name
    return f"{name}:{url.port or _PORTS.get(url.scheme, 0)}"


def _short(url: SplitResult) -> str:
    host = _host(url)
    return host.removesuffix(f":{_PORTS.get(url.scheme)}")
