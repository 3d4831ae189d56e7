"""Removes secrets from what pytest shows of checks by itself: warnings and names."""

from __future__ import annotations

import warnings

import pytest

from playbook.core import door
from playbook.report.pytest_output import redact


class Warned:
    """A plugin that redacts each warning, and each name made of a parameter, before other plugins see it."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """The category is kept."""
        text = str(warning_message.message)
        if (clean := redact(text)) != text:
            warning_message.message = UserWarning(clean)

    def pytest_make_parametrize_id(self, val: object) -> str | None:
        """A name appears in every output, including other plugins'."""
        shown = door.line(val) if isinstance(val, str) else ""
        return shown if door.MASK in shown else None
