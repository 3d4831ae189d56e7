"""How the website speaks TLS, by real handshakes, against Mozilla's intermediate profile.

The profile is guideline 6.0, https://ssl-config.mozilla.org/guidelines/6.0.json, "intermediate".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playbook.clients.http import HttpClient
from playbook.clients.tls import SERVICE, VERSIONS, Endpoint, TlsClient, Version, can_offer, known_suites
from playbook.clients.wire import Broken
from playbook.engine import measurement
from playbook.errors import TooLittleData, Unmeasured, Unreachable
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.measure.certificates import host_and_port
from playbook.settings import Settings

GUIDELINE = "Mozilla's guideline 6.0, intermediate"
PROFILE_VERSIONS: tuple[Version, ...] = ("TLSv1.2", "TLSv1.3")
PROFILE_SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
# No encryption, no authentication, or broken: RFC 9325, 4.1; 3DES since Sweet32 (CVE-2016-2183).
_BROKEN = re.compile(r"NULL|^ADH|^AECDH|EXP|RC4|RC2|DES|MD5|SEED|IDEA")
# Handshakes to find suites outside the profile; a server that accepts more is known well enough by then.
_MOST = 40
DAY = 86400


@dataclass(frozen=True, slots=True)
class TlsConfiguration:
    """What the website accepts.

    Attributes:
        versions: how it took each protocol version: the suite that it chose, or None where it refused.
        cannot_offer: versions that this machine cannot offer, so that nothing is known of them.
        outside: suites outside the profile that it accepts with TLS 1.2, in its own order.
        inside: the suite of the profile that it chose with TLS 1.2; empty where it took none.
        offered: how many suites outside the profile it was offered.
        more: there are more suites outside the profile than were looked for.
    """

    endpoint: str
    versions: dict[Version, str | None]
    cannot_offer: tuple[Version, ...]
    outside: tuple[str, ...]
    inside: str
    offered: int
    more: bool

    @property
    def accepted(self) -> str:
        """The accepted versions in words."""
        return _words(version for version, chosen in self.versions.items() if chosen is not None) or "none"

    @property
    def outdated(self) -> str:
        """Accepted versions that the profile does not have; may be empty."""
        return _words(
            version
            for version, chosen in self.versions.items()
            if chosen is not None and version not in PROFILE_VERSIONS
        )

    @property
    def has_newest(self) -> bool:
        """TLS 1.3 is accepted, or this machine cannot say."""
        return self.versions.get("TLSv1.3", "") is not None

    @property
    def broken(self) -> str:
        """Accepted suites that protect nothing; may be empty."""
        return ", ".join(suite for suite in self.outside if _BROKEN.search(suite))

    @property
    def outside_text(self) -> str:
        """The accepted suites outside the profile, a few of them by name; may be empty."""
        names = ", ".join(self.outside[:6])
        left = len(self.outside) - 6
        return names + (f" and {left} more" if left > 0 else "")

    def demand_all_versions(self) -> None:
        """TooLittleData where an outdated version could not be offered: it may be accepted or not."""
        if self.cannot_offer:
            raise TooLittleData(
                f"{SERVICE}: expected to offer {_words(VERSIONS)} to {self.endpoint}, got an OpenSSL that cannot "
                f"offer {_words(self.cannot_offer)}",
                service=SERVICE,
                hint="Run this check where OpenSSL still has these versions; the others were judged.",
            )

    def evidence(self) -> list[Evidence]:
        """Versions, suites, and what was not tried."""
        rows = []
        for version in VERSIONS:
            if version in self.cannot_offer:
                answer = "not known: this machine's OpenSSL cannot offer it"
            else:
                chosen = self.versions[version]
                answer = "refused" if chosen is None else f"accepted, with {chosen}"
            rows.append([_words([version]), answer, "yes" if version in PROFILE_VERSIONS else "no"])
        missing = [suite for suite in ("RC4-SHA", "DES-CBC3-SHA", "DES-CBC-SHA") if suite not in known_suites()]
        facts = {
            "Of the profile, with TLS 1.2": self.inside or "none accepted",
            "Outside the profile, with TLS 1.2": self.outside_text or f"none of {self.offered} offered",
            "Judged by": GUIDELINE,
        }
        if missing:
            facts["Not in this machine's OpenSSL, so not tried"] = ", ".join(missing)
        return [
            Table(f"Protocol versions of {self.endpoint}", ["Version", "Answer", "In the profile"], rows),
            Facts("Cipher suites", facts),
        ]


@measurement
def tls_configuration(tls: TlsClient, settings: Settings) -> TlsConfiguration:
    """Protocol versions and cipher suites that the website accepts, each by a handshake.

    Raises:
        Unreachable: it does not answer, or refuses every version that this machine can offer.
    """
    endpoint = _website(settings)
    cannot_offer = tuple(version for version in VERSIONS if not can_offer(version))
    answers: dict[Version, str | None] = {}
    reason = ""
    for version in VERSIONS:
        if version not in cannot_offer:
            shaken = tls.offer(endpoint, version)
            answers[version] = shaken.cipher if shaken.accepted else None
            reason = shaken.reason or reason
    if all(chosen is None for chosen in answers.values()):
        raise Unreachable(
            f"{SERVICE}: expected {endpoint} to accept one of {_words(answers)}, got {reason}", service=SERVICE
        )
    outside: list[str] = []
    inside, more = "", False
    others = [suite for suite in known_suites() if suite not in PROFILE_SUITES]
    offered = len(others)
    if answers.get("TLSv1.2") is not None:
        inside = tls.offer(endpoint, "TLSv1.2", PROFILE_SUITES).cipher
        while others:
            shaken = tls.offer(endpoint, "TLSv1.2", others)
            if not shaken.accepted or shaken.cipher not in others:
                break
            outside.append(shaken.cipher)
            others.remove(shaken.cipher)
            if len(outside) >= _MOST:
                more = True
                break
    return TlsConfiguration(str(endpoint), answers, cannot_offer, tuple(outside), inside, offered, more)


@dataclass(frozen=True, slots=True)
class Hsts:
    """The website's promise to come by TLS only.

    Attributes:
        header: as sent; empty where it is not.
        max_age: seconds; 0 where there is no promise, or one that cannot be read.
    """

    url: str
    header: str
    max_age: int

    @property
    def days(self) -> Reading:
        """How long the promise holds, in days."""
        return Reading(self.max_age / DAY, self.header or "an answer without the header")

    def evidence(self) -> Facts:
        """The header as it came."""
        return Facts("Strict-Transport-Security", {"Address": self.url, "Header": self.header or "not sent"})


@measurement
def hsts(website: HttpClient) -> Hsts:
    """The Strict-Transport-Security header of the homepage (RFC 6797).

    Raises:
        Unreachable: no answer.
    """
    answer = website.get(redirects=5)
    header = answer.headers.get("strict-transport-security", "")
    return Hsts(answer.url, header, max_age(header) or 0)


def max_age(header: str) -> int | None:
    """Seconds of the header's ``max-age``; None where it has none, or more than one."""
    found = re.findall(r'(?:^|;)\s*max-age\s*=\s*"?(\d{1,12})"?\s*(?=;|$)', header, re.IGNORECASE)
    return int(found[0]) if len(found) == 1 and "," not in header else None


