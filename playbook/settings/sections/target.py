"""Settings of one target: where its services are. What is not set is "not configured"."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from playbook.core.secret import Secret, Section
from playbook.settings.sections.platform import Costs, GitHub, Npm
from playbook.settings.sections.queues import JobQueue
from playbook.settings.sections.recovery import AlertTest, Recovery
from playbook.settings.sections.security import Links, Security
from playbook.settings.sections.sites import Site


class Web(Section, frozen=True):
    """The website and the image API.

    Attributes:
        http_url: its address without TLS, where that is not ``url`` with http and port 80.
        ca: file with the certificate authority to trust, for a private one.
        health: ``body`` reads what the health endpoints report; ``status`` takes any 2xx for healthy.
        dependencies_gone: those that health reports need not list any more, although earlier runs have seen them.
        expect: a text on the homepage, in its title or anywhere; without it only pages known to be something else
            are rejected.
        hosts: further host names of the homepage after redirects, besides its own with and without ``www.``.
        least_bytes: minimum size of a homepage.
        sample_image: the photograph posted to the optimise endpoint; by default the one that comes with the suite.
        also: further websites and health endpoints of this target.
        optimized_width: pixels; the width to which the optimise endpoint scales wider pictures down by itself.
            Where it is not set, a picture must come back in the size in which it was sent.
    """

    url: str | None = None
    http_url: str | None = None
    ca: str | None = None
    health_path: str = "/api/health"
    image_health_path: str = "/api/image/health"
    optimize_path: str = "/api/image/optimize"
    health: Literal["body", "status"] = "body"
    dependencies_gone: tuple[str, ...] = ()
    expect: str = ""
    hosts: tuple[str, ...] = ()
    least_bytes: int = 64
    sample_image: str | None = None
    optimized_width: Annotated[int, msgspec.Meta(gt=0)] | None = None
    also: tuple[Site, ...] = ()


class Components(Section, frozen=True):
    """Names of the application's components, on the platform and in the label of their metrics.

    Attributes:
        web: answers visitors.
        optimizer: optimises images.
        worker: processes the queue of images.
    """

    web: str = "portfolio-web"
    optimizer: str = "image-optimizer"
    worker: str = "image-worker"


class ManagedDatabase(Section, frozen=True):
    """A database managed by DigitalOcean.

    Attributes:
        id, name: one of the two; the name is looked up among the account's database clusters.
        engine: where set, a cluster with another engine is not the intended one.
        most_connections: its maximum, which the API does not report; without it connections are only shown.
    """

    id: str | None = None
    name: str | None = None
    engine: Literal["pg", "mysql", "redis", "valkey", "mongodb", "kafka", "opensearch"] | None = None
    most_connections: Annotated[int, msgspec.Meta(gt=0)] | None = None

    def __post_init__(self) -> None:
        if not self.id and not self.name:
            raise ValueError("Expected the id or the name of a database cluster, got neither")


class DigitalOcean(Section, frozen=True):
    """The application on App Platform. ``ca`` is for a private certificate authority.

    Attributes:
        databases: managed ones, beside those that the app's spec names.
    """

    endpoint: str = "https://api.digitalocean.com"
    token: Secret | None = None
    app_id: str | None = None
    redis_cluster_id: str | None = None
    databases: tuple[ManagedDatabase, ...] = ()
    ca: str | None = None


class Redis(Section, frozen=True):
    """Cache and queue. ``url`` is ``redis://`` or ``rediss://`` and usually contains the password.

    Attributes:
        stats_key: hash of the image workers' counts: ``success``, ``failure``, ``total_ms``, or ``jpeg:success`` …
        queue_key: list in which images wait.
        queues: those of other libraries; where there are any, ``queue_key`` counts only if something waits in it.
        replicas: how many it must feed; where not set, as many as in earlier runs.
        not_told: fields of INFO that this service never reports, and without which it is judged all the same.
    """

    url: Secret | None = None
    ca: str | None = None
    stats_key: str = "image-processing-stats"
    queue_key: str = "image-processing-queue"
    queues: tuple[JobQueue, ...] = ()
    replicas: Annotated[int, msgspec.Meta(ge=0)] | None = None
    not_told: tuple[str, ...] = ()


class Prometheus(Section, frozen=True):
    """Direct access to Prometheus. Where ``url`` is not set, Grafana's data source proxy is used.

    Attributes:
        tenant: of Mimir, Cortex and others that serve several, sent as X-Scope-OrgID.
        selector: matchers of the application's own series, e.g. ``job="portfolio"``; inserted for ``$selector``.
        component_label: the label that names a series' component.
        web_selector: matchers of the web component's own, besides ``selector``; where not set, ``component_label``
            with ``components.web``. Empty where the application's series are the web component's alone.
        probe_selector: of the blackbox exporter's; where not set, those whose ``instance`` is on the host of
            ``web.url``.
        redis_selector, container_selector: of redis_exporter's and of the container runtime's; where not set, as
            ``selector``.
    """

    url: str | None = None
    token: Secret | None = None
    username: str | None = None
    password: Secret | None = None
    ca: str | None = None
    tenant: str | None = None
    selector: str | None = None
    component_label: str = "component"
    web_selector: str | None = None
    probe_selector: str | None = None
    redis_selector: str | None = None
    container_selector: str | None = None


class Grafana(Section, frozen=True):
    """Grafana.

    Attributes:
        datasource_uid: the Prometheus data source that ``dashboard`` shows; by default the first of its panels'.
        dashboard: its title.
        dashboard_uid: its identifier, by which it is found whatever its title is.
        folder: title of its folder, where several dashboards have that title.
    """

    url: str | None = None
    token: Secret | None = None
    datasource_uid: str | None = None
    dashboard: str = "Portfolio Overview"
    dashboard_uid: str | None = None
    folder: str | None = None
    ca: str | None = None


# Of kube-prometheus and of what was before it, and of the collection awesome-prometheus-alerts.
ALWAYS_FIRE = ("Watchdog", "DeadMansSwitch", "DeadManSwitch", "PrometheusAlertmanagerE2eDeadManSwitch")


class Alertmanager(Section, frozen=True):
    """Alertmanager; without it Prometheus' own alerts are read, and without that Grafana's.

    Attributes:
        tenant: as that of Prometheus.
        ignore: names of alerts that fire in a healthy system, wherever they are read from.
        always: alerts that always fire; where one does not fire, alerts may be lost. Of the defaults only those
            with a rule.
        longest_silence_days: a silence with more time left should be reviewed.
        no_data_is_normal: names of rules of Grafana, or patterns, that find no data while all is well.
        rules_gone: names of alerting rules that nobody misses, although earlier runs have seen them.
    """

    url: str | None = None
    token: Secret | None = None
    username: str | None = None
    password: Secret | None = None
    ca: str | None = None
    tenant: str | None = None
    ignore: tuple[str, ...] = (*ALWAYS_FIRE, "InfoInhibitor", "PlaybookTestAlert")
    always: tuple[str, ...] = ALWAYS_FIRE
    longest_silence_days: float = 30.0
    no_data_is_normal: tuple[str, ...] = ()
    rules_gone: tuple[str, ...] = ()


class Logs(Section, frozen=True):
    """Where the logs are: the DigitalOcean API, or files by glob (``*.gz`` included).

    Attributes:
        components: names that must have lines, besides those of the DigitalOcean app.
        serving: names of components that answer requests and so must have access lines; besides the app's too.
        time_zone: of times in the files without an offset, e.g. ``Europe/Berlin``. Where it is not set they are
            taken as UTC, and are not known where this machine is in another zone.
        unusual_count: an hour with fewer 429 or 5xx than this is never unusual.
        unusual_spread: how many times the usual spread above the usual level makes an hour unusual.
        most_lines, most_seconds: limits of reading; reaching one is reported.
    """

    source: Literal["api", "files"] = "api"
    files: list[str] = []
    components: list[str] = []
    serving: list[str] = []
    time_zone: str | None = None
    unusual_count: int = 10
    unusual_spread: float = 6.0
    most_lines: int = 5_000_000
    most_seconds: float = 40.0


class Backups(Section, frozen=True):
    """Where the archives are: a folder, or ``s3://bucket/prefix`` with the Spaces ``endpoint``.

    Attributes:
        pattern: pattern of archive names without folders.
        manifest: name of the member that lists the others, in one of the forms of
            ``playbook.readers.archives.manifest``; empty where the archives contain none.
        time_zone: of times in the archives' names without an offset, e.g. ``Europe/Berlin``.
        read_whole_mb, read_seconds: maximum size and time for reading the whole newest archive every day. Of a
            larger one only both ends are read, which may show it to be damaged and never to be good.
        dumps_gone: names of dumps that need not be in the archives any more, although earlier runs have seen them.
    """

    location: str | None = None
    pattern: str = "*.tar.gz"
    manifest: str = "manifest.json"
    time_zone: str = "UTC"
    read_whole_mb: float = 1024.0
    read_seconds: Annotated[float, msgspec.Meta(gt=0, le=40)] = 30.0
    dumps_gone: tuple[str, ...] = ()
    endpoint: str | None = None
    region: str | None = None
    access_key: Secret | None = None
    secret_key: Secret | None = None
    ca: str | None = None


class FirstDays(Section, frozen=True):
    """A weekly or monthly task is not overdue before the system has been known for a week or month.

    Attributes:
        known_since: when the system was first checked, where the history of its runs does not show it: ISO 8601
            with its offset.
    """

    known_since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class Target(Section, frozen=True):
    """One system to check.

    Attributes:
        private: the history, the site, the issues and the job summaries of this target can only be read by the
            team, so all of them contain the particulars too.
        time_zone: for times in reports and handoff pages beside UTC; IANA name, e.g. ``Europe/Berlin``.
        without: the parts that this product does not have, by their names in ``playbook.settings.sections.parts``.
    """

    name: str
    kind: Literal["sandbox", "staging", "production"]
    private: bool = False
    time_zone: str = "UTC"
    without: tuple[str, ...] = ()
    web: Web = Web()
    components: Components = Components()
    digitalocean: DigitalOcean = DigitalOcean()
    redis: Redis = Redis()
    prometheus: Prometheus = Prometheus()
    grafana: Grafana = Grafana()
    alertmanager: Alertmanager = Alertmanager()
    logs: Logs = Logs()
    backups: Backups = Backups()
    recovery: Recovery = Recovery()
    alert_test: AlertTest = AlertTest()
    security: Security = Security()
    links: Links = Links()
    github: GitHub = GitHub()
    npm: Npm = Npm()
    costs: Costs = Costs()
    first_days: FirstDays = FirstDays()
