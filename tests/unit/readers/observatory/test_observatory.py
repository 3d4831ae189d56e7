"""The rules of Mozilla's HTTP Observatory: each result, and how points add up to a grade."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.readers.observatory import csp, page, results
from playbook.readers.observatory.scores import GRADES, PROTECTS, SCORES, grade_of, total

HOST = "portfolio.example"


@pytest.mark.parametrize(
    ("policy", "result"),
    [
        ("default-src 'none'; script-src 'self'", "csp-implemented-with-no-unsafe-default-src-none"),
        ("default-src 'self'", "csp-implemented-with-no-unsafe"),
        ("DEFAULT-SRC 'SELF'", "csp-implemented-with-no-unsafe"),
        ("default-src 'self'; style-src 'unsafe-inline'", "csp-implemented-with-unsafe-inline-in-style-src-only"),
        ("default-src 'self'; style-src 'self' https:", "csp-implemented-with-unsafe-inline-in-style-src-only"),
        ("default-src 'self'; script-src 'unsafe-inline'", "csp-implemented-with-unsafe-inline"),
        ("default-src 'self'; script-src 'unsafe-inline' 'nonce-abc'", "csp-implemented-with-no-unsafe"),
        ("default-src 'self'; script-src data:", "csp-implemented-with-unsafe-inline"),
        ("default-src 'self'; object-src *", "csp-implemented-with-unsafe-inline"),
        ("script-src 'self'", "csp-implemented-with-unsafe-inline"),
        ("frame-ancestors 'none'", "csp-implemented-with-unsafe-inline"),
        (
            "default-src 'self'; script-src 'strict-dynamic' 'nonce-a' https: 'unsafe-inline'",
            "csp-implemented-with-no-unsafe",
        ),
        ("default-src 'self'; script-src 'strict-dynamic'", "csp-header-invalid"),
        ("default-src 'self' 'unsafe-eval'", "csp-implemented-with-unsafe-eval"),
        ("default-src 'self'; connect-src http://a.example", "csp-implemented-with-insecure-scheme"),
        (
            "default-src 'self'; img-src http://a.example",
            "csp-implemented-with-insecure-scheme-in-passive-content-only",
        ),
        ("default-src", "csp-implemented-with-no-unsafe-default-src-none"),
        ("default-src 'self'; default-src 'none'", "csp-header-invalid"),
        ("default-src 'self'; report-uri /a; report-uri /b", "csp-implemented-with-no-unsafe"),
        ("abc", "csp-header-invalid"),
    ],
)
def test_policy_has_the_observatorys_result(policy, result):
    """One policy by header, on a page with TLS."""
    found, framed = csp.result_of([policy], [], https=True, report_only=False)
    assert found == result
    assert framed is ("frame-ancestors" in policy and result != "csp-header-invalid")


def test_strictest_of_several_policies_counts():
    """All of them apply; a comma separates two in one header."""
    lax, strict = "script-src *", "default-src 'self'; frame-ancestors 'none'"
    for headers in ([lax, strict], [f"{lax}, {strict}"]):
        assert csp.result_of(headers, [], https=True, report_only=False) == (
            "csp-implemented-with-no-unsafe",
            True,
        )


def test_policy_in_the_page_cannot_forbid_framing():
    """The rest of it applies."""
    found = csp.result_of([], ["default-src 'self'; frame-ancestors 'none'"], https=True, report_only=False)
    assert found == ("csp-implemented-with-no-unsafe", False)
    assert csp.result_of([], ["frame-ancestors 'none'"], https=True, report_only=True)[0] == (
        "csp-not-implemented-but-reporting-enabled"
    )


def test_missing_policy_has_its_result():
    """Images over http only count on a page served over https."""
    assert csp.result_of([], [], https=True, report_only=False) == ("csp-not-implemented", False)
    plain = csp.result_of(["default-src 'self' http://a.example"], [], https=False, report_only=False)
    assert plain[0] == "csp-implemented-with-no-unsafe"


@pytest.mark.parametrize(
    ("function", "given", "result"),
    [
        (results.sniffing_of, "nosniff", "x-content-type-options-nosniff"),
        (results.sniffing_of, "", "x-content-type-options-not-implemented"),
        (results.sniffing_of, "sniff", "x-content-type-options-header-invalid"),
        (results.resource_policy_of, "same-site", "cross-origin-resource-policy-implemented-with-same-site"),
        (results.resource_policy_of, "", "cross-origin-resource-policy-not-implemented"),
        (results.resource_policy_of, "mine", "cross-origin-resource-policy-header-invalid"),
        (results.referrer_of, [], "referrer-policy-not-implemented"),
        (results.referrer_of, ["no-referrer"], "referrer-policy-private"),
        (results.referrer_of, ["no-referrer, unsafe-url"], "referrer-policy-unsafe"),
        (results.referrer_of, ["no-referrer", "nonsense"], "referrer-policy-private"),
        (results.referrer_of, ["nonsense"], "referrer-policy-header-invalid"),
    ],
)
def test_header_values_have_their_results(function, given, result):
    """For each header."""
    assert function(given) == result


@pytest.mark.parametrize(
    ("header", "by_policy", "result"),
    [
        ("DENY", False, "x-frame-options-sameorigin-or-deny"),
        ("", False, "x-frame-options-not-implemented"),
        ("", True, "x-frame-options-implemented-via-csp"),
        ("allow-from https://a", False, "x-frame-options-allow-from-origin"),
        ("maybe", False, "x-frame-options-header-invalid"),
    ],
)
def test_framing_by_policy_takes_precedence(header, by_policy, result):
    """Over the header."""
    assert results.framing_of(header, by_policy=by_policy) == result


@pytest.mark.parametrize(
    ("header", "result"),
    [
        ("max-age=31536000; includeSubDomains", "hsts-implemented-max-age-at-least-six-months"),
        ("max-age=15552000", "hsts-implemented-max-age-at-least-six-months"),
        ("max-age=300", "hsts-implemented-max-age-less-than-six-months"),
        ("includeSubDomains", "hsts-header-invalid"),
        ("max-age=1, max-age=2", "hsts-header-invalid"),
        ('max-age="31536000"', "hsts-implemented-max-age-at-least-six-months"),
        ("max-age=31536000 includeSubDomains", "hsts-header-invalid"),
        ("max-age=31536000s", "hsts-header-invalid"),
        ("", "hsts-not-implemented"),
    ],
)
def test_hsts_requires_six_months(header, result):
    """With the Observatory's tolerance."""
    assert results.hsts_of(header, https=True) == result
    assert results.hsts_of(header, https=False) == "hsts-not-implemented-no-https"


