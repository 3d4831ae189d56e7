"""Types of the DigitalOcean API, as far as the suite reads them.

Parsing is lenient: unknown fields are ignored, missing ones get their zero value (the API omits zeros), and null
and the API's zero time (year 1) count as missing. A new phase or state is kept as an unknown word, which must not
be taken for a good one. Words follow the API description and godo's apps.gen.go.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from playbook.clients.digitalocean_spec import DomainSpec, Message, Spec

NO_TIME = "0001-01-01T00:00:00"
# Lists for which the API description allows null when empty, or which have been seen as null.
NULL_LISTS = frozenset({"inbound_rules", "outbound_rules", "droplet_ids", "databases", "replicas", "pools"})

# Phases of a domain; any other word is reported as not understood.
DOMAIN_PHASES = frozenset({"PENDING", "CONFIGURING", "ACTIVE", "ERROR"})

# Times without a time zone are rejected: they would be ambiguous.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Reason(Message, frozen=True):
    """Why a step of a deployment failed."""

    code: str = ""
    message: str = ""


class Step(Message, frozen=True):
    """A step of a deployment, with the steps inside it."""

    name: str = ""
    status: str = ""
    reason: Reason | None = None
    steps: list[Step] = []


class Progress(Message, frozen=True):
    """How far a deployment has come."""

    steps: list[Step] = []
    error_steps: int = 0

    @property
    def statuses(self) -> list[str]:
        """Status of every step, including nested ones."""
        return _statuses(self.steps)


def _statuses(steps: list[Step]) -> list[str]:
    return [status for step in steps for status in (step.status, *_statuses(step.steps))]


class CauseDetails(Message, frozen=True):
    """What started a deployment: MANUAL, DEPLOY_ON_PUSH, MANUAL_ROLLBACK, AUTO_ROLLBACK, AUTOSCALED and so on."""

    type: str = ""


class Source(Message, frozen=True):
    """What a component was built from: a repository, or an image of a registry."""

    name: str = ""
    source_commit_hash: str = ""
    source_image_digest: str = ""


def _first_reason(steps: list[Step]) -> Reason | None:
    for step in steps:
        found = _first_reason(step.steps) or step.reason
        if found:
            return found
    return None


class DedicatedIp(Message, frozen=True):
    """An address of the app's own; ``status`` is ASSIGNING, ASSIGNED, REMOVED or UNKNOWN."""

    ip: str = ""
    status: str = "UNKNOWN"


class Deployment(Message, frozen=True):
    """A release.

    Attributes:
        phase: PENDING_BUILD, BUILDING, PENDING_DEPLOY, DEPLOYING, ACTIVE, SUPERSEDED (healthy, replaced), ERROR,
            CANCELED, UNKNOWN, or a new word.
        phase_last_updated_at: when it entered that phase.
    """

    id: str = ""
    phase: str = "UNKNOWN"
    cause: str = ""
    cause_details: CauseDetails | None = None
    spec: Spec | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    phase_last_updated_at: Moment | None = None
    progress: Progress = Progress()
    services: list[Source] = []
    workers: list[Source] = []
    static_sites: list[Source] = []
    jobs: list[Source] = []
    functions: list[Source] = []

    @property
    def commit(self) -> str:
        """Commit that it was built from; empty if there is none."""
        return next((source.source_commit_hash for source in self._built if source.source_commit_hash), "")

    @property
    def sources(self) -> frozenset[tuple[str, str]]:
        """Component and commit, or digest of its image, of each; they may come from several repositories."""
        built = ((one.name, one.source_commit_hash or one.source_image_digest) for one in self._built)
        return frozenset((name, source) for name, source in built if source)

    @property
    def _built(self) -> tuple[Source, ...]:
        return (*self.services, *self.workers, *self.static_sites, *self.jobs, *self.functions)

    @property
    def reason(self) -> Reason | None:
        """Why it failed, from the step that reports a reason."""
        return _first_reason(self.progress.steps)


class Region(Message, frozen=True):
    """Where the app runs."""

    slug: str = ""
    label: str = ""


class AppDomain(Message, frozen=True):
    """A domain of the app, and the expiry of the certificate that the platform obtained for it.

    Attributes:
        rotate_validation_records: its TXT record has to be changed by hand, or the certificate is not renewed.
    """

    spec: DomainSpec = DomainSpec()
    phase: str = ""
    progress: Progress = Progress()
    rotate_validation_records: bool = False
    certificate_expires_at: Moment | None = None


