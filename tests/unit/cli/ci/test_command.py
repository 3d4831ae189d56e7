"""What the steps choose, say and ask for; the workflows' own tests run them end to end."""

import argparse
from pathlib import Path

import msgspec
import pytest

from playbook.__main__ import main
from playbook.cli.ci import github, publishing, runner, state, steps
from playbook.cli.ci.annotations import annotations_of
from playbook.cli.ci.choosing import choose
from playbook.core.errors import UsageError
from playbook.core.record import RootCause
from playbook.core.verdict import EXIT_USAGE, Verdict
from playbook.history import runs as history
from playbook.history.runs import line_of
from playbook.report import write_all
from tests.factories import record, results
from tests.unit.loopback import answer, serve


def chosen(tmp_path: Path, environment: dict[str, str] | None = None, **changes: str):
    """What is chosen for a scheduled daily run of production."""
    asked = {"set_name": "", "cron": "17 6 * * *", "target": "production", **changes}
    return choose(root=tmp_path, lines=tmp_path / "history", environment=environment or {}, **asked)


@pytest.mark.parametrize(
    ("cron", "name"), [("17 6 * * *", "daily"), ("23 7 * * 1", "weekly"), ("41  7 1 * *", "monthly")]
)
def test_cron_line_selects_its_set(tmp_path, cron, name):
    """As the settings have it."""
    assert chosen(tmp_path, {"PRODUCTION_URL": "https://a.example"}, cron=cron) == (name, "production", "")


def test_unknown_cron_line_is_one_sentence(tmp_path):
    """With what was expected."""
    with pytest.raises(UsageError, match=r"no set that is due at '0 0 \* \* \*': expected one of daily \(17 6"):
        chosen(tmp_path, cron="0 0 * * *")


def test_requested_set_precedes_schedule(tmp_path):
    """A run by hand."""
    assert chosen(tmp_path, set_name="weekly", cron="", target="sandbox") == ("weekly", "sandbox", "")


@pytest.mark.parametrize("environment", [{}, {"PRODUCTION_URL": "", "REDIS_URL": ""}], ids=["nothing", "empty"])
def test_unconfigured_target_falls_back_to_sandbox_with_note(tmp_path, environment):
    """GitHub hands over an empty variable for a secret that is not there."""
    choice = chosen(tmp_path, environment)
    assert choice.target == "sandbox"
    assert choice.note.startswith("This is a demonstration: the target production is not configured here")


def test_known_target_never_falls_back_to_sandbox(tmp_path):
    """When its settings are lost the run is UNKNOWN, and not a green one of something else."""
    made = results([record(Verdict.OK)])
    line = line_of(made, report="x", slot=None)
    history.append(tmp_path / "history", line)
    assert chosen(tmp_path).target == "production"
    assert chosen(tmp_path, target="staging").target == "sandbox"


def test_missing_history_prevents_sandbox_fallback(tmp_path):
    """It may have run before; and the summary says what is not known."""
    choice = choose(set_name="daily", cron="", target="production", root=tmp_path, lines=None, environment={})
    assert choice.target == "production"
    assert choice.note.startswith("The history could not be fetched")


def test_workflow_commands_are_disabled_during_run():
    """It quotes a system that may be in other hands; the word that ends it is new each time."""
    said: list[str] = []
    for _ in range(2):
        with runner.no_commands(said.append, {"GITHUB_ACTIONS": "true"}):
            said.append("##[set-output name=code]0")
    first, second = said[0].removeprefix("::stop-commands::"), said[3].removeprefix("::stop-commands::")
    assert (said[2], said[5]) == (f"::{first}::", f"::{second}::")
    assert first != second
    with pytest.raises(KeyError), runner.no_commands(said.append, {"GITHUB_ACTIONS": "true"}):
        raise KeyError
    assert len(said) == 8
    with runner.no_commands(said.append, {}):
        pass
    assert len(said) == 8


def test_output_value_cannot_forge_another_output(tmp_path):
    """A value is one line."""
    file = tmp_path / "output"
    runner.set_outputs({"report": "a\nverdict=OK", "code": "1"}, {"GITHUB_OUTPUT": str(file)})
    assert file.read_text(encoding="utf-8") == "report=a verdict=OK\ncode=1\n"
    runner.set_outputs({"code": "1"}, {})
    with pytest.raises(ValueError, match="no name"):
        runner.set_outputs({"a=b": "1"}, {})


def test_job_summary_is_cut_at_line_end(tmp_path):
    """GitHub drops one that is too large whole."""
    file = tmp_path / "summary"
    runner.add_summary("€ line\n" * 300_000, {"GITHUB_STEP_SUMMARY": str(file)})
    text = file.read_text(encoding="utf-8")
    assert len(text.encode()) <= 1_000_000
    assert set(text.splitlines()) == {"€ line", "… cut here; the report holds the rest."}
    assert runner.cut("short\n", 100) == "short\n"


