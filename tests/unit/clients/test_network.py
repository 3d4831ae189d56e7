"""Whose fault it is that a website does not answer: told by how it failed, and by who else answers."""

import errno
import socket
import ssl
from dataclasses import replace

import pytest

from playbook.clients import network as module
from playbook.clients.breakage import Kind, is_internal, kind_of, private_of
from playbook.clients.http import HttpClient
from playbook.clients.network import Network, Witness, network
from playbook.clients.wire import Broken
from playbook.core.errors import Unreachable
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.unit.certificates import Authority, context_of
from tests.unit.loopback import answer, closed_port, hang_up, serve

LIMITS = TimeLimits(connect=30, read=30)
DEAD = f"http://127.0.0.1:{closed_port()}"


def failure(kind, what="connection refused (connect, after 0.001 s)", **more):
    """As a client raises it."""
    return Unreachable(f"Website: expected an answer from x, got {what}", service="Website", kind=kind, **more)


def found(kind, witnesses, url="https://portfolio.example", addresses=("1.1.1.1",), monkeypatch=None, **more):
    """The finding, where the witnesses are those that answer and the website's name leads to these addresses."""
    ours = Network(tuple(witnesses), LIMITS)
    ours._answered = tuple(witnesses)
    if monkeypatch:
        monkeypatch.setattr(module, "look_up", lambda host, port, seconds: [(one, port) for one in addresses])
    return ours.finding(failure(kind, **more), url)


API = Witness("the DigitalOcean API", "https://api.digitalocean.com")
LOCAL = Witness("Prometheus", "http://localhost:9090")
PLAIN = Witness("Grafana", "http://grafana.example")


@pytest.mark.parametrize(
    ("cause", "phase", "kind"),
    [
        (ConnectionRefusedError(), "connect", Kind.NO_ANSWER),
        (ConnectionResetError(), "first byte", Kind.NO_ANSWER),
        (TimeoutError(), "connect", Kind.NO_ANSWER),
        (TimeoutError(), "DNS", Kind.NO_NAME),
        (socket.gaierror(socket.EAI_NONAME, "no such name"), "DNS", Kind.NO_NAME),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "DNS", Kind.NO_NAME),
        (ssl.SSLCertVerificationError("expired"), "TLS", Kind.CERTIFICATE),
        (ssl.SSLError(1, "wrong version number"), "TLS", Kind.NO_ANSWER),
        (OSError(errno.EHOSTUNREACH, "no route to host"), "connect", Kind.NO_ANSWER),
        (OSError(errno.ENETUNREACH, "network is unreachable"), "connect", Kind.OWN),
        (OSError(errno.EADDRNOTAVAIL, "no address of ours"), "connect", Kind.OWN),
        (OSError(errno.EMFILE, "too many open files"), "connect", Kind.OWN),
        (PermissionError(errno.EACCES, "denied"), "connect", Kind.OWN),
        (OSError("the proxy answered HTTP 407"), "proxy", Kind.OWN),
        (OSError("the request is not valid HTTP"), "request", Kind.OWN),
        (UnicodeError(), "DNS", Kind.OWN),
    ],
)
def test_failure_kind_shows_responsible_side(cause, phase, kind):
    """As far as it does."""
    broken = Broken(phase, "x", 0.1)
    broken.__cause__ = cause
    assert kind_of(broken, proxied=False) == kind


@pytest.mark.parametrize("phase", ["DNS", "connect", "proxy"])
def test_failure_behind_proxy_belongs_to_proxy(phase):
    """Which resolves and connects for this machine."""
    broken = Broken(phase, "connection refused", 0.1)
    broken.__cause__ = ConnectionRefusedError()
    assert kind_of(broken, proxied=True) == Kind.OWN


def test_finding_requires_verified_witness(monkeypatch):
    """One of the same kind of network, which has proven who it is."""
    assert found(Kind.NO_ANSWER, [API], monkeypatch=monkeypatch) == (
        "connection refused (connect, after 0.001 s), while the DigitalOcean API answers"
    )
    for others in ([], [LOCAL], [PLAIN]):
        with pytest.raises(Unreachable) as caught:
            found(Kind.NO_ANSWER, others, monkeypatch=monkeypatch)
        assert str(caught.value).endswith("; no other service could prove that this machine's own network works")


def test_unknown_name_is_finding_if_others_resolve(monkeypatch):
    """A resolver that answers for others works."""
    assert found(Kind.NO_NAME, [API], what="a name that cannot be resolved (DNS, after 0.1 s)").endswith(
        "while the DigitalOcean API answers"
    )
    with pytest.raises(Unreachable):
        found(Kind.NO_NAME, [])


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "127.0.0.1", "100.64.0.9", "fe80::1", "::1"])
def test_public_name_with_private_address_is_no_finding(monkeypatch, address):
    """A captive portal answers in everybody's name."""
    for kind in (Kind.NO_ANSWER, Kind.CERTIFICATE):
        with pytest.raises(Unreachable) as caught:
            found(kind, [API], addresses=(address,), monkeypatch=monkeypatch)
        assert f"leads to the private address {address} here" in str(caught.value)


