"""Values of health reports that a status of "ok" hides, and ordinary ones beside it, with the verdict for each."""

from __future__ import annotations

import json

import pytest

from playbook.clients.wire import Phases
from playbook.measure.web.health import read_report
from playbook.measure.web.health_endpoints import Health
from tests.foreign.test_health import CRITICAL, OK, UNKNOWN, WARNING, verdict

# node-redis, TypeORM, opossum and the like: the state of a connection as a boolean.
BOOLEANS = {
    '{"status":"ok","db":{"isOpen":false}}': CRITICAL,
    '{"status":"ok","redis":{"isOpen":true,"isReady":true}}': OK,
    '{"status":"ok","database":{"isInitialized":false}}': CRITICAL,
    '{"status":"ok","db":{"canConnect":false}}': CRITICAL,
    '{"status":"ok","redis":{"responding":false}}': CRITICAL,
    '{"status":"ok","redis":{"ping":false}}': CRITICAL,
    '{"status":"ok","storage":{"writable":false}}': CRITICAL,
    '{"status":"ok","storage":{"writable":true,"readOnly":false,"path":"/srv"}}': OK,
    '{"status":"ok","sharp":{"loaded":false}}': CRITICAL,
    '{"status":"ok","uploadsWritable":false}': CRITICAL,
    '{"status":"ok","redis":{"connected":true,"cluster":false,"tls":false}}': OK,
    '{"status":"ok","db":{"connected":true,"verifiedAt":"2026-11-28","pendingMigrations":false}}': OK,
    '{"status":"ok","shutdown":true}': CRITICAL,
    '{"status":"ok","stopping":true}': CRITICAL,
    '{"status":"ok","disk":{"full":true}}': CRITICAL,
    '{"status":"ok","queue":{"waiting":0,"stalled":true}}': CRITICAL,
    '{"status":"ok","queue":{"waiting":0,"stalled":false,"blocked":false,"saturated":false}}': OK,
    '{"status":"ok","worker":{"isHanging":true}}': CRITICAL,
    '{"status":"ok","db":{"connected":true,"out_of_sync":true}}': CRITICAL,
    '{"status":"ok","cluster":{"splitBrain":true}}': CRITICAL,
    '{"status":"ok","db":{"misconfigured":true}}': CRITICAL,
    '{"status":"ok","worker":{"outOfMemory":true}}': CRITICAL,
    '{"status":"ok","queue":{"backlogged":true}}': WARNING,
    '{"status":"ok","pool":{"saturated":true}}': WARNING,
    '{"status":"ok","api":{"rateLimited":true,"critical":true,"timeout":true,"partial":true}}': OK,
    '{"status":"ok","certificate":{"expired":true}}': CRITICAL,
    '{"status":"ok","db":{"slow":true}}': WARNING,
    '{"isReady":true,"startup":true,"shutdown":false,"stopping":false,"leader":false}': OK,
    '{"status":"ok","websocket":{"connected":0,"clients":0}}': OK,
    '{"status":"ok","redis":{"up":0,"hits":10,"misses":2}}': CRITICAL,
    '{"status":"ok","redis":{"up":1,"hits":0,"misses":0}}': OK,
    '{"status":"ok","redis":{"connected":0,"hits":1}}': CRITICAL,
    '{"status":"ok","redis":{"state":"closed","failures":3,"up":0}}': CRITICAL,
    '{"status":"ok","jobs":{"up":0}}': CRITICAL,
    '{"status":"ok","jobs":{"ready":0,"delayed":0}}': OK,
    '{"status":"ok","circuitBreaker":{"isOpen":true}}': CRITICAL,
    '{"status":"ok","circuitBreaker":{"isOpen":false}}': OK,
    '{"status":"ok","redisCircuitOpen":true}': CRITICAL,
    '{"status":"ok","redisCircuitOpen":false}': OK,
    '{"status":"ok","breakers":{"redis":{"opened":true,"closed":false}}}': CRITICAL,
    '{"status":"ok","breakers":{"redis":{"opened":false,"closed":true}}}': OK,
    '{"status":"ok","circuits":{"redis":{"open":false,"halfOpen":true}}}': WARNING,
    """{"status":"ok","cb":{"name":"redis","open":false,"halfOpen":false,"closed":true,
    "stats":{"failures":3,"fires":90,"timeouts":2}}}""": OK,
    '{"status":"ok","redis":{"open":true,"halfOpen":false,"closed":false}}': CRITICAL,
    '{"status":"ok","redis":{"open":false,"halfOpen":false,"closed":true}}': OK,
    # A part that is behind, or by itself.
    '{"status":"ok","cluster":{"quorum":false}}': UNKNOWN,
    '{"status":"ok","cluster":{"hasQuorum":false,"leader":false}}': UNKNOWN,
    '{"status":"ok","db":{"connected":true,"inSync":false}}': UNKNOWN,
    '{"status":"ok","replica":{"caughtUp":false}}': CRITICAL,
    '{"status":"ok","db":{"connected":true,"migrationsUpToDate":false}}': UNKNOWN,
    '{"status":"ok","db":{"migrated":false}}': UNKNOWN,
    '{"status":"ok","storage":{"canWrite":false}}': UNKNOWN,
    '{"status":"ok","redis":{"connected":true,"subscribed":false}}': UNKNOWN,
    '{"status":"ok","gossip":{"joined":false}}': UNKNOWN,
    '{"status":"ok","db":{"replicating":false}}': UNKNOWN,
    '{"status":"ok","cluster":{"quorum":true,"inSync":true,"leader":false}}': OK,
    '{"status":"ok","db":{"connected":true,"sync":false,"pooled":false}}': OK,
    '{"status":"ok","mongoose":0}': UNKNOWN,
    '{"status":"ok","mongo":2}': UNKNOWN,
    '{"status":"ok","mongodb":3}': UNKNOWN,
    '{"status":"ok","mongo":1}': OK,
    '{"status":"ok","mongo":12}': OK,
    '{"status":"ok","latency":{"mongo":2,"redis":3}}': OK,
    '{"status":"ok","redis":"0"}': UNKNOWN,
    '{"status":"ok","redis":"1"}': OK,
    '{"status":"ok","queue":"0"}': OK,
    # A question without an answer.
    '{"status":"ok","db":{"canConnect":null}}': UNKNOWN,
    '{"status":"ok","db":{"canConnect":""}}': UNKNOWN,
    '{"status":"ok","db":{"isOpen":"somehow"}}': UNKNOWN,
    '{"status":"ok","db":{"isOpen":"true"}}': OK,
    '{"status":"ok","database":{"isInitialized":"maybe"}}': UNKNOWN,
    '{"status":"ok","storage":{"writable":null,"path":"/srv"}}': UNKNOWN,
    '{"status":"ok","uploadsWritable":""}': UNKNOWN,
    '{"status":"ok","sharp":{"loaded":null}}': UNKNOWN,
    '{"status":"ok","sharp":{"loaded":"0.34.1"}}': OK,
    '{"status":"ok","cluster":{"hasQuorum":null}}': UNKNOWN,
    '{"status":"ok","cluster":{"quorum":"","leader":null}}': UNKNOWN,
    '{"status":"ok","db":{"connected":true,"inSync":null}}': UNKNOWN,
    '{"status":"ok","certificate":{"fileExists":null}}': UNKNOWN,
    '{"status":"ok","worker":{"status":"up","lastHeartbeat":""}}': UNKNOWN,
    '{"status":"ok","mail":{"host":"smtp.example","verified":null,"connection":null}}': OK,
    '{"status":"ok","hasUpdate":"no","isProduction":"yes","canary":"none"}': OK,
    # A status that is there, and tells nothing.
    '{"status":[],"dependencies":{"redis":{"status":"healthy"}}}': UNKNOWN,
    '{"status":{},"dependencies":{"redis":{"status":"healthy"}}}': UNKNOWN,
    '{"status":"ok","redis":{"state":[],"latency_ms":2}}': UNKNOWN,
    '{"status":"ok","deps":{"redis":"somehow"}}': UNKNOWN,
    '{"status":"ok","deps":{"redis":{"latency_ms":2}}}': UNKNOWN,
    '{"status":"ok","deps":{"redis":"up","database":{"status":"up"}}}': OK,
    '{"status":"ok","deps":{"redis":"up","database":"down"}}': CRITICAL,
}


