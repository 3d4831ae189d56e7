"""``python -m playbook new``: the skeleton of a check is complete, clean, and fails until it is filled in."""

import ast
import os
import shutil
import subprocess
import sys
from argparse import Namespace

import pytest

from playbook.cli.new import inserting
from playbook.cli.new.command import planned_edits, proving_command, run_new
from playbook.cli.new.plan import FILL_IN, make_plan
from playbook.core.catalogue import read_catalogue
from playbook.core.errors import UsageError
from tests.project import ROOT

ITEM = "daily.redis.pipelines"
FOLDERS = ("checks", "docs", "playbook", "sandbox", "tests")


def options(item, **chosen):
    """What the command line gives."""
    return Namespace(
        item=item, **dict.fromkeys(("measurement", "client", "subject", "fault", "gone"), "") | chosen
    )


@pytest.fixture
def checkout(tmp_path):
    """The files that a skeleton is added to, and those by which a checkout is known."""
    for file in (
        "docs/playbook.md",
        "playbook/plugin.py",
        "checks/redis/test_redis.py",
        "checks/web/test_web.py",
        "checks/figures/test_kpis.py",
        "sandbox/faults/redis.py",
        "sandbox/faults/web.py",
        "sandbox/faults/figures.py",
        "tests/checks/expectations/redis.py",
        "tests/checks/expectations/web.py",
        "tests/checks/expectations/figures.py",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    ours = '\n[tool.ruff.lint.isort]\nknown-first-party = ["playbook", "sandbox", "tests"]\n'
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + ours)
    return tmp_path


def before(root):
    """Every file's text."""
    return {file.relative_to(root): file.read_text() for file in root.rglob("*") if file.is_file()}


def changed(root, texts):
    """The files that were added or changed."""
    return {str(file) for file, text in before(root).items() if texts.get(file) != text}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("item", "chosen", "files"),
    [
        (
            ITEM,
            {"measurement": "redis_stats"},
            {
                "docs/playbook.md",
                "checks/redis/test_redis.py",
                "sandbox/faults/redis.py",
                "tests/checks/expectations/redis.py",
            },
        ),
        (
            ITEM,
            {"measurement": "redis_stats", "fault": "redis-slow"},
            {"docs/playbook.md", "checks/redis/test_redis.py", "tests/checks/expectations/redis.py"},
        ),
        (
            ITEM,
            {},
            {
                "docs/playbook.md",
                "checks/redis/test_redis.py",
                "playbook/measure/redis/redis_pipelines.py",
                "tests/unit/measure/redis/test_redis_pipelines.py",
                "sandbox/faults/redis.py",
                "tests/checks/expectations/redis.py",
            },
        ),
        (
            "weekly.figures.balance",
            {"client": "prometheus"},
            {
                "docs/playbook.md",
                "checks/figures/test_kpis.py",
                "playbook/measure/figures/figures_balance.py",
                "tests/unit/measure/figures/test_figures_balance.py",
                "sandbox/faults/figures.py",
                "tests/checks/expectations/figures.py",
            },
        ),
    ],
    ids=["measured-already", "with-a-known-fault", "new-measurement", "other-subject"],
)
def test_skeleton_is_at_most_six_files_and_all_of_it_is_clean(checkout, item, chosen, files):
    """Each file only grows, is as ruff wants it, and every gap in it is marked."""
    texts = before(checkout)
    said = []
    assert run_new(options(item, **chosen), checkout, said.append) == 0
    assert changed(checkout, texts) == files
    for name in files:
        text = (checkout / name).read_text()
        assert FILL_IN in text, name
        old = texts.get(checkout.joinpath(name).relative_to(checkout), "")
        lost = [line.strip() for line in old.splitlines() if line.strip() and line.strip() not in text]
        assert lost == [] or name.startswith("tests/checks/expectations/"), lost
        if name.endswith(".py"):
            ast.parse(text)
    for words in (["check"], ["format", "--check"]):
        ended = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", "."],
            cwd=checkout,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
    assert item in read_catalogue(checkout / "docs/playbook.md").items
    assert any(line.startswith("Fill in what is marked FILL IN") for line in said)


