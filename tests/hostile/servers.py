"""Servers of the cases: one TCP server for as long as a case asks it, which plays a script for each connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from playbook.settings.model import TimeLimits

CHUNK = bytes(64 * 1024)
LIMITS = TimeLimits(connect=1.0, read=1.0)
BUDGET = LIMITS.connect + LIMITS.read  # seconds of a whole exchange
WITHIN = BUDGET + 4.0  # with what decoding may take beyond them on a busy machine

Script = Callable[[bytes], Iterable[bytes]]


@contextmanager
def serving(script: Script, *, times: int = 1_000_000) -> Iterator[int]:
    """The port of a server that answers each piece it receives with the pieces of ``script``, and hangs up."""
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while not ended.is_set() and (asked := connection.recv(65536)):
                for piece in script(asked):
                    connection.sendall(piece)
                    if ended.is_set():
                        return

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def drip(before: bytes, one: bytes = b"x") -> Iterator[bytes]:
    """``before``, and then ``one`` every 20 ms for ever."""
    yield before
    waiting = threading.Event()
    while not waiting.wait(0.02):
        yield one
