"""Runbooks as documents: owner, date of review, commands with their expected output, and links. Pure.

A runbook has two lines below its title, and after each block of commands a line with the expected result:

    Owner: Operations team
    Reviewed: 2026-11-20
    …
    Expected: every service is healthy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

_OWNER = re.compile(r"^Owner: *(?P<owner>\S.*)$", re.MULTILINE)
_REVIEWED = re.compile(r"^Reviewed: *(?P<reviewed>.*)$", re.MULTILINE)
_VERSION = re.compile(r"^Version: *(?P<version>\S.*)$", re.MULTILINE)
_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^ *```(?P<kind>\w*)\n(?P<code>.*?)^ *```", re.MULTILINE | re.DOTALL)
_EXPECTED = re.compile(r"^ *Expected: *\S", re.MULTILINE)
# [text](to), [text](<to> "title"), [name]: to, and <https://…>
_LINK = re.compile(
    r"""(?<!!)\[[^\]]*\]\(\s*<?(?P<to>[^)\s>]+)>?(?:\s+["'(][^)]*)?\s*\)"""
    r"|^ {0,3}\[[^\]^][^\]]*\]:\s+<?(?P<named>[^\s>]+)|<(?P<bare>https?://[^>\s]+)>",
    re.MULTILINE,
)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
COMMANDS = frozenset({"bash", "sh", "shell", "console"})


@dataclass(frozen=True, slots=True)
class Document:
    """One runbook.

    Attributes:
        file: its path.
        version: empty where it has none; a runbook needs none.
        reviewed: None where there is no date, or an invalid one.
        commands: number of blocks of commands.
        unexplained: the first line of each block without an expected result.
        links: verbatim, without those in blocks.
    """

    file: Path
    title: str
    owner: str
    reviewed: date | None
    commands: int
    unexplained: tuple[str, ...]
    links: tuple[str, ...]
    version: str = ""

    @property
    def name(self) -> str:
        """``high-error-rates``."""
        return self.file.stem

    def problems(self, today: date) -> Iterator[str]:
        """What is missing, in words."""
        if not self.owner:
            yield "no owner"
        if self.reviewed is None:
            yield "no date of review"
        elif self.reviewed > today + timedelta(days=1):  # in some time zone it is tomorrow already
            yield f"reviewed in the future, on {self.reviewed}"
        if not self.commands:
            yield "no commands"
        for command in self.unexplained:
            yield f"no expected outcome of `{command}`"

    def dead_links(self) -> Iterator[str]:
        """Links to files, and to headings in them, that do not exist."""
        for link in self.links:
            if re.match(r"[a-z][a-z0-9+.-]*:", link, re.IGNORECASE):
                continue
            path, _, anchor = link.partition("#")
            file = (self.file.parent / path) if path else self.file
            if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
                yield link


def read_document(file: Path) -> Document:
    """Read a document; raises OSError or UnicodeDecodeError."""
    text = file.read_text(encoding="utf-8")
    owner, title, version = _OWNER.search(text), _TITLE.search(text), _VERSION.search(text)
    blocks = [block for block in _BLOCK.finditer(text) if block["kind"] in COMMANDS]
    following = [*(block.start() for block in blocks[1:]), len(text)]
    unexplained = [
        _first_command(block["code"])
        for block, end in zip(blocks, following, strict=False)
        if not _EXPECTED.search(text, block.end(), end)
    ]
    prose = _BLOCK.sub("", text)
    return Document(
        file,
        title[1].strip() if title else file.stem,
        owner["owner"].strip() if owner else "",
        _date(text),
        len(blocks),
        tuple(unexplained),
        tuple(dict.fromkeys(link["to"] or link["named"] or link["bare"] for link in _LINK.finditer(prose))),
        version["version"].strip() if version else "",
    )


def _date(text: str) -> date | None:
    found = _REVIEWED.search(text)
    try:
        return date.fromisoformat(found["reviewed"].strip()) if found else None
    except ValueError:
        return None


def _first_command(code: str) -> str:
    lines = [line.strip() for line in code.splitlines() if line.strip() and not line.strip().startswith("#")]
    return lines[0] if lines else "an empty block"


def anchors(file: Path) -> set[str]:
    """The anchors of a Markdown file, as GitHub derives them from headings."""
    text = file.read_text(encoding="utf-8")
    return {anchor_of(heading) for heading in _HEADING.findall(text)}


def anchor_of(heading: str) -> str:
    """``#anchor-of-a-heading`` without its ``#``, as GitHub derives it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
