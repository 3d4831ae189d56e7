"""Certificates of every domain: as the servers send them, and as DigitalOcean reports them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from playbook.clients.digitalocean import digitalocean
from playbook.clients.digitalocean_transport import SERVICE as DIGITALOCEAN
from playbook.clients.digitalocean_types import DOMAIN_PHASES, AppDomain
from playbook.clients.tls import Endpoint, TlsClient
from playbook.clients.trust import own_authority
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, share, understood
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured, away
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.hosts import plain_host
from playbook.core.limits import Reading
from playbook.core.wording import moment
from playbook.measure.tls.certificate import DAY, Certificate
from playbook.measure.tls.certificate_names import host_and_port, led_elsewhere
from playbook.measure.tls.redirects import led_to
from playbook.measure.tls.served import read_all
from playbook.settings.model import Settings
from playbook.settings.sections.coverage import CoverageRules

_ACTIVE = "ACTIVE"
_NO_IPV6_HINT = (
    "Where this machine has no way to IPv6, run it on one that has, or set targets.NAME.security.ipv6 = false."
)


class _End(NamedTuple):
    """An expiry: when, which certificate that is in words, and its term as a share of the usual one."""

    at: datetime
    source: str
    term_share: float


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates of all domains, as far as they could be read.

    Attributes:
        served: as sent by servers, one for each host, chain and kind of key, with the addresses that send it.
        domains: those of the app, with DigitalOcean's report.
        addresses: number of addresses at which a certificate was read, and of all addresses.
        problems: what could not be read: servers, or the list of the app's domains.
        remarks: what was left out on purpose.
        ca: the file of trusted authorities; empty for the usual ones.
        unaddressed: further websites without a configured address.
        unmet: hosts of ``security.connect_to`` that none of the domains is.
    """

    served: tuple[Certificate, ...]
    domains: tuple[AppDomain, ...]
    addresses: tuple[int, int]
    problems: tuple[Unmeasured, ...]
    platform: Unmeasured | None
    read_at: datetime
    rules: CoverageRules
    remarks: tuple[str, ...] = ()
    ca: str = ""
    unaddressed: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """Every address of every domain, and every part of the certificates: an extreme needs them all."""
        seen, of = self.addresses
        note = "; ".join(problem.clause for problem in self.problems[:3])
        total = share(
            seen,
            of,
            "addresses",
            least_percent=self.rules.population_percent,
            what="certificates",
            note=note,
            hint=" ".join(filter(None, (*(problem.hint for problem in self.problems[:1]), self._ipv6_hint))),
        )
        if self.platform:
            total += lacking(
                "domains at DigitalOcean not read",
                expected="the app's domains from DigitalOcean",
                got=str(self.platform),
                hint=self.platform.hint,
                cause=away(self.platform),
            )
        unread = [text for read in self.served for text in read.unread]
        unread += [
            f"{read.endpoint}: the way to the authority that signed it"
            for read in self.served
            if not read.trusted and not read.distrust
        ]
        unread += [
            f"{read.endpoint}: whether its revocation status is sent along, which it demands (must staple)"
            for read in self.served
            if read.own.must_staple
        ]
        certificates = sum(len(read.sent) for read in self.served)
        total += understood(len(unread), max(certificates, len(unread)), "certificates", examples=unread)
        phases = [domain.phase or "no phase" for domain in self.domains]
        strange = [phase for phase in phases if phase not in DOMAIN_PHASES]
        total += understood(len(strange), len(phases), "phases of domains", examples=strange)
        for name in self.unaddressed:
            total += lacking(
                f"{name} not seen",
                expected=f"the certificate of {name}",
                got="no address of it",
                hint="Correct the record of the name at its DNS, or take it out of the app and of "
                "security.domains.",
            )
        for name in self.unmet:
            total += lacking(
                f"{name} not seen",
                expected=f"the certificate of {name}, for which security.connect_to says where to connect",
                got="no domain of this name",
                hint="Correct the name, or add it to security.domains.",
            )
        for domain in self.domains:
            name = domain.spec.domain
            if name.startswith("*.") and domain.certificate_expires_at is None:
                total += lacking(
                    f"nothing of {name}",
                    expected=f"the end of {name}'s certificate from DigitalOcean, as a wildcard has no address",
                    got="none named",
                    hint="Add a host under it to security.domains.",
                )
        return total

    @property
    def _ipv6_hint(self) -> str:
        return _NO_IPV6_HINT if any("unreachable" in str(problem).lower() for problem in self.problems) else ""

    @property
    def obtained(self) -> tuple[tuple[str, datetime | None], ...]:
        """Domain and expiry of the certificate that DigitalOcean obtained for it; None where none is reported."""
        return tuple((domain.spec.domain, domain.certificate_expires_at) for domain in self.domains)

    @property
    def faults(self) -> str:
        """Reasons for which clients reject a certificate, by domain; empty where there are none."""
        found = [f"{read.endpoint}: {read.fault}" for read in self.served if read.fault]
        if any(read.chain_fault and not read.trusted for read in self.served):
            found.append(own_authority("web.ca", self.ca))
        return "; ".join(found)

    @property
    def weak(self) -> str:
        """Weak keys and signatures, by domain; may be empty."""
        return "; ".join(f"{read.endpoint}: {read.weak}" for read in self.served if read.weak)

    @property
    def odd(self) -> str:
        """What some clients do not tolerate, by domain; may be empty."""
        return "; ".join(f"{read.endpoint}: {read.odd}" for read in self.served if read.odd)

    @property
    def not_active(self) -> str:
        """The app's domains that are not active; may be empty."""
        return ", ".join(
            f"{domain.spec.domain} {domain.phase}"
            for domain in self.domains
            if domain.phase in DOMAIN_PHASES - {_ACTIVE}
        )

    @property
    def summary(self) -> str:
        """``2 of 2 valid``."""
        good = sum(not read.fault for read in self.served)
        return f"{good} of {len(self.served)} valid"

    @property
    def days_left(self) -> Reading:
        """Days until the first expiry, at the server or at DigitalOcean, and of any certificate of a chain."""
        end = self._first_end
        if end is None:
            return Reading(
                float("nan"),
                "",
                lacking(
                    "",
                    expected="an end of a certificate",
                    got="none that could be read",
                    hint="Look at it with `openssl s_client -connect HOST:443 -servername HOST`.",
                ),
            )
        days = (end.at - self.read_at).total_seconds() / DAY
        first = f" as the first of {len(self._ends)}" if len(self._ends) > 1 else ""
        return Reading(round(days, 1), f"({end.source}, ends {moment(end.at)}{first})")

    @property
    def term_share(self) -> float:
        """Term of the first to expire as a share of the usual one, at most 1; the limit is meant for that one."""
        return self._first_end.term_share if self._first_end else 1.0

    @property
    def _first_end(self) -> _End | None:
        return min(self._ends, key=lambda end: (end.at - self.read_at) / end.term_share, default=None)

    @property
    def _ends(self) -> list[_End]:
        ends = [_served_end(read) for read in self.served]
        shares = [(read.own.not_after, read.own.term_share) for read in self.served]
        for domain, at in self.obtained:
            if at:
                same = (share for end, share in shares if _is_same(end, at))
                ends.append(_End(at, f"{domain} at DigitalOcean", next(same, 1.0)))
        return ends

    def evidence(self) -> list[Evidence]:
        """A row for each certificate, and DigitalOcean's report beside what is served."""
        heads = [
            "Domain",
            "For",
            "Issuer",
            "Valid from",
            "Valid until",
            "Days left",
            "Key",
            "Signature",
            "Trusted",
        ]
        rows = [
            [
                read.endpoint,
                ", ".join(read.names),
                read.own.issuer,
                moment(read.own.not_before),
                moment(read.own.not_after),
                f"{read.days_left:.1f}",
                read.own.key,
                read.own.signature + (", must staple" if read.own.must_staple else ""),
                read.distrust or "yes",
            ]
            for read in self.served
        ]
        shown: list[Evidence] = [Table("Certificates as served", heads, rows)]
        chain = [
            [read.endpoint, link.subject, link.issuer, moment(link.not_after), link.key, link.signature]
            for read in self.served
            for link in read.path[1:]
        ]
        if chain:
            heads = ["Domain", "Certificate", "Issuer", "Valid until", "Key", "Signature"]
            shown.append(Table("What they need above them", heads, chain))
        if self.domains:
            ends = {read.host: read.own.not_after for read in reversed(self.served)}
            rows = [
                [name, domain.phase or "not said", moment(at), _compared(at, ends.get(plain_host(name)))]
                for domain, (name, at) in zip(self.domains, self.obtained, strict=True)
            ]
            shown.append(Table("Certificates at DigitalOcean", ["Domain", "Phase", "Valid until", "Served"], rows))
        problems = [*self.problems, *([self.platform] if self.platform else [])]
        facts = {f"Not read {number}": str(error) for number, error in enumerate(problems, 1)}
        for number, remark in enumerate(self.remarks, 1):
            facts[f"Left out {number}"] = remark
        extra = {read.endpoint: read.remark for read in self.served if read.remark}
        if extra:
            shown.append(Facts("Sent along and not needed", extra))
        return [*shown, Facts("Not looked at", facts)] if facts else shown


