"""Worker processes find what the run would find itself, and end with it."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from playbook.readers.logs import workers
from playbook.readers.logs.by_blocks import BlockReviewer
from playbook.readers.logs.workers import Workers
from sandbox.world.logs import LogsState
from tests.unit.readers.logs.test_by_blocks import GOOD, STRANGERS, TRACE, WEB, plain

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC)
SINCE, UNTIL = NOW.timestamp() - 86_400, NOW.timestamp()
LINES = [*LogsState.healthy(NOW).store.lines(until=NOW)][-600:] + [
    WEB + line for line in (*GOOD, *STRANGERS, *TRACE)
]
BLOCKS = ["\n".join(LINES[start : start + 40]).encode() for start in range(0, len(LINES), 40)]
PIECES = [
    ("a", None),
    *(("a", block) for block in BLOCKS[:9]),
    ("b", None),
    *(("b", block) for block in BLOCKS[9:]),
]


def reviewed(helpers, halt=lambda: False):
    reviewer = BlockReviewer(SINCE, UNTIL)
    found_by_workers = 0
    for part, block, found in helpers.in_order(iter(PIECES), halt):
        if block is None:
            reviewer.begin_part(part)
        else:
            found_by_workers += found is not None
            reviewer.take(block, halt, found)
    return plain(reviewer.result()), found_by_workers


@pytest.fixture
def two():
    helpers = Workers(2, SINCE, UNTIL)
    yield helpers
    helpers.end()
    assert all(one._process.returncode is not None for one in helpers._workers)


ALONE, _ = reviewed(Workers(0, SINCE, UNTIL))


@pytest.mark.slow
def test_workers_find_what_the_run_would_find(two):
    """Every block by a worker, in the order of the log, with parts in between."""
    assert reviewed(two) == (ALONE, len(BLOCKS))


@pytest.mark.slow
def test_blocks_of_a_dead_worker_are_read_by_the_run(two):
    """One was killed: the results are the same."""
    two._workers[0]._process.kill()
    review, found = reviewed(two)
    assert review == ALONE
    assert found < len(BLOCKS)


@pytest.mark.slow
def test_hanging_worker_is_abandoned_at_the_time_limit(two):
    """The time limit is kept, whatever workers do."""
    for one in two._workers:
        os.kill(one._process.pid, signal.SIGSTOP)
    _, found = reviewed(two, lambda: True)
    assert found == 0


@pytest.mark.slow
def test_workers_end_with_a_killed_run():
    """Their input ends with it: no signal has to reach them."""
    run = (
        "import sys, time; from playbook.readers.logs.workers import Workers; found = Workers(2, 0.0, 1.0); "
        "print(*(one._process.pid for one in found._workers), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", run], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        pids = [int(pid) for pid in process.stdout.readline().split()]
        descriptors = [os.pidfd_open(pid) for pid in pids] if hasattr(os, "pidfd_open") else []
        process.kill()
    for descriptor in descriptors:
        signalled = subprocess.run(
            [sys.executable, "-c", "import select, sys; sys.exit(not select.select([0], [], [], 60)[0])"],
            stdin=descriptor,
            check=False,
        )
        assert signalled.returncode == 0  # a process that has ended can be read
        os.close(descriptor)
    assert len(pids) == 2


@pytest.mark.parametrize(
    ("size", "processors", "xdist", "wanted"),
    [(1 << 20, 8, "", 0), (1 << 30, 1, "", 0), (1 << 30, 8, "gw0", 0), (1 << 30, 2, "", 2), (1 << 30, 8, "", 4)],
)
def test_workers_are_only_started_for_large_logs(monkeypatch, size, processors, xdist, wanted):
    """None for small logs, on one processor, or where pytest already runs several processes."""
    asked = []
    monkeypatch.setattr(workers, "Workers", lambda count, *_: asked.append(count) or Workers(0, SINCE, UNTIL))
    monkeypatch.setattr(workers, "_processors", lambda: processors)
    monkeypatch.setenv("PYTEST_XDIST_WORKER", xdist)
    if not xdist:
        monkeypatch.delenv("PYTEST_XDIST_WORKER")
    with workers.workers(size, SINCE, UNTIL):
        assert asked == [wanted]
