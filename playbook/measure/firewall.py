"""Who may connect from outside: the Redis cluster's trusted sources, and the cloud firewalls before droplets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_account import DigitalOceanAccount, Firewall, InboundRule
from playbook.engine import measurement
from playbook.evidence import Evidence, Table
from playbook.settings import Settings

EVERY_PORT = frozenset({"", "0", "all"})


@dataclass(frozen=True, slots=True)
class TrustedSources:
    """Who may connect to the Redis cluster, as (type, value).

    Attributes:
        too_wide: address ranges that hold more addresses than is ever meant, the widest first.
    """

    sources: tuple[tuple[str, str], ...]
    too_wide: tuple[str, ...]

    @property
    def restricted(self) -> bool:
        """False where everybody may connect: an empty list means that, and so does a range of every address."""
        return bool(self.sources) and not any(
            _is_everybody(value) for kind, value in self.sources if kind == "ip_addr"
        )

    @property
    def found(self) -> str:
        """In words."""
        if not self.sources:
            return "an empty list, which lets the whole internet connect"
        everybody = [value for kind, value in self.sources if kind == "ip_addr" and _is_everybody(value)]
        if everybody:
            return f"{everybody[0]}, which is the whole internet"
        return ", ".join(f"{kind} {value}" for kind, value in self.sources)

    def evidence(self) -> Evidence:
        """A row for each source."""
        rows = [[kind, value] for kind, value in self.sources] or [["everybody", "the list is empty"]]
        return Table("Trusted sources of the Redis cluster", ["Type", "Who"], rows)


@measurement
def trusted_sources(digitalocean: DigitalOceanApi, settings: Settings) -> TrustedSources:
    """Trusted sources of the Redis cluster."""
    rules = digitalocean.trusted_sources()
    sources = tuple((str(rule.get("type", "")), str(rule.get("value", ""))) for rule in rules)
    wide = [value for kind, value in sources if kind == "ip_addr" and _is_wide(value, settings)]
    return TrustedSources(
        sources, tuple(sorted(wide, key=lambda value: -ip_network(value, strict=False).num_addresses))
    )


@dataclass(frozen=True, slots=True)
class Opening:
    """A port for administrators that the whole internet can reach.

    Attributes:
        ports: those of the configured ones that the rule opens.
    """

    firewall: str
    rule: str
    ports: tuple[int, ...]
    source: str

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.ports[:4])) + (", …" if len(self.ports) > 4 else "")
        return f"{self.firewall} opens {shown} to {self.source} (rule {self.rule})"


@dataclass(frozen=True, slots=True)
class CloudFirewalls:
    """The cloud firewalls of the account, and what they open too far."""

    firewalls: tuple[Firewall, ...]
    openings: tuple[Opening, ...]

    @property
    def found(self) -> str:
        """In words."""
        more = f", and {len(self.openings) - 1} more" if len(self.openings) > 1 else ""
        if self.openings:
            return f"{self.openings[0]}{more}"
        return f"none in {len(self.firewalls)} firewall{'s' if len(self.firewalls) != 1 else ''}"

    def evidence(self) -> Evidence:
        """A row for each rule that lets somebody in."""
        rows = [
            [
                firewall.name,
                f"{len(firewall.droplet_ids)} droplets" + "".join(f", tag {tag}" for tag in firewall.tags),
                _rule(rule),
                ", ".join(rule.sources.addresses) or "droplets, tags or balancers of the account",
            ]
            for firewall in self.firewalls
            for rule in firewall.inbound_rules
        ]
        return Table("Cloud firewalls: who may come in", ["Firewall", "Covers", "Ports", "From"], rows)


@measurement
def cloud_firewalls(digitalocean_account: DigitalOceanAccount, settings: Settings) -> CloudFirewalls:
    """Inbound rules of every cloud firewall. They cover droplets; App Platform has none."""
    firewalls = tuple(digitalocean_account.firewalls())
    ports = settings.firewall.management_ports
    openings = [
        Opening(firewall.name, _rule(rule), opened, source)
        for firewall in firewalls
        for rule in firewall.inbound_rules
        for source in rule.sources.addresses
        if _is_everybody(source) and (opened := tuple(_opened(rule, ports)))
    ]
    return CloudFirewalls(firewalls, tuple(openings))


def _rule(rule: InboundRule) -> str:
    every = rule.ports in EVERY_PORT
    return (
        rule.protocol if every and rule.protocol == "icmp" else f"{rule.protocol} {'all' if every else rule.ports}"
    )


def _opened(rule: InboundRule, ports: Iterable[int]) -> list[int]:
    """Which of the ports the rule opens. ICMP has none."""
    if rule.protocol == "icmp":
        return []
    if rule.ports in EVERY_PORT:
        return list(ports)
    first, _, last = rule.ports.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        return list(ports)  # a form that we do not know is not taken for harmless
    return [port for port in ports if int(first) <= port <= int(last or first)]


def _is_everybody(address: str) -> bool:
    try:
        return ip_network(address, strict=False).prefixlen == 0
    except ValueError:
        return False


def _is_wide(address: str, settings: Settings) -> bool:
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        return False
    widest = settings.firewall.widest_ipv4 if network.version == 4 else settings.firewall.widest_ipv6
    return network.prefixlen < widest
