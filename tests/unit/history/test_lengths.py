"""How long an incident was: its bad times in all, without what was well and what nobody measured."""

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
    """(bad, not measured, spells) of the first incident that these runs show."""
    one = incidents(runs, rules)[0]
    told = one.lasted_until(START + now if now else runs[-1].started)
    return told.bad_time, told.unmeasured_time, told.spells


def test_four_outages_of_ten_minutes_in_three_days_are_forty_minutes():
    """What is well in between is no part of it, though it is one incident that came back."""
    times = [n * 20 * HOUR for n in range(4)]
    runs = looks(*(look for at in times for look in ((at, CRIT), (at + 10 * MINUTE, OK))))
    (one,) = incidents(runs, RULES)
    assert (one.reopened, one.closed - one.opened) == (3, 60 * HOUR + 10 * MINUTE)
    assert lasted(runs) == (40 * MINUTE, timedelta(0), 4)
    assert one.events[-1].text.endswith("within bounds again, after 40 min in 4 spells")


def test_one_outage_is_as_long_as_it_was_bad():
    """From the first bad look to the first good one."""
    runs = looks((0 * DAY, CRIT), (DAY, CRIT), (2 * DAY, OK))
    assert lasted(runs) == (2 * DAY, timedelta(0), 1)


def test_an_open_incident_grows_until_the_next_look_is_due():
    """Then nobody knows, and it grows no more."""
    runs = looks((0 * DAY, CRIT))
    assert lasted(runs, 5 * HOUR) == (5 * HOUR, timedelta(0), 1)
    assert lasted(runs, 3 * DAY) == (27 * HOUR, 45 * HOUR, 1)


def test_days_without_a_run_are_neither_bad_nor_well():
    """Three runs were missed: what was then is said to be not known."""
    runs = looks((0 * DAY, CRIT), (4 * DAY, CRIT), (5 * DAY, OK))
    assert lasted(runs) == (27 * HOUR + DAY, 4 * DAY - 27 * HOUR, 1)
    (one,) = incidents(runs, RULES)
    assert one.events[-1].text.endswith("after 2 days, and 3 days not measured")


def test_a_look_that_could_not_see_is_not_measured():
    """It was out of bounds before, and may be well by now: the incident stays open, its length does not grow."""
    runs = looks((0 * DAY, CRIT), (DAY, UNK), (2 * DAY, UNK), (3 * DAY, CRIT), (4 * DAY, OK))
    assert lasted(runs) == (2 * DAY, 2 * DAY, 1)


def test_an_incident_of_what_cannot_be_seen_is_as_long_as_nobody_saw():
    """Its bad time is the time without a sight of it."""
    runs = looks((0 * DAY, UNK), (DAY, UNK), (2 * DAY, OK))
    assert lasted(runs) == (2 * DAY, timedelta(0), 1)


def test_good_looks_before_it_closes_count_as_well():
    """Where it takes two of them, the time between them is no bad time."""
    rules = Rules(bad_runs={"daily": 1}, good_runs=2, reach_hours={"daily": 27.0})
    runs = looks((0 * DAY, CRIT), (DAY, OK), (2 * DAY, OK))
    assert lasted(runs, rules=rules) == (DAY, timedelta(0), 1)


def test_a_look_that_had_to_be_confirmed_counts_from_the_first():
    """It opens with the second, and began with the first."""
    rules = Rules(bad_runs={"daily": 2}, reach_hours={"daily": 27.0})
    runs = looks((0 * DAY, CRIT), (10 * MINUTE, CRIT), (30 * MINUTE, OK))
    assert lasted(runs, rules=rules) == (30 * MINUTE, timedelta(0), 1)


def test_a_weekly_item_is_bad_until_its_set_is_due_again():
    """Daily runs do not look at it, and do not make it last for ever either."""
    weekly = looks((0 * DAY, CRIT), item="weekly.backups.verified", name="weekly")
    assert lasted(weekly, 7 * DAY) == (7 * DAY, timedelta(0), 1)
    assert lasted(weekly, 9 * DAY) == (180 * HOUR, 9 * DAY - 180 * HOUR, 1)


def test_what_is_bad_beside_what_is_well_again_goes_on():
    """One cause, two items: the incident is bad as long as one of them is."""
    first = run(START, {REDIS: CRIT, WEB: CRIT})
    runs = [first, run(START + DAY, {REDIS: OK, WEB: CRIT}), run(START + 2 * DAY, {REDIS: OK, WEB: OK})]
    redis, web = sorted(incidents(runs, RULES), key=lambda one: one.closed)
    assert redis.lasted_until(START).bad_time == DAY
    assert web.lasted_until(START).bad_time == 2 * DAY


@pytest.mark.parametrize(("set_name", "hours"), [("daily", 24 + 3), ("weekly", 168 + 12), ("monthly", 744 + 24)])
def test_a_look_speaks_for_as_long_as_the_schedule_says(set_name, hours):
    """The longest time between two slots, and the grace of the set; a day for a set that is never due."""
    rules = rules_of(load("sandbox", environment={}))
    assert rules.reach(f"{set_name}.x", set_name) == timedelta(hours=hours)
    assert rules.reach("own.x", set_name) == timedelta(hours=hours)
    assert rules.reach("troubleshooting.x", "troubleshooting") == DAY
