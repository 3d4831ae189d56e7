"""Weaknesses of dependencies, their age, and sources that did not answer."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest

from checks.security import test_vulnerabilities as checks
from playbook.clients.github import DependabotAlert, GitHubApi
from playbook.clients.listing import Listing
from playbook.clients.npm import Npm
from playbook.clients.npm_messages import AuditReport, Outdated, Project
from playbook.core.coverage import whole
from playbook.core.errors import Denied, NotConfigured, Unreachable
from playbook.core.verdict import Verdict
from playbook.measure.security import dependencies
from playbook.measure.security.dependencies import (
    OldDependency,
    Weaknesses,
    outdated_dependencies,
    weaknesses,
)
from playbook.measure.security.repositories import OwnRepository
from playbook.measure.security.weakness import Source, Weakness
from playbook.settings.loading import load
from tests.judged import judged

SETTINGS = load("sandbox", environment={})
ABSENT = NotConfigured("not configured", setting="x", add="x")
GONE = Unreachable("gone", service="npm")
OFF = Denied("GitHub: got HTTP 403 (Dependabot alerts are disabled for this repository)", service="GitHub")
ARCHIVED = Denied(
    "GitHub: got HTTP 403 (Dependabot alerts are not available for archived repositories)", service=""
)
DENIED = Denied("GitHub: got HTTP 403 (Resource not accessible by integration)", service="GitHub")
HIGH = msgspec.convert(
    {"number": 1, "security_vulnerability": {"package": {"name": "sharp"}, "severity": "high"}}, DependabotAlert
)
REPORT = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "low": {"severity": "low", "via": ["qs"], "fixAvailable": False},
        "express": {
            "severity": "moderate",
            "via": [{"title": "Bad", "url": "u"}],
            "fixAvailable": {"name": "express", "version": "5.0.0", "isSemVerMajor": True},
        },
    },
    "metadata": {"vulnerabilities": {"total": 2}, "dependencies": {"total": 3}},
}
PROJECT = Project(direct={"express": False, "low": True}, locked={"express": "4.0.0", "low": "1.0.0"}, packages=3)


def weak(package: str, level: str, fix: str = "") -> Weakness:
    return Weakness(package, level, "Bad", fix, "")


@pytest.mark.parametrize(
    ("level", "severe"), [("critical", True), ("high", True), ("moderate", False), ("low", False), ("new", True)]
)
def test_levels_are_severe_or_not(level, severe):
    assert weak("a", level).severe is severe


def test_message_names_the_first_and_counts_the_rest():
    many = Source("npm audit", tuple(weak(name, "high", f"{name} 2") for name in "abcd"), "9 dependencies")
    assert many.reading.value == 4
    assert many.reading.over == (
        "in 9 dependencies (a high, fixed by a 2; b high, fixed by b 2; c high, fixed by c 2; and 1 more)"
    )
    assert Source("npm audit", (weak("a", "low"),), "1 dependency").reading.over == "in 1 dependency"


def of(npm_error=None, dependabot_error=None, monkeypatch=None, known=7, others=None):
    """The measurement with the answers of both sources; no weakness if there is no error.

    ``known``: of how many dependencies GitHub knows, or why that is not told. ``others``: by further repository of
    the app, its alerts or why there are none.
    """
    others = others or {}

    class FakeNpm:
        def audit(self) -> AuditReport:
            if npm_error:
                raise npm_error
            return msgspec.convert(REPORT, AuditReport)

        def read(self) -> Project:
            return PROJECT

    class FakeGitHub:
        settings = SETTINGS
        answer = dependabot_error or []

        def of(self, repository: str) -> FakeGitHub:
            another = FakeGitHub()
            another.answer = others[repository]
            return another

        def dependabot_alerts(self) -> Listing[DependabotAlert]:
            if isinstance(self.answer, Exception):
                raise self.answer
            return Listing(self.answer, whole("all alerts"))

        def known_dependencies(self) -> int:
            if isinstance(known, Exception):
                raise known
            return known

    monkeypatch.setattr(dependencies, "npm", lambda _settings: FakeNpm())
    return weaknesses(cast(GitHubApi, FakeGitHub()), SETTINGS, OwnRepository(others=tuple(others)))


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [
        ((None, None), Verdict.OK),
        ((None, ABSENT), Verdict.OK),
        ((ABSENT, None), Verdict.OK),
        ((GONE, None), Verdict.UNKNOWN),
        ((None, GONE), Verdict.UNKNOWN),
        ((None, OFF), Verdict.OK),
        ((None, ARCHIVED), Verdict.OK),
        ((None, DENIED), Verdict.UNKNOWN),
    ],
)
def test_required_sources_must_have_answered(errors, verdict, monkeypatch):
    found = of(*errors, monkeypatch)
    assert judged(checks.test_no_dependency_is_vulnerable, limits=SETTINGS.limits, weaknesses=found)[0] is verdict


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        ([], Verdict.OK, ""),
        ([HIGH], Verdict.CRITICAL, "Vulnerabilities by Dependabot in example/worker: "),
        (DENIED, Verdict.UNKNOWN, "expected an answer of Dependabot in example/worker, got "),
        (OFF, Verdict.UNKNOWN, "expected an answer of Dependabot in example/worker, got "),
        (GONE, Verdict.UNKNOWN, "expected an answer of Dependabot in example/worker, got "),
    ],
)
def test_further_repository_of_the_app_is_looked_at(answer, verdict, words, monkeypatch):
    """As npm audits one project alone."""
    found = of(monkeypatch=monkeypatch, others={"example/worker": answer})
    judgement = judged(checks.test_no_dependency_is_vulnerable, limits=SETTINGS.limits, weaknesses=found)
    assert (judgement[0], words in judgement[1]) == (verdict, True), judgement


@pytest.mark.parametrize(
    ("npm_error", "known", "verdict", "got"),
    [
        (ABSENT, 812, Verdict.OK, "in 812 dependencies of the repository"),
        (ABSENT, 1, Verdict.OK, "in 1 dependency of the repository"),
        (ABSENT, 0, Verdict.UNKNOWN, "got one of which it knows none"),
        (ABSENT, DENIED, Verdict.UNKNOWN, "got HTTP 403 (Resource not accessible by integration)"),
        (GONE, 0, Verdict.UNKNOWN, "got one of which it knows none"),
        (None, 0, Verdict.OK, ""),  # the audit has examined everything in the lock file
        (None, DENIED, Verdict.OK, ""),
    ],
)
def test_no_alert_counts_where_github_knows_the_dependencies(npm_error, known, verdict, got, monkeypatch):
    found = of(npm_error, None, monkeypatch, known)
    judgement = judged(checks.test_no_dependency_is_vulnerable, limits=SETTINGS.limits, weaknesses=found)
    assert (judgement[0], got in judgement[1]) == (verdict, True), judgement


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        ((ABSENT, ABSENT), NotConfigured),
        ((ABSENT, GONE), Unreachable),
        ((GONE, ABSENT), Unreachable),
        ((ABSENT, OFF), NotConfigured),
    ],
)
def test_without_any_answer_the_reason_is_raised(errors, raised, monkeypatch):
    with pytest.raises(raised):
        of(*errors, monkeypatch)


def test_worst_source_is_judged_first():
    found = Weaknesses((Source("a"), Source("b", (weak("x", "high"),)), Source("c", error=GONE)))
    assert [source.name for source in found.asked] == ["b", "a"]


def test_npm_and_dependabot_are_combined(monkeypatch):
    found = of(None, ABSENT, monkeypatch)
    assert [source.name for source in found.asked] == ["npm audit"]
    assert [weakness.level for weakness in found.asked[0].weaknesses] == ["moderate", "low"]
    assert found.coverage.words == "3 of 3 locked packages · 2 of 2 dependencies"


@pytest.mark.parametrize(
    ("current", "latest", "behind"),
    [
        ("4.21.2", "5.1.0", "major"),
        ("4.21.2", "4.22.0", "minor"),
        ("4.21.2", "4.21.3", "patch"),
        ("0.33.5", "0.34.0", "major"),
        ("0.34.4", "0.34.5", "patch"),
        ("5.0.0-beta.2", "5.0.0", "patch"),
        ("6.0.0-beta.2", "5.4.1", "nothing"),
        ("0.35.0-rc.1", "0.34.5", "nothing"),
        ("", "1.0.0", "other"),
        ("git+ssh://x", "1.0.0", "other"),
    ],
)
def test_versions_behind_are_counted(current, latest, behind):
    assert OldDependency("x", current, "", latest, developing=False).behind == behind


def test_majors_are_counted_and_named():
    class FakeNpm:
        def read(self) -> Project:
            return Project(
                direct={"a": False, "b": True, "c": False}, locked={"a": "1.0.0", "b": "1.0.0", "c": "3.0.0"}
            )

        def outdated(self) -> dict[str, Outdated]:
            return {
                "a": Outdated(wanted="1.0.0", latest="2.0.0"),
                "b": Outdated(current="0.0.0", wanted="1.0.1", latest="1.0.1"),
                "c": Outdated(current="0.0.0", wanted="3.0.0", latest="3.0.0"),
            }

    found = outdated_dependencies(cast(Npm, FakeNpm()))
    assert [(one.name, one.current, one.developing) for one in found.old] == [
        ("a", "1.0.0", False),
        ("b", "1.0.0", True),
    ]
    assert (found.majors.value, found.majors.over) == (1.0, "of 3 dependencies of the project (a 1.0.0 → 2.0.0)")
