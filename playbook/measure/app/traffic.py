"""Bytes sent by the app, day by day, over two weeks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, share
from playbook.core.engine import measurement
from playbook.core.errors import Malformed
from playbook.core.evidence import Chart, Curve, Evidence, Table
from playbook.core.limits import Reading
from playbook.measure.app.app import OwnApp
from playbook.settings.model import Settings

DAYS = 7
GIB = 2.0**30


@dataclass(frozen=True, slots=True)
class NetworkWeek:
    """Two weeks of whole days (UTC), up to yesterday.

    Attributes:
        days: start of the day, and bytes; 14 of them. None where the API has no figure for the day.
        least_percent: minimum percentage of a week's days that must be known in both weeks.
    """

    days: tuple[tuple[datetime, int | None], ...]
    least_percent: float = 80.0

    @property
    def coverage(self) -> Coverage:
        """How many weekdays are known in both weeks, and whether the app sent anything in the first."""
        pairs = self._pairs
        missing = [f"{day:%a %d %b}" for day, size in self.days if not size]
        note = f"none of {', '.join(missing[:4])}{', …' if len(missing) > 4 else ''}" if missing else ""
        return share(
            len(pairs),
            DAYS,
            "days of both weeks",
            least_percent=self.least_percent,
            what="traffic",
            note=note,
            hint="The API counts what leaves the app, from the day after it was made.",
        )

    @property
    def rise(self) -> Reading:
        """Percent above the week before; negative below it. NaN where the week before has no bytes."""
        pairs = self._pairs
        before, week = (sum(sizes) for sizes in zip(*pairs, strict=True)) if pairs else (0, 0)
        over = f"{len(pairs)} days ({gibibytes(week)} after {gibibytes(before)})"
        return Reading(100 * (week / before - 1) if before else math.nan, over, self.coverage)

    @property
    def fall(self) -> Reading:
        """Percent below the week before; negative above it."""
        rise = self.rise
        return Reading(-rise.value, rise.over, rise.coverage)

    @property
    def _pairs(self) -> list[tuple[int, int]]:
        """Each weekday known in both weeks: previous, current. The API reports unknown days as 0."""
        both = zip(self.days[:DAYS], self.days[DAYS:], strict=True)
        return [(before, week) for (_, before), (_, week) in both if before and week]

    def evidence(self) -> list[Evidence]:
        """Each weekday beside that of the week before, and both weeks as curves of one week."""
        rows = [
            [
                f"{day:%A, %Y-%m-%d}",
                gibibytes(size) if size else "not known",
                gibibytes(before) if before else "not known",
                f"{size / before - 1:+.0%}" if before and size else "",
            ]
            for (day, size), (_, before) in zip(self.days[DAYS:], self.days[:DAYS], strict=True)
        ]
        shift = timedelta(days=DAYS)
        curves = [
            Curve("this week", _points(self.days[DAYS:])),
            Curve("week before", _points((day + shift, size) for day, size in self.days[:DAYS])),
        ]
        return [
            Table("Bytes that left the app", ["Day", "Bytes", "Week before", "Change"], rows),
            Chart("Bytes that left the app, each day", "GiB", curves),
        ]


@measurement
def network_week(digitalocean: DigitalOceanApi, settings: Settings, clock: Clock, own_app: OwnApp) -> NetworkWeek:
    """Bytes sent by the app on each of the last fourteen whole days."""
    today = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=ago) for ago in range(2 * DAYS, 0, -1)]
    return NetworkWeek(
        tuple((day, _bandwidth(digitalocean, day)) for day in days), settings.coverage.trend_percent
    )


def _bandwidth(digitalocean: DigitalOceanApi, day: datetime) -> int | None:
    """Bytes of one day; None where the response has no figure."""
    try:
        return digitalocean.bandwidth(day)
    except Malformed:
        return None


def _points(days: Iterable[tuple[datetime, int | None]]) -> list[tuple[float, float]]:
    return [(day.timestamp(), size / GIB) for day, size in days if size is not None]


def gibibytes(amount: float) -> str:
    """``3.41 GiB``."""
    return f"{amount / GIB:,.2f} GiB"
