"""Load on Redis: its clients, and slow commands."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from playbook.clients.redis import ReadOnlyRedis
from playbook.clients.redis_replies import NotAllowed, UnknownCommand
from playbook.core import door
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, share, understood, whole
from playbook.core.durations import two_whole_units
from playbook.core.engine import measurement
from playbook.core.errors import Malformed, Refused
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Limit, Reading, format_value
from playbook.core.verdict import Verdict
from playbook.measure.redis.redis import RedisStats
from playbook.measure.redis.redis_info import SLOW_LOG_RESETS
from playbook.readers.logs.signature import fold
from playbook.settings.model import Settings

NEWEST = 1_000  # entries that are read; the slow log holds 128 by default
_LONGER = "Raise slowlog-max-len, so that it holds all slow commands of a day."
_EMPTIED = "it was emptied (SLOWLOG RESET)"
_SLOW = 10.0  # milliseconds; Redis logs commands from there on by default
_ALL_SLOW = 5  # entries, none of them quick, from which on its threshold may be the reason
_TURN_ON = "Set slowlog-log-slower-than (10000, microseconds) and slowlog-max-len (128) at the server."
_SHOWN = 15
# Their first argument is a script, a password or a subcommand, not a key.
_NO_KEY = frozenset({"EVAL", "EVALSHA", "EVAL_RO", "FCALL", "AUTH", "HELLO", "CONFIG", "CLIENT", "INFO"})


_ONE_SERVER = Coverage()


@dataclass(frozen=True, slots=True)
class SlowCommand:
    """One entry of the slow log.

    Attributes:
        id: counts from 0.
        command: its name and the kind of its key, without values.
        milliseconds: for which it blocked the server.
    """

    id: int
    at: datetime
    command: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class SlowLog:
    """The slow commands of the last hours.

    Attributes:
        newest_first: those within ``hours``.
        older: number of entries read that are older.
        reach: hours that the log covers.
        short: why it does not cover all requested hours; empty where it does.
        threshold: milliseconds from which commands are logged; None where it is not reported.
        quickest: milliseconds of the quickest entry; None where there are too few to tell the threshold.
        least_percent: minimum percentage of the hours covered.
        odd: entries of another form.
        nodes: whether the server is the only node.
    """

    hours: float
    newest_first: tuple[SlowCommand, ...]
    older: int
    reach: float
    short: str
    threshold: float | None
    off: str
    least_percent: float
    slowest_limit: Limit
    odd: int = 0
    quickest: float | None = None
    nodes: Coverage = _ONE_SERVER

    @property
    def coverage(self) -> Coverage:
        """How far back the log reaches, and whether it is on."""
        if self.off:
            return lacking("no slow log", expected="a slow log that is on", got=self.off, hint=_TURN_ON)
        reach = min(self.reach, self.hours)
        read = len(self.newest_first) + self.older + self.odd
        return (
            self.nodes
            + understood(self.odd, read, "entries of the slow log")
            + share(
                reach,
                self.hours,
                "h",
                least_percent=self.least_percent,
                what="a slow log",
                note=self.short,
                hint=_LONGER if "fill" in self.short else "",
            )
        )

    @property
    def count(self) -> Reading:
        """Number of slow commands, at least; a server may log quicker ones too."""
        window = f"{two_whole_units(self.reach * 3600)} ({self.short})" if self.short else f"{self.hours:g} h"
        return Reading(sum(one.milliseconds >= _SLOW for one in self.newest_first), window)

    @property
    def slowest(self) -> Reading:
        """Milliseconds of the slowest; 0 where there was none."""
        threshold = self.quickest if self.threshold is None else self.threshold
        seen = Coverage()
        if threshold is not None and self.slowest_limit.verdict(threshold) is not Verdict.OK:
            told = "" if self.threshold is not None else "one that is not told, and no entry below "
            seen = lacking(
                "slow log too coarse",
                expected="slowlog-log-slower-than below the limit",
                got=f"{told}{threshold:,.0f} ms",
                hint=_TURN_ON,
            )
        if not self.newest_first:
            return Reading(0.0, f"{self.hours:g} h (none in the slow log)", seen)
        slowest = max(self.newest_first, key=lambda one: one.milliseconds)
        return Reading(slowest.milliseconds, f"{self.hours:g} h ({slowest.command})", seen)

    def evidence(self) -> list[Evidence]:
        """By kind of command, largest total first, and the newest ones."""
        facts = {
            f"In the last {self.hours:g} h": f"{len(self.newest_first):,}" + (" or more" if self.short else ""),
            "Older entries": f"{self.older:,}",
            "Reaches back": f"{min(self.reach, self.hours):.1f} h{f' ({self.short})' if self.short else ''}",
            "Logged from": "not told" if self.threshold is None else f"{self.threshold:g} ms",
        }
        if self.off:
            facts["Off"] = self.off
        shown: list[Evidence] = [Facts("Slow log of Redis", facts)]
        if self.newest_first:
            counts = Counter(one.command for one in self.newest_first)
            times = {name: [o.milliseconds for o in self.newest_first if o.command == name] for name in counts}
            rows = [
                [name, f"{counts[name]:,}", format_value(sum(took), "ms"), format_value(max(took), "ms")]
                for name, took in sorted(times.items(), key=lambda pair: -sum(pair[1]))[:_SHOWN]
            ]
            shown.append(Table("Slow commands by kind", ["Command", "Count", "Together", "Slowest"], rows))
            newest = [
                [f"{one.at:%Y-%m-%d %H:%M:%S}", one.command, format_value(one.milliseconds, "ms")]
                for one in self.newest_first[:_SHOWN]
            ]
            shown.append(Table("Newest slow commands", ["When (UTC)", "Command", "Took"], newest))
        return shown


@measurement
def redis_slow_log(redis: ReadOnlyRedis, redis_stats: RedisStats, settings: Settings, clock: Clock) -> SlowLog:
    """Commands that blocked Redis for long in the last hours, from its slow log (SLOWLOG GET).

    The log is in memory and holds only the newest entries: it reaches back to the server's start, or, where it is
    full or was emptied, to its oldest entry. An empty one may be switched off, which its settings (CONFIG GET)
    show.
    """
    hours, now = settings.optimization.slow_hours, clock.now()
    answered = redis.slow_commands(NEWEST)
    entries = [entry for entry in map(_slow, answered) if entry]
    log_settings = _settings_of(redis)
    recent = tuple(entry for entry in entries if entry.at >= now - timedelta(hours=hours))
    reach, short = _reach(entries, log_settings, redis_stats, now)
    slower_than = log_settings.get("slowlog-log-slower-than", log_settings.get("commandlog-execution-slower-than"))
    return SlowLog(
        hours=hours,
        newest_first=recent,
        older=len(entries) - len(recent),
        reach=reach,
        short=short if reach < hours else "",
        threshold=None if slower_than is None or slower_than < 0 else slower_than / 1000,
        off=_off(entries, log_settings),
        least_percent=settings.coverage.window_percent,
        slowest_limit=settings.limits.redis_slowest,
        odd=len(answered) - len(entries),
        quickest=min(one.milliseconds for one in entries) if len(entries) >= _ALL_SLOW else None,
        nodes=redis_stats.nodes,
    )


def _settings_of(redis: ReadOnlyRedis) -> dict[str, int]:
    """The server's slow log settings; empty where CONFIG is not allowed."""
    try:
        found = redis.config("slowlog-*")
    except (UnknownCommand, NotAllowed, Malformed):
        return {}
    return {name: int(value) for name, value in found.items() if value.lstrip("-").isdecimal()}


