"""Writing a folder of pages: completely or not at all, and never over other files."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from playbook.core.errors import UsageError

MARKER = ".playbook-site"
_SAYS = "Made by `python -m playbook site build`, which replaces this folder whole.\n"


def write_folder(
    folder: Path,
    files: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    copies: Mapping[str, Path] | None = None,
) -> int:
    """Write files and copies of folders, by path below ``folder``, replacing its contents; the number of files.

    Files are written as they are produced, so they need not all be in memory. Everything is written to a temporary
    folder that then replaces the old one, so that a failure leaves the old pages.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
    """
    folder = folder.resolve()
    _require_ours(folder)
    fresh = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    try:
        fresh.mkdir(parents=True)
        (fresh / MARKER).write_text(_SAYS, encoding="utf-8")
        written = set()
        for name, content in files.items() if isinstance(files, Mapping) else files:
            written.add(name)
            file = fresh / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        for name, source in (copies or {}).items():
            _copy(source, fresh / name)
        _swap(fresh, folder)
        return len(written)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _require_ours(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder}: expected a folder for the site, and it is a file")
    if not (folder / MARKER).is_file() and any(folder.iterdir()):
        raise UsageError(
            f"{folder}: expected a folder that is empty, new, or made by an earlier build "
            f"(with {MARKER} in it), as a build replaces it whole"
        )


def _swap(fresh: Path, folder: Path) -> None:
    old = fresh.with_name(f"{fresh.name}-old")
    there = folder.exists()
    if there:
        folder.replace(old)
    try:
        fresh.replace(folder)
    except OSError:
        if there:
            old.replace(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _copy(source: Path, to: Path) -> None:
    """Regular files only: a link could lead out of the folder, and a pipe would never end."""
    to.mkdir(parents=True, exist_ok=True)
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            _copy(Path(entry.path), to / entry.name)
        elif stat.S_ISREG(mode):
            shutil.copyfile(entry.path, to / entry.name)
