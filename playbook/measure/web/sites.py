"""Further websites and health endpoints of a target: the website's measurements, repeated for each of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from msgspec.structs import replace

from playbook.clients.http import HttpClient
from playbook.clients.network import network
from playbook.clients.tls import TlsClient
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier, digest_of
from playbook.core.coverage import Coverage, lacking, together, whole
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.evidence import Evidence, Facts, evidence_of
from playbook.core.wording import plural
from playbook.measure.statements import Statement
from playbook.measure.tls.tls import TlsConfiguration, configuration_of
from playbook.measure.web.headers import SecurityHeaders, read_headers
from playbook.measure.web.health_endpoints import Health, compared, health_of
from playbook.measure.web.homepage import HomepageTiming, time_homepage
from playbook.measure.web.without_tls import Hsts, PlainHttp, read_hsts, read_plain_http
from playbook.settings.model import Settings
from playbook.settings.sections.limits import Limits
from playbook.settings.sections.parts import SITES
from playbook.settings.sections.sites import Site

PARTS = (SITES,)
_LIBRARIES = ("playbook.clients.transport", "stamina")
_AT_ONCE = 8


class _Measured(Protocol):
    @property
    def coverage(self) -> Coverage: ...

    def evidence(self) -> Evidence | list[Evidence]: ...


T = TypeVar("T", bound=_Measured)


@dataclass(frozen=True, slots=True)
class OfSite(Generic[T]):
    """Measurement of one site; ``problem`` says why there is none."""

    name: str
    limits: Limits
    value: T | None = None
    problem: str = ""
    hint: str = ""

    @property
    def coverage(self) -> Coverage:
        """Coverage of its measurement."""
        if self.value is not None:
            return self.value.coverage
        return lacking(
            f"{self.name} not seen", expected=f"an answer of {self.name}", got=self.problem, hint=self.hint
        )

    @property
    def shown(self) -> list[Evidence]:
        """Its evidence, below its name."""
        if self.value is None:
            return [Facts(self.name, {"Not seen": self.problem})]
        return [Facts("Of the site", {"Name": self.name}), *evidence_of(self.value)]


class Seen(NamedTuple, Generic[T]):
    """Measurement of one site that could be measured."""

    name: str
    limits: Limits
    value: T


@dataclass(frozen=True, slots=True)
class _Sites(Generic[T]):
    """The sites; failing statements come first, so that they are in the message."""

    sites: tuple[OfSite[T], ...]

    @property
    def coverage(self) -> Coverage:
        """Coverage of all sites."""
        return whole(plural(len(self.sites), "more site")) + together(one.coverage for one in self.sites)

    def evidence(self) -> list[Evidence]:
        """Evidence of each site."""
        return [shown for one in self.sites for shown in one.shown]

    @property
    def seen(self) -> list[Seen[T]]:
        """Sites that could be measured."""
        return [Seen(one.name, one.limits, one.value) for one in self.sites if one.value is not None]

    def _readings(self, read: Callable[[T], dict[str, Counted]]) -> dict[str, Counted]:
        return {key: one for site in self.sites if site.value for key, one in read(site.value).items()}

    def _told(self, say: Callable[[str, T], list[Statement]]) -> list[Statement]:
        statements = [one for site in self.sites if site.value is not None for one in say(site.name, site.value)]
        return sorted(statements, key=lambda one: (one.holds, one.warn))


@dataclass(frozen=True, slots=True)
class OtherHomepages(_Sites[HomepageTiming]):
    """The homepages of the other sites."""

    @property
    def statements(self) -> list[Statement]:
        """That each returns its page each time, with its usual title."""
        return self._told(lambda name, page: page.statements(name))

    @property
    def readings(self) -> dict[str, Counted]:
        """Titles, for the next run."""
        return self._readings(lambda page: page.readings)


@dataclass(frozen=True, slots=True)
class OtherHealth(_Sites[Health]):
    """Reports of the other sites' health endpoints."""

    @property
    def statements(self) -> list[Statement]:
        """That each is healthy; a degraded one is a warning."""
        return self._told(_of_health)

    @property
    def readings(self) -> dict[str, Counted]:
        """Dependencies that are listed, for later runs."""
        return self._readings(lambda health: health.readings)


@dataclass(frozen=True, slots=True)
class SiteTls:
    """TLS of a site, and its handling of requests without TLS.

    Attributes:
        plain: None where it is not known, for the reason in ``unknown``.
    """

    accepted: TlsConfiguration
    hsts: Hsts
    plain: PlainHttp | None
    unknown: str = ""

    @property
    def coverage(self) -> Coverage:
        """Coverage of all three."""
        seen = self.accepted.coverage + self.hsts.coverage
        if self.plain is not None:
            return seen + self.plain.coverage
        return seen + lacking("", expected="what becomes of visitors without TLS", got=self.unknown)

    def evidence(self) -> list[Evidence]:
        """Evidence of all three."""
        return [*self.accepted.evidence(), self.hsts.evidence(), *([self.plain.evidence()] if self.plain else [])]


