"""``attest``, ``waive`` and ``handoff`` on the command line: one sentence for a mistake, files for the rest."""

from datetime import UTC, datetime, timedelta

import pytest

from playbook.__main__ import main
from playbook.core.verdict import Verdict
from playbook.history.runs import append
from tests.history_factory import finding, run_line


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose production keeps its people's files."""
    (tmp_path / "playbook.toml").write_text(
        '[targets.production.people]\nattestations = "p/a.jsonl"\nwaivers = "p/w.jsonl"\nhandoffs = "p/h"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_TARGET", "production")
    monkeypatch.delenv("PLAYBOOK_SANDBOX", raising=False)
    return tmp_path


def run(capsys, *arguments):
    code = main(arguments)
    said = capsys.readouterr()
    return code, said.out + said.err


def test_signed_item_is_no_longer_due(project, capsys):
    """From no ledger (10) to something due (1)."""
    code, said = run(capsys, "attest", "--open")
    assert code == 10
    assert "a.jsonl, which is not there. Begin it with `python -m playbook attest ITEM --by" in said
    code, said = run(capsys, "attest", "weekly.docs.updated", "--by", "Ada", "--note", "read them")
    assert code == 0
    assert said.startswith("weekly.docs.updated is signed off by Ada until ")
    code, said = run(capsys, "attest", "--open")
    assert code == 1
    assert "weekly.docs.updated: Ada, for another 9 days" in said
    assert "missing   weekly.team.notified: none" in said


def test_sign_off_is_about_its_target_or_about_those_that_are_named(project, capsys):
    """Staging has the same ledger as production."""
    with (project / "playbook.toml").open("a") as settings:
        settings.write('[targets.staging.people]\nattestations = "p/a.jsonl"\nwaivers = "p/w.jsonl"\n')
    signing = ("attest", "weekly.docs.updated", "--by", "Ada", "--note", "read them")
    waiving = (
        "waive",
        "daily.redis.alive",
        "--until",
        f"{datetime.now(UTC):%Y-%m-%d}",
        "--by",
        "A",
        "--reason",
        "x",
    )
    waiving = (*waiving, "--covers", "WARNING")
    assert run(capsys, *signing)[0] == run(capsys, *waiving)[0] == 0
    _, said = run(capsys, "attest", "--open", "--target", "staging")
    assert "missing   weekly.docs.updated: none (only for production)" in said
    assert run(capsys, "waive", "--open", "--target", "staging")[1] == "nothing is waived\n"
    assert run(capsys, *signing, "--for", "prod*", "staging")[0] == 0
    for target in ("staging", "production"):
        said = run(capsys, "attest", "--open", "--target", target)[1]
        assert "weekly.docs.updated: Ada, for another 9 days" in said


def test_sign_off_before_a_maintenance_names_its_window(project, capsys):
    """So that it is not taken for one about the time to which the window is moved later."""
    with (project / "playbook.toml").open("a") as settings:
        settings.write(
            '[targets.production.maintenance]\ntime_zone = "Europe/Berlin"\n'
            'windows = [{ name = "x", start = 2126-11-28T22:00:00, end = 2126-11-28T23:30:00 }]\n'
        )
    code, said = run(
        capsys, "attest", "pre_maintenance.window", "--by", "Ada", "--note", "announced in the channel"
    )
    assert code == 0
    assert "is signed off for 2126-11-28T21:00:00Z to 2126-11-28T22:30:00Z by Ada until " in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["attest"], "attest: which item? (--open lists what is due)"),
        (
            ["attest", "weekly.docs.update", "--by", "A", "--note", "x"],
            "unknown item 'weekly.docs.update'; did you mean 'weekly.docs.updated'? (attest --open lists them)",
        ),
        (
            ["attest", "daily.redis.alive", "--by", "A", "--note", "x"],
            "daily.redis.alive is measured, so it cannot be signed off (attest --open lists what is signed)",
        ),
        (
            ["attest", "weekly.docs.updated", "--note", "x"],
            "attest: --by is needed, as a sign-off states who reviewed",
        ),
        (
            ["attest", "weekly.docs.updated", "--by", "A", "--note", "x", "--for", "prod*", "stagging"],
            "'stagging' matches no target: expected names or patterns of production, ",
        ),
        (
            [
                *("waive", "daily.redis.alive", "--until", "2126-12-01", "--by", "A", "--reason", "x"),
                *("--covers", "CRITICAL", "--for", "shop-*"),
            ],
            "'shop-*' matches no target",
        ),
        (
            ["waive", "daily.redis.alive", "--until", "soon", "--by", "A", "--reason", "x"],
            "--until: expected a date",
        ),
        (["waive", "daily.redis.aliv", "--until", "2026-12-01"], "unknown item 'daily.redis.aliv'; did you mean"),
        (["waive", "daily.redis.alive", "--by", "A"], "waive: --until is needed, as an exception has an end"),
        (["waive", "daily.redis.alive", "--target", "sandbox"], "the sandbox stores nothing: choose a target"),
        (["attest", "--open", "--target", "staging"], "Attestations is not configured for the target staging"),
        (["handoff"], "one of the arguments --weekly --monthly is required"),
    ],
)
def test_attest_mistake_is_one_sentence(project, capsys, arguments, sentence):
    """With exit code 4, and nothing written."""
    code, said = run(capsys, *arguments)
    assert code == 4
    assert sentence in said
    assert not (project / "p").exists()


