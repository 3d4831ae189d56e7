"""A test as everybody writes it is a check: assert, fail, skip and xfail have verdicts, and a name is enough."""

import json

import pytest

from playbook.core.own_items import item_of_test
from playbook.history.derive import titles
from playbook.history.runs import read
from tests.project import GOOD, Project

pytestmark = pytest.mark.slow

HEAD = "import pytest\n\npytestmark = pytest.mark.daily\n"
ENDINGS = {
    "OK": """
def test_ending():
    status = 200
    assert status == 200
    assert status < 300
""",
    "CRITICAL": """
def test_ending():
    status = 503
    assert status == 200, "the shop is closed"
""",
    "CRITICAL by fail": """
def test_ending():
    pytest.fail("the shop is closed")
""",
    "CRITICAL in a helper": """
def demand(status):
    assert status == 200

def test_ending():
    demand(503)
""",
    "CRITICAL after a pass": """
def test_ending():
    assert 1 == 1
    assert 1 == 2
""",
    "UNKNOWN crash": """
def test_ending():
    assert 1 == 1
    raise ValueError("no idea")
""",
    "UNKNOWN in a library": """
from multiprocessing import Process

def test_ending():
    Process().join()  # which has not been started
""",
    "CRITICAL by a method of unittest": """
import unittest

class Shop(unittest.TestCase):
    def test_ending(self):
        self.assertIn("open", "the shop is closed")
""",
    "CRITICAL in a context of unittest": """
import unittest

class Shop(unittest.TestCase):
    def test_ending(self):
        with self.assertRaises(ValueError):
            pass
""",
    "CRITICAL in a subtest of unittest": """
import unittest

class Shop(unittest.TestCase):
    def test_ending(self):
        for shop in ("north", "south"):
            with self.subTest(shop=shop):
                self.assertEqual(shop, "north")
""",
    "OK by a method of unittest": """
import unittest

class Shop(unittest.TestCase):
    def test_ending(self):
        self.assertEqual([200], [200])
        with self.assertRaises(ValueError):
            int("a")
""",
    "UNKNOWN crash beside unittest": """
import unittest

class Shop(unittest.TestCase):
    def test_ending(self):
        self.assertEqual(1, 1)
        raise ValueError("no idea")
""",
    "UNKNOWN in setUp": """
import unittest

class Shop(unittest.TestCase):
    def setUp(self):
        self.assertEqual(1, 2)

    def test_ending(self):
        self.assertEqual(1, 1)
""",
    "UNKNOWN where setUp alone asserts": """
import unittest

class Shop(unittest.TestCase):
    def setUp(self):
        self.assertEqual(1, 1)

    def test_ending(self):
        pass
""",
    "WARNING by an unexpected success": """
import unittest

class Shop(unittest.TestCase):
    @unittest.expectedFailure
    def test_ending(self):
        self.assertEqual(1, 1)
""",
    "OK in a coroutine of unittest": """
import unittest

class Shop(unittest.IsolatedAsyncioTestCase):
    async def test_ending(self):
        self.assertEqual(1, 1)
""",
    "CRITICAL by a mock": """
from unittest.mock import Mock

def test_ending():
    Mock().assert_called_once()
""",
    "CRITICAL in one of several tasks": """
import asyncio

async def look(shop):
    if shop == "west":
        raise ValueError("no idea")
    assert shop == "north"

async def look_at_all():
    async with asyncio.TaskGroup() as group:
        for shop in ("north", "west", "south"):
            group.create_task(look(shop))

def test_ending():
    asyncio.run(look_at_all())
""",
    "UNKNOWN group of crashes": """
def test_ending():
    raise ExceptionGroup("two", [ValueError("a"), ExceptionGroup("one", [OSError("b")])])
""",
    "UNKNOWN task that nothing awaits": """
import asyncio

async def look():
    assert 1 == 2, "the shop is closed"

async def look_at_all():
    task = asyncio.create_task(look())
    await asyncio.sleep(0.01)

def test_ending():
    asyncio.run(look_at_all())
    assert 1 == 1
""",
    "UNKNOWN in a fixture": """
@pytest.fixture
def shop():
    assert 1 == 2

def test_ending(shop):
    assert 1 == 1
""",
    "UNKNOWN fail in a fixture": """
@pytest.fixture
def shop():
    pytest.fail("no shop")

def test_ending(shop):
    assert 1 == 1
""",
    "UNKNOWN nothing asserted": """
def test_ending():
    status = 200
""",
    "UNKNOWN only a fixture asserts": """
@pytest.fixture
def shop():
    assert 1 == 1

def test_ending(shop):
    pass
""",
    "UNKNOWN time-out": """
import threading

@pytest.mark.timeout(0.2, func_only=True)
def test_ending():
    threading.Event().wait(60)
""",
    "UNKNOWN in a thread": """
from threading import Thread

def demand(status):
    assert status == 200

def test_ending():
    thread = Thread(target=demand, args=[503])
    thread.start()
    thread.join()
    assert not thread.is_alive()
""",
    "UNKNOWN in a thread, whatever is ignored": """
from threading import Thread

@pytest.mark.filterwarnings("ignore")
def test_ending():
    thread = Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    assert not thread.is_alive()
""",
    "UNKNOWN returns what it should assert": """
def test_ending():
    status = 503
    assert status
    return status == 200
""",
    "CRITICAL and its fixture fails to end": """
@pytest.fixture
def session():
    yield 503
    raise OSError("cannot close")

def test_ending(session):
    assert session == 200
""",
    "CRITICAL and its fixture skips in the end": """
@pytest.fixture
def session():
    yield 503
    pytest.skip("nothing to log out of")

def test_ending(session):
    assert session == 200
""",
    "UNKNOWN holds and its fixture fails to end": """
@pytest.fixture
def session():
    yield 200
    raise OSError("cannot close")

def test_ending(session):
    assert session == 200
""",
    "UNKNOWN nothing awaited": """
async def is_open():
    return False

def test_ending():
    assert is_open()
""",
    "UNKNOWN async": """
async def test_ending():
    assert 1 == 1
""",
    "OK subtests": """
def test_ending(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number < 3
""",
    "CRITICAL in a subtest": """
def test_ending(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number != 1
""",
    "UNKNOWN crash in a subtest": """
def test_ending(subtests):
    assert 1 == 1
    with subtests.test("b"):
        raise ValueError("no idea")
""",
    "UNKNOWN unreachable in a subtest": """
from playbook.core.errors import Unreachable

def test_ending(subtests):
    assert 1 == 1
    with subtests.test("b"):
        raise Unreachable("the shop: connection refused", service="the shop")
""",
    "OK skip in a subtest": """
def test_ending(subtests):
    with subtests.test("a"):
        pytest.skip("no shop here")
    with subtests.test("b"):
        assert 1 == 1
""",
    "UNKNOWN only subtests that skip": """
def test_ending(subtests):
    with subtests.test("a"):
        pytest.skip("no shop here")
""",
    "NOT CONFIGURED skip": """
def test_ending():
    pytest.skip("no shop here")
""",
    "NOT CONFIGURED skipif": """
@pytest.mark.skipif(True, reason="no shop here")
def test_ending():
    assert 1 == 2
""",
    "NOT CONFIGURED in a fixture": """
@pytest.fixture
def shop():
    pytest.skip("no shop here")

def test_ending(shop):
    assert 1 == 2
""",
    "WAIVED": """
@pytest.mark.xfail(reason="bug 12")
def test_ending():
    assert 1 == 2
""",
    "WAIVED by xfail()": """
def test_ending():
    pytest.xfail("bug 12")
""",
    "WARNING xpass": """
@pytest.mark.xfail(reason="bug 12", strict=False)
def test_ending():
    assert 1 == 1
""",
    "WARNING strict xpass": """
@pytest.mark.xfail(reason="bug 12", strict=True)
def test_ending():
    assert 1 == 1
""",
    "WARNING by judge": """
def test_ending(judge, limits):
    assert limits is not None
    judge(75, limits.cache_hit_rate)
""",
    "CRITICAL beside judge": """
def test_ending(judge, limits):
    judge(95, limits.cache_hit_rate)
    assert 1 == 2
""",
    "UNKNOWN guard beside judge": """
def test_ending(judge):
    assert judge is not None
""",
}


