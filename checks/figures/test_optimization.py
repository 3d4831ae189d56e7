"""Where time, memory and money can be saved. Every finding is a proposal; nothing is ever applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.app.scaling import ScalingReview
    from playbook.measure.backups.retention import BackupRetention
    from playbook.measure.figures.optimization import LogRetention, ProcessingTimes
    from playbook.measure.figures.peaks import Peaks
    from playbook.measure.redis.redis import RedisStats
    from playbook.measure.redis.redis_keys import RedisKeys
    from playbook.measure.redis.redis_load import RedisClients, SlowLog
    from playbook.settings.sections.limits import Limits


@pytest.mark.optimization
@pytest.mark.item("optimization.images.processing-time")
def test_no_format_takes_long(processing_times: ProcessingTimes, limits: Limits, judge: Judge) -> None:
    """The workers take at most 2 s on average for an image of any format (critical over 5 s).

    Formats with fewer than twenty processed images are not judged. UNKNOWN: no format has more.
    """
    for one in processing_times.slowest_first:
        judge(one.reading, limits.processing_time, subject=f"Mean processing time of {one.name}")


@pytest.mark.optimization
@pytest.mark.part("cache")
@pytest.mark.item("optimization.cache.hit-rate")
def test_cache_is_effective(redis_stats: RedisStats, limits: Limits, judge: Judge) -> None:
    """At least 80 % of reads hit the cache, and evictions affect at most 1 % of the reads (critical over 5 %).

    Both are counted since the run a day before. UNKNOWN: no earlier reading.
    """
    judge(redis_stats.hit_rate, limits.cache_hit_rate)
    judge(redis_stats.evictions, limits.cache_evictions)


@pytest.mark.optimization
@pytest.mark.item("optimization.cache.ttl-coverage")
def test_cached_keys_expire(redis_keys: RedisKeys, limits: Limits, judge: Judge) -> None:
    """At least 95 % of the cached keys have an expiry (critical under 50 %).

    Of many keys a sample is taken with SCAN, and the lower end of its margin must be within the limit. UNKNOWN:
    fewer than twenty cached keys.
    """
    judge(redis_keys.expiring, limits.cache_expiry)


@pytest.mark.optimization
@pytest.mark.item("optimization.cache.key-patterns")
def test_no_key_is_too_large(redis_keys: RedisKeys, limits: Limits, judge: Judge) -> None:
    """No key is larger than 1 MiB (critical over 10 MiB); memory is listed by kind of key.

    UNKNOWN: only a sample was read, and no key in it is too large.
    """
    judge(redis_keys.largest, limits.redis_key_size)


@pytest.mark.optimization
@pytest.mark.item("optimization.redis.memory", runbook="resource-exhaustion")
def test_redis_memory_is_used_efficiently(redis_stats: RedisStats, limits: Limits, judge: Judge) -> None:
    """Redis has a memory limit, uses at most 80 % of it where it may not evict, and wastes little.

    Memory that is held but unused (fragmentation, buffers, the program itself) is at most 30 % of the limit. One
    above the machine's memory is no limit, and memory that was swapped out is a warning.
    """
    judge.that(**redis_stats.limited.terms)
    if redis_stats.fills_up:
        judge(redis_stats.memory_use, limits.redis_memory)
    if redis_stats.limited.holds:
        judge(redis_stats.held, limits.redis_fragmentation)
    for one in redis_stats.swapped:
        judge.that(**one.terms)


@pytest.mark.optimization
@pytest.mark.item("optimization.redis.clients", runbook="resource-exhaustion")
def test_redis_has_room_for_clients(
    redis_stats: RedisStats, redis_clients: RedisClients, limits: Limits, judge: Judge
) -> None:
    """At most 75 % of the clients that Redis allows are connected (critical over 90 %).

    No client was rejected since the run a day before.
    """
    if redis_stats:
        judge(redis_stats.client_use, limits.redis_clients)
        judge.that(**redis_stats.turned_away.terms)


@pytest.mark.optimization
@pytest.mark.item("optimization.redis.slow-log")
def test_commands_are_quick(redis_slow_log: SlowLog, limits: Limits, judge: Judge) -> None:
    """At most ten commands of a day are in Redis' slow log, and none took over 250 ms (critical over 1 s).

    UNKNOWN: a full or restarted log that does not cover the day, or a disabled one.
    """
    judge(redis_slow_log.count, limits.redis_slow_commands)
    judge(redis_slow_log.slowest, limits.redis_slowest)


@pytest.mark.optimization
@pytest.mark.item("optimization.costs.instances")
def test_no_instance_is_too_large(scaling: ScalingReview, judge: Judge) -> None:
    """Over a week no component is used so little that a cheaper plan would do.

    The change is proposed with its saving. UNKNOWN: samples cover less than 90 % of the week.
    """
    for fit in scaling.by_saving:
        judge.that(
            not fit.oversized,
            fit.name,
            expected="nothing cheaper that fits",
            found=fit.found,
            warn=True,
            coverage=scaling.priced,
        )
    judge.that(True, "Use of the week", expected="samples of every component", found=scaling.found)


@pytest.mark.optimization
@pytest.mark.item("optimization.costs.off-peak")
def test_no_instance_runs_idle(peaks: Peaks, scaling: ScalingReview, judge: Judge) -> None:
    """No component runs as many instances in its quietest twelve hours as at its peak where fewer would do.

    By the median of each hour of the day over a week; a component with autoscaling already follows its load.
    """
    if peaks and scaling:
        for day in peaks.by_saving:
            judge.that(
                not day.idle,
                day.name,
                expected="no instance that only the peak needs",
                found=day.found,
                warn=True,
                coverage=scaling.priced,
            )
        judge.that(
            True, "Peak and off-peak", expected="every hour of the day of every component", found=peaks.found
        )


@pytest.mark.optimization
@pytest.mark.item("optimization.costs.backups")
def test_no_backup_is_kept_too_long(backup_retention: BackupRetention, judge: Judge) -> None:
    """No archive is older than the retention policy; deletable archives are listed."""
    judge.that(
        not backup_retention.over_age,
        "Backups over age",
        expected=f"none older than {backup_retention.most_days:g} days",
        found=backup_retention.over_age_words,
        warn=True,
    )


@pytest.mark.optimization
@pytest.mark.item("optimization.costs.logs")
def test_logs_are_kept_as_long_as_needed(log_retention: LogRetention, judge: Judge) -> None:
    """Logs reach back a day, and no log file is older than agreed; deletable files are listed."""
    judge.that(
        not log_retention.over_age,
        "Log files over age",
        expected=f"none older than {log_retention.keep_days:g} days",
        found=log_retention.over_age_words,
        warn=True,
    )
    judge.that(
        log_retention.long_enough,
        "Logs kept",
        expected=f"lines of at least {log_retention.hours_wanted:g} of the last 24 hours",
        found=f"lines of {log_retention.hours_seen} h",
        warn=True,
    )
