"""Base types of every section of the settings."""

from __future__ import annotations

from typing import Annotated

import msgspec

from playbook.core import door


class Secret:
    """A text that does not show itself. Call ``reveal()`` only where it is sent.

    It is redacted from then on wherever it comes back, in an answer or a log line.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        door.learn([text])

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


# Positive: a time limit of 0 would fail everything.
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of playbook.toml; unknown keys are refused."""
