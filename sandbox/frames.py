"""WebSockets whose frames leave together where they are sent together: a log is thousands of small ones."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode


class _Together:
    """A transport that writes once in a turn of the event loop; all else is the transport's own."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Soon."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        """After what was written before."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        data, self._waiting = b"".join(self._waiting), []
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class FramesTogether(WebSocketsSansIOProtocol):
    """uvicorn's protocol on such a transport. It also sends frames that are made already: ``frames_message``."""

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        super().connection_made(_Together(transport, self.loop))  # type: ignore[arg-type]

    async def send(self, message: Any) -> None:
        """Send frames that are made already as they are, while it is open; all else as uvicorn does."""
        frames = message.get("frames")
        if frames is None or not self.handshake_complete or self.close_sent or self.disconnected:
            await super().send(message)
        else:
            await self.writable.wait()
            self.transport.write(frames)


def text_frame(text: str) -> bytes:
    """A whole frame that holds ``text``, as a server sends it: neither masked nor compressed."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def frames_message(frames: list[bytes]) -> dict[str, Any]:
    """The ASGI message that sends these frames; only ``FramesTogether`` understands it."""
    return {"type": "websocket.send", "frames": b"".join(frames)}
