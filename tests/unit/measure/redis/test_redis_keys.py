"""Keys of Redis: a bounded sample, kinds of keys, keys without expiry; its clients and slow commands."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from playbook.clients.redis import ReadOnlyRedis
from playbook.clients.redis_replies import NotAllowed, UnknownCommand
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import Malformed, Refused
from playbook.core.verdict import Verdict
from playbook.measure.redis.redis import redis_stats
from playbook.measure.redis.redis_info import Info
from playbook.measure.redis.redis_keys import lowest_share, redis_keys
from playbook.measure.redis.redis_load import redis_clients, redis_slow_log
from playbook.settings.loading import load
from tests.judged import check, judged
from tests.redis_factory import INFO, YESTERDAY, Server, stats_of
from tests.redis_factory import NOW as TODAY

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
EXPIRY, SIZE, QUICK, ROOM = (
    check("test_optimization", name)
    for name in (
        "test_cached_keys_expire",
        "test_no_key_is_too_large",
        "test_commands_are_quick",
        "test_redis_has_room_for_clients",
    )
)


class Keys(ReadOnlyRedis):
    """Keys by name: TTL (-1 never, -2 gone) and bytes; SCAN returns this many at once."""

    def __init__(self, keys, at_once=100, repeat=False):
        self.keys, self.at_once, self.repeat, self.asked = keys, at_once, repeat, []

    def size(self):
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
    return redis_keys(server, stats_of(INFO), settings_with(tmp_path, **changes))


IMAGES = {f"img:{number:032x}:webp:80": (3600, 20_000) for number in range(10**30, 10**30 + 40)}


def test_keys_are_grouped_by_kind_and_missing_expiry(tmp_path):
    """Ids and numbers are no part of a kind; keys that are meant to stay do not belong to the cache."""
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
    assert found.largest.over == "of 43 keys: page:#"
    assert len(found.proposals) == 1
    assert found.proposals[0].startswith("Give page:# an expiry where it is written: 2 of the examined keys")
    facts, table, proposals = found.evidence()
    assert facts.facts["Gone meanwhile"] == "1"
    assert [row[6] for row in table.rows] == ["never", "in 1 h 0 min", "meant to stay"]
    assert proposals.title == "Proposals, none of them applied"


def test_large_server_is_sampled(tmp_path):
    """With no more keys and SCANs than the settings allow."""
    keys = {f"img:{number}": (60, 100) for number in range(5_000)}
    found = looked_at(tmp_path, keys, sample_keys=150)
    assert (found.looked_at, found.whole) == (150, False)
    assert found.expiring.over == "150 cached keys, a sample of 5,000"
    assert looked_at(tmp_path, keys, at_once=10, sample_scans=3).looked_at == 30
    assert looked_at(tmp_path, keys, sample_seconds=0.0).looked_at == 100  # time was over at once


JOBS = {
    "bullmq": ["bull:mail:17", "bull:mail:wait", "bull:mail:meta", "bull:mail:completed"],
    "celery": ["mail", "mail\x06\x163", "_kombu.binding.mail", "_kombu.binding.celery.pidbox", "unacked_index"],
    "rq": ["rq:job:8f1c", "rq:queue:mail", "rq:workers", "rq:finished:mail"],
    "sidekiq": ["queue:mail", "queues", "retry", "schedule", "dead", "stat:processed:2026-11-23"],
}


@pytest.mark.parametrize("preset", JOBS)
def test_jobs_of_a_library_are_no_cache(tmp_path, preset):
    """They wait for a worker, and expire when it is done; other keys without an expiry count nevertheless."""
    queues = {"redis": {"queues": [{"preset": preset, "name": "mail"}]}}
    settings = load("production", root=tmp_path, environment={}, overlay={"targets": {"production": queues}})
    keys = {**IMAGES, **dict.fromkeys(JOBS[preset], (-1, 100))}
    found = redis_keys(Keys(keys), stats_of(INFO), settings)
    assert (found.expiring.value, found.proposals) == (100, [])
    mixed = redis_keys(Keys({**keys, "page:mail": (-1, 100)}), stats_of(INFO), settings)
    assert mixed.expiring.over == "41 cached keys"
    assert looked_at(tmp_path, keys).expiring.value < 95


@pytest.mark.parametrize(("count", "expiry", "size"), [(0, OK, OK), (1, OK, UNKNOWN), (900, UNKNOWN, UNKNOWN)])
def test_keys_with_names_that_are_no_text_are_not_examined(tmp_path, count, expiry, size):
    """Java's serialisation begins with such bytes; nothing can be asked about a name that is only shown."""
    odd = {f"\ufffd\ufffd\x00\x05t\x00\x05page{n}": (-2, 0) for n in range(count)}
    found = looked_at(tmp_path, {**IMAGES, **odd})
    assert found.vanished == 0
    assert judged(EXPIRY, settings_with(tmp_path), redis_keys=found)[0] is expiry
    assert judged(SIZE, settings_with(tmp_path), redis_keys=found)[0] is size


