"""What the head of a document says of it: owner, version and date of the last review, in many forms.

**Owner:** Operations team           owner: ops                      | Owner      | Last reviewed |
**Last reviewed:** 2026-11-20        last_reviewed: 2026-11-20       |------------|---------------|
                                                                     | Operations | 20 Nov 2026   |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

from playbook.core.placeholders import is_placeholder

_OWNERS = (
    r"(?:(?:document|service|runbook|page|playbook|process|business|technical)[ _-]?)?owners?|owned[ _-]by"
    r"|owning[ _-]team|dri|maintainers?|maintained[ _-]by|responsible(?:[ _-](?:team|person))?"
)
_REVIEWS = (
    r"(?:(?:date[ _-]of[ _-])?(?:last[ _-]?)?review(?:ed)?|last[ _-]?(?:verified|validated|tested|checked))"
    r"(?:[ _-]?(?:on|at|date))?"
)
_VERSIONS = r"(?:(?:document|runbook|playbook)[ _-]?)?version"


def _field(names: str) -> re.Pattern[str]:
    """A line of the head: alone, in a list, a table or front matter, and with or without emphasis."""
    return re.compile(
        rf"^[^\w\n<~]{{0,12}}?(?:{names})[*_]{{0,3}}[ \t]*[:|=][*_]{{0,3}}[ \t]*(?P<value>.*)$",
        re.MULTILINE | re.IGNORECASE,
    )


_OWNER, _REVIEWED, _VERSION = _field(_OWNERS), _field(_REVIEWS), _field(_VERSIONS)
_REVIEWED_BY = re.compile(
    r"^[^\w\n<~]{0,12}?(?:last )?reviewed by\b[^\n]*?(?:\bon|,|\(|:|[-–—])[*_ \t]*"
    r"(?P<value>(?:[a-z]{3,9} )?\d[^\n]*)$",
    re.MULTILINE | re.IGNORECASE,
)
_REVIEWED_DAY = re.compile(
    r"^[^\w\n<~]{0,12}?(?:last )?reviewed(?: on)?[*_]{0,3} (?P<value>\d[^\n]*)$", re.MULTILINE | re.IGNORECASE
)
_NAMES = re.compile(rf"{_OWNERS}|{_REVIEWS}|{_VERSIONS}", re.IGNORECASE)
# Forms that are rewritten, each field on a line of its own.
_SIDE_BY_SIDE = re.compile(r"^(?![ \t]*\|).*[ \t][|·•][ \t].*$", re.MULTILINE)
_SEPARATOR = re.compile(r"[ \t]+[|·•][ \t]+")
_SECTION = re.compile(
    rf"^#+[ \t]+({_OWNERS}|{_REVIEWS}|{_VERSIONS})[ \t:]*\n\s*(?=[^\s#])", re.MULTILINE | re.IGNORECASE
)
_LIST = re.compile(r":[ \t]*\n[ \t]*-[ \t]+(?=\w)")
_TABLE = re.compile(
    r"^[ \t]*\|(?P<heads>.+)\|[ \t]*\n[ \t]*\|[ \t:|-]+\|[ \t]*\n[ \t]*\|(?P<row>.+)\|[ \t]*$", re.MULTILINE
)
_STRUCK = re.compile(r"~~[^~\n]*~~")
_UNFILLED = re.compile(
    r"<[^<>@:]*>|(?:none|nobody|no ?one|unknown|vacant|unassigned)\b\s*[(,;–-].*"
    r"|former(?:ly)?\b.*|.*[(,;–-]\s?(?:who |has |have )?(?:left|retired|moved on)\b.*",
    re.IGNORECASE,
)
_TAG = re.compile(r"(?i)</?(?:b|strong|i|em|br|p|span|code)\b[^<>\n]{0,200}>")
_WEEKDAY = re.compile(r"(?i)(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]{0,2}\s+")
# Whoever reviewed it, before the day: Ada Novak, 2026-11-20.
_WHO = re.compile(
    r"(?!(?:Next|Due|Overdue|Until|Before|After|Since|Expires|Planned|Scheduled|Pending|Deadline|Not|Never|No)\b)"
    r"(?:by )?(?:@[\w-]{1,40}|[^\W\d_a-z][\w.'-]{0,40}(?: [^\W\d_a-z][\w.'-]{0,40}){0,3})[,:]? ?(?:on |\()?"
    r"(?=\d{4}-)"
)
# Behind the day: what was looked at did not pass.
_NOT_PASSED = re.compile(
    r"(?i)\d[\s(),.;:\u2010-\u2015-]{1,6}(?:(?:but|and|it|the|this|test|drill|restore|review|result|status)\W{1,3}){0,3}"
    r"(?:fail(?:ed|s|ure)?|(?:did|does)(?:n't| not) (?:pass|work|succeed)|not (?:passed|approved|completed?"
    r"|finished)|incomplete|rejected|needs? (?:to be |an? )?(?:update|re(?:work|writ|view))\w*)\b"
)
_DAY = re.compile(r"\d{8}(?!\d)|\d{4}-W\d{2}-\d")
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?P<between>[-/.])(?P<month>\d{1,2})(?P=between)(?P<day>\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?P<one>\d{1,2})(?P<between>[-/.])(?P<two>\d{1,2})(?P=between)(?P<year>\d{4})(?!\d)")
_NUMBERED_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})(?![\d-])")
# Of 20th of Nov., 2026 and 20-Nov-2026.
_BESIDE_WORDS = re.compile(r"(?i)(?<=\d)(?:st|nd|rd|th)\b|\bof\b|(?<=\w)\.(?=\s|$)|(?<=sep)t\b")
_IN_WORDS = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y")
_MONTH = ("%B %Y", "%b %Y")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a document.

    Attributes:
        owner: empty where it has none.
        version: empty where it has none.
        reviewed: None where there is no date, or an invalid one.
        given: the words in the place of the date.
    """

    owner: str
    version: str
    reviewed: date | None
    given: str


