"""Queues of Dramatiq, Huey, Laravel and taskiq, which leave no trace of an empty one, and streams of Redis."""

import json
import string
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.errors import Malformed
from playbook.core.verdict import Verdict
from playbook.measure.redis.job_queues import job_queues
from playbook.measure.redis.job_times import signed_at
from tests.redis_factory import NOW, Ranked, Store, settings_of
from tests.unit.measure.redis.test_job_queues import DENIED, RENAMED, judged

EPOCH = NOW.timestamp()
OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
DRAMATIQ = {"preset": "dramatiq", "name": "default"}
HUEY = {"preset": "huey", "name": "lind-shop"}
LARAVEL = {"preset": "laravel", "name": "default", "prefix": "shop_database_"}
HORIZON = {**LARAVEL, "horizon": "shop_horizon:"}
LIST = {"preset": "redis-list", "name": "taskiq"}
MACHINERY = {"preset": "machinery", "name": "machinery_tasks"}
STREAM = {"preset": "redis-stream", "name": "lind:jobs", "group": "pixel"}


def dramatiq(*, beats=(2,), sent=(), taken=(), delayed=(), dead=0, acks=()):
    """Keys as the broker of Dramatiq 2.2 leaves them; times in seconds ago."""
    messages = {
        f"m{n}": json.dumps({"message_timestamp": round((EPOCH - at) * 1000)}) for n, at in enumerate(sent)
    }
    held = {f"t{n}": json.dumps({"message_timestamp": round((EPOCH - at) * 1000)}) for n, at in enumerate(taken)}
    later = {f"d{n}": json.dumps({"options": {"eta": round((EPOCH - at) * 1000)}}) for n, at in enumerate(delayed)}
    found = {
        "dramatiq:__heartbeats__": Ranked({f"w{n}": (EPOCH - at) * 1000 for n, at in enumerate(beats)}),
        "dramatiq:default": list(messages),
        "dramatiq:default.msgs": {**messages, **held},
        "dramatiq:default.DQ": list(later),
        "dramatiq:default.DQ.msgs": later,
        "dramatiq:default.XQ": Ranked({f"x{n}": EPOCH * 1000 for n in range(dead)}),
        **{f"dramatiq:__acks__.w{n}.default": {"t0"} for n in acks},
    }
    return {key: value for key, value in found.items() if value}


def machinery_delayed(ago):
    """A task that waits and one with an ETA so many seconds ago, by whose nanoseconds machinery ranks it."""
    return {"machinery_tasks": ["{}"], "delayed_tasks": Ranked({"{}": (EPOCH - ago) * 1e9})}


def laravel(*, waits=(), delayed=(), reserved=(), **more):
    """Keys of Laravel 12; times in seconds ago."""
    base = "shop_database_queues:default"
    jobs = [
        json.dumps({"job": "SendPrint", "attempts": 0, "delay": None, "createdAt": EPOCH - at}) for at in waits
    ]
    found = {
        base: jobs,
        f"{base}:delayed": Ranked({f"d{n}": EPOCH - at for n, at in enumerate(delayed)}),
        f"{base}:reserved": Ranked({f"r{n}": EPOCH - at for n, at in enumerate(reserved)}),
    }
    return {**{key: value for key, value in found.items() if value}, **more}


def horizon(*, silent=3, status="running", processes='{"redis:default,mail":3}', failed=0):
    """Keys of Horizon 5 with one supervisor."""
    found = {
        "shop_horizon:supervisors": Ranked({"host-1:main": EPOCH - silent}),
        "shop_horizon:supervisor:host-1:main": {"status": status, "processes": processes},
        "shop_horizon:measured_queues": {"shop_horizon:queue:default"},
        "shop_horizon:failed_jobs": Ranked({str(n): -EPOCH for n in range(failed)}),
    }
    return {key: value for key, value in found.items() if value}


