"""What the doctor tells of a service, and ``python -m playbook`` from the command line."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from playbook.__main__ import main
from playbook.cli.doctor import SERVICES, Diagnosis, Service, _tell, closing, diagnose, exit_code, lines, run
from playbook.clients.breakage import RUNNER_HINT
from playbook.core.clock import FixedClock
from playbook.core.errors import (
    Denied,
    Malformed,
    NotConfigured,
    TooLittleData,
    Unmeasured,
    Unreachable,
    UsageError,
)
from playbook.core.verdict import EXIT_OK, EXIT_UNKNOWN, EXIT_USAGE
from playbook.settings.loading import load
from sandbox.launcher import start
from tests.unit.loopback import closed_port

ROOT = Path(__file__).resolve().parents[3]
CLOCK = FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))


def diagnosed(probe, settings=("redis.url",), target="production", environment=None, root=None):
    environment = environment or {}
    loaded = load(target, root=root or Path("/nowhere"), environment=environment)
    (diagnosis,) = diagnose(loaded, CLOCK, environment, [Service("Redis", (settings,), probe)])
    return diagnosis


def raising(error):
    def probe():
        raise error

    return probe


def words(diagnosis):
    return diagnosis.configured, diagnosis.reachable, diagnosis.permitted


# ------------------------------------------------------------------------------------------------------ diagnoses


def test_answering_service_works():
    """And what it said is shown on its line."""
    diagnosis = diagnosed(lambda: "Valkey 9 at 127.0.0.1")
    assert words(diagnosis) == ("yes", "yes", "yes")
    assert diagnosis.works
    assert diagnosis.seconds >= 0
    assert list(lines(replace(diagnosis, seconds=0.004), 100)) == [
        "Redis             yes         yes        yes        0.00 s   Valkey 9 at 127.0.0.1"
    ]


@pytest.mark.parametrize(
    ("error", "expected", "next_step"),
    [
        (UsageError("redis.url: wrong"), ("wrong", "-", "-"), "Correct this setting."),
        (
            Unreachable("Redis: gone", service="Redis", hint=RUNNER_HINT),
            ("yes", "no", "-"),
            "Check that the address",
        ),
        (Unreachable("Redis: gone", service="Redis", hint="Mount it."), ("yes", "no", "-"), "Mount it."),
        (Denied("Redis: no", service="Redis"), ("yes", "yes", "no"), "Check the credentials"),
        (Denied("Redis: no", service="Redis", hint="Ask for INFO."), ("yes", "yes", "no"), "Ask for INFO."),
        (Malformed("Redis: <html>", service="Redis"), ("yes", "yes", "?"), "Look at what answers there"),
        (TooLittleData("Redis: none", service="Redis"), ("yes", "yes", "?"), "It answers, but has nothing"),
        (Unmeasured("Redis: slow", service="Redis"), ("yes", "?", "?"), "Try again"),
        (KeyError("bug"), ("yes", "?", "?"), "This is a fault of the suite"),
    ],
)
def test_failing_service_has_reason_and_next_step(error, expected, next_step):
    """Reachability and permission are reported separately."""
    diagnosis = diagnosed(raising(error))
    assert words(diagnosis) == expected
    assert not diagnosis.works
    assert diagnosis.next_step.startswith(next_step)
    shown = list(lines(diagnosis, 100))
    assert shown[1].startswith("    got     ")
    assert any(line.startswith("    next    ") for line in shown)


def test_unconfigured_service_says_what_to_add():
    """A line for playbook.toml keeps its form."""
    error = NotConfigured(
        "Redis is not", setting="redis.url", add='to playbook.toml:\n[targets.production.redis]\nurl = "…"'
    )
    diagnosis = diagnosed(raising(error))
    assert words(diagnosis) == ("no", "-", "-")
    assert list(lines(diagnosis, 100)) == [
        "Redis             no          -          -          -        add to playbook.toml:",
        "        [targets.production.redis]",
        '        url = "…"',
    ]


@pytest.mark.parametrize(
    ("environment", "set_by"),
    [
        ({"REDIS_URL": "redis://:word@h"}, "$REDIS_URL"),
        (
            {"DIGITALOCEAN_ACCESS_TOKEN": "t", "DO_PRODUCTION_APP_ID": "i"},
            "$DIGITALOCEAN_ACCESS_TOKEN, $DO_PRODUCTION_APP_ID",
        ),
        ({}, ""),
    ],
)
def test_effective_variable_is_named_without_value(environment, set_by):
    """Of several names the one that is set; never the value."""
    paths = ("redis.url", "digitalocean.token", "digitalocean.app_id")
    diagnosis = diagnosed(lambda: "fine", paths, environment=environment)
    assert diagnosis.set_by == set_by


def test_effective_file_setting_is_named(tmp_path):
    """With the file it stands in."""
    (tmp_path / "playbook.toml").write_text(
        '[targets.production.web]\nurl = "https://a.example"\n[targets.production.logs]\nfiles = ["/x"]\n'
    )
    diagnosis = diagnosed(lambda: "fine", ("web.url", "logs.files"), root=tmp_path)
    assert diagnosis.set_by == "web.url in playbook.toml, logs.files in playbook.toml"


def test_prometheus_through_grafana_is_named():
    """Prometheus is asked through Grafana where it has no address of its own."""
    (prometheus,) = (service for service in SERVICES if service.name == "Prometheus")
    service = Service("Prometheus", prometheus.settings, lambda: "fine")
    grafana = {"GRAFANA_URL": "https://g.example", "GRAFANA_TOKEN": "t"}
    for environment, set_by in (
        (grafana, "$GRAFANA_URL, $GRAFANA_TOKEN"),
        (grafana | {"PROMETHEUS_URL": "https://p.example"}, "$PROMETHEUS_URL"),
    ):
        loaded = load("production", root=Path("/nowhere"), environment=environment)
        (diagnosis,) = diagnose(loaded, CLOCK, environment, [service])
        assert diagnosis.set_by == set_by


def test_services_are_probed_concurrently():
    """Both at once, or the barrier would break."""
    barrier = threading.Barrier(2, timeout=100)
    services = [Service(name, (), lambda: str(barrier.wait() is not None)) for name in ("A", "B")]
    loaded = load("production", root=Path("/nowhere"), environment={})
    assert [d.found for d in diagnose(loaded, CLOCK, {}, services)] == ["True", "True"]


def diagnosis_of(configured, permitted):
    return Diagnosis("A", configured, "yes", permitted, "", "")


@pytest.mark.parametrize(
    ("diagnoses", "code", "sentence"),
    [
        ([("yes", "yes"), ("yes", "yes")], EXIT_OK, "2 of 2 configured services work"),
        ([("yes", "yes"), ("no", "-")], EXIT_OK, "1 of 1 configured services work; 1 not configured"),
        ([("yes", "yes"), ("yes", "no")], EXIT_UNKNOWN, "1 of 2 configured services work"),
        ([("yes", "yes"), ("wrong", "-")], EXIT_UNKNOWN, "1 of 2 configured services work"),
        ([("no", "-")], EXIT_UNKNOWN, "0 of 0 configured services work; 1 not configured"),
    ],
)
def test_exit_code_counts_configured_services_only(diagnoses, code, sentence):
    """Nothing configured is not fine either."""
    made = [diagnosis_of(*pair) for pair in diagnoses]
    assert exit_code(made) == code
    assert closing(made) == sentence


# ----------------------------------------------------------------------------------------------------- whole runs


def told(target, faults=(), root=ROOT):
    said: list[str] = []
    return run(target, faults, root, said.append), said


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A folder without playbook.toml, and none of the variables that name services."""
    for name in (
        "PLAYBOOK_TARGET",
        "PLAYBOOK_CONFIG",
        "PRODUCTION_URL",
        "REDIS_URL",
        "GRAFANA_URL",
        "BACKUP_LOCATION",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN", "DO_PRODUCTION_APP_ID", "PROMETHEUS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("ALERTMANAGER_URL", raising=False)
    return tmp_path


def test_target_without_settings_lists_what_to_add(bare):
    """The target is in the first line, and where settings would come from in the second."""
    code, said = told("production", root=bare)
    assert code == EXIT_UNKNOWN
    assert said[0].startswith("operations playbook · target: production · doctor · 20")
    there_is_none = f"there is no playbook.toml in {bare} (python -m playbook init writes one)"
    assert said[1] == f"settings: playbook/defaults.toml; {there_is_none}"
    assert sum(" no          -" in line for line in said) == len(SERVICES)
    assert any(line.endswith("add REDIS_URL to the environment") for line in said)


def test_doctor_shows_no_secret(bare, monkeypatch):
    """Wherever a password stands in an address."""
    monkeypatch.setenv("REDIS_URL", f"redis://default:s3cret-word@127.0.0.1:{closed_port()}/0")
    monkeypatch.setenv("PRODUCTION_URL", f"http://user:s3cret-word@127.0.0.1:{closed_port()}")
    code, said = told("production", root=bare)
    text = "\n".join(said)
    assert code == EXIT_UNKNOWN
    assert "connection refused" in text
    assert "s3cret" not in text
    assert "$REDIS_URL" in text


@pytest.fixture(scope="module")
def sandbox():
    with start() as running:
        yield running


@pytest.fixture
def attached(sandbox, monkeypatch):
    """The doctor looks at this sandbox instead of starting one."""
    from sandbox.launcher import ATTACH_VARIABLE, attach_address

    monkeypatch.setenv(ATTACH_VARIABLE, attach_address(sandbox.control, sandbox.token))
    monkeypatch.delenv("PLAYBOOK_TARGET", raising=False)


@pytest.mark.slow
@pytest.mark.usefixtures("attached")
def test_all_services_of_sandbox_work():
    """Which is what is looked at without a target, and said."""
    code, said = told(None)
    assert "target: sandbox (no target chosen" in said[0]
    assert said[-1] == f"{len(SERVICES)} of {len(SERVICES)} configured services work", "\n".join(said)
    assert code == EXIT_OK


@pytest.mark.slow
@pytest.mark.usefixtures("attached")
def test_doctor_lists_notification_channels_and_unusable_ones(capsys, monkeypatch):
    """And what of it cannot be used is code 10, before an incident needs it."""
    monkeypatch.setattr(
        "playbook.cli.doctor.diagnose", lambda *_: iter([Diagnosis("A", "yes", "yes", "yes", "", "")])
    )
    settings = load(root=Path("/nowhere"), environment={"PLAYBOOK_PING_URL": "https://ping.example/t0p-s3cr3t"})
    assert _tell(settings, CLOCK, print) == EXIT_OK
    shown = capsys.readouterr().out
    assert "NOTIFICATIONS  (nothing was sent)\nmessages  nowhere: set $SLACK_WEBHOOK_URL" in shown
    assert "pings     of every set" in shown
    assert "t0p-s3cr3t" not in shown
    settings = load(root=Path("/nowhere"), environment={"PLAYBOOK_PING_URL": "t0p-s3cr3t"})
    assert _tell(settings, CLOCK, print) == EXIT_UNKNOWN
    assert "wrong     the address to ping for every set: expected https" in capsys.readouterr().out


@pytest.mark.slow
def test_doctor_names_only_the_missing_service():
    """Nothing else is blamed but what is read through it."""
    code, said = told("sandbox", ["redis-gone", "digitalocean-gone", "backups-gone"])
    assert code == EXIT_UNKNOWN
    assert "faults: redis-gone, digitalocean-gone, backups-gone" in said[0]
    gone = [line.partition("  ")[0] for line in said if " yes         no " in line]
    assert gone == ["DigitalOcean API", "Databases", "Redis", "Logs", "Backups"]


def test_fault_on_other_target_is_usage_error(bare):
    """Another target has its own."""
    with pytest.raises(UsageError, match="faults are for the sandbox only, and the target is production"):
        told("production", ["redis-gone"], root=bare)
    with pytest.raises(UsageError, match="unknown fault 'redis-gon'"):
        told("sandbox", ["redis-gon"], root=bare)


# --------------------------------------------------------------------------------------------------- command line


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["doctr"], "invalid choice: 'doctr'"),
        (["doctor", "--targt", "x"], "unrecognized arguments: --targt x"),
        (["doctor", "--target", "nowhere"], "unknown target 'nowhere'"),
        (["sandbox", "--fault", "redis-gon"], "unknown fault 'redis-gon'; did you mean 'redis-gone'?"),
    ],
)
def test_doctor_mistake_is_one_sentence_with_code_4(arguments, sentence, capsys, bare, monkeypatch):
    """No usage text, no traceback."""
    monkeypatch.chdir(bare)
    assert main(arguments) == EXIT_USAGE
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_sandbox_command_lists_faults(capsys):
    """By the same command that starts it."""
    assert main(["sandbox", "--list-faults"]) == EXIT_OK
    assert "backup-missing" in capsys.readouterr().out


@pytest.mark.slow
def test_help_lists_commands():
    """Also where it is run as a module."""
    ended = subprocess.run(
        [sys.executable, "-m", "playbook", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=110,
    )
    assert "doctor" in ended.stdout
    assert "sandbox" in ended.stdout
