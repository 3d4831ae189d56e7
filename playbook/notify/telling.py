"""What is due is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playbook.clock import Clock
from playbook.settings import Settings

Say = Callable[[str], None]


def tell(settings: Settings, history_folder: Path, say: Say, clock: Clock | None = None) -> None:
    """Tell what the history shows and was not told yet, over every channel of the settings."""
    del settings, history_folder, say, clock