@pytest.fixture
def project(tmp_path):
    """A folder to run pytest in."""
    return Project(tmp_path)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_every_pytest_outcome_has_its_verdict(project, workers):
    """One run with all of them; the name in front is the verdict."""
    for number, text in enumerate(ENDINGS.values()):
        (project.folder / "checks" / f"test_{number:02}.py").write_text(HEAD + text)
    ended = project.run("-m", "daily", "-n", workers)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    found = {record.item: str(record.verdict) for record in project.results().records}
    words = {name: next(w for w in ("NOT CONFIGURED", name.split()[0]) if name.startswith(w)) for name in ENDINGS}
    expected = {
        f"daily.local.{number:02}.{'shop.' * ('class Shop' in text)}ending": words[name]
        for number, (name, text) in enumerate(ENDINGS.items())
    }
    assert found == expected


SHOP = (
    HEAD
    + '''
@pytest.mark.parametrize("shop", ["north", "south"])
def test_shop_answers(shop):
    """Each shop's health page answers 200. Twice a day.

    Why: a shop that is down
    sells nothing.
    Next: restart the shop.
    Look again: `curl -sI $URL/api/health`
    """
    status = {"north": 200, "south": 503}[shop]
    assert status == 200, "the shop is closed"
'''
)


def test_item_of_own_check_is_made_of_name_parameters_and_docstring(project):
    """Id, title, rule, why, next step and how to look again; expected and found by pytest's introspection."""
    (project.folder / "checks" / "local").mkdir()
    (project.folder / "checks" / "local" / "test_shop.py").write_text(SHOP)
    assert project.run().returncode == 1
    north, south = project.results().records
    assert (north.item, north.title) == ("daily.local.shop.shop-answers.north", "Shop answers (north)")
    assert (south.verdict, south.expected) == ("CRITICAL", "status == 200")
    assert south.found == "503 == 200 (the shop is closed)"
    assert south.message == "Shop answers (south): expected status == 200, got 503 == 200 (the shop is closed)"
    assert south.rule == "Each shop's health page answers 200."
    assert south.why == "a shop that is down sells nothing."
    assert south.next_step == "restart the shop."
    assert south.look_again.splitlines()[0] == "curl -sI $URL/api/health"
    assert (north.verdict, north.expected, north.found) == ("OK", "status == 200", "200 == 200")


