"""Since when an item is bad, and what changed since the run before."""

from datetime import UTC, datetime, timedelta

from playbook.core.context import Link
from playbook.core.verdict import Verdict
from playbook.history.runs import Finding, RunLine
from playbook.run.thread.since import compared, last_good, since_of

NOW = datetime(2026, 11, 23, 6, 17, tzinfo=UTC)
OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
WAIVED = Verdict.WAIVED
NOT_CONFIGURED = Verdict.NOT_CONFIGURED


def run(days_ago: float, verdicts: dict[str, Verdict], **changes: object) -> RunLine:
    """A run some days before now."""
    started = NOW - timedelta(days=days_ago)
    fields: dict[str, object] = {
        "id": f"run-{days_ago}",
        "target": "production",
        "kind": "production",
        "set": "daily",
        "started": started,
        "finished": started + timedelta(seconds=30),
        "verdict": min(verdicts.values(), key=[CRITICAL, UNKNOWN, WARNING, WAIVED, OK].index, default=OK),
        "exit_code": 0,
        "executed": len(verdicts),
        "floor": 1,
        "report": f"report-{days_ago}",
        "items": {item: Finding(verdict=verdict) for item, verdict in verdicts.items()},
        **changes,
    }
    return RunLine(**fields)  # type: ignore[arg-type]


def no_links(run: RunLine) -> list[Link]:
    """Nothing is known of where its report is."""
    return []


def since(verdicts: list[Verdict | None], now: Verdict = CRITICAL):
    """How long item ``a`` is bad, after runs of the days before; the last was yesterday."""
    past = [
        run(len(verdicts) - number, {"a": verdict} if verdict else {}) for number, verdict in enumerate(verdicts)
    ]
    return since_of({"a": now}, NOW, past)["a"]


def test_first_failure_after_ok_is_new():
    """With when it was last well."""
    found = since([OK, OK])
    assert (found.change, found.runs, found.first) == ("new", 1, "2026-11-23T06:17:00Z")
    assert found.well == "2026-11-22T06:17:00Z"


def test_third_failure_is_since_first():
    """Whatever kind of bad it was, with the first run's report."""
    found = since([OK, WARNING, CRITICAL])
    assert (found.change, found.runs, found.first) == ("still", 3, "2026-11-21T06:17:00Z")
    assert found.report == "report-2"


def test_failure_soon_after_recovery_has_come_back():
    """Within two weeks."""
    assert since([CRITICAL, OK]).change == "back"
    long_ago = [run(40, {"a": CRITICAL}), run(1, {"a": OK})]
    assert since_of({"a": CRITICAL}, NOW, long_ago)["a"].change == "new"


def test_failure_without_earlier_runs_is_not_new():
    """No run, none that holds it, and one in which it was waived."""
    assert since([]).change == "first"
    assert since([None, None]).change == "first"
    assert since([WAIVED]).change == "first"


def test_runs_without_the_item_do_not_break_a_streak():
    """A waived day between two bad ones, and what a run that ended early did not come to."""
    assert since([CRITICAL, WAIVED]).first == "2026-11-21T06:17:00Z"
    early = [run(2, {"a": OK}), run(1, {"a": UNKNOWN}, ended="interrupted")]
    assert since_of({"a": CRITICAL}, NOW, early)["a"].change == "new"


def test_second_look_counts_as_same_run():
    """It counts for when it began, and not as a day."""
    past = [run(1, {"a": CRITICAL}), run(0.999, {"a": CRITICAL}, confirms="run-1")]
    found = since_of({"a": CRITICAL}, NOW, past)["a"]
    assert (found.runs, found.first) == (2, "2026-11-22T06:17:00Z")


def test_only_failing_items_have_since():
    """OK and waived have none."""
    assert since_of({"a": OK, "b": WAIVED}, NOW, [run(1, {"a": CRITICAL})]) == {}


def test_comparison_lists_new_worse_still_fixed_waived_and_unseen():
    """By the newest whole run of the set."""
    before = {"n": OK, "w": WARNING, "s": CRITICAL, "f": CRITICAL, "v": CRITICAL, "x": UNKNOWN, "ok": OK, "t": OK}
    now = {
        "n": WARNING,
        "w": CRITICAL,
        "s": CRITICAL,
        "f": OK,
        "v": WAIVED,
        "1": UNKNOWN,
        "ok": OK,
        "t": NOT_CONFIGURED,
    }
    found = compared(now, [run(2, {"n": CRITICAL}), run(1, before)], "daily", no_links)
    assert found.before
    assert found.before.started == "2026-11-22T06:17:00Z"
    assert (found.new, found.worse, found.still, found.fixed) == (["n"], ["w"], ["s"], ["f"])
    assert (found.waived, found.unset, found.unseen, found.first) == (["v"], ["t"], ["x"], ["1"])


def test_unknown_after_critical_is_not_fixed():
    """UNKNOWN after CRITICAL is still bad, and CRITICAL after UNKNOWN is worse."""
    assert compared({"a": UNKNOWN}, [run(1, {"a": CRITICAL})], "daily", no_links).still == ["a"]
    assert compared({"a": CRITICAL}, [run(1, {"a": UNKNOWN})], "daily", no_links).worse == ["a"]


def test_first_run_has_no_comparison():
    """Also where there are only runs of other sets, parts, or second looks."""
    others = [
        run(3, {"a": OK}, set="weekly"),
        run(1, {"a": OK}, confirms="run-2"),
    ]
    assert "no earlier whole run of this set" in compared({"a": OK}, others, "daily", no_links).why_not
    parts = [run(2, {"a": OK}, partial=True), run(1, {"a": OK}, ended="interrupted")]
    found = compared({"a": OK}, parts, "daily", no_links)
    assert found.before is None
    assert "were parts of the set, or ended early" in found.why_not


def test_partial_run_compares_only_its_items():
    """What it did not look at is neither fixed nor unseen."""
    before = [run(1, {"a": CRITICAL, "b": CRITICAL})]
    found = compared({"a": OK}, before, "daily", no_links, partial=True)
    assert (found.fixed, found.unseen) == (["a"], [])
    assert "Only a part of the set" in found.note
    early = compared({"a": OK, "b": UNKNOWN}, before, "daily", no_links, ended="interrupted")
    assert (early.fixed, early.still, early.unseen) == (["a"], [], [])
    assert "ended early" in early.note


def test_last_good_run_is_newest_complete_ok_run():
    """A part of a set that was OK, and a second look, show no good set."""
    past = [
        run(4, {"a": OK}),
        run(3, {"a": WARNING}),
        run(2, {"a": OK}, partial=True),
        run(1, {"a": OK}, confirms="run-3"),
    ]
    found = last_good(past, "daily")
    assert found
    assert found.report == "report-4"
    assert last_good(past[1:], "daily") is None
