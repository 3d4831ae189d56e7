"""What a user of pytest types: each in a real run, or in no run where nothing is to be executed."""

import json
import re
import subprocess
import sys

import msgspec
import pytest

from playbook.core.record import Results
from tests.project import INI, Project

pytestmark = pytest.mark.slow

SHOP = '''
import pytest

pytestmark = pytest.mark.daily


@pytest.mark.parametrize("shop", ["north", "south"])
def test_shop_answers(shop):
    """Each shop answers."""
    status = {"north": 200, "south": 503}[shop]
    assert status == 200, "closed"


def test_crash():
    raise ValueError("no idea")


def test_fine():
    assert True
'''
CRASH = "checks/test_shop.py::test_crash"
WEEKLY = "import pytest\n\n\n@pytest.mark.weekly\ndef test_weekly():\n    assert True\n"
ALL = {"shop-answers.north": "OK", "shop-answers.south": "CRITICAL", "crash": "UNKNOWN", "fine": "OK"}
DAILY = {f"daily.local.shop.{name}": verdict for name, verdict in ALL.items()}
WITH_CACHE = INI.replace(" -p no:cacheprovider", "").replace("    daily: daily\n", "    daily: d\n    weekly: w\n")


@pytest.fixture
def project(tmp_path):
    """Own checks of two sets, one of them CRITICAL and one UNKNOWN; the cache is on."""
    made = Project(tmp_path)
    (tmp_path / "checks" / "test_shop.py").write_text(SHOP)
    (tmp_path / "checks" / "test_week.py").write_text(WEEKLY)
    (tmp_path / "pytest.ini").write_text(WITH_CACHE)
    return made


def results(project):
    """The newest report. The history does not tell the parameters of an own check, nor the order in one second."""
    files = (project.folder / "reports").glob("staging-*/results.json")
    newest_file = max(files, key=lambda file: file.stat().st_mtime_ns)
    return msgspec.json.decode(newest_file.read_bytes(), type=Results)


def newest(project):
    """Its verdicts by item."""
    return {record.item: str(record.verdict) for record in results(project).records}


def verdicts(project, *arguments, code, **environment):
    """Run, and the verdicts by item."""
    ended = project.run(*arguments, **environment)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "INTERNALERROR" not in ended.stdout
    return newest(project)


def partial(project):
    """Whether the newest run says that it is a part of its set."""
    return results(project).partial


# ------------------------------------------------------------------------------------------------------- the cache


def test_last_failed_reruns_critical_and_unknown_checks(project):
    """And says that it is a part."""
    project.run()
    only = {item: verdict for item, verdict in DAILY.items() if verdict != "OK"}
    assert verdicts(project, "-m", "daily", "--lf", code=1) == only
    assert partial(project)


@pytest.mark.parametrize("option", ["--ff", "--nf"])
def test_failed_first_and_new_first_run_every_check(project, option):
    """In another order."""
    project.run()
    ended = project.run("-m", "daily", "-v", option)
    assert ended.returncode == 1
    assert newest(project) == DAILY
    first = re.findall(r"::(test_\S+) ", ended.stdout)[0]
    assert first == ("test_shop_answers[south]" if option == "--ff" else "test_shop_answers[north]")


def test_stepwise_stops_at_critical_or_unknown_and_resumes_there(project):
    """What it does not reach is UNKNOWN, and the run says why it ended."""
    ended = project.run("-m", "daily", "--sw")
    assert ended.returncode == 2, ended.stdout
    assert "Test failed, continuing from this test next run" in ended.stdout
    assert verdicts(project, "-m", "daily", "--sw", "--sw-skip", code=2) == {
        "daily.local.shop.shop-answers.south": "CRITICAL",
        "daily.local.shop.crash": "UNKNOWN",
        "daily.local.shop.fine": "UNKNOWN",
    }
    (project.folder / "checks/test_shop.py").write_text(SHOP.replace("503", "200"))
    ended = project.run("-m", "daily", "--sw")
    assert ended.returncode == 2
    assert "1 UNKNOWN" in ended.stdout or "2 UNKNOWN" in ended.stdout


def test_run_without_cache_provider_is_a_normal_run(project):
    """As where the folder is read-only."""
    assert verdicts(project, "-m", "daily", "-p", "no:cacheprovider", code=1) == DAILY


# ----------------------------------------------------------------------------------------------- where, and which


def test_pytest_dot_in_root_runs_every_set(project):
    """``pytest .``: every check of every set."""
    assert verdicts(project, ".", code=1) == DAILY | {"weekly.local.week.weekly": "OK"}


