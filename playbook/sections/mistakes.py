"""A mistake in the settings in words: one sentence that names the setting, the file and what was expected."""

from __future__ import annotations

import difflib
import re
from typing import Any

import msgspec

_UNKNOWN_FIELD = re.compile(r"unknown field `(?P<field>[^`]+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
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
    what = match["what"].replace("`", "")
    return f"{where}: {path_of(match['path']) or 'the file'}: {what[:1].lower()}{what[1:]}"


def _fields_at(path: str, whole: type[msgspec.Struct]) -> list[str]:
    kind: Any = whole
    for part in filter(None, path.split(".")):
        field = next((f for f in msgspec.structs.fields(kind) if f.name == part), None)
        if field is None or not (isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)):
            return []
        kind = field.type
    return [f.name for f in msgspec.structs.fields(kind)]


def did_you_mean(word: str, known: Any) -> str:
    """``; did you mean 'redis'?`` where something known is close; else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
