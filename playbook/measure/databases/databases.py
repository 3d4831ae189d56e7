"""Reads databases managed by DigitalOcean: those named in the settings, and those of the app's spec."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TypeVar

from playbook.clients.digitalocean_samples import Samples, usable
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clients.managed_databases import Cluster, ManagedDatabases, Metric
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.measure.app.samples import Window, sustained
from playbook.measure.databases.database_values import DAY, MYSQL, OTHERS, POSTGRESQL, Database, Databases
from playbook.settings.model import Settings
from playbook.settings.sections.target import ManagedDatabase

_METRICS: dict[Metric, str] = {
    "disk_usage": "storage",
    "threads_connected": "connections",
    "cpu_usage": "CPU",
    "memory_usage": "memory",
}
_SUSTAINED = frozenset({"cpu_usage", "memory_usage"})
_AT_ONCE = 4

T = TypeVar("T")


@measurement
def databases(managed_databases: ManagedDatabases, settings: Settings, clock: Clock) -> Databases:
    """State of every managed database of this target; of PostgreSQL and MySQL also backups and utilization.

    Raises:
        NotConfigured: none is named, and the app's spec names none.
    """
    return read_databases(managed_databases, settings, clock, in_full=True)


def read_databases(managed: ManagedDatabases, settings: Settings, clock: Clock, *, in_full: bool) -> Databases:
    """As ``databases``; without ``in_full`` only what the API reports of the clusters themselves."""
    named = _named(settings)
    of_spec, left_out, unread = _of_app(managed, settings, named)
    now = clock.now()

    def read(one: ManagedDatabase) -> Database | Unmeasured:
        try:
            cluster = _cluster(managed, one)
        except Unmeasured as error:
            return error
        return _ClusterReader(managed, cluster, now, settings).database(one) if in_full else Database(cluster, now)

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        answers = list(pool.map(read, named))
        # A database that is named by its id is known by its name only now.
        known = {one.name for one in named} | {one.name for one in answers if isinstance(one, Database)}
        further = [one for one in of_spec if one.name not in known]
        answers += pool.map(read, further)
    found = tuple(answer for answer in answers if isinstance(answer, Database))
    missing = [
        (f"the database {one.name or one.id}", answer)
        for one, answer in zip([*named, *further], answers, strict=True)
        if not isinstance(answer, Database)
    ]
    missing += unread
    if not found and missing:
        raise missing[0][1]
    return Databases(found, tuple(missing), tuple(left_out))


def _named(settings: Settings) -> tuple[ManagedDatabase, ...]:
    """Those of the settings, among them the Redis that has a setting of its own."""
    own = settings.target.digitalocean
    if own.redis_cluster_id is None or own.redis_cluster_id in {one.id for one in own.databases}:
        return own.databases
    return (*own.databases, ManagedDatabase(id=own.redis_cluster_id))


def _of_app(
    managed: ManagedDatabases, settings: Settings, named: Sequence[ManagedDatabase]
) -> tuple[list[ManagedDatabase], list[str], list[tuple[str, Unmeasured]]]:
    """Databases of the app's spec, those that the API does not know, and what could not be read.

    Raises:
        NotConfigured: neither the settings nor the spec name a managed database.
    """
    target = settings.target
    wanted, left_out = [], []
    try:
        for one in managed.of_app():
            if one.cluster_name:
                wanted.append(ManagedDatabase(name=one.cluster_name))
            elif one.production:
                wanted.append(ManagedDatabase(name=one.name))
            else:
                left_out.append(f"{one.name}, as the API reports nothing for a development database")
    except NotConfigured:
        if not named:
            raise
    except Unmeasured as error:
        if not named:
            raise
        return [], [], [("the databases of the app's spec", error)]
    if not wanted and not named:
        others = f"; its spec has {', '.join(left_out)}" if left_out else ""
        raise NotConfigured(
            f"A managed database is not configured for the target {target.name}: "
            f"targets.{target.name}.digitalocean.databases is not set, and the app's spec names none{others}",
            setting=f"targets.{target.name}.digitalocean.databases",
            add=f'to playbook.toml:\n[[targets.{target.name}.digitalocean.databases]]\nid = "…"',
        )
    return wanted, left_out, []


def _cluster(managed: ManagedDatabases, wanted: ManagedDatabase) -> Cluster:
    """The configured cluster; Unmeasured where it does not exist or is of another engine."""
    if wanted.id:
        cluster = managed.cluster(wanted.id)
    else:
        named = [one for one in managed.clusters() if one.name == wanted.name]
        if len(named) != 1:
            raise Unmeasured(
                f"expected one database cluster called {wanted.name}, got {len(named) or 'none'}",
                service=SERVICE,
                hint="Correct its name under digitalocean.databases, or give its id there.",
            )
        cluster = named[0]
    engine = wanted.engine or cluster.engine
    kinds = {"pg": POSTGRESQL, "mysql": MYSQL}.get(engine, frozenset({engine}))
    if cluster.engine not in kinds:
        raise Unmeasured(
            f"expected the database {cluster.name} to be {wanted.engine}, got {cluster.engine or 'no engine'}",
            service=SERVICE,
            hint="Correct its id or its engine under digitalocean.databases.",
        )
    return cluster


class _ClusterReader:
    """Reads one cluster and everything else that the API reports of it."""

    def __init__(self, managed: ManagedDatabases, cluster: Cluster, now: datetime, settings: Settings) -> None:
        self._managed, self._cluster, self._now, self._settings = managed, cluster, now, settings
        self._problems: list[Unmeasured] = []

    def database(self, wanted: ManagedDatabase) -> Database:
        """The complete database; what cannot be read is noted as a problem."""
        cluster, managed = self._cluster, self._managed
        backups = None if cluster.engine in OTHERS else self._attempt(lambda: managed.backups(cluster))
        pools = self._attempt(lambda: managed.pools(cluster)) if cluster.engine == "pg" else None
        replicas = self._attempt(lambda: managed.replicas(cluster)) if cluster.engine in ("pg", "mysql") else None
        samples, window = self._metrics() if cluster.engine == "mysql" else ({}, Coverage())
        return Database(
            cluster,
            self._now,
            backups=backups,
            samples=samples,
            window=window,
            pools=tuple(pools or ()),
            replicas=tuple(replicas or ()),
            problems=tuple(self._problems),
            most_connections=wanted.most_connections,
            peak_seconds=60 * self._settings.utilization.peak_minutes,
        )

    def _metrics(self) -> tuple[dict[str, Samples], Coverage]:
        peak = 60 * self._settings.utilization.peak_minutes
        window = Window.before(self._now, DAY, peak)
        samples: dict[str, Samples] = {}
        total = Coverage()
        for metric, word in _METRICS.items():
            ask = partial(self._managed.metric, self._cluster, metric, self._now - DAY, self._now)
            series = self._attempt(ask)
            if series is None:
                continue
            nodes = [found for found in map(usable, series) if found]
            name, rules = self._cluster.name, self._settings.coverage
            total += window.coverage(f"{word} samples of {name}", {name: nodes}, {name: 1}, rules)
            if nodes and metric in _SUSTAINED:  # a short peak of one node must not hide a node that stays busy
                samples[metric] = max(nodes, key=lambda node: sustained(node, peak))
            elif nodes:
                samples[metric] = max(nodes, key=lambda node: max(value for _, value in node))
        return samples, total

    def _attempt(self, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except Unmeasured as error:
            self._problems.append(error)
            return None
