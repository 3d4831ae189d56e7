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
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playbook.core.placeholders import is_no_mailbox, is_placeholder
from playbook.readers.document_head import head_of

_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)
_BLOCK = re.compile(
    r"^[ \t>]*(?P<fence>`{3,}|~{3,})[ \t]*\{?\.?(?P<kind>[\w+-]*)[^\n`]*\n(?P<code>.*?)"
    r"(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_EXPECTED = re.compile(
    r"^[ \t>*_-]*(?:Expect(?:ed)?(?: \w+){0,2}|(?:(?:Example|Sample|Typical) )?(?:Outcome|Output|Result))"
    r"[*_]*:[*_]*[ \t]*(?P<text>\S.*|\n+[ \t>]*(?:```|~~~).*)$"
    r"|^[ \t>*_-]*(?:You should (?:now )?(?:get|see)"
    r"|(?:It|That|This|The (?:answer|command|output|response|result)) should (?:now )?"
    r"(?:answer|be|contain|display|give|list|print|report|respond|return|say|show))\b(?P<should>.*)$",
    re.MULTILINE | re.IGNORECASE,
)
# In a comment, as a block of its own behind the commands, and behind a prompt.
_EXPECTED_IN_CODE = re.compile(r"#[ \t]*(?:expected(?: \w+){0,2}:|=>|→)[ \t]*\w", re.IGNORECASE)
_OUTPUT = re.compile(r"\s*(?:```|~~~)[ \t]*(?:json|log|output|plain\w*|te?xt)?[ \t]*\n\s*(?!```|~~~)\S")
_PROMPT = re.compile(r"^[ \t]*[$%] \S(?:.*[^\\\n])?\n[ \t]*(?![$%#>\s])\S", re.MULTILINE)
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
COMMANDS = frozenset(
    {"bash", "sh", "zsh", "fish", "shell", "console", "terminal", "shellsession", "shell-session", "powershell"}
)
# What people run besides; where there are no commands of a shell, these are the commands.
_OTHER_COMMANDS = frozenset(
    {"", "bat", "batch", "cmd", "doctl", "http", "mysql", "promql", "ps1", "psql", "pwsh", "redis", "sql"}
)
_SUFFIXES = (".md", ".markdown", ".mdx")
_OTHER_SUFFIXES = (".adoc", ".asciidoc", ".docx", ".odt", ".org", ".rst", ".textile")
_LEFT_OUT = ("archive", "archived", "templates")


def documents_in(folder: Path) -> list[Path]:
    """The documents of a folder and those below it, without an overview of the others, and what is put away."""
    found = _files_in(folder, _SUFFIXES)
    overview = [file for file in found if file.parent == folder and file.stem.lower() in ("readme", "index")]
    return [file for file in found if file not in overview] or overview


def others_in(folder: Path) -> list[Path]:
    """Documents of a folder and those below it in forms that are not read here."""
    return _files_in(folder, _OTHER_SUFFIXES)


def _files_in(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    return [
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in suffixes
        and not any(part.startswith((".", "_")) or part in _LEFT_OUT for part in file.relative_to(folder).parts)
    ]


@dataclass(frozen=True, slots=True)
class Document:
    """One runbook.

    Attributes:
        file: its path.
        version: empty where it has none; a runbook needs none.
        reviewed: None where there is no date, or an invalid one.
        given: the words in the place of the date.
        damage: that some of it is not as it was written, in words; empty where nothing shows that.
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
    damage: str = ""

    @property
    def name(self) -> str:
        """``high-error-rates``; of a folder's own page that of the folder."""
        return self.file.parent.name if self.file.stem.lower() in ("readme", "index") else self.file.stem

    def problems(self, today: date) -> Iterator[str]:
        """What is missing or damaged, in words."""
        if self.damage:
            yield self.damage
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
    blocks = _commands(text)
    following = [*(block.start() for block in blocks[1:]), len(text)]
    unexplained = [
        _first_command(block["code"])
        for block, end in zip(blocks, following, strict=False)
        if not _is_explained(text, block, end)
    ]
    head = head_of(prose)
    return Document(
        file,
        title[1].strip() if title else file.stem,
        head.owner,
        head.reviewed,
        len(blocks),
        tuple(unexplained),
        tuple(dict.fromkeys(next(filter(None, link.groups())) for link in _LINK.finditer(prose))),
        head.version,
        head.given,
        damage_of(text),
    )


def damage_of(text: str) -> str:
    """That some of a document is not as it was written, in words; empty where nothing shows that.

    A file system leaves NUL bytes in place of what was not yet written when the power failed.
    """
    if "\0" in text:
        return "NUL bytes in its text"
    begun, ended = (re.search(f"^{mark * 7} ", text, re.MULTILINE) for mark in "<>")
    return "both sides of a merge that git could not finish" if begun and ended else ""


def _commands(text: str) -> list[re.Match[str]]:
    """Blocks of commands: of a shell, or else of other programs, or without a name and not an output."""
    found = list(_BLOCK.finditer(text))
    of_shell = [block for block in found if block["kind"].lower() in COMMANDS]
    if of_shell:
        return of_shell
    blocks: list[re.Match[str]] = []
    for block in found:
        is_output = bool(blocks) and not block["kind"] and not text[blocks[-1].end() : block.start()].strip()
        if block["kind"].lower() in _OTHER_COMMANDS and not is_output:
            blocks.append(block)
    return blocks


def _is_explained(text: str, block: re.Match[str], end: int) -> bool:
    """Whether a result is written down in a block of commands, or behind it up to ``end``."""
    code = f"{block['code']}\n"
    if _EXPECTED_IN_CODE.search(code) or _PROMPT.search(code) or _OUTPUT.match(text, block.end()):
        return True
    found = _EXPECTED.search(text, block.end(), end)
    if found is None:
        return False
    outcome = (found["text"] or found["should"]).strip("*_. \t").lower()
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