def test_own_check_has_title_in_history_and_can_be_waived(project):
    """No catalogue holds it: its newest run does."""
    (project.folder / "checks" / "test_shop.py").write_text(SHOP)
    with (project.folder / "playbook.toml").open("a") as file:
        # Of a target that is not private the history does not tell the parameters.
        file.write('[targets.staging]\nprivate = true\n[targets.staging.people]\nwaivers = "waivers.jsonl"\n')
    waive = ("-m", "playbook", "waive", "daily.local.shop.shop-answers.south", "--until", "2099-01-01")
    waive += ("--covers", "CRITICAL")
    command = project.command()[:1]
    project.run()
    past = read(project.folder / "reports" / "history")
    assert titles(past.runs)["daily.local.shop.shop-answers.south"] == "Shop answers (south)"
    project.command = lambda *arguments: [*command, *arguments]
    refused = project.run(*waive, "--reason", "bug 12", "--by", "NAME")
    assert "2099-01-01" in refused.stdout + refused.stderr  # the item is known; the day is too far ahead
    assert "unknown item" not in refused.stdout + refused.stderr


def test_assertion_text_never_shows_a_secret(project):
    """Neither shortened nor quoted by pytest before it can be redacted."""
    (project.folder / "checks" / "test_secret.py").write_text(
        HEAD
        + """
def test_leaks(settings):
    url = settings.target.redis.url.reveal()
    assert [url] * 3 + list(range(100)) == [url] * 2
    assert url == "x" * 300 + url
"""
    )
    ended = project.run("-m", "daily", "-vv", STAGING_REDIS_URL="rediss://:topsecret42@cache.example:1")
    assert ended.returncode == 1
    files = [path for path in project.folder.rglob("reports/**/*") if path.is_file()]
    for text in (ended.stdout, ended.stderr, *(file.read_text(encoding="utf-8") for file in files)):
        assert "topsecret42" not in text
        assert "topsecr" not in text


