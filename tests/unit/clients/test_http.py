"""HTTP for reading: phases, limits, retries and what each failure is called."""

import errno
import gzip
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import trustme

from playbook.clients import wire
from playbook.clients.answer import Answer
from playbook.clients.breakage import CERTIFICATE_HINT, Kind
from playbook.clients.exchange import Exchange
from playbook.clients.http import MAX_RETRY_AFTER, HttpClient, _Busy
from playbook.clients.proxies import proxy_for
from playbook.clients.retries import seconds_asked
from playbook.clients.trust import context_for
from playbook.clients.urls import shown
from playbook.core.errors import Denied, Malformed, Unreachable, UsageError
from playbook.core.secret import Secret
from playbook.settings.model import TimeLimits
from tests.unit.loopback import answer, closed_port, hang_up, serve

# Long enough for a busy machine to get to the phase that shall end, each short where it does.
SHORT_READ = TimeLimits(connect=30, read=0.3)
SHORT_CONNECT = TimeLimits(connect=1.0, read=30)
SHORT = TimeLimits(connect=1.0, read=3.0)  # together for the whole; a byte may well be late by two seconds


def client_of(url, **arguments):
    return HttpClient(url, service="Website", **{"time_limits": TimeLimits(connect=30, read=30), **arguments})


@pytest.fixture
def authority(tmp_path):
    """A private certificate authority, and the file that it is trusted by."""
    ca = trustme.CA()
    file = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return ca, str(file)


def tls_of(ca, *names, **arguments):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, **arguments).configure_cert(context)
    return context


# -------------------------------------------------------------------------------------------------------- answers


def test_answer_has_status_headers_body_and_url():
    """Whatever the status: what it means is the caller's to say."""
    with serve(answer("404 Not Found", b'{"a": 1}', Content_Type="application/json", X_Two="1")) as server:
        got = client_of(server.url).get("/x", {"q": "a b&c"})
    assert (got.status, got.headers["x-two"], got.json()) == (404, "1", {"a": 1})
    assert server.requests[0].startswith(b"GET /x?q=a+b%26c HTTP/1.1\r\nHost: localhost:")
    assert got.url == f"{server.url}/x?…"


@pytest.mark.parametrize("status", ["206 Partial Content", "304 Not Modified", "404 Not Found"])
def test_answer_that_is_not_whole_is_not_ok(status):
    """Nobody has asked for a part, so that of a cache is not taken for all of it."""
    with serve(answer(status, b"[]")) as server, pytest.raises(Malformed, match=status[:3]):
        client_of(server.url).get().expect_ok()


def test_every_phase_of_tls_connection_is_timed(authority):
    """DNS, connect, TLS, first byte; and they fit into the total."""
    ca, file = authority
    with serve(answer(body=b"hello"), tls=tls_of(ca, "localhost")) as server:
        client = client_of(server.url, ca=file)
        started = time.perf_counter()
        phases = client.get().phases
        whole = time.perf_counter() - started
    parts = (phases.dns, phases.connect, phases.tls, phases.first_byte)
    assert all(part > 0 for part in parts)
    assert sum(parts) <= phases.total <= whole


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nhello", id="until-closed"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", id="chunked"
        ),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(body=b"hello"), id="after-1xx"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nhello", id="http-1.0"),
    ],
)
def test_body_is_read_in_every_framing(raw):
    """As servers and proxies of all ages send it."""
    with serve(raw) as server:
        assert client_of(server.url).get().text == "hello"


