"""Prometheus and Alertmanager are restarted under a reader; nothing that it gets in between is a false green."""

from __future__ import annotations

import random
import re
import shutil
import socket
import threading
from contextlib import ExitStack, contextmanager

import pytest

from playbook.clients.alertmanager import alerting as alerting_of
from playbook.clients.prometheus import prometheus as prometheus_of
from playbook.core.clock import Clock
from playbook.core.errors import Unmeasured
from playbook.settings.loading import load
from tests.real.servers import READY_WITHIN, started
from tests.waiting import wait_for

PROMETHEUS = shutil.which("prometheus")
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
LISTENING = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')
FIRES = "groups: [{name: g, interval: 1s, rules: [{alert: Fires, expr: vector(1)}]}]"
# What is sent before Prometheus has looked up its Alertmanager is lost.
FIRES_ONCE_IT_IS_HEARD = FIRES.replace("vector(1)", "prometheus_notifications_alertmanagers_discovered > 0")
QUIET = "groups: [{name: g, interval: 1s, rules: [{alert: Quiet, expr: vector(1) > 2}]}]"
RESTARTS = 3
PAUSE = 0.03  # seconds between two readings, in which the servers can get on

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed"),
    pytest.mark.skipif(ALERTMANAGER is None, reason="Alertmanager is not installed"),
]


def lasting_port() -> int:
    """A free port outside the ephemeral range, so that a restarted server can bind it again."""
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as bound:
            try:
                bound.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("expected a free port among 100, got none")


class Servers:
    """Both, each with a port that it keeps."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {"alertmanager": lasting_port(), "prometheus": lasting_port()}
        (folder / "alertmanager.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s}\n"
            "rule_files: [rules.yml]\n"
            "scrape_configs:\n"
            f"- {{job_name: itself, static_configs: [{{targets: ['127.0.0.1:{self.ports['prometheus']}']}}]}}\n"
            "alerting:\n  alertmanagers:\n"
            f"  - static_configs: [{{targets: ['127.0.0.1:{self.ports['alertmanager']}']}}]\n"
        )
        overlay = {"targets": {"sandbox": {name: {"url": self.url(name)} for name in self.ports}}}
        self.settings = load("sandbox", environment={}, overlay=overlay)

    def url(self, name):
        return f"http://127.0.0.1:{self.ports[name]}"

    def rules(self, text):
        (self.folder / "rules.yml").write_text(text)

    @contextmanager
    def alertmanager(self):
        """Without what it had been sent: it keeps no alerts on its disk."""
        command = [
            str(ALERTMANAGER),
            f"--config.file={self.folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'am'}",
            f"--web.listen-address=127.0.0.1:{self.ports['alertmanager']}",
            "--cluster.listen-address=",
        ]
        with started(command, self.folder / "am.log") as server:
            wait_for(lambda: self._listens("alertmanager", server), "Alertmanager's start", READY_WITHIN)
            yield server

    @contextmanager
    def prometheus(self, resend="1h"):
        """Args: resend: how long it waits before it sends again what it has sent."""
        command = [
            str(PROMETHEUS),
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'tsdb'}",
            f"--rules.alert.resend-delay={resend}",
            f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}",
        ]
        with started(command, self.folder / "prometheus.log") as server:
            wait_for(lambda: self._listens("prometheus", server), "Prometheus' start", READY_WITHIN)
            yield server

    def _listens(self, name, server):
        assert server.poll() is None, f"{name} ended with {server.returncode}; its log is in {self.folder}"
        with socket.socket() as asked:
            asked.settimeout(1)
            return asked.connect_ex(("127.0.0.1", self.ports[name])) == 0

    def found(self):
        """What our client finds by now; an ``Unmeasured`` where it could not."""
        try:
            return alerting_of(self.settings).found(Clock().now())
        except Unmeasured as error:
            return error

    def arrived(self):
        """Whether the alert fires, Alertmanager has it, and nothing is left open."""
        found = self.found()
        if isinstance(found, Unmeasured) or not found.coverage.enough:
            return False
        return [(one.name, one.state, one.delivered) for one in found.alerts] == [("Fires", "firing", True)]


@pytest.fixture
def servers(tmp_path):
    return Servers(tmp_path)


def is_whole(found):
    """Whether a reading says that it has seen all."""
    return not isinstance(found, Unmeasured) and found.coverage.enough


def test_alert_not_yet_resent_is_not_undelivered(servers):
    """Within the two minutes after its start, in which Prometheus sends again what still fires."""
    servers.rules(FIRES_ONCE_IT_IS_HEARD)
    with ExitStack() as stack:
        with servers.alertmanager():
            stack.enter_context(servers.prometheus())
            wait_for(servers.arrived, "that the alert arrived")
        with servers.alertmanager():
            found = servers.found()
    assert [(one.name, one.state, one.delivered) for one in found.alerts] == [("Fires", "firing", True)]
    assert not found.coverage.enough
    assert "Alertmanager just started" in str(found.coverage)
    assert re.search(r"started \d+ s ago and has not yet received 1 firing alert", found.coverage.got)


def test_alert_reaches_restarted_alertmanager(servers):
    """And all is whole then."""
    servers.rules(FIRES)
    with servers.prometheus(resend="1s"):
        for _ in range(2):
            with servers.alertmanager():
                wait_for(servers.arrived, "that the alert arrived")


def test_restart_never_reports_no_alerts(servers):
    """A rule that always fires is seen, or it is said that not all was seen."""
    servers.rules(FIRES)
    seen, ended = [], threading.Event()

    def read():
        while not ended.wait(PAUSE):
            seen.append(servers.found())

    with servers.alertmanager():
        with servers.prometheus(resend="1s"):
            wait_for(servers.arrived, "that the alert arrived")
        reader = threading.Thread(target=read)
        reader.start()
        try:
            for _ in range(RESTARTS):
                with servers.prometheus(resend="1s"):
                    known = len(seen)
                    wait_for(lambda known=known: any(map(is_whole, seen[known:])), "a whole reading")
        finally:
            ended.set()
            reader.join()
    assert [one for one in seen if is_whole(one) and not one.alerts] == []


def test_restart_never_gives_wrong_number(servers):
    """What it has on its disk counts the same before and after; in between there is no answer, and not 0."""
    servers.rules(QUIET)
    client = prometheus_of(servers.settings)
    with servers.prometheus():
        # At least one sample of itself, of a moment that stays.
        wait_for(lambda: known(client) == 1.0, "a first sample of its own")
        at = Clock().now()
        wait_for(lambda: known(client, at) == 1.0, "that the sample can be asked for")
    answers, ended = [], threading.Event()

    def read():
        while not ended.wait(PAUSE):
            answers.append(known(client, at))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(RESTARTS):
            with servers.prometheus():
                before = answers.count(1.0)
                wait_for(lambda before=before: answers.count(1.0) > before + 5, "answers of one that runs")
    finally:
        ended.set()
        reader.join()
    assert {one for one in answers if not isinstance(one, Unmeasured)} == {1.0}


def known(client, at=None):
    try:
        return client.scalar("count(up)", at or Clock().now())
    except Unmeasured as error:
        return error
