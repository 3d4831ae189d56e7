"""What weighs on Redis: its clients, and the commands that took long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from playbook.clients.redis import SERVICE, ReadOnlyRedis
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import Malformed
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading, format_value
from playbook.logs.signature import fold
from playbook.measure.redis import duration
from playbook.settings import Settings

NEWEST = 128  # what the slow log holds unless told otherwise
_SHOWN = 15
# Their first argument is a program, a password or a question, not a key.
_NO_KEY = frozenset({"EVAL", "EVALSHA", "EVAL_RO", "FCALL", "AUTH", "HELLO", "CONFIG", "CLIENT", "INFO"})


@dataclass(frozen=True, slots=True)
class SlowCommand:
    """One entry of the slow log.

    Attributes:
        command: its name and the kind of its key, without values.
        milliseconds: that it kept the server busy.
    """

    at: datetime
    command: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class SlowLog:
    """The slow commands of the last hours.

    Attributes:
        newest_first: those within ``hours``.
        older: how many of the entries that were read are from before.
        full: the log holds no more, so there may have been others in that time.
    """

    hours: float
    newest_first: tuple[SlowCommand, ...]
    older: int
    full: bool

    @property
    def count(self) -> Reading:
        """How many there were, at least."""
        more = ", and the log holds no more" if self.full else ""
        return Reading(len(self.newest_first), f"{self.hours:g} h{more}")

    @property
    def slowest(self) -> Reading:
        """Milliseconds of the slowest; 0 where there was none."""
        if not self.newest_first:
            return Reading(0.0, f"{self.hours:g} h (none in the slow log)")
        slowest = max(self.newest_first, key=lambda one: one.milliseconds)
        return Reading(slowest.milliseconds, f"{self.hours:g} h ({slowest.command})")

    def evidence(self) -> list[Evidence]:
        """By kind of command, the heaviest first, and the newest ones."""
        facts = {
            f"In the last {self.hours:g} h": f"{len(self.newest_first):,}" + (" or more" if self.full else ""),
            "Older entries": f"{self.older:,}",
        }
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
def redis_slow_log(redis: ReadOnlyRedis, settings: Settings, clock: Clock) -> SlowLog:
    """Commands that kept Redis busy for long, of the last hours, from its slow log (SLOWLOG GET)."""
    hours = settings.optimization.slow_hours
    since = clock.now() - timedelta(hours=hours)
    entries = [_slow(entry) for entry in redis.slow_commands(NEWEST)]
    recent = tuple(entry for entry in entries if entry.at >= since)
    return SlowLog(hours, recent, len(entries) - len(recent), full=len(recent) >= NEWEST)


def _slow(entry: Mapping[str, Any]) -> SlowCommand:
    try:
        at, took, command = float(entry["start_time"]), float(entry["duration"]), entry["command"]
    except (KeyError, TypeError, ValueError):
        raise Malformed(
            f"{SERVICE}: expected start_time, duration and command in the slow log, got "
            f"{', '.join(map(str, entry))}",
            service=SERVICE,
        ) from None
    name, _, rest = str(command).strip().partition(" ")
    key = rest.partition(" ")[0]
    shown = f"{name.upper()} {fold(key)}" if key and name.upper() not in _NO_KEY else name.upper()
    return SlowCommand(datetime.fromtimestamp(at, UTC), shown, took / 1000)


@dataclass(frozen=True, slots=True)
class ClientKind:
    """Clients that come from one address with one name."""

    name: str
    address: str
    idle: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RedisClients:
    """Who is connected.

    Attributes:
        kinds: most clients first.
        idle_after: seconds without a command after which a client is idle.
    """

    kinds: tuple[ClientKind, ...]
    idle_after: float

    @property
    def idle(self) -> int:
        """How many clients have sent nothing for long."""
        return sum(seconds >= self.idle_after for kind in self.kinds for seconds in kind.idle)

    def evidence(self) -> list[Evidence]:
        """A row for each kind."""
        total = sum(len(kind.idle) for kind in self.kinds)
        facts = {
            "Connected": f"{total:,}",
            f"Idle for over {duration(self.idle_after)}": f"{self.idle:,}",
        }
        rows = [
            [
                kind.name or "no name",
                kind.address,
                f"{len(kind.idle):,}",
                f"{sum(seconds >= self.idle_after for seconds in kind.idle):,}",
                duration(max(kind.idle)),
            ]
            for kind in self.kinds[:_SHOWN]
        ]
        table = Table("Clients by address", ["Name", "Address", "Clients", "Idle", "Longest idle"], rows)
        return [Facts("Clients of Redis", facts), table]


@measurement
def redis_clients(redis: ReadOnlyRedis, settings: Settings) -> RedisClients:
    """Who is connected to Redis, by address and name, and who has been idle for long (CLIENT LIST)."""
    found: dict[tuple[str, str], list[int]] = {}
    for one in redis.clients():
        address = one.get("addr", "").rpartition(":")[0]
        address = "unix socket" if "/" in address else address or "not given"
        found.setdefault((one.get("name", ""), address), []).append(int(one.get("idle", 0)))
    kinds = [ClientKind(name, address, tuple(idle)) for (name, address), idle in found.items()]
    return RedisClients(
        tuple(sorted(kinds, key=lambda kind: -len(kind.idle))), settings.optimization.idle_minutes * 60
    )
