"""What means harm ends as what it is: in its client's own time, in little memory, never as a fault of ours."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from functools import cache

import pytest

from playbook.core.environment import for_program
from tests.hostile import MODULES
from tests.hostile.cases import CASES, LIMIT, Outcome
from tests.project import ROOT

pytestmark = pytest.mark.slow

for _name in MODULES:
    importlib.import_module(f"tests.hostile.{_name}")


@cache
def _outcomes(module: str) -> dict[str, Outcome]:
    """Of all cases of a module, one after the other in one process with 1 GB of address space."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile", module],
        cwd=ROOT,
        # Each of glibc's arenas reserves 64 MB, which nobody uses and the limit counts.
        env=for_program() | {"MALLOC_ARENA_MAX": "2", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=280,
        check=False,
    )
    found = [Outcome(**json.loads(line)) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"ended after {found[-1:]}: {done.stderr.decode()[-2000:]}"
    return {one.name: one for one in found}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's address space")
@pytest.mark.parametrize("name", CASES)
def test_hostile_answer_is_reported_within_limits(name: str) -> None:
    """With the right words, within the client's own time and far from the limit on memory."""
    case = CASES[name]
    outcome = _outcomes(case.module)[name]
    assert re.search(case.expected, outcome.words), outcome.words
    assert outcome.seconds <= case.within * outcome.sharers
    assert outcome.memory < LIMIT * 0.9
