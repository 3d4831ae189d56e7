"""Managed databases as reported by DigitalOcean's API: healthy, failing and unknown."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from playbook.clients.digitalocean_transport import _HOLDS_PASSWORDS, NotJson, _Response
from playbook.clients.managed_databases import ManagedDatabases
from playbook.core.clock import FixedClock
from playbook.core.coverage import Coverage, whole
from playbook.core.engine import Outcome
from playbook.core.errors import Denied, Malformed, NotConfigured, Unmeasured, UsageError
from playbook.core.limits import Reading
from playbook.core.verdict import Verdict
from playbook.measure.databases.database_backups import database_backups
from playbook.measure.databases.database_upkeep import database_upkeep
from playbook.measure.databases.databases import databases
from playbook.measure.security.firewall import CloudFirewalls, TrustedSources, database_sources
from playbook.measure.statements import Statement
from playbook.settings.loading import load
from tests.canned import NOW, Canned
from tests.judged import check, judged

ID = "9cc10173-e9ea-4176-9dbc-a4cee4c4ff30"
PASSWORD = "wv78n3zpz42xezdk"
OPENING = {
    "uri": f"postgres://doadmin:{PASSWORD}@backend-do-user-19081923-0.db.ondigitalocean.com:25060/defaultdb",
    "database": "",
    "host": "backend-do-user-19081923-0.db.ondigitalocean.com",
    "port": 25060,
    "user": "doadmin",
    "password": PASSWORD,
    "ssl": True,
}
REDIS = TrustedSources((("app", "1f2e"),), ())
FIREWALL = check("test_firewall", "test_nothing_is_open_to_everybody")
HEALTHY = check("test_databases", "test_managed_databases_are_healthy")
UPKEEP = check("test_databases", "test_managed_databases_are_maintained")


def stamp(**ago):
    """A time before now, in the API's format."""
    return f"{NOW - timedelta(**ago):%Y-%m-%dT%H:%M:%SZ}"


def cluster(**more):
    """A database cluster as the API returns it, including its credentials."""
    return {
        "id": ID,
        "name": "backend",
        "engine": "pg",
        "version": "14",
        "semantic_version": "14.5",
        "connection": OPENING,
        "private_connection": OPENING,
        "standby_connection": OPENING,
        "users": [{"name": "doadmin", "role": "primary", "password": PASSWORD}],
        "db_names": ["defaultdb"],
        "num_nodes": 2,
        "region": "nyc3",
        "status": "online",
        "created_at": "2019-01-11T18:37:36Z",
        "maintenance_window": {"day": "saturday", "hour": "08:45:12", "pending": False, "description": []},
        "size": "db-s-2vcpu-4gb",
        "tags": ["production"],
        "version_end_of_life": stamp(days=-400),
        "version_end_of_availability": stamp(days=-200),
        "storage_size_mib": 61440,
        **more,
    }


def backups(*hours, **more):
    """Backups of that many hours ago; the API lists the oldest first."""
    kept = [{"created_at": stamp(hours=h), "size_gigabytes": 0.0336} for h in sorted(hours, reverse=True)]
    return {"backups": kept, "scheduled_backup_time": {"backup_hour": 20, "backup_minute": 40}, **more}


def matrix(level=40.0, *, step=120, hours=24.0, status="success"):
    """A metric of the last hours, oldest first, with values as strings."""
    end = int(NOW.timestamp())
    values = [[at, str(level)] for at in range(end - int(hours * 3600), end + 1, step)]
    result = [{"metric": {"host_id": "19201920"}, "values": values}] if values else []
    return {"status": status, "data": {"resultType": "matrix", "result": result}}


