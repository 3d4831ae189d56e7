"""Protocol versions and cipher suites that the website accepts, at each address, compared with Mozilla's profile.

The profile is guideline 6.0, https://ssl-config.mozilla.org/guidelines/6.0.json, "intermediate".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playbook.clients.tls import (
    SERVICE,
    VERSIONS,
    Endpoint,
    Handshake,
    TlsClient,
    Version,
    can_offer,
    known_suites,
)
from playbook.clients.tls_greeting import USUAL_SUITES, WEAK_SUITES
from playbook.core.coverage import Coverage, lacking, share
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured, Unreachable
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.hosts import plain_host
from playbook.core.wording import enumerated
from playbook.measure.statements import Statement
from playbook.measure.tls.certificate_names import led_elsewhere
from playbook.settings.model import Settings

GUIDELINE = "Mozilla's guideline 6.0, intermediate"
PROFILE_VERSIONS = ("TLSv1.2", "TLSv1.3")
PROFILE_SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
ALL_VERSIONS = ("SSLv3", *VERSIONS)
# No encryption, no authentication, or broken: RFC 9325, 4.1; 3DES since Sweet32 (CVE-2016-2183).
_BROKEN = re.compile(r"NULL|^ADH|^AECDH|EXP|RC4|RC2|DES|MD5|SEED|IDEA")
# Maximum handshakes to find suites outside the profile; a server that accepts more is known well enough.
_MOST = 40


@dataclass(frozen=True, slots=True)
class TlsConfiguration:
    """What the website accepts.

    Attributes:
        versions: result for each protocol version: the chosen suite, or None where it was refused.
        unknown: versions and suites without a result, and why.
        outside: accepted suites outside the profile with TLS 1.2, in the server's order.
        inside: the chosen suite of the profile with TLS 1.2; empty where it accepted none.
        offered: number of offered suites outside the profile.
        more: there are more suites outside the profile than were looked for.
        addresses: number of addresses where this was observed, and of all addresses.
        problems: what could not be reached.
    """

    endpoint: str
    versions: dict[str, str | None]
    unknown: dict[str, str]
    outside: tuple[str, ...]
    inside: str
    offered: int
    more: bool = False
    addresses: tuple[int, int] = (1, 1)
    problems: tuple[Unmeasured, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """A result for each version and each suite, at each address."""
        seen, of = self.addresses
        total = share(seen, of, "addresses", what="handshakes", note="; ".join(map(str, self.problems[:3])))
        for what, reason in self.unknown.items():
            total += lacking(
                f"{what} not known",
                expected=f"an answer of {self.endpoint} to {what}",
                got=reason,
                hint="Look again, where OpenSSL has it and nothing on the way limits connections.",
            )
        return total

    @property
    def accepted(self) -> str:
        """The accepted versions in words."""
        return _words(version for version, chosen in self.versions.items() if chosen is not None) or "none"

    @property
    def outdated(self) -> str:
        """Accepted versions outside the profile; may be empty."""
        return _words(
            version
            for version, chosen in self.versions.items()
            if chosen is not None and version not in PROFILE_VERSIONS
        )

    @property
    def has_newest(self) -> bool:
        """Whether TLS 1.3 is accepted, or not known."""
        return self.versions.get("TLSv1.3", "") is not None

    @property
    def broken(self) -> str:
        """Accepted suites that protect nothing; may be empty."""
        chosen = [suite for suite in self.versions.values() if suite]
        return ", ".join(dict.fromkeys(suite for suite in (*self.outside, *chosen) if _BROKEN.search(suite)))

    @property
    def outside_text(self) -> str:
        """The accepted suites outside the profile, a few of them by name; may be empty."""
        names = ", ".join(self.outside[:6])
        left = len(self.outside) - 6
        return names + (f" and {left} more" if left > 0 else "")

    def statements(self, of: str = "") -> list[Statement]:
        """What it must and should accept; ``of`` names the site."""
        versions, suites = f"Protocol versions{of}", f"Cipher suites{of}"
        broken, outside = self.broken, self.outside_text
        inside = "those of Mozilla's intermediate profile"
        return [
            Statement(versions, not self.outdated, "TLS 1.2 and TLS 1.3 only", self.accepted),
            Statement(suites, not broken, "encryption and authentication by each", broken or "both by each"),
            Statement(versions, self.has_newest, "TLS 1.3 too", self.accepted, warn=True),
            Statement(suites, not self.outside, inside, outside or "no others", warn=True),
        ]

    def evidence(self) -> list[Evidence]:
        """Versions, suites, and what is not known."""
        rows = []
        for version in ALL_VERSIONS:
            if version not in self.versions:
                answer = f"not known: {self.unknown.get(_words([version]), 'not asked')}"
            else:
                chosen = self.versions[version]
                answer = "refused" if chosen is None else f"accepted, with {chosen}"
            rows.append([_words([version]), answer, "yes" if version in PROFILE_VERSIONS else "no"])
        facts = {
            "Of the profile, with TLS 1.2": self.inside or "none accepted",
            "Outside the profile, with TLS 1.2": self.outside_text or f"none of {self.offered} offered",
            "Addresses": "{} of {}".format(*self.addresses),
            "Judged by": GUIDELINE,
        }
        facts |= {f"Not known: {what}": reason for what, reason in self.unknown.items()}
        return [
            Table(f"Protocol versions of {self.endpoint}", ["Version", "Answer", "In the profile"], rows),
            Facts("Cipher suites", facts),
        ]


@measurement(time_limit=60.0)
def tls_configuration(tls: TlsClient, settings: Settings) -> TlsConfiguration:
    """Protocol versions and cipher suites that the website accepts, each by a handshake at each of its addresses.

    What this machine's OpenSSL does not support is offered by a handcrafted ClientHello. An outdated version
    counts as accepted if one of two attempts succeeded.

    Raises:
        Unreachable: it does not respond, or refuses every version.
    """
    return configuration_of(tls, settings)


def configuration_of(tls: TlsClient, settings: Settings) -> TlsConfiguration:
    """As ``tls_configuration`` for any website, by its settings."""
    endpoint = _website(settings)
    places, _ = tls.places_of(endpoint, settings.target.security.ipv6)
    found: list[TlsConfiguration] = []
    problems: list[Unmeasured] = []
    for place in places:
        try:
            found.append(_Probe(tls, place).configuration())
        except Unmeasured as error:
            problems.append(error)
    if not found:
        raise problems[-1]
    return _merged(endpoint, found, len(places), tuple(problems))


class _Probe:
    """Probes one address and collects its results."""

    def __init__(self, tls: TlsClient, place: Endpoint) -> None:
        self._tls, self._place = tls, place
        self._versions: dict[str, str | None] = {}
        self._unknown: dict[str, str] = {}
        self._control: Version | None = None

    def configuration(self) -> TlsConfiguration:
        """The complete configuration; Unreachable where it refuses everything."""
        reason = ""
        hung: dict[str, str] = {}
        for version in reversed(ALL_VERSIONS):  # newest first: an accepted one is the control for the others
            shaken = self._offer(version)
            if not shaken.accepted:  # once more, as servers behind one address may differ
                shaken = self._offer(version, with_weak_suites=shaken.refused and version != "TLSv1.3")
            reason = shaken.reason or reason
            if shaken.accepted:
                self._versions[version] = shaken.cipher
                self._control = version if version in VERSIONS else self._control
            elif shaken.refused:
                self._versions[version] = None
            elif shaken.hung_up:
                hung[version] = shaken.reason
            else:
                self._unknown[_words([version])] = shaken.reason
        if all(chosen is None for chosen in self._versions.values()):
            raise Unreachable(
                f"{SERVICE}: expected {self._place} to accept one of {_words(ALL_VERSIONS)}, got {reason}",
                service=SERVICE,
            )
        for version, why in hung.items():
            if self._answers():
                self._versions[version] = None
            else:
                self._unknown[_words([version])] = why
        inside, more, offered = "", False, 0
        outside: list[str] = []
        if self._versions.get("TLSv1.2") is not None:
            inside = self._tls.offer(self._place, "TLSv1.2", PROFILE_SUITES).cipher
            outside, more, offered = self._outside()
        versions = {version: self._versions[version] for version in ALL_VERSIONS if version in self._versions}
        return TlsConfiguration(str(self._place), versions, self._unknown, tuple(outside), inside, offered, more)

    def _offer(self, version: str, *, with_weak_suites: bool = False) -> Handshake:
        known = next((name for name in VERSIONS if name == version), None)
        if known and can_offer(known) and not with_weak_suites:
            return self._tls.offer(self._place, known)
        if version == "TLSv1.3":
            return Handshake(False, reason="this machine's OpenSSL cannot offer it")
        return self._tls.greet(self._place, version, (*USUAL_SUITES, *WEAK_SUITES))

    def _outside(self) -> tuple[list[str], bool, int]:
        """Suites outside the profile: OpenSSL's, then those that it does not have."""
        found: list[str] = []
        own = [suite for suite in known_suites() if suite not in PROFILE_SUITES]
        foreign = [suite for suite in WEAK_SUITES if suite not in own]
        for others, by_hand in ((list(own), False), (list(foreign), True)):
            while others:
                if len(found) >= _MOST:
                    return found, True, len(own) + len(foreign)
                shaken = (
                    self._tls.greet(self._place, "TLSv1.2", others)
                    if by_hand
                    else self._tls.offer(self._place, "TLSv1.2", others)
                )
                if not shaken.accepted:
                    if not shaken.refused and not (shaken.hung_up and self._answers()):
                        self._unknown["cipher suites outside the profile"] = shaken.reason
                    break
                found.append(shaken.cipher)
                if shaken.cipher not in others:
                    break
                others.remove(shaken.cipher)
        return found, False, len(own) + len(foreign)

    def _answers(self) -> bool:
        """Whether a version accepted a moment ago is still accepted: then hanging up is a refusal."""
        return self._control is not None and self._tls.offer(self._place, self._control).accepted


