"""What the pages of a site hold, for tests: ids, links, headings, text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

VOID = {"meta", "link", "path", "rect", "br", "img", "input", "hr", "circle"}


class Document(HTMLParser):
    """One page; checks that its elements nest."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.levels: list[int] = []
        self.text = ""
        self.feed(content.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute of {tag} stands there twice"
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        self.links += [attributes[name] or "" for name in ("href", "src") if name in attributes]
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data

    def all(self, tag):
        """Attributes of every element of this kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def broken_links(files):
    """Links of every page that lead nowhere within the site, or out of it."""
    pages = {name: Document(content) for name, content in files.items() if name.endswith(".html")}
    wrong = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            to = normpath(str(PurePosixPath(name).parent / unquote(parts.path))) if parts.path else name
            lost = parts.scheme or parts.netloc or link.startswith("/") or to not in files
            if lost or (parts.fragment and parts.fragment not in pages[to].ids):
                wrong.append((name, link))
    return pages, wrong