def test_notice_is_one_line():
    """Line ends would end the command."""
    assert runner.notice("100 %\nnext", "warning") == "::warning::100 %25%0Anext"


def test_title_cannot_end_workflow_command():
    """Of what stands in it GitHub reads a colon and a comma as its own."""
    assert runner.notice("a: b", "error", "CRITICAL: a, b") == "::error title=CRITICAL%3A a%2C b::a: b"


def test_each_failing_item_and_root_cause_is_annotated():
    """Items that a cause leaves unjudged are reported with it, and not again by themselves."""
    records = [
        record(Verdict.CRITICAL, 1),
        record(Verdict.UNKNOWN, 2),
        record(Verdict.UNKNOWN, 3),
        record(Verdict.WARNING, 4),
        record(Verdict.OK, 5),
        record(Verdict.NOT_CONFIGURED, 6),
    ]
    cause = RootCause(id="Redis", message="Redis: connection refused.", items=[records[1].item])
    made = msgspec.structs.replace(results(records), root_causes=[cause])
    assert [line.split("::")[1].partition(" title=")[::2] for line in annotations_of(made)] == [
        ("error", f"CRITICAL%3A {records[0].title}"),
        ("error", "UNKNOWN%3A 1 item"),
        ("error", f"UNKNOWN%3A {records[2].title}"),
        ("warning", f"WARNING%3A {records[3].title}"),
    ]
    assert annotations_of(made)[1].endswith(f"::Redis: connection refused. Leaves unjudged: {records[1].item}")


def test_annotations_beyond_limit_are_counted():
    """It shows ten of a kind for a step."""
    lines = annotations_of(results([record(Verdict.CRITICAL, number) for number in range(25)]))
    assert len(lines) == 10
    assert lines[-1] == "::error title=And 16 more::The summary of this run names them."


def a_report(root: Path, **changes: object) -> str:
    """A report of this job; its name."""
    told: dict[str, object] = {"verdict": Verdict.CRITICAL, "exit_code": 1, **changes}
    made = msgspec.structs.replace(results([record(Verdict.CRITICAL, subject="tls")]), **told)
    folder = root / "reports" / f"{made.target}-daily-{made.started.replace('-', '').replace(':', '')}"
    folder.mkdir(parents=True)
    (folder / "results.json").write_bytes(msgspec.json.encode(made))
    write_all(made, folder)
    return folder.name


def summary(root: Path, page: str = "", report: str = "") -> str:
    """What stands on the page of the workflow's run."""
    file = root / "summary"
    given = argparse.Namespace(page=page, report=report)
    steps.summary(given, root, lambda _: None, {"GITHUB_STEP_SUMMARY": str(file)})
    return file.read_text(encoding="utf-8")


def test_job_summary_starts_with_demo_note_and_first_verdict(tmp_path):
    """That it is a demonstration; then the verdict of the set's own run, not that of the second look."""
    name = a_report(tmp_path)
    a_report(tmp_path, started="2026-11-23T07:02:00Z", verdict=Verdict.OK, partial=True)
    state.write_job(tmp_path, state.Job(set="daily", target="sandbox", note="This is a demonstration.", code=1))
    text = summary(tmp_path)
    assert text.startswith(
        "> [!WARNING]\n> **This is a demonstration.**\n\n# ✕ CRITICAL: daily checks of production"
    )
    assert f"`{name}/index.html`" in text
    assert text.count("\n# ") == 1


def test_job_summary_links_report_and_archive(tmp_path):
    """Where they were uploaded; a click opens the one, and the other holds everything."""
    name = a_report(tmp_path)
    state.write_visibility(tmp_path, "private")
    state.write_job(tmp_path, state.Job(set="daily", target="production", code=1))
    text = summary(tmp_path, page="https://github.example/1", report="https://github.example/2")
    assert (
        "[Open the report](https://github.example/1). It is in the [archive of everything]"
        f"(https://github.example/2) too, as `{name}/index.html`."
    ) in text


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (None, "nothing was run"),
        (state.Job(set="daily", target="production"), "The run was cut off and left no results"),
        (state.Job(set="daily", target="production", code=4), "The run ended with code 4 and left no results"),
    ],
    ids=["not-begun", "cut-off", "wrong-settings"],
)
def test_run_without_results_is_unknown_in_summary(tmp_path, job, says):
    """Silence is never fine."""
    if job:
        state.write_job(tmp_path, job)
    text = summary(tmp_path)
    assert text.startswith("# ? UNKNOWN")
    assert says in text


