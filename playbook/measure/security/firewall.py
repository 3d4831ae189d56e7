"""Network access: the Redis cluster's trusted sources, and the cloud firewalls of droplets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_account import DigitalOceanAccount, Firewall, InboundRule
from playbook.clients.managed_databases import ManagedDatabases
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, together, understood, whole
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured, away
from playbook.core.evidence import Evidence, Table
from playbook.core.wording import plural
from playbook.measure.databases.databases import read_databases
from playbook.measure.security.address_ranges import Network, everybody, network
from playbook.settings.model import Settings

EVERY_PORT = frozenset({"", "0", "all"})
# Words of the API's description; any other word is reported as not understood.
SOURCE_TYPES = frozenset({"droplet", "k8s", "ip_addr", "tag", "app"})
SOURCES = frozenset({"addresses", "droplet_ids", "load_balancer_uids", "kubernetes_ids", "tags"})
PROTOCOLS = frozenset({"tcp", "udp", "icmp"})
_DATABASE_HOSTS = ".db.ondigitalocean.com"  # before it NAME-do-user-NUMBER-0, and a letter for the region


@dataclass(frozen=True, slots=True)
class TrustedSources:
    """Trusted sources of a database cluster, as (type, value).

    Attributes:
        name: of the cluster, in messages.
        too_wide: address ranges wider than the configured maximum, the widest first.
        seen: coverage of whose they are.
    """

    sources: tuple[tuple[str, str], ...]
    too_wide: tuple[str, ...]
    name: str = "Redis"
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """Whether each rule is of a known type and has a value."""
        unknown = [
            f"{kind or 'no type'} {value}".strip()
            for kind, value in self.sources
            if kind not in SOURCE_TYPES or not value or (kind == "ip_addr" and network(value) is None)
        ]
        rules = whole(plural(len(self.sources), "trusted source"))
        return self.seen + rules + understood(len(unknown), len(self.sources), "trusted sources", examples=unknown)

    @property
    def restricted(self) -> bool:
        """False where everybody may connect: an empty list means that, and so do ranges of every address."""
        return bool(self.sources) and not self._everybody

    @property
    def found(self) -> str:
        """In words."""
        if not self.sources:
            return "an empty list, which lets the whole internet connect"
        if self._everybody:
            return f"{self._everybody}, which is the whole internet"
        return ", ".join(f"{kind} {value}" for kind, value in self.sources)

    @property
    def _everybody(self) -> str:
        return everybody(
            value for kind, value in self.sources if network(value) and kind not in {"droplet", "k8s"}
        )

    def evidence(self) -> Evidence:
        """A row for each source."""
        rows = [[kind, value] for kind, value in self.sources] or [["everybody", "the list is empty"]]
        return Table(f"Trusted sources of {self.name}", ["Type", "Who"], rows)


@measurement(parts=("redis",))
def trusted_sources(digitalocean: DigitalOceanApi, settings: Settings) -> TrustedSources:
    """Trusted sources of the Redis cluster, which the application's Redis has to be."""
    found = _sources("Redis", digitalocean.trusted_sources(), settings)
    return replace(found, seen=_is_cluster_of_url(digitalocean, settings))


def _is_cluster_of_url(digitalocean: DigitalOceanApi, settings: Settings) -> Coverage:
    """Whether redis.url leads to the cluster; empty where its host is no name that DigitalOcean gave."""
    url = settings.target.redis.url
    host = (urlsplit(url.reveal()).hostname or "").removeprefix("private-") if url else ""
    if not host.endswith(_DATABASE_HOSTS):
        return Coverage()
    expected = f"the trusted sources of the cluster at {host}"
    try:
        name = str(digitalocean.cluster().get("name"))
    except Unmeasured as problem:
        return lacking("", expected=expected, got=str(problem), hint=problem.hint, cause=away(problem))
    if host.startswith(f"{name}-do-user-"):
        return Coverage()
    hint = "Correct digitalocean.redis_cluster_id: `doctl databases list` tells which cluster has which id."
    return lacking("those of another cluster", expected=expected, got=f"those of {name}", hint=hint)


def _sources(name: str, rules: Iterable[Mapping[str, object]], settings: Settings) -> TrustedSources:
    sources = tuple((str(rule.get("type", "")), str(rule.get("value", ""))) for rule in rules)
    wide = [(found.num_addresses, value) for kind, value in sources if (found := _wide(kind, value, settings))]
    return TrustedSources(sources, tuple(value for _, value in sorted(wide, reverse=True)), name)


