"""The Observatory's table of scores as data: result → points, and the attack that each test addresses.

From ``SCORE_TABLE`` and ``GRADE_CHART`` of the source below. Its results keep their names, except that ``corp-``
is written out. A test compares both tables, and what is read from headers, with what was published there.
"""

from __future__ import annotations

# What is followed. A newer commit may score otherwise: take its tables and its test cases over together.
COMMIT = "a57b50e3362d55c55dd5fd108664f63a54922f11"
DATE = "2025-03-18"
SOURCE = f"https://github.com/mdn/mdn-http-observatory/blob/{COMMIT}/src/grader/charts.js"

BEGIN = 100
# Bonus points count only where the score after deductions is at least this.
EXTRA_FROM = 90

SCORES: dict[str, int] = {
    "csp-implemented-with-no-unsafe-default-src-none": 10,
    "csp-implemented-with-no-unsafe": 5,
    "csp-implemented-with-unsafe-inline-in-style-src-only": 0,
    "csp-implemented-with-insecure-scheme-in-passive-content-only": -10,
    "csp-implemented-with-unsafe-eval": -10,
    "csp-implemented-with-unsafe-inline": -20,
    "csp-implemented-with-insecure-scheme": -20,
    "csp-header-invalid": -25,
    "csp-not-implemented": -25,
    "csp-not-implemented-but-reporting-enabled": -25,
    "cookies-secure-with-httponly-sessions-and-samesite": 5,
    "cookies-secure-with-httponly-sessions": 0,
    "cookies-not-found": 0,
    "cookies-without-secure-flag-but-protected-by-hsts": -5,
    "cookies-session-without-secure-flag-but-protected-by-hsts": -10,
    "cookies-without-secure-flag": -20,
    "cookies-samesite-flag-invalid": -20,
    "cookies-anticsrf-without-samesite-flag": -20,
    "cookies-session-without-httponly-flag": -30,
    "cookies-session-without-secure-flag": -40,
    "cross-origin-resource-sharing-not-implemented": 0,
    "cross-origin-resource-sharing-implemented-with-public-access": 0,
    "cross-origin-resource-sharing-implemented-with-restricted-access": 0,
    "cross-origin-resource-sharing-implemented-with-universal-access": -50,
    "redirection-to-https": 0,
    "redirection-not-needed-no-http": 0,
    "redirection-off-host-from-http": -5,
    "redirection-not-to-https-on-initial-redirection": -10,
    "redirection-not-to-https": -20,
    "redirection-missing": -20,
    "referrer-policy-private": 5,
    "referrer-policy-not-implemented": 0,
    "referrer-policy-unsafe": -5,
    "referrer-policy-header-invalid": -5,
    "hsts-implemented-max-age-at-least-six-months": 0,
    "hsts-implemented-max-age-less-than-six-months": -10,
    "hsts-not-implemented": -20,
    "hsts-header-invalid": -20,
    "hsts-not-implemented-no-https": -20,
    "sri-implemented-and-all-scripts-loaded-securely": 5,
    "sri-implemented-and-external-scripts-loaded-securely": 5,
    "sri-not-implemented-response-not-html": 0,
    "sri-not-implemented-but-no-scripts-loaded": 0,
    "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": 0,
    "sri-not-implemented-but-external-scripts-loaded-securely": -5,
    "sri-implemented-but-external-scripts-not-loaded-securely": -20,
    "sri-not-implemented-and-external-scripts-not-loaded-securely": -50,
    "x-content-type-options-nosniff": 0,
    "x-content-type-options-not-implemented": -5,
    "x-content-type-options-header-invalid": -5,
    "x-frame-options-implemented-via-csp": 5,
    "x-frame-options-sameorigin-or-deny": 0,
    "x-frame-options-allow-from-origin": 0,
    "x-frame-options-not-implemented": -20,
    "x-frame-options-header-invalid": -20,
    "cross-origin-resource-policy-implemented-with-same-origin": 10,
    "cross-origin-resource-policy-implemented-with-same-site": 10,
    "cross-origin-resource-policy-implemented-with-cross-origin": 0,
    "cross-origin-resource-policy-not-implemented": 0,
    "cross-origin-resource-policy-header-invalid": -5,
}

# Minimum points of each grade, best first.
GRADES: tuple[tuple[int, str], ...] = (
    (100, "A+"),
    (90, "A"),
    (85, "A-"),
    (80, "B+"),
    (70, "B"),
    (65, "B-"),
    (60, "C+"),
    (50, "C"),
    (45, "C-"),
    (40, "D+"),
    (30, "D"),
    (25, "D-"),
    (0, "F"),
)

# Test → the attack that it addresses.
PROTECTS: dict[str, str] = {
    "Content-Security-Policy": "scripts that somebody else got into a page",
    "Cookies": "sessions that are stolen from a cookie",
    "Cross-origin sharing": "other sites that read answers in a visitor's name",
    "Redirection to https": "somebody on the way who reads and changes what is not encrypted",
    "Referrer-Policy": "addresses of pages that other sites learn",
    "Strict-Transport-Security": "somebody on the way who keeps visitors from https",
    "Subresource integrity": "scripts of other sites that were changed there",
    "X-Content-Type-Options": "uploads that a browser takes for scripts",
    "Framing": "pages laid invisibly over another, to catch clicks (X-Frame-Options, frame-ancestors)",
    "Cross-Origin-Resource-Policy": "other sites that load files of this one and measure them",
}


def total(results: list[str]) -> int:
    """Points of all results together, at least 0."""
    lost = BEGIN + sum(min(SCORES[result], 0) for result in results)
    won = sum(max(SCORES[result], 0) for result in results) if lost >= EXTRA_FROM else 0
    return max(lost + won, 0)


def grade_of(points: int) -> str:
    """The letter for these points."""
    return next(letter for least, letter in GRADES if points >= least)
