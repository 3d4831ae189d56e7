"""Incidents: what opens, joins, comes back and closes, from lines of runs."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.core.verdict import Verdict
from playbook.history.folding import incidents
from playbook.history.incidents import fingerprint_of
from playbook.history.rules import Rules, Window
from playbook.history.runs import Finding, RunLine
from tests.effort import effort

START = datetime(2026, 3, 2, 6, 17, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RULES = Rules(bad_runs={"daily": 2}, reopen_hours=36.0)
REDIS, QUEUE, WEB = "daily.redis.alive", "daily.redis.queue", "daily.health.api"

OK, WARN, CRIT, UNK, NC, WAIVED = (
    Verdict.OK,
    Verdict.WARNING,
    Verdict.CRITICAL,
    Verdict.UNKNOWN,
    Verdict.NOT_CONFIGURED,
    Verdict.WAIVED,
)


def run(at, items, *, target="production", name="daily", **more):
    """A run's line; items by id as a verdict, or as a finding."""
    findings = {
        item: found if isinstance(found, Finding) else Finding(verdict=found, message=f"{item} said {found}")
        for item, found in items.items()
    }
    fields = {
        "id": f"{target}-{name}-{at:%Y%m%dT%H%M%S}",
        "target": target,
        "kind": "production",
        "set": name,
        "started": at,
        "finished": at + timedelta(seconds=9),
        "verdict": OK,
        "exit_code": 0,
        "executed": len(items),
        "floor": 1,
        "items": findings,
    }
    return RunLine(**(fields | more))


def daily(*verdicts, item=REDIS, **more):
    """A run a day, each with one item; None is a run without it."""
    return [
        run(START + number * DAY, {} if found is None else {item: found}, **more)
        for number, found in enumerate(verdicts)
    ]


def told(incident):
    """What happened, in order."""
    return [event.what for event in incident.events]


# --------------------------------------------------------------------------------------------------------- opening


def test_a_second_bad_run_opens_it_from_the_first():
    """It began with the first bad run, and the second showed it; the newest message stands."""
    assert incidents(daily(OK, CRIT), RULES) == []
    (one,) = incidents(daily(OK, CRIT, CRIT), RULES)
    assert one.is_open
    assert (one.kind, one.cause, one.worst, one.number) == ("down", "redis.alive", CRIT, 1)
    assert one.opened == START + DAY
    assert one.title == "redis.alive: out of bounds"
    assert one.message == "daily.redis.alive said CRITICAL"
    (event,) = one.events
    assert (event.what, event.at) == ("opened", START + 2 * DAY)
    assert event.id == f"{one.fingerprint}-opened-20260304T061700Z"


@pytest.mark.parametrize("harmless", [OK, WARN])
def test_a_run_that_is_not_bad_begins_the_count_anew(harmless):
    """A single bad run, also every other day, is a single bad run."""
    assert incidents(daily(CRIT, harmless, CRIT, harmless, CRIT), RULES) == []


@pytest.mark.parametrize("unseen", [NC, WAIVED, None])
def test_what_is_not_looked_at_is_neither_good_nor_bad(unseen):
    """It does not count, does not break the row, and does not close either."""
    assert incidents(daily(unseen, unseen, unseen), RULES) == []
    (one,) = incidents(daily(CRIT, unseen, CRIT, unseen, unseen), RULES)
    assert one.is_open
    assert one.opened == START


def test_a_confirming_re_check_opens_it_at_once():
    """It counts as a run; where it finds the item well, nothing opens."""
    first = run(START, {REDIS: CRIT})
    later = START + timedelta(minutes=2)
    again = {"id": "again", "confirms": first.id, "partial": True}
    (one,) = incidents([first, run(later, {REDIS: CRIT}, **again)], RULES)
    assert one.events[0].at == later
    assert one.opened == START
    assert incidents([first, run(later, {REDIS: OK}, **again), *daily(OK, CRIT)[1:]], RULES) == []


def test_the_set_of_the_item_says_how_many_runs_it_needs():
    """Not the run's: of several sets at once each item counts by its own. Sets not named need one; 0 is never."""
    both = {"weekly.kpi.availability": CRIT, REDIS: CRIT}
    found = incidents([run(START, both, name="daily or weekly")], RULES)
    assert [one.cause for one in found] == ["kpi.availability"]
    never = Rules(bad_runs={"weekly": 0, "others": 3})
    assert incidents([run(START + n * DAY, both) for n in range(2)], never) == []
    assert len(incidents([run(START + n * DAY, both) for n in range(3)], never)) == 1


