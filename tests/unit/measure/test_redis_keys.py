"""Keys of Redis: a bounded sample, kinds of keys, what never expires; its clients and slow commands."""

from datetime import UTC, datetime, timedelta

import pytest

from playbook.clients.redis import ReadOnlyRedis
from playbook.clock import FixedClock
from playbook.errors import Malformed, TooLittleData
from playbook.measure.redis import redis_stats
from playbook.measure.redis_keys import redis_keys
from playbook.measure.redis_load import redis_clients, redis_slow_log
from playbook.settings import load
from tests.unit.measure.test_redis import INFO, Server

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Keys(ReadOnlyRedis):
    """Keys by name: TTL (-1 never, -2 gone) and bytes; SCAN gives so many at once."""

    def __init__(self, keys, at_once=100, repeat=False):
        self.keys, self.at_once, self.repeat, self.asked = keys, at_once, repeat, []

    def execute_command(self, *words):
        assert words == ("DBSIZE",)
        return len(self.keys)

    def scan(self, cursor, count):
        names = list(self.keys)[cursor : cursor + self.at_once]
        self.asked.append(count)
        following = cursor + self.at_once
        return (following if following < len(self.keys) else 0), names * (2 if self.repeat else 1)

    def many(self, commands):
        assert {command for command, _ in commands} <= {"TTL", "MEMORY USAGE"}
        return [
            self.keys[name][0] if command == "TTL" else (None if self.keys[name][0] == -2 else self.keys[name][1])
            for command, name in commands
        ]


def settings_with(tmp_path, **changes):
    overlay = {"targets": {"production": {"optimization": changes}}}
    return load("production", root=tmp_path, environment={}, overlay=overlay)


def looked_at(tmp_path, keys, at_once=100, repeat=False, **changes):
    server = Keys(keys, at_once, repeat)
    return redis_keys(server, None, settings_with(tmp_path, **changes))


IMAGES = {f"img:{number:032x}:webp:80": (3600, 20_000) for number in range(10**30, 10**30 + 40)}


def test_kinds_of_keys_and_what_never_expires(tmp_path):
    """Ids and numbers make no kind; what is meant to stay is not the cache's."""
    keys = {
        **IMAGES,
        "page:12": (-1, 3_000_000),
        "page:13": (-1, 1_000),
        "image-processing-queue": (-1, 500),
        "gone": (-2, 1),
    }
    found = looked_at(tmp_path, keys)
    assert [family.pattern for family in found.families] == ["page:#", "img:<id>:webp:#", "image-processing-queue"]
    assert found.expiring.value == pytest.approx(100 * 40 / 42)
    assert found.expiring.over == "42 cached keys"
    assert found.largest.value == pytest.approx(3_000_000 / 1024**2)
    assert found.largest.over == "43 keys: page:#"
    assert len(found.proposals) == 1
    assert found.proposals[0].startswith("Give page:# an expiry where it is written: 2 of the keys")
    facts, table, proposals = found.evidence()
    assert facts.facts["Gone meanwhile"] == "1"
    assert [row[6] for row in table.rows] == ["never", "in 1 h 0 min", "meant to stay"]
    assert proposals.title == "Proposals, none of them applied"


def test_a_large_server_is_sampled(tmp_path):
    """No more keys and SCANs than the settings say."""
    keys = {f"img:{number}": (60, 100) for number in range(5_000)}
    found = looked_at(tmp_path, keys, sample_keys=150)
    assert (found.looked_at, found.whole) == (150, False)
    assert found.expiring.over == "150 cached keys, a sample of 5,000"
    assert looked_at(tmp_path, keys, at_once=10, sample_scans=3).looked_at == 30
    assert looked_at(tmp_path, keys, sample_seconds=0.0).looked_at == 100  # time was over at once


def test_a_key_that_scan_gives_twice_counts_once(tmp_path):
    """SCAN may do that while the server grows."""
    found = looked_at(tmp_path, IMAGES, repeat=True)
    assert (found.looked_at, found.whole) == (40, True)


