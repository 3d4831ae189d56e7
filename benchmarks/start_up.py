"""Cost of starting: CPU seconds before the first request of a run, and of commands without requests.

    python -m benchmarks.start_up [rounds]

Runs are compared with pytest itself, under the same pytest.ini, up to its first test; commands with ``python -c
pass``. All take turns, and the cheapest round of each counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks._measuring import ROOT, by_turns, cost_of, environment_of
from playbook.core.command_line import whole
from sandbox.launcher import RunningSandbox, start

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "benchmarks._first_request")
RUNS = {
    "one check (daily.redis.alive)": ("checks/redis/test_redis.py::test_redis_answers_fast",),
    "daily": ("-m", "daily"),
}
COMMANDS = (
    "--help",
    "doctor --help",
    "run --help",
    "history",
    "attest --help",
    "waive --help",
    "notify --help",
    "ci --help",
)
PLAIN = "pytest itself, one empty test"
MOST_OF_RUN = 0.12  # CPU seconds over pytest's own
MOST_OF_COMMAND = 0.10  # over python -c pass


def before_first_request(
    arguments: tuple[str, ...], folder: Path, scratch: Path, environment: dict[str, str]
) -> float:
    """CPU seconds of one run, up to its first request."""
    first = scratch / "first"
    first.unlink(missing_ok=True)
    command = [*PYTEST, *arguments]
    cost_of(command, environment | {"BENCHMARK_FIRST": str(first)}, folder=folder)
    return float(first.read_text(encoding="ascii"))


def works(sandbox: RunningSandbox, scratch: Path) -> dict[str, Callable[[], float]]:
    """Everything that is measured, by name."""
    empty = scratch / "plain"
    empty.mkdir()
    ini = (ROOT / "pytest.ini").read_text(encoding="utf-8")
    (empty / "pytest.ini").write_text(ini.replace("testpaths = checks", "testpaths = ."), encoding="utf-8")
    (empty / "test_plain.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    environment = environment_of(sandbox)
    found: dict[str, Callable[[], float]] = {
        PLAIN: partial(before_first_request, (), empty, scratch, environment | {"BENCHMARK_PLAIN": "yes"}),
        "python -c pass": lambda: cost_of([sys.executable, "-c", "pass"], environment).cpu,
    }
    for name, arguments in RUNS.items():
        options = (*arguments, f"--reports={scratch / 'reports'}")
        found[name] = partial(before_first_request, options, ROOT, scratch, environment)
    for words in COMMANDS:
        command = [sys.executable, "-m", "playbook", *words.split()]
        found[f"python -m playbook {words}"] = partial(_cpu, command, environment)
    return found


def _cpu(command: list[str], environment: dict[str, str]) -> float:
    return cost_of(command, environment).cpu


def main() -> None:
    """Print the figures and how far each exceeds its baseline."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.start_up",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("rounds", nargs="?", type=whole(1), default=7, help="how many (default: %(default)s)")
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name, start() as sandbox:
        found = by_turns(rounds, works(sandbox, Path(name)))
    for name, seconds in found.items():
        line = f"{name:<42} {seconds:6.3f} CPU s"
        if name in RUNS:
            over = seconds - found[PLAIN]
            line += f"  {over:+.3f} over pytest's own, at most {MOST_OF_RUN:g} wanted"
        elif name not in {PLAIN, "python -c pass"}:
            over = seconds - found["python -c pass"]
            line += f"  {over:+.3f} over python -c pass, at most {MOST_OF_COMMAND:g} wanted"
        print(line)  # noqa: T201


if __name__ == "__main__":
    main()
