"""Logs that the DigitalOcean API leads to: a live WebSocket, or plain texts. Their addresses hold tokens."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, urlsplit

import msgspec

from playbook.clients.digitalocean_types import LogUrls
from playbook.clients.http import RUNNER_HINT
from playbook.clients.log_reading import SERVICE, Lines, LogStream, Reading
from playbook.clients.retries import tries
from playbook.clients.trust import context_for
from playbook.clients.wire import proxy_for
from playbook.errors import Denied, Malformed, Unmeasured, Unreachable
from playbook.logs.text import decode_lines
from playbook.settings import Logs, TimeLimits

if TYPE_CHECKING:
    import httpx
    from websockets.sync.client import ClientConnection

LARGEST_FRAME = 4 << 20


class _Frame(msgspec.Struct):
    data: str


class HasLogs(Protocol):
    """As much of the DigitalOcean client as is needed here."""

    def log_sources(self) -> LogUrls:
        """Where the runtime logs can be fetched."""


@dataclass(frozen=True)
class ApiLogs:
    """The runtime logs that the DigitalOcean API leads to, as ``doctl apps logs --type=run`` reads them.

    The live address is a WebSocket, also where nothing is followed; its token is in the query and must never be
    shown. Where there is none, or it cannot be opened, all of the historic addresses are read: plain texts.
    """

    api: HasLogs
    wanted: Logs
    time_limits: TimeLimits
    ca: str | None

    def read(self, since: datetime) -> LogStream:
        """Everything that the platform still has of the running deployment."""
        urls = self.api.log_sources()
        reading = Reading(self.wanted, [])
        if urls.live_url:
            try:
                connection = self._connect(urls.live_url)
            except Unmeasured as error:
                if not urls.historic_urls:
                    raise
                reading.problems.append(f"the live stream could not be opened, so older texts were read: {error}")
            else:
                lines = reading.bounded(self._frames(connection, reading))
                return LogStream("DigitalOcean's live log stream", iter([lines]), reading.problems)
        parts = self._texts(urls.historic_urls, reading)
        return LogStream(f"DigitalOcean's log texts ({len(urls.historic_urls)})", parts, reading.problems)

    # ----------------------------------------------------------------------------------------- the live stream

    def _connect(self, url: str) -> ClientConnection:
        from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
        from websockets.sync.client import connect

        parts = urlsplit(url)
        secure = parts.scheme in ("https", "wss")
        if parts.scheme not in ("http", "https", "ws", "wss"):
            raise Malformed(f"{SERVICE}: expected an http or ws address of the live stream", service=SERVICE)
        where = f"{parts.hostname}:{parts.port or (443 if secure else 80)}"
        address = parts._replace(scheme="wss" if secure else "ws").geturl()
        tried: list[str] = []

        def again(error: Exception) -> bool:
            lasting = isinstance(error, ssl.SSLError | InvalidURI)
            if isinstance(error, InvalidStatus):
                lasting = error.response.status_code < 500
            return isinstance(error, OSError | InvalidHandshake) and not lasting

        try:
            for attempt in tries(again, within=self.time_limits.connect + self.time_limits.read):
                with attempt:
                    try:
                        stream = connect(
                            address,
                            ssl=context_for(self.ca, SERVICE) if secure else None,
                            open_timeout=self.time_limits.connect,
                            close_timeout=1,
                            ping_interval=None,
                            compression=None,  # of single lines it costs more than it saves; doctl has none either
                            max_size=LARGEST_FRAME,
                            proxy=_proxy(parts),
                        )
                        return stream.__enter__()  # left by _frames, which reads it
                    except (OSError, InvalidHandshake, InvalidURI) as error:
                        tried.append(f"try {len(tried) + 1}: {_reason(error)}")
                        raise
        except (OSError, InvalidHandshake, InvalidURI) as error:
            refused = isinstance(error, InvalidStatus) and error.response.status_code in (401, 403)
            kind = Denied if refused else Unreachable
            text = f"{SERVICE}: expected the live stream of DigitalOcean at {where}, got {_reason(error)}"
            # "from None": the library's own messages can name the address together with its token.
            raise kind(text, service=SERVICE, hint=RUNNER_HINT, attempts=tuple(tried)) from None
        raise AssertionError("tries always ends with a connection or an exception")

    def _frames(self, connection: ClientConnection, reading: Reading) -> Lines:
        from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

        decode = msgspec.json.Decoder(_Frame).decode
        strange = 0
        try:
            while True:
                frame = connection.recv(timeout=reading.left(self.time_limits.read), decode=False)
                try:
                    text = decode(frame).data
                except (msgspec.DecodeError, UnicodeDecodeError):
                    strange += 1
                    continue
                yield from text.rstrip("\r\n").split("\n")
        except ConnectionClosedOK:
            pass
        except ConnectionClosedError as error:
            code = error.rcvd.code if error.rcvd else "no closing frame"
            self._broke_off(reading, f"broke off ({code})")
        except TimeoutError:
            if not reading.reached():
                self._broke_off(reading, f"gave no line for {self.time_limits.read:g} s and did not end")
        finally:
            connection.__exit__(None, None, None)
        if strange:
            reading.problems.append(f"{strange:,} frames of the live stream were not as documented")

    @staticmethod
    def _broke_off(reading: Reading, what: str) -> None:
        if not reading.lines:
            raise Unreachable(
                f"{SERVICE}: expected lines of the live stream of DigitalOcean, got none: it {what}",
                service=SERVICE,
                hint=RUNNER_HINT,
            )
        reading.problems.append(f"the live stream {what} after {reading.lines:,} lines")

    # ----------------------------------------------------------------------------------------------- the texts

    def _texts(self, urls: list[str], reading: Reading) -> Iterator[Lines]:
        """Each address is a part. One that cannot be read is a problem; that all cannot is no measurement."""
        import httpx

        failed: list[Unmeasured] = []
        limits = self.time_limits
        timeout = httpx.Timeout(limits.read, connect=limits.connect)
        tls = context_for(self.ca, SERVICE)
        for url in urls:
            if reading.ended:
                return
            if urlsplit(url).scheme not in ("http", "https"):
                failed.append(Malformed(f"{SERVICE}: expected an http address of a log text", service=SERVICE))
                continue
            # Nothing else of the environment: a .netrc's credentials do not belong to these addresses.
            proxy = _proxy(urlsplit(url))
            with httpx.Client(verify=tls, timeout=timeout, trust_env=False, proxy=proxy) as http:
                yield reading.bounded(decode_lines(self._text(http, url, reading, failed)))
        if len(failed) == len(urls):
            raise failed[0]
        reading.problems.extend(map(str, failed))

    def _text(self, http: httpx.Client, url: str, reading: Reading, failed: list[Unmeasured]) -> Iterator[bytes]:
        import httpx

        host = urlsplit(url).netloc.rpartition("@")[2]
        expected = f"{SERVICE}: expected a log text of DigitalOcean at {host}"
        before = reading.lines
        tried: list[str] = []
        try:
            response = self._open_text(http, url, tried)
            with closing(response):
                if response.status_code != 200:
                    kind = Denied if response.status_code in (401, 403) else Unreachable
                    said = f"HTTP {response.status_code}"
                    failed.append(kind(f"{expected}, got {said}", service=SERVICE, attempts=(*tried, said)))
                    return
                yield from response.iter_bytes()  # as they come: sized chunks are lost where it breaks off
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            got = f"{_reason(error)} after {reading.lines - before:,} lines"
            failed.append(
                Unreachable(f"{expected}, got {got}", service=SERVICE, hint=RUNNER_HINT, attempts=tuple(tried))
            )

    def _open_text(self, http: httpx.Client, url: str, tried: list[str]) -> httpx.Response:
        import httpx

        limits = self.time_limits
        for attempt in tries(
            lambda error: isinstance(error, httpx.ConnectError), within=limits.connect + limits.read
        ):
            with attempt:
                try:
                    return http.send(http.build_request("GET", url), stream=True)
                except httpx.HTTPError as error:
                    tried.append(f"try {len(tried) + 1}: {_reason(error)}")
                    raise
        raise AssertionError("tries always ends with a response or an exception")


def _proxy(url: SplitResult) -> str | None:
    """The proxy that the environment names for this address; never one for loopback."""
    scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
    proxy = proxy_for(url._replace(scheme=scheme))
    return proxy.geturl() if proxy else None


def _reason(error: BaseException) -> str:
    """Why a connection failed, without any address: those hold tokens."""
    import httpx
    from websockets.exceptions import InvalidStatus

    match error:
        case InvalidStatus():
            reason = f"HTTP {error.response.status_code}"
        case ssl.SSLCertVerificationError():
            reason = f"a certificate that is not trusted ({error.verify_message})"
        case ConnectionRefusedError():
            reason = "connection refused"
        case TimeoutError() | httpx.TimeoutException():
            reason = "no answer in time"
        case OSError(strerror=str(said)):
            reason = said
        case httpx.RemoteProtocolError():
            reason = "an answer that broke off"
        case _:
            # httpx wraps httpcore's, which wraps the system's.
            inner = error.__cause__ or error.__context__
            reason = _reason(inner) if inner else type(error).__name__
    return reason
