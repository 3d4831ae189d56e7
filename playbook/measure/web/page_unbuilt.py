"""Titles that generators and frameworks give to a page, and that stay where nobody has built it. Pure.

Browsers may fill in a title by a script, and a built page may have kept the title of its template: no title proves
that the page is not built.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

# A place in a template, which nothing has filled in.
_UNFILLED = re.compile(
    r".*(?:\{\{.*\}\}|\{%.*%\}|\$\{.+\}|#\{.+\}|<%.*%>|\[\[.+\]\]|%[a-z]+_[a-z_]+%|__[a-z_]+__|@yield\().*"
    r"|\{\w+\}|.*(?<!\w)%[sd](?!\w).*|.*\{\d\}.*|\$\w+|<no value>|.*%!\w\(.+\).*|.*translation missing: .*"
    r"|#[a-z]+_?[a-z]*#|\[title\]"
)
# As a whole text between two tags: of Jinja, Liquid, Handlebars and Vue; ERB, EJS and ASP; JavaScript, Ruby, Rails
# and Blade. A sentence may be about them.
_LEFT = re.compile(
    r"(?P<filled>\{\{-? ?[\w.$@#/'\"|:() -]{1,80} ?-?\}\}|\$\{[a-z_$][\w.$]{0,60}\})"
    r"|<%[=-]? ?[^%<>]{1,80}%>|#\{@?[a-z_][\w.]{0,60}\}|translation missing: [a-z].*"
    r"|\{!! ?\$.*|@(?:yield|include|section|extends)\(['\"].*"
    # What JavaScript, Python and Ruby write of a value that nobody has made a text of.
    r"|.*\[object \w+\].*"
    r"|.*<(?:\w[\w.]* object|coroutine object [\w.]+|(?:function|bound method) [\w.<>]+) at 0x[\da-f]+>.*"
    r"|.*#<\w+(?:::\w+)*(?::0x[\da-f]{6,16}\b| id: \d|::relation \[).*|.*\bobjectid\(['\"][\da-f]{24}['\"]\).*"
    r"|invalid date|(?:nan|undefined|null) ?(?:[$€£¥%]|usd|eur|gbp)|(?:[$€£¥]|usd|eur|gbp) ?(?:nan|undefined|null)"
)
_PLACES = re.compile(r"\{\{[^{}]{1,80}\}\}|\$\{[^{}]{1,80}\}")
_EMPTY = ("undefined", "null", "nan", "none", "[object object]")  # values that are none, as a title
_AS_WRITTEN = ("undefined", "null", "NaN", "[object Object]")  # the same as a part of one, beside a name
# Scripts that fill in such places in the browser, in lower case.
FILLED_IN = re.compile(
    r"\b(?:data-)?ng-\w|\bv-cloak|\bx-data|\bdata-bind|\b(?:angular|vue|alpine|handlebars|mustache|knockout|ember)"
    r"[\w.@/-]*\.js"
    r"|\bnew vue\(|\bcreateapp\(|\bangular\.module\(|\b(?:handlebars\.compile|_\.template|mustache\.render)\b"
    r"|\bko\.applybindings\("
)
# https://nextjs.org/docs/pages/building-your-application/routing/custom-error
_NEXT_DATA = re.compile(r"<script id=\"__NEXT_DATA__\"[^>]{0,200}>([^<]+)</script>")
_ERROR_ROUTES = ("/_error", "/404", "/500")
# Titles of the pages that they start with.
_STARTED = re.compile(
    r"vite app|vite ?\+ ?[\w.+ ]+|(?:react|vue|svelte|preact|solid(?:js)?|remix|ionic|vuetify|quasar|stencil|tauri"
    r"|electron|expo|angular|next(?:\.?js)?|nuxt|lit|qwik|parcel|webpack|my|new remix|very cool)[- ]app"
    r"|create (?:\w+ )?app|laravel|hello from my site|(?:.* \| )?gatsby default starter|your awesome title"
    r"|phoenix framework"
    r"|astro(?: basics| starter.*)?|home page - \w+application\d*"
    r"|(?:your|my) (?:new )?(?:web)?(?:site|page|store|shop|blog)(?: title)?(?: here)?"
    r"|(?:insert |enter )?(?:your )?(?:page|site|website)? ?title(?: (?:goes )?here)?"
    r"|.* [–—-] just another wordpress site"
    r"|untitled(?:[- ](?:document|page|site|\d+))?|document|new (?:page|tab|document)|page ?1|index(?:\.html?)?"
    r"|hello,? world!?|test(?:ing| page| site)?|example(?: domain| page)?|lorem ipsum.*|tbd|todo|placeholder"
)


def is_unfilled(text: str) -> bool:
    """Whether a place for a text was left as it stands in the template; ``text`` is in lower case."""
    return bool(_UNFILLED.fullmatch(text))


def left_in(texts: Iterable[str], *, bound: bool) -> str:
    """The first of these texts that is a place in a template, left as it stands; empty where none is.

    Args:
        bound: scripts fill in places of their own in the browser, which do not count then.
    """
    for text in texts:
        found = _LEFT.fullmatch(text.casefold())
        if found and not (bound and found["filled"]):
            return text
    return ""


def is_to_be_filled(text: str) -> bool:
    """Whether a text consists of places that a script can fill in; ``text`` is in lower case."""
    return bool(text) and not _PLACES.sub("", text).strip()


def error_route(text: str) -> str:
    """The route of the error page of Next.js' Pages Router that a page is: ``/_error``; empty for any other page.

    Such a page has the site's own design, and a cache or an export may serve it with 200.
    """
    if not (found := _NEXT_DATA.search(text)):
        return ""
    try:
        data = json.loads(found[1])
    except ValueError:
        return ""
    route = data.get("page") if isinstance(data, dict) else None
    return route if route in _ERROR_ROUTES else ""


def is_started(title: str) -> bool:
    """Whether it is the title of a page to begin with; ``title`` is in lower case."""
    return bool(_STARTED.fullmatch(title))


def is_nothing_as_written(text: str) -> bool:
    """As ``is_of_nothing``, for a part of a title or a heading: a name has a capital."""
    return text in _AS_WRITTEN


def is_of_nothing(title: str) -> bool:
    """Whether it is what a script writes for a value that is missing; ``title`` is in lower case."""
    return title in _EMPTY