def test_an_ignored_item_opens_none():
    """Whatever it says."""
    rules = Rules(ignore=(REDIS,))
    assert incidents(daily(CRIT, CRIT, CRIT), rules) == []


def test_a_run_that_ended_early_looked_at_what_it_measured():
    """UNKNOWN of an interrupted run says nothing; CRITICAL does."""
    assert incidents(daily(UNK, UNK, UNK, ended="interrupted"), RULES) == []
    assert len(incidents(daily(CRIT, CRIT, ended="interrupted"), RULES)) == 1


# --------------------------------------------------------------------------------------------------- what it is of


def test_items_of_one_root_cause_are_one_incident():
    """What Redis blocks stands together, also what fails for it a run later; the cadence makes no other cause."""
    blocked = Finding(verdict=UNK, cause="Redis", message="Redis: expected an answer, got none")
    found = incidents(
        [
            run(START, {REDIS: blocked, WEB: OK}),
            run(START + DAY, {QUEUE: blocked, REDIS: blocked, WEB: OK}),
            run(START + 2 * DAY, {QUEUE: blocked, REDIS: blocked, WEB: blocked}),
        ],
        RULES,
    )
    (one,) = found
    assert (one.kind, one.cause, one.title) == ("cannot see", "Redis", "Redis: cannot be seen")
    assert set(one.items) == {REDIS, QUEUE, WEB}
    assert told(one) == ["opened", "joined"]
    assert one.events[1].text == "daily.health.api failed for it too"
    kpis = {"daily.kpi.availability": CRIT, "weekly.kpi.availability": CRIT}
    (two,) = incidents([run(START, kpis), run(START + DAY, kpis)], RULES)
    assert set(two.items) == set(kpis)


def test_targets_kinds_and_causes_are_apart():
    """The fingerprint holds them, and no date."""
    runs = daily(CRIT, CRIT, OK, OK, OK, OK, CRIT, CRIT) + daily(CRIT, CRIT, target="staging")
    found = incidents(runs, RULES)
    assert sorted((one.target, one.number) for one in found) == [
        *(("production", 1), ("production", 2), ("staging", 1)),
    ]
    assert {one.fingerprint for one in found if one.target == "production"} == {
        fingerprint_of("production", "down", "redis.alive")
    }
    parts = [("production", "down", "a"), ("staging", "down", "a"), ("production", "cannot see", "a")]
    assert len({fingerprint_of(*part) for part in parts}) == 3


def test_unknown_opens_cannot_see_and_nothing_else():
    """However often; where it turns out to be down, that is another incident, and the first one is over."""
    (blind,) = incidents(daily(UNK, UNK, UNK, UNK), RULES)
    assert blind.kind == "cannot see"
    blind, down = incidents(daily(UNK, UNK, UNK, CRIT), RULES)
    assert told(blind) == ["opened", "escalated", "recovered"]
    assert blind.closed == START + 3 * DAY
    assert blind.events[-1].text == "redis.alive: can be seen again, after 3 days"
    assert told(down) == ["opened"]
    assert down.opened == START + 3 * DAY


def test_not_seeing_leaves_a_down_incident_open():
    """It is not well, and whether it is still down nobody knows: both are open."""
    found = incidents(daily(CRIT, CRIT, UNK), RULES)
    assert [(one.kind, one.is_open) for one in found] == [("down", True), ("cannot see", True)]
    (down, blind) = incidents(daily(CRIT, CRIT, UNK, OK), RULES)
    assert not down.is_open
    assert not blind.is_open


# -------------------------------------------------------------------------------------------- recovery and relapse


@pytest.mark.parametrize("well", [OK, WARN])
def test_it_closes_with_the_last_of_its_items(well):
    """A warning is within bounds. One that is not looked at keeps it open."""
    bad = Finding(verdict=CRIT, cause="shared", message="both")
    runs = [run(START + n * DAY, {REDIS: bad, QUEUE: bad}) for n in range(2)]
    runs.append(run(START + 2 * DAY, {REDIS: well}))
    assert incidents(runs, RULES)[0].is_open
    runs.append(run(START + 3 * DAY, {QUEUE: well}))
    (one,) = incidents(runs, RULES)
    assert one.closed == START + 3 * DAY
    assert one.events[-1].text == "Shared: within bounds again, after 2 days, and 24 h not measured"


