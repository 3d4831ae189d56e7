"""Which workers of a load test count as lost. The processes themselves are tested in test_workers.py."""

from __future__ import annotations

from loadtests.workers import SILENT_SECONDS, Workers

ONE, OTHER = "runner_0a1b", "load-2_77fe"  # host and id, as Locust names them


def test_silent_worker_is_lost_once() -> None:
    """With the second of its last report."""
    workers = Workers()
    workers.hear(ONE, 107.0, last=False)
    workers.hear(OTHER, 110.0, last=False)
    assert workers.silent(107.0 + SILENT_SECONDS, 100.0) == []
    assert workers.silent(111.5, 100.0) == ["runner after 7 s"]
    assert workers.count == 1
    assert workers.silent(111.5, 100.0) == []
    assert workers.missing([ONE, OTHER]) == ["load-2 without its last report"]


def test_worker_without_its_last_report_is_lost() -> None:
    """One that was killed in the last seconds, and one that never reported: their requests are not counted."""
    workers = Workers()
    workers.hear(ONE, 9.0, last=False)
    workers.hear(ONE, 10.0, last=True)
    assert workers.missing([ONE]) == []
    assert workers.missing([ONE, OTHER]) == ["load-2 without its last report"]


def test_worker_whose_reports_cannot_be_read_is_lost_once() -> None:
    """It sends one each second."""
    workers = Workers()
    [lost] = workers.unreadable(ONE)
    assert lost == "runner sends reports that cannot be read: it runs something other than this locustfile"
    assert (workers.unreadable(ONE), workers.missing([ONE])) == ([], [])


def test_next_test_begins_without_losses() -> None:
    """The workers stay, and have to report again."""
    workers = Workers()
    workers.hear(ONE, 10.0, last=True)
    workers.unreadable(OTHER)
    workers.begin()
    assert workers.count == 1
    assert workers.missing([ONE, OTHER]) == [
        "runner without its last report",
        "load-2 without its last report",
    ]
