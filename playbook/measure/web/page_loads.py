"""What a page has the browser load, and what it says to search engines. Pure.

A page that is served to visitors from a development server, or with the settings of one, looks right in its text
and is not: its styles and scripts come from the machine of whoever built it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from playbook.core.hosts import Hosts
from playbook.measure.web.page_policy import Element, policies_of, refuses
from playbook.readers.observatory.csp import Policy

_MOST = 4 * 1024 * 1024
# Scripts that only development servers have: of Vite and what is built on it (Astro, SvelteKit, Nuxt, Laravel,
# Angular), Eleventy, Hugo and others with LiveReload, Browsersync, webpack and Next.js.
_DEVELOPING = re.compile(
    r"/@(?:vite/client|react-refresh|fs/|id/)|/\.11ty/reload-client\.js|/livereload\.js\?|/__webpack_hmr"
    r"|/browser-sync/browser-sync-client|/webpack-dev-server\.js|/_next/static/development/|/_next/webpack-hmr"
)
_INLINE = re.compile(r"\b__sveltekit_dev\b|\bimport\(?\s*[\"']/@(?:fs|id|vite|react-refresh)\b|\b__bs_script__\b")
_ELSEWHERE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
# Toolbars that show the settings and queries of an application, of Django, Flask, Symfony and Laravel.
_TOOLBARS = re.compile(r"djDebug|flDebug|sfwdt\w+|sf-toolbar|phpdebugbar")
_GATSBY = "environment=development"
_LOADED = {"script": "src", "img": "src", "link": "href"}
_SCRIPTS = ("", "module", "text/javascript", "application/javascript")
WITHIN = "a script within the page"
_INERT = frozenset({"noscript", "template"})
_LINKS = frozenset({"stylesheet", "modulepreload"})
_CRAWLERS = frozenset({"robots", "googlebot"})
_NEVER = re.compile(r"(?:^|[,;\s])(?:noindex|none)\b")  # but not "max-image-preview:none"
_NEVER_BY_HEADER = re.compile(r"(?:^|,)\s*(?:googlebot\s*:\s*)?(?:noindex|none)\b")  # others may be named as well


@dataclass(frozen=True, slots=True)
class Named:
    """Styles and scripts of a page on its own host.

    Attributes:
        addresses: in full.
        refused: those of them that the page's own policies keep browsers from using.
    """

    addresses: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loads:
    """What a page loads.

    Attributes:
        styles_and_scripts: their addresses as written.
        pictures: the same of pictures.
        developing: what shows that a development server or a debugging application has made the page.
        canonical: its address for search engines; empty where it names none.
        unlisted: it asks search engines to leave it out.
        upgrades: it has browsers load over TLS what it names without.
        base: the address that others are relative to; empty where it names none.
        elements: its styles and scripts, those within the page as well.
        policies: content security policies in its headers.
        own_policies: those of each ``<meta>`` in it.
    """

    styles_and_scripts: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    developing: str = ""
    canonical: str = ""
    unlisted: bool = False
    upgrades: bool = False
    base: str = ""
    elements: tuple[Element, ...] = ()
    policies: tuple[Policy, ...] = ()
    own_policies: tuple[tuple[Policy, ...], ...] = ()

    def named(self, page: str) -> Named:
        """Its styles and scripts on the host of the page, in full, and those that its policies refuse.

        A script within the page is one of them only where there are no others: counters of visits are often kept
        out on purpose.
        """
        base = urljoin(page, self.base)
        full = [
            (one, urljoin(base, one.strip()).partition("#")[0])
            for one in self.styles_and_scripts
            if _host(base, one)
        ]
        own = {one: address for one, address in full if urlsplit(address)[:2] == urlsplit(page)[:2]}
        outer = [(own[one.address], one) for one in self.elements if one.address in own]
        refused = [address for address, one in outer if refuses(self._policies_of(one), one, address, page)]
        inner = [one for one in self.elements if not one.address]
        if not any(one.address for one in self.elements if one.kind == "script"):
            refused += [WITHIN for one in inner if refuses(self._policies_of(one), one, "", page)]
        return Named(tuple(dict.fromkeys(own.values())), tuple(dict.fromkeys(refused)))

    def _policies_of(self, element: Element) -> list[Policy]:
        return [*self.policies, *(one for told in self.own_policies[: element.after] for one in told)]

    def from_this_machine(self, base: str) -> str:
        """The first address on the visitor's own machine: ``http://localhost:1313/css/site.css``."""
        every = (*self.styles_and_scripts, *self.pictures)
        return next((one for one in every if is_own_machine(_host(base, one))), "")

    def without_tls(self, base: str, own: Hosts) -> str:
        """The first style or script of the site itself that browsers do not load, as it is named without TLS."""
        if self.upgrades or urlsplit(base).scheme != "https":
            return ""
        plain = (one for one in self.styles_and_scripts if one.lower().startswith("http://"))
        return next((one for one in plain if _host(base, one) in own), "")