def test_expiry_in_many_years_is_none(tmp_path):
    """As good as never; in a year it is one."""
    keys = {f"img:{n}": (3_650 * 86_400 if n < 8 else 365 * 86_400, 100) for n in range(40)}
    found = looked_at(tmp_path, keys)
    assert found.expiring.value == 80
    assert "8 of the examined keys never expire" in found.proposals[0]


@pytest.mark.parametrize(("counted", "verdict"), [(40, OK), (60, OK), (4_000, UNKNOWN)])
def test_scan_that_returns_few_of_the_keys_is_no_whole_one(tmp_path, counted, verdict):
    """A proxy in front of several servers may answer it for one of them."""

    class Proxy(Keys):
        def size(self):
            return counted

    found = redis_keys(Proxy(IMAGES), stats_of(INFO), settings_with(tmp_path))
    assert judged(SIZE, settings_with(tmp_path), redis_keys=found)[0] is verdict


def test_key_that_scan_returns_twice_counts_once(tmp_path):
    """SCAN may do that while the server grows."""
    found = looked_at(tmp_path, IMAGES, repeat=True)
    assert (found.looked_at, found.whole) == (40, True)


def verdicts(tmp_path, keys, **changes):
    """The verdicts of the checks of expiry and of size."""
    found = looked_at(tmp_path, keys, **changes)
    return [judged(one, settings_with(tmp_path), redis_keys=found) for one in (EXPIRY, SIZE)]


@pytest.mark.parametrize("keys", [{}, {"img:1": (60, 100)}, {"image-processing-stats": (-1, 10)}])
def test_too_few_cached_keys_are_unknown(tmp_path, keys):
    """An empty cache is not a bad one."""
    expiry, size = verdicts(tmp_path, keys)
    assert expiry[0] is UNKNOWN
    assert "expected at least 20 cached keys to judge by, got" in expiry[1]
    if not keys:
        assert size == (UNKNOWN, "Largest key: expected keys, got none")


def many(count, size=100, lasting=0):
    return {f"img:{number}": (-1 if number < lasting else 60, size) for number in range(count)}


def test_largest_of_a_sample_may_not_be_the_largest(tmp_path):
    """500 small ones of a thousand are UNKNOWN, all of them OK; a large one among the 500 counts."""
    assert verdicts(tmp_path, many(500), sample_keys=500)[1][0] is OK
    verdict, message = verdicts(tmp_path, many(1_000), sample_keys=500)[1]
    assert verdict is UNKNOWN
    assert "expected the sizes of all 1,000 keys, got the sizes of 500 keys; partial result:" in message
    large = {"img:large": (60, 2 * 1024**2), **many(1_000)}
    assert verdicts(tmp_path, large, sample_keys=500)[1][0] is WARNING
    larger = {"img:large": (60, 20 * 1024**2), **many(1_000)}
    assert verdicts(tmp_path, larger, sample_keys=500)[1][0] is CRITICAL


