"""Size and loading time of five years of runs, compared with the plain ``json`` module line by line.

    python -m benchmarks.history [years]

Both read the same files in the same process, from the page cache; times are CPU seconds, the best of some rounds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from playbook.core.command_line import positive
from playbook.history import runs as history
from tests.history_factory import NOW, run_line, write, years

ROUNDS = 5
LARGEST_MB = 50.0
SLOWEST_SECONDS = 1.0


def plain(folder: Path) -> int:
    """The naive way: each line decoded to dictionaries, unchecked."""
    runs = {}
    for file in sorted((folder / history.RUNS).glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                run = json.loads(line)
                runs[run["id"]] = run
    return len(sorted(runs.values(), key=lambda run: run["started"]))


def own(folder: Path) -> int:
    """The history as the suite reads it: typed, without duplicates, damaged lines reported."""
    found = history.read(folder)
    assert not found.problems
    return len(found.runs)


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> int:
    """Print size and times; the exit code says whether they are within the promise for five years."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.history",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("years", nargs="?", type=positive, default=5.0, help="how many (default: %(default)g)")
    count: float = parser.parse_args().years
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = years(count)
        write(folder, runs)
        size = sum(file.stat().st_size for file in (folder / history.RUNS).iterdir()) / 1e6
        assert own(folder) == plain(folder) == len(runs)
        # In turn, and the best of each: the machine's other load affects both equally.
        rounds = [(seconds(lambda: plain(folder)), seconds(lambda: own(folder))) for _ in range(ROUNDS)]
        by_json, by_us = (min(times) for times in zip(*rounds, strict=True))
        week = min(seconds(lambda: history.read(folder, since=NOW - timedelta(days=7))) for _ in range(ROUNDS))
        again = [run_line(runs[-1].items, started=NOW + timedelta(seconds=n)) for n in range(20)]
        started = time.perf_counter()
        for run in again:
            history.append(folder, run)
        added = (time.perf_counter() - started) / len(again)
    print(f"runs       {len(runs):>10,}  in {count:g} years of daily, weekly and monthly runs")  # noqa: T201
    print(f"size       {size:>10.1f}  MB ({1e6 * size / len(runs):,.0f} bytes a run)")  # noqa: T201
    print(f"load       {by_us:>10.3f}  s")  # noqa: T201
    print(f"json       {by_json:>10.3f}  s")  # noqa: T201
    print(f"ratio      {by_us / by_json:>10.2f}  times the time of json")  # noqa: T201
    print(f"a week     {week:>10.3f}  s (since=…)")  # noqa: T201
    print(f"add        {1e3 * added:>10.2f}  ms a run, on disk")  # noqa: T201
    return int(count <= 5 and (size > LARGEST_MB or by_us > SLOWEST_SECONDS))


if __name__ == "__main__":
    sys.exit(main())
