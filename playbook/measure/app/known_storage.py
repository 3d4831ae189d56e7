"""Storage that is full or fills up, as far as it is known: evidence for an investigation of what runs short."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from playbook.core.coverage import Coverage, whole
from playbook.core.engine import Outcome, measurement
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.evidence import Evidence, Facts, evidence_of
from playbook.core.limits import Limit
from playbook.core.verdict import Verdict
from playbook.measure.app.resources import Judged
from playbook.measure.app.storage import StorageWeek
from playbook.settings.model import Settings


@dataclass(frozen=True, slots=True)
class KnownStorage:
    """What is beyond its limit.

    Attributes:
        fullest: percent used, fullest first.
        filling: days until full, soonest first.
        week: everything that was read; None where nothing was.
        unread: why it could not be read; empty where it was.
    """

    fullest: tuple[Judged, ...] = ()
    filling: tuple[Judged, ...] = ()
    week: StorageWeek | None = None
    unread: str = ""

    @property
    def coverage(self) -> Coverage:
        """Always enough: the weekly check is the one that needs the whole week of every component."""
        return whole("storage not told" if self.week is None else "")

    def evidence(self) -> list[Evidence]:
        """The week, or why it is not known."""
        return [Facts("Storage", {"Not known": self.unread})] if self.unread else evidence_of(self.week)


@measurement(parts=("services",), outcomes=("storage_week",))
def known_storage(storage_week: Outcome, settings: Settings) -> KnownStorage:
    """File systems and Redis memory that are full or fill up; none where nobody tells."""
    error = storage_week.error
    if storage_week.absent or isinstance(error, NotConfigured | Unmeasured):
        return KnownStorage(unread=str(error or ""))
    if error is not None:
        raise error
    week, limits = storage_week.value, settings.limits
    return KnownStorage(
        _beyond(week.fullest, limits.storage), _beyond(week.filling, limits.storage_days_left), week
    )


def _beyond(areas: Iterable[Judged], limit: Limit) -> tuple[Judged, ...]:
    known = [one for one in areas if math.isfinite(one.reading.value) and limit.possible(one.reading.value)]
    return tuple(one for one in known if limit.verdict(one.reading.value) is not Verdict.OK)
