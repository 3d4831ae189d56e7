"""State of the sandbox: a plain, mutable object for each of its parts, which faults edit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.products import PORTFOLIO, Product
from sandbox.world.alerts import AlertsState
from sandbox.world.app import DigitalOceanState
from sandbox.world.backups import BackupsState
from sandbox.world.figures import MetricsState
from sandbox.world.github import GitHubState
from sandbox.world.load import LoadTestsState
from sandbox.world.logs import LogsState
from sandbox.world.maintenance import MaintenanceState
from sandbox.world.npm import NpmState
from sandbox.world.pages import PagesState
from sandbox.world.people import PeopleState
from sandbox.world.recovery import RecoveryState
from sandbox.world.redis import RedisState
from sandbox.world.sign_ins import SignInsState
from sandbox.world.web import PortfolioState

SERVICES = (
    "web",
    "redis",
    "digitalocean",
    "prometheus",
    "grafana",
    "alertmanager",
    "logs",
    "backups",
    "recovery",
    "receiver",
    "people",
    "pages",
    "sign-ins",
    "github",
    "npm",
)


@dataclass
class World:
    """A healthy system until a fault changes it.

    Attributes:
        now: when it was made, aware, in UTC.
        product: kind of product; constant for the sandbox's life.
        gone: services that do not answer: nothing listens on their port, or the store is missing.
    """

    now: datetime
    portfolio: PortfolioState
    redis: RedisState
    digitalocean: DigitalOceanState
    metrics: MetricsState
    alerts: AlertsState
    logs: LogsState
    backups: BackupsState
    recovery: RecoveryState
    people: PeopleState
    maintenance: MaintenanceState
    github: GitHubState
    npm: NpmState
    pages: PagesState
    sign_ins: SignInsState
    load_tests: LoadTestsState
    gone: set[str] = field(default_factory=set)
    product: Product = PORTFOLIO

    @classmethod
    def healthy(cls, now: datetime, product: Product = PORTFOLIO) -> World:
        """An ordinary morning."""
        return cls(
            now=now,
            portfolio=PortfolioState.healthy(now),
            redis=RedisState.healthy(now, product),
            digitalocean=DigitalOceanState.healthy(now, product),
            metrics=MetricsState.healthy(now, product),
            alerts=AlertsState.healthy(now),
            logs=LogsState.healthy(now, product),
            backups=BackupsState.healthy(now),
            recovery=RecoveryState.healthy(now),
            people=PeopleState.healthy(now),
            maintenance=MaintenanceState.healthy(now),
            github=GitHubState.healthy(now),
            npm=NpmState(),
            pages=PagesState(),
            sign_ins=SignInsState(now),
            load_tests=LoadTestsState.healthy(now),
            product=product,
        )
