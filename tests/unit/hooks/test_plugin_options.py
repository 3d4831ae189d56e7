"""pytest's own options: every verdict in every form that pytest reports in, and what is no run at all."""

import json
import re
from collections import Counter
from html import unescape
from xml.etree import ElementTree

import pytest

from playbook.history.runs import read
from tests.project import AWAY, BAD, CRASH, FAILING_TEARDOWN, GOOD, NOT_CONFIGURED, WAIVED, WARNED, Project

pytestmark = pytest.mark.slow

VERDICTS = {
    "test_good": "OK",
    "test_warned": "WARNING",
    "test_bad": "CRITICAL",
    "test_away": "UNKNOWN",
    "test_teardown": "UNKNOWN",
    "test_crash": "UNKNOWN",
    "test_not_configured": "NOT CONFIGURED",
    "test_waived": "WAIVED",
}
TOUCHING = """
import pathlib

@pytest.fixture
def touching():
    pathlib.Path("touched").touch()

@check("daily.health.api")
def test_touches(touching, redis_stats, judge, limits):
    "It is good."
    judge(95, limits.cache_hit_rate)
"""
# Whatever goes to this sandbox ends with code 4.
NO_SANDBOX = {"PLAYBOOK_TARGET": "sandbox", "PLAYBOOK_SANDBOX": "nowhere"}
BROKEN = "import nothing_of_this_name\n"


@pytest.fixture
def project(tmp_path):
    """A folder to run pytest in."""
    return Project(tmp_path)


@pytest.fixture
def all_verdicts(project):
    """Checks of all six verdicts; UNKNOWN by a service, a crash and a failing teardown."""
    project.write(GOOD + WARNED + BAD + AWAY + NOT_CONFIGURED + WAIVED + FAILING_TEARDOWN + CRASH)
    project.waive("daily.logs.errors")
    return project


def name_of(check):
    """``checks/test_made_up.py::test_good`` → ``test_good``."""
    return check.rpartition("::")[2]


def run_all(project, *arguments):
    """The output of a run that has all verdicts and ends as such a run does, and the message of each check."""
    ended = project.run("-m", "daily", *arguments)
    output = ended.stdout + ended.stderr
    assert ended.returncode == 1, output
    # Nothing of pytest's own words for what the closing lines say, and no traceback.
    for word in ("INTERNALERROR", "FAILURES", "ERRORS", "Traceback", "short test summary", "Skipped:", " passed"):
        assert word not in output
    records = project.results().records
    assert {name_of(record.check): str(record.verdict) for record in records} == VERDICTS
    found = read(project.folder / "reports/history")
    assert ([run.exit_code for run in found.runs], found.problems) == ([1], ())
    assert output.count("CRITICAL  Availability") == 1
    return output, {name_of(record.check): record.message for record in records}


def rows_of(page):
    """The outcome of each row of a page of pytest-html, by check; and what its head counts."""
    text = page.read_text(encoding="utf-8")
    tests = json.loads(unescape(re.search(r'data-jsonblob="(.*?)"', text)[1]))["tests"]
    counts = dict(re.findall(r'<span class="(\w+)">(\d+) ', text))
    return {name_of(check): [row["result"] for row in rows] for check, rows in tests.items()}, counts


def assert_page(page):
    """One row a check with its verdict's outcome, counted as the rows stand."""
    outcome = {"OK": "Passed", "WARNING": "XFailed", "CRITICAL": "Failed", "UNKNOWN": "XPassed"}
    expected = {name: outcome.get(verdict, "Skipped") for name, verdict in VERDICTS.items()}
    rows, counts = rows_of(page)
    assert rows == {name: [word] for name, word in expected.items()}
    counted = Counter(word.lower() for word in expected.values())
    assert {word: int(number) for word, number in counts.items() if number != "0"} == counted


