"""The raw HTTP client: httpx as its users know it, within the limits of all clients, and only reading."""

import gzip
import time
from urllib.parse import urlsplit

import pytest

from playbook.clients.http import HttpClient
from playbook.clients.libraries.httpx_client import open_httpx
from playbook.clients.transport import httpx
from playbook.core.errors import Forbidden, Malformed, Unreachable
from playbook.settings.model import TimeLimits
from tests.unit.loopback import answer, closed_port, hang_up, serve

LONG = TimeLimits(connect=30, read=30)


def client_of(url, *, limits=LONG, **arguments):
    return open_httpx(HttpClient(url, service="Website", time_limits=limits), **arguments)


def test_client_behaves_like_httpx():
    """Status, headers, JSON and text as httpx documents them; each request over a connection of its own."""
    told = answer("201 Created", b'{"a": 1}', Content_Type="application/json", X_Two="2")
    with serve(told) as server, client_of(f"{server.url}/base") as client:
        got = client.get("health", params={"q": "a b"})
        assert isinstance(client, httpx.Client)
        assert (got.status_code, got.json(), got.headers["x-two"]) == (201, {"a": 1}, "2")
        assert str(got.url) == f"{server.url}/base/health?q=a+b"
        assert client.head("/x").status_code == client.options("/x").status_code == 201
    assert [request.split(b" HTTP")[0] for request in server.requests] == [
        b"GET /base/health?q=a+b",
        b"HEAD /base/x",
        b"OPTIONS /base/x",
    ]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "CONNECT", "PURGE", "get"])
def test_changing_request_is_forbidden(method):
    """Before anything is sent; the sentence says who refuses, and why."""
    with serve(answer()) as server, client_of(server.url) as client:
        if method == "get":  # which httpx sends in capitals
            assert client.request(method, "/x").status_code == 200
            return
        with pytest.raises(Forbidden) as caught:
            client.request(method, "/x", content=b"y")
    assert server.requests == []
    assert str(caught.value) == (
        f"Website: {method} /x could change something and was not sent: this suite sends GET, HEAD and OPTIONS "
        "only, so that no check can change what it looks at"
    )


def test_redirected_post_is_impossible():
    """A redirect is followed with what was asked, which only reads."""
    with (
        serve(answer("307 Moved", Location="/y"), answer(body=b"hello")) as server,
        client_of(server.url) as client,
    ):
        assert client.get("/x", follow_redirects=True).text == "hello"
    assert [request.split()[0] for request in server.requests] == [b"GET", b"GET"]


def test_credentials_are_sent_to_own_origin_only():
    """Those of the address; they stand in no URL that a failing assert would show."""
    with (
        serve(answer(body=b"elsewhere")) as other,
        serve(answer("302 Found", Location=other.url)) as server,
        client_of(server.url.replace("//", "//ada:hunter2@")) as client,
    ):
        assert client.get("/", follow_redirects=True).text == "elsewhere"
        assert client.get(f"{other.url}/y").text == "elsewhere"
        assert "hunter2" not in f"{client.base_url} {client.get('/').url}"
    assert all(b"Authorization: Basic YWRhOmh1bnRlcjI=\r\n" in request for request in server.requests)
    assert len(other.requests) == 2
    assert not any(b"authorization" in request.lower() for request in other.requests)


def test_invalid_redirect_is_httpx_error_and_malformed():
    """Where it is to be followed: the website's doing, and no fault of the check."""
    with (
        serve(answer("302 Found", Location="http://[::1")) as server,
        client_of(server.url) as client,
        pytest.raises(httpx.RemoteProtocolError, match="got one to an invalid address") as caught,
    ):
        client.get("/", follow_redirects=True)
    assert isinstance(caught.value, Malformed)


def test_endless_redirects_are_httpx_error_and_malformed():
    """As of a site that sends https to http and back."""
    endless = pytest.raises(
        httpx.TooManyRedirects, match=r"expected an end of redirects from .+/x, got more than 20"
    )
    with serve(answer("302 Found", Location="/x")) as server, client_of(server.url) as client, endless as caught:
        client.get("/x", follow_redirects=True)
    assert isinstance(caught.value, Malformed)
    assert len(server.requests) == client.max_redirects + 1


def test_httpx_logs_nothing(logged):
    """httpx would write whole addresses."""
    with serve(answer()) as server, client_of(server.url) as client:
        client.get("/x?token=s3cret")
    assert "s3cret" not in logged.getvalue()


# --------------------------------------------------------------------------------------------------------- limits


