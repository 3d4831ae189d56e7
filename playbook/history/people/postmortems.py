"""The pages of post-mortems, and which of them are filed.

A page is a Markdown file in the folder ``people.postmortems``. A hidden comment identifies its incident, so that
it may be renamed; it is filed once no place in it remains to be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from playbook.core.severity import URGENT
from playbook.core.wording import plural
from playbook.readers.documents import damage_of
from playbook.settings.model import Settings

ASKED_FOR = URGENT
TO_WRITE = "(to be written)"
_MARK = re.compile(r"<!-- playbook-post-mortem ([0-9a-f]{12}-\d+) target=(\S+) -->")
_LONGEST_PAGE = 1024 * 1024  # bytes
_LEFT = re.compile(r"(?i)\(to be written\)")
# A line that holds a place alone, after its mark or its label: "- Owner: TBD".
_PLACE = re.compile(
    r"(?i)(?:[-*+>|]\s*|\d+\.\s*)?(?:\[ \]\s*)?(?:[*_]*[\w ]{1,40}:[*_]*)?\s*"
    r"[*_(\[<{]*(?:tb[adc]|to be (?:done|defined|determined|written)|todo|fixme|wip|\?{2,}|\.{3}|…)[*_)\]>}.:]*"
)
_LABEL = re.compile(r"([-*+]\s*)?(?:\[ \]\s*)?[*_]*[\w ]{1,40}:[*_]*\s*(?P<said>.*)")
_NOTHING = re.compile(r"(?i)[-–—_.]*|xxx+|\"\s*\"|<[^<>]*>")  # behind a label
_HEADING = re.compile(r"(#{1,6})\s")


def folder_of(settings: Settings) -> Path | None:
    """Folder of the pages; None where the settings name none."""
    name = settings.people.postmortems
    return settings.path_of(name) if name else None


def mark(key: str, target: str) -> str:
    """The comment that identifies a page's incident."""
    return f"<!-- playbook-post-mortem {key} target={quote(target, safe='')} -->"


def pages(folder: Path, target: str) -> Iterator[tuple[Path, str]]:
    """Every page of a target, with the key of its incident. Unreadable files are skipped."""
    return ((file, key) for file, key, _ in _pages(folder, target))


def _pages(folder: Path, target: str) -> Iterator[tuple[Path, str, bytes]]:
    """As ``pages``, with the beginning of each: up to a byte more than the longest page."""
    for file in sorted(folder.glob("*.md")):
        content = _read(file)
        found = _MARK.search(content.decode("utf-8", errors="replace"))
        if found and found[2] == quote(target, safe=""):
            yield file, found[1], content


def filed(folder: Path, target: str) -> tuple[frozenset[str], dict[str, str]]:
    """Keys of the incidents whose page is filed, and what is missing in the other pages, in words.

    Raises:
        OSError: the folder exists and cannot be read; a missing one has no page.
    """
    done, begun = set(), {}
    if folder.exists():
        list(folder.iterdir())  # raises the reason
    for _, key, content in _pages(folder, target):
        text = content.decode("utf-8", errors="replace")
        damage, left = damage_of(text), _to_be_written(text)
        if damage or left:
            begun[key] = damage or f"{plural(left, 'place')} still to be written"
        elif len(content) > _LONGEST_PAGE:
            begun[key] = "over 1 MiB long, so that its end was not read"
        else:
            done.add(key)
    return frozenset(done), begun


def _to_be_written(page: str) -> int:
    """How many places are left: those that the form marks, others in the usual words, and empty sections."""
    raw = [line.rstrip() for line in _MARK.sub("", page).splitlines() if line.strip()]
    written = [line.strip() for line in raw]
    left = sum(len(_LEFT.findall(line)) or bool(_PLACE.fullmatch(line)) for line in written)
    left += sum(_is_left_open(line, following) for line, following in pairwise([*raw, ""]))
    for line, following in pairwise([*written, ""]):
        level, next_level = _HEADING.match(line), _HEADING.match(following)
        if level and (not following or (next_level and len(next_level[1]) <= len(level[1]))):
            left += 1
    return left or int(not written)


def _is_left_open(line: str, following: str) -> bool:
    """Whether a line is a label with nothing behind it, nor below it: ``- Owner:``."""
    label = _LABEL.fullmatch(line.strip())
    if not label or not _NOTHING.fullmatch(label["said"]):
        return False
    next_label, below = _LABEL.fullmatch(following.strip()), _indent(following) > _indent(line)
    is_next = next_label is not None and bool(next_label[1]) == bool(label[1]) and not below
    return bool(label["said"]) or not following or bool(_HEADING.match(following.strip())) or is_next


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as page:
            return page.read(_LONGEST_PAGE + 1)
    except OSError:
        return b""
