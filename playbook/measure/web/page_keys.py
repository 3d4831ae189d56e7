"""Keys of texts that nobody has translated, as i18n libraries leave them on a page in place of the text. Pure.

vue-i18n, react-i18next, next-intl, ngx-translate, FormatJS, svelte-i18n, Laravel and Symfony show the key itself
(``home.hero.title``, ``common:nav.home``, ``HOME.TITLE``); others put it between marks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEY = re.compile(r"(?:[A-Za-z][\w-]{0,40}:)?([A-Za-z][\w-]{0,40})((?:\.[A-Za-z0-9][\w-]{0,40}){0,7})")
_SNAKE = re.compile(r"[a-z]{2,20}(?:_[a-z]{2,20}){1,5}|[A-Z]{2,20}(?:_[A-Z]{2,20}){1,5}")
# A call, or marks, that nothing has replaced: t('home.title'), @:home.title, %home.title%, {home.title}
_AROUND = re.compile(
    r"\{?\$?_{0,2}t?\(['\"](?P<called>[\w.:-]+)['\"]\)\}?|@:(?P<linked>[\w.:-]+)"
    r"|(?P<mark>[%#])(?P<marked>[\w.:-]+)(?P=mark)|\{(?P<braced>[\w.:-]+)\}|\[[a-z]{4,20}: ?(?P<named>[\w.:-]+)\]"
)
_BETWEEN = ("called", "linked", "marked", "braced", "named")
# A key with the words around it: next-intl, i18n-js, Hugo, Rails, Thymeleaf, JSF, Struts, i18next and Wicket.
_MARKED = re.compile(
    r"MISSING_MESSAGE\b.*|.*\bMISSING_MESSAGE: .*|\[missing \"[\w.-]+\" translation\]|\[i18n\] [\w.-]+"
    r"|(?i:missing translation|no translation (?:found )?for|translation (?:missing|not found)(?: for)?)"
    r":? .{0,20}\b[\w-]+[.:][\w.-]+.{0,5}"
    r"|\?{2,3}[\w.-]+\?{2,3}|key '[\w.:-]+ \([\w-]+\)' returned an object instead of string\."
    r"|\[Warning: Property for '[\w.-]+' not found\]|No message found under code '.+"
)
# Last words of keys that are no top-level domain and no ending of a file.
_ENDS = _set(
    """title subtitle heading headline subheading tagline slogan description desc label text button btn cta
    placeholder intro introduction lead caption copyright greeting body paragraph tooltip hint message subtext
    teaser"""
)
# First words, which name a part of a page; of one page there are several texts.
_PARTS = _set(
    """nav navbar navigation menu home homepage hero header footer common page pages landing index about contact
    gallery portfolio messages general global layout sidebar buttons labels form seo meta ui"""
)
_LEAST_OF_A_PART = 2
_LONGEST, _MOST = 300, 5000  # characters of a text, and texts that are looked at
# Objects of browsers and servers, and sets of metadata, whose properties a text may be about.
_OBJECTS = _set(
    """document window event this self console node element request req response res props
    dc dcterms dcmi og exif iptc xmp"""
)
# Parts of a page that are components of user interfaces as well: Menu.Button, Form.Label, Layout.Header
_COMPONENTS = _set("nav navbar navigation menu header footer layout sidebar buttons labels form ui")
# Elements whose text a script replaces: i18next's and jQuery's, Fluent's, and ngx-translate's.
_REPLACED = re.compile(
    r"\sdata-(?:\w+-)*(?:i18n|l10n|translat\w+|(?:lang|locale)-\w+)[\w-]*[=\s>]|\stranslate[\s>]"
)
_COUNTRY = 2  # letters of a country's domain
_DOMAINS = _set(
    """com org net edu gov info name biz shop store blog online site website page app dev cloud art photo photos
    studio design gallery pictures camera world email live media works space club example test local internal
    photography pics graphics ink moda xyz icu vip catering kitchen academy foundation agency berlin hamburg koeln
    cologne bayern saarland ruhr wien tirol swiss zuerich paris bzh alsace corsica london wales scot cymru
    amsterdam frl brussels gent vlaanderen barcelona madrid gal cat istanbul moscow tokyo osaka kyoto nagoya
    sydney melbourne nyc miami boston vegas quebec rio capetown durban joburg asia africa irish"""
)
# Of what is served, and of a project's source.
_FILES = _set(
    """html htm xhtml php asp aspx jsp js jsx mjs cjs ts tsx mts cts css scss sass less styl vue svelte astro
    njk hbs ejs pug liquid twig mustache erb haml slim blade razor cshtml vbhtml mdx rst adoc md json jsonc
    yaml yml toml xml csv tsv txt log ini cfg conf env properties lock sql sqlite ipynb java swift dart lua
    bash ps1 bat exs wasm jpg jpeg png gif webp avif heic tif tiff dng cr2 cr3 nef arw orf raf psd svg ico
    bmp eps mp3 mp4 mov avi mkv webm wav woff woff2 ttf otf pdf doc docx odt xls xlsx ods ppt pptx odp rtf
    epub zip tgz tar bz2 zst rar iso dmg exe apk"""
)
_PASCAL = re.compile(r"[A-Z]+[a-z0-9][A-Za-z0-9]*")  # as classes and components are named


def key_in(texts: Iterable[str], markup: str) -> str:
    """The first of these texts that is the key of one; empty where none is.

    Args:
        texts: each a whole text between two tags, a title or a part of one.
        markup: of the page, whose script may replace the keys.
    """
    if _REPLACED.search(markup):
        return ""
    texts = list(islice(dict.fromkeys(text.strip()[:_LONGEST] for text in texts), _MOST))
    keys = {text: found for text in texts if (found := _words_of(text))}
    parts = Counter(words[0].lower() for words in keys.values())
    for text in texts:
        words = keys.get(text)
        if _MARKED.fullmatch(text) or (words and _is_sure(text, words, parts)):
            return text
    return ""


def _words_of(text: str) -> list[str]:
    """The words of a key; none where it is no key, as the name of a file is none."""
    if around := _AROUND.fullmatch(text):
        text = next(filter(None, (around[name] for name in _BETWEEN)), "")
    if _SNAKE.fullmatch(text):
        return text.split("_")
    found = _KEY.fullmatch(text)
    words = [found[1], *found[2].split(".")[1:]] if found else []
    last = words[-1].lower() if len(words) > 1 else ""
    is_key = len(last) > _COUNTRY and last not in _FILES | _DOMAINS and words[0].lower() not in _OBJECTS
    return words if is_key and not _is_of_code(words) else []


def _is_of_code(words: list[str]) -> bool:
    """Whether these are the name of a class or a component: ``http.IncomingMessage``, ``Card.Title``."""
    if not _PASCAL.fullmatch(words[-1]):
        return False
    is_key = all(map(_PASCAL.fullmatch, words)) and words[0].lower() in _PARTS - _COMPONENTS
    return not is_key and not words[0].isupper()


def _is_sure(text: str, words: list[str], parts: Counter[str]) -> bool:
    last = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", words[-1])
    first, ends = words[0].lower(), bool(last) and last[-1].lower() in _ENDS
    if _SNAKE.fullmatch(text):  # which is also how files and variables are named
        return first in _PARTS and (ends or parts[first] > _LEAST_OF_A_PART)
    is_deep = len(words) > _LEAST_OF_A_PART or _AROUND.fullmatch(text) is not None
    return ends or (first in _PARTS and (is_deep or parts[first] >= _LEAST_OF_A_PART))
