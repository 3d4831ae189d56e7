"""Chains and dates from real incidents, with the right verdict for each.

The names are those of the incidents; the certificates are made here, with dates relative to now.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from checks.security import test_security as checks
from playbook.clients.digitalocean_types import App
from playbook.clients.tls import Endpoint
from playbook.measure.tls.certificate import describe
from playbook.measure.tls.certificates import Certificates
from playbook.settings.loading import load
from playbook.settings.sections.coverage import CoverageRules
from tests.judged import judged
from tests.unit.certificates import DAY, NOW, Authority, der_of

HOST = "portfolio.example"
ROOT = Authority("ISRG Root X1")
DST = Authority("DST Root CA X3", ends=-50 * DAY)
R3 = Authority("R3", signer=ROOT)
CROSSED = Authority("ISRG Root X1", signer=DST, key=ROOT.key, ends=-20 * DAY)
USER_TRUST = Authority("USERTrust RSA Certification Authority")
ADD_TRUST = Authority("USERTrust RSA Certification Authority", signer=Authority("AddTrust"), key=USER_TRUST.key,
                      ends=-3 * DAY)  # fmt: skip
SECTIGO = Authority("Sectigo RSA Domain Validation Secure Server CA", signer=USER_TRUST)
ISSUER_AT = x509.AuthorityInformationAccess([
    x509.AccessDescription(
        x509.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://r3.i.lencr.example/")
    )
])  # fmt: skip


def verdict(*sent, trusted=(ROOT, USER_TRUST), host=HOST, client="", domains=(), chain_fault=""):
    """The check's verdict, given the result of a verifying client."""
    read = describe(sent, Endpoint(host, (host, 443)), NOW, tuple(root.der for root in trusted))
    read = replace(read, distrust=client or chain_fault, chain_fault=chain_fault)
    found = Certificates((read,), tuple(domains), (1, 1), (), None, NOW, CoverageRules())
    name, message = judged(
        checks.test_certificates_are_valid, limits=load(environment={}).limits, certificates=found
    )
    return str(name), message


def test_expired_cross_signed_root_of_2021_is_ignored():
    """Let's Encrypt's long chain with its expired last certificate, which current clients do not need."""
    assert verdict(der_of(R3.issue(HOST)), R3.der, CROSSED.der)[0] == "OK"


def test_cross_signed_root_of_2021_fails_on_a_client_of_2016():
    """A client that trusts only the old root needs the expired certificate."""
    name, message = verdict(der_of(R3.issue(HOST)), R3.der, CROSSED.der, trusted=(DST,))
    assert name == "CRITICAL"
    assert "'ISRG Root X1', which it needs, expired on" in message


def test_expired_add_trust_root_of_2020():
    """Servers continued to send it after it expired."""
    assert verdict(der_of(SECTIGO.issue(HOST)), SECTIGO.der, ADD_TRUST.der)[0] == "OK"


def test_missing_intermediate():
    """cert.pem instead of fullchain.pem: works in browsers, and not in curl."""
    leaf = der_of(R3.issue(HOST, more=(ISSUER_AT,)))
    name, message = verdict(leaf, chain_fault="unable to get local issuer certificate")
    assert name == "CRITICAL"
    assert "'R3', who signed 'the subject', is not sent along, which browsers fetch and others do not" in message


@pytest.mark.parametrize(
    "name",
    ["Kubernetes Ingress Controller Fake Certificate", "TRAEFIK DEFAULT CERT", "localhost", "ssl-cert-snakeoil"],
)
def test_default_certificate_of_a_server(name):
    """Served for an unknown host name."""
    own = Authority(name)
    found, message = verdict(
        der_of(own.issue("ingress.local", subject=name)), chain_fault="self-signed certificate"
    )
    assert found == "CRITICAL"
    assert "for ingress.local only, not trusted (self-signed certificate" in message


def test_self_signed_certificate_of_openssl_req():
    """A common name, no alternative names, and marked as an authority: as tutorials make them."""
    own = Authority(HOST)
    found, message = verdict(own.der, trusted=(own,))
    assert found == "CRITICAL"
    assert "for no host name only" in message


def test_wildcard_does_not_cover_two_levels():
    """It covers one label only."""
    assert verdict(der_of(R3.issue("*.portfolio.example")), R3.der, host="www.portfolio.example")[0] == "OK"
    assert (
        verdict(der_of(R3.issue("*.portfolio.example")), R3.der, host="a.www.portfolio.example")[0] == "CRITICAL"
    )


def test_international_name_matches_its_dns_form():
    """Browsers show one, certificates contain the other."""
    leaf = der_of(R3.issue("xn--mller-kva.example"))
    assert verdict(leaf, R3.der, host="Müller.example.")[0] == "OK"
    assert verdict(leaf, R3.der, host="muller.example")[0] == "CRITICAL"


