"""Trusted certificate authorities: one TLS context for each set, shared by all clients."""

from __future__ import annotations

import os
import ssl
import threading

from playbook.core.errors import UsageError

# Setting of a target that names the file of a service's own authority.
_SETTINGS = {
    "Website": "web.ca",
    "Website without TLS": "web.ca",
    "Live URL": "web.ca",
    "TLS": "web.ca",
    "DigitalOcean API": "digitalocean.ca",
    "Logs": "digitalocean.ca",
    "Redis": "redis.ca",
    "Prometheus": "prometheus.ca",
    "Grafana": "grafana.ca",
    "Alertmanager": "alertmanager.ca",
    "GitHub": "github.ca",
    "npm": "npm.ca",
}
# OpenSSL's messages for a chain that does not lead to a trusted authority, whatever its dates and names.
_UNTRUSTED = (
    "self-signed certificate",
    "self signed certificate",
    "local issuer certificate",
    "first certificate",
)

# As curl does: any certificate of the file is trusted, also one that another authority signed.
_VERIFIED_AS = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN

_contexts: dict[str, ssl.SSLContext] = {}
_lock = threading.Lock()


def context_for(ca: str | None, service: str) -> ssl.SSLContext:
    """A verifying TLS context. Loading the default authorities takes 20 to 50 ms, so contexts are cached.

    Args:
        ca: file of the only authorities to trust; else ``$SSL_CERT_FILE`` or certifi's.

    Raises:
        UsageError: the file cannot be read or contains no certificate.
    """
    file = _authorities(ca)
    with _lock:
        if file not in _contexts:
            _contexts[file] = new_context(ca, service)
        return _contexts[file]


def _authorities(ca: str | None) -> str:
    return ca or os.environ.get("SSL_CERT_FILE") or ""


def new_context(ca: str | None, service: str) -> ssl.SSLContext:
    """As ``context_for``, but not shared, so the caller may change it."""
    import certifi

    file = _authorities(ca)
    try:
        context = ssl.create_default_context(cafile=file or certifi.where())
    except ssl.SSLError:
        raise UsageError(f"{_expected(ca, service, file)}, got something else") from None
    except OSError as error:
        raise UsageError(f"{_expected(ca, service, file)}, got an error ({error.strerror})") from None
    # From Python 3.13 on the default is stricter than browsers: it refuses private authorities that leave
    # out extensions which nobody reads. A verdict is the same with each Python.
    context.verify_flags = _VERIFIED_AS
    return context


def _expected(ca: str | None, service: str, file: str) -> str:
    """What must be in the file, and what named it."""
    named = f"the setting {_SETTINGS.get(service, 'ca')}" if ca else "$SSL_CERT_FILE"
    return f"{service}: expected certificates in PEM form in {file} ({named})"


def own_authority(setting: str, ca: str | None) -> str:
    """What to do if a certificate is signed by an authority that is not trusted.

    Args:
        setting: of the target, e.g. ``web.ca``.
        ca: its value, if set.
    """
    if ca:
        return f"the certificate is signed by a CA that is not in {ca}, which targets.NAME.{setting} names"
    return (
        "the certificate is signed by a CA that this machine does not trust: if it is your own, set "
        f"targets.NAME.{setting} to its file"
    )


def untrusted_hint(service: str, reason: str) -> str:
    """What to do if ``reason`` is an untrusted private authority; empty for other reasons."""
    setting = _SETTINGS.get(service)
    if setting is None or not any(words in reason for words in _UNTRUSTED):
        return ""
    return f"{own_authority(setting, None)[:1].upper()}{own_authority(setting, None)[1:]}."
