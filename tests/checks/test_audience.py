"""What the team alone may read stands in no public place, in a run of all sets in which much is wrong.

The canaries are whatever the run itself has seen: every text of its messages and evidence that stands neither in
our own code nor in our documents, names of people, machines and log lines among them. A new check, or a new way to
say something, is covered with its first run.
"""

import argparse
import json
import os
import re
from pathlib import Path

import msgspec
import pytest

from playbook.cli.ci import state, steps
from playbook.cli.site import run_build
from playbook.core.audience import Audience
from playbook.core.catalogue import read_catalogue
from playbook.core.clock import Clock
from playbook.core.evidence import Chart, Facts, Lines, Table
from playbook.core.public import public_names
from playbook.core.record import Results
from playbook.history import runs as history
from playbook.notify.telling import Telling
from playbook.report import for_everybody
from playbook.settings.loading import load
from sandbox.launcher import ATTACH_VARIABLE, attach_address
from tests.preloaded import run_pytest
from tests.unit.loopback import answer, serve
from tests.unit.notify.github_fake import REPOSITORY, TOKEN, github

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SETS = (
    *("daily", "weekly", "monthly", "pre_maintenance", "post_maintenance", "troubleshooting", "emergency"),
    *("optimization", "handoff", "links"),
)
FAULTS = (
    *("redis-gone", "log-errors", "log-hostile", "github-without-2fa", "github-outsider", "contact-incomplete"),
    *("attestation-expired", "backup-traversal", "alert-firing", "dependabot-alert", "escalation-incomplete"),
    *("deployment-failed", "passwords-tried", "github-owner-unknown", "certificate-expired"),
)
OWN = '''
"""A check of somebody's own that says nothing of who may read it."""
import warnings

import pytest


@pytest.mark.daily
def test_warning():
    warnings.warn("canary-warned of 10.98.76.54", stacklevel=1)
    assert len("canary") == 6


@pytest.mark.daily
@pytest.mark.parametrize("machine", ["db-7.canary.internal"])
def test_disk(machine):
    """The disk of canary-rule has room.

    Why: canary-why.
    Next: call canary-next.
    Look again: `ssh canary-look`
    """
    print("canary-printed")
    assert machine == "canary-asserted", "canary-told"


@pytest.mark.daily
def test_crash():
    raise RuntimeError("canary-crash at 10.98.76.54")


@pytest.mark.daily
def test_skipped():
    pytest.skip("canary-skip")
'''
BROKEN = 'raise RuntimeError("canary-import at 10.98.76.54")\n'
TOLD_IN_A_CHECK = ("canary", "10.98.76.54", "db-7")


def run_all(sandbox, folder, *, private):
    """A run of everything; its results, its folder and what it printed."""
    (folder / "own").mkdir(parents=True)
    (folder / "own" / "test_own.py").write_text(OWN, encoding="utf-8")
    (folder / "own" / "test_broken.py").write_text(BROKEN, encoding="utf-8")
    config = folder / "playbook.toml"
    config.write_text("[targets.sandbox]\nprivate = true\n" if private else "", encoding="utf-8")
    environment = os.environ | {
        ATTACH_VARIABLE: attach_address(sandbox.control, sandbox.token),
        "PLAYBOOK_CONFIG": str(config),
        "PLAYBOOK_AUDIENCE": "team" if private else "public",
    }
    environment.pop("PYTEST_ADDOPTS", None)
    words = [part for name in FAULTS for part in ("--fault", name)]
    ended = run_pytest(
        *("-m", " or ".join(SETS), "--target", "sandbox", f"--reports={folder / 'reports'}", *words),
        *("checks", str(folder / "own")),
        cwd=ROOT,
        env=environment,
        timeout=300,
    )
    (file,) = folder.glob("reports/sandbox-*/results.json")
    results = msgspec.json.decode(file.read_bytes(), type=Results)
    assert results.ended == "finished", ended.stdout[-4000:]
    return results, file.parent, ended.stdout + ended.stderr


def texts_of(evidence):
    match evidence:
        case Table():
            yield from (cell for row in evidence.rows for cell in row)
        case Facts():
            yield from evidence.facts.values()
            yield from evidence.facts
        case Lines():
            yield from evidence.lines
        case Chart():
            yield from (curve.name for curve in evidence.curves)
    yield evidence.title


def canaries(results):
    """What the run has seen and nothing of ours says by itself."""
    ours = "\n".join(
        file.read_text(encoding="utf-8")
        for folder, pattern in (("docs", "**/*.md"), ("playbook", "**/*"), ("checks", "**/*.py"))
        for file in (ROOT / folder).glob(pattern)
        if file.suffix in {".md", ".py", ".toml", ".j2", ".css"}
    )
    catalogue = read_catalogue().items
    said = [text for item in catalogue.values() for text in msgspec.structs.astuple(item)]
    checks = [public_names(record.item, record.check, "")[1] for record in results.records]
    ours = "\n".join([" ".join(ours.split()), *said, *checks, *SETS])
    seen = set()
    for record in results.records:
        steps = [each for step in record.investigation for each in step.evidence]
        shown = [text for each in (*record.evidence, *steps) for text in texts_of(each)]
        told = (
            record.message,
            record.expected,
            record.found,
            record.coverage,
            record.next_step,
            record.look_again,
        )
        seen |= {part for text in (*shown, *told) for part in (text.strip(), *re.split(r"[\s,;()'\"=]+", text))}
    figures = "\n".join(
        each.public for each in results.records if each.audience is Audience.PUBLIC and each.value is not None
    )
    return {
        text
        for text in {text.strip(":.") for text in seen}
        if len(text) >= 7 and re.search(r"[A-Za-z]{2}|\d\.\d+\.\d|:\d{4}|\+\d", text)
        if not re.fullmatch(r"[\d.,]+ ?[A-Za-z%/]{0,6}|\d{4}-\d\d-\d\d.*", text)
        if text not in ours and text not in figures
    }


