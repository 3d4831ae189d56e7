"""Wording of sentences for people: names, headings, clauses, numbers with their units. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from playbook.core.zones import beside

# Proper spelling by the word that ids, settings and addresses use.
NAMES = {
    **{name.lower(): name for name in ("Alertmanager", "Dependabot", "DigitalOcean", "GitHub", "Grafana")},
    **{name.lower(): name for name in ("Prometheus", "Redis", "Valkey", "PostgreSQL", "MySQL", "MongoDB")},
    **{name.lower(): name for name in ("Kafka", "OpenSearch")},
    **{name.lower(): name for name in ("Celery", "RQ", "Sidekiq", "Bull", "BullMQ", "Resque")},
    **{name.lower(): name for name in ("Dramatiq", "Hangfire", "Huey", "Laravel")},
    **{name.lower(): name for name in ("API", "CPU", "DNS", "HSTS", "HTTP", "HTTPS", "SSH", "TLS", "URL")},
    "npm": "npm",
    "redis-list": "Redis list",
    "redis-stream": "Redis stream",
    "saq": "SAQ",
    "gocraft": "gocraft/work",
    "pg": "PostgreSQL",
}
_SENTENCE = re.compile(r"(?P<service>\w[^:]{0,60}): expected (?P<expected>.+?), got:? (?P<got>.+)", re.DOTALL)
_NONE = re.compile(r"(?:none|nothing)(?: at all)?(?P<rest>\b.*)", re.DOTALL)
_ANSWER = "an answer from "
_ARTICLE = re.compile(r"^(?:an?|the|some)\s+")
_TOOK = re.compile(r"\bafter [\d.,]+ s\b")
_UNITS = "%|ms|s|min|h|d|days?|weeks?|months?|[KMGT]?i?B|points?|requests?|images?|jobs?|keys?"
_NUMBER_AND_UNIT = re.compile(
    rf"(?<=[0-9]) (?=(?:{_UNITS})(?![\w/]))|(?<=[≤≥<>×]) (?=[0-9])|(?<=&[gl]t;) (?=[0-9])"
)


def name_of(slug: str) -> str:
    """The name of a database, a library and the like: ``pg`` is ``PostgreSQL``; unknown ones are unchanged."""
    return NAMES.get(slug.lower(), slug)


def heading(cause: str) -> str:
    """A cause at the beginning of a line: ``DigitalOcean API``, ``npm``, ``API health``.

    ``cause`` is the name of a service, or the id of a measurement: ``api_health``.
    """
    words = [NAMES.get(word, word) for word in cause.replace("_", " ").split(" ")]
    first = words[0]
    return " ".join([first if first in NAMES.values() else f"{first[:1].upper()}{first[1:]}", *words[1:]])


def told_once(texts: Iterable[str]) -> list[str]:
    """Each text once, in order; of those that differ only in how long something took, the first."""
    told: dict[str, str] = {}
    for text in texts:
        told.setdefault(_TOOK.sub("", text), text)
    return list(told.values())


def within(title: str) -> str:
    """A title within a sentence: ``memory of web``; ``CPU of web`` and ``Redis latency`` are unchanged."""
    return title if _is_name(title) else f"{title[:1].lower()}{title[1:]}"


def clause_of(message: str) -> str:
    """A message of the form ``service: expected …, got …`` as part of another sentence; any other unchanged.

    ``GitHub: expected the members from api.github.com, got HTTP 403`` is ``nothing from GitHub: HTTP 403``, ``npm:
    expected a lock file in /srv/app, got none`` is ``nothing from npm: no lock file in /srv/app``, and ``Website:
    expected an answer from https://…, got HTTP 500`` is ``no answer from the website at https://…: …``.
    """
    parts = _SENTENCE.fullmatch(message)
    if not parts:
        return message
    service, expected, got = parts["service"], parts["expected"], parts["got"]
    bare = service.lower() in NAMES
    of = f"{'' if bare else 'the '}{within(service)}"
    if expected.startswith(_ANSWER):
        at = expected.removeprefix(_ANSWER)
        return f"no answer from {at if service == 'TLS' else f'{of} at {at}'}: {got}"
    if none := _NONE.fullmatch(got):
        got = f"no {_ARTICLE.sub('', expected)}{none['rest']}"
    return f"nothing from {of}: {got}"


def kept_together(text: str) -> str:
    """The text with no-break spaces between a number and its unit, for pages only, as programs read other
    files.
    """
    return _NUMBER_AND_UNIT.sub("\N{NO-BREAK SPACE}", text)


def code_parts(text: str) -> list[tuple[str, bool]]:
    """The parts of a text, each with whether it is code, which is between two backticks."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one without its other is a character like any other
        return [(text, False)]
    return [(part, number % 2 == 1) for number, part in enumerate(parts) if part]


def without_code_marks(text: str) -> str:
    """The same for plain text, where backticks would be read as such."""
    return "".join(part for part, _ in code_parts(text))


def moment(at: datetime | None, zone: str = "UTC") -> str:
    """``2026-03-02 06:17 UTC (07:17 in Berlin)``; UTC alone where that is the zone, and ``never`` for None."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC{beside(at, zone)}" if at else "never"


def _is_name(title: str) -> bool:
    """Whether it begins with a name or an abbreviation, whose case never changes."""
    first = title.partition(" ")[0]
    return first.lower() in NAMES or not first[1:].islower()


def plural(count: int, one: str, many: str = "") -> str:
    """``1 check``, ``2 checks``; ``many`` where that is not ``one`` with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def enumerated(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; empty for none."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def counted(count: float | None, unit: str) -> str:
    """The unit of a count, without the count, in singular or plural: ``SSH key`` for 1, ``SSH keys`` for 2,
    ``member without a second factor`` for 1 of ``members without a second factor``.
    """
    if count != 1 or isinstance(count, float):
        return unit
    noun, *more = re.split(r"(?= (?:of|without|with|in|from) )", unit, maxsplit=1)
    for many, one in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("s", "")):
        if noun.endswith(many) and not noun.endswith("'s"):
            noun = noun.removesuffix(many) + one
            break
    return "".join([noun, *more])
