"""``judge`` records first, then decides."""

import pytest

from playbook.errors import TooLittleData
from playbook.judge import Judge
from playbook.limits import Reading, parse_limit
from playbook.verdict import Critical, Verdict

HITS = parse_limit("Cache hit rate", {"target": "> 90 %", "warning": "< 80 %", "critical": "< 70 %"})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (95.0, "Cache hit rate: expected over 90 %, got 95 % over 24 h (1,204 reads)"),
        (85.0, "Cache hit rate: expected over 90 %, got 85 % over 24 h (1,204 reads) (below target)"),
        (75.0, "Cache hit rate: expected at least 80 %, got 75 % over 24 h (1,204 reads)"),
    ],
)
def test_a_message_is_a_sentence(value, message):
    """Subject, expected, got, unit; also where all is well."""
    judge = Judge()
    judge(Reading(value, "24 h (1,204 reads)"), HITS)
    assert judge.leading.message == message


def test_a_critical_value_is_recorded_and_then_raised():
    """The record survives the exception."""
    judge = Judge()
    with pytest.raises(Critical, match=r"expected at least 80 %, got 61.2 % \(critical < 70 %\)"):
        judge(61.2, HITS)
    assert judge.leading.value == 61.2
    assert judge.leading.verdict is Verdict.CRITICAL


def test_the_worst_judgement_leads():
    """A warning is not hidden by the good ones around it."""
    judge = Judge()
    judge(95, HITS)
    judge(75, HITS, subject="Cache hit rate of the second cache")
    judge(85, HITS)
    assert judge.leading.subject == "Cache hit rate of the second cache"


def test_a_statement_that_does_not_hold_is_critical_or_a_warning():
    """``warn`` makes it pass in yellow."""
    judge = Judge()
    judge.that(False, "Archive", expected="to be there", found="none", warn=True)
    assert judge.leading.verdict is Verdict.WARNING
    with pytest.raises(Critical, match="Archive: expected to be there, got none"):
        judge.that(False, "Archive", expected="to be there", found="none")


def test_nan_is_too_little_data():
    """NaN would pass every comparison."""
    with pytest.raises(TooLittleData, match="expected a number, got nan"):
        Judge()(float("nan"), HITS)
