"""What a health endpoint says, in whichever of the usual shapes it says it. Pure.

The worst word anywhere in the answer decides, however deep it stands and whatever its key. What stands under a key
of a status, or in a list of dependencies, and says neither good nor bad is not understood, and is shown. Read are
JSON in the shapes of the usual frameworks, bare words such as ``OK``, and lines such as ``[+]etcd ok``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from playbook.core import door
from playbook.measure.web import health_words as words
from playbook.measure.web.health_report import Dependency, Report, UnknownShapeError
from playbook.measure.web.health_values import (
    Pairs,
    are_names,
    instead,
    is_empty,
    is_named_status,
    name_of,
    no_number,
    of_circuit,
    remark,
    short,
    under,
    unpacked,
)
from playbook.measure.web.health_words import State, state_of

__all__ = ["MOST_BYTES", "Dependency", "Report", "State", "UnknownShapeError", "read_report"]

MOST_BYTES = 1024 * 1024
_DEEPEST = 32
_MOST_LINES = 2000
_OWN = ""
_BODY_COLOUR = re.compile(r"<body style=\"background-color: (\w+)\"></body>")  # Rails' /up
_UP, _IN_TROUBLE = "Application up", "Application experiencing problems"  # Laravel's /up
_LINE = re.compile(
    r"^\s*(?:\[(?P<sign>[+-])\])?\s*(?P<name>[^:=]+?)\s*(?:[:=]\s*|\s+(?=ok\b|failed\b))(?P<word>.+)$"
)
_SUMMARY = re.compile(r"^\s*(?:healthz|livez|readyz)? ?check (passed|failed)\s*$")
_AS_MESSAGE = ("message", "msg", "response", "text", "ping")


def read_report(body: bytes) -> Report:
    """Understand the body of a health endpoint.

    Raises:
        UnknownShapeError: nothing in it speaks of health in words that are understood.
    """
    try:
        return _read(body)
    except RecursionError:
        raise UnknownShapeError("JSON that is nested too deeply to be read") from None
    except OverflowError:
        raise UnknownShapeError("JSON with a number that is out of all range") from None


def _read(body: bytes) -> Report:
    reader = _Reader()
    text = body[:MOST_BYTES].decode("utf-8-sig", errors="replace").strip()
    try:
        value = json.loads(text, object_pairs_hook=Pairs, parse_constant=no_number)
    except ValueError:
        value = None
        reader.read_text(text)
        if text[:1] in ("{", "[") and text[:3] not in ("[+]", "[-]"):
            reader.unclear.append("JSON that is cut off or damaged")
    else:
        reader.read_root(value)
    if len(body) > MOST_BYTES:
        reader.unclear.append(f"what follows after {MOST_BYTES:,} bytes")
    return reader.report(value, text)


@dataclass(slots=True)
class _Reader:
    """Walks through an answer and notes every statement.

    Attributes:
        own: what the service says of itself.
        others: what it says of what it needs.
        errors: errors that it shows, with the name of what they are of.
    """

    own: list[tuple[str, State]] = field(default_factory=list)
    others: list[Dependency] = field(default_factory=list)
    errors: list[tuple[str, Dependency]] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    def report(self, value: Any, text: str) -> Report:
        """All that was noted; UnknownShapeError where nothing that was is understood."""
        bad = {one.name for one in self.others if one.state}
        more = [error for name, error in self.errors if not name or name not in bad]
        others = list(dict.fromkeys([*self.others, *more]))
        remarked = {(one.name, one.status) for one in others if one.remark}
        others = [one for one in others if one.remark or (one.name, one.status) not in remarked]
        others = _each_once(others)
        states = [state for _, state in self.own] + [one.state for one in others if one.state is not None]
        unclear = tuple(dict.fromkeys(self.unclear))
        if not states:
            raise UnknownShapeError(instead(value, text, unclear))
        status = max(self.own, key=lambda said: said[1])[0] if self.own else "not stated"
        stated = len(self.own) + sum(one.state is not None for one in others)
        return Report(status, max(states), tuple(others), unclear, stated + len(unclear))

    # -------------------------------------------------------------------------------------------------------- JSON

    def read_root(self, value: Any) -> None:
        """A whole JSON text."""
        if isinstance(value, Pairs):
            self._object(_OWN, value, 0)
            if not self.own:
                self._say_as_message(value)
            if not self.own and not self.others:
                self._entries(value, 0)
        elif isinstance(value, list):
            for number, entry in enumerate(value, 1):
                self._entry(name_of(entry) or f"entry {number}", entry, 1)
        elif isinstance(value, str):
            self.read_text(value.strip())
        elif isinstance(value, bool):
            self._state(_OWN, str(value).lower(), State.HEALTHY if value else State.UNHEALTHY)

    def _say_as_message(self, value: Pairs) -> None:
        """``{"message": "OK"}``, where nothing else says how the service is."""
        for key, said in value:
            if "".join(words.words_of(key)) in _AS_MESSAGE and isinstance(said, str):
                state = state_of(said)
                if state is not None:
                    self._state(_OWN, said.strip(), state)

    def _object(self, name: str, value: Pairs, depth: int) -> None:
        """An object, its statements being about ``name``; the service itself where that is empty."""
        if depth > _DEEPEST:
            self.unclear.append(f"{name or 'the report'} is nested deeper than {_DEEPEST} levels")
            return
        beside = remark(value)
        # Counts of what happened, or the number of a status that stands beside it in words, say nothing alone.
        keys = [key for key, _ in value]
        numbers_aside = words.counts(keys) or is_named_status(value)
        for key, inner in value:
            if not (numbers_aside and isinstance(inner, int | float) and not isinstance(inner, bool)):
                self._pair(name, key, unpacked(inner), beside, depth)

    def _pair(self, name: str, key: str, value: Any, remark: str, depth: int) -> None:
        """One key of an object with its value."""
        if words.holds_history(key):
            if not is_empty(value):
                self.unclear.append(f"{under(name, key)} {short(value)!r}")
        elif words.holds_errors(key) or words.lists_bad(key):
            self._errors(name, key, value, depth)
        elif words.holds_warnings(key) and not isinstance(value, str):
            if not is_empty(value):
                self._note(under(name, key), short(value), State.DEGRADED)
        elif isinstance(value, list):
            if isinstance(value, Pairs) or not words.is_data(key):
                self._nested_value(name, key, value, depth)
        elif words.is_container(key) and isinstance(value, str | bool):
            self._entry(key, value, depth + 1)
        elif words.is_status(key) or words.is_code(key):
            self._status(name, key, value, remark)
        else:
            self._plain_value(name, key, value, depth)

    def _plain_value(self, name: str, key: str, value: Any, depth: int) -> None:
        """A value under a key that is not known to say how something is."""
        if isinstance(value, bool):
            self._boolean(name, key, value)
        elif value is None:
            if depth == 0 and words.is_needed(key):
                self.unclear.append(f"{key} null")
        elif isinstance(value, str) and not words.is_data(key):
            self._string(name, key, value, depth)
        elif isinstance(value, str) and words.tells_of_failure(value):
            self.unclear.append(f"{under(name, key)} {short(value)!r}")

    def _nested_value(self, name: str, key: str, value: list[Any], depth: int) -> None:
        """An object or a list."""
        if depth > _DEEPEST:
            self.unclear.append(f"{key} is nested deeper than {_DEEPEST} levels")
            return
        if words.is_container(key):
            self._entries(value, depth, key)
            return
        if isinstance(value, Pairs):
            self._nested_object(name, key, value, depth)
            return
        for number, entry in enumerate(value, 1):
            if isinstance(entry, Pairs):
                self._object(name_of(entry) or f"{key} {number}", entry, depth + 1)
            elif isinstance(entry, list):
                self._nested_value(name, key, entry, depth + 1)
            elif isinstance(entry, str) and (state := words.bad_anywhere(entry)) is not None:
                self._note(f"{key} {number}", entry, state)

    def _nested_object(self, name: str, key: str, value: Pairs, depth: int) -> None:
        if depth == 0 and words.is_status(key):
            self._entries(value, depth, key)
        elif words.is_soft(key) and name:
            self._object(name, value, depth + 1)
        elif words.is_soft(key) and depth == 0:
            self._soft(value, depth)
        elif words.holds_switches(key):
            self._object(key, Pairs(pair for pair in value if not isinstance(pair[1], bool)), depth + 1)
        else:
            self._object(key, value, depth + 1)
            if depth == 0 and words.is_needed(key) and all(inner is None for _, inner in value):
                self.unclear.append(f"no status for {key}")

    def _soft(self, value: Pairs, depth: int) -> None:
        """``details`` of the whole: dependencies where an entry is an object or a word, else data."""
        for key, inner in value:
            if isinstance(inner, Pairs):
                self._object(key, inner, depth + 1)
            elif isinstance(inner, str) and not words.looks_like_data(inner) and not words.is_data(key):
                self._entry(key, inner, depth + 1)
            else:
                self._pair(_OWN, key, inner, "", depth + 1)

    # ------------------------------------------------------------------------------------------------ dependencies

    def _entries(self, value: list[Any], depth: int, key: str = "entry") -> None:
        """What is listed as dependencies, by name or one after the other."""
        if isinstance(value, Pairs):
            own = key != "entry" and any(words.is_status(inner) for inner, _ in value)
            if own and not any(isinstance(inner, list) for _, inner in value):
                self._object(key, value, depth + 1)
                return
            for name, entry in value:
                if words.holds_errors(name):
                    self._errors(_OWN, name, entry, depth)
                elif isinstance(entry, bool) and words.bad_if_true(name):
                    self._boolean(_OWN, name, entry)
                elif key != "entry" or not (isinstance(entry, bool) or words.is_data(name)):
                    self._entry(name, entry, depth + 1)
            return
        if depth and are_names(value):
            return  # e.g. Spring Cloud's services that are registered
        for number, entry in enumerate(value, 1):
            self._entry(name_of(entry) or f"{key} {number}", entry, depth + 1)

    def _entry(self, name: str, entry: Any, depth: int) -> None:
        """One dependency, which must say how it is."""
        if depth > _DEEPEST:
            self.unclear.append(f"{name} is nested deeper than {_DEEPEST} levels")
            return
        entry = unpacked(entry)
        if isinstance(entry, list):
            before = len(self.own), len(self.others), len(self.unclear)
            if isinstance(entry, Pairs):
                self._object(name, entry, depth)
            else:
                for inner in entry:
                    self._entry(name, inner, depth + 1)
            if before == (len(self.own), len(self.others), len(self.unclear)):
                self.unclear.append(f"no status for {name}")
        elif isinstance(entry, str):
            listed = _LINE.match(entry) if state_of(entry) is None else None
            if listed and state_of(listed["word"]) is not None:
                name, entry = listed["name"], listed["word"]
            self._state(name, entry.strip(), state_of(entry))
        elif isinstance(entry, bool):
            self._state(name, str(entry).lower(), State.HEALTHY if entry else State.UNHEALTHY)
        elif isinstance(entry, int | float):
            self._state(name, f"{entry:g}", words.of_code(entry))
        else:
            self.unclear.append(f"no status for {name}")

    def _errors(self, name: str, key: str, value: Any, depth: int) -> None:
        """What stands under ``error`` or ``failures``: nothing, or what is bad."""
        if is_empty(value):
            return
        before = sum(one.state is not None and one.state > State.HEALTHY for one in self.others)
        if isinstance(value, Pairs):
            for inner, entry in value:
                if isinstance(entry, Pairs):
                    self._object(inner, entry, depth + 1)
                elif isinstance(entry, str) and entry and "".join(words.words_of(key)) != "error":
                    self._note(inner, entry, State.UNHEALTHY)
        after = sum(one.state is not None and one.state > State.HEALTHY for one in self.others)
        if before == after:
            listed = [inner for inner, _ in value] if isinstance(value, Pairs) else []
            said = short(value) if not listed else short(", ".join(listed))
            self.errors.append((name, Dependency(under(name, key), said, State.UNHEALTHY)))

    # ---------------------------------------------------------------------------------------------- single values

    def _status(self, name: str, key: str, value: Any, remark: str) -> None:
        """A value under a key of a status."""
        if isinstance(value, bool):
            self._state(name, str(value).lower(), State.HEALTHY if value else State.UNHEALTHY, remark, key=key)
        elif isinstance(value, int | float):
            self._number(name, key, value, remark)
        elif isinstance(value, str) and value.strip():
            if not words.is_code(key):
                state = of_circuit(name, key, value) if words.words_of(key)[-1] == "state" else None
                self._state(name, value.strip(), state if state is not None else state_of(value), remark, key=key)
        elif not words.is_code(key):
            self.unclear.append(f"{under(name, key)} {short(value) or 'empty'}")

    def _number(self, name: str, key: str, value: float, remark: str) -> None:
        if words.is_code(key):
            state = words.of_code(value)
            if state is not None:
                self._state(name, f"{value:g}", state, remark, key=key)
        elif name.casefold() == "responseheader":  # Solr: 0 is no error
            self._state(name, f"{value:g}", State.UNHEALTHY if value else State.HEALTHY, remark, key=key)
        elif "".join(words.words_of(key)) == "readystate":  # mongoose: 1 is connected
            self._state(name, f"{value:g}", State.HEALTHY if value == 1 else State.UNHEALTHY, remark, key=key)
        elif words.good_if_true(key):
            if value in (0, 1):
                self._state(name, f"{value:g}", State.HEALTHY if value else State.UNHEALTHY, remark, key=key)
        else:
            self._state(name, f"{value:g}", words.of_code(value), remark, key=key)

    def _boolean(self, name: str, key: str, value: bool) -> None:
        """A boolean under a key that is no status."""
        if words.bad_if_true(key):
            if value:
                state = State.DEGRADED if words.only_degraded(key) else State.UNHEALTHY
                self._note(under(name, key), "true", state)
        elif not value and not words.is_switch(key):
            if words.is_needed(key):
                self._note(under(name, key), "false", State.UNHEALTHY)
            elif not name:
                self.unclear.append(f"{key} false")
        elif value and words.is_needed(key):
            self._note(under(name, key), "true", State.HEALTHY)

    def _string(self, name: str, key: str, value: str, depth: int) -> None:
        """A word under a key that is no status: bad where it means nothing else."""
        needed = words.is_needed(key) and depth == 0
        state = state_of(value) if needed else words.bad_anywhere(value)
        if state is not None:
            self._note(key if not name else under(name, key), value.strip(), state)
        elif needed and not words.looks_like_data(value):
            self._state(key, value.strip(), None)
        elif words.is_doubtful(value) and not words.is_switch(key):
            self.unclear.append(f"{under(name, key)} {short(value)!r}")

    def _note(self, name: str, said: str, state: State) -> None:
        self.others.append(Dependency(name, short(said), state))

    def _state(self, name: str, said: str, state: State | None, remark: str = "", *, key: str = "") -> None:
        if state is None:
            self.unclear.append(f"{name or 'the status'} {short(said)!r}")
            if name:
                self.others.append(Dependency(name, short(said), None, remark))
        elif name:
            self.others.append(Dependency(name, short(said), state, remark))
        else:
            self.own.append((short(said), state))

    # -------------------------------------------------------------------------------------------------------- text

    def read_text(self, text: str) -> None:
        """What is no JSON: a word, lines, or a page that is known."""
        if text.startswith("<"):
            self._page(text)
            return
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > _MOST_LINES:
            self.unclear.append(f"what follows after {_MOST_LINES:,} lines")
            lines = lines[:_MOST_LINES]
        if len(lines) == 1 and (state := state_of(text)) is not None:
            self.own.append((short(text), state))
            return
        for line in lines:
            self._line(line)

    def _line(self, line: str) -> None:
        """``[+]etcd ok``, ``redis: up``, ``readyz check passed``."""
        summary, said = _SUMMARY.match(line), _LINE.match(line)
        state = state_of(line)
        if summary:
            self.own.append((line.strip(), State.HEALTHY if summary[1] == "passed" else State.UNHEALTHY))
        elif said and said["sign"]:
            failed = said["sign"] == "-" or not said["word"].strip().startswith(("ok", "excluded"))
            self._note(said["name"], said["word"].strip(), State.UNHEALTHY if failed else State.HEALTHY)
        elif said and words.is_status(said["name"]):
            self._state(_OWN, said["word"].strip(), state_of(said["word"]))
        elif said and not words.is_data(said["name"]):
            self._state(said["name"], said["word"].strip(), state_of(said["word"]))
        elif state is not None:
            self.own.append((short(line), state))
        elif not said:
            self.unclear.append(f"the status {door.quoted(line, 40)}")

    def _page(self, text: str) -> None:
        colour = _BODY_COLOUR.search(text)
        if colour and (state := state_of(colour[1])) is not None:
            self.own.append((colour[1], state))
        elif _IN_TROUBLE in text:
            self.own.append((_IN_TROUBLE, State.UNHEALTHY))
        elif _UP in text and "HTTP request received" in text:
            self.own.append((_UP, State.HEALTHY))
        else:
            self.unclear.append(f"the status {door.quoted(text, 40)}")


def _each_once(others: list[Dependency]) -> list[Dependency]:
    """Without what says once more of the same thing that it is well."""
    kept: dict[str, list[Dependency]] = {}
    for one in others:
        kept.setdefault(one.name, []).append(one)
    return [one for same in kept.values() for one in same if one is same[0] or one.state is not State.HEALTHY]
