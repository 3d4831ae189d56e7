"""junit.xml, summary.md, the terminal and pytest-html say the same in their own form."""

import re
from collections import Counter
from xml.etree import ElementTree

import msgspec
import pytest

from playbook.__main__ import main
from playbook.core.context import Since, Thread
from playbook.core.record import Action, RootCause
from playbook.core.run_folder import RunFolder
from playbook.core.verdict import EXIT_OK, EXIT_USAGE, Verdict
from playbook.report import read_results, render_folder, write_all
from playbook.report.junit import junit
from playbook.report.pytest_html import pytest_html_results_table_html, pytest_html_results_table_row
from playbook.report.summary import summary
from playbook.report.terminal import lines
from playbook.report.threshold_bar import threshold_bar
from playbook.settings.loading import load
from tests.factories import HOSTILE, hostile, record, results, six_verdicts


def terminal(made, width=80):
    """The terminal's text."""
    return "\n".join(text for text, _ in lines(made, "reports/x/index.html", width))


@pytest.mark.parametrize("made", [six_verdicts(), hostile(), results([])], ids=["six", "hostile", "empty"])
def test_junit_outcomes_match_verdicts(made):
    """CRITICAL is a failure, UNKNOWN an error, NOT CONFIGURED and WAIVED are skipped; it always parses."""
    (suite,) = ElementTree.fromstring(junit(made))
    cases = suite.findall("testcase")
    kinds = Counter(child.tag for case in cases for child in case)
    said = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    assert said["tests"] == len(cases) == len(made.records)
    assert said["failures"] == kinds["failure"] == made.counts["CRITICAL"]
    assert said["errors"] == kinds["error"] == made.counts["UNKNOWN"]
    assert said["skipped"] == kinds["skipped"] == made.counts["NOT CONFIGURED"] + made.counts["WAIVED"]
    (told,) = {p.get("value") for p in suite.iter("property") if p.get("name") == "verdict"}
    assert told == str(made.verdict)
    words = Counter(case[0].get("type") or (case[0].text or "").partition(":")[0] for case in cases)
    assert words == Counter(str(r.verdict) for r in made.records)


def test_summary_lists_verdict_then_causes_then_failures():
    """Then causes, then what needs attention, worst first."""
    text = summary(six_verdicts())
    assert text.startswith("# ✕ CRITICAL: daily checks of production")
    order = [
        "Root causes",
        "CRITICAL: Example 4",
        "UNKNOWN: Example 6",
        "WARNING: Example 3",
        "Figures",
        "Not configured",
    ]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert "- Next step: Do this first." in text


def test_summary_is_cut_at_line_end_below_limit():
    """GitHub drops a summary that is too large whole."""
    made = results([record(Verdict.CRITICAL, n, message="m" * 500) for n in range(300)])
    text = summary(made, largest=20_000)
    assert len(text.encode()) <= 20_000
    assert text.endswith("… cut here; results.json holds the rest.\n")
    assert "\n".join(summary(made).splitlines()[:20]) in text


def test_summary_escapes_hostile_text():
    """No table is broken, nobody is mentioned, no markup of its own."""
    text = summary(hostile())
    assert "\\<script\\>" in text
    assert "@someone" not in re.sub("(`+) .*? \\1", "", text)  # in code nobody is mentioned
    assert not re.search("[\x00-\x08\x1b\u202e]", text)
    for row in re.findall(r"^\|.*$", text, re.MULTILINE):
        assert len(re.findall(r"(?<!\\)\|", row)) in {3, 6}, row


def test_summary_shows_commands_as_code():
    """In every text of ours; what a system said is escaped."""
    command = "Run `make up *` first."
    found = record(
        Verdict.CRITICAL,
        message="it said `make up *`",
        why=f"Why: {command}",
        next_step=f"Next: {command}",
        runbook="high-response-times",
        resolution=[Action("Immediate", f"Resolve: {command}")],
    )
    cause = RootCause(id="redis", message="Redis: `no`", hint=f"Hint: {command}", items=["daily.example.1"])
    text = summary(results([found], root_causes=[cause]))
    for name in ("Why", "Next", "Resolve", "Hint"):
        assert f"{name}: Run `make up *` first." in text
    assert "it said \\`make up \\*\\`" in text
    assert "**Redis: \\`no\\`**" in text


def test_summary_tells_times_in_the_zone_of_the_target():
    """Since when a problem exists, in UTC and beside it in that zone."""
    found = record(Verdict.CRITICAL)
    since = Since(first="2026-11-20T06:17:00Z", runs=4, change="still")
    made = results([found], time_zone="Europe/Berlin", thread=Thread(since={found.item: since}))
    assert "since Fri 20 Nov, 06:17 UTC (07:17 in Berlin)" in summary(made)


