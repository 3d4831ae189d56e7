"""Answers in the words of DigitalOcean's API (its description, doctl and godo), each with the right verdict."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from playbook.clients.digitalocean_samples import usable
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.coverage import whole
from playbook.core.errors import Malformed
from playbook.core.judge import Judge
from playbook.measure.app.app import OwnApp, app
from playbook.measure.app.components import app_components
from playbook.measure.app.deployments import deployment_review, deployments
from playbook.measure.app.jobs import app_jobs
from playbook.measure.app.live_url import LiveUrlAnswer
from playbook.measure.app.restarts import KnownRestarts
from playbook.measure.figures.cost_trend import cost_trend
from playbook.measure.figures.costs import bills
from playbook.measure.security.access import GitHubAccess, digitalocean_access
from playbook.measure.security.firewall import DatabaseSources, cloud_firewalls, trusted_sources
from tests.canned import NOW, Canned, settings
from tests.judged import check, judged

ANSWERS: dict[str, Any] = json.loads(Path(__file__).with_name("digitalocean.json").read_text(encoding="utf-8"))
PATHS = {
    "health": "/health",
    "deployments": "/deployments",
    "firewalls": "/v2/firewalls",
    "rules": "/firewall",
    "account": "/v2/account",
    "balance": "/my/balance",
    "invoices": "/my/invoices",
    "preview_summary": "/i-11/summary",
    "summary": "/summary",
}
Edit = Callable[[dict[str, Any]], None]
SETTINGS, CLOCK = settings(), FixedClock(NOW)


def api(which: str = "", edit: Edit | None = None) -> Canned:
    answers = copy.deepcopy(ANSWERS)
    if edit:
        edit(answers[which])
    canned = Canned()
    canned.answers = {path: (200, answers[name]) for name, path in PATHS.items()}
    canned.answers[f"/v2/apps/{canned.state.app_id}"] = (200, answers["app"])
    return canned


def the_app(which: str, edit: Edit | None) -> str:
    status = app(api(which, edit).api, SETTINGS, CLOCK)
    answer = LiveUrlAnswer("https://gallery.example", 200, "HTTP 200", answered=True)
    judge = Judge()
    judge.add_coverage("app", status.coverage)

    def only(app: Any, judge: Judge) -> None:
        check("test_app", "test_app_is_active")(app, answer, judge)

    return str(judged(only, app=status)[0])


def components(which: str, edit: Edit | None) -> str:
    canned = api(which, edit).api
    found = app_components(canned, app(canned, SETTINGS, CLOCK), SETTINGS)
    return str(
        judged(
            check("test_app", "test_every_component_is_healthy"),
            app_components=found,
            known_restarts=KnownRestarts(()),
            app_jobs=app_jobs(canned, CLOCK),
        )[0]
    )


def newest(which: str, edit: Edit | None) -> str:
    found = deployments(api(which, edit).api, SETTINGS, CLOCK, Earlier(), OwnApp())
    return str(judged(check("test_deployments", "test_newest_deployment_succeeded"), deployments=found)[0])


def week(which: str, edit: Edit | None) -> str:
    found = deployment_review(api(which, edit).api, SETTINGS, CLOCK, OwnApp())
    the_check = check("test_deployments", "test_failed_deployments_were_repaired")
    return str(judged(the_check, deployment_review=found)[0])


def walls(which: str, edit: Edit | None) -> str:
    canned = api(which, edit)
    values = {
        "cloud_firewalls": cloud_firewalls(canned.account, SETTINGS),
        "trusted_sources": trusted_sources(canned.api, SETTINGS),
        "database_sources": DatabaseSources(),
    }
    return str(judged(check("test_firewall", "test_nothing_is_open_to_everybody"), **values)[0])


def costs(which: str, edit: Edit | None) -> str:
    canned = api(which, edit)
    found = bills(canned.account, SETTINGS, CLOCK)
    trend = cost_trend(found, canned.account, SETTINGS)
    verdicts = [
        judged(check("test_costs", "test_month_stays_within_its_budget"), bills=found)[0],
        judged(check("test_costs", "test_last_invoice_is_there_and_within_the_budget"), bills=found)[0],
        judged(check("test_costs", "test_costs_do_not_jump"), cost_trend=trend)[0],
    ]
    return next((str(one) for one in verdicts if str(one) != "OK"), "OK")


def account(which: str, edit: Edit | None) -> str:
    found = digitalocean_access(api(which, edit).account)
    signed = type("Signed", (), {"coverage": found.coverage, "of": lambda *_: _SIGNED})()
    values = {"digitalocean_access": found, "github_access": GitHubAccess(""), "access_sign_offs": signed}
    return str(judged(check("test_access", "test_permissions_are_minimal"), **values)[0])


class _Signed:
    item, valid, near, refused, found = "x", True, False, (), "one that counts"
    rule = type("Rule", (), {"near": NOW - NOW})
    pending, coverage = False, whole("1 sign-off")


_SIGNED = _Signed()


def put(path: str, value: Any) -> Edit:
    """An edit that sets the value at a dotted path; numbers are list indexes."""

    def edit(answer: Any) -> None:
        *way, last = path.split(".")
        for step in way:
            answer = answer[int(step)] if isinstance(answer, list) else answer[step]
        answer[int(last) if isinstance(answer, list) else last] = value

    edit.__name__ = f"{path}={json.dumps(value)}"  # shown by pytest
    return edit


def drop(path: str) -> Edit:
    """An edit that removes the value at a dotted path."""

    def edit(answer: Any) -> None:
        *way, last = path.split(".")
        for step in way:
            answer = answer[int(step)] if isinstance(answer, list) else answer[step]
        del answer[int(last) if isinstance(answer, list) else last]

    edit.__name__ = f"no {path}"
    return edit


@pytest.mark.parametrize("verdict", [the_app, components, newest, week, walls, costs, account])
def test_healthy_app_is_ok(verdict):
    """With static sites, jobs, functions, a service scaled to zero, nulls, and a deployment superseded by a newer
    push.
    """
    assert verdict("", None) == "OK"


FIGURES = "app_health.functions_components.0.functions_component_health_metrics"


def figure(label: str, value: Any, window: str = "1h") -> dict[str, Any]:
    """One that the platform counts of functions; its alert rules name errors, rates and durations."""
    return {"metric_label": label, "metric_value": value, "time_window": window}


ACTIVATIONS = figure("activations_count", 100)
PING = {"protocol": "icmp", "ports": "0", "sources": {"addresses": ["0.0.0.0/0", "::/0"]}}
DEPLOYMENT, FIREWALL = "deployments.0", "firewalls.0.inbound_rules.1"


@pytest.mark.parametrize(
    ("verdict", "which", "edit", "wanted"),
    [
        (the_app, "app", put("app.spec.maintenance", {"enabled": True}), "CRITICAL"),
        (the_app, "app", put("app.spec.maintenance", {"archive": True}), "CRITICAL"),
        (
            the_app,
            "app",
            put("app.active_deployment.spec", {"name": "g", "maintenance": {"enabled": True}}),
            "CRITICAL",
        ),
        (the_app, "app", put("app.active_deployment.phase", "SUPERSEDED"), "CRITICAL"),
        (the_app, "app", put("app.active_deployment.phase", "UNKNOWN"), "UNKNOWN"),
        (the_app, "app", drop("app.active_deployment.phase"), "UNKNOWN"),
        (the_app, "app", put("app.active_deployment.phase", "RUNNING"), "UNKNOWN"),
        (the_app, "app", put("app.active_deployment", None), "CRITICAL"),
        (the_app, "app", put("app.pinned_deployment", {"id": "d-90", "phase": "ACTIVE"}), "WARNING"),
        (the_app, "app", put("app.domains.0.phase", "ERROR"), "WARNING"),
        (the_app, "app", put("app.domains.0.phase", "CONFIGURING"), "WARNING"),
        (the_app, "app", put("app.domains.0.phase", "VERIFYING"), "UNKNOWN"),
        (the_app, "app", drop("app.domains.0.phase"), "UNKNOWN"),
        (the_app, "app", drop("app.spec"), "UNKNOWN"),
        (the_app, "app", put("app.active_deployment.phase", ""), "UNKNOWN"),
        (the_app, "app", put("app.domains", []), "UNKNOWN"),
        (the_app, "app", drop("app.domains"), "UNKNOWN"),
        (the_app, "app", put("app.domains.0.spec", {}), "UNKNOWN"),
        (the_app, "app", put("app.spec.domains.0.domain", "Gallery.Example"), "OK"),
        (the_app, "app", put("app.domains.0.rotate_validation_records", True), "WARNING"),
        (the_app, "app", put("app.domains.0.rotate_validation_records", False), "OK"),
        (the_app, "app", put("app.domains.0.progress.steps.0.status", "ERROR"), "WARNING"),
        (the_app, "app", put("app.domains.0.progress", None), "OK"),
        (the_app, "app", put("app.domains.0.progress.steps.0.status", "PENDING"), "OK"),
        (components, "health", put("app_health.components.0.state", "UNHEALTHY"), "CRITICAL"),
        (components, "health", put("app_health.components.0.state", "UNKNOWN"), "UNKNOWN"),
        (components, "health", drop("app_health.components.0.state"), "UNKNOWN"),
        (components, "health", put("app_health.components.0.state", "DEGRADED"), "UNKNOWN"),
        (components, "health", drop("app_health.components.0.replicas_ready"), "CRITICAL"),
        (components, "health", drop("app_health.components.0.replicas_desired"), "UNKNOWN"),
        (components, "health", put("app_health.components.2.replicas_ready", 0), "CRITICAL"),
        (components, "health", drop("app_health.components.2"), "UNKNOWN"),
        (components, "health", put("app_health.components", []), "UNKNOWN"),
        (components, "health", put("app_health.components.1.replicas_desired", 1), "CRITICAL"),
        (components, "app", put("app.spec.caches", [{"name": "edge", "size": "s"}]), "UNKNOWN"),
        (components, "app", put("app.spec.caches", []), "OK"),
        (components, "app", put("app.spec.features", ["buildpack-stack=ubuntu-22"]), "OK"),
        (components, "app", put("app.spec.envs", [{"key": "A", "value": "b"}]), "OK"),
        (components, "health", put("app_health.functions_components", []), "OK"),
        (components, "health", put("app_health.functions_components", None), "OK"),
        (components, "health", put("app_health.functions_components", [{"name": "hooks"}]), "OK"),
        (components, "health", put(FIGURES, [ACTIVATIONS, figure("errors_count", 0)]), "OK"),
        (components, "health", put(FIGURES, [ACTIVATIONS, figure("errors_count", 1)]), "OK"),
        (components, "health", put(FIGURES, [ACTIVATIONS, figure("errors_count", 3)]), "WARNING"),
        (components, "health", put(FIGURES, [figure("activations_error_count", 40), ACTIVATIONS]), "WARNING"),
        (components, "health", put(FIGURES, [ACTIVATIONS, figure("errors_count", 1, "5m")]), "WARNING"),
        (components, "health", put(FIGURES, [figure("errors_count", "1")]), "WARNING"),
        (components, "health", put(FIGURES, [ACTIVATIONS, figure("error_rate_per_minute", 0.2)]), "WARNING"),
        (components, "health", put(FIGURES, [ACTIVATIONS, figure("failed_activations", 2)]), "WARNING"),
        (components, "health", put(FIGURES, [ACTIVATIONS, figure("errors_count", -1)]), "UNKNOWN"),
        (components, "health", put(FIGURES, [ACTIVATIONS, figure("average_duration_ms", 51.5)]), "OK"),
        (components, "health", put(FIGURES, [figure("average_duration_ms", "NaN")]), "UNKNOWN"),
        (newest, "deployments", put(f"{DEPLOYMENT}.phase", "ERROR"), "CRITICAL"),
        (newest, "deployments", put(f"{DEPLOYMENT}.phase", "QUEUED"), "UNKNOWN"),
        (newest, "deployments", drop(f"{DEPLOYMENT}.phase"), "UNKNOWN"),
        (newest, "deployments", put(f"{DEPLOYMENT}.phase", "SUPERSEDED"), "UNKNOWN"),
        (newest, "deployments", put(f"{DEPLOYMENT}.cause_details.type", "AUTO_ROLLBACK"), "CRITICAL"),
        (newest, "deployments", put(f"{DEPLOYMENT}.cause_details.type", "MANUAL_ROLLBACK"), "WARNING"),
        (newest, "deployments", put(f"{DEPLOYMENT}.cause_details.type", "AUTOSCALED"), "OK"),
        (newest, "deployments", put(f"{DEPLOYMENT}.cause_details.type", "TELEPATHY"), "UNKNOWN"),
        (newest, "deployments", put(f"{DEPLOYMENT}.created_at", "0001-01-01T00:00:00Z"), "UNKNOWN"),
        (
            newest,
            "deployments",
            put(f"{DEPLOYMENT}.progress.steps.1.steps.1.steps.0.steps.1.status", "ERROR"),
            "WARNING",
        ),
        (newest, "deployments", put(f"{DEPLOYMENT}.progress.steps.0.status", "SKIPPED"), "UNKNOWN"),
        (newest, "deployments", put("deployments.2.created_at", "2026-11-18T07:00:00Z"), "UNKNOWN"),
        (newest, "deployments", put("meta.total", 40), "UNKNOWN"),
        (newest, "deployments", drop("meta"), "UNKNOWN"),
        (week, "deployments", put("deployments.1.phase", "ERROR"), "OK"),  # and repaired by the next push
        (week, "deployments", put("deployments.1.phase", "SKIPPED"), "UNKNOWN"),
        (week, "deployments", drop("meta.total"), "UNKNOWN"),
        (walls, "firewalls", put(f"{FIREWALL}.sources.addresses", ["0.0.0.0/0"]), "CRITICAL"),
        (walls, "firewalls", put(f"{FIREWALL}.sources.addresses", ["::/0"]), "CRITICAL"),
        (walls, "firewalls", put(FIREWALL, PING), "OK"),
        (walls, "firewalls", put(FIREWALL, {**PING, "ports": ""}), "OK"),
        (walls, "firewalls", put(FIREWALL, {**PING, "protocol": "tcp", "ports": ""}), "CRITICAL"),
        (walls, "firewalls", put(f"{FIREWALL}.sources", {}), "UNKNOWN"),
        (walls, "firewalls", put(f"{FIREWALL}.sources", {"regions": ["eu"]}), "UNKNOWN"),
        (walls, "firewalls", put(f"{FIREWALL}.protocol", "sctp"), "UNKNOWN"),
        (walls, "firewalls", put("firewalls.0.status", "failed"), "WARNING"),
        (walls, "firewalls", drop("firewalls.0.inbound_rules"), "UNKNOWN"),
        (walls, "firewalls", put("firewalls.1.tags", []), "WARNING"),
        (walls, "firewalls", drop("firewalls.1.tags"), "UNKNOWN"),
        (walls, "firewalls", put("meta.total", 3), "UNKNOWN"),
        (walls, "rules", put("rules", []), "CRITICAL"),
        (walls, "rules", put("rules.1.value", "0.0.0.0/0"), "CRITICAL"),
        (walls, "rules", put("rules.1.value", "my-laptop"), "UNKNOWN"),
        (walls, "rules", put("rules.0.type", "vpc_peering"), "UNKNOWN"),
        (walls, "rules", drop("rules.0.value"), "UNKNOWN"),
        (costs, "balance", put("account_balance", "12.23"), "WARNING"),
        (costs, "balance", put("month_to_date_usage", "400.00"), "CRITICAL"),
        (costs, "balance", put("month_to_date_usage", "-1.00"), "UNKNOWN"),
        (costs, "balance", put("month_to_date_usage", "0.00"), "UNKNOWN"),  # and $62 in the month before
        (costs, "balance", put("generated_at", "2026-10-30T05:00:00Z"), "UNKNOWN"),
        (costs, "balance", drop("generated_at"), "UNKNOWN"),
        (costs, "invoices", drop("invoices.0"), "UNKNOWN"),
        (costs, "invoices", put("invoices.0.amount", "162.34"), "CRITICAL"),
        (costs, "invoices", put("meta.total", 70), "UNKNOWN"),
        (costs, "invoices", put("invoice_preview", None), "UNKNOWN"),
        (costs, "summary", put("product_charges.items", []), "UNKNOWN"),
        (costs, "summary", put("product_charges.items", None), "UNKNOWN"),
        (costs, "summary", drop("product_charges.items.0"), "UNKNOWN"),
        (costs, "preview_summary", put("product_charges.items", []), "UNKNOWN"),
        (costs, "preview_summary", put("product_charges.items.0.amount", "93.00"), "CRITICAL"),
        (account, "account", put("account.status", "locked"), "CRITICAL"),
        (account, "account", put("account.status", "warning"), "WARNING"),
        (account, "account", put("account.status", "in_review"), "UNKNOWN"),
        (account, "account", drop("account.status"), "UNKNOWN"),
        (account, "account", drop("account.email_verified"), "UNKNOWN"),
    ],
)
def test_one_changed_word_changes_the_verdict(verdict, which, edit, wanted):
    """A word replaced, omitted, or unknown."""
    assert verdict(which, edit) == wanted


@pytest.mark.parametrize("text", ["$35.67", "35,67", "35.67 USD", "1,035.67", "", None, [], {}])
def test_unreadable_amount_is_unknown(text):
    """In another currency or format, or missing. The invoices are judged all the same."""
    assert costs("balance", put("month_to_date_usage", text)) == "UNKNOWN"
    found = bills(api("balance", put("month_to_date_usage", text)).account, SETTINGS, CLOCK)
    assert "month_to_date_usage" in found.balance.got
    assert found.invoices


def test_health_without_its_wrapper_is_read():
    """doctl's client expects the wrapper, the description's example lacks it."""

    def unwrap(answer: dict[str, Any]) -> None:
        answer.update(answer.pop("app_health"))

    assert components("health", unwrap) == "OK"


def test_sample_that_is_not_finite_counts_as_missing():
    """In Prometheus' words; the others count."""
    canned = Canned()
    values = [[1, "40.5"], [2, "NaN"], [3, "+Inf"], [4, "-Inf"], [5, "1e+01"]]
    result = [{"metric": {"app_component": "web", "app_component_instance": "web-0"}, "values": values}]
    data = {"resultType": "matrix", "result": result}
    canned.answers["/cpu_percentage"] = (200, {"status": "success", "data": data})
    [series] = canned.api.metric("cpu_percentage", NOW, NOW)
    assert usable(series) == [(1, 40.5), (5, 10.0)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"min_instance_count": "two"}, "Expected `int | null`, got `str` - at `$.min_instance_count`"),
        ({"max_instance_count": {"value": 3}}, "Expected `int | null`, got `object` - at `$.max_instance_count`"),
        ({"metrics": "cpu"}, "Expected `object | null`, got `str` - at `$.metrics`"),
        ({"metrics": {"cpu": 80}}, "Expected `object | null`, got `int` - at `$.metrics.cpu`"),
    ],
)
def test_autoscaling_of_another_shape_is_named(given, said):
    """It is refused where the app is read, and not by a crash where it is compared."""

    def edit(answer: dict[str, Any]) -> None:
        answer["app"]["spec"]["services"][0]["autoscaling"] = given

    with pytest.raises(Malformed) as caught:
        api("app", edit).api.app()
    assert f"autoscaling: {said} - at `$.spec.services[0]`" in str(caught.value)
