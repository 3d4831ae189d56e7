"""Redis servers that mean harm."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, repeat

from playbook.clients.redis import Address, ReadOnlyRedis
from playbook.core.secret import Secret
from tests.hostile.cases import case
from tests.hostile.servers import CHUNK, LIMITS, WITHIN, Script, drip, serving


def asked(script: Script, ask: Callable[[ReadOnlyRedis], object]) -> str:
    """What the client makes of it."""
    with serving(script) as port:
        client = ReadOnlyRedis(Address.parse(Secret(f"redis://127.0.0.1:{port}"), "redis.url"), time_limits=LIMITS)
        try:
            return f"{ask(client)!r:.300}"
        finally:
            client.close()


def bulk(text: bytes) -> bytes:
    """A text with its true length."""
    return b"$%d\r\n%b\r\n" % (len(text), text)


def _answers(
    name: str, expected: str, answer: Callable[[], Iterable[bytes]], ask: Callable[[ReadOnlyRedis], object]
) -> None:
    @case(f"Redis: {name}", expected, WITHIN)
    def _() -> str:
        return asked(lambda _: answer(), ask)


def _clients(client: ReadOnlyRedis) -> object:
    return client.clients()


def _info(client: ReadOnlyRedis) -> object:
    return client.info()


def _size(client: ReadOnlyRedis) -> object:
    return client.size()


def _slow(client: ReadOnlyRedis) -> object:
    return client.slow_commands(128)


def _hash(client: ReadOnlyRedis) -> object:
    return client.hgetall("k")


def _scan(client: ReadOnlyRedis) -> object:
    return client.scan(0, 100)


def _many(client: ReadOnlyRedis) -> object:
    return client.many([("TTL", f"k{number}") for number in range(1000)])


_answers("a text of 512 GB", "Malformed: .*got a text of 549,755,813,888 B", lambda: [b"$549755813888\r\n"], _info)
_answers(
    "a text of 15 MB that is one of 512 GB",
    "Malformed: .*got a text of 5",
    lambda: chain([b"$549755813888\r\n"], repeat(CHUNK, 240)),
    _info,
)
_answers("a text of a byte more than may be", "Malformed: .*got a text of", lambda: [b"$8388609\r\n"], _info)
_answers("a text that goes on", "Malformed: .*does not end there", lambda: [b"$5\r\n1234567\r\n"], _info)
for _length in (b"-2", b"-512", b"", b"x", b"1_0", b" 5", b"9" * 30, b"\xd9\xa3"):
    _answers(
        f"a text of the length {_length!r}",
        "Malformed: ",
        lambda length=_length: [b"$" + length + b"\r\nx\r\n"],
        _info,
    )
for _length in (b"-2", b"x", b"1_0", b"500001", b"99999999999", b"9" * 30):
    _answers(
        f"an array of {_length!r}", "Malformed: ", lambda length=_length: [b"*" + length + b"\r\n:1\r\n"], _slow
    )
_answers(
    "an array that does not end",
    r"\[\]|Malformed: |Unreachable: .*no answer in time",
    lambda: chain([b"*499999\r\n"], repeat(b":1\r\n" * 16_000)),
    _slow,
)
_answers(
    "arrays of arrays without end",
    "Malformed: .*(over 500,000 values|an array of)|Unreachable: .*no answer in time",
    lambda: chain([b"*200000\r\n"], repeat(b"*2\r\n:1\r\n:1\r\n" * 5000)),
    _slow,
)
_answers("arrays 100,000 deep", "Malformed: .*arrays of over 8", lambda: [b"*1\r\n" * 100_000 + b":1\r\n"], _slow)
_answers(
    "a status of 1 GB", "Malformed: .*a line of over 65,536 B", lambda: chain([b"+"], repeat(CHUNK, 16_384)), _size
)
_answers(
    "an error of 1 GB",
    "Malformed: .*a line of over 65,536 B",
    lambda: chain([b"-ERR "], repeat(CHUNK, 16_384)),
    _size,
)
_answers(
    "an error of 60 kB",
    r"Malformed: .{100,2500}characters\)$",
    lambda: [b"-ERR " + b"why " * 15_000 + b"\r\n"],
    _size,
)
_answers(
    "a refusal of 60 kB",
    r"Refused: .{50,2500}characters\)$",
    lambda: [b"-MISCONF " + b"y" * 60_000 + b"\r\n"],
    _size,
)
_answers(
    "a number of 60,000 digits",
    "Malformed: .*an invalid number",
    lambda: [b":" + b"9" * 60_000 + b"\r\n"],
    _size,
)
_answers("a number below nought", "Malformed: ", lambda: [b":-1\r\n"], _size)
_OF_3 = {
    b"%2\r\n": "a map", b"~2\r\n": "a set", b"_\r\n": "a null", b"#t\r\n": "a boolean", b",nan\r\n": "a double",
    b"(" + b"9" * 99 + b"\r\n": "a big number", b"=9\r\ntxt:hello\r\n": "a verbatim text",
    b"!5\r\nERR x\r\n": "a long error", b"|1\r\n+a\r\n:1\r\n": "an attribute",
}  # fmt: skip
for _kind, _name in _OF_3.items():
    _answers(f"{_name} of RESP3", f"Malformed: .*{_name} of RESP3", lambda kind=_kind: [kind], _size)
_answers(
    "pushes without end", "Malformed: .*a push of RESP3", lambda: repeat(b">2\r\n+message\r\n+x\r\n" * 1000), _size
)
_answers(
    "something that is not RESP", "Malformed: .*no RESP", lambda: [b"HTTP/1.1 400 Bad Request\r\n\r\n"], _size
)
_answers("a drip of a status", "Unreachable: .*no answer in time", lambda: drip(b"+"), _size)
_answers("a drip of a text", "Unreachable: .*no answer in time", lambda: drip(b"$1000000\r\n"), _info)
_answers("a drip of an array", "Unreachable: .*no answer in time", lambda: drip(b"*100000\r\n", b":1\r\n"), _slow)
_answers("a drip of answers", "Unreachable: .*no answer in time", lambda: drip(b"", b":1\r\n"), _many)
_answers("INFO of 650,000 lines", r"\{|Malformed", lambda: [bulk(b"ab:1,2=3,x\r\n" * 650_000)], _info)
_answers(
    "INFO with numbers that are none",
    r"\{",
    lambda: [bulk(b"up:" + b"9" * 5000 + b"\r\na:1e999\r\nb:nan\r\n")],
    _info,
)
_answers(
    "a hash of 8 MB",
    r"\{|Unreachable: .*in time",
    lambda: [b"*400000\r\n" + b"".join(b"$5\r\n%05d\r\n+\r\n" % (n % 99999) for n in range(200_000))],
    _hash,
)
_answers("a hash of an odd number", "Malformed: ", lambda: [b"*3\r\n+a\r\n+b\r\n+c\r\n"], _hash)
_answers("a scan with a cursor that is none", "Malformed: ", lambda: [b"*2\r\n+x\r\n*0\r\n"], _scan)
_answers(
    "a scan with a cursor of 60,000 digits",
    "Malformed: ",
    lambda: [b"*2\r\n$60000\r\n" + b"9" * 60_000 + b"\r\n*0\r\n"],
    _scan,
)
_answers("clients of 8 MB", r"\[|Malformed", lambda: [bulk(b"id=1 addr=1:1\n" * 590_000)], _clients)
_answers("a slow log that is none", "Malformed: ", lambda: [b"*2\r\n*2\r\n:1\r\n:1\r\n:5\r\n"], _slow)
_answers("more than was asked for", "5", lambda: chain([b":5\r\n"], repeat(CHUNK, 1000)), _size)
_answers("two arrays for one", r"\[\]", lambda: [b"*0\r\n" * 100_000], _slow)


@case("Redis: a password that is answered with 512 GB", "Malformed: .*a text of 5", WITHIN)
def _() -> str:
    with serving(lambda _: [b"$549755813888\r\n"]) as port:
        client = ReadOnlyRedis(
            Address.parse(Secret(f"redis://:secret@127.0.0.1:{port}/1"), "redis.url"), time_limits=LIMITS
        )
        return str(client.size())
