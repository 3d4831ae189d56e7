"""Known vulnerabilities of the project's dependencies, and how outdated they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from playbook.clients.github import GitHubApi
from playbook.clients.npm import Npm, npm
from playbook.clients.npm_messages import AuditReport, Project, Vulnerability
from playbook.core.coverage import Coverage, lacking, share, together, understood, whole
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import plural
from playbook.measure.security.dependabot import of_another, of_dependabot
from playbook.measure.security.repositories import OwnRepository
from playbook.measure.security.weakness import NAMED, Source, Weakness, worst_first
from playbook.settings.model import Settings

_REPORT = 2  # report version of npm audit, from npm 7 on

Behind = Literal["major", "minor", "patch", "other", "nothing"]


@dataclass(frozen=True, slots=True)
class Weaknesses:
    """Vulnerabilities known to npm and Dependabot."""

    sources: tuple[Source, ...]

    @property
    def asked(self) -> list[Source]:
        """Sources that responded, the one with the most severe packages first."""
        return sorted((s for s in self.sources if s.error is None), key=lambda source: -source.reading.value)

    @property
    def coverage(self) -> Coverage:
        """What each source has examined; a configured source that cannot be queried may know of
        vulnerabilities.
        """
        total = together(source.coverage for source in self.sources if source.error is None)
        left_out = [file for source in self.sources for file in source.left_out]
        if left_out and not any(source.is_whole for source in self.sources if not source.left_out):
            total += lacking(
                "not all dependencies",
                expected="an audit of the dependencies of every language",
                got=f"one of npm's alone, and {', '.join(left_out[:NAMED])} beside its lock file",
                hint="Switch on Dependabot's alerts, and set github.repository and github.token.",
            )
        for source in self.sources:
            if isinstance(source.error, Unmeasured):
                total += lacking(
                    f"no {source.name}",
                    expected=f"an answer of {source.name}",
                    got=str(source.error),
                    hint=source.error.hint,
                )
        return total

    def evidence(self) -> list[Evidence]:
        """The sources, and a row for each vulnerability."""
        facts = {
            source.name: str(source.error)
            if source.error
            else f"{len(source.weaknesses)} weak in {source.looked_at or 'all dependencies'}"
            for source in self.sources
        }
        for source in self.sources:
            if source.left_out:
                facts[f"Beside {source.name}"] = f"{', '.join(source.left_out)}, of other languages"
        facts["Not looked at"] = (
            "runtimes such as Node and Python, the packages of the image, and those that pip, Composer, Bundler "
            "and others take from a repository or an address, of which GitHub has no advisories"
        )
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


@measurement(time_limit=90.0, one_of=(("github",), ("npm",)), optional=("github",))
def weaknesses(github: GitHubApi | None, settings: Settings, own_repository: OwnRepository) -> Weaknesses:
    """Known vulnerabilities of the dependencies, from ``npm audit`` and from Dependabot, whichever is
    configured.
    """
    of_npm = () if "npm" in settings.absent else (_of_npm(settings),)
    of_github: tuple[Source, ...] = ()
    if github:
        others = (of_another(github, one) for one in own_repository.others)
        audited = any(source.is_whole and not source.left_out for source in of_npm)
        of_github = (of_dependabot(github, audited=audited), *others)
    found = Weaknesses((*of_npm, *of_github))
    if not found.asked:
        errors = [source.error for source in found.sources if source.error]
        raise next((error for error in errors if not isinstance(error, NotConfigured)), errors[0])
    return found


def _of_npm(settings: Settings) -> Source:
    name = "npm audit"
    try:
        asked = npm(settings)
        report, project = asked.audit(), asked.read()
        weak = report.vulnerabilities or {}
        seen = _seen(report, project)
        if not weak and project.packages and not asked.knows_weaknesses():
            seen += lacking(
                "finds no vulnerability",
                expected="an audit that finds a known vulnerability (minimist 0.0.8)",
                got="nothing found in it",
                hint="This registry, or npm's configuration (offline), gives no advisories.",
            )
    except (NotConfigured, Unmeasured) as error:
        return Source(name, error=error)
    found = [_weakness(package, vulnerability) for package, vulnerability in weak.items()]
    total = report.looked_at
    looked_at = plural(total, "dependency", "dependencies") if total else ""
    return Source(name, worst_first(found), looked_at, coverage=seen, left_out=project.languages)


def _seen(report: AuditReport, project: Project) -> Coverage:
    """Whether the audit examined everything in the lock file, and reports everything that it found."""
    if report.vulnerabilities is None or report.looked_at is None:
        return lacking(
            "npm audit does not report what it covered",
            expected="a report of npm audit with vulnerabilities and metadata.dependencies",
            got=f"one of version {report.auditReportVersion} without",
            hint="Install npm 7 or later where this runs.",
        )
    needs_none = not project.direct
    total = share(
        min(report.looked_at, project.packages), project.packages, "locked packages", may_be_empty=needs_none
    )
    missing = [name for name, version in project.locked.items() if not version]
    total += share(
        len(project.direct) - len(missing),
        len(project.direct),
        "dependencies",
        what="the lock file listing",
        note=f"{missing[0]} is not listed" if missing else "",
        hint="Run `npm install --package-lock-only`, and commit the lock file.",
        may_be_empty=needs_none,
    )
    if project.foreign:
        more = f" and {len(project.foreign) - NAMED} more" if len(project.foreign) > NAMED else ""
        total += lacking(
            "packages without advisories",
            expected="packages of a registry, which has advisories of them",
            got=f"{', '.join(project.foreign[:NAMED])}{more} from a repository or an address",
            hint="Use a release of the registry, or look through their advisories by hand and waive this item.",
        )
    counted = report.metadata.vulnerabilities if report.metadata else None
    if counted and counted.most > len(report.vulnerabilities):
        total += share(len(report.vulnerabilities), counted.most, "weak packages")
    if report.auditReportVersion != _REPORT:
        total += lacking(
            f"a report of version {report.auditReportVersion}",
            expected=f"a report of npm audit of version {_REPORT}",
            got=f"one of version {report.auditReportVersion}, which is not known here",
            hint="Install a current npm where this runs.",
        )
    return total + project.lock_coverage


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


@dataclass(frozen=True, slots=True)
class OldDependency:
    """An outdated dependency of the project.

    Attributes:
        wanted: the newest release that package.json allows.
        developing: it is a development dependency.
    """

    name: str
    current: str
    wanted: str
    latest: str
    developing: bool

    @property
    def behind(self) -> Behind:
        """Kind of release it is behind by; below 1.0 a minor release counts as a major one, as in semver.

        Nothing for a release that is newer than the one with the tag ``latest``: a beta, or an earlier major
        release that is still the recommended one.
        """
        now, newest = _parts(self.current), _parts(self.latest)
        if now is None or newest is None:
            return "other"
        if now > newest:
            return "nothing"
        if now[0] != newest[0] or (now[0] == 0 and now[1] != newest[1]):
            return "major"
        return "minor" if now[1] != newest[1] else "patch"


@dataclass(frozen=True, slots=True)
class OutdatedDependencies:
    """The project's direct dependencies that are outdated.

    Attributes:
        direct: number of direct dependencies from the registry.
        looked_up: number of those whose newest release the registry reported.
        unseen: names of the others.
        project: contents of its files.
    """

    direct: int
    old: tuple[OldDependency, ...]
    looked_up: int
    unseen: tuple[str, ...]
    project: Project

    @property
    def coverage(self) -> Coverage:
        """Whether each dependency was looked up, with versions that can be compared."""
        total = share(
            self.looked_up,
            self.direct,
            "dependencies",
            what="releases",
            note=f"none of {self.unseen[0]}" if self.unseen else "",
            hint="Its registry may be another, or want credentials; see ~/.npmrc.",
            may_be_empty=True,
        )
        if self.project.elsewhere:
            total += whole(f"{len(self.project.elsewhere)} not of the registry")
        if self.project.languages:
            total += whole(f"npm's alone, and none of {', '.join(self.project.languages[:NAMED])}")
        odd = [
            f"{one.name} {one.current or 'not locked'} → {one.latest}" for one in self.old if one.behind == "other"
        ]
        total += understood(len(odd), self.direct, "versions", examples=odd)
        if self.project.workspaces:
            total += lacking(
                "workspaces not checked",
                expected="the dependencies of all workspaces",
                got=f"those of the root alone, not of {', '.join(self.project.workspaces[:NAMED])}",
                hint="Set npm.project to a workspace's own folder to check it.",
            )
        return total + self.project.lock_coverage

    @property
    def majors(self) -> Reading:
        """Number of dependencies a major version behind."""
        found = [one for one in self.old if one.behind == "major"]
        named = ", ".join(f"{one.name} {one.current} → {one.latest}" for one in found[:NAMED])
        more = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
        over = f"of {plural(self.direct, 'dependency', 'dependencies')} of the project"
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
    """The project's direct dependencies compared with their newest releases, by the lock file."""
    project = npm.read()
    releases = {name: one for name, one in npm.outdated().items() if name in project.direct and one.latest}
    found = [
        OldDependency(name, project.locked.get(name, ""), one.wanted, one.latest, project.direct[name])
        for name, one in releases.items()
    ]
    old = [one for one in found if one.current != one.latest and one.behind != "nothing"]
    unseen = tuple(sorted(project.direct.keys() - releases))
    return OutdatedDependencies(
        len(project.direct), tuple(sorted(old, key=lambda one: one.name)), len(releases), unseen, project
    )


_VERSION = re.compile(r"^v?(\d+)\.(\d+)\.(\d+)")


def _parts(version: str) -> tuple[int, int, int] | None:
    match = _VERSION.match(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
