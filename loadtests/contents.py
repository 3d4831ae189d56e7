"""What a visitor got: a page, a health report or a picture. Judged as by the daily checks, without Locust."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from loadtests.pixels import pixels_of
from playbook.clients.answer import AGE, CACHES, Answer, cache_hit
from playbook.measure.web.health import State, read_report
from playbook.measure.web.health_report import Report, UnknownShapeError
from playbook.measure.web.web_page import PageRules, error_page, fault_of, in_place_of_it
from playbook.readers.load.plan import Plan

_OF_NUMBERS = b"0123456789abcdefABCDEF"  # letters of which numbers and most ids are made
_TELL_OF_CACHES = frozenset((*CACHES, AGE))
_MOST_KINDS = 256  # of pages that are remembered
_SHOWN = 3  # failing dependencies
_LONGEST = 120
_LEAST_WIDTH = 16  # pixels
_OTHER_SHAPE = 0.05  # of the width; both sides are rounded
_TAIL = 4096  # bytes in which the end of a picture is looked for; some programs write more behind it
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+", re.IGNORECASE)


class Unclear(str):
    """Says what an answer is that is neither good nor bad."""

    __slots__ = ()


class Contents:
    """What is wrong with answers, by what a plan requires of them; an empty text where nothing is.

    Reading a page takes longer than a request, so of pages that differ in numbers only one is read.
    """

    def __init__(self, plan: Plan) -> None:
        url = f"{plan.host}{plan.paths.get('homepage', '/')}"
        self._rules = PageRules(url, tuple(plan.hosts), plan.expect, plan.least_bytes)
        self._by_status = plan.health_by_status
        self._pages: dict[tuple[str, int], str] = {}
        self._health = lru_cache(maxsize=64)(health_fault)

    def page(self, answer: Callable[[], Answer], kind: str, body: bytes) -> str:
        """What is wrong with the homepage; ``answer`` is only called for a page of a new kind."""
        alike = kind, hash(body.translate(None, _OF_NUMBERS))
        found = self._pages.get(alike)
        if found is None:
            if len(self._pages) >= _MOST_KINDS:
                self._pages.clear()
            found = self._pages[alike] = page_fault(answer(), self._rules)
        return found

    def health(self, answer: Callable[[], Answer], kind: str, body: bytes, hit: str = "") -> str:
        """What is wrong with the answer of a health endpoint; ``hit`` is what ``from_cache`` says of it."""
        fault = _instead(answer()) if kind.startswith("text/html") else ""
        fault = fault or ("" if self._by_status else self._health(body))
        if hit and not fault:
            return Unclear(f"expected an answer of the instance, got one from a cache ({plain(hit)})")
        return fault


def from_cache(headers: Mapping[str, str | list[str]]) -> str:
    """The header that shows that a cache answered; empty where none does. Names are in lower case."""
    if _TELL_OF_CACHES.isdisjoint(headers):
        return ""
    return cache_hit({name: text_of(headers[name]) for name in _TELL_OF_CACHES if name in headers})


def text_of(value: str | list[str]) -> str:
    """A header's value; a list where it was repeated."""
    return ", ".join(value) if isinstance(value, list) else value


def page_fault(answer: Answer, rules: PageRules) -> str:
    """What is wrong with the homepage, as in the daily check."""
    fault = fault_of(answer, rules)
    if fault is None:
        return ""
    words = f"expected the page, got {plain(fault.words)}"
    return Unclear(words) if fault.uncertain else words


def health_fault(body: bytes) -> str:
    """What is wrong with a health report: a part of it that does not work, or that is not understood."""
    try:
        report = read_report(body)
    except UnknownShapeError as error:
        return Unclear(f"expected a health report, got {plain(str(error))}")
    if report.state is not State.HEALTHY:
        return f"expected to be healthy, got {plain(_failing(report))}"
    if report.unclear:
        return Unclear(f"expected a report that is understood, got {plain(report.unclear[0])}")
    return ""


def picture_fault(kind: str, data: bytes, posted: int, shape: float = 0.0) -> str:
    """What is wrong with an optimised picture.

    Only its beginning and its end are looked at: to decode it would take longer than the request.

    Args:
        posted: the original's size in bytes.
        shape: its width divided by its height; 0 for any.
    """
    kind = _ALIASES.get(kind, kind)
    begins_right = _BEGINNINGS.get(kind)
    if begins_right is None:
        return f"expected an image, got {plain(kind) or 'no content type'}"
    if not begins_right(data):
        return f"expected {kind}, got bytes that do not begin as it does"
    if not _ENDS[kind](data):
        return f"expected a whole {kind}, got one that is cut off"
    if len(data) >= posted:
        return "expected an image smaller than the original, got one that is not"
    width, height = pixels_of(kind, data) or (0, 0)
    if shape and (width < _LEAST_WIDTH or abs(width - shape * height) > max(_OTHER_SHAPE * width, 2)):
        return f"expected the posted picture, got one of {width} × {height} pixels"
    return ""


def _boxes_are_whole(data: bytes) -> bool:
    """Whether the boxes of an ISO file (AVIF) fill it: each begins with its size, 0 for the rest of the file."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            return size == 0
        at += size
    return at <= len(data)


_ALIASES = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg"}
_BEGINNINGS: dict[str, Callable[[bytes], bool]] = {
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
    "image/avif": lambda data: data[4:8] == b"ftyp" and (b"avif" in data[8:64] or b"avis" in data[8:64]),
}
_ENDS: dict[str, Callable[[bytes], bool]] = {
    "image/jpeg": lambda data: b"\xff\xd9" in data[-_TAIL:],
    "image/png": lambda data: b"IEND" in data[-_TAIL:],
    "image/webp": lambda data: int.from_bytes(data[4:8], "little") + 8 <= len(data) + 1,
    "image/avif": _boxes_are_whole,
}


def _instead(answer: Answer) -> str:
    """A page for people in place of a health report."""
    foreign = in_place_of_it(answer)
    if foreign:
        return Unclear(f"expected a health report, got {plain(foreign.words)}")
    fault = error_page(answer)
    return f"expected a health report, got {plain(fault.words)}" if fault else ""


def _failing(report: Report) -> str:
    bad = sorted((one for one in report.dependencies if one.state), key=lambda one: -(one.state or 0))
    return ", ".join([report.status, *(f"{one.name} {one.status}" for one in bad[:_SHOWN])])


def plain(text: str) -> str:
    """Foreign text: short, printable, and without the numbers that make it unique."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return _NUMBERS.sub("N", shown)[:_LONGEST]
