"""The single gate before anything that changes a system: restore drills and test alerts.

Code that changes something takes a ``Permit``, and only ``pass_gate`` makes one. The provider ``mutation_gate``
calls it; a check whose measurements reach that provider must have the marker ``mutates``, which is enforced at
collection. Permission is given on the command line only: no file, variable or ini option grants it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playbook.core.errors import Forbidden, NotConfigured

if TYPE_CHECKING:
    from playbook.settings.model import Settings

OPTION = "--allow-mutations"
GATE = "mutation_gate"  # the provider that calls it
PRODUCTION = "production"
_MADE_HERE = object()
_PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379}

# Settings of what could be changed, which no target may share with a production one.
_ADDRESSES = ("web.url", "redis.url", "alertmanager.url", "digitalocean.app_id", "digitalocean.redis_cluster_id")


class Permit:
    """Proof that changing this target is allowed. Only ``pass_gate`` makes one.

    Attributes:
        target: its name.
    """

    __slots__ = ("target",)

    def __init__(self, target: str, made: object = None) -> None:
        if made is not _MADE_HERE:
            raise Forbidden("only the gate gives permits")
        self.target = target


def require_permit(permit: object) -> None:
    """Raise Forbidden unless ``permit`` is a Permit; the first line of every function that changes something."""
    if type(permit) is not Permit:
        raise Forbidden(f"expected a permit of the gate, got {type(permit).__name__}")


@dataclass(frozen=True, slots=True)
class MutationGate:
    """The gate's decision on the chosen target.

    Attributes:
        refusal: why nothing may be changed, where that is expected (production); empty otherwise.
    """

    refusal: str
    _permit: Permit | None = None

    @property
    def permit(self) -> Permit:
        """The permit; raises Forbidden with the reason where there is none."""
        if self._permit is None:
            raise Forbidden(self.refusal)
        return self._permit


def pass_gate(settings: Settings, allowed: bool) -> MutationGate:
    """Request the permit for the chosen target.

    Production never gets one, whatever was requested: the returned gate says so. The sandbox gets one without
    asking, staging where ``allowed``, provided that its addresses are not production's.

    Raises:
        Forbidden: the target is called sandbox or staging but leads to production, or is a sandbox on another
            machine.
        NotConfigured: a staging target without the permission.
    """
    target = settings.target
    refusal = refused_as_production(target.name, target.kind)
    if refusal:
        return MutationGate(refusal)
    require_own_addresses(settings, "nothing is changed on")
    if target.kind != "sandbox" and not allowed:
        raise NotConfigured(
            f"Changing the target {target.name} is not allowed: {OPTION} was not given",
            setting=OPTION,
            add=f"{OPTION} to the command line, where {target.name} may be changed",
        )
    return MutationGate("", Permit(target.name, _MADE_HERE))


def require_own_addresses(settings: Settings, refusal: str) -> None:
    """Require that the chosen non-production target shares no address with production, and a sandbox is local.

    Args:
        refusal: beginning of the sentence, e.g. ``nothing is changed on``.

    Raises:
        Forbidden: it does.
    """
    target = settings.target
    own = addresses_of(target.name, _settings_of(target))
    for address, path in own.items():
        if address in settings.guarded:
            raise Forbidden(
                f"{refusal} {target.name}: {path} leads to {address}, which is production's "
                f"({settings.guarded[address]})"
            )
    if target.kind == "sandbox":
        _require_loopback(target.name, own, refusal)


def refused_as_production(name: str, kind: str) -> str:
    """Why the target is never changed; empty for any kind but production."""
    if kind == PRODUCTION:
        return f"nothing may be changed on {name}, as it is a production system"
    if name.lower() == PRODUCTION:
        return f"nothing may be changed on {name}, because of its name, although its kind is {kind}"
    return ""


def reached_in_production(targets: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Addresses of production targets: by normalised address and target name, the dotted path of the setting."""
    reached: dict[str, dict[str, str]] = {}
    for name, raw in targets.items():
        if refused_as_production(name, str(raw.get("kind"))):
            for address, path in addresses_of(name, raw).items():
                reached.setdefault(address, {})[name] = path
    return reached


class Guarded(Mapping[str, str]):
    """Addresses of production targets other than the chosen one: normalised address to dotted path of the setting.

    A view, as with a thousand targets each would otherwise hold a copy of the addresses of all others.
    """

    def __init__(self, reached: Mapping[str, Mapping[str, str]], chosen: str) -> None:
        self._reached, self._chosen = reached, chosen

    def __getitem__(self, address: str) -> str:
        paths = [path for name, path in self._reached[address].items() if name != self._chosen]
        if not paths:
            raise KeyError(address)
        return paths[-1]

    def __iter__(self) -> Iterator[str]:
        return (address for address in self._reached if address in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def addresses_of(name: str, sections: Mapping[str, Any]) -> dict[str, str]:
    """Addresses that a target uses and could change: hosts (loopback ones with their port) and ids, without
    secrets.
    """
    found = {}
    for path in _ADDRESSES:
        section, _, key = path.partition(".")
        table = sections.get(section)
        text = table.get(key) if isinstance(table, Mapping) else None
        address = address_of(text) if isinstance(text, str) else ""
        if address:
            found[address] = f"targets.{name}.{path}"
    return found


def address_of(text: str) -> str:
    """The normalised form of a host (loopback ones with their port) or an id; empty where it is not an address."""
    if "://" not in text:
        return text.strip().lower()
    try:
        parts = urlsplit(text.strip())
        host, port = _canonical((parts.hostname or "").rstrip(".")), parts.port
    except ValueError:
        return ""
    # A tunnel to production has one port, and on this machine any number of names.
    return f"localhost:{port or _PORTS.get(parts.scheme.lower())}" if host and is_this_machine(host) else host


def _canonical(host: str) -> str:
    """A host in canonical spelling: international names in their DNS form, addresses in numeric form.

    Python implements the older IDNA standard; both sides of the comparison use it, so they agree.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        with suppress(UnicodeError):
            host = host.encode("idna").decode("ascii")
        return host.lower()
    return str(getattr(address, "ipv4_mapped", None) or address)


def is_this_machine(host: str) -> bool:
    """Whether a host name or address is a loopback one."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _settings_of(target: Any) -> dict[str, dict[str, str]]:
    sections: dict[str, dict[str, str]] = {}
    for path in _ADDRESSES:
        section, _, key = path.partition(".")
        value = getattr(getattr(target, section), key)
        text = value.reveal() if hasattr(value, "reveal") else value
        if text:
            sections.setdefault(section, {})[key] = text
    return sections


def _require_loopback(name: str, addresses: Iterable[str], refusal: str) -> None:
    for address in addresses:
        host, separator, _ = address.rpartition(":")
        if "." in address and not (separator and is_this_machine(host)):
            raise Forbidden(f"{refusal} {name}: it claims to be a sandbox, but its address is {address}")
