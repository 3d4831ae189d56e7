"""Ports that stay ours, and servers that are waited for until they really listen."""

import asyncio
import re
import socket
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from playbook.core.clock import Clock
from sandbox.backups.archives import _connect
from sandbox.faults import world_with
from sandbox.loopback import LOOPBACK
from sandbox.products import PORTFOLIO
from sandbox.serving.service import Context, Port
from sandbox.web.service import PortfolioService


def refuses(number: int) -> bool:
    with socket.socket() as visitor:
        return visitor.connect_ex((LOOPBACK, number)) != 0


def test_port_refuses_without_listener():
    port = Port()
    assert refuses(port.number)
    for _ in range(2):
        with port.take() as listening:
            listening.listen()
            assert not refuses(port.number)
        port.reserve()
        assert refuses(port.number)
    port.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the port is bound anew, a moment later")
def test_port_stays_reserved_after_server_closes():
    """Otherwise another process could get the port, and the service could not take it again."""
    port = Port()
    port.take().close()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, port.number))
    port.close()


def test_socket_file_without_listener_is_retried(tmp_path):
    """Between bind and listen connections are refused; on a busy machine that takes a while."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))

        def serve() -> None:
            time.sleep(0.1)
            server.listen()
            connection, _ = server.accept()
            with connection:
                while data := connection.recv(4096):
                    for name in re.findall(rb"\*\d+\r\n\$\d+\r\n(\w+)", data):
                        connection.sendall(b"%1\r\n+proto\r\n:3\r\n" if name == b"HELLO" else b"+PONG\r\n")

        threading.Thread(target=serve, daemon=True).start()
        with _connect(path) as redis:
            assert redis.ping()


def test_request_is_logged_in_the_world_in_which_it_came():
    """Its answer can come in the next one, in which a fault is judged by the exact number of errors."""
    clock = Clock()
    earlier, later = (world_with([], clock.now(), PORTFOLIO) for _ in range(2))
    service = PortfolioService(SimpleNamespace())
    service.context = Context(Path(), SimpleNamespace(), clock, earlier)
    app = service.app()

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            service.context.world = later

    async def visit():
        scope = {"type": "http", "method": "GET", "path": "/nowhere", "headers": [], "query_string": b""}
        await app(scope, receive, send)

    for world, other in ((earlier, later), (later, earlier)):
        service.context.world = world
        before = [len(list(one.logs.store.entries(one.logs.now))) for one in (world, other)]
        asyncio.run(visit())
        after = [len(list(one.logs.store.entries(one.logs.now))) for one in (world, other)]
        assert [after[0] - before[0], after[1] - before[1]] == [1, 0]