def canned(told=None, *, of_backups=None, pools=(), replicas=(), spec=(), **metrics):
    """An API with one cluster; a response may be (status, body). ``spec``: the databases of the app's spec."""
    told = cluster() if told is None else told
    answers = {
        f"/{ID}/backups": backups(4, 28) if of_backups is None else of_backups,
        f"/{ID}/pools": {"pools": None if pools is None else list(pools)},
        f"/{ID}/replicas": replicas if isinstance(replicas, dict) else {"replicas": list(replicas)},
        f"/{ID}": {"database": told} if isinstance(told, dict) else told,
        "/v2/databases": {"databases": [told] if isinstance(told, dict) else told},
    }
    for metric in ("disk_usage", "threads_connected", "cpu_usage", "memory_usage"):
        answers[f"/mysql/{metric}"] = metrics.get(metric, matrix())
    api = Canned(answers={path: one if isinstance(one, tuple) else (200, one) for path, one in answers.items()})
    api.edits[f"/apps/{api.state.app_id}"] = lambda body: body["app"]["spec"].update(databases=list(spec))
    return api


def settings_of(*named):
    """Settings of the sandbox with these databases."""
    overlay = {"targets": {"sandbox": {"digitalocean": {"databases": list(named)}}}}
    return load("sandbox", environment={}, overlay=overlay)


BY_ID = ({"id": ID, "engine": "pg"},)
MYSQL = ({"id": ID, "engine": "mysql", "most_connections": 75},)


def read(api, named=BY_ID):
    """The measurement."""
    return databases(ManagedDatabases(api.api), settings_of(*named), FixedClock(NOW))


def said(api, named=BY_ID):
    """Verdict and message of the daily check."""
    return judged(HEALTHY, databases=read(api, named))


def kept_up(**more):
    """Verdict and message of the weekly check for a cluster."""
    api = canned(cluster(**more))
    upkeep = database_upkeep(ManagedDatabases(api.api), settings_of(*BY_ID), FixedClock(NOW))
    return judged(UPKEEP, database_upkeep=upkeep)


def test_healthy_database_is_ok():
    """What the API does not report for PostgreSQL is noted, and storage is not judged."""
    assert read(canned(pools=None)).coverage.enough  # as the API sends an empty list
    measured = read(canned(pools=[{"name": "web", "mode": "transaction", "size": 10, "db": "shop"}]))
    assert judged(HEALTHY, databases=measured)[0] is Verdict.OK
    assert not [*measured.storage, *measured.connections, *measured.cpu, *measured.memory]
    assert measured.coverage.words == "1 database · backend: storage and connections not reported by the API"
    assert "web" in repr(measured.evidence())


def test_null_of_the_api_is_an_empty_list():
    """It sends null for a list without members, as for the description of a maintenance window."""
    window = {"day": "tuesday", "hour": "14:00:00", "pending": False, "description": None}
    api = canned(cluster(maintenance_window=window), pools=None, replicas={"replicas": None})
    assert said(api)[0] is Verdict.OK
    assert kept_up(maintenance_window=window)[0] is Verdict.OK


def test_node_that_is_busy_for_long_is_not_hidden_by_one_busy_for_a_moment():
    """A standby node at 100 % in one sample, beside a primary that stays at 97 %."""
    told = cluster(engine="mysql", version="8")
    primary, standby = matrix(97.0), matrix(12.0)
    standby["data"]["result"][0]["metric"]["host_id"] = "19201921"
    standby["data"]["result"][0]["values"][300][1] = "100"
    primary["data"]["result"] += standby["data"]["result"]
    for metric in ("cpu_usage", "memory_usage"):
        assert said(canned(told, **{metric: primary}), MYSQL)[0] is Verdict.CRITICAL


