"""Values of a health report's JSON: what they contain, and how they are shown. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from playbook.core import door
from playbook.core.budget import read_json
from playbook.measure.web.health_amounts import (
    are_copies,
    counts_workers,
    is_count,
    is_of_queues,
    is_percent,
    space_of,
)
from playbook.measure.web.health_key_words import ERRORS, words_of
from playbook.measure.web.health_keys import (
    IN_WORDS,
    holds_limits,
    holds_switches,
    is_container,
    is_soft,
)
from playbook.measure.web.health_words import UNCERTAIN, State, canonical, state_of

_NAMES = ("name", "id", "component", "componentid", "checkid", "key", "service", "check", "label")
_REMARKS = (
    *("error", "message", "output", "detail", "reason", "exception", "description", "shortsummary"),
    "notificationmessage",
)
_LATENCIES = (("latency_ms", "ms"), ("responsetime", "ms"), ("latency", ""))
_SUCCESSES = frozenset(("success", "successful", "succeeded", "ok", "passed", "completed"))
_NO_ERRORS = ("no-error", "no-errors")
_EMPTY_ERRORS = frozenset(("", "none", "no", "ok", "null", "nil", "-", "n/a", "false", "0", "success"))


_GOOD = ("ready", "healthy", "passed", "passing", "up", "alive")
_WHOLE_COPIES = (*_GOOD, "online", "reachable", "booted", "registered", "available")
_GOOD_COPIES = ("online", "running", "connected", "reachable")
_NUMBER = re.compile(r"(-?\d{1,12}(?:\.\d+)?) ?%?")
_NAME = re.compile(r"[\w.:/@-]{1,80}")
_CHECKED_AT = (
    *("finishedat", "checkedat", "lastchecked", "lastcheck", "lastcheckedat", "checktime", "checkedtime"),
    *("measuredat", "collectedat", "evaluatedat", "observedat", "sampledat", "probedat", "lastprobe"),
    *("heartbeatat", "lastheartbeatat", "lastping", "lastseen", "beat", "lastbeat"),  # the last two are Sidekiq's
)
_MADE_AT = (
    *("generatedat", "generated", "reportedat", "timestamp", "time", "datetime", "now", "ts", "asof"),
    "cachedat",
    *("reporttime", "reportedtime", "currenttime", "servertime", "systemtime"),
)
_TOTALS = {"total", "size", "capacity"}
_AS_MESSAGE = ("message", "msg", "response", "text", "ping")
_DEEPEST = 32
_MANY = 0.05  # share of failures
_LEAST = 1e9
_ASPNET = {0: "Unhealthy", 1: "Degraded", 2: "Healthy"}
_MILLISECONDS = 1e11  # a larger Unix time is in milliseconds


# "Nov-30 10:38:12 j_complete=17 j_failed=0 j_retried=0 j_ongoing=0 queued=0"
_ONLY_PAIRS = re.compile(
    r"(?:[\w-]{0,12}\d(?:[T ])[\d:.]{5,20}\w{0,6} +)?([a-zA-Z]\w*=[^\s=]+(?:[ \t]+[a-zA-Z]\w*=[^\s=]+)+)"
)
_AMOUNT = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?")
_LONGEST_PAIRS = 2000


class Pairs(list[tuple[str, Any]]):
    """A JSON object with all its pairs, including duplicate keys."""


def made_at(body: bytes) -> datetime | None:
    """When the checks of a report were carried out, the oldest of them; some show results of a scheduler."""
    try:
        report = read_json(body)
    except (ValueError, RecursionError):
        return None
    own = _MADE_AT if isinstance(report, dict) else ()
    times = (_time_of(said, key) for key, said in _checked(report, own, within=False, depth=0))
    return min((at for at in times if at), default=None)


def _checked(value: Any, times: tuple[str, ...], *, within: bool, depth: int) -> Iterator[tuple[str, Any]]:
    """Keys and values that may be the time of a check.

    Args:
        times: further keys that are.
        within: among dependencies, where a timestamp beside a status is the time of its check.
    """
    for key, inner in value.items() if isinstance(value, dict) and depth <= _DEEPEST else ():
        words = words_of(key)
        if "".join(words) in (*times, *_CHECKED_AT) or words[-1:] == ("heartbeat",):
            yield "".join(words), inner
        among = within or is_container(key) or is_soft(key)
        for one in inner if isinstance(inner, list) else [inner]:
            has_status = isinstance(one, dict) and any("".join(words_of(name)) == "status" for name in one)
            named = ("timestamp", "time") if among and has_status else ()
            yield from _checked(one, named, within=among, depth=depth + 1)


def _time_of(said: Any, key: str) -> datetime | None:
    """A time without a zone is UTC in Spatie's format, otherwise unknown."""
    try:
        if isinstance(said, int | float) and not isinstance(said, bool):
            if said < _LEAST:  # the seconds of an interval
                return None
            return datetime.fromtimestamp(said if said < _MILLISECONDS else said / 1000, UTC)
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    if at and at.tzinfo is None:
        return at.replace(tzinfo=UTC) if key == "finishedat" else None
    return at


