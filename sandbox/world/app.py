"""The sandbox's DigitalOcean account: a system that has been running for fourteen months.

Plain data that faults edit, e.g. ``world.digitalocean.deployments[0].phase = "ERROR"``. The neighbouring modules
serve it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sandbox.products import PORTFOLIO, WEB, Product
from sandbox.world.app_history import RUNNING, Deployment, commit_hash, deployments, identifier

Answer = Literal["normal", "unauthorized", "forbidden", "throttled", "server-error", "garbage"]
AGE = timedelta(days=425)


@dataclass
class Component:
    """A service or worker of the app.

    Attributes:
        kind: key in the app spec.
        size: instance size slug.
        price: dollars a month for one instance.
        instances: desired number.
        ready: number that is ready.
        state: HEALTHY, UNHEALTHY or UNKNOWN, in the platform's words.
        cpu, memory: mean of the last hours, percent of one instance.
        cpu_week: percentage points by which the CPU has been above ``cpu`` for a week.
        memory_growth: percentage points a day, up to ``memory`` now.
        restarts: of each instance, in the last day.
        last_words: what an instance wrote before it was started again; None where that log is lost.
        night: CPU percent during six hours of the last day, ending three hours ago; None for a usual night.
        swing: percentage points by which CPU varies over a day; None for the default.
        autoscaling: minimum and maximum number of instances, and the target CPU percentage.
    """

    name: str
    kind: Literal["services", "workers"]
    size: str
    price: int
    instances: int
    cpu: float
    memory: float
    path: str | None = None
    state: str = "HEALTHY"
    ready: int = -1
    memory_growth: float = 0.0
    cpu_week: float = 0.0
    restarts: int = 0
    last_words: str | None = "INFO received SIGTERM, shutting down"
    night: float | None = None
    swing: float | None = None
    autoscaling: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        if self.ready < 0:
            self.ready = self.instances


@dataclass
class Job:
    """A scheduled job of the app; it runs every hour.

    Attributes:
        minute: of the hour at which it runs.
        phases: of its runs, newest first.
        silent_hours: for so long it has not been started.
    """

    name: str
    minute: int = 17
    phases: list[str] = field(default_factory=lambda: ["SUCCEEDED"] * 48)
    silent_hours: int = 0

    def runs(self, now: datetime) -> list[tuple[str, datetime]]:
        """Phase and start of each run, newest first."""
        newest = now.replace(minute=self.minute, second=2, microsecond=0)
        newest -= timedelta(hours=self.silent_hours + (newest > now))
        return [(phase, newest - timedelta(hours=number)) for number, phase in enumerate(self.phases)]


@dataclass
class Cluster:
    """The managed Valkey cluster; ``trusted`` are the sources that may connect, as (type, value)."""

    id: str
    name: str
    created_at: datetime
    version: str = "8"
    size: str = "db-s-1vcpu-1gb"
    nodes: int = 1
    status: str = "online"
    eviction_policy: str = "allkeys_lru"
    trusted: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Database:
    """A PostgreSQL or MySQL database.

    Attributes:
        engine: ``pg`` or ``mysql``; only MySQL has metrics.
        backups: age in hours and size in gigabytes of each, newest first.
        window: day and hour of maintenance; None if none is set.
        updates: updates due in it.
        storage, cpu, memory: percent.
        connections: concurrent ones.
        replicas: name and state of each read-only copy.
        trusted: sources that may connect besides the app, as (type, value); None: everybody may.
    """

    id: str
    name: str
    engine: Literal["pg", "mysql"]
    version: str
    semantic_version: str
    size: str = "db-s-1vcpu-2gb"
    nodes: int = 1
    storage_gib: int = 30
    status: str = "online"
    backups: list[tuple[float, float]] = field(
        default_factory=lambda: [(4.0 + 24 * day, round(0.42 - 0.003 * day, 3)) for day in range(7)]
    )
    window: tuple[str, str] | None = ("saturday", "03:00:00")
    updates: list[str] = field(default_factory=list)
    days_to_end_of_life: float = 730.0
    storage: float = 41.0
    connections: float = 23.0
    replicas: list[tuple[str, str]] = field(default_factory=lambda: [("reports", "online")])
    trusted: list[tuple[str, str]] | None = field(default_factory=list)
    cpu: float = 18.0
    memory: float = 58.0


@dataclass
class Outage:
    """The last outage seen by the uptime check; ``ended`` is None while it lasts."""

    region: str
    started: datetime
    ended: datetime | None


@dataclass
class SshKey:
    """A public key of the account."""

    id: int
    name: str
    fingerprint: str
    public_key: str


@dataclass
class Firewall:
    """A cloud firewall of a droplet; ``inbound`` are rules as (protocol, ports, addresses)."""

    name: str
    droplet: int | None
    inbound: list[tuple[str, str, list[str]]]
    status: str = "succeeded"


@dataclass
class Invoice:
    """A monthly invoice: items as (product, description, dollars)."""

    uuid: str
    number: str
    period: str
    items: list[tuple[str, str, float]]

    @property
    def amount(self) -> float:
        """Dollars."""
        return round(sum(dollars for _, _, dollars in self.items), 2)


@dataclass
class DigitalOceanState:
    """Everything that the API shows. Times are aware UTC.

    Attributes:
        static_sites: names of static sites, in addition to ``components``.
        answer: behaviour of the whole API; changed by faults.
        missing_scopes: scopes that the token lacks, e.g. ``monitoring:read``.
        live_url_dead: the app's live URL leads to a port on which nothing listens.
        logs_historic: logs of running components are served as texts, not by WebSocket.
        per_minute: requests a minute before the API answers 429.
        deployments: newest first.
        metrics_missing: the monitoring API has no samples.
        metrics_age: age of the newest sample.
        bandwidth_week: bandwidth of each of the last seven whole days, in multiples of the usual.
        growth: a month, of traffic and of what depends on it (1.03 is 3 %).
        listed_less: number of items missing at the end of a listing of that name, although its count includes
            them.
        left_out: what the answers lack: ``health of NAME``, ``samples of INSTANCE``, ``invoice items``,
            ``invoice preview``, and days of bandwidth, as ``bandwidth 3`` days ago.
        offline: the app shows visitors an offline page.
        addresses: dedicated egress addresses, with the status of each; None where the app has none.
        pinned: a rollback has pinned the app to the active deployment.
        scaled: what autoscaling has done: days ago, from how many replicas to how many, and how it ended.
        domain_phase: of the app's domain.
        metrics_gap: hours ago between which the monitoring API has no samples.
        balance_age: age of the balance.
        moving: ids of rollback deployments, with the phases through which each read advances them.
        rollback_ends, revert_ends: final phase of a rollback, and of its revert.
        rollback_error, rollback_warning: code and message of the platform's objection to any rollback.
        usage_factor, last_month_factor: cost of this month and the last, relative to the expected cost.
    """

    now: datetime
    app_id: str
    app_name: str
    created_at: datetime
    components: list[Component]
    deployments: list[Deployment]
    cluster: Cluster
    ssh_keys: list[SshKey]
    databases: list[Database] = field(default_factory=list)
    firewalls: list[Firewall] = field(default_factory=list)
    static_sites: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    region: str = "fra"
    tier: str = "professional"
    domain: str = "portfolio.example"
    repository: str = "example/portfolio"
    answer: Answer = "normal"
    missing_scopes: set[str] = field(default_factory=set)
    live_url_dead: bool = False
    logs_historic: bool = False
    per_minute: int = 250
    metrics_missing: bool = False
    metrics_age: timedelta = timedelta(seconds=45)
    growth: float = 1.03
    bandwidth_gib: float = 3.4
    bandwidth_week: float = 1.0
    certificate_expires_at: datetime | None = None
    account_status: str = "active"
    account_message: str = ""
    email_verified: bool = True
    previous_outage: Outage | None = None
    listed_less: dict[str, int] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    offline: Literal["", "enabled", "archive"] = ""
    pinned: bool = False
    scaled: list[tuple[float, tuple[int, int], str]] = field(
        default_factory=lambda: [
            (days, change, "SUCCEEDED")
            for days, change in ((5.20, (3, 2)), (5.28, (2, 3)), (19.4, (3, 2)), (19.5, (2, 3)))
        ]
    )
    addresses: dict[str, str] | None = None
    domain_phase: str = "ACTIVE"
    metrics_gap: tuple[float, float] | None = None
    balance_age: timedelta = timedelta()
    credit: float = 0.0
    usage_factor: float = 1.0
    last_month_factor: float = 1.0
    moving: dict[str, list[str]] = field(default_factory=dict)
    rollback_ends: str = "ACTIVE"
    revert_ends: str = "ACTIVE"
    rollback_error: tuple[str, str] | None = None
    rollback_warning: tuple[str, str] | None = None
    product: Product = PORTFOLIO

    @classmethod
    def healthy(cls, now: datetime, product: Product = PORTFOLIO) -> DigitalOceanState:
        """A healthy system. ``now`` is aware UTC."""
        state = cls._of_the_portfolio(now)
        state.product = product
        state.static_sites = [] if product.has("services") else [product.called(WEB)]
        state.databases = state.databases if product.has("databases") else []
        state.jobs = state.jobs if product.has("services") else []
        state.components = [one for one in state.components if product.has_component(one.name)]
        for one in state.components:
            one.name = product.called(one.name)
            one.path = one.path and product.called(one.path)
        return state

    @classmethod
    def _of_the_portfolio(cls, now: datetime) -> DigitalOceanState:
        now = now.replace(microsecond=0)
        created = now - AGE
        return cls(
            now=now,
            app_id=identifier("app"),
            app_name="portfolio",
            created_at=created,
            components=[
                Component("portfolio-web", "services", "apps-s-1vcpu-1gb", 12, 2, cpu=43.0, memory=55.0, path="/"),
                Component(
                    "image-optimizer",
                    "services",
                    "apps-s-1vcpu-2gb",
                    25,
                    2,
                    cpu=49.0,
                    memory=59.0,
                    path="/api/image",
                    autoscaling=(2, 4, 70),
                ),
                Component("image-worker", "workers", "apps-s-1vcpu-1gb", 12, 1, cpu=41.0, memory=52.0),
            ],
            deployments=deployments(now, created, "example/portfolio"),
            cluster=Cluster(
                identifier("cluster"), "portfolio-cache", created, trusted=[("app", identifier("app"))]
            ),
            ssh_keys=_ssh_keys(),
            jobs=[Job("send-digest")],
            databases=[Database(identifier("orders"), "portfolio-orders", "pg", "17", "17.5")],
            firewalls=[
                Firewall(
                    "monitoring",
                    3164444,
                    [
                        ("tcp", "22", ["203.0.113.0/28"]),
                        ("tcp", "80", ["0.0.0.0/0", "::/0"]),
                        ("tcp", "443", ["0.0.0.0/0", "::/0"]),
                        ("icmp", "0", ["0.0.0.0/0", "::/0"]),
                    ],
                )
            ],
            certificate_expires_at=now + timedelta(days=67),
            previous_outage=Outage(
                "eu_west", now - timedelta(days=23, hours=4), now - timedelta(days=23, hours=3.9)
            ),
        )

    def component(self, name: str) -> Component:
        """The component with that name, or with that name in the portfolio; KeyError if there is none."""
        for component in self.components:
            if component.name in (name, self.product.called(name)):
                return component
        raise KeyError(name)

    def roll_back(self, kind: Literal["AUTO_ROLLBACK", "MANUAL_ROLLBACK"], ago: timedelta) -> Deployment:
        """Add a deployment that rolls back to the currently active one."""
        earlier = self.active_deployment
        assert earlier
        earlier.phase = "SUPERSEDED"
        deployment = self.deploy("ACTIVE", ago)
        how = "automatic rollback" if kind == "AUTO_ROLLBACK" else "rollback"
        deployment.cause, deployment.cause_type = f"{how} to deployment {earlier.id}", kind
        deployment.commit = earlier.commit
        return deployment

    def deploy(self, phase: str, ago: timedelta, reason: tuple[str, str] | None = None) -> Deployment:
        """Add a deployment from a push, made ``ago`` before now; the active one keeps serving."""
        commit = commit_hash(f"pushed for {phase} {ago}")
        made = self.now - ago
        running = phase in RUNNING
        deployment = Deployment(
            identifier(f"deployment for {phase} {ago}"),
            phase,
            f"commit {commit[:7]} pushed to github/{self.repository}",
            "DEPLOY_ON_PUSH",
            commit,
            made,
            None if running else min(made + timedelta(minutes=3), self.now),
            reason=reason,
        )
        self.deployments.insert(0, deployment)
        return deployment

    @property
    def active_deployment(self) -> Deployment | None:
        """The deployment that serves visitors."""
        return next((d for d in self.deployments if d.phase == "ACTIVE"), None)

    @property
    def deployment_in_progress(self) -> Deployment | None:
        """The newest one, while it is building or deploying."""
        newest = self.deployments[0] if self.deployments else None
        return newest if newest and newest.in_progress else None


def _ssh_keys() -> list[SshKey]:
    return [
        SshKey(
            41002511,
            "deploy",
            "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEhyg0mQ1a9dC4QhM0q3cJmZl8oF0sVtXnWbYk2rPzLu deploy",
        ),
        SshKey(
            41002512,
            "on-call",
            "c7:52:0e:7f:1d:66:91:4a:28:dd:35:a0:b8:fc:12:43",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPw7TnK5jR2eXb9uGd1LqYcA6mZfHs4oVtN3iJ8xWkQy on-call",
        ),
    ]
