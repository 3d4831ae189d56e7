"""Size of the site of years of runs, and time and memory to build it, compared with plain ``json``.

    python -m benchmarks.site [years …] [--targets N]

Builds as the command does, in a separate process: reading the history, deriving incidents, rendering, writing. It
is compared with a process that reads the same lines with the json module and keeps them. Full reports are not
counted: as many are copied as `history.keep_reports` says.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playbook.cli.site import run_build
from playbook.core.clock import FixedClock
from playbook.core.command_line import positive, whole
from playbook.history import runs as history
from tests.history_factory import NOW, write, years

ROUNDS = 3
MOST_MIB = 150
_FIRST = "sandbox"
TARGET = """[targets.{0}]
kind = "production"
web.url = "https://{0}.example"
"""


def build(lines: Path, to: Path) -> None:
    """One build, by the command itself."""
    options = argparse.Namespace(base_url="", reports="reports", to=to, history=str(lines))
    run_build(options, lines.parent, lambda _: None, FixedClock(NOW))


def plain(lines: Path, to: Path) -> None:
    """The naive way: each line as dictionaries, all of them kept."""
    to.mkdir()
    kept = [
        json.loads(line)
        for file in sorted((lines / history.RUNS).glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    (to / "count").write_text(str(len(kept)), encoding="ascii")


def measured(work: str, lines: Path, to: Path) -> tuple[float, float]:
    """CPU seconds and peak MiB of one of the two, in a separate process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.site", "--only", work, str(lines), str(to)],
        capture_output=True,
        text=True,
        check=True,
    )
    cpu, memory = map(float, done.stdout.split())
    return cpu, memory


def only(work: str, lines: Path, to: Path) -> None:
    """Run one of the two, and print its cost."""
    started = time.process_time()
    {"build": build, "plain": plain}[work](lines, to)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(time.process_time() - started, used)  # noqa: T201


def main() -> None:
    """Print a line of figures for each number of years."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.site", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("years", nargs="*", type=positive, default=[1.0, 5.0], help="of how many (default: 1 5)")
    parser.add_argument("--targets", type=whole(1), default=10, metavar="N", help="default: %(default)s")
    options = parser.parse_args()
    for count in options.years:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            names = [_FIRST, *(f"shop-{number}" for number in range(1, options.targets))]
            total = 0
            (root / "playbook.toml").write_text("\n".join(map(TARGET.format, names[1:])), encoding="utf-8")
            for seed, name in enumerate(names, 1):
                runs = years(count, target=name, seed=seed)
                total += len(runs)
                write(root / "history", runs)
            found: dict[str, tuple[float, float]] = {}
            for number in range(ROUNDS):
                for work in ("build", "plain"):
                    cpu, memory = measured(work, root / "history", root / f"{work}-{number}")
                    before = found.get(work, (cpu, memory))
                    found[work] = min(cpu, before[0]), max(memory, before[1])
            site = root / "build-0"
            files = [file for file in site.rglob("*") if file.is_file()]
            size = sum(file.stat().st_size for file in files)
            (cpu, memory), (plain_cpu, plain_memory) = found["build"], found["plain"]
            print(  # noqa: T201
                f"{options.targets} targets, {count:g} years: {total:,} runs, {len(files):,} files, "
                f"{size / 1e6:.1f} MB; built in {cpu:.2f} CPU s, {cpu / plain_cpu:.2f} x json alone; "
                f"{memory:.0f} MiB (at most {MOST_MIB} wanted), {memory / plain_memory:.2f} x json's"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        only(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
