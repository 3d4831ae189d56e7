"""Certificates of every domain, from both ends: what servers show, and what DigitalOcean says that it obtained."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playbook.clients.digitalocean import digitalocean
from playbook.clients.digitalocean_transport import SERVICE as DIGITALOCEAN
from playbook.clients.digitalocean_types import AppDomain
from playbook.clients.tls import SERVICE, Endpoint, TlsClient
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import Malformed, NotConfigured, Unmeasured, UsageError
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.measure.words import moment
from playbook.settings import Settings

if TYPE_CHECKING:
    from cryptography import x509

DAY = 86400.0
# What Mozilla's guideline and the Baseline Requirements of the CA/Browser Forum (6.1.5, 7.1.3) still accept.
LEAST_RSA_BITS = 2048
LEAST_CURVE_BITS = 256
_WEAK_HASHES = frozenset({"md5", "sha1"})


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that one server shows.

    Attributes:
        issuer, names: who signed it, and the host names and addresses that it is for.
        key, signature: as people call them: ``RSA 2048``, ``sha256 with ECDSA``.
        weak: what is too weak about key or signature, in words; empty where nothing is.
        distrust: what a client says that does not trust it; empty where it would be trusted.
        chain_fault: why it leads to no trusted root; empty where it does.
        read_at: when this was read.
    """

    endpoint: str
    host: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    key: str
    signature: str
    weak: str
    read_at: datetime
    distrust: str = ""
    chain_fault: str = ""

    @property
    def days_left(self) -> float:
        """Days until it ends; negative where it has ended."""
        return (self.not_after - self.read_at).total_seconds() / DAY

    @property
    def is_for_host(self) -> bool:
        """One of its names is the host's."""
        return any(_matches(name, self.host) for name in self.names)

    @property
    def fault(self) -> str:
        """Why visitors are turned away, everything that is wrong; empty where nothing is."""
        found = []
        if self.read_at > self.not_after:
            found.append(f"expired on {self.not_after:%Y-%m-%d}")
        if self.read_at < self.not_before:
            found.append(f"not valid before {moment(self.not_before)}")
        if not self.is_for_host:
            found.append(f"for {', '.join(self.names[:4]) or 'no host name'} only")
        if self.chain_fault:
            found.append(f"not trusted ({self.chain_fault})")
        if self.distrust and not found and not self.weak:
            found.append(f"not accepted ({self.distrust})")
        return ", ".join(found)


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates of all domains, as far as they could be read.

    Attributes:
        served: what servers show.
        obtained: domain and end of the certificate that DigitalOcean obtained for it; None where it says none.
        problems: what could not be read: servers, or the list of the app's domains.
        remark: what was left out on purpose; may be empty.
    """

    served: tuple[Certificate, ...]
    obtained: tuple[tuple[str, datetime | None], ...]
    problems: tuple[Unmeasured, ...]
    read_at: datetime
    remark: str = ""

    @property
    def faults(self) -> str:
        """What turns visitors away, by domain; empty where nothing does."""
        return "; ".join(f"{read.endpoint}: {read.fault}" for read in self.served if read.fault)

    @property
    def weak(self) -> str:
        """Keys and signatures that are too weak, by domain; may be empty."""
        return "; ".join(f"{read.endpoint}: {read.weak}" for read in self.served if read.weak)

    @property
    def summary(self) -> str:
        """``2 of 2 valid``."""
        good = sum(not read.fault for read in self.served)
        return f"{good} of {len(self.served)} valid"

    @property
    def days_left(self) -> Reading:
        """Days until the first of them ends, at whichever end that is."""
        ends = [(read.not_after, f"{read.endpoint} as served") for read in self.served]
        ends += [(at, f"{domain} at DigitalOcean") for domain, at in self.obtained if at]
        end, whose = min(ends)
        days = (end - self.read_at).total_seconds() / DAY
        return Reading(round(days, 1), f"{len(ends)} certificates (first {whose}, {moment(end)})")

    def demand_all(self) -> None:
        """Raise the first problem: that all is well cannot be said of what was not read."""
        for problem in self.problems:
            raise problem

    def evidence(self) -> list[Evidence]:
        """One row for each certificate, and what both ends say of the same domain."""
        served = Table(
            "Certificates as served",
            ["Domain", "For", "Issuer", "Valid from", "Valid until", "Days left", "Key", "Signature", "Trusted"],
            [
                [
                    read.endpoint,
                    ", ".join(read.names),
                    read.issuer,
                    moment(read.not_before),
                    moment(read.not_after),
                    f"{read.days_left:.1f}",
                    read.key,
                    read.signature,
                    read.distrust or "yes",
                ]
                for read in self.served
            ],
        )
        shown: list[Evidence] = [served]
        if self.obtained:
            ends = {read.host: read.not_after for read in self.served}
            rows = [[name, moment(at), _compared(at, ends.get(name))] for name, at in self.obtained]
            shown.append(Table("Certificates at DigitalOcean", ["Domain", "Valid until", "Served"], rows))
        facts = {f"Not read {number}": str(error) for number, error in enumerate(self.problems, 1)}
        if self.remark:
            facts["Left out"] = self.remark
        return [*shown, Facts("Not looked at", facts)] if facts else shown


@measurement(time_limit=60.0)
def certificates(tls: TlsClient, settings: Settings, clock: Clock) -> Certificates:
    """The certificates of the website, of the configured domains and of the app's domains.

    Each is first read without being verified, so that one that has expired can be measured; then verified, to
    learn what a client would say.

    Raises:
        NotConfigured: there is no domain to look at.
        Unmeasured: not one of them could be read.
    """
    problems: list[Unmeasured] = []
    domains, remark = _app_domains(settings, problems)
    endpoints = _endpoints(settings, [domain.spec.domain for domain in domains])
    served: list[Certificate] = []
    for endpoint in endpoints:
        try:
            served.append(_read(tls, endpoint, clock.now()))
        except Unmeasured as error:
            problems.append(error)
    if not served:
        if problems:
            raise problems[-1]
        settings.require(None, "web.url", "Website")
    obtained = tuple((domain.spec.domain, domain.certificate_expires_at) for domain in domains)
    return Certificates(tuple(served), obtained, tuple(problems), clock.now(), remark)


def _app_domains(settings: Settings, problems: list[Unmeasured]) -> tuple[list[AppDomain], str]:
    # Called here rather than asked for as a parameter: a website without DigitalOcean has a certificate too, and
    # one that has expired is to be found also while the API is away.
    try:
        return [domain for domain in digitalocean(settings).app().domains if domain.spec.domain], ""
    except NotConfigured:
        return [], f"the app's domains, as {DIGITALOCEAN} is not configured"
    except Unmeasured as error:
        problems.append(error)
        return [], ""


def _endpoints(settings: Settings, app_domains: list[str]) -> list[Endpoint]:
    """Every host once. A wildcard domain has no address of its own."""
    hosts: list[tuple[str, int]] = []
    url = urlsplit(settings.target.web.url or "")
    if url.scheme == "https" and url.hostname:
        hosts.append((url.hostname, url.port or 443))
    hosts += [host_and_port(text, "security.domains") for text in settings.target.security.domains]
    hosts += [(name, 443) for name in app_domains if not name.startswith("*.")]
    connect_to = settings.target.security.connect_to
    found: dict[tuple[str, int], Endpoint] = {}
    for host, port in hosts:
        other = connect_to.get(host)
        address = host_and_port(other, "security.connect_to") if other else (host, port)
        found.setdefault((host, port), Endpoint(host, address))
    return list(found.values())


def host_and_port(text: str, setting: str) -> tuple[str, int]:
    """``host`` or ``host:port``; UsageError that names the setting where it is neither."""
    try:
        url = urlsplit(f"//{text}")
        if url.hostname and url.path in ("", "/") and not url.username:
            return url.hostname, url.port or 443
    except ValueError:
        pass
    raise UsageError(
        f"{setting}: expected a host such as portfolio.example or portfolio.example:8443, got {text!r}"
    )


def _read(tls: TlsClient, endpoint: Endpoint, now: datetime) -> Certificate:
    read = describe(tls.certificate(endpoint), endpoint, now)
    distrust = tls.distrust(endpoint)
    return replace(read, distrust=distrust, chain_fault=tls.chain_fault(endpoint)) if distrust else read


def describe(der: bytes, endpoint: Endpoint, now: datetime) -> Certificate:
    """What a certificate (DER) says; Malformed where it cannot be read."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        found = x509.load_der_x509_certificate(der)
        issuer = [
            str(part.value)
            for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
            for part in found.issuer.get_attributes_for_oid(oid)
        ]
        key, weak_key = _key(found)
        signature, weak_signature = _signature(found)
        return Certificate(
            endpoint=str(endpoint),
            host=endpoint.host,
            issuer=", ".join(issuer) or found.issuer.rfc4514_string(),
            names=_names(found),
            not_before=found.not_valid_before_utc,
            not_after=found.not_valid_after_utc,
            key=key,
            signature=signature,
            weak=", ".join(filter(None, (weak_key, weak_signature))),
            read_at=now,
        )
    except ValueError as error:
        raise Malformed(
            f"{SERVICE}: expected a certificate of {endpoint} that can be read, got {error}", service=SERVICE
        ) from error