def test_summary_keeps_addresses_and_creates_no_mentions():
    """An address stays whole; a number behind # would become somebody's issue."""
    message = "see https://portfolio.example/a_b?x=1*2 and #12, @team"
    text = summary(results([record(Verdict.CRITICAL, message=message)]))
    assert "see <https://portfolio.example/a_b?x=1>\\*2 and \\#\u200b12, @\u200bteam" in text


def test_summary_of_unbounded_texts_contains_every_finding():
    """Texts are cut before the document is."""
    text = summary(results([record(Verdict.CRITICAL, n, message="m" * 2_000_000) for n in range(5)]))
    assert text.count("### ✕ CRITICAL") == 5


@pytest.mark.parametrize("made", [six_verdicts(), hostile(), results([])], ids=["six", "hostile", "empty"])
def test_junit_has_one_outcome_per_case(made):
    """Beside what tests/unit/report/test_readers.py holds by the schema: order, times, names."""
    root = ElementTree.fromstring(junit(made))
    assert root.tag == "testsuites"
    (suite,) = root
    assert [child.tag for child in suite] == ["properties"] + ["testcase"] * len(made.records)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
    assert all(
        float(case.attrib["time"]) >= 0 and case.get("name") and case.get("classname") for case in suite[1:]
    )
    for case in suite[1:]:
        outcomes = [child for child in case if child.tag in {"failure", "error", "skipped"}]
        assert len(outcomes) <= 1
        assert all(outcome.get("message") for outcome in outcomes)
        assert {child.tag for child in case} <= {"failure", "error", "skipped", "system-out"}


def test_terminal_lists_worst_first_and_report_path_last():
    """Each finding with expected, found and next step; counts in the six words.

    A root cause that only leaves checks unjudged comes after what is out of bounds, as in the other forms.
    """
    text = terminal(six_verdicts())
    assert text.index("✕ CRITICAL  Example 4") < text.index("? ROOT CAUSE") < text.index("▲ WARNING  Example 3")
    assert "expected  at least 80 %" in text
    assert "found     61.2 %" in text
    assert "next      Do this first." in text
    assert "1 CRITICAL · 2 UNKNOWN · 1 WARNING · 1 WAIVED · 2 NOT CONFIGURED · 2 OK · 4.2 s" in text
    assert text.endswith("report: reports/x/index.html")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_terminal_output_fits_width_without_control_characters(width):
    """Also for hostile text, and no control character reaches the screen."""
    text = terminal(hostile(), width)
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)
    assert max(map(len, text.splitlines())) <= max(width, 100)


def test_healthy_run_is_one_sentence():
    """Nothing but the verdict, the counts and the report."""
    text = terminal(results([record(Verdict.OK, n) for n in range(19)]))
    assert text.split("\n")[1:3] == ["✓ OK", "  19 checks measured, all within limits. Nothing to do."]


@pytest.mark.parametrize(
    ("executed", "said"), [(0, "No check was"), (1, "Only 1 check was"), (2, "Only 2 checks were")]
)
def test_too_few_checks_are_said_in_a_whole_sentence(executed, said):
    text = terminal(results([record(Verdict.UNKNOWN, 1)], executed=executed, floor=5))
    assert f"{said} executed, and a verdict on this set needs 5 (floors.daily)." in " ".join(text.split())


def test_good_part_of_a_set_is_called_a_part():
    """As others of the set were not measured."""
    text = terminal(msgspec.structs.replace(results([record(Verdict.OK, 1)]), partial=True))
    assert text.split("\n")[2] == "  1 check measured, all within limits. This was only a part of the set."


@pytest.mark.parametrize(
    ("value", "zone", "low", "high"),
    [
        (0.0, "good", 0, 25),
        (0.999, "good", 0, 25),
        (1.0, "short", 25, 50),
        (2.0, "short", 25, 50),
        (2.1, "warning", 50, 75),
        (5.0, "warning", 50, 75),
        (5.1, "critical", 75, 100),
        (900, "critical", 75, 100),
    ],
)
def test_threshold_bar_marks_zone_of_verdict(value, zone, low, high):
    """From good on the left to critical on the right."""
    drawn = threshold_bar(load("sandbox", environment={}).limits.response_time, value)
    assert drawn.zone == zone
    assert (drawn.word == "short of target") is (zone == "short")
    assert low <= drawn.position <= high


def test_threshold_bar_names_edges_and_omits_empty_zones():
    """With ``< 25 h`` and ``>= 25 h`` there is nothing between; without a target nothing is below it."""
    limits = load("sandbox", environment={}).limits
    age = threshold_bar(limits.backup_age, 25.0)
    assert [zone.name for zone in age.zones] == ["good", "warning", "critical"]
    assert [text for _, text in age.edges] == ["25 h", "26 h"]
    assert (age.zone, threshold_bar(limits.backup_age, 24.9).zone) == ("warning", "good")
    queue = threshold_bar(limits.queue_length, 12)
    assert [zone.name for zone in queue.zones] == ["within", "warning", "critical"]
    assert queue.word == "within limits"


