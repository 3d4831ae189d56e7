"""What people do about incidents: a line in the history, time to acknowledge, and the form of a post-mortem."""

import argparse
import json
from datetime import UTC, timedelta

import pytest

from playbook.__main__ import main
from playbook.cli.incident import known_of, run_act, run_list, run_postmortem
from playbook.core.clock import FixedClock
from playbook.core.errors import UsageError
from playbook.history import handling
from playbook.history.cleansing import count_team_lines
from playbook.history.deliveries import Delivery
from playbook.history.deliveries import note as note_delivery
from playbook.history.people.postmortems import TO_WRITE, filed
from tests.unit.notify.lines import CRIT, DAY, OK, REDIS, START, UNK, keep, run

SETTINGS = """
[targets.sandbox]
private = {private}
[people]
postmortems = "p/postmortems"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with an incident of Redis that opened with the second run; the target is private."""
    (tmp_path / "playbook.toml").write_text(SETTINGS.format(private="true"))
    monkeypatch.delenv("PLAYBOOK_HISTORY", raising=False)
    monkeypatch.delenv("PLAYBOOK_TARGET", raising=False)
    keep(tmp_path / "reports/history", run(0, {REDIS: CRIT}), run(1, {REDIS: CRIT}))
    return tmp_path


def options(**given):
    """As the command line gives them."""
    usual = {
        "target": None,
        "history": None,
        "reports": "reports",
        "all": False,
        "to": None,
        "by": "Ada",
        "note": "",
    }
    return argparse.Namespace(**{**usual, **given})


def at(days, **more):
    """So long after the first run."""
    return FixedClock(START + days * DAY + timedelta(**more))


def listed(project, clock, **given):
    """What the list says."""
    said = []
    run_list(options(**given), project, said.append, clock)
    return said


def key_of(project):
    """The key of its incident."""
    return known_of(options(), project, START + DAY).incidents[-1].key


def act(project, what, clock, **given):
    """Do it; what was said."""
    said = []
    run_act(what, options(incident=key_of(project), **given), project, said.append, clock)
    return said


def test_acknowledgement_is_compared_with_response_time(project):
    """P2 is to be answered within an hour of the run that opened it."""
    assert listed(project, at(1, minutes=90))[1].strip() == "not acknowledged for 90 min; P2 allows 60 min"
    said = act(project, "ack", at(1, minutes=25), note="on it")
    assert said[:2] == [
        "Redis alive: out of bounds: acknowledged by Ada",
        "acknowledged after 25 min; P2 allows 60 min",
    ]
    lines = listed(project, at(1, hours=3))
    assert lines[0].endswith("P2  Redis alive: out of bounds: open since 2026-03-02 06:17 UTC, bad for 27 h")
    assert lines[2].strip() == "2026-03-03 06:42 UTC acknowledged by Ada: on it"


def test_late_acknowledgement_is_marked_late(project):
    """Three hours where one was set."""
    assert act(project, "ack", at(1, hours=3))[1] == "acknowledged after 3 h (late); P2 allows 60 min"
    assert "(late)" in listed(project, at(1, hours=4))[1]


def test_reopened_incident_needs_new_acknowledgement(project):
    """What was said of the time before does not count for it."""
    act(project, "ack", at(1, minutes=5))
    keep(project / "reports/history", run(2, {REDIS: OK}), run(3, {REDIS: CRIT}), run(4, {REDIS: CRIT}))
    assert "not acknowledged for 10 min" in listed(project, at(4, minutes=10))[1]
    known = known_of(options(), project, (START + 4 * DAY) + timedelta(hours=1))
    incident = known.incidents[-1]
    assert incident.is_open
    assert known.handled[incident.key].acknowledged is None


def test_manual_close_stops_reminders_only(project):
    """A person's word ends the reminders, and no incident."""
    said = act(project, "close", at(1, hours=1), note="restarted it")
    assert "stays open until a run finds it healthy" in said[1]
    assert listed(project, at(1, hours=2))[0].endswith("open since 2026-03-02 06:17 UTC, bad for 26 h")
    keep(project / "reports/history", run(2, {REDIS: OK}))
    assert listed(project, at(2, hours=1)) == ["No incident of sandbox is open."]
    with pytest.raises(UsageError, match="has recovered already"):
        act(project, "ack", at(2, hours=1))
    assert act(project, "note", at(2, hours=1), note="it was the disk")[0].endswith("commented by Ada")
    assert "2026-03-04 07:17 UTC commented by Ada: it was the disk" in listed(project, at(3), all=True)[-1]


def test_public_history_omits_name_and_note(project):
    """The history has the action and its time; the command says what it left out."""
    (project / "playbook.toml").write_text(SETTINGS.format(private="false"))
    said = act(project, "ack", at(1, minutes=5), note="Ada's phone is broken")
    assert any("without the name and the note" in line for line in said)
    (file,) = (project / "reports/history/handled").glob("*.jsonl")
    line = json.loads(file.read_text())
    assert "Ada" not in file.read_text()
    assert (line["what"], line["when"], line.get("who"), line.get("note")) == (
        "ack",
        "2026-03-03T06:22:00Z",
        None,
        None,
    )
    assert count_team_lines(project / "reports/history") == 0


