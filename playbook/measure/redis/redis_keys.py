"""Contents of Redis by kind of key: all keys where they are few, otherwise a bounded sample.

An extreme needs every key: the largest of a sample is not the largest. A share may be estimated from a sample,
with its margin (Wilson's interval): it is healthy only if the far end of the margin is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape
from statistics import NormalDist, median

import msgspec

from playbook.clients.redis import SERVICE, ReadOnlyRedis
from playbook.clients.redis_replies import NotAllowed, UnknownCommand
from playbook.core import door
from playbook.core.counters import Counted
from playbook.core.coverage import Coverage, lacking, share, understood, unread, whole
from playbook.core.durations import two_whole_units
from playbook.core.engine import measurement
from playbook.core.errors import Malformed, Unmeasured
from playbook.core.evidence import Evidence, Facts, Lines, Table
from playbook.core.limits import Limit, Reading
from playbook.core.verdict import Verdict
from playbook.core.wording import plural
from playbook.measure.redis.redis import OWN_READS, RedisStats
from playbook.measure.redis.redis_info import mebibytes
from playbook.readers.logs.signature import fold
from playbook.settings.model import Settings
from playbook.settings.sections.coverage import CoverageRules
from playbook.settings.sections.ondemand import Optimization
from playbook.settings.sections.queues import JobQueue

PROPOSALS = "Proposals, none of them applied"
MEBIBYTE = 1024 * 1024
_AT_ONCE = 100  # keys for each SCAN, and for each batch of commands about them
_SHOWN = 12
_GONE = -2  # reply of TTL for a missing key; -1 is one that never expires
_NO_TEXT = "\ufffd"  # stands for bytes of a name that are no text
_MOST_UNREADABLE = 5.0  # percent of the names
_LEAST_FOUND = 0.5  # of the keys that DBSIZE counts
_FOR_GOOD = 2 * 366 * 86_400  # seconds; some programs write "for ever" as an expiry in ten years


_ONE_SERVER = Coverage()


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        seconds: until it expires; None where it never does, or not for years.
        size: bytes including its contents; an estimate for large collections. 0 where it is not told.
        lasting: meant to stay, according to the settings.
    """

    name: str
    seconds: int | None
    size: int
    lasting: bool


@dataclass(frozen=True, slots=True)
class Family:
    """Keys whose names differ only in numbers and ids. There is at least one."""

    pattern: str
    keys: tuple[Key, ...]

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(key.size for key in self.keys)

    @property
    def staying(self) -> tuple[Key, ...]:
        """Keys that never expire and are not meant to stay."""
        return tuple(key for key in self.keys if key.seconds is None and not key.lasting)

    @property
    def lifetimes(self) -> str:
        """Median time to expiry, in words."""
        left = [key.seconds for key in self.keys if key.seconds is not None]
        if not left:
            return "meant to stay" if self.keys[0].lasting else "never"
        missing = len(self.keys) - len(left)
        return f"in {two_whole_units(median(left))}" + (f", {missing} of them never" if missing else "")


