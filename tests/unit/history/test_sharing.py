"""Equal parts of many runs are held once in memory."""

from datetime import timedelta
from pathlib import Path

from playbook.core.verdict import Verdict
from playbook.history.runs import read
from playbook.history.sharing import Shared
from tests.history_factory import NOW, finding, run_line, write

LIMIT = {"target": "> 90 %", "warning": "< 80 %"}


def lines(count: int):
    return [
        run_line(
            {
                "daily.redis.alive": finding(seconds=0.01 * number),
                "daily.kpi.cache-hit-rate": finding(value=90.0 + number, limit=dict(LIMIT)),
                "daily.health.api": finding(
                    Verdict.CRITICAL, message="API health: expected healthy, got HTTP 503"
                ),
            },
            started=NOW + timedelta(days=number),
        )
        for number in range(count)
    ]


def test_equal_findings_and_limits_of_runs_are_one_object() -> None:
    share = Shared()
    first, second = map(share, lines(2))
    for item in ("daily.redis.alive", "daily.health.api"):
        assert first.items[item] is second.items[item]
    assert first.items["daily.kpi.cache-hit-rate"].limit is second.items["daily.kpi.cache-hit-rate"].limit
    assert first.versions is second.versions


def test_shared_run_differs_only_in_seconds() -> None:
    (run,) = lines(1)
    shared = Shared()(run)
    assert [found.seconds for found in shared.items.values()] == [0.0] * 3
    assert {name: (found.verdict, found.value, found.message) for name, found in shared.items.items()} == {
        name: (found.verdict, found.value, found.message) for name, found in run.items.items()
    }
    assert (shared.id, shared.started, shared.verdict, shared.counts) == (
        run.id,
        run.started,
        run.verdict,
        run.counts,
    )


def test_history_is_read_through_a_change(tmp_path: Path) -> None:
    write(tmp_path, lines(3))
    found = read(tmp_path, change=Shared())
    assert [run.started for run in found.runs] == [NOW + timedelta(days=number) for number in range(3)]
    assert len({id(run.items["daily.redis.alive"]) for run in found.runs}) == 1
    assert found.problems == ()


def test_same_line_twice_is_one_run_also_when_changed(tmp_path: Path) -> None:
    write(tmp_path, lines(1))
    write(tmp_path, lines(1))
    found = read(tmp_path, change=Shared())
    assert (len(found.runs), found.problems) == (1, ())