@pytest.mark.parametrize(("body", "expected"), BOOLEANS.items())
def test_boolean_beside_good_status_counts(body: str, expected: str) -> None:
    """Where it says whether a thing works; switches, and breakers that are closed, say nothing bad."""
    assert verdict(body.encode()) == expected


NUMBERS = {
    '{"status":"ok","db":0}': UNKNOWN,
    '{"status":"ok","db":1}': OK,
    '{"redis":-1,"status":"up"}': UNKNOWN,
    '{"status":"ok","redis":12,"queue":0}': OK,
    '{"status":"ok","workers":0}': UNKNOWN,
    '{"status":"ok","workers":[]}': UNKNOWN,
    '{"status":"ok","celery":[]}': UNKNOWN,
    '{"status":"ok","queue":[]}': OK,
    '{"status":"ok","errorCount":5}': UNKNOWN,
    '{"status":"ok","errorCount":0,"db":{"failureCount":0}}': OK,
    '{"status":"ok","missing":["redis"]}': CRITICAL,
    '{"status":"ok","missingEnv":["SMTP_URL"]}': CRITICAL,
    '{"status":"ok","missing":[]}': OK,
    '{"status":"UP","components":{"redis":{"status":"UP","details":{"slots_up":9,"slots_fail":384}}}}': CRITICAL,
    '{"status":"UP","components":{"redis":{"status":"UP","details":{"slots_up":16384,"slots_fail":0}}}}': OK,
    # Limits are no measurements. Consul: /v1/health/service/NAME
    '{"status":"ok","thresholds":{"warning":80,"critical":90},"disk":"ok"}': OK,
    '{"status":"ok","limits":{"failed":5,"timeout":30}}': OK,
    """[{"Node":{"ID":"a","Node":"foobar","Address":"10.1.10.12"},"Service":{"ID":"redis","Service":"redis",
    "Tags":["primary"],"Port":8000,"Weights":{"Passing":10,"Warning":1}},"Checks":[{"Node":"foobar",
    "CheckID":"service:redis","Name":"x","Status":"passing","Notes":"","Output":""}]}]""": OK,
}


@pytest.mark.parametrize(("body", "expected"), NUMBERS.items())
def test_number_beside_good_status_counts(body: str, expected: str) -> None:
    """Where it may mean that something is missing or has failed; limits and empty queues are ordinary."""
    assert verdict(body.encode()) == expected


