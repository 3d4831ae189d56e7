"""WebSockets that send frames together: a log is thousands of small frames."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode


class _Together:
    """A transport that writes once per turn of the event loop."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Buffer data for the end of this turn."""
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)

    def close(self) -> None:
        """Close after all buffered data."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        data, self._waiting = b"".join(self._waiting), []
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class FramesTogether(WebSocketsSansIOProtocol):
    """uvicorn's protocol on such a transport. It also sends prepared frames: ``frames_message``."""

    def connection_made(self, transport: Any) -> None:
        """Wrap the transport."""
        super().connection_made(_Together(transport, self.loop))  # type: ignore[arg-type]

    async def send(self, message: Any) -> None:
        """Send prepared frames unchanged while it is open; everything else as uvicorn does."""
        frames = message.get("frames")
        if frames is None or not self.handshake_complete or self.close_sent or self.disconnected:
            await super().send(message)
        else:
            await self.writable.wait()
            self.transport.write(frames)


def text_frame(text: str) -> bytes:
    """A complete frame with ``text``, as a server sends it: neither masked nor compressed."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def frames_message(frames: list[bytes]) -> dict[str, Any]:
    """The ASGI message that sends these frames; only ``FramesTogether`` understands it."""
    return {"type": "websocket.send", "frames": b"".join(frames)}
