"""Queues of arq, asynq, bee-queue, Resque and its relatives, and SAQ, from the keys that these libraries write."""

import json
from datetime import timedelta

import pytest

from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.verdict import Verdict
from playbook.measure.redis.job_queues import job_queues
from tests.redis_factory import NOW, Ranked, Store, settings_of
from tests.unit.measure.redis.test_job_queues import DENIED, judged

OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
EPOCH = NOW.timestamp()
NAMES = {"arq": "arq:queue", "asynq": "default", "bee-queue": "images", "resque": "mail", "saq": "default"}


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


def node_resque(*, silent=3, name="worker-1", queues="mail,thumbs", **more):
    """A worker of node-resque 9.3 that shows itself every few seconds."""
    ping = {"time": round(EPOCH - silent), "name": name, "queues": queues}
    return {
        "resque:queues": {"mail", "thumbs"},
        "resque:workers": {f"{name}:{queues}"},
        f"resque:worker:{name}:{queues}:started": str(round(EPOCH - 90_000)),
        f"resque:worker:ping:{name}": json.dumps(ping),
        **more,
    }


def php_resque(*, queued=(), **more):
    """A worker of php-resque 2.0, which shows nothing; and jobs that were queued so many seconds ago."""
    jobs = [
        json.dumps({"class": "Thumb", "args": [[]], "id": "a1", "prefix": "", "queue_time": EPOCH - age})
        for age in queued
    ]
    listed = {
        "resque:queues": {"mail"},
        "resque:workers": {"web-1:7:mail"},
        "resque:worker:web-1:7:mail:started": "x",
    }
    return {**listed, **({"resque:queue:mail": jobs} if jobs else {}), **more}


def working(worker, age, form="%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)"):
    """The job that a worker took so many seconds ago, as node-resque, php-resque or Resque write it."""
    run_at = f"{NOW - timedelta(seconds=age):{form}}"
    return {f"resque:worker:{worker}": json.dumps({"run_at": run_at, "queue": "mail", "payload": {}})}


PHP, RUBY = "%a %b %d %H:%M:%S UTC %Y", "%Y-%m-%dT%H:%M:%SZ"


def asynq_server(*queues, status="active", more=""):
    """What a server tells of itself, in Protocol Buffers; bytes that are no text are replaced."""
    served = "".join(f"*{chr(len(name) + 4)}\n{chr(len(name))}{name}\x10\x01" for name in queues)
    told = f"\n\x05web-1\x10\x07\x1a\x040c5f \n{served}{more}:{chr(len(status))}{status}B\x0c\x08\ufffd\ufffd\x06"
    return {"asynq:servers:{web-1:7:0c5f}": told}


def asynq_group(*ages):
    """Tasks that wait for others of their group, which were added so many seconds ago."""
    waiting = Ranked({f"g{number}": EPOCH - age for number, age in enumerate(ages)})
    return {"asynq:{default}:groups": {"user:1"}, "asynq:{default}:g:user:1": waiting}


def saq(*, ends=(55,), queued=(), scheduled=(), taken=(), **more):
    """Keys of SAQ 0.26: workers that count as alive for so many seconds more, and jobs by their ages."""
    base, jobs = "saq:default", {}
    for place, ages in (("queued", queued), ("active", taken)):
        for number, (age, told) in enumerate(one if isinstance(one, tuple) else (one, {}) for one in ages):
            at = round((EPOCH - age) * 1000)
            job = {"function": "thumb", "queue": "default", "status": place, "queued": at, "touched": at, **told}
            jobs[f"saq:job:default:{place}{number}"] = job | ({"started": at} if place == "active" else {})
    undone = dict.fromkeys(jobs, 0.0) | {f"saq:job:default:s{n}": EPOCH - at for n, at in enumerate(scheduled)}
    found = {
        f"{base}:stats": Ranked({f"{base}:worker_info:w{n}": (EPOCH + end) * 1000 for n, end in enumerate(ends)}),
        f"{base}:incomplete": Ranked(undone),
        f"{base}:queued": [key for key in jobs if ":queued" in key],
        f"{base}:active": [key for key in jobs if ":active" in key],
        **{key: json.dumps(job) for key, job in jobs.items()},
    }
    return {**{key: value for key, value in found.items() if value}, **more}


