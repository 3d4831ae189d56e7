"""The length of an incident: its bad times added up, without healthy and unmeasured times."""

from datetime import timedelta

import pytest

from playbook.history.derive import rules_of
from playbook.history.folding import incidents
from playbook.history.rules import Rules
from playbook.settings.loading import load
from tests.unit.history.test_incidents import CRIT, DAY, HOUR, OK, REDIS, START, UNK, WEB, run

MINUTE = timedelta(minutes=1)
RULES = Rules(bad_runs={"daily": 1}, reopen_hours=36.0, reach_hours={"daily": 27.0, "weekly": 180.0})


def looks(*found, item=REDIS, **more):
    """A run for each (time since the beginning, verdict)."""
    return [run(START + after, {item: verdict}, **more) for after, verdict in found]


def lasted(runs, now=None, rules=RULES):
    """(bad, not measured, spells) of the first incident of these runs."""
    one = incidents(runs, rules)[0]
    told = one.lasted_until(START + now if now else runs[-1].started)
    return told.bad_time, told.unmeasured_time, told.spells


def test_four_outages_of_ten_minutes_in_three_days_are_forty_minutes():
    """The healthy times between them do not count, though it is one incident that reopened."""
    times = [n * 20 * HOUR for n in range(4)]
    runs = looks(*(look for at in times for look in ((at, CRIT), (at + 10 * MINUTE, OK))))
    (one,) = incidents(runs, RULES)
    assert (one.reopened, one.closed - one.opened) == (3, 60 * HOUR + 10 * MINUTE)
    assert lasted(runs) == (40 * MINUTE, timedelta(0), 4)
    assert one.events[-1].text.endswith("within bounds again, after 40 min in 4 spells")


def test_one_outage_lasts_from_bad_to_good():
    """From the first bad result to the first good one."""
    runs = looks((0 * DAY, CRIT), (DAY, CRIT), (2 * DAY, OK))
    assert lasted(runs) == (2 * DAY, timedelta(0), 1)


def test_open_incident_grows_until_the_next_run_is_due():
    """After that the state is unknown, and it grows no more."""
    runs = looks((0 * DAY, CRIT))
    assert lasted(runs, 5 * HOUR) == (5 * HOUR, timedelta(0), 1)
    assert lasted(runs, 3 * DAY) == (27 * HOUR, 45 * HOUR, 1)


def test_days_without_a_run_are_neither_bad_nor_healthy():
    """Three runs were missed: the time between is reported as not measured."""
    runs = looks((0 * DAY, CRIT), (4 * DAY, CRIT), (5 * DAY, OK))
    assert lasted(runs) == (27 * HOUR + DAY, 4 * DAY - 27 * HOUR, 1)
    (one,) = incidents(runs, RULES)
    assert one.events[-1].text.endswith("after 2 days, and 3 days not measured")


def test_unknown_result_is_not_measured():
    """It was out of bounds before, and may have recovered: the incident stays open, its length does not grow."""
    runs = looks((0 * DAY, CRIT), (DAY, UNK), (2 * DAY, UNK), (3 * DAY, CRIT), (4 * DAY, OK))
    assert lasted(runs) == (2 * DAY, 2 * DAY, 1)


def test_cannot_see_incident_lasts_as_long_as_nothing_was_seen():
    """Its bad time is the time without a measurement."""
    runs = looks((0 * DAY, UNK), (DAY, UNK), (2 * DAY, OK))
    assert lasted(runs) == (2 * DAY, timedelta(0), 1)


def test_good_results_before_closing_count_as_healthy():
    """If closing takes two of them, the time between them is no bad time."""
    rules = Rules(bad_runs={"daily": 1}, good_runs=2, reach_hours={"daily": 27.0})
    runs = looks((0 * DAY, CRIT), (DAY, OK), (2 * DAY, OK))
    assert lasted(runs, rules=rules) == (DAY, timedelta(0), 1)


def test_confirmed_incident_counts_from_its_first_bad_result():
    """It opens with the second, and began with the first."""
    rules = Rules(bad_runs={"daily": 2}, reach_hours={"daily": 27.0})
    runs = looks((0 * DAY, CRIT), (10 * MINUTE, CRIT), (30 * MINUTE, OK))
    assert lasted(runs, rules=rules) == (30 * MINUTE, timedelta(0), 1)


def test_weekly_item_is_bad_until_its_set_is_due_again():
    """Daily runs do not measure it, and do not extend it for ever either."""
    weekly = looks((0 * DAY, CRIT), item="weekly.backups.verified", name="weekly")
    assert lasted(weekly, 7 * DAY) == (7 * DAY, timedelta(0), 1)
    assert lasted(weekly, 9 * DAY) == (180 * HOUR, 9 * DAY - 180 * HOUR, 1)


def test_incident_lasts_while_one_of_its_items_is_bad():
    """One cause, two items: one of them recovered."""
    first = run(START, {REDIS: CRIT, WEB: CRIT})
    runs = [first, run(START + DAY, {REDIS: OK, WEB: CRIT}), run(START + 2 * DAY, {REDIS: OK, WEB: OK})]
    redis, web = sorted(incidents(runs, RULES), key=lambda one: one.closed)
    assert redis.lasted_until(START).bad_time == DAY
    assert web.lasted_until(START).bad_time == 2 * DAY


@pytest.mark.parametrize(("set_name", "hours"), [("daily", 24 + 3), ("weekly", 168 + 12), ("monthly", 744 + 24)])
def test_result_is_valid_for_the_longest_gap_of_its_schedule(set_name, hours):
    """The longest time between two slots, and the grace of the set; a day for a set that is never due."""
    rules = rules_of(load("sandbox", environment={}))
    assert rules.reach(f"{set_name}.x", set_name) == timedelta(hours=hours)
    assert rules.reach("own.x", set_name) == timedelta(hours=hours)
    assert rules.reach("troubleshooting.x", "troubleshooting") == DAY
