"""Managed databases at DigitalOcean, read-only. https://docs.digitalocean.com/reference/api/

The API's answers contain connection strings with passwords, users and keys. The types here have no field for them,
so they do not get past the parser.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_spec import Database
from playbook.clients.digitalocean_types import Matrix, Moment, Series
from playbook.core.engine import client

_SCOPE = "database:read"
Metric = Literal["cpu_usage", "memory_usage", "disk_usage", "threads_connected"]


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    pass


class MaintenanceWindow(_Message, frozen=True):
    """When updates are applied (UTC), and whether any are due; ``pending`` is None if not stated."""

    day: str = ""
    hour: str = ""
    pending: bool | None = None
    description: list[str] = []


class Cluster(_Message, frozen=True):
    """A database cluster without its credentials.

    Attributes:
        status: creating, online, resizing, migrating, forking, or a new word.
        storage_size_mib: per node; None if the API does not say.
    """

    id: str
    name: str
    engine: str = ""
    version: str = ""
    semantic_version: str = ""
    status: str = ""
    num_nodes: int = 0
    size: str = ""
    created_at: Moment | None = None
    maintenance_window: MaintenanceWindow | None = None
    version_end_of_life: Moment | None = None
    version_end_of_availability: Moment | None = None
    storage_size_mib: int | None = None


class Backup(_Message, frozen=True):
    """A backup; ``incremental`` is sent for MySQL only."""

    created_at: Moment
    size_gigabytes: float
    incremental: bool = False


class Backups(_Message, frozen=True):
    """The finished backups of a cluster."""

    backups: list[Backup]


class Pool(_Message, frozen=True):
    """A connection pool in front of PostgreSQL."""

    name: str = ""
    mode: str = ""
    size: int = 0
    db: str = ""


class Replica(_Message, frozen=True):
    """A read-only copy with an address of its own; ``status`` has the words of a cluster's."""

    name: str
    status: str = ""


@client(parts=("databases",))
def managed_databases(digitalocean: DigitalOceanApi) -> ManagedDatabases:
    """The database clusters of the account, read-only."""
    return ManagedDatabases(digitalocean)


@dataclass(frozen=True)
class ManagedDatabases:
    """What the suite reads of database clusters. Every method raises what ``DigitalOceanApi.read`` does."""

    api: DigitalOceanApi

    def of_app(self) -> list[Database]:
        """Databases named in the app spec."""
        return self.api.app().spec.databases

    def clusters(self) -> list[Cluster]:
        """Every database cluster of the account; this listing has neither pages nor a count."""
        what = "the database clusters"
        body = self.api.read(what, _SCOPE, lambda api: api.databases.list_clusters())
        return self.api.parse(list[Cluster], self.api.inside(body, "databases", what), what)

    def cluster(self, cluster_id: str) -> Cluster:
        """One cluster."""
        what = f"the database cluster {cluster_id}"
        body = self.api.read(what, _SCOPE, lambda api: api.databases.get_cluster(cluster_id))
        return self.api.parse(Cluster, self.api.inside(body, "database", what), what)

    def backups(self, cluster: Cluster) -> Backups:
        """Backups of a cluster."""
        what = f"the backups of {cluster.name}"
        body = self.api.read(what, _SCOPE, lambda api: api.databases.list_backups(cluster.id))
        self.api.inside(body, "backups", what)
        return self.api.parse(Backups, body, what)

    def pools(self, cluster: Cluster) -> list[Pool]:
        """Connection pools of a cluster; PostgreSQL only."""
        what = f"the connection pools of {cluster.name}"
        body = self.api.read(what, _SCOPE, lambda api: api.databases.list_connection_pools(cluster.id))
        return self.api.parse(list[Pool], self.api.inside(body, "pools", what), what)

    def replicas(self, cluster: Cluster) -> list[Replica]:
        """Read-only copies of a cluster, without its standby nodes."""
        what = f"the read-only replicas of {cluster.name}"
        body = self.api.read(what, _SCOPE, lambda api: api.databases.list_replicas(cluster.id))
        return self.api.parse(list[Replica], self.api.inside(body, "replicas", what), what)

    def metric(self, cluster: Cluster, metric: Metric, start: datetime, end: datetime) -> list[Series]:
        """Samples of each node, in percent or connections; MySQL only; the maximum of each step."""
        what = f"the metric {metric} of {cluster.name}"
        window = {"start": str(int(start.timestamp())), "end": str(int(end.timestamp()))}
        aggregate = {} if metric == "threads_connected" else {"aggregate": "max"}

        def ask(api: Any) -> Any:
            operation = getattr(api.monitoring, f"get_database_mysql_{metric}")
            return operation(db_id=cluster.id, **window, **aggregate)

        matrix = self.api.parse(Matrix, self.api.read(what, "monitoring:read", ask), what)
        found = matrix.data.result if matrix.status == "success" and matrix.data else []
        return [
            Series(component=cluster.name, instance=one.metric.get("host_id", str(number)), samples=one.samples)
            for number, one in enumerate(found)
        ]
