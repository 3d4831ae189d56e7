"""Job queues: waiting, failed and running jobs of each library, from its own keys; and answers that are not
understood.
"""

import json
import math
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.clients.redis_replies import NotAllowed, UnknownCommand
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import Malformed, UsageError
from playbook.core.judge import Judge
from playbook.core.verdict import Critical, Verdict
from playbook.measure.redis.job_queues import job_queues
from tests.redis_factory import NOW, Ranked, Server, Store, settings_of

EPOCH = NOW.timestamp()
SEP = "\x06\x16"


def ago(seconds):
    """The epoch seconds of this many seconds ago."""
    return EPOCH - seconds


def celery(**more):
    """A broker with the queue that Celery declared; nothing waits."""
    return {
        "_kombu.binding.celery": {f"celery{SEP}{SEP}celery"},
        "_kombu.binding.celery.pidbox": {f"{SEP}{SEP}celery@web-1.celery.pidbox"},
        "_kombu.binding.celeryev": {f"worker.#{SEP}{SEP}celeryev.2c1"},
        **more,
    }


def rq(**more):
    """RQ with one live worker and an empty queue."""
    at = (NOW - timedelta(seconds=20)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "rq:queues": {"rq:queue:default"},
        "rq:workers": {"rq:worker:a1"},
        "rq:workers:default": {"rq:worker:a1"},
        "rq:worker:a1": {"birth": at, "last_heartbeat": at, "state": "idle", "queues": "default"},
        **more,
    }


def process(*, queues=("default",), quiet="false", busy="2"):
    """The hash that a Sidekiq process writes about itself."""
    info = {"hostname": "web-1", "queues": list(queues), "capsules": {"default": {"weights": {"default": 1}}}}
    return {"info": json.dumps(info), "concurrency": "5", "busy": busy, "beat": f"{ago(3):.3f}", "quiet": quiet}


def sidekiq(**more):
    """Sidekiq with one process and an empty queue."""
    key = "web-1:7:0c5f"
    return {"queues": {"default", "mailers"}, "processes": {key}, key: process(), **more}


def bull(**more):
    """A BullMQ queue that has had jobs."""
    meta = {"opts.maxLenEvents": "10000", "version": "bullmq:5.61.0"}
    return {"bull:images:meta": meta, "bull:images:id": "4711", **more}


def read(keys, **queue):
    """The one queue of the settings, read from these keys."""
    return job_queues(Store(keys), settings_with(tuple(queue.items())), FixedClock(NOW), Earlier())


@cache
def settings_with(queue):
    """Settings with this one queue."""
    return settings_of(redis={"queues": [dict(queue)]})


def judged(queues):
    """The worst verdict of daily.redis.alive about queues, and its message."""
    limits, judge = settings_of().limits, Judge()
    judge.add_coverage("job_queues", queues.coverage)
    try:
        for one in queues.statements:
            judge.that(**one.terms)
        for rows, limit in (
            (queues.waiting, limits.queue_waiting),
            (queues.oldest, limits.queue_oldest),
            (queues.failed, limits.queue_failed),
        ):
            for row in rows:
                judge(row.reading, limit, subject=row.subject)
    except Critical:
        pass
    worst = judge.leading
    return worst.verdict, worst.message


CELERY = {"preset": "celery", "name": "celery"}
RQ = {"preset": "rq", "name": "default"}
SIDEKIQ = {"preset": "sidekiq", "name": "default"}
BULL = {"preset": "bullmq", "name": "images"}
EMPTY = [(celery, CELERY), (rq, RQ), (sidekiq, SIDEKIQ), (bull, BULL)]


def test_default_queue_is_the_list_of_image_workers():
    """A missing list is an empty one; a key of another type has no length."""
    settings = settings_of()
    queues = job_queues(Server(lists={"image-processing-queue": 180}), settings, FixedClock(NOW), Earlier())
    assert [reading.value for reading in queues.images] == [180]
    assert not [*queues.waiting, *queues.oldest, *queues.failed]
    empty = job_queues(Server(), settings, FixedClock(NOW), Earlier())
    assert [reading.value for reading in empty.images] == [0]
    assert queues.evidence()[0].facts == {"List": "image-processing-queue", "Waiting": "180"}
    wrong = Malformed("got WRONGTYPE", service="Redis")
    odd = job_queues(Server(lists={"image-processing-queue": wrong}), settings, FixedClock(NOW), Earlier())
    assert math.isnan(odd.images[0].value)
    assert odd.coverage.got == "got WRONGTYPE"
    assert odd.evidence()[0].facts["Waiting"] == "got WRONGTYPE"


def test_images_that_wait_beside_the_queues_of_a_library_are_counted():
    """Where none wait there is no such queue: by its library alone."""
    with_both = settings_with((("preset", "celery"), ("name", "celery")))
    queues = job_queues(
        Store(celery(**{"image-processing-queue": ["a"] * 180})), with_both, FixedClock(NOW), Earlier()
    )
    assert [(queue.name, queue.preset) for queue in queues.queues] == [
        ("celery", "celery"),
        ("image-processing-queue", ""),
    ]
    assert [reading.value for reading in queues.images] == [180]
    assert [queue.name for queue in read(celery(), preset="celery", name="celery").queues] == ["celery"]