@measurement(time_limit=60.0, libraries=("playbook.clients.transport", "stamina"))
def certificates(tls: TlsClient, settings: Settings, clock: Clock) -> Certificates:
    """Certificates of the website, of hosts of it that its homepage redirects to, of the configured domains and of
    the app's domains, at all their addresses, with an RSA and with an ECDSA key where a server has both.

    Each is first read without verification, so that an expired one can be measured; then verified, to learn the
    error of a client.

    Raises:
        NotConfigured: there is no domain to check.
        Unmeasured: none of them could be read, and DigitalOcean knows of none.
    """
    problems: list[Unmeasured] = []
    remarks: list[str] = []
    domains, platform = _app_domains(settings, remarks)
    led = led_to(settings)
    endpoints = _endpoints(settings, [(one.host, one.port) for one in led], domains)
    served: list[Certificate] = []
    seen = of = 0
    authorities = _authorities(settings) | {(one.host, one.port): one.ca for one in led if one.ca}
    for endpoint in endpoints:
        ca = authorities.get((endpoint.host, endpoint.address[1]))
        own = replace(tls, ca=ca) if ca else tls
        try:
            places = _places(own, endpoint, settings, remarks)
        except Unmeasured as error:
            problems.append(error)
            of += 1
            continue
        of += len(places)
        found = read_all(own, endpoint, places, clock.now())
        served += found.certificates
        seen += found.seen
        problems += found.problems
    if not served and not any(domain.certificate_expires_at for domain in domains):
        if problems or platform:
            raise [*problems, *([platform] if platform else [])][-1]
        settings.require(None, "web.url", "Website")
    return Certificates(
        tuple(served),
        tuple(domains),
        (seen, of),
        tuple(problems),
        platform,
        clock.now(),
        settings.coverage,
        tuple(dict.fromkeys(remarks)),
        settings.target.web.ca or "",
        tuple(site.label for site in settings.target.web.also if site.url is None),
        () if platform else tuple(sorted(led_elsewhere(settings).keys() - {each.host for each in endpoints})),
    )


