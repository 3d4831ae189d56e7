"""What the website accepts of TLS, what it promises, and where a visitor without TLS is led."""

import ssl
from urllib.parse import urlsplit

import pytest

from playbook.clients.http import HttpClient
from playbook.clients.tls import TlsClient
from playbook.errors import NotConfigured, TooLittleData, Unreachable
from playbook.measure import tls as module
from playbook.measure.tls import PROFILE_SUITES, hsts, max_age, plain_http, tls_configuration
from playbook.settings import TimeLimits, load
from tests.unit.certificates import Authority, context_of, tls_server
from tests.unit.loopback import answer, closed_port, serve

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
PROFILE = ":".join(PROFILE_SUITES)
CLIENT = TlsClient(TimeLimits(connect=30, read=30))


def settings_of(tmp_path, url, http_url=None):
    web = {"url": url, **({"http_url": http_url} if http_url else {})}
    overlay = {"targets": {"production": {"web": web}}, "time_limits": {"connect": 30, "read": 30}}
    return load("production", root=tmp_path, environment={}, overlay=overlay)


@pytest.fixture
def configured(tmp_path):
    """What is found of a server with these suites and versions."""

    def measure(suites=PROFILE, oldest=ssl.TLSVersion.TLSv1_2, newest=ssl.TLSVersion.TLSv1_3):
        context = context_of(tmp_path, Authority().issue("localhost"))
        context.set_ciphers(f"{suites}:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = oldest, newest
        with tls_server(context) as server:
            return tls_configuration(CLIENT, settings_of(tmp_path, server.url))

    return measure


def test_the_profile(configured):
    """Nothing outside it."""
    found = configured()
    assert (found.accepted, found.outdated, found.outside, found.broken) == ("TLS 1.2 and TLS 1.3", "", (), "")
    assert found.has_newest
    assert found.inside == "ECDHE-ECDSA-AES128-GCM-SHA256" or found.inside in PROFILE_SUITES
    found.demand_all_versions()
    versions, suites = found.evidence()
    assert [row[1].partition(",")[0] for row in versions.rows] == ["refused", "refused", "accepted", "accepted"]
    assert suites.facts["Outside the profile, with TLS 1.2"] == f"none of {found.offered} offered"


def test_outdated_versions(configured):
    """TLS 1.0 and 1.1 are offered in spite of OpenSSL's usual level."""
    found = configured("ECDHE-ECDSA-AES128-SHA", ssl.TLSVersion.TLSv1)
    assert found.outdated == "TLS 1.0 and TLS 1.1"
    assert found.accepted == "TLS 1.0, TLS 1.1, TLS 1.2 and TLS 1.3"
    assert found.outside == ("ECDHE-ECDSA-AES128-SHA",)
    assert found.inside == ""


def test_suites_outside_the_profile(configured):
    """Each is found, and those that protect nothing are told from the merely old."""
    found = configured(
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-NULL-SHA:AECDH-AES128-SHA"
    )
    assert set(found.outside) == {"ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-NULL-SHA", "AECDH-AES128-SHA"}
    assert set(found.broken.split(", ")) == {"ECDHE-ECDSA-NULL-SHA", "AECDH-AES128-SHA"}


def test_the_newest_alone(configured):
    """TLS 1.3 alone is Mozilla's modern profile, and has no suites to judge."""
    found = configured(oldest=ssl.TLSVersion.TLSv1_3)
    assert (found.accepted, found.outside, found.has_newest) == ("TLS 1.3", (), True)


def test_without_the_newest(configured):
    """A remark, not more."""
    assert not configured(newest=ssl.TLSVersion.TLSv1_2).has_newest


def test_many_suites_are_not_all_looked_for(configured, monkeypatch):
    """It is enough to know that there are many."""
    monkeypatch.setattr(module, "_MOST", 2)
    found = configured("ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA")
    assert (len(found.outside), found.more) == (2, True)


def test_what_cannot_be_offered_is_not_passed(configured, monkeypatch):
    """It is neither accepted nor refused."""
    monkeypatch.setattr(module, "can_offer", lambda version: version != "TLSv1")
    found = configured()
    assert (found.outdated, found.cannot_offer) == ("", ("TLSv1",))
    assert found.evidence()[0].rows[0][1] == "not known: this machine's OpenSSL cannot offer it"
    with pytest.raises(TooLittleData, match=r"got an OpenSSL that cannot offer TLS 1\.0"):
        found.demand_all_versions()


def test_a_server_that_refuses_everything(tmp_path):
    """No version at all is no configuration."""
    with (
        serve(b"no TLS here", reader=lambda connection: connection.recv(4096)) as server,
        pytest.raises(Unreachable, match=r"TLS: expected localhost:\d+ to accept one of TLS 1\.0, TLS 1\.1, "),
    ):
        tls_configuration(CLIENT, settings_of(tmp_path, server.url.replace("http:", "https:")))


# -------------------------------------------------------------------------------------------------------- HSTS


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("max-age=63072000; includeSubDomains", 63_072_000),
        ('includeSubDomains; Max-Age="300"', 300),
        ("max-age=0", 0),
        ("includeSubDomains", None),
        ("max-age=1; max-age=2", None),
        ("max-age=1, max-age=1", None),
        ("max-age=forever", None),
        ("", None),
    ],
)
def test_the_age_of_a_promise(header, seconds):
    """As RFC 6797, 6.1.1 reads it."""
    assert max_age(header) == seconds


