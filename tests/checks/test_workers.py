"""Workers give the same verdicts, and one report; ``-n 2`` alone takes none, as they would measure all anew."""

import pytest

from playbook.core.catalogue import read_catalogue


@pytest.mark.slow
def test_two_workers_agree_with_one_process(run_checks):
    """The same items, the same verdicts, one folder."""
    results = run_checks("redis-gone", arguments=("-n", "2", "--dist", "load"))
    assert {record.worker for record in results.records} == {"gw0", "gw1"}
    unknown = [record.item for record in results.records if record.verdict == "UNKNOWN"]
    assert "daily.redis.alive" in unknown
    assert len(results.records) == len(read_catalogue().ids_of("daily"))
    assert results.timings


@pytest.mark.slow
def test_shipped_checks_of_one_target_use_no_workers(run_checks):
    """The same verdicts, in the process that was there."""
    results = run_checks("redis-gone", arguments=("-n", "2"))
    assert {record.worker for record in results.records} == {""}
    unknown = [record.item for record in results.records if record.verdict == "UNKNOWN"]
    assert "daily.redis.alive" in unknown
    assert len(results.records) == len(read_catalogue().ids_of("daily"))