@pytest.mark.parametrize(("lasting", "verdict"), [(0, OK), (5, OK), (15, UNKNOWN), (26, WARNING), (300, CRITICAL)])
def test_share_of_a_sample_is_good_if_its_margin_is_good(tmp_path, lasting, verdict):
    """Of 500 of 5,000: 99 % may be 97.4 %, and 97 % may be 94.7 %, which is under the limit."""
    found = verdicts(tmp_path, many(5_000, lasting=lasting), sample_keys=500)[0]
    assert found[0] is verdict, found
    if verdict is UNKNOWN:
        assert "at least 95 % at the low end of the sample's margin too, got 94.7 % there" in found[1]
    assert verdicts(tmp_path, many(500, lasting=lasting), sample_keys=500)[0][0] in {OK, WARNING, CRITICAL}


@pytest.mark.parametrize(
    ("hits", "of", "low"), [(500, 500, 0.989), (20, 20, 0.787), (0, 9, 0.0), (95, 100, 0.873)]
)
def test_margin_of_a_share_is_wilsons_interval(hits, of, low):
    """Wilson's interval, at 99 %, one-sided."""
    assert lowest_share(hits, of) == pytest.approx(low, abs=0.0015)


def test_commands_of_the_suite_do_not_count_as_cache_reads(tmp_path):
    """500 keys that the suite asked for their expiry, and 150 visitors who missed: no hits."""
    first = looked_at(tmp_path, {**many(500), "gone": (-2, 1)}, sample_keys=600)
    own = first.readings["redis-own"]
    assert own.counts == {"keyspace_hits": 500, "keyspace_misses": 1}
    assert own.origin == INFO["run_id"]
    yesterday = Info(YESTERDAY).counted(TODAY - timedelta(hours=24))
    now = {
        **INFO,
        "keyspace_hits": YESTERDAY["keyspace_hits"] + 500,
        "keyspace_misses": YESTERDAY["keyspace_misses"] + 151,
    }
    for asked, rate in ((24.0, 0.0), (3.0, 0.0), (30.0, 76.804), (0.0, 76.804)):
        at = TODAY - timedelta(hours=asked)
        earlier = Earlier(lambda at=at: [{"redis": yesterday, "redis-own": msgspec.structs.replace(own, at=at)}])
        stats = redis_stats(Server(now), settings_with(tmp_path), FixedClock(TODAY), earlier)
        assert stats.hit_rate.value == pytest.approx(rate, abs=0.001), asked
    other = msgspec.structs.replace(own, origin="b")
    earlier = Earlier(lambda: [{"redis": yesterday, "redis-own": other}])
    stats = redis_stats(Server(now), settings_with(tmp_path), FixedClock(TODAY), earlier)
    assert stats.hit_rate.value == pytest.approx(76.804, abs=0.001)


def test_host_without_memory_usage_still_gives_expiry(tmp_path):
    """Without any statement about sizes."""

    class Untold(Keys):
        def many(self, commands):
            if commands[0][0] != "TTL":
                raise UnknownCommand("does not know that command", service="Redis")
            return super().many(commands)

    found = redis_keys(Untold(many(40, lasting=30)), stats_of(INFO), settings_with(tmp_path))
    assert judged(EXPIRY, settings_with(tmp_path), redis_keys=found)[0] is CRITICAL
    verdict, message = judged(SIZE, settings_with(tmp_path), redis_keys=found)
    assert (verdict, message) == (UNKNOWN, "Largest key: expected sizes of keys (MEMORY USAGE), got none")
    assert found.evidence()


def test_largest_of_the_keys_whose_size_is_told_may_not_be_the_largest(tmp_path):
    """As where the user of Redis may look at some keys only; among those of unknown size is the largest."""

    class Partly(Keys):
        def many(self, commands):
            if commands[0][0] != "TTL" and "page:0" in [name for _, name in commands]:
                raise NotAllowed("Redis: NOPERM No permissions to access a key", service="Redis")
            return super().many(commands)

    for size, verdict in ((100, UNKNOWN), (20 * 1024**2, CRITICAL)):
        keys = {f"page:{number}": (60, size) for number in range(150)}
        found = redis_keys(Partly(keys), stats_of(INFO), settings_with(tmp_path))
        assert judged(SIZE, settings_with(tmp_path), redis_keys=found)[0] is verdict
    assert judged(EXPIRY, settings_with(tmp_path), redis_keys=found)[0] is OK


