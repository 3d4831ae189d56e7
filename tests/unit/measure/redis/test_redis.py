"""Redis: figures from INFO, latency and queue."""

import math

import pytest

from playbook.core.durations import two_whole_units
from playbook.core.errors import Denied, Refused
from playbook.core.judge import Judge
from playbook.core.verdict import Verdict
from playbook.measure.redis.redis import RedisPing, redis_ping
from tests.redis_factory import INFO, YESTERDAY, Server, hit_rate, settings_of, stats_of


def test_figures_of_the_server_are_read():
    """The hit rate names its window: since yesterday's run."""
    stats = stats_of(INFO)
    assert stats.hit_rate.value == pytest.approx(94.2)
    assert stats.hit_rate.over == "24 h (20,000 reads)"
    facts = stats.evidence().facts
    assert facts["Server"] == "Valkey 9.1.2, up 200 d 0 h"
    assert facts["Memory limit"] == "256.0 MiB (1.2 % used)"
    assert facts["Hit rate since it counts"] == "94.96 %"
    assert facts["Hits"] == "398,840 since it counts, 18,840 of them in 24 h"
    assert facts["Keys evicted"] == "7 since it counts, 0 of them in 24 h"
    assert (stats.coverage.words, list(stats.readings)) == ("1 INFO", ["redis", "redis-replicas"])


def test_older_redis_is_read_too():
    """Without a memory limit, and without the newer fields."""
    kept = ("redis_version", "uptime_in_seconds", "keyspace_hits", "keyspace_misses", "used_memory")
    facts = stats_of({key: INFO[key] for key in kept}).evidence().facts
    assert facts["Server"].startswith("Redis 7.2.4")
    assert facts["Memory limit"] == "not told"
    assert facts["Clients"] == "not told (not told blocked)"


@pytest.mark.parametrize(
    ("hits", "misses", "verdict"),
    [
        (0, 0, Verdict.UNKNOWN),
        (98, 1, Verdict.UNKNOWN),
        (0, 99, Verdict.UNKNOWN),
        (99, 1, Verdict.OK),
        (0, 100, Verdict.CRITICAL),
    ],
)
def test_hit_rate_needs_a_hundred_reads_in_its_window(hits, misses, verdict):
    """However many there were before."""
    now = {
        **INFO,
        "keyspace_hits": YESTERDAY["keyspace_hits"] + hits,
        "keyspace_misses": YESTERDAY["keyspace_misses"] + misses,
    }
    found, message = hit_rate(now)
    assert found is verdict
    if verdict is Verdict.UNKNOWN:
        assert message == (f"Cache hit rate: expected at least 100 reads to judge by, got {hits + misses} in 24 h")


def test_hit_rate_since_the_start_is_not_used():
    """94.97 % in 200 days, but every read since yesterday missed; without yesterday's reading the rate is
    unknown.
    """
    misses = {**INFO, "keyspace_hits": 380_000, "keyspace_misses": 20_140}
    assert hit_rate(misses, {**misses, "keyspace_misses": 140, "total_commands_processed": 1}) == (
        Verdict.CRITICAL,
        "Cache hit rate: expected at least 80 %, got 0 % over 24 h (20,000 reads) (critical < 70 %)",
    )
    verdict, message = hit_rate(misses, None)
    assert verdict is Verdict.UNKNOWN
    assert message == "Cache hit rate: expected a reading of its counters from 1 to 50 h before, got none"


@pytest.mark.parametrize(
    ("earlier", "why"),
    [
        ({"run_id": "0" * 40}, "only ones of another server, or from before a restart"),
        ({"keyspace_hits": 500_000}, "none since they were set back to zero"),
        ({"total_commands_processed": 9_000_000}, "none since they were set back to zero"),
        ({"keyspace_hits": None}, "an earlier reading without them"),
    ],
    ids=["failover", "resetstat", "resetstat-that-hits-have-passed", "field-missing-then"],
)
def test_reset_counter_gives_no_window(earlier, why):
    """A failover leads to another server, and CONFIG RESETSTAT resets counters."""
    verdict, message = hit_rate(INFO, {**YESTERDAY, **earlier})
    assert (verdict, message.endswith(f"got {why}")) == (Verdict.UNKNOWN, True), message


