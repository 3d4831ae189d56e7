"""A user who may not send one of the commands: jobs that wait are still counted, and nothing else is concluded."""

import json

import pytest

from playbook.clients.redis_replies import NotAllowed
from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.verdict import Verdict
from playbook.measure.redis.job_queues import job_queues
from tests.redis_factory import NOW, Store, settings_of
from tests.unit.measure.redis import test_job_queues as usual
from tests.unit.measure.redis import test_more_queues as more
from tests.unit.measure.redis import test_served_queues as served
from tests.unit.measure.redis import test_traceless_queues as traceless

JOB = {"enqueued_at": "2026-11-23T06:59:00Z"}
HEALTHY = {
    "arq": more.arq(),
    "asynq": more.asynq(),
    "bee-queue": more.bee(),
    "bullmq": usual.bull(),
    "celery": usual.celery(),
    "dramatiq": traceless.dramatiq(sent=[3]),
    "gocraft": served.gocraft(),
    "hangfire": served.hangfire(),
    "laravel": traceless.laravel(waits=[3]),
    "resque": more.resque(),
    "rq": usual.rq(),
    "saq": more.saq(),
    "sidekiq": usual.sidekiq(),
}
CROWDED = {
    "asynq": more.asynq(**more.asynq_task(5) | {"asynq:{default}:pending": ["t1"] * 120}),
    "bee-queue": more.bee(**more.bee_job(5) | {"bq:images:waiting": ["4712"] * 120}),
    "bullmq": usual.bull(**{"bull:images:wait": ["1"] * 120}),
    "celery": usual.celery(celery=["{}"] * 120),
    "dramatiq": traceless.dramatiq(sent=[9] * 120),
    "gocraft": served.gocraft(**{"jobs:resize_image": served.gocraft_job(9)["jobs:resize_image"] * 120}),
    "hangfire": served.hangfire(**served.hangfire_job(9) | {"queue:default": [served.JOB] * 120}),
    "laravel": traceless.laravel(waits=[9] * 120),
    "rq": usual.rq(**{"rq:queue:default": ["j"] * 120, "rq:job:j": JOB}),
    "sidekiq": usual.sidekiq(**{"queue:default": [json.dumps({"created_at": usual.ago(60)})] * 120}),
}
NAMES = {"bullmq": "images", "celery": "celery", "gocraft": "resize_image", **more.NAMES}
PREFIXES = {"laravel": "shop_database_", "gocraft": "shop:"}
COUNTING = ("TYPE", "LLEN")
OTHERS = ("GET", "HGET", "HMGET", "LINDEX", "SISMEMBER", "SMEMBERS", "TTL", "ZRANGE", "ZCARD", "SCARD", "HLEN")


class Denying(Store):
    """Refuses one command, as an ACL does; ``denied`` says whether it was sent."""

    def __init__(self, keys, command):
        super().__init__(keys)
        self.command, self.denied = command, False

    def many(self, commands):
        if any(name == self.command for name, *_ in commands):
            self.denied = True
            text = f"Redis: expected an answer to {self.command}, got NOPERM this user has no permissions"
            raise NotAllowed(text, service="Redis")
        return super().many(commands)


def judged(preset, keys, command):
    """The verdict and message without the command, and whether it was needed."""
    store = Denying(keys, command)
    queue = {"preset": preset, "name": NAMES.get(preset, "default")}
    queue |= {"prefix": PREFIXES.get(preset, "")}
    seen = Earlier(lambda: [{f"queue {preset} {queue['prefix']}{queue['name']}": Counted(at=NOW)}])
    found = job_queues(store, settings_of(redis={"queues": [queue]}), FixedClock(NOW), seen)
    assert found.evidence()
    return *usual.judged(found), store.denied


@pytest.mark.parametrize("command", OTHERS)
@pytest.mark.parametrize("preset", sorted(CROWDED))
def test_jobs_that_wait_are_counted_without_another_command(preset, command):
    verdict, message, _ = judged(preset, CROWDED[preset], command)
    assert verdict is Verdict.CRITICAL
    assert "got 120" in message


@pytest.mark.parametrize("command", [*COUNTING, *OTHERS])
@pytest.mark.parametrize("preset", sorted(HEALTHY))
def test_nothing_is_concluded_from_what_was_not_answered(preset, command):
    """Neither that all is well, nor that there is no worker."""
    verdict, message, denied = judged(preset, HEALTHY[preset], command)
    assert verdict is (Verdict.UNKNOWN if denied else Verdict.OK), message
    if denied:
        assert "NOPERM" in message


@pytest.mark.parametrize("command", COUNTING)
@pytest.mark.parametrize("preset", sorted(CROWDED))
def test_queue_that_cannot_be_counted_is_unknown(preset, command):
    verdict, _, denied = judged(preset, CROWDED[preset], command)
    assert not denied or verdict is not Verdict.OK
