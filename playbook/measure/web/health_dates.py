"""Dates in health reports until which something is valid, and that are over beside a good status. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from playbook.measure.web.health_key_words import word_set, words_of
from playbook.measure.web.health_values import Pairs, short, under

# Ends of a validity by their own names, as X.509 and Node's getPeerCertificate() have them.
_VALID = (("valid", "to"), ("valid", "until"), ("valid", "till"), ("not", "after"), ("validity", "ends"))
_EXPIRES = word_set("expires expiry expiration expire expiring")
_FILLING = word_set("at on date time timestamp since")
# What is renewed before its end, or something stops; a session, a lock or an entry of a cache only ends.
_RENEWED = word_set(
    """certificate certificates cert certs ssl tls x509 https license licence subscription domain credential
    credentials secret apikey ca"""
)
_LASTING = word_set("token tokens key keys lease account")
_REPLACED = word_set("trial previous former old replaced deprecated retired revoked")  # by the one that counts
_ENDING = word_set(
    "session sessions cache cached lock locks maintenance support upgrade upgrades"
)  # what only ends, by itself
_LEAST_DATE = 1e9  # a smaller number is no Unix time
_MILLISECONDS = 1e11


@dataclass(frozen=True, slots=True)
class Over:
    """A validity that has ended.

    Attributes:
        sure: it is of something that has to be renewed; an access token may be renewed when it is needed.
    """

    what: str
    words: str
    sure: bool


def over_in(name: str, value: Pairs, now: datetime) -> Iterator[Over]:
    """Validities of an object that have ended."""
    for key, one in value:
        own = words_of(key)
        kind = _ends(own)
        around = {*words_of(name), *own}
        if not kind or _only_ends(name, own) or not (kind == "valid" or around & (_RENEWED | _LASTING)):
            continue
        until = _time(one)
        if until is not None and until < now and not ("access" in own and _is_renewed(value, now)):
            sure = bool(around & _RENEWED) or (kind == "valid" and not around & _LASTING)
            yield Over(under(name, key), f"{short(one)}, which is over", sure)


def _is_renewed(value: Pairs, now: datetime) -> bool:
    """Whether a token beside it, by which an access token is renewed when it is needed, is still valid."""
    ends = [_time(one) for key, one in value if "refresh" in words_of(key) and _ends(words_of(key))]
    return any(end is not None and end >= now for end in ends)


def _only_ends(name: str, own: tuple[str, ...]) -> bool:
    """Whether it is of something that has been replaced, or that nobody renews."""
    of_it = {*own, *words_of(name)[-1:]}
    return bool(of_it & _REPLACED or (of_it & _ENDING and not {*own} & (_RENEWED - {"license", "licence"})))


def _ends(words: tuple[str, ...]) -> str:
    """``valid`` or ``expires`` for a key that holds the end of a validity; empty for any other."""
    bare = tuple(word for word in words if word not in _FILLING)
    if bare[-2:] in _VALID:
        return "valid"
    is_expiry = bool(bare) and (bare[-1] in _EXPIRES or bare[0] == "expired")
    return "expires" if is_expiry else ""


def _time(value: object) -> datetime | None:
    """A Unix time, one of ISO 8601, of HTTP, or of OpenSSL (``Nov 30 07:00:00 2026 GMT``); None for anything else.

    A day lasts until its end, and without a zone a time may be a day later elsewhere.
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if value < _LEAST_DATE:
                return None
            return datetime.fromtimestamp(value if value < _MILLISECONDS else value / 1000, UTC)
        return _written(value.strip()) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def _written(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)
        except ValueError:
            at = parsedate_to_datetime(text)
    return at if at.tzinfo else at.replace(hour=23, minute=59, tzinfo=UTC)