@pytest.mark.parametrize("value", [None, "many", "", -1, math.nan, math.inf])
def test_invalid_figure_is_named(value):
    """Only the values that depend on it are missing."""
    stats = stats_of({**INFO, "keyspace_hits": value})
    judge = Judge()
    judge(stats.hit_rate, settings_of().limits.cache_hit_rate)
    assert judge.leading.verdict is Verdict.UNKNOWN
    assert "expected keyspace_hits in INFO, got" in judge.leading.message
    assert stats.memory_use.value == pytest.approx(100 * 3 / 256)


def test_latency_is_the_median_without_connecting():
    """The first PING opens the connection and is shown apart."""
    ping = redis_ping(Server(pings=[0.5, *[0.001] * 6, *[0.003] * 3, 0.2]))
    assert ping.connecting == 500
    assert ping.latency.value == 1
    assert ping.latency.over == "10 PINGs (slowest 200 ms)"
    assert ping.evidence().facts["Slowest"] == "200.00 ms"
    assert ping.coverage.words == "11 PINGs"
    assert RedisPing(1, (2.0,)).latency.over == "1 PING (slowest 2 ms)"


def test_slow_server_is_not_measured_ten_times():
    """Two seconds of waiting are enough."""
    assert redis_ping(Server(pings=[0.9] * 11)).latency.over == "3 PINGs (slowest 900 ms)"


def test_distant_server_is_measured_for_half_a_second() -> None:
    """With a round trip of 200 ms the tenth PING adds nothing to the third."""
    assert redis_ping(Server(pings=[0.2] * 11)).latency.over == "3 PINGs (slowest 200 ms)"
    assert redis_ping(Server(pings=[0.06] * 11)).latency.over == "9 PINGs (slowest 60 ms)"


def test_server_error_instead_of_pong_is_kept():
    """Its text is kept; any other error is raised."""
    refusal = Refused("m", words="LOADING Redis is loading the dataset in memory", service="Redis")
    ping = redis_ping(Server(pings=[refusal]))
    assert not ping.answer.holds
    assert math.isnan(ping.latency.value)
    assert ping.evidence().facts == {"Answer to PING": "LOADING Redis is loading the dataset in memory"}
    later = redis_ping(Server(pings=[0.1, 0.002, refusal]))
    assert (later.latency.value, later.answer.found[:7]) == (2, "LOADING")
    assert later.evidence().facts["Then"].startswith("LOADING")
    with pytest.raises(Denied):
        redis_ping(Server(pings=[Denied("no", service="Redis")]))


def test_memory_evictions_and_clients_are_percentages():
    """Of the limit, and UNKNOWN if there is no limit."""
    changes = {"used_memory_rss": 67 * 1024**2, "maxclients": 52, "evicted_keys": 407}
    stats = stats_of({**INFO, **changes})
    assert (stats.evicts, stats.fills_up) == (True, False)
    assert stats.held.value == 25
    assert stats.held.over == "(256.0 MiB; it holds 67.0 MiB and uses 3.0 MiB)"
    assert stats.memory_use.value == pytest.approx(100 * 3 / 256)
    assert stats.client_use.value == 25
    assert stats.evictions.value == 2
    assert stats.limited.found == "256.0 MiB (allkeys-lru)"
    bare = stats_of({**INFO, "maxmemory": 0, "maxclients": 0})
    assert (bare.evicts, bare.limited.found, bare.limited.holds) == (False, "none", False)
    assert bare.memory_use.over == "(8.0 MiB of the machine's 4,096.0 MiB)"
    above = stats_of({**INFO, "maxmemory": 16 * 1024**3})
    assert (above.evicts, above.fills_up, above.limited.holds) == (False, True, False)
    assert above.limited.found == "one of 16,384.0 MiB, and the machine has 4,096.0 MiB"
    assert above.memory_use.over == bare.memory_use.over
    for reading in (bare.held, bare.client_use):
        assert math.isnan(reading.value)
        assert not reading.coverage.enough


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_700, "1 h 1 min"), (90_000, "1 d 1 h")]
)
def test_durations_are_readable(seconds, text):
    """Two units at most."""
    assert two_whole_units(seconds) == text