def _merged(
    endpoint: Endpoint, found: list[TlsConfiguration], addresses: int, problems: tuple[Unmeasured, ...]
) -> TlsConfiguration:
    """All addresses merged: what one of them accepts is accepted; TLS 1.3 counts only where all have it."""
    versions: dict[str, str | None] = {}
    for version in ALL_VERSIONS:
        answers = [one.versions[version] for one in found if version in one.versions]
        accepted = [answer for answer in answers if answer is not None]
        if version == "TLSv1.3" and len(accepted) < len(answers):
            accepted = []
        if accepted or (answers and len(answers) == len(found)):
            versions[version] = accepted[0] if accepted else None
    return TlsConfiguration(
        str(endpoint),
        versions,
        {what: reason for one in found for what, reason in one.unknown.items()},
        tuple(dict.fromkeys(suite for one in found for suite in one.outside)),
        next((one.inside for one in found if one.inside), ""),
        max(one.offered for one in found),
        any(one.more for one in found),
        (len(found), addresses),
        problems,
    )


def _website(settings: Settings) -> Endpoint:
    url = urlsplit(settings.require(settings.target.web.url, "web.url", "Website"))
    host = url.hostname or ""
    return Endpoint(host, led_elsewhere(settings).get(plain_host(host), (host, url.port or 443)))


def _words(versions: Iterable[str]) -> str:
    names = [version.replace("TLSv", "TLS ").replace("SSLv3", "SSL 3.0") for version in versions]
    names = [f"{name}.0" if name == "TLS 1" else name for name in names]
    return enumerated(names)
