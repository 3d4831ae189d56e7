"""``python -m playbook site build``: from a history on disk to a folder of pages."""

from datetime import timedelta

import msgspec
import pytest

from playbook import __main__
from playbook.cli.site import kept_reports, run_build
from playbook.core.clock import FixedClock
from playbook.core.verdict import Verdict
from playbook.history import runs as history
from playbook.report import render_folder
from playbook.site.writing import MARKER
from tests.factories import record, results
from tests.history_factory import NOW, finding, run_line, write, years
from tests.unit.site.documents import broken_links


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory without settings of the machine."""
    for name in ("PLAYBOOK_CONFIG", "PLAYBOOK_TARGET", "PLAYBOOK_HISTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def build(root, *arguments, now=NOW):
    """Exit code and what was said."""
    said = []
    options = __main__._parser("site").parse_args(["site", "build", *arguments])
    return run_build(options, root, said.append, FixedClock(now)), said


def report_of(root, run, told="alice has no second factor"):
    """A full report in the folder of reports, with what the team alone may read."""
    folder = root / "reports" / run.report
    folder.mkdir(parents=True)
    made = results([record(Verdict.CRITICAL, message=told)], target=run.target, set=run.set)
    (folder / "results.json").write_bytes(msgspec.json.encode(made))
    (folder / "load.json").write_text(told)
    render_folder(folder)
    return folder


def files_of(folder):
    """Content by path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_site_without_history_says_so(here):
    """The demo: nothing has run yet, and that is no failure."""
    code, said = build(here)
    assert code == 0
    assert said[0].startswith("NOT YET RUN: 0 runs of 0 targets")
    assert "No runs yet" in (here / "reports/site/index.html").read_text()
    assert broken_links(files_of(here / "reports/site"))[1] == []


def test_runs_reports_and_incidents_become_pages(here):
    """Two bad days open an incident; of the newest reports the public part is there and linked."""
    (here / "playbook.toml").write_text('[targets.production]\nkind = "production"\n')
    runs = years(0.05, until=NOW - timedelta(days=1, hours=12))
    bad = [
        run_line(
            {"daily.kpi.cache-hit-rate": Verdict.CRITICAL},
            started=NOW - timedelta(days=back),
            slot=NOW,
            set_name="daily",
        )
        for back in (1, 0)
    ]
    write(here / "lines", [*runs, *bad])
    folders = [report_of(here, run) for run in bad]
    code, said = build(here, "--history", "lines", "--to", "public")
    assert code == 0
    assert said[0].startswith("CRITICAL:")
    assert "1 open incident" in said[0]
    files = files_of(here / "public")
    assert broken_links(files)[1] == []
    for folder in folders:
        assert b"Public report" in files[f"runs/{folder.name}/index.html"]
        assert b"alice" in (folder / "index.html").read_bytes()
        assert f"runs/{folder.name}/results.json" in files
    assert not [name for name, content in files.items() if b"alice" in content]
    assert MARKER in files


def test_private_target_site_contains_full_reports(here):
    """As the settings are now, and not as they were when the run was."""
    (here / "playbook.toml").write_text("[targets.production]\nprivate = true\n")
    told = finding(Verdict.CRITICAL, message="alice has no second factor")
    runs = [
        run_line({"monthly.access.mfa": told}, started=NOW - timedelta(days=back), set_name="monthly")
        for back in (1, 0)
    ]
    write(here / "lines", runs)
    folders = [report_of(here, run) for run in runs]
    build(here, "--history", "lines", "--to", "site")
    files = files_of(here / "site")
    for folder in folders:
        assert files[f"runs/{folder.name}/index.html"] == (folder / "index.html").read_bytes()
    assert b"alice" in files["incidents.html"] + files["index.html"] + files["feed.xml"]

    (here / "playbook.toml").write_text("")
    build(here, "--history", "lines", "--to", "site")
    assert not [name for name, content in files_of(here / "site").items() if b"alice" in content]


@pytest.mark.parametrize(("audience", "shown"), [("team", False), ("public", True)])
def test_public_own_items_show_their_catalogue_words(here, audience, shown):
    """Those of a team item may name people and machines."""
    (here / "checks" / "local").mkdir(parents=True)
    (here / "checks" / "local" / "playbook.md").write_text(
        "### `daily.shop.cart` Cart\n- **Holds when** it answers.\n- **Matters because** of alice.\n"
        f"- **When it does not** call alice.\n- **Look again** `ssh db-7`\n- **Audience** {audience}\n"
    )
    write(here / "lines", [run_line({"daily.shop.cart": Verdict.CRITICAL})])
    build(here, "--history", "lines", "--to", "site")
    written = b"".join(files_of(here / "site").values())
    assert (b"call alice" in written.lower()) is shown
    assert b"daily.shop.cart" in written


