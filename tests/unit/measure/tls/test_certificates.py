"""Certificates of every domain: faults of one certificate, and the answers of server and platform."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from hypothesis import given
from hypothesis import settings as settled
from hypothesis import strategies as st

from checks.security import test_security as checks
from playbook.clients.digitalocean_spec import DomainSpec
from playbook.clients.digitalocean_types import App, AppDomain
from playbook.clients.tls import Endpoint, Handshake, TlsClient
from playbook.core.clock import FixedClock
from playbook.core.errors import Malformed, NotConfigured, Unreachable, UsageError
from playbook.measure.tls import certificate_facts as facts
from playbook.measure.tls import certificates as module
from playbook.measure.tls.certificate import describe
from playbook.measure.tls.certificate_dates import dates_of
from playbook.measure.tls.certificate_names import host_and_port
from playbook.measure.tls.certificates import certificates
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from playbook.settings.sections.coverage import CoverageRules
from tests.judged import judged
from tests.unit.certificates import DAY, NOW, Authority, context_of, der_of, tls_server
from tests.unit.loopback import closed_port

HOST = "portfolio.example"
ENDPOINT = Endpoint(HOST, (HOST, 443))


@pytest.fixture(scope="module")
def authority():
    """A certificate authority that signs them."""
    return Authority()


def read(authority, *names, host=HOST, now=NOW, **changes):
    return describe((der_of(authority.issue(*names, **changes)),), Endpoint(host, (host, 443)), now)


def test_certificate_fields_are_read(authority):
    """Dates, names, key, signature, issuer."""
    found = read(authority, HOST, "192.0.2.7")
    assert found.names == (HOST, "192.0.2.7")
    assert (found.own.key, found.own.signature, found.issuer) == ("ECDSA secp256r1", "sha256", "Test authority")
    assert (found.days_left, found.fault, found.weak) == (67, "", "")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"begins": -90 * DAY, "ends": -3 * DAY}, f"expired on {NOW - 3 * DAY:%Y-%m-%d}"),
        ({"begins": DAY}, f"not valid before {NOW + DAY:%Y-%m-%d %H:%M} UTC"),
    ],
    ids=["expired", "not-yet-valid"],  # without times, as workers that collect in different minutes must agree
)
def test_dates_are_compared_with_the_clock(authority, changes, fault):
    """To the second, by the clock of the run."""
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
        (["*.co.uk"], "portfolio.co.uk", False),
        (["w*.portfolio.example"], "www.portfolio.example", False),
        (["*.*.example"], "www.portfolio.example", False),
        (["*"], "localhost", False),
        ([HOST], f"{HOST}.", True),
        (["xn--bcher-kva.example"], "bücher.example", True),
        (["xn--bcher-kva.example"], "BÜCHER.example.", True),
        (["XN--BCHER-KVA.example"], "xn--bcher-kva.example", True),
        (["*.xn--bcher-kva.example"], "www.bücher.example", True),
        (["*.0.0.1"], "127.0.0.1", False),
        (["www.portfolio.example"], HOST, False),
        (["127.0.0.1"], "127.0.0.1", True),
        (["::1"], "0:0::1", True),
        ([], HOST, False),
    ],
)
def test_names_match_by_rfc_9525(authority, names, host, matches):
    """The common name is ignored."""
    found = read(authority, *names, host=host)
    assert found.is_for_host is matches
    assert found.fault == ("" if matches else f"for {', '.join(names) or 'no host name'} only")


def test_address_as_a_dns_name_matches_nothing(authority):
    """Addresses count only as address entries (RFC 9525, 6.4)."""
    issued = authority.issue(more=(x509.SubjectAlternativeName([x509.DNSName("127.0.0.1")]),))
    assert not describe((der_of(issued),), Endpoint("127.0.0.1", ("127.0.0.1", 443)), NOW).is_for_host


def test_names_of_other_kinds_match_nothing(authority):
    """They are for no host."""
    names = x509.SubjectAlternativeName([
        x509.RFC822Name("a@portfolio.example"), x509.UniformResourceIdentifier(f"https://{HOST}/")
    ])  # fmt: skip
    found = describe((der_of(authority.issue(more=(names,))),), ENDPOINT, NOW)
    assert found.fault == "for no host name, only for 2 names of other kinds"


@pytest.mark.parametrize(
    ("key", "shown", "weak"),
    [
        (lambda: rsa.generate_private_key(65537, 1024), "RSA 1024", "RSA key of 1024 bits"),
        (lambda: rsa.generate_private_key(65537, 2048), "RSA 2048", ""),
        (lambda: ec.generate_private_key(ec.SECP224R1()), "ECDSA secp224r1", "curve secp224r1"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "ECDSA secp384r1", ""),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "ECDSA secp256k1", "curve secp256k1"),
        (lambda: dsa.generate_private_key(1024), "DSA 1024", "DSA key of 1024 bits"),
        (ed25519.Ed25519PrivateKey.generate, "Ed25519", ""),
    ],
    ids=["rsa-1024", "rsa-2048", "p224", "p384", "k256", "dsa", "ed25519"],
)
def test_keys_are_strong_or_weak(authority, key, shown, weak):
    """RSA from 2048 bits and curves from 256 bits are strong."""
    found = read(authority, HOST, key=key())  # made here, as some take seconds
    assert (found.own.key, found.weak) == (shown, weak)


def test_weak_signature_is_found(authority, monkeypatch):
    """cryptography refuses to sign with SHA-1, so the value it reads is replaced."""
    issued = authority.issue(HOST)
    monkeypatch.setattr(facts, "_WEAK_HASHES", frozenset({"sha256"}))
    assert describe((der_of(issued),), ENDPOINT, NOW).weak == "signature with sha256"


def test_invalid_certificate_is_reported():
    """In one sentence."""
    with pytest.raises(
        Malformed, match=r"TLS: expected a certificate of portfolio\.example that can be read, got "
    ):
        describe((b"\x30\x03abc",), ENDPOINT, NOW)


# ---------------------------------------------------------------------------------------------------- the chain


def chained(leaf, *above, trusted):
    """The faults of a server's certificate with these above it, for a client that trusts one authority."""
    return describe((der_of(leaf), *(one.der for one in above)), ENDPOINT, NOW, (trusted.der,))


