"""HSTS for visitors with TLS, and redirects for visitors without TLS."""

import math
from urllib.parse import urlsplit

import pytest

from playbook.clients.http import HttpClient
from playbook.core.errors import NotConfigured, Unreachable
from playbook.core.wording import clause_of
from playbook.measure.web.without_tls import Hsts, Passed, hsts, max_age, plain_http
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.unit.certificates import Authority, context_of
from tests.unit.loopback import answer, closed_port, serve


def settings_of(tmp_path, url, http_url=None):
    web = {"url": url, **({"http_url": http_url} if http_url else {})}
    overlay = {"targets": {"production": {"web": web}}, "time_limits": {"connect": 30, "read": 30}}
    return load("production", root=tmp_path, environment={}, overlay=overlay)


# -------------------------------------------------------------------------------------------------------- HSTS


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("max-age=63072000; includeSubDomains", 63_072_000),
        ('includeSubDomains; Max-Age="300"', 300),
        ("max-age=0", 0),
        ("includeSubDomains", None),
        ("max-age=1; max-age=2", None),
        ("max-age=300, max-age=1", 300),  # the application's and the proxy's: browsers take the first
        ("max-age=300; includeSubDomains, max-age=1; preload", 300),
        ("max-age=0, max-age=300", 0),
        ("max-age=300, includeSubDomains", None),  # a comma for a semicolon
        ("max-age=forever", None),
        ("max-age=1; max-age=forever", None),
        ('max-age="1', None),
        ("max-age=-5", None),
        ("max-age=99999999999999; includeSubDomains", 99_999_999_999_999),
        ("max-age = 10 ; preload", 10),
        ("s-max-age=10", None),
        ("", None),
    ],
)
def test_age_of_hsts_is_read(header, seconds):
    """As in RFC 6797, 6.1.1."""
    assert max_age(header) == seconds


@pytest.fixture
def promised(tmp_path):
    """The HSTS result of a page with this answer, by TLS or without."""
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)

    def ask(script, *, by_tls=True):
        context = context_of(tmp_path, authority.issue("localhost")) if by_tls else None
        limits = TimeLimits(connect=30, read=30)
        with serve(script, tls=context) as server:
            ca = str(tmp_path / "ca.pem")
            return hsts(HttpClient(server.url, service="Website", time_limits=limits, ca=ca))

    return ask


@pytest.mark.parametrize(
    ("script", "days", "words"),
    [
        (answer(Strict_Transport_Security="max-age=864000"), 10, "(max-age=864000)"),
        (answer(Strict_Transport_Security="max-age=x"), 0, "(max-age=x, which no browser can read)"),
        (answer(), 0, "(the answer has no such header)"),
        (answer("404 Not Found", Strict_Transport_Security="max-age=864000"), 10, "(max-age=864000)"),
    ],
)
def test_hsts_is_given_in_days(promised, script, days, words):
    """Without the header it is 0."""
    found = promised(script)
    assert (found.days.value, found.days.over) == (days, words)
    assert found.coverage.enough


def test_hsts_without_tls_does_not_count(promised):
    """Browsers ignore it."""
    found = promised(answer(Strict_Transport_Security="max-age=864000"), by_tls=False)
    assert (found.days.value, found.days.over) == (
        0,
        "(max-age=864000, sent without TLS, where it counts for nothing)",
    )


def test_error_page_without_hsts_is_unknown(promised):
    """Many servers leave headers out there."""
    found = promised(answer("404 Not Found"))
    assert math.isnan(found.days.value)
    assert found.days.coverage.got.startswith("HTTP 404 from https://localhost:")


