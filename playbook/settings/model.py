"""The settings of one run of one target, as ``loading`` builds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from playbook.core.errors import NotConfigured
from playbook.core.secret import Seconds, Section
from playbook.settings.files import shipped_defaults
from playbook.settings.paths import folder_of, path_below
from playbook.settings.sections.catalogue import OwnCatalogue
from playbook.settings.sections.coverage import CoverageRules
from playbook.settings.sections.figures import Queries
from playbook.settings.sections.history import HistoryKeeping, Running, Schedule
from playbook.settings.sections.incidents import Incidents, Notifications
from playbook.settings.sections.limits import Limits
from playbook.settings.sections.load import Load
from playbook.settings.sections.metrics import Kpis, Metrics
from playbook.settings.sections.mistakes import placeholder, variable_for
from playbook.settings.sections.ondemand import Emergency, Maintenance, Optimization, Recent, Troubleshooting
from playbook.settings.sections.parts import SITES, absent_parts
from playbook.settings.sections.people import People
from playbook.settings.sections.platform import (
    Access,
    CostReview,
    Dependencies,
    Firewalls,
    Scaling,
    UtilizationRules,
)
from playbook.settings.sections.target import Target
from playbook.settings.sections.trends import Capacity, Trends
from playbook.settings.variables import VARIABLE, is_secret

SANDBOX = "sandbox"

T = TypeVar("T")


class TimeLimits(Section, frozen=True):
    """Seconds for one connection and one read."""

    connect: Seconds = 5.0
    read: Seconds = 15.0


class Deployments(Section, frozen=True):
    """How releases are reviewed.

    Attributes:
        stuck_after_minutes: a deployment in progress for longer is stuck.
        least_for_share: minimum of finished deployments in the week for judging the share of failed ones.
    """

    stuck_after_minutes: float = 30.0
    least_for_share: int = 5


class Settings(Section, frozen=True):
    """The settings of one run.

    Attributes:
        file: the playbook.toml that was read, if any.
        root: the folder that it was looked for in.
        sources: raw texts by dotted path, e.g. ``targets.production.redis.url`` → ``${REDIS_URL}``.
        guarded: addresses of production targets, with the dotted path of their setting; see ``settings.gate``.
    """

    target: Target
    limits: Limits
    queries: Queries
    floors: dict[str, int] = {}
    time_limits: TimeLimits = TimeLimits()
    deployments: Deployments = Deployments()
    coverage: CoverageRules = CoverageRules()
    kpis: Kpis = Kpis()
    metrics: Metrics = Metrics()
    trends: Trends = Trends()
    optimization: Optimization = Optimization()
    recent: Recent = Recent()
    troubleshooting: Troubleshooting = Troubleshooting()
    emergency: Emergency = Emergency()
    maintenance: Maintenance = Maintenance()
    capacity: Capacity = Capacity()
    load: Load = Load()
    cost_review: CostReview = CostReview()
    firewall: Firewalls = Firewalls()
    access: Access = Access()
    dependencies: Dependencies = Dependencies()
    scaling: Scaling = Scaling()
    utilization: UtilizationRules = UtilizationRules()
    people: People = People()
    catalogue: OwnCatalogue = OwnCatalogue()
    history: HistoryKeeping = HistoryKeeping()
    schedule: Schedule = Schedule()
    running: Running = Running()
    incidents: Incidents = Incidents()
    notifications: Notifications = Notifications()
    file: Path | None = None
    root: Path | None = None
    sources: dict[str, str] = {}
    guarded: Mapping[str, str] = {}

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the settings start from; those of the target are absolute already."""
        return folder_of(self.file, self.root)

    def path_of(self, name: str) -> Path:
        """A file or folder that a setting names."""
        return path_below(self.folder, name)

    @property
    def absent(self) -> frozenset[str]:
        """The parts that this product does not have, and those contained in them."""
        return absent_parts(self.target.without)

    @property
    def nowhere(self) -> frozenset[str]:
        """Absent parts, and those that are absent by default as this target configures none."""
        return self.absent | (frozenset() if self.target.web.also else {SITES})

    def require(self, value: T | None, setting: str, service: str) -> T:
        """Return ``value``, or raise NotConfigured with the setting and the line to add.

        ``setting`` is the path below the target: ``redis.url``.
        """
        if value is not None:
            return value
        section, _, key = setting.rpartition(".")
        path = f"targets.{self.target.name}.{setting}"
        variables = VARIABLE.findall(self.sources.get(path, ""))
        line = f"[targets.{self.target.name}.{section}]\n{key} = {placeholder(setting, Target)}"
        if variables:
            names = " or ".join(variables[0].split("|"))
            add = f"{names} to the environment"
        elif is_secret(path):
            line = line.replace("…", f"${{{variable_for(path, shipped_defaults())}}}")
            add = f"to playbook.toml:\n{line}"
        else:
            add = f"to playbook.toml:\n{line}"
        raise NotConfigured(
            f"{service} is not configured for the target {self.target.name}: {path} is not set",
            setting=path,
            add=add,
        )


def is_private(settings: Settings | None) -> bool:
    """Whether a target calls itself private; one that the settings no longer contain does not."""
    return settings is not None and settings.target.private
