"""Messages of npm and files of a project, as far as they are read. https://docs.npmjs.com/cli"""

from __future__ import annotations

from typing import Any

import msgspec

from playbook.core.coverage import Coverage, lacking

_FORMS = (1, 2, 3)  # of lock files


class Message(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Advisory(Message, frozen=True):
    """One vulnerability; ``range`` are the affected versions."""

    title: str = ""
    url: str = ""
    severity: str = ""
    range: str = ""


class Fix(Message, frozen=True):
    """The release that fixes it; a major one may break its users."""

    name: str = ""
    version: str = ""
    isSemVerMajor: bool = False  # noqa: N815 - npm's word


class Vulnerability(Message, frozen=True):
    """A package with a vulnerability, its own or of a dependency.

    Attributes:
        via: advisories, and names of vulnerable dependencies.
        fixAvailable: whether ``npm audit fix`` fixes it, or the release that would.
    """

    name: str = ""
    severity: str = ""
    isDirect: bool = False  # noqa: N815
    via: list[Advisory | str] = []
    range: str = ""
    fixAvailable: bool | Fix = False  # noqa: N815

    @property
    def advisories(self) -> list[Advisory]:
        """Advisories about this package itself."""
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
        """The total, or the sum of its levels, whichever is greater."""
        return max(self.total, self.critical + self.high + self.moderate + self.low + self.info)


class Metadata(Message, frozen=True):
    """Counts of an audit: packages that were checked, and vulnerable ones."""

    dependencies: _Dependencies | None = None
    vulnerabilities: _Weak | None = None


class AuditReport(Message, frozen=True, kw_only=True):
    """Output of ``npm audit --json``: vulnerable packages by name. None for what it omits."""

    auditReportVersion: int  # noqa: N815
    vulnerabilities: dict[str, Vulnerability] | None = None
    metadata: Metadata | None = None

    @property
    def looked_at(self) -> int | None:
        """Number of packages that it reports as checked."""
        counted = self.metadata and self.metadata.dependencies
        return counted.total if counted else None


class Outdated(Message, frozen=True):
    """A dependency that is not up to date; npm omits ``current`` if it is not installed."""

    current: str = ""
    wanted: str = ""
    latest: str = ""


class Locked(Message, frozen=True):
    """A package in a lock file.

    Attributes:
        resolved: where it comes from; of npm 6 and earlier, ``version`` tells this of what is not of the registry.
    """

    version: str = ""
    resolved: str | bool = ""


class Lock(Message, frozen=True):
    """A lock file: ``packages`` since npm 7, ``dependencies`` before."""

    lockfileVersion: int = 0  # noqa: N815
    packages: dict[str, Locked] = {}
    dependencies: dict[str, Locked] = {}


class Package(Message, frozen=True):
    """A package.json; ``packageManager`` is e.g. ``pnpm@9.1.0``, and ``devEngines`` may name one as well."""

    packageManager: str = ""  # noqa: N815
    devEngines: Any = None  # noqa: N815
    dependencies: dict[str, str] = {}
    devDependencies: dict[str, str] = {}  # noqa: N815
    optionalDependencies: dict[str, str] = {}  # noqa: N815
    workspaces: list[str] | dict[str, Any] = []


class Project(Message, frozen=True):
    """The project's own files.

    Attributes:
        direct: names of its own dependencies in the registry; True for development dependencies.
        locked: their versions in the lock file.
        elsewhere: dependencies from outside the registry: git, folders, files.
        foreign: packages from a repository or an address, of which no registry has advisories; not the project's
            own folders and files.
        packages: number of packages in the lock file.
        form: ``lockfileVersion``.
        workspaces: patterns of folders with packages of their own.
        stale: names of its own dependencies of which the lock file has another major release than package.json.
        languages: files beside them with dependencies of other languages, which npm does not audit.
        rivals: what says that another program than npm installs the dependencies, by a lock file that is not read.
    """

    direct: dict[str, bool]
    locked: dict[str, str]
    elsewhere: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    packages: int = 0
    form: int = 3
    workspaces: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def lock_coverage(self) -> Coverage:
        """Whether npm's lock file is of a known form, and the one that counts."""
        total = Coverage()
        if self.stale:
            total += lacking(
                "an old lock file",
                expected="a lock file of this package.json",
                got=f"one with {self.stale[0]} {self.locked[self.stale[0]]}, of another major release",
                hint="Run `npm install --package-lock-only`, and commit the lock file.",
            )
        if self.rivals:
            total += lacking(
                "not the only lock file",
                expected="npm's lock file to be the one that dependencies are installed from",
                got=f"{self.rivals[0]} beside it",
                hint='Remove the lock file that is not used, or name npm as "packageManager" in package.json. npm '
                "reads no other than its own; Dependabot does.",
            )
        if self.form not in _FORMS:
            total += lacking(
                f"lockfileVersion {self.form}",
                expected=f"a lock file of version {', '.join(map(str, _FORMS))}",
                got=f"one of version {self.form}, which is not known here",
                hint="Write it anew with a current npm (`npm install --package-lock-only`), and "
                "commit the lock file.",
            )
        return total


class Error(Message, frozen=True):
    """Contents of npm's errors."""

    code: str = ""
    summary: str = ""
    detail: str = ""


class Failure(Message, frozen=True):
    """Both formats in which npm reports a failure."""

    message: str = ""
    statusCode: int = 0  # noqa: N815
    error: Error | None = None