def test_intermediate_that_expires_first_counts(authority):
    """A client needs it; the authority above it counts too."""
    between = Authority("Between", signer=authority, ends=9 * DAY)
    found = chained(between.issue(HOST), between, trusted=authority)
    assert (found.days_left, found.first_to_end.subject, found.fault, found.trusted) == (9, "Between", "", True)
    expired = Authority("Between", signer=authority, ends=-9 * DAY)
    found = chained(expired.issue(HOST), expired, trusted=authority)
    assert found.fault == f"'Between', which it needs, expired on {NOW - 9 * DAY:%Y-%m-%d}"
    old = Authority("Old", ends=5 * DAY)
    assert chained(old.issue(HOST), trusted=old).days_left == 5


def test_unneeded_cross_signed_certificate_is_only_a_remark(authority):
    """It has expired; the chain that is valid longest counts."""
    between = Authority("Between", signer=authority)
    crossed = Authority("Between", signer=Authority("Another"), key=between.key, ends=-9 * DAY)
    found = chained(between.issue(HOST), between, crossed, trusted=authority)
    assert (found.fault, found.odd, found.days_left) == ("", "", 67)
    assert found.remark == f"'Between' of 'Another', expired on {NOW - 9 * DAY:%Y-%m-%d}"
    found = chained(between.issue(HOST), crossed, between, trusted=authority)
    assert (found.fault, found.days_left) == ("", 67)


def test_wrong_order_is_a_remark(authority):
    """Most clients sort; some do not."""
    upper = Authority("Upper", signer=authority)
    lower = Authority("Lower", signer=upper)
    assert chained(lower.issue(HOST), lower, upper, trusted=authority).odd == ""
    assert chained(lower.issue(HOST), upper, lower, trusted=authority).odd == "sent in the wrong order"


def test_unrelated_and_duplicate_certificates_are_told_apart(authority):
    """The unrelated one is unusual, the duplicate only a remark."""
    between = Authority("Between", signer=authority)
    found = chained(between.issue(HOST), between, between, Authority("Stranger"), trusted=authority)
    assert found.odd == "sent with 'Stranger', unrelated to it"
    assert "1 of them twice" in found.remark


