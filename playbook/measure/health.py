"""What a health endpoint says, in whichever of the usual shapes it says it. Pure.

Read are: an object with ``status`` (or ``state``, ``health``, ``healthy``, ``ok``) and its dependencies under
``dependencies``, ``services``, ``checks``, ``components`` or ``details``, each a word, a boolean, an object or a
list of those (as in https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06, in Spring's actuator
and in terminus); and a bare word such as ``OK``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec


class State(IntEnum):
    """What a word of health means; the worst is the largest."""

    HEALTHY = 0
    DEGRADED = 1
    UNHEALTHY = 2


_WORDS = {
    State.HEALTHY: """ok okay healthy up pass passed passing ready alive connected available operational running
        active serving success green good true disabled skipped""",
    State.DEGRADED: "degraded warn warning slow yellow impaired partial",
    State.UNHEALTHY: """unhealthy down fail failed failing failure error critical red dead unavailable disconnected
        offline outage unreachable stopped timeout false not-ready not-connected out-of-service""",
}
_MEANING = {word: state for state, words in _WORDS.items() for word in words.split()}
_STATUS_KEYS = ("status", "state", "health", "healthy", "ok")
_LIST_KEYS = ("dependencies", "services", "checks", "components", "details")
_REMARK_KEYS = ("error", "message", "output", "detail", "reason")


class UnknownShapeError(ValueError):
    """The text is none of the shapes; the message says what it is instead."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One thing that the service needs, by its own account.

    Attributes:
        status: as it stands there.
        remark: an error or latency that stands beside it; may be empty.
    """

    name: str
    status: str
    state: State
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A health endpoint's text, understood.

    Attributes:
        status: the service's own word; ``not stated`` where only dependencies are listed.
    """

    status: str
    state: State
    dependencies: tuple[Dependency, ...] = ()


def read_report(body: bytes) -> Report:
    """Understand the body of a health endpoint.

    Raises:
        UnknownShapeError: it is none of the shapes, or uses a word that says neither good nor bad.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = body[:64].decode("utf-8", errors="replace").strip()
        if not value:
            raise UnknownShapeError("an empty body") from None
    if (word := _word(value)) is not None:
        return Report(word, _state(word, "the status"))
    if not isinstance(value, Mapping):
        raise UnknownShapeError(f"a JSON {_kind(value)}")
    dependencies = tuple(
        dependency for key in _LIST_KEYS if value.get(key) for dependency in _dependencies(value[key], key)
    )
    status = _status_of(value)
    if status is None and not dependencies:
        raise UnknownShapeError(
            f"an object without a status, with {', '.join(map(str, value)) or 'nothing in it'}"[:160]
        )
    if status is None:
        return Report("not stated", state=State.HEALTHY, dependencies=dependencies)
    return Report(status, _state(status, "the status"), dependencies)


def _dependencies(value: Any, key: str) -> Iterator[Dependency]:
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _entries(str(name), entry)
    elif isinstance(value, list):
        for number, entry in enumerate(value, 1):
            named = (
                entry.get("name") or entry.get("id") or entry.get("component")
                if isinstance(entry, Mapping)
                else None
            )
            yield from _entries(str(named or f"{key} {number}"), entry)
    else:
        raise UnknownShapeError(f"{key} as a {_kind(value)}")


def _entries(name: str, entry: Any) -> Iterator[Dependency]:
    if isinstance(entry, list):
        for inner in entry:
            yield from _entries(name, inner)
        return
    status = _status_of(entry) if isinstance(entry, Mapping) else _word(entry)
    if status is None:
        raise UnknownShapeError(f"no status for {name}")
    yield Dependency(name, status, _state(status, name), _remark(entry) if isinstance(entry, Mapping) else "")


def _status_of(entry: Mapping[str, Any]) -> str | None:
    return next((word for key in _STATUS_KEYS if (word := _word(entry.get(key))) is not None), None)


def _word(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip() or None if isinstance(value, str) else None


def _state(status: str, of: str) -> State:
    state = _MEANING.get(status.casefold().strip(" .!").replace("_", "-").replace(" ", "-"))
    if state is None:
        raise UnknownShapeError(f"{of} {status[:40]!r}, which says neither healthy nor unhealthy")
    return state


def _remark(entry: Mapping[str, Any]) -> str:
    texts = [str(entry[key]) for key in _REMARK_KEYS if isinstance(entry.get(key), str) and entry[key]]
    for key, unit in (("latency_ms", "ms"), ("responseTime", "ms"), ("latency", "")):
        if isinstance(entry.get(key), int | float):
            texts.append(f"{entry[key]:g} {unit}".strip())
            break
    return "; ".join(texts)[:200]


def _kind(value: Any) -> str:
    return {list: "list", type(None): "null"}.get(
        type(value), "number" if isinstance(value, int | float) else "value"
    )
