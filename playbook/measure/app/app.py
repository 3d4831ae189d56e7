"""The app on App Platform: its deployment, its domains and its components."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbook.clients.breakage import is_internal
from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_spec import Spec
from playbook.clients.digitalocean_types import DOMAIN_PHASES, App, AppDomain
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, understood, whole
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured, away
from playbook.core.evidence import Evidence, Facts
from playbook.core.hosts import Hosts, address_of, host_in
from playbook.core.wording import moment
from playbook.measure.statements import Statement
from playbook.settings.model import Settings

NO_DEPLOYMENT = "no active deployment"


# Words of the API's description; any other word is reported as not understood.
PHASES = frozenset(
    "PENDING_BUILD BUILDING PENDING_DEPLOY DEPLOYING ACTIVE SUPERSEDED ERROR CANCELED".split()  # noqa: SIM905
)
STATES = frozenset({"HEALTHY", "UNHEALTHY"})
NAME_THE_APP = "Name the app of the website in digitalocean.app_id; this one has nothing in it."
NOT_REPORTED = "not reported"
_OWN_ADDRESSES = "DEDICATED_IP"
_ASSIGNMENTS = frozenset({"ASSIGNING", "ASSIGNED", "REMOVED"})


@dataclass(frozen=True, slots=True)
class AppStatus:
    """The app as the platform describes it.

    Attributes:
        phase: of the active deployment; ``no active deployment`` where there is none.
        deployed_at: when the active deployment was made.
        age: of the active deployment, in seconds.
        in_progress: phase of the deployment in progress; empty where there is none.
        components: names of the services and workers in the app spec.
        read_at: when this was read.
        least: minimum number of instances by component; 0 where it may be scaled to zero.
        others: names of components without a health state: static sites, jobs, functions.
        unknown_kinds: lists of the app spec that look like components of a kind that is not known here.
        offline: why visitors see an offline page: ``in maintenance mode``, ``archived``; empty where they do not.
        pinned: id of the deployment that a rollback has pinned the app to; empty where there is none.
        domains: name and phase of each.
        domains_to_mend: domains that are served, and that the platform cannot renew, with the reason.
        unreported: domains of the app spec that the platform does not report.
        is_reachable: it has a component that visitors may reach; one of workers and jobs alone has no live URL.
        hosts: names at which it is reached; ``*.shop.example`` stands for all below that name.
        website: names of the website by the settings; empty where they are of this machine or no names.
        egress: how the app reaches others: AUTOASSIGN or DEDICATED_IP.
        addresses: dedicated egress addresses, with the status of each.
    """

    id: str
    name: str
    live_url: str
    region: str
    tier: str
    phase: str
    deployment_id: str
    deployed_at: datetime | None
    in_progress: str
    in_progress_since: datetime | None
    components: tuple[str, ...]
    read_at: datetime
    least: tuple[tuple[str, int], ...] = ()
    others: tuple[str, ...] = ()
    unknown_kinds: tuple[str, ...] = ()
    offline: str = ""
    pinned: str = ""
    domains: tuple[tuple[str, str], ...] = ()
    domains_to_mend: tuple[str, ...] = ()
    unreported: tuple[str, ...] = ()
    is_reachable: bool = True
    hosts: tuple[str, ...] = ()
    website: tuple[str, ...] = ()
    egress: str = "AUTOASSIGN"
    addresses: tuple[tuple[str, str], ...] = ()

    @property
    def coverage(self) -> Coverage:
        """One response of the website's app that lists the components; their use is not needed."""
        if not self.components and not self.others:
            return whole("1 answer") + lacking(
                "",
                expected="an app spec with components",
                got="none",
                hint=NAME_THE_APP,
            )
        return whole("1 answer") + self.identity

    @property
    def phases(self) -> Coverage:
        """Whether every phase is a known word, and every domain has one."""
        phases = [self.phase] if self.phase != NO_DEPLOYMENT else []
        phases += [self.in_progress] if self.in_progress else []
        domains = [phase for _, phase in self.domains]
        unknown = [phase for phase in phases if phase not in PHASES]
        unknown += [phase for phase in domains if phase not in DOMAIN_PHASES]
        unknown = [phase or "no phase" for phase in unknown]
        own = [status for _, status in self.addresses] if self.has_own_addresses else []
        unknown += [status for status in own if status not in _ASSIGNMENTS]
        unknown += [self.egress] if self.egress not in {"AUTOASSIGN", _OWN_ADDRESSES} else []
        total = max(len(phases) + len(domains) + len(own), len(unknown))
        coverage = understood(len(unknown), total, "phases", examples=unknown)
        if self.unreported:
            coverage += lacking(
                "",
                expected="the phase of every domain in the app spec",
                got=f"none of {', '.join(self.unreported)}",
                hint="Look again in some minutes: the platform tells it once it has begun to set the domain up.",
            )
        return coverage

    @property
    def identity(self) -> Coverage:
        """Whether it is the app of the website; another one may be as healthy as it likes."""
        return _identity(self.hosts, self.website)

    @property
    def serves(self) -> bool:
        """False where the known facts say that no deployment serves visitors; an unknown phase says nothing."""
        return not self.offline and (self.active or self.phase not in PHASES | {NO_DEPLOYMENT})

    @property
    def found(self) -> str:
        """Phase of the active deployment, or why the app is offline."""
        return f"one that is {self.offline}" if self.offline else self.phase

    @property
    def domains_off(self) -> tuple[str, ...]:
        """Domains that are not active, and active ones about which somebody has to do something."""
        off = (f"{name} in phase {phase}" for name, phase in self.domains if phase in DOMAIN_PHASES - {"ACTIVE"})
        return (*off, *self.domains_to_mend)

    @property
    def has_own_addresses(self) -> bool:
        """Whether the spec asks for dedicated egress addresses, which databases and others admit."""
        return self.egress == _OWN_ADDRESSES

    @property
    def addresses_off(self) -> str:
        """Dedicated egress addresses that are not in use; empty where all are."""
        off = [f"{ip} {status}" for ip, status in self.addresses if status in _ASSIGNMENTS - {"ASSIGNED"}]
        return ", ".join(off) if self.addresses else "none"

    @property
    def serving(self) -> Statement:
        """That a deployment serves visitors, in a phase that is known."""
        expected = "an active deployment in phase ACTIVE"
        return Statement(f"App {self.name}", self.serves, expected, self.found, coverage=self.phases)

    @property
    def domains_served(self) -> Statement:
        """That every domain is active, and nobody has to do anything about one."""
        found = ", ".join(self.domains_off) or f"{len(self.domains)} of {len(self.domains)}"
        return Statement(f"Domains of {self.name}", not self.domains_off, "all in phase ACTIVE", found, warn=True)

    @property
    def statements(self) -> list[Statement]:
        """That no rollback holds back what is pushed, and that its dedicated egress addresses are in use."""
        held = f"pinned to {self.pinned} by a rollback that is neither committed nor reverted"
        found = held if self.pinned else "no pin"
        subject = f"App {self.name}"
        told = [Statement(subject, not self.pinned, "not to be pinned to a deployment", found, warn=True)]
        if self.has_own_addresses:
            subject = f"Dedicated egress addresses of {self.name}"
            found = self.addresses_off or f"{len(self.addresses)} of {len(self.addresses)}"
            told.append(Statement(subject, not self.addresses_off, "all ASSIGNED", found, warn=True))
        return told

    @property
    def active(self) -> bool:
        """Whether a deployment serves visitors."""
        return self.phase == "ACTIVE"

    def instances(self, component: str) -> int:
        """Minimum number of running instances of a component; 0 where it may be scaled to zero or is not in the
        spec.
        """
        return dict(self.least).get(component, int(component in self.components))

    @property
    def age(self) -> float | None:
        """Seconds since the active deployment was made."""
        return (self.read_at - self.deployed_at).total_seconds() if self.deployed_at else None

    def evidence(self) -> Evidence:
        """Name, URL, region and deployment."""
        facts = {
            "Name": self.name,
            "Phase": self.phase,
            "Live URL": self.live_url or "none",
            "Region": self.region or "not said",
            "Tier": self.tier or "not said",
            "App ID": self.id,
        }
        if self.offline:
            facts["Visitors"] = f"see an offline page: the app is {self.offline}"
        if self.deployment_id:
            age = f" ({two_units(self.age)} ago)" if self.age is not None else ""
            facts["Active deployment"] = f"{self.deployment_id}, {moment(self.deployed_at)}{age}"
        if self.pinned:
            facts["Pinned"] = f"to {self.pinned} by a rollback: what is pushed is not deployed"
        if self.in_progress:
            facts["In progress"] = f"{self.in_progress} since {moment(self.in_progress_since)}"
        if self.domains:
            facts["Domains"] = ", ".join(f"{name} {phase or 'without a phase'}" for name, phase in self.domains)
        if self.addresses:
            facts["Egress"] = ", ".join(f"{ip} {status}" for ip, status in self.addresses)
        return Facts("App", facts)