def test_a_promise_and_none():
    """In days; none is 0."""
    for script, days in ((answer(Strict_Transport_Security="max-age=864000"), 10), (answer(), 0)):
        with serve(script) as server:
            website = HttpClient(server.url, service="Website", time_limits=TimeLimits(connect=30, read=30))
            assert hsts(website).days.value == days


# ------------------------------------------------------------------------------------------------- without TLS


def led(tmp_path, *scripts):
    with serve(*scripts) as server:
        return plain_http(settings_of(tmp_path, "https://localhost:1", server.url))


def moved(to):
    return answer("301 Moved Permanently", Location=to)


def test_led_to_https(tmp_path):
    """On the same host: HSTS covers it the next time. The query is not shown."""
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
def test_led_elsewhere(tmp_path, scripts, result, safe):
    """As Mozilla's HTTP Observatory tells them apart."""
    found = led(tmp_path, *scripts)
    assert (found.result, found.is_safe, found.is_direct) == (result, safe, False)
    assert found.evidence().facts["Leads"] == found.summary


def test_nobody_listens_without_tls(tmp_path):
    """That is as good as a redirect."""
    found = plain_http(settings_of(tmp_path, "https://localhost:1", f"http://localhost:{closed_port()}"))
    assert (found.result, found.is_safe, found.is_direct) == ("redirection-not-needed-no-http", True, True)
    assert "nobody listens" in found.summary


def test_no_answer_without_tls_is_none(tmp_path):
    """A packet filter on the way says nothing about the site."""
    with serve(b"") as server, pytest.raises(Unreachable):
        plain_http(settings_of(tmp_path, "https://localhost:1", server.url))


def test_the_address_without_tls_is_derived(tmp_path, monkeypatch):
    """From an address on the usual port; else there is a line to add."""
    asked = []

    def get(self, *_arguments, **_more):
        asked.append(self.base_url)
        raise Unreachable("x", service="x")

    monkeypatch.setattr(HttpClient, "get", get)
    with pytest.raises(Unreachable):
        plain_http(settings_of(tmp_path, "https://portfolio.example/start"))
    assert asked == ["http://portfolio.example"]
    with pytest.raises(NotConfigured) as caught:
        plain_http(settings_of(tmp_path, "https://portfolio.example:8443"))
    assert caught.value.setting == "targets.production.web.http_url"
    assert urlsplit(asked[0]).port is None
