"""Messages for mistakes in the settings: one sentence that names the setting, the file and what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args, get_origin

import msgspec

from playbook.core.suggestions import did_you_mean

_UNKNOWN_FIELD = re.compile(r"unknown field `(?P<field>[^`]+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_MISSING_FIELD = re.compile(r"Object missing required field (?P<field>\w+)$")
_WRONG_WORD = re.compile(r"Invalid enum value (?P<word>.+)$", re.DOTALL)
_BOUND = re.compile(r"(?P<kind>float|int) (?P<bound>>=|>|<=|<) (?=-?\d)")
_SHAPES = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}
_SHAPE = re.compile(rf"\b(?:{'|'.join(_SHAPES)})(?: \| (?:{'|'.join(_SHAPES)}))*\b(?! (?:[<>]=?))")
_FEW = 12  # names that are listed in full
_KINDS = {"float": "a number", "int": "a whole number"}
_BOUNDS = {">=": "of at least", ">": "over", "<=": "of at most", "<": "under"}
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)


def sentence(
    error: msgspec.ValidationError,
    where: str,
    target: str,
    whole: type[msgspec.Struct],
    *,
    raw: Mapping[str, Any],
    own: Mapping[str, Any],
) -> str:
    """msgspec's message as a sentence in the words of playbook.toml.

    Args:
        whole: the expected type.
        raw: the input that was read.
        own: the target's overrides of settings shared by all targets, such as a limit.
    """
    text = str(error)

    def path_of(path: str | None) -> str:
        path = path or ""
        if path and _has_path(own, path):
            return f"targets.{target}.{path}"
        return re.sub(r"^target(?=\.|$)", f"targets.{target}", path)

    unknown = _UNKNOWN_FIELD.search(text)
    if unknown:
        known = _fields_at(unknown["path"] or "", whole)
        table, _ = _actual(unknown["path"] or "", whole, raw)
        full = path_of(f"{table}.{unknown['field']}".lstrip("."))
        suggestion = did_you_mean(unknown["field"], known)
        few = f"; expected one of {', '.join(known)}" if known and len(known) <= _FEW else ""
        return f"{where}: unknown setting {full}{suggestion or few}"
    match = _AT.match(text)
    assert match
    what, path = match["what"].replace("`", ""), match["path"] or ""
    missing = _MISSING_FIELD.match(what)
    if missing:
        path, _ = _actual(path, whole, raw)
        full = f"{path}.{missing['field']}".lstrip(".")
        return f"{where}: {path_of(full)} is missing{_choices(full, whole, '; expected ')}"
    wrong = _WRONG_WORD.match(what)
    if wrong:
        return f"{where}: {path_of(path)}: {_choices(path, whole, 'expected ')}, got {wrong['word']}"
    path, value = _actual(path, whole, raw)
    what = _SHAPE.sub(lambda found: _in_words(found[0]), what)
    is_number = value is not None and _BOUND.search(what)  # the value of a list's member is not found
    got = f", got {value!r}" if is_number and ", got" not in what else ""
    what = _BOUND.sub(lambda found: f"{_KINDS[found['kind']]} {_BOUNDS[found['bound']]} ", what)
    return f"{where}: {path_of(path) or 'the file'}: {what[:1].lower()}{what[1:]}{got}"


def _actual(path: str, whole: type[msgspec.Struct], raw: Mapping[str, Any]) -> tuple[str, Any]:
    """The path with the actual key in place of msgspec's ``[...]``, and its value; None where it has none."""
    value: Any = raw
    table, _, rest = path.partition("[...]")
    for key in filter(None, table.split(".")):
        value = value.get(key) if isinstance(value, Mapping) else None
    if table == path or not isinstance(value, Mapping):
        return path, value
    kinds = get_args(_type_at(table, whole))
    for key, each in value.items():
        try:
            msgspec.convert(each, kinds[-1] if kinds else Any)
        except msgspec.ValidationError:
            return f"{table}.{key}{rest}", each
    return path, None


def _in_words(shape: str) -> str:
    """``str | null`` as a text, ``array`` as a list."""
    words = [_SHAPES[one] for one in shape.split(" | ") if one != "null"]
    return " or ".join(dict.fromkeys(words)) or "nothing"


def _has_path(table: Any, path: str) -> bool:
    """Whether a dotted path has a value, possibly within a table at it."""
    for key in filter(None, re.split(r"[.\[]", path)):
        if not isinstance(table, Mapping) or key not in table:
            return False
        table = table[key]
    return True


def variable_for(path: str, defaults: Mapping[str, Any]) -> str:
    """The usual environment variable of a secret: that of the defaults, or one named after target and setting.

    Args:
        path: of the setting: ``targets.shop.redis.url`` gives ``SHOP_REDIS_URL``.
    """
    parts = [part for part in path.split(".") if not part.isdigit()]
    own = _first_variable(_at(defaults, parts))
    if own or parts[0] != "targets":
        return own or "_".join(["PLAYBOOK", *parts[1:]]).upper()
    _, target, *rest = parts
    usual = _first_variable(_at(defaults, ["targets", "production", *rest])) or "_".join(rest).upper()
    prefix = "" if target == "production" else re.sub(r"[^A-Z0-9]+", "_", target.upper()) + "_"
    return prefix + usual


def placeholder(path: str, whole: type[msgspec.Struct]) -> str:
    """What stands for the value of a setting in a line to add, as TOML writes values of its type."""
    kind = _type_at(path, whole)
    if get_origin(kind) in (tuple, list):
        return '["…"]'
    return "…" if {kind, *get_args(kind)} & {int, float} else '"…"'


def _at(table: Any, parts: Iterable[str]) -> Any:
    for part in parts:
        table = table.get(part) if isinstance(table, Mapping) else None
    return table


def _first_variable(value: Any) -> str:
    found = re.search(r"\$\{([A-Z0-9_]+)", str(value or ""))
    return found[1] if found else ""


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
    """``one of "production", "staging" or "sandbox"`` after ``before``; empty where any text is allowed."""
    field_type = _type_at(path, whole)
    kind = next(
        (one for one in (field_type, *get_args(field_type)) if get_origin(one) is Literal), None
    )  # maybe "or None"
    if kind is None:
        return ""
    *first, last = (f'"{word}"' for word in get_args(kind))
    return f"{before}{', '.join(first)} or {last}"