@measurement
def app(digitalocean: DigitalOceanApi, settings: Settings, clock: Clock) -> AppStatus:
    """Name, phase, live URL and region of the app, and whether visitors see it."""
    found = digitalocean.app()
    active = found.active_deployment
    # A deployment without an id does not count: the API may return an empty one.
    under_way = (found.in_progress_deployment, found.pending_deployment)
    running = next((deployment for deployment in under_way if deployment and deployment.id), None)
    region = found.region
    spec = found.spec_in_effect
    reported = {domain.spec.domain.casefold() for domain in found.domains}
    return AppStatus(
        id=found.id,
        name=found.spec.name or found.id,
        live_url=found.live_url,
        region=f"{region.label} ({region.slug})" if region.label else region.slug,
        tier=found.tier_slug,
        phase=active.phase if active else NO_DEPLOYMENT,
        deployment_id=active.id if active else "",
        deployed_at=active.created_at if active else None,
        in_progress=(running.phase or "UNKNOWN") if running else "",
        in_progress_since=running.created_at if running else None,
        components=tuple(component.name for component in spec.running),
        read_at=clock.now(),
        least=tuple((component.name, component.least) for component in spec.running),
        others=tuple(one.name for one in spec.others),
        unknown_kinds=found.unknown_kinds,
        offline=_offline([found.spec, spec]),
        pinned=found.pinned_deployment.id if found.pinned_deployment else "",
        domains=tuple((domain.spec.domain, domain.phase) for domain in found.domains),
        domains_to_mend=tuple(filter(None, map(_to_mend, found.domains))),
        is_reachable=not spec.components or bool(spec.services or spec.static_sites or spec.functions),
        unreported=tuple(one.domain for one in spec.domains if one.domain.casefold() not in reported),
        hosts=_hosts(found),
        website=_website(settings),
        egress=spec.egress.type,
        addresses=tuple((one.ip, one.status) for one in found.dedicated_ips),
    )


