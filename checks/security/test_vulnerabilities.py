"""Known weaknesses of dependencies."""

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
def test_no_dependency_is_known_to_be_weak(weaknesses: Weaknesses, limits: Limits, judge: Judge) -> None:
    """Neither ``npm audit`` nor Dependabot knows a weakness of level high or critical in the dependencies.

    npm missing, its registry out of reach, a project without lock file, or an audit that has not looked at all
    that this lists: UNKNOWN.
    """
    for source in weaknesses.asked:
        judge(source.reading, limits.dependency_alerts, subject=source.subject)


@pytest.mark.monthly
@pytest.mark.item("monthly.vulnerabilities.outdated")
def test_dependencies_are_not_far_behind(
    outdated_dependencies: OutdatedDependencies, limits: Limits, judge: Judge
) -> None:
    """At most five of the project's own dependencies are a major version behind; what is behind is listed.

    A dependency of which the registry tells no release: UNKNOWN.
    """
    judge(outdated_dependencies.majors, limits.outdated_majors)
