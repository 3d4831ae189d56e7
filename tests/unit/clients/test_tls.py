"""Handshakes: what is read of a server, what it refuses, and what is no answer at all."""

import ssl
import time

import pytest

from playbook.clients.tls import VERSIONS, Endpoint, TlsClient, can_offer, known_suites, unverified
from playbook.clients.trust import context_for
from playbook.core.errors import Malformed, Unreachable
from playbook.settings.model import TimeLimits
from tests.unit.certificates import DAY, Authority, at, context_of, der_of, tls_server
from tests.unit.loopback import closed_port, hang_up, serve

HOST = "portfolio.example"
pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")


@pytest.fixture
def authority(tmp_path):
    """The one that is trusted."""
    ca = Authority()
    (tmp_path / "ca.pem").write_bytes(ca.pem)
    return ca


@pytest.fixture
def client(authority, tmp_path):
    """Trusts the authority."""
    return TlsClient(TimeLimits(connect=30, read=30), str(tmp_path / "ca.pem"))


@pytest.fixture
def show(tmp_path):
    """A server that shows what it is given."""

    def start(issued, *chain):
        return tls_server(context_of(tmp_path, issued, *chain))

    return start


def test_valid_certificate_is_trusted(client, authority, show):
    """Read as it is, and trusted."""
    issued = authority.issue(HOST)
    with show(issued) as server:
        assert client.chain(at(server)) == (der_of(issued),)
        assert client.distrust(at(server)) == ""


@pytest.mark.parametrize(
    ("names", "changes", "reason"),
    [
        ([HOST], {"begins": -90 * DAY, "ends": -DAY}, "certificate has expired"),
        ([HOST], {"begins": DAY}, "certificate is not yet valid"),
        (["other.example"], {}, "Hostname mismatch"),
        ([], {}, "Hostname mismatch"),
    ],
)
def test_distrust_reason_of_bad_certificate(authority, show, client, names, changes, reason):  # noqa: PLR0917
    """The chain is still read, and the reason is named."""
    issued = authority.issue(*names, **changes)
    with show(issued) as server:
        assert client.chain(at(server)) == (der_of(issued),)
        assert reason in client.distrust(at(server))
        assert client.chain_fault(at(server)) == ""


def test_chain_without_trusted_root_is_a_fault(client, authority, show):
    """Signed by somebody unknown, by itself, or by one of ours whose certificate is not sent along."""
    stranger = Authority("Stranger")
    between = Authority("Between", signer=authority)
    for issued, chain, reason in (
        (stranger.issue(HOST), (), "unable to get local issuer certificate"),
        (stranger.issue(HOST), (stranger.pem,), "self-signed certificate in certificate chain"),
        (between.issue(HOST), (), "unable to get local issuer certificate"),
    ):
        with show(issued, *chain) as server:
            assert client.chain_fault(at(server)).replace("self signed", "self-signed") == reason
    with show(between.issue(HOST), between.pem) as server:
        assert client.chain_fault(at(server)) == ""


def test_trust_is_that_of_browsers_with_each_python(authority, show, tmp_path):
    """Python 3.13 wants extensions that private authorities leave out, and trusts a listed one below another."""
    between = Authority("Between", signer=authority)
    (tmp_path / "between.pem").write_bytes(between.pem)
    ours = TlsClient(TimeLimits(connect=30, read=30), str(tmp_path / "between.pem"))
    with show(between.issue(HOST)) as server:
        assert ours.distrust(at(server)) == ""
    assert not context_for(ours.ca, "Website").verify_flags & ssl.VERIFY_X509_STRICT


def test_host_name_is_sent_as_sni(client, authority, tmp_path):
    """Servers choose the certificate by it (SNI)."""
    asked = []
    context = context_of(tmp_path, authority.issue(HOST))
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with tls_server(context) as server:
        client.chain(at(server))
    assert asked == [HOST]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2])
def test_accepted_versions_are_found_one_by_one(client, authority, tmp_path, newest):
    """Each is offered alone; those that the server does not have are refused, not failed."""
    context = context_of(tmp_path, authority.issue(HOST))
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
    with tls_server(context) as server:
        answers = {version: client.offer(at(server), version) for version in VERSIONS}
    accepted = [version for version, shaken in answers.items() if shaken.accepted]
    assert accepted == list(VERSIONS[: len(accepted)])
    assert [answers[version].version for version in accepted] == accepted
    assert len(accepted) == {ssl.TLSVersion.TLSv1: 1, ssl.TLSVersion.TLSv1_1: 2, ssl.TLSVersion.TLSv1_2: 3}[newest]
    assert "TLS failure" in answers["TLSv1.3"].reason


def test_only_offered_suites_are_accepted(client, authority, tmp_path):
    """Only those that are offered can be chosen."""
    context = context_of(tmp_path, authority.issue(HOST))
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0")
    with tls_server(context) as server:
        assert client.offer(at(server), "TLSv1.2", ["ECDHE-ECDSA-NULL-SHA"]).cipher == "ECDHE-ECDSA-NULL-SHA"
        assert not client.offer(at(server), "TLSv1.2", ["ECDHE-ECDSA-AES256-GCM-SHA384"]).accepted


