"""What a check looked at, in three shapes that every report can show."""

from __future__ import annotations

import msgspec


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Rows under column heads. Cells are texts, ready to read."""

    title: str
    columns: list[str]
    rows: list[list[str]]


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """Names and values."""

    title: str
    facts: dict[str, str]


class Lines(msgspec.Struct, frozen=True, tag="lines"):
    """Verbatim lines, e.g. of a log."""

    title: str
    lines: list[str]


Evidence = Table | Facts | Lines