@pytest.mark.parametrize(
    ("replicas", "verdict"),
    [
        ([], Verdict.OK),
        ({"replicas": None}, Verdict.OK),
        ([{"name": "reports", "status": "online"}], Verdict.OK),
        ([{"name": "a", "status": "online"}, {"name": "b", "status": "offline"}], Verdict.CRITICAL),
        ([{"name": "reports", "status": "forking"}], Verdict.CRITICAL),
        ([{"name": "reports", "status": "resizing"}], Verdict.WARNING),
        ([{"name": "reports", "status": "rebuilding"}], Verdict.UNKNOWN),
        ([{"name": "reports"}], Verdict.UNKNOWN),
        ([{"status": "online"}], Verdict.UNKNOWN),
        ({"message": "not found"}, Verdict.UNKNOWN),
        ({}, Verdict.UNKNOWN),
    ],
)
@pytest.mark.parametrize("engine", ["pg", "mysql"])
def test_replica_has_the_states_of_a_database(replicas, verdict, engine):
    """As applications read from it; its password is not read."""
    told = [{**one, "connection": OPENING} for one in replicas] if isinstance(replicas, list) else replicas
    found = read(canned(cluster(engine=engine), replicas=told), ({"id": ID, "engine": engine},))
    assert judged(HEALTHY, databases=found)[0] is verdict
    assert PASSWORD not in repr(found)


def test_mysql_is_judged_by_its_metrics_too():
    """Storage, connections, CPU and memory; the maximum number of connections is a setting."""
    told = cluster(engine="mysql", version="8")
    assert said(canned(told), MYSQL)[0] is Verdict.OK
    full = canned(told, disk_usage=matrix(93.0))
    assert said(full, MYSQL) == (
        Verdict.CRITICAL,
        "Storage of backend: expected at most 80 %, got 93 % over 24 h (critical > 90 %)",
    )
    crowded = canned(told, threads_connected=matrix(70))
    assert said(crowded, MYSQL) == (
        Verdict.WARNING,
        "Connections of backend: expected at most 80 %, got 93.333 % (70 of 75 at most in 24 h)",
    )
    assert said(canned(told, cpu_usage=matrix(95.0)), MYSQL)[0] is Verdict.CRITICAL
    assert said(canned(told, memory_usage=matrix(95.0)), MYSQL)[0] is Verdict.CRITICAL
    assert not read(crowded, ({"id": ID},)).connections


@pytest.mark.parametrize(
    "told",
    [
        matrix(hours=-1),
        matrix(hours=6),
        matrix(status="error"),
        {"status": "success"},
        {"status": "success", "data": {"resultType": "matrix", "result": []}},
        (403, {"id": "forbidden", "message": "You are not authorized to perform this operation"}),
        (404, {"id": "not_found", "message": "The resource you requested could not be found."}),
    ],
)
@pytest.mark.parametrize("metric", ["disk_usage", "threads_connected", "cpu_usage", "memory_usage"])
def test_missing_metric_is_unknown(metric, told):
    """Without any samples, for part of the day, or refused."""
    api = canned(cluster(engine="mysql"), **{metric: told})
    assert said(api, MYSQL)[0] is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("online", Verdict.OK),
        ("creating", Verdict.CRITICAL),
        ("resizing", Verdict.WARNING),
        ("migrating", Verdict.WARNING),
        ("forking", Verdict.CRITICAL),
        ("offline", Verdict.CRITICAL),
        ("degraded", Verdict.CRITICAL),
        ("poweroff", Verdict.CRITICAL),
        ("ONLINE", Verdict.UNKNOWN),
        ("online ", Verdict.UNKNOWN),
        ("rebuilding", Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
    ],
)
def test_only_online_is_healthy(status, verdict):
    """An unknown state is neither healthy nor failing."""
    assert said(canned(cluster(status=status)))[0] is verdict


@pytest.mark.parametrize(("status", "verdict"), [("online", Verdict.OK), ("offline", Verdict.CRITICAL)])
@pytest.mark.parametrize("named", [(), ({"id": ID},)])
def test_redis_that_has_a_setting_of_its_own_is_a_database_too(status, verdict, named):
    """Once, also where it is among the databases as well."""
    api = canned(cluster(engine="valkey", status=status))
    own = {"redis_cluster_id": ID, "databases": list(named)}
    settings = load(
        "sandbox", environment={}, overlay={"targets": {"sandbox": {"kind": "sandbox", "digitalocean": own}}}
    )
    found = databases(ManagedDatabases(api.api), settings, FixedClock(NOW))
    assert len(found.found) == 1
    assert judged(HEALTHY, databases=found)[0] is verdict