@dataclass(frozen=True, slots=True)
class OtherTls(_Sites[SiteTls]):
    """TLS of the other sites."""

    @property
    def statements(self) -> list[Statement]:
        """As for the website."""
        return self._told(_of_tls)


@dataclass(frozen=True, slots=True)
class OtherHeaders(_Sites[SecurityHeaders]):
    """The security headers of the other sites."""


@measurement(parts=PARTS, libraries=_LIBRARIES, time_limit=45.0)
def other_homepages(settings: Settings, clock: Clock, earlier: Earlier) -> OtherHomepages:
    """Response times of the homepages of the target's other websites, by phase."""

    def read(site: Settings, name: str) -> HomepageTiming:
        key = f"homepage of {name}"
        return time_homepage(_website(site, name), network(site), site, clock=clock, earlier=earlier, key=key)

    return OtherHomepages(_each(settings, read, lambda site: site.homepage))


@measurement(parts=PARTS, libraries=_LIBRARIES)
def other_health(settings: Settings, clock: Clock, earlier: Earlier) -> OtherHealth:
    """Reports of the health endpoints of the target's other websites."""

    def read(site: Settings, name: str) -> Health:
        found = health_of(_website(site, name), network(site), site, site.target.web.health_path, clock)
        # The name of the site is the team's, and everybody may read that of a reading.
        return compared(found, f"health {digest_of(name)}", site, clock, earlier)

    return OtherHealth(_each(settings, read, lambda site: bool(site.health_path)))


@measurement(parts=PARTS, libraries=_LIBRARIES, time_limit=60.0)
def other_tls(settings: Settings) -> OtherTls:
    """Protocol versions, cipher suites and HSTS of the target's other websites, and where http:// leads."""

    def read(site: Settings, name: str) -> SiteTls:
        accepted = configuration_of(TlsClient(site.time_limits, site.target.web.ca), site)
        sent = read_hsts(_website(site, name))
        try:
            return SiteTls(accepted, sent, read_plain_http(site))
        except NotConfigured:
            unknown = f"no http_url of {name}, whose port is its own"
            return SiteTls(accepted, sent, None, unknown)

    return OtherTls(_each(settings, read, lambda _: True))


@measurement(parts=PARTS, libraries=_LIBRARIES)
def other_headers(settings: Settings) -> OtherHeaders:
    """Security headers of the homepages of the target's other websites."""

    def read(site: Settings, name: str) -> SecurityHeaders:
        try:
            plain = read_plain_http(site)
        except NotConfigured:
            plain = PlainHttp(site.target.web.url or "", (), None, f"no http_url of {name}, whose port is its own")
        return read_headers(_website(site, name), plain, site)

    return OtherHeaders(_each(settings, read, lambda site: site.homepage))


def settings_of(site: Site, settings: Settings) -> Settings:
    """The target's settings with this site as its website."""
    web = replace(
        settings.target.web,
        url=site.url,
        http_url=site.http_url,
        ca=site.ca or settings.target.web.ca,
        health_path=site.health_path,
        health=site.health,
        expect=site.expect,
        hosts=site.hosts,
        least_bytes=site.least_bytes,
        also=(),
    )
    limits = site.limits or settings.limits
    return replace(settings, target=replace(settings.target, web=web), limits=limits)


def _each(
    settings: Settings, read: Callable[[Settings, str], T], wanted: Callable[[Site], bool]
) -> tuple[OfSite[T], ...]:
    """All sites measured side by side; one that cannot be measured does not affect the others."""

    def one(site: Site) -> OfSite[T]:
        own = settings_of(site, settings)
        if site.url is None:
            hint = "Set its url under web.also, or the variable that it names."
            return OfSite(site.label, own.limits, problem="no address of it", hint=hint)
        try:
            return OfSite(site.label, own.limits, read(own, site.label))
        except Unmeasured as error:
            return OfSite(site.label, own.limits, problem=str(error), hint=error.hint)

    sites = [site for site in settings.target.web.also if wanted(site)]
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return tuple(pool.map(one, sites))


def _website(settings: Settings, name: str) -> HttpClient:
    web = settings.target.web
    return HttpClient(web.url or "", service=f"Website {name}", time_limits=settings.time_limits, ca=web.ca)


def _of_health(name: str, health: Health) -> list[Statement]:
    subject, expected = f"Health of {name}", "all healthy"
    return [
        Statement(subject, not health.is_unhealthy, expected, health.summary),
        Statement(subject, not health.is_degraded, expected, health.summary, warn=True),
        health.listing(f"Dependencies of {name}"),
    ]


def _of_tls(name: str, tls: SiteTls) -> list[Statement]:
    plain = tls.plain.statements(f" to {name}") if tls.plain else ()
    return [*tls.accepted.statements(f" of {name}"), *plain, *tls.hsts.statements(f" of {name}")]
