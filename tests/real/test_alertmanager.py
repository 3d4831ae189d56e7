"""The test alert through a real Alertmanager: in by its API, out by its webhook, and ended again."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from contextlib import contextmanager

import pytest

from playbook.clients.alert_route import alert_route
from playbook.clients.alertmanager import alerting as alerting_of
from playbook.clients.recovery import alerting
from playbook.clients.recovery.receiver import Receiver
from playbook.core.clock import Clock
from playbook.history import drill_records as records
from playbook.measure.alerts.alert_test import alert_delivery
from playbook.settings.gate import pass_gate
from playbook.settings.loading import load
from tests.real.servers import running
from tests.waiting import wait_for

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
TOKEN = "a-token-for-this-test-only"
LISTENING = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')
PATIENCE = 60.0  # seconds for what must come

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="Alertmanager is not installed")]


@contextmanager
def nobody():
    """A port on which nobody listens, and that nobody else can get meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextmanager
def alertmanager(folder, webhook):
    """One that notifies ``webhook`` of alerts marked as tests, and nobody of the rest."""
    config = folder / "alertmanager.yml"
    config.write_text(
        f"""
route:
  receiver: nobody
  group_wait: 200ms
  group_interval: 300ms
  routes:
  - matchers: ['test="true"', 'severity="none"']
    receiver: playbook
receivers:
- name: nobody
- name: playbook
  webhook_configs:
  - url: {webhook}
    send_resolved: true
"""
    )
    command = [
        str(PROGRAM),
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
    ]
    with running(command, LISTENING, folder / "log") as url:
        yield url


@pytest.fixture
def receiver():
    """Ours, on a port of its own."""
    with Receiver("127.0.0.1", 0, TOKEN) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def delivered(tmp_path, url, receiver, seconds=PATIENCE):
    overlay = {
        "targets": {
            "sandbox": {
                "alertmanager": {"url": url},
                "alert_test": {
                    "received_url": f"http://127.0.0.1:{receiver.server_port}/",
                    "token": TOKEN,
                    "seconds": seconds,
                },
                "recovery": {"records": str(tmp_path / "drills.jsonl")},
            }
        }
    }
    settings = load("sandbox", environment={}, overlay=overlay)
    gate = pass_gate(settings, False)
    return alert_delivery(alert_route(gate, settings), gate, settings, Clock()), settings


def test_alert_is_delivered_and_resolved(tmp_path, receiver, monkeypatch):
    """It is marked as a test, reaches the receiver by name, and its end does too."""
    monkeypatch.setattr(alerting, "_END_KNOWN", PATIENCE)
    with alertmanager(tmp_path, f"http://127.0.0.1:{receiver.server_port}/{TOKEN}") as url:
        found, settings = delivered(tmp_path, url, receiver)
    assert found.succeeded, found.result
    assert found.delivery.receiver == "playbook"
    assert found.delivery.ended
    assert found.delivery.end_arrived is not None
    assert 0.1 < found.time.value < PATIENCE
    statuses = [alert["status"] for one in receiver.kept() for alert in one["alerts"]]
    assert statuses == ["firing", "resolved"]
    (record,) = records.read(settings.target.recovery.records, Clock().now()).found
    assert record.ok
    assert record.item == "monthly.dr.alerts"


def test_misrouted_alert_is_detected(tmp_path, receiver):
    """Its route leads to a port where nobody listens: it does not arrive, and is ended all the same."""
    with nobody() as port, alertmanager(tmp_path, f"http://127.0.0.1:{port}/") as url:
        found, _ = delivered(tmp_path, url, receiver, seconds=1.5)
    assert not found.succeeded
    assert re.fullmatch(r"nothing in \d+ s", found.result)
    assert found.delivery.ended


# What is read of them, and of the rules behind them.

PROMETHEUS = shutil.which("prometheus")
PROMETHEUS_LISTENING = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')
RULES = {
    "none": "groups: []",
    "recording": "groups: [{name: g, interval: 1s, rules: [{record: one, expr: vector(1)}]}]",
    "quiet": "groups: [{name: g, interval: 1s, rules: [{alert: Quiet, expr: vector(1) > 2}]}]",
    "fires": "groups: [{name: g, interval: 1s, rules: [{alert: Fires, expr: vector(1)}]}]",
    "pending": "groups: [{name: g, interval: 1s, rules: [{alert: Waits, expr: vector(1), for: 1h}]}]",
}


@contextmanager
def prometheus_with(folder, rules, alertmanager_url):
    """One that evaluates these rules every second."""
    (folder / "rules.yml").write_text(RULES[rules])
    config = folder / "prometheus.yml"
    config.write_text(
        f"""
rule_files: [rules.yml]
alerting:
  alertmanagers:
  - static_configs: [{{targets: ["{alertmanager_url.removeprefix("http://")}"]}}]
"""
    )
    command = [
        str(PROMETHEUS),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        "--rules.alert.resend-delay=1s",  # the first is sent before Alertmanager is discovered
        "--web.listen-address=127.0.0.1:0",
    ]
    with running(command, PROMETHEUS_LISTENING, folder / "prometheus-log") as url:
        yield url


@pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed")
@pytest.mark.parametrize(
    ("rules", "states", "got"),
    [
        ("none", [], "none in Prometheus"),
        ("recording", [], "none in Prometheus"),
        ("quiet", [], ""),
        ("fires", ["firing"], ""),
        ("pending", ["pending"], ""),
    ],
)
def test_rules_and_alerts_of_real_servers_are_read(tmp_path, rules, states, got):
    """What fires, what waits, and whether anything could."""
    with (
        alertmanager(tmp_path, "http://127.0.0.1:9/") as url,
        prometheus_with(tmp_path, rules, url) as store,
    ):
        overlay = {"targets": {"sandbox": {"alertmanager": {"url": url}, "prometheus": {"url": store}}}}
        source = alerting_of(load("sandbox", environment={}, overlay=overlay))

        def settled():
            found = source.found(Clock().now())
            told = [alert.state for alert in found.alerts if alert.delivered]
            return (told, found.coverage.got) == (states, got)

        wait_for(settled, "that the rules were evaluated")
