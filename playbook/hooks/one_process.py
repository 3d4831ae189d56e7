"""Whether pytest-xdist workers would only slow a run down; then one process runs it, whatever ``-n`` says.

A shipped check takes a few milliseconds. The time goes into measuring, which one process does concurrently. Each
worker would load everything again and repeat measurements of the others.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from playbook.core.places import CHECKS, INSTALLED, MODULE, OWN
from playbook.hooks.load_options import chooses
from playbook.readers.load.order import MARKER
from playbook.settings.loading import TARGET_VARIABLE
from playbook.settings.sections.groups import is_group


def spares_workers(config: pytest.Config) -> bool:
    """Whether one process is faster than ``-n``: only shipped checks of one target.

    Explicit distribution (``--dist``, ``--tx``) is respected, and a load test refuses workers itself.
    """
    options = config.option
    if not getattr(options, "numprocesses", None) or options.dist != "no" or options.tx or options.distload:
        return False
    if chooses(options.markexpr or "", {MARKER}):
        return False
    targets = [*options.target] or [os.environ.get(TARGET_VARIABLE, "")]
    if len(targets) > 1 or any(map(is_group, targets)):
        return False
    return all(_is_shipped(name, config) for name in config.args)


def _is_shipped(name: str, config: pytest.Config) -> bool:
    """Whether everything that pytest collects for an argument comes with the suite."""
    if name.partition("::")[0].startswith(MODULE):
        return True
    path = Path(config.invocation_params.dir, name.partition("::")[0]).resolve()
    if INSTALLED or not path.is_relative_to(CHECKS):
        return False
    files = path.rglob("*.py") if path.is_dir() else [path]
    return all(file.relative_to(CHECKS).parts[0] != OWN for file in files)
