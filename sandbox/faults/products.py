"""Products that are made of less, or called otherwise: what docs/examples shows. Nothing is wrong under any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.job_queues import JobQueue

if TYPE_CHECKING:
    from sandbox.world import World

_API = ("/api", "/login")
_DJANGO = {
    "portfolio-web": "shop-web",
    "image-worker": "shop-worker",
    "image-optimizer": "",
    # django-prometheus' names
    "http_requests_total": "django_http_responses_total_by_status_total",
    "http_request_duration_seconds_bucket": "django_http_requests_latency_seconds_by_view_method_bucket",
}


@fault("static-site", "Nothing is wrong: the product is a static site, and nothing else", harmless=True)
def _(world: World) -> None:
    world.portfolio.absent = (*_API, "/metrics")
    state = world.digitalocean
    state.components, state.static_sites = [], ["portfolio-site"]
    state.databases, state.policy = [], {}
    state.cluster.trusted = [("ip_addr", "203.0.113.10")]  # another product's


@fault(
    "django-shop", "Nothing is wrong: the product is a shop of Django, PostgreSQL, Redis and Celery", harmless=True
)
def _(world: World) -> None:
    world.portfolio.absent, world.portfolio.is_django = _API, True
    world.logs.names = world.metrics.names = _DJANGO
    world.redis.jobs.queues = [JobQueue("celery", "celery")]
    state = world.digitalocean
    state.components = [one for one in state.components if _DJANGO.get(one.name)]
    state.policy = {_DJANGO[name]: policy for name, policy in state.policy.items() if _DJANGO[name]}
    for component in state.components:
        component.name = _DJANGO[component.name]