def public_places(results, folder, printed, tmp_path, monkeypatch, *, private):
    """Every public output of a run, by name."""
    places = {"terminal": printed}
    root = tmp_path / "job"
    reports = folder.parent
    (root / "data").mkdir(parents=True)
    (root / "playbook.toml").write_text((reports.parent / "playbook.toml").read_text(), encoding="utf-8")
    monkeypatch.delenv("PLAYBOOK_CONFIG", raising=False)
    for file in (reports / "history").rglob("*.jsonl"):
        places[f"history {file.name}"] = file.read_text(encoding="utf-8")
    # the page of the job, and its messages
    (root / "reports").symlink_to(reports)
    state.write_job(root, state.Job(set=results.set, target="sandbox", code=1))
    state.write_visibility(root, "private" if private else "public")
    page = tmp_path / "summary.md"
    beside: list[str] = []
    environment = {"GITHUB_STEP_SUMMARY": str(page)}
    assert steps.summary(argparse.Namespace(page="", report=""), root, beside.append, environment) == 0
    places["job summary"] = page.read_text(encoding="utf-8")
    places["beside the job"] = "\n".join(beside)
    # what is kept of the report, where everybody reads it
    for_everybody(folder, tmp_path / "branch", read_catalogue())
    for file in (tmp_path / "branch").iterdir():
        places[f"branch reports {file.name}"] = (
            folder.joinpath(file.name).read_text() if private else file.read_text()
        )
    # the site
    said = []
    from playbook.__main__ import _parser

    options = _parser("site").parse_args(["site", "build", "--history", str(reports / "history")])
    options.reports, options.to = reports, tmp_path / "site"
    assert run_build(options, root, said.append) == 0
    for file in filter(Path.is_file, (tmp_path / "site").rglob("*")):
        if file.name != "pytest-html.html":
            places[f"site {file.relative_to(tmp_path / 'site')}"] = file.read_text(encoding="utf-8")
    # messages and issues; two runs in a row open the incidents
    (line,) = history.read(reports / "history").runs
    again = msgspec.structs.replace(line, id=f"{line.id}-again")
    history.append(reports / "history", again)
    with serve(answer(body=b"{}")) as server, github() as fake:
        overlay = {
            "notifications": {
                "webhook": {"url": server.url},
                "github": {"repository": REPOSITORY, "token": TOKEN, "endpoint": fake.url},
                "digests": [],
            },
            "targets": {"sandbox": {"private": private}},
        }
        fake.private = private
        settings = load("sandbox", root=root, environment={}, overlay=overlay)
        Telling(settings, reports / "history", said.append, Clock()).tell()
        assert server.requests
        assert fake.issues
        places["webhook"] = b"".join(server.requests).decode()
        places["issues"] = json.dumps([fake.issues, fake.comments], ensure_ascii=False)
    places["said"] = "\n".join(said)
    for file in (reports / "history" / "deliveries").glob("*"):
        places["deliveries"] = file.read_text(encoding="utf-8")
    return places


def test_no_private_details_reach_a_public_place(sandbox, tmp_path, monkeypatch):
    """Names, phones, addresses, log lines, and every other text that the run has seen and that is not ours."""
    results, folder, printed = run_all(sandbox, tmp_path / "run", private=False)
    assert {each.audience for each in results.records} == {Audience.PUBLIC, Audience.TEAM}
    whole = (folder / "results.json").read_text(encoding="utf-8")
    seen = canaries(results)
    assert len(seen) > 500
    for kind in (
        r"\+\d[\d ]{6,}",
        r"203\.0\.113\.\d+",
        r"(127\.0\.0\.1|localhost):\d+",
        r"[\w.]+@[\w.]+\w",
        r" ERROR |Error: ",
    ):
        assert any(re.search(kind, text) for text in seen), f"no canary such as {kind}"
    for told in TOLD_IN_A_CHECK:
        assert told in whole
    places = public_places(results, folder, printed, tmp_path, monkeypatch, private=False)
    everything = "\n".join(places.values())
    leaks = {
        (text, place)
        for text in (*seen, *TOLD_IN_A_CHECK)
        if text in everything
        for place, content in places.items()
        if text in content
    }
    assert not leaks, "\n".join(sorted(f"{text[:80]!r} in {place[-60:]}" for text, place in leaks))
    for place in ("terminal", "job summary", "branch reports index.html", "site index.html", "webhook", "issues"):
        assert "CRITICAL" in places[place] or "out of bounds" in places[place], f"{place} tells nothing"


def test_private_target_shows_everything_everywhere(sandbox, tmp_path, monkeypatch):
    """The same places hold the same canaries then, so that the test before looks where something could be."""
    results, folder, printed = run_all(sandbox, tmp_path / "run", private=True)
    places = public_places(results, folder, printed, tmp_path, monkeypatch, private=True)
    seen = canaries(results)
    for place in (
        "terminal",
        "job summary",
        "branch reports index.html",
        "history 2026.jsonl",
        "webhook",
        "issues",
    ):
        found = {text for text in seen if text in places[place]}
        assert found, f"{place} holds no particulars"
