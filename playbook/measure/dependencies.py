"""Known weaknesses of the project's dependencies, and how far behind they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from playbook.clients.github import DependabotAlert, GitHubApi
from playbook.clients.npm import AuditReport, Npm, Vulnerability, npm
from playbook.engine import measurement
from playbook.errors import NotConfigured, PlaybookError, Unmeasured
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.settings import Settings

LEVELS = ("critical", "high", "moderate", "low", "info")
SEVERE = frozenset({"critical", "high"})
NAMED = 3  # in a message; the evidence holds all

Behind = Literal["major", "minor", "patch", "other"]


@dataclass(frozen=True, slots=True)
class Weakness:
    """A package with a known weakness.

    Attributes:
        level: critical, high, moderate, low or info.
        fix: the release that mends it, in words; empty where there is none.
    """

    package: str
    level: str
    title: str
    fix: str
    link: str

    @property
    def severe(self) -> bool:
        """High or critical; a level that we do not know counts as such, so that it cannot stay unnoticed."""
        return self.level in SEVERE or self.level not in LEVELS

    def __str__(self) -> str:
        return f"{self.package} {self.level}" + (f", fixed by {self.fix}" if self.fix else ", no fix yet")


@dataclass(frozen=True, slots=True)
class Source:
    """One who knows of weaknesses: npm or Dependabot.

    Attributes:
        name: as it is called in a message.
        looked_at: how many dependencies, in words; empty where that is not said.
        error: why it could not be asked; NotConfigured where this target has none.
    """

    name: str
    weaknesses: tuple[Weakness, ...] = ()
    looked_at: str = ""
    error: PlaybookError | None = None

    @property
    def reading(self) -> Reading:
        """How many weak packages are of level high or critical, and which."""
        severe = [weakness for weakness in self.weaknesses if weakness.severe]
        named = "; ".join(map(str, severe[:NAMED])) + (
            f"; and {len(severe) - NAMED} more" if severe[NAMED:] else ""
        )
        over = self.looked_at or "all dependencies"
        return Reading(float(len(severe)), over=f"{over} ({named})" if named else over)


@dataclass(frozen=True, slots=True)
class Weaknesses:
    """What npm and Dependabot know."""

    sources: tuple[Source, ...]

    @property
    def asked(self) -> list[Source]:
        """Those that answered, the one with the most first."""
        return sorted((s for s in self.sources if s.error is None), key=lambda source: -source.reading.value)

    def expect_all(self) -> None:
        """Demand an answer of each that is configured, and that one is.

        Raises:
            NotConfigured, Unmeasured: there is none.
        """
        failed = [s.error for s in self.sources if s.error and not isinstance(s.error, NotConfigured)]
        if failed:
            raise failed[0]
        if not self.asked:
            raise next(source.error for source in self.sources if source.error)

    def evidence(self) -> list[Evidence]:
        """Who was asked, and a row for each weakness."""
        facts = {
            source.name: str(source.error)
            if source.error
            else f"{len(source.weaknesses)} weak in {source.looked_at or 'all dependencies'}"
            for source in self.sources
        }
        rows = [
            [
                source.name,
                weakness.package,
                weakness.level,
                weakness.title,
                weakness.fix or "none yet",
                weakness.link,
            ]
            for source in self.asked
            for weakness in source.weaknesses
        ]
        columns = ["Known to", "Package", "Level", "What", "Fixed by", "Advisory"]
        return [Facts("Asked", facts), Table("Known weaknesses", columns, rows)]


@measurement(time_limit=90.0)
def weaknesses(github: GitHubApi, settings: Settings) -> Weaknesses:
    """Known weaknesses of the dependencies, from ``npm audit`` and from Dependabot, whichever is configured."""
    return Weaknesses((_of_npm(settings), _of_dependabot(github)))


def _of_npm(settings: Settings) -> Source:
    name = "npm audit"
    try:
        report = npm(settings).audit()
    except (NotConfigured, Unmeasured) as error:
        return Source(name, error=error)
    found = [_weakness(package, vulnerability) for package, vulnerability in report.vulnerabilities.items()]
    return Source(name, _worst_first(found), _looked_at(report))


def _looked_at(report: AuditReport) -> str:
    total = report.metadata.dependencies.total
    return f"{total:,} dependenc{'y' if total == 1 else 'ies'}" if total else ""


def _weakness(package: str, vulnerability: Vulnerability) -> Weakness:
    advisory = next(iter(vulnerability.advisories), None)
    through = ", ".join(via for via in vulnerability.via if isinstance(via, str))
    fix = vulnerability.fixAvailable
    mended = "npm audit fix" if fix is True else ""
    if not isinstance(fix, bool):
        mended = f"{fix.name} {fix.version}" + (" (a major release)" if fix.isSemVerMajor else "")
    return Weakness(
        package=package,
        level=vulnerability.severity,
        title=advisory.title if advisory else f"through {through}",
        fix=mended,
        link=advisory.url if advisory else "",
    )


def _of_dependabot(github: GitHubApi) -> Source:
    name = "Dependabot"
    try:
        alerts = github.dependabot_alerts()
    except (NotConfigured, Unmeasured) as error:
        return Source(name, error=error)
    return Source(name, _worst_first([_alert(alert) for alert in alerts]), "the repository's dependencies")


def _alert(alert: DependabotAlert) -> Weakness:
    about = alert.security_vulnerability
    patched = about.first_patched_version
    return Weakness(
        package=about.package.name,
        level={"medium": "moderate"}.get(about.severity, about.severity),
        title=alert.security_advisory.summary,
        fix=f"{about.package.name} {patched.identifier}" if patched else "",
        link=alert.html_url,
    )


def _worst_first(found: list[Weakness]) -> tuple[Weakness, ...]:
    order = {level: number for number, level in enumerate(LEVELS)}
    return tuple(sorted(found, key=lambda one: (order.get(one.level, -1), one.package)))


@dataclass(frozen=True, slots=True)
class OldDependency:
    """A dependency of the project that is not at its newest.

    Attributes:
        wanted: the newest that package.json allows.
        developing: it is there for developing only.
    """

    name: str
    current: str
    wanted: str
    latest: str
    developing: bool

    @property
    def behind(self) -> Behind:
        """By what kind of release; below 1.0 a minor one is as a major one, as semver says."""
        now, newest = _parts(self.current), _parts(self.latest)
        if now is None or newest is None:
            return "other"
        if now[0] != newest[0] or (now[0] == 0 and now[1] != newest[1]):
            return "major"
        return "minor" if now[1] != newest[1] else "patch"


@dataclass(frozen=True, slots=True)
class OutdatedDependencies:
    """The project's own dependencies that are not at their newest; ``direct`` is how many it has in all."""

    direct: int
    old: tuple[OldDependency, ...]

    @property
    def majors(self) -> Reading:
        """How many are a major version behind."""
        found = [one for one in self.old if one.behind == "major"]
        named = ", ".join(f"{one.name} {one.current} → {one.latest}" for one in found[:NAMED])
        more = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
        over = f"{self.direct} dependenc{'y' if self.direct == 1 else 'ies'} of the project"
        return Reading(float(len(found)), over=f"{over} ({named}{more})" if found else over)

    def evidence(self) -> Evidence:
        """A row for each, the furthest behind first."""
        order = ("major", "other", "minor", "patch")
        rows = [
            [
                one.name,
                one.current or "not locked",
                one.wanted,
                one.latest,
                one.behind,
                "yes" if one.developing else "no",
            ]
            for one in sorted(self.old, key=lambda one: (order.index(one.behind), one.developing, one.name))
        ]
        columns = ["Dependency", "Locked", "Allowed", "Newest", "Behind by", "For developing only"]
        return Table(f"Outdated: {len(self.old)} of {self.direct}", columns, rows)


@measurement(time_limit=90.0)
def outdated_dependencies(npm: Npm) -> OutdatedDependencies:
    """The project's own dependencies against their newest releases, by the lock file."""
    project = npm.read()
    found = []
    for name, one in npm.outdated().items():
        current = one.current or project.locked.get(name, "")
        if current != one.latest:
            found.append(OldDependency(name, current, one.wanted, one.latest, project.direct.get(name, False)))
    return OutdatedDependencies(len(project.direct), tuple(sorted(found, key=lambda one: one.name)))


_VERSION = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)")


def _parts(version: str) -> tuple[int, int, int] | None:
    match = _VERSION.match(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
