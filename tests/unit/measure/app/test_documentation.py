"""Documents against what was deployed since: what settles it, and what only a person can tell."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from playbook.clients.digitalocean_types import Deployment
from playbook.clients.listing import Listing
from playbook.core.clock import FixedClock
from playbook.core.coverage import lacking, whole
from playbook.core.errors import NotConfigured, Unreachable
from playbook.measure.app import documentation as module
from playbook.measure.app.documentation import documentation
from playbook.settings.loading import load

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def found(tmp_path, monkeypatch):
    """A function from the days since each review and the deployments (phase, days ago) to what is told."""

    def measure(reviews, *deployments, coverage=None, error=None):
        folder = tmp_path / "runbooks"
        folder.mkdir()
        for number, ago in enumerate(reviews):
            line = f"Reviewed: {(NOW - ago * DAY).date()}" if ago is not None else "Reviewed: some day"
            (folder / f"{number}.md").write_text(f"# One\n\nOwner: Ada\n{line}\n")
        made = [
            Deployment(id=f"{n}", phase=phase, cause=f"commit {n} pushed", created_at=NOW - ago * DAY)
            for n, (phase, ago) in enumerate(deployments)
        ]

        def listed(since):
            if error:
                raise error
            return Listing(made, coverage or whole(f"{len(made)} deployments"))

        monkeypatch.setattr(module, "digitalocean", lambda _: SimpleNamespace(deployments=listed))
        settings = load("production", environment={})
        people = msgspec.structs.replace(settings.people, runbooks=str(folder), playbook=None)
        return documentation(msgspec.structs.replace(settings, people=people), FixedClock(NOW))

    return measure


def test_nothing_deployed_since_the_review_needs_nobodys_word(found):
    """Failed and cancelled ones changed nothing."""
    told = found([2, 3], ("ERROR", 1), ("CANCELED", 1), ("ACTIVE", 5))
    assert told.settled == "nothing was deployed since all 2 documents were reviewed, by 2026-11-20"
    assert told.evidence()


@pytest.mark.parametrize(
    ("reviews", "deployments"),
    [
        ([2, 3], [("ACTIVE", 1)]),
        ([2, 6], [("ACTIVE", 5)]),  # the oldest review counts
        ([2], [("SUPERSEDED", 1.9)]),
        ([2], [("DEPLOYING", 0.1)]),
        ([2], [("NEWLY_NAMED", 1)]),
        ([2], [("ACTIVE", 2.1)]),  # on the day of the review, so perhaps after it
    ],
)
def test_what_was_deployed_since_is_listed_for_who_compares(found, reviews, deployments):
    """And somebody has to sign that the documents follow it."""
    told = found(reviews, *deployments)
    assert told.settled == ""
    assert told.since is not None
    assert "commit 0 pushed" in told.since[0]


@pytest.mark.parametrize(
    ("reviews", "given"),
    [
        ([2, None], {}),
        ([], {}),
        ([12], {}),  # a review of long ago is no review of this week
        ([2], {"error": Unreachable("away", service="x")}),
        ([2], {"error": NotConfigured("no app", setting="x", add="y")}),
        ([2], {"coverage": lacking("", expected="all", got="half")}),
    ],
)
def test_what_cannot_be_told_is_left_to_a_person(found, reviews, given):
    """And is no finding by itself."""
    told = found(reviews, ("ACTIVE", 20), **given)
    assert told.settled == ""
    assert told.coverage.enough
    assert told.evidence()
