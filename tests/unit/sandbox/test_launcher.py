"""Starting, attaching and switching, as programs and as people do it."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from playbook.core.errors import UsageError
from playbook.settings.chosen import settings_for
from sandbox.launcher import ATTACH_VARIABLE, RunningSandbox, SandboxError, attach_address, attach_or_start, start

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with start() as running:
        yield running


def by_hand(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_settings_are_a_complete_target(sandbox, tmp_path):
    target = settings_for("sandbox", tmp_path, sandbox.settings, {}).target
    assert target.kind == "sandbox"
    for address in (target.web.url, target.digitalocean.endpoint):
        assert str(address).startswith("https://localhost:")
    assert target.redis.url is not None
    assert target.redis.url.reveal().startswith("rediss://playbook:")
    assert all((target.prometheus.url, target.grafana.url, target.alertmanager.url))
    assert Path(str(target.backups.location)).is_dir()
    assert Path(str(target.web.ca)).is_file()


def _without_times(settings):
    """Windows of maintenance lie so long before and after the moment at which the world was made."""
    return {section: values for section, values in settings.items() if section != "maintenance"}


def test_faults_switch_while_addresses_stay(sandbox):
    before = _without_times(sandbox.settings)
    sandbox.set_faults(["redis-cold-cache", "web-gone"])
    assert sandbox.faults() == ["redis-cold-cache", "web-gone"]
    assert _without_times(sandbox.settings) == before
    sandbox.set_faults([])
    assert sandbox.faults() == []


def test_unknown_fault_changes_nothing(sandbox):
    sandbox.set_faults(["queue-backlog"])
    with pytest.raises(UsageError, match="unknown fault 'queue-backlogg'; did you mean 'queue-backlog'"):
        sandbox.set_faults(["queue-backlogg"])
    assert sandbox.faults() == ["queue-backlog"]
    sandbox.set_faults([])


def test_unknown_fault_starts_nothing():
    with pytest.raises(UsageError, match="unknown fault 'web-gon'"):
        start(["web-gon"])


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic x", "Bearer \u00e9"])
def test_switching_faults_requires_token(sandbox, header):
    for method, path in (("PUT", "/faults"), ("GET", "/faults"), ("GET", "/settings")):
        connection = http.client.HTTPConnection(urlsplit(sandbox.control).netloc, timeout=30)
        connection.request(method, path, "{}", {"Authorization": header} if header else {})
        assert connection.getresponse().status == 401
        connection.close()


def test_attaching_restores_faults_on_stop(sandbox, monkeypatch):
    monkeypatch.setenv(ATTACH_VARIABLE, attach_address(sandbox.control, sandbox.token))
    sandbox.set_faults(["redis-slow"])
    with attach_or_start() as attached:
        assert attached.settings == sandbox.settings
        assert sandbox.faults() == ["redis-slow"]
    with attach_or_start(["redis-cold-cache"]):
        assert sandbox.faults() == ["redis-cold-cache"]
    assert sandbox.faults() == ["redis-slow"]
    sandbox.set_faults([])


@pytest.mark.parametrize("address", ["nonsense", "http://localhost:1/", "ftp://localhost:1/#token"])
def test_invalid_attach_address_is_refused(monkeypatch, address):
    monkeypatch.setenv(ATTACH_VARIABLE, address)
    with pytest.raises(
        UsageError, match=r"\$PLAYBOOK_SANDBOX must be the address that `python -m sandbox` prints"
    ):
        attach_or_start()


def test_ended_sandbox_is_named(monkeypatch):
    with start() as ended:
        address = attach_address(ended.control, ended.token)
    monkeypatch.setenv(ATTACH_VARIABLE, address)
    with pytest.raises(SandboxError, match=r"the sandbox at http://localhost:\d+ does not answer: .*refused"):
        attach_or_start()


def test_start_failure_has_reason(monkeypatch, tmp_path):
    broken = tmp_path / "sandbox.py"
    broken.write_text("raise RuntimeError('no memory for Valkey')")
    monkeypatch.setattr("sandbox.launcher._ROOT", tmp_path)
    message = "the sandbox did not start: it ended with code 1: RuntimeError: no memory for Valkey"
    with pytest.raises(SandboxError, match=f"^{message}$"):
        start()


def test_start_stops_at_time_limit():
    with pytest.raises(SandboxError, match="not ready within 0 s"):
        start(time_limit=0)


def test_sandbox_killed_at_limit_is_reported_as_not_ready(monkeypatch):
    """On a busy machine it is still loading when its time to end is over as well."""
    monkeypatch.setattr("sandbox.launcher._END_LIMIT", 0.0)
    with pytest.raises(SandboxError, match="not ready within 0 s"):
        start(time_limit=0)


def test_command_lists_faults():
    listing = by_hand("--list-faults")
    assert listing.returncode == 0
    assert "redis-gone " in listing.stdout


def test_command_with_unknown_fault_is_one_sentence_with_code_4():
    answer = by_hand("--fault", "redis-gon")
    assert answer.returncode == 4
    assert answer.stderr == "unknown fault 'redis-gon'; did you mean 'redis-gone'? (--list-faults lists them)\n"
    assert not answer.stdout


def test_command_prints_addresses_until_ctrl_c():
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--fault", "queue-backlog"],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("Ctrl-C"):
            break
    text = "\n".join(lines)
    assert text.startswith("The sandbox is ready. Faults: queue-backlog.")
    assert "web.url" in text
    assert "rediss://playbook:" in text
    assert f"export {ATTACH_VARIABLE}='http://localhost:" in text
    process.send_signal(2)
    assert process.wait(30) == 0
    assert process.stderr
    assert process.stderr.read() == ""
    process.stdout.close()
    process.stderr.close()
