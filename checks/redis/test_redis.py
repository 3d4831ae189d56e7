"""Redis: it answers, its cache serves most reads, and its queue is short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.redis.job_queues import JobQueues
    from playbook.measure.redis.redis import RedisPing, RedisStats
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.redis


@pytest.mark.daily
@pytest.mark.item("daily.redis.alive", runbook="high-response-times")
def test_redis_answers_fast(
    redis_ping: RedisPing, redis_stats: RedisStats, job_queues: JobQueues, limits: Limits, judge: Judge
) -> None:
    """Redis answers PING within its limit, is operational, and its queues have few waiting or failed jobs.

    Judged by what INFO reports on memory, replication, persistence, clients and cluster, and by error replies
    since the run before; nothing is written. A missing field makes its statement UNKNOWN.
    """
    answer = [redis_ping.answer] if redis_ping else []
    work = redis_stats.work if redis_stats else []
    queues = job_queues.statements if job_queues else []
    for one in (*answer, *work, *queues):
        judge.that(**one.terms)
    if redis_ping:
        judge(redis_ping.latency, limits.redis_latency)
    if redis_stats and redis_stats.fills_up:
        judge(redis_stats.memory_use, limits.redis_memory)
    if redis_stats and redis_stats.tells_most_clients:
        judge(redis_stats.client_use, limits.redis_clients)
    if job_queues:
        for images in job_queues.images:
            judge(images, limits.queue_length)
        for row in job_queues.waiting:
            judge(row.reading, limits.queue_waiting, subject=row.subject)
        for row in job_queues.oldest:
            judge(row.reading, limits.queue_oldest, subject=row.subject)
        for row in job_queues.failed:
            judge(row.reading, limits.queue_failed, subject=row.subject)


@pytest.mark.daily
@pytest.mark.part("cache")
@pytest.mark.item("daily.kpi.cache-hit-rate", runbook="high-response-times")
def test_cache_answers_most_reads(redis_stats: RedisStats, limits: Limits, judge: Judge) -> None:
    """At least 90 % of reads hit the cache (warning under 80 %, critical under 70 %), since the run a day before.

    UNKNOWN: no earlier reading of its counters, or fewer than a hundred reads since.
    """
    judge(redis_stats.hit_rate, limits.cache_hit_rate)
