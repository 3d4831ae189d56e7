"""Health reports with a pool of which nothing is left, and with components of which they state nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbook.measure.web.health import read_report
from tests.foreign.test_health import CRITICAL, OK, UNKNOWN, WARNING, verdict

DATA = Path(__file__).with_name("data")

# As HikariCP, DBCP, Go's sql.DBStats, SQLAlchemy, psycopg, ActiveRecord, node-postgres, tarn, generic-pool,
# deadpool, Puma, Redis and MySQL name them.
TAKEN = {
    '{"status":"ok","db_pool":{"size":10,"in_use":10,"waiting":7}}': WARNING,
    '{"status":"ok","pool":{"totalCount":20,"idleCount":0,"waitingCount":14}}': WARNING,
    '{"status":"ok","postgres":{"pool":{"total":10,"idle":0,"waiting":14}}}': WARNING,
    '{"status":"ok","hikari":{"active":10,"idle":0,"total":10,"pending":6}}': WARNING,
    """{"status":"ok","database":{"activeConnections":10,"idleConnections":0,"totalConnections":10,
    "threadsAwaitingConnection":6}}""": WARNING,
    """{"status":"ok","db":{"MaxOpenConnections":25,"OpenConnections":25,"InUse":25,"Idle":0,"WaitCount":8123,
    "MaxIdleClosed":0}}""": WARNING,
    '{"status":"ok","db":{"max_open_connections":25,"open_connections":25,"in_use":25,"idle":0}}': WARNING,
    '{"status":"ok","pool":{"size":5,"connections":5,"busy":5,"dead":0,"idle":0,"waiting":3}}': WARNING,
    '{"status":"ok","db_pool":{"pool_size":5,"checkedout":15,"overflow":10,"max_overflow":10}}': WARNING,
    '{"status":"ok","db_pool":{"pool_size":10,"pool_available":0,"requests_waiting":7}}': WARNING,
    '{"status":"ok","database":{"pool":{"used":10,"free":0,"pendingAcquires":9,"pendingCreates":0}}}': WARNING,
    '{"status":"ok","knex":{"numUsed":10,"numFree":0,"numPendingAcquires":5,"max":10}}': WARNING,
    '{"status":"ok","pool":{"max":10,"size":10,"available":0,"borrowed":10,"pending":4}}': WARNING,
    '{"status":"ok","deadpool":{"max_size":16,"size":16,"available":0,"waiting":0}}': WARNING,
    '{"status":"ok","puma":{"backlog":12,"running":5,"pool_capacity":0,"max_threads":5}}': WARNING,
    '{"status":"ok","redis":{"connected_clients":10000,"maxclients":10000}}': WARNING,
    '{"status":"ok","mysql":{"Threads_connected":151,"max_connections":151}}': WARNING,
    '{"status":"ok","connections":{"active":100,"max":100}}': WARNING,
    '{"status":"ok","db_pool":{"max":10,"in_use":10}}': WARNING,
    '{"status":"ok","db_pool_in_use":10,"db_pool_max":10}': WARNING,
    '{"status":"ok","storage":{"used":500,"quota":500}}': WARNING,
    '{"status":"ok","queue":{"size":1000,"capacity":1000}}': WARNING,
    '{"status":"ok","queue":{"remainingCapacity":0,"size":1000}}': WARNING,
    '{"status":"ok","db_pool":"10/10 in use, 7 waiting"}': WARNING,
    """{"status":"ok","db_pool":
    "Pool size: 5  Connections in pool: 0 Current Overflow: 10 Current Checked out connections: 15"}""": WARNING,
    '{"status":"ok","prisma":{"pool":{"open":9,"busy":9,"idle":0,"wait":40}}}': WARNING,
    """{"status":"ok","prisma_pool_connections_busy":9,"prisma_pool_connections_idle":0,
    "prisma_client_queries_wait":40}""": WARNING,
    '{"status":"Healthy","entries":{"npgsql":{"data":{"Busy":100,"Max":100},"status":"Healthy"}}}': WARNING,
    # https://www.php.net/manual/en/fpm.status.php
    """{"status":"ok","pool":"www","listen queue":12,"max listen queue":13,"listen queue len":128,
    "idle processes":0,"active processes":5,"total processes":5,"max active processes":5}""": WARNING,
    """{"status":"up","open_connections":"41","in_use":"41","idle":"0","wait_count":"1200",
    "message":"The database is experiencing heavy load."}""": UNKNOWN,
    # The size may be what the pool has grown to.
    '{"status":"ok","db_pool":{"size":10,"in_use":10}}': UNKNOWN,
    '{"status":"ok","db_pool_usage":"100%"}': UNKNOWN,
    '{"status":"ok","bulkhead":{"availableConcurrentCalls":0,"maxAllowedConcurrentCalls":25}}': UNKNOWN,
    '{"status":"ok","openai":{"rate_limit":{"remaining":0,"limit":5000}}}': UNKNOWN,
    '{"status":"ok","nodes":{"available":0,"total":3}}': CRITICAL,
}
FREE = (DATA / "health-pools.txt").read_text().splitlines()


@pytest.mark.parametrize(("body", "expected"), TAKEN.items())
def test_capacity_without_rest_beside_good_status_counts(body: str, expected: str) -> None:
    """Where somebody waits, or all that there can be is in use; of a size that may have grown nothing is sure."""
    assert verdict(body.encode()) == expected


@pytest.mark.parametrize("body", FREE)
def test_capacity_with_rest_is_well(body: str) -> None:
    """Also a pool that has grown to what is in use, totals since a start, and what is used up in ordinary work."""
    assert verdict(body.encode()) == OK


def test_used_up_capacity_is_told_with_its_numbers() -> None:
    """It is told only while it is so, and is no dependency that may be missed."""
    report = read_report(b'{"status":"ok","db_pool":{"size":10,"in_use":10,"waiting":7}}')
    (found,) = [one for one in report.dependencies if one.state]
    assert (found.name, found.status, found.passing) == ("db_pool", "10 of 10 in use, 7 waiting", True)


# Of Celery's inspect().ping(), which is null or empty where no worker replied, and the like.
UNSTATED = {
    '{"status":"ok","celery_ping":null}': UNKNOWN,
    '{"status":"ok","celery_ping":{}}': UNKNOWN,
    '{"status":"ok","celery_ping":[]}': UNKNOWN,
    '{"status":"ok","celery":{"ping":{}}}': UNKNOWN,
    '{"status":"ok","celery_ping":"wat"}': UNKNOWN,
    '{"status":"ok","celery":{"workers":{"celery@web-1":null}}}': UNKNOWN,
    '{"status":"ok","celery":{"status":"ok","message":"No nodes replied within time constraint."}}': UNKNOWN,
    '{"status":"ok","celery_beat":null}': UNKNOWN,
    '{"status":"ok","celery_beat":{"last_tick":null}}': UNKNOWN,
    '{"status":"ok","celery":"0 workers online"}': UNKNOWN,
    '{"status":"ok","queue":"0 consumers"}': UNKNOWN,
    '{"status":"ok","celery_workers":"0/3"}': UNKNOWN,
    '{"status":"ok","sidekiq":{"busy":0,"processes":null}}': UNKNOWN,
    # What programs write of an object, and templates that nobody has filled in.
    **{
        f'{{"status":"ok","redis":"{text}","info":{{"cache":"{text}"}}}}': UNKNOWN
        for text in (
            *("[object Object]", "Promise { <pending> }", "<coroutine object ping at 0x7f1c>", "${redis}", "%s"),
            *("{{ redis }}", "function ping() { [native code] }", "<redis.client.Redis object at 0x7f1c>"),
        )
    },
    '{"status":"ok","celery":"2 workers online","queue":"10 consumers"}': OK,
    '{"status":"ok","template":"<b>","price":"5 %"}': OK,
    '{"status":"ok","redis_latency_ms":null}': UNKNOWN,
    '{"status":"ok","db_check":null}': UNKNOWN,
    '{"status":"ok","image_service":null}': UNKNOWN,
    '{"status":"ok","image_service":"wobbly"}': UNKNOWN,
    '{"status":"ok","worker_count":null}': UNKNOWN,
    '{"status":"ok","rq":{"workers":"0"}}': UNKNOWN,
    '{"status":"ok","celery":{"nodes":[]}}': UNKNOWN,
    '{"status":"ok","sidekiq":{"processes":0,"enqueued":4}}': UNKNOWN,
    '{"status":"ok","horizon":{"masters":[]}}': UNKNOWN,
    '{"status":"ok","kafka":{"brokers":0}}': UNKNOWN,
    '{"status":"ok","etcd":{"leader":"none"}}': UNKNOWN,
    '{"status":"ok","replicaSet":{"primary":null,"members":[]}}': UNKNOWN,
    '{"status":"ok","last_backup":null}': UNKNOWN,
    '{"status":"pass","checks":{"celery:workers":[{"observedValue":null,"status":"pass"}]}}': UNKNOWN,
    '{"status":"ok","redis":"ok","thumbnailer":null}': UNKNOWN,
    '{"status":"ok","redis":"ok","db":"ok","thumbnailer":"wat"}': UNKNOWN,
    '{"status":"ok","celery_ping":{"celery@web-1":{"ok":"pong"}}}': OK,
    '{"status":"ok","celery_ping":[{"celery@web-1":{"ok":"pong"}}]}': OK,
    '{"status":"ok","redis":"up","primary":"db-1","leader":"node-2","role":"primary"}': OK,
    '{"status":"ok","leader":true,"is_leader":false}': OK,
    '{"status":"ok","db":"ok","redis":"ok","logger":"pino","monitoring":"sentry","renderer":"react"}': OK,
    '{"status":"ok","image_service":"sharp","auth_service":"auth0","payment_service":"stripe"}': OK,
    '{"status":"ok","horizon":"running","masters":1,"paused_masters":0,"processes":10}': OK,
    '{"status":"ok","db":"ok","redis":"ok","sentry":"disabled","maintenance":null,"announcement":null}': OK,
    '{"status":"ok","db":"ok","redis":"ok","edition":"community","plan":"free","deployedAt":null}': OK,
    """{"ActiveSearchBackend":"database","AndroidLatestVersion":"","IosMinVersion":"","database_status":"OK",
    "filestore_status":"OK","status":"OK"}""": OK,
}


@pytest.mark.parametrize(("body", "expected"), UNSTATED.items())
def test_component_without_a_state_counts(body: str, expected: str) -> None:
    """Null, empty, without workers, or in a word that nobody knows; other data may have no value."""
    assert verdict(body.encode()) == expected


HEALTHY = (DATA / "health-reports.txt").read_text().splitlines()


@pytest.mark.parametrize("body", HEALTHY)
def test_healthy_report_is_well(body: str) -> None:
    """Of OkComputer, py-healthcheck, under-pressure, Micronaut, Cohort, Airflow, GitLab, Gitea, Directus,
    watchman, Quarkus and CouchDB.
    """
    assert verdict(body.encode()) == OK
