"""What pytest itself prints passes the door too: warnings, tracebacks of files of checks, its internal errors."""

from __future__ import annotations

from typing import Any

from playbook import door

_LONGEST = 100_000  # characters written at once: pytest writes line by line


def guard(writer: Any) -> None:
    """Let everything that a terminal writer of pytest is told to write pass the door, once."""
    if hasattr(writer, "playbook_write"):
        return
    writer.playbook_write = writer.write

    def write(msg: str, *, flush: bool = False, **markup: bool) -> None:
        text = msg.lstrip("\r")  # of a line that is written over; the rest of the controls is nobody's to set
        writer.playbook_write(msg[: len(msg) - len(text)] + door.text(text, _LONGEST), flush=flush, **markup)

    writer.write = write