BUSY = [{"name": "", "cmd": "get"}, {"name": "", "cmd": "ping"}]
WAITS = [{"name": "", "cmd": "brpoplpush"}, {"name": "", "cmd": "ping"}]


def read(preset, keys, *, before=False, **answers):
    """The queue, by a run that has seen a key of it before, or not."""
    queue = {"preset": preset, "name": NAMES[preset]}
    seen = {f"queue {preset} {NAMES[preset]}": Counted(at=NOW)}
    earlier = Earlier(lambda: [seen]) if before else Earlier()
    return job_queues(Store(keys, **answers), settings_of(redis={"queues": [queue]}), FixedClock(NOW), earlier)


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
        ("asynq", asynq(**{"asynq:schedulers": Ranked({"asynq:schedulers:{a}": EPOCH + 12})}), OK),
        (
            "asynq",
            asynq(**{"asynq:schedulers": Ranked({"asynq:schedulers:{a}": EPOCH - 9})}),
            OK,
        ),  # being restarted
        (
            "asynq",
            asynq(**{"asynq:schedulers": Ranked({"asynq:schedulers:{a}": EPOCH - 7200})}),
            CRITICAL,
        ),  # killed
        (
            "asynq",
            asynq(
                **{
                    "asynq:schedulers": Ranked(
                        {"asynq:schedulers:{a}": EPOCH - 7200, "asynq:schedulers:{b}": EPOCH + 9}
                    )
                }
            ),
            OK,
        ),
        ("asynq", {"asynq:schedulers": Ranked({"asynq:schedulers:{a}": EPOCH + 12})}, UNKNOWN),
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
        # Every worker at the same job for hours, while others wait; or one of them is free.
        ("resque", resque(**working("web-1:7:*", 9000, RUBY)), OK),
        ("resque", resque(**working("web-1:7:*", 9000, RUBY), **{"resque:queue:mail": ["{}"]}), WARNING),
        ("resque", resque(**working("web-1:7:*", 90, RUBY), **{"resque:queue:mail": ["{}"]}), OK),
        ("resque", resque(**{"resque:queue:mail": ["{}"]}), OK),
        ("resque", node_resque(), OK),
        ("resque", node_resque(name="web-1:7+1", queues="mail"), OK),
        ("resque", node_resque(queues="thumbs"), CRITICAL),
        ("resque", node_resque(silent=900), CRITICAL),
        (
            "resque",
            node_resque(silent=900, **{"resque:workers": {"worker-1:mail,thumbs", "worker-2:mail"}}),
            UNKNOWN,
        ),
        (
            "resque",
            node_resque(**{"resque:worker:ping:worker-1": "pong"}),
            OK,
        ),  # as of php-resque: nothing is known
        ("resque", node_resque(**working("worker-1:mail,thumbs", 9000)), OK),
        ("resque", node_resque(**working("worker-1:mail,thumbs", 9000), **{"resque:queue:mail": ["{}"]}), WARNING),
        ("resque", node_resque(**{"resque:delayed_queue_schedule": Ranked({"1": EPOCH - 7200})}), CRITICAL),
        ("resque", php_resque(), OK),
        ("resque", php_resque(queued=[3]), OK),
        ("resque", php_resque(queued=[7200, 3]), CRITICAL),
        ("resque", php_resque(queued=[3], **working("web-1:7:mail", 9000, PHP)), OK),
        ("asynq", asynq(**asynq_server("default", "low")), OK),
        ("asynq", asynq(**asynq_server("low")), CRITICAL),
        ("asynq", asynq(**asynq_server("default", status="stopped")), CRITICAL),
        ("asynq", asynq(**asynq_server("low", more="*\x0a\n\x07default\x10\ufffd\x08")), OK),  # of priority 1,100
        ("asynq", asynq(**{"asynq:servers:{web-1:7:0c5f}": "\ufffd\x05other words"}), OK),
        ("asynq", asynq(**asynq_group(3, 7200)), OK),
        ("asynq", asynq(**asynq_group(7200, 9000)), CRITICAL),  # no server joins them
        ("saq", saq(), OK),
        ("saq", saq(queued=[3], taken=[5]), OK),
        ("saq", saq(queued=[7200]), CRITICAL),
        ("saq", saq(queued=[(7200, {"scheduled": round(EPOCH - 5)})]), OK),
        ("saq", saq(queued=[(7200, {"touched": (EPOCH - 3600) * 1000, "retry_delay": 3590, "attempts": 1})]), OK),
        ("saq", saq(queued=[(7200, {"queued": "soon"})]), UNKNOWN),
        ("saq", saq(scheduled=[-600]), OK),
        ("saq", saq(scheduled=[7200]), CRITICAL),
        ("saq", saq(taken=[7200]), WARNING),  # it may take ten seconds
        ("saq", saq(taken=[(7200, {"timeout": 9000})]), OK),
        ("saq", saq(taken=[(7200, {"timeout": 0})]), OK),
        ("saq", saq(ends=[-30, 55]), OK),
        ("saq", saq(ends=[-30]), CRITICAL),
        ("saq", saq(ends=[], queued=[3]), CRITICAL),
        ("saq", saq(**{"saq:default:queued": "a text"}), UNKNOWN),
        ("saq", {}, UNKNOWN),
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


