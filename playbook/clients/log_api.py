"""Logs from the DigitalOcean API: a live WebSocket, or plain texts. Their addresses contain tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

import msgspec

from playbook.clients.breakage import RUNNER_HINT
from playbook.clients.digitalocean import Metric
from playbook.clients.digitalocean_samples import fell, restarts, usable
from playbook.clients.digitalocean_types import App, LogUrls, Series
from playbook.clients.encodings import Unreadable
from playbook.clients.exchange import Exchange
from playbook.clients.log_reading import SERVICE, BytesPart, Lines, LogStream, Reading
from playbook.clients.restart_counts import RestartCounts
from playbook.clients.retries import tries
from playbook.clients.trust import context_for
from playbook.clients.urls import parse_url
from playbook.clients.wire import Broken, Call
from playbook.core.budget import read_json
from playbook.core.errors import Denied, Malformed, TooLittleData, Unmeasured, Unreachable, UsageError
from playbook.settings.model import TimeLimits
from playbook.settings.sections.target import Logs

LARGEST_FRAME = 4 << 20
# No compression: a few kilobytes could expand to gigabytes.
_HEADERS = {"User-Agent": "operations-playbook", "Accept": "*/*", "Accept-Encoding": "identity"}
_NORMAL = (1000, 1001)
_CLOSING = 1.0  # seconds for the last frames after the time for reading is over
_BEFORE = ("DNS", "connect", "proxy", "TLS")  # phases before the request is sent


class _NotOpenedError(Exception):
    """The live stream could not be opened; the message never contains its address."""

    def __init__(self, reason: str, *, lasting: bool, refused: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting
        self.refused = refused


class _Frame(msgspec.Struct):
    data: str


_FRAMES = msgspec.json.Decoder(_Frame)


class HasLogs(Protocol):
    """The part of the DigitalOcean client that is needed here."""

    def log_sources(self, *, kind: str = "RUN") -> LogUrls:
        """Where the runtime logs can be fetched, or those of instances that crashed (RUN_RESTARTED)."""

    def app(self) -> App:
        """The app, whose spec names the components."""

    def metric(self, metric: Metric, start: datetime, end: datetime) -> list[Series]:
        """Samples of each instance."""


@dataclass(frozen=True)
class ApiLogs:
    """Runtime logs from the DigitalOcean API, read as ``doctl apps logs --type=run`` does.

    The live address is a WebSocket even without following; its query contains a token and must never be shown. If
    there is none, or it cannot be opened, all historic addresses are read: plain texts, from the last one listed
    to the first.

    These logs are of the instances that run. What one wrote before it crashed is in a log of its own, which is
    read too where the platform counts a restart, or does not tell.
    """

    api: HasLogs
    wanted: Logs
    time_limits: TimeLimits
    ca: str | None
    restart_counts: RestartCounts = field(default_factory=RestartCounts)

    def read(self, since: datetime) -> LogStream:
        """Everything that the platform still has of the running deployment.

        Every service and worker of the app spec must have lines, and every service access lines; static sites and
        jobs write none while the app runs.
        """
        urls = self.api.log_sources()
        spec = self.api.app().spec_in_effect
        serving = tuple(dict.fromkeys([*(one.name for one in spec.services), *self.wanted.serving]))
        expected = tuple(dict.fromkeys([*serving, *(one.name for one in spec.workers), *self.wanted.components]))
        reading = Reading(self.wanted, [])
        source, parts = self._opened(urls, reading)
        stream = LogStream(source, iter(()), reading.problems, expected=expected, serving=serving)
        stream.parts = chain(parts, self._of_crashed(since, stream, reading, urls))
        return stream

    def _opened(self, urls: LogUrls, reading: Reading) -> tuple[str, Iterator[Lines]]:
        """The name of the log behind these addresses, and its parts."""
        if urls.live_url:
            try:
                connection = self._connect(urls.live_url, reading)
            except Unmeasured as error:
                if not urls.historic_urls:
                    raise
                reading.problems.append(f"the live stream could not be opened, so older texts were read: {error}")
            else:
                return "DigitalOcean's live log stream", iter(
                    [BytesPart("", self._live(connection, reading), reading)]
                )
        source = f"DigitalOcean's log texts ({len(urls.historic_urls)})"
        return source, self._texts(urls.historic_urls[::-1], reading)

    # ------------------------------------------------------------------------------------ instances that crashed

    def _of_crashed(
        self, since: datetime, stream: LogStream, reading: Reading, running: LogUrls
    ) -> Iterator[Lines]:
        """What instances wrote that were started again. Where there are such, their lines must be there."""
        if reading.ended:
            return
        who, unknown = self._restarted(since, stream.expected)
        if not who and not unknown:
            return
        before = reading.lines
        try:
            urls = self.api.log_sources(kind="RUN_RESTARTED")
            if urls == running:
                raise Malformed(
                    f"{SERVICE}: expected a log of its own, got the log of what runs in its place", service=SERVICE
                )
            yield from self._opened(urls, reading)[1]
            problem = "" if reading.lines > before or reading.ended else "no line is in them"
        except TooLittleData:
            problem = "the platform has none"
        except Unmeasured as error:
            problem = error.got
            # Where it is not known that any instance crashed, an answer that there is no such log is one.
            if not who and not isinstance(error, Malformed):
                reading.problems.append(f"logs of instances that crashed, if any did ({unknown}): {problem}")
        if who and problem:
            reading.problems.append(f"logs of instances of {who} that the platform started again: {problem}")
        if reading.lines > before:
            stream.source += " and that of instances that were started again"

    def _restarted(self, since: datetime, components: Collection[str]) -> tuple[str, str]:
        """The components that the platform has started again since then, in words, or why that is not known."""
        try:
            series = self.restart_counts.of(self.api, since, datetime.now(UTC))
        except Unmeasured as error:
            return "", error.got
        counted = [(one.component, usable(one)) for one in series]
        names = sorted({name for name, samples in counted if restarts(samples, since.timestamp())})
        unseen = set(components) - {name for name, samples in counted if samples}
        unseen |= {name for name, samples in counted if fell(samples)} - set(names)
        return ", ".join(names), f"no count of restarts of {', '.join(sorted(unseen))}" if unseen else ""

    # ----------------------------------------------------------------------------------------- the live stream

    def _connect(self, url: str, reading: Reading) -> Exchange:
        """The open stream; closed by ``_live``, which reads it."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https", "ws", "wss"):
            raise Malformed(f"{SERVICE}: expected an http or ws address of the live stream", service=SERVICE)
        secure = parts.scheme in ("https", "wss")
        parts = parts._replace(scheme="https" if secure else "http")
        tried: list[str] = []
        try:
            for attempt in tries(
                lambda error: isinstance(error, _NotOpenedError) and not error.lasting,
                within=self.time_limits.connect + self.time_limits.read,
            ):
                with attempt:
                    try:
                        return self._open(parts, reading)
                    except _NotOpenedError as error:
                        tried.append(f"try {len(tried) + 1}: {error}")
                        raise
        except _NotOpenedError as error:
            kind = Denied if error.refused else Unreachable
            where = f"{parts.hostname}:{parts.port or (443 if secure else 80)}"
            text = f"{SERVICE}: expected the live stream of DigitalOcean at {where}, got {error}"
            raise kind(text, service=SERVICE, hint=RUNNER_HINT, attempts=tuple(tried)) from None
        raise AssertionError("tries always ends with a connection or an exception")

    def _open(self, url: SplitResult, reading: Reading) -> Exchange:
        from websockets.utils import accept_key, generate_key

        key = generate_key()
        headers = {"Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
        exchange = Exchange(self._call(url, headers, reading, upgrade="websocket"))
        try:
            exchange.open()
        except Broken as error:
            raise _NotOpenedError(error.reason, lasting=error.lasting) from None
        status = exchange.status
        if status == 101 and exchange.headers.get("sec-websocket-accept") == accept_key(key):
            return exchange
        exchange.close()
        status_text = "HTTP 101 without a WebSocket behind it" if status == 101 else f"HTTP {status}"
        raise _NotOpenedError(status_text, lasting=status < 500, refused=status in (401, 403))

    def _call(self, url: SplitResult, headers: dict[str, str], reading: Reading, *, upgrade: str = "") -> Call:
        limits = self.time_limits
        return Call(
            method="GET",
            url=url,
            headers=headers,
            trust=lambda: context_for(self.ca, SERVICE),
            connect=limits.connect,
            read=limits.read,
            deadline=reading.deadline + _CLOSING,
            upgrade=upgrade,
        )

    def _live(self, exchange: Exchange, reading: Reading) -> Iterator[bytes]:
        """Lines of the stream in blocks; an interruption becomes a problem, or is raised if there was no line."""
        lines, strange = reading.lines, 0
        try:
            for messages in self._messages(exchange, reading):
                texts, odd = _texts_in(messages)
                strange += odd
                if texts:
                    block = "\n".join([text.rstrip("\r\n") for text in texts])
                    lines += block.count("\n") + 1
                    yield f"{block}\n".encode("utf-8", "surrogatepass")
        except Broken as error:
            _broke_off(reading, lines, f"broke off ({error.reason})")
        except TimeoutError:
            if not reading.reached():
                _broke_off(reading, lines, f"gave no line for {self.time_limits.read:g} s and did not end")
        finally:
            exchange.close()
        if strange:
            reading.problems.append(f"{strange:,} frames of the live stream were not as documented")

    def _messages(self, exchange: Exchange, reading: Reading) -> Iterator[list[bytes]]:
        """Whole messages as they arrive, until the server closes.

        One thread reads and answers. The library's own client reads in a second thread, and a TLS connection that
        two threads use at once can hang or crash the process.

        Raises:
            Broken: it ended without a close, or with one that is an error.
            TimeoutError: nothing arrived in time.
        """
        from playbook.clients.log_frames import Frames

        frames = Frames(LARGEST_FRAME)
        while not frames.ended:
            if reading.reached():  # also if bytes trickle in, or a message never ends
                return
            data = exchange.receive(reading.left(self.time_limits.read))
            if not data:
                raise Broken("body", "no closing frame", 0.0)
            if messages := frames.take(data):
                yield messages
            for answer in frames.answers():
                exchange.send(answer)
        if frames.code not in _NORMAL:
            raise Broken("body", frames.broken or str(frames.code), 0.0)

    # ----------------------------------------------------------------------------------------------- the texts

    def _texts(self, urls: list[str], reading: Reading) -> Iterator[Lines]:
        """Each address is a part. An unreadable one is a problem; if none is readable, the measurement fails."""
        failed: list[Unmeasured] = []
        for url in urls:
            if reading.ended:
                return
            yield BytesPart("", self._text(url, reading, failed), reading)
        if len(failed) == len(urls):
            raise failed[0]
        reading.problems.extend(map(str, failed))

    def _text(self, address: str, reading: Reading, failed: list[Unmeasured]) -> Iterator[bytes]:
        try:
            url = parse_url(address, SERVICE)
        except UsageError:
            failed.append(Malformed(f"{SERVICE}: expected an http address of a log text", service=SERVICE))
            return
        expected = f"{SERVICE}: expected a log text of DigitalOcean at {url.netloc.rpartition('@')[2]}"
        before = reading.lines
        tried: list[str] = []
        try:
            with closing(self._open_text(url, tried, reading)) as exchange:
                if exchange.status != 200:
                    kind = Denied if exchange.status in (401, 403) else Unreachable
                    status_text = f"HTTP {exchange.status}"
                    failed.append(
                        kind(f"{expected}, got {status_text}", service=SERVICE, attempts=(*tried, status_text))
                    )
                    return
                yield from reading.in_time(exchange.chunks())
        except (Broken, Unreadable) as error:
            if isinstance(error, Broken) and reading.reached():
                return
            reason = error.reason if isinstance(error, Broken) else error
            got = f"{reason} after {reading.lines - before:,} lines"
            failed.append(
                Unreachable(f"{expected}, got {got}", service=SERVICE, hint=RUNNER_HINT, attempts=tuple(tried))
            )

    def _open_text(self, url: SplitResult, tried: list[str], reading: Reading) -> Exchange:
        """The open exchange. Retried if the request was never sent, unless that used up the time."""

        def again(error: Exception) -> bool:
            lost = isinstance(error, Broken) and not error.lasting and error.phase in _BEFORE
            return lost and not isinstance(error.__cause__, TimeoutError)

        for attempt in tries(again, within=self.time_limits.connect + self.time_limits.read):
            with attempt:
                try:
                    return Exchange(self._call(url, _HEADERS, reading)).open()
                except Broken as error:
                    tried.append(f"try {len(tried) + 1}: {error.reason}")
                    raise
        raise AssertionError("tries always ends with an exchange or an exception")


def _texts_in(messages: list[bytes]) -> tuple[list[str], int]:
    """The texts in messages of the live stream, and how many messages are not as documented."""
    together = b"\n".join(messages)
    if together.count(b"\n") == len(messages) - 1:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            frames = _FRAMES.decode_lines(together)
            if len(frames) == len(messages):
                return [frame.data for frame in frames], 0
    texts: list[str] = []
    for message in messages:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            texts.append(read_json(message, decode=_FRAMES.decode).data)
    return texts, len(messages) - len(texts)


def _broke_off(reading: Reading, lines: int, what: str) -> None:
    """Note that the live stream ended so after ``lines`` lines; raise it where there were none."""
    if not lines:
        raise Unreachable(
            f"{SERVICE}: expected lines of the live stream of DigitalOcean, got none: it {what}",
            service=SERVICE,
            hint=RUNNER_HINT,
        )
    reading.problems.append(f"the live stream {what} after {lines:,} lines")
