"""A load test by the front door: Ctrl-C stops it within a second, and it is reported all the same."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import msgspec
import pytest

from playbook.core.evidence import Chart
from playbook.core.record import Results
from playbook.readers.load.outcome import read_outcome
from playbook.readers.load.plan import BREAKPOINT, SHAPES
from sandbox.launcher import ATTACH_VARIABLE, attach_address
from tests.leisure import AT_LEISURE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds for anything that is waited for
SOAK_USERS, LEAST_WAIT = 5, 0.2  # of the sandbox's soak test; seconds between two requests of a user


def requests_so_far(settings):
    """As the website counts them, its own metrics left out."""
    context = ssl.create_default_context(cafile=settings["web"]["ca"])
    with urllib.request.urlopen(f"{settings['web']['url']}/metrics", timeout=10, context=context) as page:
        text = page.read().decode()
    counts = re.findall(r'^http_requests_total\{.*route="(?!/metrics").*\} (\S+)$', text, re.MULTILINE)
    return sum(map(float, counts))


def most_requests(seconds):
    """That a soak test may make in so much time; one of each user may be under way."""
    return SOAK_USERS * (seconds / LEAST_WAIT + 1)


def seconds_with_answers(reports):
    """Of the load test that runs, so far."""
    file = next(reports.glob("sandbox-*/load.json"), None)
    return sum(one.p95 is not None for one in read_outcome(file).moments) if file else 0


def until(holds):
    """Wait for it."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_ctrl_c_stops_load_and_reports(sandbox, tmp_path, number):
    """It ends at once and for good; every check is UNKNOWN, with the charts of what there was; code 2.

    At once is told by the requests that still come, no more than of one second and of the time that this test took
    to tell it: on a busy machine a second of the clock may be over before anybody had their turn.
    """
    sandbox.set_faults([])
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-m", "load", "--shape", "soak"),
            *("--target", "sandbox", f"--reports={tmp_path}"),
        ],
        cwd=ROOT,
        env=os.environ | {ATTACH_VARIABLE: attach_address(sandbox.control, sandbox.token)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until(lambda: process.poll() is not None or seconds_with_answers(tmp_path) >= 2)
        assert process.poll() is None
        asked = time.monotonic()
        before = requests_so_far(sandbox.settings)
        process.send_signal(number)
        until_told = time.monotonic() - asked
        said, _ = process.communicate(timeout=PATIENCE)
        after = requests_so_far(sandbox.settings)
        time.sleep(1.0)
        assert requests_so_far(sandbox.settings) == after
    finally:
        process.kill()
    assert process.returncode == 2, said
    assert after - before <= most_requests(1.0 + until_told)
    (outcome,) = map(read_outcome, tmp_path.glob("sandbox-*/load.json"))
    assert outcome.ended.startswith("interrupted")
    assert " · set: load · load: soak, up to 5 users for 60 s · " in said.splitlines()[0]
    assert "the load test is being stopped and will be reported" in said
    results = msgspec.json.decode(next(tmp_path.glob("sandbox-*/results.json")).read_bytes(), type=Results)
    assert results.ended.startswith("interrupted")
    assert (results.verdict, results.exit_code) == ("UNKNOWN", 2)
    assert {str(record.verdict) for record in results.records} == {"UNKNOWN"}
    assert len(results.records) == 7
    (carried,) = [record for record in results.records if record.item == "load.carried"]
    assert re.search(r"expected a test that ran as planned, got one that was ended early", carried.message)
    charts = [one for one in carried.evidence if isinstance(one, Chart)]
    assert charts
    assert all(curve.points for chart in charts for curve in chart.curves)
    assert (next(tmp_path.glob("sandbox-*/index.html"))).is_file()


def test_several_workers_share_load(run_checks, tmp_path):
    """All stayed; Locust's own page lies beside the report, which names it.

    There was no test with as many workers before, so the comparison is the only thing that is not known.
    """
    results = run_checks(set_name="load", arguments=("--workers", "2"))
    unsure = {record.item: str(record.verdict) for record in results.records if record.verdict != "OK"}
    assert unsure == {"load.comparison": "UNKNOWN"}
    (carried,) = [record for record in results.records if record.item == "load.carried"]
    facts = next(one.facts for one in carried.evidence if one.title == "Load test")
    assert facts["Processes"] == "a master and 2 workers"
    page = Path(facts["Locust's own page"])
    assert page.parent == next(tmp_path.glob("sandbox-*"))
    assert "<html" in page.read_text(encoding="utf-8").lower()
    assert read_outcome(page.with_name("load.json")).workers == 2


def carried(results):
    """The record that stands for the whole test."""
    (record,) = [record for record in results.records if record.item == "load.carried"]
    return record


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != BREAKPOINT])
def test_each_shape_follows_settings(run_checks, tmp_path, shape):
    """Its users come and go stage by stage, and the verdict is one on the system."""
    stages = "[{ users = 2, seconds = 2.0, spawn_rate = 10.0 }, { users = 6, seconds = 2.0, spawn_rate = 10.0 }]"
    settings = f"{AT_LEISURE}[targets.sandbox.load.shapes.{shape}]\nstages = {stages}\n"
    results = run_checks(set_name="load", arguments=("--shape", shape), settings=settings)
    assert carried(results).verdict == "OK", carried(results).message
    outcome = read_outcome(next(tmp_path.glob("sandbox-*/load.json")))
    assert (outcome.shape, outcome.ended, outcome.planned_seconds) == (shape, "finished", 4.0)
    assert {2, 6} <= {moment.users for moment in outcome.moments}
    assert outcome.most_users == 6


def test_breakpoint_test_reports_first_broken_step(run_checks, tmp_path):
    """Where not even the first step holds, it is said with what broke it, and no further step is made."""
    settings = (
        f"{AT_LEISURE}[targets.sandbox.load.breaks]\n"
        "p95_seconds = 0.00001\nsettle_seconds = 0.5\nleast_requests = 1\n"
        "[targets.sandbox.load.shapes.breakpoint]\n"
        "stages = [{ users = 4, seconds = 3.0 }, { users = 8, seconds = 3.0 }]\n"
    )
    results = run_checks(set_name="load", arguments=("--shape", "breakpoint"), settings=settings)
    assert carried(results).verdict == "CRITICAL"
    assert re.fullmatch(
        r"Load that held: expected at least 20 users, got 0 users over 1 step \(0\.0 requests/s; "
        # The second where the machine is so busy that not even one request in twenty was answered.
        r"4 users broke it: (?:P95 \d+\.\d\d s, at most 1e-05 s.*|\d+ of \d+ requests waited for over 1e-05 s"
        r" and had no answer yet)\) \(critical < 10 users\)",
        carried(results).message,
    ), carried(results).message
    assert read_outcome(next(tmp_path.glob("sandbox-*/load.json"))).most_users == 4
