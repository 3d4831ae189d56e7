"""The matrix is run in forks of a loaded process; a process that loads all itself says the same."""

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