def assert_junit(file, messages):
    """CRITICAL is a failure, UNKNOWN an error, NOT CONFIGURED and WAIVED are skipped, and all say why."""
    (suite,) = ElementTree.parse(file).getroot()
    counted = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": 8, "failures": 1, "errors": 3, "skipped": 2}
    kinds = {"CRITICAL": "failure", "UNKNOWN": "error", "NOT CONFIGURED": "skipped", "WAIVED": "skipped"}
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert cases.keys() == VERDICTS.keys()
    for name, case in cases.items():
        verdict = VERDICTS[name]
        told = {each.get("name"): each.get("value") for each in case.iter("property")}
        assert told == {"verdict": verdict, "message": messages[name]}
        shown = [each for each in case if each.tag != "properties"]
        assert [each.tag for each in shown] == ([kinds[verdict]] if verdict in kinds else [])
        assert all(messages[name] in each.get("message") for each in shown)


def summary_of(output):
    """The lines of -r: ``{"test_good": ("OK", message)}``."""
    lines = re.findall(r"^([A-Z ]+) checks/test_made_up\.py::(\w+) - (.+)$", output, re.MULTILINE)
    return {name: (verdict, message) for verdict, name, message in lines}


def test_verbose_run_with_reports_shows_every_verdict(all_verdicts):
    """On the terminal, in pytest's own JUnit file and on a page of pytest-html that stands elsewhere."""
    output, messages = run_all(
        all_verdicts, "-v", "-rA", "--tb=short", "--showlocals", "--junitxml=made.xml", "--html=made.html"
    )
    shown = dict(re.findall(r"^checks/test_made_up\.py::(\w+) ([A-Z ]+[A-Z])", output, re.MULTILINE))
    assert shown == VERDICTS
    assert re.search(r"::test_warned WARNING \(Cache hit rate: .*\.\.\.\) +\[ 25%\]$", output, re.MULTILINE)
    assert summary_of(output) == {name: (verdict, messages[name]) for name, verdict in VERDICTS.items()}
    assert_junit(all_verdicts.folder / "made.xml", messages)
    assert_page(all_verdicts.folder / "made.html")
    # The page of the run does not stand beside it.
    assert "index.html" not in (all_verdicts.folder / "made.html").read_text(encoding="utf-8")


def test_xdist_with_short_summary_shows_every_verdict(all_verdicts):
    """What crosses from a worker is as it was, and -ra leaves out what is OK."""
    output, messages = run_all(
        all_verdicts, "-vv", "-n", "2", "-ra", "--tb=long", "--junitxml=made.xml", "--html=made.html",
        "--self-contained-html",
    )  # fmt: skip
    shown = dict(re.findall(r"\] ([A-Z ]+) checks/test_made_up\.py::(\w+) $", output, re.MULTILINE))
    assert set(shown) == set(VERDICTS.values())
    not_ok = {name: (verdict, messages[name]) for name, verdict in VERDICTS.items() if verdict != "OK"}
    assert summary_of(output) == not_ok
    assert_junit(all_verdicts.folder / "made.xml", messages)
    assert_page(all_verdicts.folder / "made.html")


def test_double_verbose_shows_full_reason_of_skipped_checks(all_verdicts):
    """With -vv; a verdict stands once, and its reason is the record's message."""
    output, messages = run_all(all_verdicts, "-vv", "--tb=native")
    flat = " ".join(output.split())
    for name in ("test_warned", "test_not_configured", "test_waived"):
        assert f"::{name} {VERDICTS[name]} ({messages[name]})" in flat
    assert summary_of(output) == {}


@pytest.mark.parametrize(
    ("letters", "told"),
    [("-rs", {"NOT CONFIGURED", "WAIVED"}), ("-rfE", set()), ("-rN", set())],
    ids=["skipped", "usual", "none"],
)
def test_quiet_run_prints_one_letter_per_check_and_summary(all_verdicts, letters, told):
    """The closing lines name what needs attention anyway, so pytest's usual letters add nothing."""
    output, _ = run_all(all_verdicts, "-q", letters, "--tb=line")
    assert re.search(r"^\.WCUnw\.UU +\[100%\]$", output, re.MULTILINE)
    assert {verdict for verdict, _ in summary_of(output).values()} == told
    assert "1 CRITICAL · 3 UNKNOWN · 1 WARNING · 1 WAIVED · 1 NOT CONFIGURED · 1 OK" in output
    (page,) = all_verdicts.folder.glob("reports/staging-*/pytest-html.html")
    assert_page(page)