def test_last_failed_and_stepwise_work_with_own_checks(project):
    """The cache is on; ``--sw`` stops at UNKNOWN too."""
    (project.folder / "checks" / "test_shop.py").write_text(SHOP)
    (project.folder / "checks" / "test_zoo.py").write_text(HEAD + ENDINGS["UNKNOWN crash"])
    ini = project.folder / "pytest.ini"
    ini.write_text(ini.read_text().replace("-p no:cacheprovider", ""))
    assert project.run("-m", "daily").returncode == 1
    assert "1 CRITICAL · 1 UNKNOWN ·" in project.run("-m", "daily", "--lf").stdout
    stopped = project.run("-m", "daily", "--sw", "--deselect", "checks/test_shop.py")
    assert stopped.returncode == 2  # pytest's own for what it interrupts
    assert "1 UNKNOWN" in stopped.stdout


def test_playbook_checks_and_own_checks_run_together(project):
    """A file of own checks beside those of the catalogue."""
    project.write(GOOD)
    (project.folder / "checks" / "test_shop.py").write_text(SHOP.replace("503", "200"))
    assert project.run().returncode == 0
    found = json.loads(next(project.folder.glob("reports/staging-*/results.json")).read_text())["counts"]
    assert found["OK"] == 3


def test_item_ids_are_safe_and_include_folder():
    """Whatever parameters pytest makes ids of."""
    made = item_of_test(
        path="a b/test_x.py", name="test_ÄÖ_two", parameters="https://x/?y=<1>", doc="", set_name="daily"
    )
    assert made.id == "daily.local.a-b.x.two.https-x-y-1"
    other = item_of_test(path="test_x.py", name="test_two", parameters="", doc="", set_name="own")
    assert (other.id, other.title, other.holds) == ("own.local.x.two", "Two", "")


REPEATS = """
from _pytest.runner import runtestprotocol

pytest_plugins = ["playbook.plugin"]

def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(3):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if not any(report.failed for report in reports):
            break
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""
ATTEMPTS = """
from itertools import count

numbers = {name: count() for name in "abc"}

def test_again():
    assert next(numbers["a"]) > 1

@pytest.fixture
def shop():
    if not next(numbers["b"]):
        raise RuntimeError("no shop")

def test_shop(shop):
    assert True

def test_never():
    assert next(numbers["c"]) > 9

def test_always():
    assert True
"""


def test_check_that_holds_when_it_is_repeated_is_a_warning(project):
    """A plugin such as pytest-rerunfailures repeats it; what it found first is shown."""
    (project.folder / "conftest.py").write_text(REPEATS)
    (project.folder / "checks" / "test_a.py").write_text(HEAD + ATTEMPTS)
    assert project.run("-m", "daily").returncode == 1
    found = {record.item.rpartition(".")[2]: record for record in project.results().records}
    assert {name: str(record.verdict) for name, record in found.items()} == {
        "again": "WARNING",
        "shop": "WARNING",
        "never": "CRITICAL",
        "always": "OK",
    }
    expected = "expected no failure before it is repeated, got "
    assert f'{expected}CRITICAL: Again: expected next(numbers["a"]) > 1, got 0 > 1' in found["again"].message
    assert f"{expected}UNKNOWN: Shop: the check crashed with RuntimeError: no shop" in found["shop"].message


CATCHES = {
    "call": """
@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    try:
        return (yield)
    except BaseException:
        return None
""",
    "function": """
@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    try:
        return (yield)
    except BaseException:
        return True
""",
    "report": """
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call):
    call.excinfo = None
""",
    "outcome": """
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
""",
}


@pytest.mark.parametrize("hook", CATCHES.values(), ids=CATCHES)
def test_failure_that_a_hook_keeps_to_itself_counts(project, hook):
    """As retries and screenshots are taken in a conftest.py; a check that asserted before would be OK."""
    (project.folder / "checks" / "conftest.py").write_text(f"import pytest\n{hook}")
    text = "def test_shop():\n    status = 503\n    assert status\n    assert status == 200\n"
    (project.folder / "checks" / "test_shop.py").write_text(HEAD + text)
    ended = project.run("-m", "daily", "-W", "ignore")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    (record,) = project.results().records
    assert (record.verdict, record.found) == ("CRITICAL", "503 == 200")


REMOVED = """
import pytest

