"""Files that are there whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Put ``content`` in the place of what was there; what was there stays where that fails (OSError)."""
    part = file.with_name(f"{file.name}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def reason_of(error: OSError) -> str:
    """Why the system refused, in its words: ``no space left on device``."""
    return (error.strerror or type(error).__name__).lower()
