"""Dependencies of the project, contents of the registry, and known vulnerabilities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Package:
    """A dependency.

    Attributes:
        locked: its version in the lock file.
        latest: the newest in the registry.
        developing: a development dependency.
        uses: a dependency of it that the project does not name itself.
    """

    locked: str
    latest: str
    developing: bool = False
    uses: str = ""


@dataclass
class Advisory:
    """A known vulnerability; ``vulnerable`` is a range in npm's notation."""

    package: str
    severity: Literal["low", "moderate", "high", "critical"]
    title: str
    vulnerable: str
    number: int = 1098765


@dataclass
class NpmState:
    """Healthy by default: nothing of level high, and one dependency a major version behind.

    Attributes:
        locked: the project has a lock file.
        installed: the machine has npm.
        refuses: the registry accepts no credentials (401).
        garbage: the registry answers with a web page.
        blind: the registry has no advisories at all, and answers as if nothing were vulnerable.
        unlisted: packages missing from the registry.
    """

    packages: dict[str, Package] = field(
        default_factory=lambda: {
            "express": Package("4.21.2", "5.1.0", uses="qs"),
            "ioredis": Package("5.4.1", "5.4.1"),
            "sharp": Package("0.34.4", "0.34.5"),
            "pino": Package("9.6.0", "9.9.1"),
            "vitest": Package("3.2.4", "3.2.4", developing=True),
            "typescript": Package("5.9.2", "5.9.3", developing=True),
            "qs": Package("6.13.0", "6.13.0"),
        }
    )
    advisories: list[Advisory] = field(
        default_factory=lambda: [
            Advisory("pino", "low", "Log lines can be forged by control characters", "<9.7.0")
        ]
    )
    locked: bool = True
    installed: bool = True
    refuses: bool = False
    garbage: bool = False
    blind: bool = False
    unlisted: set[str] = field(default_factory=set)

    @property
    def named(self) -> dict[str, Package]:
        """Dependencies named in package.json."""
        below = {package.uses for package in self.packages.values()}
        return {name: package for name, package in self.packages.items() if name not in below}
