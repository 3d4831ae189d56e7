"""The components of the app: whether each is healthy, and has the replicas that are wanted."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_types import ComponentHealth
from playbook.core.coverage import Coverage, lacking, share, understood
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Table
from playbook.core.wording import plural
from playbook.measure.app.app import NAME_THE_APP, NOT_REPORTED, STATES
from playbook.measure.app.functions import AppFunctions, functions_of
from playbook.measure.app.known_app import KnownApp
from playbook.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Component:
    """Health of one component as the platform reports it.

    Attributes:
        state: HEALTHY, UNHEALTHY, UNKNOWN or an unrecognised word; ``not reported`` where it is only in the spec.
        ready, wanted: replicas.
        least: minimum by the spec; 0 where the component may be scaled to zero.
        cpu, memory: percent, mean of the replicas.
    """

    name: str
    state: str
    ready: int
    wanted: int
    cpu: float = 0.0
    memory: float = 0.0
    least: int = 1

    @property
    def asleep(self) -> bool:
        """Scaled to zero on purpose."""
        return self.least == 0 and self.wanted == 0 and self.ready == 0

    @property
    def well(self) -> bool:
        """False where it is UNHEALTHY or lacks replicas; what is unknown is in the coverage."""
        if self.asleep:
            return self.state != "UNHEALTHY"
        replicas = self.ready >= self.wanted and (self.state != "HEALTHY" or self.ready > 0)
        return self.state != "UNHEALTHY" and replicas

    @property
    def coverage(self) -> Coverage:
        """Whether its health is a known word, and the platform wants at least the spec's number of replicas."""
        if self.state == NOT_REPORTED:
            return Coverage()  # covered by AppComponents.coverage
        if self.state not in STATES and not self.asleep:
            got = self.found
            return lacking("", expected=_HEALTH, got=got, hint=_NO_HEALTH)
        if self.asleep and self.state not in STATES | {"UNKNOWN"}:
            return lacking("", expected=_HEALTH, got=self.found, hint=_NO_HEALTH)
        if self.wanted < self.least:
            expected = f"at least {self.least} wanted, according to the app spec"
            return lacking("", expected=expected, got=f"{self.wanted} wanted and {self.ready} ready")
        return Coverage()

    @property
    def expected(self) -> str:
        """The healthy state, in words."""
        wanted = max(self.wanted, 1)
        return f"HEALTHY with {_replicas(wanted, wanted)}"

    @property
    def found(self) -> str:
        """The actual state, in words."""
        if self.state == NOT_REPORTED:
            return self.state
        return "asleep, with no replica wanted" if self.well and self.asleep else self._found

    @property
    def _found(self) -> str:
        return f"{self.state} with {_replicas(self.ready, self.wanted)}"


_HEALTH = "HEALTHY or UNHEALTHY"


_NO_HEALTH = "A component that has just been deployed has no health yet."


@dataclass(frozen=True, slots=True)
class AppComponents:
    """Every component of the app.

    Attributes:
        worst_first: unhealthy ones, then those that lack replicas, then those whose state is unknown.
        others: number of components without a health state: static sites, jobs, functions.
        functions: those of which the platform counts something.
        unknown_kinds: of components in the app spec.
    """

    worst_first: tuple[Component, ...]
    others: int = 0
    functions: tuple[AppFunctions, ...] = ()
    unknown_kinds: tuple[str, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """How many of the components with a health state are reported."""
        reported = [one for one in self.worst_first if one.state != NOT_REPORTED]
        silent = [one.name for one in self.worst_first if one.state == NOT_REPORTED]
        if not self.worst_first and not self.others:
            return lacking(
                "0 components",
                expected="components in the app spec",
                got="none",
                hint=NAME_THE_APP,
            )
        kinds = understood(len(self.unknown_kinds), 1, "kinds of components", examples=self.unknown_kinds)
        return kinds + share(
            len(reported),
            len(self.worst_first),
            "components",
            what="the health",
            note=f"not of {', '.join(silent)}" if silent else "",
            hint=_NO_HEALTH,
            may_be_empty=bool(self.others),  # static sites have no health state
        )

    @property
    def well(self) -> bool:
        """Whether no component is known to be failing."""
        return all(component.well for component in self.worst_first)

    @property
    def summary(self) -> str:
        """How many are healthy, in words."""
        healthy = sum(component.well and component.coverage.enough for component in self.worst_first)
        without = f", {self.others} more without a health state" if self.others else ""
        return f"{healthy} of {len(self.worst_first)} healthy{without}"

    def evidence(self) -> list[Evidence]:
        """A row for each component, and for each figure of functions."""
        components = Table(
            "Components",
            ["Component", "State", "Replicas ready", "CPU", "Memory"],
            [
                [c.name, c.state, f"{c.ready} of {c.wanted}", f"{c.cpu:.1f} %", f"{c.memory:.1f} %"]
                for c in self.worst_first
            ],
        )
        rows = [row for one in self.functions for row in one.rows]
        figures = Table("Functions", ["Component", "What is counted", "Value", "In the last"], rows)
        return [components, figures] if rows else [components]


@measurement
def app_components(digitalocean: DigitalOceanApi, known_app: KnownApp, settings: Settings) -> AppComponents:
    """State and replicas of every component, including those of the spec that the platform does not report."""
    health_of = digitalocean.health()
    reported = [_component(health, known_app) for health in health_of.components]
    names = {component.name for component in reported}
    silent = [
        Component(name, NOT_REPORTED, 0, 0, least=known_app.instances(name))
        for name in known_app.components
        if name not in names
    ]
    functions = functions_of(health_of.functions_components, settings.limits.error_rate)
    worst_first = tuple(sorted([*reported, *silent], key=_badness))
    return AppComponents(worst_first, len(known_app.others), functions, known_app.unknown_kinds)


def _component(health: ComponentHealth, app: KnownApp) -> Component:
    return Component(
        name=health.name,
        state=health.state,
        ready=health.replicas_ready,
        wanted=health.replicas_desired,
        cpu=health.cpu_usage_percent,
        memory=health.memory_usage_percent,
        least=app.instances(health.name),
    )


def _badness(component: Component) -> tuple[bool, bool, bool, str]:
    unknown = component.state not in STATES
    missing = component.ready < component.wanted
    return (component.state == "HEALTHY" or unknown, not missing, not unknown, component.name)


def _replicas(ready: int, wanted: int) -> str:
    return f"{ready} of {plural(wanted, 'replica')} ready"
