"""Answers under load: what counts as failed is what the daily checks call so, in the words of real systems."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from loadtests.contents import Contents, Unclear, health_fault, page_fault, picture_fault
from loadtests.pixels import pixels_of
from playbook.clients.answer import Answer
from playbook.measure.web.web_page import PageRules
from tests.foreign import test_health, test_health_values
from tests.foreign.test_homepage import BAD_TEXTS, BAD_TITLES, GOOD_PAGES, page
from tests.unit.readers.load.made import plan

GOOD, FAILED, UNCLEAR = "good", "failed", "unclear"
AS_DAILY = {"OK": GOOD, "WARNING": FAILED, "CRITICAL": FAILED, "UNKNOWN": UNCLEAR}


def said(problem: str) -> str:
    """What a description of an answer means."""
    return UNCLEAR if isinstance(problem, Unclear) else FAILED if problem else GOOD


def answered(body: str | bytes, kind: str = "text/html; charset=utf-8", **headers: str) -> Answer:
    """An answer with HTTP 200."""
    sent = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        "Website", 200, sent, body.encode() if isinstance(body, str) else body, "https://portfolio.example"
    )


REPORTS = dict(test_health.CASES.values()) | {
    body: expected
    for table in ("BOOLEANS", "NUMBERS", "WORDS", "TEXTS", "MISSING", "SHARES", "MODES", "AMOUNTS")
    for body, expected in getattr(test_health_values, table).items()
}


@pytest.mark.parametrize(("body", "expected"), REPORTS.items())
def test_health_report_counts_as_in_the_daily_check(body: str, expected: str) -> None:
    """Each of the frameworks' reports, good, bad and not understood."""
    assert said(health_fault(body.encode())) == AS_DAILY[expected]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"status":"healthy","dependencies":{"redis":"disconnected"}}', FAILED),
        ('{"status":"healthy","services":{"db":{"status":"down"}}}', FAILED),
        ('{"status":"ok","checks":[{"name":"queue","status":"fail"}]}', FAILED),
        ('{"status":"healthy","redis":{"connected":false}}', FAILED),
        ("OK", GOOD),
        ("Healthy", GOOD),
        ('{"status":"UP"}', GOOD),
        ('{"status":"ok","uptime":12.5}', GOOD),
        ('"healthy"', GOOD),
        ("pong", GOOD),
        ('{"uptime":12.5}', UNCLEAR),
        ("", UNCLEAR),
        ('{"status":"ok","database":"pending"}', UNCLEAR),
    ],
)
def test_health_under_load_is_read_whole(body: str, expected: str) -> None:
    """Not only its own word: a dependency that gives way under load fails, and each healthy word is one."""
    assert said(health_fault(body.encode())) == expected


@pytest.mark.parametrize(
    ("body", "kind", "by_status", "expected"),
    [
        ("anything", "text/plain", True, GOOD),
        ("", "", True, GOOD),
        ('{"status":"down"}', "application/json", True, GOOD),
        (page("Down for maintenance"), "text/html", True, FAILED),
        (page("Down for maintenance"), "text/html", False, FAILED),
        (page("502 Bad Gateway"), "text/html", False, FAILED),
        (page("Just a moment..."), "text/html", True, UNCLEAR),
        (page("Portfolio"), "text/html", True, GOOD),
        (page("Portfolio"), "text/html", False, UNCLEAR),
    ],
)
def test_health_by_status_or_by_body(body: str, kind: str, by_status: bool, expected: str) -> None:
    """By the setting web.health; a page for people in its place is one of an error, or not understood."""
    contents = Contents(plan(health_by_status=by_status))
    assert said(contents.health(lambda: answered(body, kind), kind, body.encode())) == expected


@pytest.mark.parametrize("title", BAD_TITLES)
def test_platforms_page_fails_under_load(title: str) -> None:
    """With HTTP 200, as some send it."""
    assert page_fault(answered(page(title)), PageRules("https://portfolio.example"))


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_platforms_words_fail_under_load(text: str) -> None:
    """On a short page."""
    assert page_fault(answered(page("Portfolio", f"<p>{text}</p>")), PageRules("https://portfolio.example"))