@pytest.mark.parametrize(
    ("arguments", "expected", "part"),
    [
        (("-m", "daily"), DAILY, True),
        (("test_week.py",), {"weekly.local.week.weekly": "OK"}, True),
        ((), DAILY | {"weekly.local.week.weekly": "OK"}, True),
    ],
    ids=["marker", "file", "nothing"],
)
def test_run_from_subfolder_uses_root_settings_and_is_partial(project, arguments, expected, part):
    """What is collected is what stands below, so it is a part of the set."""
    from tests.preloaded import run_pytest

    ended = run_pytest(*arguments, cwd=project.folder / "checks", env=project.environment, timeout=110)
    assert ended.returncode == (1 if "daily.local.shop.crash" in expected else 0), ended.stdout + ended.stderr
    assert newest(project) == expected
    assert partial(project) is part
    assert not (project.folder / "checks" / "reports").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "names"),
    [
        (("-m", "daily or weekly"), 1, [*DAILY, "weekly.local.week.weekly"]),
        (("-m", "daily and not weekly"), 1, [*DAILY]),
        (("-m", "not daily"), 0, ["weekly.local.week.weekly"]),
        (
            ("-m", "daily", "-k", "north or fine"),
            0,
            ["daily.local.shop.fine", "daily.local.shop.shop-answers.north"],
        ),
        (
            ("-m", "daily", "--deselect", "checks/test_shop.py::test_crash"),
            1,
            [n for n in DAILY if "crash" not in n],
        ),
        (("-m", "daily or weekly", "--ignore", "checks/test_shop.py"), 0, ["weekly.local.week.weekly"]),
        (("checks/test_shop.py::test_fine",), 0, ["daily.local.shop.fine"]),
    ],
    ids=["or", "and-not", "not", "-k", "--deselect", "--ignore", "node"],
)
def test_pytest_selection_makes_run_partial(project, arguments, code, names):
    """Nothing else is collected, and the run says that it is a part."""
    assert sorted(verdicts(project, *arguments, code=code)) == sorted(names)
    assert partial(project)


def test_pytest_dot_in_checkout_does_not_collect_own_test_suite():
    """``pytest .`` in the suite's own folder takes its checks alone."""
    from tests.project import ROOT

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", ".", "--collect-only", "-q"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:]
    found = {line.partition("/")[0] for line in ended.stdout.splitlines() if "::" in line}
    assert found == {"checks"}


