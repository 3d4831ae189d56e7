"""The TLS versions and suites that the website accepts, at each of its addresses."""

import ssl

import pytest

from playbook.clients.tls import Endpoint, Handshake, TlsClient
from playbook.core.errors import Unreachable
from playbook.core.judge import Judge
from playbook.core.verdict import Verdict
from playbook.measure.tls import tls as module
from playbook.measure.tls.tls import PROFILE_SUITES, PROFILE_VERSIONS, tls_configuration
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.unit.certificates import Authority, context_of, tls_server
from tests.unit.loopback import serve

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
PROFILE = ":".join(PROFILE_SUITES)
CLIENT = TlsClient(TimeLimits(connect=30, read=30))


def settings_of(tmp_path, url, http_url=None):
    web = {"url": url, **({"http_url": http_url} if http_url else {})}
    overlay = {"targets": {"production": {"web": web}}, "time_limits": {"connect": 30, "read": 30}}
    return load("production", root=tmp_path, environment={}, overlay=overlay)


@pytest.fixture
def configured(tmp_path):
    """The findings for a server with these suites and versions."""

    def measure(suites=PROFILE, oldest=ssl.TLSVersion.TLSv1_2, newest=ssl.TLSVersion.TLSv1_3):
        context = context_of(tmp_path, Authority().issue("localhost"))
        context.set_ciphers(f"{suites}:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = oldest, newest
        with tls_server(context) as server:
            return tls_configuration(CLIENT, settings_of(tmp_path, server.url))

    return measure


def test_profile_is_good(configured):
    """No finding."""
    found = configured()
    assert (found.accepted, found.outdated, found.outside, found.broken) == ("TLS 1.2 and TLS 1.3", "", (), "")
    assert found.has_newest
    assert found.inside == "ECDHE-ECDSA-AES128-GCM-SHA256" or found.inside in PROFILE_SUITES
    assert judged(found) == ("OK", "1 of 1 address")
    versions, suites = found.evidence()
    assert [row[1].partition(",")[0] for row in versions.rows] == [
        "refused",
        "refused",
        "refused",
        "accepted",
        "accepted",
    ]
    assert suites.facts["Outside the profile, with TLS 1.2"] == f"none of {found.offered} offered"


def test_outdated_versions_are_found(configured):
    """TLS 1.0 and 1.1 are offered in spite of the usual level of OpenSSL."""
    found = configured("ECDHE-ECDSA-AES128-SHA", ssl.TLSVersion.TLSv1)
    assert found.outdated == "TLS 1.0 and TLS 1.1"
    assert found.accepted == "TLS 1.0, TLS 1.1, TLS 1.2 and TLS 1.3"
    assert found.outside == ("ECDHE-ECDSA-AES128-SHA",)
    assert found.inside == ""


def test_suites_outside_the_profile_are_found(configured):
    """Each of them; insecure ones are distinguished from old ones."""
    found = configured(
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-NULL-SHA:AECDH-AES128-SHA"
    )
    assert set(found.outside) == {"ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-NULL-SHA", "AECDH-AES128-SHA"}
    assert set(found.broken.split(", ")) == {"ECDHE-ECDSA-NULL-SHA", "AECDH-AES128-SHA"}


def test_newest_version_alone_is_good(configured):
    """TLS 1.3 alone is Mozilla's modern profile, and has no suites to judge."""
    found = configured(oldest=ssl.TLSVersion.TLSv1_3)
    assert (found.accepted, found.outside, found.has_newest) == ("TLS 1.3", (), True)


def test_missing_newest_version_is_a_remark(configured):
    """Not a finding."""
    assert not configured(newest=ssl.TLSVersion.TLSv1_2).has_newest


def test_search_for_suites_is_limited(configured, monkeypatch):
    """It is enough to know that there are many."""
    monkeypatch.setattr(module, "_MOST", 2)
    found = configured("ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA")
    assert (len(found.outside), found.more) == (2, True)


def judged(found):
    """The verdict if nothing is bad, and its preconditions."""
    judge = Judge()
    judge.add_coverage("found", found.coverage)
    judge.that(True, "It", expected="well", found="well")
    judgement = judge.judgements[0]
    return str(judgement.verdict), judgement.coverage if judgement.verdict is Verdict.OK else judgement.message


def test_versions_missing_in_openssl_are_offered_by_hand(configured, monkeypatch):
    """An OpenSSL without old versions hides nothing; one without the newest says so."""
    monkeypatch.setattr(module, "can_offer", lambda version: version != "TLSv1")
    found = configured("ECDHE-ECDSA-AES128-SHA", ssl.TLSVersion.TLSv1)
    assert found.outdated == "TLS 1.0 and TLS 1.1"
    monkeypatch.setattr(module, "can_offer", lambda version: version != "TLSv1.3")
    found = configured()
    assert found.evidence()[0].rows[-1][1] == "not known: this machine's OpenSSL cannot offer it"
    assert found.has_newest
    verdict, message = judged(found)
    assert verdict == "UNKNOWN"
    assert "to TLS 1.3, got this machine's OpenSSL cannot offer it" in message


class Farm:
    """Several servers behind one name; each answers by its own rule."""

    def __init__(self, rule, places=1):
        self.rule, self.places, self.asked = rule, places, []

    def places_of(self, endpoint, ipv6):
        return [Endpoint(endpoint.host, (f"192.0.2.{n}", 443)) for n in range(1, self.places + 1)], ""

    def offer(self, place, version, suites=()):
        self.asked.append((place.address[0], version))
        return self.rule(place.address[0], version, tuple(suites), len(self.asked))

    greet = offer


YES = Handshake(True, cipher="ECDHE-RSA-AES128-GCM-SHA256")
NO = Handshake(False, reason="protocol version", refused=True)
RESET = Handshake(False, reason="connection reset", hung_up=True)
# What nginx with its defaults answers to TLS 1.0 and 1.1 where OpenSSL 3 forbids SHA-1.
INTERNAL_ERROR = Handshake(False, reason="a TLS failure: tlsv1 alert internal error", hung_up=True)


def good(_place, version, suites, _count):
    return YES if version in PROFILE_VERSIONS and (not suites or suites == PROFILE_SUITES) else NO


def measured(tmp_path, rule, places=1):
    return tls_configuration(Farm(rule, places), settings_of(tmp_path, "https://portfolio.example"))


def test_one_outdated_address_of_three_is_critical(tmp_path):
    """One of them is enough."""

    def rule(place, version, suites, count):
        return YES if place == "192.0.2.2" and version == "TLSv1" else good(place, version, suites, count)

    found = measured(tmp_path, rule, 3)
    assert (found.outdated, found.addresses) == ("TLS 1.0", (3, 3))


def test_one_unavailable_address_of_three_is_unknown(tmp_path):
    """The others are judged, but the whole is not known to be good."""

    def rule(place, version, suites, count):
        if place == "192.0.2.3":
            raise Unreachable("TLS: gone", service="TLS")
        return good(place, version, suites, count)

    found = measured(tmp_path, rule, 3)
    verdict, message = judged(found)
    assert verdict == "UNKNOWN"
    assert "expected handshakes of all 3 addresses, got handshakes of 2 addresses (TLS: gone)" in message


def test_outdated_version_accepted_once_is_found(tmp_path):
    """The server refuses it the second time."""
    tries = iter([NO, YES])

    def rule(place, version, suites, count):
        return next(tries, NO) if version == "TLSv1" else good(place, version, suites, count)

    assert measured(tmp_path, rule).outdated == "TLS 1.0"


@pytest.mark.parametrize("answer", [RESET, INTERNAL_ERROR], ids=["reset", "internal-error"])
def test_hanging_up_is_a_refusal_while_others_are_answered(tmp_path, answer):
    """Many servers refuse that way."""

    def rule(place, version, suites, count):
        return answer if version == "TLSv1" else good(place, version, suites, count)

    found = measured(tmp_path, rule)
    assert found.versions["TLSv1"] is None
    assert judged(found)[0] == "OK"


@pytest.mark.parametrize(
    "answer",
    [RESET, INTERNAL_ERROR, Handshake(False, reason="a TLS failure: tlsv1 alert access denied")],
    ids=["reset", "internal-error", "alert"],
)
def test_connection_limit_is_no_refusal(tmp_path, answer):
    """After five handshakes the server answers no more: the later ones are unknown."""

    def rule(place, version, suites, count):
        return good(place, version, suites, count) if count <= 3 else answer

    found = measured(tmp_path, rule)
    assert found.outdated == ""
    verdict, message = judged(found)
    assert verdict == "UNKNOWN"
    assert f"got {answer.reason}" in message


def test_server_that_refuses_everything_is_unknown(tmp_path):
    """No version at all is no configuration."""
    with (
        serve(b"no TLS here", reader=lambda connection: connection.recv(4096)) as server,
        pytest.raises(Unreachable, match=r"TLS: expected localhost:\d+ to accept one of SSL 3\.0, TLS 1\.0, "),
    ):
        tls_configuration(CLIENT, settings_of(tmp_path, server.url.replace("http:", "https:")))
