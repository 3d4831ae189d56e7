"""The DigitalOcean API through pydo, read-only. https://docs.digitalocean.com/reference/api/

The read-only guard and the workarounds for pydo's defaults are in digitalocean_transport.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

import msgspec

from playbook.clients.digitalocean_pages import PER_PAGE
from playbook.clients.digitalocean_reading import DigitalOceanReader, Json
from playbook.clients.digitalocean_refusals import BadRequest
from playbook.clients.digitalocean_spec import Spec
from playbook.clients.digitalocean_transport import SERVICE, ReadOnlyTransport
from playbook.clients.digitalocean_types import (
    App,
    AppHealth,
    Bandwidth,
    Deployment,
    LogUrls,
    Matrix,
    Rollback,
    Series,
)
from playbook.clients.listing import Listing
from playbook.clients.pace import pace_of
from playbook.clients.urls import parse_url
from playbook.core.engine import client
from playbook.core.errors import TooLittleData
from playbook.settings.model import Settings

_SECRET_KEYS = re.compile(r"connection|users$|password|^uri$")

Metric = Literal["cpu_percentage", "memory_percentage", "restart_count"]


@client(libraries=("pydo", "playbook.clients.transport", "stamina"))
def digitalocean(settings: Settings) -> DigitalOceanApi:
    """The DigitalOcean API of the target, read-only."""
    mine = settings.target.digitalocean
    token = settings.require(mine.token, "digitalocean.token", SERVICE)
    app_id = settings.require(mine.app_id, "digitalocean.app_id", SERVICE)
    parse_url(mine.endpoint, f"targets.{settings.target.name}.digitalocean.endpoint")
    pace = pace_of(token, settings.target.name)
    transport = ReadOnlyTransport(mine.endpoint, token, settings.time_limits, mine.ca, pace)
    return DigitalOceanApi(
        transport=transport,
        app_id=app_id,
        cluster_id=mine.redis_cluster_id,
        settings=settings,
    )


@dataclass(frozen=True)
class DigitalOceanApi(DigitalOceanReader):
    """What the suite reads from the API; raises as ``DigitalOceanReader``."""

    # ------------------------------------------------------------------------------------------------ the app

    def app(self) -> App:
        """The app."""
        body = self.read("the app", "app:read", lambda api: api.apps.get(self.app_id))
        raw = self.inside(body, "app", "the app")
        app = self.parse(App, raw, "the app")
        return msgspec.structs.replace(app, unknown_kinds=Spec.unknown_kinds(raw.get("spec")))

    def deployments(self, since: datetime | None = None) -> Listing[Deployment]:
        """Deployments in the API's order, newest first.

        Args:
            since: older ones may be omitted once a full page has been read and all entries were in order.
        """

        def enough(found: list[Json]) -> bool:
            times = [str(one.get("created_at") or "") for one in found]
            ordered = all(times) and all(later >= earlier for later, earlier in pairwise(times))
            return since is not None and ordered and len(found) >= PER_PAGE and times[-1] < f"{since:%Y-%m-%dT%H}"

        listing = self.collect(
            "the deployments",
            "app:read",
            "deployments",
            lambda api, page, size: api.apps.list_deployments(self.app_id, page=page, per_page=size),
            enough=enough,
        )
        return Listing(self.parse(list[Deployment], listing, "the deployments"), listing.coverage)

    def deployment(self, deployment_id: str) -> Deployment:
        """One deployment, with its steps."""
        body = self.read(
            "the deployment", "app:read", lambda api: api.apps.get_deployment(self.app_id, deployment_id)
        )
        return self.parse(Deployment, self.inside(body, "deployment", "the deployment"), "the deployment")

    def health(self) -> AppHealth:
        """Health of the components. The API description's example lacks the wrapper that the real API sends; both
        are read.
        """
        what = "the app's health"
        body = self.read(what, "app:read", lambda api: api.apps.get_health(self.app_id))
        bare = "app_health" not in body and "components" in body
        return self.parse(AppHealth, body if bare else self.inside(body, "app_health", what), what)

    def _deployment_with_logs(self) -> str:
        """The id of the deployment that runs, or of the one in progress."""
        app = self.app()
        deployment = app.active_deployment or app.in_progress_deployment
        if deployment is None:
            raise TooLittleData(f"{SERVICE}: expected a deployment that writes logs, got none", service=SERVICE)
        return deployment.id

    def log_sources(self, component: str | None = None, *, kind: str = "RUN", tail_lines: int = -1) -> LogUrls:
        """Where the logs of the running deployment, or of the one in progress, can be fetched.

        Args:
            kind: RUN, RUN_RESTARTED, BUILD or DEPLOY.
            tail_lines: number of newest lines; -1 for all.

        Raises:
            TooLittleData: there is no deployment, or it never got far enough to write such logs.
        """
        deployment = self._deployment_with_logs()
        # pydo has no argument for these three, which doctl sends too.
        params = {"tail_lines": str(tail_lines), **({"component_name": component} if component else {})}

        def of(deployment_id: str) -> Json:
            return self.read(
                "the logs",
                "app:read",
                lambda api: api.apps.get_logs_aggregate(
                    self.app_id, deployment_id, type=kind, follow=False, params=params
                ),
            )

        try:
            try:
                body = of(deployment)
            except BadRequest:
                # Another deployment may have become the active one between the two requests.
                before, deployment = deployment, self._deployment_with_logs()
                if deployment == before:
                    raise
                body = of(deployment)
        except BadRequest as error:
            raise TooLittleData(
                f"{SERVICE}: expected {kind} logs of deployment {deployment}, got none: {error.said}",
                service=SERVICE,
                hint="A deployment that did not come as far as to run has no such logs.",
                attempts=error.attempts,
            ) from None
        urls = self.parse(LogUrls, body, "the logs")
        if not urls.live_url and not urls.historic_urls:
            raise TooLittleData(f"{SERVICE}: expected addresses of {kind} logs, got none", service=SERVICE)
        return urls

    def metric(self, metric: Metric, start: datetime, end: datetime, component: str | None = None) -> list[Series]:
        """Samples of each instance, in percent or restarts. ``start`` and ``end`` are aware.

        The API keeps about two weeks and chooses the step by the length of the range.
        """
        kwargs = {
            "app_id": self.app_id,
            "start": str(int(start.timestamp())),
            "end": str(int(end.timestamp())),
            **({"app_component": component} if component else {}),
        }
        name = {
            "cpu_percentage": "get_app_cpu_percentage_metrics",
            "memory_percentage": "get_app_memory_percentage_metrics",
            "restart_count": "get_app_restart_count_metrics_yml",
        }[metric]
        what = f"the metric {metric}"
        body = self.read(what, "monitoring:read", lambda api: getattr(api.monitoring, name)(**kwargs))
        matrix = self.parse(Matrix, body, what)
        if matrix.status != "success" or matrix.data is None:
            raise self._malformed(what, f"status {matrix.status!r}" + ("" if matrix.data else " without data"))
        return matrix.series

    def alerts(self) -> list[Json]:
        """The app's alert rules: configuration only; the API does not say which of them fire."""
        body = self.read("the alert rules", "app:read", lambda api: api.apps.list_alerts(self.app_id))
        return self.parse(list[Json], self.inside(body, "alerts", "the alert rules"), "the alert rules")

    def events(self) -> Listing[Json]:
        """Deployments and autoscaling, newest first. This listing has no count."""
        return self.collect(
            "the events",
            "app:read",
            "events",
            lambda api, page, size: api.apps.list_events(self.app_id, page=page, per_page=size),
            counted=False,
        )

    def bandwidth(self, day: datetime) -> int | None:
        """Bytes sent by the app on that day (UTC); None if the answer has no figure for it."""
        body = self.read(
            "the bandwidth",
            "app:read",
            lambda api: api.apps.get_metrics_bandwidth_daily(self.app_id, date=day),
        )
        usage = self.parse(list[Bandwidth], body.get("app_bandwidth_usage", []), "the bandwidth")
        figures = [entry.bandwidth_bytes for entry in usage if entry.app_id == self.app_id]
        known = [figure for figure in figures if figure is not None]
        return sum(known) if known and len(known) == len(figures) else None

    def validate_rollback(self, deployment_id: str) -> Rollback:
        """Whether the app could be rolled back to that deployment. Changes nothing; needs ``app:update``."""
        body = self.read(
            "whether a rollback is possible",
            "app:update",
            lambda api: api.apps.validate_rollback(self.app_id, body={"deployment_id": deployment_id}),
            attempts=1,
        )
        if not body.keys() & {"valid", "error"}:
            raise self._malformed("whether a rollback is possible", "an answer that says neither valid nor error")
        return self.parse(Rollback, body, "whether a rollback is possible")

    # ------------------------------------------------------------------------------------------- Redis cluster

    def cluster(self) -> Json:
        """The managed Redis or Valkey cluster, without its connection, which holds the password."""
        cluster_id = self._cluster_id()
        body = self.read("the Redis cluster", "database:read", lambda api: api.databases.get_cluster(cluster_id))
        cluster = self.parse(Json, self.inside(body, "database", "the Redis cluster"), "the Redis cluster")
        return {key: value for key, value in cluster.items() if not _SECRET_KEYS.search(key)}

    def trusted_sources(self, cluster_id: str | None = None) -> list[Json]:
        """Who may connect to a cluster, by default the configured one. An empty list means open to the world."""
        cluster_id = cluster_id or self._cluster_id()
        body = self.read(
            "the trusted sources", "database:read", lambda api: api.databases.list_firewall_rules(cluster_id)
        )
        return self.parse(list[Json], self.inside(body, "rules", "the trusted sources"), "the trusted sources")

    def _cluster_id(self) -> str:
        return self.settings.require(self.cluster_id, "digitalocean.redis_cluster_id", "The Redis cluster")