def test_damaged_job_file_is_one_sentence(tmp_path):
    """No traceback in a workflow's log."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "job.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"job\.json cannot be read"):
        summary(tmp_path)


def at(url: str) -> dict[str, str]:
    """The variables of a job whose API is there."""
    return {
        "GITHUB_API_URL": url,
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_TOKEN": "ghs_x",
        "GITHUB_SHA": "a" * 40,
        "GITHUB_REF": "refs/heads/main",
    }


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (answer(body=b'{"build_type": "workflow", "html_url": "https://o.github.io/n/"}'), ""),
        (answer(body=b'{"build_type": "legacy"}'), "Pages are built from a branch"),
        (answer("404 Not Found", b"{}"), "Pages are not switched on"),
        (answer("403 Forbidden", b"{}"), "GitHub answered 403"),
    ],
    ids=["on", "from-a-branch", "off", "forbidden"],
)
def test_missing_pages_keep_run_green_with_note(tmp_path, said, problem):
    """Where there are none the site stays an artifact, and that is said."""
    output, lines = tmp_path / "output", []
    with serve(said) as server:
        assert publishing.pages(tmp_path, lines.append, {**at(server.url), "GITHUB_OUTPUT": str(output)}) == 0
        assert b"GET /repos/owner/name/pages HTTP/1.1" in server.requests[0]
    text = output.read_text(encoding="utf-8")
    assert ("publish=true" in text) is (not problem)
    assert bool(lines) is bool(problem)
    assert all(line.startswith("::notice::") and problem in line for line in lines)


def test_sarif_upload_refusal_has_reason(tmp_path):
    """The sandbox's are nobody's and a part's would close the others: they stay here."""
    name = a_report(tmp_path / "data")
    with serve(
        answer("202 Accepted", b'{"id": "47"}'), answer("403 Forbidden", b'{"message": "not enabled"}')
    ) as server:
        lines: list[str] = []
        assert publishing.code_scanning(tmp_path, name, lines.append, at(server.url)) == 0
        assert lines == ["code scanning: 47"]
        body = msgspec.json.decode(server.requests[0].partition(b"\r\n\r\n")[2])
        assert set(body) == {"commit_sha", "ref", "sarif"}
        with pytest.raises(UsageError, match=r"expected 202, got 403 \(not enabled; code scanning has to be"):
            publishing.code_scanning(tmp_path, name, lines.append, at(server.url))
        demo = a_report(tmp_path / "data", target="sandbox", kind="sandbox")
        part = a_report(tmp_path / "data", target="b", partial=True)
        other = a_report(tmp_path / "data", target="c", records=[record(subject="kpis")])
        for each in (demo, part, other):
            publishing.code_scanning(tmp_path, each, lines.append, at(server.url))
        assert len(server.requests) == 2
        for line, reason in zip(
            lines[-3:], ("only the sandbox was checked", "a part of the set", "no security items"), strict=True
        ):
            assert reason in line


def test_missing_report_is_one_sentence(tmp_path):
    """Its push may have failed."""
    with pytest.raises(UsageError, match="is not a stored report with findings"):
        publishing.code_scanning(tmp_path, "x", print, {})


def test_unreachable_github_api_is_one_sentence():
    """And a variable that is not there is named."""
    with (
        pytest.raises(UsageError, match="expected an answer of GitHub's API"),
        serve(answer(body=b"<html>")) as server,
    ):
        github.pages(at(server.url))
    with pytest.raises(UsageError, match=r"\$GITHUB_REPOSITORY is not set"):
        github.pages({})


@pytest.mark.parametrize(
    ("asked", "command_line"),
    [
        (["--cron", "17 6 * * *", "--scheduled", "true"], ["daily", "--scheduled"]),
        (
            ["--set", "daily", "--fault", "redis-gone alert-firing"],
            ["daily", "--fault=redis-gone", "--fault=alert-firing"],
        ),
        (["--set", "load", "--shape", "smoke", "--scheduled", ""], ["load", "--", "--shape=smoke"]),
    ],
    ids=["schedule", "faults", "load"],
)
def test_run_step_exports_exit_code_as_output(tmp_path, monkeypatch, asked, command_line):
    """The step itself ends well, so that all that follows is done before the code decides the job."""
    monkeypatch.chdir(tmp_path)
    output = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    ran: list[list[str]] = []

    def instead(words: list[str], root: Path, environment: dict[str, str]) -> int:
        ran.append(words)
        a_report(root, target="sandbox", kind="sandbox")
        return 1

    monkeypatch.setattr(steps, "run_command", instead)
    assert main(["ci", "run", "--target", "sandbox", *asked]) == 0
    (words,) = ran
    common = ["--target", "sandbox", "--reports", "reports", "--history", "data/history"]
    assert words[1:] == ["-m", "playbook", "run", command_line[0], *common, *command_line[1:]]
    told = dict(line.split("=") for line in output.read_text(encoding="utf-8").splitlines())
    assert (told["code"], told["verdict"], told["target"]) == ("1", "CRITICAL", "sandbox")
    assert told["report"].startswith("sandbox-daily-")
    assert state.read_job(tmp_path) == state.Job(set=command_line[0], target="sandbox", code=1)


def test_ci_usage_error_is_one_sentence_with_code_4(capsys):
    """As everywhere."""
    assert main(["ci", "run"]) == EXIT_USAGE
    assert "--target" in capsys.readouterr().err
