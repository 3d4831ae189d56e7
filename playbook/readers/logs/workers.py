"""Worker processes that sort blocks of a large log and read their unusual lines; the run merges the results.

A worker gets blocks on its standard input and answers on its standard output, one at a time, and ends with its
input, that is with the run, however that ends. It knows nothing but the block.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from typing import TypeVar

import msgspec

from playbook.core.clock import zone_of
from playbook.core.environment import OF_PYTHON, for_program
from playbook.readers.logs.by_blocks import BlockReviewer, Entries, Found

MIN_SIZE = 64 << 20
"""Minimum bytes of logs for which starting workers pays off."""

_MAX = 4
_PATIENCE = 0.2  # seconds between two looks at the clock while waiting for a worker
_ENDING = 2.0  # seconds for a worker to end by itself
_SIZE = 8  # bytes of the size before each message
# Its distinct rows, the number of each line's row in them, and the entries: ten times as fast as pickle.
_ANSWER = msgspec.msgpack.Decoder(tuple[list[bytes], bytes, Entries])
P = TypeVar("P")


class _Worker:
    def __init__(self, since: float, until: float, zone: tzinfo) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, repr(since), repr(until), str(zone)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=for_program(*OF_PYTHON) | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for the run, which ends its workers
        )

    def send(self, block: bytes) -> None:
        """Send it a block; it must be idle."""
        assert self._process.stdin
        try:
            self._process.stdin.write(len(block).to_bytes(_SIZE, "big") + block)
            self._process.stdin.flush()
        except OSError:
            self._process.kill()

    def answer(self, halt: Callable[[], bool]) -> Found | None:
        """Its result; None where it has ended, or at the time limit."""
        head = self._read(_SIZE, halt)
        body = self._read(int.from_bytes(head, "big"), halt) if head else None
        if body is None:
            self._process.kill()
            return None
        rows, order, entries = _ANSWER.decode(body)
        return Found([rows[number] for number in array("I", order)], entries)

    def _read(self, size: int, halt: Callable[[], bool]) -> bytes | None:
        assert self._process.stdout
        file = self._process.stdout.fileno()
        parts: list[bytes] = []
        with selectors.DefaultSelector() as ready:
            ready.register(file, selectors.EVENT_READ)
            while size:
                while not ready.select(_PATIENCE):
                    if halt():
                        return None
                parts.append(os.read(file, min(size, 1 << 20)))
                if not parts[-1]:
                    return None
                size -= len(parts[-1])
        return b"".join(parts)

    def end(self) -> None:
        """Close its input, and wait briefly."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.close()
        except OSError:
            self._process.kill()
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class Workers:
    """A few workers, or none.

    Args:
        count: number of workers; with none, nothing is sorted in advance.
    """

    def __init__(self, count: int, since: float, until: float, zone: tzinfo = UTC) -> None:
        self._workers: list[_Worker] = []
        try:
            for _ in range(count):
                self._workers.append(_Worker(since, until, zone))
        except OSError:  # no room for a process: the existing ones suffice
            pass

    def in_order(
        self, pieces: Iterator[tuple[P, bytes | None]], halt: Callable[[], bool]
    ) -> Iterator[tuple[P, bytes | None, Found | None]]:
        """Each piece in order, with a worker's result for its block; None where no worker handled it."""
        idle = list(self._workers)
        sent: deque[tuple[P, bytes | None, _Worker | None]] = deque()
        for part, block in pieces:
            worker = None
            if block and self._workers:
                while not idle:
                    yield self._taken(sent.popleft(), idle, halt)
                worker = idle.pop()
                worker.send(block)
            sent.append((part, block, worker))
            while sent and sent[0][2] is None:
                yield self._taken(sent.popleft(), idle, halt)
        while sent:
            yield self._taken(sent.popleft(), idle, halt)

    @staticmethod
    def _taken(
        piece: tuple[P, bytes | None, _Worker | None], idle: list[_Worker], halt: Callable[[], bool]
    ) -> tuple[P, bytes | None, Found | None]:
        part, block, worker = piece
        found = None
        if worker:
            found = worker.answer(halt)
            idle.append(worker)
        return part, block, found

    def end(self) -> None:
        """End all of them."""
        for worker in self._workers:
            worker.end()


@contextmanager
def workers(size: int, since: float, until: float, zone: tzinfo = UTC) -> Iterator[Workers]:
    """Workers for a log of this size, until the context ends: none for small logs, one processor, or where pytest
    already runs several processes.
    """
    wanted = min(_MAX, _processors())
    few = size < MIN_SIZE or wanted < 2 or "PYTEST_XDIST_WORKER" in os.environ
    found = Workers(0 if few else wanted, since, until, zone)
    try:
        yield found
    finally:
        found.end()


def _processors() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main() -> None:
    """Run a worker: blocks in, results out."""
    since, until = map(float, sys.argv[1:3])
    reviewer = BlockReviewer(since, until, zone=zone_of(sys.argv[3], "the zone"))
    coming, going = sys.stdin.buffer, sys.stdout.buffer
    while len(head := coming.read(_SIZE)) == _SIZE:
        block = coming.read(int.from_bytes(head, "big"))
        found = reviewer.look(block)
        numbers: dict[bytes, int] = {}
        order = array("I", [numbers.setdefault(row, len(numbers)) for row in found.rows])
        body = msgspec.msgpack.encode((list(numbers), order.tobytes(), found.entries))
        try:
            going.write(len(body).to_bytes(_SIZE, "big") + body)
            going.flush()
        except BrokenPipeError:  # the run has ended
            os._exit(0)


if __name__ == "__main__":
    main()
