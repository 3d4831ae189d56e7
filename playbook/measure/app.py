"""The app on App Platform: what is deployed, whether its live URL answers, and how its components are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from playbook.clients.breakage import Kind
from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clients.digitalocean_types import ComponentHealth
from playbook.clients.http import HttpClient
from playbook.clients.web import SERVICE as WEBSITE
from playbook.clock import Clock
from playbook.coverage import Coverage, lacking, whole
from playbook.engine import measurement
from playbook.errors import TooLittleData, Unreachable
from playbook.evidence import Evidence, Facts, Table
from playbook.measure.web import page_rules
from playbook.measure.web_page import fault_of
from playbook.measure.words import moment, span
from playbook.settings import Settings

NO_DEPLOYMENT = "no active deployment"


@dataclass(frozen=True, slots=True)
class AppStatus:
    """The app as the platform describes it.

    Attributes:
        phase: of the active deployment; ``no active deployment`` where there is none.
        deployed_at: when the active deployment was made.
        age: of the active deployment, in seconds.
        in_progress: phase of the deployment that is under way; empty where none is.
        components: names of the services and workers in the app spec.
        read_at: when this was read.
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

    @property
    def active(self) -> bool:
        """True where a deployment serves visitors."""
        return self.phase == "ACTIVE"

    @property
    def age(self) -> float | None:
        """Seconds since the active deployment was made."""
        return (self.read_at - self.deployed_at).total_seconds() if self.deployed_at else None

    def evidence(self) -> Evidence:
        """Name, address, place and deployment."""
        facts = {
            "Name": self.name,
            "Phase": self.phase,
            "Live URL": self.live_url or "none",
            "Region": self.region or "not said",
            "Tier": self.tier or "not said",
            "App ID": self.id,
        }
        if self.deployment_id:
            age = f" ({span(self.age)} ago)" if self.age is not None else ""
            facts["Active deployment"] = f"{self.deployment_id}, {moment(self.deployed_at)}{age}"
        if self.in_progress:
            facts["In progress"] = f"{self.in_progress} since {moment(self.in_progress_since)}"
        return Facts("App", facts)


@measurement
def app(digitalocean: DigitalOceanApi, clock: Clock) -> AppStatus:
    """Name, phase, live URL and region of the app."""
    found = digitalocean.app()
    active = found.active_deployment
    running = found.in_progress_deployment or found.pending_deployment
    region = found.region
    return AppStatus(
        id=found.id,
        name=found.spec.name or found.id,
        live_url=found.live_url,
        region=f"{region.label} ({region.slug})" if region.label else region.slug,
        tier=found.tier_slug,
        phase=active.phase if active else NO_DEPLOYMENT,
        deployment_id=active.id if active else "",
        deployed_at=active.created_at if active else None,
        in_progress=running.phase if running else "",
        in_progress_since=running.created_at if running else None,
        components=tuple(component.name for component in (*found.spec.services, *found.spec.workers)),
        read_at=clock.now(),
    )


@dataclass(frozen=True, slots=True)
class LiveUrlAnswer:
    """How the app's live URL answers.

    Attributes:
        url: as the platform names it; empty where it names none.
        status: HTTP status, after redirects; None without an answer.
        outcome: what came, in words.
        answered: a page came, or the app asked who is there.
        uncertain: why what came says nothing of what visitors get; empty where it does.
        is_website: it is the address of the website itself.
        seconds: for the whole answer.
    """

    url: str
    status: int | None
    outcome: str
    answered: bool
    uncertain: str = ""
    is_website: bool = False
    seconds: float | None = None
    attempts: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Visitors get no page: no answer, an error, or something else in the page's place."""
        return not self.answered and not self.uncertain

    @property
    def coverage(self) -> Coverage:
        """One answer; what the app's phase says does not stand on it."""
        return whole("1 answer" if self.status else "no answer")

    @property
    def cause(self) -> str:
        """The website, where the live URL is its address and gives no answer; else empty."""
        return WEBSITE if self.failed and self.status is None and self.is_website else ""

    @property
    def certainty(self) -> Coverage:
        """What came is what visitors get."""
        if not self.uncertain:
            return Coverage()
        return lacking("", expected="what visitors get", got=self.outcome, hint=self.uncertain)

    def evidence(self) -> Evidence:
        """URL and outcome, and each try."""
        facts = {"URL": self.url or "none", "Answer": self.outcome}
        if self.seconds is not None:
            facts["Time"] = f"{self.seconds:.3f} s"
        if len(self.attempts) > 1:
            facts["Tries"] = "; ".join(self.attempts)
        return Facts("Live URL", facts)


