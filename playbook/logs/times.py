"""Timestamps of logs as epoch seconds. A time without a zone is taken as UTC, as containers write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_CACHED_MINUTES = 4096

_ISO = re.compile(
    r"(\d{4}[-/]\d\d[-/]\d\d)[T ](\d\d:\d\d):(\d\d)(?:[.,](\d{1,9}))?\d*[ ]?(Z|[+-]\d\d:?\d\d(?!\d))?"
)
_COMMON = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})")
_SYSLOG = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)")

# Epoch numbers by their size: seconds until the year 5138, then milli-, micro- and nanoseconds.
_SCALES = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (float("inf"), 1e9))


class Times:
    """Turns texts into epoch seconds; remembers the minutes it has seen, as neighbouring lines share them.

    Args:
        now: epoch seconds; syslog's dates have no year, and lie before it.
    """

    def __init__(self, now: float) -> None:
        self._now = now
        self._minutes: dict[tuple[str, ...], float | None] = {}

    def iso(self, date: str, minute: str, second: str, fraction: str | None, zone: str | None) -> float | None:
        """From the parts ``2024-05-29``, ``20:14``, ``14``, ``996``, ``Z``; None where there is no such time."""
        base = self._minute((date, minute, zone or "Z"))
        if base is None:
            return None
        return base + int(second) + (float("0." + fraction) if fraction else 0.0)

    def text(self, text: str) -> float | None:
        """From an ISO 8601 text, or one as in access logs; None where it is neither."""
        match = _ISO.match(text)
        if match:
            return self.iso(*match.groups())
        match = _COMMON.match(text)
        if match:
            day, month, year, hour, minute, second, zone = match.groups()
            return self.iso(f"{year}-{_MONTHS.get(month, 0):02d}-{day}", f"{hour}:{minute}", second, None, zone)
        return None

    def number(self, value: float) -> float | None:
        """From epoch seconds, or milli-, micro- or nanoseconds, told apart by their size."""
        if not 1e8 < value < 1e20:
            return None
        return next(value / scale for bound, scale in _SCALES if value < bound)

    def value(self, value: object) -> float | None:
        """From whatever a JSON line has as its time."""
        if isinstance(value, str):
            return self.number(float(value)) if value.replace(".", "", 1).isdecimal() else self.text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self.number(float(value))
        return None

    def syslog(self, text: str) -> float | None:
        """From ``May 29 20:14:14``: the last such moment that is not more than a day ahead."""
        match = _SYSLOG.match(text)
        if not match:
            return None
        month, day, hour, minute, second = match.groups()
        year = datetime.fromtimestamp(self._now, UTC).year
        for candidate in (year + 1, year, year - 1):
            date = f"{candidate}-{_MONTHS.get(month, 0):02d}-{int(day):02d}"
            moment = self.iso(date, f"{hour}:{minute}", second, None, None)
            if moment is not None and moment <= self._now + 86_400:
                return moment
        return None

    def _minute(self, key: tuple[str, ...]) -> float | None:
        known = self._minutes.get(key, -1.0)
        if known != -1.0:
            return known
        date, minute, zone = key
        text = f"{date.replace('/', '-')}T{minute}:00{'+00:00' if zone == 'Z' else zone}"
        try:
            moment = datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError):
            moment = None
        if len(self._minutes) >= _CACHED_MINUTES:
            self._minutes.clear()
        self._minutes[key] = moment
        return moment
