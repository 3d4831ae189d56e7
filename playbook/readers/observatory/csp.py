"""A content security policy, parsed and judged as the Observatory does (analyzer/cspParser.js, tests/csp.js)."""

from __future__ import annotations

import re

from playbook.readers.observatory.scores import SCORES

Policy = dict[str, set[str]]

_BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
_INLINE = frozenset({"'unsafe-inline'", "data:"})
_NONCES = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_PASSIVE = ("img-src", "media-src")
_MAY_REPEAT = frozenset({"report-uri", "report-to"})
_NOT_IN_META = ("frame-ancestors", "report-uri", "sandbox")
_SHORTEST = len("img-src") - 1
_EVERYTHING = frozenset({"*"})


# Fetch directives, and others that take sources (https://www.w3.org/TR/CSP3/#csp-directives).
_FETCH = frozenset(
    f"{name}-src"
    for name in (
        *("child", "connect", "default", "fenced-frame", "font", "frame", "img", "manifest", "media", "object"),
        *("prefetch", "script", "style", "worker"),
    )
) | frozenset({"script-src-elem", "script-src-attr", "style-src-elem", "style-src-attr"})
_WITH_SOURCES = _FETCH | {"base-uri", "form-action", "frame-ancestors", "navigate-to"}
_OTHERS = frozenset(
    {
        *("block-all-mixed-content", "plugin-types", "referrer", "reflected-xss", "report-to", "report-uri"),
        *("require-sri-for", "require-trusted-types-for", "sandbox", "trusted-types", "upgrade-insecure-requests"),
        "webrtc",
    }
)
_KEYWORDS = frozenset(
    f"'{word}'"
    for word in (
        *("none", "self", "unsafe-inline", "unsafe-eval", "unsafe-hashes", "strict-dynamic", "report-sample"),
        *("wasm-unsafe-eval", "inline-speculation-rules", "trusted-types-eval"),
        *("report-sha256", "report-sha384", "report-sha512"),
    )
)
_HASH_OR_NONCE = re.compile(r"'(?:sha(?:256|384|512)|nonce)-[a-z0-9+/_=-]+'")
_HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])(?::(?:\d+|\*))?(?:/\S*)?"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_NOT_GRADED = ("script-src-elem", "script-src-attr")
# Every host again, with a port or a path, which the Observatory does not look for.
_EVERY_HOST = re.compile(r"(?:(?:https?|ftp)://)?\*(?:\.\*)?(?::(?:\d+|\*))?(?:/\S*)?")
_RUNS = ("default-src", "script-src", "object-src", "style-src")  # where a broad source costs points
_NONCE = re.compile(r"'nonce-[^'\s]+'", re.IGNORECASE)


class InvalidPolicyError(ValueError):
    """A policy that cannot be parsed; the message says why."""


def parse(text: str) -> Policy:
    """Directive → sources, in lower case; InvalidPolicyError for an invalid policy."""
    text = text.strip()
    if len(text) < _SHORTEST:
        raise InvalidPolicyError(f"{text!r} is no policy")
    policy: Policy = {}
    for part in text.split(";"):
        words = part.lower().split()
        if not words:
            continue
        name, *sources = words
        if name in policy:
            if name in _MAY_REPEAT:
                continue
            raise InvalidPolicyError(f"the directive {name} occurs twice")
        policy[name] = set(sources) or ({"'none'"} if name.endswith("-src") else set())
    return policy


def result_of(headers: list[str], metas: list[str], *, https: bool, report_only: bool) -> tuple[str, bool]:
    """The Observatory's result, and whether ``frame-ancestors`` is set by a header.

    A browser applies every policy, so of several the strictest counts, directive by directive; here the one with
    the best score represents all of them.

    Args:
        headers, metas: policies by header and by ``<meta>``; a comma separates policies (CSP 3, 2.2).
        https: the page was served over https.
        report_only: there is a report-only policy.
    """
    by_header = [one for text in headers for one in text.split(",")]
    by_meta = [one for text in metas for one in text.split(",")]
    try:
        of_header = [parse(one) for one in by_header]
        of_meta = [_without(parse(one), _NOT_IN_META) for one in by_meta]
    except InvalidPolicyError:
        return "csp-header-invalid", False
    policies = [policy for policy in (*of_header, *of_meta) if policy]
    framed = any("frame-ancestors" in policy for policy in of_header)
    if not policies:
        return "csp-not-implemented-but-reporting-enabled" if report_only else "csp-not-implemented", False
    return max((_judge(policy, https=https) for policy in policies), key=SCORES.__getitem__), framed