def test_keys_and_slow_commands_of_one_node_do_not_prove_the_cluster_good(tmp_path):
    """A bad node counts; a good node proves nothing about the others."""
    node = stats_of({**INFO, "cluster_enabled": 1}, cluster={"cluster_state": "ok", "cluster_size": "3"})
    settings = settings_with(tmp_path)
    for size, verdict in ((100, UNKNOWN), (20 * 1024**2, CRITICAL)):
        found = redis_keys(Keys(many(40, size)), node, settings)
        assert judged(SIZE, settings_with(tmp_path), redis_keys=found)[0] is verdict
    for log, verdict in (([], UNKNOWN), ([entry(1, 3_000, "KEYS *")], CRITICAL)):
        found = redis_slow_log(Server(log=log, config=CONFIG), node, settings, FixedClock(NOW))
        assert (
            judged(
                QUICK,
                settings_with(tmp_path),
                redis_slow_log=found,
            )[0]
            is verdict
        )


@pytest.mark.parametrize("answer", [None, "7", -3, 1.5])
def test_invalid_answer_about_a_key_is_malformed(tmp_path, answer):
    """TTL returns whole seconds, -1 or -2."""

    class Odd(Keys):
        def many(self, commands):
            return [answer if command == "TTL" else 100 for command, _ in commands]

    with pytest.raises(Malformed, match="expected seconds and bytes of a key"):
        redis_keys(Odd(IMAGES), stats_of(INFO), settings_with(tmp_path))


CONFIG = {"slowlog-log-slower-than": "10000", "slowlog-max-len": "128"}


def entry(ago, milliseconds, command, number=0):
    at = int((NOW - timedelta(hours=ago)).timestamp())
    return {"id": number, "start_time": at, "duration": int(milliseconds * 1000), "command": command}


def slow_log(tmp_path, log, config=CONFIG, **info):
    server = Server(log=log, config=config)
    return redis_slow_log(server, stats_of({**INFO, **info}), settings_with(tmp_path), FixedClock(NOW))


def slow_verdict(tmp_path, log, config=CONFIG, **info):
    found = slow_log(tmp_path, log, config, **info)
    return judged(QUICK, settings_with(tmp_path), redis_slow_log=found)


def test_slow_log_of_a_day_shows_no_values(tmp_path):
    """Only the command and the kind of its key; older entries are counted."""
    log = [
        entry(1, 12, "SET img:1234 secret-value", 3),
        entry(2, 300.5, "EVAL return 1 0", 2),
        entry(3, 15, "set img:9 other", 1),
        entry(25, 900, "KEYS *"),
    ]
    found = slow_log(tmp_path, log)
    assert (found.count.value, found.count.over) == (3, "24 h")
    assert (found.slowest.value, found.slowest.over) == (300.5, "24 h (EVAL)")
    facts, kinds, newest = found.evidence()
    assert facts.facts["Older entries"] == "1"
    assert facts.facts["Logged from"] == "10 ms"
    assert kinds.rows == [["EVAL", "1", "300.5 ms", "300.5 ms"], ["SET img:#", "2", "27 ms", "15 ms"]]
    assert "secret" not in str(newest)


FULL = [entry(3 * number / 128, 11, "GET x", 900 - number) for number in range(128)]
FIRST = [entry(3 * number / 128, 11, "GET x", 7 - number) for number in range(8)]
SLOW = [entry(30 + number, 3_000, "KEYS *", 4 - number) for number in range(5)]
UNTOLD = Malformed("this server does not know that command", service="Redis")


