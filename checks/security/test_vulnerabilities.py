"""Known vulnerabilities of dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.security.dependencies import OutdatedDependencies, Weaknesses
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.vulnerabilities


@pytest.mark.monthly
@pytest.mark.item("monthly.vulnerabilities.audit")
def test_no_dependency_is_vulnerable(weaknesses: Weaknesses, limits: Limits, judge: Judge) -> None:
    """Neither ``npm audit`` nor Dependabot reports a vulnerability of level high or critical in the dependencies.

    UNKNOWN: npm is missing, its registry is unreachable, a project has no lock file, or an audit did not cover all
    the dependencies listed there.
    """
    for source in weaknesses.asked:
        judge(source.reading, limits.dependency_alerts, subject=source.subject)


@pytest.mark.monthly
@pytest.mark.item("monthly.vulnerabilities.outdated")
def test_dependencies_are_not_far_behind(
    outdated_dependencies: OutdatedDependencies, limits: Limits, judge: Judge
) -> None:
    """At most five of the project's own dependencies are a major version behind; outdated ones are listed.

    UNKNOWN: a dependency for which the registry names no release.
    """
    judge(outdated_dependencies.majors, limits.outdated_majors)
