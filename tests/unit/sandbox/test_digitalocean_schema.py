"""Every answer of the DigitalOcean simulator holds against the API's description, where that file is present.

Each answer must be valid, and must have no field that the description does not know. The simulator differs from
none of the description's schemas. It differs from two of its *examples*, which contradict the schemas and the API
as doctl reads it: app health without its wrapper ``app_health``, and logs with ``historic_logs`` instead of
``historic_urls``. Of scheduled jobs the description knows the runs, and not the kind and schedule in the app spec,
which godo has.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest

from sandbox.app.answers import ROUTES, Route
from sandbox.app.monitoring import UPTIME_CHECK
from sandbox.world.app import Database
from sandbox.world.app_history import identifier
from tests.unit.digitalocean import Simulator, running

VARIABLE = "PLAYBOOK_DO_OPENAPI"
FILE = Path(os.environ.get(VARIABLE, ""))

pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason=f"${VARIABLE} names no file with the description of the DigitalOcean API"
)

# The description's names of path parameters, where the simulator has others.
RENAMED = {
    "/v2/apps/{app_id}": "/v2/apps/{id}",
    "/v2/apps/{app_id}/deployments/{deployment_id}/components/{component}/logs": (
        "/v2/apps/{app_id}/deployments/{deployment_id}/components/{component_name}/logs"
    ),
}

ERRORS = {"unauthorized": 401, "forbidden": 403, "throttled": 429, "server-error": 500}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """The description, with ``nullable`` as JSON Schema says it."""
    opener = gzip.open if FILE.suffix == ".gz" else open
    with opener(FILE, "rt", encoding="utf-8") as file:
        whole: dict[str, Any] = _json_schema(json.load(file))
    job = whole["components"]["schemas"]["app_job_spec"]["allOf"][-1]["properties"]
    job["kind"]["enum"].append("SCHEDULED")
    job["schedule"] = {
        "type": "object",
        "properties": {"cron": {"type": "string"}, "time_zone": {"type": "string"}},
    }
    return whole


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("digitalocean")) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def http(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=simulator.service.url, verify=simulator.context.ca.client_context(), trust_env=False, timeout=50
    ) as client:
        yield client


@pytest.fixture(autouse=True)
def healthy(simulator: Simulator) -> None:
    simulator.reset()
    simulator.state.databases.append(Database(identifier("shop"), "portfolio-shop", "mysql", "8", "8.0.35"))


def ids(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_answer_matches_schema(
    route: Route, simulator: Simulator, http: httpx.Client, description: dict[str, Any]
) -> None:
    answer = ask(http, simulator, route)
    assert answer.status_code == 200, answer.text
    hold(route, answer, description)


@pytest.mark.parametrize("engine", ["pg", "mysql"])
def test_database_answer_matches_schema(
    engine: str, simulator: Simulator, http: httpx.Client, description: dict[str, Any]
) -> None:
    wanted = next(one.id for one in simulator.state.databases if one.engine == engine)
    routes = [
        one
        for one in ROUTES
        if one.path.startswith("/v2/databases/{cluster_id}")
        and not one.path.endswith(("/firewall", "/eviction_policy"))
    ]
    assert routes
    for route in routes:
        answer = http.get(route.path.format(cluster_id=wanted), headers=authorization(simulator))
        assert answer.status_code == 200, answer.text
        hold(route, answer, description)


def test_cache_cluster_has_no_backups(simulator: Simulator, http: httpx.Client) -> None:
    path = f"/v2/databases/{simulator.state.cluster.id}/backups"
    assert http.get(path, headers=authorization(simulator)).status_code == 412


@pytest.mark.parametrize("answer", ERRORS)
@pytest.mark.parametrize("route", ROUTES, ids=ids)
def test_error_matches_schema(
    route: Route, answer: str, simulator: Simulator, http: httpx.Client, description: dict[str, Any]
) -> None:
    simulator.state.answer = answer  # type: ignore[assignment]
    response = ask(http, simulator, route)
    assert response.status_code == ERRORS[answer]
    hold(route, response, description)


@pytest.mark.parametrize("route", [r for r in ROUTES if "{" in r.path], ids=ids)
def test_not_found_matches_schema(
    route: Route, simulator: Simulator, http: httpx.Client, description: dict[str, Any]
) -> None:
    path = route.path
    for name in parameters(simulator):
        path = path.replace("{" + name + "}", "11111111-2222-3333-4444-555555555555")
    response = http.request(route.method, path, headers=authorization(simulator), params=QUERY)
    assert response.status_code == 404
    hold(route, response, description)


@pytest.mark.parametrize(
    ("phase", "age"), [("ERROR", 25), ("CANCELED", 10), ("DEPLOYING", 4), ("BUILDING", 2), ("PENDING_BUILD", 1)]
)
def test_every_deployment_phase_matches_schema(
    phase: str, age: int, simulator: Simulator, http: httpx.Client, description: dict[str, Any]
) -> None:
    reason = ("BuildJobFailed", "It failed.") if phase == "ERROR" else None
    simulator.state.deploy(phase, timedelta(minutes=age), reason)
    simulator.state.component("image-worker").ready = 0
    paths = {"/v2/apps/{app_id}", "/v2/apps/{app_id}/deployments", "/v2/apps/{app_id}/health"}
    routes = [route for route in ROUTES if route.path in paths]
    assert {route.path for route in routes} == paths
    for route in routes:
        hold(route, ask(http, simulator, route), description)


def test_schema_check_rejects_wrong_answer(description: dict[str, Any]) -> None:
    schema = schema_of("/v2/apps/{id}", "get", 200, description)
    with pytest.raises(jsonschema.ValidationError):
        validate({"app": {"id": 7}}, schema, description)
    assert list(undescribed({"app": {"id": "x", "name": "x"}}, schema, description)) == ["app.name"]


# Every route takes what any route needs; what it does not know it ignores.
QUERY = {"type": "RUN", "app_id": "", "start": "0", "end": "0", "per_page": "2", "page": "2"}


def parameters(simulator: Simulator) -> dict[str, str]:
    state = simulator.state
    return {
        "app_id": state.app_id,
        "deployment_id": state.active_deployment.id if state.active_deployment else "",
        "cluster_id": state.cluster.id,
        "component": "portfolio-web",
        "check_id": UPTIME_CHECK,
        "invoice_uuid": invoice(simulator),
    }


def invoice(simulator: Simulator) -> str:
    now = simulator.state.now
    year, month = (now.year, now.month - 1) if now.month > 1 else (now.year - 1, 12)
    return identifier(f"invoice {year}-{month:02}")


def authorization(simulator: Simulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {simulator.service.token}"}


def ask(http: httpx.Client, simulator: Simulator, route: Route) -> httpx.Response:
    known = parameters(simulator)
    simulator.state.pinned = route.path.endswith("/revert")  # to an earlier deployment, which is then left again
    if route.path.endswith(("/backups", "/pools", "/replicas")):
        known["cluster_id"] = simulator.state.databases[0].id
    path = route.path.format(**known)
    end = simulator.state.now.timestamp()
    query = {**QUERY, "app_id": simulator.state.app_id, "start": str(int(end - 3600)), "end": str(int(end))}
    query["db_id"] = simulator.state.databases[-1].id
    if "events" in path:
        query["per_page"] = "200"
        query["page"] = "1"
    body = {"deployment_id": simulator.state.deployments[1].id} if route.method == "POST" else None
    return http.request(route.method, path, headers=authorization(simulator), params=query, json=body)


# The real API gives it, and godo's apps.gen.go has it with its words; the description does not.
NAMED_BY_GODO = ".cause_details"


def hold(route: Route, answer: httpx.Response, description: dict[str, Any]) -> None:
    path = RENAMED.get(route.path, route.path).replace("{cluster_id}", "{database_cluster_uuid}")
    schema = schema_of(path, route.method.lower(), answer.status_code, description)
    value = answer.json()
    validate(value, schema, description)
    assert [path for path in undescribed(value, schema, description) if not path.endswith(NAMED_BY_GODO)] == []
    for header in ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"):
        assert answer.headers[header].isdecimal()


def schema_of(path: str, method: str, status: int, description: dict[str, Any]) -> dict[str, Any]:
    responses = description["paths"][path][method]["responses"]
    response = responses.get(str(status)) or responses["default"]
    return response["content"]["application/json"]["schema"]  # type: ignore[no-any-return]


def validate(value: Any, schema: dict[str, Any], description: dict[str, Any]) -> None:
    whole = {**schema, "components": description["components"]}
    checker = jsonschema.Draft4Validator(whole, format_checker=jsonschema.FormatChecker())
    checker.validate(value)


def undescribed(value: Any, schema: dict[str, Any], description: dict[str, Any], at: str = "") -> Iterator[str]:
    """Paths of the fields that the schema does not name."""
    branches = list(_branches(schema, description))
    if isinstance(value, list):
        items = [branch["items"] for branch in branches if "items" in branch]
        for entry in value:
            yield from dict.fromkeys(undescribed(entry, {"allOf": items}, description, f"{at}[]"))
    if not isinstance(value, dict):
        return
    named: dict[str, list[Any]] = {}
    for branch in branches:
        for name, inner in branch.get("properties", {}).items():
            named.setdefault(name, []).append(inner)
    free = not named or any(branch.get("additionalProperties") for branch in branches)
    for name, inner_value in value.items():
        path = f"{at}.{name}".lstrip(".")
        if name in named:
            yield from undescribed(inner_value, {"allOf": named[name]}, description, path)
        elif not free:
            yield path


def _branches(schema: dict[str, Any], description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in schema:
        yield from _branches(description["components"]["schemas"][schema["$ref"].rpartition("/")[2]], description)
        return
    yield schema
    for key in ("allOf", "anyOf", "oneOf"):
        for inner in schema.get(key, []):
            yield from _branches(inner, description)


def _json_schema(value: Any) -> Any:
    if isinstance(value, list):
        return [_json_schema(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _json_schema(inner) for key, inner in value.items()}
    if changed.pop("nullable", None) is True and isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
    return changed
