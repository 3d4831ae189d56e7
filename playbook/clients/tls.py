"""TLS of a server: the certificate that it sends, whether it is trusted, and what it accepts.

A handshake that the server refuses is a measurement here, not an error; no answer at all is Unreachable. Nothing
is sent after a handshake.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from playbook.clients.breakage import RUNNER_HINT
from playbook.clients.connecting import MOST_ADDRESSES, connect
from playbook.clients.tls_greeting import greeting, read_answer
from playbook.clients.trust import context_for, new_context
from playbook.clients.wire import look_up, reason_of
from playbook.core.deadline import left
from playbook.core.engine import client
from playbook.core.errors import Malformed, Unreachable
from playbook.settings.model import Settings, TimeLimits

SERVICE = "TLS"

Version = Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
Kind = Literal["RSA", "ECDSA"]  # of the key of a certificate
VERSIONS: tuple[Version, ...] = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
# Everything that this OpenSSL has, including suites without encryption or authentication, but no pre-shared keys
# and SRP, which no website uses. Security level 0, as the default level offers no TLS 1.0 and 1.1 and rejects weak
# keys (https://docs.openssl.org/3.0/man3/SSL_CTX_set_security_level/).
EVERYTHING = "ALL:COMPLEMENTOFALL:!PSK:!SRP:@SECLEVEL=0"
_LEGACY_SERVER_CONNECT = 0x4  # ssl.OP_LEGACY_SERVER_CONNECT, since Python 3.12
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME
_CLIENT_HELLO = 1
# Errors of a server that supports none of the offered versions or suites: alerts (RFC 8446, 6.2), or an answer in
# another version. Other alerts (access denied, unrecognised name) are not conclusive.
_REFUSALS = frozenset(
    {
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_SSL_VERSION",
        "WRONG_VERSION_NUMBER",
    }
)
# OpenSSL 3 fails so where a version is switched on that its security level has no signature for, as in nginx'
# defaults; and so does a server in trouble.
_INTERNAL_ERROR = "TLSV1_ALERT_INTERNAL_ERROR"
_INTERNAL_ERROR_NUMBER = 80


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server whose TLS is examined.

    Attributes:
        host: name that the certificate must match, and that is sent (SNI).
        address: host and port to connect to.
    """

    host: str
    address: tuple[str, int]

    def __str__(self) -> str:
        at, port = self.address
        if at != self.host:
            return f"{self.host} at {at}:{port}"
        return self.host if port == 443 else f"{self.host}:{port}"


@dataclass(frozen=True, slots=True)
class Handshake:
    """Result of one handshake.

    Attributes:
        accepted: it was completed.
        version, cipher: as negotiated; empty if the handshake failed.
        reason: why it failed, in words.
        refused: the server rejected the offer; otherwise the reason for the failure is unknown.
        hung_up: it closed the connection without an alert, or with that of an internal error.
        chain: the certificates as the server sends them, its own first, DER; not verified.
    """

    accepted: bool
    version: str = ""
    cipher: str = ""
    reason: str = ""
    refused: bool = False
    hung_up: bool = False
    chain: tuple[bytes, ...] = ()


