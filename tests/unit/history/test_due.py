"""Runs that are due, and runs that are missing."""

from datetime import timedelta

import msgspec
import pytest

from playbook.core.verdict import Verdict
from playbook.history.due import due_sets
from tests.history_factory import NOW, run_line
from tests.site_factory import SCHEDULE

TODAY = NOW.replace(hour=6, minute=17)
LATE = NOW.replace(hour=10)


def daily(days_back, *, minutes=4, slot=True, **changes):
    """A daily run some days ago, some minutes after its slot."""
    at = TODAY - timedelta(days=days_back)
    fields = {"started": at + timedelta(minutes=minutes), "slot": at if slot else None, **changes}
    return run_line({"daily.kpi.availability": Verdict.OK}, **fields)


def due(runs, now=LATE, target="production"):
    """The state of the daily set."""
    return due_sets(runs, {target: SCHEDULE}, now).get((target, "daily"))


def test_set_that_ran_today_is_not_missing():
    """And its next run is tomorrow's."""
    found = due([daily(1), daily(0)])
    assert found.missed is None
    assert found.next == TODAY + timedelta(days=1)
    assert found.missing_after == found.next + timedelta(hours=3)


@pytest.mark.parametrize(("minutes", "missing"), [(179, False), (181, True)])
def test_late_run_is_missing_once_its_grace_is_over(minutes, missing):
    """Schedulers may be hours late; after the grace there is no data."""
    found = due([daily(2), daily(1)], TODAY + timedelta(minutes=minutes))
    assert found.missed == (TODAY if missing else None)


def test_partial_run_or_re_check_replaces_no_scheduled_run():
    """Somebody ran one check by hand: the morning's run is still missing."""
    assert due([daily(1), daily(0, partial=True, slot=False)]).missed == TODAY


def test_manual_run_after_the_slot_counts():
    """Only the measurement matters, not who started it."""
    assert due([daily(1), daily(0, slot=False)]).missed is None


def test_slots_before_the_first_run_are_not_missing():
    """On the day that a schedule begins, the month has no missing run."""
    found = due_sets([daily(0)], {"production": SCHEDULE}, NOW)
    assert found["production", "monthly"].missed is None
    assert found["production", "monthly"].next > NOW


def test_sandbox_run_by_hand_is_never_due():
    """Only a schedule makes a sandbox due; a system in use is due after its first run."""
    by_hand = {"slot": False, "target": "sandbox"}
    assert due([daily(9, **by_hand)], target="sandbox") is None
    assert due([daily(9, target="sandbox")], target="sandbox").missed == TODAY
    assert due([daily(9, slot=False)]).missed == TODAY
    assert ("production", "weekly") not in due_sets([daily(9, slot=False)], {"production": SCHEDULE}, NOW)


def test_set_that_is_never_due_is_never_missing():
    """``daily = ""`` switches it off."""
    schedule = msgspec.structs.replace(SCHEDULE, cron={"daily": ""})
    assert due_sets([daily(9)], {"production": schedule}, NOW) == {}
