"""What a rule about secrets is, and what its patterns share."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple


class Pattern:
    """A pattern compiled on first use: most runs need few of them."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self._text, re.VERBOSE | self._flags)


class Rule(NamedTuple):
    """A kind of secret.

    Attributes:
        words: one of them must occur, in lower case; without any the rule is for long runs of letters and digits.
        pattern: the first of its groups ``groups`` that matched is masked.
        is_ordinary: whether a match and its group are no secret after all.
    """

    words: tuple[str, ...]
    pattern: Pattern
    is_ordinary: Callable[[re.Match[str], str], bool] | None = None
    groups: tuple[str, ...] = ("s",)


def verbose(pattern: str, flags: int = 0) -> Pattern:
    """A pattern whose blanks and comments are for its readers."""
    return Pattern(pattern, flags)


_FILE = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_DATE = re.compile(r"(?:19|20)\d\d-?[01]\d-?[0-3]\d(?:\D|$)")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PARTS = re.compile(r"[^A-Za-z0-9]+")
_LONG = 24  # from so many characters on, letters beside digits are enough: names of machines have shorter parts


def is_random(value: str, least: int = 12) -> bool:
    """Whether a value was made by chance, as keys are, and not by a person: no name, version, date or file.

    Args:
        value: one run of characters without blanks.
        least: characters that one of its parts has at least, between hyphens, dots and such.
    """
    value = value.strip(".,;:")
    if _FILE.search(value) or _DATE.search(value):
        return False
    return _UUID.fullmatch(value) is not None or any(_is_random_part(part, least) for part in _PARTS.split(value))


def _is_random_part(part: str, least: int) -> bool:
    if len(part) < least:
        return False
    digits, capitals = sum(map(str.isdigit, part)), sum(map(str.isupper, part))
    if digits < 2 or len(part) - digits < 2:
        # A long word has one capital letter; ``CamelCase`` has runs of small ones.
        return digits < 2 and 3 * _changes(part) >= len(part) and capitals >= 4
    return len(part) >= _LONG or 5 * _changes(part) >= len(part)


def _changes(part: str) -> int:
    """How often the kind of character changes: digit, capital letter, small letter."""
    kinds = [character.isdigit() + 2 * character.isupper() for character in part]
    return sum(one != other for one, other in pairwise(kinds))
