"""Post-mortems: which incidents require one, and how long it has been due."""

from datetime import date

import msgspec
import pytest

from playbook.core.clock import FixedClock
from playbook.core.errors import NotConfigured, Unreachable
from playbook.history.people.postmortems import TO_WRITE, mark
from playbook.history.runs import RUNS
from playbook.measure.people.postmortems import post_mortems
from playbook.settings.loading import load
from tests.unit.notify.lines import CRIT, DAY, OK, REDIS, START, UNK, keep, run

HOMEPAGE = "daily.probe.homepage"


@pytest.fixture
def settings(tmp_path):
    """Settings of the sandbox, with a folder of pages and a history of its own."""
    (tmp_path / "pages").mkdir()
    found = load("sandbox", environment={})
    people = msgspec.structs.replace(
        found.people, postmortems=str(tmp_path / "pages"), deliveries=str(tmp_path / "history")
    )
    return msgspec.structs.replace(found, people=people)


def measured(settings, days):
    """The measurement that many days after the first run."""
    return post_mortems(settings, FixedClock(START + days * DAY))


def outage(item=HOMEPAGE, verdict=CRIT, first=0):
    """Two failing runs and a healthy one."""
    return [run(first, {item: verdict}), run(first + 1, {item: verdict}), run(first + 2, {item: OK})]


def page(tmp_path, key, text):
    """Write a page of this incident."""
    (tmp_path / "pages" / f"{key}.md").write_text(f"{mark(key, 'sandbox')}\n{text}\n")


def test_recovered_severe_incident_requires_a_page_until_it_is_filed(tmp_path, settings):
    """Its age counts from the recovery, also while the page is unfinished."""
    keep(tmp_path / "history", *outage())
    found = measured(settings, 5)
    assert found.waiting.value == 3.0
    assert found.waiting.over == "(P1 Homepage response, recovered 2026-03-04 06:17 UTC, page: none)"
    key = found.asked[0].incident.key
    page(tmp_path, key, f"Why: {TO_WRITE}. Then: {TO_WRITE}.")
    begun = measured(settings, 6)
    assert (begun.waiting.value, begun.asked[0].page) == (4.0, "2 places still to be written")
    page(tmp_path, key, "Why: a certificate.")
    filed = measured(settings, 60)
    assert filed.waiting.value == 0.0
    assert filed.coverage.enough


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Why: (To be written)", 1),
        ("## Why\n\nTBD\n\n## Actions\n\n- Owner: TODO\n- [ ] ...\n", 3),
        ("## Why\n\n_to be done_\n", 1),
        ("## Why\n\n## Actions\n", 2),
        ("# Post-mortem\n\n## Why\n\nThe disk was full.\n\n## Actions\n", 1),
        ("", 1),
        ("Why:", 1),
        ("Why: -", 1),
        ("**Why:** <cause>", 1),
        ("## Actions\n\n- Owner:\n- Due: Friday\n", 1),
        ("- Owner:\n- Due:\n\n## Why\n\nThe disk was full.\n", 2),
        ("Cause:\n\nImpact: everybody\n", 1),
    ],
)
def test_page_with_an_empty_place_is_not_filed(tmp_path, settings, text, left):
    """Whatever words mark it, and where a section or the whole page is empty."""
    keep(tmp_path / "history", *outage())
    key = measured(settings, 5).asked[0].incident.key
    page(tmp_path, key, text)
    found = measured(settings, 5)
    assert (found.waiting.value, found.asked[0].page.split()[0]) == (3.0, str(left))


@pytest.mark.parametrize(
    "text",
    [
        "# Post-mortem\n\n## Why\n\n### First\n\nThe disk was full.\n\n## Actions\n\n- TODO list moved.\n",
        "Why: nobody knew what TBD meant in the runbook...\nAnd then?\n",
        "Actions:\n\n- Owner: Ada\n- Customers: none\n",
        "- Actions:\n  - Owner: Ada\n",
        "Why:\n\nThe disk was full.\n",
        "Impact: 5 - 10 % of visitors\n\n---\n\n| when | what |\n|---|---|\n| 06:00 | down |\n",
    ],
)
def test_written_page_is_filed(tmp_path, settings, text):
    """Also with such words in its sentences."""
    keep(tmp_path / "history", *outage())
    page(tmp_path, measured(settings, 5).asked[0].incident.key, text)
    assert measured(settings, 5).waiting.value == 0.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Why: the disk was full.\n\0\0\0\0", "NUL bytes in its text"),
        (
            "<<<<<<< HEAD\nWhy: the disk was full.\n=======\nWhy: nobody knows.\n>>>>>>> 1f0b2c3\n",
            "both sides of a merge that git could not finish",
        ),
    ],
)
def test_damaged_page_is_not_filed(tmp_path, settings, text, told):
    """What is there is not what somebody wrote."""
    keep(tmp_path / "history", *outage())
    page(tmp_path, measured(settings, 5).asked[0].incident.key, text)
    found = measured(settings, 5)
    assert (found.waiting.value, found.asked[0].page) == (3.0, told)


