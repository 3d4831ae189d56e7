"""Audiences: ``public`` is for everybody, ``team`` for those who run the system.

The safe one is the default everywhere. A plain text belongs to the team, whatever it contains: what a check found
may quote a log line, a person or the address of a machine. Only a ``Public`` text may go to a public place; it is
made of a sentence in the code, and of numbers, dates and words of closed lists. Any operation on it (join, format,
slice) gives a plain text again, so a check can fail to publish a text by mistake but cannot disclose one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum, StrEnum

AUDIENCE_VARIABLE = "PLAYBOOK_AUDIENCE"


class Audience(StrEnum):
    """A group of readers."""

    PUBLIC = "public"
    TEAM = "team"


class Public(str):
    """A text that everybody may read, made by ``say``."""

    __slots__ = ()


Part = int | float | date | Enum | Public


def say(sentence: str, *parts: Part) -> Public:
    """A public text: ``say("{} of {} components are healthy", 2, 3)``.

    Args:
        sentence: a literal in the code; a test ensures that it is not built from other texts.
        parts: values for each ``{}``, e.g. ``{:,}`` or ``{:.1f}``; no plain text.

    Raises:
        TypeError: a part is a plain text, or something else that could contain one.
    """
    for part in parts:
        if not isinstance(part, Part):
            raise TypeError(
                f"expected numbers, dates and public texts for {sentence!r}, got {type(part).__name__}"
            )
    return Public(sentence.format(*parts))


def of_terminal(environment: Mapping[str, str]) -> Audience:
    """The audience of printed output: the team, unless ``$PLAYBOOK_AUDIENCE`` is ``public``."""
    variable = environment.get(AUDIENCE_VARIABLE, "").strip().lower()
    return Audience.TEAM if variable in {"", Audience.TEAM} else Audience.PUBLIC
