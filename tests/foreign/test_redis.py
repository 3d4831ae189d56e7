"""Redis in the words of its variants: INFO of servers and hosts, and their error replies.

The field names and replies are those of Redis, Valkey, KeyDB and Dragonfly (their sources), of Amazon ElastiCache
and DigitalOcean (which lack CONFIG), and of Upstash (its documentation); the values are invented.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from redis._parsers.helpers import parse_info

from playbook.clients.redis import Address, ReadOnlyRedis
from playbook.clients.redis_replies import NotAllowed, UnknownCommand
from playbook.core.errors import Denied, Malformed, Refused, Unmeasured
from playbook.core.secret import Secret
from playbook.core.verdict import Verdict
from playbook.measure.redis.redis_failed import calls_of
from playbook.settings.model import TimeLimits
from playbook.settings.sections.queues import Preset
from tests.redis_factory import alive, hit_rate, settings_of, stats_of
from tests.unit.loopback import serve

DATA = Path(__file__).parent / "data" / "redis"
OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
SERVED = {
    "cluster_size": "1",
    "cluster_state": "ok",
    "cluster_slots_ok": "16384",
    "cluster_slots_pfail": "0",
    "cluster_slots_fail": "0",
}


def info_of(name, **changes):
    """As the client parses it, after the library."""
    text = (DATA / f"{name}.txt").read_text(encoding="utf-8")
    info = {**parse_info(text.replace("\n", "\r\n")), **changes}
    return {field: value for field, value in info.items() if value is not None}


def yesterday_of(info):
    """The same server a day before: 200 reads fewer, of which ten missed."""
    earlier = {"keyspace_hits": 190, "keyspace_misses": 10, "total_commands_processed": 900}
    earlier["uptime_in_seconds"] = 86_400
    return {**info, **{field: info[field] - less for field, less in earlier.items() if field in info}}


@pytest.mark.parametrize(
    ("name", "verdict", "message"),
    [
        ("redis-6.0", UNKNOWN, "Refusals by Redis: expected errorstats in INFO, got none"),
        ("redis-7.2", OK, ""),
        ("redis-8.2", OK, ""),
        ("valkey-8.1", OK, ""),
        ("digitalocean-valkey-8", OK, ""),
        ("keydb-6.3", OK, ""),
        (
            "keydb-6.3-replica",
            CRITICAL,
            "expected a link to the primary, got none: its role is active-replica and its link is down",
        ),
        ("dragonfly-1-replica", CRITICAL, "expected a link to the primary, got none"),
        ("elasticache-7.1-cluster", OK, ""),
        ("upstash", UNKNOWN, "expected loading in INFO, got none"),
        ("sentinel-7", UNKNOWN, ""),
    ],
)
def test_servers_of_each_kind_have_their_verdict(name, verdict, message):
    """Healthy or broken, in their own words, with yesterday's run to compare with."""
    info = info_of(name)
    found = alive(info, yesterday_of(info), cluster=SERVED)
    assert found[0] is verdict, found
    assert message in found[1]
    if name not in {"sentinel-7"}:
        assert hit_rate(info, yesterday_of(info), cluster=SERVED)[0] is OK


def commands(**told):
    """``INFO commandstats`` as Redis 7.2 and Valkey tell it, by command: calls, and how many of them failed."""
    lines = [
        f"cmdstat_{name}:calls={calls},usec={calls * 3},usec_per_call=3.00,rejected_calls=0,failed_calls={failed}"
        for name, (calls, failed) in told.items()
    ]
    return parse_info("# Commandstats\r\n" + "\r\n".join(lines) + "\r\n")


GOOD_CALLS = {
    "get": (400_000, 3),
    "setex": (90_000, 0),
    "evalsha": (80_000, 900),
    "client|setinfo": (9_000, 9_000),
}


