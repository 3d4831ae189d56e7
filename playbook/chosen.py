"""The settings of the target that a command line names, with the sandbox's addresses where it is the sandbox."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playbook.settings import SANDBOX, Settings, load


def settings_for(
    target: str | None,
    root: Path,
    overlay: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Settings for a run; ``overlay`` are the addresses of the sandbox that was started for it."""
    return load(
        target, root=root, environment=environment, overlay={"targets": {SANDBOX: overlay}} if overlay else None
    )