DISKS = {
    '{"status":"ok","diskUsage":99}': UNKNOWN,
    '{"status":"ok","diskUsage":50}': OK,
    '{"status":"ok","disk":{"usage":99}}': UNKNOWN,
    '{"status":"ok","checks":{"disk":{"status":"ok","usage":99}}}': UNKNOWN,
    '{"status":"ok","disk":{"percent":99.2,"used":12}}': UNKNOWN,
    '{"status":"ok","disk":{"usedPercent":97.4}}': UNKNOWN,
    '{"status":"ok","disk_used_percent":"99%"}': UNKNOWN,
    '{"status":"ok","disk":{"used":99,"total":100}}': UNKNOWN,
    '{"status":"ok","disk":{"usedGB":99,"totalGB":500}}': OK,
    '{"status":"ok","disk":{"used":"99 GB","total":"500 GB"}}': OK,
    '{"status":"ok","storage":{"used":99}}': OK,
    '{"status":"ok","disk":{"usage_gb":99}}': OK,
    '{"status":"ok","disk":{"free":0}}': UNKNOWN,
    '{"status":"ok","disk":{"free_gb":0.0}}': UNKNOWN,
    '{"status":"ok","disk":{"freePercent":1}}': UNKNOWN,
    '{"status":"ok","disk":{"total":62671097856,"free":1671097}}': UNKNOWN,
    '{"status":"ok","disk":{"total":62671097856,"free":8671097856,"threshold":10485760}}': OK,
    '{"status":"ok","disk":{"usage":"45%","free":"55%"}}': OK,
    '{"status":"ok","storage":{"available":1}}': OK,
    '{"status":"ok","inodes":{"used_percent":100}}': UNKNOWN,
    # Of these it is usual, or not known what they are.
    '{"status":"ok","memory":{"usage":99},"cpu":100,"heapUsagePercent":99}': OK,
    '{"status":"ok","disk":99}': OK,
    '{"status":"ok","volume":{"left":0,"right":0}}': OK,
}


@pytest.mark.parametrize(("body", "expected"), DISKS.items())
def test_disk_without_space_counts(body: str, expected: str) -> None:
    """Also where its number has no unit and is near 100; other amounts may be of gigabytes."""
    assert verdict(body.encode()) == expected


BARE_NUMBERS = {
    '{"status":1,"message":"ok"}': OK,
    '{"status":1,"msg":"success"}': OK,
    '{"status":0,"message":"Service is healthy"}': OK,
    '{"status":1,"message":"database is down"}': CRITICAL,
    '{"status":0,"message":"Internal error"}': CRITICAL,
    '{"status":500,"message":"ok"}': CRITICAL,
    '{"status":1,"message":"hello"}': UNKNOWN,
    # 1 is good for most, and a warning for those who follow Nagios.
    '{"status":1}': UNKNOWN,
    '{"status":0}': UNKNOWN,
    **{
        f'{{"status":"ok","{key}":"{product}"}}': OK
        for key, product in (
            *(("auth", "jwt"), ("auth", "oidc"), ("mail", "smtp"), ("db", "prisma"), ("scheduler", "cron")),
            *(("gateway", "nginx"), ("backend", "fastapi"), ("search", "typesense"), ("storage", "cloudinary")),
        )
    },
    '{"status":"ok","auth":"none"}': UNKNOWN,
    '{"status":"ok","auth":"broken-jwt"}': CRITICAL,
}


@pytest.mark.parametrize(("body", "expected"), BARE_NUMBERS.items())
def test_bare_number_and_product_are_no_status(body: str, expected: str) -> None:
    """A message beside the number tells which it is; what something is built with is data."""
    assert verdict(body.encode()) == expected


# Of BullMQ, Celery, RQ and the like: who takes the jobs.
WORKERS = {
    '{"status":"ok","workers":{"count":0}}': UNKNOWN,
    '{"status":"ok","info":{"workers":{"status":"up","count":0}},"error":{},"details":{}}': UNKNOWN,
    '{"status":"UP","components":{"workers":{"status":"UP","details":{"count":0}}}}': UNKNOWN,
    '{"status":"ok","checks":[{"name":"workers","status":"ok","count":0}]}': UNKNOWN,
    '{"status":"pass","checks":{"workers:count":[{"status":"pass","observedValue":0}]}}': UNKNOWN,
    '{"status":"ok","rq":{"workers":{"total":0,"busy":0}}}': UNKNOWN,
    '{"status":"ok","bull":{"workerCount":0,"waiting":0}}': UNKNOWN,
    '{"status":"ok","queue":{"workers":0,"waiting":3}}': UNKNOWN,
    '{"status":"ok","rabbit":{"consumers":0,"messages":0}}': UNKNOWN,
    '{"status":"ok","celery":{"online_workers":0}}': UNKNOWN,
    '{"status":"ok","celery":{"status":"ok","workers":[]}}': UNKNOWN,
    '{"status":"ok","celery":{"workers":{}}}': UNKNOWN,
    '{"status":"ok","info":{"workers":{"status":"up","count":2}},"error":{},"details":{}}': OK,
    '{"status":"ok","rq":{"workers":{"total":3,"busy":0,"failed":0}}}': OK,
    '{"status":"ok","workers":{"idle":4,"busy":0}}': OK,
    '{"status":"ok","workers":{"busy":0,"restarts":0}}': OK,
    '{"status":"ok","queue":{"busyWorkers":0,"workers":2,"waiting":0}}': OK,
    '{"status":"ok","config":{"workers":0},"threads":{"worker":0}}': OK,
    '{"status":"ok","celery":{"workers":["a@web-1"],"waiting":0}}': OK,
}


@pytest.mark.parametrize(("body", "expected"), WORKERS.items())
def test_number_of_workers_beside_good_status_counts(body: str, expected: str) -> None:
    """Without any, nobody takes a job; how many of them are busy says nothing."""
    assert verdict(body.encode()) == expected