def sized(*gigabytes, incremental=False):
    """Backups of these sizes, the oldest first."""
    return {
        "backups": [
            {
                "created_at": stamp(hours=4 + 24 * number),
                "size_gigabytes": size,
                "incremental": incremental and number < 2,
            }
            for number, size in reversed(list(enumerate(reversed(gigabytes))))
        ]
    }


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (sized(0.0336, 0.0337, 0.0338), Verdict.OK),
        (sized(0.0336, 0.0337, 0.0200), Verdict.WARNING),
        (sized(0.0336, 0.0337, 0.0338, 0.00001), Verdict.CRITICAL),
        (sized(0.0336, 0.00001), Verdict.OK),  # of one backup nobody knows what is usual
        (sized(9.0, 0.0337, 0.0338, 0.0338), Verdict.OK),
        (sized(0.0336, 0.0336, 0.0337, 0.0001, 0.0001, incremental=True), Verdict.OK),
    ],
)
def test_newest_backup_is_about_as_large_as_before(told, verdict):
    """A backup of an emptied database is made in time; an incremental one may be small."""
    found, message = said(canned(of_backups=told))
    assert found is verdict, message
    assert verdict is Verdict.OK or "Size of the newest backup of" in message


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (backups(4), Verdict.OK),
        (backups(25.9), Verdict.OK),
        (backups(26.5), Verdict.WARNING),
        (backups(76, 100), Verdict.CRITICAL),
        (backups(), Verdict.CRITICAL),
        (backups(-48), Verdict.CRITICAL),
        ({"backups": [{"created_at": stamp(hours=4), "size_gigabytes": 0.0}]}, Verdict.CRITICAL),
        ({"backups": [{"created_at": stamp(hours=4), "size_gigabytes": 0, "incremental": True}]}, Verdict.OK),
        (backups(4, backup_progress="36"), Verdict.OK),
        ({"backups": [{"created_at": "yesterday", "size_gigabytes": 1}]}, Verdict.UNKNOWN),
        ({"backups": [{"created_at": stamp(hours=4)}]}, Verdict.UNKNOWN),
        ({"backups": None}, Verdict.UNKNOWN),
        ({}, Verdict.UNKNOWN),
        ((500, {"id": "server_error", "message": "Unexpected server-side error"}), Verdict.UNKNOWN),
    ],
)
def test_newest_backup_must_be_from_the_last_day(told, verdict):
    """An empty one or one from the future does not count; an unreadable one is unknown."""
    assert said(canned(of_backups=told))[0] is verdict


def test_first_backup_of_a_new_database_is_unknown_for_a_day():
    """It is not missing yet."""
    assert said(canned(cluster(created_at=stamp(hours=5)), of_backups=backups()))[0] is Verdict.UNKNOWN


def test_failing_state_counts_although_the_rest_cannot_be_read():
    """Bad evidence counts even when partial."""
    api = canned(cluster(status="offline"), of_backups=(500, {"id": "server_error", "message": "no"}))
    assert said(api)[0] is Verdict.CRITICAL


def test_no_password_is_in_the_measurement_or_its_messages():
    """The types have no field for one; a truncated response is not quoted."""
    opening = {"name": "web", "mode": "session", "size": 5, "db": "shop", "connection": OPENING}
    measured = read(canned(pools=[opening]))
    upkeep = database_upkeep(ManagedDatabases(canned().api), settings_of(*BY_ID), FixedClock(NOW))
    for shown in (measured, measured.evidence(), upkeep, upkeep.evidence()):
        assert PASSWORD not in repr(shown)
    with pytest.raises(Malformed) as odd:
        read(canned([{**cluster(), "status": {"connection": OPENING}}]), ({"name": "backend"},))
    assert PASSWORD not in str(odd.value)
    torn = json.dumps({"connection": OPENING, "id": ID})[:-1]
    assert _HOLDS_PASSWORDS.match(f"/v2/databases/{ID}")
    with pytest.raises(NotJson) as cut:
        _Response(200, {}, torn.encode(), may_be_quoted=False).json()
    assert str(cut.value) == f"{len(torn)} bytes that are not JSON"


