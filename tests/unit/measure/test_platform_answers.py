"""No check is OK if one part of the platform's responses for a healthy system is made wrong.

One word is replaced by an unknown one, or left out; one page, component, instance or stretch of samples is
missing; a response lacks its content. Every check is run with its own judge.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.clients.digitalocean_types import DOMAIN_PHASES
from playbook.clients.restart_counts import RestartCounts
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.coverage import whole
from playbook.core.errors import Unmeasured
from playbook.measure.app.app import PHASES, STATES, OwnApp, app
from playbook.measure.app.components import app_components
from playbook.measure.app.deployments import deployment_review, deployments
from playbook.measure.app.jobs import app_jobs
from playbook.measure.app.live_url import LiveUrlAnswer
from playbook.measure.app.release import CAUSES, ROLLBACKS, STATUSES
from playbook.measure.app.resources import cpu_week, memory_growth
from playbook.measure.app.restarts import KnownRestarts, component_restarts
from playbook.measure.app.rollback import rollback, rollback_asked
from playbook.measure.app.scaling import scaling
from playbook.measure.app.traffic import network_week
from playbook.measure.app.utilization import utilization
from playbook.measure.figures.cost_trend import cost_trend
from playbook.measure.figures.costs import bills
from playbook.measure.security.access import STATUSES as ACCOUNT_STATUSES
from playbook.measure.security.access import GitHubAccess, GitHubActivity, digitalocean_access
from playbook.measure.security.firewall import (
    PROTOCOLS,
    SOURCE_TYPES,
    DatabaseSources,
    cloud_firewalls,
    trusted_sources,
)
from tests.canned import NOW, Canned
from tests.canned import settings as sandbox_settings
from tests.judged import check, judged

SETTINGS, CLOCK = sandbox_settings(), FixedClock(NOW)
Edit = Callable[[Any], None]

KNOWN = PHASES | STATES | DOMAIN_PHASES | STATUSES | CAUSES | ROLLBACKS.keys() | PROTOCOLS | SOURCE_TYPES
KNOWN |= ACCOUNT_STATUSES | {"succeeded", "failed"}
words = st.text(st.characters(codec="ascii", categories=["Lu", "Ll", "Nd", "Pc"]), min_size=1, max_size=20).filter(
    lambda word: word not in KNOWN
)
SIGNED = SimpleNamespace(
    of=lambda _: SimpleNamespace(
        item="x",
        rule=SimpleNamespace(near=timedelta(days=1)),
        pending=False,
        coverage=whole("1 sign-off"),
        valid=True,
        near=False,
        refused=(),
        found="one that counts",
    )
)


def verdict(name: str, edits: dict[str, Edit]) -> str:
    """Verdict of a check, on the simulator's responses with these edits."""
    canned = Canned(edits=dict(edits))
    try:
        return str(CHECKS[name](canned)[0])
    except Unmeasured:
        return "UNKNOWN"


def _active(canned: Canned) -> Any:
    status = app(canned.api, SETTINGS, CLOCK)
    answer = LiveUrlAnswer("https://x", 200, "HTTP 200", answered=True)
    return judged(check("test_app", "test_app_is_active"), app=status, live_url_answer=answer)


def _components(canned: Canned) -> Any:
    found = app_components(canned.api, app(canned.api, SETTINGS, CLOCK), SETTINGS)
    return judged(
        check("test_app", "test_every_component_is_healthy"),
        app_components=found,
        known_restarts=KnownRestarts(()),
        app_jobs=app_jobs(canned.api, CLOCK),
    )


def _recent(canned: Canned) -> Any:
    found = deployments(canned.api, SETTINGS, CLOCK, Earlier(), OwnApp())
    return judged(check("test_deployments", "test_newest_deployment_succeeded"), deployments=found)


def _week(canned: Canned) -> Any:
    found = deployment_review(canned.api, SETTINGS, CLOCK, OwnApp())
    return judged(check("test_deployments", "test_failed_deployments_were_repaired"), deployment_review=found)


def _rollback(canned: Canned) -> Any:
    return judged(
        check("test_rollback", "test_rollback_is_possible"),
        rollback=rollback(rollback_asked(canned.api, CLOCK, OwnApp())),
    )


def _firewall(canned: Canned) -> Any:
    values = {
        "cloud_firewalls": cloud_firewalls(canned.account, SETTINGS),
        "trusted_sources": trusted_sources(canned.api, SETTINGS),
        "database_sources": DatabaseSources(),
    }
    return judged(check("test_firewall", "test_nothing_is_open_to_everybody"), **values)


