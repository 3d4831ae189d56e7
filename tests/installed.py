"""The suite as others install it: a wheel in a virtual environment, without the network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from tests.project import ROOT

LIMIT = 200.0  # seconds; on a busy machine everything takes many times as long
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def build(folder: Path) -> Path:
    """Build the wheel and install it beside the packages of this environment; the folder of its programs."""
    wheels = ("--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder))
    subprocess.run([*_PIP, "wheel", *wheels, str(ROOT)], check=True, timeout=LIMIT)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=LIMIT)
    programs = folder / "venv" / "bin"
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "base.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    # The same version may be in this environment too, for developing.
    options = ("--no-deps", "--no-index", "--ignore-installed", str(wheel))
    subprocess.run([*_PIP, "--python", programs / "python", "install", *options], check=True, timeout=LIMIT)
    return programs


def call(programs: Path, *command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one of its programs to its end, with no other variables than the path and these."""
    return subprocess.run(
        [programs / command[0], *command[1:]],
        cwd=cwd,
        env=environment_of(variables),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def environment_of(variables: Mapping[str, str]) -> dict[str, str]:
    """The path, and these."""
    return {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **variables}
