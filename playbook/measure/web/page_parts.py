"""What a visitor sees of a page: its title, headings and text, read from its bytes. Pure."""

from __future__ import annotations

import codecs
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

from playbook.clients.answer import Answer
from playbook.core import door

_MOST_BODY = 4 * 1024 * 1024
_HEAD = 1024  # bytes in which browsers look for the encoding
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Content codings (https://www.iana.org/assignments/http-parameters/). Browsers ignore anything else, as a store of
# files sends it with "aws-chunked" or "utf-8", and take the body as it is.
_CODINGS = frozenset(
    {
        "aes128gcm",
        "br",
        "compress",
        "dcb",
        "dcz",
        "deflate",
        "exi",
        "gzip",
        "pack200-gzip",
        "x-compress",
        "x-gzip",
        "zstd",
    }
)
_CHARSET = re.compile(r"charset *= *[\"']?([\w.:-]+)", re.IGNORECASE)


def decoded(answer: Answer) -> tuple[bytes, str]:
    """The decoded body, and an encoding that cannot be decoded; some servers compress without being asked to."""
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if not _CODINGS & {name.strip() for name in encoding.split(",")}:
        return answer.body, ""
    if encoding in ("gzip", "x-gzip", "deflate"):
        try:
            return zlib.decompressobj(47).decompress(answer.body, _MOST_BODY), ""
        except zlib.error:
            return b"", f"{encoding}, damaged"
    return b"", door.line(encoding, 40)


def text_of(answer: Answer) -> str:
    """The body as text, in the encoding that its first bytes, its header or its markup name; UTF-8 elsewhere."""
    body = decoded(answer)[0][:_MOST_BODY]
    named = _CHARSET.search(answer.headers.get("content-type", "")) or _CHARSET.search(
        body[:_HEAD].decode("latin-1")
    )
    encoding = next(
        (encoding for mark, encoding in _MARKS if body.startswith(mark)), named[1] if named else "utf-8"
    )
    try:
        return body.decode(encoding, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Page:
    """What a visitor sees of a page, as far as its HTML shows.

    Attributes:
        text: its readable text, without the title.
        shows: number of elements that show or load something: scripts, pictures, frames.
        refresh: where it redirects the browser; empty where nowhere.
        headings: those of the first level.
        cut_in: the element within which the markup ends; empty where it ends as pages do. At the end
            tags may be left out, but only those of a body, a paragraph and the like.
    """

    title: str
    text: str
    shows: int
    asks_password: bool
    refresh: str
    headings: tuple[str, ...] = ()
    cut_in: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is no text, no element, and no field for a password."""
        return not self.text and not self.shows and not self.asks_password


def page_of(answer: Answer) -> Page:
    """Parse the page."""
    return _parsed(text_of(answer))


@lru_cache(maxsize=4)  # each sample of a page is asked several times, and mostly they are equal
def _parsed(text: str) -> Page:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return Page(
        next((title for title in map(_in_one_line, reader.titles) if title), ""),
        " ".join(" ".join(reader.texts).split()),
        reader.shows,
        reader.asks_password,
        reader.refresh,
        tuple(filter(None, map(_in_one_line, reader.headings))),
        reader.cut_in,
    )


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


class _Reader(HTMLParser):
    _HIDDEN = frozenset({"script", "style", "noscript", "template"})
    _SHOWING = frozenset(
        {"script", "img", "iframe", "svg", "canvas", "video", "picture", "object", "embed", "frame"}
    )
    _CLOSED = frozenset(
        {"a", "article", "aside", "div", "footer", "form", "h1", "h2", "h3", "header", "main", "nav", "ol", "pre"}
        | {"script", "section", "span", "style", "table", "title", "ul"}
    )

    def __init__(self) -> None:
        super().__init__()
        self.titles: list[str] = []
        self.texts: list[str] = []
        self.shows = 0
        self.asks_password = False
        self.refresh = ""
        self.headings: list[str] = []
        self._in_heading = False
        self._pictures = 0
        self._inside: list[str] = []
        self._open: list[str] = []
        self._ended = False

    @property
    def cut_in(self) -> str:
        """The innermost open element that has no end without its tag, where the page has no end either."""
        return self._open[-1] if self._open and not self._ended else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.shows += tag in self._SHOWING
        if tag in self._CLOSED:
            self._open.append(tag)
        self.asks_password |= tag == "input" and attributes.get("type", "").lower() == "password"
        if tag == "meta" and attributes.get("http-equiv", "").strip().lower() == "refresh":
            _, _, target = attributes.get("content", "").partition("=")
            self.refresh = target.strip().strip("'\"")
        if tag == "h1":
            self._in_heading = True
            self.headings.append("")
        if tag == "svg":  # its title is a name of the picture
            self._pictures += 1
        if tag == "title" and not self._inside and not self._pictures:
            self.titles.append("")
        if tag == "title" or tag in self._HIDDEN:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._ended |= tag in ("body", "html")
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]
        if tag == "h1":
            self._in_heading = False
        if tag == "svg":
            self._pictures = max(0, self._pictures - 1)
        if tag in self._inside:
            del self._inside[self._inside.index(tag) :]

    def handle_data(self, data: str) -> None:
        if self._inside == ["title"]:
            if not self._pictures:
                self.titles[-1] += data
        elif not self._inside:
            self.texts.append(data)
            if self._in_heading:
                self.headings[-1] += data
