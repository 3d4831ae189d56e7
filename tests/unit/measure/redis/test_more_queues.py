"""Queues of arq, asynq, bee-queue and Resque, from the keys that these libraries write."""

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
NAMES = {"arq": "arq:queue", "asynq": "default", "bee-queue": "images", "resque": "mail"}


def arq(**more):
    """A worker that is up, and nothing to do."""
    return {"arq:queue:health-check": "Nov-23 07:00:00 j_complete=12 j_failed=0 j_ongoing=0 queued=0", **more}


def arq_jobs(*ages, running=()):
    """Jobs that were due so many seconds ago."""
    jobs = {f"job{number}": (EPOCH - age) * 1000 for number, age in enumerate(ages)}
    return {"arq:queue": Ranked(jobs), **{f"arq:in-progress:job{number}": "1" for number in running}}


def asynq(**more):
    """A server whose entry ends in six seconds, and nothing to do."""
    servers = Ranked({"asynq:servers:{web-1:7:0c5f}": EPOCH + 6})
    return {"asynq:queues": {"default", "low"}, "asynq:servers": servers, **more}


def asynq_task(age, task="t1"):
    """A task that has been pending for so many seconds."""
    told = {"msg": "…", "state": "pending", "pending_since": str(int((EPOCH - age) * 1e9))}
    return {"asynq:{default}:pending": [task], f"asynq:{{default}}:t:{task}": told}


def bee(**more):
    """A queue that has had jobs, and nothing to do."""
    return {"bq:images:id": "4711", "bq:images:succeeded": {"4710", "4711"}, **more}


def bee_job(age, place="waiting", until=None):
    """A job made so many seconds ago, and delayed until so many."""
    options = {"timestamp": (EPOCH - age) * 1000, "stacktraces": []}
    options |= {} if until is None else {"delay": (EPOCH - until) * 1000}
    told = {"data": {}, "options": options, "status": "created"}
    return {f"bq:images:{place}": ["4712"], "bq:images:jobs": {"4712": json.dumps(told)}}


def resque(*, silent=20, queues="*", **more):
    """A worker with its heartbeat, and nothing to do."""
    worker = f"web-1:7:{queues}"
    beat = (NOW - timedelta(seconds=silent)).isoformat()
    return {
        "resque:queues": {"mail", "thumbs"},
        "resque:workers": {worker},
        "resque:workers:heartbeat": {worker: beat},
        **more,
    }


BUSY = [{"name": "", "cmd": "get"}, {"name": "", "cmd": "ping"}]
WAITS = [{"name": "", "cmd": "brpoplpush"}, {"name": "", "cmd": "ping"}]


def read(preset, keys, **answers):
    """The verdict of daily.redis.alive about the queue."""
    queue = {"preset": preset, "name": NAMES[preset]}
    return job_queues(Store(keys, **answers), settings_of(redis={"queues": [queue]}), FixedClock(NOW), Earlier())