def test_databases_of_the_app_spec_are_used_where_none_is_named():
    """By the name of their cluster; development databases are listed as left out."""
    spec = [
        {"name": "db", "engine": "PG", "production": True, "cluster_name": "backend"},
        {"name": "try", "engine": "PG", "version": "12"},
    ]
    api = canned(spec=spec)
    measured = read(api, ())
    assert [one.name for one in measured.found] == ["backend"]
    assert measured.left_out == ("try, as the API reports nothing for a development database",)
    api.answers["/v2/databases"] = (200, {"databases": None})
    with pytest.raises(Unmeasured, match="expected one database cluster called backend, got none"):
        read(api, ())
    spec[0]["cluster_name"] = "another"
    with pytest.raises(Unmeasured, match="expected one database cluster called another, got none"):
        read(canned(spec=spec), ())
    del spec[0]["cluster_name"]
    with pytest.raises(Unmeasured, match="expected one database cluster called db, got none"):
        read(canned(spec=spec), ())
    with pytest.raises(NotConfigured, match="the app's spec names none; its spec has try, as the API") as no:
        read(canned(spec=spec[1:]), ())
    assert "[[targets.sandbox.digitalocean.databases]]" in no.value.add


@pytest.mark.parametrize("named", [BY_ID, ({"name": "backend"},)])
def test_databases_of_the_app_spec_are_read_beside_the_named_ones(named):
    """Settings add to the app's spec; no database is read twice, and no unread one counts as good."""
    own = {"name": "db", "engine": "PG", "production": True, "cluster_name": "backend"}
    further = {"name": "orders", "engine": "MYSQL", "production": True, "cluster_name": "orders"}
    api = canned(spec=[own])
    assert [one.name for one in read(api, named).found] == ["backend"]
    assert sum(path.endswith("/backups") for path in api.asked) == 1
    verdict, message = said(canned(spec=[own, further]), named)
    assert verdict is Verdict.UNKNOWN
    assert "expected one database cluster called orders, got none" in message
    api = canned(spec=[own, further])
    api.answers["/v2/databases"] = (
        200,
        {"databases": [cluster(), cluster(id="77", name="orders", status="offline")]},
    )
    api.answers = {"/77/backups": (200, backups(4, 28)), "/77/replicas": (200, {"replicas": []}), **api.answers}
    verdict, message = said(api, named)
    assert (verdict, "State of the database orders" in message) == (Verdict.CRITICAL, True)


def test_unreadable_app_spec_leaves_the_named_databases_known():
    """Whether there are others is not known."""
    api = canned()
    api.edits.clear()
    api.answers[f"/apps/{api.state.app_id}"] = (403, {"id": "forbidden", "message": "no"})
    verdict, message = said(api)
    assert (verdict, "the databases of the app's spec" in message) == (Verdict.UNKNOWN, True)
    api.answers[f"/{ID}"] = (200, {"database": cluster(status="offline")})
    assert said(api)[0] is Verdict.CRITICAL


