"""What the faults of certificates, TLS, headers and links, and of who tries to get in, make the checks say."""

from __future__ import annotations

CERTIFICATE = "weekly.security.certificate"
WEB = r"localhost:\d+"
APP = r"portfolio\.example at localhost:\d+"
INVALID = "Certificates: expected each valid, trusted and for its host, got "
DAYS = (
    r"Days left of the certificates: expected at least 21 days, got %s over 3 certificates \(first %s, .{16} UTC\)"
)
NO_API = r"DigitalOcean API: expected the app from localhost:\d+, got connection refused \(connect, after \S+ s\)"


def both(fault: str) -> str:
    """The certificate's fault, at the website's address and at the app's domain."""
    return rf"{INVALID}{WEB}: {fault}; {APP}: {fault}"


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "certificate-expired": {CERTIFICATE: ("CRITICAL", both(r"expired on \d{4}-\d\d-\d\d"))},
    "certificate-too-early": {CERTIFICATE: ("CRITICAL", both(r"not valid before .{16} UTC"))},
    "certificate-wrong-host": {CERTIFICATE: ("CRITICAL", both(r"for old\.example, \*\.old\.example only"))},
    "certificate-untrusted": {CERTIFICATE: ("CRITICAL", both(r"not trusted \(self-signed certificate\)"))},
    "certificate-weak-key": {
        CERTIFICATE: (
            "CRITICAL",
            "Keys and signatures of the certificates: expected RSA from 2048 bits, curves from 256 bits, no SHA-1,"
            rf" got {WEB}: RSA key of 1024 bits; {APP}: RSA key of 1024 bits",
        )
    },
    "certificate-expiring": {CERTIFICATE: ("WARNING", DAYS % ("12 days", rf"{WEB} as served"))},
    "certificate-expiring-soon": {
        CERTIFICATE: ("CRITICAL", DAYS % ("4 days", rf"{WEB} as served") + r" \(critical < 7 days\)")
    },
    "certificate-other-end": {
        CERTIFICATE: (
            "CRITICAL",
            DAYS % ("5 days", r"portfolio\.example at DigitalOcean") + r" \(critical < 7 days\)",
        )
    },
    "web-gone": {
        CERTIFICATE: ("UNKNOWN", rf"TLS: expected an answer from ({WEB}|{APP}), got connection refused"),
    },
    "digitalocean-gone": {
        CERTIFICATE: ("UNKNOWN", NO_API),
    },
}
