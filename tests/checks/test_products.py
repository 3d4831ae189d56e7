"""Products of other kinds, by the front door: one without images, Redis and staging, and one with other names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from playbook.core.record import Results
from playbook.core.verdict import Verdict
from sandbox.launcher import ATTACH_VARIABLE, RunningSandbox, attach_address, start
from sandbox.products import PRODUCTS
from tests.checks.conftest import LIMIT, ROOT
from tests.leisure import AT_LEISURE
from tests.preloaded import run_pytest

pytestmark = pytest.mark.slow

WITHOUT = '[targets.sandbox]\nwithout = ["images", "redis", "staging"]\n'
WITHOUT_MOST = """
[targets.sandbox]
without = ["services", "redis", "prometheus", "grafana", "alertmanager", "backups", "staging", "npm", "github"]
"""
OTHER_NAMES = """
[targets.sandbox]
components = { web = "front", optimizer = "pictures", worker = "pictures-jobs" }
web = { health_path = "/up", image_health_path = "/pictures/up", optimize_path = "/pictures/smaller" }
redis = { queue_key = "jobs:pictures", stats_key = "stats:pictures" }
prometheus.component_label = "service"
grafana.dashboard = "Everything"

[targets.sandbox.metrics]
status = "code"
requests = "shop_answers_total"
request_buckets = "shop_answer_seconds_bucket"
images = "pictures_total"
image_buckets = "picture_seconds_bucket"
queue_length = "pictures_waiting"
"""
SETS = ("daily", "weekly", "monthly", "troubleshooting", "optimization", "post_maintenance", "emergency", "links")
RunOn = Callable[..., tuple[Results, str, Path]]


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningSandbox]:
    """A product without image optimisation and Redis."""
    with start(product="shop", time_limit=LIMIT) as running:
        yield running


@pytest.fixture
def renamed() -> Iterator[RunningSandbox]:
    """The portfolio with other names; anew for each set, as the monthly one rolls a release back."""
    with start(product="renamed", time_limit=LIMIT) as running:
        yield running


@pytest.fixture(scope="module")
def run_on(tmp_path_factory: pytest.TempPathFactory) -> RunOn:
    """Run a set on a sandbox with these settings: its results, what was said, and the report's folder."""

    def run(sandbox: RunningSandbox, text: str, set_name: str, *arguments: str) -> tuple[Results, str, Path]:
        folder = tmp_path_factory.mktemp("run")
        settings = folder / "playbook.toml"
        settings.write_text(text + AT_LEISURE, encoding="utf-8")
        environment = os.environ | {
            ATTACH_VARIABLE: attach_address(sandbox.control, sandbox.token),
            "PLAYBOOK_CONFIG": str(settings),
        }
        environment.pop("PYTEST_ADDOPTS", None)
        reports = folder / "reports"
        ended = run_pytest(
            "-m", set_name, f"--reports={reports}", *arguments, cwd=ROOT, env=environment, timeout=LIMIT
        )
        (file,) = reports.glob("sandbox-*/results.json")
        return msgspec.json.decode(file.read_bytes(), type=Results), ended.stdout, file.parent

    return run


@pytest.fixture(scope="module")
def without(shop: RunningSandbox, run_on: RunOn) -> RunOn:
    """A set on that product, of which is said what it does without; run once, however many look at it."""
    return cache(lambda set_name: run_on(shop, WITHOUT, set_name))


@pytest.mark.parametrize("set_name", SETS)
def test_product_without_parts_is_ok_and_lists_them(without, set_name):
    """Not one UNKNOWN, nothing counted that was not looked at, and each part named once."""
    results, said, _ = without(set_name)
    assert {r.item: (str(r.verdict), r.message) for r in results.records if r.verdict is not Verdict.OK} == {}
    assert results.exit_code == 0
    assert [part.part for part in results.left_out] == ["images", "redis", "staging"]
    assert not {record.item for record in results.records} & {i for part in results.left_out for i in part.items}
    assert said.count("not part of this product") == 1


@pytest.mark.parametrize("set_name", [name for name in SETS if name != "optimization"] + ["pre_maintenance"])
def test_static_site_is_judged_on_remaining_parts(shop, run_on, set_name):
    """As a static site is; that this one has a service all the same is seen."""
    results, _, _ = run_on(shop, WITHOUT_MOST, set_name)
    bad = {r.item: (str(r.verdict), r.message) for r in results.records if r.verdict is not Verdict.OK}
    assert bad.keys() <= {"daily.app.profile"}
    assert bad.get("daily.app.profile", ("WARNING",))[0] == "WARNING"
    assert results.exit_code == 0
    assert results.executed > 0


@pytest.mark.parametrize(("set_name", "left_out"), [("daily", 5), ("weekly", 3), ("monthly", 4)])
def test_undeclared_missing_part_is_not_ok(shop, run_on, without, set_name, left_out):
    """What is not there cannot be measured: UNKNOWN or worse, and nothing of it OK."""
    told, _, _ = without(set_name)
    absent = {item for part in told.left_out if part.part != "staging" for item in part.items}
    assert sum(len(part.items) for part in told.left_out) == left_out
    unsaid, _, _ = run_on(shop, "", set_name)
    assert unsaid.verdict in {Verdict.UNKNOWN, Verdict.CRITICAL}
    assert unsaid.left_out == []
    verdicts = {record.item: record.verdict for record in unsaid.records}
    assert {item: verdicts[item] for item in absent if verdicts[item] is Verdict.OK} == {}


def test_reports_list_absent_parts(without):
    """Terminal, page and summary."""
    _, said, folder = without("daily")
    assert "not part of this product: images (3 items), redis (2 items), staging" in said
    page, summary = ((folder / name).read_text(encoding="utf-8") for name in ("index.html", "summary.md"))
    for text in (page, summary):
        assert text.count("Not part of this product") == 1
        assert "daily.redis.alive" in text


def test_declared_absent_part_that_exists_is_a_warning(sandbox, run_on):
    """The portfolio, of which somebody says that it has neither images nor Redis."""
    sandbox.set_faults([])
    results, _, _ = run_on(sandbox, WITHOUT, "daily")
    found = {r.item: (str(r.verdict), r.message) for r in results.records if r.verdict is not Verdict.OK}
    assert found == {
        "daily.app.profile": (
            "WARNING",
            "Parts that portfolio does without: expected none of them to be there, got images: components "
            "image-optimizer, image-worker; redis: variable REDIS_URL; images: HTTP 200 from "
            "/api/image/health; images: HTTP 405 from /api/image/optimize; redis: cluster portfolio-cache",
        )
    }


@pytest.mark.parametrize("set_name", SETS)
def test_renamed_product_is_ok_without_portfolio_names(renamed, run_on, set_name):
    """Neither queries nor commands nor what was found have one; nothing is left out."""
    results, _, _ = run_on(renamed, OTHER_NAMES, set_name)
    assert {r.item: (str(r.verdict), r.message) for r in results.records if r.verdict is not Verdict.OK} == {}
    assert results.left_out == []
    shown = re.sub(
        r"https://localhost:\d+/api/health", "", msgspec.json.encode(results.records).decode()
    )  # Grafana's
    usual = [name for name in PRODUCTS["renamed"].names if name not in {"component", "status"}]
    assert [name for name in usual if name in shown] == []
