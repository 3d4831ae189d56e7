"""Types of the DigitalOcean API, as far as the suite reads them.

Parsing is lenient: unknown fields are ignored, missing ones get their zero value (the API omits zeros), and null
and the API's zero time (year 1) count as missing. A new phase or state is kept as an unknown word, which must not
be taken for a good one. Words follow the API description and godo's apps.gen.go.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

NO_TIME = "0001-01-01T00:00:00"
# Lists for which the API description allows null when empty, or which have been seen as null.
NULL_LISTS = frozenset({"inbound_rules", "outbound_rules", "droplet_ids", "databases", "replicas", "pools"})

# Phases of a domain; any other word is reported as not understood.
DOMAIN_PHASES = frozenset({"PENDING", "CONFIGURING", "ACTIVE", "ERROR"})

# Times without a time zone are rejected: they would be ambiguous.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Reason(_Message, frozen=True):
    """Why a step of a deployment failed."""

    code: str = ""
    message: str = ""


class Step(_Message, frozen=True):
    """A step of a deployment, with the steps inside it."""

    name: str = ""
    status: str = ""
    reason: Reason | None = None
    steps: list[Step] = []


class Progress(_Message, frozen=True):
    """How far a deployment has come."""

    steps: list[Step] = []
    error_steps: int = 0

    @property
    def statuses(self) -> list[str]:
        """Status of every step, including nested ones."""
        return _statuses(self.steps)


def _statuses(steps: list[Step]) -> list[str]:
    return [status for step in steps for status in (step.status, *_statuses(step.steps))]


class CauseDetails(_Message, frozen=True):
    """What started a deployment: MANUAL, DEPLOY_ON_PUSH, MANUAL_ROLLBACK, AUTO_ROLLBACK, AUTOSCALED and so on."""

    type: str = ""


class Source(_Message, frozen=True):
    """What a component was built from."""

    name: str = ""
    source_commit_hash: str = ""


def _first_reason(steps: list[Step]) -> Reason | None:
    for step in steps:
        found = _first_reason(step.steps) or step.reason
        if found:
            return found
    return None


class Variable(_Message, frozen=True):
    """An environment variable of a component; only its name, as its value may be a secret."""

    key: str = ""


class Repository(_Message, frozen=True):
    """Where a component's code is: ``owner/name``, or an address."""

    repo: str = ""
    repo_clone_url: str = ""

    def __str__(self) -> str:
        return self.repo or self.repo_clone_url


class Image(_Message, frozen=True):
    """The container image that a component runs; ``registry`` is empty for DigitalOcean's own registry (DOCR)."""

    registry_type: str = ""
    registry: str = ""
    repository: str = ""

    def __str__(self) -> str:
        return ":".join(filter(None, (self.registry_type, self.registry, self.repository)))


class Built(_Message, frozen=True, kw_only=True):
    """Source of a component in the app spec.

    Attributes:
        environment_slug: kind of buildpack, e.g. ``node-js``.
    """

    envs: list[Variable] = []
    github: Repository | None = None
    gitlab: Repository | None = None
    bitbucket: Repository | None = None
    git: Repository | None = None
    image: Image | None = None
    environment_slug: str = ""

    @property
    def repository(self) -> str:
        """Repository of the code or of the image; empty where the spec names none."""
        sources = (self.github, self.gitlab, self.bitbucket, self.git, self.image)
        return next((str(one) for one in sources if one), "")


class ComponentSpec(Built, frozen=True):
    """A component in the app spec; ``autoscaling`` as the API sends it.

    Attributes:
        inactivity_sleep: scale to zero: it has no replica while there are no requests.
    """

    name: str
    instance_count: int = 1
    instance_size_slug: str = ""
    autoscaling: dict[str, Any] | None = None
    inactivity_sleep: dict[str, Any] | None = None

    @property
    def least(self) -> int:
        """Minimum number of instances; 0 if it may be scaled to zero."""
        if self.inactivity_sleep is not None:
            return 0
        minimum = (self.autoscaling or {}).get("min_instance_count")
        return minimum if isinstance(minimum, int) else self.instance_count


class Named(Built, frozen=True):
    """A component of a kind without health or replicas."""

    name: str = ""


class JobSchedule(_Message, frozen=True):
    """When a job runs: five cron fields, in a time zone such as ``America/New_York``; UTC by default."""

    cron: str = ""
    time_zone: str = ""


class JobSpec(Named, frozen=True):
    """A job in the app spec.

    Attributes:
        kind: PRE_DEPLOY, POST_DEPLOY, FAILED_DEPLOY, SCHEDULED or a newer one.
    """

    kind: str = ""
    schedule: JobSchedule | None = None


