"""Whether workers of pytest-xdist would only make a run slower: then one process does it, whatever ``-n`` says.

The shipped checks are a few milliseconds of comparing each. What takes time is measuring, and that goes side by
side in one process. Each worker would load everything again, and measure anew what another has measured.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from playbook.core.places import CHECKS, INSTALLED, MODULE, OWN
from playbook.hooks.load_options import chooses
from playbook.load.order import MARKER
from playbook.settings.loading import TARGET_VARIABLE
from playbook.settings.sections.groups import is_group


def spares_workers(config: pytest.Config) -> bool:
    """Whether ``-n`` was given for what one process does faster: shipped checks of one target, and nothing else.

    What says how to distribute them (``--dist``, ``--tx``) is obeyed, and a load test refuses workers itself.
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
    """Whether all that pytest collects for an argument comes with the suite."""
    if name.partition("::")[0].startswith(MODULE):
        return True
    path = Path(config.invocation_params.dir, name.partition("::")[0]).resolve()
    if INSTALLED or not path.is_relative_to(CHECKS):
        return False
    files = path.rglob("*.py") if path.is_dir() else [path]
    return all(file.relative_to(CHECKS).parts[0] != OWN for file in files)
