"""Homepages and pages in their place in other encodings, with headings, scripts and files in place of text."""

from __future__ import annotations

import pytest

from playbook.measure.web.web_page import PageRules
from tests.foreign.test_homepage import CRITICAL, FILLED, OK, UNKNOWN, answered, page, verdict


@pytest.mark.parametrize(
    ("title", "encoding"),
    [
        ("Wartungsarbeiten", "utf-16"),
        ("Page non trouvée", "iso-8859-1"),
        ("サーバーエラー", "shift_jis"),
        ("网站建设中", "gbk"),
        ("Сайт временно недоступен", "windows-1251"),
    ],
)
def test_page_in_place_of_another_is_known_in_its_encoding(title: str, encoding: str) -> None:
    """As the header names it, and as the markup does."""
    html = page(title)
    assert verdict(answered(html.encode(encoding), content_type=f"text/html; charset={encoding}")) == CRITICAL
    if encoding != "utf-16":
        html = html.replace("<head>", f"<head><meta charset={encoding}>")
        assert verdict(answered(html.encode(encoding), content_type="text/html")) == CRITICAL


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16", "utf-16-le", "utf-8-sig"])
def test_expected_text_is_found_in_any_encoding(encoding: str) -> None:
    """``Porträts`` in Latin 1 is no page without it."""
    body = page("Porträts").encode(encoding)
    rules = PageRules("https://portfolio.example", expect="Porträts")
    assert verdict(answered(body, content_type=f"text/html; charset={encoding}"), rules) == OK


@pytest.mark.parametrize(
    ("coding", "expected"),
    [
        ("aws-chunked", OK),  # kept by a store of files from the upload
        ("UTF-8", OK),
        ("none", OK),
        ("identity, utf-8", OK),
        ("aws-chunked,gzip", UNKNOWN),  # browsers do not decode it either
        (", br", UNKNOWN),  # empty by the store, and br by the CDN before it
        ("zstd", UNKNOWN),
        ("gzip, gzip", UNKNOWN),
    ],
)
def test_content_coding_that_is_none_is_ignored(coding: str, expected: str) -> None:
    """As browsers do, which take such a body as it is."""
    assert verdict(answered(page("Portfolio"), content_encoding=coding)) == expected
    assert verdict(answered(page("Application Error"), content_encoding=coding)) != OK


@pytest.mark.parametrize("encoding", ["x-unknown", "hex", "punycode", "idna", "utf-7", "unicode_escape", ""])
def test_encoding_that_is_none_is_read_as_utf_8(encoding: str) -> None:
    """As browsers do, more or less."""
    assert verdict(answered(page("Porträts"), content_type=f"text/html; charset={encoding}")) == OK


NAV = "<nav>Home Work About Contact</nav>"
BODIES = {
    f"{NAV}<main><h1>Page not found</h1><p>Sorry.</p></main><img src=a>": CRITICAL,
    f"{NAV}<main><h1>500</h1><p>Internal server error.</p></main><img src=a>": CRITICAL,
    f"{NAV}<h1>404</h1><p>This page could not be found.</p>": CRITICAL,
    f"{NAV}<main>Something went wrong. Please try again later.</main><script src=a></script>": CRITICAL,
    "<h1>Sorry, something went wrong on our side</h1><script src=a></script>": CRITICAL,
    "<h1>Wartungsarbeiten</h1><img src=logo.png>": CRITICAL,
    f"<h1>500</h1><p>weddings.</p>{FILLED * 2}": OK,
    f"<h1>Photographs</h1>{FILLED}": OK,
    "<iframe src='https://example.sedoparking.com/x'></iframe>": CRITICAL,
    "<frameset><frame src='http://ww1.portfolio.example'></frameset>": CRITICAL,
    "<script>window.location.replace('https://other.example/?x')</script>": UNKNOWN,
    '<script>top.location = "https://other.example/";</script>': UNKNOWN,
    "<script>location.href='https://www.portfolio.example/en'</script>": OK,
    "<script>if (old) location.assign('/old')</script><div id=app></div><script src=/app.js></script>": OK,
    f"<meta http-equiv=refresh content='5; url=/maintenance.html'>{FILLED}": CRITICAL,
    f"<meta http-equiv=refresh content='0; url=http://portfolio.example/'>{FILLED}": CRITICAL,
    f"<svg><title>Error</title></svg>{FILLED}": OK,
}


@pytest.mark.parametrize(("body", "expected"), BODIES.items())
def test_page_is_judged_by_headings_scripts_and_frames(body: str, expected: str) -> None:
    """Under the site's own title."""
    assert verdict(answered(page("Portfolio", body))) == expected


@pytest.mark.parametrize("before", ["<svg><title>Logo</title></svg>", "<title></title>"])
def test_title_of_the_page_is_the_one_that_is_read(before: str) -> None:
    """Not that of a picture before it, and not an empty one."""
    assert verdict(answered(f"{before}<title>Internal Server Error</title>{FILLED}")) == CRITICAL


FILES = [
    (b"%PDF-1.4", "application/pdf"),
    (b"%PDF-1.4", "text/html"),
    (b"PK\x03\x04", "text/html"),
    (b"\x7fELF", "text/html"),
    (b"\x1f\x8b\x08", "text/html"),
    (b"\x89PNG\r\n", "text/html"),
    (b"\0" * 99, "text/html"),
    (b"body{color:red}", "text/css"),
    (b"console.log('x');", "application/javascript"),
    (b"<rss><channel></channel></rss>", "application/rss+xml"),
    (b"# Portfolio", "text/markdown"),
    (b"<?xml version='1.0'?><Error><Code>InvalidArgument</Code></Error>", "application/xml"),
    (b"{}", "application/json"),
    (b"[]", "application/json"),
    (b"null", "application/json"),
    (b'{"fault":{"faultstring":"x","detail":{"errorcode":"y"}}}', "application/json"),
]


@pytest.mark.parametrize(("beginning", "kind"), FILES)
def test_file_in_place_of_the_page_is_failing(beginning: bytes, kind: str) -> None:
    """By its type, and by its first bytes where the type says HTML."""
    assert verdict(answered(beginning + b" " * 99, content_type=kind)) == CRITICAL
