"""Kinds of product that the sandbox can be: their parts, and the names of these.

Code and faults of the sandbox use the portfolio's names; what is shown has the product's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from playbook.core.errors import UsageError
from playbook.core.suggestions import did_you_mean

WEB, OPTIMIZER, WORKER = "portfolio-web", "image-optimizer", "image-worker"
HEALTH, IMAGE_HEALTH, OPTIMIZE = "/api/health", "/api/image/health", "/api/image/optimize"
_LABELS = ("component", "status")


@dataclass(frozen=True)
class Product:
    """One kind of product.

    Attributes:
        summary: one line, without a full stop.
        without: parts of the portfolio that it does not have: ``images``, ``worker``, ``redis``, ``databases``,
            and ``services`` if it consists of static files.
        health: source of its health: the portfolio's own endpoint, or django-health-check.
        queues: of other libraries in Redis, by library and name.
        names: its own names for those of the portfolio: components, routes, keys, metrics, labels.
    """

    name: str
    summary: str
    without: frozenset[str] = frozenset()
    health: Literal["own", "django"] = "own"
    queues: tuple[tuple[str, str], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def called(self, name: str) -> str:
        """The product's own name for one of the portfolio's."""
        return self.names.get(name, name)

    def has(self, part: str) -> bool:
        """Whether the product has a part."""
        return part not in self.without

    def has_component(self, name: str) -> bool:
        """Whether it has a component, by the portfolio's name."""
        return self.has({WEB: "services", OPTIMIZER: "images", WORKER: "worker"}.get(name, ""))

    def labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        """Labels of a series with the product's own names."""
        return {
            self.called(key) if key in _LABELS else key: self.called(value) if key in _LABELS else value
            for key, value in labels.items()
        }

    def text(self, text: str) -> str:
        """A text with every name of the portfolio replaced by the product's own; labels are words, and stay."""
        for usual in sorted(self.names.keys() - set(_LABELS), key=len, reverse=True):
            text = text.replace(usual, self.names[usual])
        return text


PORTFOLIO = Product("portfolio", "website, image optimisation, worker, Redis: all that there is to check")
_DJANGO_SECONDS = "django_http_requests_latency_seconds_by_view_method_bucket"  # name in django-prometheus
PRODUCTS: dict[str, Product] = {
    product.name: product
    for product in (
        PORTFOLIO,
        Product(
            "shop", "the website alone: no image optimisation, no Redis", frozenset({"images", "worker", "redis"})
        ),
        Product(
            "static-site",
            "pages that a generator makes, and nothing that runs (docs/examples)",
            frozenset({"services", "images", "worker", "redis", "databases"}),
            names={WEB: "portfolio-site"},
        ),
        Product(
            "django-shop",
            "a shop of Django, PostgreSQL, Redis and Celery (docs/examples)",
            frozenset({"images"}),
            health="django",
            queues=(("celery", "celery"),),
            names={
                WEB: "shop-web",
                WORKER: "shop-worker",
                HEALTH: "/healthz/",
                "http_requests_total": "django_http_responses_total_by_status_view_method_total",
                "http_request_duration_seconds_bucket": _DJANGO_SECONDS,
            },
        ),
        Product(
            "renamed",
            "the portfolio by other names: components, routes, keys, metrics, dashboard",
            names={
                WEB: "front",
                OPTIMIZER: "pictures",
                WORKER: "pictures-jobs",
                HEALTH: "/up",
                IMAGE_HEALTH: "/pictures/up",
                OPTIMIZE: "/pictures/smaller",
                "/api/image": "/pictures",
                "image-processing-queue": "jobs:pictures",
                "image-processing-stats": "stats:pictures",
                "Portfolio Overview": "Everything",
                "component": "service",
                "status": "code",
                "http_requests_total": "shop_answers_total",
                "http_request_duration_seconds_bucket": "shop_answer_seconds_bucket",
                "image_optimizations_total": "pictures_total",
                "image_optimization_duration_seconds_bucket": "picture_seconds_bucket",
                "image_queue_length": "pictures_waiting",
            },
        ),
    )
}


def product_of(name: str) -> Product:
    """The product with this name; UsageError with one sentence if it is unknown."""
    if name not in PRODUCTS:
        close = did_you_mean(name, PRODUCTS)
        raise UsageError(f"unknown product {name!r}{close} (expected one of {', '.join(PRODUCTS)})")
    return PRODUCTS[name]
