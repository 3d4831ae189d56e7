"""The shipped runbooks as pages: supports only the Markdown that they use.

Everything is escaped first, so that a document can add nothing to a page but its own structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from markupsafe import Markup, escape

from playbook.core.places import RUNBOOKS
from playbook.readers.documents import anchor_of

_HEADING = re.compile(r"(#{1,4}) +(.+)")
_FENCE = re.compile(r" *```\w*$")
_ITEM = re.compile(r"( *)(?:[-*]|(\d+)\.) +(.*)")
_ROW = re.compile(r"\|.*\|$")
_RULE = re.compile(r"\|[ :|-]+\|$")
_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>.+?)\*\*|\[(?P<text>[^\]]+)\]\((?P<to>[^)\s]+)\)|<(?P<bare>https?://[^>\s]+)>"
)


class Page(NamedTuple):
    """One runbook as HTML."""

    name: str
    title: str
    html: Markup


@cache
def runbooks() -> Mapping[str, Page]:
    """Runbooks by name; unreadable ones are omitted."""
    found = {}
    for file in sorted(RUNBOOKS.glob("*.md")):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        title = next((match[2] for line in text.splitlines() if (match := _HEADING.fullmatch(line))), file.stem)
        found[file.stem] = Page(file.stem, title, Markup("\n").join(_blocks(text.splitlines())))
    return found


def _blocks(lines: Sequence[str], *, seen_title: bool = False) -> Iterator[Markup]:
    """Headings, paragraphs, lists, tables and command blocks, in order; the page shows the title."""
    position, above = 0, "Table"
    while position < len(lines):
        line = lines[position]
        heading = _HEADING.fullmatch(line)
        if heading:
            if seen_title or len(heading[1]) > 1:
                above = heading[2]
                level = max(len(heading[1]), 2)
                tag = Markup("h{}").format(level)
                yield Markup('<{0} id="{1}">{2}</{0}>').format(tag, anchor_of(heading[2]), _inline(heading[2]))
            seen_title, position = True, position + 1
        elif _FENCE.fullmatch(line):
            position, code = _code(lines, position)
            yield code
        elif _ROW.fullmatch(line):
            end = _while(lines, position, _ROW.fullmatch)
            yield _table(lines[position:end], above)
            position = end
        elif _ITEM.fullmatch(line):
            end = _while(
                lines, position, lambda each: bool(_ITEM.fullmatch(each)) or each.startswith(" ") or not each
            )
            yield _list(lines[position:end])
            position = end
        elif line.strip():
            end = _while(lines, position, lambda each: bool(each.strip()) and not _starts(each))
            end = max(end, position + 1)
            yield Markup("<p>{}</p>").format(_text(lines[position:end]))
            position = end
        else:
            position += 1


def _starts(line: str) -> bool:
    return any(form.fullmatch(line) for form in (_HEADING, _FENCE, _ROW, _ITEM))


def _while(lines: Sequence[str], start: int, goes_on: object) -> int:
    """End of a block, without trailing empty lines."""
    end = start
    while end < len(lines) and goes_on(lines[end]):  # type: ignore[operator]
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _code(lines: Sequence[str], start: int) -> tuple[int, Markup]:
    end = start + 1
    while end < len(lines) and not _FENCE.fullmatch(lines[end]):
        end += 1
    rows = Markup("").join(Markup("<code>{}</code>").format(line.strip()) for line in lines[start + 1 : end])
    return end + 1, Markup('<pre class="command">{}</pre>').format(rows)


def _list(lines: Sequence[str]) -> Markup:
    """Entries of a list; indented lines belong to the entry above."""
    first = _ITEM.fullmatch(lines[0])
    assert first
    indent = len(first[1])
    entries: list[list[str]] = []
    for line in lines:
        match = _ITEM.fullmatch(line)
        if match and len(match[1]) <= indent:
            entries.append([match[3]])
        else:
            entries[-1].append(line)
    tag = Markup("ol") if first[2] else Markup("ul")
    entries_html = Markup("\n").join(Markup("<li>{}</li>").format(_entry(entry)) for entry in entries)
    return Markup("<{0}>\n{1}\n</{0}>").format(tag, entries_html)


def _entry(lines: Sequence[str]) -> Markup:
    depth = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    inner = [lines[0], *(line[depth:] for line in lines[1:])]
    if any(map(_starts, inner[1:])):
        return Markup("\n").join(_blocks(inner, seen_title=True))
    return _text(inner)


def _text(lines: Sequence[str]) -> Markup:
    """Lines of a paragraph; two trailing spaces are a line break."""
    parts = "\n".join(line.strip() + ("\n" if line.endswith("  ") else "") for line in lines).split("\n\n")
    return Markup("<br>").join(_inline(" ".join(part.split())) for part in parts)


def _table(lines: Sequence[str], name: str) -> Markup:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not _RULE.fullmatch(line)]
    head = Markup("").join(
        Markup('<th scope="col">{}</th>').format(_inline(cell)) if cell else Markup("<td></td>")
        for cell in rows[0]
    )
    body = Markup("\n").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(_inline(c)) for c in row))
        for row in rows[1:]
    )
    table = Markup("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
        name, head, body
    )
    return Markup('<div class="scroll" role="region" tabindex="0" aria-label="{}">{}</div>').format(name, table)


def _inline(text: str) -> Markup:
    """Code, emphasis and links; a link to another runbook leads to its page, one to any other file is dropped."""
    found, end = Markup(""), 0
    for match in _INLINE.finditer(text):
        found += escape(text[end : match.start()]) + _marked(match)
        end = match.end()
    return found + escape(text[end:])


def _marked(match: re.Match[str]) -> Markup:
    if match["code"]:
        return Markup("<code>{}</code>").format(match["code"])
    if match["strong"]:
        return Markup("<strong>{}</strong>").format(_inline(match["strong"]))
    if match["bare"]:
        return _link(match["bare"], match["bare"])
    to, text = match["to"], match["text"]
    if re.fullmatch(r"https?://\S+", to):
        return _link(to, text)
    name, _, place = to.partition("#")
    if name == "" or re.fullmatch(r"[a-z0-9-]+\.md", name):
        page = name.replace(".md", ".html")
        return Markup('<a href="{}">{}</a>').format(f"{page}#{place}" if place else page, text)
    return escape(text)


def _link(to: str, text: str) -> Markup:
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(to, text)
