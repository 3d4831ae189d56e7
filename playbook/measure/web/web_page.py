"""Whether a response is the page that visitors want, or one in its place. Pure.

A status of 200 proves little: platforms, servers and domain traders return pages of their own. Their typical texts
are looked for in the title, and in the text of short pages.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from playbook.clients.answer import Answer
from playbook.clients.breakage import is_internal
from playbook.core import door
from playbook.core.budget import read_json
from playbook.core.hosts import Hosts
from playbook.measure.web import page_keys, page_languages, page_loads, page_short, page_texts, page_unbuilt
from playbook.measure.web import page_words as words
from playbook.measure.web.health import State, read_report
from playbook.measure.web.health_report import UnknownShapeError
from playbook.measure.web.page_parts import Page, decoded, page_of, text_of
from playbook.measure.web.page_texts import folded

REFUSED = (401, 403, 429)
_OK = 200
_NOT_THEIRS = {407: "a proxy that asks who this machine is", 511: "a network that wants a sign-in first"}
_TO_PEOPLE = ("message", "detail", "title", "msg", "description")
_LONGEST_TITLE = 200
_FEW_WORDS = 32  # characters of a page without a picture or a script that may be anything
# The first bytes of PDF, ZIP, ELF, gzip, PNG, GIF and JPEG.
_BINARY = (b"%PDF", b"PK\x03\x04", b"\x7fELF", b"\x1f\x8b", b"\x89PNG", b"GIF8", b"\xff\xd8\xff")
_SOURCE = (b"<?php", b"<%")  # source code that a server should have executed
_SET_EXPECT = "Set web.expect to a text that only the homepage has."
_LONGEST_CHALLENGE = 200  # characters of readable text on it
_LONGEST_REFUSAL = 1000  # the same, where the text itself says so
_HTML = ("text/html", "application/xhtml+xml", "")


@dataclass(frozen=True, slots=True)
class PageRules:
    """Requirements for the page.

    Attributes:
        url: its address.
        hosts: names to which it may redirect, in addition to its own with and without ``www.``.
        expect: a text that must be on it; empty where none is configured.
        least_bytes: minimum size of a page.
    """

    url: str
    hosts: tuple[str, ...] = ()
    expect: str = ""
    least_bytes: int = 0

    @property
    def is_authentic(self) -> bool:
        """Whether a response is certainly from the site itself, not from an intermediary."""
        url = urlsplit(self.url)
        return url.scheme == "https" or is_internal(url.hostname or "")

    def may_lead_to(self, host: str) -> bool:
        """Whether this is a host of the site."""
        return host in Hosts.of((self.url, *self.hosts))


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a response is not the page.

    Attributes:
        words: what it is instead.
        uncertain: visitors may see something else, so it says nothing about the site.
        foreign: it came from a host that is not the site's.
        hint: what to do about an uncertain one; empty for what helps against the others.
    """

    words: str
    uncertain: bool = False
    foreign: bool = False
    hint: str = ""


def fault_of(answer: Answer, rules: PageRules) -> Fault | None:
    """Why the response is not the page; None where it is."""
    return in_place_of_it(answer) or by_status(answer) or off_the_way(answer, rules) or _by_body(answer, rules)


def in_place_of_it(answer: Answer) -> Fault | None:
    """Response of an intermediary between this machine and the site that visitors do not have."""
    return _of_the_way(answer) or _of_a_guard(answer)


def _of_the_way(answer: Answer) -> Fault | None:
    if answer.status in _NOT_THEIRS:
        return Fault(f"HTTP {answer.status} of {_NOT_THEIRS[answer.status]}", uncertain=True)
    if "x-squid-error" in answer.headers:
        return Fault("an error of a proxy of this machine's network", uncertain=True)
    for name, who in words.OTHERS.items():
        if answer.headers.get(name, "").strip().lower() in ("challenge", "captcha"):
            return Fault(f"a challenge by {who} in place of the page (HTTP {answer.status})", uncertain=True)
    return None


def _of_a_guard(answer: Answer) -> Fault | None:
    page = page_of(answer) if _is_html(answer) else Page("", "", 0, asks_password=False, refresh="")
    title = page.title.casefold()
    challenged = len(page.text) <= _LONGEST_CHALLENGE and words.CHALLENGE_TEXT.search(_markup(answer))
    if challenged or (len(page.text) <= _LONGEST_REFUSAL and words.REFUSAL.search(folded(page.text))):
        return Fault(f"a challenge, as programs get it (HTTP {answer.status})", uncertain=True)
    pages = {
        f"a challenge, as programs get it ({door.quoted(title, 80)}, HTTP {answer.status})": words.CHALLENGE,
        f"a page of this machine's network ({door.quoted(title, 80)})": words.OWN_PROXY,
    }
    return next((Fault(what, uncertain=True) for what, known in pages.items() if known.fullmatch(title)), None)