class App(Message, frozen=True):
    """An app. The API has no name or phase field: they are ``spec.name`` and ``active_deployment.phase``.

    Attributes:
        unknown_kinds: of components in its spec; not the API's.
    """

    id: str
    unknown_kinds: tuple[str, ...] = ()
    spec: Spec = Spec()
    live_url: str = ""
    default_ingress: str = ""
    region: Region = Region()
    tier_slug: str = ""
    created_at: Moment | None = None
    active_deployment: Deployment | None = None
    in_progress_deployment: Deployment | None = None
    pending_deployment: Deployment | None = None
    pinned_deployment: Deployment | None = None
    domains: list[AppDomain] = []
    dedicated_ips: list[DedicatedIp] = []

    @property
    def spec_in_effect(self) -> Spec:
        """The active deployment's spec: a new spec takes effect with its deployment, which may fail."""
        active = self.active_deployment
        return active.spec if active and active.spec else self.spec


class ComponentHealth(Message, frozen=True):
    """A component's health according to the platform. Usage is in percent, the mean of its instances."""

    name: str
    state: str = "UNKNOWN"
    replicas_desired: Count = 0
    replicas_ready: Count = 0
    cpu_usage_percent: float = 0.0
    memory_usage_percent: float = 0.0


class FunctionsMetric(Message, frozen=True):
    """One figure of functions: ``activations_count``, 100, in the last ``1h``."""

    metric_label: str = ""
    metric_value: float = 0.0
    time_window: str = ""


class FunctionsHealth(Message, frozen=True):
    """What the platform counts of a functions component, which has no state of health."""

    name: str = ""
    functions_component_health_metrics: list[FunctionsMetric] = []


class AppHealth(Message, frozen=True):
    """Health of every component."""

    components: list[ComponentHealth] = []
    functions_components: list[FunctionsHealth] = []


class LogUrls(Message, frozen=True):
    """Addresses of logs: a WebSocket, and texts that form one log. Never show them: they contain a token."""

    live_url: str = ""
    historic_urls: list[str] = []


class Bandwidth(Message, frozen=True):
    """Bytes sent by an app in a day; the API sends them as a string."""

    app_id: str = ""
    bandwidth_bytes: Count | None = None


class RollbackCondition(Message, frozen=True):
    """A reason against a rollback: an error or a warning."""

    code: str = ""
    message: str = ""


class Rollback(Message, frozen=True):
    """Whether a rollback to a deployment is possible."""

    valid: bool = False
    error: RollbackCondition | None = None
    warnings: list[RollbackCondition] = []


class Series(Message, frozen=True):
    """Samples of one instance of a component, as (epoch seconds, value)."""

    component: str
    instance: str
    samples: list[tuple[float, float]]


class _MatrixSeries(Message, frozen=True):
    metric: dict[str, str] = {}
    values: list[tuple[float, float | Literal["+Inf"]]] = []

    @property
    def samples(self) -> list[tuple[float, float]]:
        """As numbers: Prometheus writes a plus sign before infinity, and before nothing else."""
        return [(at, float(value)) for at, value in self.values]


class _MatrixData(Message, frozen=True):
    resultType: Literal["matrix"]  # noqa: N815 - the API's word
    result: list[_MatrixSeries]


class Matrix(Message, frozen=True):
    """A Prometheus matrix as the monitoring API sends it, with values as strings."""

    status: str
    data: _MatrixData | None = None

    @property
    def series(self) -> list[Series]:
        """The samples, by component and instance."""
        return [
            Series(
                component=entry.metric.get("app_component", ""),
                instance=entry.metric.get("app_component_instance", ""),
                samples=entry.samples,
            )
            for entry in (self.data.result if self.data else [])
        ]


def present(value: Any) -> Any:
    """``value`` without entries that stand for a missing value: null and the year 1."""
    if isinstance(value, str):
        return None if value.startswith(NO_TIME) else value
    if isinstance(value, list):  # of samples there are ten thousands, and half of each is a number
        return [inner if isinstance(inner, int | float) else present(inner) for inner in value]
    if isinstance(value, dict):
        kept = {key: [] if inner is None and key in NULL_LISTS else present(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner is not None}
    return value
