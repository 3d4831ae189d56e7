"""Security headers of a page as served, graded."""

import pytest

from playbook.clients.http import HttpClient
from playbook.core.errors import Denied, Malformed, Unreachable
from playbook.measure.web.headers import ORIGIN, security_headers
from playbook.measure.web.without_tls import PlainHttp
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.unit.certificates import Authority, context_of
from tests.unit.loopback import answer, closed_port, serve

DIRECT = PlainHttp("http://localhost", ("http://localhost/", "https://localhost/"), 301)
GOOD = {
    "Content_Security_Policy": "default-src 'self'; frame-ancestors 'none'",
    "Strict_Transport_Security": "max-age=63072000",
    "X_Content_Type_Options": "nosniff",
    "Referrer_Policy": "no-referrer",
    "Content_Type": "text/html; charset=utf-8",
}


@pytest.fixture
def settings(tmp_path):
    """A target without a file."""
    return load("staging", root=tmp_path, environment={})


@pytest.fixture
def graded(tmp_path, settings):
    """The grade of a page with these headers."""
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    context = context_of(tmp_path, authority.issue("localhost"))

    def grade(body=b"<p>", status="200 OK", plain=DIRECT, shared=None, scripts=(), **headers):
        again = () if shared is None else (answer(status, body, **headers | shared),)
        with serve(*scripts or (answer(status, body, **headers), *again), tls=context) as server:
            limits = TimeLimits(connect=30, read=30)
            website = HttpClient(server.url, service="Website", time_limits=limits, ca=str(tmp_path / "ca.pem"))
            found = security_headers(website, plain, settings)
            assert f"Origin: {ORIGIN}".encode() in server.requests[max(1, len(scripts))]
        return found

    return grade


def test_good_page_gets_the_highest_grade(graded):
    """Policy, framing by policy and referrer are worth five each."""
    found = graded(**GOOD)
    assert (found.points, found.grade) == (115, "A+")
    assert found.score.over == "in ten tests (grade A+)"
    grade, tests, headers = found.evidence()
    assert grade.facts["Grade"] == "A+"
    assert len(tests.rows) == 10
    assert headers.facts["permissions-policy"] == "not sent"


def test_page_without_headers_lists_the_worst_first(graded):
    """Each with what it protects from."""
    found = graded()
    assert (found.points, found.grade) == (30, "D")
    assert found.score.over == (
        "in ten tests (grade D; Content-Security-Policy -25, Strict-Transport-Security -20, Framing -20, "
        "X-Content-Type-Options -5)"
    )
    assert found.evidence()[1].rows[0] == [
        "Content-Security-Policy",
        "csp-not-implemented",
        "-25",
        "scripts that somebody else got into a page",
    ]


def test_content_of_the_page_counts(graded):
    """A policy in a meta element, a third-party script, a missing redirect to https."""
    missing = PlainHttp("http://localhost", ("http://localhost/",), 200)
    body = (
        b"<meta http-equiv=content-security-policy content=\"default-src 'self'\"><script src=https://c.example/a>"
    )
    found = graded(body, plain=missing, **{key: value for key, value in GOOD.items() if "Policy" not in key})
    assert found.results["Content-Security-Policy"] == "csp-implemented-with-no-unsafe"
    assert found.results["Subresource integrity"] == "sri-not-implemented-but-external-scripts-loaded-securely"
    assert found.results["Redirection to https"] == "redirection-missing"
    assert found.points == 100 - 5 - 20 - 20


def test_answer_that_is_not_html_has_no_scripts(graded):
    """JSON is not read as HTML."""
    found = graded(b'"<script src=http://c.example/a>"', **GOOD | {"Content_Type": "application/json"})
    assert found.results["Subresource integrity"] == "sri-not-implemented-response-not-html"


@pytest.mark.parametrize(("status", "error"), [("401 Unauthorized", Denied), ("500 Oops", Malformed)])
def test_error_page_is_not_graded(graded, status, error):
    """It has other headers."""
    with pytest.raises(error):
        graded(status=status)


def test_unreachable_website_has_no_grade(settings):
    """No headers, no grade."""
    website = HttpClient(f"http://localhost:{closed_port()}", service="Website")
    with pytest.raises(Unreachable):
        security_headers(website, DIRECT, settings)


HOME = b"<!DOCTYPE html><title>Portfolio</title><h1>Photographs that load fast</h1><p>By somebody.</p>"


def test_page_with_understood_headers_passes_every_test(graded):
    """Ten tests, and nothing unknown."""
    found = graded(HOME, **GOOD)
    assert found.coverage.enough
    assert found.coverage.words == "10 tests of 1 answer"


