"""Lines whose time nobody knows: neither they nor the lines around them in their part state one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playbook.readers.logs import levels, traces
from playbook.readers.logs.parse import Entry


@dataclass(slots=True)
class Undated:
    """Counts of such lines. They may be of any day, so none of their errors counts, and none is nothing.

    Attributes:
        parse: the content of a clean line.
        lines: their number.
        errors: those of them that report an error or begin a stack trace; ``example`` is the first.
    """

    parse: Callable[[str], Entry]
    lines: int = 0
    errors: int = 0
    example: str = ""

    def add(self, text: str) -> bool:
        """Count one clean line; True where it is of a request, which is then missing from those of its file.

        Others may be what a program prints when it starts.
        """
        self.lines += 1
        entry = self.parse(text)
        level = entry.level or (traces.begins(entry.text) if entry.bare else levels.NONE)
        if level >= levels.ERROR or (entry.access and entry.access.status >= 500):
            self.errors += 1
            self.example = self.example or text
        return entry.access is not None