def _reach(
    entries: Sequence[SlowCommand], told: Mapping[str, int], stats: RedisStats, now: datetime
) -> tuple[float, str]:
    """Hours that the log covers, and why not more.

    Ids count from 0 and are never used again: a log without the first entry is full, or was emptied. Servers since
    Redis 7 count the commands that empty it; when they were sent is only known where an earlier run has read that.
    """
    resets, counts_them = stats.growth.of(SLOW_LOG_RESETS), SLOW_LOG_RESETS in stats.read.counts
    if entries and (entries[-1].id > 0 or len(entries) >= NEWEST):
        oldest = (now - entries[-1].at).total_seconds() / 3600
        if len(entries) >= min(told.get("slowlog-max-len", len(entries)), NEWEST):
            return oldest, f"{len(entries)} entries fill it"
        if resets or not counts_them:
            return oldest, _EMPTIED
        if resets == 0:
            return max(oldest, stats.growth.hours), _EMPTIED
    if not entries and resets:
        return 0.0, _EMPTIED
    if stats.uptime is None:
        return 0.0, "the server does not say since when it is up"
    return stats.uptime / 3600, f"the server is up for {two_whole_units(stats.uptime)}"


def _off(entries: Sequence[SlowCommand], told: Mapping[str, int]) -> str:
    """Why nothing would be logged; empty where it would."""
    if told.get("slowlog-log-slower-than", 0) < 0:
        return "slowlog-log-slower-than is negative, so nothing is logged"
    if told.get("slowlog-max-len", 1) == 0:
        return "slowlog-max-len is 0, so nothing is kept"
    if not entries and "slowlog-log-slower-than" not in told:
        return "an empty one, and the server does not report whether it is on"
    return ""


