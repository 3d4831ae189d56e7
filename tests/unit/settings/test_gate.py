"""Known ways around the gate, none of which works."""

import os
from pathlib import Path

import pytest

from playbook.clients.recovery.alerting import AlertRoute
from playbook.clients.recovery.place import Place, Staging
from playbook.core.engine import REGISTRY, needs_of
from playbook.core.errors import Forbidden, NotConfigured
from playbook.run.run import load_providers
from playbook.settings.gate import (
    GATE,
    OPTION,
    Guarded,
    Permit,
    pass_gate,
    reached_in_production,
    require_permit,
)
from playbook.settings.loading import load
from tests import preloaded

ROOT = Path(__file__).resolve().parents[3]
STAGING = '[targets.staging.web]\nurl = "https://staging.example"\n'


def settings(tmp_path, text, target="staging", **environment):
    file = tmp_path / "playbook.toml"
    file.write_text(text)
    return load(target, environment={"PLAYBOOK_CONFIG": str(file), **environment})


def test_staging_passes_only_where_allowed(tmp_path):
    """Otherwise it is not configured, with the option as what to add."""
    known = settings(tmp_path, STAGING)
    assert pass_gate(known, True).permit.target == "staging"
    with pytest.raises(NotConfigured) as refused:
        pass_gate(known, False)
    assert refused.value.setting == OPTION
    assert refused.value.add.startswith(f"{OPTION} to the command line")


def test_production_never_passes(tmp_path):
    """Whatever was requested; the gate says why."""
    gate = pass_gate(settings(tmp_path, "", "production", PRODUCTION_URL="https://p.example"), True)
    assert gate.refusal == "nothing may be changed on production, as it is a production system"
    with pytest.raises(Forbidden, match="nothing may be changed on production"):
        _ = gate.permit


@pytest.mark.parametrize("name", ["production", "Production"])
@pytest.mark.parametrize("kind", ["staging", "sandbox"])
def test_production_by_name_stays_production_with_another_kind(tmp_path, name, kind):
    """The name takes precedence over the kind."""
    gate = pass_gate(settings(tmp_path, f'[targets.{name}]\nkind = "{kind}"\n', name), True)
    assert gate.refusal == f"nothing may be changed on {name}, because of its name, although its kind is {kind}"


@pytest.mark.parametrize(
    "staging",
    [
        '[targets.staging.web]\nurl = "https://portfolio.example"',
        '[targets.staging.web]\nurl = "https://PORTFOLIO.example.:443/other/path?x=1"',
        '[targets.staging.web]\nurl = "http://user:secret@portfolio.example:8080"',
        '[targets.staging.redis]\nurl = "${SAME_REDIS}"',
        '[targets.staging.alertmanager]\nurl = "https://alerts.example/"',
        '[targets.staging.digitalocean]\napp_id = "APP-1 "',
    ],
)
@pytest.mark.parametrize("name", ["staging", "harmless"])
@pytest.mark.parametrize("kind", ["staging", "sandbox"])
def test_production_addresses_under_another_name_do_not_pass(tmp_path, staging, name, kind):
    """In any spelling."""
    text = staging.replace("staging", name) + f'\n[targets.{name}]\nkind = "{kind}"\n'
    production = {
        "PRODUCTION_URL": "https://portfolio.example/",
        "REDIS_URL": "rediss://default:one@redis.example:25061/0",
        "SAME_REDIS": "rediss://other:two@redis.example:25061/1",
        "ALERTMANAGER_URL": "https://alerts.example",
        "DO_PRODUCTION_APP_ID": "app-1",
    }
    known = settings(tmp_path, text, name, **production)
    with pytest.raises(Forbidden, match=rf"nothing is changed on {name}: .* production's \(targets\.production\."):
        pass_gate(known, True)


def test_second_production_target_is_guarded_too():
    """By its kind, whatever its name."""
    targets = {
        "live": {"kind": "production", "web": {"url": "https://live.example"}},
        "test": {"kind": "staging", "web": {"url": "https://test.example"}},
    }
    assert dict(Guarded(reached_in_production(targets), "test")) == {"live.example": "targets.live.web.url"}
    assert dict(Guarded(reached_in_production(targets), "live")) == {}


