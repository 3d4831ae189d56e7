"""Handoff pages: open problems and their age, what changed, what ends; from the history of runs."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from playbook.cli.handoff import collect
from playbook.core.catalogue import Catalogue, Item
from playbook.core.clock import FixedClock
from playbook.core.errors import Unreachable
from playbook.core.sign_off import Attestation, Rule, SignOff
from playbook.core.verdict import Verdict
from playbook.history.handoff_files import read_pages
from playbook.history.handoff_page import Ending, make_page
from playbook.history.runs import append
from playbook.report.handoff import handoff_html, handoff_markdown, write_page
from playbook.settings.loading import load
from tests.factories import HOSTILE
from tests.history_factory import finding, run_line

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OK, WARNING, CRITICAL, UNKNOWN, WAIVED = (
    Verdict.OK,
    Verdict.WARNING,
    Verdict.CRITICAL,
    Verdict.UNKNOWN,
    Verdict.WAIVED,
)


ITEMS = {
    f"daily.example.{number}": Item(f"daily.example.{number}", f"Example {number}", "", "", "Do this first.", "")
    for number in range(2)
}
CATALOGUE = Catalogue(ITEMS, [])


def runs_of(ago_to_verdicts, **changes):
    """Runs: days ago → verdicts of the items 0, 1, …; oldest first."""
    return [
        run_line(
            {f"daily.example.{n}": finding(each, **changes) for n, each in enumerate(verdicts) if each},
            started=NOW - timedelta(days=ago),
        )
        for ago, verdicts in sorted(ago_to_verdicts.items(), reverse=True)
    ]


def page(runs, catalogue=CATALOGUE, **changes):
    given = {"target": "production", "period": "weekly", "now": NOW, "last_made": None, "endings": []}
    return make_page(runs, catalogue, **{**given, **changes})


def test_open_problem_has_its_age():
    """From the first of the runs in a row that found it, worst and oldest first."""
    runs = runs_of({5: [CRITICAL, OK], 4: [OK, WARNING], 3: [WARNING, WARNING], 1: [CRITICAL, WARNING]})
    found = page(runs).problems
    assert [(each.item, each.verdict, (NOW - each.since).days) for each in found] == [
        ("daily.example.0", CRITICAL, 3),
        ("daily.example.1", WARNING, 4),
    ]
    assert found[0].report == "production-daily-20261122T090000Z"
    assert (found[0].title, found[0].next_step) == ("Example 0", "Do this first.")


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (OK, [CRITICAL], "new"),
        (None, [WARNING], "new"),
        (CRITICAL, [OK], "recovered"),
        (WARNING, [CRITICAL], "worse"),
        (CRITICAL, [WARNING], "better"),
        (OK, [CRITICAL, OK], "came and went"),
        (CRITICAL, [WAIVED], "waived"),
        (WAIVED, [CRITICAL], "new"),
        (CRITICAL, [CRITICAL], None),
        (OK, [OK], None),
        (None, [OK], None),
    ],
)
def test_changes_are_relative_to_last_page(before, after, change):
    """Against how it was when that was made."""
    runs = {6.5: [before]} if before else {}
    runs |= {5 - number: [verdict] for number, verdict in enumerate(after)}
    changes = page(runs_of(runs), last_made=NOW - timedelta(days=6)).changes
    assert [each.change for each in changes] == ([change] if change else [])


def test_first_page_covers_one_period():
    """A week; and no further back than two, however long ago the last one was."""
    runs = runs_of({1: [OK]})
    assert page(runs).since == NOW - timedelta(days=7)
    assert page(runs, last_made=NOW - timedelta(days=90)).since == NOW - timedelta(days=14)


def test_recovery_shows_its_value():
    """The history keeps no sentence of what is well."""
    limit = {"target": "> 90 %", "warning": "< 80 %"}
    good = {"daily.example.0": finding(OK, value=94.25, limit=limit), "daily.example.1": finding(OK)}
    runs = [*runs_of({8: [CRITICAL, UNKNOWN]}), run_line(good, started=NOW - timedelta(days=1))]
    assert [each.message for each in page(runs).changes] == ["Example 0: 94.25 %", "Example 1: well"]


def test_unmeasured_item_has_own_next_step():
    """That of the item is for when it was measured."""
    (found,) = page(runs_of({1: [UNKNOWN]})).problems
    assert found.next_step.startswith("Find in the report why it could not be measured")


def test_removed_item_is_named_by_id():
    """Its last word still stands."""
    (found,) = page(runs_of({1: [CRITICAL]}), Catalogue({}, [])).problems
    assert (found.title, found.next_step) == ("daily.example.0", "")


def test_other_targets_and_future_runs_are_ignored():
    """Nor does a second look at the same run."""
    mine = runs_of({1: [CRITICAL]})
    again = run_line({}, started=NOW - timedelta(hours=23), confirms=mine[0].id)
    others = [run_line({"daily.example.1": CRITICAL}, target="staging"), *runs_of({-1: [OK]})]
    found = page([*mine, again, *others])
    assert found.runs == {"daily": 1}
    assert [each.item for each in found.problems] == ["daily.example.0"]


def test_page_is_made_from_history_alone(tmp_path):
    """Of a checkout that has no reports; damaged lines are named."""
    settings = load("production", root=tmp_path, environment={})
    history = tmp_path / "history"
    file = append(history, run_line({"daily.kpi.availability": CRITICAL}, started=NOW - timedelta(days=1)))
    file.write_bytes(file.read_bytes() + b"<<<<<<< HEAD\n")
    made = collect(settings, "weekly", history, tmp_path / "pages", FixedClock(NOW))
    assert [(each.title, each.verdict) for each in made.problems] == [("Availability, 24 h", CRITICAL)]
    assert made.not_read[0].startswith("runs/2026.jsonl line 2: is damaged")


def test_page_without_runs_says_nothing_is_known():
    """Rather than that all is well."""
    assert "nothing is known" in handoff_markdown(page([]))
    assert "UNKNOWN" not in handoff_html(page([]))
    assert 'class="verdict v-unknown"' in handoff_html(page([]))
    for told in (handoff_html(page([])), handoff_markdown(page([]))):
        assert "No open problems" not in told
        assert "None: every item" not in told
        assert "Not known: no run of this target was found" in told


def test_page_without_changes_names_the_runs_it_is_made_of():
    """In a sentence, on the page and in its Markdown."""
    made = page(runs_of({2: [OK, OK], 1: [OK, OK], 0.5: [OK, OK]}))
    for text in (handoff_html(made), handoff_markdown(made)):
        assert "Nothing, as far as 3 runs (3 daily) can tell." in text


def test_hostile_texts_are_escaped_in_handoff():
    """No script, no mention, no request to anywhere."""
    items = {item: Item(item, HOSTILE, "", "", HOSTILE, "") for item in ITEMS}
    runs = runs_of({1: [CRITICAL, WARNING]}, message=HOSTILE)
    made = page(
        runs,
        Catalogue(items, []),
        endings=[Ending(HOSTILE, HOSTILE, NOW, HOSTILE)],
        on_call=[HOSTILE],
        not_read=[HOSTILE],
    )
    html = handoff_html(made)
    assert "<script>alert" not in html
    assert not re.search(r"<(img|script|link rel=.stylesheet|iframe)", html)
    assert "@someone" not in handoff_markdown(made)


def test_written_page_can_be_read_again(tmp_path):
    """HTML, Markdown and JSON; a missing one is noticed, and so is a file that is no page."""
    made = page(runs_of({1: [CRITICAL]}), endings=[Ending("waiver", "daily.example.0", NOW)])
    pages = tmp_path / "pages"
    files = write_page(pages, made)
    assert [file.suffix for file in files] == [".html", ".md", ".json"]
    assert read_pages(pages, "production", "weekly").kept[0].page == made
    assert read_pages(pages, "production", "weekly").kept[0].lacking == ()
    assert read_pages(pages, "production", "monthly").kept == ()
    files[0].unlink()
    (pages / "production-weekly-x.json").write_text("{")
    found = read_pages(pages, "production", "weekly")
    assert found.kept[0].lacking == (".html",)
    assert found.damaged[0].startswith("production-weekly-x.json: ")


def test_missing_folder_is_unreachable(tmp_path):
    """UNKNOWN, not a finding."""
    with pytest.raises(Unreachable, match="expected the folder pages, which is not there"):
        read_pages(tmp_path / "pages", "production", "weekly")


def test_part_removed_from_product_is_no_open_problem():
    """It is named once, on the page and in its Markdown."""
    runs = runs_of({5: [CRITICAL, OK], 3: [CRITICAL, WARNING]})
    runs.append(
        run_line(
            {"daily.example.1": finding(WARNING)},
            started=NOW - timedelta(days=1),
            left_out={"redis": ["daily.example.0"]},
        )
    )
    made = page(runs, left_out=["redis (5 items)"])
    assert [each.item for each in made.problems] == ["daily.example.1"]
    assert handoff_markdown(made).count("Not part of this product: redis (5 items).") == 1
    assert handoff_html(made).count("Not part of this product: redis (5 items).") == 1


def test_handoff_times_are_shown_in_both_zones():
    """In UTC, and beside it in the zone of the target."""
    made = page(runs_of({1: [CRITICAL, OK]}), time_zone="Europe/Berlin")
    for text in (handoff_html(made), handoff_markdown(made)):
        assert "Mon 23 Nov 2026, 09:00 UTC (10:00 in Berlin)" in text


def test_people_on_call_can_be_called_from_the_page():
    """Numbers and addresses are links; dates are none."""
    made = page(
        runs_of({}), on_call=["primary: Ada, +49 30 5550101; from Mon 2026-11-30 09:00 Ben, ben@example.com"]
    )
    text = handoff_html(made)
    assert '<a class="call" href="tel:+49305550101">+49 30 5550101</a>' in text
    assert '<a class="call" href="mailto:ben@example.com">ben@example.com</a>' in text
    assert text.count('class="call"') == 2


def test_sign_offs_that_end_are_told_in_sentences():
    """By the title of the item, with its id."""
    signed = Ending(
        "sign-off",
        "weekly.docs.updated",
        NOW + timedelta(days=2),
        "one by Ada on 2026-11-26, which expires in 48 h",
    )
    missing = Ending("sign-off", "weekly.team.notified", None, "none")
    made = page(runs_of({}), endings=[signed, missing])
    for text in (handoff_html(made), handoff_markdown(made)):
        assert "Documentation up to date" in text
        assert "Nobody has signed it off." in text
    assert "Signed off by Ada on 2026-11-26; it expires in 48 h." in handoff_html(made)


@pytest.mark.parametrize(
    ("signed", "expires", "refused", "told"),
    [
        (-7, 2, (), "Signed off by Ada on 2026-11-16; it expires in 2 days."),
        (
            -7,
            -3,
            ("line 3 was edited",),
            "Signed off by Ada on 2026-11-16; it expired 3 days ago (line 3 was edited).",
        ),
        (None, None, (), "Nobody has signed it off."),
        (None, None, ("line 3 was edited",), "Sign-off: none that is valid (line 3 was edited)."),
    ],
)
def test_words_of_a_sign_off_are_understood_by_the_page(signed, expires, refused, told):
    """The sentence is made of the words that the JSON of each page holds: a change of them must not break it."""
    line = None
    if signed is not None:
        when, ends = NOW + timedelta(days=signed), NOW + timedelta(days=expires)
        line = Attestation(item="weekly.docs.updated", who="Ada", when=when, note="read", expires=ends, digest="")
    sign_off = SignOff("weekly.docs.updated", line, refused, Rule(timedelta(days=31), timedelta(days=7)), NOW)
    made = page(runs_of({}), endings=[Ending("sign-off", sign_off.item, sign_off.until, sign_off.found)])
    for text in (handoff_html(made), handoff_markdown(made)):
        assert told in text