@pytest.mark.parametrize(("made", "queue"), EMPTY)
def test_empty_queue_that_the_library_knows_is_ok(made, queue):
    """Its list is missing, as Redis keeps no empty ones."""
    queues = read(made(), **queue)
    assert judged(queues)[0] is Verdict.OK
    assert [row.reading.value for row in queues.waiting] == [0]


@pytest.mark.parametrize(("made", "queue"), EMPTY)
def test_name_that_the_library_does_not_know_is_unknown(made, queue):
    """A typing mistake, another database or another prefix: no key exists, so nothing is known."""
    for wrong in ({"name": "defualt"}, {"prefix": "shop:"}):
        verdict, message = judged(read(made(), **{**queue, **wrong}))
        assert verdict is Verdict.UNKNOWN
        assert f"expected a trace that {queue['preset']} knows the queue" in message
    assert judged(read({}, **queue))[0] is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("made", "queue", "key"),
    [
        (celery, CELERY, "celery"),
        (celery, CELERY, f"celery{SEP}3"),
        (celery, CELERY, "unacked"),
        (rq, RQ, "rq:queue:default"),
        (rq, RQ, "rq:failed:default"),
        (rq, RQ, "rq:workers:default"),
        (sidekiq, SIDEKIQ, "queue:default"),
        (sidekiq, SIDEKIQ, "dead"),
        (sidekiq, SIDEKIQ, "processes"),
        (bull, BULL, "bull:images:wait"),
        (bull, BULL, "bull:images:failed"),
        (bull, BULL, "bull:images:prioritized"),
    ],
)
def test_key_of_another_type_is_unknown(made, queue, key):
    """It belongs to something else, or to an unsupported version."""
    verdict, message = judged(read({**made(), key: "text"}, **queue))
    assert verdict is Verdict.UNKNOWN
    assert "a string and no" in message


def test_celery_waiting_counts_every_priority():
    """Unacknowledged jobs are shown, and the evidence names what Celery does not keep in the broker."""
    many = {f"celery{SEP}{step}": ["{}"] * 20 for step in (3, 6, 9)}
    unacked = {"unacked": {"a": "[]", "b": "[]"}, "unacked_index": Ranked(a=ago(900), b=ago(5))}
    queues = read(celery(celery=["{}"] * 50, **many, **unacked), **CELERY)
    assert judged(queues) == (
        Verdict.CRITICAL,
        "Jobs waiting in celery (Celery): expected at most 50 jobs, got 110 jobs (critical > 100 jobs)",
    )
    facts = queues.evidence()[0].facts
    assert facts["Being worked on"] == "2 (all queues)"
    assert facts["Oldest taken"] == "15 min"
    assert facts["Not kept in Redis"] == "failed jobs, the wait of the oldest job, workers"


def test_celery_uses_its_prefix_and_its_exchange():
    """From ``global_keyprefix`` and the exchange of a queue."""
    keys = {"shop:_kombu.binding.tasks": {f"mail{SEP}{SEP}mail"}, "shop:mail": ["{}"] * 3}
    queues = read(keys, preset="celery", name="mail", prefix="shop:", exchange="tasks")
    assert (judged(queues)[0], queues.waiting[0].reading.value) == (Verdict.OK, 3)
    del keys["shop:mail"]
    assert judged(read(keys, preset="celery", name="mail", prefix="shop:", exchange="tasks"))[0] is Verdict.OK
    assert judged(read(keys, preset="celery", name="mail", prefix="shop:"))[0] is Verdict.UNKNOWN


WEB = {"addr": "10.0.0.1:7", "psub": "0", "cmd": "llen"}
WORKER = {"addr": "10.0.0.2:7", "psub": "1", "cmd": "psubscribe"}
TAKES = {"addr": "10.0.0.2:8", "psub": "0", "cmd": "brpop"}
FLOWER = {"addr": "10.0.0.3:7", "psub": "1", "cmd": "psubscribe"}
ENDED = {"_kombu.binding.celery.pidbox": None}
DENIED = NotAllowed(
    "Redis: expected an answer to CLIENT LIST, got NOPERM User playbook has no permissions to run the "
    "'client|list' command",
    service="Redis",
)
# rename-command, as managed services do it
RENAMED = UnknownCommand(
    "Redis: expected an answer to CLIENT LIST from 10.0.0.5:6379, and this server does not know that command "
    "(unknown command 'CLIENT', with args beginning with: 'LIST')",
    service="Redis",
)


