"""Replicas of Redis: one that is lost leaves no trace in INFO but its absence."""

from datetime import timedelta

import pytest

from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.verdict import Verdict
from playbook.measure.redis.redis import redis_stats
from playbook.measure.redis.redis_info import Info
from tests.judged import check
from tests.redis_factory import DAY, INFO, NOW, YESTERDAY, Server, settings_of

OK, WARNING, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.UNKNOWN
ALONE = {**INFO, "connected_slaves": 0, "slave0": None, "min_slaves_good_slaves": None}
WARM = check("test_troubleshooting", "test_redis_is_fast_and_warm")


def runs(*told):
    """Readings of runs a day apart, the newest last: their replicas and the usual number."""
    return [
        Counted(at=NOW - DAY * ago, counts={"online": online, "usual": usual})
        for ago, (online, usual) in zip(range(len(told), 0, -1), told, strict=True)
    ]


def found(info, past=(), **redis):
    read = [{"redis-replicas": one} for one in past]
    read.append({"redis": Info(YESTERDAY).counted(NOW - DAY)})
    return redis_stats(Server(info), settings_of(redis=redis), FixedClock(NOW), Earlier(lambda: read))


def said(stats):
    failing = [one for one in stats.work if one.subject == "Replicas of Redis" and not one.holds]
    return "; ".join(f"{one.expected}, got {one.found}" for one in failing)


@pytest.mark.parametrize(
    ("info", "past", "redis", "message"),
    [
        (ALONE, [], {}, ""),
        (ALONE, runs((0, 0)), {}, ""),
        (INFO, runs((1, 1)), {}, ""),
        (ALONE, runs((1, 0)), {}, "at least 1 replica (as before; otherwise set redis.replicas), got 0"),
        (ALONE, runs((0, 1)), {}, "at least 1 replica (as before; otherwise set redis.replicas), got 0"),
        (INFO, runs((2, 2)), {}, "at least 2 replicas (as before; otherwise set redis.replicas), got 1"),
        # A host that moved the server yesterday, or is moving it now.
        (INFO, runs((1, 1), (2, 1)), {}, ""),
        (INFO, runs((2, 1), (1, 1)), {}, ""),
        (ALONE, runs((0, 0), (1, 0)), {}, ""),
        (ALONE, runs((1, 1), (2, 1)), {}, "at least 1 replica (as before; otherwise set redis.replicas), got 0"),
        (INFO, runs((2, 0), (2, 0)), {}, "at least 2 replicas (as before; otherwise set redis.replicas), got 1"),
        (ALONE, runs((1, 1)), {"replicas": 0}, ""),
        (ALONE, [], {"replicas": 1}, "at least 1 replica (redis.replicas), got 0"),
        (INFO, [], {"replicas": 1}, ""),
        ({**ALONE, "role": "slave", "master_link_status": "up"}, runs((1, 1)), {"replicas": 1}, ""),
    ],
)
def test_lost_replica_is_found(info, past, redis, message):
    """By the settings, or by earlier runs; a server that became a replica itself has none."""
    assert said(found(info, past, **redis)) == message


def test_lost_replica_is_a_warning():
    """And one whose number is not told is unknown."""
    for info, verdict in ((ALONE, WARNING), ({**ALONE, "connected_slaves": None}, UNKNOWN), (INFO, OK)):
        stats = found(info, replicas=1)
        statement = next(one for one in stats.work if one.subject == "Replicas of Redis")
        assert (statement.holds, statement.coverage.enough) == (verdict is not WARNING, verdict is not UNKNOWN)


def test_usual_number_is_handed_on_for_as_long_as_a_replica_is_lost():
    """Most of the runs that are far enough apart make it usual; a replica of a moment does not."""
    past = runs((0, 0), (1, 0))
    usual = []
    for info in (INFO, ALONE, ALONE, ALONE):
        stats = found(info, past)
        usual.append(stats.readings["redis-replicas"].counts["usual"])
        past = [Counted(at=one.at - DAY, counts=one.counts) for one in (*past, stats.readings["redis-replicas"])][
            -2:
        ]
    assert usual == [1, 1, 1, 1]
    assert said(found(ALONE, past))
    moment = [Counted(at=NOW - timedelta(minutes=5), counts={"online": 1, "usual": 0})]
    assert found(INFO, moment).readings["redis-replicas"].counts == {"online": 1, "usual": 0}
