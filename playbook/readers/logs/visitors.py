"""Who sent a request: the client of its access line or, where that is a proxy of the own network, whom it names.

    10.244.0.7 - - [18/Nov/2026:07:30:00 +0000] "POST /login HTTP/1.1" 401 12 "-" "curl/8.5" "203.0.113.66"
    {"req":{"remoteAddress":"10.244.0.7","headers":{"do-connecting-ip":"203.0.113.66"}},"res":{"statusCode":401}}

On App Platform every request comes through such proxies: without their headers, all visitors would be one.
"""

from __future__ import annotations

import ipaddress
import re

from playbook.readers.logs.signins import source_of

_ADDRESS = r"(?:(?:::ffff:)?\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4})"
_VALUE = rf'"? ?[:=] ?\[?\\?"?({_ADDRESS})'
# What names the visitor, the most reliable first: a header that the edge itself sets, X-Forwarded-For, whose first
# address is the visitor's, and the fields of Cloudflare, CloudFront, hapi and Envoy.
_NAMED = tuple(
    re.compile(rf"(?i)(?<![a-z0-9])(?:{names}){_VALUE}")
    for names in (
        "(?:do|cf)[-_]connecting[-_]ip|true[-_]client[-_]ip|fastly[-_]client[-_]ip|fly[-_]client[-_]ip",
        "x[-_]forwarded[-_]for|forwarded_for|xff",
        "x[-_]real[-_]ip|x[-_]client[-_]ip|source_?ip",
        "clientip|client[-_.]ip|c-ip|remote_?addr(?:ess)?|remote_?ip|(?:downstream|client)_(?:remote_)?address",
        "for(?==)",  # in Forwarded, as RFC 7239 has it: for=192.0.2.7
    )
)
_PLACED = tuple(
    re.compile(pattern)
    for pattern in (
        rf'"({_ADDRESS})(?:, ?{_ADDRESS}){{0,20}}"',  # X-Forwarded-For at the end of nginx's lines
        rf"\[Client ({_ADDRESS})\]",  # Nginx Proxy Manager
        rf"\| +({_ADDRESS}) \|",  # Gin, Fiber
        rf"(?:^|\]: )({_ADDRESS}):\d{{1,5}} \[",  # HAProxy
        rf"(?:^| )host:({_ADDRESS})(?: |$)",  # labelled lines (LTSV)
        rf" \d{{1,5}} \S{{1,255}} ({_ADDRESS}) \S{{1,2048}} ",  # IIS
        rf" ({_ADDRESS}) TCP_\w{{1,40}}/\d{{3}} ",  # Squid
        rf"\b(?:app|net)/\S{{1,200}} ({_ADDRESS}):\d{{1,5}} ",  # load balancers of AWS
    )
)
_OWN = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)

# Cloudflare's edge (https://www.cloudflare.com/ips), before a server of one's own.
_EDGE = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "104.16.0.0/13", "104.24.0.0/14"),
        *("108.162.192.0/18", "131.0.72.0/22", "141.101.64.0/18", "162.158.0.0/15", "172.64.0.0/13"),
        *("173.245.48.0/20", "188.114.96.0/20", "190.93.240.0/20", "197.234.240.0/22", "198.41.128.0/17"),
        *("2400:cb00::/32", "2405:8100::/32", "2405:b500::/32", "2606:4700::/32", "2803:f800::/32"),
        *("2a06:98c0::/29", "2c0f:f248::/32"),
    )
)


def visitor(client: str, line: str) -> str:
    """The source of a request; that of the proxy, or empty, where the line names no other.

    Args:
        client: as the access line has it; may be empty.
        line: the whole line.
    """
    own = source_of(client)
    if is_visitor(own) and not _is_in(own, _EDGE):
        return own
    for pattern in _NAMED if "{" in line else (*_PLACED, *_NAMED):
        for match in pattern.finditer(line):
            found = source_of(match[1])
            if found != own and is_visitor(found):
                return found
    return own


def is_visitor(source: str) -> bool:
    """Whether this is the address or name of one visitor: not empty, and no proxy of the own network."""
    return bool(source) and not _is_in(source, _OWN)


def _is_in(source: str, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    """Whether it is an address of one of these."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return False
    return any(address in network for network in networks if network.version == address.version)
