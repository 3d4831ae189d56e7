"""Whether components scale by the policy in the settings. Compared, never changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_spec import ComponentSpec
from playbook.core.coverage import Coverage, understood, whole
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured
from playbook.core.evidence import Evidence, Table
from playbook.measure.app.app import identity_of
from playbook.settings.model import Settings
from playbook.settings.sections.trends import ScalingPolicy

AUTOSCALING = frozenset(
    {
        "min_instance_count",
        "max_instance_count",
        "metrics",
        "cpu",
        "requests_per_second",
        "request_duration",
    }
)


@dataclass(frozen=True, slots=True)
class ScalingRule:
    """Policy of a component, and the app spec's values.

    Attributes:
        spec: None where the app has no such component.
    """

    name: str
    policy: ScalingPolicy
    spec: ComponentSpec | None

    @property
    def wanted(self) -> str:
        """The policy, in words."""
        if self.scales:
            aim = f" at {self.policy.cpu_percent} % CPU" if self.policy.cpu_percent else ""
            return f"autoscaling from {self.policy.least} to {self.policy.most}{aim}"
        return f"at least {instances(self.policy.least)}"

    @property
    def found(self) -> str:
        """The app spec, in words."""
        if self.spec is None:
            return "no such component"
        asleep = "" if self.spec.inactivity_sleep is None else ", and none while it is idle (inactivity_sleep)"
        if not self.spec.scaling:
            return f"{instances(self.spec.instance_count)} and no autoscaling{asleep}"
        percent = self.spec.scaling.cpu_percent
        aim = f" at {percent} % CPU" if percent else ""
        return f"autoscaling from {self.spec.least_awake} to {self.spec.most}{aim}{asleep}"

    @property
    def scales(self) -> bool:
        """Whether the policy requires autoscaling."""
        return self.policy.most is not None and self.policy.most > self.policy.least

    @property
    def off(self) -> bool:
        """Whether the component, its autoscaling or its minimum number of instances is missing."""
        if self.spec is None or (self.scales and not self.spec.scaling):
            return True
        if self.spec.inactivity_sleep is not None and self.policy.least > 0:
            return True
        return self.spec.least_awake < self.policy.least

    @property
    def differs(self) -> bool:
        """Whether its numbers differ from the policy."""
        if self.spec is None or not self.scales:
            return False
        wanted, percent = self.policy, self.spec.scaling.cpu_percent if self.spec.scaling else None
        numbers = (self.spec.least_awake, self.spec.most)
        return numbers != (wanted.least, wanted.most) or wanted.cpu_percent not in {None, percent}


@dataclass(frozen=True, slots=True)
class ScalingPolicies:
    """Every component with a policy, and those without one.

    Attributes:
        identity: whether the app is the website's.
    """

    rules: tuple[ScalingRule, ...]
    others: tuple[ComponentSpec, ...]
    identity: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """Whether every component of the app spec was read; those without a policy have no requirements."""
        found = sum(rule.spec is not None for rule in self.rules)
        unknown = [
            f"{rule.name}: {key}"
            for rule in self.rules
            if rule.spec
            for key in autoscaling_words(rule.spec) - AUTOSCALING
        ]
        policies = whole(f"{found} of {found + len(self.others)} components have a policy")
        words = understood(len(unknown), len(self.rules), "autoscaling settings", examples=unknown)
        return policies + words + self.identity

    @property
    def worst_first(self) -> list[ScalingRule]:
        """Components that lack something first."""
        return sorted(self.rules, key=lambda rule: (not rule.off, not rule.differs))

    def evidence(self) -> Evidence:
        """A row for each component."""
        rows = [[rule.name, rule.wanted, rule.found] for rule in self.rules]
        none = ScalingPolicy(least=0)
        rows += [[spec.name, "no policy", ScalingRule(spec.name, none, spec).found] for spec in self.others]
        return Table("Scaling", ["Component", "Policy", "App spec"], rows)


@measurement(parts=("services",))
def scaling_policies(digitalocean: DigitalOceanApi, settings: Settings) -> ScalingPolicies:
    """Instances of every component by the app spec in effect, beside the policy in the settings."""
    if not settings.capacity.policy:
        raise _not_configured(settings)
    app = digitalocean.app()
    spec = app.spec_in_effect
    components = {one.name: one for one in (*spec.services, *spec.workers)}
    policies = _by_component(settings, components)
    if not policies:
        raise _not_configured(settings)
    rules = tuple(ScalingRule(name, policy, components.get(name)) for name, policy in policies.items())
    others = tuple(one for name, one in components.items() if name not in policies)
    return ScalingPolicies(rules, others, identity_of(app, settings))


def _by_component(settings: Settings, components: Collection[str]) -> dict[str, ScalingPolicy]:
    """Policies by component name: roles such as ``web`` are replaced by the names in the settings.

    Policies of components that are not part of the product are left out.
    """
    roles: dict[str, str] = msgspec.structs.asdict(settings.target.components)
    gone = {"optimizer", "worker"} if "images" in settings.absent else settings.absent & {"worker"}
    return {
        name if name in components else roles.get(name, name): policy
        for name, policy in settings.capacity.policy.items()
        if name in components or name not in gone
    }


def _not_configured(settings: Settings) -> NotConfigured:
    path, web = f"targets.{settings.target.name}.capacity.policy", settings.target.components.web
    return NotConfigured(
        f"The scaling policy is not configured for the target {settings.target.name}: {path} is not set",
        setting=path,
        add=f"to playbook.toml:\n[{path}]\n{web} = {{ least = 2, most = 4, cpu_percent = 70 }}",
    )


def autoscaling_words(spec: ComponentSpec) -> set[str]:
    """Autoscaling keys of the app spec."""
    settings = spec.autoscaling or {}
    metrics = settings.get("metrics")
    return {*settings, *(metrics if isinstance(metrics, dict) else {})}


def instances(count: int) -> str:
    """``2 instances``."""
    return "1 instance" if count == 1 else f"{count} instances"
