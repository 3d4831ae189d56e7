"""Runbooks as documents: owner, date of review, commands with their expected output, and links. Pure.

A runbook has two lines below its title, and after each block of commands a line with the expected result:

    Owner: Operations team
    Reviewed: 2026-11-20
    …
    Expected: every service is healthy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playbook.core.placeholders import is_no_mailbox, is_placeholder


def _field(names: str) -> re.Pattern[str]:
    """A line of the head: alone, in a list, a table or front matter, and with or without emphasis."""
    return re.compile(
        rf"^[ \t]*(?:[-*>|][ \t]+|\|)?[ \t]*[*_]{{0,3}}(?:{names})[*_]{{0,3}}[ \t]*[:|][*_]{{0,3}}[ \t]*"
        r"(?P<value>.*)$",
        re.MULTILINE | re.IGNORECASE,
    )


_OWNER = _field("owners?|owned by")
_REVIEWED = _field("(?:last )?review(?:ed)?(?: on| date)?|date of review")
_VERSION = _field("version")
_NAMES = re.compile(r"owners?|version|(?:last )?review(?:ed)?(?: date)?", re.IGNORECASE)
_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)
_BLOCK = re.compile(
    r"^[ \t>]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<kind>[\w+-]*)[^\n`]*\n(?P<code>.*?)"
    r"(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_EXPECTED = re.compile(
    r"^[ \t>*_-]*Expected(?: \w+){0,2}[*_]*:[*_]*[ \t]*(?P<text>\S.*|\n+[ \t>]*(?:```|~~~).*)$", re.MULTILINE
)
_NOT_SHOWN = re.compile(r"<!--.*?-->|(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)", re.DOTALL)
# [text](to), [text](<to> "title"), [name]: to, <https://…>, and <a href="to">
_LINK = re.compile(
    r"""(?<!!)\[[^\]]*\]\(\s*(?:<(?P<spaced>[^>\n]+)>|(?P<to>[^)\s>]+))(?:\s+["'(][^)]*)?\s*\)"""
    r"|^ {0,3}\[[^\]^][^\]]*\]:\s+<?(?P<named>[^\s>]+)|<(?P<bare>https?://[^>\s]+)>"
    r"|<a\s[^>]*?href=[\"'](?P<href>[^\"'>]+)",
    re.MULTILINE | re.IGNORECASE,
)
_HEADING = re.compile(r"^#+ +(.+)$|^(\S.*)\n(?:=+|-{2,})[ \t]*$", re.MULTILINE)
_ANCHOR = re.compile(r"<[^>]*?\s(?:id|name)=[\"']([^\"'>]+)", re.IGNORECASE)
_LINKED = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_OF_LINES = re.compile(r"L\d+(?:-L\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)|\d{8}(?!\d)|\d{4}-W\d{2}-\d")
_IN_WORDS = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%d.%m.%Y")
COMMANDS = frozenset(
    {"bash", "sh", "zsh", "fish", "shell", "console", "terminal", "shellsession", "shell-session", "powershell"}
)
_SUFFIXES = (".md", ".markdown")
_LEFT_OUT = ("archive", "archived", "templates")


def documents_in(folder: Path) -> list[Path]:
    """The documents of a folder and those below it, without an overview of the others, and what is put away."""
    found = [
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in _SUFFIXES
        and not any(part.startswith((".", "_")) or part in _LEFT_OUT for part in file.relative_to(folder).parts)
    ]
    overview = [file for file in found if file.parent == folder and file.stem.lower() in ("readme", "index")]
    return [file for file in found if file not in overview] or overview


@dataclass(frozen=True, slots=True)
class Document:
    """One runbook.

    Attributes:
        file: its path.
        version: empty where it has none; a runbook needs none.
        reviewed: None where there is no date, or an invalid one.
        given: the words in the place of the date.
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
    given: str = ""

    @property
    def name(self) -> str:
        """``high-error-rates``; of a folder's own page that of the folder."""
        return self.file.parent.name if self.file.stem.lower() in ("readme", "index") else self.file.stem

    def problems(self, today: date) -> Iterator[str]:
        """What is missing, in words."""
        if not self.owner:
            yield "no owner"
        if self.reviewed is None:
            got = f" (expected one such as 2026-11-20, got {self.given})" if self.given else ""
            yield f"no date of review{got}"
        elif self.reviewed > today + timedelta(days=1):  # in some time zone it is tomorrow already
            yield f"reviewed in the future, on {self.reviewed}"
        if not self.commands:
            yield "no commands"
        for command in self.unexplained:
            yield f"no expected outcome of `{command}`"

    def dead_links(self) -> Iterator[str]:
        """Links to files, and to headings in them, that do not exist, and to addresses that are placeholders."""
        for link in self.links:
            if re.match(r"[a-z][a-z0-9+.-]*:", link, re.IGNORECASE):
                if _is_nowhere(link):
                    yield link
                continue
            path, _, anchor = link.partition("#")
            file = self._file(unquote(path.partition("?")[0])) if path else self.file
            if not file.exists() or (anchor and file.suffix == ".md" and not _has_anchor(file, anchor)):
                yield link

    def _file(self, path: str) -> Path:
        """The file at the end of a link; a path from the root begins in the folder of the repository."""
        if not path.startswith("/"):
            return self.file.parent / path
        whole = (parent / path.lstrip("/") for parent in self.file.absolute().parents)
        return next((file for file in whole if file.exists()), Path(path))


def read_document(file: Path) -> Document:
    """Read a document; raises OSError or UnicodeDecodeError."""
    text = file.read_text(encoding="utf-8-sig")
    prose = _NOT_SHOWN.sub("", _BLOCK.sub("", text))
    title = _TITLE.search(prose)
    blocks = [block for block in _BLOCK.finditer(text) if block["kind"].lower() in COMMANDS]
    following = [*(block.start() for block in blocks[1:]), len(text)]
    unexplained = [
        _first_command(block["code"])
        for block, end in zip(blocks, following, strict=False)
        if not _is_explained(text, block.end(), end)
    ]
    given = _values(_REVIEWED, prose)
    dates = [day for day in map(_date, given) if day]
    return Document(
        file,
        title[1].strip() if title else file.stem,
        next(iter(_values(_OWNER, prose)), ""),
        next(iter(dates), None),
        len(blocks),
        tuple(unexplained),
        tuple(dict.fromkeys(next(filter(None, link.groups())) for link in _LINK.finditer(prose))),
        next(iter(_values(_VERSION, prose)), ""),
        next(iter(given), ""),
    )


def _values(field: re.Pattern[str], text: str) -> list[str]:
    """What is written in the places of a field, without placeholders and headings of a table."""
    values = [found["value"].strip().strip("|*_\"'").strip() for found in field.finditer(text)]
    return [
        value for value in values if not is_placeholder(value) and "|" not in value and not _NAMES.fullmatch(value)
    ]


def _date(given: str) -> date | None:
    """The day that a text begins with: as ISO 8601 writes it, or with the month in words; 1/2/2026 is two days."""
    found = _DAY.match(given)
    try:
        if found:
            return date.fromisoformat(found[0])
    except ValueError:
        return None
    words = " ".join(re.split(r"[,\s(]+", re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", given))[:3])
    for form in _IN_WORDS:
        for text in (words, words.partition(" ")[0]):
            with suppress(ValueError):
                return datetime.strptime(text, form).replace(tzinfo=UTC).date()
    return None


def _is_explained(text: str, begin: int, end: int) -> bool:
    """Whether a result is written down between two places."""
    found = _EXPECTED.search(text, begin, end)
    if found is None:
        return False
    outcome = found["text"].strip("*_. \t").lower()
    return outcome.startswith("\n") or outcome in ("none", "nobody", "n/a") or not is_placeholder(outcome)


def _first_command(code: str) -> str:
    lines = [line.strip() for line in code.splitlines() if line.strip() and not line.strip().startswith("#")]
    return lines[0] if lines else "an empty block"


def _is_nowhere(link: str) -> bool:
    """Whether an address is an example, or still to be written."""
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        return True
    return bool(host) and (is_placeholder(host) or is_no_mailbox(f"@{host}"))


def _has_anchor(file: Path, anchor: str) -> bool:
    return bool(_OF_LINES.fullmatch(anchor)) or unquote(anchor) in anchors(file)


def anchors(file: Path) -> set[str]:
    """The anchors of a Markdown file, as GitHub derives them from headings, and those that it sets itself."""
    text = _BLOCK.sub("", file.read_text(encoding="utf-8-sig"))
    found, seen = set(_ANCHOR.findall(text)), Counter[str]()
    for heading in _HEADING.finditer(text):
        anchor = anchor_of(heading[1] or heading[2])
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def anchor_of(heading: str) -> str:
    """``#anchor-of-a-heading`` without its ``#``, as GitHub derives it."""
    shown = re.sub(r"\s+#+\s*$", "", _LINKED.sub(r"\1", heading)).strip()
    return re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