# What drivers, servers and checks say of what they have found, and what says nothing bad.
FOUND_BAD = """
Connection to database lost
Lost connection to MySQL server during query
connection closed unexpectedly
socket hang up
no connection to db
Redis is not reachable
Query took too long
Name or service not known
permission denied
certificate has expired
disk full
Read-only file system
an exception occurred
degraded performance
lag is too high
replication broken
replica is behind
no workers available
all workers are busy
WEBP support not installed
quota exceeded
circuit open
data is stale
health check did not finish
unexpected response: 500
deadlock detected
PONG not received
remaining connection slots are reserved for roles with the SUPERUSER attribute
LOADING Redis is loading the dataset in memory
NOAUTH Authentication required.
OOM command not allowed when used memory > 'maxmemory'.
The operation was aborted
3 of 5 checks failed
2 errors
""".strip().splitlines()
FOUND_GOOD = """
all systems operational
PONG
0 errors
no missing migrations
2 workers available
using 3 of 10 connections
reconnected after 2 attempts
Reconnects if the connection is lost
Dead letter queue is empty
Disk is 40% full
expired keys: 1203
12 connections closed, 3 open
Last run: 2 errors fixed
password expires in 90 days
maintenance window: Sunday
Successfully queried the Prometheus API.
Schema up to date, 0 missing
error budget 99.9 % left
""".strip().splitlines()
REPORTS = (
    '{"status":"pass","output":%s,"checks":{"redis:x":[{"status":"pass"}]}}',
    '{"status":"ok","redis":{"status":"up","message":%s}}',
    '{"status":"ok","checks":[{"name":"db","status":"ok","detail":%s}]}',
    '{"status":"ok","db":{"status":"up","statusMessage":%s}}',
)


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize(
    ("text", "expected"), [*((text, False) for text in FOUND_BAD), *((text, True) for text in FOUND_GOOD)]
)
def test_finding_beside_good_status_counts(report: str, text: str, expected: bool) -> None:
    """The status may be older than it, or of another part."""
    assert (verdict((report % json.dumps(text)).encode()) == OK) is expected


def test_purpose_of_a_check_is_no_finding() -> None:
    """A description tells what would be bad."""
    text = '{"status":"ok","db":{"status":"up","description":"Is the connection lost, or the disk full?"}}'
    assert verdict(text.encode()) == OK


ASPNET = '{"status":%d,"totalDuration":"00:00:00.01","entries":{"db":{"data":{},"status":%d,"tags":[]}}}'
WORDS = {
    '{"status":"ok","thumbnails":"unknown"}': UNKNOWN,
    '{"status":"ok","images":{"thumbnails":"unchecked"}}': UNKNOWN,
    '{"status":"healthy","build_date":"unknown","builtBy":"unknown","compiler":"unknown"}': OK,
    '{"status":"ok","gitCommit":"unknown","build":{"number":"unknown"},"version":"unknown"}': OK,
    '{"status":"ok","db":"ok","region":null,"deployedAt":null,"warning":null,"maintenance":null}': OK,
    '{"status":"ok","sharp":"missing"}': CRITICAL,
    '{"status":"ok","images":"gone"}': CRITICAL,
    '{"status":"ok","thumbnails":"⛔"}': CRITICAL,
    '{"status":"ok","thumbnails":"false"}': UNKNOWN,
    '{"status":"ok","maintenance":"true"}': CRITICAL,
    '{"status":"ok","maintenance":"false","debug":"false","db":"true"}': OK,
    '{"status":"ok","app":"down"}': UNKNOWN,
    '{"status":"ok","image":"failed"}': UNKNOWN,
    '{"status":"ok","service":"unavailable: no such host"}': UNKNOWN,
    '{"status":"ok","app":"shop","image":"shop:1.2","cluster":"green","node":"web-1","service":"orders"}': OK,
    "OK 2/3": UNKNOWN,
    "2 of 3 healthy": UNKNOWN,
    "50% healthy": UNKNOWN,
    "OK 3/3": OK,
    "100% healthy": OK,
    "200": OK,
    "503": CRITICAL,
    # https://github.com/gajus/lightship: /live
    "SERVER_IS_NOT_SHUTTING_DOWN": OK,
    "SERVER_IS_SHUTTING_DOWN": CRITICAL,
    # Failures in other languages, and that there are none
    '{"status":"ok","datenbank":"nicht erreichbar"}': UNKNOWN,
    '{"status":"ok","base":"hors service"}': UNKNOWN,
    '{"status":"ok","cache":"caído"}': UNKNOWN,
    '{"status":"ok","baza":"niedostępna"}': UNKNOWN,
    '{"status":"ok","缓存":"异常"}': UNKNOWN,
    '{"status":"ok","imgs":"недоступен"}': UNKNOWN,
    '{"status":"ok","画像":"接続できません"}': UNKNOWN,
    '{"status":"ok","hinweis":"keine Fehler","检查":"无异常","migrations":"no pending migrations"}': OK,
    # ASP.NET without a converter of enums: 0 is Unhealthy, 1 Degraded, 2 Healthy
    ASPNET % (2, 2): OK,
    ASPNET % (1, 1): WARNING,
    ASPNET % (2, 0): CRITICAL,
}


@pytest.mark.parametrize(("body", "expected"), WORDS.items())
def test_word_beside_good_status_counts(body: str, expected: str) -> None:
    """In other languages, as text in place of a boolean, and where nothing is known of a part."""
    assert verdict(body.encode()) == expected


TEXTS = {
    '{"status":"ok","details":["redis: connection refused"]}': UNKNOWN,
    '{"status":"ok","notes":["redis unreachable"]}': UNKNOWN,
    '{"status":"ok","notes":["all good"],"details":["cache: warm"]}': OK,
    '{"status":"ok","code":"E_DB_DOWN"}': UNKNOWN,
    '{"status":"ok","code":"SUCCESS"}': OK,
    '{"status":"ok","resizer":{"statusCode":"502"}}': CRITICAL,
    '{"status":"ok","errno":12}': UNKNOWN,
    '{"errcode":0,"errmsg":"ok"}': OK,
    '{"ret":-1,"msg":"ok"}': UNKNOWN,
    '{"status":"ok","db":[false]}': UNKNOWN,
    '{"status":"ok","pods":[{"phase":"CrashLoopBackOff"}]}': CRITICAL,
    '{"status":"ok","images":"exited"}': CRITICAL,
    '{"status":"ok","thumbnailer":"blocked"}': UNKNOWN,
    '{"status":"ok","resizer":"no response"}': CRITICAL,
    '{"status":"ok","resizer":"timeout after 5s"}': UNKNOWN,
    '{"status":"ok","db":{"status":"up","timeout":"5s"}}': OK,
    "DB OK\nREDIS OK\n": OK,
    "DB OK\nREDIS NOT OK\n": CRITICAL,
    "Health: OK\nErrors: 0\n": OK,
    "Health: OK\nErrors: 5\n": CRITICAL,
}