def test_edited_acknowledgement_is_ignored(project):
    """It is sealed, as sign-offs are, and the list says which."""
    act(project, "ack", at(1, minutes=50))
    (file,) = (project / "reports/history/handled").glob("*.jsonl")
    file.write_text(file.read_text().replace("07:07:00Z", "06:18:00Z"))
    lines = listed(project, at(1, hours=2))
    assert "not acknowledged for" in lines[1]
    assert lines[-1] == "not read: handled/2026.jsonl line 1 was edited: its digest does not match its content"


@pytest.mark.parametrize("name", ["", "abc", "zzzzzzzz", "-1"])
def test_unknown_incident_is_usage_error(project, name):
    """Too short, or the beginning of none."""
    with pytest.raises(UsageError, match="unknown incident"):
        run_act("ack", options(incident=name), project, [].append, at(1))


def test_unknown_incident_number_is_usage_error(project):
    """It came once."""
    fingerprint = key_of(project).partition("-")[0]
    with pytest.raises(UsageError, match="has no number '7'"):
        run_act("ack", options(incident=f"{fingerprint}-7"), project, [].append, at(1))


def test_incident_actions_require_name_and_text(project, monkeypatch, capsys):
    """A name is needed, and for a note its text."""
    monkeypatch.chdir(project)
    assert main(["incident", "list"]) == 0
    assert "Redis alive" in capsys.readouterr().out
    assert main(["incident", "ack", key_of(project)[:6], "--by", "Ada"]) == 0
    for wrong in (["incident", "ack", "abcd"], ["incident", "note", "abcd", "--by", "Ada"]):
        assert main(wrong) == 4


# ----------------------------------------------------------------------------------------------------- post-mortem


def filled_in(project):
    """The form of the incident that has recovered, with what was done and who was told."""
    history = project / "reports/history"
    act(project, "ack", at(1, minutes=25), note="on it | now")
    keep(history, run(2, {REDIS: OK}))
    incident = known_of(options(), project, START + 2 * DAY).incidents[-1]
    note_delivery(
        history,
        Delivery(
            when=(START + DAY + timedelta(minutes=1)).astimezone(UTC),
            target="sandbox",
            what="events",
            channel="apprise Slack",
            to="Slack",
            ids=[incident.events[0].id],
            delivered=True,
        ),
    )
    said = []
    run_postmortem(options(incident=incident.key), project, said.append, at(2, hours=1))
    (file,) = (project / "p/postmortems").glob("*.md")
    return incident, file, said


def test_post_mortem_form_is_filled_from_history(project):
    """What, when, what was measured, who was told when; the rest is asked for."""
    incident, file, said = filled_in(project)
    assert file.name == f"2026-03-02-{incident.key}.md"
    assert said[0].startswith(str(file))
    text = file.read_text()
    assert "- When: since 2026-03-02 06:17 UTC until 2026-03-04 06:17 UTC, bad for 2 days" in text
    assert "- Severity: P2" in text
    assert "- Acknowledged: after 25 min (P2 allows 60 min)" in text
    table = text[text.index("## What happened") : text.index("## What was measured")]
    assert (
        table.index("**opened**")
        < table.index("Slack was told")
        < table.index("**ack** by Ada")
        < table.index("recovered")
    )
    assert "| 2026-03-03 06:17 UTC | daily.redis.alive | CRITICAL | Redis: it is CRITICAL |" in text
    assert all(line.count("|") - line.count("\\|") in (0, 3, 5) for line in text.splitlines())
    assert text.count(TO_WRITE) == 5


def test_completed_post_mortem_counts_as_filed(project):
    """Also when it was renamed; a page of another target is none of this one."""
    incident, file, _ = filled_in(project)
    assert filed(file.parent, "sandbox") == (frozenset(), {incident.key: "5 places still to be written"})
    file.write_text(file.read_text().replace(TO_WRITE, "The disk was full."))
    file.rename(file.with_name("redis.md"))
    assert filed(file.parent, "sandbox") == (frozenset({incident.key}), {})
    assert filed(file.parent, "production") == (frozenset(), {})


def test_existing_post_mortem_is_not_overwritten(project):
    """Somebody may have written in it."""
    incident, _, _ = filled_in(project)
    with pytest.raises(UsageError, match="is the page of"):
        run_postmortem(options(incident=incident.key), project, [].append, at(3))


def test_unmeasured_incident_needs_no_post_mortem(tmp_path, project):
    """P3 at most."""
    keep(project / "reports/history", run(3, {REDIS: OK}), run(5, {REDIS: UNK}), run(6, {REDIS: UNK}))
    unseen = known_of(options(), project, START + 6 * DAY)
    said = []
    run_act("note", options(incident=unseen.incidents[-1].key, note="x"), project, said.append, at(6, hours=1))
    assert said
    assert not any("post-mortem" in line for line in said)


def test_acknowledgement_outside_incident_is_ignored(project):
    """A clock that is off acknowledges nothing."""
    history = project / "reports/history"
    for when in (START + timedelta(hours=1), START + 5 * DAY):
        handling.note(
            history,
            handling.Handling(when=when, target="sandbox", incident=key_of(project), what="ack", who="Ada"),
        )
    known = known_of(options(), project, START + DAY + timedelta(hours=1))
    assert known.handled[key_of(project)].acknowledged is None
