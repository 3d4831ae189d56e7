"""The settings of the target named on the command line, with the sandbox's addresses if it is the sandbox."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playbook.settings.loading import load, load_all
from playbook.settings.model import SANDBOX, Settings
from playbook.settings.sections.groups import Shard


def settings_for(
    target: str | None,
    root: Path,
    overlay: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Settings for a run; ``overlay`` holds the addresses of the sandbox started for it."""
    return load(target, root=root, environment=environment, overlay=_as_sandbox(overlay))


def settings_of_all(
    targets: Sequence[str],
    root: Path,
    overlay: Mapping[str, Any] | None = None,
    *,
    shard: Shard | None = None,
    environment: Mapping[str, str] = os.environ,
) -> list[Settings]:
    """The same for each target that the words name, directly or by group; only those in the shard."""
    return load_all(targets, root=root, environment=environment, overlay=_as_sandbox(overlay), shard=shard)


def _as_sandbox(overlay: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {"targets": {SANDBOX: overlay}} if overlay else None
