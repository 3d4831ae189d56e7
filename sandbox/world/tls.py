"""State of the website's TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sandbox.loopback import LOOPBACK

DOMAIN = "portfolio.example"


# As App Platform's certificates: 90 days, renewed long before their expiry.
AGE, LEFT = timedelta(days=23), timedelta(days=67)
# Mozilla's intermediate profile, guideline 6.0.
SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)


@dataclass(frozen=True)
class WebTls:
    """TLS of the website; a fault replaces it.

    Attributes:
        begins, ends: of the certificate, relative to now.
        names: its host names and addresses.
        key: kind of key.
        between: expiry of the intermediate authorities, topmost first.
        sent: which of them are sent, in this order.
        trusted: it is signed by the sandbox's authority, not by itself.
        oldest, newest: accepted protocol versions.
        suites: cipher suites up to TLS 1.2, in OpenSSL's notation.
    """

    begins: timedelta = -AGE
    ends: timedelta = LEFT
    names: tuple[str, ...] = ("localhost", LOOPBACK, DOMAIN)
    key: Literal["ecdsa", "rsa-1024"] = "ecdsa"
    between: tuple[timedelta, ...] = ()
    sent: tuple[int, ...] = ()
    trusted: bool = True
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
    suites: str = SUITES
