"""Ports that stay ours, and servers that are waited for until they really listen."""

import re
import socket
import sys
import threading
import time

import pytest

from sandbox.backups.archives import _connect
from sandbox.loopback import LOOPBACK
from sandbox.serving.service import Port


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