@pytest.mark.parametrize(
    ("preset", "keys", "verdict"),
    [
        ("arq", arq(), OK),
        ("arq", arq(**arq_jobs(3, -60)), OK),
        ("arq", arq(**arq_jobs(7200, running=[0])), OK),  # a long one that a worker holds
        ("arq", arq(**arq_jobs(7200)), CRITICAL),
        ("arq", arq(**arq_jobs(*range(5, 6000, 5))), CRITICAL),
        ("arq", arq(**arq_jobs(*[3] * 1500)), CRITICAL),
        ("arq", arq_jobs(3), CRITICAL),  # nobody works
        ("arq", arq_jobs(-600), CRITICAL),
        ("arq", {}, UNKNOWN),
        ("arq", arq(**{"arq:queue": ["job"]}), UNKNOWN),
        ("asynq", asynq(), OK),
        ("asynq", asynq(**asynq_task(3)), OK),
        ("asynq", asynq(**asynq_task(7200)), CRITICAL),
        ("asynq", asynq(**{"asynq:{default}:pending": ["t1"]}), UNKNOWN),  # without its time
        ("asynq", asynq(**{"asynq:{default}:paused": "1763881200"}), WARNING),
        ("asynq", asynq(**{"asynq:{default}:archived": Ranked({f"t{n}": EPOCH for n in range(2000)})}), WARNING),
        ("asynq", asynq(**{"asynq:{default}:scheduled": Ranked({"t1": EPOCH - 7200})}), CRITICAL),
        ("asynq", asynq(**{"asynq:{default}:scheduled": Ranked({"t1": EPOCH + 7200})}), OK),
        ("asynq", asynq(**{"asynq:{default}:lease": Ranked({"t1": EPOCH + 25})}), OK),
        ("asynq", asynq(**{"asynq:{default}:lease": Ranked({"t1": EPOCH - 900})}), WARNING),
        ("asynq", asynq(**{"asynq:servers": Ranked({"asynq:servers:{web-1:7:0c5f}": EPOCH - 40})}), CRITICAL),
        ("asynq", {"asynq:queues": {"default"}}, CRITICAL),
        ("asynq", asynq(**{"asynq:queues": {"low"}}), UNKNOWN),  # a name that asynq does not know
        ("asynq", {}, UNKNOWN),
        ("bee-queue", bee(), OK),
        ("bee-queue", bee(**bee_job(3)), OK),
        ("bee-queue", bee(**bee_job(7200)), CRITICAL),
        ("bee-queue", bee(**bee_job(7200, place="active")), OK),
        ("bee-queue", bee(**bee_job(7200, until=5)), OK),
        ("bee-queue", bee(**bee_job(9000, until=7200)), CRITICAL),
        ("bee-queue", bee(**{"bq:images:waiting": ["4712"]}), UNKNOWN),  # without its time
        ("bee-queue", bee(**{"bq:images:failed": {str(number) for number in range(2000)}}), WARNING),
        ("bee-queue", bee(**{"bq:images:delayed": Ranked({"4712": (EPOCH - 7200) * 1000})}), CRITICAL),
        ("bee-queue", {"bq:image:id": "4711"}, UNKNOWN),
        ("resque", resque(), OK),
        ("resque", resque(queues="critical,mail"), OK),
        ("resque", resque(queues="ma*"), OK),
        ("resque", resque(queues="*,!mail"), CRITICAL),
        ("resque", resque(queues="thumbs"), CRITICAL),
        ("resque", resque(silent=900), CRITICAL),
        ("resque", resque(**{"resque:workers:heartbeat": {}}), UNKNOWN),
        ("resque", resque(**{"resque:workers": set()}), CRITICAL),
        ("resque", resque(**{"resque:queue:mail": ["{}"] * 5000}), CRITICAL),
        ("resque", resque(**{"resque:failed": ["{}"] * 2000}), WARNING),
        ("resque", resque(**{"resque:mail_failed": ["{}"] * 2000}), WARNING),
        ("resque", resque(**{"resque:pause-all-workers": "true"}), WARNING),
        (
            "resque",
            resque(**{"resque:delayed_queue_schedule": Ranked({str(EPOCH - 7200): EPOCH - 7200})}),
            CRITICAL,
        ),
        ("resque", resque(**{"resque:queues": {"thumbs"}}), UNKNOWN),
        ("resque", resque(**{"resque:queue:mail": "a text"}), UNKNOWN),
        ("resque", {}, UNKNOWN),
    ],
)
def test_queue_gets_its_verdict(preset, keys, verdict):
    """A queue that the library does not know is never an empty one."""
    assert judged(read(preset, keys))[0] is verdict


@pytest.mark.parametrize(
    ("keys", "clients", "verdict"),
    [
        (bee(**bee_job(3)), WAITS, OK),
        (bee(**bee_job(3)), BUSY, WARNING),
        # While a worker is at work, waiting for a job stays the last command of its blocking connection. Nobody
        # puts back the job of one that was killed.
        (bee(**bee_job(3), **{"bq:images:active": ["4711"]}), WAITS, OK),
        (bee(**bee_job(3), **{"bq:images:active": ["4711"]}), BUSY, WARNING),
        (bee(**{"bq:images:active": ["4711"]}), BUSY, WARNING),
        (bee(), BUSY, OK),
        (bee(**bee_job(3)), [], OK),  # clients are not listed
    ],
)
def test_worker_of_bee_queue_is_a_client_that_waits(keys, clients, verdict):
    """It keeps nothing else of it."""
    assert judged(read("bee-queue", keys, clients=clients))[0] is verdict


def test_figures_are_shown():
    """With what the library does not keep."""
    (queue,) = read(
        "asynq", asynq(**asynq_task(90), **{"asynq:{default}:retry": Ranked({"t2": EPOCH + 60})})
    ).queues
    assert queue.label == "Queue default (asynq)"
    assert (queue.figures.waiting, queue.figures.retried, queue.figures.later) == (1, 1, 1)
    assert queue.figures.oldest == pytest.approx(90, abs=1)
    (queue,) = read("arq", arq(**arq_jobs(3, 4, -60, running=[1]))).queues
    assert (queue.figures.waiting, queue.figures.active, queue.figures.later) == (1, 1, 1)
    (queue,) = read("resque", resque(**{"resque:worker:web-1:7:*": "{}"})).queues
    assert (queue.label, queue.figures.active) == ("Queue mail (Resque)", 1)