def read(keys, queue, *, before=False, **answers):
    """The queue, by a run that has seen a key of it before, or not."""
    name = f"queue {queue['preset']} {queue.get('prefix', '')}{queue['name']}"
    earlier = Earlier(lambda: [{name: Counted(at=NOW)}]) if before else Earlier()
    store = keys if isinstance(keys, Store) else Store(keys, **answers)
    return job_queues(store, settings_of(redis={"queues": [queue]}), FixedClock(NOW), earlier)


@pytest.mark.parametrize(
    ("queue", "keys", "verdict"),
    [
        (DRAMATIQ, {}, UNKNOWN),
        (DRAMATIQ, dramatiq(), UNKNOWN),  # a name that was never seen: empty, or wrong
        (DRAMATIQ, dramatiq(sent=[3]), OK),
        (DRAMATIQ, dramatiq(taken=[7200]), OK),
        (DRAMATIQ, dramatiq(sent=[7200, 7000]), CRITICAL),
        (DRAMATIQ, dramatiq(sent=[7200, 3]), OK),  # the first was delayed for two hours
        (DRAMATIQ, dramatiq(sent=[9] * 120), CRITICAL),
        (DRAMATIQ, dramatiq(beats=[90, 4000], taken=[5]), CRITICAL),  # nobody there
        (DRAMATIQ, dramatiq(beats=[2, 4000], taken=[4100], acks=[1]), WARNING),
        (DRAMATIQ, dramatiq(dead=2000), WARNING),
        (DRAMATIQ, dramatiq(delayed=[-600]), OK),
        (DRAMATIQ, dramatiq(delayed=[7200]), CRITICAL),
        (
            DRAMATIQ,
            {**dramatiq(), "dramatiq:default": ["m1"], "dramatiq:default.msgs": {"m1": "\x80\x04"}},
            UNKNOWN,
        ),
        (DRAMATIQ, {**dramatiq(sent=[3]), "dramatiq:default.XQ": "a text"}, UNKNOWN),
        ({**DRAMATIQ, "prefix": "shop"}, dramatiq(sent=[3]), UNKNOWN),
        (HUEY, {}, UNKNOWN),
        (HUEY, {"huey.redis.lindshop": ["\x80\x04"]}, OK),
        (HUEY, {"huey.redis.lindshop": Ranked({"\x80\x04": 0.0})}, OK),  # with priorities
        (HUEY, {"huey.redis.lindshop": ["\x80\x04"] * 120}, CRITICAL),
        (HUEY, {"huey.results.lindshop": {"a": "b"}}, OK),
        (HUEY, {"huey.redis.lindshop": {"a": "b"}}, UNKNOWN),
        (HUEY, {"huey.schedule.lindshop": Ranked({"a": EPOCH - 7200})}, OK),  # where clocks are two hours ahead
        (HUEY, {"huey.schedule.lindshop": Ranked({"a": EPOCH - 90_000})}, CRITICAL),
        (LIST, {}, UNKNOWN),
        (LIST, {"taskiq": ["{}"]}, OK),
        (LIST, {"taskiq": ["{}"] * 60}, WARNING),
        (LIST, {"taskiq": ["{}"] * 120}, CRITICAL),
        (LIST, {"taskiq": {"a": "b"}}, UNKNOWN),  # a stream, or another one's key
        (LIST, {"tasks": ["{}"]}, UNKNOWN),
        (MACHINERY, {}, UNKNOWN),
        (MACHINERY, {"machinery_tasks": ["{}"]}, OK),
        (MACHINERY, {"machinery_tasks": ["{}"] * 120}, CRITICAL),
        (MACHINERY, machinery_delayed(-600), OK),
        (MACHINERY, machinery_delayed(7200), CRITICAL),  # no worker's loop puts them into their list
        (MACHINERY, {"machinery_tasks": ["{}"], "delayed_tasks": "a text"}, UNKNOWN),
        (MACHINERY, {"delayed_tasks": Ranked({"{}": (EPOCH + 9) * 1e9})}, UNKNOWN),  # of any queue
        (LARAVEL, {}, UNKNOWN),
        (LARAVEL, laravel(waits=[3]), OK),
        (LARAVEL, laravel(waits=[7200]), CRITICAL),
        (LARAVEL, laravel(waits=[3] * 120), CRITICAL),
        (LARAVEL, {"shop_database_queues:default": ['{"job":"A","attempts":0}']}, OK),  # older: without a time
        (LARAVEL, {"shop_database_queues:default": [json.dumps({"pushedAt": EPOCH - 9999, "attempts": 2})]}, OK),
        (LARAVEL, laravel(delayed=[-600], reserved=[-60]), OK),
        (LARAVEL, laravel(delayed=[7200]), CRITICAL),
        (LARAVEL, laravel(reserved=[7200]), CRITICAL),
        (LARAVEL, {"queues:default": ["{}"]}, UNKNOWN),  # without the prefix
        (HORIZON, horizon(), OK),
        (HORIZON, {**laravel(waits=[3]), **horizon()}, OK),
        (HORIZON, horizon(silent=300), CRITICAL),
        (HORIZON, laravel(waits=[3]), CRITICAL),
        (HORIZON, horizon(status="paused"), WARNING),
        (HORIZON, horizon(processes='{"redis:mail":3}'), CRITICAL),
        (HORIZON, horizon(processes='{"redis:default":0}'), CRITICAL),
        (HORIZON, horizon(processes="-"), UNKNOWN),
        (HORIZON, horizon(failed=500), WARNING),
    ],
)
def test_queue_gets_its_verdict(queue, keys, verdict):
    """A queue of which no key was ever seen is never an empty one."""
    assert judged(read(keys, queue))[0] is verdict


