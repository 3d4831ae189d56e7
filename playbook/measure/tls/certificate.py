"""The certificate of one server, with the chain that a client needs to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.clients.tls import Endpoint
from playbook.core.errors import Malformed
from playbook.core.hosts import plain_host
from playbook.core.wording import moment
from playbook.measure.tls.certificate_facts import Facts, facts_of, paths
from playbook.measure.tls.certificate_names import matches_address, matches_name

DAY = 86400.0
# No authority issues such a term: it is the result of a wrong clock, or a date that means never.
_LONGEST_TERM = timedelta(days=100 * 366)
_NOT_IN_BROWSERS = ("Ed25519", "Ed448")


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of one server.

    Attributes:
        endpoint: server and the address at which it was read.
        own: the server's own.
        sent: readable certificates sent by the server, in its order, its own first.
        path: chain of sent certificates and trusted authorities: the one that stays valid longest.
        trusted: the chain ends at a trusted authority.
        unread: what could not be read of the sent certificates, in words.
        read_at: when this was read.
        distrust: the error of a client that does not trust it; empty where it would be trusted.
        chain_fault: why it leads to no trusted root; empty where it does.
    """

    endpoint: str
    host: str
    own: Facts
    sent: tuple[Facts, ...]
    path: tuple[Facts, ...]
    trusted: bool
    unread: tuple[str, ...]
    read_at: datetime
    distrust: str = ""
    chain_fault: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Host names and addresses that it is valid for."""
        return (*self.own.names, *self.own.addresses)

    @property
    def issuer(self) -> str:
        """Its issuer."""
        return self.own.issuer

    @property
    def first_to_end(self) -> Facts:
        """The certificate of the chain that expires first, in proportion to its term where that is short."""
        return min(self.path, key=lambda link: (link.not_after - self.read_at) / link.term_share)

    @property
    def not_after(self) -> datetime:
        """Expiry of this certificate."""
        return self.first_to_end.not_after

    @property
    def days_left(self) -> float:
        """Days until then; negative where it has passed."""
        return (self.not_after - self.read_at).total_seconds() / DAY

    @property
    def is_for_host(self) -> bool:
        """Whether one of its names matches the host."""
        own = self.own
        return any(matches_name(name, self.host) for name in own.names) or any(
            matches_address(address, self.host) for address in own.addresses
        )

    @property
    def fault(self) -> str:
        """Everything for which clients reject it; empty where nothing is wrong."""
        found = [fault for link in self.path for fault in self._faults_of(link)]
        if not self.is_for_host and not (self.own.unread and not self.names):
            found.append(self._wrong_names())
        if self.own.may_not_sign:
            found.append("with a key usage without digitalSignature, which browsers require")
        if self.chain_fault:
            found.append(f"not trusted ({self.chain_fault}{self._missing_issuer()})")
        if self.distrust and not found and not self.weak:
            found.append(f"not accepted ({self.distrust})")
        return ", ".join(dict.fromkeys(found))

    def _faults_of(self, link: Facts) -> list[str]:
        subject = "" if link is self.own else f"{link.subject!r}, which it needs, "
        found = []
        if link.not_after < link.not_before:
            found.append(f"{subject}ends before it begins")
        if self.read_at > link.not_after:
            found.append(f"{subject}expired on {link.not_after:%Y-%m-%d}")
        if self.read_at < link.not_before:
            found.append(f"{subject}not valid before {moment(link.not_before)}")
        return found

    def _wrong_names(self) -> str:
        names = ", ".join(self.names[:4])
        if names:
            return f"for {names} only"
        if self.own.other_names:
            return f"for no host name, only for {self.own.other_names} names of other kinds"
        return "for no host name only"

    def _missing_issuer(self) -> str:
        top = self.path[-1]
        if self.trusted or top.self_signed:
            return ""
        browsers = ", which browsers fetch and others do not" if top.fetches_issuer else ""
        return f": {top.issuer!r}, who signed {top.subject!r}, is not sent along{browsers}"

    @property
    def weak(self) -> str:
        """Weak keys and signatures in the chain; empty where there are none.

        The signature of the topmost certificate does not matter: it is trusted by itself.
        """
        found = []
        for number, link in enumerate(self.path):
            subject = "" if link is self.own else f" of {link.subject!r}"
            found.append(link.weak_key and f"{link.weak_key}{subject}")
            is_top = number == len(self.path) - 1 and (self.trusted or link.self_signed)
            if not is_top:
                found.append(link.weak_signature and f"{link.weak_signature}{subject}")
        return ", ".join(filter(None, found))

    @property
    def odd(self) -> str:
        """What most clients tolerate and some do not; may be empty."""
        found = []
        needed = [link for link in self.path if link in self.sent]
        if [link for link in dict.fromkeys(self.sent) if link in needed] != needed:
            found.append("sent in the wrong order")
        subjects = {link.subject for link in self.path} | {link.issuer for link in self.path}
        strangers = [link for link in self.extra if link.subject not in subjects]
        if strangers:
            found.append(f"sent with {', '.join(repr(link.subject) for link in strangers[:3])}, unrelated to it")
        if self.own.key.startswith(_NOT_IN_BROWSERS):
            found.append(f"a key of the kind {self.own.key}, which browsers do not accept")
        if self.own.is_authority:
            found.append("an authority's own certificate, which signs others")
        if self.own.not_after - self.own.not_before > _LONGEST_TERM:
            found.append(
                f"valid from {self.own.not_before:%Y} to {self.own.not_after:%Y}, which no authority issues"
            )
        return ", ".join(found)

    @property
    def extra(self) -> tuple[Facts, ...]:
        """Certificates sent but not needed."""
        return tuple(link for link in dict.fromkeys(self.sent) if link not in self.path)

    @property
    def remark(self) -> str:
        """The unneeded certificates, with those that have expired; may be empty."""
        remarks = [
            f"{link.subject!r} of {link.issuer!r}"
            + (f", expired on {link.not_after:%Y-%m-%d}" if link.not_after < self.read_at else "")
            for link in self.extra
        ]
        twice = len(self.sent) - len(set(self.sent))
        remarks += [f"{twice} of them twice"] if twice else []
        return "; ".join(remarks)


def describe(
    sent: tuple[bytes, ...], endpoint: Endpoint, now: datetime, authorities: tuple[bytes, ...] = ()
) -> Certificate:
    """Description of the certificates (DER) that a server sends, its own first.

    Raises:
        Malformed: not even the dates of the server's own can be read.
    """
    server = str(endpoint)
    own = facts_of(sent[0], server)
    read, unread = [own], [f"{server}: {text}" for text in own.unread]
    for number, der in enumerate(sent[1:], start=2):
        try:
            link = facts_of(der, f"{server}, number {number} of its chain,")
        except Malformed as error:
            unread.append(str(error))
        else:
            read.append(link)
            unread += [f"{server}: {text} of {link.subject!r}" for text in link.unread]
    # Trusted chains first, then the one whose first expiry is latest, then the longest, which is the most
    # informative.
    path, trusted = max(
        paths(tuple(read), authorities),
        key=lambda way: (way[1], min(link.not_after for link in way[0]), len(way[0])),
    )
    if not trusted:
        path = max((way for way, _ in paths(tuple(read), authorities)), key=len)
    return Certificate(server, plain_host(endpoint.host), own, tuple(read), path, trusted, tuple(unread), now)
