"""The texts of other pages in that of a page: errors, placeholders, and what stands in its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from playbook.core import door
from playbook.measure.web import page_short, page_unbuilt
from playbook.measure.web import page_words as words
from playbook.measure.web.page_parts import Page

MOST = 4000  # characters; a longer page may quote the words of another
_ERRORS = [one for one in words.KNOWN if one[0] == words.ERROR_PAGE]
_OTHERS = [one for one in words.KNOWN if one[0] != words.ERROR_PAGE]
_SHORT_ERRORS = [one for one in page_short.KNOWN if one[0] == words.ERROR_PAGE]
_SHORT_OTHERS = [one for one in page_short.KNOWN if one[0] != words.ERROR_PAGE]


def folded(text: str) -> str:
    """In lower case and one line, with plain apostrophes."""
    return " ".join(text.casefold().replace("’", "'").split())


def fills_in(page: Page, markup: str) -> bool:
    """Whether a script of the page fills in places of its own in the browser."""
    return page.filled_in or page_unbuilt.FILLED_IN.search(folded(markup)) is not None


def of_page(page: Page, markup: str, *, may_quote: bool = False) -> str:
    """What the page is by a text in it, ``an error page that says '…'``; empty where it has none of them.

    Args:
        may_quote: a short page may be about an error as well, as a long one may.
    """
    if page_unbuilt.is_to_be_filled(page.text.casefold()) and fills_in(page, markup):
        return ""
    text, own = folded(page.seen), folded(page.own)
    return ("" if may_quote else of_short_text(text, own)) or of_text(text, own)


def of_short_text(text: str, own: str | None = None) -> str:
    """As ``of_page``, by the texts that say something on a short page only; both are folded.

    Args:
        own: without what may be quoted, in which alone errors are looked for.
    """
    if len(text) > page_short.LONGEST:
        return ""
    return _found(_SHORT_ERRORS, text if own is None else own) or _found(_SHORT_OTHERS, text)


def of_text(text: str, own: str | None = None) -> str:
    """As ``of_page``, by all other texts; both are folded.

    Args:
        own: without what may be quoted, in which alone errors are looked for.
    """
    if len(text) > MOST:
        return ""
    return _found(_ERRORS, text if own is None else own) or _found(_OTHERS, text)


def _found(known: Iterable[tuple[str, re.Pattern[str]]], text: str) -> str:
    for what, pattern in known:
        found = pattern.search(text)
        if found:
            return f"{what} that says {door.quoted(text[found.start() :], 60)}"
    return ""
