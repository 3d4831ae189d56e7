"""What must hold of a thing, ready to be judged: measurements say it, checks judge it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playbook.core.coverage import Coverage

_NOTHING_MORE = Coverage()


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that must hold; ``expected`` and ``found`` continue its sentence.

    Attributes:
        warn: what does not hold is a warning only.
        coverage: what it stands on beyond what the measurement says of itself.
    """

    subject: str
    holds: bool
    expected: str
    found: str
    warn: bool = False
    coverage: Coverage = _NOTHING_MORE

    @property
    def terms(self) -> dict[str, Any]:
        """As ``judge.that`` takes them."""
        return {
            "holds": self.holds,
            "subject": self.subject,
            "expected": self.expected,
            "found": self.found,
            "warn": self.warn,
            "coverage": self.coverage,
        }
