"""The commands of the runbooks for maintenance, emergencies, recovery and load do on the sandbox what they say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from playbook.core.catalogue import RUNBOOKS, read_catalogue
from sandbox.launcher import ATTACH_VARIABLE, attach_address
from tests.leisure import AT_LEISURE
from tests.preloaded import run_pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PRACTISED = ("maintenance", "emergency", "disaster-recovery", "load-tests")


def commands():
    """Each command once, in the order in which it is first named."""
    found: dict[str, None] = {}
    for name in PRACTISED:
        text = (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")
        for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
            found |= dict.fromkeys(line.strip() for line in block.splitlines() if line.strip())
    return list(found)


@pytest.mark.parametrize("command", commands())
def test_runbook_command_works(sandbox, tmp_path, command):
    """Exit code 0 on a healthy system, and something is said."""
    marker = re.search(r"-m (\w+_maintenance|emergency)", command)
    if marker and not read_catalogue().ids_of(marker[1]):
        pytest.skip(f"no item of {marker[1]} is built yet")
    if command.startswith("pytest"):
        command += f" --target sandbox --reports={tmp_path}"
    elif "handoff" in command:
        command += f" --reports {tmp_path} --to {tmp_path}"
    elif "watch" in command:
        command += " --every 0.2"  # an operator looks every minute; here nobody waits for that
    file = tmp_path / "playbook.toml"
    file.write_text(AT_LEISURE, encoding="utf-8")
    sandbox.set_faults([])  # a fresh world, without what earlier commands did to it
    settings = sandbox.settings
    environment = os.environ | {
        ATTACH_VARIABLE: attach_address(sandbox.control, sandbox.token),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PLAYBOOK_CONFIG": str(file),
        "URL": settings["web"]["url"],
        "CURL_CA_BUNDLE": settings["web"]["ca"],
        "BACKUP_LOCATION": settings["backups"]["location"],
    }
    if command.startswith("pytest") and '"' not in command:
        ended = run_pytest(*shlex.split(command)[1:], cwd=ROOT, env=environment, timeout=200)
    else:  # what a shell makes of it counts
        shell = ["bash", "-c", command]
        ended = subprocess.run(
            shell, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.strip()