def test_sent_authority_is_harmless(authority):
    """That is common."""
    between = Authority("Between", signer=authority)
    found = chained(between.issue(HOST), between, authority, trusted=authority)
    assert (found.odd, found.remark, [link.subject for link in found.path]) == (
        "",
        "",
        ["the subject", "Between", "Test authority"],
    )


def test_missing_intermediate_is_found(authority):
    """With the name of the missing one, and the clients that work without it."""
    between = Authority("Between", signer=authority)
    place = x509.AccessDescription(
        x509.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://a.example/b.cer")
    )
    leaf = between.issue(HOST, more=(x509.AuthorityInformationAccess([place]),))
    found = replace(chained(leaf, trusted=authority), chain_fault="unable to get local issuer certificate")
    assert found.fault == (
        "not trusted (unable to get local issuer certificate: 'Between', who signed 'the subject', is not sent "
        "along, which browsers fetch and others do not)"
    )


def test_weak_certificates_in_the_chain_are_found(authority, monkeypatch):
    """Anywhere but in the signature of the trusted root itself."""
    between = Authority("Between", signer=authority, key=ec.generate_private_key(ec.SECP224R1()))
    found = chained(between.issue(HOST), between, trusted=authority)
    assert found.weak == "curve secp224r1 of 'Between'"
    good = Authority("Between", signer=authority)
    monkeypatch.setattr(facts, "_WEAK_HASHES", frozenset({"sha256"}))
    assert chained(good.issue(HOST), good, authority, trusted=authority).weak == (
        "signature with sha256, signature with sha256 of 'Between'"
    )


def test_authority_as_a_server_is_a_fault(authority):
    """Firefox refuses it."""
    leaf = authority.issue(HOST, more=(x509.BasicConstraints(ca=True, path_length=None),))
    assert chained(leaf, trusted=authority).odd == "an authority's own certificate, which signs others"


@pytest.mark.parametrize(
    ("allowed", "fault"),
    [
        ({"digital_signature"}, ""),
        ({"digital_signature", "key_encipherment"}, ""),
        # As many instructions for OpenSSL have it, which itself does not look at it.
        (
            {"key_encipherment", "data_encipherment"},
            "with a key usage without digitalSignature, which browsers require",
        ),
        ({"key_agreement"}, "with a key usage without digitalSignature, which browsers require"),
    ],
)
def test_key_that_may_not_sign_is_a_fault(authority, allowed, fault):
    """Chrome calls it ERR_SSL_KEY_USAGE_INCOMPATIBLE, Firefox SEC_ERROR_INADEQUATE_KEY_USAGE."""
    kinds = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    more = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    usage = x509.KeyUsage(**{kind: kind in allowed for kind in (*kinds, *more)})
    assert chained(authority.issue(HOST, more=(usage,)), trusted=authority).fault == fault


def test_kind_of_key_that_no_browser_accepts_is_odd(authority):
    """OpenSSL and curl do."""
    leaf = authority.issue(HOST, key=ed25519.Ed25519PrivateKey.generate())
    assert chained(leaf, trusted=authority).odd == "a key of the kind Ed25519, which browsers do not accept"


def test_implausible_terms_are_faults(authority):
    """Until the end of time, or ending before the beginning."""
    leaf = authority.issue(HOST, ends=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - NOW)
    assert chained(leaf, trusted=authority).odd.endswith(" to 9999, which no authority issues")
    assert facts.facts_of(der_of(leaf), "x").not_after.year == 9999


def damaged(der, what):
    """The certificate with one of its extensions replaced by random bytes of the same length."""
    at = der.index(what)
    return der[:at] + b"\xff" * len(what) + der[at + len(what) :]


