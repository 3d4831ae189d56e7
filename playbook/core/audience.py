"""Who may read what: ``public`` is for everybody, ``team`` for those who run the system.

The safe one is the default everywhere. A plain text is the team's, whatever it says: what a check found may quote
a log line, a person or an address of a machine. Only a ``Public`` text may go to a public place; it is made of a
sentence that stands in the code, and of numbers, dates and words of closed lists. Whatever is done to one (joined,
formatted, cut) gives a plain text again, so that a check can forget to make a text public, and not to keep it from
the public.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum, StrEnum

AUDIENCE_VARIABLE = "PLAYBOOK_AUDIENCE"


class Audience(StrEnum):
    """Who may read something."""

    PUBLIC = "public"
    TEAM = "team"


class Public(str):
    """A text that everybody may read. ``say`` makes it."""

    __slots__ = ()


Part = int | float | date | Enum | Public


def say(sentence: str, *parts: Part) -> Public:
    """A text for everybody: ``say("{} of {} components are healthy", 2, 3)``.

    Args:
        sentence: written out in the code; a test holds that nothing is put together there.
        parts: what stands for each ``{}``, e.g. ``{:,}`` or ``{:.1f}``; no plain text.

    Raises:
        TypeError: a part is a plain text, or something else that could hold one.
    """
    for part in parts:
        if not isinstance(part, Part):
            raise TypeError(
                f"expected numbers, dates and public texts for {sentence!r}, got {type(part).__name__}"
            )
    return Public(sentence.format(*parts))


def of_terminal(environment: Mapping[str, str]) -> Audience:
    """Who reads what is printed: the team, unless ``$PLAYBOOK_AUDIENCE`` says that everybody may."""
    said = environment.get(AUDIENCE_VARIABLE, "").strip().lower()
    return Audience.TEAM if said in {"", Audience.TEAM} else Audience.PUBLIC
