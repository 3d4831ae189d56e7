"""Types of the app spec of App Platform, as far as the suite reads it; lenient as all types of its API."""

from __future__ import annotations

from typing import Any

import msgspec

# Lists of the app spec; those of components are types below.
_LISTS = frozenset(
    {"services", "workers", "static_sites", "jobs", "functions", "databases"}
    | {"domains", "envs", "alerts", "features", "log_destinations"}
)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What all of these types have in common."""


class Variable(Message, frozen=True):
    """An environment variable of a component; only its name, as its value may be a secret."""

    key: str = ""


class Repository(Message, frozen=True):
    """Where a component's code is: ``owner/name``, or an address."""

    repo: str = ""
    repo_clone_url: str = ""

    def __str__(self) -> str:
        return self.repo or self.repo_clone_url


class Image(Message, frozen=True):
    """The container image that a component runs; ``registry`` is empty for DigitalOcean's own registry (DOCR)."""

    registry_type: str = ""
    registry: str = ""
    repository: str = ""

    def __str__(self) -> str:
        return ":".join(filter(None, (self.registry_type, self.registry, self.repository)))


class Built(Message, frozen=True, kw_only=True):
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


class CpuTarget(Message, frozen=True):
    """The mean CPU use that autoscaling aims at, in percent."""

    percent: int | None = None


class ScalingMetrics(Message, frozen=True):
    """What autoscaling goes by, as far as it is read."""

    cpu: CpuTarget | None = None


class Autoscaling(Message, frozen=True):
    """Between which numbers of instances a component is scaled; None where the API leaves one out."""

    min_instance_count: int | None = None
    max_instance_count: int | None = None
    metrics: ScalingMetrics | None = None

    @property
    def cpu_percent(self) -> int | None:
        """The CPU use that it aims at; None where it goes by another metric."""
        return self.metrics.cpu.percent if self.metrics and self.metrics.cpu else None


class ComponentSpec(Built, frozen=True):
    """A component in the app spec; ``autoscaling`` as the API sends it, with words that may be new.

    Attributes:
        inactivity_sleep: scale to zero: it has no replica while there are no requests.
    """

    name: str
    instance_count: int = 1
    instance_size_slug: str = ""
    autoscaling: dict[str, Any] | None = None
    inactivity_sleep: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Refuse autoscaling of another shape while the answer is read.

        Raises:
            ValueError: its values are of another type; msgspec adds where in the answer.
        """
        try:
            _ = self.scaling
        except msgspec.ValidationError as error:
            raise ValueError(f"autoscaling: {error}") from error

    @property
    def scaling(self) -> Autoscaling | None:
        """Its autoscaling; None without any."""
        return msgspec.convert(self.autoscaling, Autoscaling, strict=False) if self.autoscaling else None

    @property
    def least(self) -> int:
        """Minimum number of instances; 0 if it may be scaled to zero."""
        return 0 if self.inactivity_sleep is not None else self.least_awake

    @property
    def least_awake(self) -> int:
        """Minimum number of instances while there are requests."""
        given = self.scaling.min_instance_count if self.scaling else None
        return self.instance_count if given is None else given

    @property
    def most(self) -> int:
        """Maximum number of instances."""
        given = self.scaling.max_instance_count if self.scaling else None
        return self.least_awake if given is None else given


class Named(Built, frozen=True):
    """A component of a kind without health or replicas."""

    name: str = ""


class JobSchedule(Message, frozen=True):
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


class Egress(Message, frozen=True):
    """How the app reaches others: AUTOASSIGN, or DEDICATED_IP, which others admit by address."""

    type: str = "AUTOASSIGN"


class Maintenance(Message, frozen=True):
    """``enabled`` shows visitors an offline page instead of the app; ``archive`` also stops the app."""

    enabled: bool = False
    archive: bool = False


class DomainSpec(Message, frozen=True):
    """A domain in the app spec; with ``wildcard`` also every name below it."""

    domain: str = ""
    wildcard: bool = False


class Database(Message, frozen=True):
    """A database in the app spec; a development database has no cluster in the account.

    ``engine`` is PG, MYSQL, REDIS, VALKEY, MONGODB, KAFKA, OPENSEARCH or a newer one.
    """

    name: str = ""
    engine: str = ""
    production: bool = False
    cluster_name: str = ""


class Spec(Message, frozen=True):
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

    @staticmethod
    def unknown_kinds(raw: Any) -> tuple[str, ...]:
        """Lists of a spec as received that look like components and are of no kind that is known here."""
        lists = raw.items() if isinstance(raw, dict) else ()
        return tuple(
            key
            for key, found in lists
            if key not in _LISTS
            and isinstance(found, list)
            and any(isinstance(one, dict) and one.get("name") for one in found)
        )

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