def test_redirects_of_the_homepage_are_kept_with_their_headers(tmp_path):
    """An application behind a proxy that ends TLS redirects to its own http, and the proxy back to https."""
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    context = context_of(tmp_path, authority.issue("localhost"))
    home = answer(Strict_Transport_Security="max-age=63072000")
    with serve(b"", home, tls=context) as server, serve(b"") as plain:
        server.scripts[0] = answer(
            "302 Found", Location=f"{plain.url}/app/", Strict_Transport_Security="max-age=9"
        )
        plain.scripts[0] = answer("301 Moved Permanently", Location=f"{server.url}/app/")
        limits = TimeLimits(connect=30, read=30)
        ca = str(tmp_path / "ca.pem")
        found = hsts(HttpClient(server.url, service="Website", time_limits=limits, ca=ca))
    redirects, promise = found.statements(" of shop")
    assert redirects.subject == "Redirects of the homepage of shop"
    assert (redirects.holds, redirects.warn) == (False, True)
    assert redirects.found == f"{server.url} → {plain.url}/app/ → {server.url}/app/"
    assert promise.holds
    assert found.days.value == 730


LONG = "max-age=63072000"
BELOW = f"{LONG}; includeSubDomains"


@pytest.mark.parametrize(
    ("way", "header", "kept", "promised"),
    [
        # Vercel's and Netlify's redirects from one name of the site to the other.
        ([("https://portfolio.example/", LONG), ("https://www.portfolio.example/", LONG)], LONG, True, True),
        ([("https://portfolio.example/", ""), ("https://portfolio.example/en", "")], LONG, True, True),
        ([("https://portfolio.example/", ""), ("https://www.portfolio.example/", "")], LONG, True, False),
        ([("https://portfolio.example/", "max-age=0"), ("https://www.portfolio.example/", "")], LONG, True, False),
        ([("https://portfolio.example/", ""), ("https://www.portfolio.example/", "")], BELOW, True, False),
        ([("https://www.portfolio.example/", ""), ("https://portfolio.example/", "")], BELOW, True, True),
        ([("https://www.portfolio.example/", ""), ("https://portfolio.example/", "")], LONG, True, False),
        (
            [
                ("https://portfolio.example/", LONG),
                ("http://portfolio.example/en", ""),
                ("https://portfolio.example/en", ""),
            ],
            LONG,
            False,
            True,
        ),
        ([("http://portfolio.example/", ""), ("https://portfolio.example/", "")], LONG, True, True),
    ],
)
def test_host_that_only_redirects_sends_hsts_too(way, header, kept, promised):
    """Else whoever types its name comes by http each time; a header of the domain above may include it."""
    passed = tuple(Passed(url, sent) for url, sent in way[:-1])
    found = Hsts(way[-1][0], header, 63072000, before=passed)
    assert [one.holds for one in found.statements()] == [kept, promised]


def test_homepage_without_redirects_has_no_more_to_say():
    """As most."""
    assert Hsts("https://portfolio.example/", LONG, 63072000).statements() == []


def test_missing_answer_leaves_hsts_unknown():
    """It is kept as a problem, as the other figures of the check still count."""
    website = HttpClient(
        f"https://localhost:{closed_port()}", service="Website", time_limits=TimeLimits(connect=5, read=5)
    )
    found = hsts(website)
    assert math.isnan(found.days.value)
    assert "connection refused" in found.evidence().facts["Problem"]


# ------------------------------------------------------------------------------------------------- without TLS


def led(tmp_path, *scripts):
    with serve(*scripts) as server:
        return plain_http(settings_of(tmp_path, "https://localhost:1", server.url))


def moved(to):
    return answer("301 Moved Permanently", Location=to)


def test_redirect_to_https_is_safe(tmp_path):
    """On the same host: HSTS covers the next visit. The query is not shown."""
    found = led(tmp_path, moved("https://localhost:1/?token=x"))
    assert (found.result, found.is_safe, found.is_direct) == ("redirection-to-https", True, True)
    assert found.summary.endswith(" → https://localhost:1/")


@pytest.mark.parametrize(
    ("scripts", "result", "safe"),
    [
        ([answer(body=b"a page")], "redirection-missing", False),
        ([answer("404 Not Found")], "redirection-missing", False),
        ([moved("/elsewhere"), answer()], "redirection-not-to-https", False),
        ([moved("/a"), moved("https://localhost/")], "redirection-not-to-https-on-initial-redirection", True),
        ([moved("https://www.localhost/")], "redirection-off-host-from-http", True),
    ],
)
def test_other_redirects_are_distinguished(tmp_path, scripts, result, safe):
    """As in Mozilla's HTTP Observatory."""
    found = led(tmp_path, *scripts)
    assert (found.result, found.is_safe, found.is_direct) == (result, safe, False)
    assert found.evidence().facts["Leads"] == found.summary