def test_head_has_no_body():
    """Although the header announces one."""
    with serve(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n") as server:
        assert client_of(server.url).head("/x").body == b""
    assert server.requests[0].startswith(b"HEAD /x ")


def test_client_has_no_writing_methods():
    """Read-only by construction."""
    assert not {"post", "put", "patch", "delete", "request"} & set(dir(client_of("http://localhost")))


def test_body_over_limit_is_malformed():
    """Also when its length was not announced."""
    with (
        serve(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000) as server,
        pytest.raises(Malformed, match="at most 1,000"),
    ):
        client_of(server.url).get(max_body=1000)


def test_invalid_json_is_malformed():
    """The message shows its type and how it begins."""
    with serve(answer(body=b"<html>\n Bad", Content_Type="text/html")) as server:
        got = client_of(server.url).get("/api")
    with pytest.raises(Malformed) as caught:
        got.json()
    assert str(caught.value) == f"Website: expected JSON from {server.url}/api, got text/html: '<html> Bad'"


def test_json_of_other_shape_is_malformed():
    """Where the caller says which shape."""
    got = Answer("Website", 200, {}, b'{"a": "x"}', "http://x/")
    with pytest.raises(Malformed, match=r"JSON of another shape: Expected `int`, got `str` - at `\$\[\.\.\.\]`"):
        got.json(dict[str, int])


@pytest.mark.parametrize(
    ("status", "error"),
    [("200 OK", None), ("204 No Content", None), ("401 Unauthorized", Denied), ("403 Forbidden", Denied)]
    + [(status, Malformed) for status in ("302 Found", "404 Not Found", "429 Too Many", "500 Error", "503 Busy")],
)
def test_expect_ok_maps_status_to_error(status, error):
    """2xx passes, refused credentials are Denied, the rest is Malformed."""
    with serve(answer(status)) as server:
        got = client_of(server.url).get(retry="none")
    if error is None:
        assert got.expect_ok() is got
    else:
        with pytest.raises(error, match=f"got HTTP {status[:3]}"):
            got.expect_ok()


# --------------------------------------------------------------------------------------------------------- limits


@pytest.mark.slow
def test_silent_server_ends_at_read_limit():
    """And the message says in which phase, and after how long."""
    with serve(hang_up) as server:
        server.scripts = [server.silence]
        with pytest.raises(Unreachable, match=r"got no answer in time \(first byte, after (0\.[3-9]|[1-9])"):
            client_of(server.url, time_limits=SHORT_READ).get(retry="none")


@pytest.mark.slow
@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["in-the-header", "in-the-body"]
)
def test_dripping_server_ends_at_overall_limit(head):
    """Each byte comes in time, all of them never do; tries do not multiply the limit."""
    with serve(hang_up) as server:
        server.scripts = [server.drip(head)]
        started = time.monotonic()
        with pytest.raises(Unreachable, match="no answer in time") as caught:
            client_of(server.url, time_limits=SHORT).get()
    assert 3.9 < time.monotonic() - started < 30
    assert len(caught.value.attempts) == 1


@pytest.mark.slow
def test_hanging_resolver_ends_at_connect_limit(monkeypatch):
    """Although the system's resolver knows no limit."""
    hanging = threading.Event()

    def hang(*_, **__):
        hanging.wait(50)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(Unreachable, match=r"no answer in time \(DNS, after (0\.9|[1-9])"):
        client_of("http://portfolio.example", time_limits=SHORT_CONNECT).get(retry="none")
    hanging.set()


@pytest.mark.slow
def test_hanging_tls_handshake_ends_at_connect_limit():
    """The handshake is bounded by itself."""
    with serve(hang_up) as server:
        server.handle = server.silence  # type: ignore[method-assign]
        with pytest.raises(Unreachable, match=r"no answer in time \(TLS, after (0\.9|[1-9])"):
            client_of(f"https://localhost:{server.port}", time_limits=SHORT_CONNECT).get(retry="none")


# ------------------------------------------------------------------------------------------------------- failures


def test_refused_connection_is_unreachable_after_three_attempts():
    """Each of them a line."""
    url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(Unreachable) as caught:
        client_of(url).get()
    error = caught.value
    assert str(error).startswith(
        f"Website: expected an answer from {url}, got connection refused (connect, after "
    )
    assert [line.split(" (")[0] for line in error.attempts] == [f"try {n}: connection refused" for n in (1, 2, 3)]
    assert "not a finding" in error.hint


def test_unknown_name_is_unreachable(monkeypatch):
    """In the phase DNS."""

    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match=r"a name that cannot be resolved: Name or service not known \(DNS"):
        client_of("http://portfolio.example").get(retry="none")


