"""How bad, how far behind, and who could not be asked."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest

from playbook.clients.github import DependabotAlert, GitHubApi
from playbook.clients.npm import AuditReport, Npm, Outdated, Project
from playbook.errors import NotConfigured, Unmeasured, Unreachable
from playbook.measure import dependencies
from playbook.measure.dependencies import (
    OldDependency,
    Source,
    Weakness,
    Weaknesses,
    outdated_dependencies,
    weaknesses,
)
from playbook.settings import load

SETTINGS = load("sandbox", environment={})
ABSENT = NotConfigured("not configured", setting="x", add="x")
GONE = Unreachable("gone", service="npm")


def weak(package: str, level: str, fix: str = "") -> Weakness:
    return Weakness(package, level, "Bad", fix, "")


@pytest.mark.parametrize(
    ("level", "severe"), [("critical", True), ("high", True), ("moderate", False), ("low", False), ("new", True)]
)
def test_levels(level, severe):
    assert weak("a", level).severe is severe


def test_a_message_names_the_first_and_counts_the_rest():
    many = Source("npm audit", tuple(weak(name, "high", f"{name} 2") for name in "abcd"), "9 dependencies")
    assert many.reading.value == 4
    assert many.reading.over == (
        "9 dependencies (a high, fixed by a 2; b high, fixed by b 2; c high, fixed by c 2; and 1 more)"
    )
    assert Source("npm audit", (weak("a", "low"),), "1 dependency").reading.over == "1 dependency"


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        ((None, None), None),
        ((None, ABSENT), None),
        ((ABSENT, None), None),
        ((ABSENT, ABSENT), NotConfigured),
        ((GONE, None), Unreachable),
        ((ABSENT, GONE), Unreachable),
    ],
)
def test_who_must_have_answered(errors, raised):
    found = Weaknesses(tuple(Source(str(number), error=error) for number, error in enumerate(errors)))
    if raised is None:
        found.expect_all()
        return
    with pytest.raises(raised):
        found.expect_all()


def test_the_worst_source_is_judged_first():
    found = Weaknesses((Source("a"), Source("b", (weak("x", "high"),)), Source("c", error=GONE)))
    assert [source.name for source in found.asked] == ["b", "a"]


def test_npm_and_dependabot_in_one(monkeypatch):
    report = {
        "auditReportVersion": 2,
        "vulnerabilities": {
            "low": {"severity": "low", "via": ["qs"], "fixAvailable": False},
            "express": {
                "severity": "critical",
                "via": [{"title": "Bad", "url": "u"}],
                "fixAvailable": {"name": "express", "version": "5.0.0", "isSemVerMajor": True},
            },
        },
        "metadata": {"dependencies": {"total": 1200}},
    }

    class FakeNpm:
        def audit(self) -> AuditReport:
            return msgspec.convert(report, AuditReport)

    class FakeGitHub:
        def dependabot_alerts(self) -> list[DependabotAlert]:
            raise ABSENT

    monkeypatch.setattr(dependencies, "npm", lambda _settings: FakeNpm())
    found = weaknesses(cast(GitHubApi, FakeGitHub()), SETTINGS)
    assert [source.name for source in found.asked] == ["npm audit"]
    assert [weakness.level for weakness in found.asked[0].weaknesses] == ["critical", "low"]
    found.expect_all()


def test_npm_that_is_missing_does_not_hide_dependabot(monkeypatch):
    def missing(_settings: object) -> Npm:
        raise Unmeasured("no npm", service="npm")

    class FakeGitHub:
        def dependabot_alerts(self) -> list[DependabotAlert]:
            return []

    monkeypatch.setattr(dependencies, "npm", missing)
    found = weaknesses(cast(GitHubApi, FakeGitHub()), SETTINGS)
    assert [source.name for source in found.asked] == ["Dependabot"]
    with pytest.raises(Unmeasured, match="no npm"):
        found.expect_all()


@pytest.mark.parametrize(
    ("current", "latest", "behind"),
    [
        ("4.21.2", "5.1.0", "major"),
        ("4.21.2", "4.22.0", "minor"),
        ("4.21.2", "4.21.3", "patch"),
        ("0.33.5", "0.34.0", "major"),
        ("0.34.4", "0.34.5", "patch"),
        ("5.0.0-beta.2", "5.0.0", "patch"),
        ("", "1.0.0", "other"),
        ("git+ssh://x", "1.0.0", "other"),
    ],
)
def test_how_far_behind(current, latest, behind):
    assert OldDependency("x", current, "", latest, developing=False).behind == behind


def test_majors_are_counted_and_named():
    class FakeNpm:
        def read(self) -> Project:
            return Project(direct={"a": False, "b": True, "c": False}, locked={"a": "1.0.0"})

        def outdated(self) -> dict[str, Outdated]:
            return {
                "a": Outdated(wanted="1.0.0", latest="2.0.0"),
                "b": Outdated(current="1.0.0", wanted="1.0.1", latest="1.0.1"),
                "c": Outdated(current="3.0.0", wanted="3.0.0", latest="3.0.0"),
            }

    found = outdated_dependencies(cast(Npm, FakeNpm()))
    assert [(one.name, one.current, one.developing) for one in found.old] == [
        ("a", "1.0.0", False),
        ("b", "1.0.0", True),
    ]
    assert (found.majors.value, found.majors.over) == (1.0, "3 dependencies of the project (a 1.0.0 → 2.0.0)")
