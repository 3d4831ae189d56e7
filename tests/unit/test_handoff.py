"""Handoff pages: open problems and their age, what changed, what ends; from runs that lie in a folder."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from playbook.errors import Unreachable
from playbook.handoff import Ending, make_page
from playbook.handoff_files import read_pages, write_page
from playbook.past_runs import past_runs
from playbook.report.handoff import handoff_html, handoff_markdown
from playbook.verdict import Verdict
from tests.factories import HOSTILE, record, results

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OK, WARNING, CRITICAL, UNKNOWN, WAIVED = (
    Verdict.OK,
    Verdict.WARNING,
    Verdict.CRITICAL,
    Verdict.UNKNOWN,
    Verdict.WAIVED,
)


@pytest.fixture
def reports(tmp_path):
    """Writes runs: days ago → verdicts of the items 0, 1, …"""

    def write(runs, **changes):
        for ago, verdicts in runs.items():
            started = f"{NOW - timedelta(days=ago):%Y-%m-%dT%H:%M:%SZ}"
            records = [record(each, number, **changes) for number, each in enumerate(verdicts) if each]
            folder = tmp_path / f"production-daily-{started}"
            folder.mkdir()
            (folder / "results.json").write_bytes(msgspec.json.encode(results(records, started=started)))
        return tmp_path

    return write


def page(reports, **changes):
    given = {"target": "production", "period": "weekly", "now": NOW, "last_made": None, "endings": []}
    return make_page(past_runs(reports, "production", NOW), **{**given, **changes})


def test_an_open_problem_has_its_age(reports):
    """From the first of the runs in a row that found it, worst and oldest first."""
    folder = reports({5: [CRITICAL, OK], 4: [OK, WARNING], 3: [WARNING, WARNING], 1: [CRITICAL, WARNING]})
    found = page(folder).problems
    assert [(each.item, each.verdict, (NOW - each.since).days) for each in found] == [
        ("daily.example.0", CRITICAL, 3),
        ("daily.example.1", WARNING, 4),
    ]
    assert found[0].report.startswith("production-daily-2026-11-22")


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
def test_what_changed_since_the_last_page(reports, before, after, change):
    """Against how it was when that was made."""
    runs = {6.5: [before]} if before else {}
    runs |= {5 - number: [verdict] for number, verdict in enumerate(after)}
    changes = page(reports(runs), last_made=NOW - timedelta(days=6)).changes
    assert [each.change for each in changes] == ([change] if change else [])


def test_without_a_last_page_the_period_counts(reports):
    """A week; and no further back than two, however long ago the last one was."""
    folder = reports({1: [OK]})
    assert page(folder).since == NOW - timedelta(days=7)
    assert page(folder, last_made=NOW - timedelta(days=90)).since == NOW - timedelta(days=14)


def test_damaged_and_foreign_runs_are_named_and_skipped(reports):
    """And ``latest`` is not counted twice."""
    folder = reports({1: [CRITICAL]})
    for name, text in {"cut": b'{"target": "prod', "old": b'{"schema": 0}', "empty": b""}.items():
        (folder / name).mkdir()
        (folder / name / "results.json").write_bytes(text)
    (folder / "latest").symlink_to(next(folder.glob("production-*")))
    other = folder / "staging-daily"
    other.mkdir()
    (other / "results.json").write_bytes(msgspec.json.encode(results([record(OK)], target="staging")))
    found = page(folder)
    assert found.runs == {"daily": 1}
    assert [line.partition(":")[0] for line in found.not_read] == ["cut", "empty", "old"]


def test_a_page_says_that_nothing_is_known(tmp_path):
    """Rather than that all is well."""
    assert "nothing is known" in handoff_markdown(page(tmp_path))
    assert "UNKNOWN" not in handoff_html(page(tmp_path))
    assert 'class="verdict v-unknown"' in handoff_html(page(tmp_path))


def test_pages_are_safe_whatever_stands_in_them(reports):
    """No script, no mention, no request to anywhere."""
    folder = reports({1: [CRITICAL, WARNING]}, title=HOSTILE, message=HOSTILE, next_step=HOSTILE)
    made = page(folder, endings=[Ending(HOSTILE, HOSTILE, NOW, HOSTILE)], on_call=[HOSTILE], not_read=[HOSTILE])
    html = handoff_html(made)
    assert "<script>alert" not in html
    assert not re.search(r"<(img|script|link rel=.stylesheet|iframe)", html)
    assert "@someone" not in handoff_markdown(made)


def test_what_is_written_is_read_again(reports, tmp_path):
    """HTML, Markdown and JSON; a missing one is noticed, and so is a file that is no page."""
    made = page(reports({1: [CRITICAL]}), endings=[Ending("waiver", "daily.example.0", NOW)])
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


def test_a_folder_that_is_not_there_is_unreachable(tmp_path):
    """UNKNOWN, not a finding."""
    with pytest.raises(Unreachable, match="expected the folder pages, which is not there"):
        read_pages(tmp_path / "pages", "production", "weekly")