def has_way(address: str) -> bool:
    """Whether this machine has a route to an IPv6 address. Nothing is sent: a datagram socket only stores its
    peer.
    """
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as peer:
            peer.connect((address, 9))
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class TlsClient:
    """Handshakes, each limited by the connect time limit.

    Every method raises:
        Unreachable: no connection, or no answer to the ClientHello in time.
        Malformed: the name has more addresses than can be examined.
    """

    time_limits: TimeLimits
    ca: str | None = None

    def addresses(self, endpoint: Endpoint) -> list[Endpoint]:
        """The endpoint at each of its addresses; unchanged if it has one, or is this machine."""
        host, port = endpoint.address
        try:
            found = look_up(host, port, self.time_limits.connect)
        except (OSError, UnicodeError) as error:
            raise _unreachable(endpoint, reason_of(error)[0]) from error
        # A visitor's resolver never returns the addresses that a local server listens on.
        if len(found) > MOST_ADDRESSES:
            raise Malformed(
                f"{SERVICE}: expected at most {MOST_ADDRESSES} addresses of {endpoint}, got {len(found):,}",
                service=SERVICE,
                hint="See what answers for this name in DNS.",
            )
        if len(found) < 2 or host == "localhost" or host.endswith(".localhost"):
            return [endpoint]
        return [Endpoint(endpoint.host, address) for address in found]

    def places_of(self, endpoint: Endpoint, ipv6: bool | None) -> tuple[list[Endpoint], str]:
        """Addresses to examine, and why others are skipped; empty if none is.

        Args:
            ipv6: whether to include IPv6; None: if this machine has a route to it.
        """
        found = self.addresses(endpoint)
        kept = [place for place in found if self._counts(place.address[0], ipv6)]
        if not kept or len(kept) == len(found):
            return found, ""
        return kept, "security.ipv6 is false" if ipv6 is False else "this machine has no way to them"

    def _counts(self, address: str, ipv6: bool | None) -> bool:
        return ":" not in address or (has_way(address) if ipv6 is None else ipv6)

    def chain(self, endpoint: Endpoint) -> tuple[bytes, ...]:
        """Certificates that the server sends (DER), its own first, trusted or not.

        Raises:
            Malformed: the server does not speak TLS, or sends no certificate.
        """
        shaken = self._shake(endpoint, unverified())
        if not shaken.chain:
            raise Malformed(
                f"{SERVICE}: expected {endpoint} to show a certificate, got "
                f"{shaken.reason or 'a handshake without one'}",
                service=SERVICE,
            )
        return shaken.chain

    def authorities(self) -> tuple[bytes, ...]:
        """Certificates (DER) of the trusted authorities."""
        return tuple(context_for(self.ca, SERVICE).get_ca_certs(binary_form=True))

    def ask_for(self, endpoint: Endpoint, kind: Kind) -> Handshake:
        """A handshake of a client that understands only keys of this kind, with TLS 1.2, not verified.

        From TLS 1.3 on the kind is not part of a suite, and OpenSSL's interface in Python cannot choose it.
        """
        return self.offer(endpoint, "TLSv1.2", (f"a{kind}",))

    def distrust(self, endpoint: Endpoint, kind: Kind | None = None) -> str:
        """Why a client would not trust the server, in OpenSSL's words; empty if it would.

        Args:
            kind: the client understands only keys of this kind.
        """
        if kind is None:
            return self._shake(endpoint, context_for(self.ca, SERVICE)).reason
        return self._shake(endpoint, _narrowed(new_context(self.ca, SERVICE), f"a{kind}", kind)).reason

    def chain_fault(self, endpoint: Endpoint, kind: Kind | None = None) -> str:
        """Why the chain does not lead to a trusted root, ignoring dates and names; empty if it does."""
        # Weak keys are judged elsewhere.
        suites = f"a{kind}:@SECLEVEL=0" if kind else "DEFAULT:@SECLEVEL=0"
        context = _narrowed(new_context(self.ca, SERVICE), suites, kind)
        context.check_hostname = False
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
        return self._shake(endpoint, context).reason

    def offer(self, endpoint: Endpoint, version: Version, ciphers: Iterable[str] = ()) -> Handshake:
        """Offer only this version, and only ``ciphers`` of its suites if any are given.

        Up to TLS 1.2 the suites are OpenSSL's names. Call ``can_offer`` first: what this machine cannot offer is
        never accepted either. A connection closed without an alert is retried once.
        """
        context = unverified(version, tuple(ciphers))
        shaken = self._shake(endpoint, context)
        return self._shake(endpoint, context) if shaken.hung_up else shaken

    def greet(self, endpoint: Endpoint, version: str, suites: Iterable[str]) -> Handshake:
        """Offer what this machine's OpenSSL may not support: SSL 3.0 to TLS 1.2 with weak suites.

        Only the server's first answer is examined. A connection closed without an alert is retried once.
        """
        shaken = self._greet(endpoint, version, tuple(suites))
        return self._greet(endpoint, version, tuple(suites)) if shaken.hung_up else shaken

    def _greet(self, endpoint: Endpoint, version: str, suites: tuple[str, ...]) -> Handshake:
        with self._connected(endpoint) as raw:
            try:
                raw.sendall(greeting(endpoint.host, version, suites))
                suite, refusal = read_answer(raw, version)
            except TimeoutError as error:
                raise _unreachable(endpoint, "no answer to the TLS greeting in time") from error
            except OSError as error:
                return Handshake(False, reason=reason_of(error)[0], hung_up=True)
            except ValueError as error:
                failed = str(error) == f"TLS alert {_INTERNAL_ERROR_NUMBER}"
                return Handshake(False, reason=str(error), hung_up=failed)
        if suite:
            return Handshake(True, version=version, cipher=suite)
        return Handshake(False, reason=refusal or "connection closed", refused=bool(refusal), hung_up=not refusal)

    def _connected(self, endpoint: Endpoint) -> socket.socket:
        """A connection before TLS."""
        limit = left(self.time_limits.connect)
        host, port = endpoint.address
        try:
            raw = connect(host, port, limit)
        except (OSError, UnicodeError) as error:
            raise _unreachable(endpoint, reason_of(error)[0]) from error
        raw.settimeout(limit)
        return raw

    def _shake(self, endpoint: Endpoint, context: ssl.SSLContext) -> Handshake:
        """One handshake. The reason includes the server's alert."""
        with self._connected(endpoint) as raw:
            try:
                with context.wrap_socket(raw, server_hostname=endpoint.host) as tls:
                    agreed = tls.cipher()
                    return Handshake(
                        True,
                        version=tls.version() or "",
                        cipher=agreed[0] if agreed else "",
                        chain=_chain(tls),
                    )
            except ssl.SSLCertVerificationError as error:
                return Handshake(False, reason=error.verify_message.rstrip("."))
            except TimeoutError as error:
                raise _unreachable(endpoint, "no answer to the TLS greeting in time") from error
            except (ssl.SSLEOFError, ConnectionError) as error:
                # Some servers refuse with an alert, others close the connection, and so does a connection limit.
                return Handshake(False, reason=reason_of(error)[0], hung_up=True)
            except ssl.SSLError as error:
                return Handshake(
                    False,
                    reason=reason_of(error)[0],
                    refused=error.reason in _REFUSALS,
                    hung_up=error.reason == _INTERNAL_ERROR,
                )


