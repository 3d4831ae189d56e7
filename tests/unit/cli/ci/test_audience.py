"""What a job tells everybody, and what it refuses to tell."""

import argparse
import re
import subprocess
from pathlib import Path

import msgspec
import pytest

from playbook.cli.ci import github, publishing, reports, state, steps
from playbook.cli.ci.branches import Branches
from playbook.cli.history import run_history
from playbook.core.audience import Audience
from playbook.core.catalogue import Catalogue
from playbook.core.errors import UsageError
from playbook.core.verdict import Verdict
from playbook.history import drill_records as records
from playbook.history import runs as history
from playbook.history.deliveries import Delivery, note
from playbook.history.drill_records import DrillRecord
from playbook.history.handoff_page import Ending, make_page
from playbook.report import read_results, write_all
from playbook.report.handoff import write_page
from playbook.report.handoff_public import HANDOFFS, public_page
from tests.factories import record, results
from tests.history_factory import NOW, finding, run_line
from tests.unit.loopback import answer, closed_port, serve

pytestmark = pytest.mark.slow
CANARY = "alice has no second factor"
MFA = "monthly.access.mfa"
ON_ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "owner/name", "GITHUB_TOKEN": "ghs_x"}


def git(*arguments: str, at: Path) -> str:
    """What git says."""
    ended = subprocess.run(["git", *arguments], cwd=at, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A clone with an origin, in which a run of production has been made."""
    for name in ("PLAYBOOK_CONFIG", "PLAYBOOK_TARGET", "PLAYBOOK_HISTORY"):
        monkeypatch.delenv(name, raising=False)
    git("init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "origin.git"), at=tmp_path)
    root = tmp_path / "clone"
    git("clone", "--quiet", str(tmp_path / "origin.git"), str(root), at=tmp_path)
    Branches(root).fetch_history(root / state.HISTORY)
    Branches(root).fetch_reports(root / state.REPORTS)
    told = record(Verdict.CRITICAL, item=MFA, message=CANARY, audience=Audience.TEAM)
    made = results([told], set="monthly", verdict=Verdict.CRITICAL, exit_code=1)
    folder = root / "reports" / "production-monthly-20261123T070000Z"
    folder.mkdir(parents=True)
    (folder / "results.json").write_bytes(msgspec.json.encode(made))
    write_all(made, folder)
    state.write_job(root, state.Job(set="monthly", target="production", code=1))
    return root


def keep(root: Path, *, audience: Audience) -> None:
    """A line of the run."""
    found = finding(
        Verdict.CRITICAL, message=CANARY if audience is Audience.TEAM else "Second factor: out of bounds"
    )
    line = msgspec.structs.replace(run_line({MFA: found}, set_name="monthly"), audience=audience)
    history.append(root / state.HISTORY, line)


def private_target(root: Path) -> None:
    """The settings say so."""
    (root / "playbook.toml").write_text("[targets.production]\nprivate = true\n", encoding="utf-8")


def push(root: Path, said: bytes | None, **more: str) -> list[str]:
    """Push, where GitHub says this of the repository; what was said."""
    lines: list[str] = []
    with serve(answer(body=said) if said is not None else answer("500 Oops", b"{}")) as server:
        environment = {**ON_ACTIONS, "GITHUB_API_URL": server.url, **more}
        # the origin is a folder, which wants no token
        publishing.push(root, lines.append, environment)
    return lines


def pushed(root: Path, branch: str) -> str:
    """All that a branch of origin says."""
    return git("log", "-p", f"refs/heads/{branch}", at=root.parent / "origin.git")


PUBLIC, PRIVATE = b'{"private": false, "visibility": "public"}', b'{"private": true, "visibility": "private"}'


@pytest.mark.parametrize(
    "said", [PUBLIC, b"{}", b'{"private": "yes"}', None], ids=["public", "silent", "odd", "error"]
)
def test_team_data_is_not_pushed_to_unknown_repository(root, tmp_path, said):
    """Neither line nor report, and the reason names the setting and the command; the lines are withheld."""
    private_target(root)
    keep(root, audience=Audience.TEAM)
    output = tmp_path / "output"
    with pytest.raises(
        UsageError,
        match=r"nothing was pushed: targets.production.private is true, and owner/name is "
        r"not known to be private, and 1 line of the history .* history --cleanse --write",
    ):
        push(root, said, GITHUB_OUTPUT=str(output))
    assert output.read_text() == "lines=withheld\n"
    assert git("branch", "--list", at=tmp_path / "origin.git") == ""


def test_private_repository_gets_everything_of_private_target(root):
    """The whole report and the whole line."""
    private_target(root)
    keep(root, audience=Audience.TEAM)
    assert push(root, PRIVATE) == ["history: pushed", "reports: 1 kept"]
    assert CANARY in pushed(root, "history")
    assert CANARY in pushed(root, "reports")


@pytest.mark.parametrize("said", [PUBLIC, PRIVATE, None], ids=["public", "private", "unknown"])
def test_public_part_is_pushed_to_any_repository(root, said):
    """Also to a private repository: that may be made public one day."""
    keep(root, audience=Audience.PUBLIC)
    assert push(root, said) == ["history: pushed", "reports: 1 kept"]
    for branch in ("history", "reports"):
        assert CANARY not in pushed(root, branch)
        assert MFA in pushed(root, branch)


def test_existing_team_lines_do_not_block_new_ones(root):
    """Only what a push would add is looked at."""
    keep(root, audience=Audience.TEAM)
    Branches(root).push_history(root / state.HISTORY, "before")
    line = run_line({MFA: Verdict.OK}, started=NOW.replace(day=24), set_name="monthly")
    history.append(root / state.HISTORY, msgspec.structs.replace(line, audience=Audience.PUBLIC))
    assert push(root, PUBLIC)[0] == "history: pushed"


def test_delivery_errors_count_as_team_data(root):
    """In the lines of deliveries."""
    keep(root, audience=Audience.PUBLIC)
    sent = {"when": NOW, "target": "production", "what": "events", "channel": "webhook", "to": "the webhook"}
    note(root / state.HISTORY, Delivery(**sent, delivered=False, error="no answer from db-7.internal"))
    with pytest.raises(UsageError, match="1 line of the history"):
        push(root, PUBLIC)


def drill(source: str = "s3://backups-of-alice/nightly", **changes: object) -> DrillRecord:
    """A record that names a place, an archive and a machine."""
    told = {"what": "alice.tar.gz", "result": "no answer from db-7.internal", "by": "restore-alice.sh"}
    told |= {"unseen": "alice.rdb", "item": MFA, "target": "staging", "kind": "staging", "when": NOW}
    return DrillRecord(source=source, seconds=4.0, ok=False, **{**told, **changes})  # type: ignore[arg-type]


def test_drill_records_are_pushed_without_place_and_words(root):
    """A run that knows the place still finds them, and one that could not be read still counts as there."""
    file = root / state.HISTORY / "drills.jsonl"
    records.add(str(file), drill())
    with file.open("a") as opened:
        opened.write('{"item": "alice\n')
    keep(root, audience=Audience.PUBLIC)
    push(root, PUBLIC)
    for word in ("alice", "db-7"):
        assert word not in pushed(root, "history")
    known = records.read(str(file), NOW)
    assert len(known.damaged) == 1
    (found,) = known.found
    assert (found.seconds, found.ok, found.when) == (4.0, False, NOW)
    assert records.is_of(found, "s3://backups-of-alice/nightly")
    assert not records.is_of(found, "s3://backups-of-bob/nightly")
    assert records.public_record(found) == found
    push(root, PUBLIC)
    assert records.read(str(file), NOW) == known


def handoff(root: Path, *, public: bool) -> list[Path]:
    """A handoff page of a week, in the history."""
    page = make_page(
        [],
        Catalogue({}, []),
        target="production",
        period="weekly",
        now=NOW,
        last_made=None,
        endings=[Ending("waiver", MFA, NOW, "alice asked for it (Ben)")],
        on_call=["primary: Alice"],
    )
    return write_page(root / state.HISTORY / HANDOFFS, public_page(page) if public else page)


def test_only_anonymous_handoff_pages_are_pushed(root):
    """A page of the team's, or one whose words somebody changed, keeps everything from the branch."""
    keep(root, audience=Audience.PUBLIC)
    files = handoff(root, public=True)
    push(root, PUBLIC)
    kept = git("ls-tree", "-r", "--name-only", "history", at=root.parent / "origin.git").splitlines()
    assert {f"{HANDOFFS}/{file.name}" for file in files} <= set(kept)
    assert not [file for file in files if re.search("alice|ben", file.read_text(), re.IGNORECASE)]

    files[0].write_text(files[0].read_text().replace("</main>", "<p>call Alice</p></main>"))
    with pytest.raises(UsageError, match="1 line of the history would publish details that are for the team only"):
        push(root, PUBLIC)
    handoff(root, public=False)
    with pytest.raises(
        UsageError, match="3 lines of the history would publish details that are for the team only"
    ):
        push(root, PUBLIC)

    private_target(root)
    push(root, PRIVATE)
    assert "Alice" in pushed(root, "history")


def test_cleansing_removes_team_handoff_pages(root):
    """Dry without --write; public pages stay, and those of private targets."""
    said: list[str] = []
    files = handoff(root, public=False)
    keep(root, audience=Audience.PUBLIC)
    folder = root / state.HISTORY
    options = {
        "target": "sandbox",
        "reports": "reports",
        "history": str(folder),
        "problems": False,
        "cleanse": True,
    }
    run_history(argparse.Namespace(**options, write=False), root, said.append)
    assert f"{HANDOFFS}/{files[0].name}: would be removed, as it is a team page" in said
    private_target(root)
    run_history(argparse.Namespace(**options, write=True), root, said.append)
    assert all(file.is_file() for file in files)
    (root / "playbook.toml").unlink()
    run_history(argparse.Namespace(**options, write=True), root, said.append)
    assert not list((folder / HANDOFFS).iterdir())
    handoff(root, public=True)
    run_history(argparse.Namespace(**options, write=True), root, said.append)
    assert said[-1] == "The history contains nothing that is for the team only."


def test_unknown_file_counts_as_team_data(root):
    """Whatever lies in the folder of the history would be pushed with it."""
    keep(root, audience=Audience.PUBLIC)
    (root / state.HISTORY / "notes.txt").write_text("call alice\n")
    with pytest.raises(UsageError, match="1 line of the history"):
        push(root, PUBLIC)


def test_old_reports_become_public_when_branch_is_replaced(root):
    """So one push cleanses that branch, which has one commit; what cannot be read is taken out."""
    old = root / "old" / "production-daily-20261122T070000Z"
    old.mkdir(parents=True)
    made = results([record(Verdict.CRITICAL, message=CANARY)])
    (old / "results.json").write_bytes(msgspec.json.encode(made))
    write_all(made, old)
    odd = root / "old" / "production-weekly-20261121T070000Z"
    odd.mkdir()
    (odd / "index.html").write_text(CANARY)
    Branches(root).push_reports(root / state.REPORTS, [old, odd], 10)
    assert CANARY in pushed(root, "reports")
    keep(root, audience=Audience.PUBLIC)
    push(root, PUBLIC)
    kept = pushed(root, "reports")
    assert CANARY not in kept
    assert old.name in kept
    assert odd.name not in kept


@pytest.mark.parametrize(
    ("visibility", "private", "whole"),
    [("private", True, True), ("private", False, False), ("public", True, False), ("unknown", True, False)],
)
def test_job_summary_has_details_only_in_private_place(root, visibility, private, whole):
    """The repository is private, and the target says that what it keeps there is the team's."""
    if private:
        private_target(root)
    state.write_visibility(root, visibility)
    page = root / "page.md"
    beside: list[str] = []
    environment = {"GITHUB_STEP_SUMMARY": str(page)}
    steps.summary(argparse.Namespace(page="", report=""), root, beside.append, environment)
    text = page.read_text(encoding="utf-8")
    assert any(line.startswith("::error title=CRITICAL") for line in beside)
    assert (CANARY in "".join(beside)) is whole
    assert (CANARY in text) is whole
    assert "CRITICAL" in text


@pytest.mark.parametrize(
    ("visibility", "variable", "whole"),
    [("private", "", True), ("public", "", False), ("unknown", "", False), ("public", "true", True)],
)
def test_artifact_is_complete_only_if_not_public(root, visibility, variable, whole):
    """Everybody with an account can download those of a public repository; a variable permits it."""
    state.write_visibility(root, visibility)
    said: list[str] = []
    output = root / "output"
    publishing.artifact(root, said.append, {publishing.WHOLE_VARIABLE: variable, "GITHUB_OUTPUT": str(output)})
    page = root / output.read_text().strip().partition("=")[2]
    assert (CANARY in page.read_text()) is whole, "the first page by itself is an artifact too"
    (made,) = (root / state.ARTIFACT).iterdir()
    text = "".join(file.read_text() for file in made.iterdir())
    assert (CANARY in text) is whole
    assert bool(said) is not whole
    assert read_results(made).verdict == "CRITICAL"


def test_sandbox_artifact_is_complete(root):
    """Its people and machines are nobody's."""
    folder = next((root / "reports").iterdir())
    made = msgspec.structs.replace(read_results(folder), target="sandbox", kind="sandbox")
    (folder / "results.json").write_bytes(msgspec.json.encode(made))
    write_all(made, folder)
    publishing.artifact(root, print, {})
    (kept,) = (root / state.ARTIFACT).iterdir()
    assert CANARY in (kept / "index.html").read_text()


@pytest.mark.parametrize(
    ("environment", "place", "audience"),
    [
        ({}, ("unknown", False), None),
        ({"GITHUB_ACTIONS": "true"}, ("public", False), "public"),
        ({"GITHUB_ACTIONS": "true"}, ("unknown", True), "public"),
        ({"GITHUB_ACTIONS": "true"}, ("private", False), "public"),
        ({"GITHUB_ACTIONS": "true"}, ("private", True), None),
    ],
    ids=["own-machine", "public", "unknown", "not-private", "private"],
)
def test_job_log_is_public_unless_place_is_private(root, monkeypatch, environment, place, audience):
    """Everybody can read the log of a public repository."""
    monkeypatch.delenv("PLAYBOOK_AUDIENCE", raising=False)
    visibility, private = place
    if private:
        private_target(root)
    state.write_visibility(root, visibility)
    given: list[dict[str, str]] = []

    def instead(words, at, variables):
        given.append(variables)
        return 0

    monkeypatch.setattr(steps, "run_command", instead)
    asked = {"set": "monthly", "cron": "", "target": "production", "scheduled": "", "fault": "", "shape": ""}
    options = argparse.Namespace(**asked, group="", shard="", fetched="false", allow_mutations="")
    steps.run(options, root, lambda _: None, {**environment, "PRODUCTION_URL": "https://a.example"})
    assert given[0].get("PLAYBOOK_AUDIENCE") == audience


def test_private_site_is_not_published_to_public_pages(root):
    """Pages of a private repository may be public all the same; without a word on it they count as that."""
    private_target(root)
    keep(root, audience=Audience.TEAM)
    on = '{"build_type": "workflow", "html_url": "https://o.github.io/n/"%s}'
    for more, published in (("", "false"), (', "public": true', "false"), (', "public": false', "true")):
        output, lines = root / f"output-{len(more)}", []
        with serve(answer(body=(on % more).encode())) as server:
            environment = {**ON_ACTIONS, "GITHUB_API_URL": server.url, "GITHUB_OUTPUT": str(output)}
            publishing.pages(root, lines.append, environment)
        assert f"publish={published}" in output.read_text()
        assert any("production is private" in line for line in lines) is (published == "false")


def test_visibility_request_is_retried():
    """And is not known where it goes on to fail, or is not there."""
    with serve(answer("502 Bad Gateway", b"{}"), answer(body=PRIVATE)) as server:
        assert github.visibility({**ON_ACTIONS, "GITHUB_API_URL": server.url}) == "private"
        assert b"GET /repos/owner/name HTTP/1.1" in server.requests[0]
    assert github.visibility({**ON_ACTIONS, "GITHUB_API_URL": f"http://127.0.0.1:{closed_port()}"}) == "unknown"
    assert github.visibility({}) == "unknown"


def test_fetch_stores_repository_visibility(root):
    """For the steps that are not handed the token."""
    with serve(answer(body=PRIVATE)) as server:
        steps.fetch(root, [], lambda _: None, {**ON_ACTIONS, "GITHUB_API_URL": server.url})
    assert state.is_private(root)
    with serve(answer("404 Not Found", b"{}")) as server:
        steps.fetch(root, [], lambda _: None, {**ON_ACTIONS, "GITHUB_API_URL": server.url})
    assert not state.is_private(root)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/owner/name", "owner/name"),
        ("https://x-access-token:t@github.com/owner/na.me.git", "owner/na.me"),
        ("git@github.com:owner/name.git", "owner/name"),
        ("https://github.com.evil.example/owner/name", ""),
        ("https://git.example/owner/name", ""),
        ("/srv/history.git", ""),
    ],
)
def test_repository_is_derived_from_origin_outside_actions(root, address, name):
    """By the address of origin; anywhere else nobody says who can read it."""
    git("remote", "set-url", "origin", address, at=root)
    assert Branches(root).repository() == name
    assert reports.with_repository(root, {}).get("GITHUB_REPOSITORY", "") == name
    assert reports.with_repository(root, {"GITHUB_REPOSITORY": "a/b"})["GITHUB_REPOSITORY"] == "a/b"
