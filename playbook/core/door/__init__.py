"""The single exit: all text from a check passes here on its way into a record, a message, a line or a file.

    encodable → control characters removed → secrets redacted → length bounded, and the cut is stated

The order matters: a secret that was cut, quoted or broken by a control character beforehand is not found. So code
that shows part of a foreign text passes the whole of it here, with the permitted length:

    f"expected JSON, got {quoted(answer.text, 80)}"

Text shown in full needs no call: the whole record passes once more, through ``leaving``.
"""

from __future__ import annotations

from collections.abc import Iterable

from playbook.core.door.characters import encodable, harmless
from playbook.core.door.known import Known
from playbook.core.door.masking import MASK, masked

__all__ = ["LONGEST", "MASK", "learn", "line", "quoted", "text"]

LONGEST = 4_000
"""Maximum characters of one text of a record; nobody reads longer ones."""

# Searched beyond what is shown, so that no secret is cut before the search: longer than a 16,384-bit key in PEM.
# The end of the searched part is never shown, as a secret may have been cut there.
_BEYOND = 16_384

_NOTE = 50  # characters reserved for the note on how much was cut

_KNOWN = Known()


def learn(secrets: Iterable[str]) -> None:
    """Redact these secrets too, for the lifetime of the process. Every new ``Secret`` calls this itself."""
    _KNOWN.learn(secrets)


def text(value: str, most: int = LONGEST) -> str:
    """The text safe to output, with its line ends, of at most ``most`` characters."""
    shown, all_of_it = _shown(value, most)
    return shorten(shown, most, 0 if all_of_it else len(value))


def line(value: str | bytes, most: int = LONGEST) -> str:
    """The same on one line: white space becomes single spaces. Bytes are decoded as UTF-8."""
    if isinstance(value, bytes):
        value = value[: 4 * (most + 2 * _BEYOND)].decode("utf-8", errors="replace")
    shown, all_of_it = _shown(value, most)
    shown = " ".join(shown.split())
    return shorten(shown, most, 0 if all_of_it else len(value))


def quoted(value: object, most: int = LONGEST) -> str:
    """A foreign value on one line in Python's quotes; values other than text by their ``repr``."""
    if isinstance(value, str | bytes):
        return repr(line(value, most))
    return line(repr(value), most)


def shorten(shown: str, most: int, whole: int = 0) -> str:
    """At most ``most`` characters; a cut is marked by ``…`` or by the amount left out.

    Args:
        shown: text that has passed the other steps.
        whole: length of the whole text, where ``shown`` is only part of it.
    """
    whole = max(whole, len(shown))
    if whole <= most:
        return shown
    if most < 400:
        return shown[: most - 1] + "…"
    note = f" … ({whole - most + _NOTE:,} more characters were cut)"
    return shown[: most - _NOTE] + note


def _shown(value: str, most: int) -> tuple[str, bool]:
    """The beginning without control characters and secrets, and whether that is the whole text."""
    all_of_it = len(value) <= most + 2 * _BEYOND
    if not all_of_it:
        value = value[: most + 2 * _BEYOND]
    shown = masked(harmless(encodable(value)), _KNOWN)
    return (shown, True) if all_of_it else (shown[: max(len(shown) - _BEYOND, 0)], False)