def _to_mend(domain: AppDomain) -> str:
    """Why a domain in phase ACTIVE will not stay so; empty where nothing says that."""
    name = domain.spec.domain
    if domain.phase != "ACTIVE":
        return ""
    if domain.rotate_validation_records:
        return f"{name}, whose validation record (TXT) has to be changed by hand"
    failed = [step.name or "one without a name" for step in domain.progress.steps if step.status == "ERROR"]
    return f"{name}, of which the step {failed[0]} failed" if failed else ""


def identity_of(found: App, settings: Settings) -> Coverage:
    """Whether an app is that of the website, for what is read of it besides its status."""
    return _identity(_hosts(found), _website(settings))


def _identity(hosts: tuple[str, ...], website: tuple[str, ...]) -> Coverage:
    own = Hosts(hosts)
    if any(name in own for name in website) or not website or not hosts:
        return Coverage()
    return lacking(
        "",
        expected=f"the app of {website[0]}",
        got=f"one at {', '.join(hosts)}",
        hint="Compare digitalocean.app_id with the output of doctl apps list. If something in front of this "
        "app gives it the website's name, add one of the app's own names to web.hosts.",
    )


@dataclass(frozen=True, slots=True)
class OwnApp:
    """Whether the configured app is the website's; what is read of an app relies on it."""

    identity: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """One response, of which nothing else is needed."""
        return whole("") + self.identity


@measurement
def own_app(digitalocean: DigitalOceanApi, settings: Settings) -> OwnApp:
    """The app's names beside the website's. Where they cannot be read, nothing bad that is seen of it is lost."""
    try:
        return OwnApp(identity_of(digitalocean.app(), settings))
    except Unmeasured as error:
        got, away_from = str(error), away(error)
        return OwnApp(lacking("", expected="the app's names", got=got, hint=error.hint, cause=away_from))


def _hosts(found: App) -> tuple[str, ...]:
    """Names at which the app is reached; the API gives addresses with and without a scheme."""
    domains = [*found.spec_in_effect.domains, *(domain.spec for domain in found.domains)]
    names = [found.live_url, found.default_ingress]
    for one in domains:
        names += [one.domain, f"*.{one.domain}"] if one.wildcard and one.domain else [one.domain]
    return Hosts.of(names).names


def _website(settings: Settings) -> tuple[str, ...]:
    """Names of the website; an address, or a name of this machine or network, says nothing of the app."""
    own = host_in(settings.target.web.url or "")
    if is_internal(own) or address_of(own):
        return ()
    return Hosts.of((own, *settings.target.web.hosts)).names


def _offline(specs: list[Spec]) -> str:
    maintenance = [spec.maintenance for spec in specs if spec.maintenance]
    if any(one.archive for one in maintenance):
        return "archived"
    return "in maintenance mode" if any(one.enabled for one in maintenance) else ""
