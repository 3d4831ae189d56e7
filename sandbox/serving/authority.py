"""A private certificate authority for one sandbox's life, and the certificates of its services."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

from sandbox.loopback import LOOPBACK
from sandbox.world.tls import AGE, LEFT, WebTls

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes


class CertificateAuthority:
    """Signs for ``localhost`` and ``127.0.0.1``; no other certificate is trusted through it.

    Attributes:
        pem: file with the authority's certificate, for clients to trust.
    """

    def __init__(self, folder: Path, now: datetime) -> None:
        self._authority = trustme.CA(organization_name="Sandbox", organization_unit_name="Sandbox authority")
        self._now = now
        self._folder = folder
        self._web: dict[WebTls, ssl.SSLContext] = {}
        self.pem = folder / "ca.pem"
        self.pem.write_bytes(self._authority.cert_pem.bytes())

    def server_context(self) -> ssl.SSLContext:
        """For servers: TLS 1.2 and later. Shared, as it is created once."""
        return self._server_context

    def web_context(self, tls: WebTls) -> ssl.SSLContext:
        """For the website. Cached by ``tls``."""
        if tls not in self._web:
            self._web[tls] = self._make_web_context(tls)
        return self._web[tls]

    def client_context(self) -> ssl.SSLContext:
        """For clients inside the sandbox: trusts only this authority."""
        return ssl.create_default_context(cafile=str(self.pem))

    @cached_property
    def _server_context(self) -> ssl.SSLContext:
        certificate = self._authority.issue_cert(
            "localhost",
            LOOPBACK,
            common_name="localhost",
            not_before=self._now - AGE,
            not_after=self._now + LEFT,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        certificate.configure_cert(context)
        return context

    def _make_web_context(self, tls: WebTls) -> ssl.SSLContext:
        from cryptography.hazmat.primitives import serialization

        key, certificates = self._issue(tls)
        pem = self._folder / "web.pem"
        pem.touch(0o600)
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificates
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # At the default level OpenSSL would refuse weak keys, old versions and suites.
        context.set_ciphers(f"{tls.suites}:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = tls.oldest, tls.newest
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(pem)
        pem.unlink()
        return context

    def _issue(self, tls: WebTls) -> tuple[CertificateIssuerPrivateKeyTypes, bytes]:
        """A key, and its certificates in PEM. Not by trustme, which cannot create faulty ones."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, rsa
        from cryptography.x509.oid import ExtendedKeyUsageOID

        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        if tls.key == "ecdsa":
            key = ec.generate_private_key(ec.SECP256R1())
        else:
            key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - as a fault wants it
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, tls.names[0])])
        issuer, signer = subject, key
        if tls.trusted:
            issuer = x509.load_pem_x509_certificate(self._authority.cert_pem.bytes()).subject
            loaded = serialization.load_pem_private_key(self._authority.private_key_pem.bytes(), None)
            assert isinstance(loaded, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
            signer = loaded
        between: list[bytes] = []
        for number, ends in enumerate(tls.between, start=1):
            name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Sandbox intermediate {number}")])
            own = ec.generate_private_key(ec.SECP256R1())
            above = signer.public_key()
            intermediate = (
                x509.CertificateBuilder(issuer, name, own.public_key(), x509.random_serial_number())
                .not_valid_before(self._now - AGE)
                .not_valid_after(self._now + ends)
                .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
                .sign(signer, hashes.SHA256())
            )
            between.append(intermediate.public_bytes(serialization.Encoding.PEM))
            issuer, signer = name, own
        names = x509.SubjectAlternativeName([_general_name(name) for name in tls.names])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        certificate = (
            x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(self._now + tls.begins)
            .not_valid_after(self._now + tls.ends)
            .add_extension(names, critical=False)
            .add_extension(usage, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .sign(signer, hashes.SHA256())
        )
        own_pem = certificate.public_bytes(serialization.Encoding.PEM)
        return key, own_pem + b"".join(between[number] for number in tls.sent)


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
