"""The reader of each library's queues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from playbook.clients.redis import ReadOnlyRedis
from playbook.measure.redis import more_queue_layouts as more
from playbook.measure.redis import queue_layouts as usual
from playbook.measure.redis import served_queue_layouts as served
from playbook.measure.redis import traceless_queue_layouts as traceless
from playbook.measure.redis.queue_layouts import Figures
from playbook.measure.redis.resque_layout import resque
from playbook.measure.redis.rq_layout import rq
from playbook.measure.redis.saq_layout import saq
from playbook.measure.redis.stream_layout import stream
from playbook.settings.sections.queues import JobQueue, Preset

_READERS: Mapping[Preset, Callable[[ReadOnlyRedis, JobQueue, float], Figures]] = {
    "arq": more.arq,
    "asynq": more.asynq,
    "bee-queue": more.bee_queue,
    "bull": usual.bull,
    "bullmq": usual.bull,
    "celery": usual.celery,
    "dramatiq": traceless.dramatiq,
    "gocraft": served.gocraft,
    "hangfire": served.hangfire,
    "huey": traceless.huey,
    "laravel": traceless.laravel,
    "machinery": traceless.machinery,
    "redis-list": traceless.plain_list,
    "redis-stream": stream,
    "resque": resque,
    "rq": rq,
    "saq": saq,
    "sidekiq": usual.sidekiq,
}


def figures_of(redis: ReadOnlyRedis, queue: JobQueue, now: datetime) -> Figures:
    """Read one queue; raises like ``ReadOnlyRedis.execute_command``."""
    return _READERS[queue.preset](redis, queue, now.timestamp())
