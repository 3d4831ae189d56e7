"""What the DigitalOcean API says, as far as the suite reads it.

Liberal in what it takes: unknown fields are ignored, left-out ones have their zero value (the API leaves zeros
out), null and the API's 'no time' (year 1) count as left out, and a new phase or state is simply another word.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

NO_TIME = "0001-01-01T00:00:00Z"


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


class Source(_Message, frozen=True):
    """What a component was built from."""

    name: str = ""
    source_commit_hash: str = ""


class Deployment(_Message, frozen=True):
    """A release.

    Attributes:
        phase: PENDING_BUILD, BUILDING, PENDING_DEPLOY, DEPLOYING, ACTIVE, SUPERSEDED (a healthy past), ERROR,
            CANCELED, UNKNOWN, or a word that is new.
        phase_last_updated_at: when it entered that phase.
    """

    id: str
    phase: str = "UNKNOWN"
    cause: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    phase_last_updated_at: datetime | None = None
    progress: Progress = Progress()
    services: list[Source] = []
    workers: list[Source] = []
    static_sites: list[Source] = []

    @property
    def commit(self) -> str:
        """The commit it was built from; empty where it was not built from one."""
        sources = (*self.services, *self.workers, *self.static_sites)
        return next((source.source_commit_hash for source in sources if source.source_commit_hash), "")

    @property
    def reason(self) -> Reason | None:
        """Why it failed, from the step that says so."""
        return _first_reason(self.progress.steps)


def _first_reason(steps: list[Step]) -> Reason | None:
    for step in steps:
        found = _first_reason(step.steps) or step.reason
        if found:
            return found
    return None


class ComponentSpec(_Message, frozen=True):
    """What the app spec says about a component; ``autoscaling`` as the API gives it."""

    name: str
    instance_count: int = 1
    instance_size_slug: str = ""
    autoscaling: dict[str, Any] | None = None


class Spec(_Message, frozen=True):
    """The app spec."""

    name: str = ""
    services: list[ComponentSpec] = []
    workers: list[ComponentSpec] = []


class Region(_Message, frozen=True):
    """Where the app runs."""

    slug: str = ""
    label: str = ""


class DomainSpec(_Message, frozen=True):
    """A domain as the app spec names it."""

    domain: str = ""


class AppDomain(_Message, frozen=True):
    """A domain of the app, and until when the certificate is valid that the platform obtained for it."""

    spec: DomainSpec = DomainSpec()
    phase: str = ""
    certificate_expires_at: datetime | None = None


class App(_Message, frozen=True):
    """An app. The API has no Name and no Phase: they are ``spec.name`` and ``active_deployment.phase``."""

    id: str
    spec: Spec = Spec()
    live_url: str = ""
    region: Region = Region()
    tier_slug: str = ""
    created_at: datetime | None = None
    active_deployment: Deployment | None = None
    in_progress_deployment: Deployment | None = None
    pending_deployment: Deployment | None = None
    domains: list[AppDomain] = []


class ComponentHealth(_Message, frozen=True):
    """How the platform finds a component. Use is in percent, the mean of its instances."""

    name: str
    state: str = "UNKNOWN"
    replicas_desired: int = 0
    replicas_ready: int = 0
    cpu_usage_percent: float = 0.0
    memory_usage_percent: float = 0.0


class AppHealth(_Message, frozen=True):
    """Health of every component."""

    components: list[ComponentHealth] = []


class LogUrls(_Message, frozen=True):
    """Where logs are: a WebSocket, and texts that all belong to the log. Never show them: they hold a token."""

    live_url: str = ""
    historic_urls: list[str] = []


class Bandwidth(_Message, frozen=True):
    """Bytes that left an app in a day; the API writes them as a text."""

    app_id: str = ""
    bandwidth_bytes: int = 0


class RollbackCondition(_Message, frozen=True):
    """Why a rollback is not possible, or what speaks against it."""

    code: str = ""
    message: str = ""


class Rollback(_Message, frozen=True):
    """Whether a deployment can be rolled back to."""

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
    values: list[tuple[float, float]] = []


class _MatrixData(_Message, frozen=True):
    resultType: str = "matrix"  # noqa: N815 - the API's word
    result: list[_MatrixSeries] = []


class Matrix(_Message, frozen=True):
    """A Prometheus matrix as the monitoring API gives it, values as texts."""

    status: str
    data: _MatrixData = _MatrixData()

    @property
    def series(self) -> list[Series]:
        """The samples, by component and instance."""
        return [
            Series(
                component=entry.metric.get("app_component", ""),
                instance=entry.metric.get("app_component_instance", ""),
                samples=entry.values,
            )
            for entry in self.data.result
        ]


def present(value: Any) -> Any:
    """``value`` without what only says that something is not there: null and the year 1."""
    if isinstance(value, dict):
        kept = {key: present(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner is not None}
    if isinstance(value, list):
        return [inner for inner in map(present, value) if inner is not None]
    return None if value == NO_TIME else value
