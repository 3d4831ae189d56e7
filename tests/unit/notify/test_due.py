"""What is due over time: each thing once, no end without a beginning, nothing lost while somebody looks."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.history.folding import incidents
from playbook.history.rules import Rules, Window
from playbook.notify.due import OPENINGS, due
from tests.unit.notify.lines import CRIT, DAY, OK, START, UNK, run

WITHIN = timedelta(hours=48)
RULES = Rules(bad_runs={"daily": 1}, reopen_hours=50.0)
RUNS = st.lists(
    st.dictionaries(st.sampled_from(["daily.a", "daily.b"]), st.sampled_from([OK, CRIT, UNK]), min_size=1),
    max_size=12,
)
# A busy machine draws slowly, which says nothing of what is tested.
SLOW = [HealthCheck.too_slow]
MANY = settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=SLOW)


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
