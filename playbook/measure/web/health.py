"""Parses the response of a health endpoint in any of the usual shapes. Pure.

The worst word anywhere in the response decides, at any depth and under any key. A value under a status key, or in
a list of dependencies, that is neither healthy nor failing is not understood, and is shown. Supported are JSON in
the shapes of the usual frameworks, single words such as ``OK``, and lines such as ``[+]etcd ok``.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from playbook.measure.web import health_amounts, health_flags, health_keys
from playbook.measure.web import health_words as words
from playbook.measure.web.health_capacity import free_keys, full_in
from playbook.measure.web.health_components import unstated
from playbook.measure.web.health_dates import over_in
from playbook.measure.web.health_key_words import is_call, words_of
from playbook.measure.web.health_report import OWN, Dependency, Report, UnknownShapeError
from playbook.measure.web.health_singles import SingleValues
from playbook.measure.web.health_text import LINE, read_text
from playbook.measure.web.health_times import long_times
from playbook.measure.web.health_values import (
    Pairs,
    are_names,
    failing_often,
    in_part,
    is_circuit,
    is_empty,
    is_followed_by_success,
    is_named_status,
    is_told,
    name_of,
    named,
    nearly_full,
    no_number,
    outcomes,
    remark,
    short,
    under,
    unpacked,
    warns_of_nothing,
    without_workers,
)
from playbook.measure.web.health_words import State, state_of
from playbook.measure.web.health_work import counts_failed_jobs, work_in

__all__ = ["MOST_BYTES", "Dependency", "Report", "State", "UnknownShapeError", "read_report"]

MOST_BYTES = 1024 * 1024
_DEEPEST = 32


def read_report(body: bytes, now: datetime | None = None) -> Report:
    """Parse the body of a health endpoint.

    Args:
        now: when it was made; without it, no validity is found to be over.

    Raises:
        UnknownShapeError: it contains no health information that is understood.
    """
    try:
        return _read(body, now)
    except RecursionError:
        raise UnknownShapeError("JSON that is nested too deeply to be read") from None
    except OverflowError:
        raise UnknownShapeError("JSON with a number that is out of all range") from None


def _read(body: bytes, now: datetime | None) -> Report:
    reader = _Reader(now)
    text = body[:MOST_BYTES].decode("utf-8-sig", errors="replace").strip()
    try:
        value = json.loads(text, object_pairs_hook=Pairs, parse_constant=no_number)
    except ValueError:
        value = None
        read_text(reader, text)
        if text[:1] in ("{", "[") and text[:3] not in ("[+]", "[-]"):
            reader.unclear.append("JSON that is cut off or damaged")
    else:
        reader.read_root(named(value))
    if len(body) > MOST_BYTES:
        reader.unclear.append(f"what follows after {MOST_BYTES:,} bytes")
    return reader.report(value, text)


class _Reader(SingleValues):
    """Walks through a JSON answer and notes every statement."""

    def __init__(self, now: datetime | None) -> None:
        super().__init__()
        self._now = now

    def read_root(self, value: Any) -> None:
        """Read a whole JSON document."""
        if isinstance(value, Pairs) and any(is_call(key) and isinstance(inner, str) for key, inner in value):
            self._entries(value, 0)  # nothing but checks
        elif isinstance(value, Pairs):
            self._object(OWN, value, 0)
            if not self.own:
                self._read_message_as_status(value)
            if not self.own and not self.others:
                self._entries(value, 0)
        elif isinstance(value, list):
            for number, entry in enumerate(value, 1):
                self._entry(name_of(entry) or f"entry {number}", entry, 1)
        elif isinstance(value, str):
            read_text(self, value.strip())
        elif isinstance(value, bool):
            self.state(OWN, str(value).lower(), State.HEALTHY if value else State.UNHEALTHY)
        elif isinstance(value, int | float) and (state := words.of_code(value)) is not None:
            self.state(OWN, f"{value:g}", state)

    def _read_message_as_status(self, value: Pairs) -> None:
        """``{"message": "OK"}``, where nothing else gives a status."""
        for key, text in value:
            if is_told(key, text):
                self.state(OWN, text.strip(), state_of(text))

    def _object(self, name: str, value: Pairs, depth: int) -> None:
        """Read an object whose statements are about ``name``; the service itself where that is empty."""
        if depth > _DEEPEST:
            self.unclear.append(f"{name or 'the report'} is nested deeper than {_DEEPEST} levels")
            return
        beside = remark(value)
        self._doubts(name, value)
        # Event counts, or the number of a status also given in words, mean nothing by themselves.
        keys = [key for key, _ in value]
        if is_circuit(value) and not health_flags.is_circuit(name):
            name = f"{name} circuit breaker"
        numbers_aside = health_amounts.counts([name, *keys]) or health_flags.is_circuit(name)
        numbers_aside = numbers_aside or is_named_status(value) or any(outcomes(value))
        self._work(name, value, counts=numbers_aside)
        tally, free = health_amounts.is_tally(keys), free_keys(name, value)
        stated = [state_of(one) for key, one in value if health_keys.is_status(key) and isinstance(one, str)]
        explained, is_up_in_words = any(stated), any(state is not None for state in stated)
        is_over = health_keys.tells_of_no_failures(value)
        for key, inner in value:
            if health_keys.holds_history(key) and (is_over or is_followed_by_success(value, key, inner)):
                continue
            if explained and health_keys.is_message(key) and isinstance(inner, str):
                continue  # a bad status says more than why it is one
            aside = numbers_aside and (inner != 0 or health_amounts.counts_none(key, [name, *keys]))
            aside = aside or (is_up_in_words and inner == 1 and health_keys.is_bare_health(key))
            aside = aside or key in free or (tally and health_flags.good_if_true(key))
            aside = (aside or health_amounts.counts_stage(key, keys)) and not health_amounts.is_rate(key)
            if not (aside and isinstance(inner, int | float) and not isinstance(inner, bool)):
                self._pair(name, key, unpacked(inner), beside, depth)

    def _doubts(self, name: str, value: Pairs) -> None:
        """Note what an object tells as a whole, or by what it holds: too little, too much, too long, too late."""
        part, idle = in_part(name, value), without_workers(name, value)
        for doubt in filter(None, (part, idle, failing_often(value), nearly_full(name, value))):
            self.unclear.append(f"{name or 'the report'} {doubt}")
        for key, one in unstated(value) if name == OWN else ():
            self.state(key, "null" if one is None else one, None)
        for over in over_in(name, value, self._now) if self._now else ():
            if over.sure:
                self.finding(over.what, over.words, State.DEGRADED)
            else:
                self.unclear.append(f"{over.what} {over.words}")
        for full in full_in(name, value):
            self.used_up(full)
        for long in long_times(name, value):
            self.finding(long.what, long.words, State.DEGRADED)

    def _work(self, name: str, value: Pairs, *, counts: bool) -> None:
        """Read how much work there is, which may be more than is good."""
        for work in work_in(name, value, counts=counts):
            self.told.append(f"{work.what} {work.words}")
            if work.bad:
                self.finding(work.what, work.words, State.DEGRADED)

    def _pair(self, name: str, key: str, value: Any, remark: str, depth: int) -> None:
        """Read one key of an object with its value."""
        is_limit = health_keys.holds_limits(key) and isinstance(value, list)
        if is_limit or counts_failed_jobs(key, value) or self.is_told_in_passing(name, key, value):
            return
        if health_keys.lists_bad(key) or (health_keys.holds_errors(key) and not isinstance(value, bool)):
            self._errors(name, key, value, depth)
        elif health_keys.holds_warnings(key):
            if not warns_of_nothing(value):
                self.finding(under(name, key), short(value), State.DEGRADED)
        elif value == [] and health_keys.is_bare_status(key):
            self.unclear.append(f"{under(name, key)} {short(value)}")
        elif isinstance(value, list):
            self._nested_value(name, key, value, depth)
        elif health_keys.is_error_code(key) and (not name or health_keys.is_error_number(key)):
            self.error_code(name, key, value)
        elif health_keys.is_container(key) and isinstance(value, str | bool):
            self._entry(key, value, depth + 1)
        elif health_keys.is_status(key) or health_keys.is_code(key):
            self.status(name, key, value, remark)
        else:
            self.plain_value(name, key, value)

    def _nested_value(self, name: str, key: str, value: list[Any], depth: int) -> None:
        """Read an object or a list; of a list of messages only those that tell of a failure."""
        if health_keys.is_data(key) and not isinstance(value, Pairs):
            for text in value if health_keys.is_message(key) else ():
                if isinstance(text, str):
                    self.plain_value(name, key, text)
            return
        if depth > _DEEPEST:
            self.unclear.append(f"{key} is nested deeper than {_DEEPEST} levels")
            return
        if health_keys.is_container(key):
            self._entries(value, depth, key)
            return
        if isinstance(value, Pairs):
            self._nested_object(name, key, value, depth)
            return
        if not value and ((depth == 0 and health_keys.must_not_be_zero(key)) or health_keys.is_answer(name, key)):
            self.unclear.append(f"{under(name, key)} []")
        for number, entry in enumerate(value, 1):
            if isinstance(entry, Pairs):
                self._object(name_of(entry) or f"{key} {number}", entry, depth + 1)
            elif isinstance(entry, list):
                self._nested_value(name, key, entry, depth + 1)
            elif isinstance(entry, str) and (state := words.bad_anywhere(entry)) is not None:
                self.finding(f"{key} {number}", entry, state)
            elif (isinstance(entry, str) and words.is_doubtful(entry)) or (
                entry in (False, 0) and health_keys.must_not_be_zero(key)
            ):
                self.unclear.append(f"{key} {number} {short(entry)!r}")

    def _nested_object(self, name: str, key: str, value: Pairs, depth: int) -> None:
        if depth == 0 and health_keys.is_status(key):
            self._entries(value, depth, key)
        elif health_keys.is_soft(key) and name:
            self._object(name, value, depth + 1)
        elif health_keys.is_soft(key) and depth == 0:
            self._soft(key, value, depth)
        elif health_keys.holds_switches(key):
            self._object(key, Pairs(pair for pair in value if not isinstance(pair[1], bool)), depth + 1)
        else:
            self._object(under(name, key) if health_flags.is_circuit(name) else key, value, depth + 1)
            if not value and health_keys.is_answer(name, key):
                self.unclear.append(f"{under(name, key)} {{}}")
            if depth == 0 and health_keys.is_needed(key) and all(inner is None for _, inner in value):
                self.unclear.append(f"no status for {key}")

    def _soft(self, name: str, value: Pairs, depth: int) -> None:
        """``details`` of the whole report: dependencies where an entry is an object or a word, otherwise data."""
        if part := in_part(name, value):
            self.unclear.append(f"{name} {part}")
        self._work(name, value, counts=False)
        for key, inner in value:
            if isinstance(inner, Pairs):
                self._nested_object(OWN, key, inner, depth + 1)
            elif isinstance(inner, str) and not words.looks_like_data(inner) and not health_keys.is_data(key):
                self._entry(key, inner, depth + 1)
            else:
                self._pair(OWN, key, inner, "", depth + 1)

    # ------------------------------------------------------------------------------------------------ dependencies

    def _entries(self, value: list[Any], depth: int, key: str = "entry") -> None:
        """Read dependencies, by name or as a list."""
        if isinstance(value, Pairs):
            own = key != "entry" and any(health_keys.is_status(inner) for inner, _ in value)
            if own and not any(isinstance(inner, list) for _, inner in value):
                self._object(key, value, depth + 1)
                return
            numbers = [one for _, one in value if isinstance(one, int | float) and not isinstance(one, bool)]
            are_codes = key != "entry" or all(100 <= number < 600 for number in numbers)
            for name, entry in value:
                if not are_codes and isinstance(entry, int | float) and not isinstance(entry, bool):
                    if not health_keys.is_data(name):  # an amount, as others are no HTTP statuses
                        self.unclear.append(f"{name} {entry:g}")
                    continue
                if health_keys.holds_errors(name):
                    self._errors(OWN, name, entry, depth)
                elif isinstance(entry, bool) and health_flags.bad_if_true(name):
                    self._boolean(OWN, name, entry)
                elif key != "entry" or not (isinstance(entry, bool) or health_keys.is_data(name)):
                    self._entry(name, entry, depth + 1)
            return
        if depth and are_names(value):
            return  # e.g. the registered services of Spring Cloud
        for number, entry in enumerate(value, 1):
            self._entry(name_of(entry) or f"{key} {number}", entry, depth + 1)

    def _entry(self, name: str, entry: Any, depth: int) -> None:
        """Read one dependency, which must have a status."""
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
                self._without_status(name, entry)
        elif isinstance(entry, str):
            listed = LINE.match(entry) if state_of(entry) is None else None
            if listed and state_of(listed["word"]) is not None:
                name, entry = listed["name"], listed["word"]
            self.state(name, entry.strip(), state_of(entry))
        elif isinstance(entry, bool):
            self.state(name, str(entry).lower(), State.HEALTHY if entry else State.UNHEALTHY)
        elif isinstance(entry, int | float):
            self.state(name, f"{entry:g}", words.of_code(entry))
        else:
            self.unclear.append(f"no status for {name}")

    def _without_status(self, name: str, entry: list[Any]) -> None:
        """A dependency that only tells how often in a row it has failed, as that of Go's go-sundheit."""
        if isinstance(entry, Pairs) and health_keys.tells_of_no_failures(entry):
            self.note(name, "no failures", State.HEALTHY)
        else:
            self.unclear.append(f"no status for {name}")

    def _errors(self, name: str, key: str, value: Any, depth: int) -> None:
        """Read the value under ``error`` or ``failures``: empty, or failures."""
        if is_empty(value):
            return
        before = sum(one.state is not None and one.state > State.HEALTHY for one in self.others)
        if isinstance(value, Pairs):
            for inner, entry in value:
                if isinstance(entry, Pairs):
                    self._object(inner, entry, depth + 1)
                elif isinstance(entry, str) and entry and "".join(words_of(key)) != "error":
                    self.note(inner, entry, State.UNHEALTHY)
        after = sum(one.state is not None and one.state > State.HEALTHY for one in self.others)
        if before == after:
            listed = [inner for inner, _ in value] if isinstance(value, Pairs) else []
            text = short(value) if not listed else short(", ".join(listed))
            self.errors.append((name, Dependency(under(name, key), text, State.UNHEALTHY)))
