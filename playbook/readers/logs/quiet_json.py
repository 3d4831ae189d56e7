"""JSON lines that report nothing wrong: which are successful requests, and which are no requests.

Only the deciding fields are decoded. Uncertain lines are left to the exact reader, which decodes everything.
"""

from __future__ import annotations

import re
from operator import attrgetter
from typing import Any

import msgspec

from playbook.core.budget import DEEPEST
from playbook.readers.logs import access, fields_of

# A line without any of these contains no access line, and names no method next to a status.
_WORDS = (b"ethod", b"METHOD", *(word.encode() for word in access.WORDS))
# Words with "=" are looked for from there, as it is rarer than letters.
_FIRST = b"".join(sorted({b"=" if b"=" in word else word[:1] for word in _WORDS}))
_RUN = rb"[^\n" + _FIRST + rb"]*+"
_WORD = rb"(?:" + b"|".join(b"=(?<=%s)" % word if b"=" in word else word for word in _WORDS) + rb")"
NO_REQUEST = rb"(?=" + _RUN + rb"(?:(?!" + _WORD + rb")[" + _FIRST + rb"]" + _RUN + rb")*+(?:\n|\Z))"
"""A pattern before the lines without any of ``_WORDS``; several times as fast as a search from each byte."""
_has_no_word = re.compile(NO_REQUEST).match

_SIMPLE = frozenset({int, str})
QUIET = frozenset({10, 20, 30, "trace", "debug", "info", "TRACE", "DEBUG", "INFO"})
"""Levels below a warning, as most loggers write them."""

_ABSENT = msgspec.Raw()
# Skipped values are checked for syntax but not for range: numbers beyond floats are searched for.
_ZERO = bytes.maketrans(b"123456789E", b"0" * 9 + b"e")
_EXPONENT = re.compile(rb"(?<=[0.])e\+?000")
_NUMBER = re.compile(rb"[:\[, ]-?0[0.]*\Z")


class _Answer(msgspec.Struct, gc=False):
    status: Any = msgspec.field(default=None, name="statusCode")
    response: msgspec.Raw = _ABSENT


class _Request(msgspec.Struct, gc=False):
    url: Any = None


class _Decisive(msgspec.Struct, gc=False):
    level: Any = None
    res: _Answer | None = None
    req: _Request | None = None
    path: Any = None
    url: Any = None
    first: Any = msgspec.field(default=_ABSENT, name="statusCode")
    second: Any = msgspec.field(default=_ABSENT, name="status_code")
    third: Any = msgspec.field(default=_ABSENT, name="status")


_ELSEWHERE = [*sorted(access.ACCESS_KEYS - {"statusCode", "status_code", "status", "res"}), "log"]
_OTHERS = [*(f"other_{number}" for number in range(len(_ELSEWHERE) - 1)), "other_log"]
_NAMING = [f"named_{number}" for number in range(len(fields_of.COMPONENT_KEYS))]
# With every other field that can hold a status, a response, another line, or the name of a component.
_Line = msgspec.defstruct(
    "_Line",
    [
        (name, msgspec.Raw, msgspec.field(default=_ABSENT, name=key))
        for name, key in zip([*_OTHERS, *_NAMING], [*_ELSEWHERE, *fields_of.COMPONENT_KEYS], strict=True)
    ],
    bases=(_Decisive,),
    gc=False,
)
_others, _names = attrgetter(*_OTHERS), attrgetter(*_NAMING)
_NO_OTHERS, _NO_NAMES = (_ABSENT,) * len(_OTHERS), (_ABSENT,) * len(_NAMING)
# Of any name of a status, which OpenTelemetry's lists have as the value of "key".
_STATUS_KEY = re.compile(rb'(?:(?:tatus|[cC]ode)[\w.-]*|"key)" *:')
_OBJECT_AS_TEXT = b'"{'
_WRAPPER = re.compile(rb'"(?:' + "|".join(access.WRAPPERS).encode() + rb')" *: *[{\[]')
# A second level that is no quiet one, and what a stack trace is written under.
_SECOND_LEVEL = re.compile(
    rb'"(?:' + "|".join(fields_of.SECOND_LEVELS).encode() + rb')" *: *(?!"(?:trace|debug|info|TRACE|DEBUG|INFO)")'
)
# A line of another logger, with a level of its own.
_WHOLE = re.compile(rb'"(?:' + "|".join(fields_of.WHOLE).encode() + rb')" *: *\{')
_SECOND_WORDS = (b"everity", b"evelname", b"evel_name", b"evelName")
_TRACED = (b'"stack', b'"err', b'"exc', b'"Exc', b'"@x', b'"thrown')
_ERROR_OBJECT = re.compile(rb'"(?:' + "|".join(fields_of.ERROR_OBJECTS).encode() + rb')" *: *\{ *"')
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Line)