def test_sandbox_on_another_machine_does_not_pass(tmp_path):
    """As a sandbox needs no permission."""
    text = '[targets.mine]\nkind = "sandbox"\n[targets.mine.web]\nurl = "https://shop.example"\n'
    with pytest.raises(Forbidden, match=r"claims to be a sandbox, but its address is shop\.example"):
        pass_gate(settings(tmp_path, text, "mine"), True)


def test_loopback_ports_are_distinguished(tmp_path):
    """Several systems may be reached through tunnels there."""
    text = '[targets.staging.web]\nurl = "https://localhost:8443"\n'
    assert pass_gate(settings(tmp_path, text, PRODUCTION_URL="https://localhost:9443"), True).permit
    with pytest.raises(Forbidden):
        pass_gate(settings(tmp_path, text, PRODUCTION_URL="https://localhost:8443/"), True)


def test_no_setting_opens_the_gate(tmp_path):
    """The permission is not a setting."""
    for text in ("allow_mutations = true\n", "[targets.staging]\nallow_mutations = true\n"):
        with pytest.raises(Exception, match="unknown setting"):
            settings(tmp_path, text)


def test_only_the_gate_makes_a_permit():
    """Nothing else is accepted as one."""
    with pytest.raises(Forbidden):
        Permit("staging")

    class Forged(Permit):
        def __init__(self):
            self.target = "production"

    for forged in (Forged(), True, "yes", None):
        with pytest.raises(Forbidden):
            require_permit(forged)
        with pytest.raises(Forbidden):
            Place(forged, None)  # type: ignore[arg-type]
        with pytest.raises(Forbidden):
            AlertRoute(forged, None, None)  # type: ignore[arg-type]


def test_production_has_no_staging_folder(tmp_path):
    """The drill itself would refuse too."""
    gate = pass_gate(settings(tmp_path, "", "production"), True)
    with pytest.raises(Forbidden), Staging(gate, None, "recovery.folder").place():
        pass


def test_every_provider_that_can_change_something_needs_the_gate():
    """No provider reaches a restore folder or an alert route past it."""
    load_providers()
    assert GATE in needs_of(["staging"])
    assert GATE in needs_of(["alert_route"])
    changing = {name for name in REGISTRY if GATE in needs_of([name])}
    assert changing == {
        GATE,
        "staging",
        "alert_route",
        "rollback_route",
        "rollback_drill",
        "restore_drill",
        "full_restore",
        "recovery_times",
        "alert_delivery",
    }


def run_pytest(*arguments, **environment):
    ended = preloaded.run_pytest(
        "-m", "mutates", *arguments, cwd=ROOT, env={**os.environ, **environment}, timeout=110
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.slow
def test_option_is_refused_for_production():
    """With a message, before anything is measured."""
    code, output = run_pytest("--target", "production", OPTION)
    assert code == 4
    assert f"{OPTION} is refused: nothing may be changed on production, as it is a production system" in output


@pytest.mark.slow
@pytest.mark.parametrize("way", ["PYTEST_ADDOPTS", "-o"])
def test_option_counts_on_the_command_line_only(way):
    """A variable or an ini file would grant it permanently and unnoticed."""
    arguments = ("--target", "staging")
    if way == "-o":
        code, output = run_pytest(*arguments, "-o", f"addopts=-p no:locust {OPTION}")
    else:
        code, output = run_pytest(*arguments, PYTEST_ADDOPTS=OPTION)
    assert code == 4
    assert "is accepted on the command line only" in output


@pytest.mark.slow
def test_check_that_changes_something_needs_the_marker(tmp_path):
    """It could not be deselected otherwise: its file is rejected, and nothing runs."""
    check = tmp_path / "test_recovery.py"
    check.write_text(
        "import pytest\n\n@pytest.mark.item('weekly.backups.restores')\n"
        "def test_x(restore_drill, judge):\n    '''X.'''\n"
    )
    arguments = ("-c", str(ROOT / "pytest.ini"), "-p", "playbook.plugin", str(check))
    ended = preloaded.run_pytest(*arguments, cwd=ROOT, env=os.environ, timeout=110)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "operations playbook ·" in ended.stdout
    assert "report:" not in ended.stdout
    assert "expected @pytest.mark.mutates where a measurement needs mutation_gate" in ended.stdout + ended.stderr
