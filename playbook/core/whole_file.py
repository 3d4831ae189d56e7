"""Atomic writing of files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Replace the file's content atomically; on failure (OSError) the old content remains."""
    part = file.with_name(f"{file.name}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def reason_of(error: OSError) -> str:
    """The operating system's reason: ``no space left on device``."""
    return (error.strerror or type(error).__name__).lower()
