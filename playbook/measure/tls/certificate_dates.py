"""Dates of a certificate that otherwise cannot be parsed, so that its expiry is still detected.

Reads as much of DER as that takes (X.690; RFC 5280, 4.1): version, serial number, algorithm, issuer, validity.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_PIVOT = 50  # two-digit years from here on are of the last century (RFC 5280, 4.1.2.5.1)


def dates_of(der: bytes) -> tuple[datetime, datetime] | None:
    """Beginning and end; None where not even these can be read."""
    try:
        certificate = _content(der, 0, _SEQUENCE)
        at = _content(der, certificate[0], _SEQUENCE)[0]
        if der[at] == _VERSION:
            at = _after(der, at)
        for _ in range(3):  # serial number, signature algorithm, issuer
            at = _after(der, at)
        begin, _ = _content(der, at, _SEQUENCE)
        return _time(der, begin), _time(der, _after(der, begin))
    except (IndexError, ValueError):
        return None


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Tag, and start and end of the content."""
    tag, length, begin = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:
            raise ValueError("a length that DER does not have")
        length, begin = int.from_bytes(der[begin : begin + size], "big"), begin + size
    if begin + length > len(der):
        raise ValueError("an element that ends behind the data")
    return tag, begin, begin + length


def _content(der: bytes, at: int, tag: int) -> tuple[int, int]:
    found, begin, end = _element(der, at)
    if found != tag:
        raise ValueError(f"expected tag {tag:#x}, got {found:#x}")
    return begin, end


def _after(der: bytes, at: int) -> int:
    return _element(der, at)[2]


def _time(der: bytes, at: int) -> datetime:
    tag, begin, end = _element(der, at)
    text = der[begin:end].decode("ascii")
    if tag == _UTC_TIME:
        year, rest = int(text[:2]), text[2:]
        year += 1900 if year >= _PIVOT else 2000
    elif tag == _GENERALIZED_TIME:
        year, rest = int(text[:4]), text[4:]
    else:
        raise ValueError("neither of the two kinds of time")
    month, day, hour, minute = (int(rest[place : place + 2]) for place in (0, 2, 4, 6))
    rest = rest[8:]
    second = int(rest[:2]) if rest[:2].isdecimal() else 0
    zone = rest[2:] if rest[:2].isdecimal() else rest
    moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    sign = zone[:1]
    if sign in ("+", "-") and len(zone) == 5:  # BER, as old software writes it
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        return moment - offset if sign == "+" else moment + offset
    return moment
