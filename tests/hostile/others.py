"""Logs, names, handshakes and programs that mean harm."""

from __future__ import annotations

import json
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import trustme
from websockets.frames import Frame, Opcode
from websockets.utils import accept_key

from playbook.clients.alertmanager import alerting
from playbook.clients.digitalocean_types import App, LogUrls
from playbook.clients.github import github
from playbook.clients.log_api import ApiLogs
from playbook.clients.log_files import FileLogs
from playbook.clients.npm import npm
from playbook.clients.redis import Address, ReadOnlyRedis
from playbook.clients.tls import Endpoint, TlsClient
from playbook.core.engine import Measurements, Provider
from playbook.core.secret import Secret
from playbook.measure.logs.log_blocks import review_of
from playbook.measure.web.health import read_report
from playbook.measure.web.health_report import UnknownShapeError
from playbook.measure.web.health_values import made_at
from playbook.settings.loading import load
from playbook.settings.sections.target import Logs
from tests.hostile.archives import packed_zeros
from tests.hostile.cases import case
from tests.hostile.json_answers import BODIES, NOW, settings_for
from tests.hostile.object_storage import http
from tests.hostile.servers import CHUNK, LIMITS, WITHIN, Script, drip, serving

_SECONDS = 1.0  # of a log review that has no other end
_AT_LEISURE = 30.0  # where another end is to be met, also on a machine that is busy
_REVIEW = _SECONDS + 3.0


# ----------------------------------------------------------------------------------------------------------- logs


def _read(stream: Any) -> str:
    """What a review makes of it."""
    review = review_of(stream, datetime.fromtimestamp(0, UTC), datetime.now(UTC))
    return f"{review.lines} lines; {'; '.join(stream.problems)}"


def _texts(script: Script, seconds: float = _SECONDS) -> str:
    """Of a log text that DigitalOcean leads to."""
    with serving(script) as port:
        api: Any = SimpleNamespace(
            log_sources=lambda: LogUrls(historic_urls=[f"http://127.0.0.1:{port}/log"]),
            app=lambda: App(id="a"),
            metric=lambda *_: [],
        )
        wanted = Logs(most_seconds=seconds)
        return _read(ApiLogs(api, wanted, LIMITS, None).read(NOW))