@pytest.mark.parametrize(
    ("before", "now", "verdict", "message"),
    [
        # An application that has begun to store hashes under keys that an older release reads with GET.
        (
            GOOD_CALLS,
            GOOD_CALLS | {"get": (500_000, 80_003)},
            WARNING,
            "got 80.0 % in 24 h (80,000 of 100,000, mostly GET)",
        ),
        (GOOD_CALLS, GOOD_CALLS | {"get": (500_000, 903)}, OK, ""),  # nine in a thousand
        # Scripts that are loaded when they are asked for, and clients that tell their names to an old server.
        (
            GOOD_CALLS,
            GOOD_CALLS | {"evalsha": (99_000, 9_000), "client|setinfo": (20_000, 20_000)},
            OK,
            "",
        ),
        ({"get": (400_000, 90_000)}, {"get": (500_000, 90_000)}, OK, ""),  # of some day before
        ({"get": (400_000, 0)}, {"get": (400_019, 19)}, OK, ""),  # somebody with redis-cli
        ({}, {}, OK, ""),
    ],
)
def test_commands_that_fail_are_found_although_they_are_hits(before, now, verdict, message):
    """WRONGTYPE: the key is there, so that the hit rate is as good as ever."""
    info = info_of("valkey-8.1")
    yesterday = {**yesterday_of(info), **calls_of(commands(**before))}
    found = alive(info, yesterday, commandstats=commands(**now))
    assert (found[0], message in found[1]) == (verdict, True), found


def test_failed_commands_are_not_looked_for_where_none_are_counted():
    """Before Redis 6.2, and by Dragonfly; and by a user who may not ask."""
    denied = NotAllowed("Redis: expected INFO commandstats to be allowed, got NOPERM", service="Redis")
    for answer in ({"cmdstat_get": {"calls": 9, "usec": 9}}, denied):
        assert alive(info_of("valkey-8.1"), yesterday_of(info_of("valkey-8.1")), commandstats=answer)[0] is OK


def test_dragonfly_does_not_report_rejected_clients():
    """It writes -1 for unknown, which is no number of connections; an operator may accept that."""
    info = info_of("dragonfly-1")
    verdict, message = alive(info, yesterday_of(info))
    assert verdict is UNKNOWN
    assert "expected rejected_connections in INFO, got -1" in message
    accepted = settings_of(redis={"not_told": ["rejected_connections"]})
    assert alive(info, yesterday_of(info), settings=accepted)[0] is OK
    refused = {**info, "oom_rejections": 40}
    assert alive(refused, yesterday_of(info), settings=accepted)[0] is WARNING


def test_dragonfly_tells_of_persistence_when_asked_for_it():
    """Not in the default sections; an error about the snapshot counts."""
    told = info_of("dragonfly-1")
    kept = {name: told.pop(name) for name in ("loading", "rdb_last_bgsave_status", "rdb_bgsave_in_progress")}
    accepted = settings_of(redis={"not_told": ["rejected_connections"]})
    assert alive(told, yesterday_of(told), settings=accepted, persistence=kept)[0] is OK
    for bad in ({"rdb_last_bgsave_status": "err"}, {"loading": 1}):
        found = alive(told, yesterday_of(told), settings=accepted, persistence={**kept, **bad})
        assert found[0] is CRITICAL
    unknown = Malformed("Redis: expected INFO's fields, got none", service="Redis")
    assert alive(told, yesterday_of(told), settings=accepted, persistence=unknown)[0] is UNKNOWN


def test_host_with_few_fields_is_judged_by_those():
    """Upstash omits memory, persistence and replication: declared by its operator, the rest is judged."""
    missing = ["loading", "maxmemory", "used_memory", "role", "rdb_last_bgsave_status", "aof_last_write_status"]
    missing += ["aof_last_bgrewrite_status", "cluster_enabled", "errorstats", "rejected_connections"]
    accepted = settings_of(redis={"not_told": missing})
    info = info_of("upstash")
    assert alive(info, yesterday_of(info), settings=accepted)[0] is OK
    assert alive({**info, "connected_clients": 1_000}, yesterday_of(info), settings=accepted)[0] is CRITICAL
    for full in ({"total_data_size": "256.00M"}, {"max_data_size": 2**28, "total_data_size": 2**28 + 1}):
        found = alive({**info, **full}, yesterday_of(info), settings=accepted)
        assert found[0] is CRITICAL, found
        assert "Storage of Redis: expected room for writes" in found[1]


