"""DigitalOcean's data about a product: components, domains, databases and alerts of its app. GET only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from playbook.cli.init.answers import Answers
from playbook.clients.digitalocean import DigitalOceanApi, digitalocean
from playbook.clients.digitalocean_account import Cluster, DigitalOceanAccount
from playbook.clients.digitalocean_spec import Spec
from playbook.core.errors import Denied, Malformed, NotConfigured, Unmeasured, UsageError
from playbook.settings.files import CONFIG_VARIABLE
from playbook.settings.loading import load

_REDIS = frozenset({"REDIS", "VALKEY"})
_IMAGES = ("image", "optimi")
TOKENS = ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN")


class _HealthCheck(msgspec.Struct, frozen=True):
    http_path: str = ""


class _Path(msgspec.Struct, frozen=True):
    path: str = ""


class _Served(msgspec.Struct, frozen=True):
    """A component by the routes that it serves; ``routes`` is the older form of ``ingress``."""

    name: str = ""
    health_check: _HealthCheck | None = None
    routes: list[_Path] = []


class _Prefix(msgspec.Struct, frozen=True):
    prefix: str = ""


class _Match(msgspec.Struct, frozen=True):
    path: _Prefix | None = None


class _Component(msgspec.Struct, frozen=True):
    name: str = ""


class _Rule(msgspec.Struct, frozen=True):
    component: _Component | None = None
    match: _Match | None = None


class _Ingress(msgspec.Struct, frozen=True):
    rules: list[_Rule] = []


class _Routing(msgspec.Struct, frozen=True):
    services: list[_Served] = []
    static_sites: list[_Served] = []
    ingress: _Ingress = _Ingress()


class _Domain(msgspec.Struct, frozen=True):
    domain: str = ""
    type: str = ""


class _Domains(msgspec.Struct, frozen=True):
    domains: list[_Domain] = []


def ask_digitalocean(answers: Answers, environment: Mapping[str, str]) -> Answers:
    """The answers, extended by the API's data about the app.

    Raises:
        UsageError: there is no token, or the API does not accept it or does not know the app.
        Unmeasured: the API could not be reached.
    """
    api = _api(answers, environment)
    try:
        body = api.read("the app", "app:read", lambda client: client.apps.get(answers.app_id))
        spec = api.inside(api.inside(body, "app", "the app"), "spec", "the app")
        return _told(answers, api, spec, str(body["app"].get("live_url", "")))
    except (Denied, Malformed) as error:
        raise UsageError(f"init --from-app: {error}") from None


def _api(answers: Answers, environment: Mapping[str, str]) -> DigitalOceanApi:
    where = {"app_id": answers.app_id}
    where |= {"endpoint": answers.endpoint} if answers.endpoint else {}
    where |= {"ca": answers.ca} if answers.ca and answers.endpoint else {}
    variables = {name: value for name, value in environment.items() if name != CONFIG_VARIABLE}
    overlay = {"targets": {"production": {"digitalocean": where}}}
    # Defaults only: an existing file is not meant.
    settings = load("production", root=Path("/dev/null"), environment=variables, overlay=overlay)
    try:
        return digitalocean(settings)
    except NotConfigured:
        raise UsageError(
            f"init --from-app: expected a token in ${' or $'.join(TOKENS)}; one that may read is enough"
        ) from None


def _told(answers: Answers, api: DigitalOceanApi, raw: Any, live_url: str) -> Answers:
    spec = api.parse(Spec, raw, "the app")
    routing = api.parse(_Routing, raw, "the app")
    web = _web(routing)
    health = next(
        (one.health_check.http_path for one in routing.services if one.name == web and one.health_check), ""
    )
    optimizer = next((one.name for one in spec.services if one.name != web and _is_of_images(one.name)), "")
    worker = next((one.name for one in spec.workers if _is_of_images(one.name)), "")
    domains = api.parse(_Domains, raw, "the app").domains
    primary = next((one.domain for one in domains if one.type == "PRIMARY"), domains[0].domain if domains else "")
    has = {
        "services": bool(spec.running),
        "api": bool(health),
        "worker": bool(spec.workers),
        "images": bool(optimizer or worker),
    }
    named = {one.cluster_name or one.name for one in spec.databases}
    clusters, comments = _clusters(api, spec, named)
    redis_clusters = [one.id for one in clusters if one.engine.upper() in _REDIS]
    databases = [one for one in clusters if one.engine.upper() not in _REDIS]
    keys = {one.key for part in (spec, *spec.components) for one in part.envs}
    redis = redis_clusters or any(word in key.upper() for key in keys for word in _REDIS)
    has |= {"redis": True} if redis else {}
    in_spec = any(one.engine.upper() not in _REDIS for one in spec.databases)
    has |= {"databases": True} if databases or in_spec else {}
    known = [
        f"Components: {', '.join(one.name for one in spec.components) or 'none'}",
        *comments,
        *_alerts(api),
    ]
    # A service that the app does not show may be elsewhere, so only parts of the app itself are known to be
    # absent.
    absent = [
        name
        for name, there in has.items()
        if not there and name not in answers.parts and (name != "api" or not spec.services)
    ]
    roles = {"web": web, "optimizer": optimizer, "worker": worker}
    return replace(
        answers,
        app=spec.name,
        url=answers.url or (f"https://{primary}" if primary else live_url.rstrip("/")),
        parts=(answers.parts | {name for name, there in has.items() if there}) - answers.absent,
        without=tuple(dict.fromkeys((*answers.without, *absent))),
        components={role: name for role, name in roles.items() if name},
        health_path=health,
        domains=tuple(one.domain for one in domains if one.domain not in (primary, "") and "*" not in one.domain),
        redis_cluster=redis_clusters[0] if len(redis_clusters) == 1 else "",
        databases=tuple(
            (one.id, one.engine.removeprefix("advanced_")) for one in databases if one.name not in named
        ),
        known=tuple(known),
    )


def _web(routing: _Routing) -> str:
    """The component that serves ``/``, or the shortest path."""
    paths = [(route.path, one.name) for one in (*routing.services, *routing.static_sites) for route in one.routes]
    paths += [
        (rule.match.path.prefix, rule.component.name)
        for rule in routing.ingress.rules
        if rule.component and rule.match and rule.match.path
    ]
    if paths:
        return min(paths, key=lambda each: len(each[0]))[1]
    return next((one.name for one in (*routing.services, *routing.static_sites)), "")


def _is_of_images(name: str) -> bool:
    return any(word in name.lower() for word in _IMAGES)


def _clusters(api: DigitalOceanApi, spec: Spec, named: Collection[str]) -> tuple[list[Cluster], list[str]]:
    """Managed clusters that the spec names or that admit the app, and comments about databases."""
    comments = [f"Databases of the app: {', '.join(f'{one.name} ({one.engine})' for one in spec.databases)}"]
    comments = comments if spec.databases else []
    found: list[Cluster] = []
    try:
        clusters = DigitalOceanAccount(api).clusters()
    except Unmeasured as error:
        return found, [*comments, f"Which database clusters there are is not known ({error})"]
    for cluster in clusters:
        try:
            rules = api.trusted_sources(cluster.id)
        except Unmeasured as error:
            rules = []
            comments.append(f"Whether {cluster.name} ({cluster.engine}) lets the app in is not known ({error})")
        lets_in = ("app", api.app_id) in {(rule.get("type"), rule.get("value")) for rule in rules}
        if lets_in or cluster.name in named:
            found.append(cluster)
            comments += [f"{cluster.name} ({cluster.engine}) lets the app in"] if lets_in else []
    return found, comments


def _alerts(api: DigitalOceanApi) -> Iterator[str]:
    """Alerts that DigitalOcean itself sends."""
    try:
        rules = [alert.get("spec", {}) for alert in api.alerts()]
    except Unmeasured as error:
        yield f"Which alerts DigitalOcean sends is not known ({error})"
        return
    names = [str(rule.get("rule", "")).lower().replace("_", " ") for rule in rules if not rule.get("disabled")]
    yield f"Alerts that DigitalOcean sends by itself: {', '.join(names) or 'none'}"