def test_it_closes_after_so_many_good_runs():
    """In a row."""
    rules = Rules(bad_runs={"daily": 2}, good_runs=2)
    assert incidents(daily(CRIT, CRIT, OK, CRIT, OK), rules)[0].is_open
    assert incidents(daily(CRIT, CRIT, OK, NC, OK), rules)[0].closed == START + 4 * DAY


def test_a_relapse_within_the_time_is_the_same_incident():
    """Counted from its recovery to the first run that was bad again."""
    (one,) = incidents(daily(CRIT, CRIT, OK, CRIT, CRIT), RULES)
    assert one.is_open
    assert (one.number, one.reopened, one.flapping) == (1, 1, False)
    assert told(one) == ["opened", "recovered", "reopened"]
    assert one.events[-1].text == "daily.redis.alive said CRITICAL (again, 24 h after it had recovered)"
    first, second = incidents(daily(CRIT, CRIT, OK, OK, CRIT, CRIT), RULES)
    assert (first.reopened, second.number) == (0, 2)
    assert first.fingerprint == second.fingerprint


def test_what_comes_back_too_often_is_flapping():
    """And it says so."""
    (one,) = incidents(daily(CRIT, CRIT, *[OK, CRIT, CRIT] * 3), RULES)
    assert (one.reopened, one.flapping) == (3, True)
    assert "flapping, 3 times by now" in one.events[-1].text


# --------------------------------------------------------------------------------------------------------- windows


def test_what_falls_into_a_window_is_quiet_until_its_end():
    """Measured all the same; windows without a gap between them are one; other targets' do not count."""
    first = Window(name="Redis", start=START + DAY - timedelta(hours=1), end=START + DAY + timedelta(hours=1))
    after = Window(name="more", start=first.end, end=first.end + timedelta(hours=1), target="production")
    other = Window(name="else", start=START, end=START + 9 * DAY, target="staging")
    (one,) = incidents(daily(CRIT, CRIT, OK), RULES, [after, other, first])
    opened, recovered = one.events
    assert (opened.quiet, opened.held_until) == (True, after.end)
    assert (recovered.quiet, recovered.held_until) == (False, None)
    edge = Window(name="over", start=START, end=START + DAY)
    assert not incidents(daily(CRIT, CRIT), RULES, [edge])[0].events[0].quiet


# ----------------------------------------------------------------------------------------------------- of any runs


def test_order_and_doubles_make_no_difference():
    """As lines stand after a merge."""
    runs = daily(CRIT, CRIT, OK, CRIT, CRIT, OK, UNK, UNK)
    mixed = [*runs, *runs]
    random.Random(7).shuffle(mixed)
    assert incidents(mixed, RULES) == incidents(runs, RULES)


def test_five_years_take_well_under_a_second():
    """2,200 runs of 20 items, a tenth of them bad."""
    chance = random.Random(7)
    runs = [
        run(START + n * DAY, {f"daily.item{k}": chance.choices([OK, CRIT, UNK], [18, 1, 1])[0] for k in range(20)})
        for n in range(2200)
    ]
    found, seconds = effort(lambda: incidents(runs, RULES))
    assert seconds < 1.0
    assert len(found) > 100


FINDINGS = st.builds(
    Finding,
    verdict=st.sampled_from([OK, OK, WARN, CRIT, CRIT, UNK, NC, WAIVED]),
    message=st.just("said"),
    cause=st.sampled_from(["", "", "Redis"]),
)
ITEMS = st.dictionaries(st.sampled_from([REDIS, QUEUE, WEB, "weekly.redis.alive"]), FINDINGS)
RUNS = st.lists(st.tuples(ITEMS, st.sampled_from(["production", "staging"])), max_size=14).map(
    lambda drawn: [
        run(START + number * timedelta(hours=20), items, target=target)
        for number, (items, target) in enumerate(drawn)
    ]
)
SOME_RULES = st.builds(
    Rules,
    bad_runs=st.dictionaries(st.sampled_from(["daily", "weekly"]), st.integers(1, 3)),
    good_runs=st.integers(1, 2),
    reopen_hours=st.sampled_from([0.0, 30.0, 100.0]),
)
# A busy machine draws slowly, which says nothing of what is tested.
SLOW = [HealthCheck.too_slow]
MANY = settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=SLOW)