@dataclass(frozen=True, slots=True)
class RedisKeys:
    """The keys that were examined.

    Attributes:
        total: number of keys in the database.
        vanished: keys that were gone before they could be examined.
        whole: every key was examined.
        families: largest first.
        expiry: limit of the share that expires, to decide whether a sample's margin excludes it.
        nodes: whether the server is the only node, and every key of the sample was examined.
        unreadable: keys whose names are no text, so that nothing can be asked about them.
        asked: hits and misses that examining the keys caused, at the server of ``redis_stats``.
    """

    total: int
    vanished: int
    whole: bool
    families: tuple[Family, ...]
    wanted: Optimization
    rules: CoverageRules
    expiry: Limit
    asked: Counted | None = None
    nodes: Coverage = _ONE_SERVER
    unreadable: int = 0

    @property
    def readings(self) -> dict[str, Counted]:
        """Reads caused by this measurement, which later runs subtract."""
        return {OWN_READS: self.asked} if self.asked else {}

    @property
    def coverage(self) -> Coverage:
        """How many were examined; each figure has its own coverage."""
        seen = f"all {self.total:,}" if self.whole else f"{self.looked_at:,} of {self.total:,}"
        named = self.looked_at + self.vanished + self.unreadable
        hint = "Let the program that writes them use text, e.g. Spring's StringRedisSerializer."
        names = understood(self.unreadable, named, "names of keys", most_percent=_MOST_UNREADABLE, hint=hint)
        return whole(f"{seen} keys") + names + self.nodes

    @property
    def looked_at(self) -> int:
        """Number of examined keys."""
        return sum(len(family.keys) for family in self.families)

    @property
    def expiring(self) -> Reading:
        """Percent of the cache's keys that expire; NaN where there are too few."""
        cached = [key for family in self.families for key in family.keys if not key.lasting]
        if len(cached) < max(self.wanted.least_keys, 1):
            few = lacking(
                "",
                expected=f"at least {self.wanted.least_keys} cached keys to judge by",
                got=f"{len(cached)} among {self.looked_at:,} of {self.total:,} keys",
                hint="Look again when visitors have come by, or mend optimization.lasting_keys.",
            )
            return Reading(math.nan, coverage=few)
        expiring = sum(key.seconds is not None for key in cached)
        over = self._over(len(cached), "cached key")
        return Reading(100 * expiring / len(cached), over, self._margin(expiring, len(cached)))

    def _margin(self, expiring: int, cached: int) -> Coverage:
        """Enough if all were examined, or if the share is healthy at the low end of its margin too."""
        if self.whole:
            return Coverage()
        low = 100 * lowest_share(expiring, cached)
        words = f"a sample: at least {low:.1f} %"
        if self.expiry.verdict(low) is Verdict.OK:
            return whole(words)
        return lacking(
            words,
            expected=f"{self.expiry.expected(Verdict.WARNING)} at the low end of the sample's margin too",
            got=f"{low:.1f} % there",
            hint="Raise optimization.sample_keys: a larger sample has a smaller margin.",
        )

    @property
    def largest(self) -> Reading:
        """MiB of the largest key; NaN where there are none. For a sample it is the largest seen."""
        if not self.families:
            hint = "See whether redis.url names the right database; an empty one has nothing to optimise."
            return Reading(math.nan, coverage=lacking("", expected="keys", got="none", hint=hint))
        if not any(family.size for family in self.families):
            asked, hint = "sizes of keys (MEMORY USAGE)", "Allow MEMORY USAGE to the user, see SECURITY.md."
            return Reading(math.nan, coverage=lacking("", expected=asked, got="none", hint=hint))
        largest = max((key for family in self.families for key in family.keys), key=lambda key: key.size)
        seen = self.total if self.whole else min(self.looked_at + self.vanished, self.total)
        unsized = sum(not key.size for family in self.families for key in family.keys)
        seen = max(seen - unsized - (self.unreadable if self.whole else 0), 0)
        every = share(
            seen,
            self.total,
            "keys",
            least_percent=self.rules.population_percent,
            what="the sizes",
            hint="Raise optimization.sample_keys, sample_scans and sample_seconds where the server can bear "
            "it, or look at all of them from a replica: redis-cli --memkeys.",
        )
        over = f"of {self._over(self.looked_at, 'key')}: {fold(door.line(largest.name))}"
        return Reading(largest.size / MEBIBYTE, over, every)

    @property
    def proposals(self) -> list[str]:
        """What would save memory."""
        found = []
        for family in self.families:
            staying = family.staying
            if staying:
                size = sum(key.size for key in staying)
                found.append(
                    f"Give {family.pattern} an expiry where it is written: {len(staying):,} of the "
                    f"examined keys never expire ({mebibytes(size)}). If it is meant to stay, add it to "
                    "optimization.lasting_keys."
                )
        return found

    def evidence(self) -> list[Evidence]:
        """How much was examined, the kinds of keys by size, and the proposals."""
        facts = {
            "Keys": f"{self.total:,}",
            "Looked at": f"{self.looked_at:,}" + (" (all)" if self.whole else " (a sample, found with SCAN)"),
            "Meant to stay": ", ".join(self.wanted.lasting_keys) or "none",
        }
        if self.vanished:
            facts["Gone meanwhile"] = f"{self.vanished:,}"
        size = sum(family.size for family in self.families) or 1
        rows = [
            [
                family.pattern,
                f"{len(family.keys):,}",
                mebibytes(family.size),
                f"{100 * family.size / size:.1f} %",
                f"{median(key.size for key in family.keys) / 1024:,.1f} KiB",
                f"{max(key.size for key in family.keys) / 1024:,.1f} KiB",
                family.lifetimes,
            ]
            for family in self.families[:_SHOWN]
        ]
        columns = ["Keys like", "Count", "Memory", "Share", "Median", "Largest", "Expire"]
        shown: list[Evidence] = [Facts("Keys of Redis", facts), Table("Kinds of keys by size", columns, rows)]
        return [*shown, Lines(PROPOSALS, self.proposals)] if self.proposals else shown

    def _over(self, count: int, what: str) -> str:
        sample = "" if self.whole else f", a sample of {self.total:,}"
        return plural(count, what) + sample


