"""Object storage that means harm: listings without end, parts that are no parts, XML that is a bomb."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import chain, count, repeat

from playbook.clients.backups import StoredFile, backup_store
from playbook.settings.loading import load
from tests.hostile.cases import case
from tests.hostile.servers import CHUNK, LIMITS, WITHIN, drip, serving

_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>b</Name><Prefix>n/</Prefix>'
    b"<IsTruncated>%b</IsTruncated>"
)
_ENTRY = (
    b"<Contents><Key>n/%b</Key><LastModified>2026-11-22T03:00:00.000Z</LastModified><Size>%b</Size></Contents>"
)
_FILE = StoredFile("a.tar.gz", 1 << 30, datetime(2026, 11, 22, tzinfo=UTC))


def http(body: bytes, status: str = "200 OK", *headers: bytes) -> bytes:
    """A whole answer."""
    lines = [b"HTTP/1.1 " + status.encode(), b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def endless(status: str = "200 OK", *headers: bytes) -> Iterable[bytes]:
    """An answer whose body does not end."""
    head = b"\r\n".join([b"HTTP/1.1 " + status.encode(), *headers, b"Connection: close"])
    return chain([head + b"\r\n\r\n"], repeat(CHUNK, 1 << 20))


def listing(*entries: bytes, more: bytes = b"") -> bytes:
    """A page; ``more`` is the token of the next one."""
    following = b"<NextContinuationToken>%b</NextContinuationToken>" % more if more else b""
    return _HEAD % (b"true" if more else b"false") + following + b"".join(entries) + b"</ListBucketResult>"


def _storage(name: str, expected: str, script: Callable[[bytes], Iterable[bytes]], within: float = WITHIN) -> None:
    """A case in which all files are listed."""

    @case(f"Object storage: {name}", expected, within)
    def _() -> str:
        with serving(script) as port:
            return f"{len(_store(port).files())} files"


def _store(port: int):
    section = {
        "location": "s3://b/n", "endpoint": f"http://127.0.0.1:{port}", "region": "fra1",
        "access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    }  # fmt: skip
    limits = {"connect": LIMITS.connect, "read": LIMITS.read}
    return backup_store(
        load(
            "sandbox",
            environment={},
            overlay={"targets": {"sandbox": {"backups": section, "time_limits": limits}}},
        )
    )


def _part(name: str, expected: str, script: Callable[[bytes], Iterable[bytes]]) -> None:
    """A case in which a part of an object is read."""

    @case(f"Object storage, a part: {name}", expected, WITHIN)
    def _() -> str:
        with serving(script) as port:
            return f"{_store(port).read('a.tar.gz', 100, 1000)!r:.60}"


def _numbered() -> Callable[[bytes], Iterable[bytes]]:
    """Another page for each question, with a token of its own."""
    numbers = count(1)

    def script(_: bytes) -> Iterable[bytes]:
        number = b"%d" % next(numbers)
        yield http(listing(_ENTRY % (number, b"1"), more=number))

    return script


def _empty() -> Callable[[bytes], Iterable[bytes]]:
    numbers = count(1)
    return lambda _: [http(listing(more=b"%d" % next(numbers)))]


def _to_and_fro() -> Callable[[bytes], Iterable[bytes]]:
    numbers = count(1)
    return lambda _: [http(listing(more=b"AB"[next(numbers) % 2 :][:1]))]


_LAUGHS = b'<!DOCTYPE x [<!ENTITY a0 "ha">' + b"".join(
    b'<!ENTITY a%d "%b">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)
) + b"]><ListBucketResult><Name>&a11;</Name></ListBucketResult>"  # fmt: skip

_storage("pages without end", "Malformed: .*got one without an end", _numbered(), 26.0)
_storage("empty pages without end", "Malformed: .*got one without an end", _empty(), 26.0)
_storage(
    "the same token for ever", "Malformed: .*(lead back|cut off without)", lambda _: [http(listing(more=b"same"))]
)
_storage("two tokens in turn", "Malformed: .*lead back to one that was read", _to_and_fro())
_storage(
    "more keys than were asked for",
    "Malformed: .*one of 20,000 keys at once",
    lambda _: [http(listing(*(_ENTRY % (b"%d" % n, b"1") for n in range(20_000))))],
)
_storage("a page without end", "Malformed: .*at most 4,194,304 bytes", lambda _: endless())
_storage(
    "a page of 4 MB of elements",
    "Malformed: ",
    lambda _: [http(_HEAD % b"x" + b"<a/>" * 1_000_000 + b"</ListBucketResult>")],
)
_storage(
    "a page 500,000 deep",
    "Malformed: .*does not say whether it is whole",
    lambda _: [http(_HEAD % b"x" + b"<a>" * 500_000 + b"</a>" * 500_000 + b"</ListBucketResult>")],
)
_storage(
    "a page of a million attributes",
    "Malformed: ",
    lambda _: [http(b"<ListBucketResult " + b" ".join(b'a%d="1"' % n for n in range(250_000)) + b"/>")],
)
_storage("a billion laughs", "Malformed: .*XML with a document type", lambda _: [http(_LAUGHS)])
_storage(
    "a billion laughs in UTF-16",
    "Malformed: .*XML with a document type",
    lambda _: [http(_LAUGHS.decode().encode("utf-16"))],
)
_storage(
    "an entity of this machine",
    "Malformed: .*XML with a document type",
    lambda _: [
        http(b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><ListBucketResult>&a;</ListBucketResult>')
    ],
)
_storage(
    "an encoding that is none",
    "Malformed: .*no whole XML",
    lambda _: [http(b'<?xml version="1.0" encoding="none-such"?><ListBucketResult/>')],
)
_storage(
    "an encoding of several bytes",
    "Malformed: .*no whole XML",
    lambda _: [http(b'<?xml version="1.0" encoding="utf-7"?><ListBucketResult/>')],
)
_storage(
    "a size of 5,000 digits", "Malformed: .{50,800}$", lambda _: [http(listing(_ENTRY % (b"a", b"9" * 5000)))]
)
_storage(
    "a size of 2^64",
    "Malformed: .*without key, size or time",
    lambda _: [http(listing(_ENTRY % (b"a", b"18446744073709551616")))],
)
_storage(
    "a time before all times",
    "Malformed: .*without key, size or time",
    lambda _: [
        http(listing((_ENTRY % (b"a", b"1")).replace(b"2026-11-22T03:00:00.000Z", b"0001-01-01T00:00:00+14:00")))
    ],
)
_storage(
    "a key of 1 MB that is elsewhere",
    "Malformed: .{50,800}$",
    lambda _: [http(listing((_ENTRY % (b"x" * 1_000_000, b"1")).replace(b">n/", b">m/")))],
)
_storage(
    "a name of 1 MB",
    "Malformed: .{50,800}$",
    lambda _: [http(listing().replace(b"<Name>b", b"<Name>" + b"b" * 1_000_000))],
)
_storage(
    "a sign-in page",
    "Malformed: .*an HTML page",
    lambda _: [http(b"<html><body>Sign in</body></html>", "200 OK", b"Content-Type: text/html")],
)
_storage(
    "an error without end", "Malformed: .*at most 4,194,304 bytes", lambda _: endless("500 Internal Server Error")
)
_storage(
    "a drip",
    "Unreachable: .*no answer in time",
    lambda _: drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
)
_storage(
    "headers without end",
    "Unreachable|Malformed",
    lambda _: chain([b"HTTP/1.1 200 OK\r\n"], repeat(b"X-A: b\r\n" * 1000, 1 << 20)),
)

_RANGE = b"Content-Range: bytes 100-1099/1073741824"
_part("one without end", "Malformed: .*at most", lambda _: endless("206 Partial Content", _RANGE))
_part(
    "a larger one than asked for",
    "Malformed: .*got 2,000 B where 1,000 were asked for",
    lambda _: [http(b"x" * 2000, "206 Partial Content", _RANGE)],
)
_part(
    "another one than asked for",
    "Malformed: .*got 1,000 B as 'bytes 0-999/",
    lambda _: [http(b"x" * 1000, "206 Partial Content", b"Content-Range: bytes 0-999/1073741824")],
)
_part(
    "a shorter one than it says",
    "Malformed: .*got 10 B as 'bytes 100-1099/",
    lambda _: [http(b"x" * 10, "206 Partial Content", _RANGE)],
)
_part(
    "one that does not say which",
    "Malformed: .*got 1,000 B as ''",
    lambda _: [http(b"x" * 1000, "206 Partial Content")],
)
_part(
    "one with a range of a million digits",
    "Malformed: .{50,800}$|Unreachable: ",
    lambda _: [http(b"x" * 1000, "206 Partial Content", b"Content-Range: bytes " + b"9" * 60_000 + b"-1/1")],
)
_part("all of it", "Malformed: .*got all of it, from its beginning", lambda _: [http(b"x" * 1000)])
_part("all of it, without end", "Malformed: .*at most", lambda _: endless())
_part("an error without end", "Malformed: .*at most", lambda _: endless("404 Not Found"))
_part(
    "a drip",
    "Unreachable: .*no answer in time",
    lambda _: drip(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1000\r\n" + _RANGE + b"\r\n\r\n"),
)


@case("Object storage: an archive that comes at a drip", "Unreachable: .*no answer in time", WITHIN)
def _() -> str:
    def script(asked: bytes) -> Iterable[bytes]:
        return drip(
            b"HTTP/1.1 206 Partial Content\r\nContent-Length: 4194304\r\nContent-Range: bytes 0-4194303/9\r\n\r\n"
        )

    with serving(script) as port, _store(port).open(_FILE, within=2.0) as stream:
        return f"{len(stream.read(10))} bytes"
