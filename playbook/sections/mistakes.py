"""A mistake in the settings in words: one sentence that names the setting, the file and what was expected."""

from __future__ import annotations

import difflib
import re
from typing import Any, Literal, get_args, get_origin

import msgspec

_UNKNOWN_FIELD = re.compile(r"unknown field `(?P<field>[^`]+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_MISSING_FIELD = re.compile(r"Object missing required field (?P<field>\w+)$")
_WRONG_WORD = re.compile(r"Invalid enum value (?P<word>.+)$", re.DOTALL)
_BOUND = re.compile(r"(?P<kind>float|int) (?P<bound>>=|>|<=|<) (?=-?\d)")
_KINDS = {"float": "a number", "int": "a whole number"}
_BOUNDS = {">=": "of at least", ">": "over", "<=": "of at most", "<": "under"}
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)


def sentence(error: msgspec.ValidationError, where: str, target: str, whole: type[msgspec.Struct]) -> str:
    """msgspec's message as a sentence in the words of playbook.toml; ``whole`` is what was to be read."""
    text = str(error)

    def path_of(path: str | None) -> str:
        path = path or ""
        return re.sub(r"^target(?=\.|$)", f"targets.{target}", path)

    unknown = _UNKNOWN_FIELD.search(text)
    if unknown:
        path = path_of(unknown["path"])
        known = _fields_at(unknown["path"] or "", whole)
        full = f"{path}.{unknown['field']}".lstrip(".")
        return f"{where}: unknown setting {full}{did_you_mean(unknown['field'], known)}"
    match = _AT.match(text)
    assert match
    what, path = match["what"].replace("`", ""), match["path"] or ""
    missing = _MISSING_FIELD.match(what)
    if missing:
        full = f"{path}.{missing['field']}".lstrip(".")
        return f"{where}: {path_of(full)} is missing{_choices(full, whole, '; expected ')}"
    wrong = _WRONG_WORD.match(what)
    if wrong:
        return f"{where}: {path_of(path)}: {_choices(path, whole, 'expected ')}, got {wrong['word']}"
    what = _BOUND.sub(lambda found: f"{_KINDS[found['kind']]} {_BOUNDS[found['bound']]} ", what)
    return f"{where}: {path_of(path) or 'the file'}: {what[:1].lower()}{what[1:]}"


def _type_at(path: str, whole: type[msgspec.Struct]) -> Any:
    """The type of the field at a dotted path; None where there is no such field."""
    kind: Any = whole
    for part in filter(None, path.split(".")):
        name, _, number = part.partition("[")
        if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
            return None
        kind = next((f.type for f in msgspec.structs.fields(kind) if f.name == name), None)
        if number and get_origin(kind) in (tuple, list):
            kind = get_args(kind)[0]
    return kind


def _fields_at(path: str, whole: type[msgspec.Struct]) -> list[str]:
    kind = _type_at(path, whole)
    is_table = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return [f.name for f in msgspec.structs.fields(kind)] if is_table else []


def _choices(path: str, whole: type[msgspec.Struct], before: str) -> str:
    """``one of "production", "staging" or "sandbox"`` after ``before``; empty where any text may stand."""
    told = _type_at(path, whole)
    kind = next((one for one in (told, *get_args(told)) if get_origin(one) is Literal), None)  # maybe "or None"
    if kind is None:
        return ""
    *first, last = (f'"{word}"' for word in get_args(kind))
    return f"{before}{', '.join(first)} or {last}"


def did_you_mean(word: str, known: Any) -> str:
    """``; did you mean 'redis'?`` where something known is close; else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