@measurement(parts=("cache",))
def redis_keys(redis: ReadOnlyRedis, redis_stats: RedisStats, settings: Settings) -> RedisKeys:
    """Kinds of keys with memory and expiry, from a sample: found with SCAN, examined with TTL and MEMORY USAGE.

    TTL counts as a read hit. So it is sent only after the server's own counters have been read, which is why they
    are a parameter here; for at most ``optimization.sample_keys`` keys; and later runs subtract it.
    """
    wanted, rules, expiry = _wanted(settings), settings.coverage, settings.limits.cache_expiry
    deadline = time.monotonic() + wanted.sample_seconds
    total = redis.size()
    names, complete, problem = _names(redis, wanted, deadline)
    # DBSIZE also counts keys that have expired and are not deleted yet; SCAN does not return these.
    complete = complete and len(names) >= _LEAST_FOUND * total
    unreadable = sum(_NO_TEXT in name for name in names)
    names = [name for name in names if _NO_TEXT not in name]
    keys: list[Key] = []
    asked = 0
    for start in range(0, len(names), _AT_ONCE):
        if start and time.monotonic() > deadline:
            complete = False
            break
        batch = names[start : start + _AT_ONCE]
        try:
            keys += _examined(redis, batch, wanted.lasting_keys)
        except Unmeasured as error:  # what the others show counts all the same
            complete, problem = False, problem or error
            continue
        asked += len(batch)
    if problem and not keys:
        raise problem
    counts = {"keyspace_hits": float(len(keys)), "keyspace_misses": float(asked - len(keys))}
    own = msgspec.structs.replace(redis_stats.read, counts=counts)
    gone = asked - len(keys)
    return RedisKeys(
        total,
        gone,
        complete,
        _families(keys),
        wanted,
        rules,
        expiry,
        own,
        redis_stats.nodes + (unread(problem, "every key of the sample") if problem else Coverage()),
        unreadable,
    )


def _wanted(settings: Settings) -> Optimization:
    """The settings, with the queues and the image counts added to the lasting keys."""
    wanted, own = settings.optimization, settings.target.redis
    queues = (pattern for queue in own.queues for pattern in _of_queue(queue))
    lasting = (*wanted.lasting_keys, escape(own.queue_key), escape(own.stats_key), *queues)
    return msgspec.structs.replace(wanted, lasting_keys=lasting)


