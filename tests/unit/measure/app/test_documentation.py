"""Documents compared with later deployments: when no sign-off is needed, and when one is."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from playbook.clients.digitalocean_spec import DomainSpec, Spec
from playbook.clients.digitalocean_types import App, Deployment
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
    """A function from the days since each review and the deployments (phase, days ago) to the measurement."""

    def measure(
        reviews, *deployments, coverage=None, error=None, beside="", playbook=None, host="portfolio.example"
    ):
        folder = tmp_path / "runbooks"
        folder.mkdir()
        for number, ago in enumerate(reviews):
            line = f"Reviewed: {(NOW - ago * DAY).date()}" if ago is not None else "Reviewed: some day"
            (folder / f"{number}.md").write_text(f"# One\n\nOwner: Ada\n{line}\n")
        if beside:
            (folder / beside).write_text("= Restore the database\n")
        made = [
            Deployment(id=f"{n}", phase=phase, cause=f"commit {n} pushed", created_at=NOW - ago * DAY)
            for n, (phase, ago) in enumerate(deployments)
        ]

        def listed(since):
            if error:
                raise error
            return Listing(made, coverage or whole(f"{len(made)} deployments"))

        served = App("a", spec=Spec("x", domains=[DomainSpec(domain=host)]))
        client = SimpleNamespace(deployments=listed, app=lambda: served)
        monkeypatch.setattr(module, "digitalocean", lambda _: client)
        settings = load("production", environment={"PRODUCTION_URL": "https://portfolio.example"})
        named = playbook and str(tmp_path / playbook)
        people = msgspec.structs.replace(settings.people, runbooks=str(folder), playbook=named)
        return documentation(msgspec.structs.replace(settings, people=people), FixedClock(NOW))

    return measure


def test_no_deployment_since_the_review_needs_no_sign_off(found):
    """Failed and cancelled ones changed nothing."""
    measured = found([2, 3], ("ERROR", 1), ("CANCELED", 1), ("ACTIVE", 5))
    assert measured.settled == "nothing was deployed since all 2 documents were reviewed, by 2026-11-20"
    assert measured.evidence()


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
def test_deployments_since_the_review_are_listed_for_comparison(found, reviews, deployments):
    """A sign-off is needed that the documents are still accurate."""
    measured = found(reviews, *deployments)
    assert measured.settled == ""
    assert measured.since is not None
    assert "commit 0 pushed" in measured.since[0]


@pytest.mark.parametrize(
    ("reviews", "given"),
    [
        ([2, None], {}),
        ([-300], {}),  # a mistake in the year
        ([2, -3], {}),
        ([], {}),
        ([12], {}),  # an old review does not count for this week
        ([2], {"error": Unreachable("away", service="x")}),
        ([2], {"error": NotConfigured("no app", setting="x", add="y")}),
        ([2], {"coverage": lacking("", expected="all", got="half")}),
        ([2], {"beside": "restore.adoc"}),  # which nobody may have reviewed
        ([2], {"playbook": "moved.md"}),
        ([2], {"host": "shop.example"}),  # the app of another website
    ],
)
def test_unknown_facts_require_a_sign_off(found, reviews, given):
    """They are no finding by themselves."""
    measured = found(reviews, ("ACTIVE", 20), **given)
    assert measured.settled == ""
    assert measured.coverage.enough
    assert measured.evidence()
