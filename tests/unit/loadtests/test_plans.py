"""Plans that cannot be used, and Locust's options that are taken back."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtests import options, plans
from playbook.core.errors import UsageError
from playbook.readers.load.plan import PLAN_VARIABLE, Stage
from tests.unit.loadtests.plans import plan_of


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"most_users": 0}, "most_users: expected more than 0"),
        ({"most_requests_per_second": 0.0}, "most_requests_per_second: expected more than 0"),
        ({"most_requests_per_second": float("-1")}, "most_requests_per_second: expected more than 0"),
        ({"stages": []}, "stages: expected more than 0"),
        ({"stages": [Stage(1, 1.0, 0.0)]}, "stages: expected users, seconds and a spawn rate over 0"),
        ({"wait_seconds": (2.0, 1.0)}, "wait_seconds: expected the least and then the most"),
    ],
    ids=["users", "rate", "negative", "no stages", "spawn rate", "wait"],
)
def test_invalid_plan_names_file_and_field(wrong: dict[str, Any], message: str, tmp_path: Path) -> None:
    """One sentence names the file and the field."""
    file = tmp_path / "plan.json"
    file.write_bytes(msgspec.json.encode(plan_of(80, **wrong)))
    with pytest.raises(UsageError, match=message) as caught:
        plans.read(file)
    assert str(file) in str(caught.value)


def test_unreadable_plan_is_refused(tmp_path: Path) -> None:
    """Not there, not JSON, or with a field that nobody knows."""
    with pytest.raises(UsageError, match="cannot be read"):
        plans.read(tmp_path / "none.json")
    file = tmp_path / "plan.json"
    for text in ("{", '{"hosts": 1}'):
        file.write_text(text)
        with pytest.raises(UsageError, match="is not a plan"):
            plans.read(file)


def test_master_and_worker_require_plan_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox for each would be none that they share."""
    monkeypatch.delenv(PLAN_VARIABLE, raising=False)
    with pytest.raises(UsageError, match="need the file of a plan"):
        plans.find(alone=False)


def _options(**other: Any) -> Namespace:
    usual = {
        "web_host": "0.0.0.0",
        "master_bind_host": "*",
        "stop_timeout": 30,
        "config_users": [["{}"]],
        "reset_stats": True,
        "class_picker": True,
        "otel": True,
        "run_time": 3600,
        "worker": False,
        "master": False,
        "processes": None,
        "headless": False,
        "headful": True,
        "autostart": True,
    }
    return Namespace(**{**usual, **other})


def test_locust_options_open_no_port_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The web interface and a master listen on loopback; Ctrl-C waits for nobody."""
    monkeypatch.delenv(PLAN_VARIABLE, raising=False)
    tamed = _options()
    options.tame(tamed)
    assert (tamed.web_host, tamed.master_bind_host) == ("127.0.0.1", "127.0.0.1")
    assert (tamed.stop_timeout, tamed.config_users, tamed.otel) == (0, None, False)


def test_master_listens_on_named_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written down was meant."""
    monkeypatch.setenv(PLAN_VARIABLE, "plan.json")
    tamed = _options(master=True, master_bind_host="10.0.0.5")
    options.tame(tamed)
    assert tamed.master_bind_host == "10.0.0.5"


def test_plan_disables_web_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its buttons would start and stop what was planned."""
    monkeypatch.setenv(PLAN_VARIABLE, "plan.json")
    tamed = _options()
    options.tame(tamed)
    assert (tamed.headless, tamed.headful, tamed.autostart) == (True, False, False)
