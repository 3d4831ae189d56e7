"""A handwritten ClientHello for what this machine's OpenSSL no longer supports: SSL 3.0, RC4, DES, export suites.

Only the first record of the answer is read: whether the server accepts the offer or refuses it. Nothing is
negotiated, and the connection is closed. Numbers are IANA's (RFC 5246, RFC 8422, RFC 8446).
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable

# Suites without protection, by OpenSSL's names.
WEAK_SUITES: dict[str, int] = {
    "NULL-MD5": 0x0001, "NULL-SHA": 0x0002, "EXP-RC4-MD5": 0x0003, "RC4-MD5": 0x0004, "RC4-SHA": 0x0005,
    "EXP-RC2-CBC-MD5": 0x0006, "IDEA-CBC-SHA": 0x0007, "EXP-DES-CBC-SHA": 0x0008, "DES-CBC-SHA": 0x0009,
    "DES-CBC3-SHA": 0x000A, "EXP-EDH-DSS-DES-CBC-SHA": 0x0011, "EDH-DSS-DES-CBC-SHA": 0x0012,
    "DHE-DSS-DES-CBC3-SHA": 0x0013, "EXP-EDH-RSA-DES-CBC-SHA": 0x0014, "EDH-RSA-DES-CBC-SHA": 0x0015,
    "DHE-RSA-DES-CBC3-SHA": 0x0016, "EXP-ADH-RC4-MD5": 0x0017, "ADH-RC4-MD5": 0x0018,
    "EXP-ADH-DES-CBC-SHA": 0x0019,
    "ADH-DES-CBC-SHA": 0x001A, "ADH-DES-CBC3-SHA": 0x001B, "NULL-SHA256": 0x003B, "EXP1024-DES-CBC-SHA": 0x0062,
    "EXP1024-RC4-SHA": 0x0064, "SEED-SHA": 0x0096, "DHE-RSA-SEED-SHA": 0x009A, "ADH-SEED-SHA": 0x009B,
    "ECDH-ECDSA-RC4-SHA": 0xC002, "ECDH-ECDSA-DES-CBC3-SHA": 0xC003, "ECDHE-ECDSA-NULL-SHA": 0xC006,
    "ECDHE-ECDSA-RC4-SHA": 0xC007, "ECDHE-ECDSA-DES-CBC3-SHA": 0xC008, "ECDH-RSA-RC4-SHA": 0xC00C,
    "ECDH-RSA-DES-CBC3-SHA": 0xC00D, "ECDHE-RSA-NULL-SHA": 0xC010, "ECDHE-RSA-RC4-SHA": 0xC011,
    "ECDHE-RSA-DES-CBC3-SHA": 0xC012, "AECDH-NULL-SHA": 0xC015, "AECDH-RC4-SHA": 0xC016,
    "AECDH-DES-CBC3-SHA": 0xC017,
}  # fmt: skip
# Suites that a server of that time would accept besides the weak ones.
USUAL_SUITES: dict[str, int] = {
    "ECDHE-ECDSA-AES128-SHA": 0xC009, "ECDHE-ECDSA-AES256-SHA": 0xC00A, "ECDHE-RSA-AES128-SHA": 0xC013,
    "ECDHE-RSA-AES256-SHA": 0xC014, "DHE-RSA-AES128-SHA": 0x0033, "DHE-RSA-AES256-SHA": 0x0039,
    "AES128-SHA": 0x002F, "AES256-SHA": 0x0035,
}  # fmt: skip
_NAMES = {number: name for name, number in (WEAK_SUITES | USUAL_SUITES).items()}
NUMBERS = {"SSLv3": 0x0300, "TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303}
_HANDSHAKE, _ALERT, _CLIENT_HELLO, _SERVER_HELLO = 22, 21, 1, 2
_REFUSALS = {40: "handshake failure", 47: "illegal parameter", 70: "protocol version", 71: "insufficient security"}
_GROUPS = (0x001D, 0x0017, 0x0018, 0x0019)
_SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0804, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0202)


def greeting(host: str, version: str, suites: Iterable[str]) -> bytes:
    """A ClientHello in one record."""
    number = NUMBERS[version]
    chosen = b"".join(_two(_number(suite)) for suite in suites)
    body = _two(number) + os.urandom(32) + b"\x00" + _two(len(chosen)) + chosen + b"\x01\x00"
    if number > NUMBERS["SSLv3"]:
        extensions = b"".join(_extensions(host, number))
        body += _two(len(extensions)) + extensions
    message = bytes((_CLIENT_HELLO,)) + len(body).to_bytes(3, "big") + body
    return bytes((_HANDSHAKE,)) + _two(min(number, NUMBERS["TLSv1"])) + _two(len(message)) + message


def read_answer(connection: socket.socket, version: str) -> tuple[str, str]:
    """The suite that the server chose, or empty and why it refused; both empty if it closed the connection.

    The connection's time limit applies to the whole answer, not to each byte.

    Raises:
        TimeoutError: it did not arrive in time.
        ValueError: the answer says nothing about the offer.
    """
    until = time.monotonic() + (connection.gettimeout() or 0.0)
    head = _exactly(connection, 5, until)
    if len(head) < 5:
        return "", ""
    body = _exactly(connection, int.from_bytes(head[3:5], "big"), until)
    if head[0] == _ALERT and len(body) >= 2:
        if body[1] not in _REFUSALS:
            raise ValueError(f"TLS alert {body[1]}")
        return "", _REFUSALS[body[1]]
    if head[0] != _HANDSHAKE or len(body) < 40 or body[0] != _SERVER_HELLO:
        raise ValueError("something that is not TLS")
    at = 6 + 32
    at += 1 + body[at]
    suite = int.from_bytes(body[at : at + 2], "big")
    if int.from_bytes(body[4:6], "big") != NUMBERS[version]:
        return "", "another version"
    return _NAMES.get(suite, f"suite {suite:#06x}"), ""


def _number(suite: str) -> int:
    return WEAK_SUITES[suite] if suite in WEAK_SUITES else USUAL_SUITES[suite]


def _extensions(host: str, number: int) -> Iterable[bytes]:
    if not host.replace(".", "").isdecimal() and ":" not in host:
        name = host.encode("idna")
        yield _extension(0, _sized(b"\x00" + _sized(name)))
    yield _extension(10, _sized(b"".join(map(_two, _GROUPS))))
    yield _extension(11, b"\x01\x00")
    if number >= NUMBERS["TLSv1.2"]:
        yield _extension(13, _sized(b"".join(map(_two, _SIGNATURES))))
    yield _extension(0xFF01, b"\x00")


def _extension(kind: int, data: bytes) -> bytes:
    return _two(kind) + _sized(data)


def _sized(data: bytes) -> bytes:
    return _two(len(data)) + data


def _two(number: int) -> bytes:
    return number.to_bytes(2, "big")


def _exactly(connection: socket.socket, count: int, until: float) -> bytes:
    data = b""
    while len(data) < count:
        connection.settimeout(max(until - time.monotonic(), 0.001))
        more = connection.recv(count - len(data))
        if not more:
            break
        data += more
    return data