@pytest.mark.parametrize(
    ("key", "words"),
    [(lambda: rsa.generate_private_key(65537, 1024), "RSA key of 1024 bits"),
     (lambda: ec.generate_private_key(ec.BrainpoolP256R1()), "curve brainpoolP256r1")],
    ids=["rsa-1024", "brainpool"],
)  # fmt: skip
def test_weak_keys_are_reported(key, words):
    """Some appliances still use them."""
    found, message = verdict(der_of(R3.issue(HOST, key=key())), R3.der)
    assert (found, words in message) == ("CRITICAL", True)


def test_corporate_intermediate_expires_first():
    """Leaf certificates are renewed automatically, intermediates are forgotten."""
    corporate = Authority("Corporate Issuing CA 2", signer=ROOT, ends=5 * DAY)
    found, message = verdict(der_of(corporate.issue(HOST)), corporate.der)
    assert found == "CRITICAL"
    assert "got 5 days" in message
    assert "by 'Corporate Issuing CA 2'" in message


def test_certificate_without_expiry():
    """99991231235959Z: no well-defined end (RFC 5280, 4.1.2.5)."""
    leaf = R3.issue(HOST, ends=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - NOW)
    assert verdict(der_of(leaf), Authority("R3", signer=ROOT, key=R3.key).der)[0] == "WARNING"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"phase": "ACTIVE", "certificate_expires_at": f"{NOW + 60 * DAY:%Y-%m-%dT%H:%M:%SZ}"}, "OK"),
        ({"phase": "ACTIVE"}, "OK"),
        ({"phase": "CONFIGURING", "certificate_expires_at": None}, "WARNING"),
        ({"phase": "ERROR"}, "WARNING"),
        ({"phase": "PENDING"}, "WARNING"),
        ({"phase": "ACTIVE", "certificate_expires_at": f"{NOW - DAY:%Y-%m-%dT%H:%M:%SZ}"}, "CRITICAL"),
    ],
)
def test_domain_phases_of_the_platform(fields, expected):
    """Its phase, and what it reports on the certificate."""
    app = {"id": "1", "domains": [{"id": "2", "spec": {"domain": HOST, "type": "PRIMARY"}, **fields}]}
    domains = msgspec.convert(app, App, strict=False).domains
    assert verdict(der_of(R3.issue(HOST)), R3.der, domains=domains)[0] == expected


def test_wildcard_unknown_to_the_platform():
    """It has no address to read it from."""
    app = {"id": "1", "domains": [{"spec": {"domain": "*.portfolio.example"}, "phase": "ACTIVE"}]}
    found, message = verdict(der_of(R3.issue(HOST)), R3.der, domains=msgspec.convert(app, App).domains)
    assert found == "UNKNOWN"
    assert "as a wildcard has no address, got none named" in message


def test_certificate_valid_from_tomorrow():
    """Made by a machine with a wrong clock."""
    found, message = verdict(der_of(R3.issue(HOST, begins=timedelta(hours=9))), R3.der)
    assert (found, "not valid before" in message) == ("CRITICAL", True)


@pytest.mark.parametrize(
    ("term", "left", "expected"),
    [
        (160 / 24, 160 / 24, "OK"),  # Let's Encrypt's profile shortlived, new
        (160 / 24, 3.5, "OK"),  # before it is renewed, after three days
        (160 / 24, 1.5, "WARNING"),
        (160 / 24, 0.4, "CRITICAL"),
        (45, 15, "OK"),  # its profile tlsserver, renewed after two thirds
        (45, 10, "WARNING"),
        (45, 3, "CRITICAL"),
        (90, 22, "OK"),
        (90, 20, "WARNING"),
        (90, 6, "CRITICAL"),
        (398, 20, "WARNING"),
    ],
)
def test_days_left_count_in_proportion_to_a_short_term(term, left, expected):
    """What is left when it is renewed, or was not."""
    name, message = verdict(der_of(R3.issue(HOST, begins=(left - term) * DAY, ends=left * DAY)), R3.der)
    assert name == expected
    assert ("issued for" in message) == (term < 90)


def test_intermediate_of_a_short_term_leaf_is_judged_by_its_own_term():
    """Four days are much for the leaf, and few for the authority above it."""
    ending = Authority("R10", signer=ROOT, ends=5 * DAY)
    name, message = verdict(der_of(ending.issue(HOST, begins=-2 * DAY, ends=4 * DAY)), ending.der)
    assert name == "CRITICAL"
    assert "by 'R10'" in message


def test_same_certificate_at_digitalocean_has_the_same_term():
    """DigitalOcean names only the end."""
    leaf = der_of(R3.issue(HOST, begins=-30 * DAY, ends=15 * DAY))
    app = {"domain": HOST, "phase": "ACTIVE", "certificate_expires_at": (NOW + 15 * DAY).isoformat()}
    domains = msgspec.convert(
        {"id": "1", "spec": {"name": "p"}, "domains": [{**app, "spec": {"domain": HOST}}]}, App
    )
    assert verdict(leaf, R3.der, domains=domains.domains)[0] == "OK"
    unknown = (NOW + 18 * DAY).isoformat()
    domains = msgspec.convert(
        {"id": "1", "domains": [{**app, "spec": {"domain": HOST}, "certificate_expires_at": unknown}]}, App
    )
    assert verdict(leaf, R3.der, domains=domains.domains)[0] == "WARNING"