@MANY
@given(RUNS, SOME_RULES)
def test_a_later_run_changes_nothing_that_was_told(runs, rules):
    """The events of the runs so far are among those of all runs, so none is told twice or taken back."""
    whole = {event.id: event for one in incidents(runs, rules) for event in one.events}
    for end in range(len(runs)):
        for one in incidents(runs[:end], rules):
            assert all(whole[event.id] == event for event in one.events)


@MANY
@given(RUNS, SOME_RULES)
def test_each_incident_is_told_in_order(runs, rules):
    """It opens once, closes only when open, comes back only when closed, and its events' ids are all different."""
    found = incidents(runs, rules)
    ids = [event.id for one in found for event in one.events]
    assert len(ids) == len(set(ids))
    for one in found:
        is_open = False
        assert told(one)[0] == "opened"
        for event in one.events:
            if event.what in ("opened", "reopened"):
                assert not is_open
                is_open = True
            else:
                assert is_open
                is_open = event.what != "recovered"
        assert one.is_open == is_open
        assert told(one).count("reopened") == one.reopened
        assert one.items
    newest = {(one.fingerprint, one.number) for one in found}
    assert len(newest) == len(found)


@MANY
@given(RUNS, SOME_RULES)
def test_unknown_never_makes_anything_down(runs, rules):
    """Without any CRITICAL there is no incident that says down, and the other way round."""
    for kind, verdict in (("down", CRIT), ("cannot see", UNK)):
        without = [
            run(
                each.started, {k: v for k, v in each.items.items() if v.verdict is not verdict}, target=each.target
            )
            for each in runs
        ]
        assert all(one.kind != kind for one in incidents(without, rules))


@MANY
@given(RUNS, SOME_RULES)
def test_it_is_closed_exactly_where_its_items_are_well(runs, rules):
    """Each item's newest looks are well so many times; of a closed one, those until it closed."""
    for one in incidents(runs, rules):
        well = {OK, WARN} if one.kind == "down" else {OK, WARN, CRIT}
        until = one.closed or START + 999 * DAY
        looks = {
            item: [
                each.items[item].verdict
                for each in runs
                if each.target == one.target and each.started <= until and item in each.items
                if each.items[item].verdict not in (NC, WAIVED)
            ][-rules.good_runs :]
            for item in one.items
        }
        all_well = all(len(seen) >= rules.good_runs and set(seen) <= well for seen in looks.values())
        assert all_well == (not one.is_open)


# -------------------------------------------------------------------------------------- what an operator relies on


def test_what_is_run_on_demand_joins_none():
    """Nothing would look at it again, so that it held the incident open for ever."""
    rules = Rules(bad_runs={"daily": 2, "troubleshooting": 0})
    asked = run(START + DAY + HOUR, {"troubleshooting.redis.alive": CRIT}, name="troubleshooting")
    (one,) = incidents([*daily(CRIT, CRIT, OK), asked], rules)
    assert one.items == (REDIS,)
    assert told(one) == ["opened", "recovered"]


def test_a_relapse_in_an_open_incident_is_no_silence():
    """The week stays bad; that the day's figure recovered and failed again is told, once confirmed."""
    rules = Rules(bad_runs={"daily": 2, "weekly": 1})
    week, day = "weekly.kpi.availability", "daily.kpi.availability"
    runs = [run(START - HOUR, {week: CRIT}, name="weekly"), *daily(CRIT, CRIT, OK, CRIT, item=day)]
    (one,) = incidents(runs, rules)
    assert told(one) == ["opened", "joined"]
    (one,) = incidents([*runs, *daily(*[None] * 4, CRIT, CRIT, item=day)[4:]], rules)
    assert told(one) == ["opened", "joined", "escalated"]
    assert one.events[-1].at == START + 4 * DAY
    assert "daily.kpi.availability had been well meanwhile: " in one.events[-1].text
    (one,) = incidents([*runs, *daily(*[None] * 4, OK, item=day)[4:]], rules)
    assert told(one) == ["opened", "joined"]  # a single bad look is none


