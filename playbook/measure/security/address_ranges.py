"""Address ranges, and whether some of them together are the whole internet. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

Network = IPv4Network | IPv6Network
_MAPPED = IPv6Network("::ffff:0:0/96")
# All IPv6 addresses in use on the internet.
_GLOBAL_IPV6 = IPv6Network("2000::/3")


def network(address: str) -> Network | None:
    """An address or a range; None where the text is neither. IPv4-mapped IPv6 is treated as IPv4."""
    try:
        found = ip_network(address.strip(), strict=False)
    except ValueError:
        return None
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        return IPv4Network((int(found.network_address) & 0xFFFFFFFF, found.prefixlen - 96))
    return found


def everybody(addresses: Iterable[str]) -> str:
    """Ranges that are the whole internet, alone or together: half of IPv4 counts. Empty where there are none."""
    found = [(address, network(address)) for address in addresses]
    for address, one in found:
        if one is not None and _is_world([one]):
            return address
    for version in (4, 6):
        those = [(address, one) for address, one in found if one is not None and one.version == version]
        if _is_world([one for _, one in those]):
            return " and ".join(dict.fromkeys(address for address, _ in those[:4]))
    return ""


def _is_world(networks: Sequence[Network]) -> bool:
    four = list(collapse_addresses(one for one in networks if isinstance(one, IPv4Network)))
    six = list(collapse_addresses(one for one in networks if isinstance(one, IPv6Network)))
    if sum(one.num_addresses for one in four) >= 2**31:
        return True
    of_those = sum(one.num_addresses for one in six if one.subnet_of(_GLOBAL_IPV6))
    return any(_GLOBAL_IPV6.subnet_of(one) for one in six) or of_those >= _GLOBAL_IPV6.num_addresses // 2
