"""A run's results with what history, settings and roster know of them."""

from datetime import timedelta

import msgspec
import pytest

from playbook.core.audience import Audience
from playbook.core.catalogue import shipped
from playbook.core.context import Asked, Release
from playbook.core.public import public_results
from playbook.core.verdict import Verdict
from playbook.history import runs as history
from playbook.history.runs import line_of, read
from playbook.run.thread.weaving import with_thread
from playbook.settings.loading import load
from tests.factories import record, results
from tests.unit.notify.lines import CRIT, OK, START, keep, run

HEALTH, HOMEPAGE = "daily.health.api", "daily.probe.homepage"
NOW = START + timedelta(days=5)


@pytest.fixture
def settings():
    """A production target with a site, an app and Grafana; it is private."""
    found = load("production", environment={"PLAYBOOK_SITE_URL": "https://ops.example"})
    target = msgspec.structs.replace(
        found.target,
        private=True,
        digitalocean=msgspec.structs.replace(found.target.digitalocean, app_id="a1"),
        grafana=msgspec.structs.replace(found.target.grafana, url="https://g.example", datasource_uid="p1"),
        github=msgspec.structs.replace(found.target.github, repository="acme/shop"),
    )
    return msgspec.structs.replace(found, target=target)


def bad_run(*records, **changes):
    """A run of production on the sixth day."""
    fields = {"target": "production", "started": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "private": True, **changes}
    return results(list(records), **fields)


def woven(made, settings, tmp_path):
    """Its thread."""
    found = with_thread(made, settings, read(tmp_path / "history").of(made.target), tmp_path).thread
    assert found
    return found


def test_first_run_without_history_still_has_links(settings, tmp_path):
    """No history, no roster: each is said, and the links are there."""
    made = bad_run(record(Verdict.CRITICAL, item=HEALTH, asked=[Asked(query="up", seconds=3600)]))
    thread = woven(made, settings, tmp_path)
    assert thread.compared.before is None
    assert "no earlier whole run" in thread.compared.why_not
    assert thread.since[HEALTH].change == "first"
    assert "people.roster" in thread.calls.problem
    assert thread.severity == {HEALTH: "P2"}
    links = {link.name: link.to for link in thread.links[HEALTH]}
    assert links["App in the console"] == "https://cloud.digitalocean.com/apps/a1"
    assert links["Query in Grafana"].startswith("https://g.example/explore?")
    assert links["History"] == "https://ops.example/items/production/daily.health.api.html"


def test_past_runs_provide_since_and_changes(settings, tmp_path):
    """Those of another target say nothing; a report that lies there can be opened."""
    keep(
        tmp_path / "history",
        run(3, {HEALTH: OK, HOMEPAGE: CRIT}, target="production"),
        msgspec.structs.replace(run(4, {HEALTH: CRIT, HOMEPAGE: CRIT}, target="production"), report="before"),
        run(4, {HEALTH: OK, HOMEPAGE: OK}, target="staging"),
    )
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "index.html").write_text("")
    made = bad_run(record(Verdict.CRITICAL, item=HEALTH), record(Verdict.OK, 2, item=HOMEPAGE))
    thread = woven(made, settings, tmp_path)
    assert (thread.since[HEALTH].change, thread.since[HEALTH].runs) == ("still", 2)
    assert (thread.compared.still, thread.compared.fixed) == ([HEALTH], [HOMEPAGE])
    assert thread.compared.before
    assert [link.to for link in thread.compared.before.links][-1] == "../before/index.html"


def test_release_since_last_good_run_is_named(settings, tmp_path):
    """With the commits between, and the deployment; the same one is no news."""
    good = msgspec.structs.replace(
        run(3, {HEALTH: OK}, target="production"), release=Release(deployment="d1", commit="aaaaaaaaaa")
    )
    keep(tmp_path / "history", good, run(4, {HEALTH: CRIT}, target="production"))
    now = Release(deployment="d2", commit="bbbbbbbbbb")
    made = bad_run(record(Verdict.CRITICAL, item=HEALTH), record(Verdict.OK, 2, release=now))
    thread = woven(made, settings, tmp_path)
    assert thread.released == (
        "The deployment that serves visitors is not the one of the last good run. "
        "It is built from commit bbbbbbb, the earlier one from aaaaaaa."
    )
    assert [link.to for link in thread.release_links] == [
        "https://github.com/acme/shop/compare/aaaaaaaaaa...bbbbbbbbbb",
        "https://cloud.digitalocean.com/apps/a1/deployments/d2",
    ]
    same = bad_run(record(Verdict.CRITICAL, item=HEALTH), record(Verdict.OK, 2, release=good.release))
    assert woven(same, settings, tmp_path).released == ""


