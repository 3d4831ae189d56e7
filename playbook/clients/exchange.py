"""One HTTP request in progress: sent by ``transport.py``, the only user of the HTTP library.

The library is loaded with the first request.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from playbook.clients.encodings import decoded
from playbook.clients.wire import Broken, Call, Phases, authority_of, reason_of

if TYPE_CHECKING:
    from playbook.clients.transport import httpx

_CHUNK = 64 * 1024
_PATH = "/%:@!$&'()*+,;=~"  # characters allowed in a path besides letters, digits and -._


@dataclass(slots=True)
class Exchange:
    """A request in progress: ``with Exchange(call) as exchange`` has status and headers, ``chunks()`` the body.

    Opened and closed by the block, or by hand if one function opens it and another reads it.
    """

    call: Call
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    _response: httpx.Response | None = None

    def __enter__(self) -> Exchange:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> Exchange:
        """Send the request and wait for the head of the answer; Broken if none arrives."""
        from playbook.clients.transport import Transport

        call = self.call
        self._response = Transport(call.trust, budget=call.read, kept=call.kept).handle_request(_request(call))
        self.status = self._response.status_code
        for name, value in self._response.headers.raw:
            key, text = name.decode("ascii").lower(), value.decode("latin-1")
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text
        return self

    def close(self) -> None:
        """Close the connection."""
        if self._response is not None:
            self._response.close()

    @property
    def phases(self) -> Phases:
        """Time spent in each phase so far."""
        assert self._response is not None
        return self._response.extensions["phases"]()  # type: ignore[no-any-return]

    def chunks(self, *, as_sent: bool = False) -> Iterator[bytes]:
        """The body, as it arrives.

        Args:
            as_sent: do not decompress.

        Raises:
            Broken: it is truncated.
            playbook.clients.encodings.Unreadable: it does not match its Content-Encoding.
        """
        assert self._response is not None
        pieces = self._response.iter_raw()
        return pieces if as_sent else decoded(pieces, self.headers.get("content-encoding", ""))

    def receive(self, limit: float) -> bytes:
        """Raw bytes after an upgrade, as they arrive; empty at the end of the stream.

        Args:
            limit: seconds to wait.

        Raises:
            TimeoutError: none arrived in time.
            Broken: the connection was lost.
        """
        assert self._response is not None
        try:
            return self._response.extensions["network_stream"].read(_CHUNK, limit)  # type: ignore[no-any-return]
        except TimeoutError:
            raise
        except OSError as error:
            reason, lasting = reason_of(error)
            raise Broken("body", reason, self.phases.total, lasting=lasting) from error

    def send(self, data: bytes) -> None:
        """Raw bytes after an upgrade. A lost connection is noticed by the next ``receive``."""
        assert self._response is not None
        with suppress(OSError):
            self._response.extensions["network_stream"].write(data, self.call.read)


def _request(call: Call) -> httpx.Request:
    """The library's request; its address is parsed here, as the library would change it.

    It removes the dots of ``/a/../b`` and rejects addresses that occur in redirects.
    """
    from playbook.clients.transport import httpx

    url = call.url
    intent = {} if call.kept else {"Connection": "close"}
    if call.upgrade:
        intent = {"Connection": "Upgrade", "Upgrade": call.upgrade}
    target = quote(url.path, safe=_PATH) or "/"
    if url.query:
        target += "?" + quote(url.query, safe=_PATH + "?")
    try:
        authority = authority_of(url)
        address = httpx.URL(f"{url.scheme}://{authority}")
    except UnicodeError as error:
        raise Broken("DNS", reason_of(error)[0], 0.0, lasting=True) from error
    except httpx.InvalidURL:
        unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        raise Broken("DNS", reason_of(unknown)[0], 0.0) from unknown
    try:
        return httpx.Request(
            call.method,
            address,
            headers={"Host": authority, **call.headers, **intent},
            content=call.body or None,
            extensions={
                "timeout": {"connect": call.connect, "read": call.read, "write": call.read},
                "deadline": call.deadline,
                "target": target.encode("ascii"),
            },
        )
    except UnicodeError as error:
        raise Broken("request", "a header with characters that are not allowed", 0.0, lasting=True) from error
