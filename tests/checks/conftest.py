"""One sandbox for each test process, and the checks run on it by the front door."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import msgspec
import pytest

from playbook.core.record import Results
from sandbox.launcher import ATTACH_VARIABLE, RunningSandbox, attach_address, start
from tests.leisure import AT_LEISURE
from tests.preloaded import run_pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 200.0  # seconds; on a busy machine everything takes many times as long

RunChecks = Callable[..., Results]
RunPytest = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[RunningSandbox]:
    """The embedded system, started once."""
    with start(time_limit=LIMIT) as running:
        yield running


@pytest.fixture
def run_checks(sandbox: RunningSandbox, tmp_path: Path) -> RunChecks:
    """Run a set of checks with some faults on, in a process of its own; returns its results.json.

    The run finds the faults switched on, or switches them on itself where it is to do so ``by_option``.
    Each run sees a world of its own: what earlier ones did to it, e.g. errors under load, is not its business.
    """

    def run(
        *faults: str,
        set_name: str = "daily",
        arguments: tuple[str, ...] = (),
        by: RunPytest = run_pytest,
        settings: str = AT_LEISURE,
        by_option: bool = False,
    ) -> Results:
        command = ["-m", set_name, "--target", "sandbox", f"--reports={tmp_path}"]
        # A run that switches faults on switches them off again, which makes a second world that nobody looks at.
        sandbox.set_faults([] if by_option else faults)
        if by_option:
            command += [part for name in faults for part in ("--fault", name)]
        environment = os.environ | {ATTACH_VARIABLE: attach_address(sandbox.control, sandbox.token)}
        environment.pop("PYTEST_ADDOPTS", None)
        file = tmp_path / "playbook.toml"
        file.write_text(settings, encoding="utf-8")
        environment["PLAYBOOK_CONFIG"] = str(file)
        ended = by(*command, *arguments, cwd=ROOT, env=environment, timeout=LIMIT)
        files = list(tmp_path.glob("sandbox-*/results.json"))
        assert len(files) == 1, ended.stdout + ended.stderr
        results = msgspec.json.decode(files[0].read_bytes(), type=Results)
        assert ended.returncode == results.exit_code
        return results

    return run
