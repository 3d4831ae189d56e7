"""What the faults of the website and its API make the checks say."""

from __future__ import annotations

from tests.checks.expectations.logs import ERROR_ON_THE_SIDE

API_HEALTH = "API health: expected all healthy, got %s"
HOMEPAGE = r"Homepage response time: expected at most 2 s, got %s s over \d fresh connections \(slowest \S+ s\)"
OPTIMISED = "Optimised image: expected the picture that was sent, got %s"
OTHER_COLOURS = (
    r"WEBP 600 × 400, [\d,]+ bytes, that differs from the original by \d+ of 255 in (red|green|blue), "
    r"\d+ % from the left and \d+ % from the top"
)


LIVE_URL = r"Live URL https://localhost:\d+: expected a page, got %s"
REFUSED = r"connection refused \(connect, after \S+ s\)"
NO_PAGE = "Homepage: expected HTTP 200 each time, got %s"


def no_website(found: str) -> dict[str, tuple[str, str]]:
    """Visitors get no answer of the website, and others do answer."""
    return {
        "daily.health.api": ("CRITICAL", API_HEALTH % f"no answer: {found}"),
        "daily.health.image-service": ("CRITICAL", f"Image service: expected healthy, got no answer: {found}"),
        "daily.probe.homepage": ("CRITICAL", NO_PAGE % f"no answer: {found}"),
        **no_clock("website"),
    }


def no_image(found: str) -> dict[str, tuple[str, str]]:
    """What is posted does not arrive."""
    message = rf"Website: expected an answer from https://localhost:\d+/api/image/optimize, got {found}"
    return {"daily.probe.optimize": ("UNKNOWN", message)}


def bad_certificate(reason: str, more: str = "") -> dict[str, tuple[str, str]]:
    """Browsers warn of it, and programs turn back."""
    found = rf"a certificate that cannot be trusted: {reason} \(TLS, after \S+ s\)"
    return {
        **no_website(found + more),
        **no_image(found),
        "daily.app.active": ("CRITICAL", LIVE_URL % found),
    }


def in_place_of_home(found: str, verdict: str = "CRITICAL") -> dict[str, tuple[str, str]]:
    """Something else comes, with a good status."""
    return {
        "daily.probe.homepage": (verdict, NO_PAGE % rf"{found} in \d of \d samples"),
        "daily.app.active": (verdict, LIVE_URL % found),
    }


def no_clock(name: str) -> dict[str, tuple[str, str]]:
    """One clock of three cannot be read."""
    return {
        "daily.clock.skew": (
            "UNKNOWN",
            rf"Clock skew: expected all 3 clocks, got 2 clocks \(no.* from (the )?{name}\b.*: .+\); "
            rf"what was seen gives .*",
        )
    }