def test_closed_connection_is_inconclusive(client):
    """Some say no by closing the connection, and so does a limit on connections."""
    with serve(hang_up, reader=lambda connection: connection.recv(4096)) as server:
        shaken = client.offer(at(server), "TLSv1.2")
        by_hand = client.greet(at(server), "SSLv3", ["RC4-SHA"])
    assert (shaken.accepted, shaken.refused, shaken.hung_up) == (False, False, True)
    assert (by_hand.accepted, by_hand.refused, by_hand.hung_up) == (False, False, True)
    assert len(server.requests) == 4  # each is tried twice
    assert shaken.reason


ALERT = b"\x15\x03\x01\x00\x02\x02"


@pytest.mark.parametrize(("alert", "refused"), [(70, True), (40, True), (71, True), (80, False), (49, False)])
def test_only_version_and_suite_alerts_are_refusals(client, alert, refused):
    """Only those about versions and suites say no to what was offered; an internal error may mean anything."""
    with serve(ALERT + bytes([alert]), reader=lambda connection: connection.recv(4096)) as server:
        for shaken in (client.offer(at(server), "TLSv1.2"), client.greet(at(server), "TLSv1", ["RC4-SHA"])):
            assert (shaken.accepted, shaken.refused, shaken.hung_up) == (False, refused, alert == 80)


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1", "TLSv1.2"])
def test_handwritten_greeting_finds_weak_suites(client, authority, tmp_path, version):
    """A real server goes on with the suite that it has of those offered, and refuses others."""
    context = context_of(tmp_path, authority.issue(HOST))
    context.set_ciphers("ECDHE-ECDSA-NULL-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    with tls_server(context) as server:
        shaken = client.greet(at(server), version, ["RC4-SHA", "ECDHE-ECDSA-NULL-SHA"])
        assert (shaken.accepted, shaken.version, shaken.cipher) == (True, version, "ECDHE-ECDSA-NULL-SHA")
        assert client.greet(at(server), version, ["RC4-SHA", "DES-CBC3-SHA"]).refused
        assert client.greet(at(server), "SSLv3", ["RC4-SHA", "ECDHE-ECDSA-NULL-SHA"]).refused


def test_unexpected_answer_to_greeting_is_inconclusive(client):
    """That is no TLS, and says nothing of versions."""
    answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with serve(answer, reader=lambda connection: connection.recv(4096)) as server:
        shaken = client.greet(at(server), "TLSv1", ["RC4-SHA"])
    assert (shaken.accepted, shaken.refused, shaken.reason) == (False, False, "something that is not TLS")


def test_each_address_of_a_name_is_examined(client, monkeypatch):
    """Each by itself; a local server's are its own business."""
    monkeypatch.setattr("playbook.clients.tls.look_up", lambda *_: [("192.0.2.7", 443), ("2001:db8::7", 443)])
    endpoint = Endpoint(HOST, (HOST, 443))
    assert [place.address[0] for place in client.addresses(endpoint)] == ["192.0.2.7", "2001:db8::7"]
    local = Endpoint(HOST, ("localhost", 443))
    assert client.addresses(local) == [local]


def test_chain_keeps_order_of_server(client, authority, show):
    """In the server's order, the server's own first."""
    between = Authority("Between", signer=authority)
    issued = between.issue(HOST)
    with show(issued, between.pem, authority.pem) as server:
        assert client.chain(at(server)) == (der_of(issued), between.der, authority.der)
    assert client.authorities() == (authority.der,)


def test_closed_port_is_unreachable(client):
    """That is no measurement."""
    with pytest.raises(Unreachable, match=r"TLS: expected an answer from localhost:\d+, got connection refused"):
        client.chain(Endpoint("localhost", ("localhost", closed_port())))


@pytest.mark.slow
def test_silent_server_is_unreachable(authority, tmp_path):
    """The wait is bounded."""
    client = TlsClient(TimeLimits(connect=1, read=1))
    with serve(b"", reader=lambda connection: connection.recv(1 << 20) + connection.recv(1)) as server:
        begun = time.monotonic()
        with pytest.raises(Unreachable, match="no answer to the TLS greeting in time"):
            client.chain(at(server))
        assert time.monotonic() - begun < 30


def test_plain_server_is_malformed(client):
    """A plain web server, say."""
    with (
        serve(b"HTTP/1.1 400 Bad Request\r\n\r\n", reader=lambda connection: connection.recv(4096)) as server,
        pytest.raises(Malformed, match=r"TLS: expected portfolio\.example at localhost:\d+ to show a certificate"),
    ):
        client.chain(at(server))


def test_openssl_capabilities_are_probed():
    """Seen by letting OpenSSL write a greeting, not by its version."""
    assert can_offer("TLSv1.2")
    assert can_offer("TLSv1.3")
    assert not can_offer("TLSv1.2", ("NO-SUCH-SUITE",))
    assert "ECDHE-ECDSA-NULL-SHA" in known_suites()
    assert not any("PSK" in suite for suite in known_suites())


def test_removed_protocol_version_cannot_be_offered(monkeypatch):
    """Its greeting cannot be written."""

    def refuse(*_arguments):
        raise ssl.SSLError("no protocols available")

    monkeypatch.setattr("playbook.clients.tls.unverified", refuse)
    assert not can_offer.__wrapped__("TLSv1")
    assert unverified("TLSv1.2").verify_mode is ssl.CERT_NONE