def _of_queue(queue: JobQueue) -> tuple[str, ...]:
    """Patterns of the keys that a library keeps its jobs and workers in: they wait, and are no cache."""
    prefix, name, horizon = escape(queue.prefix), escape(queue.name), escape(queue.horizon)
    by_preset = {
        "arq": (f"{prefix}{name}*", "arq:*"),
        "asynq": (f"{prefix}asynq:*",),
        "bee-queue": (f"{prefix or 'bq'}:{name}:*",),
        "celery": (
            *(f"{prefix}{name}", f"{prefix}{name}\x06\x16*"),
            *(f"{prefix}_kombu.binding.*", f"{prefix}unacked*"),
        ),
        "dramatiq": (f"{prefix or 'dramatiq'}:*",),
        "gocraft": tuple(
            f"{prefix}{key}"
            for key in ("jobs:*", "worker*", "known_jobs", "retry", "dead", "scheduled", "last_periodic_enqueue")
        ),
        "hangfire": (f"{prefix or escape('{hangfire}:')}*",),
        "huey": (f"{prefix}huey.*",),
        "laravel": (f"{prefix}queues:{name}*", *([f"{horizon}*"] if horizon else [])),
        "machinery": (f"{prefix}{name}", f"{prefix}delayed_tasks"),
        "redis-list": (f"{prefix}{name}",),
        "redis-stream": (f"{prefix}{name}", f"{prefix}{name}__queue"),
        "resque": (f"{prefix or 'resque:'}*",),
        "rq": (f"{prefix}rq:*",),
        "saq": (f"{prefix}saq:*",),
        "sidekiq": tuple(
            f"{prefix}{key}"
            for key in ("queue:*", "stat:*", "queues", "processes", "retry", "schedule", "dead", "paused")
        ),
    }
    return by_preset.get(queue.preset, (f"{prefix or 'bull'}:{name}:*",))


def _names(
    redis: ReadOnlyRedis, wanted: Optimization, deadline: float
) -> tuple[list[str], bool, Unmeasured | None]:
    """Names of keys, each once, whether they are complete, and why not, where a SCAN failed.

    SCAN goes by a hash of the name: a fair sample.
    """
    found: dict[str, None] = {}
    cursor, problem = 0, None
    for _ in range(wanted.sample_scans):
        try:
            cursor, some = redis.scan(cursor, _AT_ONCE)
        except Unmeasured as error:
            if not found:
                raise
            problem = error
            break
        found.update(dict.fromkeys(some))
        if not cursor or len(found) > wanted.sample_keys or time.monotonic() > deadline:
            break
    names = list(found)[: wanted.sample_keys]
    return names, not cursor and problem is None and len(names) == len(found), problem


def lowest_share(hits: int, of: int) -> float:
    """The low end of Wilson's interval of a share, at 99 % (one-sided)."""
    z = NormalDist().inv_cdf(0.99)
    share_seen = hits / of
    middle = share_seen + z * z / (2 * of)
    spread = z * math.sqrt(share_seen * (1 - share_seen) / of + z * z / (4 * of * of))
    return max((middle - spread) / (1 + z * z / of), 0.0)


def _examined(redis: ReadOnlyRedis, names: list[str], lasting: tuple[str, ...]) -> list[Key]:
    lives = redis.many([("TTL", name) for name in names])
    try:
        sizes = redis.many([("MEMORY USAGE", name) for name in names])
    except (UnknownCommand, NotAllowed):  # their expiry still counts
        sizes = [0 if ttl != _GONE else None for ttl in lives]
    found = []
    for name, ttl, size in zip(names, lives, sizes, strict=True):
        if not isinstance(ttl, int) or ttl < _GONE or not isinstance(size, int | None) or (size or 0) < 0:
            raise Malformed(
                f"{SERVICE}: expected seconds and bytes of a key (TTL, MEMORY USAGE), got {ttl!r} and {size!r}",
                service=SERVICE,
            )
        if ttl != _GONE and size is not None:
            lasts = any(fnmatchcase(name, like) for like in lasting)
            found.append(Key(name, ttl if 0 <= ttl < _FOR_GOOD else None, size, lasts))
    return found


def _families(keys: Iterable[Key]) -> tuple[Family, ...]:
    by_pattern: dict[tuple[str, bool], list[Key]] = {}
    for key in keys:
        by_pattern.setdefault((fold(door.line(key.name)), key.lasting), []).append(key)
    families = [Family(pattern, tuple(members)) for (pattern, _), members in by_pattern.items()]
    return tuple(sorted(families, key=lambda family: -family.size))
