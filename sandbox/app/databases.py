"""Database clusters: the cache, and PostgreSQL and MySQL with their backups, pools and metrics.

Answers contain everything that real ones do, including passwords: code that shows an answer would show them.
"""

from __future__ import annotations

from datetime import timedelta
from math import sin, tau

from sandbox.app.answers import ApiError, Call, Json, get, not_found, stamp
from sandbox.world.app import Database
from sandbox.world.app_history import commit_hash, identifier

_STEP = 120  # seconds
_SCHEMES = {"pg": "postgresql", "mysql": "mysql"}
_PORT = 25060


@get("/v2/databases", "database:read")
def list_clusters(call: Call) -> Json:
    cache = [_cluster(call)] if call.state.product.has("redis") else []
    return {"databases": [*cache, *(_database(call, one) for one in call.state.databases)] or None}


@get("/v2/databases/{cluster_id}", "database:read")
def get_cluster(call: Call) -> Json:
    if call.path["cluster_id"] == call.state.cluster.id:
        return {"database": _cluster(call)}
    return {"database": _database(call, _wanted(call))}


@get("/v2/databases/{cluster_id}/firewall", "database:read")
def list_firewall_rules(call: Call) -> Json:
    state = call.state
    trusted = state.cluster.trusted
    if call.path["cluster_id"] != state.cluster.id:
        others = _wanted(call).trusted
        trusted = [] if others is None else [("app", state.app_id), *others]
    return {
        "rules": [
            {
                "uuid": identifier(f"rule {kind} {value}"),
                "cluster_uuid": call.path["cluster_id"],
                "type": kind,
                "value": value,
                "created_at": stamp(state.created_at),
            }
            for kind, value in trusted
        ]
    }


@get("/v2/databases/{cluster_id}/eviction_policy", "database:read")
def get_eviction_policy(call: Call) -> Json:
    _known(call)
    return {"eviction_policy": call.state.cluster.eviction_policy}


@get("/v2/databases/{cluster_id}/backups", "database:read")
def list_backups(call: Call) -> Json:
    if call.path["cluster_id"] == call.state.cluster.id:
        raise ApiError(412, "precondition_failed", "backups are not supported for Caching or Valkey clusters")
    database = _wanted(call)
    backups = [
        {
            "created_at": stamp(call.now - timedelta(hours=hours)),
            "size_gigabytes": gigabytes,
            **({"incremental": number % 7 != 6} if database.engine == "mysql" else {}),
        }
        for number, (hours, gigabytes) in enumerate(database.backups)
    ]
    at = call.now - timedelta(hours=4)
    schedule = {"backup_hour": at.hour, "backup_minute": at.minute, "backup_interval_hours": 24}
    return {"backups": list(reversed(backups)), "scheduled_backup_time": schedule}


@get("/v2/databases/{cluster_id}/pools", "database:read")
def list_pools(call: Call) -> Json:
    database = _wanted(call)
    opening = _connection(database, database.name, "defaultdb")
    pool = {"name": "web", "mode": "transaction", "size": 10, "db": "defaultdb", "user": "doadmin"}
    return {"pools": [{**pool, "connection": opening, "private_connection": opening}]}


@get("/v2/databases/{cluster_id}/replicas", "database:read")
def list_replicas(call: Call) -> Json:
    database = _wanted(call)
    return {
        "replicas": [
            {
                "id": identifier(f"replica {name}"),
                "name": name,
                "connection": _connection(database, name, "defaultdb"),
                "private_connection": _connection(database, f"private-{name}", "defaultdb"),
                "region": "fra1",
                "status": status,
                "created_at": stamp(call.state.created_at),
                "size": database.size,
                "tags": ["production"],
                "storage_size_mib": database.storage_gib * 1024,
            }
            for name, status in database.replicas
        ]
    }


@get("/v2/monitoring/metrics/database/mysql/disk_usage", "monitoring:read")
def disk_usage(call: Call) -> Json:
    return _metric(call, "storage")


@get("/v2/monitoring/metrics/database/mysql/threads_connected", "monitoring:read")
def threads_connected(call: Call) -> Json:
    return _metric(call, "connections")