@pytest.mark.parametrize("private", [False, True])
def test_own_catalogue_mistake_is_quoted_for_team_only(here, private):
    """The log of the job that builds the site has the same readers as the site."""
    (here / "playbook.toml").write_text(f"[targets.production]\nprivate = {str(private).lower()}\n")
    (here / "checks" / "local").mkdir(parents=True)
    (here / "checks" / "local" / "playbook.md").write_text("### `call-alice.db-7` Cart\n- **Holds when** it is.\n")
    write(here / "lines", [run_line({"daily.health.api": Verdict.OK})])
    _, said = build(here, "--history", "lines", "--to", "site")
    (mistake,) = [line for line in said if line.startswith("not read: ")]
    assert "checks/local/playbook.md" in mistake
    assert ("alice" in mistake) is private


def test_report_with_unreadable_results_is_omitted(here):
    """What everybody may read of it cannot be made."""
    run = run_line({"daily.health.api": Verdict.OK})
    write(here / "lines", [run])
    (report_of(here, run) / "results.json").write_text("{}")
    assert build(here, "--history", "lines", "--to", "site")[0] == 0
    assert not (here / "site/runs" / run.report).exists()


def test_same_history_gives_identical_site(here):
    """And a second build takes the place of the first."""
    write(here / "reports/history", years(0.1))
    build(here)
    first = files_of(here / "reports/site")
    build(here)
    assert files_of(here / "reports/site") == first


def test_damaged_history_lines_are_shown_without_failure(here):
    """What can be read is shown; what cannot is named."""
    write(here / "reports/history", years(0.05))
    with (here / "reports/history/runs/2026.jsonl").open("a") as file:
        file.write('{"id": "cut o\n')
    code, said = build(here)
    assert code == 0
    assert "2026.jsonl" in said[0]
    assert "2026.jsonl" in (here / "reports/site/index.html").read_text()


def test_newest_reports_and_a_year_of_monthly_ones_are_kept(here):
    """So the site's size is bounded; what is no plain folder with a page is no report."""
    runs = [
        run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(days=back), set_name=name)
        for back in range(40, 0, -1)
        for name in (("daily", "monthly") if back == 35 else ("daily",))
    ]
    for run in runs:
        report_of(here, run)
    kept = kept_reports(runs, here / "reports", 5)
    assert len(kept) == 6
    assert {run.report for run in runs[-5:]} < kept
    assert any("monthly" in name for name in kept)
    assert kept_reports(runs, here / "reports", 0) == frozenset()
    (here / "reports/linked").symlink_to("/etc", target_is_directory=True)
    (here / "reports/empty").mkdir()
    (here / "secret").mkdir()
    (here / "secret/index.html").write_text("")
    wrong = [
        run_line({"daily.kpi.availability": Verdict.OK}, started=NOW, report=name)
        for name in ("linked", "empty", "../secret", "", ".", "/etc", "missing")
    ]
    assert kept_reports(wrong, here / "reports", 5) == frozenset()


def test_removed_target_is_shown_as_retired(here):
    """It is not due, and costs no failure."""
    write(here / "reports/history", [run_line({"daily.kpi.availability": Verdict.OK}, target="gone", slot=NOW)])
    code, said = build(here, now=NOW + timedelta(days=30))
    assert code == 0
    assert "without data" not in said[0]
    assert "no longer have this target" in (here / "reports/site/index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--base-url", "name.example"], "--base-url"),
        (["--base-url", "ftp://name.example/"], "--base-url"),
        (["--base-url", "https://[::1"], "--base-url"),
        (["--to", "mine"], "expected a folder that is empty, new, or made by an earlier build"),
        (["--to", "."], "expected a folder that does not hold the history"),
        (["--to", "public", "--history", "public/lines"], "expected a folder that does not hold the history"),
        (["--to", "public", "--reports", "public", "--history", "lines"], "that does not hold the reports"),
    ],
)
def test_site_usage_error_is_one_sentence_with_code_4(here, capsys, arguments, words):
    """And nothing is written."""
    (here / "mine").mkdir()
    (here / "mine/precious.txt").write_text("precious")
    assert __main__.main(["site", "build", *arguments]) == 4
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert [str(file.relative_to(here)) for file in here.rglob("*")] == ["mine", "mine/precious.txt"]


def test_new_history_line_appears_in_next_build(here):
    """The way that a workflow goes: append, build, again."""
    folder = here / "reports/history"
    for back, verdict in ((1, Verdict.OK), (0, Verdict.WARNING)):
        history.append(
            folder, run_line({"daily.kpi.availability": verdict}, started=NOW - timedelta(days=back), slot=NOW)
        )
        _, said = build(here, now=NOW - timedelta(days=back))
        assert said[0].startswith(f"{verdict}:")