def _access(canned: Canned) -> Any:
    found = digitalocean_access(canned.account)
    SIGNED.coverage = found.coverage
    values = {"digitalocean_access": found, "github_access": GitHubAccess(""), "access_sign_offs": SIGNED}
    return judged(check("test_access", "test_permissions_are_minimal"), **values)


def _keys(canned: Canned) -> Any:
    found = digitalocean_access(canned.account)
    SIGNED.coverage = found.coverage
    values = {"digitalocean_access": found, "github_activity": GitHubActivity(""), "access_sign_offs": SIGNED}
    return judged(check("test_access", "test_no_member_is_idle"), **values)


def _costs(canned: Canned) -> Any:
    found = bills(canned.account, SETTINGS, CLOCK)
    trend = cost_trend(found, canned.account, SETTINGS)
    return judged(check("test_costs", "test_costs_do_not_jump"), cost_trend=trend)


def _utilization(canned: Canned) -> Any:
    found = utilization(canned.api, app(canned.api, SETTINGS, CLOCK), SETTINGS, CLOCK)
    return judged(check("test_utilization", "test_resource_use_is_below_its_limits"), utilization=found)


def _cpu(canned: Canned) -> Any:
    found = cpu_week(canned.api, app(canned.api, SETTINGS, CLOCK), SETTINGS, CLOCK)
    return judged(check("test_resources", "test_cpu_had_headroom_all_week"), cpu_week=found)


def _memory(canned: Canned) -> Any:
    found = memory_growth(canned.api, app(canned.api, SETTINGS, CLOCK), SETTINGS, CLOCK)
    return judged(check("test_resources", "test_memory_does_not_grow_into_its_limit"), memory_growth=found)


def _scaling(canned: Canned) -> Any:
    found = scaling(canned.api, canned.account, SETTINGS, CLOCK)
    return judged(check("test_scaling", "test_sizes_fit_their_use"), scaling=found)


def _network(canned: Canned) -> Any:
    found = network_week(canned.api, SETTINGS, CLOCK, OwnApp())
    return judged(check("test_resources", "test_traffic_is_similar_to_the_week_before"), network_week=found)


def _restarts(canned: Canned) -> Any:
    found = component_restarts(canned.api, app(canned.api, SETTINGS, CLOCK), SETTINGS, CLOCK, RestartCounts())
    the_check = check("test_troubleshooting", "test_no_component_is_restarted")
    return judged(the_check, component_restarts=found, utilization_now=found)


CHECKS: dict[str, Callable[[Canned], Any]] = {
    "active": _active,
    "components": _components,
    "recent": _recent,
    "week": _week,
    "rollback": _rollback,
    "firewall": _firewall,
    "access": _access,
    "keys": _keys,
    "costs": _costs,
    "utilization": _utilization,
    "cpu": _cpu,
    "memory": _memory,
    "scaling": _scaling,
    "network": _network,
    "restarts": _restarts,
}
APP = f"/v2/apps/{Canned().state.app_id}"
# By check: the responses it relies on, and the required key of each.
ANSWERS = {
    "active": {APP: "app"},
    "components": {APP: "app", "/health": "app_health"},
    "recent": {"/deployments": "deployments"},
    "week": {"/deployments": "deployments"},
    "rollback": {"/deployments": "deployments"},
    "firewall": {"/v2/firewalls": "firewalls", "/firewall": "rules"},
    "access": {"/v2/account": "account", "/account/keys": "ssh_keys"},
    "keys": {"/v2/account": "account", "/account/keys": "ssh_keys"},
    "costs": {"/my/invoices": "invoices", "/my/balance": "month_to_date_usage", "/summary": "product_charges"},
    "utilization": {"/cpu_percentage": "data", "/memory_percentage": "data"},
    "cpu": {"/cpu_percentage": "data"},
    "memory": {"/memory_percentage": "data"},
    "scaling": {"/cpu_percentage": "data", "/memory_percentage": "data", "/instance_sizes": "instance_sizes"},
    "network": {"/bandwidth_daily": "app_bandwidth_usage"},
    "restarts": {"/restart_count": "data"},
}
STOOD_ON = [(name, path, key) for name, answers in ANSWERS.items() for path, key in answers.items()]


@pytest.mark.parametrize("name", CHECKS)
def test_healthy_system_is_ok(name):
    """Precondition for the tests below."""
    assert verdict(name, {}) == "OK"


@pytest.mark.parametrize("wrong", ["left out", None, "text", 7, [], {}], ids=repr)
@pytest.mark.parametrize(("name", "path", "key"), STOOD_ON)
def test_response_without_its_content_is_never_ok(name, path, key, wrong):
    """The key is left out, null, or of another type."""
    empty = (wrong == [] and key in {"ssh_keys", "firewalls"}) or (wrong == {} and key == "app_health")

    def edit(body: Any) -> None:
        if wrong == "left out":
            del body[key]
        else:
            body[key] = wrong

    if (empty and key != "app_health") or (wrong == 7 and key == "month_to_date_usage"):
        return  # an empty list whose count agrees is valid; and the number is a valid amount
    assert verdict(name, {path: edit}) != "OK"