def test_threshold_bar_is_reversed_when_more_is_better():
    """Good is still on the left."""
    limit = load("sandbox", environment={}).limits.availability
    positions = [
        threshold_bar(limit, value).position for value in (100, 99.95, 99.9, 99.7, 99.5, 99.2, 99.0, 98.0, 0.0)
    ]
    assert positions == sorted(positions)


def report_with(carried):
    """A pytest report that carries a record."""
    nodeid = "checks/test_x.py::test_x[<script>]"
    report = pytest.TestReport(nodeid, ("", 0, ""), {}, "passed", None, "call")
    report.playbook_record = msgspec.json.encode(carried).decode() if carried else None  # type: ignore[attr-defined]
    return report


@pytest.mark.parametrize("carried", [*hostile().records, None], ids=lambda r: str(r.verdict) if r else "no-record")
def test_pytest_html_cells_are_escaped_with_known_outcome(carried):
    """A row with another outcome would vanish, and it escapes neither ids nor what it is handed."""
    cells, data = ["<td>Passed</td>", "raw", "", ""], ["raw"]
    pytest_html_results_table_row(report=report_with(carried), cells=cells)
    pytest_html_results_table_html(report=report_with(carried), data=data)
    assert "<script" not in "".join(cells + data)
    if carried:
        assert re.search(r">(Passed|Failed|Skipped|XFailed|XPassed)<", cells[0])
        assert f'data-verdict="{carried.verdict}"' in cells[0]
        assert "expected" in data[0].lower() or HOSTILE[:5] in data[0]


def test_every_file_is_written_and_latest_points_to_newest(tmp_path):
    """And the newest run replaces the one before."""
    from datetime import UTC, datetime

    now = datetime(2026, 11, 23, 7, tzinfo=UTC)
    for made in (six_verdicts(), results([])):
        folder = RunFolder(tmp_path, "production", "daily", now)
        folder.write(made)
        write_all(made, folder.path)
        names = {path.name for path in folder.path.iterdir()}
        assert names == {
            *("results.json", "index.html", "junit.xml", "summary.md"),
            *("ctrf.json", "metrics.txt", "openmetrics.txt", "playbook.sarif"),
        }
        assert read_results(tmp_path / "latest") == made


def test_latest_is_redirect_page_without_symlink_support(tmp_path, monkeypatch):
    """Some file systems know no symbolic links."""
    from pathlib import Path

    from playbook.report.latest import point_latest_at

    def refuse(*_, **__):
        raise OSError("not supported")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    (tmp_path / "run-1").mkdir()
    point_latest_at(tmp_path / "run-1")
    assert "url=../run-1/index.html" in (tmp_path / "latest" / "index.html").read_text()


def test_latest_link_is_replaced_not_followed(tmp_path, monkeypatch):
    """A link from better times gives way to the page."""
    from pathlib import Path

    from playbook.report.latest import point_latest_at

    for name in ("run-1", "run-2"):
        (tmp_path / name).mkdir()
    (tmp_path / "run-1" / "index.html").write_text("the report")
    point_latest_at(tmp_path / "run-1")

    def refuse(*_, **__):
        raise OSError("not supported")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    point_latest_at(tmp_path / "run-2")
    assert (tmp_path / "run-1" / "index.html").read_text() == "the report"
    assert "../run-2/index.html" in (tmp_path / "latest" / "index.html").read_text()


def test_earlier_report_is_rewritten_and_latest_unchanged(tmp_path):
    """From results.json alone, also when reached by way of ``latest``."""
    from datetime import UTC, datetime

    now = datetime(2026, 11, 23, 7, tzinfo=UTC)
    folders = [RunFolder(tmp_path, "production", "daily", now) for _ in range(2)]
    for folder in folders:
        folder.write(six_verdicts())
        write_all(six_verdicts(), folder.path)
    first, newest = (folder.path for folder in folders)
    (first / "index.html").unlink()
    assert render_folder(first) == (six_verdicts(), {})
    assert (first / "index.html").read_bytes() == (newest / "index.html").read_bytes()
    assert main(["report", str(tmp_path / "latest")]) == EXIT_OK
    assert main(["report", str(tmp_path)]) == EXIT_USAGE
    assert (tmp_path / "latest").resolve() == newest.resolve()


def test_terminal_shows_carried_load():
    """It is what a breakpoint test is made for, and not that it is well."""
    said = "Load that held: expected at least 40 users, got 80 users"
    made = results([msgspec.structs.replace(record(Verdict.OK, 1, message=said), item="load.carried")])
    assert said in " ".join(terminal(made).split())
    assert said not in terminal(results([record(Verdict.OK, 1, message=said)]))
