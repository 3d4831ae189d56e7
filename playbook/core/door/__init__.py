"""The one door: all text that leaves a check passes here, on its way into a record, a message, a line or a file.

    encodable → control characters removed → secrets redacted → bounded in length, and what was cut is said

In this order, as a secret that was cut, quoted or broken by a control character before it was looked for is not
found. So whatever shows a part of something foreign takes the whole of it here, with the length that it may have:

    f"expected JSON, got {quoted(answer.text, 80)}"

What is shown at its full length needs nothing: the record as a whole passes once more, by ``leaving``.
"""

from __future__ import annotations

from collections.abc import Iterable

from playbook.core.door.characters import encodable, harmless
from playbook.core.door.known import Known
from playbook.core.door.masking import MASK, masked

__all__ = ["LONGEST", "MASK", "learn", "line", "quoted", "text"]

LONGEST = 4_000
"""Characters of one text of a record. What is longer is read by nobody."""

# Looked at beyond what is shown, so that no secret is cut before it is looked for: more than a key of 16,384 bits
# has in PEM. The end of what is looked at is never shown, as a secret may have been cut there.
_BEYOND = 16_384

_NOTE = 50  # characters that are kept free for saying how much was cut

_KNOWN = Known()


def learn(secrets: Iterable[str]) -> None:
    """Know these secrets too, for as long as the process lives. Every ``Secret`` that is made does this itself."""
    _KNOWN.learn(secrets)


def text(value: str, most: int = LONGEST) -> str:
    """The text as it may leave, with its line ends, of at most ``most`` characters."""
    shown, all_of_it = _shown(value, most)
    return shorten(shown, most, 0 if all_of_it else len(value))


def line(value: str | bytes, most: int = LONGEST) -> str:
    """The same on one line: white space becomes single spaces. Bytes are read as UTF-8."""
    if isinstance(value, bytes):
        value = value[: 4 * (most + 2 * _BEYOND)].decode("utf-8", errors="replace")
    shown, all_of_it = _shown(value, most)
    shown = " ".join(shown.split())
    return shorten(shown, most, 0 if all_of_it else len(value))


def quoted(value: object, most: int = LONGEST) -> str:
    """A foreign value on one line and in quotes, as Python writes them; what is no text as ``repr`` has it."""
    if isinstance(value, str | bytes):
        return repr(line(value, most))
    return line(repr(value), most)


def shorten(shown: str, most: int, whole: int = 0) -> str:
    """At most ``most`` characters, and where something was left out that is said: by ``…``, or by how much it was.

    Args:
        shown: what has passed the door's other steps.
        whole: how long the whole was, where ``shown`` is not all of it.
    """
    whole = max(whole, len(shown))
    if whole <= most:
        return shown
    if most < 400:
        return shown[: most - 1] + "…"
    note = f" … ({whole - most + _NOTE:,} more characters were cut)"
    return shown[: most - _NOTE] + note


def _shown(value: str, most: int) -> tuple[str, bool]:
    """The beginning without control characters and secrets, and whether that is all of it."""
    all_of_it = len(value) <= most + 2 * _BEYOND
    if not all_of_it:
        value = value[: most + 2 * _BEYOND]
    shown = masked(harmless(encodable(value)), _KNOWN)
    return (shown, True) if all_of_it else (shown[: max(len(shown) - _BEYOND, 0)], False)
