"""Documents: the playbook and the runbooks have an owner and are reviewed in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.people.playbook import PlaybookDocument
    from playbook.measure.people.runbooks import Runbooks
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.team


@pytest.mark.monthly
@pytest.mark.item("monthly.docs.runbooks")
def test_runbooks_are_maintained(runbooks: Runbooks, limits: Limits, judge: Judge) -> None:
    """Every runbook has an owner, a timely review, commands with their expected output, and live links."""
    judge.that(
        not runbooks.problems,
        "Runbooks",
        expected="owner, date of review, commands and outcomes in each",
        found=runbooks.summary,
    )
    judge(runbooks.review_age, limits.runbook_review_age)
    judge.that(
        not runbooks.dead_links,
        "Links in runbooks",
        expected="none to a missing file or heading",
        found=runbooks.links,
    )
    judge.that(
        not runbooks.silent, "Links in runbooks", expected="each to answer", found=runbooks.links, warn=True
    )


@pytest.mark.monthly
@pytest.mark.item("monthly.docs.playbook")
def test_playbook_is_maintained(playbook_document: PlaybookDocument, limits: Limits, judge: Judge) -> None:
    """The playbook has an owner and a version, and was reviewed within 35 days (critical over 70 days)."""
    judge.that(
        not playbook_document.lacks,
        "Playbook",
        expected="owner, version and date of review",
        found=playbook_document.found,
    )
    judge(playbook_document.review_age, limits.playbook_review_age)