def by_status(answer: Answer) -> Fault | None:
    """Fault of any status but 200, and of a redirect that was not followed to its end."""
    if answer.status == _OK:
        return None
    location = answer.headers.get("location", "")
    if 300 <= answer.status < 400 and location:
        way = "a redirect that leads on" if answer.redirects else "a redirect that cannot be followed"
        return Fault(f"HTTP {answer.status}, {way}")
    return Fault(f"HTTP {answer.status}")


def off_the_way(answer: Answer, rules: PageRules) -> Fault | None:
    """Where redirects have led, if not to the site."""
    wanted, came = urlsplit(rules.url), urlsplit(answer.url)
    if not rules.may_lead_to(came.hostname or ""):
        return Fault(f"a redirect to another host, {came.hostname}", foreign=True)
    if wanted.scheme == "https" and came.scheme != "https":
        return Fault("a redirect to a page without TLS")
    if answer.redirects and is_login(came.path) and not is_login(wanted.path):
        return Fault(f"a redirect to a login, {came.path}")
    if answer.redirects and words.AWAY.search(came.path) and came.path != wanted.path:
        return Fault(f"a redirect to a page for errors or maintenance, {came.path}")
    return None


def stand_in(answer: Answer, expect: str = "") -> Fault | None:
    """A known stand-in for pages, except a login; None for everything else.

    Args:
        expect: a text that only the page itself has. Where it stands on it, outside of its title and its headings,
            a heading or a short text may be about an error: an article quotes one.
    """
    body, unread = decoded(answer)
    if unread:
        return Fault(f"a body in the encoding {unread}, which was not asked for", uncertain=True)
    if not body.strip():
        return Fault("an empty page")
    is_source = body.lstrip().startswith(_SOURCE) or (_is_html(answer) and _SOURCE[0] in body)
    if is_source or words.FILES.fullmatch(_kind(answer)):
        what = (
            "source code that the server should have executed"
            if is_source
            else f"a file of the type {_kind(answer)}"
        )
        return Fault(f"no page, but {what}")
    if not _is_html(answer):
        return _of_data(answer, body)
    if body.startswith(_BINARY) or "\0" in text_of(answer)[: page_texts.MOST]:
        return Fault("no page, but a file that is no text")
    page = page_of(answer)
    nothing = Fault("a page without anything on it") if page.is_empty else None
    is_itself = bool(expect) and folded(expect) in folded(page.body_text)
    if page.text:
        said = page_texts.of_page(page, text_of(answer), may_quote=is_itself)
    else:
        said = page_texts.of_text(_markup(answer))
    return nothing or _of_title(page, may_quote=is_itself) or (Fault(said) if said else None)


def error_page(answer: Answer) -> Fault | None:
    """A known stand-in with a text, from an address that need not return a page; None for everything else."""
    return stand_in(answer) if _is_html(answer) and page_of(answer).text else None


def title_of(answer: Answer) -> str:
    """The page's title in one line; empty where it has none, or is no page."""
    return door.line(page_of(answer).title, _LONGEST_TITLE) if _is_html(answer) else ""


def _by_body(answer: Answer, rules: PageRules) -> Fault | None:
    fault = stand_in(answer, rules.expect)
    if fault:
        return fault
    body, _ = decoded(answer)
    text = text_of(answer)
    if words.NO_HOMEPAGE.fullmatch(_kind(answer)):
        return Fault(f"no page, but a file of the type {_kind(answer)}")
    if not _is_html(answer):
        is_text = _kind(answer) == "text/plain"
        small = _of_size(len(body), rules) if is_text else None
        return small or _unexpected(text, rules) or (_of_few_words(text, rules) if is_text else None)
    page = page_of(answer)
    is_login_title = words.LOGIN_TITLE.fullmatch(page.title.casefold()[:_LONGEST_TITLE])
    if page.asks_password and (is_login_title or not page.text):
        return Fault(f"a login, {door.quoted(page.title, 80)}")
    unexpected = _unexpected(f"{page.title} {page.text} {text}", rules)
    few = None if page.shows else _of_few_words(page.text, rules)
    leads_on = _of_refresh(page, answer, rules) or _of_script(page, answer, rules)
    incomplete = _cut_off(page) or _of_rendering(text) or _of_part(page, rules) or _unbuilt(page, answer, rules)
    incomplete = incomplete or _of_loads(answer, rules)
    return leads_on or _of_size(len(body), rules) or unexpected or few or incomplete


