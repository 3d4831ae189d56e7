"""The same page in fewer bytes: what the HTML standard lets a writer leave out is left out.

End tags that the next tag implies are omitted, and line breaks beside blocks. Browsers build the same document
from it, but for white space between blocks. Attributes stay as they are, as programs look for them.

https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
"""

from __future__ import annotations

import re
from functools import lru_cache

_TAG = re.compile(r"(<[^>]*>)")
_AS_IT_IS = frozenset({"pre", "style", "script", "title", "textarea"})
# Laid out as blocks, or not at all: a line break beside their tags shows nowhere.
_BLOCK_NAMES = """html head body meta link title style header main section article div p ul ol li dl dt dd details
    summary h1 h2 h3 h4 h5 h6 pre figure figcaption table caption thead tbody tr th td"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
# A paragraph ends where one of the former begins, or where its parent ends, if that is one of the latter.
_AFTER_A_PARAGRAPH = """address article aside blockquote details div dl fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr main menu nav ol p pre search section table ul"""
_AROUND_A_PARAGRAPH = "body main header footer section article div li dd td th details figure blockquote form"
# Which tags, coming next, imply the end of an element: beginnings, then ends of parents.
_IMPLIED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol"})),
    "dt": (frozenset({"dt", "dd"}), frozenset()),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl", "div"})),
    "p": (frozenset(_AFTER_A_PARAGRAPH.split()), frozenset(_AROUND_A_PARAGRAPH.split())),
    "thead": (frozenset({"tbody"}), frozenset()),
    "tbody": (frozenset({"tbody"}), frozenset({"table"})),
    "tr": (frozenset({"tr"}), frozenset({"thead", "tbody", "table"})),
    "td": (frozenset({"td", "th"}), frozenset({"tr"})),
    "th": (frozenset({"td", "th"}), frozenset({"tr"})),
}
_NAME = re.compile(r"<(/?)([a-z][a-z0-9]*)")


def lean(html: str) -> str:
    """Return the same document in fewer bytes; the contents of pre, style, script and titles are not changed."""
    parts = _TAG.split(html)  # texts at even places, tags at odd ones
    found: list[str] = []
    inside = 0
    last = ""  # the name of the last tag, written or implied
    for place in range(0, len(parts) - 1, 2):
        text, tag = parts[place], parts[place + 1]
        ends, name = _read(tag)
        if inside:
            found += (text, tag)
        else:
            if "\n" in text and not text.strip(" \n") and (last in _BLOCKS or name in _BLOCKS):
                text = ""
            found.append(text)
            if not (ends and name in _IMPLIED and _is_implied(name, parts, place + 2)):
                found.append(tag)
        if name in _AS_IT_IS:
            inside += -1 if ends else 1
        last = name
    found.append(parts[-1])
    return "".join(found)


def _is_implied(name: str, parts: list[str], after: int) -> bool:
    """Whether what follows an end tag makes it needless; a text that follows never does."""
    if parts[after].strip(" \n") or after + 1 >= len(parts):
        return False
    ends, following = _read(parts[after + 1])
    return following in _IMPLIED[name][ends]


@lru_cache(maxsize=4096)
def _read(tag: str) -> tuple[bool, str]:
    """Return whether a tag is an end tag, and its element's name; no name for a comment or the doctype."""
    match = _NAME.match(tag)
    return (bool(match[1]), match[2]) if match else (False, "")
