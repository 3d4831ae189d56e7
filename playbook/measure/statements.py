"""Statements that must hold: measurements make them, checks judge them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playbook.core.coverage import Coverage

_NOTHING_MORE = Coverage()


@dataclass(frozen=True, slots=True)
class Statement:
    """A condition that must hold; ``expected`` and ``found`` continue the sentence begun by ``subject``.

    Attributes:
        warn: a failed condition is only a warning.
        coverage: evidence that it relies on in addition to the coverage of the measurement.
        cause: the service whose failure it is, and that of others with it; empty otherwise.
    """

    subject: str
    holds: bool
    expected: str
    found: str
    warn: bool = False
    coverage: Coverage = _NOTHING_MORE
    cause: str = ""

    @property
    def terms(self) -> dict[str, Any]:
        """Arguments for ``judge.that``."""
        return {
            "holds": self.holds,
            "subject": self.subject,
            "expected": self.expected,
            "found": self.found,
            "warn": self.warn,
            "coverage": self.coverage,
            "cause": self.cause,
        }