def test_internal_name_may_have_private_address():
    """Its witness is of the private network as well."""
    assert found(Kind.NO_ANSWER, [LOCAL], url="https://web.internal").endswith("while Prometheus answers")
    with pytest.raises(Unreachable):
        found(Kind.NO_ANSWER, [API], url="https://web.internal")


def test_own_network_failure_is_never_a_finding(monkeypatch):
    """Even if another address answers."""
    for kind in (Kind.OWN, ""):
        with pytest.raises(Unreachable) as caught:
            found(kind, [API], monkeypatch=monkeypatch)
        assert str(caught.value).endswith("; the fault is on this machine's side")


def test_bad_certificate_is_finding_unless_all_are_bad(monkeypatch):
    """The server has answered; unless all others show a bad one too, as with a clock that is wrong."""
    expired = "a certificate that cannot be trusted: certificate has expired (TLS, after 0.1 s)"
    assert found(Kind.CERTIFICATE, [], what=expired, monkeypatch=monkeypatch) == expired
    assert found(Kind.CERTIFICATE, [API], what=expired, monkeypatch=monkeypatch) == expired
    silent = Network((API,), LIMITS)
    silent._answered = ()
    with pytest.raises(Unreachable) as caught:
        silent.finding(failure(Kind.CERTIFICATE, expired), "https://portfolio.example")
    assert str(caught.value).endswith("; nothing else answered either (the DigitalOcean API)")
    assert "clock" in caught.value.hint


@pytest.mark.parametrize("reason", ["self-signed certificate", "unable to get local issuer certificate"])
def test_unknown_authority_names_setting(monkeypatch, reason):
    """A private one has to be named."""
    said = found(Kind.CERTIFICATE, [API], what=reason, monkeypatch=monkeypatch)
    assert said == f"{reason}; where its authority is a private one, web.ca must name it"


def test_redirect_to_nowhere_is_finding(monkeypatch):
    """It has answered; without TLS somebody on the way may have."""
    redirects = ("HTTP 302: https://portfolio.example → https://gone.example",)
    assert found(Kind.NO_NAME, [], what="no such name", redirects=redirects) == "no such name"
    with pytest.raises(Unreachable):
        found(Kind.NO_NAME, [], url="http://portfolio.example", redirects=redirects)


def test_witnesses_are_asked_once(tmp_path):
    """By TLS where they speak it, each once."""
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    context = context_of(tmp_path, authority.issue("localhost"))
    website = HttpClient(DEAD, service="Website", time_limits=LIMITS)
    with pytest.raises(Unreachable) as caught:
        website.get(retry="none")
    with (
        serve(answer("404 Not Found"), tls=context) as secure,
        serve(hang_up) as rude,
        serve(answer("407 P")) as proxy,
    ):
        good = Witness("Grafana", secure.url, str(tmp_path / "ca.pem"))
        redis = Witness("Redis", f"rediss://localhost:{secure.port}", str(tmp_path / "ca.pem"))
        plain_redis = Witness("Redis", f"redis://localhost:{rude.port}")
        others = (
            Witness("untrusted", secure.url),
            Witness("rude", rude.url),
            Witness("proxy", proxy.url),
            Witness("dead", DEAD),
        )
        for witness in (good, redis, plain_redis):
            ours = Network((*others, witness), LIMITS)
            assert ours.finding(caught.value, DEAD).endswith(f"while {witness.name} answers")
        nobody = Network(others, LIMITS)
        with pytest.raises(Unreachable, match="connection refused") as undecided:
            nobody.finding(caught.value, DEAD)
    assert str(undecided.value).endswith("; nothing else answered either (untrusted, rude, proxy, dead)")


def test_witnesses_exclude_website_address(tmp_path):
    """All services that it names, but none at the website's own address."""
    overlay = {
        "targets": {
            "staging": {
                "web": {"url": "https://x.example"},
                "grafana": {"url": "https://x.example:443/grafana"},
                "prometheus": {"url": "https://p.example"},
                "redis": {"url": "rediss://:secret@r.example:25061"},
                "digitalocean": {"token": "t"},
            }
        }
    }
    settings = load("staging", root=tmp_path, environment={}, overlay=overlay)
    ours = network(settings)
    assert [one.name for one in ours.witnesses] == ["the DigitalOcean API", "Prometheus", "Redis"]
    assert "secret" not in repr(ours)
    assert ours.ca_setting == "targets.staging.web.ca"
    assert not replace(ours).witnesses[0].internal


@pytest.mark.parametrize(
    ("host", "internal"),
    [
        ("localhost", True),
        ("web.localhost", True),
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("::1", True),
        ("web", True),
        ("web.internal", True),
        ("printer.local.", True),
        ("1.1.1.1", False),
        ("portfolio.example", False),
        ("internal.portfolio.example", False),
    ],
)
def test_internal_names_are_recognised(host, internal):
    """The rest is public."""
    assert is_internal(host) is internal


def test_first_private_address_is_returned():
    """An address that is none says nothing."""
    assert private_of(["1.1.1.1", "fe80::1%eth0", "10.0.0.1"]) == "fe80::1%eth0"
    assert private_of(["1.1.1.1", "what"]) == ""
