"""The DigitalOcean API through pydo, read-only. https://docs.digitalocean.com/reference/api/

The read-only guard and the workarounds for pydo's defaults are in digitalocean_transport.py.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from threading import Lock
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from playbook.clients.breakage import RUNNER_HINT
from playbook.clients.digitalocean_pages import PER_PAGE, read_pages
from playbook.clients.digitalocean_refusals import BadRequest, NotFound, may_pass
from playbook.clients.digitalocean_transport import SERVICE, NotJson, ReadOnlyTransport, Refused, open_pydo
from playbook.clients.digitalocean_types import (
    App,
    AppHealth,
    Bandwidth,
    Deployment,
    LogUrls,
    Matrix,
    Rollback,
    Series,
    present,
)
from playbook.clients.listing import Listing
from playbook.clients.pace import NoTurn, pace_of
from playbook.clients.retries import ATTEMPTS, tries
from playbook.clients.urls import parse_url
from playbook.clients.wire import Broken
from playbook.core import door
from playbook.core.budget import convert
from playbook.core.deadline import left
from playbook.core.engine import client
from playbook.core.errors import Denied, Malformed, TooLittleData, Unmeasured, Unreachable
from playbook.settings.model import Settings

# A longer Retry-After is not waited for; an earlier retry would only be refused again.
LONGEST_WAIT = 3.0
_ERROR_KEYS = frozenset({"id", "message", "request_id"})
_SECRET_KEYS = re.compile(r"connection|users$|password|^uri$")

T = TypeVar("T")
Json = dict[str, Any]
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
class DigitalOceanApi:
    """What the suite reads from the API. Thread-safe.

    Every method has one time limit per page: connect and read limit together. Reads are tried up to three times
    after connection failures, 429 and 5xx; the attempts are listed in the error or in ``retried``.

    Every method raises:
        Unreachable: no answer in time, or the API is unavailable (429, 5xx).
        Denied: the token is not accepted (401) or lacks a scope (403).
        Malformed: not found (404), or an answer that does not match the documentation.

    Attributes:
        retried: one line for each failed attempt that was retried.
    """

    transport: ReadOnlyTransport
    app_id: str
    cluster_id: str | None
    settings: Settings = field(repr=False)
    retried: list[str] = field(default_factory=list)
    _pydo: list[Any] = field(default_factory=list, repr=False)
    _opening: Lock = field(default_factory=Lock, repr=False)

    # ------------------------------------------------------------------------------------------------ the app

    def app(self) -> App:
        """The app."""
        body = self.read("the app", "app:read", lambda api: api.apps.get(self.app_id))
        return self.parse(App, self.inside(body, "app", "the app"), "the app")

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

    # ------------------------------------------------------------------------------------------ anything else

    def read(self, what: str, scope: str, operation: Callable[[Any], Any], *, attempts: int = ATTEMPTS) -> Json:
        """Answer of one pydo operation, unchanged but for nulls and zero times, which are removed.

        Args:
            what: for messages, e.g. ``the app``.
            scope: scope that the token needs, e.g. ``app:read``.
            operation: takes a ``pydo.Client``: ``lambda api: api.balance.get()``.
            attempts: maximum number of attempts; 1 for a POST.
        """
        api = self._open()
        within = left(self.settings.time_limits.connect + self.settings.time_limits.read)
        deadline = time.monotonic() + within
        tried: list[str] = []

        def again(error: Exception) -> bool | float:
            wait = error.retry_after if isinstance(error, Refused) else None
            if (wait or 0.0) > LONGEST_WAIT or time.monotonic() + (wait or 0.0) >= deadline:
                return False
            if isinstance(error, Refused):
                return may_pass(error) and (True if wait is None else wait)
            return isinstance(error, Broken) and not error.lasting

        try:
            for attempt in tries(again, within=within, attempts=attempts):
                with attempt:
                    self.transport.until(deadline)
                    try:
                        body = operation(api)
                    except (Refused, Broken) as error:
                        reason = error.said if isinstance(error, Refused) else error
                        tried.append(f"try {len(tried) + 1}: {reason}")
                        raise
        except (Refused, Broken) as error:
            # Not "from error": its traceback runs through pydo's 365,000-line module, and pytest would parse all
            # of it to show one line, which takes 4 s per check.
            raise self.explain(error, what, scope, tuple(tried)) from None
        except NotJson as error:
            tried.append(f"try {len(tried) + 1}: {error}")
            raise self._malformed(what, str(error), tuple(tried)) from None
        except NoTurn as error:
            raise self.without_turn(error, what, tuple(tried)) from None
        self.retried.extend(f"{what}: {line}" for line in tried)
        if not isinstance(body, dict):
            raise self._malformed(what, f"a {type(body).__name__} instead of an object")
        if body.keys() <= _ERROR_KEYS and isinstance(body.get("message"), str):
            raise self._malformed(what, f"an error in an HTTP 2xx answer ({door.line(body['message'], 200)})")
        return present(body)  # type: ignore[no-any-return]

    def inside(self, body: Json, key: str, what: str) -> Any:
        """The value under ``key``; Malformed if the key is missing, which is not the same as an empty list."""
        if key not in body:
            holds = ", ".join(sorted(body)[:5]) or "nothing"
            raise self._malformed(what, f"an answer without {key!r} (it has {holds})")
        return body[key]

    def collect(
        self,
        what: str,
        scope: str,
        key: str,
        operation: Callable[[Any, int, int], Any],
        *,
        enough: Callable[[list[Json]], bool] = lambda _: False,
        counted: bool = True,
    ) -> Listing[Json]:
        """All items of a listing, page by page.

        If a later page cannot be read, the items before it are kept and the coverage is incomplete.

        Args:
            operation: takes a ``pydo.Client``, the page and its size.
            enough: whether the items read so far suffice.
            counted: False if the listing has no total.
        """

        def read_page(number: int) -> tuple[Json, list[Json]]:
            body = self.read(what, scope, lambda api: operation(api, number, PER_PAGE))
            return body, self.parse(list[Json], self.inside(body, key, what), what)

        return read_pages(read_page, what.removeprefix("the "), enough=enough, counted=counted)

    def _open(self) -> Any:
        """pydo's client, created on first use: loading it takes 0.2 s."""
        with self._opening:
            if not self._pydo:
                self._pydo.append(open_pydo(self.transport))
        return self._pydo[0]

    def parse(self, kind: type[T], value: Any, what: str) -> T:
        """``value`` converted to ``kind``; Malformed if it has another form."""
        try:
            return convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            raise self._malformed(what, f"JSON of another shape: {error}") from None

    def _malformed(self, what: str, got: str, attempts: tuple[str, ...] = ()) -> Malformed:
        return Malformed(
            f"{SERVICE}: expected {what} as the API documents it, got {got}", service=SERVICE, attempts=attempts
        )

    def explain(self, error: Refused | Broken, what: str, scope: str, attempts: tuple[str, ...]) -> Unmeasured:
        """What a failure means to an operator."""
        host = urlsplit(self.transport.endpoint).netloc
        if isinstance(error, Broken):
            text = f"{SERVICE}: expected {what} from {host}, got {error}"
            return Unreachable(text, service=SERVICE, hint=RUNNER_HINT, attempts=attempts)
        text = f"{SERVICE}: expected {what} from {host}, got {error.said}"
        kind: type[Unmeasured] = Malformed
        hint = ""
        if error.status == 400:
            return BadRequest(text, error.said, attempts)
        if error.status == 401:
            kind, hint = Denied, f"Check {self._variable('token')}: the token is wrong, expired or revoked."
        elif error.status == 403:
            text += f": the token needs the scope {scope}"
            kind, hint = Denied, f"Give the token in {self._variable('token')} the scope {scope}."
        elif error.status == 404 and scope.startswith("app:"):
            kind = NotFound
            text = f"{text}: no app with the id {self.app_id}, or nothing of that name in it"
            hint = f"Check {self._variable('app_id')}."
        elif may_pass(error):
            kind, hint = Unreachable, "The API is overloaded or limits this token; try again in a few minutes."
            text += f"; the next request may be sent in {error.retry_after:,.0f} s" if error.retry_after else ""
        return kind(text, service=SERVICE, hint=hint, attempts=attempts)

    def without_turn(self, error: NoTurn, what: str, attempts: tuple[str, ...] = ()) -> Unmeasured:
        """The error for a request that was not sent because the token's rate limit is used up."""
        return Unreachable(
            f"{SERVICE}: expected {what}, got {error}",
            service=SERVICE,
            hint="Give the targets tokens of their own, or run fewer of them in an hour (--shard).",
            attempts=attempts,
        )

    def _variable(self, key: str) -> str:
        """Environment variables that a setting is read from, or the setting itself."""
        path = f"targets.{self.settings.target.name}.digitalocean.{key}"
        names = re.findall(r"[A-Z][A-Z0-9_]+", self.settings.sources.get(path, ""))
        return " or ".join(names) if self.settings.sources.get(path, "").startswith("${") else path
