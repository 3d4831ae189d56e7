"""Requests per second on one core: the load test's visitors compared with other load generators.

    python -m benchmarks.load [rounds]

All request the same page from the same server on loopback, in its own process. Measured are requests per CPU
second of the requesting process between the start and the end of its load: other load on the machine affects that
less than elapsed time. The kinds take turns, and the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from benchmarks._measuring import ROOT
from loadtests.guard import strip
from playbook.core.command_line import whole
from playbook.readers.load.plan import PLAN_VARIABLE, Plan, Stage

ROUNDS = 9
USERS = 10
SECONDS = 3
ENOUGH = 0  # requests after which a round ends early; 0 is never
LIMIT_PERCENT = 5.0  # overhead over plain FastHttpUser

_HERE = Path(__file__).resolve().parent / "load_users"
_TIME_LIMIT = 60


def ours(host: str, folder: Path) -> float:
    """The visitors of the load test: guarded, validated, counted."""
    plan = Plan(
        target="benchmark",
        shape="steady",
        host=host,
        allowed=[host.removeprefix("http://")],
        stages=[Stage(users=USERS, seconds=SECONDS, spawn_rate=USERS)],
        weights={"homepage": 1.0},
        paths={"homepage": "/"},
        wait_seconds=(0.0, 0.0),
        most_users=USERS,
        most_seconds=60.0,
        most_requests_per_second=1e6,
        outcome=str(folder / "outcome.json"),
    )
    file = folder / "plan.json"
    file.write_bytes(msgspec.json.encode(plan))
    return _locust(
        f"{ROOT / 'loadtests' / 'locustfile.py'},{_HERE / 'meter.py'}", folder, {PLAN_VARIABLE: str(file)}
    )


def bare(host: str, folder: Path) -> float:
    """Locust's FastHttpUser without our additions."""
    return _locust(f"{_HERE / 'fast.py'},{_HERE / 'meter.py'}", folder, {}, *_plainly(host))


def plain(host: str, folder: Path) -> float:
    """Locust's HttpUser, which most locustfiles use."""
    return _locust(f"{_HERE / 'plain.py'},{_HERE / 'meter.py'}", folder, {}, *_plainly(host))


def wrk(host: str, folder: Path) -> float:
    """wrk, in C and without logic."""
    return _tool(["wrk", "-t1", f"-c{USERS}", f"-d{SECONDS}s", f"{host}/"], r"(\d+) requests in")


def hey(host: str, folder: Path) -> float:
    """hey, in Go."""
    command = ["hey", "-cpus", "1", "-c", str(USERS), "-z", f"{SECONDS}s", f"{host}/"]
    return _tool(command, r"\[200\]\s+(\d+) responses")


KINDS: dict[str, Callable[[str, Path], float]] = {
    "visitors": ours,
    "FastHttpUser": bare,
    "HttpUser": plain,
    "wrk": wrk,
    "hey": hey,
}
TOOLS = ("wrk", "hey")


def _plainly(host: str) -> list[str]:
    return ["--host", host, "-u", str(USERS), "-r", str(USERS), "-t", f"{SECONDS}s"]


def _locust(files: str, folder: Path, more: dict[str, str], *arguments: str) -> float:
    variables = dict(os.environ)
    strip(variables)
    meter = folder / "meter.json"
    meter.unlink(missing_ok=True)
    variables |= {"BENCHMARK_METER": str(meter), "BENCHMARK_ENOUGH": str(ENOUGH), **more}
    command = [sys.executable, "-m", "locust", "-f", files, "--headless", "--only-summary", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIME_LIMIT,
        check=False,
        preexec_fn=_last_core,
    )
    if done.returncode or not meter.exists():
        raise SystemExit(f"Locust ended with code {done.returncode}:\n{done.stderr[-2000:]}")
    seen = json.loads(meter.read_text())
    if not seen["requests"]:
        raise SystemExit(
            f"no request was made in {SECONDS} s, so there is nothing to compare: the machine is too busy"
        )
    return float(seen["requests"] / seen["seconds"])


def _tool(command: list[str], count: str) -> float:
    before = os.times()
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_TIME_LIMIT, check=True, preexec_fn=_last_core
    )
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    found = re.search(count, done.stdout)
    if not found:
        raise SystemExit(f"{command[0]} printed no number of requests:\n{done.stdout[-2000:]}")
    return int(found[1]) / spent


def _last_core() -> None:
    _pin_to(-1)


def _first_core() -> None:
    _pin_to(0)


def _pin_to(place: int) -> None:
    """Pin server and client to different cores, where the machine has several and permits it."""
    with suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[place]})


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server that answers immediately; it ends with this context."""
    process = subprocess.Popen(
        [sys.executable, str(_HERE / "server.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_first_core,  # noqa: PLW1509 - one system call, and no threads here
    )
    assert process.stdin
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.stdin.close()
        process.wait(_TIME_LIMIT)


def measure(rounds: int) -> dict[str, list[float]]:
    """Requests per CPU second, by kind, in the order of the rounds."""
    there = [kind for kind in KINDS if kind not in TOOLS or shutil.which(kind)]
    found: dict[str, list[float]] = {kind: [] for kind in there}
    with tempfile.TemporaryDirectory() as folder, serving() as host:
        for number in range(rounds):
            # Alternating order, so that a machine that slows down affects all equally.
            for kind in there if number % 2 else reversed(there):
                found[kind].append(KINDS[kind](host, Path(folder)))
    return found


def main() -> int:
    """Print them with their ratios; 1 where the visitors cost more than allowed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rounds", nargs="?", type=whole(1), default=ROUNDS, help="how many (default: %(default)s)")
    found = measure(parser.parse_args().rounds)
    base = statistics.median(found["FastHttpUser"])
    for kind in KINDS:
        if kind not in found:
            print(f"{kind:<14} skipped: it is not installed")  # noqa: T201
            continue
        rate = statistics.median(found[kind])
        spread = f"{min(found[kind]):,.0f}–{max(found[kind]):,.0f}"
        print(f"{kind:<14} {rate:>10,.0f} requests/s and core  {rate / base:>7.2f} × FastHttpUser  ({spread})")  # noqa: T201
    pairs = zip(found["FastHttpUser"], found["visitors"], strict=True)
    overhead = statistics.median(100 * (theirs / own - 1) for theirs, own in pairs)
    print(f"overhead of the visitors over FastHttpUser: {overhead:.1f} % (at most {LIMIT_PERCENT:g} %)")  # noqa: T201
    return int(overhead > LIMIT_PERCENT)


if __name__ == "__main__":
    sys.exit(main())
