"""What the faults of the website and its API make the checks say."""

from __future__ import annotations

from tests.checks.expectations.logs import ERROR_ON_THE_SIDE

API_HEALTH = "API health: expected all healthy, got %s"
HOMEPAGE = r"Homepage response time: expected at most 2 s, got %s s over \d fresh connections \(slowest \S+ s\)"
OPTIMISED = "Optimised image: expected a whole picture of the original's shape, got %s"


def no_website(found: str) -> dict[str, tuple[str, str]]:
    """Nobody answers where the website should be."""
    items = ("daily.health.api", "daily.health.image-service", "daily.probe.homepage", "daily.probe.optimize")
    message = rf"Website: expected an answer from https://localhost:\d+\S*, got {found} \(connect, after \S+ s\)"
    return {**dict.fromkeys(items, ("UNKNOWN", message)), **no_clock("website")}


def no_clock(name: str) -> dict[str, tuple[str, str]]:
    """One clock of three cannot be read."""
    return {
        "daily.clock.skew": (
            "UNKNOWN",
            rf"Clock skew: expected all 3 clocks, got 2 clocks \({name} did not say: .*\); what was seen gives .*",
        )
    }


SKEW = r"Clock skew: expected at most 30 s, got %s s over 3 clocks \(website's is %s\)%s"

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "clock-off": {
        "daily.clock.skew": (
            "CRITICAL",
            SKEW % (r"(?:59\d|60\d)(?:\.\d)?", "10 min ahead", r" \(critical > 300 s\)"),
        ),
    },
    "clock-drifts": {"daily.clock.skew": ("WARNING", SKEW % (r"4\d(?:\.\d)?", "4\\d s behind", ""))},
    "web-gone": {
        **no_website("connection refused"),
        "daily.app.active": (
            "CRITICAL",
            r"Live URL https://localhost:\d+: expected an answer without a server error, got connection refused"
            r" \(connect, after \S+ s\)",
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
            "Homepage: expected HTTP 200 each time, got HTTP 500 in 5 of 5 samples",
        ),
        "daily.app.active": (
            "CRITICAL",
            r"Live URL https://localhost:\d+: expected an answer without a server error, got HTTP 500",
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
    "optimize-larger-output": {
        "daily.probe.optimize": (
            "CRITICAL",
            r"Saving by optimisation: expected at least 10 %, got -\d+\.\d+ % over one image"
            r" \([\d,]+ → [\d,]+ bytes\) \(critical <= 0 %\)",
        ),
    },
    "optimize-slow": {
        "daily.probe.optimize": (
            "WARNING",
            r"Image optimisation time: expected at most 5 s, got [6-9]\.\d+ s over one image of \d+ KiB",
        ),
    },
}
