"""The dead man's switch: who hears nothing of a run knows that something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playbook.clock import Clock
from playbook.settings import Settings

Say = Callable[[str], None]
Signal = Literal["start", "success", "fail"]


def ping(
    settings: Settings,
    set_name: str,
    signal: Signal,
    say: Say,
    *,
    body: str = "",
    history: Path | None = None,
    clock: Clock | None = None,
) -> None:
    """Tell ``notifications.ping_url`` that a run of a set starts, or how it ended; nothing where it is not set.

    Args:
        body: goes along, e.g. the line with the verdict.
        history: folder of the history, in which it is noted.
    """
    del settings, set_name, signal, say, body, history, clock
