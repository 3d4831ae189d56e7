"""The Observatory's tests of headers and cookies: each gives one key of the table of scores."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from playbook.readers.observatory.scores import SCORES

SIX_MONTHS = 15_552_000  # seconds; the Observatory's own tolerance for 180 days

_PRIVATE = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
_UNSAFE = ("origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade")
_HSTS_DIRECTIVES = ("max-age", "includesubdomains", "preload")
_MAX_AGE = re.compile(r"\s*\"?(\d+)\"?\s*")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s,/]+", re.IGNORECASE)
# Set-Cookie headers joined by commas: before a name and "=", not before the date in Expires.
_NEXT_COOKIE = re.compile(r", ?(?=[\w!#$%&'*+.^`|~-]+=)", re.ASCII)
_AGE_OVER = re.compile(r"-\d+|0+")
_LONG_AGO = re.compile(r"(?i)[ -](?:19\d\d|[7-9]\d)\b")  # years of Expires


def hsts_of(header: str, *, https: bool) -> str:
    """Strict-Transport-Security (tests/strict-transport-security.js)."""
    if not https:
        return "hsts-not-implemented-no-https"
    if not header:
        return "hsts-not-implemented"
    ages = [part.strip()[8:] for part in header.lower().split(";") if part.strip().startswith("max-age=")]
    # With anything after the number, e.g. without a semicolon, browsers ignore the header.
    digits = _MAX_AGE.fullmatch(ages[-1]) if ages else None
    if "," in header or not digits:
        return "hsts-header-invalid"
    enough = int(digits[1]) >= SIX_MONTHS
    return f"hsts-implemented-max-age-{'at-least' if enough else 'less-than'}-six-months"


def referrer_of(values: Sequence[str]) -> str:
    """Referrer-Policy, by header first, then by ``<meta>`` (tests/referrer-policy.js): the last known value."""
    if not values:
        return "referrer-policy-not-implemented"
    known = [
        word for word in (w.strip().lower() for w in ",".join(values).split(",")) if word in _PRIVATE + _UNSAFE
    ]
    if not known:
        return "referrer-policy-header-invalid"
    return "referrer-policy-private" if known[-1] in _PRIVATE else "referrer-policy-unsafe"


def unclear_of(headers: Mapping[str, str], shared: Mapping[str, str], *, framed: bool) -> list[str]:
    """Headers with an invalid value, or sent more than once.

    Args:
        shared: headers of the answer to a request of another site; many servers allow origins only there.
        framed: ``frame-ancestors`` says who may frame the page, which counts in place of X-Frame-Options.
    """
    found: list[str] = []
    hsts = [part.strip().lower() for part in headers.get("strict-transport-security", "").split(";")]
    names = [part.partition("=")[0].strip() for part in hsts if part]
    found += [f"strict-transport-security: {name}" for name in names if name not in _HSTS_DIRECTIVES]
    found += [f"strict-transport-security: {name} twice" for name in set(names) if names.count(name) > 1]
    known = (*_PRIVATE, *_UNSAFE, "")
    words = [word.strip().lower() for word in headers.get("referrer-policy", "").split(",")]
    found += [f"referrer-policy: {word}" for word in words if word not in known]
    for name in ("x-frame-options", "x-content-type-options", "cross-origin-resource-policy"):
        if "," in headers.get(name, ""):
            found.append(f"{name}: {headers[name]}")
    framing = headers.get("x-frame-options", "").strip()
    if framing.lower().startswith("allow-from") and not framed:
        found.append(f"x-frame-options: {framing}, which browsers ignore")
    for answer in (headers, shared):
        allowed = answer.get("access-control-allow-origin", "").strip()
        if allowed and allowed != "*" and not _ORIGIN.fullmatch(allowed):
            found.append(f"access-control-allow-origin: {allowed}")
    return list(dict.fromkeys(found))


def framing_of(header: str, *, by_policy: bool) -> str:
    """X-Frame-Options, or frame-ancestors of the policy (tests/x-frame-options.js)."""
    if by_policy:
        return "x-frame-options-implemented-via-csp"
    value = header.strip().lower()
    if not value:
        return "x-frame-options-not-implemented"
    if value in ("deny", "sameorigin"):
        return "x-frame-options-sameorigin-or-deny"
    return (
        "x-frame-options-allow-from-origin" if value.startswith("allow-from") else "x-frame-options-header-invalid"
    )


def sniffing_of(header: str) -> str:
    """X-Content-Type-Options."""
    if not header:
        return "x-content-type-options-not-implemented"
    good = header.strip().lower() == "nosniff"
    return "x-content-type-options-nosniff" if good else "x-content-type-options-header-invalid"


def resource_policy_of(header: str) -> str:
    """Cross-Origin-Resource-Policy."""
    value = header.strip().lower()
    if not value:
        return "cross-origin-resource-policy-not-implemented"
    if value in ("same-origin", "same-site", "cross-origin"):
        return f"cross-origin-resource-policy-implemented-with-{value}"
    return "cross-origin-resource-policy-header-invalid"


def sharing_of(origin: str, headers: Mapping[str, str]) -> str:
    """Cross-origin sharing: the headers of the answer to a request with ``Origin: origin`` (tests/cors.js)."""
    allowed = headers.get("access-control-allow-origin", "").strip()
    name = "cross-origin-resource-sharing-"
    if not allowed:
        return name + "not-implemented"
    if allowed == "*":
        return name + "implemented-with-public-access"
    credentials = headers.get("access-control-allow-credentials", "").strip().lower() == "true"
    kind = "universal" if allowed == origin and credentials else "restricted"
    return f"{name}implemented-with-{kind}-access"


def cookies_of(set_cookie: str, *, by_hsts: bool) -> str:
    """Cookies, the worst of them (tests/cookies.js).

    Args:
        set_cookie: the Set-Cookie headers, joined by commas; a later one replaces that of the same name and place.
        by_hsts: HSTS keeps them off unencrypted connections.
    """
    sent = [_cookie(text) for text in _NEXT_COOKIE.split(set_cookie) if "=" in text]
    kept = {(name, flags.get("path"), flags.get("domain")): (name, flags) for name, flags in sent}
    cookies = [(name, flags) for name, flags in kept.values() if not _is_removed(flags)]
    if not cookies:
        return "cookies-not-found"
    found = [fault for name, flags in cookies for fault in _faults(name, flags, by_hsts=by_hsts)]
    if found:
        return min(found, key=SCORES.__getitem__)
    everywhere = all("samesite" in flags for _, flags in cookies)
    return "cookies-secure-with-httponly-sessions" + ("-and-samesite" if everywhere else "")


def _cookie(text: str) -> tuple[str, dict[str, str]]:
    first, *rest = text.split(";")
    flags = {
        key.strip().lower(): value.strip().lower() for key, _, value in (part.partition("=") for part in rest)
    }
    return first.partition("=")[0].strip().lower(), flags


def _is_removed(flags: Mapping[str, str]) -> bool:
    """Whether the browser is told to forget the cookie, so that none is left to steal."""
    if "max-age" in flags:
        return bool(_AGE_OVER.fullmatch(flags["max-age"]))
    return bool(_LONG_AGO.search(flags.get("expires", "")))


def _faults(name: str, flags: dict[str, str], *, by_hsts: bool) -> list[str]:
    session = "login" in name or "sess" in name
    same_site, secure = flags.get("samesite"), "secure" in flags
    found = []
    if same_site is not None and (
        same_site not in ("lax", "strict", "none") or (same_site == "none" and not secure)
    ):
        found.append("cookies-samesite-flag-invalid")
    if "csrf" in name and not same_site:
        found.append("cookies-anticsrf-without-samesite-flag")
    if not secure:
        kind = "cookies-session-without-secure-flag" if session else "cookies-without-secure-flag"
        found.append(kind + ("-but-protected-by-hsts" if by_hsts else ""))
    if session and "httponly" not in flags:
        found.append("cookies-session-without-httponly-flag")
    return found