def is_followed_by_success(value: Pairs, key: str, inner: Any) -> bool:
    """Whether the failure under a key, as ``lastFailure``, was before a success by the times of both."""
    times = {words_of(name): at for name, one in value if (at := _time_of(one, ""))}
    own = words_of(key)
    failed = _time_of(inner, "") or times.get((*own, "at")) or times.get((*own, "time"))
    ended = (
        at for name, at in times.items() if name[:1] == own[:1] and {*name} & _SUCCESSES and not {*name} & ERRORS
    )
    return failed is not None and any(at > failed for at in ended)


def named(report: Any) -> Any:
    """A report of ASP.NET with the names of its states in place of their numbers, which some serializers write."""
    keys = {key.casefold() for key, _ in report} if isinstance(report, Pairs) else set()
    return _named(report) if {"status", "totalduration", "entries"} <= keys else report


def _named(value: Any, key: str = "") -> Any:
    if isinstance(value, Pairs):
        return Pairs((inner, _named(one, inner) if inner != "data" else one) for inner, one in value)
    is_number = key.casefold() == "status" and isinstance(value, int) and not isinstance(value, bool)
    return _ASPNET.get(value, value) if is_number else value


def no_number(name: str) -> Any:
    """Reject NaN and Infinity, which are not JSON; Python's parser accepts them by default."""
    raise ValueError(name)


def unpacked(value: Any) -> Any:
    """The value; parsed where a string contains JSON, or only pairs such as ``j_failed=0 queued=3``."""
    if not isinstance(value, str):
        return value
    if value.lstrip()[:1] not in ("{", "["):
        return _pairs_in(value) or value
    try:
        return json.loads(value, object_pairs_hook=Pairs, parse_constant=no_number)
    except (ValueError, RecursionError):
        return value


def _pairs_in(text: str) -> Pairs | None:
    """``name=value`` at least twice and nothing else, except for a time before them, as arq's worker writes it."""
    match = _ONLY_PAIRS.fullmatch(text.strip()[:_LONGEST_PAIRS])
    if not match:
        return None
    pairs = [pair.rstrip(",;").partition("=") for pair in match[1].split()]
    numbers = [(key, float(said)) for key, _, said in pairs if _AMOUNT.fullmatch(said)]
    # Other words, such as a region or a host, are data.
    told = [(key, said) for key, _, said in pairs if not _AMOUNT.fullmatch(said) and state_of(said) is not None]
    return Pairs([*numbers, *told]) or None


def name_of(entry: Any) -> str:
    if not isinstance(entry, Pairs):
        return ""
    by_key = {"".join(words_of(key)): value for key, value in entry}
    return next((by_key[key] for key in _NAMES if isinstance(by_key.get(key), str) and by_key[key]), "")


