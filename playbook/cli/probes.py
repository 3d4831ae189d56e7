"""One small question of the doctor to each service; the answer is read as the checks read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from playbook.clients.alertmanager import Alertmanager, RuleAlerts
from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.github import GitHubApi
from playbook.clients.grafana import Grafana
from playbook.clients.http import HttpClient
from playbook.clients.log_reading import LogSource
from playbook.clients.managed_databases import ManagedDatabases
from playbook.clients.network import Network
from playbook.clients.npm import Npm
from playbook.clients.prometheus import Prometheus
from playbook.clients.redis import ReadOnlyRedis
from playbook.core.clock import Clock
from playbook.core.errors import Malformed, PlaybookError, TooLittleData, Unreachable
from playbook.core.wording import plural
from playbook.measure.backups.backups import Listing
from playbook.measure.databases.databases import read_databases
from playbook.measure.redis.redis import RedisStats
from playbook.measure.web.health import State
from playbook.measure.web.health_endpoints import Health, health_of
from playbook.measure.web.sites import settings_of
from playbook.measure.web.web import REDIRECTS, in_between, network_or_site, page_rules
from playbook.measure.web.web_page import fault_of, in_place_of_it
from playbook.settings.model import Settings
from playbook.settings.sections.sites import Site


class NotWell(PlaybookError):  # noqa: N818 - not this suite's fault
    """The service is reachable, permitted and the right one, but reports that it cannot work properly."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a target.

    Attributes:
        name: the operator's name of it.
        settings: settings that it needs, as paths below the target; alternatives in order of preference.
        probe: asks a small question. Takes providers by name, as measurements do, and returns what it found.
        parts: parts of the product that it belongs to; without them, or what its probe needs, it does not exist.
    """

    name: str
    settings: tuple[tuple[str, ...], ...]
    probe: Callable[..., str]
    parts: tuple[str, ...] = ()


def _website(website: HttpClient, network: Network, settings: Settings) -> str:
    """The homepage, as its check reads it: not somebody else's page, an error page, or a sign-in page."""
    answer = website.get(redirects=REDIRECTS)
    rules = page_rules(settings, website.base_url)
    fault = in_between(rules, network) or in_place_of_it(answer)
    if fault is None:
        answer.expect_ok()
        fault = network_or_site(fault_of(answer, rules), rules, network)
    if fault:
        raise Malformed(
            f"{answer.service}: expected the homepage from {answer.url}, got {fault.words}",
            service=answer.service,
            hint="Check web.url, and web.expect where the page says something of its own.",
            attempts=answer.attempts,
        )
    shown = f"{answer.url} answered HTTP {answer.status} with a page"
    return ", ".join([shown, *(_further(site, network, settings) for site in settings.target.web.also)])


def _further(site: Site, network: Network, settings: Settings) -> str:
    """A further website, or its health endpoint if it has no page."""
    name = f"Website {site.label}"
    if site.url is None:
        where = f"targets.{settings.target.name}.web.also"
        raise TooLittleData(f"{name}: expected its url ({where}), got none", service=name)
    own = settings_of(site, settings)
    client = HttpClient(site.url, service=name, time_limits=settings.time_limits, ca=own.target.web.ca)
    if site.homepage:
        return _website(client, network, own)
    return _healthy(health_of(client, network, own, site.health_path, Clock()), name)


def _image_api(image_health: Health) -> str:
    """The health report, as its check reads it."""
    return _healthy(image_health, "Image API")


def _healthy(health: Health, service: str) -> str:
    if health.down:
        raise Unreachable(f"{service}: expected an answer of {health.path}, got {health.down}", service=service)
    lacks = health.coverage
    if not lacks.enough:
        raise Malformed(f"{service}: expected {lacks.expected}, got {lacks.got}", service=service, hint=lacks.hint)
    if health.state is not State.HEALTHY:
        raise NotWell(f"{service}: expected {health.path} to say that all is well, got {health.summary}")
    return f"{health.path} answered {health.summary}"


def _digitalocean(digitalocean: DigitalOceanApi, clock: Clock) -> str:
    name = digitalocean.app().spec.name
    now = clock.now()
    digitalocean.metric("cpu_percentage", now - timedelta(minutes=10), now)  # needs another scope
    return f"the token reads the app {name!r} and its metrics"


def _databases(managed_databases: ManagedDatabases, settings: Settings, clock: Clock) -> str:
    """Their states, as the check reads them."""
    found = read_databases(managed_databases, settings, clock, in_full=False)
    for _, problem in found.missing:
        raise problem
    for one in found.found:
        for state in one.states:
            if not state.coverage.enough:
                raise TooLittleData(f"{state.subject}: expected online, got {state.found}", service=one.name)
            if not state.holds:
                raise NotWell(f"{state.subject}: expected online, got {state.found}")
    return ", ".join(f"{one.name} ({one.cluster.engine}) is {one.cluster.status}" for one in found.found)


def _redis(redis: ReadOnlyRedis, redis_stats: RedisStats) -> str:
    """Whether it can do its work, read as its check does: a replica answers PING too."""
    seconds = redis.ping()
    info = redis.info()
    bad = [one for one in redis_stats.work if not one.holds]
    if bad:
        raise NotWell("; ".join(f"{one.subject}: expected {one.expected}, got {one.found}" for one in bad))
    for one in redis_stats.work:
        if not one.coverage.enough:
            raise TooLittleData(
                f"{one.subject}: expected {one.coverage.expected}, got {one.coverage.got}",
                service="Redis",
                hint=one.coverage.hint,
            )
    version = info.get("valkey_version") or info.get("redis_version", "unknown")
    name = "Valkey" if "valkey_version" in info else "Redis"
    return f"{name} {version} at {redis.address}, PING {seconds * 1000:.1f} ms, INFO permitted"