def _cut_off(page: Page) -> Fault | None:
    if not page.cut_in:
        return None
    found = f"a page that ends within its <{page.cut_in}>, without </body> and </html>"
    hint = "Look in the log of the server for why it stopped; if the page is whole, let it close its elements."
    return Fault(found, uncertain=True, hint=hint)


def _of_rendering(text: str) -> Fault | None:
    """Fault of a page of which a part failed on the server, or that is a project's source."""
    if failed := words.FAILED_PART.search(text):
        found = f"a page of which a part failed on the server (digest {failed[1]})"
        return Fault(found, uncertain=True, hint="Look for that digest in the log of the server.")
    if route := page_unbuilt.error_route(text):
        return Fault(f"an error page of Next.js, {route}")
    if source := words.UNBUILT.search(text):
        hint = "Serve what the project builds, e.g. its folder dist."
        return Fault(f"a page that loads {source[1]}, the source of a project", uncertain=True, hint=hint)
    return None


def _of_loads(answer: Answer, rules: PageRules) -> Fault | None:
    """Fault of a page of a development server, or whose styles and scripts no visitor's browser can load."""
    if is_internal(urlsplit(rules.url).hostname or ""):
        return None
    loads = page_loads.loads_of(text_of(answer), answer.headers)
    if loads.developing:
        found = f"a page of a development server or with debugging on ({door.line(loads.developing, 60)})"
        hint = "Build the project for production, and serve what it builds, with debugging switched off."
        return Fault(found, uncertain=True, hint=hint)
    if address := loads.from_this_machine(answer.url):
        found = f"a page that loads {door.line(address, 80)}, from each visitor's own machine"
        hint = "Build it with the site's own address (baseURL of Hugo, public/hot of Laravel)."
        return Fault(found, uncertain=True, hint=hint)
    if address := loads.without_tls(answer.url, Hosts.of((rules.url, *rules.hosts))):
        found = f"a page that loads {door.line(address, 80)}, which browsers refuse on a page with TLS"
        hint = "Let it name its own styles and scripts by https or by their paths."
        return Fault(found, uncertain=True, hint=hint)
    return None


def _of_part(page: Page, rules: PageRules) -> Fault | None:
    """Fault of a page with a heading that tells of an error, as frameworks show it in place of a part."""
    failed = next((one for one in page.shown_headings if words.PART_ERROR.fullmatch(folded(one))), "")
    if rules.expect or not failed:
        return None
    found = f"a page of which a part says {door.quoted(failed, 60)}"
    return Fault(found, uncertain=True, hint=f"Look at the page. {_SET_EXPECT}")


def _of_data(answer: Answer, body: bytes) -> Fault | None:
    """Fault of JSON and plain text that report an error."""
    kind = _kind(answer)
    if "json" in kind or body.lstrip()[:1] == b"{":
        return Fault(f"an error as JSON: {answer.beginning}") if _is_error(body) else None
    text = folded(text_of(answer))
    if not kind.startswith("text/") and "xml" not in kind:
        return None
    said = page_texts.of_short_text(text) or page_texts.of_text(text)
    return Fault(said) if said else None


def _is_error(body: bytes) -> bool:
    """Whether JSON reports an error, by its health words or its message."""
    content: object = body
    with suppress(ValueError, RecursionError):
        content = read_json(body)
    texts = [content.get(key) for key in _TO_PEOPLE] if isinstance(content, dict) else []
    if not content or (isinstance(content, dict) and "fault" in content):
        return True
    if any(
        isinstance(text, str) and words.ERROR_TITLE.fullmatch(text.casefold()[:_LONGEST_TITLE]) for text in texts
    ):
        return True
    try:
        return read_report(body).state is State.UNHEALTHY
    except UnknownShapeError:
        return False


def _of_title(page: Page, *, may_quote: bool) -> Fault | None:
    """By the title, or by a part of it beside the site's name; on a short page by its headings as well."""
    is_long = len(page.text) > page_short.LONGEST
    found = None if is_long and words.NAME_OF_A_WORK.fullmatch(page.title) else _titled(page.title)
    if may_quote:
        return found
    headings = () if is_long else page.headings
    return found or next(filter(None, map(_titled, headings)), None) or _of_heading(page)


def _of_heading(page: Page) -> Fault | None:
    """By the only heading of a page whose navigation and footer make it longer."""
    heading = page.headings[0].casefold() if len(page.headings) == 1 and len(page.text) <= page_texts.MOST else ""
    is_word = heading[:1].isalpha() and heading not in words.MAY_BE_A_NAME
    if is_word and words.ERROR_TITLE.fullmatch(heading[:_LONGEST_TITLE]):
        return Fault(f"an error page, {door.quoted(page.headings[0], 80)}")
    return None