def head_of(prose: str) -> Head:
    """The head of a document, from its text without blocks of code and comments."""
    text = _TAG.sub("", _STRUCK.sub("", prose))
    text = _SIDE_BY_SIDE.sub(lambda line: _SEPARATOR.sub("\n", line[0]), text)
    text = _LIST.sub(": ", _SECTION.sub(r"\1: ", text))
    text += "".join(f"\n{line}" for table in _TABLE.finditer(text) for line in _cells(table))
    given = [value for form in (_REVIEWED, _REVIEWED_BY, _REVIEWED_DAY) for value in _values(form, text)]
    dates = [day for day in map(_date, given) if day]
    if given and _NOT_PASSED.search(given[0]):
        dates = []
    return Head(
        owner=next(iter(_values(_OWNER, text)), ""),
        version=next(iter(_values(_VERSION, text)), ""),
        reviewed=next(iter(dates), None),
        given=next(iter(given), ""),
    )


def _cells(table: re.Match[str]) -> Iterator[str]:
    """The first row of a table, each cell behind its heading."""
    heads, row = (table[part].split("|") for part in ("heads", "row"))
    return (f"{head.strip()}: {cell.strip()}" for head, cell in zip(heads, row, strict=False))


def _values(field: re.Pattern[str], text: str) -> list[str]:
    """What is written in the places of a field, without placeholders and headings of a table."""
    values = [found["value"].strip().strip("|*_\"'").strip() for found in field.finditer(text)]
    return [
        value
        for value in values
        if not is_placeholder(value)
        and not _UNFILLED.fullmatch(value)
        and "|" not in value
        and not _NAMES.fullmatch(value)
    ]


def _date(given: str) -> date | None:
    """The day that a text begins with: as ISO 8601 writes it, with slashes or points, or with the month in words.

    1/2/2026 is two days, and so is none; with points the day is first. A month alone is its first day.
    """
    text = _WEEKDAY.sub("", given.strip("`[("), count=1)
    if who := _WHO.match(text):
        text = text[who.end() :]
    found: re.Match[str] | None = None
    with suppress(ValueError):
        if found := _DAY.match(text):
            return date.fromisoformat(found[0])
        if found := _YEAR_FIRST.match(text):
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        if found := _YEAR_LAST.match(text):
            one, two, year = int(found["one"]), int(found["two"]), int(found["year"])
            return date(year, two, one) if found["between"] == "." else _unambiguous(year, one, two)
        if found := _NUMBERED_MONTH.match(text):
            return date(int(found["year"]), int(found["month"]), 1)
    return None if found else _in_words(text)


def _in_words(text: str) -> date | None:
    words = [word for word in re.split(r"[-,\s(]+", _BESIDE_WORDS.sub("", text)) if word]
    for count, forms in ((3, _IN_WORDS), (2, _MONTH)):
        for form in forms:
            with suppress(ValueError):
                return datetime.strptime(" ".join(words[:count]), form).replace(tzinfo=UTC).date()
    return None


def _unambiguous(year: int, one: int, two: int) -> date | None:
    """The day, where only one of the two numbers can be the month, or both are the same."""
    if one == two or two > 12:
        return date(year, one, two)
    return date(year, two, one) if one > 12 else None
