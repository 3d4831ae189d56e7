"""A group of targets in the workflows: its parts, and what a job tells of the targets that it ran."""

import json
from types import SimpleNamespace

import msgspec
import pytest

from playbook.__main__ import main
from playbook.cli.ci import groups, publishing, state, steps
from playbook.core.errors import UsageError
from playbook.core.verdict import EXIT_USAGE, Verdict, worst
from playbook.report import write_all
from playbook.report.overview import overview_of, read_overview, row_of, write_overview
from tests.factories import record, results

TIMES = {"started": "2026-11-23T07:00:00Z", "finished": "2026-11-23T07:00:09Z"}


@pytest.fixture
def root(tmp_path):
    """Of a repository with five targets in a group."""
    targets = "".join(f'[targets.shop-{name}]\nkind = "production"\n' for name in "abcde")
    (tmp_path / "playbook.toml").write_text(f'[groups]\nshops = ["shop-*"]\n{targets}')
    return tmp_path


def test_shards_are_json_matrix_for_actions(root):
    """Each part with its name in artifacts, which may hold no slash."""
    output, said = root / "output", []
    assert groups.shards("group:shops", 2, root, said.append, {"GITHUB_OUTPUT": str(output)}) == 0
    matrix = json.loads(said[0])
    assert matrix == {
        "include": [
            {"shard": "1/3", "part": "-1-of-3"},
            {"shard": "2/3", "part": "-2-of-3"},
            {"shard": "3/3", "part": "-3-of-3"},
        ]
    }
    lines = dict(line.split("=", 1) for line in output.read_text().splitlines())
    assert (json.loads(lines["matrix"]), lines["targets"]) == (matrix, "5")
    parts = [groups.targets_of("group:shops", one["shard"], root, {}) for one in matrix["include"]]
    assert sorted(name for part in parts for name in part) == [f"shop-{name}" for name in "abcde"]


def test_too_many_jobs_are_refused_with_alternative(root):
    """With the number that would do."""
    targets = "".join(f'[targets.many-{number}]\nkind = "staging"\n' for number in range(300))
    (root / "playbook.toml").write_text(f'[groups]\nmany = ["many-*"]\n{targets}')
    with pytest.raises(UsageError, match="--most 1: expected at least 2, as GitHub runs at most 256 jobs"):
        groups.shards("group:many", 1, root, print, {})


def test_unknown_group_is_one_sentence(root, monkeypatch, capsys):
    """And code 4."""
    monkeypatch.chdir(root)
    assert main(["ci", "shards", "--target", "group:shop"]) == EXIT_USAGE
    assert "unknown group 'shop': expected one of shops" in capsys.readouterr().err


def options(**changes):
    """Of the step ``run``."""
    given = {
        "set": "daily",
        "cron": "",
        "target": "production",
        "group": "shops",
        "shard": "1/3",
        "scheduled": "true",
        "fault": "",
    }
    return SimpleNamespace(**(given | {"shape": "", "allow_mutations": "false", "fetched": "true", **changes}))


def reported(root, **verdicts):
    """The reports of a job that ran these targets, and the page over them."""
    reports = root / "reports"
    rows = []
    for name, verdict in verdicts.items():
        made = results([record(verdict, 1)], target=name.replace("_", "-"), verdict=worst([verdict]))
        folder = reports / f"{made.target}-daily-20261123T070000Z"
        folder.mkdir(parents=True)
        (folder / "results.json").write_bytes(msgspec.json.encode(made))
        write_all(made, folder, is_newest=False)
        rows.append(row_of(made, folder=folder.name))
    page = reports / "targets-daily-20261123T070000Z"
    page.mkdir()
    overview = overview_of(rows, set_name="daily", asked="group:shops", command="pytest", seconds=9.0, **TIMES)
    assert not write_overview(overview, page)
    return page


def test_job_runs_its_part_of_group(root, monkeypatch):
    """By the one command, and its outputs are those of the whole part; its targets are noted for what follows."""
    ran = []

    def run(line, *_):
        ran.append(line)
        reported(root, shop_a=Verdict.OK, shop_d=Verdict.CRITICAL)
        return 1

    monkeypatch.setattr(steps, "run_command", run)
    output = root / "output"
    assert steps.run(options(), root, print, {"GITHUB_OUTPUT": str(output)}) == 0
    assert "--target group:shops" in " ".join(ran[0])
    assert "--shard 1/3" in " ".join(ran[0])
    lines = dict(line.split("=", 1) for line in output.read_text().splitlines())
    assert (lines["code"], lines["verdict"], lines["report"]) == ("1", "CRITICAL", "")
    assert state.read_job(root).names == ["shop-a", "shop-d"]


def test_shard_of_single_target_is_refused(root):
    """It would be the whole of it."""
    with pytest.raises(UsageError, match="--shard: expected --group beside it, of which 1/3 is a part"):
        steps.run(options(target="shop-a", group=""), root, print, {})


@pytest.mark.parametrize("is_private", [False, True], ids=["public", "private"])
def test_group_summary_and_artifact_omit_private_details(root, is_private):
    """Where the repository is private the artifact is whole; the summary is where the targets are private too."""
    page = reported(root, shop_a=Verdict.OK, shop_d=Verdict.CRITICAL)
    state.write_job(root, state.Job(set="daily", target="group:shops", code=1, targets=["shop-a", "shop-d"]))
    state.write_visibility(root, "private" if is_private else "public")
    summary = root / "summary"
    shown = SimpleNamespace(page="", report="")
    steps.summary(shown, root, print, {"GITHUB_STEP_SUMMARY": str(summary)})
    assert "1 of 2 targets is CRITICAL" in summary.read_text()
    found = record(Verdict.CRITICAL, 1).message
    assert found not in summary.read_text()
    publishing.artifact(root, print, {})
    kept = read_overview(root / state.ARTIFACT / page.name)
    assert [(row.target, row.verdict) for row in kept.rows] == [("shop-d", "CRITICAL"), ("shop-a", "OK")]
    assert (kept.rows[0].worst == found) is is_private
    assert all((root / state.ARTIFACT / row.folder / "index.html").is_file() for row in kept.rows)
