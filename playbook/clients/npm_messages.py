"""What npm and a project's files say, as far as it is read. https://docs.npmjs.com/cli"""

from __future__ import annotations

from typing import Any

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Advisory(Message, frozen=True):
    """What is known of one weakness; ``range`` are the versions that have it."""

    title: str = ""
    url: str = ""
    severity: str = ""
    range: str = ""


class Fix(Message, frozen=True):
    """The release that mends it; a major one may break what uses it."""

    name: str = ""
    version: str = ""
    isSemVerMajor: bool = False  # noqa: N815 - npm's word


class Vulnerability(Message, frozen=True):
    """A package of the project with a weakness, of its own or through what it uses.

    Attributes:
        via: advisories, and names of weak packages that it uses.
        fixAvailable: whether ``npm audit fix`` mends it, or the release that would.
    """

    name: str = ""
    severity: str = ""
    isDirect: bool = False  # noqa: N815
    via: list[Advisory | str] = []
    range: str = ""
    fixAvailable: bool | Fix = False  # noqa: N815

    @property
    def advisories(self) -> list[Advisory]:
        """Those that are about this package itself."""
        return [via for via in self.via if isinstance(via, Advisory)]


class _Dependencies(Message, frozen=True):
    total: int = 0


class _Weak(Message, frozen=True):
    total: int = 0
    critical: int = 0
    high: int = 0
    moderate: int = 0
    low: int = 0
    info: int = 0

    @property
    def most(self) -> int:
        """By its total or its levels, whichever says more."""
        return max(self.total, self.critical + self.high + self.moderate + self.low + self.info)


class Metadata(Message, frozen=True):
    """What an audit counted: packages that it looked at, and those that are weak."""

    dependencies: _Dependencies | None = None
    vulnerabilities: _Weak | None = None


class AuditReport(Message, frozen=True, kw_only=True):
    """What ``npm audit --json`` says: weak packages by name. None is what it does not say."""

    auditReportVersion: int  # noqa: N815
    vulnerabilities: dict[str, Vulnerability] | None = None
    metadata: Metadata | None = None

    @property
    def looked_at(self) -> int | None:
        """How many packages it says that it has looked at."""
        counted = self.metadata and self.metadata.dependencies
        return counted.total if counted else None


class Outdated(Message, frozen=True):
    """One dependency that is not at its newest; npm leaves out ``current`` where it is not installed."""

    current: str = ""
    wanted: str = ""
    latest: str = ""


class Locked(Message, frozen=True):
    """A package of a lock file."""

    version: str = ""


class Lock(Message, frozen=True):
    """A lock file: ``packages`` from npm 7 on, ``dependencies`` before."""

    lockfileVersion: int = 0  # noqa: N815
    packages: dict[str, Locked] = {}
    dependencies: dict[str, Locked] = {}


class Package(Message, frozen=True):
    """A package.json."""

    dependencies: dict[str, str] = {}
    devDependencies: dict[str, str] = {}  # noqa: N815
    optionalDependencies: dict[str, str] = {}  # noqa: N815
    workspaces: list[str] | dict[str, Any] = []


class Project(Message, frozen=True):
    """What the project's own files say.

    Attributes:
        direct: names of its own dependencies from the registry, to whether it is one for developing only.
        locked: their versions in the lock file.
        elsewhere: its dependencies that are not of the registry: git, folders, files.
        packages: how many packages the lock file lists in all.
        form: ``lockfileVersion``.
        workspaces: patterns of the folders with packages of their own.
    """

    direct: dict[str, bool]
    locked: dict[str, str]
    elsewhere: tuple[str, ...] = ()
    packages: int = 0
    form: int = 3
    workspaces: tuple[str, ...] = ()


class Error(Message, frozen=True):
    """What npm's errors hold."""

    code: str = ""
    summary: str = ""
    detail: str = ""


class Failure(Message, frozen=True):
    """Both shapes in which npm says that it failed."""

    message: str = ""
    statusCode: int = 0  # noqa: N815
    error: Error | None = None