class Egress(_Message, frozen=True):
    """How the app reaches others: AUTOASSIGN, or DEDICATED_IP, which others admit by address."""

    type: str = "AUTOASSIGN"


class DedicatedIp(_Message, frozen=True):
    """An address of the app's own; ``status`` is ASSIGNING, ASSIGNED, REMOVED or UNKNOWN."""

    ip: str = ""
    status: str = "UNKNOWN"


class Maintenance(_Message, frozen=True):
    """``enabled`` shows visitors an offline page instead of the app; ``archive`` also stops the app."""

    enabled: bool = False
    archive: bool = False


class DomainSpec(_Message, frozen=True):
    """A domain in the app spec; with ``wildcard`` also every name below it."""

    domain: str = ""
    wildcard: bool = False


class Database(_Message, frozen=True):
    """A database in the app spec; a development database has no cluster in the account.

    ``engine`` is PG, MYSQL, REDIS, VALKEY, MONGODB, KAFKA, OPENSEARCH or a newer one.
    """

    name: str = ""
    engine: str = ""
    production: bool = False
    cluster_name: str = ""


class Spec(_Message, frozen=True):
    """The app spec. Services and workers have health; static sites, jobs, functions and databases do not."""

    name: str = ""
    services: list[ComponentSpec] = []
    workers: list[ComponentSpec] = []
    static_sites: list[Named] = []
    jobs: list[JobSpec] = []
    functions: list[Named] = []
    databases: list[Database] = []
    envs: list[Variable] = []
    domains: list[DomainSpec] = []
    maintenance: Maintenance | None = None
    egress: Egress = Egress()

    @property
    def running(self) -> list[ComponentSpec]:
        """Components whose health the platform monitors."""
        return [*self.services, *self.workers]

    @property
    def components(self) -> list[ComponentSpec | Named]:
        """Every component that is built."""
        return [*self.running, *self.others]

    @property
    def others(self) -> list[Named]:
        """Components without health."""
        return [*self.static_sites, *self.jobs, *self.functions]


class Deployment(_Message, frozen=True):
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
        sources = (*self.services, *self.workers, *self.static_sites, *self.jobs, *self.functions)
        return next((source.source_commit_hash for source in sources if source.source_commit_hash), "")

    @property
    def reason(self) -> Reason | None:
        """Why it failed, from the step that reports a reason."""
        return _first_reason(self.progress.steps)


class Region(_Message, frozen=True):
    """Where the app runs."""

    slug: str = ""
    label: str = ""


class AppDomain(_Message, frozen=True):
    """A domain of the app, and the expiry of the certificate that the platform obtained for it."""

    spec: DomainSpec = DomainSpec()
    phase: str = ""
    certificate_expires_at: Moment | None = None


class App(_Message, frozen=True):
    """An app. The API has no name or phase field: they are ``spec.name`` and ``active_deployment.phase``."""

    id: str
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


class ComponentHealth(_Message, frozen=True):
    """A component's health according to the platform. Usage is in percent, the mean of its instances."""

    name: str
    state: str = "UNKNOWN"
    replicas_desired: Count = 0
    replicas_ready: Count = 0
    cpu_usage_percent: float = 0.0
    memory_usage_percent: float = 0.0


class AppHealth(_Message, frozen=True):
    """Health of every component."""

    components: list[ComponentHealth] = []


class LogUrls(_Message, frozen=True):
    """Addresses of logs: a WebSocket, and texts that form one log. Never show them: they contain a token."""

    live_url: str = ""
    historic_urls: list[str] = []


class Bandwidth(_Message, frozen=True):
    """Bytes sent by an app in a day; the API sends them as a string."""

    app_id: str = ""
    bandwidth_bytes: Count | None = None


class RollbackCondition(_Message, frozen=True):
    """A reason against a rollback: an error or a warning."""

    code: str = ""
    message: str = ""


class Rollback(_Message, frozen=True):
    """Whether a rollback to a deployment is possible."""

    valid: bool = False
    error: RollbackCondition | None = None
    warnings: list[RollbackCondition] = []


class Series(_Message, frozen=True):
    """Samples of one instance of a component, as (epoch seconds, value)."""

    component: str
    instance: str
    samples: list[tuple[float, float]]


class _MatrixSeries(_Message, frozen=True):
    metric: dict[str, str] = {}
    values: list[tuple[float, float | Literal["+Inf"]]] = []

    @property
    def samples(self) -> list[tuple[float, float]]:
        """As numbers: Prometheus writes a plus sign before infinity, and before nothing else."""
        return [(at, float(value)) for at, value in self.values]


class _MatrixData(_Message, frozen=True):
    resultType: Literal["matrix"]  # noqa: N815 - the API's word
    result: list[_MatrixSeries]


class Matrix(_Message, frozen=True):
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
