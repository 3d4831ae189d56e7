"""What a visitor sees of a page: its title, headings and text, read from its bytes. Pure."""

from __future__ import annotations

import codecs
import re
import zlib
from collections import Counter
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
_MOST_OPEN = 500  # elements within each other; more are of no page that a person has made
# Attributes by which a script fills in texts, of Vue, Angular, Alpine and Knockout, and shows or hides elements.
_BOUND = re.compile(r"(?:data-)?(?:v|ng|x)-|data-bind|[:@*(\[]\w")
_CONDITION = re.compile(r"(?:data-)?(?:v|ng|x)-(?:if|show|else|cloak|hide)|\*ngif|data-(?:show|if)$")
# Those by which a script sets the classes of an element.
_BOUND_CLASS = re.compile(r"(?:v-bind|x-bind)?:class|(?:data-)?ng-class|\[class|\[ngclass\]|data-class")
# Names of what is shown when it is needed, as Webflow's "w-form-fail" and Blazor's "blazor-error-ui".
_FOR_LATER = re.compile(
    r"(?i)(?:^|[\s_-])(?:hidden|hide|d-none|invisible|visually-hidden|sr-only|modal|popup|popover|toast|dialog|form"
    r"|snackbar|notification|offcanvas|error-ui|template|fallback|noscript)(?:$|[\s_-])"
)
# Names of what cannot be seen, whatever it is; those of ``_FOR_LATER`` may be shown as well.
_UNSEEN = re.compile(
    r"(?i)(?:^|[\s_-])(?:hidden|hide|d-none|invisible|visually-hidden|sr-only|w-form-fail|error-ui)(?:$|[\s_-])"
)
_HIDES = re.compile(r"(?i)\b(?:hidden|hide|d-none|invisible)\b")
# The element in whose title Rails says "Translation missing: en.home.lead"; its text is a word made of the key.
_NO_TRANSLATION = "translation_missing"
# Encodings of Python that browsers do not know.
_NO_PAGES = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
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
        return body.decode("utf-8" if codecs.lookup(encoding).name in _NO_PAGES else encoding, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Page:
    """What a visitor sees of a page, as far as its HTML shows.

    Attributes:
        text: its readable text, without the title.
        seen: the same without what is hidden until a script shows it, as the failure of a form; all of it where
            everything is hidden.
        own: the same without links and code, which may quote other texts; PHP's messages are bold there.
        body_text: what is seen outside of headings.
        shows: number of elements that show or load something: scripts, pictures, frames.
        refresh: where it redirects the browser; empty where nowhere.
        headings: those of the first level, without links and code.
        cut_in: the element within which the markup ends; empty where it ends as pages do. At the end
            tags may be left out, but only those of a paragraph, of a body that shows something, and the like.
        shown_headings: those of all levels, outside of what a script may show later.
        said: each text between two tags, without examples of code and what a script may show later.
        filled_in: a script fills in places of its own, as Vue, Angular and Alpine do.
    """

    title: str
    text: str
    shows: int
    asks_password: bool
    refresh: str
    headings: tuple[str, ...] = ()
    cut_in: str = ""
    shown_headings: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    filled_in: bool = False
    seen: str = ""
    own: str = ""
    body_text: str = ""

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
    text = _in_one_line(" ".join(reader.texts))
    seen = _in_one_line(" ".join(reader.seen)) or text
    return Page(
        next((title for title in map(_in_one_line, reader.titles) if title), ""),
        text,
        reader.shows,
        reader.asks_password,
        reader.refresh,
        tuple(filter(None, map(_in_one_line, reader.headings))),
        reader.cut_in,
        tuple(filter(None, map(_in_one_line, reader.shown_headings))),
        tuple(filter(None, map(_in_one_line, reader.said))),
        reader.filled_in,
        seen,
        _in_one_line(" ".join(reader.own)) or seen,
        _in_one_line(" ".join(reader.body_texts)),
    )


def _is_for_later(tag: str, attributes: dict[str, str]) -> bool:
    """Whether an element is hidden, or shown by a script only where it is needed, as a message of a form."""
    return (
        tag in ("dialog", "form")
        or attributes.get("aria-hidden") == "true"
        or _FOR_LATER.search(_names_of(attributes)) is not None
        or _is_unseen(attributes)
    )


def _is_unseen(attributes: dict[str, str]) -> bool:
    """Whether an element is hidden, until a script may show it."""
    style = attributes.get("style", "").replace(" ", "").lower()
    return (
        "hidden" in attributes
        or "display:none" in style
        or "visibility:hidden" in style
        or any(map(_CONDITION.match, attributes))
        or _UNSEEN.search(_names_of(attributes)) is not None
        or any(_BOUND_CLASS.match(name) and _HIDES.search(value) for name, value in attributes.items())
    )


def _names_of(attributes: dict[str, str]) -> str:
    return f"{attributes.get('class', '')} {attributes.get('id', '')}"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


class _Reader(HTMLParser):
    _HIDDEN = frozenset({"script", "style", "noscript", "template"})
    # What a head may hold, and what shows nothing by itself at the beginning of a body.
    _UNSEEN = _HIDDEN | {"html", "head", "body", "title", "meta", "link", "base", "svg"}
    _SHOWING = frozenset(
        {"script", "img", "iframe", "svg", "canvas", "video", "picture", "object", "embed", "frame"}
    )
    _CLOSED = frozenset(
        {"a", "article", "aside", "div", "footer", "form", "h1", "h2", "h3", "header", "main", "nav", "ol", "pre"}
        | {"script", "section", "span", "style", "table", "title", "ul"}
    )

    _HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
    _EXAMPLES = frozenset({"code", "pre", "kbd", "samp", "textarea"})
    _VOID = frozenset(
        {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
    )

    def __init__(self) -> None:
        super().__init__()
        self.shown_headings: list[str] = []
        self.said: list[str] = []
        self.filled_in = False
        self._in_text = False
        self._counts: Counter[str] = Counter()  # of open elements
        # Each open element, whether it may be shown later, and whether it is hidden.
        self._within: list[tuple[str, bool, bool]] = []
        self.seen: list[str] = []
        self.own: list[str] = []
        self.body_texts: list[str] = []
        self._in_bold_link = False
        self._is_shown_heading = False
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
        self._part = ""  # "head" or "body", where that has begun by its tag and has no end
        self._filled = False  # something stands in the body, whether that has a tag or not

    @property
    def cut_in(self) -> str:
        """The innermost open element that has no end without its tag, where the page has no end either; or the
        head or body, where nothing that a visitor sees comes after its beginning.
        """
        innermost = self._open[-1] if self._open else "" if self._filled else self._part
        return "" if self._ended else innermost

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_text = False
        attributes = {name: value or "" for name, value in attrs}
        self.shows += tag in self._SHOWING
        self._filled |= tag not in self._UNSEEN and not self._inside and not self._pictures
        if tag in ("head", "body"):
            self._part = tag
        self._in_bold_link = tag != "a" and (self._in_bold_link or tag == "b")
        if tag in self._CLOSED:
            self._open.append(tag)
        self.asks_password |= tag == "input" and attributes.get("type", "").lower() == "password"
        if tag == "meta" and attributes.get("http-equiv", "").strip().lower() == "refresh":
            _, _, target = attributes.get("content", "").partition("=")
            self.refresh = target.strip().strip("'\"")
        self.filled_in |= any(map(_BOUND.match, attributes))
        later = bool(self._within and self._within[-1][1]) or _is_for_later(tag, attributes)
        unseen = bool(self._within and self._within[-1][2]) or _is_unseen(attributes)
        if tag not in self._VOID and len(self._within) < _MOST_OPEN:
            self._within.append((tag, later, unseen))
            self._counts[tag] += 1
        if tag in self._HEADINGS and not later:
            self._is_shown_heading = True
            self.shown_headings.append("")
        if _NO_TRANSLATION in attributes.get("class", "").split() and not later:
            self.said.append(attributes.get("title", ""))
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
        self._in_text = False
        self._ended |= tag in ("body", "html")
        if tag == "head" and self._part == tag:
            self._part = ""
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]
        while self._counts[tag]:  # with those within it that have no end of their own
            name, _, _ = self._within.pop()
            self._counts[name] -= 1
            if name == tag:
                break
        if tag in self._HEADINGS:
            self._is_shown_heading = False
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
            self._filled |= not self._pictures and not data.isspace()
            if not (self._within and self._within[-1][2]):
                self.seen.append(data)
                quoted = self._counts["code"] or (self._counts["a"] and not self._in_bold_link)
                self.own.extend([] if quoted else [data])
                if not (self._is_shown_heading or self._in_heading):
                    self.body_texts.append(data)
            for_later = bool(self._within and self._within[-1][1])
            if not for_later and not any(self._counts[tag] for tag in self._EXAMPLES):
                if self._in_text:  # a "<" that begins no tag divides it
                    self.said[-1] += data
                else:
                    self.said.append(data)
                self._in_text = True
            if self._is_shown_heading:
                self.shown_headings[-1] += data
            # One that leads to an article, or shows code, may quote an error.
            if self._in_heading and not (self._counts["a"] or self._counts["code"]):
                self.headings[-1] += data