def test_exitfirst_stops_at_unknown(project):
    """With -x; what was not reached is UNKNOWN."""
    project.write(AWAY + GOOD)
    assert project.run("-m", "daily", "-x").returncode == 10
    results = project.results()
    assert results.ended == "stopping after 1 failures"
    assert [str(record.verdict) for record in results.records] == ["UNKNOWN", "UNKNOWN"]


def test_xfail_mark_waives_expected_failure(project):
    """With its reason, for pytest's own reports too; where the failure does not come, the mark is to go."""
    project.write((GOOD + BAD).replace("@check", '@pytest.mark.xfail(reason="known")\n@check'))
    ended = project.run("-m", "daily", "-v", "--junitxml=made.xml")
    assert ended.returncode == 0
    good, bad = project.results().records
    assert (str(good.verdict), str(bad.verdict)) == ("WARNING", "WAIVED")
    assert good.message.endswith("expected the failure that the mark expects, got a pass: take the mark away")
    assert "this failure is expected (known): Cache hit rate: expected at least 80 %" in bad.message
    (suite,) = ElementTree.parse(project.folder / "made.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "0", "1")


# ------------------------------------------------------------------------------------------------ what is no run


def left_by_a_run(project):
    """Reports, history, and what a fixture has done."""
    return [name for name in ("reports", "touched", "history") if (project.folder / name).exists()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--fixtures", "-m", "daily"),
        ("--fixtures", "-m", "daily", "-n", "2"),
        ("--fixtures-per-test", "-m", "daily"),
        ("--setup-plan", "-m", "daily"),
        ("--setup-plan", "-m", "daily", "-n", "2"),
        ("--setup-only", "-m", "daily"),
        ("--collect-only", "-m", "daily"),
        ("--collect-only", "-m", "daily", "-n", "2"),
        ("--cache-show", "-n", "2", "-o", "addopts=-p no:locust -p no:valkey -p no:anyio"),
        ("--markers",),
        ("--help",),
        ("--version",),
        ("-VV",),
    ],
    ids=" ".join,
)
def test_option_without_execution_makes_no_run(project, arguments):
    """Neither folder, nor history, nor sandbox, nor a fixture that is set up; and pytest's own exit code."""
    project.write(TOUCHING)
    ended = project.run(*arguments, **NO_SANDBOX, PLAYBOOK_HISTORY="history")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert left_by_a_run(project) == []
    assert "operations playbook ·" not in ended.stdout


def test_setup_plan_shows_fixtures_of_each_check(project):
    """--setup-only as well: setting one up would ask the operated system."""
    project.write(TOUCHING)
    shown = [
        project.run(option, "-m", "daily", **NO_SANDBOX).stdout for option in ("--setup-plan", "--setup-only")
    ]
    for text in shown:
        assert re.search(r"SETUP +F redis_stats$", text, re.MULTILINE)
        assert "(fixtures used: judge, limits, redis_stats, request, settings, touching)" in text


def test_unknown_target_is_reported_without_execution_too(project):
    """A target that is not there."""
    project.write(GOOD)
    ended = project.run("--setup-plan", "-m", "daily", "--target", "stagin")
    assert (ended.returncode, left_by_a_run(project)) == (4, [])
    assert "unknown target 'stagin'" in ended.stderr


def test_setup_show_executes_the_checks(project):
    """It shows the fixtures and executes the checks."""
    project.write(GOOD)
    ended = project.run("--setup-show", "-m", "daily")
    assert (ended.returncode, project.results().verdict) == (0, "OK")
    assert re.search(r"SETUP +F judge$", ended.stdout, re.MULTILINE)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one-process", "workers"])