@pytest.mark.slow
def test_expectations_of_a_skeleton_keep_what_was_expected_before(checkout):
    """The new item stands beside the others of each fault that takes away what it measures."""
    run_new(options(ITEM, measurement="redis_stats"), checkout, print)
    source = (checkout / "tests/checks/expectations/redis.py").read_text()
    made, known = {}, {}
    exec(compile(source, "expectations", "exec"), made)
    exec(compile((ROOT / "tests/checks/expectations/redis.py").read_text(), "expectations", "exec"), known)
    new = made["EXPECTATIONS"]
    for gone in ("redis-gone", "redis-password-changed", "way-out-gone"):
        assert new[gone].pop(ITEM)[0] == "UNKNOWN"
    assert new.pop("way-out-gone") == {}, "stated in another module, and here for the new item alone"
    assert new.pop("redis-pipelines") == {ITEM: ("CRITICAL", new_pattern := new_pattern_of(source))}
    assert FILL_IN in new_pattern
    assert new == known["EXPECTATIONS"]


@pytest.mark.slow
def test_expectations_of_a_skeleton_state_nothing_twice(checkout):
    """Those of the other modules are in part made of those of this one."""
    folder = "tests/checks/expectations"
    shutil.copytree(ROOT / folder, checkout / folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.pyc"))
    for package in ("tests", "tests/checks"):
        (checkout / package / "__init__.py").touch()
    run_new(options(ITEM, measurement="redis_stats"), checkout, print)
    command = [sys.executable, "-c", "from tests.checks.expectations import EXPECTATIONS"]
    paths = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, cwd=checkout, env=paths, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr


def new_pattern_of(source):
    """The pattern for the message under the new fault."""
    (pattern,) = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and str(node.value).startswith(f"{FILL_IN}: the whole message, ")
    ]
    return pattern


def test_skeleton_of_a_measurement_says_what_is_missing(tmp_path):
    """When the check, the measurement or the fault is run."""
    plan = make_plan(ITEM, ROOT)
    texts = {str(edit.file): edit.text for edit in planned_edits(plan, ROOT)}
    code = texts["playbook/measure/redis/redis_pipelines.py"]
    assert 'raise NotImplementedError("FILL IN: ask redis, and return RedisPipelines(reading, coverage)")' in code
    assert "def redis_pipelines(redis: ReadOnlyRedis) -> RedisPipelines:" in code
    assert 'NotImplementedError("FILL IN: judge what redis_pipelines holds' in texts["checks/redis/test_redis.py"]
    assert 'NotImplementedError("FILL IN: edit the state of `world`' in texts["sandbox/faults/redis.py"]


def test_proving_command_runs_healthy_fault_and_every_fault_that_hides_it():
    """The faults that make all checks of the same measurement UNKNOWN."""
    command = proving_command(make_plan(ITEM, ROOT, measurement="redis_stats"))
    for part in (
        "(healthy and daily)",
        "redis-pipelines",
        "redis-gone",
        "redis-password-changed",
        "filled_in",
        ITEM,
    ):
        assert part in command
    assert "security_table" not in command


def test_proving_command_of_a_new_measurement_compares_security_table():
    """It may send what the suite did not send before."""
    assert "or security_table" in proving_command(make_plan(ITEM, ROOT, client="redis"))


def test_item_that_is_there_is_pointed_to_where(checkout):
    """Nothing is written."""
    texts = before(checkout)
    with pytest.raises(UsageError) as caught:
        run_new(options("daily.redis.alive"), checkout, print)
    assert str(caught.value) == (
        "new: daily.redis.alive is there already; `python -m playbook where daily.redis.alive` names its places"
    )
    assert before(checkout) == texts


@pytest.mark.parametrize(
    ("item", "chosen", "sentence"),
    [
        ("redis", {}, "expected an item such as daily.redis.clients, got 'redis'"),
        ("Daily.redis.x", {}, "expected an item such as daily.redis.clients, got 'Daily.redis.x'"),
        (
            "dayly.redis.x",
            {},
            r"expected an item of a set \(daily, .+\), got 'dayly.redis.x'; did you mean 'daily'\?",
        ),
        ("daily.shop.x", {}, "daily.shop.x names no subject; add --subject, one of alerts, app, "),
        (
            ITEM,
            {"measurement": "redis_stat"},
            r"expected a measurement .+, got 'redis_stat'; did you mean 'redis_stats'",
        ),
        (
            ITEM,
            {"client": "radis"},
            r"expected a client that is there \(.+\), got 'radis'; did you mean 'redis'\?",
        ),
        (ITEM, {"gone": "redis-away"}, r"expected a fault that is there \(.+\), got 'redis-away'"),
        (ITEM, {"fault": "Redis gone"}, "expected a fault's name such as redis-gone, got 'Redis gone'"),
        ("daily.redis.stats", {}, "redis_stats is measured already; add `--measurement redis_stats`"),
    ],
)
def test_mistake_is_one_sentence_and_writes_nothing(checkout, item, chosen, sentence):
    """With what was expected, and the nearest name."""
    texts = before(checkout)
    with pytest.raises(UsageError, match=f"^new: {sentence}"):
        run_new(options(item, **chosen), checkout, print)
    assert before(checkout) == texts