@dataclass(frozen=True, slots=True)
class DatabaseSources:
    """Trusted sources of each managed database but the Redis that has a setting of its own.

    Attributes:
        seen: coverage of the clusters.
    """

    clusters: tuple[TrustedSources, ...] = ()
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """Whether each cluster was read, and each rule is understood."""
        return (
            whole(plural(len(self.clusters), "database")) + self.seen + together(c.coverage for c in self.clusters)
        )

    def evidence(self) -> list[Evidence]:
        """A row for each source of each cluster."""
        return [one.evidence() for one in self.clusters]


@measurement(parts=("databases",))
def database_sources(managed_databases: ManagedDatabases, settings: Settings, clock: Clock) -> DatabaseSources:
    """Trusted sources of the managed databases; none where there is none. The Redis of the settings is apart."""
    clusters: list[TrustedSources] = []
    seen = Coverage()
    try:
        found = read_databases(managed_databases, settings, clock, in_full=False)
        problems = list(found.missing)
        for cluster in (database.cluster for database in found.found):
            if cluster.id == settings.target.digitalocean.redis_cluster_id:
                continue
            try:
                rules = managed_databases.api.trusted_sources(cluster.id)
                clusters.append(_sources(cluster.name, rules, settings))
            except Unmeasured as error:
                problems.append((f"the database {cluster.name}", error))
    except NotConfigured:
        return DatabaseSources()
    except Unmeasured as error:
        problems = [("the managed databases", error)]
    for what, problem in problems:
        expected = f"the trusted sources of {what}"
        seen += lacking("", expected=expected, got=str(problem), hint=problem.hint, cause=away(problem))
    return DatabaseSources(tuple(clusters), seen)


@dataclass(frozen=True, slots=True)
class Opening:
    """A management port open to the whole internet.

    Attributes:
        ports: configured management ports that the rule opens.
        source: the ranges that are the whole internet, alone or together.
    """

    firewall: str
    rule: str
    ports: tuple[int, ...]
    source: str

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.ports[:4])) + (", …" if len(self.ports) > 4 else "")
        return f"{shown} open to {self.source} in {self.firewall} (rule {self.rule})"


@dataclass(frozen=True, slots=True)
class CloudFirewalls:
    """The cloud firewalls of the account, and what they open too far.

    Attributes:
        openings: of firewalls that cover something.
        listing: coverage of the listing.
    """

    firewalls: tuple[Firewall, ...]
    openings: tuple[Opening, ...]
    listing: Coverage

    @property
    def coverage(self) -> Coverage:
        """Whether every firewall was read, its rules are in force, and all their words are known."""
        return self.listing + together(_understood(firewall) for firewall in self.firewalls)

    @property
    def idle(self) -> tuple[str, ...]:
        """Firewalls that cover nothing."""
        return tuple(one.name for one in self.firewalls if one.droplet_ids == [] and one.tags == [])

    @property
    def failed(self) -> tuple[str, ...]:
        """Firewalls that could not be put into force."""
        return tuple(one.name for one in self.firewalls if one.status == "failed")

    @property
    def found(self) -> str:
        """In words."""
        more = f", and {len(self.openings) - 1} more" if len(self.openings) > 1 else ""
        if self.openings:
            return f"{self.openings[0]}{more}"
        return f"none in {plural(len(self.firewalls), 'firewall')}"

    def evidence(self) -> Evidence:
        """A row for each inbound rule."""
        rows = [
            [firewall.name, _covers(firewall), _rule(rule), _from(rule)]
            for firewall in self.firewalls
            for rule in firewall.inbound_rules or []
        ]
        return Table("Cloud firewalls: who may come in", ["Firewall", "Covers", "Ports", "From"], rows)


@measurement
def cloud_firewalls(digitalocean_account: DigitalOceanAccount, settings: Settings) -> CloudFirewalls:
    """Inbound rules of every cloud firewall. They cover droplets; App Platform has none.

    Droplets are not listed, so that one without any firewall is not found.
    """
    firewalls = digitalocean_account.firewalls()
    openings = [
        opening
        for firewall in firewalls
        if firewall.droplet_ids != [] or firewall.tags != []
        for opening in _openings(firewall, settings.firewall.management_ports)
    ]
    return CloudFirewalls(tuple(firewalls), tuple(openings), firewalls.coverage)


