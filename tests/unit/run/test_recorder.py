"""From what happened in a check to its record."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from playbook.clients import pace
from playbook.core.catalogue import Investigation, Item, Runbook
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import Measurements, Outcome, Provider
from playbook.core.errors import Denied, Malformed, NotConfigured, TooLittleData, Unreachable, UsageError
from playbook.core.evidence import Facts, Lines, Table
from playbook.core.limits import parse_limit
from playbook.core.record import Action
from playbook.core.verdict import Critical, Verdict
from playbook.run.notes import CheckTimeout, Notes
from playbook.run.recorder import Execution, make_record, root_causes, with_runbook, with_wait
from playbook.run.run import load_providers

ITEM = Item("daily.health.api", "An item", "It holds.", "It matters.", "Do this.", "curl x")
CPU = parse_limit("CPU", {"warning": "> 80 %", "critical": "> 90 %"})


@dataclass(frozen=True)
class Seen:
    """A measured value."""

    number: int = 3

    def evidence(self):
        return Facts("Seen", {"number": str(self.number)})


class Broken:
    """A measured value that cannot show itself."""

    def evidence(self):
        return 1 / 0


def record(notes, error=None):
    """The record of a check."""
    return make_record(
        Execution(
            item=ITEM,
            check="checks/test_x.py::test_x",
            subject="x",
            rule="It holds.",
            notes=notes,
            error=error,
            started=datetime(2026, 1, 1, tzinfo=UTC),
            seconds=0.5,
        )
    )


def test_passing_record_carries_value_and_evidence():
    """Trends come from passes."""
    notes = Notes()
    notes.look(Outcome("seen", Seen(), None, 0.1))
    notes.judge(50, CPU)
    made = record(notes)
    assert (made.verdict, made.value, made.limit) == (Verdict.OK, 50, CPU)
    assert made.evidence == [Facts("Seen", {"number": "3"})]


def test_failing_record_has_expected_found_why_and_next_step():
    """Expected, found, why it matters, what to do, how to look again."""
    notes = Notes()
    with pytest.raises(Critical) as caught:
        notes.judge(95, CPU)
    made = record(notes, caught.value)
    assert made.verdict is Verdict.CRITICAL
    assert (made.expected, made.found) == ("at most 80 %", "95 %")
    assert (made.why, made.next_step, made.look_again) == ("It matters.", "Do this.", "curl x")


def test_check_without_judgement_is_unknown():
    """It could never fail, so its end means nothing."""
    made = record(Notes())
    assert made.verdict is Verdict.UNKNOWN
    assert made.message == "An item: the check ended without judging anything"


def test_crash_is_unknown_and_keeps_traceback():
    """It is our fault, and said as ours."""
    made = record(Notes(), ZeroDivisionError("division by zero"))
    assert made.verdict is Verdict.UNKNOWN
    assert made.message == (
        "An item: the check crashed with ZeroDivisionError: division by zero (a fault of the suite)"
    )
    assert isinstance(made.evidence[-1], Lines)


def test_wrong_setting_found_late_is_unknown_without_traceback():
    """Such as a file that is read at the first request: a mistake of the operator, and said as such."""
    text = "Website: expected certificates in PEM form in ca.pem (the setting web.ca), got an error (No such file)"
    made = record(Notes(), UsageError(text))
    assert (made.verdict, made.message) == (Verdict.UNKNOWN, text)
    assert made.evidence == []
    assert made.next_step == "Correct the setting that the message names, then run the check again."


@pytest.mark.parametrize(
    ("kind", "step"),
    [(Unreachable, "Restore the connection"), (Denied, "Check the credentials"), (Malformed, "See what answers")],
)
def test_next_step_is_about_what_went_wrong(kind, step):
    """A service that answers with something else is reached: its connection needs no repair."""
    made = record(Notes(), kind("Grafana: expected HTTP 200, got HTTP 500", service="Grafana"))
    assert (made.verdict, made.next_step.startswith(step)) == (Verdict.UNKNOWN, True)


def test_timeout_is_unknown():
    """The check did not finish; what it checks may be fine."""
    assert record(Notes(), CheckTimeout("the check did not finish within 60.0s")).message == (
        "An item: the check did not finish within 60.0s"
    )


def test_not_configured_record_names_line_to_add():
    """So that the report can list it."""
    made = record(
        Notes(), NotConfigured("Redis is not configured", setting="s", add="REDIS_URL to the environment")
    )
    assert (made.verdict, made.add) == (Verdict.NOT_CONFIGURED, "REDIS_URL to the environment")


def test_judgements_before_a_failure_are_listed():
    """With more than one judgement, each stands in a table."""
    notes = Notes()
    notes.judge(50, CPU, subject="CPU of web")
    notes.judge(85, CPU, subject="CPU of worker")
    table = record(notes).evidence[0]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["CPU of web", "CPU of worker"]


def test_root_cause_lists_all_items_it_blocks():
    """And carries the tries."""
    error = Unreachable("Redis: connection refused", service="Redis", hint="Look.", attempts=("try 1: refused",))
    notes = Notes()
    notes.look(Outcome("redis_stats", None, error, 0.0, "redis"))
    first = record(notes, error)
    (cause,) = root_causes([first, first])
    assert (cause.id, cause.message, cause.hint) == ("Redis", "Redis: connection refused", "Look.")
    assert cause.attempts == ["try 1: refused"]
    assert cause.items == ["daily.health.api", "daily.health.api"]


def test_failure_of_unreachable_service_names_it_as_cause():
    """So that all that fails for it is one incident; what holds has no cause."""
    notes = Notes()
    notes.judge.that(True, "App", expected="up", found="up", cause="Website")
    assert record(notes).cause == ""
    with pytest.raises(Critical) as caught:
        notes.judge.that(False, "Homepage", expected="HTTP 200", found="no answer", cause="Website")
    assert record(notes, caught.value).cause == "Website"


def test_insufficient_data_names_the_measurement_as_cause():
    """Too little data is no service that is away."""
    error = TooLittleData("no samples", service="Prometheus")
    notes = Notes()
    notes.look(Outcome("response_time", None, error, 0.0, "response_time"))
    assert record(notes, error).cause == "response_time"


def test_error_of_check_itself_has_no_other_root_cause():
    """An error that the check raised is not blamed on a measurement."""
    assert record(Notes(), Unreachable("x", service="x")).cause == ""


def test_runbook_steps_are_carried_out_on_failure():
    """What was looked at stands with the failure; a step that could not be carried out says so."""

    def seen():
        return Seen(7)

    def away():
        raise Unreachable("Redis: connection refused", service="Redis")

    def broken():
        return Broken()

    registry = {f.__name__: Provider(f.__name__, f, (), 5, False) for f in (seen, away, broken)}
    runbook = Runbook(
        "slow",
        "Slow",
        [
            Investigation("Look", "curl x", ["seen"]),
            Investigation("Then", "redis-cli ping", ["away", "broken", "mistyped"]),
        ],
        [Action("Immediate", "Scale up.")],
    )
    made = with_runbook(record(Notes()), runbook, Measurements({}, registry))
    assert made.runbook == "slow"
    assert made.investigation[0].evidence == [Facts("Seen", {"number": "7"})]
    assert made.investigation[1].problem == (
        "Redis: connection refused; broken cannot be shown: ZeroDivisionError: division by zero; "
        "no client or measurement is called 'mistyped'"
    )
    assert made.resolution == [Action("Immediate", "Scale up.")]


HALF = lacking("half", expected="the whole", got="a half")


@dataclass
class Value:
    """A measured value of any coverage."""

    coverage: object


class Raising:
    """One whose coverage cannot be told, for a fault in its own code."""

    @property
    def coverage(self):
        return self.no_such_attribute


def judged(value, *made_of):
    """Verdict of a statement that holds, after a look at this measurement."""
    notes = Notes()
    notes.look(Outcome("alerts", value, None, 0.1, made_of=made_of, is_measurement=True))
    notes.judge.that(True, "Alerts", expected="none", found="none")
    return notes.judge.leading


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (Raising(), "AttributeError: 'Raising' object has no attribute 'no_such_attribute'"),
        (Value(True), "bool in its place"),
        (Value("all"), "str in its place"),
        (Value(Coverage()), "none stated"),
        (Value(HALF), "a half"),
    ],
)
def test_coverage_that_raises_counts_as_none(value, got):
    """An attribute that is missing inside of it must not make it look as if there were none to ask for."""
    found = judged(value)
    assert found.verdict is Verdict.UNKNOWN
    assert f"got {got}" in found.message


def test_coverage_includes_that_of_dependencies():
    """Through any number of others; what those have seen whole is not told again."""
    bottom = Outcome("log", Value(HALF), None, 0.1, is_measurement=True)
    middle = Outcome("errors", Value(whole("9 lines")), None, 0.1, made_of=(bottom,), is_measurement=True)
    assert judged(Value(whole("1 day")), middle).verdict is Verdict.UNKNOWN
    good = Outcome("log", Value(whole("9 lines")), None, 0.1, is_measurement=True)
    found = judged(Value(whole("1 day")), good)
    assert (found.verdict, found.coverage) == (Verdict.OK, "1 day")


def test_wait_for_rate_limit_is_evidence_of_api_checks(monkeypatch):
    """Of checks that stand on the DigitalOcean API, and of the target that waited."""
    monkeypatch.setattr(pace, "_WAITED", {"shop-a": 12.34})
    load_providers()
    asked, other = Notes(seen=["app_components"]), Notes(seen=["redis_stats"])
    made = record(Notes())
    shown = with_wait(made, "shop-a", asked).evidence[-1]
    assert shown.facts == {
        "Waited": "12.3 s for turns to ask the DigitalOcean API, as the token may send 250 requests a minute "
        "and 5,000 an hour"
    }
    assert with_wait(made, "shop-a", other) == made
    assert with_wait(made, "shop-b", asked) == made


def test_what_could_not_be_read_is_named_beside_what_is_bad():
    """CRITICAL for what was measured, and nothing is claimed for the rest."""
    notes = Notes()
    notes.without("other_homepages", Unreachable("Shop: expected an answer, got none", service="Shop"))
    with pytest.raises(Critical) as caught:
        notes.judge(95.0, CPU)
    found = record(notes, notes.end_of(caught.value, is_judged=True))
    assert found.verdict is Verdict.CRITICAL
    assert found.evidence[0] == Facts(
        "Not read, and so not judged", {"other homepages": "Shop: expected an answer, got none"}
    )


def test_bad_record_tells_what_it_was_judged_without():
    """Alertmanager is away, and an alert fires all the same: both are read from the report."""
    gap = lacking("silences not known", expected="an answer from /api/v2/silences", got="connection refused")
    for bad, told in (
        (True, {"expected an answer from /api/v2/silences": "got connection refused"}),
        (False, None),
    ):
        notes = Notes()
        notes.judge.add_coverage("alerts", gap)
        try:
            notes.judge.that(not bad, "Alerts", expected="none firing", found="1")
            error = None
        except Critical as raised:
            error = raised
        made = record(notes, error)
        assert made.verdict is (Verdict.CRITICAL if bad else Verdict.UNKNOWN)
        assert made.evidence == ([Facts("Not read, and so not judged", told)] if told else [])
