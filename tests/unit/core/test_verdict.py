"""The outcome of a check becomes one of six verdicts, and a run's verdicts become its exit code."""

import pytest

from playbook.core.errors import Denied, Forbidden, Malformed, NotConfigured, TooLittleData, Unreachable
from playbook.core.verdict import Critical, Verdict, exit_code, overall, verdict_of, worst

GOOD, W, C, U, N, X = (
    Verdict.OK,
    Verdict.WARNING,
    Verdict.CRITICAL,
    Verdict.UNKNOWN,
    Verdict.NOT_CONFIGURED,
    Verdict.WAIVED,
)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (None, GOOD),
        (Critical("out of bounds"), C),
        (NotConfigured("x", setting="s", add="a"), N),
        (Unreachable("x", service="s"), U),
        (Denied("x", service="s"), U),
        (Malformed("x", service="s"), U),
        (TooLittleData("x", service="s"), U),
        (Forbidden("x"), U),
        (AssertionError("a bare assert"), U),
        (ZeroDivisionError(), U),
        (KeyboardInterrupt(), U),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_a_judgement_is_a_failure_of_the_system(error, verdict):
    """Any other exception in a check says nothing about the system."""
    assert verdict_of(error) is verdict


@pytest.mark.parametrize(
    ("verdicts", "floor", "expected", "code"),
    [
        ([GOOD, GOOD], 2, GOOD, 0),
        ([GOOD, W], 2, W, 0),
        ([GOOD, C, U], 1, C, 1),
        ([GOOD, U], 1, U, 10),
        ([GOOD, GOOD], 3, U, 10),  # fewer executed than the floor
        ([C], 3, C, 1),  # a failure remains a failure
        ([], 0, U, 10),  # nothing ran: never green
        ([N, N], 0, U, 10),
        ([X], 0, U, 10),
        ([GOOD, N, X], 1, GOOD, 0),
        ([GOOD, N, N], 2, U, 10),  # not configured means not executed
    ],
)
def test_run_has_the_worst_verdict_and_is_never_green_when_empty(verdicts, floor, expected, code):
    """The floor turns a run that measured too little into UNKNOWN."""
    assert overall(verdicts, floor=floor) is expected
    assert exit_code(expected) == code


def test_worst_of_nothing_is_unknown():
    """Not OK."""
    assert worst([]) is U
