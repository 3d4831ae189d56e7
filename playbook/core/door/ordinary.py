"""What stands where a secret might, and is none: a state, an amount, a word, what has been hidden already."""

from __future__ import annotations

import re

from playbook.core.door.rule import is_random

_ORDINARY = frozenset(
    """
    true false null none nil undefined yes no on off empty unset set missing required optional invalid valid
    expired expires wrong incorrect correct unknown expected rejected accepted denied refused changed reset
    disabled enabled forbidden unauthorized failed failure success successful ok error hidden masked
    redacted secret password token not-set n/a new old too not is was must does string str text bytes int
    object
    """.split()  # noqa: SIM905 - a list of quoted words is harder to read
)
_HIDDEN = re.compile(
    r"\[?redacted\]?|\[?filtered\]?|[*•·x.…-]{2,}|<[^>]*>?|\$[\w{(].*|%\(\w+\)s|\{\{.*|secret\(…\)?", re.IGNORECASE
)
_SCHEME_WORDS = ("token", "secret", "password")
_SCHEME_NAME = re.compile(r"(?:bearer|basic|token)\s+", re.IGNORECASE)
_AMOUNT = re.compile(r"[+-]?\d{1,7}(?:[.,]\d{1,7})?(?:%|[a-z]{1,3})?[.:]?", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]?[a-z]{0,24}(?:[-_/][a-z]{1,24}){0,3}(?:\(s\))?[.:!?…]?")
_HEXADECIMAL = re.compile(r"[0-9a-f]+")


def is_harmless(match: re.Match[str], group: str) -> bool:
    """Whether the text after a name is a state, an amount or the next word of a sentence, and no secret."""
    value, named = match[group], match.groupdict()
    if len(value) < 2 or _HIDDEN.fullmatch(value) or value.lower().rstrip(".:!?") in _ORDINARY:
        return True
    if not named.get("strong") and _AMOUNT.fullmatch(value):
        return True
    name = match.string[match.start() : match.start("is")].strip("\\\"'`] \t").lower() if "is" in named else ""
    if (
        name
        and name.endswith(value.lower().rpartition(".")[2].lstrip("_"))
        and value.replace(".", "").isidentifier()
    ):
        return True  # Python source: token=token, password=self.password
    if group != "r" or named.get("is") != ":":
        return False
    if named.get("shy"):
        return True
    rest = match.string[match.end(group) :][:2]
    goes_on = rest[:1] == " " and rest[1:].isalpha()
    return _WORD.fullmatch(value) is not None and (goes_on or not named.get("strong"))


def is_hidden(match: re.Match[str], group: str) -> bool:
    """``******``, ``${TOKEN}``; in a header also after the name of a scheme."""
    value = match[group].strip()
    bare = _SCHEME_NAME.sub("", value)
    first = re.split(r"[\s,]", value.lower(), maxsplit=1)[0]
    return _HIDDEN.fullmatch(bare) is not None or (first in _ORDINARY and first not in _SCHEME_WORDS)


def is_word(match: re.Match[str], group: str) -> bool:
    """``Basic authentication``, ``https://ada@…``."""
    return _WORD.fullmatch(match[group]) is not None


def is_one_kind(match: re.Match[str], group: str) -> bool:
    """Only letters, or only digits."""
    return not (any(c.isdigit() for c in match[group]) and any(c.isalpha() for c in match[group]))


def is_not_random(match: re.Match[str], group: str) -> bool:
    """A name, a version, a date or a file; also a checksum, where one may be meant."""
    value = match[group]
    if match.groupdict().get("sum") is not None and _HEXADECIMAL.fullmatch(value):
        return True
    return not is_random(value)
