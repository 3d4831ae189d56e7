"""Whether a page's content security policies let its own styles and scripts work. Pure. https://www.w3.org/TR/CSP3/

A policy that was made for another build, or never tried, leaves a page bare that is served as it should be.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256, sha384, sha512
from urllib.parse import urlsplit

from playbook.readers.observatory.csp import InvalidPolicyError, Policy, parse

_HASHES = {"sha256": sha256, "sha384": sha384, "sha512": sha512}


@dataclass(frozen=True, slots=True)
class Element:
    """A style or script of a page.

    Attributes:
        kind: ``script`` or ``style``.
        address: as written; empty where it is within the page.
        nonce: as written.
        hashed: it has an ``integrity``, which a policy may name.
        text: its contents, where it is within the page.
        after: number of policies in the page that stand before it; those behind it do not apply to it.
    """

    kind: str
    address: str = ""
    nonce: str = ""
    hashed: bool = False
    text: str = ""
    after: int = 0


def policies_of(texts: Iterable[str]) -> tuple[Policy, ...]:
    """The policies in headers and ``<meta>``; a browser ignores what it cannot parse."""
    found: list[Policy] = []
    for one in (one for text in texts for one in text.split(",") if one.strip()):
        try:
            found.append(parse(one))
        except InvalidPolicyError:
            continue
    return tuple(found)


def refuses(policies: Iterable[Policy], element: Element, address: str, page: str) -> bool:
    """Whether one of the policies keeps a browser from using an element.

    Args:
        address: of the element, in full; empty where it is within the page.
        page: the page's address.
    """
    return any(not _allows(policy, element, address, page) for policy in policies)


def _allows(policy: Policy, element: Element, address: str, page: str) -> bool:
    names = (f"{element.kind}-src-elem", f"{element.kind}-src", "default-src")
    sources = next((policy[name] for name in names if name in policy), None)
    if sources is None:
        return True
    if element.nonce and f"'nonce-{element.nonce.lower()}'" in sources:
        return True
    named = any(source.startswith(("'sha", "'nonce-")) for source in sources)
    only_named = element.kind == "script" and "'strict-dynamic'" in sources
    if not address:
        return _hash_in(element.text, sources) or ("'unsafe-inline'" in sources and not named and not only_named)
    if element.hashed and named:
        return True
    return not only_named and any(_matches(source, address, page) for source in sources)


def _hash_in(text: str, sources: Iterable[str]) -> bool:
    told = [source[1:-1].partition("-") for source in sources if source.startswith("'sha")]
    read = text.replace("\r\n", "\n").replace("\r", "\n").encode()  # as every browser reads a page
    own = {name: b64encode(make(read).digest()).decode().lower() for name, make in _HASHES.items()}
    return any(own.get(name) == digest.replace("-", "+").replace("_", "/") for name, _, digest in told)


def _matches(source: str, address: str, page: str) -> bool:
    """Whether a source, in lower case, is one of an address on the web."""
    wanted, own = urlsplit(address.lower()), urlsplit(page.lower())
    if source == "'self'":
        return wanted[:2] == own[:2]
    if source == "*" or source in (f"{wanted.scheme}:", "http:"):
        return True
    if source.startswith("'") or source.endswith(":"):
        return False
    host, _, path = source.partition("://")[2].partition("/") if "://" in source else source.partition("/")
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    there = wanted.hostname or ""
    is_host = name in ("*", there) or (name.startswith("*.") and there.endswith(name[1:]))
    way = f"/{path}"
    return is_host and (not path or (wanted.path.startswith(way) if way.endswith("/") else wanted.path == way))