SKEW = r"Clock skew: expected at most 30 s, got %s s of 3 clocks \(website %s\)%s"

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "clock-off": {
        "daily.clock.skew": (
            "CRITICAL",
            SKEW % (r"(?:59\d|60\d)(?:\.\d)?", "10 min ahead", r" \(critical > 300 s\)"),
        ),
    },
    "clock-drifts": {"daily.clock.skew": ("WARNING", SKEW % (r"4\d(?:\.\d)?", "4\\d s behind", ""))},
    "web-gone": {
        **no_website(f"{REFUSED}, while the DigitalOcean API answers"),
        **no_image(REFUSED),
        "daily.app.active": ("CRITICAL", LIVE_URL % REFUSED),
    },
    "certificate-expired": bad_certificate("certificate has expired"),
    "certificate-untrusted": bad_certificate(
        "self-signed certificate", r"; targets\.sandbox\.web\.ca names another authority"
    ),
    "certificate-wrong-host": bad_certificate(r"Hostname mismatch, certificate is not valid for 'localhost'"),
    "health-not-understood": {
        "daily.health.api": (
            "UNKNOWN",
            r"API health: expected all statements to be understood, got 1 of 4 that is not, e\.g\. "
            r"\"image-optimizer 'recalibrating'\"; what was seen gives HTTP 200, healthy, "
            r"2 of 3 dependencies healthy",
        ),
        "daily.health.image-service": (
            "UNKNOWN",
            r"Website: expected a health report from https://localhost:\d+/api/image/health, "
            r"got the status 'recalibrating', which says neither healthy nor unhealthy",
        ),
    },
    "health-hides-dependency": {
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 200, healthy; image-worker unhealthy \(\S+ ms\)"),
    },
    "homepage-error-page": in_place_of_home("an error page, 'Application Error'"),
    "homepage-login": in_place_of_home("a redirect to a login, /login"),
    "homepage-empty": in_place_of_home("an empty page"),
    "homepage-replaced": in_place_of_home("a page without the text 'Photographs that load fast'"),
    "homepage-challenge": {
        "daily.probe.homepage": (
            "UNKNOWN",
            r"Homepage: expected the page as visitors see it, got a challenge by Cloudflare in place of the "
            r"page \(HTTP 403\); what was seen gives 0 of \d HTTP 200",
        ),
        "daily.app.active": (
            "UNKNOWN",
            r"Live URL https://localhost:\d+: expected the page that visitors get, got a challenge by Cloudflare "
            r"in place of the page \(HTTP 403\)",
        ),
    },
    "health-degraded": {
        "daily.health.api": ("WARNING", API_HEALTH % r"HTTP 200, degraded; image-worker degraded \(\S+ ms\)"),
    },
    "health-dependency-down": {
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; image-worker unhealthy \(\S+ ms\)"),
    },
    "image-service-unhealthy": {
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; image-optimizer unhealthy \(\S+ ms\)"),
        "daily.health.image-service": ("CRITICAL", "Image service: expected healthy, got HTTP 503, unhealthy"),
    },
    "homepage-error": {
        "daily.probe.homepage": (
            "CRITICAL",
            r"Homepage: expected HTTP 200 each time, got HTTP 500 in ([345]) of \1 samples",
        ),
        "daily.app.active": (
            "CRITICAL",
            LIVE_URL % "HTTP 500",
        ),
        **ERROR_ON_THE_SIDE,
    },
    "homepage-slow": {
        "daily.probe.homepage": (
            "WARNING",
            HOMEPAGE % r"[2-4]\.\d+",
        ),
    },
    "homepage-very-slow": {
        "daily.probe.homepage": (
            "CRITICAL",
            HOMEPAGE % r"\d+\.\d+" + r" \(critical > 5 s\)",
        ),
    },
    "optimize-broken": {
        "daily.probe.optimize": ("CRITICAL", OPTIMISED % r'HTTP 500: \{"error":"image could not be processed"\}'),
        **ERROR_ON_THE_SIDE,
    },
    "optimize-corrupt": {
        "daily.probe.optimize": ("CRITICAL", OPTIMISED % r"[\d,]+ bytes that cannot be decoded: .+"),
    },
    "optimize-grey": {"daily.probe.optimize": ("CRITICAL", OPTIMISED % OTHER_COLOURS)},
    "optimize-dot": {
        "daily.probe.optimize": (
            "CRITICAL",
            OPTIMISED % r"WEBP 1 × 1, \d+ bytes, for an original of 600 × 400",
        ),
    },
    "optimize-another": {"daily.probe.optimize": ("CRITICAL", OPTIMISED % OTHER_COLOURS)},
    "optimize-blue": {"daily.probe.optimize": ("CRITICAL", OPTIMISED % OTHER_COLOURS)},
    "optimize-covered": {
        "daily.probe.optimize": (
            "CRITICAL",
            OPTIMISED
            % OTHER_COLOURS.replace(r"\d+ % from the left and \d+ %", r"(8|9)\d % from the left and (8|9)\d %"),
        ),
    },
    "optimize-larger-output": {
        "daily.probe.optimize": (
            "CRITICAL",
            r"Saving by optimisation: expected at least 10 %, got -\d+\.\d+ % over one image"
            r" \([\d,]+ → [\d,]+ bytes\) \(critical ≤ 0 %\)",
        ),
    },
    "optimize-slow": {
        "daily.probe.optimize": (
            "WARNING",
            r"Image optimisation time: expected at most 5 s, got [6-9]\.\d+ s over one image of \d+ KiB",
        ),
    },
}