@pytest.mark.parametrize("preset", ["arq", "saq"])
def test_empty_queue_without_any_worker_that_was_seen_before_is_critical(preset):
    """The worker's key is gone, as is that of an empty queue."""
    assert judged(read(preset, {}))[0] is UNKNOWN
    found = read(preset, {}, before=True)
    assert judged(found)[0] is CRITICAL
    assert list(found.readings) == [f"queue {preset} {NAMES[preset]}"]


POLLS = {"name": "", "db": "0", "cmd": "zrangebyscore", "idle": "0"}
SITE = {"name": "", "db": "0", "cmd": "get", "idle": "0"}


@pytest.mark.parametrize(
    ("clients", "jobs", "verdict"),
    [
        ([SITE, SITE], {}, WARNING),
        ([SITE, POLLS | {"idle": "900"}], {}, WARNING),  # a connection that its website has kept
        ([SITE, POLLS | {"db": "3"}], {}, WARNING),
        ([SITE, POLLS], {}, OK),
        ([SITE, POLLS | {"cmd": "exec", "idle": "1"}], {}, OK),  # with allow_abort_jobs
        ([SITE, SITE], arq_jobs(7200, running=[0]), OK),  # it has as many as it may
        ([SITE, {"name": ""}], {}, OK),  # a server that does not tell commands
        (DENIED, {}, OK),
    ],
)
def test_worker_of_arq_that_was_killed_is_found_before_its_key_expires(clients, jobs, verdict):
    """It keeps its key for an hour; each worker asks for jobs twice a second."""
    found = read("arq", arq(**jobs), clients=clients)
    assert judged(found)[0] is verdict
    if verdict is WARNING:
        assert judged(found)[1] == (
            "Workers of arq:queue (arq): expected a client that looks like a worker, got none, although each "
            "asks for jobs"
        )
    assert ("Clients like workers" in found.evidence()[0].facts) is (
        clients is DENIED or clients[-1] == {"name": ""}
    )


def test_job_of_a_worker_that_is_dead_is_told():
    """Beside one that is alive; nobody puts it back."""
    dead = {"resque:workers": {"worker-1:mail", "worker-2:mail"}, **working("worker-2:mail", 900)}
    dead["resque:worker:ping:worker-2"] = json.dumps({"time": round(EPOCH - 800)})
    verdict, message = judged(read("resque", node_resque(queues="mail", **dead)))
    assert verdict is WARNING
    assert "got one taken 13 min ago that no worker holds any more" in message


def test_worker_of_php_resque_is_a_client_that_asks():
    """It keeps nothing else of it."""
    clients = [{"name": "", "cmd": "lpop"}, {"name": "", "cmd": "get"}]
    assert judged(read("resque", php_resque(queued=[3]), clients=clients))[0] is OK
    assert judged(read("resque", php_resque(queued=[3]), clients=BUSY[:1] * 2))[0] is WARNING


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
