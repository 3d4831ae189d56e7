"""``judge`` records first, then decides."""

import pytest

from playbook.core.coverage import Coverage, lacking, share, whole
from playbook.core.judge import Judge
from playbook.core.limits import Reading, parse_limit
from playbook.core.verdict import Critical, Verdict

HITS = parse_limit("Cache hit rate", {"target": "> 90 %", "warning": "< 80 %", "critical": "< 70 %"})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (95.0, "Cache hit rate: expected over 90 %, got 95 % over 24 h (1,204 reads)"),
        (85.0, "Cache hit rate: expected over 90 %, got 85 % over 24 h (1,204 reads) (short of the target)"),
        (75.0, "Cache hit rate: expected at least 80 %, got 75 % over 24 h (1,204 reads)"),
    ],
)
def test_message_is_a_sentence(value, message):
    """Subject, expected, got, unit; also for OK."""
    judge = Judge()
    judge(Reading(value, "24 h (1,204 reads)"), HITS)
    assert judge.leading.message == message


def test_value_above_a_target_that_limits_it_is_short_of_the_target():
    """The remark names no direction."""
    judge = Judge()
    judge(0.176, parse_limit("Error rate", {"target": "< 0.1 %", "warning": "> 0.5 %", "critical": "> 1 %"}))
    assert judge.leading.verdict is Verdict.OK
    assert judge.leading.message == "Error rate: expected under 0.1 %, got 0.176 % (short of the target)"


def test_critical_value_is_recorded_before_it_is_raised():
    """The record survives the exception."""
    judge = Judge()
    with pytest.raises(Critical, match=r"expected at least 80 %, got 61.2 % \(critical < 70 %\)"):
        judge(61.2, HITS)
    assert judge.leading.value == 61.2
    assert judge.leading.verdict is Verdict.CRITICAL


def test_worst_judgement_leads():
    """Passing judgements do not hide a warning."""
    judge = Judge()
    judge(95, HITS)
    judge(75, HITS, subject="Cache hit rate of the second cache")
    judge(85, HITS)
    assert judge.leading.subject == "Cache hit rate of the second cache"


def test_false_statement_is_critical_or_a_warning():
    """``warn`` makes it pass in yellow."""
    judge = Judge()
    judge.that(False, "Archive", expected="to be there", found="none", warn=True)
    assert judge.leading.verdict is Verdict.WARNING
    with pytest.raises(Critical, match="Archive: expected to be there, got none"):
        judge.that(False, "Archive", expected="to be there", found="none")


def test_non_finite_number_is_unknown():
    """NaN would pass every comparison."""
    judge = Judge()
    judge(float("nan"), HITS)
    assert judge.leading.verdict is Verdict.UNKNOWN
    assert judge.leading.message == "Cache hit rate: expected a number, got nan"


@pytest.mark.parametrize("value", [10_000.0, -1.0])
def test_impossible_value_is_unknown(value):
    """It is a measurement error, neither good nor bad."""
    judge = Judge()
    judge(value, parse_limit("CPU", {"warning": "> 80 %", "possible": "0 .. 100"}))
    assert judge.leading.verdict is Verdict.UNKNOWN
    assert (
        judge.leading.message == f"CPU: expected a value from 0 to 100 %, got {value:,.0f} %, which is impossible"
    )


HALF = share(12.0, 24, "h", least_percent=95, what="samples", hint="Look at the targets.")


def test_partial_good_evidence_is_unknown():
    """For a number and a statement; the message says what was not seen, and the value is not kept for trends."""
    judge = Judge()
    judge.add_coverage("availability", HALF)
    judge(95, HITS)
    judge.that(True, "Alerts", expected="none firing", found="none")
    number, statement = judge.judgements
    assert number.verdict is statement.verdict is Verdict.UNKNOWN
    assert number.message == (
        "Cache hit rate: expected samples of at least 22.8 of 24 h, got samples of 12 h; partial result: 95 %"
    )
    assert statement.message.endswith("got samples of 12 h; partial result: none")
    assert (number.value, number.limit) == (None, None)
    assert (number.hint, number.coverage) == ("Look at the targets.", "12 of 24 h")


def test_partial_bad_evidence_counts():
    """WARNING and CRITICAL are given on whatever was seen."""
    judge = Judge()
    judge.add_coverage("availability", HALF)
    judge(75, HITS)
    judge.that(False, "Archive", expected="to be there", found="none", warn=True)
    assert {judged.verdict for judged in judge.judgements} == {Verdict.WARNING}
    with pytest.raises(Critical):
        judge(60, HITS)


def test_figure_has_its_own_coverage():
    """A gap in one figure's coverage affects only that figure."""
    judge = Judge()
    judge.add_coverage("redis_stats", whole("1 answer"))
    judge(Reading(95, "", lacking("no earlier reading", expected="an earlier reading", got="none")), HITS)
    judge(95, HITS)
    assert [str(judged.verdict) for judged in judge.judgements] == ["UNKNOWN", "OK"]
    assert judge.coverage == "1 answer · no earlier reading"


def test_unknown_value_is_explained_by_its_coverage():
    """The check continues: later judgements may fail."""
    judge = Judge()
    judge(Reading(float("nan"), "", lacking("", expected="reads", got="none")), HITS)
    assert judge.leading.message == "Cache hit rate: expected reads, got none"
    with pytest.raises(Critical):
        judge(60, HITS)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(98.9999999, "98.9999999 %"), (99.0, "99 %"), (99.49999, "99.49999 %"), (99.8999999, "99.8999999 %")],
)
def test_shown_number_never_contradicts_its_verdict(value, shown):
    """98.9999999 is critical under 99 %, and so must not be shown as 99 %."""
    limit = parse_limit("Availability", {"target": ">= 99.9 %", "warning": "< 99.5 %", "critical": "< 99 %"})
    assert limit.format(value) == shown


def test_message_always_states_the_expected_value():
    """For a limit without a target, within its warning."""
    limit = parse_limit("Queue", {"warning": "> 50", "critical": "> 100"})
    judge = Judge()
    judge(3, limit)
    assert judge.leading.message == "Queue: expected at most 50, got 3"


def test_earlier_judgements_rely_on_a_later_measurement_too():
    """A check may request one after it has judged another; an earlier OK then no longer counts."""
    judge = Judge()
    judge.that(True, "Alerts", expected="none firing", found="none")
    judge(75, HITS)
    judge.add_coverage("availability", HALF)
    assert [str(judged.verdict) for judged in judge.judgements] == ["UNKNOWN", "WARNING"]
    assert judge.judgements[0].message.endswith("got samples of 12 h; partial result: none")


def test_measurement_without_coverage_has_seen_nothing():
    """An empty coverage is no coverage; bad evidence still counts."""
    judge = Judge()
    judge.add_coverage("alerts", Coverage())
    judge.that(True, "Alerts", expected="none firing", found="none")
    assert judge.leading.verdict is Verdict.UNKNOWN
    assert judge.leading.message.startswith("Alerts: expected the coverage of alerts, got none stated")
    with pytest.raises(Critical):
        judge.that(False, "Alerts", expected="none firing", found="1")
