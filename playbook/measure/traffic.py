"""Bytes that left the app, day by day, over two weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Chart, Curve, Evidence, Table
from playbook.limits import Reading

DAYS = 7
# With fewer days that have any traffic, a week is no week.
LEAST_DAYS = 6
GIB = 2.0**30


@dataclass(frozen=True, slots=True)
class NetworkWeek:
    """Two weeks of whole days (UTC), up to yesterday.

    Attributes:
        days: beginning of the day, and bytes; 14 of them.
    """

    days: tuple[tuple[datetime, int], ...]

    @property
    def rise(self) -> Reading:
        """Percent above the week before; negative below it. TooLittleData where a week has too few days."""
        before, week = self._weeks()
        return Reading(100 * (week / before - 1), f"7 days ({gibibytes(week)} after {gibibytes(before)})")

    @property
    def fall(self) -> Reading:
        """Percent below the week before; negative above it."""
        rise = self.rise
        return Reading(-rise.value, rise.over)

    def _weeks(self) -> tuple[int, int]:
        weeks = [[size for _, size in self.days[:DAYS]], [size for _, size in self.days[DAYS:]]]
        for name, sizes in zip(("the week before", "the week"), weeks, strict=True):
            known = sum(size > 0 for size in sizes)
            if known < LEAST_DAYS:
                raise TooLittleData(
                    f"{SERVICE}: expected traffic on at least {LEAST_DAYS} of the 7 days of {name}, got {known}",
                    service=SERVICE,
                    hint="The API counts what leaves the app, from the day after it was made.",
                )
        return sum(weeks[0]), sum(weeks[1])

    def evidence(self) -> list[Evidence]:
        """Each weekday beside the same of the week before, and both weeks as curves of one week."""
        rows = [
            [
                f"{day:%A, %Y-%m-%d}",
                gibibytes(size),
                gibibytes(before),
                f"{size / before - 1:+.0%}" if before else "",
            ]
            for (day, size), (_, before) in zip(self.days[DAYS:], self.days[:DAYS], strict=True)
        ]
        shift = timedelta(days=DAYS)
        curves = [
            Curve("this week", [(day.timestamp(), size / GIB) for day, size in self.days[DAYS:]]),
            Curve("week before", [((day + shift).timestamp(), size / GIB) for day, size in self.days[:DAYS]]),
        ]
        return [
            Table("Bytes that left the app", ["Day", "Bytes", "Week before", "Change"], rows),
            Chart("Bytes that left the app, each day", "GiB", curves),
        ]


@measurement
def network_week(digitalocean: DigitalOceanApi, clock: Clock) -> NetworkWeek:
    """Bytes that left the app on each of the last fourteen whole days."""
    today = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=ago) for ago in range(2 * DAYS, 0, -1)]
    return NetworkWeek(tuple((day, digitalocean.bandwidth(day)) for day in days))


def gibibytes(amount: float) -> str:
    """``3.41 GiB``."""
    return f"{amount / GIB:,.2f} GiB"