@pytest.mark.parametrize(
    ("log", "config", "info", "said"),
    [
        ([], CONFIG, {}, (OK, "")),
        (FIRST, CONFIG, {}, (OK, "")),
        (FULL[:8], CONFIG, {}, (UNKNOWN, "got a slow log of 0.2 h (it was emptied (SLOWLOG RESET))")),
        ([*FULL[:7], entry(23, 11, "GET x", 892)], CONFIG, {}, (OK, "")),
        # All commands are logged, however quick: they fill it in a moment, and none of them is slow.
        (
            [entry(n / 3600, 0.02, "GET x", 900 - n) for n in range(128)],
            {**CONFIG, "slowlog-log-slower-than": "0"},
            {},
            (UNKNOWN, "got a slow log of 0 h (128 entries fill it)"),
        ),
        (
            [entry(n / 6, 0.5, "GET x", 120 - n) for n in range(121)],
            {**CONFIG, "slowlog-log-slower-than": "100"},
            {},
            (OK, ""),
        ),
        (FULL, CONFIG, {}, (CRITICAL, "got 128 over 2 h 58 min (128 entries fill it)")),
        (
            FULL[:8],
            {**CONFIG, "slowlog-max-len": "8"},
            {},
            (UNKNOWN, "got a slow log of 0.2 h (8 entries fill it)"),
        ),
        (FULL[:8], UNTOLD, {}, (UNKNOWN, "got a slow log of 0.2 h (8 entries fill it)")),
        ([*FULL[:7], entry(9, 11, "GET x", 0)], UNTOLD, {}, (OK, "")),
        ([*FULL[:7], entry(23, 11, "GET x", 892)], UNTOLD, {}, (OK, "")),
        (
            [],
            CONFIG,
            {"uptime_in_seconds": 7_200},
            (UNKNOWN, "of 2 h (the server is up for 2 h 0 min)"),
        ),
        ([], CONFIG, {"uptime_in_seconds": None}, (UNKNOWN, "does not say since when it is up")),
        ([], {**CONFIG, "slowlog-log-slower-than": "-1"}, {}, (UNKNOWN, "negative, so nothing is logged")),
        ([], {**CONFIG, "slowlog-max-len": "0"}, {}, (UNKNOWN, "slowlog-max-len is 0, so nothing is kept")),
        ([], UNTOLD, {}, (UNKNOWN, "got an empty one, and the server does not report whether it is on")),
        ([], {**CONFIG, "slowlog-log-slower-than": "2000000"}, {}, (UNKNOWN, "below the limit, got 2,000 ms")),
        (SLOW, UNTOLD, {}, (UNKNOWN, "got one that is not told, and no entry below 3,000 ms")),
        (SLOW[1:], UNTOLD, {}, (OK, "")),  # too few to tell
        ([*SLOW[:4], entry(40, 11, "GET x")], UNTOLD, {}, (OK, "")),
        (SLOW, CONFIG, {}, (OK, "")),
        ([entry(1, 3_000, "KEYS *")], UNTOLD, {"uptime_in_seconds": 60}, (CRITICAL, "got 3,000 ms")),
        (
            [entry(1, 12, "GET x"), {"id": 1}],
            CONFIG,
            {},
            (UNKNOWN, "all entries of the slow log to be understood"),
        ),
    ],
)
def test_limits_of_a_slow_log_are_reported(tmp_path, log, config, info, said):
    """Full, switched off, restarted with the server, too coarse, or in another form."""
    found = slow_verdict(tmp_path, log, config, **info)
    assert found[0] is said[0], found
    assert said[1] in found[1]


