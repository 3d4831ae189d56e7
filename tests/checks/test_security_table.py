"""SECURITY.md says what the suite may do to each system; the sandbox's record of a run of all sets holds it."""

import ast
import os
import re
from pathlib import Path

import pytest

import sandbox.app.service  # noqa: F401 - it registers its routes
from playbook.clients.redis import _READ_ONLY
from playbook.core.clock import Clock
from playbook.core.counters import Earlier
from playbook.core.engine import Measurements
from playbook.run.run import load_providers
from playbook.settings.loading import load
from sandbox.app.answers import ROUTES
from sandbox.launcher import ATTACH_VARIABLE, attach_address, start
from sandbox.redis.service import MAY_READ
from tests.checks.conftest import LIMIT
from tests.checks.expectations.scopes import WITHOUT
from tests.preloaded import run_pytest
from tests.security_table import DRILLS, READS, acl_line, lines_of, lines_of_system, path_matches, scopes

ROOT = Path(__file__).resolve().parents[2]
SETS = (
    *("daily", "weekly", "monthly", "pre_maintenance", "post_maintenance", "troubleshooting", "emergency"),
    *("optimization", "handoff", "links"),
)
# What the table calls the sandbox's services.
SYSTEMS = {
    "web": ("Website",),
    "digitalocean": ("DigitalOcean", "DigitalOcean logs"),
    "prometheus": ("Prometheus",),
    "grafana": ("Grafana", "Links"),
    "alertmanager": ("Alertmanager",),
    "github": ("GitHub",),
    "npm": ("npm registry",),
    "pages": ("Links",),
    "receiver": ("Alert receiver",),
    "redis": ("Redis",),
}
# Asked through Grafana where neither Prometheus nor Alertmanager has an address.
_THROUGH_GRAFANA = ("alerts", "response_time", "dashboard", "week_availability")
# Asked by the sandbox itself: its control, and what its Alertmanager sends to its receiver.
NOT_OURS = re.compile(r"control .*|receiver POST /[\w-]+")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What was asked, as ``system request``: without drills, and with them."""
    folder = tmp_path_factory.mktemp("recorded")
    with start(time_limit=LIMIT) as sandbox:
        environment = os.environ | {ATTACH_VARIABLE: attach_address(sandbox.control, sandbox.token)}
        environment.pop("PYTEST_ADDOPTS", None)

        def run(marks, *options):
            words = ["-m", marks, "--target", "sandbox", f"--reports={folder / 'reports'}", *options]
            ended = run_pytest(*words, cwd=ROOT, env=environment, timeout=300)
            assert ended.returncode in {0, 1, 10}, ended.stdout + ended.stderr
            told = sandbox.seen()
            return {f"{system} {each}" for system, every in told.items() for each in every}

        sets = " or ".join(SETS)
        run(f"({sets}) and not mutates")
        _measure(sandbox.settings, {"prometheus": {}, "alertmanager": {}}, *_THROUGH_GRAFANA)
        _measure(sandbox.settings, {"without": ["staging"]}, "product")
        of_v2 = {"dashboard_uid": "portfolio-overview-v2"}
        _measure(sandbox.settings, {"grafana": {**sandbox.settings["grafana"], **of_v2}}, "dashboard")
        run("daily", "--fault", "with-shop")
        reading = run("load", "--shape", "smoke")
        drills = run(f"({sets}) and mutates")
    return reading, drills


def _measure(settings, others, *names):
    """Measure with other settings of the target: without an address for Prometheus, without a part."""
    load_providers()
    own = {**settings, **others}
    loaded = load("sandbox", root=ROOT, environment={}, overlay={"targets": {"sandbox": own}})
    measurements = Measurements({"settings": loaded, "clock": Clock(), "earlier": Earlier()})
    try:
        for name in names:
            measurements.get(name)
    finally:
        measurements.close()


def _of(system, request):
    rows = (*lines_of(READS), *lines_of("command"), *lines_of("command for a queue"))
    return [row for row in rows if row.system in SYSTEMS[system]]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_requests_stay_within_security_table(recorded):
    """By any set, by a load test, through Grafana alone; drills apart."""
    reading, drills = recorded
    beyond = {
        each
        for each in reading
        if not NOT_OURS.fullmatch(each)
        for system, _, request in [each.partition(" ")]
        if not any(path_matches(row.request, request) for row in _of(system, request))
    }
    assert beyond == set(), "sent, and not in the table of SECURITY.md: add a line there for each"
    more = {each for each in drills - reading if not NOT_OURS.fullmatch(each)}
    allowed = [*lines_of(READS), *lines_of(DRILLS), *lines_of("command")]
    beyond = {
        each
        for each in more
        for system, _, request in [each.partition(" ")]
        if not any(row.system in SYSTEMS[system] and path_matches(row.request, request) for row in allowed)
    }
    assert beyond == set(), "sent by drills, and not in the table of SECURITY.md: add a line there for each"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_line_of_security_table_is_used(recorded):
    """No right stands there that nothing needs; what a drill does is done by a drill alone."""
    reading, drills = recorded

    def asked(row, among):
        systems = [system for system, every in SYSTEMS.items() if row.system in every]
        requests = (each.partition(" ") for each in among)
        return any(system in systems and path_matches(row.request, request) for system, _, request in requests)

    assert [row for row in (*lines_of(READS), *lines_of("command")) if not asked(row, drills)] == []
    assert [row for row in lines_of(DRILLS) if asked(row, reading) or not asked(row, drills)] == []


def test_sandbox_redis_user_is_documented_one():
    """So every run on the sandbox tries the line."""
    assert acl_line() == f"user playbook on >PASSWORD {MAY_READ}"


def test_redis_user_has_exactly_documented_permissions():
    """``CLUSTER INFO`` is asked of a cluster's node."""
    allowed = {
        word[1:].replace("|", " ").upper() for word in acl_line().replace("(", "").split() if word.startswith("+")
    }
    queues = {row.request for row in lines_of("command for a queue")}
    assert allowed == {row.request for row in lines_of("command")} | queues | {"CLUSTER INFO"}