pytest_plugins = ["playbook.plugin"]

{mark}
def pytest_collection_modifyitems(config, items):
    gone = [item for item in items if "south" in item.name]
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=gone)
"""
SHOPS = HEAD + "def test_north():\n    assert 200\n\ndef test_south():\n    assert not 200\n"


@pytest.mark.parametrize(
    ("mark", "arguments", "missing"),
    [
        ("", (), ["South: not run, as no process reported it: a plugin or a conftest.py removed it"]),
        ("@pytest.hookimpl(trylast=True)", (), ["South: not run, as no process reported it"]),
        ("", ("-n", "2"), ["South: not run, as no process reported it"]),
        ("", ("-k", "test_"), []),
    ],
)
def test_own_check_that_a_hook_removes_is_unknown(project, mark, arguments, missing):
    """But for a run that is partial anyway, and says so."""
    (project.folder / "conftest.py").write_text(REMOVED.format(mark=mark))
    (project.folder / "checks" / "test_shops.py").write_text(SHOPS)
    ended = project.run("-m", "daily", *arguments)
    assert ended.returncode == (10 if missing else 0), ended.stdout + ended.stderr
    found = [record.message for record in project.results().records if record.verdict == "UNKNOWN"]
    assert len(found) == len(missing)
    assert all(message.startswith(start) for message, start in zip(found, missing, strict=True))


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_own_check_that_a_hook_removes_is_unknown_for_each_target(project, arguments):
    """A target ends with its last check, which a worker's later report would miss."""
    (project.folder / "conftest.py").write_text(REMOVED.format(mark=""))
    (project.folder / "playbook.toml").write_text(
        "".join(f'[targets.{name}]\nkind = "staging"\n' for name in ("shop-a", "shop-b"))
    )
    (project.folder / "checks" / "test_shops.py").write_text(SHOPS)
    ended = project.run("-m", "daily", "--target", "shop-a", "--target", "shop-b", *arguments)
    assert ended.returncode == 10, ended.stdout + ended.stderr
    for name in ("shop-a", "shop-b"):
        (file,) = project.folder.glob(f"reports/{name}-*/results.json")
        records = json.loads(file.read_text())["records"]
        assert {record["verdict"]: record["title"] for record in records} == {"OK": "North", "UNKNOWN": "South"}


IGNORED = {
    "list": 'collect_ignore = ["test_south.py"]\n',
    "pattern": 'collect_ignore_glob = ["*sou*"]\n',
    "hook": 'def pytest_ignore_collect(collection_path):\n    return "south" in collection_path.name or None\n',
    "folder": 'collect_ignore = ["more"]\n',
}
SOUTH = HEAD + "def test_south():\n    assert not 200\n"


@pytest.mark.parametrize("how", IGNORED)
@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_file_that_a_conftest_leaves_out_is_unknown(project, how, arguments):
    """If it has a check of the set; a run that leaves it out by its own command line is partial."""
    checks = project.folder / "checks"
    (checks / "conftest.py").write_text(IGNORED[how])
    (checks / "more").mkdir()
    file = checks / ("more/test_south.py" if how == "folder" else "test_south.py")
    file.write_text(SOUTH)
    (checks / "test_weekly_south.py").write_text(SOUTH.replace("daily", "weekly"))
    (checks / "south.py").write_text("X = 1\n")
    (checks / "test_north.py").write_text(HEAD + "def test_north():\n    assert 200\n")
    ended = project.run("-m", "daily", *arguments)
    assert ended.returncode == 10, ended.stdout + ended.stderr
    found = {record.verdict: record.message for record in project.results().records}
    name = file.relative_to(project.folder)
    said = "expected a file that is collected, got one that a conftest.py or a plugin leaves out"
    assert found.pop("UNKNOWN") == f"{name}: {said}"
    assert list(found) == ["OK"]