def _titled(given: str) -> Fault | None:
    title = given.casefold()[:_LONGEST_TITLE]
    parts = [title, *(part for part in words.PARTS.split(title) if part not in words.MAY_BE_A_NAME)]
    for what, pattern in (*words.TITLES, *page_languages.TITLES):
        if any(part and pattern.fullmatch(part) for part in parts):
            return Fault(f"{what}, {door.quoted(given, 80)}")
    return None


def _of_refresh(page: Page, answer: Answer, rules: PageRules) -> Fault | None:
    """Fault of a page that redirects the browser elsewhere by itself."""
    if not page.refresh:
        return None
    target = urlsplit(urljoin(answer.url, page.refresh))
    if target.hostname and not rules.may_lead_to(target.hostname):
        return Fault(f"a page that leads on to another host, {target.hostname}", foreign=True)
    if is_login(target.path) and not is_login(urlsplit(rules.url).path):
        return Fault(f"a page that leads on to a login, {target.path}")
    if target.path != urlsplit(answer.url).path and words.AWAY.search(target.path):
        return Fault(f"a page that leads on to one for errors or maintenance, {target.path}")
    if urlsplit(rules.url).scheme == "https" and target.scheme == "http":
        return Fault("a page that leads on to one without TLS")
    return None


def _of_script(page: Page, answer: Answer, rules: PageRules) -> Fault | None:
    """Fault of a page with hardly any text whose script sends the browser to another host."""
    if len(page.text) > _LONGEST_CHALLENGE:
        return None
    for found in words.SENT_ON.finditer(text_of(answer)[: page_texts.MOST]):
        host = urlsplit(urljoin(answer.url, found[1] or found[2])).hostname
        if host and not rules.may_lead_to(host):
            hint = "If that host is the site's as well, name it in web.hosts."
            return Fault(f"a page whose script leads on to another host, {host}", uncertain=True, hint=hint)
    return None


def _of_size(size: int, rules: PageRules) -> Fault | None:
    if size >= rules.least_bytes:
        return None
    return Fault(f"a page of {size:,} bytes, where at least {rules.least_bytes:,} are expected")


def _of_few_words(text: str, rules: PageRules) -> Fault | None:
    """Fault of a page of a few words and nothing else, which may be a message in any language."""
    if rules.expect or len(text.strip()) >= _FEW_WORDS:
        return None
    return Fault(f"a page with nothing but {door.quoted(text, 80)}", uncertain=True, hint=_SET_EXPECT)


def _unbuilt(page: Page, answer: Answer, rules: PageRules) -> Fault | None:
    """Fault of a page with a template's title or heading, which may stand for a page that nobody has built."""
    title, *headings = (text.casefold()[:_LONGEST_TITLE] for text in (page.title, *page.headings))
    started = len(page.text) <= page_short.LONGEST and page_unbuilt.is_started(title)
    texts = (title, *words.PARTS.split(title), *headings)
    places = [
        *filter(page_unbuilt.is_unfilled, texts),
        *filter(None, (page_unbuilt.left_in(page.said, bound=False),)),
    ]
    if places and page_texts.fills_in(page, text_of(answer)):
        places = [one for one in (page_unbuilt.left_in(page.said, bound=True),) if one]
    key = page_keys.key_in((*page.said, page.title, *words.PARTS.split(page.title)), text_of(answer))
    written = (*words.PARTS.split(page.title), *page.headings)
    unfilled = [*filter(None, (key,)), *places, *filter(page_unbuilt.is_nothing_as_written, written)]
    if rules.expect or not (started or unfilled or page_unbuilt.is_of_nothing(title)):
        return None
    shown = door.quoted(unfilled[0] if unfilled else page.title, 80)
    return Fault(f"a page with the words of a template, {shown}", uncertain=True, hint=_SET_EXPECT)


def _unexpected(text: str, rules: PageRules) -> Fault | None:
    if rules.expect and folded(rules.expect) not in folded(text):
        return Fault(f"a page without the text {rules.expect!r}")
    return None


def is_login(path: str) -> bool:
    """Whether a path is that of a login."""
    return bool(words.LOGIN.search(path))


def _markup(answer: Answer) -> str:
    return folded(text_of(answer)[: page_texts.MOST])


def _kind(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_html(answer: Answer) -> bool:
    kind = _kind(answer)
    return kind in _HTML and (bool(kind) or answer.body.lstrip()[:1] != b"{")
