"""Certificates of every domain: what is wrong with one, and what both ends say."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from playbook.clients.digitalocean_types import App, AppDomain, DomainSpec
from playbook.clients.tls import Endpoint, TlsClient
from playbook.clock import FixedClock
from playbook.errors import Malformed, NotConfigured, Unreachable, UsageError
from playbook.measure import certificates as module
from playbook.measure.certificates import certificates, describe, host_and_port
from playbook.settings import TimeLimits, load
from tests.unit.certificates import DAY, NOW, Authority, context_of, der_of, tls_server
from tests.unit.loopback import closed_port

HOST = "portfolio.example"
ENDPOINT = Endpoint(HOST, (HOST, 443))


@pytest.fixture(scope="module")
def authority():
    """Signs them."""
    return Authority()


def read(authority, *names, host=HOST, now=NOW, **changes):
    return describe(der_of(authority.issue(*names, **changes)), Endpoint(host, (host, 443)), now)


def test_what_a_certificate_says(authority):
    """Dates, names, key, signature, issuer."""
    found = read(authority, HOST, "192.0.2.7")
    assert found.names == (HOST, "192.0.2.7")
    assert (found.key, found.signature, found.issuer) == ("ECDSA secp256r1", "sha256", "Test authority")
    assert (found.days_left, found.fault, found.weak) == (67, "", "")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"begins": -90 * DAY, "ends": -3 * DAY}, f"expired on {NOW - 3 * DAY:%Y-%m-%d}"),
        ({"begins": DAY}, f"not valid before {NOW + DAY:%Y-%m-%d %H:%M} UTC"),
    ],
)
def test_dates(authority, changes, fault):
    """To the second, by the run's clock."""
    assert read(authority, HOST, **changes).fault == fault


@pytest.mark.parametrize(
    ("names", "host", "matches"),
    [
        ([HOST], HOST, True),
        ([HOST.upper()], HOST, True),
        (["*.portfolio.example"], "www.portfolio.example", True),
        (["*.portfolio.example"], HOST, False),
        (["*.portfolio.example"], "a.b.portfolio.example", False),
        (["*.example"], HOST, False),
        (["www.portfolio.example"], HOST, False),
        (["127.0.0.1"], "127.0.0.1", True),
        (["::1"], "0:0::1", True),
        ([], HOST, False),
    ],
)
def test_names(authority, names, host, matches):
    """By RFC 9525; the common name counts for nothing."""
    found = read(authority, *names, host=host)
    assert found.is_for_host is matches
    assert found.fault == ("" if matches else f"for {', '.join(names) or 'no host name'} only")


@pytest.mark.parametrize(
    ("key", "shown", "weak"),
    [
        (lambda: rsa.generate_private_key(65537, 1024), "RSA 1024", "RSA key of 1024 bits"),
        (lambda: rsa.generate_private_key(65537, 2048), "RSA 2048", ""),
        (lambda: ec.generate_private_key(ec.SECP224R1()), "ECDSA secp224r1", "curve secp224r1"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "ECDSA secp384r1", ""),
        (lambda: dsa.generate_private_key(1024), "DSA 1024", "DSA key of 1024 bits"),
        (ed25519.Ed25519PrivateKey.generate, "Ed25519", ""),
    ],
    ids=["rsa-1024", "rsa-2048", "p224", "p384", "dsa", "ed25519"],
)
def test_keys(authority, key, shown, weak):
    """RSA from 2048 bits and curves from 256 bits are strong."""
    found = read(authority, HOST, key=key())  # made here: some take seconds
    assert (found.key, found.weak) == (shown, weak)


def test_a_weak_signature(authority, monkeypatch):
    """cryptography refuses to sign with SHA-1, so what it reads is replaced."""
    issued = authority.issue(HOST)
    monkeypatch.setattr(module, "_WEAK_HASHES", frozenset({"sha256"}))
    assert describe(der_of(issued), ENDPOINT, NOW).weak == "signature with sha256"


def test_what_is_no_certificate():
    """One sentence."""
    with pytest.raises(
        Malformed, match=r"TLS: expected a certificate of portfolio\.example that can be read, got "
    ):
        describe(b"\x30\x03abc", ENDPOINT, NOW)


# ------------------------------------------------------------------------------------------------- all domains


@pytest.fixture
def client(authority, tmp_path):
    """Trusts the authority."""
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    return TlsClient(TimeLimits(connect=30, read=30), str(tmp_path / "ca.pem"))