@pytest.mark.parametrize(
    ("queue", "keys"),
    [(DRAMATIQ, dramatiq()), (HUEY, {}), (LARAVEL, {}), (LIST, {}), (MACHINERY, {})],
    ids=["dramatiq", "huey", "laravel", "list", "machinery"],
)
def test_empty_queue_that_was_seen_before_is_ok(queue, keys):
    """Each run hands on that it was."""
    assert not read(keys, queue).readings
    known = read(keys, queue, before=True)
    assert judged(known)[0] is OK
    assert list(known.readings) == [f"queue {queue['preset']} {queue.get('prefix', '')}{queue['name']}"]
    verdict, message = judged(read(keys, queue))
    assert verdict is UNKNOWN
    assert "expected a trace that" in message


@pytest.mark.parametrize(
    ("commands", "verdict"),
    [(["get", "client|list"], WARNING), (["brpop", "client|list"], OK), (["evalsha", "ping"], OK), ([], UNKNOWN)],
)
def test_consumer_of_huey_is_a_client_that_asks(commands, verdict):
    """It keeps nothing else of it."""
    clients = [{"name": "", "cmd": command} for command in commands]
    assert judged(read({"huey.redis.lindshop": ["\x80\x04"]}, HUEY, clients=clients))[0] is verdict


IDS = [f"0b9f3d5a-7c1e-4f0b-9a57-{number:012}" for number in range(3)]
# The next job with an id of its own, as Celery, Huey (a pickle) and taskiq store it.
STUCK = {
    "celery": (
        {"preset": "celery", "name": "mail"},
        {"_kombu.binding.mail": {"mail\x06\x16\x06\x16mail"}},
        "mail",
        '{{"body": "W10=", "headers": {{"lang": "py", "task": "mail", "id": "{}"}}}}',
    ),
    "huey": (HUEY, {}, "huey.redis.lindshop", "\x80\x05\ufffd\x8c${}\x94"),
    "taskiq": (LIST, {}, "taskiq", '{{"task_id":"{}","task_name":"mail","args":[]}}'),
}


