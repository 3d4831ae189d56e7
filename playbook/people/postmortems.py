"""The pages of post-mortems, and which of them are filed.

A page is a Markdown file in the folder ``people.postmortems``. A hidden comment identifies its incident, so that
it may be renamed; it is filed once no place in it remains to be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from playbook.core.severity import URGENT
from playbook.people.files import path_of
from playbook.settings.model import Settings

ASKED_FOR = URGENT
TO_WRITE = "(to be written)"
_MARK = re.compile(r"<!-- playbook-post-mortem ([0-9a-f]{12}-\d+) target=(\S+) -->")
_LONGEST_PAGE = 1024 * 1024  # bytes


def folder_of(settings: Settings) -> Path | None:
    """Folder of the pages; None where the settings name none."""
    name = settings.people.postmortems
    return path_of(settings, name) if name else None


def mark(key: str, target: str) -> str:
    """The comment that identifies a page's incident."""
    return f"<!-- playbook-post-mortem {key} target={quote(target, safe='')} -->"


def pages(folder: Path, target: str) -> Iterator[tuple[Path, str]]:
    """Every page of a target, with the key of its incident. Unreadable files are skipped."""
    for file in sorted(folder.glob("*.md")):
        text = _read(file)
        found = _MARK.search(text)
        if found and found[2] == quote(target, safe=""):
            yield file, found[1]


def filed(folder: Path, target: str) -> tuple[frozenset[str], dict[str, int]]:
    """Keys of the incidents whose page is filed, and the number of unfinished places in the other pages.

    Raises:
        OSError: the folder exists and cannot be read; a missing one has no page.
    """
    done, begun = set(), {}
    if folder.exists():
        list(folder.iterdir())  # raises the reason
    for file, key in pages(folder, target):
        left = _read(file).count(TO_WRITE)
        if left:
            begun[key] = left
        else:
            done.add(key)
    return frozenset(done), begun


def _read(file: Path) -> str:
    try:
        with file.open("rb") as page:
            return page.read(_LONGEST_PAGE).decode("utf-8", errors="replace")
    except OSError:
        return ""
