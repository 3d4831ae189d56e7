"""Queues of Hangfire and gocraft/work, from the keys that these libraries write."""

import json
from datetime import timedelta

import pytest

from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.verdict import Verdict
from playbook.measure.redis.job_queues import job_queues
from tests.redis_factory import NOW, Ranked, Store, settings_of
from tests.unit.measure.redis.test_job_queues import judged

OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
EPOCH = NOW.timestamp()
JOB = "8a3f2c1e-0000-4000-8000-000000000001"
NAMES = {"hangfire": ("default", ""), "gocraft": ("resize_image", "shop:")}


def written(age, *, as_number=False):
    """A moment some seconds ago as .NET writes it, or as Hangfire since its compatibility level 170."""
    at = NOW - timedelta(seconds=age)
    return str(round(at.timestamp() * 1000)) if as_number else at.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def hangfire(*, silent=12, serves=("default", "mail"), started=86_400, as_number=False, **more):
    """A server with twenty workers, and nothing to do."""
    server = "web-1:7:0c5f"
    told = {"WorkerCount": "20", "StartedAt": written(started, as_number=as_number)}
    beat = {} if silent is None else {"Heartbeat": written(silent, as_number=as_number)}
    return {
        "{hangfire}:queues": {"default"},
        "{hangfire}:servers": {server},
        f"{{hangfire}}:server:{server}": {**told, **beat},
        f"{{hangfire}}:server:{server}:queues": list(serves),
        **{f"{{hangfire}}:{key}": value for key, value in more.items()},
    }


def hangfire_job(age, *, as_number=False):
    """A job that has waited so long."""
    state = {"State": "Enqueued", "EnqueuedAt": written(age, as_number=as_number), "Queue": "default"}
    return {"queue:default": [JOB], f"job:{JOB}:state": state}


def gocraft(*, silent=3, jobs="resize_image,send_mail", **more):
    """A pool with its heartbeat, and nothing to do."""
    pool = "97c84119d13cb54119a38743"
    told = {"heartbeat_at": str(round(EPOCH - silent)), "job_names": jobs, "concurrency": "10", "pid": "7"}
    return {
        "shop:known_jobs": {"resize_image", "send_mail"},
        "shop:worker_pools": {pool},
        f"shop:worker_pools:{pool}": told,
        **{f"shop:{key.replace('POOL', pool)}": value for key, value in more.items()},
    }


def gocraft_job(age):
    """A job that has waited so long."""
    return {"jobs:resize_image": [json.dumps({"name": "resize_image", "id": "a1", "t": EPOCH - age, "args": {}})]}


@pytest.mark.parametrize(
    ("preset", "keys", "verdict"),
    [
        ("hangfire", hangfire(), OK),
        ("hangfire", hangfire(as_number=True), OK),
        ("hangfire", hangfire(**hangfire_job(4)), OK),
        ("hangfire", hangfire(**{"queue:default:dequeued": [JOB]}, schedule=Ranked({JOB: EPOCH + 60})), OK),
        ("hangfire", hangfire(silent=None, started=20), OK),  # its first heartbeat follows
        ("hangfire", hangfire(silent=900), CRITICAL),
        ("hangfire", hangfire(serves=("mail",)), CRITICAL),
        ("hangfire", {**hangfire(), "{hangfire}:servers": set()}, CRITICAL),
        ("hangfire", hangfire(**hangfire_job(600)), WARNING),
        ("hangfire", hangfire(**hangfire_job(7200, as_number=True)), CRITICAL),
        ("hangfire", hangfire(**{"queue:default": [JOB]}), UNKNOWN),  # its state is gone
        ("hangfire", hangfire(**{**hangfire_job(4), f"job:{JOB}:state": {"EnqueuedAt": "soon"}}), UNKNOWN),
        ("hangfire", hangfire(failed=Ranked({f"job{n}": EPOCH for n in range(150)})), WARNING),
        ("hangfire", hangfire(retries=Ranked({f"job{n}": 0.0 for n in range(150)})), WARNING),
        ("hangfire", hangfire(schedule=Ranked({JOB: EPOCH - 3600})), CRITICAL),
        ("hangfire", hangfire(serves=("mail",), queues={"mail"}), UNKNOWN),
        ("hangfire", {}, UNKNOWN),
        ("hangfire", hangfire(servers=["web-1"]), UNKNOWN),
        ("gocraft", gocraft(), OK),
        ("gocraft", gocraft(**gocraft_job(4), **{"jobs:resize_image:POOL:inprogress": ["…"]}), OK),
        ("gocraft", gocraft(silent=600), CRITICAL),
        ("gocraft", gocraft(jobs="send_mail"), CRITICAL),
        ("gocraft", gocraft(**gocraft_job(600)), WARNING),
        ("gocraft", gocraft(**gocraft_job(7200)), CRITICAL),
        ("gocraft", gocraft(dead=Ranked({f"job{n}": EPOCH for n in range(150)})), WARNING),
        ("gocraft", gocraft(retry=Ranked({"job": EPOCH - 3600})), CRITICAL),
        ("gocraft", gocraft(scheduled=Ranked({"job": EPOCH + 60})), OK),
        ("gocraft", gocraft(**{"jobs:resize_image:paused": "1"}), WARNING),
        ("gocraft", gocraft(known_jobs={"send_mail"}, jobs="send_mail"), UNKNOWN),
        ("gocraft", {}, UNKNOWN),
    ],
)
def test_state_of_a_queue_is_judged(preset, keys, verdict):
    """A queue that nobody serves, or of which jobs wait, fail or are late."""
    found = of(preset, keys)
    assert judged(found)[0] is verdict, judged(found)


def test_jobs_that_a_dead_pool_holds_are_told_beside_a_live_one():
    """gocraft/work puts them back within ten minutes; where it has not, something is wrong."""
    dead = {"heartbeat_at": str(round(EPOCH - 7200)), "job_names": "resize_image"}
    more = {"shop:worker_pools:dead": dead, "shop:jobs:resize_image:dead:inprogress": ["…"]}
    keys = gocraft() | more
    keys["shop:worker_pools"] = {*keys["shop:worker_pools"], "dead"}
    verdict, message = judged(of("gocraft", keys))
    assert verdict is WARNING
    assert "one taken 2 h 0 min ago that no worker holds any more" in message


def test_server_that_is_listed_and_gone_does_not_hide_another():
    """Its entry is removed a moment before its name."""
    keys = hangfire() | {"{hangfire}:servers": {"web-1:7:0c5f", "web-2:9:11aa"}}
    assert judged(of("hangfire", keys))[0] is OK


def of(preset, keys):
    name, prefix = NAMES[preset]
    settings = settings_of(redis={"queues": [{"preset": preset, "name": name, "prefix": prefix}]})
    return job_queues(Store(keys), settings, FixedClock(NOW), Earlier())