def test_waive_open_lists_active_waivers(project, capsys):
    """The active ones; nothing is said as nothing."""
    assert run(capsys, "waive", "--open") == (0, "nothing is waived\n")
    until = _in_days(3)  # of one moment: it may be midnight
    code, said = run(capsys, *_waive(until, "--covers", "UNKNOWN"))
    assert code == 0
    assert f"is waived until {until} by Ben, accepted as UNKNOWN; commit " in said
    code, said = run(capsys, "waive", "--open")
    waived = f"active    daily.redis.alive until {until}, by Ben, accepted as UNKNOWN"
    assert said == f"{waived}\n          Redis alive: it moves\n"


def test_waiver_accepts_what_the_newest_run_found(project, capsys):
    """Asked for where no run says it; as long as the item is waived, what is waived now."""
    until = _in_days(3)
    code, said = run(capsys, *_waive(until))
    assert code == 4
    assert "--covers is needed (WARNING, UNKNOWN or CRITICAL): the history holds no run that last found" in said
    for verdict, accepted in ((Verdict.WARNING, "WARNING"), (Verdict.WAIVED, "WARNING"), (Verdict.CRITICAL,) * 2):
        _found(project, verdict)
        code, said = run(capsys, *_waive(until))
        assert code == 0
        assert f"accepted as {accepted}; commit" in said
    _found(project, Verdict.OK)
    assert run(capsys, *_waive(until))[0] == 4


def _waive(until, *more):
    return "waive", "daily.redis.alive", "--until", until, "--reason", "it moves", "--by", "Ben", *more


def _found(project, verdict):
    line = run_line({"daily.redis.alive": finding(verdict)}, started=datetime.now(UTC) - timedelta(minutes=10))
    append(project / "reports" / "history", line)


def test_handoff_command_writes_page(project, capsys):
    """At the settings' addresses; services that are not configured are left out, and ended ones reported."""
    run(capsys, *_waive(_in_days(3), "--covers", "WARNING"))
    run(capsys, "attest", "weekly.docs.updated", "--by", "Ada", "--note", "read them")
    code, said = run(capsys, "handoff", "--monthly")
    assert code == 0
    (page,) = (project / "p" / "h").glob("production-monthly-*.md")
    text = page.read_text(encoding="utf-8")
    assert "Waiver: it moves (Ben)." in text
    assert "**Documentation up to date**: ends" in text
    assert "No run of this target was found, so nothing is known" in text
    assert str(page) in said


def _in_days(days):
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"