@pytest.mark.parametrize("engine", ["redis", "valkey", "mongodb", "kafka", "opensearch"])
@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("online", Verdict.OK),
        ("migrating", Verdict.WARNING),
        ("offline", Verdict.CRITICAL),
        ("hibernating", Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),
    ],
)
def test_other_engine_is_judged_by_its_state_alone(engine, status, verdict):
    """The API has no backups or metrics of it; its state, window, updates and version it has."""
    told = cluster(engine=engine, status=status)
    spec = [{"name": "d", "engine": engine.upper(), "production": True, "cluster_name": "backend"}]
    api = canned(told, of_backups=(412, {"id": "precondition_failed", "message": "not supported"}), spec=spec)
    got, message = said(api, ())
    assert got is verdict, message
    assert not any(path.endswith("/backups") for path in api.asked)
    if verdict is Verdict.OK:
        assert "backend: storage, connections and backups not reported by the API" in read(api, ()).coverage.words


def test_database_other_than_the_configured_one_is_unknown():
    """Another engine, or none with that id or name."""
    with pytest.raises(Unmeasured, match="expected the database backend to be pg, got mysql"):
        read(canned(cluster(engine="mysql")))
    with pytest.raises(Malformed, match="404"):
        read(canned((404, {"id": "not_found", "message": "The resource you requested could not be found."})))
    with pytest.raises(Denied, match="403"):
        read(canned((403, {"id": "forbidden", "message": "You are not authorized"})))
    verdict, message = said(canned(cluster(engine="cassandra")), ({"id": ID},))
    assert (verdict, "expected a known engine of backend, got cassandra" in message) == (
        Verdict.UNKNOWN,
        True,
    )


def test_unreadable_database_leaves_the_others_known():
    """The result is UNKNOWN unless one of the others fails."""
    named = (*BY_ID, {"name": "gone"})
    measured = read(canned(), named)
    assert [one.name for one in measured.found] == ["backend"]
    assert judged(HEALTHY, databases=measured)[0] is Verdict.UNKNOWN
    assert said(canned(cluster(status="offline")), named)[0] is Verdict.CRITICAL


def test_database_without_id_and_name_is_a_usage_error():
    """The message says what is missing."""
    with pytest.raises(UsageError, match="the id or the name of a database cluster"):
        settings_of({"engine": "pg"})
    with pytest.raises(UsageError, match='expected "pg", "mysql"'):
        settings_of({"id": ID, "engine": "postgres"})


@pytest.mark.parametrize(
    ("more", "verdict", "words"),
    [
        ({}, Verdict.OK, ""),
        (
            {"maintenance_window": {"day": "tuesday", "hour": "14:00", "pending": True}},
            Verdict.WARNING,
            "some due on Tuesday 14:00 UTC",
        ),
        (
            {
                "maintenance_window": {
                    "day": "saturday",
                    "hour": "08:45:12",
                    "pending": True,
                    "description": ["Update TimescaleDB to version 1.2.1", "Upgrade to PostgreSQL 11.2"],
                }
            },
            Verdict.WARNING,
            "2 due on Saturday 08:45:12 UTC: Update TimescaleDB to version 1.2.1; Upgrade to PostgreSQL 11.2",
        ),
        (
            {"maintenance_window": {"day": "saturday", "hour": "08:45", "pending": False, "description": ["x"]}},
            Verdict.WARNING,
            "1 due",
        ),
        ({"maintenance_window": {"day": "saturday", "hour": "08:45"}}, Verdict.UNKNOWN, "no statement about it"),
        (
            {"maintenance_window": {"day": "someday", "hour": "08:45", "pending": False}},
            Verdict.UNKNOWN,
            "someday",
        ),
        ({"maintenance_window": {"day": "sunday", "hour": "25:00", "pending": False}}, Verdict.UNKNOWN, "25:00"),
        ({"maintenance_window": None}, Verdict.UNKNOWN, "expected a day and an hour, got none"),
        ({"version_end_of_life": stamp(days=-80)}, Verdict.WARNING, "got 80 days (PostgreSQL 14.5"),
        ({"version_end_of_life": "2023-11-09T00:00:00Z"}, Verdict.CRITICAL, "2023-11-09"),
        ({"version_end_of_life": None}, Verdict.OK, ""),
        ({"version_end_of_life": "0001-01-01T00:00:00Z"}, Verdict.OK, ""),
    ],
)
def test_upkeep_verdicts(more, verdict, words):
    """Maintenance windows, due updates, and the end of a version where it is reported."""
    found, message = kept_up(**more)
    assert found is verdict, message
    assert words in message