@pytest.mark.parametrize("arguments", [("--target", "production"), ("--fault", "redis-gone"), (".",), ()])
def test_run_in_checkout_loads_nothing_of_own_test_suite(arguments):
    """Its packages are missing where only those of a run are installed, and it sets the time zone for itself.

    pytest loads the conftest.py of each folder ``test*`` where it knows no path among the arguments, or a folder.
    """
    from tests.project import ROOT

    code = (
        "import sys, pytest\n"
        "ended = pytest.main(sys.argv[1:])\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('tests', 'hypothesis')], int(ended))"
    )
    command = [sys.executable, "-c", code, "-m", "daily", "--collect-only", "-q", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert ended.stdout.splitlines()[-1] == "[] 0", ended.stdout[-2000:] + ended.stderr


# ----------------------------------------------------------------------------------------------------- how it runs


@pytest.mark.parametrize(
    "arguments",
    [
        ("-s",),
        ("--capture=no",),
        ("--capture=tee-sys",),
        ("-p", "no:html"),
        ("-p", "xdist", "-n", "2"),
        ("--import-mode=importlib",),
        ("-W", "error"),
        ("--strict-markers",),
        ("-qq",),
        ("-p", "no:terminal"),
        ("-p", "no:randomly"),
        ("--durations=3",),
        ("--color=yes",),
        ("-o", "console_output_style=count"),
    ],
    ids=" ".join,
)
def test_reporting_option_does_not_change_findings(project, arguments):
    """Verdicts, exit code and report are those of any run."""
    assert verdicts(project, "-m", "daily", *arguments, code=1) == DAILY
    (report,) = project.folder.glob("reports/staging-daily-*")
    assert (report / "index.html").is_file()
    assert (report / "pytest-html.html").is_file() is (arguments != ("-p", "no:html"))


@pytest.mark.parametrize(("option", "executed"), [("-x", 2), ("--maxfail=1", 2), ("--maxfail=2", 3)])
def test_maxfail_ends_run_and_leaves_rest_unknown(project, option, executed):
    """UNKNOWN counts as one; what was not reached is UNKNOWN, and why is said."""
    assert verdicts(project, "-m", "daily", option, code=1)["daily.local.shop.fine"] == "UNKNOWN"
    told = project.results()
    assert told.ended.startswith("stopping after")
    assert sum("not run" not in record.message for record in told.records) == executed


def test_pytest_html_page_is_written_to_requested_path(project):
    """Beside the suite's own report."""
    assert verdicts(project, "-m", "daily", "--html=made/page.html", code=1) == DAILY
    assert "Shop answers (south)" in (project.folder / "made/page.html").read_text()


# --------------------------------------------------------------------------------------------------- the debugger

DEEP = """
import pytest

from playbook.core.errors import Unreachable

pytestmark = pytest.mark.daily


def test_judged(judge, limits):
    mine = "judged"
    judge(5, limits.cache_hit_rate)


def helper(status):
    mine = "asserted"
    assert status == 200


def test_asserted():
    helper(503)


def test_not_configured(redis_stats):
    assert redis_stats


def test_skipped():
    pytest.skip("not here")


@pytest.mark.xfail(reason="known")
def test_expected():
    assert False
"""


def debugged(project, name, *arguments, said):
    """What a debugger shows of a check."""
    return subprocess.run(
        [*project.command("-m", "daily", "-k", name, "--pdb", *arguments)],
        cwd=project.folder,
        env=project.environment,
        input=said,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.parametrize("name", ["judged", "asserted"])
def test_debugger_starts_in_frame_of_check(project, name):
    """And not in what the suite or pytest did for it; the run is reported all the same."""
    (project.folder / "checks/test_deep.py").write_text(DEEP)
    ended = debugged(project, name, said="p mine\nq\n")  # in a fork nobody could say anything
    assert f"(Pdb) '{name}'" in ended.stdout, ended.stdout + ended.stderr
    assert ended.returncode == 2
    assert newest(project) == {f"daily.local.deep.{name}": "CRITICAL"}


@pytest.mark.parametrize("name", ["not_configured", "skipped", "expected"])
def test_debugger_does_not_start_for_skip_or_expected_failure(project, name):
    """A check that does not apply here, or fails as it should."""
    (project.folder / "checks/test_deep.py").write_text(DEEP)
    ended = project.run("-m", "daily", "-k", name, "--pdb")
    assert "(Pdb)" not in ended.stdout, ended.stdout
    assert ended.returncode == 10  # nothing was measured
    assert set(newest(project).values()) < {"NOT CONFIGURED", "WAIVED"}


# ------------------------------------------------------------------------------------------------------- an editor

# What an editor's plugin listens to, as that of VS Code does: it collects by --collect-only, and in a run wants to
# hear of every check, of its end or of its exception.
EDITOR = """
import json
import os

import pytest

told = {}


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_report_teststatus(report, config):
    if report.when == "call" or (report.when == "setup" and report.skipped):
        word = "success" if report.passed else "failure" if report.failed else "skipped"
        told.setdefault(report.nodeid, word)
    yield


def pytest_exception_interact(node, call, report):
    told.setdefault(node.nodeid, "failure" if call.excinfo.typename == "AssertionError" else "error")


def pytest_sessionfinish(session, exitstatus):
    with open(os.environ["EDITOR_FILE"], "w") as file:
        json.dump({"items": [item.nodeid for item in session.items], "told": told, "code": int(exitstatus)}, file)
"""


def in_editor(project, *arguments):
    """What the editor heard, and the process."""
    (project.folder / "editor_pytest.py").write_text(EDITOR)
    file = project.folder / "heard.json"
    paths = f"{project.environment['PYTHONPATH']}:{project.folder}"
    ended = project.run("-p", "editor_pytest", *arguments, EDITOR_FILE=str(file), PYTHONPATH=paths)
    return json.loads(file.read_text()), ended


@pytest.mark.parametrize("more", [(), ("-q",), ("-q", "--no-header", "--rootdir=.")], ids=" ".join)
def test_collect_only_lists_checks_without_a_run(project, more):
    """Also where one file is broken: the others are listed."""
    heard, ended = in_editor(project, "--collect-only", *more)
    assert (heard["code"], ended.returncode) == (0, 0)
    assert len(heard["items"]) == 5
    (project.folder / "checks/test_broken.py").write_text("import nothing_of_this_name\n")
    heard, ended = in_editor(project, "--collect-only", *more)
    assert ended.returncode == 2
    assert len(heard["items"]) == 5
    assert not (project.folder / "reports").exists()


def test_editor_adapter_receives_result_of_every_check(project):
    """Well, failed, and could not be told; a check that skips itself is no error."""
    (project.folder / "checks/test_deep.py").write_text(DEEP)
    heard, _ = in_editor(project, "-m", "daily")
    words = {name.rpartition("::")[2]: word for name, word in heard["told"].items()}
    assert words == {
        "test_shop_answers[north]": "success",
        "test_shop_answers[south]": "failure",
        "test_crash": "error",
        "test_fine": "success",
        "test_judged": "failure",
        "test_asserted": "failure",
        "test_not_configured": "skipped",
        "test_skipped": "skipped",
        "test_expected": "skipped",
    }
