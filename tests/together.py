"""Whether one fault hides another: ``python -m tests.together [--set daily] [--faults 3] [--minutes 10]``.

Runs a set under several faults at once, chosen by chance, and writes each item that one of them makes bad and
that is OK, or only a WARNING, beside the others. It is a search and no test, as some faults contradict each other:
of an account that is locked, nobody can say that its state has an unknown word.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from playbook.core.catalogue import read_catalogue
from playbook.core.places import ROOT
from playbook.core.record import Results
from sandbox.launcher import ATTACH_VARIABLE, RunningSandbox, SandboxError, attach_address, start
from tests.checks.expectations import EXPECTATIONS
from tests.checks.test_every_check_can_fail import CRITICALLY_TIMED, TIMED
from tests.leisure import AT_LEISURE
from tests.preloaded import run_pytest

LIMIT = 200.0  # seconds of a run


def expected_of(fault: str, set_name: str) -> dict[str, str]:
    """Verdict by item of the set, of those that the fault certainly changes."""
    found = {
        item: verdict for item, (verdict, _) in EXPECTATIONS[fault].items() if item.startswith(f"{set_name}.")
    }
    return {item: verdict for item, verdict in found.items() if not verdict.startswith("OK or ")}


def run(sandbox: RunningSandbox, set_name: str, faults: list[str]) -> Results:
    """Results of the set under these faults.

    Raises:
        SandboxError: the faults cannot be on together.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sandbox.set_faults(faults)
        (folder / "playbook.toml").write_text(AT_LEISURE, encoding="utf-8")
        environment = os.environ | {
            ATTACH_VARIABLE: attach_address(sandbox.control, sandbox.token),
            "PLAYBOOK_CONFIG": str(folder / "playbook.toml"),
        }
        environment.pop("PYTEST_ADDOPTS", None)
        command = ("-m", set_name, "--target", "sandbox", f"--reports={folder}")
        ended = run_pytest(*command, cwd=ROOT, env=environment, timeout=LIMIT)
        files = list(folder.glob("sandbox-*/results.json"))
        assert len(files) == 1, ended.stdout + ended.stderr
        return msgspec.json.decode(files[0].read_bytes(), type=Results)


def hidden(results: Results, set_name: str, faults: list[str]) -> list[str]:
    """A line for each item that one of the faults makes worse than it is."""
    verdicts = {record.item: str(record.verdict) for record in results.records}
    lines = []
    for fault in faults:
        for item, expected in expected_of(fault, set_name).items():
            got = verdicts.get(item, "missing")
            if got in ("OK", "missing") or (expected == "CRITICAL" and got == "WARNING"):
                lines.append(f"{item}: {expected} under {fault}, and {got} beside {', '.join(faults)}")
    return lines


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Search; 1 where one fault hides another."""
    parser = argparse.ArgumentParser(prog="python -m tests.together")
    parser.add_argument("--set", default="daily", choices=sorted({i.set for i in read_catalogue().items.values()}))
    parser.add_argument("--faults", type=int, default=3, help="how many at once")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    by_clock = {*TIMED, *CRITICALLY_TIMED}
    names = sorted(name for name in EXPECTATIONS if expected_of(name, options.set) and name not in by_clock)
    end = time.monotonic() + options.minutes * 60
    runs, found = 0, set()
    with start(time_limit=LIMIT) as sandbox:
        while time.monotonic() < end:
            faults = chance.sample(names, min(options.faults, len(names)))
            try:
                results = run(sandbox, options.set, faults)
            except SandboxError:
                continue  # they contradict each other
            runs += 1
            for line in hidden(results, options.set, faults):
                found.add(line)
                say(line)
    say(f"{runs} runs of {options.set} under {options.faults} faults each: {len(found)} hidden")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
