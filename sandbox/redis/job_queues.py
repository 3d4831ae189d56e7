"""Job queues of Celery, RQ, Sidekiq and BullMQ in Redis; only if the product has them."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

from sandbox.world.job_queues import JobQueue, JobQueuesState

SEPARATOR = "\x06\x16"  # kombu's
_RQ_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_SIDEKIQ_PROCESS = "shop-worker-0:1:6d1f0c7a"


def seed(pipe: Any, state: JobQueuesState, now: datetime) -> None:
    """Write every queue; ``pipe`` is a redis-py pipeline."""
    for queue in state.queues:
        if queue.text:
            pipe.set(_LISTS[queue.preset].format(queue.name), "taken by another program")
        elif queue.known:
            _SEEDS[queue.preset](pipe, queue, now)


def _celery(pipe: Any, queue: JobQueue, now: datetime) -> None:
    pipe.sadd(f"_kombu.binding.{queue.name}", f"{queue.name}{SEPARATOR}{SEPARATOR}{queue.name}")
    pipe.sadd("_kombu.binding.celery.pidbox", f"{SEPARATOR}{SEPARATOR}celery@shop-worker-0.celery.pidbox")
    for number in range(queue.waiting):
        key = queue.name if number % 2 else f"{queue.name}{SEPARATOR}6"
        pipe.lpush(key, json.dumps({"body": "W10=", "headers": {"task": "shop.tasks.send_receipt"}}))
    pipe.hset("unacked", "2b0c", json.dumps([{"body": "W10="}, "", queue.name]))
    pipe.zadd("unacked_index", {"2b0c": now.timestamp() - 2})


def _rq(pipe: Any, queue: JobQueue, now: datetime) -> None:
    pipe.sadd("rq:queues", f"rq:queue:{queue.name}")
    for number in range(queue.workers):
        worker, at = f"rq:worker:shop-{number}", (now - timedelta(seconds=12)).strftime(_RQ_TIME)
        pipe.sadd("rq:workers", worker)
        pipe.sadd(f"rq:workers:{queue.name}", worker)
        pipe.hset(worker, mapping={"birth": at, "last_heartbeat": at, "state": "busy", "queues": queue.name})
        pipe.expire(worker, 480)
    for number in range(queue.waiting):
        at = (now - timedelta(seconds=queue.oldest / (number + 1))).strftime(_RQ_TIME)
        pipe.rpush(f"rq:queue:{queue.name}", f"job-{number}")
        pipe.hset(f"rq:job:job-{number}", mapping={"enqueued_at": at, "status": "queued", "origin": queue.name})
    for number in range(queue.failed):
        pipe.zadd(f"rq:failed:{queue.name}", {f"failed-{number}": now.timestamp() + 86_400})


def _sidekiq(pipe: Any, queue: JobQueue, now: datetime) -> None:
    pipe.sadd("queues", queue.name)
    if queue.workers:
        told = {"hostname": "shop-worker-0", "queues": [queue.name], "identity": _SIDEKIQ_PROCESS}
        beat = {"info": json.dumps(told), "busy": "1", "beat": f"{now.timestamp():.3f}", "quiet": "false"}
        pipe.sadd("processes", _SIDEKIQ_PROCESS)
        # real heartbeats expire after a minute, but nothing renews them here
        pipe.hset(_SIDEKIQ_PROCESS, mapping=beat)
    for number in range(queue.waiting):
        at = round((now.timestamp() - queue.oldest / (number + 1)) * 1000)
        job = {"class": "ThumbnailJob", "args": [number], "queue": queue.name, "enqueued_at": at}
        pipe.rpush(f"queue:{queue.name}", json.dumps(job))
    for number in range(queue.failed):
        pipe.zadd("dead", {json.dumps({"class": "ThumbnailJob", "jid": number}): now.timestamp() - number})


def _bullmq(pipe: Any, queue: JobQueue, now: datetime) -> None:
    base = f"bull:{queue.name}:"
    pipe.hset(f"{base}meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.61.0"})
    pipe.set(f"{base}id", "4711")
    for number in range(queue.waiting):
        at = round((now.timestamp() - queue.oldest / (number + 1)) * 1000)
        pipe.rpush(f"{base}wait", str(number))
        pipe.hset(f"{base}{number}", mapping={"name": "mail", "data": "{}", "timestamp": str(at)})
    for number in range(queue.failed):
        pipe.zadd(f"{base}failed", {f"f{number}": now.timestamp() * 1000})


def bullmq_worker(queue: JobQueue) -> str:
    """The name of the connection on which a worker waits for jobs."""
    return f"bull:{b64encode(queue.name.encode()).decode()}"


_SEEDS = {"celery": _celery, "rq": _rq, "sidekiq": _sidekiq, "bullmq": _bullmq}
_LISTS = {"celery": "{}", "rq": "rq:queue:{}", "sidekiq": "queue:{}", "bullmq": "bull:{}:wait"}
