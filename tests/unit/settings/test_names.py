"""A product's own names are configured once: with other names nothing that is sent contains one of the
portfolio's.
"""

import ast
import re
from pathlib import Path

import msgspec
import pytest

from playbook.clients.prometheus_queries import query_of
from playbook.core.catalogue import RUNBOOKS, read_catalogue, read_runbook
from playbook.core.promql import DAY
from playbook.readers.load.order import LoadOrder
from playbook.readers.load.permission import Permission
from playbook.readers.load.planning import make_plan
from playbook.run.look_again import filled_in
from playbook.settings.loading import load
from playbook.settings.sections.figures import Queries

ROOT = Path(__file__).resolve().parents[3]
OF_THE_PORTFOLIO = (
    "portfolio-web",
    "image-optimizer",
    "image-worker",
    "image-processing",
    "/api/health",
    "/api/image",
    "http_requests_total",
    "http_request_duration_seconds",
    "image_optimization",
    "image_queue_length",
    "Portfolio Overview",
)
ALL_OTHER = """
[targets.production]
web.url = "https://shop.example"
web.health_path = "/up"
web.image_health_path = "/pics/up"
web.optimize_path = "/pics"
components = { web = "front", optimizer = "pics", worker = "pics-jobs" }
redis = { queue_key = "jobs", stats_key = "counts" }
prometheus = { url = "https://metrics.shop.example", component_label = "service", selector = 'job="shop"' }
grafana = { url = "https://grafana.shop.example", dashboard = "Everything", dashboard_uid = "everything" }
metrics.requests = "answers_total"
metrics.status = "code"
metrics.request_buckets = "answer_seconds_bucket"
metrics.images = "pics_total"
metrics.image_success = 'outcome="good"'
metrics.image_buckets = "pic_seconds_bucket"
metrics.queue_length = "pics_waiting"
"""


def names_in(text):
    """The portfolio's names in a text; Grafana has an ``/api/health`` of its own."""
    text = re.sub(r"(\$GRAFANA_URL|https://grafana\.shop\.example)/api/health", "", text)
    return [name for name in OF_THE_PORTFOLIO if name in text]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Settings of a product that uses other names for everything."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "playbook.toml").write_text(ALL_OTHER)
    return load("production", root=folder, environment={"REDIS_URL": "redis://:x@shop.example"})


@pytest.mark.parametrize("key", [name for name in Queries.__struct_fields__ if name != "counted"])
def test_no_query_contains_a_name_of_the_portfolio(settings, key):
    """Nor an unreplaced placeholder."""
    query = query_of(settings, key, DAY, quantile=0.5)
    assert names_in(query) == []
    assert "$" not in query
    assert "component" not in query
    assert "status" not in query


def test_queries_have_the_products_own_names(settings):
    """For components, labels and metrics, and its own series."""
    rate = " ".join(query_of(settings, "error_rate_looks", DAY).split())
    assert rate == 'count_over_time(count(answers_total{service="front", job="shop"})[24h:5m])'
    assert '"outcome"' not in query_of(settings, "image_success", DAY)
    assert 'pics_total{outcome="good", job="shop"}' in query_of(settings, "image_success", DAY)
    assert "max by (service) (" in query_of(settings, "component_cpu", DAY)


def test_web_selector_can_be_changed(settings):
    """Or be empty, where the application is one component."""
    one = msgspec.structs.replace(settings.target.prometheus, web_selector="")
    alone = msgspec.structs.replace(settings, target=msgspec.structs.replace(settings.target, prometheus=one))
    assert query_of(alone, "request_rate", 3600) == 'sum(rate(answers_total{job="shop"}[1h]))'


def test_no_command_contains_a_name_of_the_portfolio(settings):
    """In the catalogue and in the runbooks."""
    commands = [item.look_again for item in read_catalogue().items.values()]
    for file in RUNBOOKS.glob("*.md"):
        if "## Investigation" in file.read_text(encoding="utf-8"):
            commands += [step.command for step in read_runbook(file.stem).steps]
    filled = [filled_in(command, settings) for command in commands]
    assert [command for command in filled if names_in(command)] == []
    assert "curl -s -H 'Accept: application/json' https://shop.example/pics/up | jq ." in filled
    assert not any(re.search(r"\$(?:requests|status|images|HEALTH_PATH|OPTIMIZE_PATH)\b", one) for one in filled)


def test_catalogue_contains_no_name_of_the_portfolio():
    """Operators of other products read it too."""
    for item in read_catalogue().items.values():
        assert names_in(" ".join(map(str, msgspec.structs.astuple(item)))) == [], item.id


def test_load_test_requests_the_products_own_paths(settings):
    """By the plan that Locust receives."""
    permission = Permission(host="https://shop.example", base="", allowed=("shop.example",))
    plan = make_plan(settings, LoadOrder(history=Path("history")), permission)
    assert plan.paths == {"homepage": "/", "health": "/up", "image_health": "/pics/up", "optimize": "/pics"}


def test_no_code_contains_a_name_of_the_portfolio():
    """Except the settings' own defaults, and examples in error messages."""
    allowed = {
        "playbook/settings/sections/target.py": set(OF_THE_PORTFOLIO),
        "playbook/settings/sections/metrics.py": set(OF_THE_PORTFOLIO),
    }
    found = {}
    for folder in ("playbook", "checks", "loadtests"):
        for file in (ROOT / folder).rglob("*.py"):
            if not names_in(file.read_text(encoding="utf-8")):
                continue  # nor do its texts, which are dear to find
            texts = [text for text in _texts(file) if "expected a path such as" not in text]
            names = {name for text in texts for name in names_in(text)}
            path = str(file.relative_to(ROOT))
            if names - allowed.get(path, set()):
                found[path] = names
    assert found == {}


def _texts(file):
    """String literals in a file, without docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    explains = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                explains.add(first.value)
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in explains
    ]


@pytest.mark.parametrize(
    ("without", "command", "left"),
    [
        (["redis"], "curl -sI $URL\nredis-cli -u $REDIS_URL ping", "curl -sI https://shop.example"),
        (
            ["redis"],
            "doctl databases firewalls list $DO_REDIS_CLUSTER_ID; doctl compute firewall list",
            "doctl compute firewall list",
        ),
        (["images"], "redis-cli -u $REDIS_URL llen $QUEUE_KEY", ""),
        (["staging"], "redis-cli -u $REDIS_URL ping", "redis-cli -u $REDIS_URL ping"),
        ([], "redis-cli -u $REDIS_URL llen $QUEUE_KEY", "redis-cli -u $REDIS_URL llen image-processing-queue"),
    ],
)
def test_command_omits_absent_parts(tmp_path, without, command, left):
    """Line by line, and command by command where a line has several."""
    (tmp_path / "playbook.toml").write_text(
        f'[targets.production]\nwithout = {without}\nweb.url = "https://shop.example"'
    )
    assert filled_in(command, load("production", root=tmp_path, environment={})) == left