def is_own_machine(host: str) -> bool:
    """Whether a host is whatever machine a browser runs on."""
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(".localhost") or name == "host.docker.internal":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def loads_of(text: str, headers: Mapping[str, str]) -> Loads:
    """Read a page and what its headers say of it."""
    found = _parsed(text[:_MOST])
    by_header = _NEVER_BY_HEADER.search(headers.get("x-robots-tag", "").casefold()) is not None
    in_header = headers.get("content-security-policy", "")
    return Loads(
        tuple(found.loaded),
        tuple(found.pictures),
        found.developing,
        found.canonical,
        unlisted=found.unlisted or by_header,
        upgrades=any("upgrade-insecure-requests" in policy.casefold() for policy in (in_header, *found.policies)),
        base=found.base,
        elements=tuple(found.elements),
        policies=policies_of([in_header]),
        own_policies=tuple(policies_of([one]) for one in found.policies),
    )


def _host(base: str, address: str) -> str:
    try:
        return (urlsplit(urljoin(base, address.strip())).hostname or "").lower()
    except ValueError:
        return ""


def _as_browsers_read(address: str) -> str:
    """An address with "/" for "\\" in its path, and without line breaks: https://url.spec.whatwg.org/"""
    path, mark, query = re.sub(r"[\t\r\n]", "", address).partition("?")
    return f"{path if path.lower().startswith('data:') else path.replace(chr(92), '/')}{mark}{query}"


@lru_cache(maxsize=4)  # each sample of a page is asked, and mostly they are equal
def _parsed(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.pictures: list[str] = []
        self.developing = ""
        self.canonical = self.base = ""
        self.unlisted = False
        self.elements: list[Element] = []
        self.policies: list[str] = []
        self._in_script = False
        self._inert: list[str] = []  # open elements whose contents browsers do not use
        self._within: Element | None = None  # the script that is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _INERT and not any(name == "shadowrootmode" for name, _ in attrs):
            self._inert.append(tag)
        if self._inert:
            return
        attributes = {name: value or "" for name, value in attrs}
        self._in_script = tag == "script"
        relations = set(attributes.get("rel", "").lower().split())
        address = _as_browsers_read(attributes.get(_LOADED.get(tag, ""), ""))
        if address and (tag != "link" or relations & _LINKS):
            (self.pictures if tag == "img" else self.loaded).append(address)
            of_the_site = not _ELSEWHERE.match(address)  # a network of packages has scopes such as "@id/" as well
            if tag == "script" or "stylesheet" in relations:
                self.elements.append(
                    Element(
                        "script" if tag == "script" else "style",
                        address,
                        attributes.get("nonce", ""),
                        hashed="integrity" in attributes,
                        after=len(self.policies),
                    )
                )
            if tag != "img" and of_the_site and (found := _DEVELOPING.search(address)):
                self._is_developing(found[0])
        if tag == "script" and not address and attributes.get("type", "").strip().lower() in _SCRIPTS:
            self._within = Element("script", nonce=attributes.get("nonce", ""), after=len(self.policies))
        if tag == "link" and "canonical" in relations:
            self.canonical = self.canonical or address.strip()
        if tag == "base":
            self.base = self.base or attributes.get("href", "").strip()
        if tag == "meta":
            self._meta(attributes)
        if _TOOLBARS.fullmatch(attributes.get("id", "")):
            self._is_developing(attributes["id"])

    def _meta(self, attributes: Mapping[str, str]) -> None:
        content = attributes.get("content", "").casefold()
        if attributes.get("name", "").casefold() in _CRAWLERS:
            self.unlisted |= _NEVER.search(content) is not None
        if attributes.get("http-equiv", "").casefold() == "content-security-policy":
            self.policies.append(attributes.get("content", ""))
        if attributes.get("name") == "note" and content == _GATSBY:
            self._is_developing(_GATSBY)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inert:
            del self._inert[self._inert.index(tag) :]
        self._in_script = self._in_script and tag != "script"
        if tag == "script" and self._within:
            self.elements.append(self._within)
            self._within = None

    def handle_data(self, data: str) -> None:
        if self._within:
            self._within = replace(self._within, text=self._within.text + data)
        if self._in_script and (found := _INLINE.search(data)):
            self._is_developing(found[0])

    def _is_developing(self, by: str) -> None:
        self.developing = self.developing or by