@client(libraries=("cryptography.x509",))
def tls(settings: Settings) -> TlsClient:
    """TLS handshakes with the target's website and domains."""
    return TlsClient(settings.time_limits, settings.target.web.ca)


def unverified(version: Version | None = None, ciphers: tuple[str, ...] = ()) -> ssl.SSLContext:
    """A context that accepts any certificate and offers everything, or one version with some of its suites.

    Raises:
        ssl.SSLError, ValueError: this OpenSSL has no such version or suite.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.options |= _LEGACY_SERVER_CONNECT  # a server without RFC 5746 still has to be examined
    context.set_ciphers(":".join((*ciphers, "@SECLEVEL=0")) if ciphers else EVERYTHING)
    context.minimum_version = _VERSIONS[version] if version else ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = _VERSIONS[version] if version else ssl.TLSVersion.MAXIMUM_SUPPORTED
    return context


def _narrowed(context: ssl.SSLContext, suites: str, kind: Kind | None) -> ssl.SSLContext:
    """The context with these suites, up to TLS 1.2 where they stand for a kind of key."""
    context.set_ciphers(suites)
    if kind:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


@cache
def can_offer(version: Version, ciphers: tuple[str, ...] = ()) -> bool:
    """Whether this machine's OpenSSL can offer it, tested by letting it write a ClientHello."""
    try:
        context = unverified(version, ciphers)
        out = ssl.MemoryBIO()
        greeting = context.wrap_bio(ssl.MemoryBIO(), out)
        greeting.do_handshake()
    except ssl.SSLWantReadError:
        written = out.read()
        return len(written) > 5 and written[5] == _CLIENT_HELLO
    except (ssl.SSLError, ValueError):
        return False
    return False


@cache
def known_suites() -> tuple[str, ...]:
    """Names of all cipher suites up to TLS 1.2 that this machine's OpenSSL can offer."""
    return tuple(suite["name"] for suite in unverified("TLSv1.2").get_ciphers() if suite["protocol"] != "TLSv1.3")


def _chain(tls: ssl.SSLSocket) -> tuple[bytes, ...]:
    """Certificates that the peer sent, in its order. Public since Python 3.13; before that in a private module."""
    public = getattr(tls, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    below = getattr(tls, "_sslobj", None)
    sent = below.get_unverified_chain() if below is not None else None
    if not sent:
        own = tls.getpeercert(binary_form=True)
        return (own,) if own else ()
    return tuple(ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in sent)


def _unreachable(endpoint: Endpoint, reason: str) -> Unreachable:
    return Unreachable(
        f"{SERVICE}: expected an answer from {endpoint}, got {reason}",
        service=SERVICE,
        hint=RUNNER_HINT,
        attempts=(f"only try: {reason}",),
    )
