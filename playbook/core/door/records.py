"""A whole record, or any other struct, prepared for output: each of its texts, and then its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from playbook.core.door import text
from playbook.core.door.foreign import may_name_secret
from playbook.core.evidence import Chart, Evidence, Facts, Lines, Table

MAX_BYTES = 256 * 1024
"""Maximum size of one record as JSON. Ordinary ones have a few thousand bytes."""

MAX_PARTS = 1_000
"""Maximum lines, rows or facts of one evidence; of points of a curve ten times as many."""

_LONGEST_PART = 2_000  # characters of a line or a cell
_MAX_POINTS = 10 * MAX_PARTS

T = TypeVar("T", bound=msgspec.Struct)
P = TypeVar("P")


def leaving(value: T) -> T:
    """The struct made safe to output: every text in it is cleaned, keys of tables included.

    A struct with evidence has at most ``MAX_BYTES`` of JSON: where it would be larger, the largest evidence is
    replaced by a line that says so. Enumerations and numbers are unchanged.
    """
    passed: T = _cleaned(value)
    return _within_size(passed)


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return text(value) if type(value) is str else value
        case Lines() | Facts() | Table() | Chart():
            return _evidence_passed(value)
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            after = {name: _cleaned(inner) for name, inner in fields.items()}
            return msgspec.structs.replace(value, **after)
        case list() | tuple():
            return type(value)(_cleaned(inner) for inner in value)
        case Mapping():
            return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
        case _:
            return value


def _evidence_passed(evidence: Evidence) -> Evidence:
    title = text(evidence.title)
    match evidence:
        case Lines():
            return Lines(title, _lines(evidence.lines))
        case Facts():
            return Facts(title, _facts(evidence.facts))
        case Table():
            return Table(title, [text(column) for column in evidence.columns[:MAX_PARTS]], _rows(evidence))
        case Chart():
            return _chart(title, evidence)


def _lines(lines: list[str]) -> list[str]:
    """Cleaned together, as a secret can span several lines: a private key."""
    whole = text("\n".join(lines[:MAX_PARTS]), most=MAX_BYTES).split("\n") if lines else []
    whole += lines[MAX_PARTS:]  # only to be counted
    kept, left_out = _first(whole)
    return [text(line, _LONGEST_PART) for line in kept] + [f"… ({n:,} more lines were cut)" for n in left_out]


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    kept, left_out = _first(list(facts.items()))
    passed = {text(name, _LONGEST_PART): _named(name, value) for name, value in kept}
    return passed | ({"…": f"({left_out[0]:,} more were cut)"} if left_out else {})


def _rows(table: Table) -> list[list[str]]:
    rows = []
    kept, left_out = _first(table.rows)
    for row in kept:
        if len(row) == 2:
            rows.append([text(row[0], _LONGEST_PART), _named(*row)])
        else:
            rows.append([text(cell, _LONGEST_PART) for cell in row[:MAX_PARTS]])
    return rows + [[f"… ({n:,} more rows were cut)", *[""] * (len(table.columns) - 1)] for n in left_out]


def _first(parts: Sequence[P]) -> tuple[Sequence[P], list[int]]:
    """The first parts, leaving room for a line on the rest, and how many are left out, if any."""
    if len(parts) <= MAX_PARTS:
        return parts, []
    return parts[: MAX_PARTS - 1], [len(parts) - MAX_PARTS + 1]


def _named(name: str, value: str) -> str:
    """A value next to its name, which can mark it as a secret: ``X-Api-Key``, ``DB_PASSWORD``."""
    alone = text(value, _LONGEST_PART)
    if not may_name_secret(name):
        return alone
    head = f"{text(name, _LONGEST_PART)}: "
    together = text(head + value, len(head) + _LONGEST_PART)
    return together.removeprefix(head) if together.startswith(head) else alone


def _chart(title: str, chart: Chart) -> Chart:
    curves = [
        msgspec.structs.replace(curve, name=text(curve.name, _LONGEST_PART), points=curve.points[-_MAX_POINTS:])
        for curve in chart.curves[:MAX_PARTS]
    ]
    limits = {text(name): value for name, value in list(chart.limits.items())[:MAX_PARTS]}
    marks = {text(name): at for name, at in list(chart.marks.items())[:MAX_PARTS]}
    return Chart(title, text(chart.unit), curves, limits, bars=chart.bars, marks=marks)


def _within_size(value: T) -> T:
    """The struct without its largest evidence, where it would be too large."""
    held = sorted(_evidence(value), key=_size, reverse=True)
    size = _size(value) if held else 0
    for one in held:
        if size <= MAX_BYTES:
            break
        note = Lines(
            text(one.title, 200), [f"… ({_size(one):,} bytes were cut; a record has {MAX_BYTES:,} at most)"]
        )
        value = _exchanged(value, one, note)
        size += _size(note) - _size(one)
    return value


def _size(value: msgspec.Struct) -> int:
    return len(msgspec.json.encode(value))


def _evidence(value: msgspec.Struct) -> Iterator[Evidence]:
    """The evidence of a struct, including that of its investigation steps."""
    yield from getattr(value, "evidence", ())
    for step in getattr(value, "investigation", ()):
        yield from _evidence(step)


def _exchanged(value: T, old: Evidence, new: Evidence) -> T:
    fields: dict[str, Any] = {}
    if hasattr(value, "evidence"):
        fields["evidence"] = [new if one is old else one for one in value.evidence]
    if hasattr(value, "investigation"):
        fields["investigation"] = [_exchanged(step, old, new) for step in value.investigation]
    return msgspec.structs.replace(value, **fields)