def test_dates_are_read_from_a_damaged_certificate(authority):
    """An expired certificate is found whatever else is wrong with it."""
    names = bytes([0x82, len(HOST)]) + HOST.encode()
    bad = damaged(der_of(authority.issue(HOST, ends=-DAY)), names)
    found = describe((bad,), ENDPOINT, NOW)
    assert f"expired on {NOW - DAY:%Y-%m-%d}" in found.fault
    assert found.unread[0].startswith(f"{HOST}: its extensions (")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"\x17\x0d491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (b"\x17\x0d500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (b"\x17\x0b2601020304Z", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        (b"\x17\x11260102030405+0200", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        (b"\x18\x0f99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_of_old_software_are_read(written, expected):
    """By the module itself, as the library refuses them."""
    validity = b"\x30" + bytes([2 * len(written)]) + written * 2
    inside = b"\x02\x01\x05" + b"\x30\x00" + b"\x30\x00" + validity
    tbs = b"\x30" + bytes([len(inside)]) + inside
    assert dates_of(b"\x30" + bytes([len(tbs)]) + tbs) == (expected, expected)
    assert dates_of(b"\x30\x03abc") is None


GOOD_ROOT = Authority("Root")
GOOD_UPPER = Authority("Upper", signer=GOOD_ROOT)
GOOD_LOWER = Authority("Lower", signer=GOOD_UPPER)


def verdict_on(*sent):
    """The verdict of the check on one host that sends these, if a client finds no fault."""
    read = describe(sent, ENDPOINT, NOW, (GOOD_ROOT.der,))
    found = module.Certificates((read,), (), (1, 1), (), None, NOW, CoverageRules())
    return judged(checks.test_certificates_are_valid, limits=load(environment={}).limits, certificates=found)


def chain_of(damage, at):
    """Leaf, lower and upper, one of them damaged."""
    changes = {
        "expired": {"ends": -DAY},
        "soon": {"begins": -81 * DAY, "ends": 9 * DAY},
        "early": {"begins": DAY},
    }.get(damage, {})
    weak = {"key": ec.generate_private_key(ec.SECP192R1())} if damage == "weak" else {}
    upper = Authority("Upper", signer=GOOD_ROOT, **(changes | weak if at == 2 else {}))
    lower = Authority("Lower", signer=upper, **(changes | weak if at == 1 else {}))
    leaf = lower.issue(
        "other.example" if damage == "wrong name" and at == 0 else HOST, **(changes | weak if at == 0 else {})
    )
    return [der_of(leaf), lower.der, upper.der]


def test_good_chain_is_good():
    """The next test damages it."""
    assert verdict_on(*chain_of("", 0))[0] == "OK"


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("damage", ["expired", "soon", "early", "weak", "unreadable", "cut"])
def test_chain_with_one_bad_certificate_is_not_ok(at, damage):
    """Whichever of them it is."""
    sent = chain_of(damage, at)
    if damage == "unreadable":
        where = sent[at].index(bytes([0x06, 0x03, 0x55, 0x1D]))  # the first extension
        sent[at] = sent[at][:where] + b"\xff\xff\xff\xff" + sent[at][where + 4 :]
    if damage == "cut" and at:
        sent[at] = sent[at][:50]
    elif damage == "cut":
        return
    assert verdict_on(*sent)[0] != "OK"


@settled(max_examples=80)
@given(at=st.integers(0, 2), place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_byte_changed_anywhere_is_not_good(at, place, byte):
    """A client finds it; otherwise the certificate is unreadable or no longer leads to the trusted root.

    A byte outside the signed part and its signature changes nothing.
    """
    sent = list(GOOD_CHAIN)
    where = int(place * len(sent[at]))
    if sent[at][where] == byte:
        return
    sent[at] = sent[at][:where] + bytes([byte]) + sent[at][where + 1 :]
    try:
        verdict, _ = verdict_on(*sent)
    except Malformed:
        return
    if verdict == "OK":
        before, after = map(x509.load_der_x509_certificate, (GOOD_CHAIN[at], sent[at]))
        assert after.tbs_certificate_bytes == before.tbs_certificate_bytes
        assert after.signature == before.signature


GOOD_CHAIN = chain_of("", 0)


# ------------------------------------------------------------------------------------------------- all domains


@pytest.fixture
def client(authority, tmp_path):
    """A client that trusts the authority."""
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    return TlsClient(TimeLimits(connect=30, read=30), str(tmp_path / "ca.pem"))


def _domain(name, phase, at):
    return AppDomain(spec=DomainSpec(domain=name), phase=phase, certificate_expires_at=at)


@pytest.fixture
def platform(monkeypatch):
    """The answer of DigitalOcean in a test: domains, or an exception."""

    class Api:
        phase = "ACTIVE"
        says = NotConfigured("DigitalOcean is not configured", setting="", add="")

        def app(self):
            if isinstance(self.says, Exception):
                raise self.says
            return App(id="1", domains=[_domain(name, self.phase, at) for name, at in self.says])

    api = Api()
    monkeypatch.setattr(module, "digitalocean", lambda _: api)
    return api


def settings_of(tmp_path, port, **security):
    web = {"url": f"https://{HOST}"}
    named = {HOST, *(name for name in security.get("domains", ()) if "localhost" not in name)}
    connect_to = dict.fromkeys(named, f"localhost:{port}")
    own = {"web": web, "security": {"connect_to": connect_to, **security}}
    return load("production", root=tmp_path, environment={}, overlay={"targets": {"production": own}})


def measure(client, settings):
    return certificates(client, settings, FixedClock(NOW))


def test_server_and_platform_certificates_are_compared(client, authority, tmp_path, platform):
    """The earlier expiry counts, whichever side it is on; a wildcard has no address."""
    platform.says = [(HOST, NOW + 5 * DAY), ("*.portfolio.example", None)]
    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        found = measure(client, settings_of(tmp_path, server.port))
    assert [read.host for read in found.served] == [HOST]
    assert (found.faults, found.weak, found.summary) == ("", "", "1 of 1 valid")
    assert found.days_left.value == 5
    assert found.days_left.over.startswith(f"({HOST} at DigitalOcean, ends ")
    assert found.days_left.over.endswith(" as the first of 2)")
    assert found.coverage.words == "1 of 1 address · nothing of *.portfolio.example"
    served, obtained = found.evidence()[0], found.evidence()[2]
    assert served.rows[0][-1] == "yes"
    assert obtained.rows[0][3].startswith("another one, until ")
    assert obtained.rows[1][3] == "DigitalOcean names no certificate"


def test_every_configured_domain_is_measured_once(client, authority, tmp_path, platform):
    """The website's, the configured ones, the app's."""
    platform.says = [(HOST, NOW + 67 * DAY)]
    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        found = measure(client, settings_of(tmp_path, server.port, domains=["www.portfolio.example", HOST]))
    assert sorted(read.host for read in found.served) == [HOST, "www.portfolio.example"]
    assert found.faults == f"www.portfolio.example at localhost:{server.port}: for {HOST} only"


def test_certificate_that_must_staple_is_not_known_to_be_accepted(client, authority, tmp_path, platform):
    """Firefox rejects it where the server sends no OCSP response along, which Python's ssl does not ask for."""
    platform.says = [(HOST, NOW + 67 * DAY)]
    staple = x509.TLSFeature([x509.TLSFeatureType.status_request])
    with tls_server(context_of(tmp_path, authority.issue(HOST, more=(staple,)))) as server:
        found = measure(client, settings_of(tmp_path, server.port))
    assert found.faults == ""
    assert "which it demands (must staple)" in found.coverage.got


def test_address_for_another_host_is_not_the_website(client, authority, tmp_path, platform):
    """A misspelt host of ``security.connect_to``: what is meant was read at another place, or not at all."""
    platform.says = [(HOST, NOW + 67 * DAY)]
    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        assert measure(client, settings_of(tmp_path, server.port)).coverage.enough
        capital = {HOST.upper(): f"localhost:{server.port}"}
        assert measure(client, settings_of(tmp_path, server.port, connect_to=capital)).coverage.enough
        other = {**capital, "www.portfolio.exampel": f"localhost:{server.port}"}
        found = measure(client, settings_of(tmp_path, server.port, connect_to=other)).coverage
    assert not found.enough
    assert found.expected == (
        "the certificate of www.portfolio.exampel, for which security.connect_to says where to connect"
    )


def test_expired_certificate_is_found_while_the_platform_is_unavailable(client, authority, tmp_path, platform):
    """Results are judged first; what could not be read comes after."""
    platform.says = Unreachable("DigitalOcean API: gone", service="DigitalOcean API")
    with tls_server(context_of(tmp_path, authority.issue(HOST, ends=timedelta(days=-1)))) as server:
        found = measure(client, settings_of(tmp_path, server.port))
    assert "expired on" in found.faults
    assert found.coverage.got == "DigitalOcean API: gone"
    assert found.evidence()[-1].facts == {"Not read 1": "DigitalOcean API: gone"}


def test_one_of_two_domains_is_unavailable(client, authority, tmp_path, platform):
    """The other is judged."""
    platform.says = []
    dead = f"localhost:{closed_port()}"
    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        found = measure(client, settings_of(tmp_path, server.port, domains=[dead]))
    assert found.summary == "1 of 1 valid"
    assert found.coverage.expected == "certificates of both addresses"
    assert f"1 address (no answer from {dead}: connection refused" in found.coverage.got


def test_untrusted_certificate_lists_all_faults(client, tmp_path, platform):
    """Not only the first."""
    issued = Authority("Stranger").issue("old.example", begins=-90 * DAY, ends=-3 * DAY)
    with tls_server(context_of(tmp_path, issued)) as server:
        found = measure(client, settings_of(tmp_path, server.port))
    assert found.remarks == ("the app's domains, as DigitalOcean API is not configured",)
    date = f"{NOW - 3 * DAY:%Y-%m-%d}"
    assert found.faults == (
        f"{HOST} at localhost:{server.port}: expired on {date}, for old.example only, "
        "not trusted (unable to get local issuer certificate: 'Stranger', who signed 'the subject', is not sent "
        "along); the certificate is signed by a CA that this machine does not trust: if it is your own, set "
        "targets.NAME.web.ca to its file"
    )


def test_addresses_with_different_certificates_are_each_judged(client, authority, tmp_path, platform, monkeypatch):
    """Each counts, with its address; one that does not answer is missing."""
    platform.says = []
    good, expired = (der_of(authority.issue(HOST, ends=ends * DAY)) for ends in (67, -1))
    shown = {"192.0.2.1": (good,), "192.0.2.2": (expired,)}

    class Farm(TlsClient):
        def addresses(self, endpoint):
            return [Endpoint(endpoint.host, (f"192.0.2.{number}", 443)) for number in (1, 2, 3)]

        def chain(self, endpoint):
            if endpoint.address[0] not in shown:
                raise Unreachable(f"TLS: no answer from {endpoint.address[0]}", service="TLS")
            return shown[endpoint.address[0]]

        def ask_for(self, endpoint, kind):
            return Handshake(False, reason="handshake failure", refused=True)

        def distrust(self, endpoint, kind=None):
            return ""

    found = measure(Farm(client.time_limits, client.ca), settings_of(tmp_path, 1))
    assert len(found.served) == 2
    assert found.faults.startswith(f"{HOST} at localhost:1 (192.0.2.2): expired on ")
    assert found.coverage.got == "certificates of 2 addresses (TLS: no answer from 192.0.2.3)"
    shown["192.0.2.3"] = shown["192.0.2.2"] = (good,)
    found = measure(Farm(client.time_limits, client.ca), settings_of(tmp_path, 1))
    assert (len(found.served), found.coverage.words) == (1, "3 of 3 addresses")


@pytest.mark.parametrize("first", ["ecdsa", "rsa"])
@pytest.mark.parametrize(("ends", "fault"), [(67, ""), (-1, "expired on")])
def test_server_with_two_kinds_of_keys_is_asked_for_both(  # noqa: PLR0917
    client, authority, tmp_path, platform, first, ends, fault
):
    """As nginx, Apache and HAProxy may have them: only one was renewed, and others get the old one."""
    platform.says = []
    other = "rsa" if first == "ecdsa" else "ecdsa"
    keys = {
        "rsa": rsa.generate_private_key(65537, 2048),
        "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    }
    context = context_of(tmp_path, authority.issue(HOST, key=keys[first]))
    folder = tmp_path / "other"
    folder.mkdir()
    context_of(folder, authority.issue(HOST, key=keys[other], ends=ends * DAY))
    context.load_cert_chain(folder / "server.pem")
    context.set_ciphers(f"a{first.upper()}:a{other.upper()}:@SECLEVEL=0")
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tls_server(context) as server:
        found = measure(client, settings_of(tmp_path, server.port))
    assert [read.own.key.partition(" ")[0].lower() for read in found.served] == [first, other]
    assert found.coverage.enough
    assert found.coverage.words == "1 of 1 address"
    if fault:
        expected = f"{HOST} at localhost:{server.port}, its {other.upper()} certificate: {fault}"
        assert found.faults.startswith(expected)
    else:
        assert not found.faults


@pytest.mark.parametrize(
    ("shaken", "known"),
    [
        (Handshake(False, reason="handshake failure", refused=True), True),
        (Handshake(False, reason="connection closed", hung_up=True), True),
        (Handshake(False, reason="access denied"), False),
        (Unreachable("TLS: no answer in time", service="TLS"), False),
    ],
)
def test_other_kind_of_key_that_is_not_known_is_unknown(client, authority, tmp_path, platform, shaken, known):  # noqa: PLR0917
    """A refusal says that there is none."""
    platform.says = []

    class Asked(TlsClient):
        def ask_for(self, endpoint, kind):
            if isinstance(shaken, Unreachable):
                raise shaken
            return shaken

    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        found = measure(Asked(client.time_limits, client.ca), settings_of(tmp_path, server.port))
    assert found.coverage.enough is known
    assert known or "whether it has another certificate, with an RSA key (" in found.coverage.got


def test_ipv6_can_be_left_out(client, authority, tmp_path, platform, monkeypatch):
    """By a setting, if this machine has no IPv6; the evidence says so."""
    platform.says = []
    der = der_of(authority.issue(HOST))

    class Farm(TlsClient):
        def addresses(self, endpoint):
            return [Endpoint(endpoint.host, (address, 443)) for address in ("192.0.2.1", "2001:db8::1")]

        def chain(self, endpoint):
            if ":" in endpoint.address[0]:
                raise Unreachable("TLS: Network is unreachable", service="TLS")
            return (der,)

        def ask_for(self, endpoint, kind):
            return Handshake(False, reason="handshake failure", refused=True)

        def distrust(self, endpoint, kind=None):
            return ""

    farm = Farm(client.time_limits, client.ca)
    found = measure(farm, settings_of(tmp_path, 1, ipv6=True))
    assert "security.ipv6 = false" in found.coverage.hint
    monkeypatch.setattr("playbook.clients.tls.has_way", lambda address: False)
    found = measure(farm, settings_of(tmp_path, 1))
    assert found.coverage.enough
    assert found.remarks == (f"IPv6 addresses of {HOST} at localhost:1, as this machine has no way to them",)
    monkeypatch.setattr("playbook.clients.tls.has_way", lambda address: True)
    assert not measure(farm, settings_of(tmp_path, 1)).coverage.enough
    found = measure(farm, settings_of(tmp_path, 1, ipv6=False))
    assert found.coverage.enough
    assert found.remarks == (f"IPv6 addresses of {HOST} at localhost:1, as security.ipv6 is false",)


def test_inactive_domains_are_listed(client, authority, tmp_path, platform):
    """As a remark."""
    platform.says = [(HOST, NOW + 67 * DAY)]
    platform.phase = "ERROR"
    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        assert measure(client, settings_of(tmp_path, server.port)).not_active == f"{HOST} ERROR"


def test_domain_without_a_phase_is_not_understood(client, authority, tmp_path, platform):
    """The API leaves out its default, UNKNOWN."""
    platform.says = [(HOST, NOW + 67 * DAY)]
    platform.phase = ""
    with tls_server(context_of(tmp_path, authority.issue(HOST))) as server:
        found = measure(client, settings_of(tmp_path, server.port))
    assert "1 of 1 that is not, e.g. 'no phase'" in found.coverage.got


def test_platform_certificate_counts_while_no_server_answers(client, tmp_path, platform):
    """Its certificate has expired."""
    platform.says = [(HOST, NOW - 5 * DAY)]
    found = measure(client, settings_of(tmp_path, closed_port()))
    assert (found.days_left.value, found.summary) == (-5, "0 of 0 valid")


def test_without_a_domain_the_setting_is_named(client, tmp_path, platform):
    """Without an address the message gives the line to add."""
    settings = load("production", root=tmp_path, environment={})
    with pytest.raises(NotConfigured, match="Website is not configured"):
        measure(client, settings)


@pytest.mark.parametrize("text", ["", "https://x", "a/b", "host:port", "u@h"])
def test_invalid_domain_is_refused(text):
    """A sentence that names the setting."""
    with pytest.raises(UsageError, match=r"security\.domains: expected a host such as "):
        host_and_port(text, "security.domains")


def test_domain_may_have_a_port():
    """Brackets around IPv6."""
    assert host_and_port("a.example", "x") == ("a.example", 443)
    assert host_and_port("[::1]:8443", "x") == ("::1", 8443)
