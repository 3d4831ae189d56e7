"""A private certificate authority for one sandbox's life, and the certificate that all its services show."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import trustme

from sandbox.service import LOOPBACK

# As the certificates that App Platform obtains: 90 days, renewed long before their end.
_AGE, _LEFT = timedelta(days=23), timedelta(days=67)


class CertificateAuthority:
    """Signs for ``localhost`` and ``127.0.0.1``; nobody else's certificate is trusted through it.

    Attributes:
        pem: file with the authority's certificate, for clients to trust.
    """

    def __init__(self, folder: Path, now: datetime) -> None:
        self._authority = trustme.CA(organization_name="Sandbox", organization_unit_name="Sandbox authority")
        self._now = now
        self.pem = folder / "ca.pem"
        self.pem.write_bytes(self._authority.cert_pem.bytes())

    def server_context(self) -> ssl.SSLContext:
        """For servers: TLS 1.2 and later. One and the same for all, so that it is made once."""
        return self._server_context

    def client_context(self) -> ssl.SSLContext:
        """For clients inside the sandbox: trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self.pem))

    @cached_property
    def _server_context(self) -> ssl.SSLContext:
        certificate = self._authority.issue_cert(
            "localhost",
            LOOPBACK,
            common_name="localhost",
            not_before=self._now - _AGE,
            not_after=self._now + _LEFT,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        certificate.configure_cert(context)
        return context
