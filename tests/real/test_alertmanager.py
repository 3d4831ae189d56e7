"""What our client reads from a real Alertmanager, and that the sandbox's answers have the same shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from playbook.clients.alertmanager import Alertmanager
from playbook.clients.http import HttpClient
from playbook.clock import Clock
from playbook.measure.alerts import alerts
from playbook.settings import load
from sandbox.metrics import alertmanager as simulated
from sandbox.metrics.state import AlertsState
from tests.real.servers import program, running

LISTENING = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')
CONFIG = """
route: {receiver: operations, group_wait: 1h}
receivers: [{name: operations}]
inhibit_rules:
- source_matchers: [alertname = HostDown]
  target_matchers: [alertname = DiskFull]
"""


def post(url: str, content: Any) -> Any:
    """What a test prepares; the suite's own clients cannot write."""
    request = Request(url, json.dumps(content).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as response:
        text = response.read()
    return json.loads(text) if text else None


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Four alerts: one fires, one is silenced, one inhibits another."""
    folder: Path = tmp_path_factory.mktemp("alertmanager")
    config = folder / "alertmanager.yml"
    config.write_text(CONFIG)
    command = [
        program("prometheus-alertmanager"),
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
    ]
    now = datetime.now(UTC)
    with running(command, LISTENING, folder / "log") as address:
        silence = {
            "matchers": [
                {"name": "alertname", "value": "Noisy", "isRegex": False, "isEqual": True},
                {"name": "severity", "value": "warn.*", "isRegex": True, "isEqual": True},
            ],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=3)).isoformat(),
            "createdBy": "alex",
            "comment": "known, being repaired",
        }
        post(f"{address}/api/v2/silences", silence)
        post(
            f"{address}/api/v2/alerts",
            [
                {
                    "labels": {"alertname": name, "severity": "warning"},
                    "annotations": {"summary": f"{name} happened"},
                    "startsAt": (now - timedelta(minutes=42)).isoformat(),
                }
                for name in ("HighErrorRate", "Noisy", "HostDown", "DiskFull", "Watchdog")
            ],
        )
        yield address


def measured(url: str) -> Any:
    """As a run measures it."""
    settings = load("sandbox", environment={})
    return alerts(Alertmanager(HttpClient(url, service="Alertmanager")), settings, Clock())


def test_alerts_are_told_apart_by_state(url):
    """Firing, silenced, inhibited; what is meant to fire does not count."""
    found = measured(url)
    assert [alert.name for alert in found.firing] == ["HighErrorRate", "HostDown"]
    states = {alert.name: alert.state for alert in found.found.alerts}
    assert states == {
        "HighErrorRate": "firing",
        "HostDown": "firing",
        "Watchdog": "firing",
        "Noisy": "silenced",
        "DiskFull": "inhibited",
    }
    assert found.words(found.firing).startswith("2: HighErrorRate (warning, for 42 min), HostDown (")


def test_silences_are_shown_with_who_and_why(url):
    """Their matchers as Alertmanager writes them."""
    (silence,) = measured(url).found.silences
    assert silence.matchers == ('alertname="Noisy"', 'severity=~"warn.*"')
    assert (silence.by, silence.comment) == ("alex", "known, being repaired")
    assert timedelta(hours=2, minutes=55) < silence.until - datetime.now(UTC) <= timedelta(hours=3)


def shape(value: Any) -> Any:
    """Names and kinds, without values."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_the_sandbox_answers_in_the_same_shape(url):
    """Every field of alerts, silences and receivers, with its kind."""
    now = datetime.now(UTC)
    state = AlertsState.healthy(now)
    state.raise_alert("HighErrorRate", "too many", minutes=5)
    for path in ("alerts", "silences", "receivers"):
        answer = simulated.answer(state, simulated.Posted(), now, path, {}, None)
        ours, theirs = json.loads(bytes(answer.body))[0], json.load(urlopen(f"{url}/api/v2/{path}", timeout=10))[0]
        if path == "alerts":
            ours["labels"] = theirs["labels"] = {}
            for status in (
                ours["status"],
                theirs["status"],
            ):  # by what an alert has, and newer ones know "mutedBy"
                status |= {"silencedBy": [], "inhibitedBy": [], "mutedBy": []}
        assert shape(ours) == shape(theirs), path
