"""daily.redis.alive: each field of INFO that shows whether Redis works, and each missing field."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.core.errors import Malformed, Refused
from playbook.core.verdict import Verdict
from tests.redis_factory import INFO, YESTERDAY, alive, hit_rate, optimization, settings_of, stats_of

OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
MIB = 1024 * 1024
GONE = object()
FEW = {"keys": 5_000, "expires": 3}


def info(**changes):
    told = {**INFO, **changes}
    if isinstance(changes.get("used_memory"), int) and "used_memory_rss" not in changes:
        told["used_memory_rss"] = told["used_memory"] + 5 * MIB
    return {name: value for name, value in told.items() if value is not GONE}


REPLICA = {
    "role": "slave",
    "master_host": "10.0.0.5",
    "master_link_status": "up",
    "master_sync_in_progress": 0,
    "slave_read_only": 1,
}


def test_healthy_server_is_ok():
    """By all of its fields."""
    assert alive(info())[0] is OK


@pytest.mark.parametrize(
    ("changes", "verdict", "message"),
    [
        ({"loading": 1, "loading_loaded_perc": 34.2}, CRITICAL, "all loaded, got still loading (34 % of them)"),
        ({"async_loading": 1}, WARNING, "got old ones, as new ones are loading"),
        ({"shutdown_in_milliseconds": 9_000}, CRITICAL, "got one that shuts down in 9 s"),
        ({"server_mode": "sentinel"}, UNKNOWN, "expected a server that holds data, got a Sentinel"),
        # memory
        (
            {"used_memory": 256 * MIB, "maxmemory_policy": "noeviction"},
            CRITICAL,
            "got full memory (256.0 MiB of 256.0 MiB) under noeviction: writes are refused",
        ),
        (
            {"used_memory": 257 * MIB, "maxmemory_policy": "volatile-lru", "db0": {"keys": 9, "expires": 0}},
            CRITICAL,
            "under volatile-lru, and no key expires: writes are refused",
        ),
        ({"used_memory": 257 * MIB}, OK, ""),
        ({"used_memory": 257 * MIB, "maxmemory_policy": "volatile-lru"}, OK, ""),
        ({"used_memory": 257 * MIB, "maxmemory_policy": "eviction"}, OK, ""),
        ({"used_memory": 257 * MIB, "maxmemory_policy": "some-policy"}, UNKNOWN, "expected maxmemory_policy in"),
        (
            {"used_memory": 262 * MIB, "mem_not_counted_for_evict": 8 * MIB, "maxmemory_policy": "noeviction"},
            CRITICAL,
            "Memory of Redis: expected at most 80 %, got 99.219 % (254.0 MiB of 256.0 MiB)",
        ),
        (
            {"used_memory": 215 * MIB, "maxmemory_policy": "noeviction"},
            WARNING,
            "Memory of Redis: expected at most 80 %, got 83.984 %",
        ),
        (
            {"maxmemory_policy": "volatile-ttl", "db0": {"keys": 120, "expires": 0}},
            WARNING,
            "nothing can be evicted under volatile-ttl, and no key expires",
        ),
        ({"maxmemory_policy": "volatile-ttl", "db0": GONE}, OK, ""),
        ({"current_eviction_exceeded_time": 61_000}, WARNING, "got over its limit for 1 min"),
        (
            {"maxmemory": 0, "used_memory_rss": 3_900 * MIB},
            CRITICAL,
            "got 3,900.0 MiB of the machine's 4,096.0 MiB used, and no limit",
        ),
        ({"maxmemory": 0}, OK, ""),
        (
            {"maxmemory": 8 * 1024 * MIB, "used_memory": 3_800 * MIB, "used_memory_rss": 3_900 * MIB},
            CRITICAL,
            "got 3,900.0 MiB of the machine's 4,096.0 MiB used, and no limit below that",
        ),
        ({"maxmemory": 8 * 1024 * MIB, "total_system_memory": GONE}, OK, ""),
        # a policy that may evict few keys only
        (
            {"used_memory": 255 * MIB, "maxmemory_policy": "volatile-lru", "db0": FEW, "evicted_keys": 0},
            CRITICAL,
            "Memory of Redis: expected at most 80 %, got 99.609 %",
        ),
        (
            {"used_memory": 256 * MIB, "maxmemory_policy": "volatile-lru", "db0": FEW, "evicted_keys": 0},
            CRITICAL,
            "under volatile-lru, and hardly any key expires: writes are refused",
        ),
        (
            {"used_memory": 255 * MIB, "maxmemory_policy": "volatile-lru", "db0": FEW},
            OK,
            "",
        ),  # it has evicted some
        ({"maxmemory_policy": "volatile-lru", "db0": FEW, "evicted_keys": 0}, OK, ""),
        ({"used_memory": 0}, UNKNOWN, "expected used_memory in INFO, got 0"),
        ({"maxmemory": 0, "used_memory_rss": 0}, UNKNOWN, "expected used_memory_rss in INFO, got 0"),
        (
            {"used_memory": 200 * MIB, "used_memory_rss": 60 * MIB},
            WARNING,
            "Data of Redis in memory: expected nearly all of them, got 60.0 MiB of 200.0 MiB: the machine has",
        ),
        ({"used_memory": 200 * MIB, "used_memory_rss": 190 * MIB}, OK, ""),
        ({"used_memory": 90 * MIB, "used_memory_rss": 9 * MIB}, OK, ""),
        ({"used_memory": 200 * MIB, "used_memory_rss": 0}, OK, ""),
        (
            {"used_memory": 200 * MIB, "used_memory_rss": 60 * MIB, "repl_backlog_size": 150 * MIB},
            OK,
            "",
        ),
        (
            {
                "used_memory": 200 * MIB,
                "used_memory_rss": 60 * MIB,
                "repl_backlog_size": 150 * MIB,
                "repl_backlog_histlen": 150 * MIB,
            },
            WARNING,
            "the machine has swapped out the rest",
        ),
        ({"maxmemory": 0, "total_system_memory": GONE}, UNKNOWN, "expected total_system_memory in INFO, got none"),
        # replication
        ({"master_failover_state": "failover-in-progress"}, CRITICAL, "failover-in-progress: writes wait"),
        ({"master_failover_state": "waiting-for-sync"}, CRITICAL, "expected no failover"),
        ({"min_slaves_good_slaves": 0}, CRITICAL, "got none: writes are refused"),
        ({"slave0": {"state": "online", "lag": 900}}, WARNING, "every replica online, got slave0 900 s behind"),
        (
            {**REPLICA, "slave_read_only": 0, "master_last_io_seconds_ago": 4_000},
            WARNING,
            "heard of it for 1 h 6 min",
        ),
        ({"connected_clients": 9_499}, CRITICAL, "got 95 % of those it allows (9,500 of 10,000)"),
        ({"connected_clients": 7_999}, WARNING, "got 80 % of those it allows"),
        ({"errorstat_ERRORSTATS_DISABLED": {"count": 1}}, UNKNOWN, "expected errorstats in INFO, got none"),
        ({"slave0": {"state": "wait_bgsave"}}, WARNING, "every replica online, got slave0 wait_bgsave"),
        ({**REPLICA}, WARNING, "got a read-only replica of 10.0.0.5: it refuses every write"),
        ({**REPLICA, "slave_read_only": 0}, OK, ""),
        (
            {**REPLICA, "master_link_status": "down", "master_link_down_since_seconds": 900},
            CRITICAL,
            "a link to the primary, got none for 15 min: its role is slave and its link is down",
        ),
        (
            {**REPLICA, "master_link_status": "down", "master_sync_in_progress": 1},
            CRITICAL,
            "and its link is down",
        ),
        ({**REPLICA, "slave_read_only": 0, "master_link_status": GONE}, UNKNOWN, "expected master_link_status in"),
        ({**REPLICA, "slave_read_only": 0, "master_link_status": "?"}, UNKNOWN, "in INFO, got '?'"),
        ({"role": "replica", "master_link_status": "down"}, CRITICAL, "its role is replica and its link is down"),
        (
            {"role": "active-replica", "master_global_link_status": "down", "master_1_link_status": "down"},
            CRITICAL,
            "its role is active-replica and its link is down",
        ),
        ({"role": "active-replica", "master_global_link_status": "up"}, OK, ""),
        ({"role": "observer"}, UNKNOWN, "expected role in INFO, got 'observer'"),
        # persistence
        ({"rdb_last_bgsave_status": "err"}, CRITICAL, "the newest snapshot saved, got rdb_last_bgsave_status:err"),
        ({"aof_last_write_status": "err"}, CRITICAL, "append-only file written, got aof_last_write_status:err"),
        ({"aof_last_bgrewrite_status": "err"}, WARNING, "file rewritten, got aof_last_bgrewrite_status:err"),
        ({"aof_enabled": 0, "aof_last_write_status": GONE, "aof_last_bgrewrite_status": GONE}, OK, ""),
        ({"aof_enabled": 0, "aof_last_write_status": "err"}, CRITICAL, "aof_last_write_status:err"),
        # clients
        ({"connected_clients": 9_999}, CRITICAL, "Clients of Redis: expected room for one more, got 10,000 of"),
        ({"maxclients": GONE}, OK, ""),
        ({"maxclients": GONE, "max_clients": 13}, CRITICAL, "got 13 of 13 connected"),
        ({"rejected_connections": 4}, WARNING, "turned away by Redis: expected none, got 4 in 24 h"),
        # refusals since the run before
        ({"errorstat_OOM": {"count": 12}}, WARNING, "Refusals by Redis: expected none, got 12 with OOM in 24 h"),
        (
            {"errorstat_READONLY": {"count": 3}, "errorstat_MISCONF": {"count": 2}},
            WARNING,
            "got 2 with MISCONF, 3 with READONLY in 24 h",
        ),
        ({"errorstat_NOREPLICAS": {"count": 1}}, WARNING, "1 with NOREPLICAS"),
        ({"errorstat_OOM": "count=many"}, UNKNOWN, "expected errorstats in INFO"),
        ({"total_error_replies": GONE, "errorstat_ERR": GONE}, UNKNOWN, "expected errorstats in INFO, got none"),
    ],
)
def test_bad_info_field_gives_its_verdict(changes, verdict, message):
    """PONG alone is not enough."""
    found = alive(info(**changes))
    assert found[0] is verdict, found
    assert message in found[1]


CLUSTER = {
    "cluster_size": "1",
    "cluster_state": "ok",
    "cluster_slots_ok": "16384",
    "cluster_slots_pfail": "0",
    "cluster_slots_fail": "0",
}


@pytest.mark.parametrize(
    ("cluster", "verdict", "message"),
    [
        (CLUSTER, OK, ""),
        ({**CLUSTER, "cluster_state": "fail"}, CRITICAL, "got cluster_state:fail, 16,384 of 16,384 slots"),
        ({**CLUSTER, "cluster_slots_ok": "11000"}, CRITICAL, "11,000 of 16,384 slots"),
        ({**CLUSTER, "cluster_slots_fail": "5"}, CRITICAL, "all slots served"),
        ({**CLUSTER, "cluster_slots_ok": "16000", "cluster_slots_pfail": "384"}, WARNING, "384 doubted"),
        (
            {**CLUSTER, "cluster_size": "3"},
            UNKNOWN,
            "figures of every node of the cluster (3), got those of one",
        ),
        ({**CLUSTER, "cluster_size": ""}, UNKNOWN, "expected figures of every node of the cluster, got"),
        ({"cluster_size": "1", "cluster_slots_ok": "16384"}, UNKNOWN, "got cluster_state:not told"),
        ({"cluster_size": "1", "cluster_state": "ok"}, UNKNOWN, "expected cluster_state:ok and its slots"),
        ({**CLUSTER, "cluster_state": "new-word"}, UNKNOWN, "cluster_state:new-word"),
        (
            Malformed("this server does not know that command", service="Redis"),
            UNKNOWN,
            "every node of the cluster, got",
        ),
    ],
)
def test_cluster_must_serve_all_slots(cluster, verdict, message):
    """Measured only on a cluster."""
    found = alive(info(cluster_enabled=1), cluster=cluster)
    assert found[0] is verdict, found
    assert message in found[1]


def test_each_node_of_a_cluster_may_be_a_separate_target():
    """If its operator says so; then it is judged by itself."""
    cluster = {**CLUSTER, "cluster_size": "3"}
    each = settings_of(redis={"not_told": ["cluster_nodes"]})
    assert alive(info(cluster_enabled=1), cluster=cluster, settings=each)[0] is OK
    bad = info(cluster_enabled=1, rdb_last_bgsave_status="err")
    assert alive(bad, cluster=cluster)[0] is CRITICAL


def test_refusals_are_counted_since_the_run_before():
    """Old ones do not count; without an earlier reading the recent ones are unknown."""
    old = {"errorstat_OOM": {"count": 12}, "rejected_connections": 3}
    assert alive(info(**old), {**YESTERDAY, **old})[0] is OK
    verdict, message = alive(info(**old), None)
    assert verdict is UNKNOWN
    assert "expected a reading of its counters from 1 to 50 h before, got none" in message
    assert alive(info(), None)[0] is OK


def test_refusals_of_a_server_that_just_started_count():
    """An hour is too short for a good growth, but all of its refusals happened in it."""
    young = {"uptime_in_seconds": 260, "errorstat_OOM": {"count": 1}}
    message = "Refusals by Redis: expected none, got 1 with OOM in the 4 min since it started"
    assert alive(info(**young), None) == (WARNING, message)
    assert alive(info(uptime_in_seconds=260), None)[0] is OK
    away = "Connections turned away by Redis: expected none, got 3 in the 4 min since it started"
    assert alive(info(uptime_in_seconds=260, rejected_connections=3), None) == (WARNING, away)
    assert alive(info(**{**young, "uptime_in_seconds": 90_000}), None)[0] is not OK


NEEDED = (
    *(
        "loading",
        "used_memory",
        "maxmemory",
        "maxmemory_policy",
        "role",
        "rdb_last_bgsave_status",
        "cluster_enabled",
    ),
    *("aof_last_write_status", "aof_last_bgrewrite_status"),
)


@pytest.mark.parametrize("name", NEEDED)
def test_missing_field_is_unknown_unless_accepted(name):
    """The message names it; an operator whose service never sends it may accept the gap."""
    verdict, message = alive(info(**{name: GONE}))
    assert verdict is UNKNOWN
    assert f"expected {name} in INFO, got none" in message
    accepted = settings_of(redis={"not_told": [name]})
    assert alive(info(**{name: GONE}), settings=accepted)[0] is OK
    assert hit_rate(info(**{name: GONE}))[0] is OK


def test_accepted_gap_hides_nothing_bad():
    """A value that is sent after all is judged."""
    accepted = settings_of(redis={"not_told": ["rdb_last_bgsave_status", "loading"]})
    assert alive(info(rdb_last_bgsave_status="err"), settings=accepted)[0] is CRITICAL
    assert alive(info(loading=1), settings=accepted)[0] is CRITICAL


def test_server_error_instead_of_pong_is_critical():
    """At the first PING or at a later one, with its own text; other bad results would count too."""
    refusal = Refused(
        "m", words="MISCONF Errors writing to the AOF file: No space left on device", service="Redis"
    )
    for pings in ([refusal], [0.001, 0.001, refusal]):
        verdict, message = alive(info(), pings=pings)
        assert (verdict, message) == (
            CRITICAL,
            "Redis: expected PONG in answer to PING, got MISCONF Errors writing to the AOF file: No "
            "space left on device",
        )


def test_without_info_other_bad_evidence_still_counts():
    """INFO refused is UNKNOWN; with a long queue it is CRITICAL all the same, and the reverse."""
    no_info = Malformed("Redis: expected an answer to INFO, got NOPERM", service="Redis")
    assert alive(no_info)[0] is UNKNOWN
    assert alive(no_info, lists={"image-processing-queue": 180})[0] is CRITICAL
    no_queue = Malformed("Redis: expected an answer to LLEN, got WRONGTYPE", service="Redis")
    verdict, message = alive(info(), lists={"image-processing-queue": no_queue})
    assert (verdict, "WRONGTYPE" in message) == (UNKNOWN, True)
    full = info(used_memory=256 * MIB, maxmemory_policy="noeviction")
    assert alive(full, lists={"image-processing-queue": no_queue})[0] is CRITICAL


# The fields that an OK of each check is based on; anything else in their place must not give OK.
STANDS_ON = {
    alive: (*NEEDED, "errorstats"),
    hit_rate: ("keyspace_hits", "keyspace_misses"),
    "test_cache_is_effective": ("keyspace_hits", "keyspace_misses", "evicted_keys"),
    "test_redis_memory_is_used_efficiently": ("maxmemory", "maxmemory_policy", "used_memory", "used_memory_rss"),
}
GARBAGE = st.one_of(
    st.none(),
    st.just(GONE),
    st.sampled_from(["", "?", "0k", "nan", "-", "1e", "0x10", "OK ", "unknown", "n/a", "1,234"]),
    st.text(alphabet="ghjxyz!?#", min_size=1, max_size=9),
    st.sampled_from([-1, float("nan"), float("inf"), -0.5]),
    st.just([]),
    st.just({}),
)


@settings(max_examples=100)
@given(data=st.data())
def test_invalid_required_field_never_gives_ok(data):
    """Missing, empty, garbled, negative or not a number: any one of them, for any check based on it."""
    check = data.draw(st.sampled_from(list(STANDS_ON)))
    name = data.draw(st.sampled_from([name for name in STANDS_ON[check] if name != "errorstats"]))
    changed = info(**{name: data.draw(GARBAGE)})
    verdict, message = optimization(check, changed) if isinstance(check, str) else check(changed)
    assert verdict is not OK, message


@settings(max_examples=80)
@given(data=st.data())
def test_no_value_of_a_field_crashes(data):
    """Any of the fields of INFO: the result is a verdict with a message."""
    name = data.draw(st.sampled_from(sorted(INFO)))
    changed = info(**{name: data.draw(st.one_of(GARBAGE, st.integers(0, 10**20), st.text(max_size=5)))})
    for verdict, message in (alive(changed), hit_rate(changed)):
        assert verdict in {OK, WARNING, CRITICAL, UNKNOWN}
        assert message
    assert stats_of(changed).evidence().facts["Server"]


@settings(max_examples=40)
@given(gone=st.sets(st.sampled_from(sorted(INFO)), min_size=1))
def test_fewer_fields_never_turn_bad_into_good(gone):
    """A server whose memory is full and whose snapshots fail is CRITICAL as long as one of the two is known."""
    bad = info(used_memory=256 * MIB, maxmemory_policy="noeviction", rdb_last_bgsave_status="err")
    left = {name: value for name, value in bad.items() if name not in gone}
    full = {"used_memory", "maxmemory", "maxmemory_policy"} <= left.keys()
    verdict, _ = alive(left)
    if full or "rdb_last_bgsave_status" in left:
        assert verdict is CRITICAL
    else:
        assert verdict is not OK


@pytest.mark.parametrize(
    ("name", "value"),
    [("rejected_connections", 40), ("errorstat_OOM", {"count": 40}), ("evicted_clients", 40)],
)
def test_counter_that_the_earlier_reading_lacks_is_unknown(name, value):
    """It may have grown today, or long ago."""
    without = {field: known for field, known in YESTERDAY.items() if field != name}
    if name.startswith("errorstat_"):
        without = {**without, "errorstat_ERRORSTATS_DISABLED": {"count": 1}}
    verdict, message = alive({**INFO, name: value}, without)
    assert verdict is UNKNOWN
    assert f"expected an earlier reading of {name}, got one without it" in message