def test_kvrocks_is_judged_by_its_own_fields():
    """Its data are on disk, its replicas have no state, and their lag is a number of entries."""
    accepted = settings_of(redis={"not_told": ["maxmemory", "used_memory", "errorstats", "rejected_connections"]})
    info = info_of("kvrocks-2")
    assert alive(info, yesterday_of(info), settings=accepted)[0] is OK
    for bad, message in (
        ({"last_bgsave_status": "err"}, "expected the newest snapshot saved, got last_bgsave_status:err"),
        ({"used_disk_size": 53_687_091_200}, "Storage of Redis: expected room for writes"),
        ({"used_db_size": 1024**3}, "Storage of Redis: expected room for writes, got 1,024.0 MiB of 1,024.0"),
    ):
        found = alive({**info, **bad}, yesterday_of(info), settings=accepted)
        assert found[0] is CRITICAL
        assert message in found[1]


@pytest.mark.parametrize(
    ("name", "changes", "verdict"),
    [
        ("redis-6.0", {"used_memory": 1024**3}, CRITICAL),
        ("redis-6.0", {"rdb_last_bgsave_status": "err"}, CRITICAL),
        ("redis-7.2", {"used_memory": 1024**3, "used_memory_rss": 1024**3}, OK),
        ("redis-7.2", {"used_memory": 1024**3, "mem_fragmentation_ratio": 0.06}, WARNING),  # it was swapped out
        (
            "redis-7.2",
            {"maxmemory": 8 * 1024**3, "used_memory_rss": 4 * 1024**3},
            CRITICAL,
        ),  # the machine has 4 GiB
        ("digitalocean-valkey-8", {"maxmemory": 3 * 1024**3, "used_memory_rss": 1024**3}, OK),
        ("redis-7.2", {"aof_last_write_status": "err"}, CRITICAL),
        ("redis-7.2", {"loading": 1}, CRITICAL),
        ("redis-7.2", {"rdb_bgsave_in_progress": 1, "rdb_current_bgsave_time_sec": 90_000}, WARNING),
        ("redis-7.2", {"rdb_bgsave_in_progress": 1, "rdb_current_bgsave_time_sec": 90}, OK),
        ("redis-7.2", {"role": "slave", "master_link_status": "down"}, CRITICAL),
        ("redis-7.2", {"errorstat_OOM": {"count": 812}}, WARNING),
        ("redis-7.2", {"errorstat_MISCONF": {"count": 3}}, WARNING),
        ("redis-7.2", {"errorstat_WRONGPASS": {"count": 40}}, WARNING),
        ("redis-7.2", {"errorstat_NOAUTH": {"count": 900}, "errorstat_NOPERM": {"count": 20}}, OK),
        ("redis-7.2", {"min_slaves_good_slaves": 0}, CRITICAL),
        ("redis-7.2", {"connected_clients": 10_000}, CRITICAL),
        ("redis-8.2", {"master_failover_state": "waiting-for-sync"}, CRITICAL),
        ("redis-8.2", {"rejected_connections": 12}, WARNING),
        ("redis-8.2", {"evicted_clients": 12}, WARNING),
        ("valkey-8.1", {"client_output_buffer_limit_disconnections": 3}, WARNING),
        # The limit of clients includes replicas and the cluster's own connections.
        ("redis-7.2", {"maxclients": 20, "connected_clients": 9, "cluster_connections": 11}, CRITICAL),
        ("valkey-8.1", {"used_memory_rss": 4 * 1024**3}, CRITICAL),
        ("keydb-6.3", {"slave0": {"state": "send_bulk"}}, WARNING),
        ("elasticache-7.1-cluster", {"used_memory": 4 * 1024**3, "db0": {"keys": 9, "expires": 0}}, CRITICAL),
        ("digitalocean-valkey-8", {"connected_clients": 10_000}, CRITICAL),
        ("valkey-8.1", {"paused_actions": "none", "paused_reason": "none"}, OK),
        ("valkey-8.1", {"paused_actions": "write", "paused_reason": "client_pause"}, WARNING),
        ("valkey-8.1", {"paused_actions": "all", "paused_reason": "failover_in_progress"}, WARNING),
        # It counts a replica, or has a field for one, without its state.
        ("redis-7.2", {"slave0": {"ip": "10.0.0.6", "port": 6379, "lag": 0}}, UNKNOWN),
        ("redis-7.2", {"connected_slaves": 1}, UNKNOWN),
        ("keydb-6.3", {"slave0": "ip=10.0.0.6,port"}, UNKNOWN),
        ("keydb-6.3", {"connected_slaves": 2}, UNKNOWN),
    ],
)
def test_faults_are_found_in_the_words_of_each_kind(name, changes, verdict):
    """Also where other fields are missing."""
    info = info_of(name)
    found = alive({**info, **changes}, yesterday_of(info), cluster=SERVED)
    assert found[0] is verdict, found