@measurement
def live_url_answer(app: AppStatus, settings: Settings) -> LiveUrlAnswer:
    """Whether the live URL answers with a page.

    No answer is a finding here, not a connectivity issue: the DigitalOcean API has just answered this machine, so
    its network works. Only where this machine itself has no way to the address, it is none.
    """
    if not app.live_url:
        return LiveUrlAnswer("", None, "no live URL", answered=False)
    client = HttpClient(
        app.live_url, service="Live URL", time_limits=settings.time_limits, ca=settings.target.web.ca
    )
    try:
        answer = client.get(retry="connection", redirects=5)
    except Unreachable as error:
        reason = error.attempts[-1].partition(": ")[2] if error.attempts else str(error)
        own = "The fault is on this machine's side: its routes, its limits or its proxy."
        uncertain = own if error.kind == Kind.OWN else ""
        is_website = urlsplit(app.live_url).netloc == urlsplit(settings.target.web.url or "").netloc
        return LiveUrlAnswer(app.live_url, None, reason, False, uncertain, is_website, attempts=error.attempts)
    fault = fault_of(answer, page_rules(settings, app.live_url))
    asks_who = answer.status == 401 and "www-authenticate" in answer.headers
    return LiveUrlAnswer(
        app.live_url,
        answer.status,
        fault.words if fault else f"HTTP {answer.status}",
        answered=fault is None or asks_who,
        uncertain="Something stands between this machine and the app." if fault and fault.uncertain else "",
        seconds=answer.phases.total,
        attempts=answer.attempts,
    )


@dataclass(frozen=True, slots=True)
class Component:
    """How the platform finds one component.

    Attributes:
        state: HEALTHY, UNHEALTHY, UNKNOWN or a word that is new; ``not reported`` where it is in the spec only.
        ready, wanted: replicas.
        cpu, memory: percent, mean of the replicas.
    """

    name: str
    state: str
    ready: int
    wanted: int
    cpu: float = 0.0
    memory: float = 0.0

    @property
    def well(self) -> bool:
        """HEALTHY, with all wanted replicas ready, and at least one.

        Raises:
            TooLittleData: the platform itself does not know.
        """
        if self.ready >= self.wanted and self.state in ("UNKNOWN", "not reported"):
            raise TooLittleData(
                f"{SERVICE}: expected the health of {self.name}, got {self.found}",
                service=SERVICE,
                hint="A component that has just been deployed has no health yet.",
            )
        return self.state == "HEALTHY" and self.ready >= max(self.wanted, 1)

    @property
    def expected(self) -> str:
        """What would be well."""
        return f"HEALTHY with {_replicas(max(self.wanted, 1), max(self.wanted, 1))}"

    @property
    def found(self) -> str:
        """What is."""
        return (
            self.state
            if self.state == "not reported"
            else f"{self.state} with {_replicas(self.ready, self.wanted)}"
        )


@dataclass(frozen=True, slots=True)
class AppComponents:
    """Every component of the app.

    Attributes:
        worst_first: unhealthy ones, then those that lack replicas, then those that nobody knows of.
    """

    worst_first: tuple[Component, ...]

    def evidence(self) -> Evidence:
        """A row for each component."""
        return Table(
            "Components",
            ["Component", "State", "Replicas ready", "CPU", "Memory"],
            [
                [c.name, c.state, f"{c.ready} of {c.wanted}", f"{c.cpu:.1f} %", f"{c.memory:.1f} %"]
                for c in self.worst_first
            ],
        )


@measurement
def app_components(digitalocean: DigitalOceanApi, app: AppStatus) -> AppComponents:
    """State and replicas of every component, those in the spec that the platform does not report included."""
    reported = {health.name: _component(health) for health in digitalocean.health().components}
    silent = {name: Component(name, "not reported", 0, 0) for name in app.components if name not in reported}
    everything = [*reported.values(), *silent.values()]
    if not everything:
        raise TooLittleData(f"{SERVICE}: expected the health of components, got none", service=SERVICE)
    return AppComponents(tuple(sorted(everything, key=_badness)))


def _component(health: ComponentHealth) -> Component:
    return Component(
        name=health.name,
        state=health.state,
        ready=health.replicas_ready,
        wanted=health.replicas_desired,
        cpu=health.cpu_usage_percent,
        memory=health.memory_usage_percent,
    )


def _badness(component: Component) -> tuple[bool, bool, bool, str]:
    unknown = component.state in ("UNKNOWN", "not reported")
    missing = component.ready < component.wanted
    return (component.state == "HEALTHY" or unknown, not missing, not unknown, component.name)


def _replicas(ready: int, wanted: int) -> str:
    return f"{ready} of {wanted} replica{'s' if wanted != 1 else ''} ready"
