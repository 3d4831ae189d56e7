"""Further websites of a target: each is a row, and a failing row names its site."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest

from playbook.clients.tls import TlsClient
from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.errors import UsageError
from playbook.core.judge import Judge
from playbook.core.verdict import Critical, Verdict
from playbook.measure.tls.certificates import certificates
from playbook.measure.web.sites import other_headers, other_health, other_homepages, other_tls
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.unit.certificates import NOW, Authority, context_of, tls_server
from tests.unit.loopback import answer, closed_port, serve

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
PAGE = b"<!DOCTYPE html><title>Prints</title><h1>Prints of photographs</h1><p>Signed, on paper, framed.</p>"
HEALTHY, DEGRADED = b'{"status": "healthy"}', b'{"status": "degraded"}'
LONG = TimeLimits(connect=30, read=30)
CLOCK = FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))


@pytest.fixture(autouse=True)
def all_samples(monkeypatch):
    """Makes the limits independent of the speed of this machine."""
    monkeypatch.setattr("playbook.measure.web.homepage._ENOUGH", 100.0)
    monkeypatch.setattr("playbook.measure.web.homepage._ENOUGH_FOR_THEM", 100.0)


@pytest.fixture
def settings_of(tmp_path):
    """A target with these further websites."""

    def of(*sites, environment=(), **more):
        overlay = {
            "targets": {"production": {"web": {"url": "https://portfolio.example", "also": list(sites)}}},
            "time_limits": {"connect": 30, "read": 30},
            **more,
        }
        return load("production", root=tmp_path, environment=dict(environment), overlay=overlay)

    return of


def judged(measured, rows=()):
    """The worst of its judgements: statements, and numbers by their limits."""
    judge = Judge()
    judge.add_coverage("sites", measured.coverage)
    try:
        for one in getattr(measured, "statements", []):
            judge.that(**one.terms)
        for reading, limit, subject in rows:
            judge(reading, limit, subject=subject)
    except Critical:
        pass
    if judge.leading is None:
        judge.that(True, "Sites", expected="all of them", found="")
    return judge.leading.verdict, judge.leading.message


def homepages(settings, earlier=None):
    """The measurements of the homepages."""
    return other_homepages(settings, CLOCK, earlier or Earlier())


def test_healthy_sites_are_ok(settings_of):
    """The page and its health endpoint, below the address of the site."""
    with serve(answer(body=PAGE)) as shop, serve(answer(body=HEALTHY)) as api:
        settings = settings_of(
            {"name": "shop", "url": f"{shop.url}/de", "expect": "on paper"},
            {"name": "api", "url": api.url, "homepage": False, "health_path": "/health"},
        )
        pages, health = homepages(settings), other_health(settings, FixedClock(NOW), Earlier())
    assert judged(pages)[0] is Verdict.OK
    assert judged(health)[0] is Verdict.OK
    assert [one.name for one in pages.sites] == ["shop"]
    assert [one.name for one in health.sites] == ["api"]
    assert shop.requests[0].startswith(b"GET /de ")
    assert api.requests[0].startswith(b"GET /health ")
    assert pages.coverage.words.startswith("1 more site · 5 of 5 samples")
    assert pages.seen[0].value.median.value > 0


@pytest.mark.parametrize(
    ("told", "verdict", "message"),
    [
        (answer("503 Service Unavailable", b"no"), Verdict.CRITICAL, "got HTTP 503 in 5 of 5 samples"),
        (answer(body=PAGE.replace(b"paper", b"canvas")), Verdict.CRITICAL, "a page without the text 'on paper'"),
        (answer(body=b""), Verdict.CRITICAL, "an empty page"),
    ],
)
def test_failing_site_is_named(settings_of, told, verdict, message):
    """Though the one before it is healthy."""
    with serve(answer(body=PAGE)) as first, serve(told) as second:
        settings = settings_of(
            {"name": "gallery", "url": first.url},
            {"name": "shop", "url": second.url, "expect": "on paper"},
        )
        found, said = judged(homepages(settings))
    assert found is verdict
    assert said.startswith("Homepage of shop: expected HTTP 200 each time, got ")
    assert message in said


def test_unmeasured_site_does_not_hide_a_bad_one(settings_of):
    """Nobody listens at the first, and nothing proves that this machine's network works."""
    with serve(answer("500 Internal Server Error", b"no")) as bad, serve(answer(body=PAGE)) as good:
        gone = {"name": "gone", "url": f"http://localhost:{closed_port()}"}
        both = settings_of(gone, {"name": "shop", "url": bad.url})
        assert judged(homepages(both))[0] is Verdict.CRITICAL
        found, said = judged(homepages(settings_of(gone, {"name": "shop", "url": good.url})))
    assert found is Verdict.UNKNOWN
    assert "expected an answer of gone" in said


