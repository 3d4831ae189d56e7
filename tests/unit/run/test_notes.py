"""What a check ends with where one of its measurements could not be read."""

from contextlib import suppress

import pytest

from playbook.core.errors import NotConfigured, Skipped, Unreachable
from playbook.core.limits import parse_limit
from playbook.core.verdict import Critical
from playbook.run.notes import CheckTimeout, Notes

CPU = parse_limit("CPU", {"warning": "> 80 %", "critical": "> 90 %"})
GONE = Unreachable("Grafana: expected HTTP 200, got connection refused", service="Grafana")
NOWHERE = NotConfigured("Grafana is not configured", setting="grafana.url", add="grafana.url")
CRASH = TypeError("'NoneType' object is not iterable")


def notes(cpu, *errors):
    """Of a check that judged the CPU, and did without measurements."""
    noted = Notes()
    for number, error in enumerate(errors):
        noted.without(f"alerts_{number}", error)
    with suppress(Critical):
        noted.judge(cpu, CPU)
    return noted


def test_what_judge_found_bad_counts():
    """Beside what could not be measured, and beside what is not configured."""
    found = Critical("CPU: expected at most 90 %, got 95 %")
    assert notes(95, GONE).end_of(found, is_judged=True) is found
    assert notes(95, NOWHERE).end_of(found, is_judged=True) is found


@pytest.mark.parametrize("ended", [None, CRASH, Critical("Item: expected alerts, got None")])
def test_anything_else_is_why_it_could_not_be_read(ended):
    """Neither a pass nor a crash counts, nor an assert that fails as there is no value."""
    assert notes(50, GONE).end_of(ended, is_judged=False) is GONE
    assert notes(50, NOWHERE, GONE).end_of(ended, is_judged=False) is NOWHERE


def test_warning_counts_beside_what_is_not_configured_alone():
    """Beside what could not be measured it is UNKNOWN, as with too little coverage (decision 21)."""
    assert notes(85, NOWHERE).end_of(None, is_judged=False) is None
    assert notes(85, GONE).end_of(None, is_judged=False) is GONE
    assert notes(85, NOWHERE, GONE).end_of(None, is_judged=False) is NOWHERE


@pytest.mark.parametrize("ended", [CheckTimeout("it took 60 s"), Skipped("not here"), KeyboardInterrupt()])
def test_check_that_was_ended_otherwise_says_so(ended):
    """Its time limit, a skip of its own, Ctrl-C."""
    assert notes(50, GONE).end_of(ended, is_judged=False) is ended


def test_check_with_all_its_measurements_ends_as_it_did():
    """Nothing is replaced."""
    assert notes(50).end_of(CRASH, is_judged=False) is CRASH
    assert notes(50).end_of(None, is_judged=False) is None
