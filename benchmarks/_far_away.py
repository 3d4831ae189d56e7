"""The sandbox at a distance: loopback proxies that forward each piece half a round trip later.

A new connection waits another round trip before its first piece, like TCP's handshake. TLS and the layers above
add their own round trips.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.launcher import RunningSandbox

_ADDRESS = re.compile(r"(?<=localhost:)\d+|(?<=127\.0\.0\.1:)\d+")
_PIECE = 65536


@contextmanager
def far_away(sandbox: RunningSandbox, round_trip: float) -> Iterator[RunningSandbox]:
    """The same sandbox behind addresses that are ``round_trip`` seconds away; its control stays near."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # connections that end in the middle are the run's own affair
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        text = json.dumps(sandbox.settings)
        ports = {port: _proxied(loop, int(port), round_trip) for port in set(_ADDRESS.findall(text))}
        settings = json.loads(_ADDRESS.sub(lambda match: str(ports[match[0]]), text))
        with _control(settings, sandbox.token) as address:
            yield RunningSandbox(address, sandbox.token, settings)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in (open_ones := asyncio.all_tasks(loop)):
            task.cancel()
        loop.run_until_complete(asyncio.gather(*open_ones, return_exceptions=True))


def _proxied(loop: asyncio.AbstractEventLoop, port: int, round_trip: float) -> int:
    """The port of a new proxy in front of this one."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            _forward(reader, there_writer, round_trip * 1.5, round_trip / 2),
            _forward(there_reader, writer, round_trip / 2, round_trip / 2),
            return_exceptions=True,
        )

    async def begin() -> asyncio.Server:
        return await asyncio.start_server(connected, "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result()
    found: int = server.sockets[0].getsockname()[1]
    return found


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: float, later: float) -> None:
    """Forward everything, each piece after its delay in seconds; the order is kept."""
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    clock = asyncio.get_running_loop().time
    opens = clock() + first

    async def write() -> None:
        while True:
            due, piece = await waiting.get()
            if due > clock():
                await asyncio.sleep(due - clock())
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
        writer.close()

    writing = asyncio.ensure_future(write())
    while piece := await reader.read(_PIECE):
        waiting.put_nowait((max(clock() + later, opens), piece))
    waiting.put_nowait((max(clock() + later, opens), b""))
    await writing


@contextmanager
def _control(settings: dict[str, Any], token: str) -> Iterator[str]:
    """Serve the two answers of a sandbox's control that a run requests."""
    answers = {"/faults": {"faults": []}, "/settings": settings}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == f"Bearer {token}" and self.path in answers
            body = json.dumps(answers.get(self.path)).encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Write no log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
