"""What a page holds, for tests: elements, ids, links, headings, text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "path", "rect", "br", "img", "input", "hr", "circle"}
_CELL = {"td", "th", "tr", "tbody"}
_BLOCK = {"p", "ul", "ol", "dl", "div", "section", "table", "details", "pre", "h2", "h3", "h4", "header", "footer"}
# Elements whose end tag may be omitted, with the start tags that imply it:
# https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
OPTIONAL = {
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "p": _BLOCK,
    "thead": {"tbody", "tfoot"},
    "tbody": {"tbody", "tfoot"},
    "tr": {"tr", "tbody"},
    "td": _CELL,
    "th": _CELL,
}


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

    def updatepos(self, i, j):
        """Lines are not counted: nobody asks where an element stands."""
        return j

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute of {tag} stands there twice"
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        self.links += [attributes[name] or "" for name in ("href", "src") if name in attributes]
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        while self.open and tag in OPTIONAL.get(self.open[-1], ()):
            self.open.pop()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.open[-1] != tag and self.open[-1] in OPTIONAL:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data.replace("\N{NO-BREAK SPACE}", " ")  # between a number and its unit

    def all(self, tag):
        """Attributes of every element of this kind."""
        return [attributes for name, attributes in self.tags if name == tag]


_BLOCKS = {
    "article",
    "details",
    "div",
    "dl",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
}


class WrittenDocument(Document):
    """A page as it is written to a file: elements end as in a browser, where the next tag implies it.

    Attributes:
        paths: of each element, the elements around it.
    """

    CLOSED_BY = {
        "li": {"li"},
        "dt": {"dt", "dd"},
        "dd": {"dt", "dd"},
        "td": {"td", "th", "tr", "tbody"},
        "th": {"td", "th", "tr", "tbody"},
        "tr": {"tr", "tbody"},
        "thead": {"tbody"},
        "p": {*_BLOCKS, "li", "dt", "dd", "td", "th", "tr", "tbody"},
    }

    def handle_starttag(self, tag, attrs):
        while self.open and tag in self.CLOSED_BY.get(self.open[-1], ()):
            self.open.pop()
        super().handle_starttag(tag, attrs)
        self.paths.append("/".join(self.open) + (f"/{tag}" if tag in VOID else ""))

    def handle_endtag(self, tag):
        while self.open and self.open[-1] in self.CLOSED_BY.keys() | {"tbody"} and self.open[-1] != tag:
            self.open.pop()
        super().handle_endtag(tag)

    def __init__(self, content):
        self.paths = []
        super().__init__(content)