@dataclass(frozen=True, slots=True)
class PlainHttp:
    """What becomes of a visitor who comes without TLS.

    Attributes:
        url: where they arrive.
        hops: every address on the way, the first one included; empty where nobody listens, which is fine.
        status: of the last answer; None where nobody listens.
    """

    url: str
    hops: tuple[str, ...]
    status: int | None

    @property
    def result(self) -> str:
        """As Mozilla's HTTP Observatory names it: a key of its table of scores."""
        if self.status is None:
            return "redirection-not-needed-no-http"
        if len(self.hops) == 1:
            return "redirection-missing"
        if not self.hops[-1].startswith("https:"):
            return "redirection-not-to-https"
        if not self.hops[1].startswith("https:"):
            return "redirection-not-to-https-on-initial-redirection"
        if urlsplit(self.hops[0]).hostname != urlsplit(self.hops[1]).hostname:
            return "redirection-off-host-from-http"
        return "redirection-to-https"

    @property
    def is_safe(self) -> bool:
        """The visitor ends up with TLS, or nowhere."""
        return self.result not in ("redirection-missing", "redirection-not-to-https")

    @property
    def is_direct(self) -> bool:
        """The first redirect leads to https on the same host, so that HSTS covers it the next time."""
        return self.result in ("redirection-to-https", "redirection-not-needed-no-http")

    @property
    def summary(self) -> str:
        """The way in words."""
        if self.status is None:
            return f"nobody listens at {self.url}"
        if len(self.hops) == 1:
            return f"HTTP {self.status} from {self.url} without TLS"
        return " → ".join(self.hops)

    def evidence(self) -> Facts:
        """The way."""
        return Facts("Without TLS", {"Address": self.url, "Leads": self.summary})


@measurement
def plain_http(settings: Settings) -> PlainHttp:
    """Where ``http://`` leads: followed up to five times, certificates of the way not judged here.

    Raises:
        NotConfigured: the website is on a port of its own and ``web.http_url`` is not set.
        Unreachable: no answer in time. That the connection is refused is an answer.
    """
    web = settings.target.web
    site = urlsplit(settings.require(web.url, "web.url", "Website"))
    derived = f"http://{site.hostname}" if site.scheme == "http" or site.port in (None, 443) else None
    url = settings.require(web.http_url or derived, "web.http_url", "Website without TLS")
    client = HttpClient(url, service="Website without TLS", time_limits=settings.time_limits, ca=web.ca)
    try:
        answer = client.get("/", retry="none", redirects=0)
    except Unreachable as error:
        if isinstance(error.__cause__, Broken) and error.__cause__.reason == "connection refused":
            return PlainHttp(url, (), None)
        raise
    hops = [answer.url]
    for _ in range(5):
        target = answer.headers.get("location", "")
        if answer.status not in (301, 302, 303, 307, 308) or not target:
            break
        hops.append(_absolute(hops[-1], target))
        if hops[-1].startswith("https:"):
            break  # whether TLS works there is looked at by itself
        try:
            answer = client.get(hops[-1], retry="none", redirects=0)
        except Unmeasured:
            break
    return PlainHttp(url, tuple(hops), answer.status)


def _absolute(base: str, target: str) -> str:
    """Where a redirect leads, without its query, which may hold anything."""
    from urllib.parse import urljoin

    return urlsplit(urljoin(base, target))._replace(query="", fragment="").geturl()


def _website(settings: Settings) -> Endpoint:
    url = urlsplit(settings.require(settings.target.web.url, "web.url", "Website"))
    host = url.hostname or ""
    other = settings.target.security.connect_to.get(host)
    address = host_and_port(other, "security.connect_to") if other else (host, url.port or 443)
    return Endpoint(host, address)


def _words(versions: Iterable[str]) -> str:
    names = [str(version).replace("TLSv", "TLS ") for version in versions]
    names = [f"{name}.0" if name == "TLS 1" else name for name in names]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
