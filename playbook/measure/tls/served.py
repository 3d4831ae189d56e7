"""Every certificate of one server: at each of its addresses, and for each kind of key that clients ask for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from playbook.clients.tls import Endpoint, Kind, TlsClient
from playbook.core.errors import Unmeasured
from playbook.measure.tls.certificate import Certificate, describe
from playbook.measure.tls.certificate_facts import facts_of

_KINDS: tuple[Kind, ...] = ("RSA", "ECDSA")
Chain = tuple[bytes, ...]


@dataclass(slots=True)
class Served:
    """What one server sends.

    Attributes:
        certificates: one for each chain, with the addresses that send it.
        seen: number of addresses at which one was read.
        problems: what could not be read.
    """

    certificates: list[Certificate] = field(default_factory=list)
    seen: int = 0
    problems: list[Unmeasured] = field(default_factory=list)


def read_all(tls: TlsClient, endpoint: Endpoint, places: list[Endpoint], now: datetime) -> Served:
    """The server's certificates at these addresses.

    Servers such as nginx, Apache and HAProxy may have one with an ECDSA key and one with an RSA key, of which each
    is renewed by itself. A client is sent the one that it can use, so the other one is asked for as well.
    """
    found = Served()
    chains: dict[tuple[Chain, Kind | None], list[Endpoint]] = {}
    unknown: dict[Chain, list[str]] = {}
    for place in places:
        try:
            first = tls.chain(place)
        except Unmeasured as error:
            found.problems.append(error)
            continue
        chains.setdefault((first, None), []).append(place)
        for kind in _other_kinds(first):
            try:
                other, reason = _of_kind(tls, place, kind)
            except Unmeasured as error:
                other, reason = (), str(error)
            if reason:
                words = f"{place}: whether it has another certificate, with an {kind} key ({reason})"
                unknown.setdefault(first, []).append(words)
            elif other and other[0] != first[0]:
                chains.setdefault((other, kind), []).append(place)
    for (chain, asked), same in chains.items():
        shown = _shown(endpoint, same, places) + (f", its {asked} certificate" if asked else "")
        try:
            read = _read(tls, chain, asked, same[0], shown=shown, now=now)
        except Unmeasured as error:
            found.problems.append(error)
            continue
        if asked is None:
            found.seen += len(same)
            read = replace(read, unread=(*read.unread, *unknown.get(chain, ())))
        found.certificates.append(read)
    return found


def _other_kinds(chain: Chain) -> list[Kind]:
    """Kinds of keys that the certificate does not have."""
    try:
        key = facts_of(chain[0], "").key
    except Unmeasured:
        return []  # told where it is described
    return [kind for kind in _KINDS if not key.startswith(kind)]


def _of_kind(tls: TlsClient, place: Endpoint, kind: Kind) -> tuple[Chain, str]:
    """The chain with a key of this kind, empty where there is none, and why it is not known."""
    shaken = tls.ask_for(place, kind)
    if shaken.accepted:
        return shaken.chain, ""
    if shaken.hung_up:
        tls.chain(place)  # it still answers: hanging up is a refusal
        return (), ""
    return (), "" if shaken.refused else shaken.reason


def _shown(endpoint: Endpoint, same: list[Endpoint], places: list[Endpoint]) -> str:
    """The endpoint, with its addresses where others send another certificate."""
    if len(same) == len(places):
        return str(endpoint)
    return f"{endpoint} ({', '.join(place.address[0] for place in same)})"


def _read(
    tls: TlsClient, chain: Chain, kind: Kind | None, place: Endpoint, *, shown: str, now: datetime
) -> Certificate:
    read = replace(describe(chain, place, now, tls.authorities()), endpoint=shown)
    try:
        distrust = tls.distrust(place, kind)
        return replace(read, distrust=distrust, chain_fault=tls.chain_fault(place, kind)) if distrust else read
    except Unmeasured as error:  # it responded a moment ago: what was read is kept, and counts if it fails
        return replace(read, unread=(*read.unread, f"whether it is trusted ({error})"))