def unclear_of(headers: list[str], metas: list[str]) -> list[str]:
    """Parts of the policies that are not valid CSP, or are unsafe and not graded."""
    found: list[str] = []
    for text in (one for policy in (*headers, *metas) for one in policy.split(",")):
        for words in (part.lower().split() for part in text.split(";")):
            if words:
                found += _unclear(words[0], words[1:])
    return list(dict.fromkeys(found))


def nonces_of(policies: list[str]) -> list[str]:
    """Nonces of the policies, as written: each may be used for one answer only (CSP 3, 7.1)."""
    return list(dict.fromkeys(nonce for policy in policies for nonce in _NONCE.findall(policy)))


def _unclear(name: str, sources: list[str]) -> list[str]:
    if name in _OTHERS:
        return []
    if name not in _WITH_SOURCES:
        return [name]
    found = [f"{name} {source}" for source in sources if not _is_source(source)]
    if name in _NOT_GRADED:
        unsafe = _BROAD | _INLINE | {"'unsafe-eval'"}
        found += [f"{name} {source}, which is not graded" for source in sources if source in unsafe]
    if name in _RUNS and "'strict-dynamic'" not in sources:
        found += [f"{name} {one}, which is not graded" for one in sources if _is_every_host(one)]
    if name == "frame-ancestors":
        found += [
            f"{name} {source}, by which anybody may frame the page"
            for source in sources
            if source in _BROAD or _is_every_host(source)
        ]
    return found


def _is_every_host(source: str) -> bool:
    """Whether a source stands for all hosts, in a form that has no points of its own."""
    return source not in _BROAD and bool(_EVERY_HOST.fullmatch(source))


def _is_source(text: str) -> bool:
    if text.startswith("'"):
        return text in _KEYWORDS or bool(_HASH_OR_NONCE.fullmatch(text))
    if f"'{text}'" in _KEYWORDS:
        return False  # without its quotes it names a host
    return bool(_SCHEME.fullmatch(text) or _HOST.fullmatch(text))


def _judge(policy: Policy, *, https: bool) -> str:
    default = policy.get("default-src", _EVERYTHING)
    script = _scripts(set(policy.get("script-src", default)))
    style = _without_inline(set(policy.get("style-src", default)))
    if script is None:
        return "csp-header-invalid"
    objects = policy.get("object-src", default)
    others = (sources for name, sources in policy.items() if name not in (*_PASSIVE, "script-src"))
    active = set().union(script, *others)
    passive = set().union(*(policy.get(name, policy.get("default-src", set())) for name in _PASSIVE))
    unsafe = _BROAD | _INLINE
    found = {
        "unsafe-inline": bool(script & unsafe or objects & _BROAD),
        "insecure-scheme": https and _unencrypted(active),
        "unsafe-eval": "'unsafe-eval'" in script | style,
        "insecure-scheme-in-passive-content-only": https and _unencrypted(passive),
        "unsafe-inline-in-style-src-only": bool(style & unsafe),
        "no-unsafe-default-src-none": policy.get("default-src") == {"'none'"},
    }
    first = next((name for name, holds in found.items() if holds), "no-unsafe")
    return f"csp-implemented-with-{first}"


def _scripts(sources: set[str]) -> set[str] | None:
    """The effective script sources; None for 'strict-dynamic' without a nonce or hash."""
    named = any(source.startswith(_NONCES) for source in sources)
    if "'strict-dynamic'" in sources:
        if not named:
            return None
        ignored = {"'self'", "'unsafe-inline'"}
        return {s for s in sources if s not in ignored and not s.startswith(tuple(_BROAD))}
    return _without_inline(sources)


def _without_inline(sources: set[str]) -> set[str]:
    """Sources without 'unsafe-inline' where a nonce or hash makes browsers ignore it."""
    return sources - {"'unsafe-inline'"} if any(source.startswith(_NONCES) for source in sources) else sources


def _unencrypted(sources: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)


def _without(policy: Policy, names: tuple[str, ...]) -> Policy:
    return {name: sources for name, sources in policy.items() if name not in names}