def test_file_of_a_new_measurement_is_never_overwritten(checkout):
    """Nothing else is written either."""
    file = checkout / "playbook/measure/redis/redis_pipelines.py"
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    texts = before(checkout)
    with pytest.raises(UsageError, match=r"new: playbook/measure/redis/redis_pipelines.py is there already"):
        run_new(options(ITEM), checkout, print)
    assert before(checkout) == texts


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('EXPECTATIONS: X = {\n    "a": {"i": (1, 2)},\n}\n', {"a": {"i": (1, 2), "new": 3}}),
        ('EXPECTATIONS: X = {"a": dict(i=1), "b": {}}\n', {"a": {"i": 1, "new": 3}, "b": {}}),
        ('EXPECTATIONS: X = {"b": {"é": 1}}\n', {"b": {"é": 1}, "a": {"new": 3}}),
        ("EXPECTATIONS: X = {}\n", {"a": {"new": 3}}),
    ],
    ids=["dictionary", "function", "other-fault", "empty"],
)
def test_expectation_is_added_to_whatever_states_the_fault(source, expected):
    """A dictionary, a function's value, or nothing yet."""
    made = {"X": dict}
    exec(inserting.with_expected(source, "a", '"new": 3,'), made)
    assert made["EXPECTATIONS"] == expected


# -------------------------------------------------------------------------------------------- a check of one's own


def test_outside_of_a_checkout_a_check_of_ones_own_is_written(tmp_path):
    """Below checks/, with its words in its docstring; it is UNKNOWN until it is filled in."""
    said = []
    assert run_new(options("daily.shop.cart-answers"), tmp_path, said.append) == 0
    text = (tmp_path / "checks/test_shop.py").read_text()
    assert "@pytest.mark.daily\ndef test_cart_answers(httpx_client):" in text
    assert all(f"    {word}: " in text for word in ("Why", "Next", "Look again", "Audience"))
    assert "raise NotImplementedError(" in text
    assert (
        said[0] == "checks/test_shop.py: the check test_cart_answers, whose item is daily.local.shop.cart-answers"
    )


def test_own_check_in_a_checkout_stands_in_checks_local(checkout):
    """By its id; the suite's own files stay as they are."""
    texts = before(checkout)
    run_new(options("daily.local.shop.answers", measurement="redis_stats"), checkout, print)
    assert changed(checkout, texts) == {"checks/local/test_shop.py"}
    assert "def test_answers(redis_stats, limits, judge):" in (checkout / "checks/local/test_shop.py").read_text()


def test_second_own_check_is_added_to_the_file(tmp_path):
    """With the import that it needs, and nothing of the file lost."""
    file = tmp_path / "checks/test_shop.py"
    file.parent.mkdir()
    file.write_text('"""Mine."""\n\nfrom __future__ import annotations\n\n\ndef test_mine():\n    assert True\n')
    run_new(options("weekly.shop.answers"), tmp_path, print)
    text = file.read_text()
    assert text.startswith('"""Mine."""\n\nfrom __future__ import annotations\n\nimport pytest\n')
    assert [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)] == [
        "test_mine",
        "test_answers",
    ]
    with pytest.raises(UsageError, match=r"new: checks/test_shop.py has a check test_answers already"):
        run_new(options("weekly.shop.answers"), tmp_path, print)
    assert file.read_text() == text


@pytest.mark.parametrize(
    ("item", "chosen", "sentence"),
    [
        ("daily.shop", {}, "expected a set, a subject and a name, such as daily.shop.answers, got 'daily.shop'"),
        ("daily.shop.x", {"fault": "a"}, "--fault is for a check of the suite in its checkout"),
        ("daily.shop.x", {"measurement": "redis_stat"}, "expected a measurement .+ did you mean 'redis_stats'"),
    ],
)
def test_mistake_in_an_own_check_is_one_sentence(tmp_path, item, chosen, sentence):
    """And nothing is written."""
    with pytest.raises(UsageError, match=f"^new: {sentence}"):
        run_new(options(item, **chosen), tmp_path, print)
    assert list(tmp_path.iterdir()) == []
