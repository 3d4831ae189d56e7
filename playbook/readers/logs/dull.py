"""Plain text that reports nothing wrong, whatever its digits.

Programs write the same few sentences with different numbers. Each sentence is checked once, without its digits:
the result then holds for all numbers. ``is_dull`` has false negatives but no false positives: True means that the
exact reader would find no level, no request, no time, no error and nothing strange.
"""

from __future__ import annotations

import re

from playbook.readers.logs import access, clients, fields_of, levels, parse, traces, words
from playbook.readers.logs.formats import SMALL
from playbook.readers.logs.text import LINE_LIMIT

_FOLD = bytes.maketrans(b"123456789", b"0" * 9)
_KEPT = 8192
_LONGEST_KEPT = 400  # bytes of a cached sentence
# The crash patterns with particular numbers, here with any number.
_CRASH = re.compile(
    words.CRASH.pattern.replace("(?:137|139|134)", r"\d{3}").replace("(?:4|6|7|8|9|11)", r"\d{1,2}"),
    re.IGNORECASE,
)
_WORDS = re.compile(
    words.WORDS.pattern.replace("(?!143|130)[1-9]", r"\d").replace("[1-9]", r"\d").replace("[5]", r"\d"),
    re.IGNORECASE,
)
# Words of errors that contain digits (x509, jp2k, png2vips, vips2png) or are hexadecimal ("is dead"): zeros here.
_WITH_DIGITS = re.compile(r"x000|jp0k|0vips|vips0|pid 0{1,10} is 0000", re.IGNORECASE)
# Texts in lines that report an answered request.
_ANSWERED = ("status", "ode=", "Completed ", "Sent ", "Outcome: ", '"-" ', "<BADREQ>")
# A hexadecimal number or a part of a UUID: no keyword consists of these letters alone.
# It contains a letter, as digits are zeros already.
_HEX = re.compile(rb"\b(?=0*+[a-f])[0-9a-f]{4,64}\b")
_CLOCK = re.compile(r"\d:\d\d")


def is_dull(text: str) -> bool:
    """Whether a text that begins with an ASCII letter and has no control characters is dull.

    Args:
        text: with all digits replaced by one; printable ASCII.
    """
    if len(text) > LINE_LIMIT // 2 or access.has_method(text) or text.startswith(SMALL) or _CLOCK.search(text):
        return False
    if any([word in text for word in _ANSWERED]):  # noqa: C419 - a generator takes twice as long
        return False
    if '" ' in text and access.COMBINED.match(text):
        return False
    if fields_of.is_part(text):
        return False
    return not (levels.may_state(text) or _may_report_an_error(text) or parse.is_wrapped(text))


def _may_report_an_error(text: str) -> bool:
    """Whether the words could report an error, with any numbers."""
    if text.startswith(traces.PYTHON) or clients.at_fault(text) or _WITH_DIGITS.search(text):
        return True
    if words.may_have_crashed(text, ("",)) and _CRASH.search(text):
        return True
    return words.may_be_an_error(text) and bool(_WORDS.search(text) or traces.EXCEPTION.match(text))


def _zeros(match: re.Match[bytes]) -> bytes:
    return b"0" * len(match[0])


def sentence_of(text: bytes) -> bytes:
    """The text with all digits and hexadecimal ids replaced by zeros: the input of ``is_dull``."""
    return _HEX.sub(_zeros, text.translate(_FOLD))


class Sentences:
    """Detects dull texts, with a cache of sentences without their digits."""

    def __init__(self) -> None:
        self._known: dict[bytes, bool] = {}

    def are_dull(self, texts: list[bytes]) -> list[bool]:
        """For each text of printable ASCII that begins with a letter, whether it is dull."""
        known = self._known
        folded = b"\n".join(texts).translate(_FOLD).split(b"\n")
        found = [known.get(text) for text in folded]
        unknown = [number for number, dull in enumerate(found) if dull is None]
        if unknown:
            sentences = _HEX.sub(_zeros, b"\n".join([folded[number] for number in unknown])).split(b"\n")
            for number, sentence in zip(unknown, sentences, strict=True):
                dull = known.get(sentence)
                found[number] = self._look(sentence) if dull is None else dull
        return found  # type: ignore[return-value]

    def _look(self, sentence: bytes) -> bool:
        dull = is_dull(sentence.decode("ascii"))
        if len(sentence) <= _LONGEST_KEPT:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[sentence] = dull
        return dull