@pytest.mark.parametrize(("queue", "keys", "waiting", "form"), STUCK.values(), ids=STUCK)
def test_job_that_an_earlier_run_has_seen_in_the_same_place_waits_since_then(queue, keys, waiting, form):
    """Its library keeps no time of it, and a worker that hangs looks like any other."""

    def run(*jobs, before, hours=24):
        earlier = [
            {name: msgspec.structs.replace(one, at=NOW - timedelta(hours=hours)) for name, one in before.items()}
        ]
        store = Store({**keys, waiting: [form.format(job) for job in jobs]})
        known = settings_of(redis={"queues": [queue]})
        return job_queues(store, known, FixedClock(NOW), Earlier(lambda: earlier))

    first = run(IDS[1], IDS[0], before={})
    assert judged(first)[0] is OK
    verdict, message = judged(run(IDS[2], IDS[1], IDS[0], before=first.readings))
    assert (verdict, "24 h" in message or "86,400 s" in message) == (CRITICAL, True), message
    assert judged(run(IDS[2], before=first.readings))[0] is OK  # the next ones were taken
    assert judged(run(IDS[0], before=first.readings, hours=0.02))[0] is OK  # a repetition after a minute
    again = run(IDS[0], before=run(IDS[0], before=first.readings).readings)
    assert min(one.at for one in again.readings.values()) < NOW - timedelta(hours=23)
    assert judged(run("", before={}))[0] is OK  # without an id


@pytest.mark.parametrize("queue", [MACHINERY, LIST])
def test_job_that_waits_at_the_beginning_of_a_list_is_found(queue):
    """Where workers take with BLPOP, as those of machinery do, the newest job is at the end."""
    form = '{{"UUID":"task_{}","Name":"resize","RoutingKey":"machinery_tasks"}}'

    def run(*jobs, before):
        earlier = [
            {name: msgspec.structs.replace(one, at=NOW - timedelta(hours=24)) for name, one in before.items()}
        ]
        store = Store({queue["name"]: [form.format(job) for job in jobs]})
        known = settings_of(redis={"queues": [queue]})
        return job_queues(store, known, FixedClock(NOW), Earlier(lambda: earlier))

    first = run(IDS[0], IDS[1], before={})
    assert judged(first)[0] is OK
    assert judged(run(IDS[0], IDS[1], IDS[2], before=first.readings))[0] is CRITICAL
    assert judged(run(IDS[2], before=first.readings))[0] is OK


@pytest.mark.parametrize(
    ("commands", "verdict"),
    [(["get", "lpush"], WARNING), (["brpop", "lpush"], OK), (["lpop", "ping"], OK), ([], UNKNOWN)],
)
def test_worker_of_a_list_is_a_client_that_takes(commands, verdict):
    """Whatever its library is."""
    clients = [{"name": "", "cmd": command} for command in commands]
    assert judged(read({"taskiq": ["{}"]}, LIST, clients=clients))[0] is verdict


# A job of django-q2: a pickle, when Django signed it (at 18:48:29 UTC of 2026-11-30), and its signature.
SIGNED = (
    "gAWVJAAAAAAAAAB9lCiMAmlklIwDYWJjlIwEZnVuY5SMCnRpbWUuc2xlZXCUdS4:1xY6QP:"
    "D4e0ZZpoXIFuZEyHhyzwxAdN6M-O1BNgMhiDTtLvl-A"
)


def signed(at):
    """One that was signed at this time."""
    digits, left = "", round(at)
    while left:
        left, digit = divmod(left, 62)
        digits = f"{string.digits}{string.ascii_uppercase}{string.ascii_lowercase}"[digit] + digits
    return SIGNED.replace("1xY6QP", digits)


@pytest.mark.parametrize(("age", "verdict"), [(20.0, OK), (400.0, WARNING), (7200.0, CRITICAL), (-7200.0, OK)])
def test_job_that_django_signed_tells_since_when_it_waits(age, verdict):
    """A worker that hangs is a client like one that works."""
    clients = [{"name": "", "cmd": "blpop"}, {"name": "", "cmd": "rpush"}]
    queue = {"preset": "redis-list", "name": "django_q:shop:q"}
    keys = {"django_q:shop:q": [signed(EPOCH - age), signed(EPOCH)]}
    found = read(keys, queue, clients=clients)
    assert judged(found)[0] is verdict


