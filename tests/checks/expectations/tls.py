"""What the checks say under the faults of certificates, TLS and transport headers."""

from __future__ import annotations

from tests.checks.expectations.phrases import APP, CERTIFICATE, LIVE_URL, NO_HSTS, TLS, WEB, no_image, no_website


def bad_certificate(reason: str, more: str = "") -> dict[str, tuple[str, str]]:
    """Browsers warn of it, and programs turn back."""
    found = rf"a certificate that cannot be trusted: {reason} \(TLS, after \S+ s\)"
    return {
        **no_website(found + more),
        **no_image(found),
        "daily.app.active": ("CRITICAL", LIVE_URL % found),
    }


INVALID = "Certificates: expected each to be valid, trusted and for its host, got "
DAYS = r"Days left of the certificates: expected at least 21 days, got %s \(%s, ends .{16} UTC as the first of 3\)"
VERSIONS = "Protocol versions: expected TLS 1.2 and TLS 1.3 only, got "
WITHOUT = r"Requests without TLS: expected a redirect to https%s, got "
FOREIGN = r"; the certificate is signed by a CA that is not in /\S+/ca\.pem, which targets\.NAME\.web\.ca names"


def both(fault: str) -> str:
    """The certificate's fault, at the website's address and at the app's domain."""
    return rf"{INVALID}{WEB}: {fault}; {APP}: {fault}"


SHOP_HEADERS = r"Security headers of shop: expected at least 80 points, got \d+ points in ten tests \(grade .+"

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "certificate-expired": {
        CERTIFICATE: ("CRITICAL", both(r"expired on \d{4}-\d\d-\d\d")),
        **bad_certificate("certificate has expired"),
    },
    "certificate-too-early": {CERTIFICATE: ("CRITICAL", both(r"not valid before .{16} UTC"))},
    "certificate-wrong-host": {
        CERTIFICATE: ("CRITICAL", both(r"for old\.example, \*\.old\.example only")),
        **bad_certificate(r"Hostname mismatch, certificate is not valid for 'localhost'"),
    },
    "certificate-untrusted": {
        CERTIFICATE: ("CRITICAL", both(r"not trusted \(self-signed certificate\)") + FOREIGN),
        **bad_certificate("self-signed certificate", r"; targets\.sandbox\.web\.ca names another authority"),
    },
    "certificate-chain-incomplete": {
        CERTIFICATE: (
            "CRITICAL",
            both(
                r"not trusted \(unable to get local issuer certificate: 'Sandbox intermediate 1', who signed "
                r"'localhost', is not sent along\)"
            )
            + FOREIGN,
        )
    },
    "certificate-chain-ends-first": {
        CERTIFICATE: (
            "CRITICAL",
            DAYS % ("4 days", rf"{WEB} as served, by 'Sandbox intermediate 1'") + r" \(critical < 7 days\)",
        )
    },
    "certificate-chain-disordered": {
        CERTIFICATE: (
            "WARNING",
            "Chains of the certificates: expected all that a client needs, in order, for a server and for a usual"
            rf" term, got {WEB}: sent in the wrong order; {APP}: sent in the wrong order",
        )
    },
    "certificate-weak-key": {
        CERTIFICATE: (
            "CRITICAL",
            "Keys and signatures of the certificates: expected RSA of at least 2048 bits, curves of "
            "at least 256 bits and no SHA-1,"
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
    "tls-outdated": {TLS: ("CRITICAL", VERSIONS + r"TLS 1\.0, TLS 1\.1, TLS 1\.2 and TLS 1\.3")},
    "tls-suite-without-encryption": {
        TLS: (
            "CRITICAL",
            "Cipher suites: expected encryption and authentication by each, got ECDHE-ECDSA-NULL-SHA",
        )
    },
    "tls-suites-old": {
        TLS: (
            "WARNING",
            "Cipher suites: expected those of Mozilla's intermediate profile, "
            "got ECDHE-ECDSA-AES128-SHA256, ECDHE-ECDSA-AES256-SHA384",
        )
    },
    "tls-without-newest": {TLS: ("WARNING", r"Protocol versions: expected TLS 1\.3 too, got TLS 1\.2")},
    "http-not-redirected": {
        TLS: ("CRITICAL", WITHOUT % "" + rf"HTTP 200 from http://{WEB} without TLS"),
    },
    "http-redirected-elsewhere": {
        TLS: ("WARNING", WITHOUT % " on the same host first" + rf"http://{WEB}/ → https://127\.0\.0\.1:\d+"),
    },
    "hsts-missing": {
        TLS: ("CRITICAL", NO_HSTS),
    },
    "hsts-unreadable": {
        TLS: (
            "CRITICAL",
            r"HSTS: expected at least 180 days, got 0 days \(max-age=63072000; max-age=63072000, which no"
            r" browser can read\) \(critical ≤ 0 days\)",
        ),
    },
    "hsts-short": {
        TLS: ("WARNING", r"HSTS: expected at least 180 days, got 30 days \(max-age=2592000\)"),
    },
    "shop-bare": {
        "monthly.config.security-headers": ("CRITICAL", SHOP_HEADERS),
        "monthly.config.tls": (
            "CRITICAL",
            r"HSTS of shop: expected at least 180 days, got 0 days \(the answer has no such header\) .+",
        ),
    },
}
