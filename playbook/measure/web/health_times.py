"""Times in health reports that are too long beside a good status: lags, latencies and how long ago something was
last heard of, by their keys' units or in words. Pure.

Without a unit a time says nothing: Go writes nanoseconds, and Kafka's lag is a number of messages. A latency that
is too long even in nanoseconds is too long, as that of asynq's queues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from playbook.measure.web import health_flags, health_keys
from playbook.measure.web.health_key_words import LIMITING, word_set, words_of
from playbook.measure.web.health_values import Pairs, number_in, under

MOST_BEHIND = 600.0  # seconds, which no replica of a website takes to catch up
SLOWEST = 10.0  # seconds, for one answer of a dependency
SLOWEST_LOOP = 2.0  # seconds, for which an event loop does nothing else
OLDEST_SIGN = 3600.0  # seconds since the last sign of life, which no worker or scheduler gives that seldom
_UNITS = {
    **dict.fromkeys(("ms", "millis", "millisecond", "milliseconds", "msec"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("minute", "minutes", "mins"), 60.0),
    **dict.fromkeys(("hour", "hours"), 3600.0),
    **dict.fromkeys(("day", "days"), 86_400.0),
    **dict.fromkeys(("week", "weeks"), 604_800.0),
    **dict.fromkeys(("month", "months"), 2_592_000.0),
}
_SHORT = {"h": 3600.0, "m": 60.0, "min": 60.0, "hr": 3600.0, "hrs": 3600.0, "d": 86_400.0}  # as in Go's "1h30m0s"
_LONGEST = 300
_LEAST_DATE = 1e9
_TEXT = re.compile(r"(\d{1,12}(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|minutes?|hours?)", re.IGNORECASE)
_PARTS = r"\d{1,12}(?:\.\d{1,9})?\s*(?:[a-zµ]+)"
_PART = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*([a-z]+)")
_SIGN = (
    r"(?:heart ?beats?|beats?|seen|pings?|check(?:ed)?(?:[- ]?in)?|contact(?:ed)?|heard(?: from)?|ticks?|alive)"
)
# "Last heartbeat 5400 seconds ago", "last seen: about 2 hours ago", "last check-in was 1h30m0s ago"
_SIGN_AGO = re.compile(
    rf"\blast (?:(?:known|received|recorded|worker|scheduler|queue|agent|successful) )?{_SIGN}"
    r"\b\W{0,3}(?:(?:was|received|at|sent)\b\W{0,3}){0,2}"
    r"(?:about |around |over |more than |almost |~ ?)?"
    rf"((?:an?|one) [a-z]+|{_PARTS}(?:(?:,? (?:and )?)?{_PARTS}){{0,3}}) ago\b"
)
_LATENCIES = word_set("latency ping rtt responsetime roundtrip")
_ONLY_TIMES = word_set("latency rtt roundtrip")  # where "ping" may be the moment of the last one
_BEHIND = word_set("lag behind staleness")
_REPLICATION = word_set("replication replica replicas standby")
_LOOPS = word_set("loop eventloop")
_WAITS = word_set("delay lag")
_SIGNS = word_set("heartbeat heartbeats beat seen tick ping")
_LAST_SIGNS = tuple(map(word_set, ("last contact", "last check in", "last checkin", "last heard", "last alive")))
_DURATIONS = word_set("duration took runtime latency rtt")
# Who may stay away for as long as they like.
_PEOPLE = word_set(
    "user users visitor visitors customer customers client clients session sessions member members author admin"
)
# What is looked at or runs once a day, or is heard of only when somebody comes; with who works at it none of them.
_SELDOM = word_set(
    """license licence subscription certificate certificates cert certs ssl tls domain domains update updates
    upgrade upgrades version versions release releases geoip definitions signatures antivirus clamav backup backups
    daily nightly weekly monthly sitemap cleanup camera bots fail2ban attack attacks"""
)
_TOLD_SELDOM = word_set("license licence certificate update updates backup backups daily nightly weekly next")
_WORKING = word_set(
    """heartbeat heartbeats beat tick worker workers scheduler queue agent daemon consumer process processor"""
)
_STARTS = word_set("start started startup boot booted deploy deployed uptime")
_AGES = word_set("age ago since elapsed last")
# Times that somebody has chosen, that are of something else, or sums of many.
_OTHERS = LIMITING | word_set(
    """limit timeout interval sla slo budget target retry backoff warn warning critical expected delayed sum bucket
    count"""
)


@dataclass(frozen=True, slots=True)
class Long:
    """A time that is too long.

    Attributes:
        what: the key that holds it, with the name of its object.
        seconds: how long.
    """

    what: str
    seconds: float

    @property
    def words(self) -> str:
        """``86,400 s``."""
        return f"{self.seconds:,.0f} s"


def long_times(name: str, value: Pairs) -> Iterator[Long]:
    """Times of an object that are too long."""
    if health_flags.is_circuit(name) or health_keys.holds_limits(name) or health_keys.holds_switches(name):
        return
    by_key = {"".join(words_of(key)): one for key, one in value}
    for key, one in value:
        around, own = words_of(name), words_of(key)
        ago = _since_sign(around, own, one, by_key)
        if ago is not None and ago > OLDEST_SIGN:
            yield Long(under(name, key), ago)
            continue
        seconds = _seconds(own, one, by_key)
        if seconds is not None and not {*around, *own} & _OTHERS and seconds >= _most(around, own):
            yield Long(under(name, key), seconds)


def tells_of_sign(text: str) -> bool:
    """Whether a text tells how long ago the last sign of life was: ``last seen 3 days ago``."""
    found = _SIGN_AGO.fullmatch(text[:_LONGEST].casefold().strip(" ."))
    return found is not None and _length(found[1]) is not None


def _most(name: tuple[str, ...], own: tuple[str, ...]) -> float:
    """The longest time that this may be; infinite where it is something else."""
    around = {*name, *own}
    joined = {f"{one}{other}" for one, other in pairwise((*name, *own))}
    if around & _LOOPS and {*own} & _WAITS:
        return SLOWEST_LOOP
    if (around | joined) & _LATENCIES:
        return SLOWEST
    if {*own} & _BEHIND or (around & _REPLICATION and "delay" in own):
        return MOST_BEHIND
    return float("inf")


def _since_sign(
    name: tuple[str, ...], own: tuple[str, ...], value: object, beside: Mapping[str, object]
) -> float | None:
    """Seconds since the last sign of life, by the key (``heartbeat_age_seconds``) or in words; None for anything
    else.
    """
    told = words_of(value[:_LONGEST]) if isinstance(value, str) else ()
    if {*name, *own} & _PEOPLE or {*own} & _STARTS or _is_seldom({*name, *own}, {*told}):
        return None
    if isinstance(value, str) and (match := _SIGN_AGO.search(value[:_LONGEST].casefold())):
        return _length(match[1])
    signs = {*name, *own} & _SIGNS or any(sign <= {*own} for sign in _LAST_SIGNS)
    is_age = {*own} & _AGES and signs and not {*own} & (_OTHERS - {"last"} | _DURATIONS)
    if not is_age:
        return None
    if isinstance(value, str) and re.fullmatch(rf"{_PARTS}(?:,? ?{_PARTS}){{0,3}}", bare := _bare(value)):
        return _length(bare)
    # A Unix time is none that has gone by.
    seconds = _seconds(own, value, beside)
    return seconds if seconds is not None and seconds < _LEAST_DATE else None


def _is_seldom(named: set[str], told: set[str]) -> bool:
    """Whether a name, or a text under it, is of what gives a sign of life once a day, if at all."""
    return bool(named & _SELDOM or told & _TOLD_SELDOM) and not (named | told) & _WORKING


def _bare(text: str) -> str:
    return text[:_LONGEST].casefold().strip().removesuffix("ago").strip()


def _length(text: str) -> float | None:
    """``2 hours``, ``an hour``, ``1h30m0s`` in seconds; None where a unit is not known."""
    text = re.sub(r"^(?:an?|one) ", "1 ", text)
    units = [(float(number), _UNITS.get(unit, _SHORT.get(unit))) for number, unit in _PART.findall(text)]
    return sum(number * (unit or 0.0) for number, unit in units) if all(unit for _, unit in units) else None


def _seconds(words: tuple[str, ...], value: object, beside: Mapping[str, object]) -> float | None:
    """The time in seconds; None where it is none, or has no unit."""
    if isinstance(value, str) and (match := _TEXT.fullmatch(value.strip())):
        unit = match[2].casefold()
        return float(match[1]) * _UNITS.get(unit, _UNITS.get(f"{unit}s", 1.0))
    number = number_in(value)
    told = str(beside.get("observedunit", "")).casefold() if words == ("observed", "value") else ""
    units = [_UNITS[word] for word in (*words, told) if word in _UNITS]
    if number is not None and not units and {*words} & _ONLY_TIMES and number * 1e-9 >= MOST_BEHIND:
        return number * 1e-9
    return number * units[0] if number is not None and units else None