def test_page_that_is_too_long_to_be_read_is_not_filed(tmp_path, settings):
    """Its unfinished places may be at its end."""
    keep(tmp_path / "history", *outage())
    key = measured(settings, 5).asked[0].incident.key
    page(tmp_path, key, f"{'Lines of a log. ' * 70_000}Why: {TO_WRITE}.")
    found = measured(settings, 5)
    assert (found.waiting.value, found.asked[0].page) == (3.0, "over 1 MiB long, so that its end was not read")


def test_oldest_missing_page_is_named_with_the_number_of_others(tmp_path, settings):
    """Two of three."""
    keep(tmp_path / "history", *outage(), *outage(REDIS, first=10), *outage("daily.health.api", first=20))
    found = measured(settings, 30)
    assert len(found.asked) == 3
    page(tmp_path, found.asked[0].incident.key, "Done.")
    over = measured(settings, 30).waiting.over
    assert over.startswith("(P2 Redis alive, recovered")
    assert over.endswith(", and 1 more)")


def test_minor_and_open_incidents_require_none(tmp_path, settings):
    """A failed backup is P3, an unmeasurable item is at most P3, and an open incident is not over."""
    keep(
        tmp_path / "history",
        *outage("daily.backups.completed"),
        *outage(REDIS, UNK, first=5),
        run(9, {HOMEPAGE: CRIT}),
        run(10, {HOMEPAGE: CRIT}),
    )
    found = measured(settings, 20)
    assert found.asked == ()
    assert found.waiting.over == "(none asked for)"


def test_incidents_before_the_configured_day_require_none(tmp_path, settings):
    """For teams that introduce post-mortems later."""
    keep(tmp_path / "history", *outage())
    for day, count in ((4, 1), (5, 0)):
        people = msgspec.structs.replace(settings.people, postmortems_since=date(2026, 3, day))
        assert len(measured(msgspec.structs.replace(settings, people=people), 9).asked) == count


def test_history_without_runs_or_with_damage_is_unknown(tmp_path, settings):
    """Failures in it still count."""
    assert not measured(settings, 9).coverage.enough
    keep(tmp_path / "history", *outage())
    with (tmp_path / "history" / RUNS / "2026.jsonl").open("a") as file:
        file.write("{\n")
    damaged = measured(settings, 9)
    assert not damaged.coverage.enough
    assert damaged.waiting.value == 7.0
    assert "2026.jsonl line 4" in damaged.coverage.got


def test_missing_folder_holds_no_page(tmp_path, settings):
    """It is made with the first page."""
    keep(tmp_path / "history", *outage())
    (tmp_path / "pages").rmdir()
    assert measured(settings, 9).waiting.value == 7.0
    (tmp_path / "pages").write_text("a file")
    with pytest.raises(
        Unreachable, match=r"Post-mortems: expected to read the folder pages, got an error \(Not a directory\)"
    ):
        measured(settings, 9)


def test_page_of_another_incident_or_target_does_not_count(tmp_path, settings):
    """Its mark identifies its incident."""
    keep(tmp_path / "history", *outage())
    key = measured(settings, 5).asked[0].incident.key
    (tmp_path / "pages" / "a.md").write_text(f"{mark(key, 'production')}\n")
    (tmp_path / "pages" / "b.md").write_text(f"{mark('0' * 12 + '-1', 'sandbox')}\n")
    (tmp_path / "pages" / "c.md").write_text("no mark")
    assert measured(settings, 5).waiting.value == 3.0


def test_settings_without_a_folder_are_not_configured(settings):
    """With the line to add."""
    people = msgspec.structs.replace(settings.people, postmortems=None)
    with pytest.raises(NotConfigured, match=r"people\.postmortems"):
        measured(msgspec.structs.replace(settings, people=people), 1)
