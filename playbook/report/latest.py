"""``reports/latest`` points to the newest run."""

from __future__ import annotations

import os
from contextlib import suppress
from html import escape
from pathlib import Path


def point_latest_at(folder: Path) -> None:
    """Make ``latest`` beside ``folder`` point to it; replaced atomically, so that it is always valid.

    A file system without symbolic links gets a folder with a page that redirects.
    """
    latest = folder.parent / "latest"
    fresh = folder.parent / f".latest-{os.getpid()}"
    try:
        with suppress(FileNotFoundError):
            fresh.unlink()
        fresh.symlink_to(folder.name, target_is_directory=True)
        fresh.replace(latest)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        _leading_page(latest, folder.name)


def _leading_page(latest: Path, name: str) -> None:
    if latest.is_symlink():  # otherwise the page would be written into the report that it pointed to
        latest.unlink()
    latest.mkdir(exist_ok=True)
    address = escape(f"../{name}/index.html", quote=True)
    (latest / "index.html").write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Newest report</title>'
        f'<meta http-equiv="refresh" content="0; url={address}"><a href="{address}">Newest report</a></html>\n',
        encoding="utf-8",
    )
