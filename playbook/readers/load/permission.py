"""Permission to load a target. Checked before anything is sent, when the run begins and again by the load process.

No file, variable or ini option alone permits load on production: the settings of that target must allow it, and
the command line must repeat its name. A target that is not production must not lead to it.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from playbook.core.errors import Forbidden, NotConfigured
from playbook.readers.load.order import PRODUCTION_OPTION
from playbook.settings.gate import address_of, is_this_machine, refused_as_production, require_own_addresses
from playbook.settings.model import SANDBOX, Settings

SERVICE = "Load test"
_PORTS = {"http": 80, "https": 443}
_MORE = frozenset("/\\@?#")  # characters that make a host something else


class Permission(NamedTuple):
    """Where load may be sent.

    Attributes:
        host: scheme, host and port, e.g. ``https://staging.example:443``.
        base: path before those of the settings, without a trailing slash; mostly empty.
        allowed: every host, with port.
    """

    host: str
    base: str
    allowed: tuple[str, ...]


def require_permission(settings: Settings, production: str) -> Permission:
    """Permission to load the chosen target.

    Args:
        production: name of a production system, as repeated on the command line; otherwise empty.

    Raises:
        NotConfigured: the target has no website, or lists no host that may be loaded.
        Forbidden: a listed host belongs to another target, or to production without both confirmations.
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
    """Require that a listed host is not another target's production, and that a sandbox's is this machine."""
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
    """The configured host with its port; an invalid entry is returned unchanged and matches nothing."""
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
