"""The line of a setting in a TOML file, for error messages. Scans lines; for invalid TOML it finds none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from playbook.core.errors import UsageError

P = ParamSpec("P")
R = TypeVar("R")

_PART = r"(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)"
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_TABLE = re.compile(rf"^\s*(?P<array>\[)?\[\s*(?P<key>{_KEY})\s*\]")
_VALUE = re.compile(rf"^\s*(?P<key>{_KEY})\s*=\s*(?P<value>.*)$")
_QUOTES = re.compile(r"\"\"\"|'''")
_IN_MESSAGE = re.compile(r"(?P<path>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+|\[\d+\])*)")
_WITH_FILE = re.compile(r"(?P<file>.+?\.toml): (?P<rest>.*)", re.DOTALL)


def with_lines(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function so that its error messages name the line: ``playbook.toml:14: targets.…``."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except UsageError as error:
            raise type(error)(located(str(error))) from None

    return wrapper


def located(message: str) -> str:
    """The message with the line number after its leading file name; unchanged where no line is known."""
    found = _WITH_FILE.fullmatch(message)
    if not found:
        return message
    named = _IN_MESSAGE.match(found["rest"].removeprefix("unknown setting "))
    try:
        text = Path(found["file"]).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return message
    line = line_of(text, named["path"]) if named else None
    return f"{found['file']}:{line}: {found['rest']}" if line else message


def line_of(text: str, path: str) -> int | None:
    """The line of a setting, from 1; for a missing one, that of its table."""
    wanted = tuple(re.sub(r"\[(\d+)\]", r".\1", path).split("."))
    places = _places(text)
    for length in (len(wanted), len(wanted) - 1):
        if length and wanted[:length] in places:
            return places[wanted[:length]]
    return None


def _places(text: str) -> dict[tuple[str, ...], int]:
    """The first line of each key and table, and of their parents."""
    places: dict[tuple[str, ...], int] = {}
    counted: Counter[tuple[str, ...]] = Counter()
    table: tuple[str, ...] = ()
    quoted = ""  # within a multi-line string, its closing quotes
    for number, line in enumerate(text.splitlines(), 1):
        if quoted:
            quoted = "" if quoted in line else quoted
            continue
        if header := _TABLE.match(line):
            table = _parts(header["key"])
            if header["array"]:
                counted[table] += 1
                places.setdefault(table, number)
                table = (*table, str(counted[table] - 1))
            key = table
        elif value := _VALUE.match(line):
            key = (*table, *_parts(value["key"]))
            opened = _QUOTES.findall(value["value"])
            quoted = opened[0] if len(opened) == 1 else ""
        else:
            continue
        for length in range(1, len(key) + 1):
            places.setdefault(key[:length], number)
    return places


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, key))