@pytest.mark.parametrize(
    ("header", "value", "unclear"),
    [
        ("Content_Security_Policy", "default-scr 'self'", "default-scr"),
        ("Content_Security_Policy", "default-src 'slef'", "default-src 'slef'"),
        ("Content_Security_Policy", "default-src self", "default-src self"),
        ("Content_Security_Policy", "lorem ipsum dolor", "lorem"),
        (
            "Content_Security_Policy",
            "default-src 'self'; script-src-elem *",
            "script-src-elem *, which is not graded",
        ),
        (
            "Content_Security_Policy",
            "default-src 'self'; frame-ancestors *",
            "frame-ancestors *, by which anybody may frame the page",
        ),
        ("Content_Security_Policy", "default-src 'self' 'nonce-'", "default-src 'nonce-'"),
        (
            "Strict_Transport_Security",
            "max-age=63072000; includeSubdomain",
            "strict-transport-security: includesubdomain",
        ),
        ("Strict_Transport_Security", "max-age=1; max-age=63072000", "strict-transport-security: max-age twice"),
        ("Referrer_Policy", "no-refferer, strict-origin", "referrer-policy: no-refferer"),
        ("X_Content_Type_Options", "nosniff, nosniff", "x-content-type-options: nosniff, nosniff"),
        ("X_Frame_Options", "DENY, SAMEORIGIN", "x-frame-options: DENY, SAMEORIGIN"),
        ("Access_Control_Allow_Origin", "everybody", "access-control-allow-origin: everybody"),
        # All hosts in a form that the Observatory does not look for.
        (
            "Content_Security_Policy",
            "default-src 'self'; script-src *:443",
            "script-src *:443, which is not graded",
        ),
        ("Content_Security_Policy", "default-src https://*:*", "default-src https://*:*, which is not graded"),
        (
            "Content_Security_Policy",
            "default-src 'self'; frame-ancestors *:*",
            "frame-ancestors *:*, by which anybody may frame the page",
        ),
    ],
)
def test_header_that_is_not_understood_raises_no_score_silently(graded, header, value, unclear):
    """It may not do what it was meant to do."""
    found = graded(HOME, **GOOD | {header: value})
    assert found.unclear == (unclear,)
    assert not found.coverage.enough


def test_page_other_than_the_homepage_is_not_graded(graded):
    """An error page has other headers, whatever its status."""
    found = graded(b"<title>Application Error</title><p>Sorry</p>" + HOME, **GOOD)
    assert found.coverage.got == "an error page, 'Application Error'"


def test_framing_that_browsers_ignore_protects_from_nothing(graded):
    """ALLOW-FROM, which no browser knows any more; beside frame-ancestors it is for old ones."""
    good = GOOD | {"X_Frame_Options": "ALLOW-FROM https://partner.example"}
    both = graded(HOME, **good | {"Content_Security_Policy": "frame-ancestors https://partner.example"})
    alone = graded(HOME, **good | {"Content_Security_Policy": "default-src 'self'"})
    assert both.unclear == ()
    assert alone.unclear == ("x-frame-options: ALLOW-FROM https://partner.example, which browsers ignore",)


@pytest.mark.parametrize(
    ("shared", "unclear"),
    [
        ({}, ()),
        ({"Access_Control_Allow_Origin": "*"}, ()),
        ({"Access_Control_Allow_Origin": "https://app.portfolio.example"}, ()),
        # Any page can have this origin, in a frame with the attribute sandbox.
        ({"Access_Control_Allow_Origin": "null"}, ("access-control-allow-origin: null",)),
        # By nginx and by the application behind it.
        ({"Access_Control_Allow_Origin": f"*, {ORIGIN}"}, (f"access-control-allow-origin: *, {ORIGIN}",)),
        (
            {"Access_Control_Allow_Origin": "*.portfolio.example"},
            ("access-control-allow-origin: *.portfolio.example",),
        ),
    ],
)
def test_answer_to_another_site_is_understood_as_well(graded, shared, unclear):
    """Many servers send these headers only where the request names an origin."""
    found = graded(HOME, shared={"Access_Control_Allow_Credentials": "true", **shared}, **GOOD)
    assert found.unclear == unclear
    assert found.coverage.enough == (not unclear)


POLICY = "script-src 'nonce-{}' 'strict-dynamic'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(("second", "unclear"), [("bXkgb25l", 0), ("ZnJlc2g", 1)])
def test_nonce_that_does_not_change_protects_from_nothing(graded, second, unclear):
    """As a literal in a configuration, or in a page that a cache hands to everybody: who knows it may use it."""
    good = GOOD | {"Content_Security_Policy": POLICY.format("ZnJlc2g")}
    found = graded(HOME, shared={"Content_Security_Policy": POLICY.format(second)}, **good)
    assert found.unclear == ("'nonce-ZnJlc2g' in two answers, so that everybody knows it",) * unclear


@pytest.mark.parametrize(
    ("integrity", "good"),
    [
        ("sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC", True),
        ("sha256-4lUH4x1cFVGvhXVvGLXJdcmM4dZL2oAZFQcbcJUfUwo= sha512-AAAA?x", True),
        ("md5-XUFAKrxLKna5cZ2REBfFkg==", False),
        ("sha384oqVuAfXRKap7", False),
        ("{{ sri }}", False),
    ],
)
def test_integrity_without_a_hash_checks_nothing(graded, integrity, good):
    """Browsers ignore it, and run any script."""
    script = f'<script src="https://cdn.example/a.js" integrity="{integrity}" crossorigin></script>'
    found = graded(HOME + script.encode(), **GOOD)
    assert found.unclear == (() if good else (f"integrity {integrity!r} of https://cdn.example/a.js",))


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ("sessionid=1; Path=/", None, "cookies-session-without-httponly-flag"),
        ("sessionid=1; Path=/; Secure; HttpOnly", None, "cookies-secure-with-httponly-sessions"),
        ("sessionid=1; Path=/", "sessionid=2; Path=/; Secure; HttpOnly", "cookies-secure-with-httponly-sessions"),
        ("sessionid=1; Path=/", "sessionid=; Path=/; Max-Age=0", "cookies-not-found"),
    ],
)
def test_cookie_of_a_redirect_counts(graded, first, second, result):
    """A browser keeps it, until a later one of the same name and path replaces it."""
    page = answer(body=HOME, **GOOD | ({"Set_Cookie": second} if second else {}))
    scripts = (answer("302 Found", Location="/en", Set_Cookie=first), page)
    assert graded(scripts=scripts).results["Cookies"] == result
