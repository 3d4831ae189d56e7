"""Own checks as a new user writes them: in folders of their own, with mistakes that cost one file each."""

import json
import urllib.parse
from datetime import timedelta

import msgspec
import pytest

from playbook.history.runs import RunLine, read
from tests.project import Project

pytestmark = pytest.mark.slow

HEAD = "import pytest\n\npytestmark = pytest.mark.daily\n\n\n"
FINE = "def test_fine():\n    assert True\n"
ITEM = """### `{id}` The words of the catalogue

- **Holds when** it holds.
- **Matters because** it matters.
- **When it does not** do this.
- **Look again** `curl $URL`
"""


@pytest.fixture
def project(tmp_path):
    """A folder to run pytest in, with a good check of one's own."""
    made = Project(tmp_path)
    write(made, "checks/local/test_fine.py", FINE)
    return made


def write(project, name, text, head=HEAD):
    """Write a file of own checks."""
    file = project.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(head + text)


def records(project):
    """The newest run's records by item."""
    return {record.item: record for record in project.results().records}


MISTAKES = {
    "import": ("import nothing_of_this_name\n", "got ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    "syntax": ("def test_x(:\n", "got SyntaxError: invalid syntax (checks/local/test_broken.py:6)"),
    "marker": ("@pytest.mark.dialy\n" + FINE, "got 'dialy' not found in `markers` configuration option"),
    "item": (
        '@pytest.mark.item("daily.health.apo")\n' + FINE,
        "test_broken.py:6 (test_fine): 'daily.health.apo' is not in docs/playbook.md; did you mean 'daily.health",
    ),
    "runbook": (
        '@pytest.mark.item("daily.health.api", runbook="hig")\n' + FINE,
        "test_broken.py:6 (test_fine): unknown runbook 'hig': expected one of ",
    ),
    "ids": (
        '@pytest.mark.parametrize("a", [1, 1])\ndef test_a(a):\n    assert a\n',
        "expected a file of checks, got Duplicate parametrization IDs detected",
    ),
    "argument": (
        '@pytest.mark.parametrize("b", [1])\ndef test_a(a):\n    assert a\n',
        "function uses no argument 'b'",
    ),
    "tuple": (
        'def test_a():\n    assert (1 == 2, "closed")\n',
        "assertion is always true, perhaps remove parentheses?",
    ),
    "twice": (
        "def test_a():\n    assert 0\n\nasync def other():\n    pass\n\ndef test_a():\n    assert 1\n",
        "test_broken.py:12: expected each check once, got a second test_a, which replaces that of line 6",
    ),
    "twice in a class": (
        "class TestShop:\n    def test_a(self):\n        assert 0\n    def test_a(self):\n        assert 1\n",
        "test_broken.py:9: expected each check once, got a second test_a, which replaces that of line 7",
    ),
    "class with an __init__": (
        "class TestShop:\n    def __init__(self):\n        self.a = 1\n    def test_a(self):\n        assert 0\n",
        "test_broken.py:6: expected a class of checks, got one with __init__, of which pytest collects none",
    ),
    "no function": (
        "from functools import partial\n\ntest_a = partial(int, 'a')\n",
        "cannot collect 'test_a' because it is not a function",
    ),
    "exit": (
        "import sys\n\nsys.exit(3)\n",
        "test_broken.py: expected a file of checks, got one that exits with 3",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_broken_file_is_unknown_and_others_are_checked(project, name):
    """It is UNKNOWN by its name, with what is wrong; the others are checked."""
    text, sentence = MISTAKES[name]
    write(project, "checks/local/test_broken.py", text + "\n\n" + FINE.replace("fine", "never"))
    ended = project.run()
    assert ended.returncode == 10, ended.stdout + ended.stderr
    found = records(project)
    assert {item: str(record.verdict) for item, record in found.items()} == {
        "daily.local.fine.fine": "OK",
        "daily.local.broken.file": "UNKNOWN",
    }
    broken = found["daily.local.broken.file"]
    assert broken.message.startswith("checks/local/test_broken.py")
    assert sentence in broken.message
    assert project.results().unread == ["checks/local/test_broken.py"]


def test_names_that_may_be_there_twice(project):
    """Helpers, names of other classes, and what only one branch defines."""
    text = """
import unittest

if pytest:
    def test_a():
        assert 1
else:
    def test_a():
        assert 0

def helper():
    return 1

def helper():
    return 2

class TestNorth:
    def test_b(self):
        assert helper() == 2

class TestSouth(unittest.TestCase):
    def __init__(self, *args):
        super().__init__(*args)

    def test_b(self):
        assert helper() == 2

class TestClient:
    def __init__(self, url):
        self.url = url
"""
    write(project, "checks/local/test_names.py", text)
    assert project.run().returncode == 0
    assert len(records(project)) == 4


def test_broken_file_is_reported_by_xdist_workers_too(project):
    """What a worker of xdist does not understand reaches the report."""
    write(project, "checks/local/test_broken.py", MISTAKES["item"][0])
    assert project.run("-m", "daily", "-n", "2").returncode == 10
    assert "is not in docs/playbook.md" in records(project)["daily.local.broken.file"].message


def test_broken_conftest_affects_only_its_folder(project):
    """The folder is named."""
    write(project, "checks/local/shop/conftest.py", "import nothing_of_this_name\n")
    write(project, "checks/local/shop/test_shop.py", FINE)
    assert project.run().returncode == 10
    found = records(project)
    assert found["daily.local.shop.file"].title == "The folder checks/local/shop"
    assert "checks/local/shop/conftest.py" in found["daily.local.shop.file"].message
    assert found["daily.local.fine.fine"].verdict == "OK"


def test_unknown_fixture_is_named_with_suggestion(project):
    """The check alone is UNKNOWN."""
    write(project, "checks/local/test_typo.py", "def test_a(webste):\n    assert webste\n\n\n" + FINE)
    assert project.run().returncode == 10
    found = records(project)
    told = "A: expected a fixture 'webste', got none of that name; did you mean 'website'? (a fault of the check)"
    assert found["daily.local.typo.a"].message == told
    assert found["daily.local.typo.fine"].verdict == "OK"


def test_file_that_skips_itself_is_listed_as_not_configured(project):
    """As NOT CONFIGURED with its reason, and not left out unseen."""
    write(project, "checks/local/test_skips.py", 'pytest.skip("not on staging", allow_module_level=True)\n' + FINE)
    assert project.run().returncode == 0
    skipped = records(project)["daily.local.skips.file"]
    assert (skipped.verdict, skipped.message) == (
        "NOT CONFIGURED",
        "checks/local/test_skips.py: the file skips itself: not on staging",
    )


@pytest.mark.parametrize("mode", ["prepend", "importlib"])
def test_files_with_same_name_in_different_folders_both_run(project, mode):
    """Each with the conftest.py of its folder."""
    for folder, status in (("checks/local", 200), ("checks/local/shop", 503), ("checks", 200)):
        write(project, f"{folder}/conftest.py", f"@pytest.fixture\ndef status():\n    return {status}\n")
        write(project, f"{folder}/test_same.py", f"def test_in_{len(folder)}(status):\n    assert status == 200\n")
    ended = project.run("-m", "daily", f"--import-mode={mode}")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert {item: str(record.verdict) for item, record in records(project).items()} == {
        "daily.local.fine.fine": "OK",
        "daily.local.same.in-12": "OK",
        "daily.local.shop.same.in-17": "CRITICAL",
        "daily.local.same.in-6": "OK",
    }


def test_same_id_in_two_files_rejects_the_second(project):
    """What history and waivers know by one id must be one thing."""
    write(project, "checks/test_fine.py", FINE)
    assert project.run().returncode == 10
    found = project.results().records
    assert [(record.check, str(record.verdict)) for record in found] == [
        ("checks/test_fine.py", "UNKNOWN"),
        ("checks/local/test_fine.py::test_fine", "OK"),
    ]
    assert "daily.local.fine.fine, which checks/local/test_fine.py stands for" in found[0].message


CLASSES = """
class TestNorthShop:
    def test_answers(self):
        assert True

    @pytest.mark.parametrize("path", ["/", "/en", "/en/"])
    def test_page(self, path):
        assert path


class TestSouthShop:
    def test_answers(self):
        assert False
"""


@pytest.mark.parametrize("arguments", [("-m", "daily"), ("shop", "-m", "daily"), ("shop/test_it.py",)])
def test_classes_and_parameters_have_own_ids_in_any_folder(project, arguments):
    """In the folder that the settings name and in one that is named on the command line."""
    write(project, "shop/test_it.py", CLASSES)
    ini = project.folder / "pytest.ini"
    ini.write_text(ini.read_text().replace("testpaths = checks", "testpaths = shop"))
    assert project.run(*arguments).returncode == 1
    found = {item: (record.title, str(record.verdict)) for item, record in records(project).items()}
    (digest,) = {item for item in found if item.startswith("daily.local.shop.it.north-shop.page.en-")}
    assert found == {
        "daily.local.shop.it.north-shop.answers": ("North Shop: answers", "OK"),
        "daily.local.shop.it.north-shop.page": ("North Shop: page (/)", "OK"),
        "daily.local.shop.it.north-shop.page.en": ("North Shop: page (/en)", "OK"),
        digest: ("North Shop: page (/en/)", "OK"),
        "daily.local.shop.it.south-shop.answers": ("South Shop: answers", "CRITICAL"),
    }


def test_parameter_id_does_not_depend_on_selection(project):
    """Whichever of them were chosen."""
    write(project, "checks/local/test_it.py", CLASSES)
    assert project.run("checks/local/test_it.py::TestNorthShop::test_page[/en/]").returncode == 0
    (item,) = records(project)
    assert item.startswith("daily.local.it.north-shop.page.en-")


# ------------------------------------------------------------------------------------------------ an own catalogue


def test_own_catalogue_provides_words_of_own_checks(project):
    """Of an item made of a test, and of one that the test names."""
    write(project, "checks/local/test_shop.py", '@pytest.mark.item("daily.shop.open")\n' + FINE)
    text = ITEM.format(id="daily.local.fine.fine") + "\n" + ITEM.format(id="daily.shop.open")
    write(project, "checks/local/playbook.md", text, head="# Ours\n\n")
    ended = project.run()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for record in records(project).values():
        assert (record.title, record.rule) == ("The words of the catalogue", "It holds.")
        assert (record.why, record.next_step) == ("It matters.", "Do this.")
    (run,) = read(project.folder / "reports/history").runs
    assert {found.title for found in run.items.values()} == {"The words of the catalogue"}


def test_mistake_in_own_catalogue_affects_only_that_file(project):
    """One sentence with file and line; the check's own words stand instead."""
    broken = ITEM.format(id="daily.local.fine.fine").replace("- **Look again** `curl $URL`\n", "")
    write(project, "checks/local/playbook.md", broken, head="# Ours\n\n")
    assert project.run().returncode == 10
    found = records(project)
    assert found["daily.local.fine.fine"].title == "Fine"
    told = found["daily.local.playbook.file"]
    sentence = "checks/local/playbook.md:3: daily.local.fine.fine has no line '- **Look again** …'"
    assert (str(told.verdict), told.message) == ("UNKNOWN", sentence)


# ------------------------------------------------------------------------------------------------ a project's life


def a_day_apart(project):
    """Date back the lines of the history, which may all be of one second: the newest is of now."""
    (file,) = (project.folder / "reports/history/runs").glob("*.jsonl")
    runs = [msgspec.json.decode(line, type=RunLine) for line in file.read_bytes().splitlines()]
    for back, run in zip(reversed(range(len(runs))), runs, strict=True):
        moved = {name: getattr(run, name) - timedelta(days=back) for name in ("started", "finished")}
        year = file.with_name(f"{moved['started']:%Y}.jsonl")
        line = msgspec.json.encode(msgspec.structs.replace(run, **moved)) + b"\n"
        if run is runs[0]:
            file.unlink()
        with year.open("ab") as lines:
            lines.write(line)


def test_incident_of_deleted_check_is_closed_as_gone(project):
    """From two bad runs to a site that says it; the item's page stays."""
    write(project, "checks/local/test_cart.py", "def test_cart():\n    assert False\n")
    site = ("-m", "playbook", "site", "build")
    python = project.command()[0]
    assert project.run().returncode == 1
    assert project.run().returncode == 1
    (project.folder / "checks/local/test_cart.py").unlink()
    assert project.run().returncode == 0
    a_day_apart(project)
    built = project.python(python, *site)
    assert built.returncode == 0, built.stdout + built.stderr
    page = (project.folder / "reports/site/incidents.html").read_text()
    assert "Cart: out of bounds" in page
    assert "closed as its check is gone" in page
    feed = (project.folder / "reports/site/feed.xml").read_text()
    assert "<title>Gone: Cart: out of bounds (staging)</title>" in feed
    assert "recovered" not in feed
    (item,) = (project.folder / "reports/site/items/staging").glob("*cart*")
    assert "The check of this item no longer exists." in item.read_text()


def test_passing_asserts_count_without_suite_ini_settings(project):
    """Whatever a run of plain pytest has compiled beside them."""
    ini = project.folder / "pytest.ini"
    text = ini.read_text()
    ini.write_text(
        text.replace("enable_assertion_pass_hook = true\n", "").replace("verbosity_assertions = 2\n", "")
    )
    project.environment.pop("PYTHONDONTWRITEBYTECODE")
    conftest = project.folder / "conftest.py"
    kept = conftest.read_text()
    conftest.write_text("")
    assert project.run("-m", "daily", "-p", "no:cacheprovider").returncode == 0  # plain pytest
    conftest.write_text(kept)
    assert project.run().returncode == 0
    assert records(project)["daily.local.fine.fine"].verdict == "OK"


# -------------------------------------------------------------------------------------------------------- secrets

SECRET = "topSecret42xyz"
LEAKS = """
import base64, json, os, urllib.parse, warnings

secret = os.environ["STAGING_REDIS_URL"].split(":")[2].rpartition("@")[0]
FORMS = {
    "plain": secret,
    "bytes": secret.encode(),
    "quoted": urllib.parse.quote(secret, safe=""),
    "json": json.dumps({"a": [secret]}),
    "listed": [secret] * 3,
    "nested": {"a": [{"b": (secret, 1)}]},
    "long": "y" * 400 + secret + "z" * 400,
    "lines": f"one\\n{secret}\\ntwo",
}


@pytest.mark.parametrize("form", FORMS)
def test_compared(form):
    value = FORMS[form]
    print("printed", value)
    warnings.warn(f"warned of {value}")
    assert value == type(value)(), f"remark {value}"


@pytest.mark.parametrize("form", FORMS)
def test_held(form, record_property):
    record_property("value", str(FORMS[form]))
    assert FORMS[form], FORMS[form]


def test_contained():
    assert "x" * 50 + secret in ["y" * 300 + secret, secret]


def test_raised():
    raise ValueError(secret)
"""
AT_IMPORT = """
import os

secret = os.environ["STAGING_REDIS_URL"]
print(secret)


def use(value):
    raise ValueError("cannot use " + value)


use(secret)
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_assert_shows_no_secret_in_any_output(project, workers):
    """Nor a part of one: in the terminal with all it can tell, in JUnit, on pytest-html's page, in the report."""
    write(project, "checks/local/test_leaks.py", LEAKS)
    write(project, "checks/local/test_import.py", AT_IMPORT)
    ended = project.run(
        "-m", "daily", "-n", workers, "-vv", "-rA", "--tb=long", "--showlocals",
        "--junitxml=made.xml", "--html=made.html",
        STAGING_REDIS_URL=f"rediss://:{SECRET}@cache.example:1",
    )  # fmt: skip
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert {str(record.verdict) for record in project.results().records} == {"OK", "CRITICAL", "UNKNOWN"}
    made = {
        str(file.relative_to(project.folder)): file.read_text(encoding="utf-8")
        for file in project.folder.rglob("*")
        if file.is_file() and file.suffix in {".json", ".html", ".xml", ".md", ".jsonl", ".txt", ".sarif"}
    }
    assert {"made.xml", "made.html"} < made.keys()
    shown = {"stdout": ended.stdout, "stderr": ended.stderr, **made}
    parts = (SECRET, SECRET[:8], SECRET[-8:], urllib.parse.quote(SECRET, safe=""), json.dumps(SECRET))
    assert [(name, part) for name, text in shown.items() for part in parts if part in text] == []
    assert "UserWarning: warned of [redacted]" in ended.stdout
    assert "remark [redacted]" in ended.stdout


def test_percent_signs_in_assert_message_are_kept(project):
    """pytest doubles them where it tells of asserts that hold."""
    write(project, "checks/local/test_fine.py", 'def test_full():\n    assert 99 < 90, "the disk is at 99 %"\n')
    assert project.run().returncode == 1
    (record,) = records(project).values()
    assert record.found == "99 < 90 (the disk is at 99 %)"


def test_assert_on_partial_coverage_is_not_ok(project):
    """An assert stands on the coverage of the measurements that the check has asked for."""
    write(
        project,
        "checks/local/test_fine.py",
        """
from playbook.core.coverage import lacking


@pytest.fixture
def half(request):
    from playbook.hooks.fixtures import NOTES

    lacks = lacking("lines", expected="24 h of lines", got="2 h of lines", hint="look longer")
    request.node.stash[NOTES].judge.add_coverage("half", lacks)
    return 5


def test_good(half):
    assert half == 5


def test_bad(half):
    assert half == 6
""",
    )
    assert project.run().returncode == 1
    found = records(project)
    assert str(found["daily.local.fine.good"].verdict) == "UNKNOWN"
    assert "got 2 h of lines" in found["daily.local.fine.good"].message
    assert str(found["daily.local.fine.bad"].verdict) == "CRITICAL"


def test_second_look_skips_files_that_cannot_be_read(project):
    """A folder and a catalogue are no checks that pytest could be asked for by name."""
    write(project, "checks/local/playbook.md", "### no heading\n", head="")
    write(project, "checks/local/shop/conftest.py", "import nothing_of_this_name\n")
    write(project, "checks/local/shop/test_shop.py", FINE)
    write(project, "checks/local/test_cart.py", "def test_cart():\n    assert False\n")
    with (project.folder / "playbook.toml").open("a") as file:
        file.write("[incidents]\nrecheck_after_seconds = 0\n")
    ended = project.python(project.command()[0], "-m", "playbook", "run", "daily", "--target", "staging")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "repeated: 1 of 1 check still bad" in ended.stdout


SEVERAL = """@pytest.mark.item("daily.health.api")
def test_several(homepage_timing, redis_ping, judge):
    {}
"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("judge.that(redis_ping.answer.holds, 'Redis', expected='PONG', found='none')", "NOT CONFIGURED"),
        ("assert homepage_timing is not None", "NOT CONFIGURED"),
        ("judge.that(True, 'A', expected='it to hold', found='so')", "NOT CONFIGURED"),
        ("judge.that(False, 'A', expected='it to hold', found='not', warn=True)", "WARNING"),
        ("judge.that(False, 'A', expected='it to hold', found='not')", "CRITICAL"),
    ],
)
def test_item_with_measurements_that_cannot_be_read_is_what_it_judges_bad(project, body, verdict):
    """Neither a crash nor an assertion that comes of a missing value counts, and nothing is OK."""
    write(project, "checks/local/test_several.py", SEVERAL.format(body))
    project.run()
    found = records(project)["daily.health.api"]
    assert str(found.verdict) == verdict, found.message
