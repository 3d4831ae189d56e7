"""A content security policy, parsed and judged as the Observatory does (analyzer/cspParser.js, tests/csp.js)."""

from __future__ import annotations

from playbook.observatory.scores import SCORES

Policy = dict[str, set[str]]

_BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
_INLINE = frozenset({"'unsafe-inline'", "data:"})
_NONCES = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_PASSIVE = ("img-src", "media-src")
_MAY_REPEAT = frozenset({"report-uri", "report-to"})
_NOT_IN_META = ("frame-ancestors", "report-uri", "sandbox")
_SHORTEST = len("img-src") - 1
_EVERYTHING = frozenset({"*"})


class InvalidPolicyError(ValueError):
    """A policy that cannot be parsed; the message says why."""


def parse(text: str) -> Policy:
    """Directive → sources, in lower case; InvalidPolicyError where it is none."""
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
            raise InvalidPolicyError(f"the directive {name} stands there twice")
        policy[name] = set(sources) or ({"'none'"} if name.endswith("-src") else set())
    return policy


def result_of(headers: list[str], metas: list[str], *, https: bool, report_only: bool) -> tuple[str, bool]:
    """The Observatory's result, and whether ``frame-ancestors`` is set by a header.

    A browser applies every policy, so of several the strictest counts, directive by directive; here the one that
    scores best stands for all of them.

    Args:
        headers, metas: policies by header and by ``<meta>``; a comma separates policies (CSP 3, 2.2).
        https: the page came by https.
        report_only: there is a policy that only reports.
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
    """What counts of script sources; None where 'strict-dynamic' stands there without a nonce or hash."""
    named = any(source.startswith(_NONCES) for source in sources)
    if "'strict-dynamic'" in sources:
        if not named:
            return None
        ignored = {"'self'", "'unsafe-inline'"}
        return {s for s in sources if s not in ignored and not s.startswith(tuple(_BROAD))}
    return _without_inline(sources)


def _without_inline(sources: set[str]) -> set[str]:
    """A browser that knows nonces and hashes ignores 'unsafe-inline' beside them."""
    return sources - {"'unsafe-inline'"} if any(source.startswith(_NONCES) for source in sources) else sources


def _unencrypted(sources: set[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)


def _without(policy: Policy, names: tuple[str, ...]) -> Policy:
    return {name: sources for name, sources in policy.items() if name not in names}