@pytest.mark.parametrize(("body", "expected"), TEXTS.items())
def test_text_beside_good_status_counts(body: str, expected: str) -> None:
    """In lists, as codes, and in lines of plain text."""
    assert verdict(body.encode()) == expected


def test_bytes_of_another_encoding_are_not_understood() -> None:
    """``gestört`` in Latin 1."""
    assert verdict('{"status":"ok","db":"gestört"}'.encode("latin-1")) == UNKNOWN


MISSING = {
    '{"status":"ok","details":{"redis":null}}': UNKNOWN,
    '{"status":"ok","data":{"db":null,"version":"1.2"}}': UNKNOWN,
    '{"status":"ok","connections":{"postgres":null}}': UNKNOWN,
    '{"status":"ok","lastCheck":null}': UNKNOWN,
    '{"status":"ok","worker":{"lastHeartbeat":null}}': UNKNOWN,
    '{"status":"ok","versions":{"redis":null},"redis":{"host":"10.0.0.5","db":null},"config":{"cache":null}}': OK,
    '{"status":"ok","contact":{"email":null},"lastError":null,"lastFailure":null}': OK,
    '{"status":"ok","dependencies":null,"checks":[]}': OK,
}


@pytest.mark.parametrize(("body", "expected"), MISSING.items())
def test_null_beside_good_status_counts(body: str, expected: str) -> None:
    """Under a key that names a dependency or a check, at any depth; not where it is a setting."""
    assert verdict(body.encode()) == expected


SHARES = {
    '{"status":"ok","errorRate":0.93}': UNKNOWN,
    '{"status":"ok","metrics":{"error_rate":"93%"}}': UNKNOWN,
    '{"status":"ok","requests":100,"metrics":{"requests":100,"failure_percent":12}}': UNKNOWN,
    '{"status":"ok","images":{"successRate":0.07}}': UNKNOWN,
    '{"status":"ok","success_rate":71.5}': UNKNOWN,
    '{"status":"ok","availability":88.1}': UNKNOWN,
    '{"status":"ok","errorRate":0.002,"metrics":{"successRate":99.8,"availability":99.95}}': OK,
    '{"status":"ok","errorRate":"0.0%","successRate":0,"availability":1}': OK,
    '{"status":"ok","errorBudgetRemainingPercent":80,"errorRateThreshold":50,"disk":{"available_percent":40}}': OK,
    '{"status":"ok","breaker":{"state":"CLOSED","failureRate":60}}': OK,
    '{"status":"ok","stats":{"success":120,"failed":1,"errorRate":"0.83%"},"failure_percent":0.8}': OK,
    '{"status":"ok","stats":{"success":120,"failure":90,"total_ms":91200}}': UNKNOWN,
    '{"status":"ok","images":{"success":0,"failed":44}}': UNKNOWN,
}


@pytest.mark.parametrize(("body", "expected"), SHARES.items())
def test_share_beside_good_status_counts(body: str, expected: str) -> None:
    """Where it is bad both as a fraction and in percent."""
    assert verdict(body.encode()) == expected


MODES = {
    '{"status":"ok","redis":{"readonly":true}}': UNKNOWN,
    '{"status":"ok","read_only":true}': UNKNOWN,
    '{"status":"ok","replica":{"readOnly":true},"db":{"readOnly":false}}': OK,
    '{"status":"ok","db":"Connected (read-only)"}': UNKNOWN,
    '{"status":"ok","mode":"read-only"}': UNKNOWN,
    '{"status":"ok","mode":"maintenance"}': UNKNOWN,
    '{"status":"ok","redis_mode":"standalone","mode":"production","nodeMode":"cluster"}': OK,
    '{"status":"ok","loading":true}': WARNING,
    '{"status":"ok","redis":{"loading":1}}': WARNING,
    '{"status":"ok","cache":{"initializing":true}}': WARNING,
    '{"status":"ok","redis":{"loading":0},"loading":false,"startup":true}': OK,
    '{"status":"ok","maintenance":1}': CRITICAL,
    '{"status":"ok","maintenance_mode":"on"}': CRITICAL,
    '{"status":"ok","maintenance_mode":"off","maintenance":0}': OK,
    '{"status":"ok","redis":{"usingFallback":true}}': UNKNOWN,
    '{"status":"ok","mock":true}': UNKNOWN,
    '{"status":"ok","i18n":{"fallback":true},"mock":false,"isReadOnly":false}': OK,
    '{"status":"ok","pendingMigrations":true}': UNKNOWN,
    '{"status":"ok","migrations":{"applied":40,"pending":3}}': UNKNOWN,
    '{"status":"ok","pending_migrations":["0042_orders"]}': UNKNOWN,
    '{"status":"ok","needsDbUpgrade":true}': UNKNOWN,
    '{"status":"ok","migrations":{"applied":40,"pending":0},"pending_migrations":[],"needsDbUpgrade":false}': OK,
    '{"status":"ok","data":{"features":{"readonly":true,"search":false}},"migrations":"up to date"}': OK,
    '{"status":"ok","updateAvailable":false,"upgrade":{"available":false}}': OK,
    '{"status":"ok","detail":"Read-only endpoints are enabled"}': OK,
    '{"status":"ok","warning":"redis is slow"}': WARNING,
    '{"status":"ok","alert":"disk full"}': WARNING,
    '{"status":"ok","warning":"80 %","alert":"none","alarms":"ok","degraded":"false"}': OK,
}