def test_site_without_an_address_is_unknown_and_not_left_out(settings_of):
    """Its variable is not set."""
    settings = settings_of({"name": "shop", "url": "${SHOP_URL}", "health_path": "/health"})
    for measured in (
        homepages(settings),
        other_health(settings, FixedClock(NOW), Earlier()),
        other_tls(settings),
        other_headers(settings),
    ):
        found, said = judged(measured)
        assert found is Verdict.UNKNOWN
        assert "expected an answer of shop, got no address of it" in said


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        (answer(body=HEALTHY), Verdict.OK),
        (answer(body=DEGRADED), Verdict.WARNING),
        (answer("503 Service Unavailable", DEGRADED), Verdict.CRITICAL),
        (answer("200 OK", b"<!DOCTYPE html><title>Shop</title><p>Welcome."), Verdict.UNKNOWN),
        (answer(body=b'{"status": "wobbly"}'), Verdict.UNKNOWN),
        (answer("404 Not Found", b"{}"), Verdict.UNKNOWN),
    ],
)
def test_health_of_a_site_is_judged(settings_of, told, verdict):
    """As that of the website: a page of HTML is no health report."""
    with serve(told) as api:
        measured = other_health(
            settings_of({"name": "api", "url": api.url, "health_path": "/health"}), FixedClock(NOW), Earlier()
        )
    found, said = judged(measured)
    assert found is verdict, said
    if verdict in {Verdict.WARNING, Verdict.CRITICAL}:
        assert said.startswith("Health of api: expected all healthy, got ")


def test_changed_title_is_a_warning_of_that_site(settings_of):
    """The title of each site is kept under its name."""
    known = Earlier(lambda: [{"homepage of shop": Counted(at=CLOCK.now(), origin="Prints")}])
    other = Earlier(lambda: [{"homepage of shop": Counted(at=CLOCK.now(), origin="Paintings")}])
    with serve(answer(body=PAGE)) as shop:
        settings = settings_of({"name": "shop", "url": shop.url})
        same, changed = homepages(settings, known), homepages(settings, other)
    assert judged(same)[0] is Verdict.OK
    assert judged(changed) == (
        Verdict.WARNING,
        "Title of the homepage of shop: expected 'Paintings', got 'Prints'",
    )
    assert same.readings["homepage of shop"].origin == "Prints"


def test_limit_of_a_site_overrides_that_of_the_target(settings_of):
    """Line by line: missing lines come from the target."""
    with serve(answer(body=PAGE)) as shop:
        own = {"homepage_time": {"target": "< 0.0000001 s", "warning": "> 0.000001 s"}}
        strict = homepages(settings_of({"name": "shop", "url": shop.url, "limits": own}))
    site = strict.seen[0]
    assert site.limits.homepage_time.critical == settings_of().limits.homepage_time.critical
    rows = [(site.value.median, site.limits.homepage_time, f"Homepage of {site.name}")]
    found, said = judged(strict, rows)
    assert (found, said[:18]) == (Verdict.WARNING, "Homepage of shop: ")
    with pytest.raises(UsageError, match=r"web\.also\[0\].*limits\.homepage_time"):
        settings_of(
            {"name": "shop", "url": "https://a.example", "limits": {"homepage_time": {"critical": "soon"}}}
        )


def test_tls_and_headers_of_a_site_are_judged(settings_of, tmp_path):
    """Outdated versions, no HSTS, no headers: each names the site; a separate port needs an http_url."""
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    good = context_of(tmp_path, authority.issue("localhost"))
    good.minimum_version, good.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    told = answer(body=PAGE, Strict_Transport_Security="max-age=63072000")
    redirect = answer("301 Moved Permanently", b"", Location="https://localhost/")
    with serve(told, tls=good) as shop, serve(redirect) as plain:
        site = {"name": "shop", "url": shop.url, "ca": str(tmp_path / "ca.pem")}
        full = settings_of({**site, "http_url": plain.url})
        tls, bare = other_tls(full), other_tls(settings_of(site))
        headers = other_headers(full)
    subjects = [one.subject for one in tls.statements]
    assert {"Protocol versions of shop", "Cipher suites of shop", "Requests to shop without TLS"} <= set(subjects)
    assert [one.holds for one in tls.statements if one.subject == "Protocol versions of shop"] == [True, True]
    assert tls.seen[0].value.hsts.days.value == 730
    assert not bare.coverage.enough
    assert "no http_url of shop" in bare.coverage.got
    assert headers.seen[0].value.score.value < 80


