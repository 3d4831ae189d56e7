"""The frame around a program's message: time, program and process, as syslog daemons and the journal write them.

Nov 20 10:00:00 jump sshd[7]: text                        RFC 3164; with microseconds: journalctl short-precise
2026-11-20T10:00:00.123456+00:00 jump sshd[7]: text       rsyslog; journalctl short-iso, short-iso-precise Fri
2026-11-20 10:00:00 UTC jump sshd.service[7]: text    journalctl short-full, with-unit 1763632800.123456 jump
sshd[7]: text                      journalctl short-unix <38>1 2026-11-20T10:00:00Z jump sshd 7 - - text
RFC 5424 Fri Nov 20 10:00:00 2026 authpriv.info sshd[7]: text      OpenWrt's logread, busybox
{"__REALTIME_TIMESTAMP":"1763632800123456", "MESSAGE": …  journalctl json, json-sse MESSAGE=…
journalctl verbose and export: an entry over many lines
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

import msgspec

from playbook.core.budget import read_json
from playbook.readers.logs.text import of_journal
from playbook.readers.logs.times import Times

_HOST = r"[\w.:\[\]@%-]{1,255}"
_TAG = r"(?:[a-z0-9]{2,9}\.[a-z]{3,7} )?([\w./@\\:()-]{1,128}?)(?:\[(\d{1,10})\])?: ?"
_PRIORITY = re.compile(r"<\d{1,3}>")
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_CLOCK = r"\d\d:\d\d:\d\d"
_RFC3164 = re.compile(
    rf"([A-Z][a-z]{{2}} {{1,2}}\d{{1,2}} {_CLOCK})(?:\.\d{{1,9}})?(?: (\d{{4}}))? {_HOST} {_TAG}"
)
_CTIME = re.compile(rf"{_DAY} ([A-Z][a-z]{{2}}) {{1,2}}(\d{{1,2}}) ({_CLOCK}) (\d{{4}}) (?:{_TAG})?")
_ISO = re.compile(
    rf"(?:{_DAY} )?(\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:[.,]\d{{1,9}})?) ?(Z|[A-Z]{{3,4}}|[+-]\d\d(?"
    rf"::?\d\d)?)? {_HOST} {_TAG}"
)
_ISO_ALONE = re.compile(rf"(?:\d{{1,10}} )?(\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:[.,]\d{{1,9}})?)(Z|[+-]\d\d:?\d\d)? ")
_UNIX = re.compile(rf"(\d{{9,11}}\.\d{{1,9}}) {_HOST} {_TAG}")
_RFC5424 = re.compile(
    r"1 (\S{20,40}) \S{1,255} (\S{1,48}) (\S{1,128}) \S{1,32} (?:-|\[(?:[^\]]{0,1024}\])+) ?(?:\ufeff|BOM)?"
)
_VERBOSE = re.compile(
    rf"(?:{_DAY} )(\d{{4}}-\d\d-\d\d {_CLOCK}(?:\.\d{{1,9}})?) ([A-Z]{{3,4}}|[+-]\d\d(?::?\d\d)?) \[s="
)
_FIELD = re.compile(r" {0,8}(_{0,2}[A-Z][A-Z0-9_]{0,63})=(.*)")
_SOLARIS = re.compile(r"\[ID \d{1,10} [a-z0-9]{2,9}\.[a-z]{3,7}\] ")
# Programs logged without a host, or with a module after their name.
_PYTHON = re.compile(rf"(\d{{4}}-\d\d-\d\d {_CLOCK}(?:[.,]\d{{1,9}})?) (fail2ban\.\w{{1,32}}) *\[(\d{{1,10}})\]: ")
_WINDOWS = re.compile(rf"(\d{{1,10}}) (\d{{4}}-\d\d-\d\d {_CLOCK}(?:\.\d{{1,9}})?) ")
_MODULE = re.compile(r"(.{1,64})\((pam_\w{1,32})\)$")
_BARE_TAG = re.compile(r"(?:^|[ \]])((?:sshd(?:-session|-auth)?|dropbear))(?:\[(\d{1,10})\])?: ")

# Unambiguous zone names, and those of RFC 822. Others (IST, CST) are ambiguous.
_ZONES = {
    "UTC": "+00:00", "GMT": "+00:00", "WET": "+00:00", "WEST": "+01:00", "CET": "+01:00", "CEST": "+02:00",
    "EET": "+02:00", "EEST": "+03:00", "MSK": "+03:00", "JST": "+09:00", "EST": "-05:00", "EDT": "-04:00",
    "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00",
}  # fmt: skip
_TIME_KEYS = ("@timestamp", "timestamp", "time", "ts", "date")
_NAME_KEYS = (
    "syslog_program",
    "program",
    "programname",
    "appname",
    "app_name",
    "ident",
    "syslog_identifier",
    "process",
)
_OLD_TIME = ("__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP")


class Frame(NamedTuple):
    """One message with its frame.

    Attributes:
        time: epoch seconds; None where it cannot be read.
        program: without its path, ``.service`` and instance; empty where the line does not name it.
        process: its number as text; may be empty.
    """

    time: float | None
    program: str
    process: str
    text: str


class Frames:
    """Parses lines cleaned by ``text.clean`` into frames.

    Args:
        now: epoch seconds.
        zone: of times without an offset.
    """

    def __init__(self, now: float, zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._times = Times(now)
        self._fields: dict[str, str] = {}
        self._verbose_time: float | None = None

    def begin_part(self) -> list[Frame]:
        """Begin another file; returns the entry that was still open."""
        return self._flush()

    def read(self, line: str) -> list[Frame] | None:
        """The frames that end with this line; None where it has no known frame.

        An empty list is a line that is part of a multi-line entry, or of none.
        """
        if self._fields or self._verbose_time is not None or line.startswith(("__CURSOR=", "__REALTIME")):
            return self._journal(line)
        if not line.strip():
            return []
        if line.startswith("-- "):  # "-- Boot 3f… --", "-- Logs begin at …"
            return []
        head = _VERBOSE.match(line)
        if head:
            self._verbose_time = self._iso(head[1], head[2])
            return []
        frame = self._one(line)
        return None if frame is None else [frame]

    def _one(self, line: str) -> Frame | None:
        """The frame of a self-contained line."""
        body = line.removeprefix("data: ")
        if body.startswith("{"):
            return self._json(body)
        priority = _PRIORITY.match(line)
        if priority:
            line = line[priority.end() :]
            if match := _RFC5424.match(line):
                process = match[3] if match[3].isdecimal() else ""
                return Frame(self._times.text(match[1]), _program(match[2]), process, line[match.end() :])
        return self._tagged(line) or self._loose(line)

    def _tagged(self, line: str) -> Frame | None:
        """Time, host, program: text."""
        if match := _RFC3164.match(line):
            time = self._with_year(match[1], match[2]) if match[2] else self._here(self._times.syslog(match[1]))
            return _framed(time, match[3], match[4], line[match.end() :])
        if match := _ISO.match(line):
            return _framed(self._iso(match[1], match[2]), match[3], match[4], line[match.end() :])
        if match := _UNIX.match(line):
            return _framed(float(match[1]), match[2], match[3], line[match.end() :])
        return None

    def _loose(self, line: str) -> Frame | None:
        """Another kind of frame that names a sign-in program, or has an uncommon time format."""
        if match := _CTIME.match(line):
            time = self._with_year(f"{match[1]} {match[2]} {match[3]}", match[4])
            return _framed(time, match[5] or "", match[6], line[match.end() :])
        if match := _PYTHON.match(line):
            return _framed(self._iso(match[1], None), match[2], match[3], line[match.end() :])
        if match := _WINDOWS.match(line):
            return Frame(self._iso(match[2], None), "sshd", match[1], line[match.end() :])
        match = _BARE_TAG.search(line, 0, 200)
        if match:
            stamp = _ISO_ALONE.match(line)
            time = self._iso(stamp[1], stamp[2]) if stamp else None
            return _framed(time, match[1], match[2], line[match.end() :])
        return None

    def _json(self, body: str) -> Frame | None:
        try:
            fields = read_json(body)
        except (msgspec.DecodeError, UnicodeEncodeError):
            return None
        if not isinstance(fields, dict):
            return None
        if "MESSAGE" in fields:
            return self._entry(fields)
        name = next((of_journal(fields[key]) for key in _NAME_KEYS if isinstance(fields.get(key), str)), "")
        text = of_journal(fields.get("message") or fields.get("msg") or fields.get("log"))
        if not text:
            return None
        time = next(filter(None, (self._times.value(fields.get(key)) for key in _TIME_KEYS)), None)
        if name:
            return _framed(time, name, of_journal(fields.get("pid")), text)
        # A whole line of syslog, as Filebeat, Fluent Bit and containers pass it on.
        inner = self._tagged(_PRIORITY.sub("", text.rstrip(), count=1))
        return inner and inner._replace(time=inner.time if time is None else time)

    def _entry(self, fields: dict[str, object]) -> Frame:
        time = next(filter(None, (self._times.value(fields.get(key)) for key in _OLD_TIME)), self._verbose_time)
        name = of_journal(fields.get("SYSLOG_IDENTIFIER")) or of_journal(fields.get("_COMM"))
        process = of_journal(fields.get("_PID")) or of_journal(fields.get("SYSLOG_PID"))
        return Frame(time, _program(name), process, of_journal(fields.get("MESSAGE")))

    def _journal(self, line: str) -> list[Frame]:
        """A line of a multi-line entry, which ends with an empty line or where the next one begins."""
        head = _VERBOSE.match(line)
        if head or not line.strip() or line.startswith("__CURSOR="):
            frames = self._flush()
            if head:
                self._verbose_time = self._iso(head[1], head[2])
            elif line.strip():
                self._fields["__CURSOR"] = line
            return frames
        field = _FIELD.match(line)
        if field:
            self._fields[field[1]] = field[2]
        return []

    def _flush(self) -> list[Frame]:
        found = [self._entry(dict(self._fields))] if "MESSAGE" in self._fields else []
        self._fields, self._verbose_time = {}, None
        return found

    def _iso(self, stamp: str, zone: str | None) -> float | None:
        if zone and zone[0].isalpha() and zone != "Z":
            if zone not in _ZONES:
                return None
            zone = _ZONES[zone]
        elif zone and len(zone) == 3:
            zone += ":00"
        time = self._times.text(stamp.replace(" ", "T") + (zone or ""))
        return time if zone else self._here(time)

    def _here(self, time: float | None) -> float | None:
        """A time parsed as UTC that is in this host's local time."""
        if time is None or self._zone is UTC:
            return time
        return datetime.fromtimestamp(time, UTC).replace(tzinfo=self._zone).timestamp()

    def _with_year(self, stamp: str, year: str) -> float | None:
        """A syslog timestamp with a year."""
        found = self._times.syslog(stamp)
        month, day, clock = stamp.split()
        if found is None and (month, day) != ("Feb", "29"):
            return None
        number = "JanFebMarAprMayJunJulAugSepOctNovDec".find(month) // 3 + 1
        return self._here(self._times.text(f"{year}-{number:02d}-{int(day):02d}T{clock}"))


def _framed(time: float | None, tag: str, process: str | None, text: str) -> Frame:
    module = _MODULE.match(tag)
    if module:  # of older Red Hat: "sshd(pam_unix)[7]: authentication failure; …"
        return Frame(time, _program(module[1]), process or "", f"{module[2]}({_program(module[1])}:auth): {text}")
    solaris = _SOLARIS.match(text)
    return Frame(time, _program(tag), process or "", text[solaris.end() :] if solaris else text)


def _program(tag: str) -> str:
    """``sshd`` in ``/usr/sbin/sshd``, ``sshd.service``, ``ssh@3-192.0.2.1:22.service``."""
    name = tag.rpartition("/")[2] if tag.startswith("/") else tag
    name = name.removesuffix(".service").partition("@")[0]
    return "sshd" if name == "ssh" else name
