"""Certificates made by hand, good and bad, and TLS servers on loopback that show them."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from playbook.clients.tls import Endpoint
from tests.unit.loopback import Loopback, serve

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | dsa.DSAPrivateKey | ed25519.Ed25519PrivateKey


def name_of(text: str) -> x509.Name:
    """A name that is a common name and nothing else."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Authority:
    """A certificate authority; ``signer`` is the one above it, itself where there is none."""

    name: str = "Test authority"
    signer: Authority | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    begins: timedelta = -100 * DAY
    ends: timedelta = 1000 * DAY

    def __post_init__(self) -> None:
        above = self.signer or self
        self.certificate = (
            x509.CertificateBuilder(
                name_of(above.name), name_of(self.name), self.key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(NOW + self.begins)
            .not_valid_after(NOW + self.ends)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(above.key, hashes.SHA256())
        )

    @property
    def der(self) -> bytes:
        """Its certificate, as it travels."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """Its certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        *names: str,
        begins: timedelta = -23 * DAY,
        ends: timedelta = 67 * DAY,
        key: Key | None = None,
        more: tuple[x509.ExtensionType, ...] = (),
        subject: str = "the subject",
    ) -> tuple[Key, x509.Certificate]:
        """A key and its certificate for ``names``, with ``more`` extensions."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder(
                name_of(self.name), name_of(subject), key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(NOW + begins)
            .not_valid_after(NOW + ends)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([_general(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        for extension in more:
            builder = builder.add_extension(extension, critical=False)
        return key, builder.sign(self.key, hashes.SHA256())


def der_of(issued: tuple[Key, x509.Certificate]) -> bytes:
    """The certificate alone."""
    return issued[1].public_bytes(serialization.Encoding.DER)


def context_of(folder: Path, issued: tuple[Key, x509.Certificate], *chain: bytes) -> ssl.SSLContext:
    """For a server that shows this certificate; takes weak keys and old versions."""
    key, certificate = issued
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
        + b"".join(chain)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(file)
    return context


@contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[Loopback]:
    """Shakes hands, and hangs up."""

    def read_nothing(_: object) -> bytes:
        return b""

    with serve(b"", tls=context, reader=read_nothing) as server:
        yield server


def at(server: Loopback, host: str = "portfolio.example") -> Endpoint:
    """``host`` as it is served there."""
    return Endpoint(host, ("localhost", server.port))


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
