"""What earlier runs measured, beside today's figures."""

from datetime import timedelta

from playbook.core.limits import parse_limit
from playbook.core.verdict import Verdict
from playbook.history.past import MOST_RUNS, past_of
from tests.factories import record, results
from tests.history_factory import NOW, finding, run_line

ITEM = "daily.kpi.cache-hit-rate"
LIMIT = parse_limit("Cache hit rate", {"target": "> 90 %", "warning": "< 80 %"})
TEXTS = {"target": "> 90 %", "warning": "< 80 %"}
TODAY = results(
    [record(item=ITEM, value=93.0, limit=LIMIT), record(number=2)],
    started=f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
)


def run(days, value=91.0, limit=TEXTS, **changes):
    found = finding(Verdict.OK, value=value, limit=limit)
    return run_line({ITEM: found, "daily.example.2": Verdict.OK}, started=NOW - timedelta(days=days), **changes)


def test_values_of_the_same_set_and_target_come_oldest_first():
    """Not those of other sets and targets, of re-checks, of later runs, or in another unit."""
    runs = [
        run(9, 90.0),
        run(8, 1.0, set_name="weekly"),
        run(7, 1.0, target="staging"),
        run(6, 1.0, confirms="another"),
        run(5, 0.9, limit={"target": "> 0.9 s"}),
        run(4, None),
        run(3, 92.0),
        run(-1, 1.0),
    ]
    assert past_of(TODAY, runs) == {
        ITEM: [((NOW - timedelta(days=9)).timestamp(), 90.0), ((NOW - timedelta(days=3)).timestamp(), 92.0)]
    }


def test_values_are_limited_to_what_a_small_curve_shows():
    assert len(past_of(TODAY, [run(100 - n) for n in range(99)])[ITEM]) == MOST_RUNS


def test_item_shared_by_several_checks_has_no_past():
    """The line of a run keeps only the worst of them."""
    shared = results([record(item=ITEM, number=n, value=93.0, limit=LIMIT) for n in range(2)])
    assert past_of(shared, [run(1)]) == {}
