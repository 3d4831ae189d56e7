"""Timestamps of logs as epoch seconds. A time without a zone is in the log's own: UTC, as containers write it, or
another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_CACHED_MINUTES = 4096
DAY = 86_400

_ISO = re.compile(
    r"(\d{4}[-/]\d\d[-/]\d\d)[T ](\d\d:\d\d):(\d\d)(?:[.,](\d{1,9}))?\d*[ ]?"
    r"(Z|[+-]\d\d(?::?\d\d)?(?!\d)| ?UTC| ?GMT| ?[AaPp][Mm]\b)?"
)
_COMMON = re.compile(
    r"(\d\d)[/-]([A-Z][a-z]{2})[/-](\d{4})[: ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
    r"(?: ?([+-]\d\d:?\d\d|UTC|GMT|Z)\b)?"
)
# ClickHouse, SonarQube
_POINTS = re.compile(r"(\d{4})\.(\d\d)\.(\d\d) (\d\d:\d\d):(\d\d)(?:[.,](\d{1,9}))?")
_MINUTE = re.compile(r"(\d{4}/\d\d/\d\d) (\d\d:\d\d)(?= [^:])")  # Iris
_DOTTED = re.compile(r"(\d{4}/\d\d/\d\d) - (\d\d:\d\d):(\d\d)")  # gin
# C's asctime, with Apache's microseconds; date(1) has a zone before the year.
_ASCTIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (?:(?:UTC|GMT) )?(\d{4})"
)
_RFC1123 = re.compile(
    r"[A-Z][a-z]{2}, (\d{1,2})[ -]([A-Z][a-z]{2})[ -](\d{4}) (\d\d):(\d\d):(\d\d)(?: ?([+-]\d{4}|GMT|UTC)\b)?"
)
_AMERICAN = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d) ?([AP])M\b")
# JavaScript's toLocaleString() in American English, also of Nest. Without AM or PM the day may be first.
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}),? (\d{1,2}):(\d\d):(\d\d)[ \u202f]?([AP])M\b")
_DAY_FIRST = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?")
_KLOG = re.compile(r"(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?")
_SHORT = re.compile(r"(\d\d)([01]\d)([0-3]\d) (\d\d):(\d\d):(\d\d)")  # Tornado, old MySQL
_OLD_REDIS = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?")
_EPOCH = re.compile(r"\[?(\d{9,10}(?:\.\d{1,9})?|\d{13}|\d{16}|\d{19})\]?(?= |$)")
# Prefixes of a line's own time.
_LEADING = re.compile(
    r"(?:\[GIN\] |\[Nest\] \d{1,7} {1,2}- |\d+:[XCSM] |\[\d{1,7}\] |[IWEFD](?=\d{4} )|[DIWEFA], \["
    r"|\[[A-Z]{4}\] (?=\d{4}/)|\[(?:[DIWEFC] )?)?"
)
# Before the time of Go's log package: the prefix of log.New ("worker: ", "INFO\t", "INFO: "), and asynq's.
_OF_GO = re.compile(r"[A-Za-z][\w./-]{0,40}:? {1,8}(?:pid=\d{1,7} )?(?=\d{4}/\d\d/\d\d \d\d:)")
_SYSLOG = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)")

# Epoch numbers by their size: seconds until the year 5138, then milli-, micro- and nanoseconds.
_SCALES = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (float("inf"), 1e9))


class Times:
    """Converts texts to epoch seconds; caches minutes, as neighbouring lines share them.

    Args:
        now: epoch seconds; syslog's dates have no year, and are in the past.
        zone: of times without one.
    """

    def __init__(self, now: float, zone: tzinfo = UTC) -> None:
        self._now, self._zone = now, zone
        self._minutes: dict[tuple[str, ...], float | None] = {}

    def iso(self, date: str, minute: str, second: str, fraction: str | None, zone: str | None) -> float | None:
        """From the parts ``2024-05-29``, ``20:14``, ``14``, ``996``, ``Z``; None for an invalid time."""
        base = self._minute((date, minute, zone or ""))
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
            day, month, year, hour, minute, second, fraction, zone = match.groups()
            return self._of(year, month, day, f"{hour}:{minute}", second, fraction, zone)
        return None

    def leading(self, text: str) -> tuple[float, int] | None:
        """The time at the beginning of a plain line, in any format but ISO 8601, and where it ends."""
        before = _OF_GO.match(text) or _LEADING.match(text)
        start = before.end() if before else 0
        for pattern, read in self._formats():
            match = pattern.match(text, start)
            if match:
                moment = read(*match.groups())
                if moment is not None:
                    end = match.end()
                    return moment, end + text.startswith("]", end)
        return None

    @staticmethod
    def is_of_go(text: str) -> bool:
        """Whether a line begins with a prefix of Go's log package and its time."""
        return "/" in text[:64] and _OF_GO.match(text) is not None

    def _formats(self) -> tuple[tuple[re.Pattern[str], Callable[..., float | None]], ...]:
        return (
            (_ISO, self.iso),
            (_COMMON, lambda d, mon, y, h, m, s, f, z: self._of(y, mon, d, f"{h}:{m}", s, f, z)),
            (_ASCTIME, lambda mon, d, h, m, s, f, y: self._of(y, mon, d, f"{h}:{m}", s, f, None)),
            (_RFC1123, lambda d, mon, y, h, m, s, z: self._of(y, mon, d, f"{h}:{m}", s, None, z)),
            (_AMERICAN, self._month_first),
            (_SLASHED, lambda mon, d, y, h, m, s, half: self._halved(f"{y}-{mon:0>2}-{d:0>2}", h, m, s, half)),
            (_DAY_FIRST, lambda d, mon, y, h, m, s, f: self._of(y, mon, d, f"{h}:{m}", s, f, None)),
            (_SHORT, lambda y, mon, d, h, m, s: self.iso(f"20{y}-{mon}-{d}", f"{h}:{m}", s, None, None)),
            (_KLOG, lambda mon, d, h, m, s, f: self._last(int(mon), int(d), f"{h}:{m}", s, f)),
            (_OLD_REDIS, lambda d, mon, h, m, s, f: self._last(_MONTHS.get(mon, 0), int(d), f"{h}:{m}", s, f)),
            (_POINTS, lambda y, mon, d, minute, s, f: self.iso(f"{y}-{mon}-{d}", minute, s, f, None)),
            (_MINUTE, lambda date, minute: self.iso(date, minute, "00", None, None)),
            (_DOTTED, lambda date, minute, s: self.iso(date, minute, s, None, None)),
            (_EPOCH, lambda number: self.number(float(number))),
        )

    def _month_first(  # noqa: PLR0917 - the groups of a pattern, in order
        self, month: str, day: str, year: str, hour: str, minute: str, second: str, half: str
    ) -> float | None:
        return self._halved(f"{year}-{_MONTHS.get(month, 0):02d}-{int(day):02d}", hour, minute, second, half)

    def _halved(self, date: str, hour: str, minute: str, second: str, half: str) -> float | None:
        return self.iso(date, f"{hour:0>2}:{minute}", second, None, f"{half}M")

    def _of(  # noqa: PLR0917 - likewise
        self, year: str, month: str, day: str, minute: str, second: str, fraction: str | None, zone: str | None
    ) -> float | None:
        date = f"{year}-{_MONTHS.get(month, 0):02d}-{int(day):02d}"
        return self.iso(date, minute, second, fraction, zone)

    def number(self, value: float) -> float | None:
        """From epoch seconds, or milli-, micro- or nanoseconds, distinguished by their size."""
        if not 1e8 < value < 1e20:
            return None
        return next(value / scale for bound, scale in _SCALES if value < bound)

    def value(self, value: object) -> float | None:
        """From any value that a JSON line has as its time."""
        if isinstance(value, str):
            if value.replace(".", "", 1).isdecimal():
                return self.number(float(value))
            leading = self.leading(value)
            return leading[0] if leading else None
        if isinstance(value, dict):  # MongoDB's, Log4j's, Loguru's and old Monolog's
            if isinstance(value.get("epochSecond"), int):
                nanos = value.get("nanoOfSecond")
                return float(value["epochSecond"]) + (nanos / 1e9 if isinstance(nanos, int) else 0.0)
            return self.value(value.get("$date") or value.get("timestamp") or value.get("date"))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self.number(float(value))
        return None

    def syslog(self, text: str) -> float | None:
        """From ``May 29 20:14:14``: the last such moment that is at most a day ahead."""
        match = _SYSLOG.match(text)
        if not match:
            return None
        month, day, hour, minute, second = match.groups()
        return self._last(_MONTHS.get(month, 0), int(day), f"{hour}:{minute}", second, None)

    def _last(self, month: int, day: int, minute: str, second: str, fraction: str | None) -> float | None:
        """The last such moment that is at most a day ahead."""
        year = datetime.fromtimestamp(self._now, UTC).year
        for candidate in (year + 1, year, year - 1):
            moment = self.iso(f"{candidate}-{month:02d}-{day:02d}", minute, second, fraction, None)
            if moment is not None and moment <= self._now + DAY:
                return moment
        return None

    def _minute(self, key: tuple[str, ...]) -> float | None:
        known = self._minutes.get(key, -1.0)
        if known != -1.0:
            return known
        date, minute, zone = key
        zone = zone.strip().upper()
        if zone in ("AM", "PM"):  # winston's in most tutorials: "hh:mm:ss A"
            minute = f"{int(minute[:2]) % 12 + 12 * (zone == 'PM'):02d}{minute[2:]}"
            zone = ""
        late = minute.startswith("24:")  # 24:00 is the end of a day
        text = f"{date.replace('/', '-')}T{'00:' + minute[3:] if late else minute}:00"
        text += "+00:00" if zone in ("Z", "UTC", "GMT") else zone
        try:
            read = datetime.fromisoformat(text)
            own = read if zone else read.replace(tzinfo=self._zone)
            moment = own.timestamp() + (DAY if late else 0)
        except (ValueError, OverflowError):
            moment = None
        if len(self._minutes) >= _CACHED_MINUTES:
            self._minutes.clear()
        self._minutes[key] = moment
        return moment