def test_file_of_checks_with_another_name_is_unknown(project):
    """Which pytest does not look into. Helpers and bases of classes may have any name."""
    checks = project.folder / "checks"
    (checks / "south.py").write_text(SOUTH)
    (checks / "weekly.py").write_text(SOUTH.replace("daily", "weekly"))
    (checks / "bases.py").write_text(HEAD + "class Base:\n    def test_south(self):\n        assert 200\n")
    (checks / "helpers.py").write_text("def demand(status):\n    assert status == 200\n")
    (checks / "test_north.py").write_text(HEAD + "def test_north():\n    assert 200\n")
    ended = project.run("-m", "daily")
    assert ended.returncode == 10, ended.stdout + ended.stderr
    found = {record.verdict: record.message for record in project.results().records}
    said = "checks/south.py: expected a file of checks to be named as test_*.py or *_test.py, got south.py"
    assert found.pop("UNKNOWN") == said
    assert list(found) == ["OK"]


@pytest.mark.parametrize("arguments", [("--ignore", "checks/test_south.py"), ("--ignore-glob", "*/test_south.py")])
def test_file_that_the_command_line_leaves_out_was_not_asked_for(project, arguments):
    (project.folder / "checks" / "test_south.py").write_text(SOUTH)
    (project.folder / "checks" / "test_north.py").write_text(HEAD + "def test_north():\n    assert 200\n")
    ended = project.run("-m", "daily", *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert project.results().partial


def test_run_in_which_a_plugin_executes_no_check_is_unknown(project):
    """As pytest-parallel does, whose workers pytest does not hear of."""
    loop = "\ndef pytest_runtestloop(session):\n    return True\n"
    (project.folder / "conftest.py").write_text(f'pytest_plugins = ["playbook.plugin"]\n{loop}')
    (project.folder / "checks" / "test_shops.py").write_text(SHOPS)
    assert project.run().returncode == 10
    assert [record.verdict for record in project.results().records] == ["UNKNOWN", "UNKNOWN"]
    assert project.run("-m", "daily", "--setup-plan").returncode == 0


@pytest.mark.parametrize(("code", "expected"), [("0", 10), ("5", 5), ("None", 2)])
def test_check_that_ends_pytest_ends_the_run_early(project, code, expected):
    """Whatever exit code it asks for: in the teardown of the last check nothing else would show it."""
    text = f"""
@pytest.fixture
def session():
    yield
    pytest.exit("no need to go on", {code})

def test_ending(session):
    assert 200
"""
    (project.folder / "checks" / "test_shops.py").write_text(HEAD + text)
    ended = project.run()
    assert ended.returncode == expected, ended.stdout + ended.stderr
    results = project.results()
    assert (results.verdict, results.ended) == ("UNKNOWN", "pytest.exit: no need to go on")


OBJECTS = """
import pytest

@pytest.hookimpl(wrapper=True{first})
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "{when}":
        report.outcome, report.longrepr = "failed", "Test passed but took too long to run: Duration 1.2s > 1.0s"
    return report
"""


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("first", ["", ", tryfirst=True"])
@pytest.mark.parametrize("when", ["call", "teardown"])
def test_check_that_a_plugin_fails_is_not_ok(project, first, when, workers):
    """As pytest-fail-slow and pytest-memray do, without an error of the check's own."""
    (project.folder / "checks" / "conftest.py").write_text(OBJECTS.format(first=first, when=when))
    (project.folder / "checks" / "test_shop.py").write_text(HEAD + "def test_shop():\n    assert 200\n")
    ended = project.run("-m", "daily", "-n", workers)
    assert ended.returncode == 10, ended.stdout + ended.stderr
    (record,) = project.results().records
    assert record.message == (
        "Shop: expected no failure from a plugin or a conftest.py, got Test passed but took too long to run: "
        "Duration 1.2s > 1.0s"
    )


def test_assert_of_an_installed_plugin_is_no_judgement(project):
    """Wherever it is installed: for the user alone, or by the system."""
    packages = project.folder / "lib" / "python3" / "dist-packages"
    packages.mkdir(parents=True)
    (packages / "steps.py").write_text("def run(value):\n    assert value\n")
    head = f"import sys\n\nsys.path.insert(0, {str(packages)!r})\n"
    (project.folder / "checks" / "conftest.py").write_text(
        f"{head}import pytest\n\npytest.register_assert_rewrite('steps')\n"
    )
    (project.folder / "checks" / "test_shop.py").write_text(
        HEAD + "import steps\n\ndef test_shop():\n    steps.run(200)\n"
    )
    assert project.run().returncode == 10
    (record,) = project.results().records
    assert record.message == "Shop: the check ended without judging anything"