@pytest.mark.parametrize("body", GOOD_PAGES.values(), ids=GOOD_PAGES.keys())
def test_real_homepage_is_good_under_load(body: str) -> None:
    """Also one that begins with a comment, a byte order mark or an XML declaration."""
    rules = PageRules("https://portfolio.example")
    for start in ("", "<!-- built by Astro -->\n", "\ufeff", '<?xml version="1.0" encoding="UTF-8"?>\n'):
        assert said(page_fault(answered(start + body), rules)) == GOOD


def test_page_of_another_kind_is_read_once() -> None:
    """Pages that differ in an id or a count are alike; one with other words is not, of whatever title and size."""
    contents = Contents(plan(host="https://portfolio.example:443"))
    read: list[str] = []

    def asked(body: str) -> str:
        return said(contents.page(lambda: read.append(body) or answered(body), "text/html", body.encode()))

    good = page("Portfolio (3 new)").replace("<p>", '<p nonce="a8f2">')
    assert asked(good) == GOOD
    assert asked(good.replace("a8f2", "77c0").replace("3 new", "4 new")) == GOOD
    assert len(read) == 1
    assert [asked(page("Service Unavailable")), asked(page("Portfolio", "<p>Service Unavailable</p>"))] == [
        FAILED
    ] * 2
    assert asked(good) == GOOD
    assert len(read) == 3
    broken = "Application error: a server-side exception has occurred (digest 2386741)"
    long = page("Portfolio", f"<p>{'Pictures of the sea, and of the hills. ' * 40}</p>")
    failed = long.replace("Pictures of the sea, and of the hills. " * 2, f"{broken:<78}")
    assert len(long) == len(failed)
    assert [asked(long), asked(failed) != GOOD, asked(long)] == [GOOD, True, GOOD]


def test_expected_text_is_expected_under_load() -> None:
    """As the setting web.expect says; its size as well."""
    assert (
        said(page_fault(answered(page("Portfolio")), PageRules("https://portfolio.example", expect="of the sea")))
        == GOOD
    )
    assert page_fault(answered(page("Portfolio")), PageRules("https://portfolio.example", expect="Sunsets"))
    assert page_fault(answered(page("Portfolio")), PageRules("https://portfolio.example", least_bytes=100_000))


KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif"}


@pytest.mark.parametrize("name", KINDS)
def test_picture_that_is_cut_off_fails(name: str) -> None:
    """At any place: a server under load may close in the middle of one."""
    stream = io.BytesIO()
    Image.effect_noise((64, 64), 80).convert("RGB").save(stream, name)
    data, kind = stream.getvalue(), KINDS[name]
    assert picture_fault(kind, data, 10**6) == picture_fault(kind, data + b"\r\n", 10**6) == ""
    for length in (*range(20, len(data) - 12, 97), len(data) - 12):
        assert "cut off" in picture_fault(kind, data[:length], 10**6), length


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("image/jpg", GOOD), ("image/pjpeg", GOOD), ("image/png", FAILED), ("text/html", FAILED)],
)
def test_picture_under_another_name_of_its_type(kind: str, expected: str) -> None:
    """Some servers say image/jpg."""
    stream = io.BytesIO()
    Image.new("RGB", (32, 32)).save(stream, "JPEG")
    assert said(picture_fault(kind, stream.getvalue(), 10**6)) == expected


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((600, 400), GOOD),
        ((64, 43), GOOD),
        ((320, 213), GOOD),
        ((1, 1), FAILED),
        ((200, 200), FAILED),
        ((400, 600), FAILED),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_picture_of_another_shape_is_not_the_posted_one(
    name: str, size: tuple[int, int], expected: str, mode: str
) -> None:
    """A service under load may answer with a placeholder."""
    stream = io.BytesIO()
    Image.new("RGB" if name == "JPEG" else mode, size, "green").save(stream, name)
    data = stream.getvalue()
    assert pixels_of(KINDS[name], data) == size
    assert said(picture_fault(KINDS[name], data, 10**6, 1.5)) == expected
    lossless = io.BytesIO()
    Image.new(mode, size).save(lossless, "WEBP", lossless=True)
    assert pixels_of("image/webp", lossless.getvalue()) == size


@pytest.mark.parametrize("name", KINDS)
def test_size_is_read_from_any_bytes(name: str) -> None:
    """Without an error, however few they are."""
    stream = io.BytesIO()
    Image.new("RGB", (30, 20)).save(stream, name)
    for length in range(len(stream.getvalue())):
        assert pixels_of(KINDS[name], stream.getvalue()[:length]) in (None, (30, 20))