@pytest.mark.parametrize(("body", "expected"), MODES.items())
def test_mode_beside_good_status_counts(body: str, expected: str) -> None:
    """Where writes are refused, something begins, is in maintenance, or lacks changes."""
    assert verdict(body.encode()) == expected


AMOUNTS = {
    '{"status":"ok","worker":{"exitCode":137}}': UNKNOWN,
    '{"status":"ok","db":{"latency_ms":-1}}': UNKNOWN,
    '{"status":"ok","tls":{"expiresInDays":-3}}': UNKNOWN,
    '{"status":"ok","healthyInstances":0}': UNKNOWN,
    '{"status":"ok","nodes":{"up":1,"total":3}}': UNKNOWN,
    '{"status":"ok","workers":{"online":1,"total":4}}': UNKNOWN,
    '{"status":"ok","data":{"workers":0}}': UNKNOWN,
    '{"status":"ok","worker":{"exitCode":0},"clock":{"offset_ms":-12},"users":{"online":3,"total":90}}': OK,
    '{"status":"ok","nodes":{"up":3,"total":3},"data":{"queue":0},"workers":{"busy":0,"total":4}}': OK,
    # Answers of Redis and of databases, shown in place of a status
    '{"status":"ok","redis":"MISCONF Redis is configured to save RDB snapshots"}': UNKNOWN,
    '{"status":"ok","redis":"NOAUTH Authentication required."}': UNKNOWN,
    '{"status":"ok","redis":"BUSY Redis is busy running a script"}': UNKNOWN,
    '{"status":"ok","db":"database is locked"}': UNKNOWN,
    '{"status":"ok","db":"Unknown database \'shop\'"}': UNKNOWN,
    '{"status":"ok","storage":"Read-only file system"}': UNKNOWN,
    '{"status":"ok","worker":"last seen 3 days ago"}': WARNING,
    '{"status":"ok","db":"PostgreSQL 15.4 on x86_64-pc-linux-gnu","cache":"Redis 7.2 (10.0.0.5)"}': OK,
    '# HELP up Was it up\n# TYPE up gauge\nup 1\nerrors_total{kind="failed"} 3\n': UNKNOWN,
    'healthy 1\nredis_up{job="redis"} 1\n': UNKNOWN,
}


@pytest.mark.parametrize(("body", "expected"), AMOUNTS.items())
def test_amount_or_sentence_beside_good_status_counts(body: str, expected: str) -> None:
    """Where a process has ended, a time is negative, some are missing, or a dependency answers with a sentence."""
    assert verdict(body.encode()) == expected


# Words of clusters and queues under a key that usually names a thing.
STATES = {
    '{"status":"ok","db":"out of sync"}': CRITICAL,
    '{"status":"ok","db":"out of space"}': CRITICAL,
    '{"status":"ok","cluster":"split-brain"}': UNKNOWN,
    '{"status":"ok","cluster":"no quorum"}': UNKNOWN,
    '{"status":"ok","replication":{"slave":"diverged"}}': CRITICAL,
    '{"status":"ok","replication":{"slave":"rebuilding"}}': WARNING,
    '{"status":"ok","galera":{"node":"desynced"}}': UNKNOWN,
    '{"status":"ok","queue":{"readers":"no consumers"}}': CRITICAL,
    '{"status":"ok","queue":{"stream":"backlogged"}}': WARNING,
    '{"status":"ok","schema":"needs migration"}': CRITICAL,
    '{"status":"ok","queue":"no backlog"}': OK,
    '{"status":"ok","db":"no lag"}': OK,
    '{"status":"ok","cluster":"blue"}': OK,
}


@pytest.mark.parametrize(("body", "expected"), STATES.items())
def test_state_of_cluster_or_queue_counts(body: str, expected: str) -> None:
    """It is no name of a cluster, and no product."""
    assert verdict(body.encode()) == expected