@pytest.mark.parametrize("preset", get_args(Preset))
@pytest.mark.parametrize(
    ("changes", "enough", "holds"),
    [
        ({"maxmemory_policy": "allkeys-lru", "evicted_keys": 812}, True, False),
        ({"maxmemory_policy": "allkeys-lfu", "evicted_keys": 1}, True, False),
        ({"maxmemory_policy": "allkeys-random", "evicted_keys": 812}, True, False),
        ({"maxmemory_policy": "allkeys-lru", "evicted_keys": 0}, True, True),
        ({"maxmemory_policy": "volatile-lru", "evicted_keys": 812}, True, True),  # jobs never expire
        ({"maxmemory_policy": "noeviction", "evicted_keys": 812}, True, True),  # before the policy was changed
        ({"maxmemory_policy": "allkeys-lru", "evicted_keys": None}, True, True),
    ],
)
def test_evicted_keys_may_have_been_jobs(preset, changes, enough, holds):
    """https://docs.bullmq.io/guide/going-to-production and Sidekiq's warning at its start."""
    info = info_of("redis-7.2", **changes)
    yesterday = yesterday_of({**info, "evicted_keys": 0})
    queues = settings_of(redis={"queues": [{"preset": preset, "name": "images"}]})
    for settings, expected in ((queues, holds), (settings_of(), True)):
        found = [one for one in stats_of(info, yesterday, settings=settings).work if "of jobs" in one.subject]
        assert all(one.holds for one in found) is expected
        assert all(one.warn and one.coverage.enough for one in found) is enough
    first = stats_of(info, None, settings=queues).work
    assert holds or not all(one.coverage.enough for one in first if "of jobs" in one.subject)


# --------------------------------------------------------------------------------------------------- error replies

