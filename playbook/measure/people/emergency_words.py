"""The signs of an emergency: their measurements, their names, and what was found, in words. Pure.

No words where a sign is about further sites and the target has none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from playbook.measure.alerts.alerts import Alerts
from playbook.measure.app.app import AppStatus
from playbook.measure.app.components import AppComponents
from playbook.measure.figures.recent import Recent
from playbook.measure.images.images import Optimization
from playbook.measure.redis.redis import RedisStats
from playbook.measure.statements import Statement
from playbook.measure.web.health_endpoints import Health
from playbook.measure.web.homepage import HomepageTiming
from playbook.measure.web.sites import OtherHealth, OtherHomepages

ASKED = (
    "homepage_timing",
    "other_homepages",
    "api_health",
    "image_health",
    "optimization",
    "other_health",
    "redis_stats",
    "app",
    "app_components",
    "response_time_latest",
    "error_rate_latest",
    "alerts",
)
HOMEPAGE, SITES, HEALTH, IMAGES, OPTIMISED, SITES_HEALTH, REDIS, APP, COMPONENTS, RESPONSE, ERRORS, ALERTS = ASKED
NAMES = {
    HOMEPAGE: "Homepage",
    SITES: "Other homepages",
    HEALTH: "API health",
    IMAGES: "Image service",
    OPTIMISED: "Optimised image",
    SITES_HEALTH: "Health of the other sites",
    REDIS: "Redis",
    APP: "App",
    COMPONENTS: "Components",
    RESPONSE: "P95 response time",
    ERRORS: "Error rate",
    ALERTS: "Alerts",
}


def _homepage_words(homepage: HomepageTiming) -> str:
    seconds = homepage.median.value
    return homepage.summary + (f", {seconds:.2f} s" if math.isfinite(seconds) else "")


def _sites_words(sites: OtherHomepages) -> str:
    bad = [f"{site.name}: {_homepage_words(site.value)}" for site in sites.seen if site.value.bad]
    slow = [f"{site.name}: {_homepage_words(site.value)}" for site in sites.seen if not site.value.bad]
    return "; ".join(bad or slow) or ("none seen" if sites.sites else "")


def _sites_health_words(sites: OtherHealth) -> str:
    bad = [f"{one.subject}: {one.found}" for one in sites.statements if not one.holds]
    return "; ".join(bad) or (f"{len(sites.seen)} of {len(sites.sites)} healthy" if sites.sites else "")


def _health_words(health: Health) -> str:
    return health.summary


def failing_of(redis: RedisStats) -> list[Statement]:
    """What keeps it from its work; what is only a warning can wait."""
    return [one for one in redis.work if not one.holds and not one.warn]


def _redis_words(redis: RedisStats) -> str:
    bad = [f"{one.subject}: {one.found}" for one in failing_of(redis)]
    return "; ".join(bad) or "works"


def _app_words(app: AppStatus) -> str:
    return app.offline or app.phase


def _components_words(components: AppComponents) -> str:
    bad = [f"{one.name} {one.found}" for one in components.worst_first if not one.well]
    return "; ".join(bad) or components.summary


def _picture_words(optimised: Optimization) -> str:
    return optimised.summary


def _time_words(measured: Recent) -> str:
    return f"{measured.reading.value:.2f} s over {measured.over}"


def _share_words(measured: Recent) -> str:
    return f"{measured.reading.value:.2f} % over {measured.over}"


def _alert_words(alerts: Alerts) -> str:
    return f"{alerts.words(alerts.firing, 'firing')}" if alerts.firing else "none firing"


WORDS: dict[str, Callable[[Any], str]] = {
    HOMEPAGE: _homepage_words,
    SITES: _sites_words,
    HEALTH: _health_words,
    IMAGES: _health_words,
    OPTIMISED: _picture_words,
    SITES_HEALTH: _sites_health_words,
    REDIS: _redis_words,
    APP: _app_words,
    COMPONENTS: _components_words,
    RESPONSE: _time_words,
    ERRORS: _share_words,
    ALERTS: _alert_words,
}