def test_public_history_tells_that_another_deployment_serves(settings, tmp_path):
    """The history knows no commit then; the team's report names the one of now, the public report none."""
    good = run(3, {HEALTH: OK}, target="production")
    kept = Release(deployment="d1", commit="aaaaaaaaaa").for_everybody
    good = msgspec.structs.replace(good, release=kept, audience=Audience.PUBLIC)
    keep(tmp_path / "history", good)
    now = Release(deployment="d2", commit="bbbbbbbbbb")
    thread = woven(bad_run(record(Verdict.OK, item=HEALTH, release=now)), settings, tmp_path)
    assert thread.released.endswith("last good run. It is built from commit bbbbbbb.")
    assert [link.to for link in thread.release_links] == [
        "https://github.com/acme/shop/commits/bbbbbbbbbb",
        "https://cloud.digitalocean.com/apps/a1/deployments/d2",
    ]
    made = bad_run(record(Verdict.OK, item=HEALTH, release=now))
    shown = public_results(msgspec.structs.replace(made, thread=thread), shipped()).thread
    assert shown
    assert shown.released == "The deployment that serves visitors is not the one of the last good run."
    assert shown.release_links == []
    same = bad_run(record(Verdict.OK, item=HEALTH, release=Release(deployment="d1", commit="aaaaaaaaaa")))
    assert woven(same, settings, tmp_path).released == ""


def test_history_for_everybody_holds_a_digest_of_the_release(settings, tmp_path):
    """It tells whether two releases are the same; deployment and commit are kept where only the team reads it."""
    now = Release(deployment="deployment-2", commit="bbbbbbbbbb")
    made = bad_run(record(Verdict.OK, item=HEALTH, release=now, audience=Audience.PUBLIC))
    assert line_of(made, report="r", slot=None).release == now
    shown = line_of(public_results(made, shipped()), report="r", slot=None)
    assert shown.release == now.for_everybody
    assert shown.release.for_everybody == shown.release
    assert b"deployment-2" not in msgspec.json.encode(shown.release)
    assert b"bbbbbbb" not in msgspec.json.encode(shown)


def test_cases_of_own_check_match_public_history(settings, tmp_path):
    """There all cases of a check are one item, with the worst of their verdicts."""
    check = "checks/local/test_shop.py::test_answers[north]"
    line = run(4, {"daily.local.shop.answers": CRIT}, target="production")
    history.append(tmp_path / "history", line)
    own = record(Verdict.CRITICAL, item="daily.local.shop.answers.north", check=check)
    thread = woven(bad_run(own), settings, tmp_path)
    assert thread.since["daily.local.shop.answers.north"].change == "still"
    assert thread.compared.still == ["daily.local.shop.answers"]


def test_damaged_history_costs_only_the_comparison(settings, tmp_path):
    """Lines that cannot be read tell of no run."""
    (tmp_path / "history" / "runs").mkdir(parents=True)
    (tmp_path / "history" / "runs" / "2026.jsonl").write_bytes(b"\xff\xfe{\n<<<<<<<\n")
    thread = woven(bad_run(record(Verdict.CRITICAL, item=HEALTH)), settings, tmp_path)
    assert thread.compared.before is None


def test_healthy_run_calls_nobody(settings, tmp_path):
    """No calls, no links; the comparison stays."""
    keep(tmp_path / "history", run(4, {HEALTH: CRIT}, target="production"))
    thread = woven(bad_run(record(Verdict.OK, item=HEALTH)), settings, tmp_path)
    assert (thread.since, thread.links, thread.calls.problem) == ({}, {}, "")
    assert thread.compared.fixed == [HEALTH]