def test_what_was_well_until_now_joins_no_open_incident_in_silence():
    """The week is bad; the day's figure was well on the days after, and fails now: told, once confirmed."""
    rules = Rules(bad_runs={"daily": 2, "weekly": 1})
    week, day = "weekly.kpi.availability", "daily.kpi.availability"
    runs = [run(START - HOUR, {week: CRIT}, name="weekly"), *daily(OK, OK, CRIT, item=day)]
    (one,) = incidents(runs, rules)
    assert told(one) == ["opened", "joined"]  # a single bad look is none
    (one,) = incidents([*runs, *daily(None, None, None, CRIT, item=day)[3:]], rules)
    assert told(one) == ["opened", "joined", "escalated"]
    assert one.events[-1].at == START + 3 * DAY
    more = daily(None, None, None, CRIT, CRIT, CRIT, item=day)[3:]
    assert told(incidents([*runs, *more], rules)[0]) == ["opened", "joined", "escalated"]  # and only once
    before = daily(OK, OK, CRIT, CRIT, CRIT, item=day)
    late = run(START + 3 * DAY + HOUR, {week: CRIT}, name="weekly")
    assert told(incidents([*before, late], rules)[0]) == ["opened", "joined"]  # the week was not seen meanwhile


def test_each_event_has_an_id_of_its_own():
    """Of one run with two items that turn out to be out of bounds, one event tells both."""
    blind = Finding(verdict=UNK, cause="Prometheus", message="Prometheus: no answer")
    runs = [run(START + n * DAY, {REDIS: blind, WEB: blind}) for n in range(2)]
    one = incidents([*runs, run(START + 2 * DAY, {REDIS: CRIT, WEB: CRIT})], RULES)[0]
    ids = [event.id for event in one.events]
    assert told(one) == ["opened", "escalated", "recovered"]
    assert len(ids) == len(set(ids))
    assert "daily.redis.alive: could" in one.events[1].text
    assert "daily.health.api: could" in one.events[1].text


def test_what_is_unseen_for_another_cause_holds_no_incident_open():
    """Prometheus answers again; that one item is unseen for its token now is another incident."""
    blind = Finding(verdict=UNK, cause="Prometheus")
    other = Finding(verdict=UNK, cause="DigitalOcean")
    runs = [run(START + n * DAY, {REDIS: blind, WEB: blind}) for n in range(2)]
    found = incidents([*runs, run(START + 2 * DAY, {REDIS: other, WEB: OK})], RULES)
    assert {one.cause: one.is_open for one in found} == {"Prometheus": False, "DigitalOcean": True}
    alone = incidents([*runs, run(START + 2 * DAY, {REDIS: other, WEB: other})], RULES)
    assert {one.cause: one.is_open for one in alone} == {"Prometheus": True, "DigitalOcean": True}


def test_the_catalogue_names_it_and_does_not_make_its_identity():
    """Title and sentences say ``API health``; a title that is corrected opens nothing anew."""
    titles = {WEB: "API health", REDIS: "Redis alive"}
    runs = [*daily(CRIT, CRIT, item=WEB), run(START + 2 * DAY, {WEB: OK})]
    (plain,), (named,) = incidents(runs, RULES), incidents(runs, RULES, titles=titles)
    assert (named.name, named.title) == ("API health", "API health: out of bounds")
    assert named.events[-1].text == "API health: within bounds again, after 2 days"
    assert [event.id for event in named.events] == [event.id for event in plain.events]
    blind = Finding(verdict=UNK, cause="redis_stats", message="no answer")
    both = [run(START + n * DAY, {WEB: blind} if n < 2 else {WEB: blind, REDIS: blind}) for n in range(3)]
    (root,) = incidents(both, RULES, titles=titles)
    assert root.title == "Redis stats: cannot be seen"
    assert root.events[-1].text == "Redis alive failed for it too"


def test_what_is_not_part_of_the_product_any_more_holds_no_incident_open():
    """Nobody looks at it: there is no check of it any more, which is what a whole run of its set shows."""
    bad = daily(CRIT, CRIT)
    gone = run(START + 2 * DAY, {WEB: OK}, left_out={"redis": [REDIS]}, counts={"OK": 1})
    (found,) = incidents([*bad, gone], RULES)
    assert (found.closed, found.gone) == (gone.started, True)
    again = [run(START + number * DAY, {REDIS: CRIT}) for number in (3, 4)]
    (reopened,) = incidents([*bad, gone, *again], RULES)
    assert reopened.is_open