REPLIES: list[tuple[str, type[Unmeasured], str]] = [
    # States in which the server does not work.
    ("LOADING Redis is loading the dataset in memory", Refused, "LOADING Redis is loading"),
    ("LOADING Dragonfly is loading the dataset in memory", Refused, "LOADING Dragonfly"),
    ("LOADING KeyDB is loading the dataset in memory", Refused, "LOADING KeyDB"),
    (
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        Refused,
        "BUSY Redis",
    ),
    ("BUSY Valkey is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.", Refused, "BUSY"),
    ("BUSY Redis is busy running a module command.", Refused, "BUSY"),
    ("MISCONF Errors writing to the AOF file: No space left on device", Refused, "No space left on device"),
    (
        "MISCONF Redis is configured to save RDB snapshots, but is currently not able to persist on disk.",
        Refused,
        "MIS",
    ),
    (
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        Refused,
        "MASTERDOWN Link",
    ),
    ("MASTERDOWN Link with MASTER is down and slave-serve-stale-data is set to 'no'.", Refused, "MASTERDOWN Link"),
    ("OOM command not allowed when used memory > 'maxmemory'.", Refused, "OOM command not allowed"),
    ("ERR Out of memory", Refused, "Out of memory"),
    ("NOREPLICAS Not enough good replicas to write.", Refused, "NOREPLICAS Not enough"),
    ("READONLY You can't write against a read only replica.", Refused, "READONLY You can't write"),
    ("CLUSTERDOWN The cluster is down", Refused, "CLUSTERDOWN The cluster is down"),
    ("CLUSTERDOWN Hash slot not served", Refused, "CLUSTERDOWN Hash slot not served"),
    ("ERR max number of clients reached", Refused, "max number of clients reached"),
    ("ERR max number of clients + cluster connections reached", Refused, "max number of clients + cluster"),
    (
        "ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.",
        Refused,
        "max daily request limit exceeded",
    ),
    ("ERR max requests limit exceeded.", Refused, "max requests limit exceeded"),
    ("ERR max concurrent connections exceeded", Refused, "max concurrent connections exceeded"),
    ("ERR DB capacity quota exceeded", Refused, "DB capacity quota exceeded"),
    # Missing permissions.
    ("NOAUTH Authentication required.", Denied, "NOAUTH Authentication required"),
    (
        "WRONGPASS invalid username-password pair or user is disabled.",
        Denied,
        "WRONGPASS invalid username-password",
    ),
    ("WRONGPASS invalid or missing auth token", Denied, "WRONGPASS invalid or missing auth token"),
    ("ERR invalid password", Denied, "invalid password"),
    ("ERR operation not permitted", Denied, "operation not permitted"),
    ("ERR Client sent AUTH, but no password is set", Denied, "no password is set"),
    ("NOPERM this user has no permissions to run the 'llen' command", NotAllowed, "NOPERM this user has no perm"),
    ("NOPERM User monitor has no permissions to run the 'llen' command", NotAllowed, "NOPERM User monitor"),
    ("NOPERM No permissions to access a key", NotAllowed, "NOPERM No permissions to access a key"),
    (
        "DENIED Redis is running in protected mode because protected mode is enabled",
        Denied,
        "DENIED Redis is running",
    ),
    ("DENIED Running in protected mode because protected mode is enabled", Denied, "DENIED Running in protected"),
    # Wrong address.
    ("MOVED 3999 10.0.0.7:6381", Malformed, "one node of a cluster, and another one holds what was asked for"),
    ("ASK 3999 10.0.0.7:6381", Malformed, "one node of a cluster, and what was asked for is on its way"),
    ("TRYAGAIN Multiple keys request during rehashing of slot", Malformed, "whose slots are just being moved"),
    ("CROSSSLOT Keys in request don't hash to the same slot", Malformed, "cannot answer about keys of several"),
    ("REDIRECT 10.0.0.5:6379", Malformed, "a replica that sends us on to its primary"),
    # Unsupported commands.
    (
        "ERR unknown command 'LLEN', with args beginning with: 'queue' ",
        UnknownCommand,
        "does not know that command",
    ),
    (
        "ERR unknown command `LLEN`, with args beginning with: `queue`, ",
        UnknownCommand,
        "does not know that command",
    ),
    ("ERR unknown command 'LLEN'", UnknownCommand, "does not know that command"),
    ("ERR unknown subcommand 'GET'. Try CONFIG HELP.", UnknownCommand, "does not know that command"),
    ("ERR Command is not available: 'LLEN'. See https://docs.upstash.com", UnknownCommand, "does not know that"),
    # Any other reply has no known meaning.
    ("NOSCRIPT No matching script. Please use EVAL.", Malformed, "NOSCRIPT No matching script"),
    (
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        Malformed,
        "WRONGTYPE Operation against",
    ),
    ("EXECABORT Transaction discarded because of previous errors.", Malformed, "EXECABORT Transaction"),
    ("ERR syntax error", Malformed, "syntax error"),
    ("NEWCODE something that no version has said so far", Malformed, "NEWCODE something"),
]