# What BullMQ, Sidekiq, Hangfire, bee-queue, pg-boss, Oban, RabbitMQ and Elasticsearch count, beside a good status.
WORK = {
    '{"status":"up","queue":{"waiting":48211,"stalled":14,"failed":9}}': WARNING,
    '{"status":"ok","info":{"queue":{"status":"up","waiting":48211,"active":2}},"error":{},"details":{}}': WARNING,
    '{"status":"ok","queue":{"waiting":3,"active":1,"stalled":14}}': WARNING,
    '{"status":"ok","stalled":1}': WARNING,
    '{"status":"ok","stalledJobs":14}': WARNING,
    '{"status":"ok","imageJobsStuck":"2"}': WARNING,
    '{"status":"ok","worker":{"hung":1,"busy":3}}': WARNING,
    '{"status":"ok","scheduler":{"overdue":12}}': WARNING,
    '{"status":"pass","checks":{"queue:stalled":[{"status":"pass","observedValue":14}]}}': WARNING,
    '{"status":"ok","jobs":{"orphaned":3,"completed":20}}': WARNING,
    '{"status":"ok","overdueJobs":3}': WARNING,
    '{"status":"ok","queue":48211}': WARNING,
    '{"status":"ok","queueDepth":48211}': WARNING,
    '{"status":"ok","image_queue_length":48211}': WARNING,
    '{"status":"ok","rabbit":{"queue":{"messages":48211,"consumers":2}}}': WARNING,
    '{"status":"ok","queues":{"images":{"waiting":48211},"mail":{"waiting":0}}}': WARNING,
    '{"status":"ok","backlog":48211}': WARNING,
    '{"status":"ok","queue":{"waiting":0,"completed":1000,"failed":900}}': WARNING,
    '{"status":"ok","sidekiq":{"enqueued":0,"retries":3,"dead":1200}}': WARNING,
    '{"status":"ok","nodes":{"total":5,"dead":2}}': WARNING,
    '{"status":"ok","failedJobs":1200}': WARNING,
    '{"status":"ok","failedJobs":["image 4711"]}': CRITICAL,
    '{"status":"ok","failed":9}': CRITICAL,
    '{"status":"ok","failedChecks":2}': CRITICAL,
    '{"status":"ok","workers":{"online":3,"lost":1}}': WARNING,
    '{"status":"ok","workers":{"online":3,"offline":1}}': WARNING,
    '{"status":"ok","data":{"stalled":14}}': WARNING,
    # Ordinary amounts, totals since a start, settings and limits.
    '{"status":"ok","queue":{"waiting":12,"active":5,"completed":1000,"failed":12,"delayed":3,"paused":0}}': OK,
    '{"status":"ok","queue":{"waiting":0,"active":1,"failed":9,"stalled":0}}': OK,
    '{"status":"ok","sidekiq":{"processed":1048211,"failed":12043,"enqueued":2,"retries":3,"dead":57}}': OK,
    '{"status":"ok","hangfire":{"enqueued":0,"failed":12,"processing":1,"succeeded":102931,"deleted":4}}': OK,
    '{"status":"ok","jobs":{"completed":1000,"failed":12,"stalled":2}}': OK,
    '{"status":"ok","counters":{"stalled":2},"stats":{"stalled":3,"jobs":4}}': OK,
    '{"status":"ok","bull":{"stalledInterval":30000,"maxStalledCount":1,"waiting":0},"stuckThreshold":300}': OK,
    '{"status":"ok","queue":{"capacity":50000,"maxSize":50000,"size":12,"oldestWaiting":48211}}': OK,
    '{"status":"ok","threadPool":{"queue":0,"rejected":3,"completed":1048211}}': OK,
    '{"status":"ok","oban":{"available":4,"executing":2,"retryable":1,"discarded":12,"completed":8041}}': OK,
    '{"status":"ok","orders":{"overdue":3,"pending":8812},"invoicesOverdue":2,"listen queue len":65535}': OK,
    '{"status":"ok","queue":{"pending":0,"running":0},"agent":{"connected":2,"queued":0,"running":0}}': OK,
    """{"status":"running","failedJobs":9,"jobsPerMinute":12,"pausedMasters":0,"recentJobs":311,"processes":5,
    "periods":{"failedJobs":10080,"recentJobs":60},"wait":{"redis:default":0}}""": OK,
    '{"status":"ok","deadLetters":5,"worker":{"failed_tasks":3}}': OK,
    '{"status":"ok","breaker":{"state":"CLOSED","stalled":3,"failures":3}}': OK,
    '{"status":"ok","limits":{"stalled":5,"waiting":48211},"notStuck":4}': OK,
    '{"status":"ok","queue":{"processedMessages":48211,"messages":0},"requests":{"total":48211}}': OK,
    '{"status":"ok","nodes":{"total":3,"dead":0},"workers":{"online":3,"offline":0}}': OK,
}


@pytest.mark.parametrize(("body", "expected"), WORK.items())
def test_amount_of_work_beside_good_status_counts(body: str, expected: str) -> None:
    """Where it hangs, or is far more than usual; failed jobs are kept, and counted since a start."""
    assert verdict(body.encode()) == expected


def test_ordinary_amounts_of_work_are_told() -> None:
    """Nobody sees the jobs that failed otherwise."""
    report = read_report(b'{"status":"up","queue":{"waiting":211,"active":1,"failed":9,"delayed":3}}')
    assert report.told == ("queue waiting 211", "queue failed 9")
    summary = Health("/health", 200, report, Phases(), ()).summary
    assert summary == "HTTP 200, up, no dependency listed; queue waiting 211, queue failed 9"


# https://github.com/python-arq/arq: what its worker writes under arq:queue:health-check, and others of that form.
PAIRS = {
    "Nov-30 10:38:12 j_complete=17 j_failed=0 j_retried=0 j_ongoing=0 queued=0": OK,
    "Nov-30 10:38:12 j_complete=1048 j_failed=12 j_retried=3 j_ongoing=2 queued=0": OK,
    "2026-11-30T10:38:12Z up=1 errors=0": OK,
    "up=0 errors=4": CRITICAL,
    "redis=up errors=0 db=down": CRITICAL,
    "state=down since=10:38": CRITICAL,
    "host=db.internal port=5432 dbname=shop": OK,
    "region=fra1 build=shop-42": OK,
}


@pytest.mark.parametrize("key", ["worker", "queue", "info"])
@pytest.mark.parametrize(("text", "expected"), PAIRS.items())
def test_pairs_in_a_text_are_read_as_an_object(key: str, text: str, expected: str) -> None:
    """A failure that is counted 0 times is none, and "up=0" is one although no word of it is bad."""
    assert verdict(json.dumps({"status": "healthy", key: text}).encode()) == expected


