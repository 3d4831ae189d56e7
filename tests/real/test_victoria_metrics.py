"""Every shipped query by VictoriaMetrics, whose functions differ in places: the same true figures."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from tests.proven_queries import EXACT, INTERVAL, NEAR, SCENARIOS, Expected, Scenario, values_of
from tests.real.servers import running
from tests.unit.loopback import free_port

VICTORIA = shutil.which("victoria-metrics")
AGO = 20 * 86_400  # seconds between now and the first sample
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_LISTENING = re.compile(r"starting http server at http://127\.0\.0\.1:(\d+)")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(VICTORIA is None, reason="victoria-metrics is not installed")]


@pytest.fixture(scope="module")
def victoria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, float]]:
    """A client of a server with the series of each scenario, told apart by a label; and when they begin."""
    folder = tmp_path_factory.mktemp("victoria")
    where = f"127.0.0.1:{free_port()}"  # its log does not tell one that the system picks
    command = [str(VICTORIA), f"-storageDataPath={folder}/data", f"-httpListenAddr={where}", "-retentionPeriod=12"]
    with running(command, _LISTENING, folder / "log") as url, closing(httpx.Client(base_url=url)) as client:
        begun = time.time() // 86_400 * 86_400 - AGO
        for number, scenario in enumerate(SCENARIOS):
            lines = [json.dumps(_imported(name, values, begun)) for name, values in scenario.series.items()]
            sent = client.post(f"/api/v1/import?extra_label=scenario=s{number}", content="\n".join(lines))
            sent.raise_for_status()
        client.get("/internal/force_flush").raise_for_status()
        yield client, begun


def _imported(name: str, notation: str, begun: float) -> dict[str, object]:
    metric, _, labels = name.partition("{")
    points = [(place, one) for place, one in enumerate(values_of(notation)) if one is not None]
    return {
        "metric": {"__name__": metric, **dict(_LABEL.findall(labels))},
        "values": [one for _, one in points],
        "timestamps": [round((begun + place * INTERVAL) * 1000) for place, _ in points],
    }


@pytest.mark.parametrize("number", range(len(SCENARIOS)), ids=lambda number: SCENARIOS[number].name)
def test_victoria_metrics_confirms_true_value(victoria: tuple[httpx.Client, float], number: int) -> None:
    """What promtool confirms in ``test_queries``."""
    client, begun = victoria
    scenario = SCENARIOS[number]
    for one in scenario.expected:
        _confirm(client, begun, one, scenario, f"scenario=s{number}")


def _confirm(client: httpx.Client, begun: float, one: Expected, scenario: Scenario, label: str) -> None:
    form = {"query": one.expression, "time": begun + scenario.evaluated, "extra_label": label}
    rows = client.post("/api/v1/query", data=form).json()["data"]["result"]
    found = [({**row["metric"], "scenario": "", "__name__": ""}, float(row["value"][1])) for row in rows]
    wanted = {**dict(_LABEL.findall(one.labels)), "scenario": "", "__name__": ""}
    values = [value for labels, value in found if labels == wanted]
    if one.query == "newest_sample":  # the time of a sample, which here are of another year
        values = [value - begun for value in values]
    assert values == ([] if one.value is None else [pytest.approx(one.value, rel=max(one.near, NEAR), abs=EXACT)])