def test_queue_commands_match_measurement_code():
    """By its code, as the sandbox's own queue is none of a library's."""
    code = ROOT / "playbook/measure/redis"
    words = {
        node.value
        for file in (code / "queue_workers.py", *code.glob("*_layout*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    commands = {f"{name} {part}".strip() for name, parts in _READ_ONLY.items() for part in parts or ("",)}
    sent = words & commands
    usual = {row.request for row in lines_of("command")}
    assert sent - usual == {row.request for row in lines_of("command for a queue")}


def test_token_scopes_match_paths():
    """As the sandbox demands them; its API is held to DigitalOcean's own description by other tests."""
    asked = [row.request.split(" ", 1) for row in lines_of_system("DigitalOcean")]
    demanded = {
        route.scope
        for route in ROUTES
        for method, path in asked
        if route.method == method and re.sub(r"{\w+}", "{}", route.path) == re.sub(r"{\w+}", "{}", path)
    }
    assert demanded == scopes()


def test_missing_scope_has_documented_effect():
    """The fault matrix proves each line; of ``app:read`` the table says that nearly everything needs it."""
    assert set(WITHOUT) == scopes()
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    told = {
        scope: tuple(re.findall(r"`([a-z_.-]+)`", items))
        for scope, items in re.findall(r"^\| `([a-z_]+:[a-z]+)` \| (.+) \|$", text, re.MULTILINE)
    }
    assert told == {**WITHOUT, "app:read": ()}
    assert len(WITHOUT["app:read"]) > 30


@pytest.mark.parametrize("scope", sorted(scopes()))
def test_only_rollback_scope_is_not_read(scope):
    """``app:update`` is what asking whether a rollback is possible wants; the client sends nothing else by it."""
    assert scope.endswith(":read") or scope == "app:update"