@pytest.mark.parametrize("keys", [{}, {"img:1": (60, 100)}, {"image-processing-stats": (-1, 10)}])
def test_hardly_any_cached_keys_say_nothing(tmp_path, keys):
    """An empty cache is not a bad one."""
    with pytest.raises(TooLittleData, match="expected at least 20 to judge by, got"):
        _ = looked_at(tmp_path, keys).expiring
    if not keys:
        with pytest.raises(TooLittleData, match="expected keys, got none"):
            _ = looked_at(tmp_path, keys).largest


class Busy(ReadOnlyRedis):
    """A slow log and clients."""

    def __init__(self, log=(), clients=()):
        self._log, self._clients = log, clients

    def slow_commands(self, newest):
        return list(self._log)[:newest]

    def clients(self):
        return list(self._clients)


def entry(ago, milliseconds, command):
    at = int((NOW - timedelta(hours=ago)).timestamp())
    return {"start_time": at, "duration": int(milliseconds * 1000), "command": command}


def test_the_slow_log_of_a_day_shows_no_values(tmp_path):
    """Only what the command is and the kind of its key; older entries are counted."""
    log = [
        entry(1, 12, "SET img:1234 secret-value"),
        entry(2, 300.5, "EVAL return 1 0"),
        entry(3, 15, "set img:9 other"),
        entry(25, 900, "KEYS *"),
    ]
    found = redis_slow_log(Busy(log), settings_with(tmp_path), FixedClock(NOW))
    assert (found.count.value, found.count.over) == (3, "24 h")
    assert (found.slowest.value, found.slowest.over) == (300.5, "24 h (EVAL)")
    facts, kinds, newest = found.evidence()
    assert facts.facts["Older entries"] == "1"
    assert kinds.rows == [["EVAL", "1", "300.5 ms", "300.5 ms"], ["SET img:#", "2", "27 ms", "15 ms"]]
    assert "secret" not in str(newest)


def test_an_empty_slow_log_is_good_and_a_full_one_says_at_least(tmp_path):
    """The log holds 128."""
    settings, clock = settings_with(tmp_path), FixedClock(NOW)
    none = redis_slow_log(Busy(), settings, clock)
    assert (none.count.value, none.slowest.value) == (0, 0.0)
    full = redis_slow_log(Busy([entry(1, 11, "GET x")] * 200), settings, clock)
    assert full.count.over == "24 h, and the log holds no more"
    with pytest.raises(Malformed, match="expected start_time, duration and command"):
        redis_slow_log(Busy([{"id": 1}]), settings, clock)


def test_clients_by_address_and_the_idle_ones(tmp_path):
    """Most first; an hour without a command is idle."""
    clients = [{"addr": f"10.0.0.1:{n}", "name": "web", "idle": "5"} for n in range(3)]
    clients += [{"addr": "10.0.0.2:1", "name": "", "idle": "4000"}, {"addr": "/run/redis.sock:0", "idle": "3600"}]
    found = redis_clients(Busy(clients=clients), settings_with(tmp_path))
    facts, table = found.evidence()
    assert facts.facts == {"Connected": "5", "Idle for over 1 h 0 min": "2"}
    assert table.rows[0] == ["web", "10.0.0.1", "3", "0", "5 s"]
    assert {row[1] for row in table.rows} == {"10.0.0.1", "10.0.0.2", "unix socket"}


def test_what_memory_evictions_and_clients_come_to():
    """In percent of what there is, and UNKNOWN where there is no limit."""
    stats = redis_stats(Server({**INFO, "used_memory_rss": 67 * 1024**2, "maxclients": 48, "evicted_keys": 400}))
    assert stats.evicts
    assert stats.held.value == 25
    assert stats.held.over == "256.0 MiB (holds 67.0 MiB, uses 3.0 MiB)"
    assert stats.memory_use.value == pytest.approx(100 * 3 / 256)
    assert stats.client_use.value == 25
    assert stats.evictions.value == 2
    assert stats.limit_words == "256.0 MiB (allkeys-lru)"
    bare = redis_stats(Server({**INFO, "maxmemory": 0, "maxmemory_policy": "noeviction"}))
    assert (bare.evicts, bare.limit_words) == (False, "none")
    for what in ("held", "memory_use", "client_use"):
        with pytest.raises(TooLittleData, match="expected the server's limit, got none"):
            getattr(bare, what)
