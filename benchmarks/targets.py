"""Cost of a run of many targets compared with separate runs: elapsed time, CPU time and peak memory.

    python -m benchmarks.targets [--targets 1,10,100] [--set daily] [--workers N]

One sandbox serves them all, each with its own token, as it would serve a thousand (--targets 1,10,100,1000). A few
of the separate runs are made first, and their median represents all. Ratios are to as many separate runs; memory
is that of the largest process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks._measuring import ROOT
from playbook.core.command_line import whole
from playbook.core.verdict import EXIT_CRITICAL, EXIT_OK, EXIT_UNKNOWN
from sandbox.launcher import start
from sandbox.many import many_targets

SEPARATE = 3  # runs of one target
ALLOWED_MEMORY = 2048.0  # MiB
ENDED = (EXIT_OK, EXIT_CRITICAL, EXIT_UNKNOWN)


class Use(NamedTuple):
    """What a process and its children used: seconds, CPU seconds, and MiB of the largest; and its exit code."""

    wall: float
    cpu: float
    memory: float
    code: int


def use_of(command: list[str], environment: Mapping[str, str]) -> Use:
    """What a command used, up to its end."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    largest, ended = [0], threading.Event()
    watching = threading.Thread(target=_watch, args=(process.pid, largest, ended))
    watching.start()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    watching.join()
    wall = time.monotonic() - started
    memory = max(used.ru_maxrss / 1024, largest[0] / 1024)
    return Use(wall, used.ru_utime + used.ru_stime, memory, process.returncode)


def _watch(pid: int, largest: list[int], ended: threading.Event) -> None:
    """Record the memory of the largest of its children, which the system does not add up (Linux)."""
    while not ended.wait(0.5):
        for child in Path("/proc").glob("[0-9]*/status"):
            try:
                lines = dict(line.split(":", 1) for line in child.read_text().splitlines() if ":" in line)
            except OSError:
                continue
            if lines.get("PPid", "").strip() == str(pid):
                largest[0] = max(largest[0], int(lines.get("VmHWM", "0 kB").split()[0]))


def main() -> int:
    """Print the figures; 1 where a run took more memory than allowed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.targets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--targets", default="1,10,100", help="how many, by commas (default: %(default)s)")
    parser.add_argument("--set", default="daily", metavar="NAME", help="what is run (default: %(default)s)")
    parser.add_argument("--workers", type=whole(0), default=0, metavar="N", help="of pytest-xdist (default: none)")
    options = parser.parse_args()
    counts = sorted({int(text) for text in options.targets.split(",")})
    bad = 0
    with start() as sandbox, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        names = [f"shop-{number:04}" for number in range(max(counts))]
        text, secrets = many_targets(sandbox.settings, names)
        environment = {**os.environ, **secrets, "PLAYBOOK_CONFIG": str(folder / "playbook.toml")}

        def run(targets: list[str], number: int) -> Use:
            (folder / "playbook.toml").write_text(text, encoding="utf-8")
            reports = folder / f"reports-{number}"
            command = [sys.executable, "-m", "pytest", "-q", "-m", options.set, f"--reports={reports}"]
            command += ["-n", str(options.workers)] if options.workers and len(targets) > 1 else []
            found = use_of([*command, *(f"--target={target}" for target in targets)], environment)
            made = list(reports.glob("shop-*/results.json"))
            if found.code not in ENDED or len(made) != len(targets):
                raise RuntimeError(
                    f"expected {len(targets)} reports, got {len(made)}, and the exit code {found.code}"
                )
            return found

        alone = [run(names[:1], number) for number in range(SEPARATE)]
        one = Use(*(statistics.median(column) for column in zip(*alone, strict=True)))
        print(f"one        {one.wall:>8.1f} s wall  {one.cpu:>7.2f} s CPU  {one.memory:>6.0f} MiB")  # noqa: T201
        for count in counts:
            cost = run(names[:count], SEPARATE + count)
            each = cost.cpu / count
            print(  # noqa: T201
                f"{count:>5}      {cost.wall:>8.1f} s wall  {cost.cpu:>7.2f} s CPU  {cost.memory:>6.0f} MiB  "
                f"{each:.3f} s CPU each: {each / one.cpu:.2f} x; wall {cost.wall / count / one.wall:.2f} x; "
                f"memory {cost.memory / one.memory:.2f} x"
            )
            if count > 1:
                further = (cost.cpu - one.cpu) / (count - 1)
                print(  # noqa: T201
                    f"           each further one {further:.3f} s CPU ({further / one.cpu:.2f} x) and "
                    f"{(cost.memory - one.memory) / (count - 1):.2f} MiB"
                )
            bad |= cost.memory > ALLOWED_MEMORY
        print(json.dumps({"set": options.set, "workers": options.workers, "counts": counts}))  # noqa: T201
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
