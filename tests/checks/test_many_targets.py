"""The daily set on three targets in one run, served by one sandbox: what is bad of one is so of that one alone."""

import os
from pathlib import Path

import msgspec
import pytest

from playbook.core.record import Results
from playbook.report.overview import read_overview
from sandbox.launcher import start
from sandbox.many import many_targets
from tests.leisure import AT_LEISURE
from tests.preloaded import run_plain, run_pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def daily(folder, sandbox, change, *options):
    """Run the daily set on shop-a, shop-b and shop-c; the results of each, by name."""
    text, secrets = many_targets(sandbox.settings, ["shop-a", "shop-b", "shop-c"])
    (folder / "playbook.toml").write_text(change(text) + AT_LEISURE, encoding="utf-8")
    arguments = ("-m", "daily", "--target=group:shops", f"--reports={folder}", *options)
    environment = {**os.environ, **secrets, "PLAYBOOK_CONFIG": str(folder / "playbook.toml")}
    run = run_plain if options else run_pytest  # workers are processes of their own
    ended = run(*arguments, cwd=ROOT, env=environment, timeout=240)
    made = {}
    for file in folder.glob("shop-*/results.json"):
        results = msgspec.json.decode(file.read_bytes(), type=Results)
        made[results.target] = results
    assert sorted(made) == ["shop-a", "shop-b", "shop-c"], ended.stdout + ended.stderr
    return ended.returncode, made


def break_two(text):
    """Redis of shop-b is nowhere, and shop-c's token is none."""
    before, first, second, third = text.partition("[targets.shop-a]")[0], *text.split("[targets.")[1:]
    second = second.replace("${SANDBOX_REDIS_URL}", "${NOWHERE}")
    third = third.replace("${TOKEN_OF_2}", "${WRONG_TOKEN}")
    return before + "".join(f"[targets.{one}" for one in (first, second, third))


def bad(results):
    """The items that are out of bounds or could not be measured."""
    return {record.item for record in results.records if record.verdict in {"CRITICAL", "UNKNOWN"}}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one-process", "two-workers"])
def test_failure_of_one_target_does_not_affect_others(tmp_path, monkeypatch, workers):
    """A Redis that is gone and a token that is refused; the third target is as well as ever."""
    monkeypatch.setenv("NOWHERE", "redis://127.0.0.1:1")
    monkeypatch.setenv("WRONG_TOKEN", "dop_v1_" + "0" * 64)
    with start() as sandbox:
        code, made = daily(tmp_path, sandbox, break_two, *workers)

    assert code == 10
    assert bad(made["shop-a"]) == set()
    assert {cause.id for cause in made["shop-b"].root_causes} == {"Redis"}
    assert {cause.id for cause in made["shop-c"].root_causes} == {"DigitalOcean API"}
    assert "daily.app.active" not in bad(made["shop-b"])
    assert "daily.redis.alive" not in bad(made["shop-c"])
    rows = read_overview(tmp_path / "latest").rows
    assert [(row.target, str(row.verdict)) for row in rows[:2]] == [("shop-b", "UNKNOWN"), ("shop-c", "UNKNOWN")]