def _slow(entry: Mapping[str, Any]) -> SlowCommand | None:
    """One entry; None where it is of another form."""
    try:
        number, at, took = int(entry["id"]), float(entry["start_time"]), float(entry["duration"])
        command, when = str(entry["command"]), datetime.fromtimestamp(at, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    if number < 0 or not 0 <= took < math.inf:
        return None
    name, _, rest = command.strip().partition(" ")
    key = rest.partition(" ")[0]
    shown = f"{name.upper()} {fold(door.line(key))}" if key and name.upper() not in _NO_KEY else name.upper()
    return SlowCommand(number, when, shown, took / 1000)


@dataclass(frozen=True, slots=True)
class ClientKind:
    """Clients with the same address and name."""

    name: str
    address: str
    idle: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RedisClients:
    """Connected clients.

    Attributes:
        kinds: most clients first.
        idle_after: seconds without a command after which a client is idle.
        unknown: clients without an idle time.
        problem: why there is no list; empty where there is. It is only shown, not judged.
    """

    kinds: tuple[ClientKind, ...]
    idle_after: float
    unknown: int = 0
    problem: str = ""

    @property
    def coverage(self) -> Coverage:
        """Number of listed clients; room for clients is judged by INFO's count."""
        total = sum(len(kind.idle) for kind in self.kinds)
        return whole("no list of clients" if self.problem else f"{total:,} clients listed")

    @property
    def idle(self) -> int:
        """Number of clients idle for long."""
        return sum(seconds >= self.idle_after for kind in self.kinds for seconds in kind.idle)

    def evidence(self) -> list[Evidence]:
        """A row for each kind."""
        if self.problem:
            return [Facts("Clients of Redis", {"List": self.problem})]
        total = sum(len(kind.idle) for kind in self.kinds)
        facts = {
            "Connected": f"{total:,}",
            f"Idle for over {two_whole_units(self.idle_after)}": f"{self.idle:,}",
        }
        if self.unknown:
            facts["Idle time unknown"] = f"{self.unknown:,}"
        rows = [
            [
                kind.name or "no name",
                kind.address,
                f"{len(kind.idle):,}",
                f"{sum(seconds >= self.idle_after for seconds in kind.idle):,}",
                two_whole_units(max(kind.idle)),
            ]
            for kind in self.kinds[:_SHOWN]
        ]
        table = Table("Clients by address", ["Name", "Address", "Clients", "Idle", "Longest idle"], rows)
        return [Facts("Clients of Redis", facts), table]


@measurement
def redis_clients(redis: ReadOnlyRedis, settings: Settings) -> RedisClients:
    """Clients of Redis by address and name, and which have been idle for long (CLIENT LIST)."""
    after = settings.optimization.idle_minutes * 60
    try:
        listed = redis.clients()
    except (Refused, Malformed, NotAllowed) as problem:
        return RedisClients((), after, problem=str(problem))
    found: dict[tuple[str, str], list[int]] = {}
    unknown = 0
    for one in listed:
        address = one.get("addr", "").rpartition(":")[0]
        address = "unix socket" if "/" in address else address or "not given"
        idle = one.get("idle", "")
        if not idle.isdecimal():
            unknown += 1
            continue
        found.setdefault((one.get("name", ""), address), []).append(int(idle))
    kinds = [ClientKind(name, address, tuple(idle)) for (name, address), idle in found.items()]
    return RedisClients(tuple(sorted(kinds, key=lambda kind: -len(kind.idle))), after, unknown)
