"""Warnings of checks and of libraries, which pytest lists at the end of a run, without secrets."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest


class Warned:
    """A plugin that redacts each warning before anybody else hears of it."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """The category is kept beside it."""
        said = str(warning_message.message)
        if (clean := self._redact(said)) != said:
            warning_message.message = UserWarning(clean)