# php-fpm's status page and imaginary's health endpoint: amounts, some of which could be HTTP statuses.
FPM = """{"pool":"www","process manager":"dynamic","accepted conn":12073,"listen queue":0,"listen queue len":511,
"idle processes":3,"active processes":2,"total processes":5}"""
FPM_TEXT = (
    "pool:                 www\nprocess manager:      dynamic\naccepted conn:        12073\n"
    "listen queue len:     511\n"
)
IMAGINARY = """{"uptime":1293,"allocatedMemory":5.31,"totalAllocatedMemory":34.3,"goroutines":450,
"completedGCCycles":5,"cpus":8,"maxHeapUsage":32.33,"heapInUse":5.31,"objectsInUse":4053}"""
PUMA = """{"status":"ok","puma":{"workers":%d,"phase":0,"booted_workers":%d,"old_workers":0}}"""
ASYNQ = """{"servers":%d,"status":"ok","queue":{"Queue":"images","MemoryUsage":1200,"Pending":%d,"Latency":%s,
"Size":1,"Groups":0,"Active":0,"Scheduled":0,"Retry":0,"Archived":0,"Completed":4,"Processed":55,"Failed":0,
"Paused":false,"Timestamp":"2026-11-30T10:30:00Z"}}"""
SUNDHEIT = """{"db":{"message":"%s",%s"timestamp":"2026-11-30T10:30:00Z","contiguousFailures":%d,
"timeOfFirstFailure":null}}"""
# https://spatie.be/docs/laravel-health
HORIZON = """{"finishedAt":1796039400,"checkResults":[{"name":"Horizon","label":"Horizon",
"notificationMessage":"Horizon is %s.","shortSummary":"x","status":"%s","meta":[]}]}"""
OTHERS = [
    (FPM, UNKNOWN),
    (FPM_TEXT, UNKNOWN),
    (IMAGINARY, UNKNOWN),
    ('{"redis":200,"db":503}', CRITICAL),
    ("redis: 200\ndb: 503", CRITICAL),
    (PUMA % (2, 2), OK),
    (PUMA % (2, 1), UNKNOWN),
    ('{"status":"ok","web":{"replicas":3,"readyReplicas":2}}', UNKNOWN),
    ('{"status":"ok","web":{"replicas":3,"readyReplicas":3,"updatedReplicas":3}}', OK),
    ('{"status":"ok","workers":{"workers":8,"busy_workers":3}}', OK),
    ('{"status":"ok","sidekiq":{"processes":0,"enqueued":3}}', UNKNOWN),
    ('{"status":"ok","sidekiq":{"processes":1,"enqueued":3,"latency":0.2}}', OK),
    ('{"status":"ok","asynq":{"servers":0}}', UNKNOWN),
    # what asynq's inspector gives, whose latency is a Go duration: the age of the oldest task
    (ASYNQ % (1, 40, "39000000000"), OK),
    (ASYNQ % (0, 0, "0"), UNKNOWN),
    (ASYNQ % (1, 40, "900000000000"), WARNING),
    ('{"status":"ok","servers":0}', OK),
    ('{"status":"ok","ping":1796039400123}', OK),
    ('{"status":"ok","lameduck":true}', CRITICAL),
    ('{"status":"ok","lame_duck_mode":"on"}', CRITICAL),
    ('{"status":"ok","lameduck":false}', OK),
    # https://github.com/AppsFlyer/go-sundheit
    (SUNDHEIT % ("ok", "", 0), OK),
    (SUNDHEIT % ("failed", '"error":{"message":"dial tcp: refused","cause":null},', 3), CRITICAL),
    ('{"status":"ok","hangfire":{"servers":2,"enqueued":0,"failed":3}}', OK),
    ('{"status":"ok","runtime":{"processes":0}}', OK),
    ('{"status":"ok","sidekiq":{"enqueued":0,"retries":2,"failed":3}}', OK),
    ('{"status":"ok","asynq":{"pending":1,"archived":3,"retry":2,"failed":4}}', OK),
    ('{"status":"ok","horizon":{"pending":0,"failed":812}}', WARNING),
    ('{"status":"ok","sidekiq":{"errors":3}}', CRITICAL),
    ('{"status":"ok","redis":{"maxmemory_reached":true}}', CRITICAL),
    ('{"status":"ok","disk":{"quotaReached":false}}', OK),
    ('{"status":"ok","upstream":{"reached":true}}', OK),
    ('{"app":"ok","queue_workers":"2/2"}', OK),
    ('{"app":"ok","queue_workers":"1/2"}', UNKNOWN),
    ('{"app":"ok","queue_workers":"0/0"}', UNKNOWN),
    (HORIZON % ("paused", "warning"), WARNING),
    (HORIZON % ("not running", "failed"), CRITICAL),
    (HORIZON % ("paused", "ok"), UNKNOWN),
]


@pytest.mark.parametrize(("body", "expected"), OTHERS)
def test_words_and_amounts_of_other_ecosystems_count(body: str, expected: str) -> None:
    """Ruby, PHP, Go and .NET."""
    assert verdict(body.encode()) == expected


# https://github.com/sportngin/okcomputer: checks of a product's own, which succeed and say what they have seen
# of Solid Queue, GoodJob, Sidekiq and Resque.
OKCOMPUTER = """{{"default":{{"message":"Application is running","success":true,"time":0.00001}},
"jobs":{{"message":"{0}","success":true,"time":0.002}}}}"""
SEEN_OF_JOBS = {
    "SolidQueue: 0 processes": UNKNOWN,
    "Solid Queue: 0 supervisors, 0 workers": UNKNOWN,
    "GoodJob: 0 processes running": UNKNOWN,
    "0 running processes": UNKNOWN,
    "No Solid Queue processes running": UNKNOWN,
    "No active Sidekiq processes": UNKNOWN,
    "No supervisor found": UNKNOWN,
    "0 dispatchers, 2 workers": UNKNOWN,
    "Workers: 0": UNKNOWN,
    "SolidQueue processes: 0": UNKNOWN,
    "Dead workers: 2": UNKNOWN,
    "3 processes, 2 dead processes": UNKNOWN,
    "queue paused": UNKNOWN,
    "SolidQueue: 2 processes": OK,
    "Solid Queue: 1 supervisor, 10 workers": OK,
    "2 processes, 0 dead": OK,
    "2 processes, 0 dead processes": OK,
    "Dead workers: 0": OK,
    "0 processes waiting": OK,
    "0 processes were pruned": OK,
    "No dead processes": OK,
    "Processes: 3": OK,
    "0 queues paused": OK,
    "0 jobs waiting, 3 processes": OK,
}


@pytest.mark.parametrize(("text", "expected"), SEEN_OF_JOBS.items())
def test_message_about_who_takes_jobs_counts(text: str, expected: str) -> None:
    """Beside a check that says it succeeded."""
    assert verdict(OKCOMPUTER.format(text).encode()) == expected