def _names(found: x509.Certificate) -> tuple[str, ...]:
    """Its alternative names; the common name counts for nothing any more (RFC 9525)."""
    from cryptography import x509

    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (
        *names.get_values_for_type(x509.DNSName),
        *(str(address) for address in names.get_values_for_type(x509.IPAddress)),
    )


def _key(found: x509.Certificate) -> tuple[str, str]:
    """The key as people call it, and what is too weak about it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    try:
        key = found.public_key()
    except UnsupportedAlgorithm:
        return "a kind that is not known here", ""
    match key:
        case rsa.RSAPublicKey():
            weak = key.key_size < LEAST_RSA_BITS
            return f"RSA {key.key_size}", f"RSA key of {key.key_size} bits" if weak else ""
        case ec.EllipticCurvePublicKey():
            weak = key.curve.key_size < LEAST_CURVE_BITS
            return f"ECDSA {key.curve.name}", f"curve {key.curve.name}" if weak else ""
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}", f"DSA key of {key.key_size} bits"
    return type(key).__name__.removesuffix("PublicKey"), ""


def _signature(found: x509.Certificate) -> tuple[str, str]:
    """The signature as people call it, and what is too weak about it."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        hash_ = found.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return f"a kind that is not known here ({found.signature_algorithm_oid.dotted_string})", ""
    if hash_ is None:  # Ed25519 and its like hash in their own way
        return "EdDSA", ""
    return hash_.name, f"signature with {hash_.name}" if hash_.name in _WEAK_HASHES else ""


def _matches(name: str, host: str) -> bool:
    """A certificate's name against a host, by RFC 9525: a wildcard is the whole of the first label."""
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(host)
    except ValueError:
        pass
    if name.startswith("*."):
        first, _, rest = host.partition(".")
        return bool(first) and rest == name[2:] and "." in rest
    return name == host


def _compared(obtained: datetime | None, served: datetime | None) -> str:
    if obtained is None:
        return "DigitalOcean names no certificate"
    if served is None:
        return "not read"
    return "the same" if abs((obtained - served).total_seconds()) < DAY else f"another one, until {moment(served)}"