def test_closed_port_without_tls_is_safe(tmp_path):
    """As good as a redirect."""
    found = plain_http(settings_of(tmp_path, "https://localhost:1", f"http://localhost:{closed_port()}"))
    assert (found.result, found.is_safe, found.is_direct) == ("redirection-not-needed-no-http", True, True)
    assert "nothing listens" in found.summary


def test_no_answer_without_tls_is_unknown(tmp_path):
    """A packet filter on the way proves nothing about the site."""
    with serve(b"") as server:
        found = plain_http(settings_of(tmp_path, "https://localhost:1", server.url))
    assert found.is_safe
    assert found.coverage.expected == "an answer to visitors without TLS"
    assert clause_of(found.summary) == found.coverage.got


def test_incomplete_redirect_chain_is_unknown(tmp_path):
    """Its end is not known."""
    found = led(tmp_path, moved("/a"), b"")
    assert (found.is_safe, found.coverage.enough) == (True, False)


def test_first_redirect_to_http_is_known_wherever_it_ends(tmp_path):
    """To a host that does not answer, as one where a domain was parked."""
    found = led(tmp_path, moved(f"http://localhost:{closed_port()}/lander"))
    assert found.result == "redirection-not-to-https-on-initial-redirection"
    assert (found.is_direct, found.coverage.enough) == (False, False)
    assert "/lander: " in found.summary


@pytest.mark.parametrize(
    "page",
    [
        answer(body=b'<meta http-equiv="refresh" content="0; url=https://localhost/">', Content_Type="text/html"),
        answer(body=b"<script>location.protocol='https:'</script>", Content_Type="text/html"),
        answer(Refresh="0; url=https://localhost/"),
        answer("301 Moved Permanently"),
        answer("300 Multiple Choices", Location="https://localhost/"),
    ],
)
def test_page_without_a_redirect_is_unsafe(tmp_path, page):
    """The page has come without TLS by then."""
    assert led(tmp_path, page).result == "redirection-missing"


@pytest.mark.parametrize(
    ("status", "safe"),
    [
        ("403 Forbidden", True),  # CloudFront with the policy https-only
        ("426 Upgrade Required", True),
        ("401 Unauthorized", False),  # a password would travel without TLS
        ("503 Service Unavailable", False),  # nobody knows what it serves when it is well
        ("200 OK", False),
    ],
)
def test_refusal_without_tls_is_no_page(tmp_path, status, safe):
    """Nobody gets a page, and nobody is led to it: a warning."""
    found = led(tmp_path, answer(status))
    safely, directly = found.statements()
    assert (safely.holds, directly.holds, directly.warn) == (safe, False, True)
    assert f"HTTP {status[:3]} from http://" in directly.found


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
def test_redirect_statuses_are_recognised(tmp_path, status):
    """Each of them."""
    assert led(tmp_path, answer(status, Location="HTTPS://localhost:1/")).result == "redirection-to-https"


def test_address_without_tls_is_derived(tmp_path, monkeypatch):
    """From an address on the usual port; otherwise the message gives the line to add."""
    asked = []

    def get(self, *_arguments, **_more):
        asked.append(self.base_url)
        raise Unreachable("x", service="x")

    monkeypatch.setattr(HttpClient, "get", get)
    assert plain_http(settings_of(tmp_path, "https://portfolio.example/start")).problem == "x"
    assert asked == ["http://portfolio.example"]
    with pytest.raises(NotConfigured) as caught:
        plain_http(settings_of(tmp_path, "https://portfolio.example:8443"))
    assert caught.value.setting == "targets.production.web.http_url"
    assert urlsplit(asked[0]).port is None