@pytest.mark.parametrize(
    ("cookies", "by_hsts", "result"),
    [
        ("", True, "cookies-not-found"),
        ("a=1; Secure; HttpOnly; SameSite=Lax", True, "cookies-secure-with-httponly-sessions-and-samesite"),
        ("a=1; Secure", True, "cookies-secure-with-httponly-sessions"),
        ("a=1", True, "cookies-without-secure-flag-but-protected-by-hsts"),
        ("a=1", False, "cookies-without-secure-flag"),
        ("sessionid=1; HttpOnly", True, "cookies-session-without-secure-flag-but-protected-by-hsts"),
        ("sessionid=1; HttpOnly", False, "cookies-session-without-secure-flag"),
        ("sessionid=1; Secure", True, "cookies-session-without-httponly-flag"),
        ("csrf=1; Secure", True, "cookies-anticsrf-without-samesite-flag"),
        ("a=1; Secure; SameSite=Maybe", True, "cookies-samesite-flag-invalid"),
        ("a=1; SameSite=None", True, "cookies-samesite-flag-invalid"),
        ("sessionid=; Max-Age=0", False, "cookies-not-found"),
        ("sessionid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", False, "cookies-not-found"),
        ("sessionid=; Expires=Thu, 01-Jan-70 00:00:01 GMT", False, "cookies-not-found"),
        ("a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", False, "cookies-without-secure-flag"),
        ('a={"b":1,"c":"d=e"}; Secure', False, "cookies-secure-with-httponly-sessions"),
        (
            "a=1; Secure; Expires=Wed, 21 Oct 2026 07:28:00 GMT; SameSite=Lax, b=2; Secure; SameSite=Lax",
            True,
            "cookies-secure-with-httponly-sessions-and-samesite",
        ),
    ],
)
def test_worst_cookie_counts(cookies, by_hsts, result):
    """A comma in a date or in JSON separates nothing, and a cookie that the browser removes is none."""
    assert results.cookies_of(cookies, by_hsts=by_hsts) == result


def test_keywords_that_report_hashes_are_understood():
    """Of CSP 3."""
    assert csp.unclear_of(["script-src 'self' 'report-sha256' 'report-sha512'"], []) == []


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "not-implemented"),
        ({"access-control-allow-origin": "*"}, "implemented-with-public-access"),
        ({"access-control-allow-origin": "https://a"}, "implemented-with-restricted-access"),
        (
            {"access-control-allow-origin": "https://o", "access-control-allow-credentials": "true"},
            "implemented-with-universal-access",
        ),
    ],
)
def test_sharing_with_any_origin_and_cookies_is_worst(headers, kind):
    """Other headers have their own results."""
    assert results.sharing_of("https://o", headers) == f"cross-origin-resource-sharing-{kind}"