def _live(frames: Callable[[], Iterable[bytes]], seconds: float = _SECONDS) -> str:
    """Of a live stream, whose frames these are."""

    def script(asked: bytes) -> Iterable[bytes]:
        if not asked.startswith(b"GET"):
            return
        key = next(line for line in asked.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accept = accept_key(key.split(b": ")[1].decode())
        yield (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
        ).encode()
        yield from frames()

    with serving(script) as port:
        api: Any = SimpleNamespace(
            log_sources=lambda: LogUrls(live_url=f"http://127.0.0.1:{port}/live"),
            app=lambda: App(id="a"),
            metric=lambda *_: [],
        )
        return _read(ApiLogs(api, Logs(most_seconds=seconds), LIMITS, None).read(NOW))


def _frame(text: bytes, *, fin: bool = True, kind: Opcode = Opcode.TEXT) -> bytes:
    return Frame(kind, text, fin).serialize(mask=False)


_OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
_LINE = b"2026-11-22T03:00:00Z INFO web all is well\n"
_STOPPED = "reading stopped after 1 s"
_ACCESS = b'10.0.0.1 - - [22/Nov/2026:03:00:00 +0000] "GET /'


@case("Logs, a text: no line end, without end", _STOPPED, _REVIEW)
def _() -> str:
    return _texts(lambda _: chain([_OK], repeat(CHUNK.replace(b"\0", b"x"), 1 << 20)))


@case("Logs, a text: no line end, at a drip", _STOPPED, _REVIEW)
def _() -> str:
    return _texts(lambda _: drip(_OK + _LINE))


@case("Logs, a text: a line in each drip", _STOPPED, _REVIEW)
def _() -> str:
    return _texts(lambda _: drip(_OK, _LINE))


@case("Logs, a text: lines that cost the most, without end", _STOPPED, _REVIEW + 2)
def _() -> str:
    line = (_ACCESS + b"1." * 4100)[:8190] + b"\n"
    return _texts(lambda _: chain([_OK], repeat(line * 8, 1 << 20)))


@case("Logs, a text: JSON of 8,000 brackets on each line", "^1000 lines; $", _REVIEW)
def _() -> str:
    line = b'{"a":' + b"[" * 8000 + b"\n"
    body = _LINE + line * 999
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return _texts(lambda _: [head, body], _AT_LEISURE)


@case("Logs, a text: empty lines without end", _STOPPED + "|reading stopped after 5,000,0", _REVIEW + 2)
def _() -> str:
    return _texts(lambda _: chain([_OK], repeat(b"\n" * 65536, 1 << 20)))


@case("Logs, a text: gzip that nobody asked for, of 6 GB", _STOPPED + "|lines; ", _REVIEW)
def _() -> str:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    return _texts(lambda _: chain([head], packed_zeros(_LINE, 6 << 10)))


@case("Logs, live: parts of a message without end", _STOPPED + "|broke off .*[Tt]oo", _REVIEW)
def _() -> str:
    first = _frame(b'{"data":"', fin=False)
    more = _frame(b"", fin=False, kind=Opcode.CONT) * 10_000
    line = json.dumps({"data": _LINE.decode()}).encode()
    return _live(lambda: chain([_frame(line), first], repeat(more, 1 << 20)))


@case("Logs, live: a frame at a drip", _STOPPED, _REVIEW)
def _() -> str:
    line = json.dumps({"data": _LINE.decode()}).encode()
    return _live(lambda: drip(_frame(line) + b"\x81\x7f" + (1 << 20).to_bytes(8, "big")))


@case("Logs, live: a frame of 2^62 bytes", "broke off", _REVIEW)
def _() -> str:
    line = json.dumps({"data": _LINE.decode()}).encode()
    return _live(lambda: [_frame(line), b"\x81\x7f" + (1 << 62).to_bytes(8, "big"), CHUNK], _AT_LEISURE)


@case("Logs, live: pings without end", _STOPPED + "|broke off", _REVIEW)
def _() -> str:
    line = json.dumps({"data": _LINE.decode()}).encode()
    return _live(lambda: chain([_frame(line)], repeat(_frame(b"p", kind=Opcode.PING) * 1000, 1 << 20)))


@case("Logs, live: frames 100,000 deep", "1 frames of the live stream were not as documented", _REVIEW)
def _() -> str:
    line = json.dumps({"data": _LINE.decode()}).encode()
    deep = _frame(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b',"data":"a"}')
    return _live(lambda: [_frame(line), deep, _frame(b"\x03\xe8", kind=Opcode.CLOSE)], _AT_LEISURE)


def _files(fill: Callable[[Path], None]) -> str:
    """Of a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "app.log")
        fill(file)
        return _read(
            FileLogs((str(file),), Logs(most_seconds=_SECONDS)).read(datetime.now(UTC) - timedelta(hours=1))
        )


@case("Logs, a file: 1 TB without a line end", _STOPPED, _REVIEW)
def _() -> str:
    def fill(file: Path) -> None:
        file.touch()
        os.truncate(file, 1 << 40)

    return _files(fill)


@case("Logs, a file: 3 MB that are 3 GB of gzip", _STOPPED + "|is larger than", _REVIEW + 4)
def _() -> str:
    return _files(lambda file: file.write_bytes(b"".join(packed_zeros(_LINE, 3 << 10))))


# ---------------------------------------------------------------------------------------------- names, handshakes


_look_up = socket.getaddrinfo


def _many_addresses(host: str, *more: Any, **named: Any) -> list[Any]:
    """5,000 addresses of loopback, at none of which anybody listens."""
    if host != "many.example":
        return list(_look_up(host, *more, **named))
    return [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.1.{number // 250}.{number % 250 + 1}", 9))
        for number in range(5000)
    ]


@case("DNS: a Redis of 5,000 addresses", "Unreachable: .*connection refused", WITHIN)
def _() -> str:
    with patch("socket.getaddrinfo", _many_addresses):
        return str(
            ReadOnlyRedis(Address.parse(Secret("redis://many.example"), "redis.url"), time_limits=LIMITS).ping()
        )


@case("DNS: a website of 5,000 addresses", "Malformed: .*at most 32 addresses of many.example, got 5,000", WITHIN)
def _() -> str:
    with patch("socket.getaddrinfo", _many_addresses):
        return str(TlsClient(LIMITS).addresses(Endpoint("many.example", ("many.example", 443))))


@case("DNS: a handshake with one of 5,000 addresses", "Unreachable: .*connection refused", WITHIN)
def _() -> str:
    with patch("socket.getaddrinfo", _many_addresses):
        return str(TlsClient(LIMITS).chain(Endpoint("many.example", ("many.example", 443))))


@case("DNS: a name that is never answered", "Unreachable: .*no answer in time", WITHIN)
def _() -> str:
    with patch("socket.getaddrinfo", lambda *_, **__: time.sleep(20)):
        return str(TlsClient(LIMITS).addresses(Endpoint("slow.example", ("slow.example", 443))))


@case("TLS: a chain of 4 MB", "Malformed: .*(excessive message size|a TLS failure)", WITHIN)
def _() -> str:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        chained = Path(folder, "chain.pem")
        own = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        chained.write_bytes(own + authority.cert_pem.bytes() * 5000)
        key = Path(folder, "key.pem")
        key.write_bytes(issued.private_key_pem.bytes())
        context.load_cert_chain(chained, key)

    def shake() -> None:
        connection, _ = listening.accept()
        with connection:
            try:
                context.wrap_socket(connection, server_side=True)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=shake, daemon=True).start()
        place = Endpoint("localhost", listening.getsockname()[:2])
        return f"{len(TlsClient(LIMITS).chain(place))} certificates"


@case("TLS: a handshake at a drip", "Unreachable: .*no answer to the TLS greeting in time", WITHIN)
def _() -> str:
    with serving(lambda _: drip(b"\x16\x03\x03\x40\x00", b"\x02")) as port:
        return str(TlsClient(LIMITS).chain(Endpoint("localhost", ("127.0.0.1", port))))


@case(
    "TLS: an answer to a greeting by hand at a drip",
    "Unreachable: .*no answer to the TLS greeting in time",
    WITHIN,
)
def _() -> str:
    with serving(lambda _: drip(b"\x16\x03\x03\xff\xff", b"\x02")) as port:
        return str(TlsClient(LIMITS)._greet(Endpoint("localhost", ("127.0.0.1", port)), "SSLv3", ("RC4-MD5",)))


@case("TLS: zeros without end", "Malformed: ", WITHIN)
def _() -> str:
    with serving(lambda _: repeat(CHUNK, 1 << 14)) as port:
        return str(TlsClient(LIMITS).chain(Endpoint("localhost", ("127.0.0.1", port))))


# ------------------------------------------------------------------------------------------------------------ npm


def _npm(script: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            Path(folder, name).write_text("{}")
        program = Path(folder, "npm")
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        target = {"kind": "sandbox", "npm": {"project": folder, "command": str(program)}}
        overlay = {"targets": {"sandbox": target}, "dependencies": {"time_limit": 3.0}}
        return str(npm(load("sandbox", environment={}, overlay=overlay)).audit())


for _name, _script, _words in (
    ("output without end", "exec cat /dev/zero", r"Malformed: .*more than [0-9,]+ bytes"),
    ("complaints without end", "exec cat /dev/zero >&2", r"Malformed: .*more than [0-9,]+ bytes"),
    ("no end", "exec sleep 60", "Unreachable: .*within 3 s"),
    ("lists 100,000 deep", "head -c 100000 /dev/zero | tr '\\0' '['", "Malformed: "),
    (
        "an error text of 15 MB",
        """printf '{"error":{"code":"E","summary":"'; head -c 15000000 /dev/zero | tr '\\0' x; printf '"}}'""",
        "Malformed: .{20,3000}$",
    ),
):

    @case(f"npm: {_name}", _words, 3.0 + 4.0)
    def _(script: str = _script) -> str:
        return _npm(script)


# -------------------------------------------------------------------------------- health, and a whole measurement

for _name, _made in BODIES.items():

    @case(f"Health: {_name}", ".", WITHIN)
    def _(made: Callable[[], bytes] = _made) -> str:
        body = made()
        made_at(body)
        try:
            return str(read_report(body))[:200]
        except UnknownShapeError as error:
            return str(error)


@case("Health: a number of 4,000 digits", ".", WITHIN)
def _() -> str:
    body = b'{"status":"ok","checks":{"a":{"status":"up","latency_ms":' + b"9" * 4000 + b"}}}"
    made_at(body)
    try:
        return str(read_report(body))[:200]
    except UnknownShapeError as error:
        return str(error)


@case(
    "A measurement of several requests, each at a drip, ends in its own time",
    "Unreachable in [0-3]s: .*in time",
    4.0,
)
def _() -> str:
    def alerts() -> object:
        return alerting(settings).found(NOW)  # type: ignore[union-attr]

    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"
    with serving(lambda _: drip(head)) as port:
        settings = settings_for(port, time_limits={"connect": 5.0, "read": 15.0})
        provider = Provider("alerts", alerts, (), 3.0, is_client=False)
        outcome = Measurements({}, {"alerts": provider}).outcome("alerts")
    return f"{type(outcome.error).__name__} in {outcome.seconds:.0f}s: {outcome.error}"


@case("A measurement of many pages, each of them slow, keeps what it has", "of an unknown number of members", 5.0)
def _() -> str:
    page = json.dumps([{"login": f"u{number}"} for number in range(100)]).encode()

    def script(_: bytes) -> Iterable[bytes]:
        time.sleep(0.4)
        link = b'Link: <http://127.0.0.1:%d/x?page=2>; rel="next"' % ports[0]
        return [http(page, "200 OK", b"Content-Type: application/json", link)]

    def members() -> object:
        return github(settings_for(ports[0])).members().coverage

    ports: list[int] = []
    with serving(script) as port:
        ports.append(port)
        provider = Provider("members", members, (), 3.0, is_client=False)
        outcome = Measurements({}, {"members": provider}).outcome("members")
    return f"{outcome.error or outcome.value.words}"
