"""A troubleshooting section runs by itself, and its floor is its own."""

import pytest

from playbook.core.catalogue import read_catalogue
from playbook.core.verdict import Verdict
from tests.leisure import leisure

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("marker", "section"),
    [
        ("high_response_times", "high-response-times"),
        ("high_error_rates", "high-error-rates"),
        ("resource_exhaustion", "resource-exhaustion"),
    ],
)
def test_section_is_a_set_of_its_own(run_checks, marker, section):
    """All its items and no others were executed, and as many are demanded."""
    results = run_checks(set_name=marker)
    items = [item for item in read_catalogue().items if item.startswith(f"troubleshooting.{section}.")]
    assert sorted(record.item for record in results.records) == sorted(items)
    assert (results.set, results.floor, results.partial) == (marker, len(items), False)
    assert results.verdict is Verdict.OK


def test_symptom_triggers_investigation_and_actions(run_checks):
    """The steps were carried out, and the actions stand in order."""
    results = run_checks(
        "homepage-slow", set_name="high_response_times", settings=leisure(warned=("homepage_time",))
    )
    record = next(one for one in results.records if one.item.endswith(".symptoms"))
    assert record.verdict is Verdict.WARNING
    assert record.runbook == "high-response-times"
    assert all(step.evidence for step in record.investigation)
    assert [action.when for action in record.resolution] == ["Immediate", "Short-term", "Long-term"]