def of_circuit(key: str, value: str) -> State | None:
    """A closed circuit breaker is healthy."""
    word = canonical(value)
    if key.casefold() == "state" and word in ("closed", "open", "half-open", "forced-open"):
        closed = {"closed": State.HEALTHY, "half-open": State.DEGRADED}
        return closed.get(word, State.UNHEALTHY)
    return None


def is_circuit(value: Pairs) -> bool:
    """Whether an object is a circuit breaker, whose failures are a count that it keeps while it is closed."""
    switches = {key.casefold() for key, state in value if isinstance(state, bool)}
    named = any(isinstance(state, str) and of_circuit(key, state) is not None for key, state in value)
    return named or bool(switches & {"open", "opened"} and switches & {"closed", "halfopen", "half_open"})


def in_part(name: str, value: Pairs) -> str:
    """``2 of 3 ready`` where an object counts fewer in a good state than there should be; empty elsewhere."""
    words = _GOOD + _GOOD_COPIES if are_copies(name) else _GOOD
    numbers = {key.casefold(): n for key, n in value if isinstance(n, int) and not isinstance(n, bool)}
    total = max((numbers[key] for key in ("total", "desired", "expected") if key in numbers), default=0)
    good = next((key for key in words if key in numbers), "")
    bad = sum(n for key, n in numbers.items() if state_of(key))  # told by themselves
    if good and numbers[good] + bad < total:
        return f"{numbers[good]} of {total} {good}"
    return next(_fewer_copies(value), "")


def _fewer_copies(value: Pairs) -> Iterator[str]:
    """``1 of 2 booted_workers`` beside ``workers``, ``readyReplicas`` beside ``replicas``."""
    numbers = {words_of(key): (key, n) for key, n in value if isinstance(n, int) and not isinstance(n, bool)}
    for words, (key, number) in numbers.items():
        _, total = numbers.get(words[1:], ("", 0))
        if words[:1] and words[0] in _WHOLE_COPIES and are_copies(key) and number < total:
            yield f"{number} of {total} {key}"


def nearly_full(name: str, value: Pairs) -> str:
    """``diskUsage 99`` where an object tells of a disk with next to no space left; empty elsewhere.

    A number without a unit may be a percentage, but also one of gigabytes, so that only those near 100 count.
    """
    numbers = [(key, one, number) for key, one in value if (number := number_in(one)) is not None]
    total = next((number for key, _, number in numbers if {*words_of(key)} & _TOTALS), 0.0)
    for key, one, number in numbers:
        kind = space_of(name, key)
        percent = isinstance(one, str) or is_percent(key)
        if kind == "free":
            bad = number <= 0 or (number < 3 if percent else number < 0.01 * total)
        elif kind == "used" and total and not percent:
            bad = number >= 0.99 * total
        else:
            bad = kind == "share" or (kind == "used" and percent)
            bad = bad and 98 - percent <= number <= 100
        if bad:
            return f"{key} {short(one)}"
    return ""


def without_workers(name: str, value: Pairs) -> str:
    """``workers 0`` where an object counts or lists workers and there is none, so nobody takes a job."""
    if holds_switches(name) or holds_limits(name):
        return ""
    none = [(key, inner) for key, inner in value if inner in (0, []) and not isinstance(inner, bool)]
    # Servers beside a queue are those that take from it.
    around = name if name or not is_of_queues(keys(value)) else "queue"
    listed = next((f"{key} {short(inner)}" for key, inner in none if counts_workers(key, around)), "")
    if listed or not counts_workers(name):
        return listed
    counted = {key: inner for key, inner in value if is_count(key) and isinstance(inner, int | float)}
    telling = [key for key in counted if words_of(key) != ("busy",)]
    return f"{telling[0]} 0" if telling and not any(counted.values()) else ""