def test_time_of_a_signature_is_read():
    assert signed_at(SIGNED) == datetime(2026, 11, 30, 18, 48, 29, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["", "{}", "a:b:c", SIGNED.replace(":1", ":-"), SIGNED[:-30]])
def test_other_text_is_not_signed(text):
    assert signed_at(text) is None


@pytest.mark.parametrize("answer", [DENIED, RENAMED], ids=["denied", "renamed"])
@pytest.mark.parametrize(
    ("queue", "keys"),
    [
        (HUEY, {"huey.redis.lindshop": ["\x80\x04"]}),
        (HUEY, {"huey.schedule.lindshop": Ranked({"a": EPOCH + 60})}),
        (LIST, {"taskiq": ["{}"]}),
    ],
    ids=["huey", "huey-scheduled", "list"],
)
def test_workers_that_cannot_be_seen_while_jobs_wait_are_unknown(queue, keys, answer):
    """These libraries keep neither a time of a job nor a trace of a worker."""
    verdict, message = judged(read(keys, queue, clients=answer))
    assert verdict is UNKNOWN
    assert "expected a client that looks like a worker, as nothing else tells of one" in message
    assert ("does not know CLIENT LIST" if answer is RENAMED else answer.got) in message
    assert judged(read({}, queue, before=True, clients=answer))[0] is OK  # nothing is to be done


class Stream(Store):
    """One stream with its groups: each lag, first undelivered id, and consumers with idle seconds and pending."""

    def __init__(self, *groups, key="lind:jobs", delayed=(), commands=()):
        """With messages that Symfony's Messenger has delayed until so many seconds ago."""
        until = Ranked({f"m{number}": (EPOCH - at) * 1000 for number, at in enumerate(delayed)})
        clients = [{"name": "", "cmd": command} for command in commands]
        super().__init__({f"{key}__queue": until} if delayed else {}, clients=clients)
        self.key, self.groups = key, groups

    def many(self, commands):
        return [
            super(Stream, self).many([command])[0]
            if str(command[1]).endswith("__queue")
            else self._told(*map(str, command))
            for command in commands
        ]

    def _told(self, name, *rest):
        if name == "TYPE":
            return "stream" if rest[0] == self.key else "none"
        if name == "XLEN":
            return 4711
        if name == "XINFO GROUPS":
            names = ("pixel", "mail")
            fields = {"last-delivered-id": "1-0", "entries-read": 9}
            told = zip(names, self.groups, strict=False)
            return [
                {"name": one, "pending": sum(one[1] for one in of[2]), "lag": of[0], **fields} for one, of in told
            ]
        group = self.groups[0] if len(self.groups) == 1 or rest[-1] != "mail" else self.groups[1]
        if name == "XINFO CONSUMERS":
            return [{"name": "c", "idle": round(idle * 1000), "pending": count} for idle, count, *_ in group[2]]
        if name == "XPENDING":
            return {
                "pending": 1,
                "min": f"{(EPOCH - max([one[2] for one in group[2] if len(one) > 2], default=5)) * 1000:.0f}-0",
            }
        assert name == "XRANGE"
        first = (
            None
            if group[1] is None
            else group[1]
            if isinstance(group[1], str)
            else f"{(EPOCH - group[1]) * 1000:.0f}-0"
        )
        return [] if first is None else [(first, {})] * min(int(rest[-1]), group[3] if len(group) > 3 else 1)


