"""When a background job was queued, as each library stores it."""

from __future__ import annotations

import json
import math
import re
import string
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from playbook.clients.redis import ReadOnlyRedis

_MILLISECONDS = 1e11  # a larger time is in milliseconds: in seconds it would be the year 5138
# What Django has signed (django/core/signing.py): the value, the time in base 62, and the signature.
_SIGNED = re.compile(r"[\w.-]+:([0-9A-Za-z]{1,8}):[\w-]{27,128}")
_BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_AHEAD = 300.0  # seconds; a time further in the future is not understood


def note_age(ages: list[float], told: Any, now: float) -> str:
    """Add the age of a job; or return what is wrong with its time."""
    at = moment_of(told)
    if at is None:
        return "a job without one" if told is None else "one that is not a time"
    if at > now + _AHEAD:
        return f"one that is {at - now:,.0f} s in the future"
    ages.append(max(now - at, 0.0))
    return ""


def from_hash(redis: ReadOnlyRedis, prefix: str, name: str) -> Callable[[str], Any]:
    """Reads the time from a job's own hash."""
    return lambda job: redis.many([("HGET", f"{prefix}{job}", name)])[0]


def from_payload(entry: str) -> Any:
    """The time in the job itself."""
    job = object_of(entry)
    return job.get("enqueued_at", job.get("created_at"))


def overdue(
    redis: ReadOnlyRedis, schedules: Iterable[str], now: float, *, score_per_second: float = 1.0
) -> float | None:
    """Seconds since the first job of these sorted sets was due; None where none is.

    Args:
        schedules: keys that exist.
        score_per_second: a job's score is its time, times this.
    """
    firsts = redis.many([("ZRANGE", key, 0, 0, "WITHSCORES") for key in schedules])
    due = [float(first[1]) / score_per_second for first in firsts if len(first) == 2]
    return max((now - at for at in due if at < now), default=None)


def moment_of(told: Any) -> float | None:
    """Epoch seconds from a number of seconds or milliseconds, or from ISO 8601 in UTC."""
    try:
        number = float(told)
    except (TypeError, ValueError):
        number = math.nan
    if math.isfinite(number) and number > 0 and not isinstance(told, bool):
        return number / 1000 if number > _MILLISECONDS else number
    try:
        at = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def object_of(text: Any) -> dict[str, Any]:
    """A JSON object; empty where the text is not one."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def signed_at(text: str) -> int | None:
    """Epoch seconds at which Django signed a text, as django-q2 does with each job; None for another one."""
    signed = _SIGNED.fullmatch(text)
    if not signed:
        return None
    at = 0
    for digit in signed[1]:
        at = at * len(_BASE_62) + _BASE_62.index(digit)
    return at