@pytest.mark.parametrize(
    ("waiting", "clients", "more", "patterns", "verdict"),
    [
        (3, [WEB, WEB], ENDED, None, Verdict.WARNING),
        (3, [WEB, WEB], {}, None, Verdict.WARNING),  # its worker was killed
        (3, [WEB, WORKER, {**WORKER, "addr": "10.0.0.2:9"}, TAKES], {}, None, Verdict.OK),
        (3, [WEB, WORKER, TAKES], {}, None, Verdict.OK),  # --without-gossip
        # A worker of another database, by a wrong broker address.
        (3, [WEB, WORKER | {"db": "3"}, TAKES | {"db": "3"}], {}, None, Verdict.WARNING),
        (3, [WEB, WORKER, {**TAKES, "idle": "1400"}], {}, None, Verdict.OK),  # a long job of one without gossip
        (3, [WEB, WORKER, {**WORKER, "addr": "10.0.0.2:9"}, {**TAKES, "idle": "9000"}], {}, None, Verdict.OK),
        # Flower, whose inspection has asked for answers once, and a worker that was killed.
        (3, [WEB, FLOWER, {**TAKES, "idle": "9000"}], {}, None, Verdict.WARNING),
        (3, [WEB, FLOWER], {}, None, Verdict.WARNING),
        (3, [WEB, FLOWER, {**TAKES, "idle": "62"}], {}, None, Verdict.OK),  # it may be at work
        (3, [WEB, WORKER, TAKES], ENDED, None, Verdict.OK),  # a worker without remote control
        # One that has neither remote control nor gossip, and works on as much as it may take.
        (3, [WEB, {**TAKES, "idle": "62"}], ENDED, None, Verdict.OK),
        (3, [WEB, {**TAKES, "idle": "9000"}], ENDED, None, Verdict.WARNING),
        # A worker of another list asks without end, although jobs wait here.
        (3, [WEB, {**TAKES, "idle": "40", "flags": "b"}], ENDED, None, Verdict.WARNING),
        (3, [WEB, {**TAKES, "idle": "0", "flags": "N"}], {}, None, Verdict.WARNING),
        (3, [WEB, FLOWER], ENDED, None, Verdict.WARNING),
        (3, [WEB, {"addr": "10.0.0.3:7", "psub": "1"}], ENDED, None, Verdict.OK),
        (0, [WEB, WEB], {}, 0, Verdict.OK),  # its workers may be resting
        (3, [WEB], {}, None, Verdict.UNKNOWN),  # only this suite's own connection: others may be hidden
        (3, [WEB], {}, 0, Verdict.WARNING),
        (3, [{"addr": "10.0.0.1:7"}, {"addr": "10.0.0.2:7"}], {}, None, Verdict.UNKNOWN),  # Dragonfly
        (3, DENIED, {}, None, Verdict.UNKNOWN),
        (3, RENAMED, {}, None, Verdict.UNKNOWN),
        (3, DENIED, {}, 1, Verdict.UNKNOWN),  # a worker's, or Flower's
        (3, DENIED, ENDED, 2, Verdict.UNKNOWN),
        (3, DENIED, {}, 2, Verdict.OK),
        (3, DENIED, {}, 0, Verdict.WARNING),
        (0, DENIED, {}, None, Verdict.OK),
    ],
)
def test_jobs_of_celery_that_no_worker_takes_are_found(waiting, clients, more, patterns, verdict):
    """Each worker subscribes to a pattern and has a mailbox for remote control, and takes jobs with BRPOP."""
    info = {"redis_version": "7.2.4", **({} if patterns is None else {"pubsub_patterns": patterns})}
    store = Store(celery(celery=["{}"] * waiting, **more), info=info, clients=clients)
    queues = job_queues(store, settings_with(tuple(CELERY.items())), FixedClock(NOW), Earlier())
    found = judged(queues)
    assert found[0] is verdict
    if verdict is Verdict.WARNING:
        assert found[1] == (
            "Workers of celery (Celery): expected a client that looks like a worker, got none, while jobs wait"
        )


TAKEN = {"unacked": {"a": "[]"}, "unacked_index": Ranked(a=ago(900))}


@pytest.mark.parametrize(
    ("clients", "more", "verdict"),
    [
        ([WEB, WEB], TAKEN, Verdict.WARNING),
        ([WEB, FLOWER], {**TAKEN, **ENDED}, Verdict.WARNING),
        ([WEB, WORKER, TAKES], TAKEN, Verdict.OK),
        ([WEB, WORKER, {**TAKES, "idle": "1400"}], TAKEN, Verdict.OK),  # it holds as many as it may
        ([WEB, WORKER, {**WORKER, "addr": "10.0.0.2:9"}], TAKEN, Verdict.OK),
        ([WEB], TAKEN, Verdict.UNKNOWN),
        (DENIED, TAKEN, Verdict.UNKNOWN),
        ([WEB, WEB], {"unacked_index": Ranked(a=ago(900))}, Verdict.OK),
    ],
)
def test_jobs_of_celery_that_a_killed_worker_had_taken_are_found(clients, more, verdict):
    """They are in no queue until another worker puts them back, so that none waits."""
    keys = {key: value for key, value in celery(**more).items() if value is not None}
    found = judged(
        job_queues(Store(keys, clients=clients), settings_with(tuple(CELERY.items())), FixedClock(NOW), Earlier())
    )
    assert found[0] is verdict
    if verdict is Verdict.WARNING:
        assert found[1].endswith("got none, while jobs that were taken are not done")