def judge(bodies: list[bytes], *, nameless: bool) -> list[bool | None]:
    """For each line of printable ASCII: True for a request, False for none, None where it must be read exactly.

    Args:
        nameless: nothing before the line has named its component, so that it must not name one either.
    """
    joined = b"\n".join(bodies)
    escaped = b"\\u" in joined  # escapes hide the names of keys, and whether a text is empty
    broken = b"\\n" in joined
    second = any([word in joined for word in _SECOND_WORDS])  # noqa: C419 - a generator takes longer
    erring = b'"err' in joined or b'"exception"' in joined
    found: list[bool | None] = []
    for line, body in zip(_decoded(bodies, joined), bodies, strict=True):
        verdict = None
        opened = body.count(b"{") + body.count(b"[")
        if (
            line is not None
            and line.level.__class__ in _SIMPLE
            and line.level in QUIET
            and opened <= DEEPEST
            and not (escaped and b"\\u" in body)
            and not (broken and b"\\n" in body and _may_be_traced(body))
            and not (erring and _ERROR_OBJECT.search(body))
            and not (second and _SECOND_LEVEL.search(body))
            and not (opened > 1 and _WHOLE.search(body))
            and not (nameless and _names(line) != _NO_NAMES)
        ):
            answer = line.res
            if answer is None:
                verdict = _elsewhere(line, body, nested=opened > 1)
            elif (
                answer.response is _ABSENT
                and line.other_log is _ABSENT
                and line.req is not None
                and _succeeded(answer.status)
                and _is_text(line.req.url)
            ):
                verdict = True
        found.append(verdict)
    return found


def _may_be_traced(body: bytes) -> bool:
    return any([key in body for key in _TRACED])  # noqa: C419 - a generator takes longer


def _elsewhere(line: Any, body: bytes, *, nested: bool) -> bool | None:
    """Like ``judge``, for a line without ``res``: its status is next to its level, or missing."""
    if _others(line) != _NO_OTHERS:
        return None
    status = line.first
    if status is _ABSENT:
        status = line.second
        if status is _ABSENT:
            status = line.third
    if status is not _ABSENT:
        return True if _succeeded(status) and (_is_text(line.path) or _is_text(line.url)) else None
    # Its message may be an access line, or a line of JSON; a method next to a status under another name would be a
    # request that is not understood; and a status may be in one of ``access.WRAPPERS``.
    if not _has_no_word(body) or _OBJECT_AS_TEXT in body or (nested and _may_wrap_a_status(body)):
        return None
    return False


def _may_wrap_a_status(body: bytes) -> bool:
    """Whether one of ``access.WRAPPERS`` may hold a status under any name."""
    possible = b"tatus" in body or b"ode" in body or b'"key"' in body
    return possible and _STATUS_KEY.search(body) is not None and _WRAPPER.search(body) is not None


def _decoded(bodies: list[bytes], joined: bytes) -> list[Any]:
    if not _may_be_out_of_range(joined):
        try:
            found = _decoder.decode_lines(joined)
        except msgspec.DecodeError:
            found = []
        if len(found) == len(bodies):
            return found
    return [_one(body) for body in bodies]


def _one(body: bytes) -> Any:
    if _may_be_out_of_range(body):
        return None
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        return None


def _may_be_out_of_range(text: bytes) -> bool:
    """Whether there may be a number of over 200 digits, or with an exponent of over two."""
    zeros = text.translate(_ZERO)
    if b"0" * 200 in zeros:
        return True
    if b"e000" not in zeros and b"e+000" not in zeros:
        return False
    # Most are parts of hexadecimal ids: a number follows JSON punctuation.
    return any(
        _NUMBER.search(zeros, max(0, found.start() - 210), found.start()) for found in _EXPONENT.finditer(zeros)
    )


def _succeeded(status: Any) -> bool:
    """Any HTTP status except 429 and 5xx."""
    return status.__class__ is int and (100 <= status < 429 or 429 < status < 500)


def _is_text(value: object) -> bool:
    return value.__class__ is str and value != ""
