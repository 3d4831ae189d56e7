"""Redis: it answers, its cache serves most reads, and its queue is short."""

import pytest

pytestmark = pytest.mark.redis


@pytest.mark.daily
@pytest.mark.item("daily.redis.alive", runbook="high-response-times")
def test_redis_answers_fast(redis_ping, redis_stats, image_queue, limits, judge):
    """Redis answers PING within its limit, and few images wait in its queue; hits and misses are shown."""
    judge(redis_ping.latency, limits.redis_latency)
    judge(image_queue.length, limits.queue_length)


@pytest.mark.daily
@pytest.mark.item("daily.kpi.cache-hit-rate", runbook="high-response-times")
def test_cache_answers_most_reads(redis_stats, limits, judge):
    """At least 90 % of reads hit the cache (warning under 80 %, critical under 70 %).

    A server that has served fewer than a hundred reads cannot be judged: UNKNOWN.
    """
    judge(redis_stats.hit_rate, limits.cache_hit_rate)
