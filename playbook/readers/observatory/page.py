"""What the Observatory reads of a page's HTML: policies in ``<meta>``, and the scripts that it loads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Script:
    """A script with an address; ``integrity`` is its integrity attribute, empty without one."""

    src: str
    integrity: str


@dataclass(slots=True)
class Page:
    """A page's policies and scripts.

    Attributes:
        equiv: contents of ``<meta http-equiv=…>`` by name in lower case.
        scripts: scripts with an address.
        inline: number of scripts without one.
    """

    equiv: dict[str, list[str]] = field(default_factory=dict)
    scripts: list[Script] = field(default_factory=list)
    inline: int = 0


def read(html: str) -> Page:
    """Read a page; a text that is not HTML gives an empty page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


# What a head may contain; anything else begins the body (HTML Standard, 13.2.6.4.4).
_HEAD = frozenset({"html", "head", "meta", "link", "base", "basefont", "bgsound"})
_WITH_CONTENT = frozenset({"title", "style", "script", "noscript", "template", "noframes"})
_BLANK = "\ufeff \t\r\n\f"
_INERT = frozenset({"noscript", "template"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._in_head = True
        self._within: list[str] = []

    def handle_data(self, data: str) -> None:
        if data.strip(_BLANK) and not self._within:
            self._in_head = False

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            del self._within[self._within.index(tag) :]
        elif tag == "head":
            self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in _WITH_CONTENT:
            self._within.append(tag)
        elif tag not in _HEAD and not self._within:
            self._in_head = False
        if tag == "meta" and attributes.get("http-equiv"):
            name = attributes["http-equiv"].strip().lower()
            # Browsers ignore a policy elsewhere, so that a script written into the page cannot set one.
            if name != "content-security-policy" or (self._in_head and not _INERT & {*self._within}):
                self.page.equiv.setdefault(name, []).append(attributes.get("content", ""))
        elif tag == "meta" and attributes.get("name", "").strip().lower() == "referrer":
            self.page.equiv.setdefault("referrer-policy", []).append(attributes.get("content", ""))
        elif tag == "script" and attributes.get("src"):
            self.page.scripts.append(Script(attributes["src"].strip(), attributes.get("integrity", "")))
        elif tag == "script":
            self.page.inline += 1


# A hash with options (https://www.w3.org/TR/sri-2/): browsers ignore everything else, and run the script.
_HASH = re.compile(r"sha(?:256|384|512)-[a-z0-9+/_-]+={0,2}(?:\?\S*)?", re.IGNORECASE)


def unclear_of(page: Page) -> list[str]:
    """Integrity attributes in which browsers find no hash, so that any script passes."""
    return [
        f"integrity {script.integrity!r} of {script.src}"
        for script in page.scripts
        if script.integrity and not any(_HASH.fullmatch(word) for word in script.integrity.split())
    ]


def integrity_of(page: Page, host: str, *, https: bool) -> str:
    """The Observatory's result on scripts of other sites (tests/subresource-integrity.js).

    A script belongs to the site if its host is the page's, or one of the two is a subdomain of the other; the
    Observatory looks up the registered domain in a list.
    """
    if not page.scripts:
        all_own = "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
        return all_own if page.inline else "sri-not-implemented-but-no-scripts-loaded"
    found: list[str] = []
    foreign = fixed = False
    for script in page.scripts:
        address = urlsplit(script.src)
        relative = not address.scheme and not address.netloc
        own = relative or (bool(address.scheme) and _same_site(address.hostname or "", host))
        secure = address.scheme == "https" or (relative and https)
        if own:
            fixed = fixed or (bool(script.integrity) and secure)
            continue
        foreign = True
        if script.integrity and not secure:
            found.append("sri-implemented-but-external-scripts-not-loaded-securely")
        elif not script.integrity and secure:
            found.append("sri-not-implemented-but-external-scripts-loaded-securely")
        elif not script.integrity:
            found.append("sri-not-implemented-and-external-scripts-not-loaded-securely")
    if found:
        from playbook.readers.observatory.scores import SCORES

        return min(found, key=SCORES.__getitem__)
    if foreign:
        return "sri-implemented-and-external-scripts-loaded-securely"
    if fixed:
        return "sri-implemented-and-all-scripts-loaded-securely"
    return "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"


def _same_site(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