@pytest.mark.parametrize(
    ("groups", "queue", "verdict"),
    [
        ([(0, None, [(2, 0)])], STREAM, OK),
        ([(0, None, [(90_000, 0)])], STREAM, OK),  # waits for an entry since yesterday
        ([(3, 2, [(2, 1)])], STREAM, OK),
        ([(60, 2, [(2, 1)])], STREAM, WARNING),
        ([(120, 2, [(2, 1)])], STREAM, CRITICAL),
        ([(3, 7200, [(2, 1)])], STREAM, CRITICAL),
        ([(3, 400, [(400, 1)])], STREAM, WARNING),
        ([(3, "5-0", [(400, 1)])], STREAM, WARNING),  # ids of one's own
        ([(3, "5-0", [(2, 1)])], STREAM, OK),
        ([(0, None, [])], STREAM, UNKNOWN),  # nobody reads, or one waits for its first entry of a Redis before 7.2
        ([(3, 2, [])], STREAM, CRITICAL),
        ([(0, None, [(2, 0), (9000, 4)])], STREAM, WARNING),  # one has left what it was given
        ([(0, None, [(2, 4, 5000)])], STREAM, WARNING),  # it reads others, and never acknowledges these
        ([(None, 3, [(2, 0)], 60)], STREAM, WARNING),  # Redis 6, and after entries were deleted
        ([(None, 3, [(2, 0)], 5000)], STREAM, CRITICAL),
        ([(None, None, [(2, 0)])], STREAM, OK),
        ([(0, None, [(2, 0)])], {**STREAM, "group": "pixels"}, UNKNOWN),
        ([(0, None, [(2, 0)])], {**STREAM, "name": "lind:job"}, UNKNOWN),
        ([], STREAM, UNKNOWN),
        ([(0, None, [(2, 0)]), (120, 3, [(2, 0)])], STREAM, OK),
        ([(0, None, [(2, 0)]), (120, 3, [(2, 0)])], {**STREAM, "group": ""}, CRITICAL),
        ([("many", 3, [(2, 0)])], STREAM, UNKNOWN),
    ],
)
def test_stream_gets_its_verdict(groups, queue, verdict):
    """By what Redis keeps of its groups."""
    assert judged(read(Stream(*groups), queue))[0] is verdict


@pytest.mark.parametrize(
    ("commands", "waits", "verdict"),
    [
        (["xreadgroup", "ping"], (0, None, []), OK),
        (["xadd", "ping"], (0, None, []), CRITICAL),
        (["xreadgroup", "ping"], (3, 7200, []), CRITICAL),
    ],
)
def test_consumer_that_waits_for_its_first_entry_is_seen(commands, waits, verdict):
    """As of taskiq after a deployment: Redis 7.0 lists it only once it has received one."""
    assert judged(read(Stream(waits, commands=commands), STREAM))[0] is verdict


@pytest.mark.parametrize(
    ("delayed", "verdict"), [((-600,), OK), ((2,), OK), ((900, -5), WARNING), ((7200, 3), CRITICAL)]
)
def test_delayed_messages_of_symfony_are_put_into_the_stream_in_time(delayed, verdict):
    """Also further tries: without a worker they stay where they are, and the stream is empty."""
    assert judged(read(Stream((0, None, [(90_000, 0)]), delayed=delayed), STREAM))[0] is verdict


def test_answer_about_groups_of_another_form_is_unknown():
    """And ends no run."""

    class Other(Stream):
        def _told(self, name, *rest):
            return [["name", "pixel"]] if name == "XINFO GROUPS" else super()._told(name, *rest)

    queues = read(Other((0, None, [(2, 0)])), STREAM).queues
    assert isinstance(queues[0].problem, Malformed)


def test_figures_are_shown():
    """With what the library does not keep."""
    (queue,) = read(dramatiq(sent=[90], taken=[5, 6], delayed=[-60]), DRAMATIQ).queues
    assert queue.label == "Queue default (Dramatiq)"
    assert (queue.figures.waiting, queue.figures.active, queue.figures.later) == (1, 2, 1)
    (queue,) = read(Stream((3, 90, [(2, 2)])), STREAM).queues
    assert queue.label == "Queue lind:jobs (Redis stream)"
    assert (queue.figures.waiting, queue.figures.active) == (3, 2)
    (queue,) = read({**laravel(waits=[3]), **horizon()}, HORIZON).queues
    assert (queue.figures.workers, queue.figures.waiting) == (3, 1)