@get("/v2/monitoring/metrics/database/mysql/cpu_usage", "monitoring:read")
def cpu_usage(call: Call) -> Json:
    return _metric(call, "cpu")


@get("/v2/monitoring/metrics/database/mysql/memory_usage", "monitoring:read")
def memory_usage(call: Call) -> Json:
    return _metric(call, "memory")


def _known(call: Call) -> None:
    if call.path["cluster_id"] != call.state.cluster.id:
        raise not_found()


def _wanted(call: Call) -> Database:
    for database in call.state.databases:
        if database.id == call.path["cluster_id"]:
            return database
    raise not_found()


def _metric(call: Call, name: str) -> Json:
    """Samples every two minutes, which vary by a few percent over the day."""
    wanted = call.query.get("db_id")
    database = next((one for one in call.state.databases if one.id == wanted and one.engine == "mysql"), None)
    if database is None:
        raise not_found()
    start, end = call.whole("start", 0), call.whole("end", 0)
    level = getattr(database, name)
    values = [[at, f"{level * (1 + 0.04 * sin(tau * at / 86_400)):.4f}"] for at in range(start, end + 1, _STEP)]
    result = [{"metric": {"host_id": identifier(f"node of {database.name}")}, "values": values}]
    gone = call.state.metrics_missing
    return {"status": "success", "data": {"resultType": "matrix", "result": [] if gone else result}}


def _connection(database: Database, name: str, default: str) -> Json:
    host, password = f"{name}.db.example", f"AVNS_{commit_hash(name)[:19]}"
    scheme, port = _SCHEMES[database.engine], _PORT
    return {
        "uri": f"{scheme}://doadmin:{password}@{host}:{port}/{default}?sslmode=require",
        "database": default,
        "host": host,
        "port": port,
        "user": "doadmin",
        "password": password,
        "ssl": True,
    }


def _database(call: Call, database: Database) -> Json:
    window = None
    if database.window:
        day, hour = database.window
        window = {"day": day, "hour": hour, "pending": bool(database.updates), "description": database.updates}
    return {
        "id": database.id,
        "name": database.name,
        "engine": database.engine,
        "version": database.version,
        "semantic_version": database.semantic_version,
        "connection": _connection(database, database.name, "defaultdb"),
        "private_connection": _connection(database, f"private-{database.name}", "defaultdb"),
        "users": [{"name": "doadmin", "role": "primary", "password": f"AVNS_{commit_hash(database.name)[:19]}"}],
        "db_names": ["defaultdb"],
        "num_nodes": database.nodes,
        "region": "fra1",
        "status": database.status,
        "created_at": stamp(call.state.created_at),
        "maintenance_window": window,
        "size": database.size,
        "tags": ["production"],
        "private_network_uuid": identifier("vpc"),
        "version_end_of_life": stamp(call.now + timedelta(days=database.days_to_end_of_life)),
        "version_end_of_availability": stamp(call.now + timedelta(days=database.days_to_end_of_life - 180)),
        "storage_size_mib": database.storage_gib * 1024,
    }


def _cluster(call: Call) -> Json:
    cluster = call.state.cluster
    host, password = f"{cluster.name}.db.example", commit_hash("valkey")[:16]
    connection = {
        "uri": f"rediss://default:{password}@{host}:25061",
        "database": "",
        "host": host,
        "port": 25061,
        "user": "default",
        "password": password,
        "ssl": True,
    }
    private = {**connection, "host": f"private-{host}", "uri": f"rediss://default:{password}@private-{host}:25061"}
    return {
        "id": cluster.id,
        "name": cluster.name,
        "engine": "valkey",
        "version": cluster.version,
        "semantic_version": f"{cluster.version}.0.1",
        "connection": connection,
        "private_connection": private,
        "num_nodes": cluster.nodes,
        "region": "fra1",
        "status": cluster.status,
        "created_at": stamp(cluster.created_at),
        "maintenance_window": {"day": "sunday", "hour": "03:00:00", "pending": False, "description": []},
        "size": cluster.size,
        "tags": ["production"],
        "private_network_uuid": identifier("vpc"),
        "version_end_of_life": stamp(cluster.created_at + timedelta(days=1400)),
        "version_end_of_availability": stamp(cluster.created_at + timedelta(days=1200)),
        "storage_size_mib": 0,
    }