@pytest.mark.parametrize(
    ("log", "then", "now", "verdict"),
    [
        ([], None, 0, OK),
        ([], None, 1, OK),  # nobody knows when: a server that was just set up, or long ago
        ([], 1, 1, OK),
        ([], 1, 2, UNKNOWN),
        ([], None, None, OK),  # Redis 6, which does not count it
        (FULL[:8], 1, 2, UNKNOWN),
        (FULL[:8], None, 1, OK),
        (FULL[:8], None, None, UNKNOWN),  # its ids tell
        (FULL[:8], 2, 2, OK),
        (FIRST, 1, 1, OK),
        ([entry(1, 3_000, "KEYS *")], 1, 2, CRITICAL),
    ],
)
def test_slow_log_that_was_emptied_lately_does_not_cover_the_day(tmp_path, log, then, now, verdict):
    """How often that was done is compared with an earlier run. FIRST has the very first entry, so it is whole."""
    commands = {"cmdstat_slowlog|get": {"calls": 4}}
    commands |= {"cmdstat_slowlog|reset": {"calls": now}} if now else {}
    answers = {"commandstats": commands if now is not None else {"cmdstat_slowlog": {"calls": 5}}}
    earlier = {**YESTERDAY, **({"slow_log_resets": then} if then is not None else {})}
    stats = stats_of(INFO, earlier, **answers)
    found = redis_slow_log(Server(log=log, config=CONFIG), stats, settings_with(tmp_path), FixedClock(NOW))
    assert judged(QUICK, settings_with(tmp_path), redis_slow_log=found)[0] is verdict


def test_clients_are_listed_by_address_with_idle_ones(tmp_path):
    """Most connections first; an hour without a command is idle, and clients without a time are counted."""
    clients = [{"addr": f"10.0.0.1:{n}", "name": "web", "idle": "5"} for n in range(3)]
    clients += [{"addr": "10.0.0.2:1", "name": "", "idle": "4000"}, {"addr": "/run/redis.sock:0", "idle": "3600"}]
    clients += [{"addr": "10.0.0.3:1", "name": "new", "idle": "soon"}]
    found = redis_clients(Server(clients=clients), settings_with(tmp_path))
    facts, table = found.evidence()
    assert facts.facts == {"Connected": "5", "Idle for over 1 h 0 min": "2", "Idle time unknown": "1"}
    assert table.rows[0] == ["web", "10.0.0.1", "3", "0", "5 s"]
    assert {row[1] for row in table.rows} == {"10.0.0.1", "10.0.0.2", "unix socket"}


@pytest.mark.parametrize("problem", [UNTOLD, Refused("BUSY", words="BUSY", service="Redis")])
def test_room_for_clients_is_judged_without_their_list(tmp_path, problem):
    """Hosts without CLIENT LIST still give their number."""
    found = redis_clients(Server(clients=problem), settings_with(tmp_path))
    assert found.evidence()[0].facts == {"List": str(problem)}
    for connected, verdict in ((12, OK), (9_500, CRITICAL)):
        stats = stats_of({**INFO, "connected_clients": connected})
        assert (
            judged(
                ROOM,
                settings_with(tmp_path),
                redis_stats=stats,
                redis_clients=found,
            )[0]
            is verdict
        )


@pytest.mark.parametrize("unread", ["TTL", "SCAN"])
@pytest.mark.parametrize(("size", "verdict"), [(20 * 1024**2, CRITICAL), (100, UNKNOWN)])
def test_large_key_counts_although_a_later_answer_cannot_be_read(tmp_path, size, verdict, unread):
    """The first hundred keys were examined; the second hundred, or the next SCAN, is in another form."""

    class Half(Keys):
        def scan(self, cursor, count):
            if unread == "SCAN" and cursor:
                raise Malformed("Redis: expected an answer to SCAN, got another form", service="Redis")
            return super().scan(cursor, count)

        def many(self, commands):
            if unread == "TTL" and commands[0] != ("TTL", first) and commands[0][0] == "TTL":
                raise Malformed("Redis: expected an answer to TTL, got another form", service="Redis")
            return super().many(commands)

    keys = many(150, size)
    first = next(iter(keys))
    found = redis_keys(Half(keys), stats_of(INFO), settings_with(tmp_path))
    assert judged(SIZE, settings_with(tmp_path), redis_keys=found)[0] is verdict
    assert "another form" in found.coverage.got
