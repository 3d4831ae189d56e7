"""What pytest shows of checks by itself, without secrets: warnings, which it lists at the end, and names."""

from __future__ import annotations

import warnings

import pytest

from playbook.core import door
from playbook.report.pytest_output import redact


class Warned:
    """A plugin that redacts each warning, and each name made of a parameter, before anybody else hears of it."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """The category is kept beside it."""
        said = str(warning_message.message)
        if (clean := redact(said)) != said:
            warning_message.message = UserWarning(clean)

    def pytest_make_parametrize_id(self, val: object) -> str | None:
        """A name stands in every output, those of other plugins included."""
        shown = door.line(val) if isinstance(val, str) else ""
        return shown if door.MASK in shown else None