OWN = "bull:aW1hZ2Vz"  # prefix and base64 of "images"
APP = {"addr": "10.0.0.1:7", "name": "", "cmd": "evalsha"}
EVENTS = {"addr": "10.0.0.1:8", "name": f"{OWN}:qe", "cmd": "xread"}
TAKER = {"addr": "10.0.0.2:7", "name": OWN, "cmd": "bzpopmin"}


@pytest.mark.parametrize(
    ("waiting", "clients", "verdict"),
    [
        (3, [APP, APP], Verdict.WARNING),
        (3, [APP, EVENTS], Verdict.WARNING),
        (3, [APP, TAKER | {"name": "bull:bWFpbA=="}], Verdict.WARNING),  # of another queue
        (3, [APP, TAKER | {"db": "3"}], Verdict.WARNING),  # of another database: a worker with a wrong REDIS_URL
        (3, [APP, TAKER | {"db": "3", "name": ""}], Verdict.WARNING),
        (3, [APP, TAKER | {"db": "0"}], Verdict.OK),
        (3, [APP, TAKER], Verdict.OK),
        (3, [APP, TAKER | {"name": f"{OWN}:w:thumbnails"}], Verdict.OK),  # a worker with a name of its own
        (3, [APP, TAKER | {"cmd": "brpoplpush"}], Verdict.OK),  # of Bull
        (3, [APP, TAKER | {"name": ""}], Verdict.OK),  # where names are refused, and of other languages
        (3, [APP, {"addr": "10.0.0.2:7"}], Verdict.OK),  # a server that does not tell names
        (3, [APP], Verdict.OK),  # only this suite's own connection: others may be hidden
        (0, [APP, APP], Verdict.OK),  # its workers may be resting
        (3, DENIED, Verdict.OK),
    ],
)
def test_jobs_of_bull_that_no_worker_takes_are_found(waiting, clients, verdict):
    """A worker's connection has the name of the queue, or waits with a blocking command."""
    jobs = {f"bull:images:{n}": {"timestamp": str(int(ago(5) * 1000))} for n in range(waiting)}
    store = Store(bull(**jobs, **{"bull:images:wait": list(map(str, range(waiting)))}), clients=clients)
    found = judged(job_queues(store, settings_with(tuple(BULL.items())), FixedClock(NOW), Earlier()))
    assert found[0] is verdict
    if verdict is Verdict.WARNING:
        assert found[1].startswith(
            "Workers of images (BullMQ): expected a client that looks like a worker, got none"
        )


def test_workers_of_bull_that_cannot_be_seen_are_mentioned():
    """How long the oldest job has waited tells of them, too."""
    for answer in (DENIED, RENAMED, [APP]):
        jobs = {"bull:images:1": {"timestamp": str(int(ago(5) * 1000))}, "bull:images:wait": ["1"]}
        store = Store(bull(**jobs), clients=answer)
        queues = job_queues(store, settings_with(tuple(BULL.items())), FixedClock(NOW), Earlier())
        assert judged(queues)[0] is Verdict.OK
        assert queues.evidence()[0].facts["Clients like workers"].startswith("not known: ")


ADDS = {"addr": "10.0.0.1:9", "name": OWN, "cmd": "evalsha"}  # of a website, or a worker beside its blocking one
HEARS = ADDS | {"addr": "10.0.0.1:10", "cmd": "subscribe"}
WAITS = {"addr": "10.0.0.2:9", "name": OWN, "cmd": "brpoplpush"}


@pytest.mark.parametrize(
    ("clients", "active", "verdict"),
    [
        ([ADDS, HEARS], [], Verdict.WARNING),
        ([ADDS, ADDS | {"cmd": "exec"}, APP], [], Verdict.WARNING),
        ([ADDS, HEARS, WAITS], [], Verdict.OK),
        ([ADDS, WAITS | {"name": ""}], [], Verdict.OK),
        ([ADDS, {"addr": "10.0.0.2:9", "name": OWN}], [], Verdict.OK),  # a server that does not tell commands
        ([ADDS, HEARS], ["9"], Verdict.OK),  # who holds it may not have waited since it connected
    ],
)
def test_website_that_adds_jobs_to_bull_is_no_worker(clients, active, verdict):
    """Bull 3 and 4 give all connections of all processes the same name, also of those that only add jobs."""
    jobs = {f"bull:images:{n}": {"timestamp": str(int(ago(5) * 1000))} for n in range(3)}
    held = {"bull:images:9:lock": "token", "bull:images:9": {"processedOn": str(int(ago(5) * 1000))}}
    keys = {"bull:images:id": "9", "bull:images:wait": ["0", "1", "2"], **jobs, **held}
    store = Store(keys | ({"bull:images:active": active} if active else {}), clients=clients)
    queue = settings_with((("preset", "bull"), ("name", "images")))
    assert judged(job_queues(store, queue, FixedClock(NOW), Earlier()))[0] is verdict


