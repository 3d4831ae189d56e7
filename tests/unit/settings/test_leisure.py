"""The limits with which runs are tested on a busy machine, in effect for the targets that they are written for."""

import pytest

from playbook.core.verdict import Verdict
from playbook.settings.loading import load
from tests.leisure import AT_LEISURE, COMPARISON, leisure

SLOW = {"s": 30.0, "ms": 30_000.0, "% of the demand": 1.0}


def limits(folder, text, target):
    """All limits of a target under these settings, and how much slower than its last one a load test may be."""
    file = folder / "playbook.toml"
    file.write_text(text)
    settings = load(target, environment={"PLAYBOOK_CONFIG": str(file)})
    found = settings.limits
    return {name: getattr(found, name) for name in found.__struct_fields__}, settings.load.worse_times


@pytest.mark.parametrize("target", ["sandbox", "staging"])
def test_no_slow_machine_is_over_a_limit(tmp_path, target):
    """No limit that leisure sets is overridden by one that ships with the target."""
    usual, _ = limits(tmp_path, "", target)
    calm, worse_times = limits(tmp_path, AT_LEISURE, target)
    changed = {name for name in usual if usual[name] != calm[name]}
    assert len(changed) == 12
    assert {name for name in changed if calm[name].verdict(SLOW[calm[name].unit]) is not Verdict.OK} == set()
    assert {name for name in changed if usual[name].verdict(SLOW[usual[name].unit]) is Verdict.OK} == set()
    assert worse_times == 1000


def test_what_is_to_be_found_keeps_its_limit(tmp_path):
    """A warning, a whole limit, and the comparison of load tests, each by its name."""
    usual, worse_times = limits(tmp_path, "", "sandbox")
    kept = leisure(warned=("load_health_p95", "load_throughput", COMPARISON), judged=("homepage_time",))
    calm, still = limits(tmp_path, kept, "sandbox")
    assert calm["homepage_time"] == usual["homepage_time"]
    for name in ("load_health_p95", "load_throughput"):
        assert calm[name].warning == usual[name].warning
        assert calm[name].critical != usual[name].critical
    assert still == worse_times == 1.3
