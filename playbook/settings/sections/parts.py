"""The parts of a product of this kind. One that lacks some names them: ``without = ["images", "redis"]``.

An absent part is left out of every set, floor, figure, runbook and load test, and listed once as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from playbook.core.suggestions import did_you_mean
from playbook.settings.sections.load import Load
from playbook.settings.sections.target import Target

WITHOUT = "without"
SITES = "sites"  # absent by default where none is set
S = TypeVar("S", bound=msgspec.Struct)


class Part(msgspec.Struct, frozen=True):
    """One part of a product.

    Attributes:
        name: as ``without`` names it.
        what: what it is, in a few words.
        holds: parts that are absent too where this one is.
        settings: dotted paths below ``[targets.NAME]`` of settings that only apply with this part.
        tasks: name prefixes of the load test tasks about it.
    """

    name: str
    what: str
    holds: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()


PARTS: Mapping[str, Part] = {
    part.name: part
    for part in (
        Part(
            "images",
            "image optimisation: its endpoints, and the service and the worker that do it",
            settings=(
                "web.image_health_path",
                "web.optimize_path",
                "web.optimized_width",
                "web.sample_image",
                "components.optimizer",
                "components.worker",
                "redis.stats_key",
            ),
            tasks=("image_health", "optimize_"),
        ),
        Part(
            "worker",
            "workers in the background",
            holds=("queue",),
            settings=("components.worker", "redis.stats_key"),
        ),
        Part(
            "redis",
            "Redis or Valkey",
            holds=("cache", "queue"),
            settings=(
                "redis.url",
                "redis.stats_key",
                "digitalocean.redis_cluster_id",
                "prometheus.redis_selector",
            ),
        ),
        Part("cache", "a cache in Redis, which may hold a queue alone"),
        Part("queue", "a queue in Redis", settings=("redis.queue_key", "redis.queues")),
        Part(SITES, "further websites and health endpoints", settings=("web.also",)),
        Part(
            "databases",
            "databases that DigitalOcean manages, a Redis among them",
            settings=("digitalocean.databases", "digitalocean.redis_cluster_id"),
        ),
        Part(
            "api",
            "an endpoint that tells the application's health",
            settings=("web.health_path",),
            tasks=("health",),
        ),
        Part(
            "services",
            "containers: a static site has none, and so no logs and no use of resources",
            holds=("api", "images", "worker", "queue"),
        ),
        Part(
            "staging",
            "a staging system, on which restores and alerts are tried",
            settings=("alert_test.received_url",),
        ),
        Part("backups", "backup archives", settings=("backups.location",)),
        Part(
            "prometheus",
            "metrics in Prometheus, asked directly or through Grafana",
            settings=("prometheus.url", "grafana.datasource_uid"),
        ),
        Part("grafana", "a dashboard in Grafana", settings=("grafana.url", "links.grafana")),
        Part("alertmanager", "Alertmanager", settings=("alertmanager.url", "alert_test.received_url")),
        Part(
            "github",
            "an organisation and a repository on GitHub to review",
            settings=("github.organisation", "github.repository"),
        ),
        Part("npm", "a Node project with dependencies", settings=("npm.project",)),
    )
}


def absent_parts(named: Iterable[str]) -> frozenset[str]:
    """The named parts, and those that are absent with them."""
    found: set[str] = set()
    waiting = list(named)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += PARTS[name].holds
    return frozenset(found)


def unknown_parts(named: Iterable[str]) -> Iterator[str]:
    """A sentence for each name that is not a part."""
    for name in named:
        if name not in PARTS:
            yield f"expected some of {', '.join(PARTS)}, got {name!r}{did_you_mean(name, PARTS)}"


def contradictions(named: Iterable[str], given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Settings of parts that are declared absent: the part as it is named, and the dotted path.

    Args:
        given: the target's own table, with variables filled in.
    """
    seen: set[str] = set()
    for name in named:
        for part in sorted(absent_parts([name])):
            for path in PARTS[part].settings:
                if path not in seen and _at(given, path) is not None:
                    seen.add(path)
                    yield name, path


def shorn(target: Target, load: Load, absent: Iterable[str]) -> tuple[Target, Load]:
    """Settings of a target and of load without the absent parts: no addresses, and no load on them."""
    parts = [PARTS[name] for name in absent]
    tasks = tuple(task for part in parts for task in part.tasks)
    weights = {name: 0.0 if tasks and name.startswith(tasks) else own for name, own in load.weights.items()}
    target = _reset(target, (path for part in parts for path in part.settings))
    if PARTS["redis"] in parts:
        target = replace(target, recovery=replace(target.recovery, dump=""))  # no archive contains one
    return target, replace(load, weights=weights)


def _reset(section: S, paths: Iterable[str]) -> S:
    """A section with the settings at these dotted paths reset to their defaults."""
    for path in paths:
        name, _, rest = path.partition(".")
        field = next(field for field in msgspec.structs.fields(section) if field.name == name)
        value = _reset(getattr(section, name), [rest]) if rest else field.default
        section = replace(section, **{name: value})
    return section


def _at(table: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(table, Mapping) or key not in table:
            return None
        table = table[key]
    return table