def test_dead_address_leaves_time_for_next_one(monkeypatch):
    """As with a host whose IPv6 address goes nowhere."""
    with serve(answer(body=b"hello")) as server:
        found = [(0, 0, 0, "", (host, server.port)) for host in ("::dead", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        tried = []

        def connect(address, timeout):
            tried.append((address[0], timeout))
            if address[0] == "::dead":
                raise TimeoutError
            made = socket.socket()
            made.connect(address)
            return made

        monkeypatch.setattr(socket, "create_connection", connect)
        assert client_of(server.url).get().text == "hello"
    assert [host for host, _ in tried] == ["::dead", "127.0.0.1"]
    assert tried[0][1] == pytest.approx(15, abs=5)


@pytest.mark.parametrize("order", [(ConnectionRefusedError, None), (None, ConnectionRefusedError)])
def test_host_error_is_preferred_to_missing_ipv6(monkeypatch, order):
    """Whichever address came first; a machine without IPv6 says that of each name."""
    failures = [kind() if kind else OSError(errno.ENETUNREACH, "Network is unreachable") for kind in order]

    def connect(address, timeout):
        raise failures[int(address[0][-1])]

    monkeypatch.setattr(wire, "look_up", lambda host, port, seconds: [("10.0.0.0", port), ("10.0.0.1", port)])
    monkeypatch.setattr(wire.socket, "create_connection", connect)
    with pytest.raises(Unreachable, match="connection refused") as caught:
        HttpClient("http://portfolio.example", service="Website").get(retry="none")
    assert caught.value.kind == Kind.NO_ANSWER


def test_failure_after_redirect_shows_earlier_answer():
    """The server that sent us there has answered."""
    dead = f"http://127.0.0.1:{closed_port()}/"
    with serve(answer("302 Found", Location=dead)) as server, pytest.raises(Unreachable) as caught:
        HttpClient(server.url, service="Website").get(retry="none", redirects=5)
    assert caught.value.redirects == (f"HTTP 302: {server.url} → {dead}",)
    assert str(caught.value).endswith(f" after HTTP 302: {server.url} → {dead}")


def test_beginning_of_long_body_can_be_enough():
    """The rest is not waited for."""
    with serve(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000)) as server:
        got = HttpClient(server.url, service="Website").get(max_body=1000, cut=True)
    assert 1000 <= len(got.body) < 300_000


def test_expired_certificate_is_named_without_retry(authority):
    """Another try would end the same way."""
    ca, file = authority
    past = datetime.now(UTC) - timedelta(days=1)
    expired = tls_of(ca, "localhost", not_before=past - timedelta(days=9), not_after=past)
    reason = r"cannot be trusted: certificate has expired \(TLS, after"
    with serve(answer(), tls=expired) as server, pytest.raises(Unreachable, match=reason) as caught:
        client_of(server.url, ca=file).get()
    assert len(caught.value.attempts) == 1
    assert caught.value.hint == CERTIFICATE_HINT  # the way to the service is open


def test_certificate_for_other_name_is_named(authority):
    """So is one by an authority that is not trusted."""
    ca, file = authority
    with serve(answer(), tls=tls_of(ca, "other.example")) as server:
        with pytest.raises(Unreachable, match="Hostname mismatch, certificate is not valid for 'localhost'"):
            client_of(server.url, ca=file).get()
        with pytest.raises(Unreachable, match="cannot be trusted: unable to get local issuer certificate"):
            client_of(server.url).get()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (hang_up, "the server closed the connection without an answer"),
        (answer(body=b"hello")[:-2], "the server closed the connection before the answer was complete"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "something that is not HTTP"),
    ],
    ids=["silent-close", "half-a-body", "another-protocol"],
)
def test_truncated_answer_is_unreachable(script, reason):
    """Unreachable, never an empty body."""
    with serve(script) as server, pytest.raises(Unreachable, match=reason):
        client_of(server.url).get(retry="none")


def test_credentials_are_in_no_message():
    """Neither of the address nor of the query."""
    url = f"http://user:hunter2@127.0.0.1:{closed_port()}"
    with pytest.raises(Unreachable) as caught:
        client_of(url, token=Secret("t0ken")).get("/logs?token=s3cret", retry="none")
    text = f"{caught.value} {caught.value.attempts}"
    assert "/logs?…" in text
    assert not any(secret in text for secret in ("hunter2", "s3cret", "t0ken", "user"))
    assert "hunter2" not in shown(urlsplit(url))


@pytest.mark.parametrize("url", ["portfolio.example", "ftp://x", "https://", "http://x:99999", "http://[::1"])
def test_invalid_address_is_usage_error(url):
    """Before anything is sent, naming the setting."""
    with pytest.raises(UsageError, match=r"^targets.production.web.url: expected an address such as"):
        client_of(url, setting="targets.production.web.url")


def test_invalid_ca_file_is_usage_error(tmp_path):
    """Missing, or something else."""
    (tmp_path / "ca.pem").write_text("hello")
    with pytest.raises(UsageError, match="expected certificates in PEM form"):
        context_for(str(tmp_path / "ca.pem"), "Website")
    with pytest.raises(UsageError, match=r"none\.pem \(the setting web\.ca\), got an error \(No such file"):
        context_for(str(tmp_path / "none.pem"), "Website")


