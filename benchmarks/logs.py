"""How fast logs are reviewed, beside what anybody would write first: one regular expression, line by line.

    python -m benchmarks.logs [lines]

Both read the same lines of the sandbox's ordinary day, repeated, in the same process; times are CPU seconds.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playbook.command_line import whole
from playbook.logs.review import Reviewer
from playbook.logs.text import decode_lines
from sandbox.logs import LogsState

NAIVE = re.compile(r"(?i)error|429|5[0-9]{2}")
CHUNK = 1 << 18
ROUNDS = 5


def grep(data: bytes) -> int:
    """The playbook's two greps as one: which lines mention an error or look like 429 or 5xx."""
    return sum(1 for line in data.decode().split("\n") if NAIVE.search(line))


def review(data: bytes, now: datetime) -> int:
    """The review, from chunks of bytes to errors by kind."""
    reviewer = Reviewer((now - timedelta(hours=24)).timestamp(), now.timestamp())
    reviewer.extend(decode_lines(data[start : start + CHUNK] for start in range(0, len(data), CHUNK)))
    return reviewer.result().errors


def seconds(work: Callable[[], int]) -> float:
    """CPU seconds of one run."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    """Print lines per second of both, and their ratio."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.logs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lines", nargs="?", type=whole(1), default=200_000, help="how many (default: %(default)s)")
    wanted: int = parser.parse_args().lines
    now = datetime.now(UTC)
    day = list(LogsState.healthy(now).store.lines(since=now - timedelta(hours=24)))
    lines = (day * (wanted // len(day) + 1))[:wanted]
    data = "\n".join(lines).encode() + b"\n"
    # In turn, and the best of each: what else the machine does disturbs both alike.
    rounds = [(seconds(lambda: grep(data)), seconds(lambda: review(data, now))) for _ in range(ROUNDS)]
    naive, own = (min(times) for times in zip(*rounds, strict=True))
    print(f"lines      {wanted:>12,}  ({len(data) / 1e6:.1f} MB)")  # noqa: T201
    print(f"grep       {wanted / naive:>12,.0f} lines/s")  # noqa: T201
    print(f"review     {wanted / own:>12,.0f} lines/s")  # noqa: T201
    print(f"ratio      {own / naive:>12.2f} times the time of grep")  # noqa: T201


if __name__ == "__main__":
    main()