@pytest.mark.parametrize("sep", [":", "\x06\x16", "::", "-p"])
def test_celery_with_a_separator_of_its_own_counts_every_priority(sep):
    """Celery's documentation recommends ``sep: ":"`` for priorities."""
    keys = {"_kombu.binding.celery": {f"celery{sep}{sep}celery"}, "celery": ["{}"]}
    queues = read({**keys, f"celery{sep}9": ["{}"] * 120}, **CELERY)
    assert judged(queues)[0] is Verdict.CRITICAL
    assert queues.waiting[0].reading.value == 121
    assert judged(read(keys, **CELERY))[0] is Verdict.OK


def test_binding_of_celery_that_is_not_understood_is_unknown():
    """So the names of the lists by priority are not known either."""
    keys = {"_kombu.binding.celery": {"tasks.mail:#:celery"}, "celery": ["{}"]}
    verdict, message = judged(read(keys, **CELERY))
    assert verdict is Verdict.UNKNOWN
    assert "expected all bindings to be understood" in message
    other = {"_kombu.binding.celery": {f"mail{SEP}{SEP}mail", "old:celery", f"celery{SEP}{SEP}celery"}}
    assert judged(read(other, **CELERY))[0] is Verdict.OK


def test_rq_jobs_that_wait_too_long_or_failed_are_found():
    """The oldest at either end counts, as jobs may be put in front."""
    job = {"rq:job:old": {"enqueued_at": (NOW - timedelta(minutes=40)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}}
    new = {"rq:job:new": {"enqueued_at": (NOW - timedelta(seconds=4)).strftime("%Y-%m-%dT%H:%M:%SZ")}}
    for order in (["old", "new"], ["new", "old"]):
        verdict, message = judged(read(rq(**job, **new, **{"rq:queue:default": order}), **RQ))
        assert verdict is Verdict.CRITICAL
        assert message.startswith(
            "Waiting time of the oldest job in default (RQ): expected at most 300 s, got 2,400 s"
        )
    failed = Ranked({f"f{number}": EPOCH for number in range(101)})
    verdict, message = judged(read(rq(**{"rq:failed:default": failed}), **RQ))
    assert (verdict, message) == (
        Verdict.WARNING,
        "Failed jobs of default (RQ): expected at most 100 jobs, got 101 jobs",
    )


@pytest.mark.parametrize(
    ("status", "waits", "verdict"),
    [
        ("started", 7200, Verdict.OK),
        ("queued", 7200, Verdict.OK),
        ("failed", 7200, Verdict.CRITICAL),
        (None, 7200, Verdict.CRITICAL),  # gone
        ("finished", 60, Verdict.OK),  # a worker makes room for the next one
    ],
)
def test_jobs_of_rq_that_a_limit_holds_back_for_ever_are_found(status, waits, verdict):
    """Of RQ 3.0, where the job that took up all room of their group has ended; keys as its Queue leaves them."""
    keys = {
        "rq:rl-keys": {"pictures"},
        "rq:rl:pictures": {"concurrency": "1"},
        "rq:rl:pictures:allowed": Ranked({"a": EPOCH - waits}),
        "rq:rl:pictures:rate_limited": Ranked({"b": EPOCH - waits, "c": EPOCH - 3}),
        **({"rq:job:a": {"status": status}} if status else {}),
    }
    queues = read(rq(**keys), **RQ)
    assert judged(queues)[0] is verdict
    assert queues.evidence()[0].facts["For later"] == "2 (all queues)"


@pytest.mark.parametrize(("ago_it_was", "verdict"), [(60, Verdict.OK), (3600, Verdict.CRITICAL)])
def test_job_of_rq_that_is_ready_and_never_queued_is_found(ago_it_was, verdict):
    """Of RQ 3.0, whose maintenance queues it where the process that should have done so has ended."""
    assert judged(read(rq(**{"rq:ready:default": Ranked({"a": ago(ago_it_was)})}), **RQ))[0] is verdict


def test_rq_without_a_live_worker_is_critical():
    """The name of a worker stays in the set after its hash expired; a worker that ends notes it."""
    for gone in ({"rq:worker:a1": None}, {"rq:worker:a1": {**rq()["rq:worker:a1"], "death": "now"}}):
        keys = {key: value for key, value in rq(**gone).items() if value is not None}
        assert judged(read(keys, **RQ)) == (
            Verdict.CRITICAL,
            "Workers of default (RQ): expected at least one that is alive, "
            "got none (1 listed that takes no new jobs)",
        )
    odd = rq(**{"rq:worker:a1": {"state": "busy", "last_heartbeat": "soon"}})
    assert not read(odd, **RQ).coverage.enough


def test_worker_whose_hash_stays_for_ever_needs_a_recent_heartbeat():
    """A worker that was cut off, and wrote to its expired hash again, leaves one that never expires."""
    at = (NOW - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    gone = rq(**{"rq:worker:a1": {"birth": at, "last_heartbeat": at, "state": "busy", "queues": "default"}})
    verdict, message = judged(read(gone, **RQ))
    assert verdict is Verdict.CRITICAL
    assert message.startswith("Workers of default (RQ): expected at least one that is alive, got none (1 listed")
    rest = {"rq:worker:b2": {"state": "idle", "successful_job_count": "7"}}
    both = read(rq(**rest, **{"rq:workers:default": {"rq:worker:a1", "rq:worker:b2"}}), **RQ)
    assert judged(both)[0] is Verdict.OK
    assert both.evidence()[0].facts["Workers alive"] == "1"
    old = sidekiq(**{"web-1:7:0c5f": {**process(), "beat": f"{ago(7200):.3f}"}})
    verdict, message = judged(read(old, **SIDEKIQ))
    assert verdict is Verdict.CRITICAL
    assert message.startswith("Workers of default (Sidekiq): expected at least one that is alive, got none")


def test_workers_beyond_the_most_that_are_read_are_mentioned():
    """They are neither counted as alive nor as lost."""
    keys = [f"web-{number}:7:0c5f" for number in range(501)]
    many = sidekiq(**{"processes": set(keys), **{key: process() for key in keys}})
    found = read(many, **SIDEKIQ)
    assert found.coverage.got == "500 processes"
    assert found.coverage.expected == "all 501 processes"
    assert judged(found)[0] is Verdict.UNKNOWN
    worker = rq()["rq:worker:a1"]
    keys = [f"rq:worker:{number}" for number in range(501)]
    found = read(rq(**{"rq:workers:default": set(keys), **dict.fromkeys(keys, worker)}), **RQ)
    assert found.coverage.got == "500 workers"
    assert judged(found)[0] is Verdict.UNKNOWN
    expired = rq(**{"rq:workers:default": set(keys), max(keys): worker})
    assert judged(read(expired, **RQ))[0] is Verdict.UNKNOWN


def test_suspended_rq_is_a_warning():
    """Its workers wait until somebody resumes them."""
    verdict, message = judged(read(rq(**{"rq:suspended": "1"}), **RQ))
    assert verdict is Verdict.WARNING
    assert message == "Queue default (RQ): expected a queue that hands out jobs, got a paused one"


@pytest.mark.parametrize("at", [ago(2000), round(ago(2000) * 1000)])
def test_sidekiq_times_are_seconds_or_milliseconds(at):
    """Seconds before version 8, milliseconds since."""
    jobs = [json.dumps({"class": "Mail", "args": ["secret"], "created_at": at, "enqueued_at": at})]
    queues = read(sidekiq(**{"queue:default": jobs}), **SIDEKIQ)
    assert queues.oldest[0].reading.value == pytest.approx(2000, abs=1)
    assert "secret" not in repr(queues)


def test_sidekiq_without_a_process_for_the_queue_is_critical():
    """A quiet process takes no new jobs, and one for other queues takes none of these."""
    key = "web-1:7:0c5f"
    other = {"info": json.dumps({"queues": ["mailers"]}), "busy": "0", "quiet": "false"}
    for changed in ({key: process(quiet="true")}, {key: other}, {"processes": set()}):
        verdict, message = judged(read(sidekiq(**changed), **SIDEKIQ))
        assert verdict is Verdict.CRITICAL
        assert message.startswith("Workers of default (Sidekiq): expected at least one that is alive, got none")
    odd = read(sidekiq(**{key: {"info": "{", "busy": "0", "quiet": "false"}}), **SIDEKIQ)
    assert not odd.coverage.enough


def test_sidekiq_dead_jobs_are_those_of_all_queues():
    """Scheduled jobs and retries count as jobs for later."""
    keys = sidekiq(
        dead=Ranked({str(n): EPOCH for n in range(150)}), retry=Ranked(a=EPOCH), schedule=Ranked(b=EPOCH)
    )
    queues = read(keys, **SIDEKIQ)
    assert judged(queues) == (
        Verdict.WARNING,
        "Failed jobs of default (Sidekiq): expected at most 100 jobs, got 150 jobs (all queues)",
    )
    assert queues.evidence()[0].facts["For later"] == "2 (all queues)"


@pytest.mark.parametrize(
    ("made", "queue", "schedule", "score", "of"),
    [
        (rq, RQ, "rq:scheduled:default", ago, "default (RQ)"),
        (rq, RQ, "rq:scheduler:scheduled_jobs", ago, "default (RQ)"),
        (sidekiq, SIDEKIQ, "schedule", ago, "default (Sidekiq)"),
        (sidekiq, SIDEKIQ, "retry", ago, "default (Sidekiq)"),
        (bull, BULL, "bull:images:delayed", lambda seconds: ago(seconds) * 1000 * 0x1000, "images (BullMQ)"),
    ],
)
def test_scheduled_jobs_past_their_time_are_found(made, queue, schedule, score, of):
    """No scheduler hands them out, so that they never begin to wait: RQ without one, a lost poller."""
    late = read(made(**{schedule: Ranked(late=score(2 * 86_400), future=score(-600))}), **queue)
    verdict, message = judged(late)
    assert verdict is Verdict.CRITICAL
    assert message.startswith(f"Delay of scheduled jobs of {of}: expected at most 300 s, got 172,800 s")
    for fine in (-86_400, 4):
        assert judged(read(made(**{schedule: Ranked(a=score(fine))}), **queue))[0] is Verdict.OK


def test_jobs_that_sidekiq_will_try_again_count_as_failed():
    """They fail for 20 days before they are dead."""
    retry = Ranked({str(number): ago(-3600) for number in range(150)})
    queues = read(sidekiq(retry=retry), **SIDEKIQ)
    assert judged(queues) == (
        Verdict.WARNING,
        "Jobs of default (Sidekiq) to be tried again: expected at most 100 jobs, got 150 jobs (all queues)",
    )
    assert queues.evidence()[0].facts["To be tried again"] == "150 (all queues)"


@pytest.mark.parametrize("place", [["1"], Ranked({"1": 5.0})], ids=["wait", "prioritized"])
@pytest.mark.parametrize(
    ("job", "waits"),
    [
        ({"opts": '{"attempts":3}'}, 7200),
        ({"opts": '{"attempts":3,"delay":7190000}'}, 10),
        ({"opts": '{"attempts":3,"delay":-1}'}, 7200),
        ({"opts": "no object"}, 7200),
        ({"opts": '{"attempts":3}', "processedOn": str(round(ago(20) * 1000))}, 20),
    ],
)
def test_job_of_bull_waits_since_it_could_be_taken(place, job, waits):
    """One that was delayed, or is tried again, keeps the time at which it was added."""
    key = "bull:images:wait" if isinstance(place, list) else "bull:images:prioritized"
    keys = bull(**{key: place, "bull:images:1": {"timestamp": str(round(ago(7200) * 1000)), **job}})
    assert read(keys, **BULL).oldest[0].reading.value == pytest.approx(waits)


def test_bull_waiting_counts_paused_and_prioritized_jobs():
    """A paused queue of BullMQ or Bull holds its jobs back."""
    job = {"bull:images:1": {"timestamp": str(round(ago(90) * 1000))}}
    keys = bull(
        **job,
        **{
            "bull:images:wait": ["1"],
            "bull:images:paused": ["1"],
            "bull:images:prioritized": Ranked({"1": 5.0}),
            "bull:images:meta": {"paused": "1"},
        },
    )
    queues = read(keys, **BULL)
    assert queues.waiting[0].reading.value == 3
    assert queues.oldest[0].reading.value == pytest.approx(90)
    assert judged(queues)[0] is Verdict.WARNING
    old = read({"bull:images:id": "9", "bull:images:meta-paused": "1"}, preset="bull", name="images")
    assert judged(old)[0] is Verdict.WARNING


def test_active_jobs_of_bull_that_no_worker_holds_are_found():
    """A worker renews a lock for each of its jobs; without any worker, nobody puts its jobs back."""
    jobs = {
        f"bull:images:{job}": {"processedOn": str(round(ago(age) * 1000))} for job, age in (("1", 7200), ("2", 9))
    }
    active = {"bull:images:active": ["2", "1"], **jobs}
    verdict, message = judged(read(bull(**active), **BULL))
    assert verdict is Verdict.WARNING
    assert message == (
        "Active jobs of images (BullMQ): expected jobs that a worker holds, "
        "got one taken 2 h 0 min ago that no worker holds any more"
    )
    assert judged(read(bull(**active, **{"bull:images:1:lock": "token"}), **BULL))[0] is Verdict.OK


def by_priority(**waits):
    """Jobs by priority as BullMQ keeps them: score is the priority times 2^32, plus a counter."""
    ranked, jobs = Ranked(), {}
    for priority, (count, seconds) in enumerate(waits.values(), 1):
        for number in range(count):
            job = f"{priority}-{number}"
            ranked[job] = float(priority * 2**32 + number)
            hash_of_it = {"name": "resize", "data": "{}", "priority": str(priority)}
            jobs[f"bull:images:{job}"] = hash_of_it | (
                {} if seconds is None else {"timestamp": str(round(ago(seconds) * 1000))}
            )
    return bull(**jobs, **{"bull:images:prioritized": ranked})


def test_jobs_of_low_priority_count_behind_many_fresh_ones():
    """BullMQ puts the lowest priority at the end, and it waits longest."""
    queues = read(by_priority(high=(200, 5), low=(50, 3 * 86_400)), **BULL)
    assert queues.oldest[0].reading.value == pytest.approx(3 * 86_400)
    assert queues.coverage.enough
    assert judged(queues)[0] is Verdict.CRITICAL


def test_jobs_by_priority_that_are_too_many_to_read_are_not_all_known():
    """Those at both ends count; what lies between may have waited longer, so it is said."""
    queues = read(by_priority(high=(1200, 5), low=(50, 3 * 86_400)), **BULL)
    assert queues.oldest[0].reading.value == pytest.approx(3 * 86_400)
    assert "those of 1,000 of 1,250 jobs by priority" in queues.coverage.got
    assert read(by_priority(high=(1000, 5)), **BULL).coverage.enough
    assert not read(by_priority(high=(1001, 5)), **BULL).coverage.enough


def test_jobs_by_priority_without_a_time_are_unknown():
    """All of them or some; only a job that a worker has taken in the meantime needs none."""
    for jobs in ({"high": (50, None)}, {"high": (3, 5), "low": (1, None)}):
        verdict, message = judged(read(by_priority(**jobs), **BULL))
        assert verdict is Verdict.UNKNOWN
        assert "expected the time of each job, got a job without one" in message

    class Taking(Store):
        """A worker finishes the jobs of low priority before their times are read."""

        def many(self, commands):
            answers = super().many(commands)
            if commands and commands[0][0] == "ZRANGE":
                self.keys["bull:images:prioritized"].pop("2-0", None)
            return answers

    taking = Taking(by_priority(high=(3, 5), low=(1, None)))
    found = job_queues(taking, settings_with(tuple(BULL.items())), FixedClock(NOW), Earlier())
    assert (judged(found)[0], found.oldest[0].reading.value) == (Verdict.OK, pytest.approx(5))


def test_jobs_by_priority_are_read_in_a_few_exchanges():
    """And not in one for each job."""

    class Counting(Store):
        exchanges = 0

        def many(self, commands):
            self.exchanges += 1
            return super().many(commands)

    counts = []
    for count in (1, 40):
        store = Counting(by_priority(high=(count, 5)))
        job_queues(store, settings_with(tuple(BULL.items())), FixedClock(NOW), Earlier())
        counts.append(store.exchanges)
    assert counts[0] == counts[1]


def test_marker_of_bullmq_4_is_not_counted_as_a_job():
    """BullMQ puts it after the jobs to wake a worker."""
    queues = read(bull(**{"bull:images:wait": ["0:0"]}), **BULL)
    assert (queues.waiting[0].reading.value, queues.oldest) == (0, [])
    assert judged(queues)[0] is Verdict.OK


def test_jobs_in_groups_are_not_counted_as_zero():
    """BullMQ Pro keeps them in other keys."""
    verdict, message = judged(read(bull(**{"bull:images:groups": Ranked(a=1.0)}), **BULL))
    assert verdict is Verdict.UNKNOWN
    assert "1 group, whose jobs are elsewhere" in message


@pytest.mark.parametrize(
    "time", [None, "soon", "-1", "nan", "inf", "", str((EPOCH + 9e4) * 1000), str(EPOCH + 9e4)]
)
def test_job_with_an_invalid_time_is_unknown(time):
    """No time, nonsense, or far in the future."""
    job = {} if time is None else {"timestamp": time}
    verdict, message = judged(read(bull(**{"bull:images:wait": ["1"], "bull:images:1": job}), **BULL))
    assert verdict is Verdict.UNKNOWN
    assert "expected the time of each job" in message


def test_many_jobs_count_in_spite_of_invalid_times():
    """Bad evidence counts even when it is partial."""
    assert judged(read(bull(**{"bull:images:wait": ["1"] * 101}), **BULL))[0] is Verdict.CRITICAL


@pytest.mark.parametrize("preset", ["celery", "rq", "sidekiq", "bull", "bullmq"])
def test_server_that_refuses_commands_is_unknown(preset):
    """The message contains its error, and the other queues are still read."""

    class Closed(Store):
        def many(self, commands):
            raise NotAllowed("Redis: this user has no permissions to run the 'type' command", service="Redis")

    settings = settings_of(redis={"queues": [{"preset": preset, "name": "q"}]})
    verdict, message = judged(job_queues(Closed({}), settings, FixedClock(NOW), Earlier()))
    assert verdict is Verdict.UNKNOWN
    assert "has no permissions" in message


def test_unknown_preset_is_a_mistake():
    """The message lists the existing ones."""
    with pytest.raises(UsageError, match="preset"):
        settings_of(redis={"queues": [{"preset": "kue", "name": "q"}]})


BREAKS = [None, "text", [], {}, {"x": "y"}, {"a", "b"}, Ranked(a=-1.0)]


@given(data=st.data())
def test_missing_or_changed_key_never_improves_a_bad_queue(data):
    """Whatever one key of a bad queue contains, the queue is not OK, and no reader crashes."""
    made, queue = data.draw(st.sampled_from(EMPTY))
    whole = made()
    if made is celery:
        whole |= {"celery": ["{}"] * 120}
    if made is rq:
        whole |= {"rq:queue:default": ["j"] * 120, "rq:job:j": {"enqueued_at": "2026-11-23T06:59:00Z"}}
    if made is sidekiq:
        whole |= {"queue:default": [json.dumps({"created_at": ago(60)})] * 120}
    if made is bull:
        whole |= {"bull:images:wait": ["1"] * 120, "bull:images:1": {"timestamp": str(round(ago(60) * 1000))}}
    assert judged(read(whole, **queue))[0] is Verdict.CRITICAL
    key, value = data.draw(st.sampled_from(sorted(whole))), data.draw(st.sampled_from(BREAKS))
    broken = {name: one for name, one in {**whole, key: value}.items() if one is not None}
    holds_jobs = len(whole[key]) == 120
    verdict = judged(read(broken, **queue))[0]
    if not (holds_jobs and value in ([], None)):
        assert verdict is not Verdict.OK