def test_tls_context_is_cached(authority):
    """As making one takes longer than a request."""
    _, file = authority
    assert context_for(file, "Website") is context_for(file, "Redis")


# -------------------------------------------------------------------------------------- what the library would do


def test_path_is_sent_unchanged():
    """The library would leave out its dots, and quote what may stand there."""
    with serve(answer()) as server:
        client_of(server.url).get("/a/../b/./c;d=1/%2e%2e/é|?q=/../x y")
    assert server.requests[0].startswith(b"GET /a/../b/./c;d=1/%2e%2e/%C3%A9%7C?q=/../x%20y HTTP/1.1\r\n")


@pytest.mark.parametrize("target", ["http://[::1", "http://x:99999/", "https://", "mailto:ada@example.org"])
def test_redirect_to_invalid_address_is_returned(target):
    """The library would raise an error of its own, although the server has answered."""
    with serve(answer("302 Found", Location=target)) as server:
        got = client_of(server.url).get(redirects=5)
    assert (got.status, got.headers["location"], got.redirects) == (302, target, ())


def test_redirect_to_impossible_name_is_resolution_failure():
    """The library would call it an invalid URL; it is the website that leads there."""
    with serve(answer("302 Found", Location="http://1.2.3.400/")) as server, pytest.raises(Unreachable) as caught:
        client_of(server.url).get(retry="none", redirects=5)
    assert "a name that cannot be resolved: Name or service not known (DNS, after" in str(caught.value)
    assert caught.value.kind == Kind.NO_NAME


def test_address_and_headers_are_never_logged(logged):
    """At no level: they hold credentials, and logs go further than reports."""
    with serve(answer(Set_Cookie="session=s3cret")) as server:
        client_of(server.url.replace("//", "//user:hunter2@"), token=Secret("t0ken")).get("/?token=s3cret")
    assert not [word for word in ("hunter2", "t0ken", "s3cret", "/?") if word in logged.getvalue()]


def test_shared_context_gets_no_alpn_protocol(authority):
    """It serves other services too, and other threads at the same time."""
    ca, file = authority
    inside = tls_of(ca, "localhost")
    inside.set_alpn_protocols(["http/1.1"])
    chosen = []

    def act(connection):
        chosen.append(connection.selected_alpn_protocol())
        connection.sendall(answer(body=b"hello"))

    with serve(act, tls=inside) as server:
        assert client_of(server.url, ca=file).get().text == "hello"
    assert chosen == [None]


def test_invalid_header_value_is_reported_as_our_error():
    """As of a token that was pasted with its ellipsis; it is not put down to the service, nor sent again."""
    with (
        serve(answer()) as server,
        pytest.raises(Unreachable, match="a header with characters that are not allowed") as caught,
    ):
        client_of(server.url, token=Secret("abc…")).get()
    assert (caught.value.kind, len(caught.value.attempts), server.requests) == (Kind.OWN, 1, [])
    assert "abc" not in str(caught.value)


def test_compressed_body_is_decoded():
    """Some servers send one, whatever is asked for; stores keep some as they were put there."""
    with serve(answer(body=gzip.compress(b'{"a": 1}'), Content_Encoding="gzip")) as server:
        assert client_of(server.url).get().json() == {"a": 1}
        with client_of(server.url).stream() as pieces:
            assert gzip.decompress(b"".join(pieces)) == b'{"a": 1}'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            gzip.compress(b"0" * 1_000_000),
            r"expected at most 100,000 bytes from http://localhost:\d+, got more than 100,000 bytes",
        ),
        (b"plain", r"expected a body that can be read from http://localhost:\d+, got a body that is not gzip"),
        (gzip.compress(b"0" * 1000)[:-4], r"got a body in gzip that breaks off"),
    ],
    ids=["bomb", "not-compressed", "cut"],
)
def test_invalid_or_too_large_compressed_body_is_malformed(body, reason):
    """The limit counts what it grows to."""
    with serve(answer(body=body, Content_Encoding="gzip")) as server, pytest.raises(Malformed, match=reason):
        client_of(server.url).get(max_body=100_000)


def test_error_status_counts_with_unreadable_body():
    """A page of an error that cannot be read is an error all the same."""
    with serve(answer("500 Oh no", b"plain", Content_Encoding="gzip")) as server:
        assert (client_of(server.url).get().status, client_of(server.url).get().body) == (500, b"")


# -------------------------------------------------------------------------------------------------------- retries