def test_certificates_of_all_sites_are_measured(settings_of, tmp_path):
    """With their own authority; one without an address is left out."""
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    with tls_server(context_of(tmp_path, authority.issue("localhost"))) as shop:
        site = {"name": "shop", "url": shop.url, "ca": str(tmp_path / "ca.pem")}
        connect_to = {"portfolio.example": f"localhost:{shop.port}"}
        settings = load(
            "production",
            root=tmp_path,
            environment={},
            overlay={
                "targets": {
                    "production": {
                        "web": {"url": "https://portfolio.example", "also": [site, {"name": "later"}]},
                        "security": {"connect_to": connect_to, "ipv6": False},
                    }
                }
            },
        )
        found = certificates(TlsClient(LONG, None), settings, CLOCK)
    trusted = {read.host: read.distrust for read in found.served}
    assert trusted["localhost"] == ""
    assert trusted["portfolio.example"]
    assert "the certificate of later" in found.coverage.expected


@pytest.mark.parametrize("whose", ["website", "further site"])
def test_certificate_of_the_host_that_a_homepage_redirects_to_is_measured(tmp_path, whose):
    """Visitors of example.com read www.example.com; a login at another company's is not the site's matter."""
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    good = context_of(tmp_path, authority.issue("localhost"))
    old = context_of(tmp_path, authority.issue("localhost", begins=timedelta(days=-90), ends=timedelta(days=-3)))
    with tls_server(old) as end:
        away = b"HTTP/1.1 302 Found\r\nLocation: https://login.invalid/\r\nContent-Length: 0\r\n\r\n"
        lead = b"HTTP/1.1 301 Moved\r\nLocation: %s/home\r\nContent-Length: 0\r\n\r\n"
        for answer, ports in ((lead % end.url.encode(), 2), (away, 1)):
            with serve(answer, tls=good) as first:
                web = {"name": "shop", "url": first.url, "ca": str(tmp_path / "ca.pem")}
                own = {"also": [web]} if whose == "further site" else {"url": web["url"], "ca": web["ca"]}
                settings = load(
                    "production",
                    root=tmp_path,
                    environment={},
                    overlay={"targets": {"production": {"web": own, "security": {"ipv6": False}}}},
                )
                found = certificates(TlsClient(LONG, settings.target.web.ca), settings, FixedClock(NOW))
            assert len(found.served) == ports
            assert ("expired on" in found.faults) == (ports == 2), found.faults


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({"name": "a", "url": "ftp://a.example"}, r"web\.also\.0\.url: expected an address such as https://"),
        (
            {"name": "a", "url": "https://a.example", "health_path": "health"},
            r"expected a path such as /api/health",
        ),
        ({"name": "a", "url": "https://a.example", "expects": "x"}, r"unknown setting .*expects"),
        ({"name": "a", "url": "https://a.example", "health": "words"}, r'expected "body" or "status"'),
    ],
)
def test_mistake_in_a_site_is_one_sentence(settings_of, site, words):
    """It names the setting."""
    with pytest.raises(UsageError, match=words):
        settings_of(site)


def test_site_without_a_name_is_called_by_its_address(settings_of):
    """Without a user name and password in it."""
    (site,) = settings_of({"url": "https://me:t0p@shop.example/de/"}).target.web.also
    assert site.label == "shop.example/de"


def test_two_sites_of_one_name_are_a_mistake(settings_of):
    """Messages and kept titles use the name."""
    twice = {"name": "a", "url": "https://a.example"}
    with pytest.raises(UsageError, match="expected a name of its own, got 'a' twice"):
        settings_of(twice, twice)


def test_without_further_sites_nothing_is_measured(settings_of):
    """And no item is about any."""
    assert settings_of().nowhere == {"sites"}
    assert settings_of({"name": "a", "url": "https://a.example"}).nowhere == frozenset()


def test_dependencies_of_each_site_are_compared_with_its_own(settings_of):
    """Also of sites whose names differ by a number."""
    body = {"api-1": b'{"status": "ok", "db": "up"}', "api-2": b'{"status": "ok", "redis": "up"}'}
    with serve(answer("200 OK", body["api-1"])) as one, serve(answer("200 OK", body["api-2"])) as two:
        sites = [
            {"name": name, "url": server.url, "health_path": "/health"}
            for name, server in (("api-1", one), ("api-2", two))
        ]
        settings = settings_of(*sites)
        first = other_health(settings, FixedClock(NOW), Earlier()).readings
        later = FixedClock(NOW + timedelta(days=1))
        again = other_health(settings, later, Earlier(lambda: [first]))
        assert all(one.holds for one in again.statements)
        two.scripts = [answer("200 OK", b'{"status": "ok"}')]
        missed = [
            one for one in other_health(settings, later, Earlier(lambda: [first])).statements if not one.holds
        ]
    assert [(one.subject, one.found) for one in missed] == [("Dependencies of api-2", "a list without redis")]
