"""Which side a request failed on, as far as the failure shows. Pure."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
from enum import StrEnum

from playbook.clients.proxies import is_loopback
from playbook.clients.wire import Broken

RUNNER_HINT = (
    "Check that the service runs and that this machine may reach it; "
    "until then this is about the connection, not a finding on the service."
)
CERTIFICATE_HINT = (
    "The service answers, and its certificate is not accepted: renew or replace it; "
    "or correct the address where it is for another name."
)

_OWN_ERRORS = frozenset(
    {
        errno.ENETUNREACH,
        errno.ENETDOWN,
        errno.EADDRNOTAVAIL,
        errno.EAFNOSUPPORT,
        errno.EACCES,
        errno.EPERM,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
    }
)
_INTERNAL = (".local", ".internal", ".lan", ".home.arpa", ".corp", ".intranet", ".test", ".home", ".private")


class Kind(StrEnum):
    """How a request failed.

    Attributes:
        CERTIFICATE: the server's certificate cannot be trusted.
        NO_NAME: the host name could not be resolved.
        NO_ANSWER: refused, reset, cut off, silent, or not the expected protocol.
        OWN: the fault is on this machine or in a proxy that it uses.
    """

    CERTIFICATE = "certificate"
    NO_NAME = "no name"
    NO_ANSWER = "no answer"
    OWN = "own"


def kind_of(broken: Broken, *, proxied: bool) -> Kind:
    """How a request failed; ``proxied`` if a proxy resolves and connects for us."""
    cause = broken.__cause__
    if broken.phase == "proxy" or (proxied and broken.phase in ("DNS", "connect")):
        return Kind.OWN
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Kind.CERTIFICATE
    if isinstance(cause, UnicodeError) or (
        broken.phase == "request" and isinstance(cause, OSError) and not cause.errno
    ):
        return Kind.OWN  # the address or the request itself is not valid
    if isinstance(cause, socket.gaierror) or broken.phase == "DNS":
        return Kind.NO_NAME
    if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) and cause.errno in _OWN_ERRORS:
        return Kind.OWN
    return Kind.NO_ANSWER


def is_internal(host: str) -> bool:
    """Whether a host name belongs to a private network, where a private address is expected."""
    name = host.casefold().rstrip(".")
    if is_loopback(name) or name.endswith(_INTERNAL):
        return True
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return "." not in name


def private_of(addresses: list[str]) -> str:
    """The first address that is not public; empty if all are public."""
    for address in addresses:
        try:
            if not ipaddress.ip_address(address.partition("%")[0]).is_global:
                return address
        except ValueError:
            continue
    return ""
