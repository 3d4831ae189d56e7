"""Times in health reports that are too long beside a good status: lags and latencies, by their keys' units. Pure.

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
_UNITS = {
    **dict.fromkeys(("ms", "millis", "millisecond", "milliseconds", "msec"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("minute", "minutes", "mins"), 60.0),
    **dict.fromkeys(("hour", "hours"), 3600.0),
}
_TEXT = re.compile(r"(\d{1,12}(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|minutes?|hours?)", re.IGNORECASE)
_LATENCIES = word_set("latency ping rtt responsetime roundtrip")
_ONLY_TIMES = word_set("latency rtt roundtrip")  # where "ping" may be the moment of the last one
_BEHIND = word_set("lag behind staleness")
_REPLICATION = word_set("replication replica replicas standby")
_LOOPS = word_set("loop eventloop")
_WAITS = word_set("delay lag")
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
        seconds = _seconds(own, one, by_key)
        if seconds is not None and not {*around, *own} & _OTHERS and seconds >= _most(around, own):
            yield Long(under(name, key), seconds)


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
