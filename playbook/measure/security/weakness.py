"""A package with a known vulnerability, and a source that knows of such: npm or Dependabot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from playbook.core.coverage import Coverage
from playbook.core.errors import PlaybookError
from playbook.core.limits import Reading

LEVELS = ("critical", "high", "moderate", "low", "info")
SEVERE = frozenset({"critical", "high"})
NAMED = 3  # in a message; the evidence holds all


@dataclass(frozen=True, slots=True)
class Weakness:
    """A package with a known vulnerability.

    Attributes:
        level: critical, high, moderate, low or info.
        fix: the release that fixes it, in words; empty where there is none.
    """

    package: str
    level: str
    title: str
    fix: str
    link: str

    @property
    def severe(self) -> bool:
        """High or critical; an unknown level counts as such, so that it cannot be overlooked."""
        return self.level in SEVERE or self.level not in LEVELS

    def __str__(self) -> str:
        return f"{self.package} {self.level}" + (f", fixed by {self.fix}" if self.fix else ", no fix yet")


@dataclass(frozen=True, slots=True)
class Source:
    """A source of vulnerabilities: npm or Dependabot.

    Attributes:
        name: as used in messages.
        looked_at: number of dependencies, in words; empty where it is not reported.
        error: why it could not be queried; NotConfigured where this target has none.
        coverage: how much it has examined.
        left_out: files with further dependencies of the project that it cannot examine.
    """

    name: str
    weaknesses: tuple[Weakness, ...] = ()
    looked_at: str = ""
    error: PlaybookError | None = None
    coverage: Coverage = field(default_factory=Coverage)
    left_out: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it has examined dependencies, and all of them that it can."""
        return self.error is None and self.coverage.enough and bool(self.looked_at)

    @property
    def subject(self) -> str:
        """What is counted, for a message."""
        return f"Vulnerabilities by {self.name}"

    @property
    def reading(self) -> Reading:
        """Number of packages with a high or critical vulnerability, and which."""
        severe = [weakness for weakness in self.weaknesses if weakness.severe]
        named = "; ".join(map(str, severe[:NAMED])) + (
            f"; and {len(severe) - NAMED} more" if severe[NAMED:] else ""
        )
        over = f"in {self.looked_at or 'all dependencies'}"
        return Reading(float(len(severe)), over=f"{over} ({named})" if named else over)


def worst_first(found: Iterable[Weakness]) -> tuple[Weakness, ...]:
    """The weaknesses by level; an unknown level comes first."""
    order = {level: number for number, level in enumerate(LEVELS)}
    return tuple(sorted(found, key=lambda one: (order.get(one.level, -1), one.package)))
