"""Every shipped query by promtool's unit tests: Prometheus' own engine, on series with a known true figure."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.proven_queries import SCENARIOS, Expected, Scenario

PROMTOOL = shutil.which("promtool")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")]


def demanded(one: Expected, scenario: Scenario) -> dict[str, object]:
    """1 where the query is as near to the true figure as it must be; nothing where it must give nothing."""
    query, evaluated = one.expression, scenario.evaluated
    if sum(other.query == one.query for other in scenario.expected) > 1:
        found = re.search(r'of="([^"]*)"', one.labels)
        query = f'({query}) and on(of) label_replace(vector(1), "of", "{found[1] if found else ""}", "", "")'
    if one.value is None:
        return {"expr": query, "eval_time": f"{evaluated}s", "exp_samples": []}
    if one.query.endswith("_buckets"):  # of several the one that is asked for
        bound = one.labels[1:-1].replace("=", '", ')
        query = f'({query}) and on(le) label_replace(vector(1), "{bound}, "", "")'
    most = abs(one.value) * one.near + 1e-9
    return {
        "expr": f"abs(({query}) - {one.value!r}) <= bool {most!r}",
        "eval_time": f"{evaluated}s",
        "exp_samples": [{"labels": one.labels, "value": 1}],
    }


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_promtool_confirms_true_value(tmp_path, scenario: Scenario):
    """promtool says which query does not."""
    tests = {
        "interval": "1m",
        "name": scenario.name,
        "input_series": [{"series": name, "values": values} for name, values in scenario.series.items()],
        "promql_expr_test": [demanded(one, scenario) for one in scenario.expected],
    }
    file = tmp_path / "tests.yml"
    file.write_text(json.dumps({"rule_files": [], "evaluation_interval": "1m", "tests": [tests]}))
    ended = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(file)], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