def _openings(firewall: Firewall, ports: Iterable[int]) -> list[Opening]:
    """Openings by rule, and by all rules for a port together, as two halves of the internet are the whole."""
    rules = firewall.inbound_rules or []
    found, open_by_rule = [], set()
    for rule in rules:
        opened = tuple(_opened(rule, ports))
        for source in (
            dict.fromkeys(filter(None, (everybody([one]) for one in _addresses(rule)))) if opened else ()
        ):
            found.append(Opening(firewall.name, _rule(rule), opened, source))
            open_by_rule |= set(opened)
    for port in ports:
        those = [rule for rule in rules if _opened(rule, [port])]
        together_open = everybody(address for rule in those for address in _addresses(rule))
        if together_open and port not in open_by_rule:
            found.append(Opening(firewall.name, ", ".join(map(_rule, those[:3])), (port,), together_open))
    return found


def _understood(firewall: Firewall) -> Coverage:
    name, unknown = firewall.name or "a firewall", []
    coverage = Coverage()
    if firewall.inbound_rules is None:
        coverage += lacking("", expected=f"the inbound rules of {name}", got="none, not even an empty list")
    if firewall.status not in {"succeeded", "failed"} or firewall.pending_changes:
        status = firewall.status or "no status"
        got = (
            f"{status} with {len(firewall.pending_changes)} changes pending"
            if firewall.pending_changes
            else status
        )
        coverage += lacking(
            "",
            expected=f"rules of {name} that are in force (succeeded)",
            got=got,
            hint="Look again in a minute: changes of a firewall take that long.",
        )
    if not firewall.droplet_ids and not firewall.tags and None in (firewall.droplet_ids, firewall.tags):
        hint = "Give the token the scopes droplet:read and tag:read."
        coverage += lacking("", expected=f"what {name} covers", got="no word of droplets or tags", hint=hint)
    rules = firewall.inbound_rules or []
    for rule in rules:
        if rule.protocol not in PROTOCOLS:
            unknown.append(f"protocol {rule.protocol or 'not said'}")
        if rule.protocol != "icmp" and rule.ports not in EVERY_PORT - {""} and _range(rule) is None:
            unknown.append(f"ports {rule.ports or 'not said'}")
        named = {key for key, value in rule.sources.items() if value}
        if not named:
            unknown.append(f"no source in rule {_rule(rule)}")
        unknown += [f"sources {key}" for key in sorted(rule.sources.keys() - SOURCES)]
        unknown += [f"address {one}" for one in _addresses(rule) if network(one) is None]
    return coverage + understood(len(unknown), 3 * len(rules), f"words of the firewall {name}", examples=unknown)


def _addresses(rule: InboundRule) -> list[str]:
    addresses = rule.sources.get("addresses", [])
    return [str(address) for address in (addresses if isinstance(addresses, list) else [addresses])]


def _covers(firewall: Firewall) -> str:
    droplets = "droplets unknown" if firewall.droplet_ids is None else f"{len(firewall.droplet_ids)} droplets"
    return droplets + "".join(f", tag {tag}" for tag in firewall.tags or [])


def _from(rule: InboundRule) -> str:
    others = [key for key, value in rule.sources.items() if value and key != "addresses"]
    return ", ".join([*_addresses(rule), *(f"{key} of the account" for key in others)]) or "not said"


def _rule(rule: InboundRule) -> str:
    every = rule.ports in EVERY_PORT
    return (
        rule.protocol if every and rule.protocol == "icmp" else f"{rule.protocol} {'all' if every else rule.ports}"
    )


def _range(rule: InboundRule) -> tuple[int, int] | None:
    """First and last port; None for an unknown form."""
    first, dash, last = rule.ports.partition("-")
    last = last if dash else first
    if not (first.isdecimal() and last.isdecimal()) or not int(first) <= int(last) <= 65_535:
        return None
    return int(first), int(last)


def _opened(rule: InboundRule, ports: Iterable[int]) -> list[int]:
    """Ports that the rule opens. ICMP has none; an unknown protocol or port range is not assumed to be
    harmless.
    """
    if rule.protocol == "icmp":
        return []
    bounds = None if rule.ports in EVERY_PORT else _range(rule)
    return [port for port in ports if bounds is None or bounds[0] <= port <= bounds[1]]


def _wide(kind: str, value: str, settings: Settings) -> Network | None:
    found = network(value) if kind == "ip_addr" else None
    if found is None:
        return None
    widest = settings.firewall.widest_ipv4 if found.version == 4 else settings.firewall.widest_ipv6
    return found if found.prefixlen < widest else None