def test_busy_service_is_retried_visibly():
    """And each try is a line in the answer."""
    with serve(answer("503 Busy"), answer("502 Bad", Retry_After="0"), answer(body=b"hello")) as server:
        got = client_of(server.url).get()
    assert got.text == "hello"
    assert [line.split(" after")[0] for line in got.attempts] == [
        "try 1: HTTP 503",
        "try 2: HTTP 502",
        "try 3: HTTP 200",
    ]


def test_status_of_last_attempt_counts():
    """After three tries the last answer counts."""
    with serve(answer("429 Slow down", Retry_After="0")) as server:
        got = client_of(server.url).get()
    assert (got.status, len(got.attempts), len(server.requests)) == (429, 3, 3)


@pytest.mark.parametrize(("retry", "requests"), [("connection", 2), ("none", 1)])
def test_connection_retry_does_not_retry_503(retry, requests):
    """A lost connection still is, with ``connection``."""
    with serve(hang_up, answer("503 Busy"), answer()) as server:
        if retry == "none":
            with pytest.raises(Unreachable):
                client_of(server.url).get(retry=retry)
        else:
            assert client_of(server.url).get(retry=retry).status == 503
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("2", 2.0),
        ("86400", MAX_RETRY_AFTER),
        ("0", 0.0),
        ("-1", None),
        ("soon", None),
        ("²", None),
        ("", None),
        ("9" * 5000, None),
        ("Wed, 21 Oct 2026 07:28:02 GMT", 2.0),
        ("Wed, 21 Oct 2026 09:28:00 GMT", MAX_RETRY_AFTER),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0.0),
        ("Wed, 99 Oct 2026 07:28:02 GMT", None),
    ],
)
def test_retry_after_is_respected_up_to_limit(header, wait):
    """A number of seconds, or a date that is compared with the answer's own; other texts are ignored."""
    headers = {"retry-after": header, "date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert _Busy(Answer("x", 503, headers, b"", "")).wait == wait


def test_retry_after_without_a_date_of_the_answer_is_compared_with_our_clock():
    now = datetime(2026, 10, 21, 7, 28, tzinfo=UTC)
    assert seconds_asked({"retry-after": "Wed, 21 Oct 2026 07:29:30 GMT"}, now) == 90.0


# ------------------------------------------------------------------------------------- redirects and credentials


def test_redirects_are_followed_on_request_and_listed():
    """By default none is."""
    moved = answer("301 Moved", Location="/new")
    with serve(moved, answer(body=b"hello")) as server:
        got = client_of(server.url).get("/old", redirects=1)
        assert (got.text, got.url) == ("hello", f"{server.url}/new")
        assert got.redirects == (f"HTTP 301: {server.url}/old → {server.url}/new",)
        server.scripts = [moved]
        assert client_of(server.url).get("/old").status == 301
        assert len(client_of(server.url).get("/old", redirects=3).redirects) == 3


def test_credentials_stay_within_their_origin():
    """A redirect elsewhere is not followed, another host's address gets none."""
    with serve(answer(body=b"elsewhere")) as other, serve(answer("302 Found", Location=other.url)) as server:
        trusted = client_of(server.url, token=Secret("t0ken"))
        assert trusted.get(redirects=5).status == 302
        assert other.requests == []
        assert trusted.get(f"{other.url}/log.txt").text == "elsewhere"
        assert client_of(server.url).get(redirects=5).text == "elsewhere"
    assert b"Authorization: Bearer t0ken\r\n" in server.requests[0]
    assert not any(b"authorization" in request.lower() for request in other.requests)


@pytest.mark.parametrize(
    ("userinfo", "arguments"),
    [("", {"username": "ada", "password": Secret("pässword")}), ("ada:p%C3%A4ssword@", {})],
    ids=["settings", "address"],
)
def test_basic_authorization_from_settings_or_address(userinfo, arguments):
    """From the settings or from the address."""
    with serve(answer()) as server:
        client_of(server.url.replace("//", f"//{userinfo}"), **arguments).get()
    assert b"Authorization: Basic YWRhOnDDpHNzd29yZA==\r\n" in server.requests[0]


# -------------------------------------------------------------------------------------------------------- proxies


@pytest.fixture
def proxy(monkeypatch):
    """Sets the environment's proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def use(url, **more):
        for name, value in {"http_proxy": url, "https_proxy": url, **more}.items():
            monkeypatch.setenv(name, value)

    return use


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "web.localhost"])
def test_loopback_never_uses_proxy(proxy, host):
    """Whatever the environment says."""
    proxy("http://proxy.example:3128")
    assert proxy_for(urlsplit(f"http://{host}:80/")) is None


def test_environment_proxy_is_used_for_public_hosts(proxy):
    """But for those that NO_PROXY names."""
    proxy("proxy.example:3128", no_proxy="internal.example")
    named = proxy_for(urlsplit("https://portfolio.example/"))
    assert named is not None
    assert named.netloc == "proxy.example:3128"
    assert proxy_for(urlsplit("https://internal.example/")) is None
    proxy("socks5://proxy.example")
    with pytest.raises(UsageError, match="a socks5:// proxy: expected http://host:port"):
        proxy_for(urlsplit("https://portfolio.example/"))


def test_plain_http_uses_proxy_with_absolute_url(proxy):
    """And the proxy's own credentials."""
    with serve(answer(body=b"hello")) as server:
        proxy(f"http://us%65r:pw@127.0.0.1:{server.port}")
        assert client_of("http://portfolio.example").get("/x").text == "hello"
    assert server.requests[0].startswith(b"GET http://portfolio.example/x HTTP/1.1\r\nHost: portfolio.example\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwdw==" in server.requests[0]


def test_https_uses_connect_tunnel(proxy, authority):
    """The proxy sees the host and nothing else."""
    ca, file = authority
    inside = tls_of(ca, "portfolio.example")

    def tunnel(connection):
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with inside.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(answer(body=b"hello"))

    with serve(tunnel) as server:
        proxy(f"http://127.0.0.1:{server.port}")
        assert client_of("https://portfolio.example", ca=file, token=Secret("t0ken")).get().text == "hello"
        assert server.requests[0].startswith(b"CONNECT portfolio.example:443 HTTP/1.1\r\n")
        assert b"t0ken" not in server.requests[0]
        server.scripts = [answer("403 Forbidden")]
        with pytest.raises(Unreachable, match=r"the proxy 127.0.0.1 answered HTTP 403 \(proxy, after"):
            client_of("https://portfolio.example", ca=file).get(retry="none")


def test_tunnel_to_ipv6_address_keeps_brackets(proxy):
    """Without them no proxy knows where the address ends."""
    with serve(answer("403 Forbidden")) as server:
        proxy(f"http://us%65r:pw@127.0.0.1:{server.port}")
        with pytest.raises(Unreachable, match="answered HTTP 403"):
            client_of("https://[2001:db8::1]/x").get(retry="none")
        client_of("http://[2001:db8::1]:8080/x").get(retry="none")
    tunnel, plain = server.requests
    assert tunnel.startswith(b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpwdw==\r\n" in tunnel
    assert plain.startswith(b"GET http://[2001:db8::1]:8080/x HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n")


@pytest.mark.slow
def test_dripping_proxy_ends_at_overall_limit(proxy):
    """Also before there is a tunnel."""
    with serve(hang_up) as server:
        server.scripts = [server.drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")]
        proxy(f"http://127.0.0.1:{server.port}")
        with pytest.raises(Unreachable, match=r"no answer in time \(proxy, after") as caught:
            client_of("https://portfolio.example", time_limits=SHORT).get()
    assert caught.value.kind == Kind.OWN


# --------------------------------------------------------------------------------------------------------- stream


def test_stream_yields_body_in_pieces():
    """For what is too large to hold."""
    body = b"x" * 1_000_000
    with serve(answer(body=body)) as server, client_of(server.url).stream("/log") as pieces:
        sizes = [len(piece) for piece in pieces]
    assert sum(sizes) == 1_000_000
    assert max(sizes) < 200_000


def test_interrupted_stream_is_unreachable():
    """Also after the first pieces, and a status that is not 2xx before them."""
    with serve(answer(body=b"hello")[:-1], answer("403 Forbidden")) as server:
        with (
            pytest.raises(Unreachable, match="before the answer was complete"),
            client_of(server.url).stream() as got,
        ):
            list(got)
        with pytest.raises(Denied), client_of(server.url).stream():
            pass


# ----------------------------------------------------------------------------------------------------------- posts


def test_early_answer_during_upload_is_read():
    """As of a server that refuses by the length that is announced, and hangs up."""

    def refuse(connection):
        connection.sendall(answer("413 Too large"))
        connection.shutdown(socket.SHUT_RD)

    with serve(refuse, reader=lambda connection: connection.recv(1)) as server:
        client = client_of(server.url)
        call = client.call("POST", urlsplit(server.url), seconds=30, body=b"x" * 20_000_000)
        with Exchange(call) as exchange:
            assert (exchange.status, b"".join(exchange.chunks())) == (413, b"")