def rules(*sources):
    return {
        "rules": [{"uuid": "79f2", "cluster_uuid": ID, "type": kind, "value": value} for kind, value in sources]
    }


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (rules(("app", "1f2e"), ("tag", "jobs")), Verdict.OK, ""),
        (
            rules(),
            Verdict.CRITICAL,
            "Trusted sources of backend: expected a list of who may connect, got an empty",
        ),
        ({"rules": None}, Verdict.UNKNOWN, "an answer without 'rules'"),
        (rules(("ip_addr", "0.0.0.0/1"), ("ip_addr", "128.0.0.0/1")), Verdict.CRITICAL, "the whole internet"),
        (rules(("ip_addr", "10.0.0.0/8")), Verdict.WARNING, "got 10.0.0.0/8"),
        (rules(("vpc", "0b1e")), Verdict.UNKNOWN, "'vpc 0b1e'"),
        (
            (403, {"id": "forbidden", "message": "no"}),
            Verdict.UNKNOWN,
            "the trusted sources of the database backend",
        ),
    ],
)
def test_database_is_open_to_trusted_sources_only(answer, verdict, words):
    """As Redis is."""
    api = canned()
    api.answers = {f"/{ID}/firewall": answer if isinstance(answer, tuple) else (200, answer), **api.answers}
    found = database_sources(ManagedDatabases(api.api), settings_of(*BY_ID), FixedClock(NOW))
    walls = CloudFirewalls((), (), whole("0 firewalls"))
    said = judged(FIREWALL, database_sources=found, cloud_firewalls=walls, trusted_sources=REDIS)
    assert said[0] is verdict, said
    assert words in said[1]


def test_product_without_databases_has_no_sources():
    """Its spec names none."""
    api = Canned()
    api.state.databases = []
    assert database_sources(ManagedDatabases(api.api), settings_of(), FixedClock(NOW)).clusters == ()


BEFORE_MAINTENANCE = check("test_maintenance", "test_backup_is_recent_and_verified")
ARCHIVES = {
    "backups": SimpleNamespace(
        coverage=whole("5 archives"),
        presence=Statement("Backups", True, "an archive", "5 archives and 0 other files"),
        age=Reading(5.0),
        completeness=Statement("Newest backup", True, "a.tar.gz to be complete", "complete"),
        size=Reading(100.0),
    ),
    "backup_verification": SimpleNamespace(
        coverage=whole("1 archive"),
        newest_problems=(),
        newest_words="all",
        newest_read=Coverage(),
        files=Reading(100.0),
        stale="",
    ),
}


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (canned(), Verdict.OK),
        (canned(of_backups=backups(80, 104)), Verdict.CRITICAL),
        (canned(of_backups=backups()), Verdict.CRITICAL),
        (canned(of_backups=(503, {})), Verdict.UNKNOWN),
        (canned(cluster(engine="valkey")), Verdict.OK),  # of which no backups are told
        (canned(cluster(status="migrating")), Verdict.OK),  # which is not about backups
        (NotConfigured("no", setting="x", add="x"), Verdict.OK),
        (Denied("DigitalOcean API: expected databases, got HTTP 403", service="API"), Verdict.UNKNOWN),
    ],
)
def test_maintenance_begins_with_backups_of_managed_databases(found, verdict):
    """Of those that the target has, as far as the API tells."""
    is_error = isinstance(found, Exception)
    value = None if is_error else read(found, ({"id": ID},))
    backed_up = database_backups(Outcome("databases", value, found if is_error else None, 0.0))
    assert judged(BEFORE_MAINTENANCE, **ARCHIVES, database_backups=backed_up)[0] == verdict
    assert backed_up.evidence() or isinstance(found, NotConfigured)
