"""Whether repeated runs of the daily set on the sandbox always end the same, and leave nothing behind.

    python -m benchmarks.steadiness [--runs 200] [--busy 6]

Runs `pytest -m daily` repeatedly, beside a number of processes that only compute, and prints the count of each
outcome, the duration of a run, and what is left: processes of the sandbox or of a run, temporary folders. Exit
code 1 where a run was not OK or anything is left. Limits in seconds are those of a busy machine: a slow sandbox
beside that many processes is a correct measurement.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks._measuring import ROOT
from playbook.core.command_line import whole
from playbook.core.record import Results
from playbook.core.verdict import Verdict
from tests.leisure import AT_LEISURE

MARK = "PLAYBOOK_STEADINESS"  # in the environment of everything that a run starts
RUN_LIMIT = 600.0  # seconds


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Processes that only compute; they end with this one, even if it is killed."""
    loop = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100_000))\n"
    processes = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def run(temporary: Path) -> tuple[str, float]:
    """The outcome of one run, with the names of items that were not OK, and its seconds."""
    reports = temporary / "reports"
    ended, seconds = _timed(
        [sys.executable, "-m", "pytest", "-m", "daily", "-q", "-p", "no:cacheprovider", f"--reports={reports}"],
        os.environ
        | {MARK: "1", "TMPDIR": str(temporary / "tmp"), "PLAYBOOK_CONFIG": str(temporary / "playbook.toml")},
    )
    (file,) = reports.glob("sandbox-*/results.json")
    results = msgspec.json.decode(file.read_bytes(), type=Results)
    file.unlink()
    bad = [
        f"\n    {record.item} {record.verdict}: {record.message}"
        for record in results.records
        if record.verdict is not Verdict.OK
    ]
    return f"code {ended}, {results.verdict}, {len(results.records)} records{''.join(bad)}", seconds


def _timed(command: list[str], environment: dict[str, str]) -> tuple[int, float]:
    started = time.monotonic()
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=RUN_LIMIT, check=False)
    return ended.returncode, time.monotonic() - started


def left(temporary: Path) -> list[str]:
    """Processes started by a run, and files in its folder for temporary folders."""
    found = [f"folder {path.name}" for path in (temporary / "tmp").iterdir()]
    for entry in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        try:
            if entry.name.isdecimal() and f"{MARK}=1".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(f"process {entry.name}: {(entry / 'comm').read_text().strip()}")
        except OSError:
            continue
    return found


def main() -> int:
    """Run the measurement and print the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.steadiness", description=__doc__)
    parser.add_argument("--runs", type=whole(1), default=200)
    parser.add_argument("--busy", type=whole(0), default=6, metavar="N", help="processes that compute beside")
    options = parser.parse_args()
    outcomes: Counter[str] = Counter()
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder, busy(options.busy):
        (Path(folder) / "tmp").mkdir()
        (Path(folder) / "playbook.toml").write_text(AT_LEISURE, encoding="utf-8")
        for number in range(1, options.runs + 1):
            outcome, took = run(Path(folder))
            if outcomes and outcome not in outcomes:
                _say(f"run {number}: {outcome}")
            outcomes[outcome] += 1
            seconds.append(took)
        time.sleep(1)  # the guard of a run ends just after it
        remains = left(Path(folder))
    for outcome, count in outcomes.most_common():
        _say(f"{count:4} × {outcome}")
    _say(f"seconds of a run: median {statistics.median(seconds):.1f}, longest {max(seconds):.1f}")
    _say(f"load average at the end: {os.getloadavg()[0]:.1f}")
    _say("left behind: " + ("; ".join(remains) or "nothing"))
    good = all(outcome.startswith("code 0, OK") and "\n" not in outcome for outcome in outcomes)
    return 0 if good and not remains else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