def outcomes(value: Pairs) -> tuple[float, float]:
    """Successes and failures where an object counts both, e.g. a worker's images; otherwise none of either."""
    numbers = {
        "".join(words_of(key)): n for key, n in value if isinstance(n, int | float) and not isinstance(n, bool)
    }
    good = next((numbers[key] for key in ("success", "successes") if key in numbers), None)
    bad = next(
        (numbers[key] for key in ("failure", "failures", "failed", "error", "errors") if key in numbers), None
    )
    return (good, bad) if good is not None and bad is not None else (0.0, 0.0)


def failing_often(value: Pairs) -> str:
    """``5 of 9 failed`` where many of those that an object counts have failed; empty elsewhere."""
    good, bad = outcomes(value)
    return f"{bad:g} of {good + bad:g} failed" if bad and bad >= _MANY * (good + bad) else ""


def is_empty(value: Any) -> bool:
    """Whether a field for errors contains none."""
    if isinstance(value, str):
        return canonical(value) in (*_EMPTY_ERRORS, *_NO_ERRORS)
    if isinstance(value, list):
        return all(is_empty(inner[1]) if isinstance(value, Pairs) else is_empty(inner) for inner in value)
    return not value


def number_in(value: Any) -> float | None:
    """The number, or that of a text such as ``93 %``; None where there is none."""
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip())
        return float(match[1]) if match else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def warns_of_nothing(value: Any) -> bool:
    """Whether the value under ``warning`` is empty, good, or only a limit such as ``80 %``."""
    if not isinstance(value, str) or is_empty(value):
        return is_empty(value)
    is_good = state_of(value) is State.HEALTHY and canonical(value) not in ("true", "yes", "active")
    return is_good or number_in(value) is not None


def remark(entry: Pairs) -> str:
    by_key = {key.casefold(): value for key, value in entry}
    texts = [by_key[key] for key in _REMARKS if isinstance(by_key.get(key), str) and by_key[key]]
    for key, unit in _LATENCIES:
        number = by_key.get(key)
        if isinstance(number, int | float) and not isinstance(number, bool):
            texts.append(f"{number:g} {unit}".strip())
            break
    return door.line("; ".join(dict.fromkeys(texts)), 200)


def under(name: str, key: str) -> str:
    return f"{name} {key}" if name else key


def short(value: Any) -> str:
    if isinstance(value, str):
        return door.line(value, 80)
    return door.line(json.dumps(dict(value) if isinstance(value, Pairs) else value, default=str), 80)


def instead(value: Any, text: str, unclear: tuple[str, ...]) -> str:
    """Description of a response that says nothing that is understood."""
    if not text or value == "":
        return "an empty body"
    if unclear:
        return f"{unclear[0]}, which says neither healthy nor unhealthy"
    if isinstance(value, Pairs):
        return door.line(f"an object without a status, with {', '.join(keys(value)) or 'nothing in it'}", 160)
    kinds = {list: "list", type(None): "null", str: "text", int: "number", float: "number"}
    return f"a JSON {kinds.get(type(value), 'value')}"


def keys(value: Pairs) -> Iterator[str]:
    return (key for key, _ in value)


def is_named_status(value: Pairs) -> bool:
    """Whether a status is given both as a number and in words: ``"status": 0, "status_name": "…_ok"``.

    A status of 0 or 1 alone says nothing: either may be the good one. A message beside it tells.
    """
    is_bare = any(key.casefold() == "status" and one in (0, 1) and not isinstance(one, bool) for key, one in value)
    if is_bare and any(is_told(key, text) for key, text in value):
        return True
    return any(
        isinstance(status, str) and words_of(key) in IN_WORDS and state_of(status) is not None
        for key, status in value
    )


def is_told(key: str, text: Any) -> bool:
    """Whether this is a message of a few words that tells the status: ``"message": "OK"``."""
    return "".join(words_of(key)) in _AS_MESSAGE and isinstance(text, str) and state_of(text) is not None


def are_names(value: list[Any]) -> bool:
    """Whether a list holds only names, without any status."""
    return bool(value) and all(
        isinstance(one, str) and _NAME.fullmatch(one) and state_of(one) is None and canonical(one) not in UNCERTAIN
        for one in value
    )
