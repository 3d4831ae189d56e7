"""The matrix is run in forks of a loaded process; a process that loads all itself says the same."""

import os
import shutil

import pytest

from tests.preloaded import run_plain, run_pytest


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "set_name"), [("redis-gone", "daily"), ("certificate-expired", "weekly")])
def test_forked_and_plain_run_agree(run_checks, sandbox, tmp_path, fault, set_name):
    """Item by item, message by message, figures apart."""
    told = []
    for by in (run_pytest, run_plain):
        results = run_checks(fault, set_name=set_name, by=by, by_option=True)
        assert sandbox.faults() == []
        told.append([(r.item, r.check, r.verdict, r.message, r.expected, r.why) for r in results.records])
        assert [results.faults, results.set, results.ended, results.partial] == [
            [fault],
            set_name,
            "finished",
            False,
        ]
        for folder in tmp_path.glob("sandbox-*"):
            shutil.rmtree(folder)
    forked, plain = ({one[0]: one for one in records} for records in told)
    assert forked.keys() == plain.keys()
    assert any(one[2] not in ("OK", "NOT CONFIGURED") for one in plain.values())
    differing = {item for item in plain if forked[item] != plain[item]}
    assert {item for item in differing if forked[item][2] != plain[item][2] or plain[item][2] != "OK"} == set()


REMOVES = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    gone = [item for item in items if item.path.name == "test_redis.py"]
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=gone)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "verdict"), [((), "UNKNOWN"), (("-n", "2"), "UNKNOWN"), (("-k", "not emergency"), "OK")]
)
def test_check_removed_by_a_plugin_is_unknown(run_checks, tmp_path, monkeypatch, arguments, verdict):
    """As pytest-split and others do; a part of a set that the command line selects may lack any check."""
    tmp_path.joinpath("removes_checks.py").write_text(REMOVES)
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    monkeypatch.setenv("PYTHONPATH", path)
    results = run_checks(arguments=("-p", "removes_checks", *arguments))
    assert results.verdict == verdict
    missing = {record.item: record.message for record in results.records if record.verdict != "OK"}
    assert set(missing) == ({"daily.kpi.cache-hit-rate", "daily.redis.alive"} if verdict == "UNKNOWN" else set())
    assert all(
        "not run, as no process reported it: a plugin or a conftest.py removed it" in message
        for message in missing.values()
    )