@pytest.mark.parametrize(
    ("name", "path", "key"), [s for s in STOOD_ON if s[2] in {"ssh_keys", "firewalls", "deployments"}]
)
@pytest.mark.parametrize("lost", [1, "all"])
def test_listing_shorter_than_its_count_is_never_ok(name, path, key, lost):
    """Without the newest entries, or without any."""

    def edit(body: Any) -> None:
        body[key] = [] if lost == "all" else body[key][:-1]

    assert verdict(name, {path: edit}) != "OK"


@pytest.mark.parametrize(("name", "path", "key"), STOOD_ON)
def test_error_with_status_200_is_never_ok(name, path, key):
    """``{id, message}`` with HTTP 200."""

    def edit(body: Any) -> None:
        body.clear()
        body.update({"id": "server_error", "message": f"No {key} today"})

    assert verdict(name, {path: edit}) != "OK"


@cache
def _places(name: str, path: str, keys: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Paths of the values with these keys in a response."""
    found: list[tuple[Any, ...]] = []

    def walk(value: Any, way: tuple[Any, ...]) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in keys and isinstance(inner, str):
                    found.append((*way, key))
                walk(inner, (*way, key))
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                walk(inner, (*way, number))

    def look(body: Any) -> None:
        walk(body, ())

    verdict(name, {path: look})
    return [way for way in found if not {"spec", "outbound_rules"} & set(way)]


def _words(name: str, path: str, *keys: str, first: int = 1_000_000) -> list[tuple[str, str, tuple[Any, ...]]]:
    return [(name, path, way) for way in _places(name, path, keys)[:first]]


WORDS = [
    *_words("active", APP, "phase"),
    *_words("components", "/health", "state"),
    *_words("recent", "/deployments", "phase", "status", "type", first=9),
    *_words("week", "/deployments", "phase", "status", "type", first=27),
    *_words("firewall", "/v2/firewalls", "status", "protocol"),
    *_words("firewall", "/firewall", "type"),
    *_words("access", "/v2/account", "status"),
]


@given(place=st.sampled_from(WORDS), word=st.one_of(words, st.none(), st.just("UNKNOWN")))
def test_unknown_word_is_never_ok(place, word):
    """Nor a missing one."""
    name, path, way = place

    def edit(body: Any) -> None:
        for step in way[:-1]:
            body = body[step]
        if word is None:
            body.pop(way[-1], None)
        else:
            body[way[-1]] = word

    if word is None and way[-1] == "type" and path == "/deployments":
        return  # the API's description does not promise the cause of a deployment
    assert verdict(name, {path: edit}) != "OK"


@given(
    name=st.sampled_from(["utilization", "cpu", "memory", "scaling", "restarts"]),
    instance=st.integers(0, 4),
    how=st.sampled_from(["gone", "renamed", "nan", "negative"]),
)
@settings(max_examples=25)
def test_unseen_instance_is_never_ok(name, instance, how):
    """It is missing, has no component, or has no valid values."""
    path = next(iter(ANSWERS[name]))

    def edit(body: Any) -> None:
        result = body["data"]["result"]
        if how == "gone":
            del result[instance]
        elif how == "renamed":
            result[instance]["metric"]["app_component"] = ""
        else:
            value = "NaN" if how == "nan" else "-1"
            result[instance]["values"] = [[at, value] for at, _ in result[instance]["values"]]

    assert verdict(name, {path: edit}) != "OK"


@given(
    component=st.integers(0, 2), part=st.sampled_from(["component", "state", "replicas_ready", "replicas_desired"])
)
def test_incompletely_reported_component_is_never_ok(component, part):
    """Without the component, or without one word."""

    def edit(body: Any) -> None:
        components = body["app_health"]["components"]
        if part == "component":
            del components[component]
        else:
            del components[component][part]

    assert verdict("components", {"/health": edit}) != "OK"


@given(days=st.sets(st.integers(0, 13), min_size=2, max_size=14))
@settings(max_examples=20)
def test_missing_traffic_days_are_ok_only_for_one_weekday(days):
    """Two days may be the same weekday of both weeks: then six of seven can still be compared."""
    asked: list[int] = []

    def edit(body: Any) -> None:
        asked.append(len(asked))
        if asked[-1] in days:
            body["app_bandwidth_usage"] = []

    weekdays = {day % 7 for day in days}
    assert (verdict("network", {"/bandwidth_daily": edit}) == "OK") is (len(weekdays) == 1)