def _app_domains(settings: Settings, remarks: list[str]) -> tuple[list[AppDomain], Unmeasured | None]:
    # Called here instead of a parameter: a website without DigitalOcean has a certificate too, and an expired one
    # must be found even if the API is unreachable.
    try:
        return [domain for domain in digitalocean(settings).app().domains if domain.spec.domain], None
    except NotConfigured:
        remarks.append(f"the app's domains, as {DIGITALOCEAN} is not configured")
        return [], None
    except Unmeasured as error:
        return [], error


def _endpoints(settings: Settings, led: list[tuple[str, int]], domains: list[AppDomain]) -> list[Endpoint]:
    """Every host once, also those that homepages redirect to. A wildcard domain has no address of its own."""
    hosts: list[tuple[str, int]] = []
    url = urlsplit(settings.target.web.url or "")
    if url.scheme == "https" and url.hostname:
        hosts.append((plain_host(url.hostname), url.port or 443))
    for site in settings.target.web.also:
        url = urlsplit(site.url or "")
        if url.scheme == "https" and url.hostname:
            hosts.append((plain_host(url.hostname), url.port or 443))
    hosts += led
    hosts += [host_and_port(text, "security.domains") for text in settings.target.security.domains]
    names = [domain.spec.domain for domain in domains]
    hosts += [(plain_host(name), 443) for name in names if not name.startswith("*.")]
    elsewhere = led_elsewhere(settings)
    found: dict[tuple[str, int], Endpoint] = {}
    for host, port in hosts:
        found.setdefault((host, port), Endpoint(host, elsewhere.get(host, (host, port))))
    return list(found.values())


def _authorities(settings: Settings) -> dict[tuple[str, int], str]:
    """CA files of further websites, by host and port."""
    found = {}
    for site in settings.target.web.also:
        url = urlsplit(site.url or "")
        if site.ca and url.hostname:
            found[plain_host(url.hostname), url.port or 443] = site.ca
    return found


def _places(tls: TlsClient, endpoint: Endpoint, settings: Settings, remarks: list[str]) -> list[Endpoint]:
    """The addresses to check."""
    places, without = tls.places_of(endpoint, settings.target.security.ipv6)
    if without:
        remarks.append(f"IPv6 addresses of {endpoint}, as {without}")
    return places


def _served_end(read: Certificate) -> _End:
    link = read.first_to_end
    by = "" if link is read.own else f", by {link.subject!r}"
    term = f", issued for {link.term_days} days" if link.term_share < 1 else ""
    return _End(link.not_after, f"{read.endpoint} as served{by}{term}", link.term_share)


def _is_same(obtained: datetime, served: datetime) -> bool:
    return abs((obtained - served).total_seconds()) < DAY


def _compared(obtained: datetime | None, served: datetime | None) -> str:
    if obtained is None:
        return "DigitalOcean names no certificate"
    if served is None:
        return "not read"
    return "the same" if _is_same(obtained, served) else f"another one, until {moment(served)}"