def _prometheus(prometheus: Prometheus) -> str:
    answered = prometheus.ask("up")
    series, lacks = answered.samples, answered.coverage
    if not lacks.enough:
        raise TooLittleData(
            f"{prometheus.service}: expected {lacks.expected}, got {lacks.got}",
            service=prometheus.service,
            hint=lacks.hint,
        )
    if not series:
        raise TooLittleData(
            f"{prometheus.service}: expected what it scrapes (the series up), got no series",
            service=prometheus.service,
            hint="Check that this is the Prometheus which scrapes the app, and not another one.",
        )
    up = sum(sample.value == 1 for sample in series)
    if not up:
        raise NotWell(f"{prometheus.service}: expected targets that are up, got none of {len(series)} scraped")
    return f"{prometheus.service} answers queries; {up} of {len(series)} scraped targets are up"


def _grafana(grafana: Grafana, settings: Settings) -> str:
    database, version = grafana.health()
    if database.lower() != "ok":
        raise NotWell(f"Grafana {version}: expected its database to be ok, got {database}")
    title = settings.target.grafana.dashboard
    if grafana.dashboard(title) is None:
        raise TooLittleData(
            f"Grafana: expected the dashboard {title!r}, got none of that name that the token may see",
            service="Grafana",
            hint="Check grafana.dashboard, and that the service account's role Viewer covers its folder.",
        )
    return f"Grafana {version}, database {database}, shows the dashboard {title!r}"


def _alerts(alerting: Alertmanager | RuleAlerts, clock: Clock) -> str:
    found = alerting.found(clock.now())
    lacks = found.coverage
    if not lacks.enough:
        raise TooLittleData(
            f"{found.source}: expected {lacks.expected}, got {lacks.got}", service=found.source, hint=lacks.hint
        )
    return f"{found.source} gave {plural(len(found.alerts), 'alert')} and {plural(len(found.silences), 'silence')}"


def _logs(logs: LogSource, clock: Clock) -> str:
    stream = logs.read(clock.now() - timedelta(hours=24))
    for part in stream.parts:
        for _ in part:
            return f"{stream.source}, with lines"
    raise TooLittleData(
        f"Logs: expected lines from {stream.source}, got none" + "".join(f"; {text}" for text in stream.problems),
        service="Logs",
        hint="Check that the components write logs, and that they arrive there.",
    )


def _backups(backup_listing: Listing, settings: Settings) -> str:
    """Archives, recognised by the same names as in its check."""
    listing = backup_listing
    listing.require_archives()
    found = f"{plural(len(listing.archives) + len(listing.others), 'file')} in {listing.location}"
    if not listing.archives:
        raise TooLittleData(
            f"Backups: expected archives by the name {settings.target.backups.pattern!r}, got {found}",
            service="Backups",
            hint="Check backups.location and backups.pattern.",
        )
    return f"{found}, of which {plural(len(listing.archives), 'archive')}"


def _github(github: GitHubApi) -> str:
    found = []
    if github.has_organisation or not github.has_repository:
        name, owners = github.organisation().login, github.members(role="admin")
        found.append(f"the organisation {name} has {plural(len(owners), 'owner')}")
    if github.has_repository:
        found.append(f"its repository has {plural(len(github.dependabot_alerts()), 'open Dependabot alert')}")
    return " and ".join(found)


def _npm(npm: Npm) -> str:
    direct = npm.read().direct
    found = f"{npm.project} has {plural(len(direct), 'dependency', 'dependencies')}"
    unseen = sorted(direct.keys() - npm.outdated())
    if unseen:
        raise TooLittleData(
            f"npm: expected releases of all of them from the registry, got none of {unseen[0]}: {found}",
            service="npm",
            hint="Check npm.registry, and the registries and credentials in ~/.npmrc.",
        )
    return f"{found}, and the registry has their releases"


_DIGITALOCEAN = ("digitalocean.token", "digitalocean.app_id")
_PROMETHEUS = ("prometheus.url", "prometheus.token", "prometheus.password")
_GRAFANA = ("grafana.url", "grafana.token")
_ALERTMANAGER = ("alertmanager.url", "alertmanager.token", "alertmanager.password")

SERVICES = (
    Service("Website", (("web.url",),), _website),
    Service("Image API", (("web.url",),), _image_api, ("images",)),
    Service("DigitalOcean API", (_DIGITALOCEAN,), _digitalocean),
    Service("Databases", (("digitalocean.databases",), _DIGITALOCEAN), _databases),
    Service("Redis", (("redis.url",),), _redis),
    Service("Prometheus", (_PROMETHEUS, _GRAFANA), _prometheus),
    Service("Grafana", (_GRAFANA,), _grafana),
    Service("Alerts", (_ALERTMANAGER, _PROMETHEUS, _GRAFANA), _alerts),
    Service("Logs", (("logs.files",), _DIGITALOCEAN), _logs),
    Service("Backups", (("backups.location", "backups.access_key", "backups.secret_key"),), _backups),
    Service("GitHub", (("github.token", "github.organisation", "github.repository"),), _github),
    Service("npm", (("npm.project", "npm.registry"),), _npm),
)