@pytest.mark.parametrize(
    ("html", "result"),
    [
        ("<p>", "sri-not-implemented-but-no-scripts-loaded"),
        ("<script>1</script>", "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"),
        ("<script src=/a.js>", "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"),
        ("<script src=/a.js integrity=sha384-x>", "sri-implemented-and-all-scripts-loaded-securely"),
        (
            "<script src=https://cdn.portfolio.example/a.js>",
            "sri-not-implemented-but-all-scripts-loaded-from-secure-origin",
        ),
        ("<script src=https://c.example/a integrity=x>", "sri-implemented-and-external-scripts-loaded-securely"),
        ("<script src=https://c.example/a>", "sri-not-implemented-but-external-scripts-loaded-securely"),
        ("<script src=//c.example/a>", "sri-not-implemented-and-external-scripts-not-loaded-securely"),
        (
            "<script src=http://c.example/a integrity=x>",
            "sri-implemented-but-external-scripts-not-loaded-securely",
        ),
    ],
)
def test_foreign_scripts_need_integrity_and_https(html, result):
    """Scripts of the same site do not."""
    assert page.integrity_of(page.read(html), HOST, https=True) == result


POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">'


@pytest.mark.parametrize(
    ("html", "counts"),
    [
        (f"<!DOCTYPE html><html><head><title>a > b</title><script>1</script>{POLICY}</head><body>", True),
        (f"\ufeff<!DOCTYPE html>\n<meta charset=utf-8>\n<link rel=icon href=/>\n{POLICY}\n<p>Hello", True),
        (f"<!-- made by a program --><head><style>p {{}}</style><noscript><img></noscript>{POLICY}", True),
        (f"<html><head></head><body>{POLICY}", False),
        (f"<html><head></head>{POLICY}<body>", False),
        (f"<p>Hello</p>{POLICY}", False),
        (f"Hello {POLICY}", False),
        (f"<html><head><noscript>{POLICY}</noscript></head>", False),
        (f"<html><head><template>{POLICY}</template></head>", False),
        (f"<html><head><!-- {POLICY} --></head>", False),
    ],
)
def test_policy_counts_in_the_head_only(html, counts):
    """As browsers ignore it elsewhere."""
    assert ("content-security-policy" in page.read(html).equiv) is counts


def test_policies_are_read_from_meta_elements():
    """In any letter case; broken HTML is read as far as possible."""
    found = page.read(
        '<META HTTP-EQUIV="Content-Security-Policy" content="a"><meta name=referrer content=b><script'
    )
    assert found.equiv == {"content-security-policy": ["a"], "referrer-policy": ["b"]}
    assert found.scripts == []


def test_points_add_up_to_grades():
    """Bonus points only count where few points were deducted; the minimum is 0."""
    assert total([]) == 100
    assert total(["csp-implemented-with-no-unsafe", "referrer-policy-private"]) == 110
    assert total(["csp-not-implemented", "referrer-policy-private"]) == 75
    assert total(["x-content-type-options-not-implemented", "referrer-policy-private"]) == 100
    assert total(["cookies-session-without-secure-flag"] * 3) == 0
    assert [grade_of(points) for points in (145, 99, 90, 89, 80, 75, 50, 44, 24, 0)] == [
        *("A+", "A", "A", "A-", "B+", "B", "C", "D+", "F", "F")
    ]


def test_score_tables_are_complete():
    """The grades are in descending order, and each of the ten tests names the attack that it addresses."""
    assert [least for least, _ in GRADES] == sorted((least for least, _ in GRADES), reverse=True)
    assert len(PROTECTS) == 10
    assert max(SCORES.values()) == 10


KNOWN = st.sampled_from(
    [
        *("default-src 'self'", "script-src 'nonce-abc123' https://cdn.example", "img-src * data: blob:"),
        *("style-src 'sha256-4PNxUU=' 'unsafe-inline'", "frame-ancestors 'none'", "upgrade-insecure-requests"),
        *("sandbox allow-scripts", "report-uri /csp", "connect-src wss://x.example:* *.example:8443/path/"),
    ]
)
POLICY = st.lists(KNOWN, min_size=1, max_size=5, unique_by=lambda text: text.split()[0])


@given(policy=POLICY)
def test_policy_of_known_words_is_understood(policy):
    """Every directive and every kind of source."""
    assert csp.unclear_of(["; ".join(policy)], []) == []


@given(
    policy=POLICY,
    odd=st.sampled_from(
        ["scipt-src 'self'", "object-src 'noone'", "img-src self", "child-src ht!tp", "#", "x y z"]
    ),
    place=st.integers(0, 5),
    in_page=st.booleans(),
)
def test_unknown_word_anywhere_is_shown(policy, odd, place, in_page):
    """In the header or in the page."""
    policy.insert(place, odd)
    text = ["; ".join(policy)]
    assert csp.unclear_of([] if in_page else text, text if in_page else [])
