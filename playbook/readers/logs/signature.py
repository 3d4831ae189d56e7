"""Folding: differences between occurrences of one error, or requests for one resource, are removed."""

from __future__ import annotations

import re
from functools import lru_cache

from playbook.readers.logs.text import shorten

SIGNATURE_LIMIT = 200
PATH_LIMIT = 120
_SEGMENTS = 8

# One alternative per kind of value, the longest and most specific first.
_FOLD = re.compile(
    r"""
    (?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)
    |(?P<quoted>"[^"]{0,300}"|`[^`]{0,300}`|(?<!\w)'[^']{0,300}'(?!\w))
    |(?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6})
    |(?P<query>(?<=[\w/])\?[\w.~%-]{1,64}=[^\s"'<>)\]]{0,2000})
    |(?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)
    |(?P<ip>\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b
        |\[?(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}){1,7}(?![\w:])\]?(?::\d{1,5})?|(?<![\w:])::1\b)
    |(?P<hex>\b0[xX][0-9a-fA-F]{1,32}\b
        |\b(?=[0-9a-fA-F]{0,64}\d)(?=[0-9a-fA-F]{0,64}[a-fA-F])[0-9a-fA-F]{6,64}\b
        |\b(?=\w{0,64}\d)(?=\w{0,64}[A-Za-z])[A-Za-z0-9_]{16,128}\b)
    |(?P<number>\d+(?:[.,]\d+){0,6})
    """,
    re.VERBOSE,
)
_PLACEHOLDERS = {
    "time": "<time>",
    "quoted": "'…'",
    "email": "<email>",
    "query": "",
    "uuid": "<id>",
    "ip": "<ip>",
    "hex": "<id>",
    "number": "#",
}
_USERINFO = re.compile(r"(?<=://)[^\s/@]{1,256}@")
_SPACE = re.compile(r"\s+")

_SEGMENT_ID = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|(?=[^a-zA-Z]*[a-zA-Z])(?=\D*\d)[A-Za-z0-9_-]{16,}"
    r"|(?=\D*\d)[0-9a-fA-F]{6,}|[A-Za-z0-9_-]{33,}|[^@/]{1,64}@[^@/]{1,128}"
)
_IN_SEGMENT = re.compile(r"(?<![A-Za-z0-9])(?=[a-f]*\d)[0-9a-f]{6,}(?![A-Za-z0-9])|\d+")


# All digits except significant ones: in 0x, and in the address ::1.
_DIGITS = str.maketrans("013456789", "2" * 9)
_LONGEST_KEPT = 300  # characters of a cached message


def fold(message: str) -> str:
    """The common text of errors of one kind.

    Numbers become ``#``; UUIDs, hexadecimal and other ids ``<id>``; addresses ``<ip>`` and ``<email>``; times
    ``<time>``; quoted texts ``'…'``; queries of URLs and extra white space are removed.
    """
    # A folded message contains none of its digits, so messages that differ only in them are folded once.
    if len(message) > _LONGEST_KEPT or "0x" in message or "0X" in message or "::1" in message:
        return _fold(message)
    return _fold_known(message.translate(_DIGITS))


def _fold(message: str) -> str:
    text = _USERINFO.sub("", message[: SIGNATURE_LIMIT * 4])
    text = _FOLD.sub(lambda match: _PLACEHOLDERS[match.lastgroup or "number"], text)
    return shorten(_SPACE.sub(" ", text).strip(), SIGNATURE_LIMIT)


_fold_known = lru_cache(maxsize=1024)(_fold)


def fold_path(path: str) -> str:
    """The path without its query, ids as ``:id``, other numbers as ``#``: ``/img/812?w=2`` → ``/img/:id``."""
    return _fold_path(path) if len(path) > _LONGEST_KEPT else _fold_known_path(path)


def _fold_path(path: str) -> str:
    if "://" in path[:12]:
        path = "/" + path.split("/", 3)[3] if path.count("/") > 2 else "/"
    path = path[:2048].split("?", 1)[0].split("#", 1)[0].split(";", 1)[0]
    segments = path.split("/")
    if len(segments) > _SEGMENTS + 1:
        segments = [*segments[: _SEGMENTS + 1], "…"]
    return shorten("/".join(map(_fold_segment, segments)), PATH_LIMIT)


_fold_known_path = lru_cache(maxsize=1024)(_fold_path)


def _fold_segment(segment: str) -> str:
    if not segment or segment.isalpha():
        return segment
    if _SEGMENT_ID.fullmatch(segment):
        return ":id"
    return _IN_SEGMENT.sub("#", segment)
