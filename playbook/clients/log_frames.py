"""Messages of a WebSocket whose server sends many short texts: whole frames of text are cut out of the bytes here.

Everything else is left to the library. It would take ten times as long for each of a hundred thousand messages as
decoding them.
"""

from __future__ import annotations

from collections.abc import Iterator

from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol

_TEXT = 0x81  # the first byte of a whole text: nothing follows, no extension
_LENGTHS = {126: 4, 127: 10}  # bytes of the head, where the length does not fit into its second byte


class Frames:
    """The messages in the bytes that arrive, and what is to be answered.

    Args:
        largest: bytes of a message, over which the stream is given up.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._protocol = Protocol(CLIENT, state=OPEN, max_size=largest)
        self._rest = b""
        self._pieces: list[bytes] = []  # of a message in several frames
        self._exact = False  # the library reads everything from here on

    @property
    def ended(self) -> bool:
        """Whether the server has closed the stream, or broken its rules."""
        return self._protocol.close_rcvd is not None or self._protocol.parser_exc is not None

    @property
    def code(self) -> int | None:
        """With which the server closed the stream; None if it did not."""
        close = self._protocol.close_rcvd
        return int(close.code) if close else None

    @property
    def broken(self) -> str:
        """Name of the rule that the server has broken; empty if none."""
        error = self._protocol.parser_exc
        return type(error).__name__ if error else ""

    def take(self, data: bytes) -> list[bytes]:
        """The messages that are whole with these bytes, in order."""
        messages: list[bytes] = []
        if self._rest:
            data = self._rest + data
        start, size = 0, len(data)
        while start + 2 <= size and not self._exact and not self.ended:
            length = data[start + 1]
            head = 2
            if length > 125:  # RFC 6455, 5.2; a masked frame too, which no server may send
                head = _LENGTHS.get(length, 0)
                if start + head > size:
                    break
                length = int.from_bytes(data[start + 2 : start + head], "big")
            end = start + head + length
            if not head or length > self._largest:
                self._exact = True
            elif end > size:
                break
            elif data[start] == _TEXT and not self._pieces:
                messages.append(data[start + head : end])
                start = end
            else:
                messages += self._read(data[start:end])
                start = end
        if self._exact and not self.ended:
            messages += self._read(data[start:])
            start = size
        self._rest = data[start:]
        return messages

    def answers(self) -> Iterator[bytes]:
        """What is to be sent to the server: pongs, and the end."""
        return filter(None, self._protocol.data_to_send())

    def _read(self, data: bytes) -> Iterator[bytes]:
        """The same, as the library reads it."""
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            assert isinstance(frame, Frame)  # no handshakes: the protocol starts in the open state
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._pieces.append(bytes(frame.data))
                if frame.fin:
                    yield b"".join(self._pieces)
                    self._pieces = []
