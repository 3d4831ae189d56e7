"""The metrics of a run and of the site are read by promtool, node_exporter's text files and Pushgateway."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta

import httpx
import pytest

from playbook.core.verdict import Verdict
from playbook.report.metrics import metrics_text
from playbook.site.pages import render
from tests.factories import record, results
from tests.real.servers import program, running
from tests.site_factory import NOW, run_line, site

pytestmark = pytest.mark.slow

LISTENING = re.compile(r"Listening on.* address=127\.0\.0\.1:(\d+)")
ANY_PORT = "--web.listen-address=127.0.0.1:0"


def documents() -> dict[str, str]:
    """Of a run in which every verdict stands, and of a site."""
    run = run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(hours=2), slot=NOW)
    records = [record(verdict, number, value=1.5) for number, verdict in enumerate(Verdict)]
    return {"run": metrics_text(results(records)), "site": dict(render(site([run])))["metrics.txt"].decode()}


@pytest.mark.parametrize("name", documents())
def test_promtool_accepts_metrics(name):
    """Neither an error nor a piece of advice."""
    ended = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=documents()[name],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")


@pytest.mark.parametrize("name", documents())
def test_textfile_collector_accepts_every_sample(tmp_path, name):
    """And no error of its own."""
    text = documents()[name]
    (tmp_path / "playbook.prom").write_text(text, encoding="utf-8")
    options = [
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={tmp_path}",
    ]
    command = [program("prometheus-node-exporter"), ANY_PORT, *options]
    with running(command, LISTENING, tmp_path / "log") as address:
        told = httpx.get(f"{address}/metrics", timeout=30).text
    assert "node_textfile_scrape_error 0" in told
    assert told.count("\nplaybook_") >= sum(not line.startswith("#") for line in text.splitlines())


@pytest.mark.parametrize("name", documents())
def test_pushgateway_accepts_every_sample(tmp_path, name):
    """And hands on as many as it was given."""
    text = documents()[name]
    with running([program("prometheus-pushgateway"), ANY_PORT], LISTENING, tmp_path / "log") as address:
        answer = httpx.put(f"{address}/metrics/job/playbook", content=text.encode(), timeout=30)
        assert answer.status_code == 200, answer.text
        told = httpx.get(f"{address}/metrics", timeout=30).text
    assert told.count("\nplaybook_") >= sum(not line.startswith("#") for line in text.splitlines())