def asked(reply, ask):
    """Result of a command that the server always answers like this."""
    with serve(f"-{reply}\r\n".encode(), reader=lambda connection: connection.recv(65536)) as server:
        address = Address.parse(Secret(f"redis://127.0.0.1:{server.port}"), "x")
        client = ReadOnlyRedis(address, time_limits=TimeLimits(connect=20.0, read=20.0))
        with pytest.raises(Unmeasured) as caught:
            ask(client)
        client.close()
    return caught.value


@pytest.mark.parametrize(("reply", "kind", "message"), REPLIES, ids=[reply[:60] for reply, _, _ in REPLIES])
def test_error_reply_has_its_type_and_message(reply, kind, message):
    """The type decides the verdict; the message contains the server's words."""
    error = asked(reply, lambda client: client.llen("queue"))
    assert type(error) is kind
    assert message in str(error)
    assert str(error).startswith("Redis: expected ")


STATES = [reply for reply, kind, _ in REPLIES if kind is Refused]
OTHERS = [reply for reply, kind, _ in REPLIES if kind is not Refused and not issubclass(kind, Denied)]


@pytest.mark.parametrize("reply", STATES)
def test_state_that_stops_its_work_is_critical(reply):
    """As an answer to PING, INFO or the queue."""
    refused = asked(reply, lambda client: client.ping())
    info = info_of("redis-7.2")
    verdict, message = alive(info, yesterday_of(info), pings=[refused])
    assert verdict is CRITICAL
    assert message.startswith("Redis: expected PONG in answer to PING, got ")
    verdict, message = alive(refused)
    assert (verdict, message) == (CRITICAL, f"Redis: expected an answer to INFO, got {refused.words}")
    verdict, message = alive(info, yesterday_of(info), lists={"image-processing-queue": refused})
    assert (verdict, message) == (CRITICAL, f"Image queue: expected an answer to LLEN, got {refused.words}")


@pytest.mark.parametrize("reply", OTHERS)
def test_unrelated_error_is_neither_ok_nor_failing(reply):
    """UNKNOWN, for INFO as for the queue."""
    error = asked(reply, lambda client: client.llen("queue"))
    info = info_of("redis-7.2")
    assert alive(error)[0] is UNKNOWN
    assert alive(info, yesterday_of(info), lists={"image-processing-queue": error})[0] is UNKNOWN


# ----------------------------------------------------------------------------------------- answers of another form

ODD = [
    b"$-1\r\n",
    b"*0\r\n",
    b":-7\r\n",
    b"+QUEUED\r\n",
    b"$3\r\nabc\r\n",
    b"*1\r\n$1\r\nx\r\n",
    b"*2\r\n:1\r\n:2\r\n",
]
ASKED = {
    "PING": lambda client: client.ping(),
    "INFO": lambda client: client.info(),
    "LLEN": lambda client: client.llen("q"),
    "HGETALL": lambda client: client.hgetall("h"),
    "DBSIZE": lambda client: client.size(),
    "SLOWLOG": lambda client: client.slow_commands(9),
    "CONFIG": lambda client: client.config("slowlog-*"),
}
FITS = {(command, b"*0\r\n") for command in ("HGETALL", "SLOWLOG", "CONFIG")}


@pytest.mark.parametrize("answer", ODD)
@pytest.mark.parametrize("command", ASKED)
def test_answer_of_another_shape_is_malformed(command, answer):
    """Nothing, a negative number, a word, another list: no crash, and no value made of it."""
    with serve(answer, reader=lambda connection: connection.recv(65536)) as server:
        address = Address.parse(Secret(f"redis://127.0.0.1:{server.port}"), "x")
        client = ReadOnlyRedis(address, time_limits=TimeLimits(connect=20.0, read=20.0))
        if (command, answer) in FITS:
            assert not ASKED[command](client)
        else:
            with pytest.raises(Malformed):
                ASKED[command](client)
        client.close()