def test_sandbox_start_failure_is_one_sentence_without_a_run(project, workers):
    """With code 4, and nothing is left."""
    project.write(GOOD)
    ended = project.run("-m", "daily", *workers, **NO_SANDBOX)
    assert (ended.returncode, left_by_a_run(project)) == (4, []), ended.stdout + ended.stderr
    assert "$PLAYBOOK_SANDBOX must be the address" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("name", "why"),
    [("none.css", "no such file or directory"), ("checks", "is a directory"), ("latin.css", "it is not UTF-8")],
)
def test_unreadable_style_sheet_is_one_sentence_without_a_run(project, name, why):
    """pytest-html would raise in the middle of the run, and its results would be lost."""
    project.write(GOOD)
    (project.folder / "latin.css").write_bytes("/* é */".encode("latin-1"))
    ended = project.run("-m", "daily", f"--css={name}")
    assert (ended.returncode, left_by_a_run(project)) == (4, []), ended.stdout + ended.stderr
    assert f"--css: expected a style sheet, and {name} cannot be read: {why}" in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("file", ["/proc/self/page.html", "taken/page.html"])
def test_unwritable_folder_of_html_is_one_sentence_without_a_run(project, file):
    """A file system that refuses it also to root, and a file where the folder should be."""
    project.write(GOOD)
    (project.folder / "taken").touch()
    ended = project.run("-m", "daily", f"--html={file}")
    assert (ended.returncode, left_by_a_run(project)) == (4, []), ended.stdout + ended.stderr
    assert re.search(rf"--html: cannot write to the folder \S*{file.removesuffix('/page.html')}: ", ended.stderr)
    assert "Traceback" not in ended.stdout + ended.stderr


def test_given_style_sheet_is_in_the_page_of_the_run(project):
    """As it is in the page that --html asks for."""
    project.write(GOOD)
    (project.folder / "own.css").write_text("h1 { color: teal }", encoding="utf-8")
    assert project.run("-m", "daily", "--css=own.css").returncode == 0
    (page,) = project.folder.glob("reports/staging-*/pytest-html.html")
    assert "h1 { color: teal }" in page.read_text(encoding="utf-8")


def test_run_without_collectable_file_is_no_run(project):
    """There is not one check to begin with."""
    project.write(BROKEN, "test_broken")
    ended = project.run("-m", "daily")
    assert (ended.returncode, left_by_a_run(project)) == (2, [])
    assert "ModuleNotFoundError" in ended.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_this_name\n", r"ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("def test_x(:\n    pass\n", r"SyntaxError: .*"),
        ("\n\n1 / 0\n", r"ZeroDivisionError: division by zero"),
    ],
    ids=["import", "syntax", "crash"],
)
def test_uncollectable_file_affects_only_its_own_checks(project, text, said):
    """It is UNKNOWN by its name and line; the other files are checked. With workers: test_endings.py."""
    project.write(GOOD)
    (project.folder / "checks" / "test_broken.py").write_text(text)
    ended = project.run("-m", "daily")
    assert ended.returncode == 10, ended.stdout + ended.stderr
    results = project.results()
    broken, good = results.records
    assert (results.ended, str(good.verdict), str(broken.verdict)) == ("finished", "OK", "UNKNOWN")
    assert broken.item == "daily.local.broken.file"
    place = r"\(.*checks/test_broken\.py:\d+\)"
    assert re.fullmatch(rf"checks/test_broken\.py: expected a file of checks, got {said} {place}", broken.message)


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "with workers"])
@pytest.mark.parametrize("audience", ["team", "public"])
def test_internal_error_is_quoted_for_team_only(project, audience, more):
    """Its message may hold whatever the plugin that failed was about."""
    project.write(GOOD)
    (project.folder / "conftest.py").write_text(
        'pytest_plugins = ["playbook.plugin"]\n\n\n'
        "def pytest_runtest_logreport(report):\n"
        "    raise RuntimeError('canary of db-7.internal')\n"
    )
    ended = project.run("-m", "daily", *more, PLAYBOOK_AUDIENCE=audience)
    said = ended.stdout + ended.stderr
    assert ended.returncode not in {0, 1, 2}, said
    assert "RuntimeError" in said
    assert ("canary" in said) is (audience == "team")
    if audience == "public":
        assert "INTERNALERROR> RuntimeError at conftest.py:5; the team's report holds the rest" in said
