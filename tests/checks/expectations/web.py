"""What the checks say under the faults of the website, its health endpoints, its pages and links."""

from __future__ import annotations

from tests.checks.expectations.phrases import (
    API_HEALTH,
    API_UNHEALTHY,
    APP,
    CERTIFICATE,
    ERROR_ON_THE_SIDE,
    EXHAUSTED,
    FAILING,
    HEADERS,
    LINKS,
    LIVE_URL,
    NO_PAGE,
    REFUSED,
    SLOW,
    TLS,
    WEB,
    dead_link,
    emergency,
    no_image,
    no_website,
)

HOMEPAGE_TIME = (
    r"Homepage response time: expected at most 2 s, got %s s over \d fresh connections? \(slowest \S+ s\)"
)


def in_place_of_home(found: str, verdict: str = "CRITICAL") -> dict[str, tuple[str, str]]:
    """Something else comes, with a good status."""
    return {
        "daily.probe.homepage": (verdict, NO_PAGE % rf"{found} in \d of \d samples"),
        "daily.app.active": (verdict, LIVE_URL % found),
    }


NO_WEBSITE = r"no answer: connection refused \(connect, after \S+ s\), while the DigitalOcean API answers"
SLOW_HOMEPAGE = (
    r"Homepage response time: expected at most 2 s, got \d+\.\d+ s over \d fresh connections? \(slowest \S+ s\)"
)
NO_ANSWER = rf"Website: expected an answer from https://{WEB}/?, got connection refused \(connect, after \S+ s\)"
ITEMS = ("carried", "homepage", "health", "images", "errors", "server", "comparison")

