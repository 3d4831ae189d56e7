"""Stub to be replaced."""

from __future__ import annotations

from playbook.settings import Settings


def waited_for(settings: Settings) -> float:
    """Seconds."""
    return 0.0
