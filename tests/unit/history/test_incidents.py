"""Incidents derived from lines of runs: what opens, joins, reopens and closes them."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.core.verdict import Verdict
from playbook.history.folding import incidents
from playbook.history.incidents import cause_of, fingerprint_of
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
    """The line of a run; items by id as a verdict, or as a finding."""
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
    """The kinds of events, in order."""
    return [event.what for event in incident.events]


# --------------------------------------------------------------------------------------------------------- opening


def test_second_bad_run_opens_an_incident_from_the_first():
    """It began with the first bad run, and the second confirmed it; the newest message is shown."""
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
def test_run_that_is_not_bad_resets_the_count(harmless):
    """Single bad runs, even every other day, open nothing."""
    assert incidents(daily(CRIT, harmless, CRIT, harmless, CRIT), RULES) == []


@pytest.mark.parametrize("unseen", [NC, WAIVED, None])
def test_unmeasured_item_is_neither_good_nor_bad(unseen):
    """It does not count, does not end the streak, and does not close either."""
    assert incidents(daily(unseen, unseen, unseen), RULES) == []
    (one,) = incidents(daily(CRIT, unseen, CRIT, unseen, unseen), RULES)
    assert one.is_open
    assert one.opened == START


def test_confirming_re_check_opens_an_incident_at_once():
    """It counts as a run; if it finds the item healthy, nothing opens."""
    first = run(START, {REDIS: CRIT})
    later = START + timedelta(minutes=2)
    again = {"id": "again", "confirms": first.id, "partial": True}
    (one,) = incidents([first, run(later, {REDIS: CRIT}, **again)], RULES)
    assert one.events[0].at == later
    assert one.opened == START
    assert incidents([first, run(later, {REDIS: OK}, **again), *daily(OK, CRIT)[1:]], RULES) == []


def test_set_of_the_item_decides_how_many_runs_it_needs():
    """Not the set of the run: in a run of several sets each item counts by its own. Unnamed sets need one; 0 is
    never.
    """
    both = {"weekly.kpi.availability": CRIT, REDIS: CRIT}
    found = incidents([run(START, both, name="daily or weekly")], RULES)
    assert [one.cause for one in found] == ["kpi.availability"]
    never = Rules(bad_runs={"weekly": 0, "others": 3})
    assert incidents([run(START + n * DAY, both) for n in range(2)], never) == []
    assert len(incidents([run(START + n * DAY, both) for n in range(3)], never)) == 1


def test_ignored_item_opens_none():
    """Whatever its verdict."""
    rules = Rules(ignore=(REDIS,))
    assert incidents(daily(CRIT, CRIT, CRIT), rules) == []


def test_interrupted_run_counts_what_it_measured():
    """UNKNOWN of an interrupted run means nothing; CRITICAL counts."""
    assert incidents(daily(UNK, UNK, UNK, ended="interrupted"), RULES) == []
    assert len(incidents(daily(CRIT, CRIT, ended="interrupted"), RULES)) == 1


# ---------------------------------------------------------------------------------------------- identity and cause


def test_items_of_one_root_cause_are_one_incident():
    """Items that Redis blocks are grouped, also one that fails a run later; the cadence makes no other cause."""
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


def test_fingerprint_differs_by_target_and_cause():
    """It contains no date, so a relapse has the same."""
    runs = daily(CRIT, CRIT, OK, OK, OK, OK, CRIT, CRIT) + daily(CRIT, CRIT, target="staging")
    found = incidents(runs, RULES)
    assert sorted((one.target, one.number) for one in found) == [
        *(("production", 1), ("production", 2), ("staging", 1)),
    ]
    assert {one.fingerprint for one in found if one.target == "production"} == {
        fingerprint_of("production", "redis.alive")
    }
    parts = [("production", "a"), ("staging", "a"), ("production", "b")]
    assert len({fingerprint_of(*part) for part in parts}) == 3


def test_unknown_alone_opens_no_down_incident():
    """However often it occurs."""
    (blind,) = incidents(daily(UNK, UNK, UNK, UNK), RULES)
    assert (blind.kind, blind.worst, blind.down) == ("cannot see", UNK, ())
    assert blind.title == "redis.alive: cannot be seen"


def test_unknown_that_turns_critical_escalates_the_same_incident():
    """It keeps its identity, and gets the severity of the finding."""
    (blind,) = incidents(daily(UNK, UNK, UNK), RULES)
    (down,) = incidents(daily(UNK, UNK, UNK, CRIT), RULES)
    assert down.key == blind.key
    assert (down.kind, down.worst, down.down, down.opened) == ("down", CRIT, (REDIS,), START)
    assert down.title == "redis.alive: out of bounds"
    assert told(down) == ["opened", "escalated"]
    assert down.events[-1].text == (
        "What could not be seen is out of bounds now (daily.redis.alive): daily.redis.alive said CRITICAL"
    )
    assert incidents(daily(UNK, UNK, UNK, CRIT, OK), RULES)[0].events[-1].text == (
        "redis.alive: within bounds again, after 24 h, and 3 days not measured"
    )


def test_critical_that_turns_unknown_stays_the_same_open_incident():
    """Its state is unknown, so it stays CRITICAL until it is seen healthy."""
    (one,) = incidents(daily(CRIT, CRIT, UNK), RULES)
    assert (one.kind, one.worst, one.down, one.is_open) == ("cannot see", CRIT, (REDIS,), True)
    assert one.title == "redis.alive: out of bounds when last seen"
    assert told(one) == ["opened", "unseen"]
    assert one.events[-1].text == "It was out of bounds, and this cannot be seen now: daily.redis.alive"
    (one,) = incidents(daily(CRIT, CRIT, UNK, OK), RULES)
    assert told(one) == ["opened", "unseen", "recovered"]


@pytest.mark.parametrize(
    ("looks", "events", "kind"),
    [
        ([UNK, UNK, CRIT, UNK, CRIT], ["opened", "escalated", "unseen", "seen"], "down"),
        ([CRIT, CRIT, UNK, CRIT, UNK], ["opened", "unseen", "seen", "unseen"], "cannot see"),
        ([CRIT, UNK], ["opened"], "cannot see"),
        ([UNK, CRIT], ["opened"], "down"),
        ([UNK, UNK, OK, UNK, UNK, CRIT], ["opened", "recovered", "reopened", "escalated"], "down"),
        ([CRIT, CRIT, OK, UNK, UNK], ["opened", "recovered", "reopened"], "cannot see"),
    ],
)
def test_kind_changes_within_one_incident(looks, events, kind):
    """Whatever the order, it is one incident with one fingerprint."""
    (one,) = incidents(daily(*looks), RULES)
    assert told(one) == events
    assert (one.kind, one.number) == (kind, 1)


def test_first_critical_look_counts_where_the_confirming_one_cannot_see():
    """An item that was out of bounds once keeps that severity, though the second look saw nothing."""
    (one,) = incidents(daily(CRIT, UNK), RULES)
    assert (one.worst, one.down, one.opened) == (CRIT, (REDIS,), START)
    assert one.title == "redis.alive: out of bounds when last seen"


def test_one_cause_seen_and_unseen_is_one_incident():
    """Redis refuses connections, and the API reports Redis missing: in one run, and in successive runs."""
    unseen = Finding(verdict=UNK, cause="Redis", message="Redis: connection refused")
    seen = Finding(verdict=CRIT, cause="Redis", message="API health: HTTP 503")
    both = [run(START + n * DAY, {REDIS: unseen, WEB: seen}) for n in range(2)]
    (one,) = incidents(both, RULES)
    assert (one.kind, one.items, one.down) == ("down", (REDIS, WEB), (WEB,))
    assert (one.title, one.message) == ("Redis: out of bounds", "Redis: connection refused")
    assert told(one) == ["opened"]

    api_back = run(START + 2 * DAY, {REDIS: unseen, WEB: OK})
    (one,) = incidents([*both, api_back], RULES)
    assert (one.is_open, one.title, one.worst) == (True, "Redis: cannot be seen", CRIT)
    assert (
        one.events[-1].text
        == "What was out of bounds has recovered, and this cannot be seen now: daily.redis.alive"
    )

    redis_back = run(START + 2 * DAY, {REDIS: OK, WEB: seen})
    (one,) = incidents([*both, redis_back], RULES)
    assert (one.is_open, one.kind) == (True, "down")
    (one,) = incidents([*both, redis_back, run(START + 3 * DAY, {REDIS: OK, WEB: OK})], RULES)
    assert told(one) == ["opened", "recovered"]


def test_item_joining_out_of_bounds_escalates_what_could_not_be_seen():
    """The cause is confirmed already, so the item needs no second look."""
    unseen = Finding(verdict=UNK, cause="Redis", message="Redis: connection refused")
    seen = Finding(verdict=CRIT, cause="Redis", message="API health: HTTP 503")
    runs = [run(START + n * DAY, {REDIS: unseen, WEB: OK}) for n in range(2)]
    (one,) = incidents([*runs, run(START + 2 * DAY, {REDIS: unseen, QUEUE: seen})], RULES)
    assert told(one) == ["opened", "joined", "escalated"]
    # An item that was healthy since the incident opened counts as failing only once that is confirmed.
    (one,) = incidents([*runs, run(START + 2 * DAY, {REDIS: unseen, WEB: seen})], RULES)
    assert told(one) == ["opened", "joined"]
    (one,) = incidents([*runs, *[run(START + n * DAY, {REDIS: unseen, WEB: seen}) for n in (2, 3)]], RULES)
    assert told(one) == ["opened", "joined", "escalated"]


def test_out_of_bounds_for_another_cause_ends_what_could_not_be_seen():
    """Redis answers again and is itself out of bounds: the service's incident is over, and the item's begins."""
    unseen = Finding(verdict=UNK, cause="Redis", message="Redis: connection refused")
    found = incidents(
        [*[run(START + n * DAY, {REDIS: unseen}) for n in range(2)], *daily(None, None, CRIT)[2:]], RULES
    )
    assert [(one.cause, one.is_open) for one in found] == [("Redis", False), ("redis.alive", True)]
    assert told(found[0]) == ["opened", "escalated", "recovered"]


# -------------------------------------------------------------------------------------------- recovery and relapse


@pytest.mark.parametrize("well", [OK, WARN])
def test_incident_closes_with_the_last_of_its_items(well):
    """A warning is within bounds. An unmeasured item keeps it open."""
    bad = Finding(verdict=CRIT, cause="shared", message="both")
    runs = [run(START + n * DAY, {REDIS: bad, QUEUE: bad}) for n in range(2)]
    runs.append(run(START + 2 * DAY, {REDIS: well}))
    assert incidents(runs, RULES)[0].is_open
    runs.append(run(START + 3 * DAY, {QUEUE: well}))
    (one,) = incidents(runs, RULES)
    assert one.closed == START + 3 * DAY
    assert one.events[-1].text == "Shared: within bounds again, after 2 days, and 24 h not measured"


def test_incident_closes_after_the_required_good_runs():
    """In a row."""
    rules = Rules(bad_runs={"daily": 2}, good_runs=2)
    assert incidents(daily(CRIT, CRIT, OK, CRIT, OK), rules)[0].is_open
    assert incidents(daily(CRIT, CRIT, OK, NC, OK), rules)[0].closed == START + 4 * DAY


def test_relapse_within_the_time_reopens_the_incident():
    """Counted from its recovery to the first run that was bad again."""
    (one,) = incidents(daily(CRIT, CRIT, OK, CRIT, CRIT), RULES)
    assert one.is_open
    assert (one.number, one.reopened, one.flapping) == (1, 1, False)
    assert told(one) == ["opened", "recovered", "reopened"]
    assert one.events[-1].text == "daily.redis.alive said CRITICAL (again, 24 h after it had recovered)"
    first, second = incidents(daily(CRIT, CRIT, OK, OK, CRIT, CRIT), RULES)
    assert (first.reopened, second.number) == (0, 2)
    assert first.fingerprint == second.fingerprint


def test_frequent_relapses_are_flapping():
    """And the event says so."""
    (one,) = incidents(daily(CRIT, CRIT, *[OK, CRIT, CRIT] * 3), RULES)
    assert (one.reopened, one.flapping) == (3, True)
    assert "flapping, 3 times by now" in one.events[-1].text


# --------------------------------------------------------------------------------------------------------- windows


def test_incident_in_a_window_is_quiet_until_its_end():
    """It is measured all the same; windows without a gap count as one; those of other targets do not count."""
    first = Window(name="Redis", start=START + DAY - timedelta(hours=1), end=START + DAY + timedelta(hours=1))
    after = Window(name="more", start=first.end, end=first.end + timedelta(hours=1), target="production")
    other = Window(name="else", start=START, end=START + 9 * DAY, target="staging")
    (one,) = incidents(daily(CRIT, CRIT, OK), RULES, [after, other, first])
    opened, recovered = one.events
    assert (opened.quiet, opened.held_until) == (True, after.end)
    assert (recovered.quiet, recovered.held_until) == (False, None)
    edge = Window(name="over", start=START, end=START + DAY)
    assert not incidents(daily(CRIT, CRIT), RULES, [edge])[0].events[0].quiet


# ---------------------------------------------------------------------------------------------- properties of runs


def test_order_and_duplicates_make_no_difference():
    """As lines may stand after a merge."""
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
MANY = settings(max_examples=60)


@MANY
@given(RUNS, SOME_RULES)
def test_later_run_changes_no_reported_event(runs, rules):
    """The events of the runs so far are among those of all runs, so none is reported twice or withdrawn."""
    whole = {event.id: event for one in incidents(runs, rules) for event in one.events}
    for end in range(len(runs)):
        for one in incidents(runs[:end], rules):
            assert all(whole[event.id] == event for event in one.events)


@MANY
@given(RUNS, SOME_RULES)
def test_events_of_each_incident_are_in_order(runs, rules):
    """It opens once, closes only when open, reopens only when closed, and all its event ids differ."""
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
    """Without any CRITICAL no incident says down; with only CRITICAL none says unseen."""
    for kind, verdict in (("down", CRIT), ("cannot see", UNK)):
        without = [
            run(
                each.started, {k: v for k, v in each.items.items() if v.verdict is not verdict}, target=each.target
            )
            for each in runs
        ]
        assert all(one.kind != kind for one in incidents(without, rules))
        assert all(one.worst is not verdict for one in incidents(without, rules))


@MANY
@given(RUNS, SOME_RULES)
def test_incident_is_closed_exactly_when_its_items_are_healthy(runs, rules):
    """An item that was out of bounds for it must be healthy; one that could not be seen must be seen."""
    for one in incidents(runs, rules):
        begun = max(event.at for event in one.events if event.what in ("opened", "reopened"))
        begun = max((last for last in ends_before(one, begun)), default=START - DAY)
        until = one.closed or START + 999 * DAY
        ready = []
        for item in one.items:
            looks = [
                each.items[item]
                for each in runs
                if each.target == one.target and each.started <= until and item in each.items
                if each.items[item].verdict not in (NC, WAIVED)
            ]
            in_spell = [
                each.items[item]
                for each in runs
                if each.target == one.target and begun < each.started <= until and item in each.items
            ]
            was_down = any(look.verdict is CRIT and cause_of(item, look) == one.cause for look in in_spell)
            well = {OK, WARN} if was_down else {OK, WARN, CRIT}
            newest = looks[-rules.good_runs :]
            good = len(newest) >= rules.good_runs and {look.verdict for look in newest} <= well
            if was_down or good or cause_of(item, looks[-1]) == one.cause:
                ready.append(good)
        assert (bool(ready) and all(ready)) == (not one.is_open)


def ends_before(incident, moment):
    """The times before this moment at which it closed."""
    return [event.at for event in incident.events if event.what in ("recovered", "gone") and event.at < moment]


# --------------------------------------------------------------------------------------- expectations of operators


def test_sets_run_on_demand_join_no_incident():
    """No later run would measure them again, so they would hold the incident open for ever."""
    rules = Rules(bad_runs={"daily": 2, "troubleshooting": 0})
    asked = run(START + DAY + HOUR, {"troubleshooting.redis.alive": CRIT}, name="troubleshooting")
    (one,) = incidents([*daily(CRIT, CRIT, OK), asked], rules)
    assert one.items == (REDIS,)
    assert told(one) == ["opened", "recovered"]


def test_items_that_can_be_seen_again_are_named_with_what_is_found():
    """One item, and two."""
    both = ("daily.kpi.availability", "daily.kpi.latency")
    for items, words in ((both[:1], "is"), (both, "are")):
        shared = [
            run(START + n * DAY, {item: Finding(verdict=verdict, cause="Shared", message="x") for item in items})
            for n, verdict in enumerate((CRIT, CRIT, UNK, CRIT))
        ]
        (one,) = incidents(shared, RULES)
        assert one.events[-1].what == "seen"
        assert one.events[-1].text == f"{', '.join(items)}: can be seen, and {words} out of bounds"


def test_relapse_in_an_open_incident_is_reported():
    """The weekly item stays bad; the daily figure recovered and failed again, which is reported once confirmed."""
    rules = Rules(bad_runs={"daily": 2, "weekly": 1})
    week, day = "weekly.kpi.availability", "daily.kpi.availability"
    runs = [run(START - HOUR, {week: CRIT}, name="weekly"), *daily(CRIT, CRIT, OK, CRIT, item=day)]
    (one,) = incidents(runs, rules)
    assert told(one) == ["opened", "joined"]
    (one,) = incidents([*runs, *daily(*[None] * 4, CRIT, CRIT, item=day)[4:]], rules)
    assert told(one) == ["opened", "joined", "escalated"]
    assert one.events[-1].at == START + 4 * DAY
    assert "daily.kpi.availability failed again after it had recovered: " in one.events[-1].text
    (one,) = incidents([*runs, *daily(*[None] * 4, OK, item=day)[4:]], rules)
    assert told(one) == ["opened", "joined"]  # a single bad result is not enough


def test_item_that_was_healthy_joining_an_open_incident_is_reported():
    """The weekly item is bad; the daily figure was healthy for days and fails now: reported, once confirmed."""
    rules = Rules(bad_runs={"daily": 2, "weekly": 1})
    week, day = "weekly.kpi.availability", "daily.kpi.availability"
    runs = [run(START - HOUR, {week: CRIT}, name="weekly"), *daily(OK, OK, CRIT, item=day)]
    (one,) = incidents(runs, rules)
    assert told(one) == ["opened", "joined"]  # a single bad result is not enough
    (one,) = incidents([*runs, *daily(None, None, None, CRIT, item=day)[3:]], rules)
    assert told(one) == ["opened", "joined", "escalated"]
    assert one.events[-1].at == START + 3 * DAY
    more = daily(None, None, None, CRIT, CRIT, CRIT, item=day)[3:]
    assert told(incidents([*runs, *more], rules)[0]) == ["opened", "joined", "escalated"]  # and only once
    before = daily(OK, OK, CRIT, CRIT, CRIT, item=day)
    late = run(START + 3 * DAY + HOUR, {week: CRIT}, name="weekly")
    # the weekly item was not measured meanwhile
    assert told(incidents([*before, late], rules)[0]) == ["opened", "joined"]


def test_each_event_has_its_own_id():
    """If one run finds two items out of bounds, one event names both."""
    blind = Finding(verdict=UNK, cause="Prometheus", message="Prometheus: no answer")
    runs = [run(START + n * DAY, {REDIS: blind, WEB: blind}) for n in range(2)]
    one = incidents([*runs, run(START + 2 * DAY, {REDIS: CRIT, WEB: CRIT})], RULES)[0]
    ids = [event.id for event in one.events]
    assert told(one) == ["opened", "escalated", "recovered"]
    assert len(ids) == len(set(ids))
    assert "daily.redis.alive: could" in one.events[1].text
    assert "daily.health.api: could" in one.events[1].text


def test_item_unseen_for_another_cause_holds_no_incident_open():
    """Prometheus answers again; an item that is unseen for its token now is another incident."""
    blind = Finding(verdict=UNK, cause="Prometheus")
    other = Finding(verdict=UNK, cause="DigitalOcean")
    runs = [run(START + n * DAY, {REDIS: blind, WEB: blind}) for n in range(2)]
    found = incidents([*runs, run(START + 2 * DAY, {REDIS: other, WEB: OK})], RULES)
    assert {one.cause: one.is_open for one in found} == {"Prometheus": False, "DigitalOcean": True}
    alone = incidents([*runs, run(START + 2 * DAY, {REDIS: other, WEB: other})], RULES)
    assert {one.cause: one.is_open for one in alone} == {"Prometheus": True, "DigitalOcean": True}


def test_catalogue_title_names_an_incident_without_identifying_it():
    """Title and sentences say ``API health``; a corrected title opens no new incident."""
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


def test_removed_item_holds_no_incident_open():
    """Nothing measures it: a complete run of its set shows that its check no longer exists."""
    bad = daily(CRIT, CRIT)
    gone = run(START + 2 * DAY, {WEB: OK}, left_out={"redis": [REDIS]}, counts={"OK": 1})
    (found,) = incidents([*bad, gone], RULES)
    assert (found.closed, found.gone) == (gone.started, True)
    again = [run(START + number * DAY, {REDIS: CRIT}) for number in (3, 4)]
    (reopened,) = incidents([*bad, gone, *again], RULES)
    assert reopened.is_open
