"""Documents: each runbook has somebody who cares for it, was looked through in time, and leads somewhere."""

import pytest

pytestmark = pytest.mark.team


@pytest.mark.monthly
@pytest.mark.item("monthly.docs.runbooks")
def test_runbooks_are_looked_after(runbooks, limits, judge):
    """Every runbook has an owner, a review in time, commands that say what to expect, and live links."""
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
