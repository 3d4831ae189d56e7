"""What is due over time: each thing once, no end without a beginning, nothing lost while somebody looks."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.history.folding import incidents
from playbook.history.rules import Rules, Window
from playbook.notify.due import OPENINGS, due, reminders
from tests.unit.notify.lines import CRIT, DAY, OK, START, UNK, run

WITHIN = timedelta(hours=48)
RULES = Rules(bad_runs={"daily": 1}, reopen_hours=50.0)
RUNS = st.lists(
    st.dictionaries(st.sampled_from(["daily.a", "daily.b"]), st.sampled_from([OK, CRIT, UNK]), min_size=1),
    max_size=12,
)
MANY = settings(max_examples=60)


def told_day_by_day(drawn, windows=(), asleep=()):
    """Every event told, in order, where the channel is away on some days."""
    runs = [run(number, items) for number, items in enumerate(drawn)]
    told = []
    for number in range(len(runs)):
        if number in asleep:
            continue
        now = START + number * DAY + timedelta(minutes=1)
        found = incidents(runs[: number + 1], RULES, windows)
        told += [news.event for news in due(found, {event.id for event in told}, now, WITHIN)]
    return told, incidents(runs, RULES, windows)


@MANY
@given(RUNS)
def test_daily_notification_delivers_each_event_once(drawn):
    """But for items that joined, and for what is out of bounds and cannot be seen for a while."""
    told, found = told_day_by_day(drawn)
    assert sorted(event.id for event in told) == sorted(
        event.id for one in found for event in one.events if event.what not in ("joined", "unseen", "seen")
    )


@MANY
@given(RUNS, st.sets(st.integers(0, 11)), st.integers(0, 11), st.integers(1, 60))
def test_recovery_of_unreported_incident_is_not_delivered(drawn, asleep, first, hours):
    """Whatever the channel missed and whatever a window held back."""
    window = Window(name="w", start=START + first * DAY, end=START + first * DAY + timedelta(hours=hours))
    told, found = told_day_by_day(drawn, [window], asleep)
    ids = [event.id for event in told]
    assert len(ids) == len(set(ids))
    for one in found:
        known = False
        for event in one.events:
            if event.what in OPENINGS:
                known = event.id in ids
            elif event.id in ids:
                assert known


@MANY
@given(RUNS, st.integers(0, 11), st.integers(1, 60))
def test_open_incident_is_delivered_when_window_ends(drawn, first, hours):
    """The next day at the latest."""
    window = Window(name="w", start=START + first * DAY, end=START + first * DAY + timedelta(hours=hours))
    told, found = told_day_by_day(drawn, [window])
    end = START + (len(drawn) - 1) * DAY
    for one in found:
        last = [event for event in one.events if event.what in OPENINGS][-1]
        if one.is_open and end >= (last.held_until or last.at):
            assert last in told


def test_escalation_that_was_never_delivered_does_not_end_the_reminders():
    """The channel is away when the incident escalates, and comes back when that is too old to be delivered."""
    found = incidents([run(0, {"daily.a": UNK}), run(1, {"daily.a": CRIT})], RULES)
    ((opened, escalated),) = (one.events for one in found)
    assert (opened.what, escalated.what) == ("opened", "escalated")
    told, sent = {opened.id}, []
    for days in (3.5, 4.5, 4.75, 5.5, 9):
        now = START + days * DAY
        assert list(due(found, told, now, WITHIN, START)) == []
        again = [news.event.id for news in reminders(found, {}, told, now, DAY)]
        told.update(again)
        sent.append(again)
    first = f"{opened.id}-again-"
    assert sent == [[f"{first}3"], [f"{first}4"], [], [f"{first}5"], [f"{first}9"]]


def test_delivered_escalation_begins_the_reminders_anew():
    """They count from the newest turn for the worse that was delivered; without the opening there is none."""
    found = incidents([run(0, {"daily.a": UNK}), run(1, {"daily.a": CRIT})], RULES)
    ((opened, escalated),) = (one.events for one in found)
    (again,) = reminders(found, {}, {opened.id, escalated.id}, START + 3.5 * DAY, DAY)
    assert again.event.id == f"{escalated.id}-again-2"
    assert list(reminders(found, {}, {escalated.id}, START + 3.5 * DAY, DAY)) == []