def test_body_is_bounded_before_and_after_decompression():
    """A bomb is no fault of the check."""
    with (
        serve(
            answer(body=b"x" * 2000), answer(body=gzip.compress(b"0" * 2000), Content_Encoding="gzip")
        ) as server,
        client_of(server.url, most=1000) as client,
    ):
        for _ in range(2):
            with pytest.raises(
                Malformed, match=r"Website: expected at most 1,000 bytes from .+/x, got more than 1,000 bytes"
            ):
                client.get("/x")


def test_compressed_body_is_decoded_as_by_httpx():
    """Whole, by lines, in chunks and as it was sent; the header stays, as some checks are about it."""
    body = gzip.compress("ä\nö\n".encode())
    with serve(answer(body=body, Content_Encoding="gzip")) as server, client_of(server.url) as client:
        got = client.get("/")
        assert (got.text, got.content, got.headers["content-encoding"]) == ("ä\nö\n", "ä\nö\n".encode(), "gzip")
        assert list(got.iter_bytes(4)) == [b"\xc3\xa4\n\xc3", b"\xb6\n"]
        with client.stream("GET", "/") as streamed:
            assert list(streamed.iter_lines()) == ["ä", "ö"]
        with client.stream("GET", "/") as streamed:
            assert list(streamed.iter_bytes(4)) == [b"\xc3\xa4\n\xc3", b"\xb6\n"]
        with client.stream("GET", "/") as streamed:
            assert b"".join(streamed.iter_raw()) == body


def test_body_that_is_not_compressed_as_it_says_is_malformed():
    """And httpx's own error."""
    with serve(answer(body=b"plain", Content_Encoding="gzip")) as server, client_of(server.url) as client:
        with pytest.raises(Malformed, match="got a body that is not gzip, although its Content-Encoding says so"):
            client.get("/")
        with pytest.raises(httpx.DecodingError):
            client.get("/")


@pytest.mark.slow
def test_dripping_server_ends_at_the_limit_of_the_whole():
    """Redirects included, whatever time-out a check asks for."""
    with serve(hang_up) as server:
        server.scripts = [answer("302 Found", Location="/slow"), server.drip(b"HTTP/1.1 200 OK\r\n\r\n")]
        with client_of(server.url, limits=TimeLimits(connect=1.0, read=1.0)) as client:
            started = time.monotonic()
            with pytest.raises(httpx.ReadTimeout, match=r"got no answer in time \(body, after"):
                client.get("/", follow_redirects=True, timeout=None, extensions={"deadline": started + 500})
    assert 1.9 < time.monotonic() - started < 30


# ------------------------------------------------------------------------------------------------------- failures


def test_failure_is_httpxs_error_and_ours():
    """So that a check can catch what httpx documents, and a record says what the other clients say."""
    url = f"http://127.0.0.1:{closed_port()}"
    with client_of(url) as client, pytest.raises(httpx.ConnectError) as caught:
        client.get("/x?token=s3cret")
    assert isinstance(caught.value, Unreachable)
    assert str(caught.value).startswith(
        f"Website: expected an answer from {url}/x?…, got connection refused (connect, after "
    )
    assert "not a finding" in caught.value.hint
    assert len(caught.value.attempts) == 1
    assert caught.value.request.method == "GET"
    silent = pytest.raises(httpx.ReadError, match="the server closed the connection without an answer")
    with serve(hang_up) as server, client_of(server.url) as client, silent:
        client.get("/")
    with serve(answer(body=b"hello")[:-2]) as server, client_of(server.url) as client:
        with pytest.raises(httpx.ReadError, match="before the answer was complete"):
            client.get("/")
        with (
            client.stream("GET", "/") as got,
            pytest.raises(httpx.ReadError, match="before the answer was complete"),
        ):
            got.read()
    with client_of(url) as client, pytest.raises(httpx.UnsupportedProtocol):
        client.get("ftp://portfolio.example/")


def test_refusing_proxy_is_httpx_error(monkeypatch):
    """The environment's proxy is used, as by all clients."""
    with serve(answer("407 Who are you")) as server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with client_of("https://portfolio.example") as client, pytest.raises(httpx.ProxyError, match="HTTP 407"):
            client.get("/")
    assert server.requests[0].startswith(b"CONNECT portfolio.example:443 ")


def test_network_stream_extension_is_available():
    """Of a response that is still open."""
    with serve(answer()) as server, client_of(server.url) as client, client.stream("GET", "/") as got:
        stream = got.extensions["network_stream"]
        assert stream.get_extra_info("server_addr")[1] == urlsplit(server.url).port
        assert stream.get_extra_info("ssl_object") is None
        assert got.extensions["phases"]().first_byte > 0
