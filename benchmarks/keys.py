"""How long other clients of a Redis wait while its keys are audited, compared with ``KEYS *``.

    python -m benchmarks.keys [keys] [--rounds N]

A server on loopback is filled with that many keys. Another client sends one PING after another, and its longest
wait counts: while the server is idle otherwise, during the audit of the optimisation set (SCAN, TTL and MEMORY
USAGE of a bounded sample), and while redis-cli prints the result of KEYS. They take turns, and for each the round
with the least other load on the machine counts. The server's own slow log shows how long one command blocked it.
Needs redis-server and redis-cli.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks._measuring import ROOT, environment_of
from playbook.core.command_line import whole

STARTS_WITHIN = 20.0  # seconds
AUDIT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from playbook.clients.redis import Address, ReadOnlyRedis
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.measure.redis.redis import redis_stats
from playbook.measure.redis.redis_keys import redis_keys
from playbook.settings.loading import load

settings = load("production", root=Path(sys.argv[2]), environment={}, overlay={"targets": {"production": {}}})
address = Address("127.0.0.1", int(sys.argv[1]), 0, None, None, False)
server = ReadOnlyRedis(address, time_limits=settings.time_limits)
found = redis_keys(server, redis_stats(server, settings, FixedClock(datetime.now(UTC)), Earlier()), settings)
print(f"{found.looked_at:,} of {found.total:,}")
"""


@contextmanager
def server_with(keys: int, folder: Path) -> Iterator[int]:
    """The port of a server on loopback with this many keys; it ends with the context."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    # The slow log records every command that takes a millisecond; DEBUG POPULATE creates keys without sending
    # them.
    options = ("--save", "", "--slowlog-log-slower-than", "1000", "--enable-debug-command", "local")
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            _output(port, "DEBUG", "POPULATE", str(keys), "img", "64")
            yield port
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"redis-server did not answer on port {port} within {STARTS_WITHIN:g} s")


def _output(port: int, *words: str) -> str:
    done = subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True, check=True)
    if done.stdout.startswith("ERR"):
        raise RuntimeError(f"{' '.join(words)}: {done.stdout.strip()}")
    return done.stdout


class Pings:
    """Another client: one PING after another on its own thread, until it is stopped.

    Attributes:
        longest: seconds of the longest wait for an answer.
        count: number of answers.
    """

    def __init__(self, port: int) -> None:
        self.longest, self.count = 0.0, 0
        self._end = threading.Event()
        self._connection = socket.create_connection(("127.0.0.1", port))
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Pings:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._connection.close()

    def _ask(self) -> None:
        while not self._end.wait(0.0005):
            started = time.perf_counter()
            self._connection.sendall(b"PING\r\n")
            if self._connection.recv(64) != b"+PONG\r\n":
                raise RuntimeError("the server did not answer PONG")
            self.longest = max(self.longest, time.perf_counter() - started)
            self.count += 1


def waited(port: int, work: Callable[[], object]) -> tuple[float, float]:
    """Another client's longest wait during the work, and the server's longest command, in seconds."""
    _output(port, "SLOWLOG", "RESET")
    with Pings(port) as other:
        work()
    if not other.count:
        raise RuntimeError("the work ended before the other client was answered once")
    # An entry begins with its number, its time and its microseconds.
    entries: list[list[int]] = json.loads(_output(port, "--json", "SLOWLOG", "GET", "-1"))
    return other.longest, max((entry[2] for entry in entries), default=0) / 1e6


def main() -> None:
    """Print how long others wait, and the ratio."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.keys", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "keys", nargs="?", type=whole(1), default=1_000_000, help="how many (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=whole(1), default=3, metavar="N", help="default: %(default)s")
    options = parser.parse_args()
    if not (shutil.which("redis-server") and shutil.which("redis-cli")):
        parser.error("redis-server and redis-cli are needed; they come in the package redis-server")
    with tempfile.TemporaryDirectory() as name, server_with(options.keys, Path(name)) as port:
        audit = [sys.executable, "-c", AUDIT, str(port), name]
        looked_at: list[str] = []

        def audited() -> None:
            done = subprocess.run(
                audit, cwd=ROOT, env=environment_of(), capture_output=True, text=True, check=True
            )
            looked_at.append(done.stdout.strip())

        works: dict[str, Callable[[], object]] = {
            "nobody else asks": lambda: time.sleep(1.0),
            "the audit": audited,
            "KEYS *": lambda: subprocess.run(
                ["redis-cli", "-p", str(port), "KEYS", "*"], stdout=subprocess.DEVNULL, check=True
            ),
        }
        found: dict[str, tuple[float, float]] = {}
        for _ in range(options.rounds):
            for who, work in works.items():
                found[who] = min(found.get(who, (float("inf"), 0.0)), waited(port, work))
    print(f"{options.keys:,} keys; the audit looked at {looked_at[-1]}")  # noqa: T201
    for who, (wait, busy) in found.items():
        told = f"{1000 * busy:,.1f} ms" if busy else "under 1 ms"
        print(f"{who:<18} others wait {1000 * wait:8,.1f} ms at most; the longest command takes {told}")  # noqa: T201
    ratio = found["KEYS *"][0] / found["the audit"][0]
    print(f"ratio              others wait {ratio:,.0f} times as long for KEYS as for the audit")  # noqa: T201


if __name__ == "__main__":
    main()