@pytest.fixture
def platform(monkeypatch):
    """DigitalOcean says what a test tells it to: domains, or an exception."""

    class Api:
        says = NotConfigured("DigitalOcean is not configured", setting="", add="")

        def app(self):
            if isinstance(self.says, Exception):
                raise self.says
            return App(id="1", domains=[AppDomain(DomainSpec(name), "ACTIVE", at) for name, at in self.says])

    api = Api()
    monkeypatch.setattr(module, "digitalocean", lambda _: api)
    return api


def settings_of(tmp_path, port, **security):
    web = {"url": f"https://{HOST}"}
    connect_to = dict.fromkeys((HOST, "www.portfolio.example"), f"localhost:{port}")
    own = {"web": web, "security": {"connect_to": connect_to, **security}}
    return load("production", root=tmp_path, environment={}, overlay={"targets": {"production": own}})


def measure(client, settings):
    return certificates(client, settings, FixedClock(NOW))


def test_both_ends(client, authority, tmp_path, platform):
    """The first to end counts, whichever end that is; a wildcard has no address."""
    platform.says = [(HOST, NOW + 5 * DAY), ("*.portfolio.example", None)]
    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        found = measure(client, settings_of(tmp_path, server.port))
    assert [read.host for read in found.served] == [HOST]
    assert (found.faults, found.weak, found.summary) == ("", "", "1 of 1 valid")
    assert found.days_left.value == 5
    assert f"2 certificates (first {HOST} at DigitalOcean" in found.days_left.over
    found.demand_all()
    served, obtained = found.evidence()
    assert served.rows[0][-1] == "yes"
    assert obtained.rows[0][2].startswith("another one, until ")
    assert obtained.rows[1][2] == "DigitalOcean names no certificate"


def test_every_configured_domain_once(client, authority, tmp_path, platform):
    """The website's, the configured, the app's."""
    platform.says = [(HOST, NOW + 67 * DAY)]
    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        found = measure(client, settings_of(tmp_path, server.port, domains=["www.portfolio.example", HOST]))
    assert sorted(read.host for read in found.served) == [HOST, "www.portfolio.example"]
    assert found.faults == f"www.portfolio.example at localhost:{server.port}: for {HOST} only"


def test_an_expired_certificate_is_found_while_the_platform_is_away(client, authority, tmp_path, platform):
    """What could be read is judged first; what could not comes after."""
    platform.says = Unreachable("DigitalOcean API: gone", service="DigitalOcean API")
    with tls_server(context_of(tmp_path, authority.issue(HOST, ends=timedelta(days=-1)))) as server:
        found = measure(client, settings_of(tmp_path, server.port))
    assert "expired on" in found.faults
    with pytest.raises(Unreachable, match="DigitalOcean API: gone"):
        found.demand_all()
    assert found.evidence()[-1].facts == {"Not read 1": "DigitalOcean API: gone"}


def test_one_domain_of_two_is_away(client, authority, tmp_path, platform):
    """The other is judged."""
    platform.says = []
    dead = f"localhost:{closed_port()}"
    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        found = measure(client, settings_of(tmp_path, server.port, domains=[dead]))
    assert found.summary == "1 of 1 valid"
    with pytest.raises(Unreachable, match=f"expected an answer from {dead}, got connection refused"):
        found.demand_all()


def test_untrusted_and_more(client, tmp_path, platform):
    """Everything that is wrong is said."""
    issued = Authority("Stranger").issue("old.example", begins=-90 * DAY, ends=-3 * DAY)
    with tls_server(context_of(tmp_path, issued)) as server:
        found = measure(client, settings_of(tmp_path, server.port))
    assert found.remark == "the app's domains, as DigitalOcean API is not configured"
    date = f"{NOW - 3 * DAY:%Y-%m-%d}"
    assert found.faults == (
        f"{HOST} at localhost:{server.port}: expired on {date}, for old.example only, "
        "not trusted (unable to get local issuer certificate)"
    )


def test_nothing_to_look_at(client, tmp_path, platform):
    """Without an address there is the line to add."""
    settings = load("production", root=tmp_path, environment={})
    with pytest.raises(NotConfigured, match="Website is not configured"):
        measure(client, settings)


@pytest.mark.parametrize("text", ["", "https://x", "a/b", "host:port", "u@h"])
def test_a_domain_that_is_none(text):
    """A sentence that names the setting."""
    with pytest.raises(UsageError, match=r"security\.domains: expected a host such as "):
        host_and_port(text, "security.domains")


def test_a_domain_with_a_port():
    """Brackets around IPv6."""
    assert host_and_port("a.example", "x") == ("a.example", 443)
    assert host_and_port("[::1]:8443", "x") == ("::1", 8443)
