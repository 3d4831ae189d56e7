"""Replicas of Redis: as many as the settings name, or as there were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from playbook.core.counters import Ages, Counted
from playbook.core.wording import plural
from playbook.measure.redis.redis_info import Info
from playbook.measure.redis.redis_work import PRIMARIES
from playbook.measure.statements import Statement

REPLICAS = "redis-replicas"
_ONLINE, _USUAL = "online", "usual"


@dataclass(frozen=True, slots=True)
class Replicas:
    """Replicas that a primary feeds.

    Attributes:
        info: fields of INFO.
        wanted: their number in the settings; None where it is not set.
        before: their number in most of the earlier runs that are still known, or the usual one.
        read: their number now and the usual one, for later runs.
    """

    info: Info
    wanted: int | None
    before: int
    read: Counted

    @property
    def statements(self) -> list[Statement]:
        """That none is missing; nothing of a server that is a replica itself, or that should have none."""
        least = self.before if self.wanted is None else self.wanted
        if self.info.word("role") not in PRIMARIES or not least:
            return []
        online = self.info.count("connected_slaves")
        known = self.info.need("connected_slaves", online is not None)
        why = "redis.replicas" if self.wanted is not None else "as before; otherwise set redis.replicas"
        expected = f"at least {plural(least, 'replica')} ({why})"
        holds, found = online is None or online >= least, "not known" if online is None else str(online)
        return [Statement("Replicas of Redis", holds, expected, found, warn=True, coverage=known)]


def replicas_of(info: Info, wanted: int | None, at: datetime, earlier: Sequence[Counted], ages: Ages) -> Replicas:
    """Compare with earlier runs.

    The number in most of the runs that are far enough apart is the usual one, which is handed on from run to run:
    a host that moves a server to another machine feeds one replica more for a while.
    """
    is_primary = info.word("role") in PRIMARIES
    online = (info.count("connected_slaves") or 0) if is_primary else 0
    past = [one for one in earlier if one.at < at]
    old = [one for one in past if (at - one.at).total_seconds() >= ages.counter_least_hours * 3600]
    usual = max((one.counts.get(_USUAL, 0.0) for one in past), default=0.0)
    steady = _mostly([*old, Counted(at=at, counts={_ONLINE: float(online)})]) if old else 0.0
    before = max(usual, _mostly(past))
    read = Counted(at=at, counts={_ONLINE: float(online), _USUAL: max(usual, steady)})
    return Replicas(info, wanted, int(before), read)


def _mostly(runs: Sequence[Counted]) -> float:
    """The largest number that more than half of these runs have reached."""
    counts = sorted((one.counts.get(_ONLINE, 0.0) for one in runs), reverse=True)
    return counts[len(counts) // 2] if counts else 0.0
