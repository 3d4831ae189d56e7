"""Kept connections: reused where nobody measures them, replaced where the server has closed them."""

import queue
import socket
import ssl
from collections.abc import Callable

import pytest
import trustme

from playbook.clients.http import HttpClient
from playbook.clients.wire import Kept
from playbook.core.errors import Unreachable
from playbook.settings.model import TimeLimits
from tests.unit.loopback import Act, answer, hang_up, read_request, serve


def serving(*answers: bytes | Act) -> Act:
    """A connection that answers the first request with the first, and the next with the next; then it closes."""

    def act(connection: socket.socket) -> None:
        for number, one in enumerate(answers):
            if number and not read_request(connection):
                return
            if callable(one):
                one(connection)
                return
            connection.sendall(one)

    return act


def client(url: str, kept: Kept | None = None, **more: object) -> HttpClient:
    return HttpClient(url, "Prometheus", kept=kept, time_limits=TimeLimits(connect=5, read=5), **more)  # type: ignore[arg-type]


def test_second_request_reuses_connection() -> None:
    with serve(serving(answer(body=b"one"), answer(body=b"two"))) as server:
        reader = client(server.url, Kept())
        assert [reader.get().body, reader.get().body] == [b"one", b"two"]
        assert len(server.requests) == 1
        assert b"connection" not in server.requests[0].lower()


def test_reused_tls_connection_has_no_handshake(tmp_path: object) -> None:
    authority = trustme.CA()
    ca = f"{tmp_path}/ca.pem"
    authority.cert_pem.write_to_path(ca)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    with serve(serving(answer(body=b"one"), answer(body=b"two")), tls=tls) as server:
        reader = client(server.url, Kept(), ca=ca)
        first, second = reader.get(), reader.get()
        assert (first.body, second.body) == (b"one", b"two")
        assert first.phases.tls > 0
        assert (second.phases.connect, second.phases.tls) == (0.0, 0.0)
        assert len(server.requests) == 1


def test_each_request_has_own_connection_by_default() -> None:
    with serve(answer(body=b"one"), answer(body=b"two")) as server:
        reader = client(server.url)
        assert [reader.get().body, reader.get().body] == [b"one", b"two"]
        assert len(server.requests) == 2
        assert all(b"Connection: close" in request for request in server.requests)


def test_closed_connection_is_replaced_without_attempt() -> None:
    with serve(answer(body=b"one"), answer(body=b"two")) as server:
        reader = client(server.url, Kept())
        reader.get()
        again = reader.get(retry="none")
        assert (again.body, len(again.attempts)) == (b"two", 1)


def test_connection_closed_on_reuse_is_reopened() -> None:
    with serve(serving(answer(body=b"one"), hang_up), answer(body=b"two")) as server:
        reader = client(server.url, Kept())
        reader.get()
        assert reader.get(retry="none").body == b"two"


def test_truncated_answer_on_reused_connection_is_failure() -> None:
    half: Callable[[socket.socket], None] = lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n")  # noqa: E731
    with serve(serving(answer(body=b"one"), half), answer(body=b"two")) as server:
        reader = client(server.url, Kept())
        reader.get()
        with pytest.raises(Unreachable, match="closed the connection"):
            reader.get(retry="none")


def test_silence_on_reused_connection_is_timeout() -> None:
    limits = TimeLimits(connect=0.3, read=0.3)
    with serve() as server:
        server.scripts[:] = [serving(answer(body=b"one"), server.silence)]
        reader = HttpClient(server.url, "Prometheus", kept=Kept(), time_limits=limits)
        reader.get()
        with pytest.raises(Unreachable, match="no answer in time"):
            reader.get(retry="none")
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "first",
    [
        answer(body=b"one", Connection="close"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\none",
        b"HTTP/1.1 200 OK\r\n\r\none",
        answer(body=b"one") + b"more than that",
    ],
    ids=["close", "http-1.0", "until-it-ends", "too-much"],
)
def test_unusable_connection_is_not_reused(first: bytes) -> None:
    with serve(first, answer(body=b"two")) as server:
        reader = client(server.url, Kept())
        assert reader.get().body == b"one"
        assert reader.get(retry="none").body == b"two"
        assert len(server.requests) == 2


def test_partially_read_answer_closes_connection() -> None:
    with serve(serving(answer(body=b"x" * 200_000)), answer(body=b"two")) as server:
        reader = client(server.url, Kept())
        assert len(reader.get(max_body=10, cut=True).body) >= 10
        assert reader.get(retry="none").body == b"two"


def test_other_origin_gets_no_kept_connection() -> None:
    with serve(serving(answer(body=b"one"), answer(body=b"two"))) as server, serve(answer(body=b"three")) as other:
        reader = client(server.url, Kept())
        reader.get()
        assert reader.get(f"{other.url}/away").body == b"three"
        assert reader.get().body == b"two"


def test_connections_close_with_their_client() -> None:
    then: queue.Queue[bytes] = queue.Queue()

    def once(connection: socket.socket) -> None:
        connection.sendall(answer(body=b"one"))
        then.put(connection.recv(1))

    with serve(once) as server:
        reader = client(server.url, Kept())
        reader.get()
        assert then.empty()
        del reader
        assert then.get(timeout=10) == b""