OF_OUR_OWN = r"HTTP (errors by hour|5xx lately): .+"

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "web-gone": {
        **{
            f"load.{item}": (
                "UNKNOWN",
                r"Website: expected an answer from https://localhost:\d+, got connection refused "
                r"\(connect, after \S+ s\)",
            )
            for item in ITEMS
        },
        **emergency("CRITICAL", f"P1: Homepage: {NO_WEBSITE}"),
        f"{FAILING}.dependencies": ("CRITICAL", f"Homepage: expected HTTP 200 each time, got {NO_WEBSITE}"),
        f"{FAILING}.service-status": ("CRITICAL", f"API health: expected all healthy, got {NO_WEBSITE}"),
        f"{SLOW}.response-time-split": (
            "UNKNOWN",
            f"Homepage: expected an answer whose time can be split, got {NO_WEBSITE}",
        ),
        f"{SLOW}.symptoms": ("UNKNOWN", f"Homepage response time: expected the page, got {NO_WEBSITE}"),
        f"{EXHAUSTED}.symptoms": ("UNKNOWN", f"Homepage response time: expected the page, got {NO_WEBSITE}"),
        TLS: ("UNKNOWN", r"(Website|TLS): expected an answer from .+, got connection refused.*"),
        HEADERS: ("UNKNOWN", NO_ANSWER),
        CERTIFICATE: (
            "UNKNOWN",
            r"Certificates: expected certificates of both addresses, got certificates of 0 addresses "
            rf"\(no answer from {WEB}: connection refused; no answer from {APP}: connection refused\); "
            rf"partial result: 0 of 0 valid",
        ),
        **no_website(f"{REFUSED}, while the DigitalOcean API answers"),
        **no_image(REFUSED),
        "daily.app.active": ("CRITICAL", LIVE_URL % REFUSED),
    },
    "homepage-slow": {
        f"{SLOW}.response-time-split": (
            "WARNING",
            r"Application's part of the homepage: expected at most 1\.4 s, got \d+\.\d+ s over \d fresh "
            r"connections?",
        ),
        f"{SLOW}.symptoms": ("WARNING", SLOW_HOMEPAGE),
        f"{EXHAUSTED}.symptoms": ("WARNING", SLOW_HOMEPAGE),
        "daily.probe.homepage": (
            "WARNING",
            HOMEPAGE_TIME % r"[2-4]\.\d+",
        ),
    },
    "image-service-unhealthy": {
        **emergency(
            "WARNING",
            r"P3: API health: HTTP 503, degraded; image-optimizer unhealthy \([^)]+\); "
            r"Image service: HTTP 503, unhealthy",
        ),
        f"{FAILING}.dependencies": ("CRITICAL", "Image service: expected healthy, got HTTP 503, unhealthy"),
        f"{FAILING}.service-status": ("CRITICAL", API_UNHEALTHY % "image-optimizer"),
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; image-optimizer unhealthy \(\S+ ms\)"),
        "daily.health.image-service": ("CRITICAL", "Image service: expected healthy, got HTTP 503, unhealthy"),
        # the checks themselves ask for its health, and each 503 is a line in the logs
        "daily.logs.http-errors": ("OK or WARNING", OF_OUR_OWN),
        f"{FAILING}.symptoms": ("OK or WARNING", OF_OUR_OWN),
    },
    "homepage-error": {
        **emergency("CRITICAL", r"P1: Homepage: HTTP 500 in \d of \d samples, \d\.\d\d s"),
        # the looks themselves ask for the homepage, and each 500 is a line in the logs
        "daily.logs.http-errors": ("OK or WARNING", OF_OUR_OWN),
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
    "health-degraded": {
        **emergency("WARNING", r"P3: API health: HTTP 200, degraded; image-worker degraded \([^)]+\)"),
        "daily.health.api": ("WARNING", API_HEALTH % r"HTTP 200, degraded; image-worker degraded \(\S+ ms\)"),
    },
    "link-documentation-moved": dead_link("links.documentation", rf"HTTP 404 from http://{WEB}/docs"),
    "link-status-page-broken": dead_link("links.status-page", rf"HTTP 500 from http://{WEB}/status"),
    "link-status-page-parked": dead_link(
        "links.status-page",
        rf"a parked or suspended domain, 'status\.example is for sale' from http://{WEB}/status",
    ),
    "link-console-gone": dead_link("links.console", rf"HTTP 410 from http://{WEB}/console"),
    "pages-gone": {
        **dead_link("links.console"),
        **dead_link("links.status-page"),
        **dead_link("links.documentation"),
    },
    "links-gone": {
        item: ("UNKNOWN", rf"{service}: expected an answer from \S+, got {REFUSED}")
        for item, (_, service) in LINKS.items()
    },
    "shop-down": {
        **emergency("CRITICAL", r"P1: Other homepages: shop: HTTP 503 in ([345]) of \1 samples, \d\.\d\d s"),
        "daily.probe.homepage": (
            "CRITICAL",
            r"Homepage of shop: expected HTTP 200 each time, got HTTP 503 in ([345]) of \1 samples",
        ),
    },
    "shop-unhealthy": {
        **emergency("WARNING", r"P3: Health of the other sites: Health of shop: HTTP 503, unhealthy"),
        "daily.health.api": ("CRITICAL", r"Health of shop: expected all healthy, got HTTP 503, unhealthy"),
        "troubleshooting.high-error-rates.service-status": (
            "CRITICAL",
            r"Health of shop: expected all healthy, got HTTP 503, unhealthy",
        ),
        "post_maintenance.services-healthy": (
            "CRITICAL",
            r"Health of shop: expected all healthy, got HTTP 503, unhealthy",
        ),
    },
    "health-not-understood": {
        "daily.health.api": (
            "UNKNOWN",
            r"API health: expected all statements to be understood, got 1 of 4 that is not, e\.g\. "
            r"\"image-optimizer 'recalibrating'\"; partial result: HTTP 200, healthy, "
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
    "health-pool-taken": {
        "daily.health.api": ("WARNING", API_HEALTH % "HTTP 200, healthy; pool 10 of 10 in use, 7 waiting"),
    },
    "health-unlisted": {
        "daily.health.api": (
            "WARNING",
            r"Dependencies of the API: expected each dependency that earlier runs have listed "
            r"\(or its name in web\.dependencies_gone\), got a list without mailer",
        ),
    },
    "homepage-error-page": in_place_of_home("an error page, 'Application Error'"),
    "homepage-login": in_place_of_home("a redirect to a login, /login"),
    "homepage-empty": in_place_of_home("an empty page"),
    "homepage-replaced": in_place_of_home("a page without the text 'Photographs that load fast'"),
    "homepage-challenge": {
        "daily.probe.homepage": (
            "UNKNOWN",
            r"Homepage: expected the page as visitors see it, got a challenge by Cloudflare in place of the "
            r"page \(HTTP 403\); partial result: 0 of \d HTTP 200",
        ),
        "daily.app.active": (
            "UNKNOWN",
            r"Live URL https://localhost:\d+: expected the page that visitors get, got a challenge by Cloudflare "
            r"in place of the page \(HTTP 403\)",
        ),
    },
    "health-dependency-down": {
        "daily.health.api": ("CRITICAL", API_HEALTH % r"HTTP 503, degraded; image-worker unhealthy \(\S+ ms\)"),
    },
    "homepage-very-slow": {
        "daily.probe.homepage": (
            "CRITICAL",
            HOMEPAGE_TIME % r"\d+\.\d+" + r" \(critical > 5 s\)",
        ),
    },
}
