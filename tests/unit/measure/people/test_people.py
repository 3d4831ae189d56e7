"""Sign-offs, deliveries and the roster as measurements."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from checks.people import test_handoff as handoff
from checks.people import test_on_call as calls
from checks.people import test_team as team
from playbook.core.clock import FixedClock
from playbook.core.errors import NotConfigured, Unreachable
from playbook.core.sign_off import Rule
from playbook.core.verdict import Verdict
from playbook.history.deliveries import Delivery, note
from playbook.history.people.attest import attest
from playbook.measure.app.documentation import Documentation
from playbook.measure.people.handoff import weekly_handoff
from playbook.measure.people.on_call import on_call
from playbook.measure.people.people import attestations, team_notified
from playbook.settings.loading import load
from tests.judged import judged

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday, 10:00 in Berlin
CLOCK = FixedClock(NOW)
# Documents that need a sign-off.
UNTOLD = Documentation(None, 0, None, "no date of review", recent=False)
ITEM = "weekly.team.notified"
ROSTER = """
time_zone = "Europe/Berlin"
[people.ada]
name = "Ada"
[people.ben]
name = "Ben"
[rotations.primary]
starts = 2026-11-16T09:00:00
people = ["ada", "ben"]
[rotations.secondary]
starts = 2026-11-16T09:00:00
people = ["ben", "ada"]
"""


@pytest.fixture
def settings(tmp_path):
    """Settings with some of the files of ``[people]``."""

    def make(**people):
        base = load(root=tmp_path, environment={})
        named = {key: str(tmp_path / name) for key, name in people.items()}
        return msgspec.structs.replace(base, people=msgspec.structs.replace(base.people, **named))

    return make


def delivered(tmp_path, **changes):
    fields = {
        "set": "weekly",
        "target": "sandbox",
        "when": datetime(2026, 11, 22, 9, tzinfo=UTC),
        "to": "Slack",
        "what": "digest",
        "channel": "apprise Slack",
        "delivered": True,
        **changes,
    }
    note(tmp_path / "h", Delivery(**fields))


def test_delivery_of_this_week_replaces_a_sign_off(tmp_path, settings):
    """Also where no ledger is configured."""
    delivered(tmp_path)
    found = team_notified(settings(deliveries="h"), CLOCK)
    assert found.delivered == "delivered to Slack on 2026-11-22"


def test_target_reads_its_own_history(tmp_path, settings, monkeypatch):
    """Without any further setting; the sandbox is new each time, so it reads none."""
    delivered(tmp_path, target="production", what="events")
    monkeypatch.setenv("PLAYBOOK_HISTORY", str(tmp_path / "h"))
    mine = settings()
    target = msgspec.structs.replace(mine.target, name="production", kind="production")
    found = team_notified(msgspec.structs.replace(mine, target=target), CLOCK)
    assert found.delivered == "delivered to Slack on 2026-11-22"
    with pytest.raises(NotConfigured):
        team_notified(mine, CLOCK)


@pytest.mark.parametrize(
    "changes",
    [
        {"when": datetime(2026, 11, 14, 8, tzinfo=UTC)},
        {"when": datetime(2026, 11, 24, 9, tzinfo=UTC)},
        {"delivered": False},
        {"what": "ping"},
        {"set": "daily"},
        {"target": "production"},
    ],
)
def test_other_deliveries_do_not_count(tmp_path, settings, changes):
    """Too old, in the future, failed, a ping, of another set or target: then the sign-off counts."""
    delivered(tmp_path, **changes)
    week = Rule(timedelta(days=9), timedelta(days=2))
    attest(tmp_path / "a.jsonl", ITEM, who="Ada", note="told", rule=week, now=NOW, root=tmp_path)
    found = team_notified(settings(deliveries="h", attestations="a.jsonl"), CLOCK)
    assert not found.delivered
    assert found.sign_off.valid


def test_without_either_it_is_not_configured(settings):
    """The line to add is named; a missing file is an error of its own."""
    with pytest.raises(NotConfigured) as caught:
        team_notified(settings(deliveries="h"), CLOCK)
    assert "[targets.sandbox.people]\nattestations" in caught.value.add
    with pytest.raises(Unreachable):
        attestations(settings(attestations="a.jsonl"), CLOCK)


@pytest.fixture
def roster(tmp_path, settings):
    """The measurement on a roster."""

    def make(text=""):
        (tmp_path / "r.toml").write_text(ROSTER + text, encoding="utf-8")
        return on_call(settings(roster="r.toml"), CLOCK)

    return make


def test_two_people_through_the_week(roster):
    """Who they are, and when they change."""
    found = roster()
    assert found.people_now == "Ben as primary and Ada as secondary"
    assert found.covered
    assert found.ahead == "two at every moment"
    assert [each.person for each in found.through(NOW + timedelta(days=31)).spans["primary"]] == [
        *("ben", "ada", "ben", "ada", "ben"),
    ]


def test_one_person_for_both_duties_is_reported_with_its_time(roster):
    """In the roster's time zone."""
    shift = 'duty = "primary"\nperson = "ada"\nfrom = 2026-11-25T09:00:00\nuntil = 2026-11-26T09:00:00\n'
    found = roster(f"[[shifts]]\n{shift}")
    assert not found.one_has_both
    assert found.doubles == ["Ada as both from Wed 2026-11-25 09:00 until Thu 2026-11-26 09:00"]


def test_one_telephone_for_both_duties_is_one_person(roster, tmp_path, settings):
    """Two keys of the roster that ring at the same place."""
    ada, ben = '[people.ada]\nname = "Ada"', '[people.ben]\nname = "Ben"'
    assert ada in ROSTER
    text = ROSTER.replace(ada, f'{ada}\nphone = "+49 30 5550101"').replace(
        ben, f'{ben}\nphone = "+49 (30) 555-0101"'
    )
    (tmp_path / "r.toml").write_text(text, encoding="utf-8")
    found = on_call(settings(roster="r.toml"), CLOCK)
    assert found.one_has_both
    assert found.people_now == "Ben as primary and Ada as secondary, at one telephone"
    assert not found.covered


def test_severity_without_a_contact_is_a_problem(roster):
    """So are calls only to those on call, and an answer time that is too long."""
    found = roster('[escalation.P1]\ncall = ["primary"]\nanswer_minutes = 16\n[escalation.P4]\ncall = ["ben"]\n')
    assert found.escalation_problems == [
        "P1 goes no further than those on call",
        "P1 may wait 16 min, and 15 min is the most",
        "nobody is called for P2",
        "nobody is called for P3",
    ]
    assert found.incomplete == ["no email and no phone of Ada", "no email and no phone of Ben"]


@pytest.mark.parametrize(
    ("p1", "problem"),
    [
        ('call = ["primary", "secondary", "ada"]', "P1 goes no further than those on call"),
        ('call = ["primary", "secondary", "ada", "support"]', ""),
        ('call = ["primary", "support"]\nnext_after_minutes = 1440', "P1 calls the next only after 24 h"),
        ('call = ["support"]\nnext_after_minutes = 1440', ""),
        ('call = ["primary", "support"]\nanswer_minutes = 5', ""),
    ],
)
def test_escalation_that_reaches_nobody_else_in_time_is_a_problem(roster, p1, problem):
    """Somebody who is on call in turn is nobody else; the next is called in the time for an answer."""
    support = '[contacts.support]\nname = "Support"\nurl = "https://support.example"\n'
    found = roster(f"{support}[escalation.P1]\n{p1}\n").escalation_problems
    assert [each for each in found if each.startswith("P1")] == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("kind", "lacking"), [("sandbox", []), ("production", ["no email (only the example's) of Ada"])]
)
def test_address_of_the_example_is_nobodys_in_production(tmp_path, settings, kind, lacking):
    """Somebody has copied the example and left it as it is."""
    ada = 'name = "Ada"\nemail = "ada@portfolio.example"\nphone = "+49 30 5550 0101"\n'
    turn = '[rotations.primary]\nstarts = 2026-01-05T09:00:00\npeople = ["ada"]\n'
    (tmp_path / "r.toml").write_text(f'time_zone = "UTC"\n[people.ada]\n{ada}{turn}')
    mine = settings(roster="r.toml")
    target = msgspec.structs.replace(mine.target, kind=kind)
    assert on_call(msgspec.structs.replace(mine, target=target), CLOCK).incomplete == lacking


def test_contacts_of_a_roster_without_anybody_are_incomplete(tmp_path, settings):
    """People without a duty are called by nobody, so that nothing is known to be complete."""
    (tmp_path / "r.toml").write_text('time_zone = "UTC"\n[people.ada]\nname = "Ada"\n')
    found = on_call(settings(roster="r.toml"), CLOCK)
    assert found.incomplete == ["nobody has a duty or is called by name"]
    assert found.contacts == "nobody has a duty or is called by name"


def test_escalation_to_a_duty_that_nobody_has_is_a_problem(roster):
    """Its rotation begins next month."""
    found = roster(
        '[rotations.manager]\nstarts = 2026-12-01T09:00:00\npeople = ["ada"]\n'
        '[escalation.P1]\ncall = ["primary", "manager"]\n'
    )
    assert found.escalation_problems[0] == "P1 calls manager, and nobody has that duty now"


@pytest.fixture
def first_seen(tmp_path, monkeypatch):
    """Settings of a production system that was first checked that many days ago."""

    def make(days, **people):
        monkeypatch.setenv("PLAYBOOK_HISTORY", str(tmp_path / "history"))
        since = (NOW - timedelta(days=days)).isoformat()
        overlay = {"targets": {"production": {"first_days": {"known_since": since}}}}
        base = load("production", root=tmp_path, environment={}, overlay=overlay)
        named = {key: str(tmp_path / name) for key, name in people.items()}
        return msgspec.structs.replace(base, people=msgspec.structs.replace(base.people, **named))

    return make


@pytest.mark.parametrize(("days", "expected"), [(0, "UNKNOWN"), (8.9, "UNKNOWN"), (9.1, "CRITICAL")])
def test_sign_off_never_given_is_critical_once_due(tmp_path, first_seen, days, expected):
    """A week and its grace period after the first run."""
    (tmp_path / "a.jsonl").touch()
    found = attestations(first_seen(days, attestations="a.jsonl"), CLOCK)
    found_verdict, message = judged(
        team.test_documentation_covers_the_weeks_changes, attestations=found, documentation=UNTOLD
    )
    assert found_verdict == expected
    assert message.startswith("Sign-off of weekly.docs.updated: expected a valid one, got none")


def test_expired_or_refused_sign_off_is_critical_on_the_first_day(tmp_path, first_seen):
    """Unlike a missing one."""
    rule = Rule(timedelta(days=9), timedelta(days=2))
    item, file = "weekly.docs.updated", tmp_path / "a.jsonl"
    attest(file, item, who="Ada", note="read", rule=rule, now=NOW - timedelta(days=20), root=tmp_path)
    found = attestations(first_seen(0, attestations="a.jsonl"), CLOCK)
    check = team.test_documentation_covers_the_weeks_changes
    assert judged(check, attestations=found, documentation=UNTOLD)[0] is Verdict.CRITICAL
    file.write_bytes(file.read_bytes().replace(b"Ada", b"Ben"))
    found = attestations(first_seen(0, attestations="a.jsonl"), CLOCK)
    assert judged(check, attestations=found, documentation=UNTOLD)[0] is Verdict.CRITICAL


def test_sign_off_of_an_occasion_is_due_at_once(tmp_path, first_seen):
    """A maintenance on the first day needs its sign-off."""
    (tmp_path / "a.jsonl").touch()
    found = attestations(first_seen(0, attestations="a.jsonl"), CLOCK)
    assert not found.of("pre_maintenance.team-available").pending


def test_pending_sign_off_says_how_to_sign(tmp_path, first_seen):
    """What an operator does next, and from when on it is critical."""
    (tmp_path / "a.jsonl").touch()
    pending = attestations(first_seen(0, attestations="a.jsonl"), CLOCK).of("monthly.team.training")
    assert pending.coverage.hint.startswith(
        "Sign it with `python -m playbook attest monthly.team.training --by NAME --note TEXT`. "
        "Without a sign-off it is critical from 2"
    )


@pytest.mark.parametrize(("days", "expected"), [(0, "UNKNOWN"), (8, "UNKNOWN"), (10, "CRITICAL")])
def test_page_never_written_is_critical_once_due(tmp_path, first_seen, days, expected):
    """Like a sign-off."""
    (tmp_path / "pages").mkdir()
    known = first_seen(days, handoffs="pages")
    found = weekly_handoff(known, CLOCK)
    assert judged(handoff.test_the_week_is_handed_over, known, weekly_handoff=found)[0] == expected
    assert judged(handoff.test_the_weekly_page_can_be_read, known, weekly_handoff=found)[0] == expected


def test_damaged_page_is_critical_on_the_first_day(tmp_path, first_seen):
    """A page was written."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "production-weekly-20261122T090000Z.json").write_text("{")
    known = first_seen(0, handoffs="pages")
    found = weekly_handoff(known, CLOCK)
    assert judged(handoff.test_the_week_is_handed_over, known, weekly_handoff=found)[0] == "CRITICAL"


PAGE = """{"schema": 1, "target": "production", "period": "weekly", "made": "2026-11-22T09:00:00Z",
"since": "2026-11-15T09:00:00Z", "until": "2026-11-29T09:00:00Z", "runs": {"daily": 7},
"last_run": "2026-11-22T06:17:00Z", "problems": [], "changes": [], "endings": []}"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"20261122T090000Z.html": "<p>x</html>", "20261122T090000Z.md": "# x"}, ("OK", "OK")),
        ({"20261122T090000Z.html": "", "20261122T090000Z.md": "# x"}, ("OK", "CRITICAL")),
        ({"20261122T090000Z.html": "<p>cut o", "20261122T090000Z.md": "# x"}, ("OK", "CRITICAL")),
        ({"20261122T090000Z.html": "<p>x</html>", "20261122T090000Z.md": " "}, ("OK", "CRITICAL")),
        (
            {
                "20261122T090000Z.html": "<p>x</html>",
                "20261122T090000Z.md": "# x",
                "20261123T060000Z.json": '{"schema": 1, "tar',
            },
            ("CRITICAL", "CRITICAL"),
        ),
        (
            {
                "20261122T090000Z.html": "<p>x</html>",
                "20261122T090000Z.md": "# x",
                "20261115T090000Z.json": "",
                "notes.json": "{}",
            },
            ("OK", "OK"),
        ),
    ],
    ids=["whole", "empty", "cut off", "empty Markdown", "a newer one damaged", "an older one damaged"],
)
def test_page_that_was_not_written_to_its_end_is_critical(tmp_path, first_seen, files, expected):
    """The disk was full, or a merge has left its marks."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for name, text in {"20261122T090000Z.json": PAGE, **files}.items():
        (folder / f"production-weekly-{name}").write_text(text)
    known = first_seen(30, handoffs="pages")
    found = weekly_handoff(known, CLOCK)
    checks = (handoff.test_the_week_is_handed_over, handoff.test_the_weekly_page_can_be_read)
    assert tuple(judged(check, known, weekly_handoff=found)[0] for check in checks) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"runs"', '"runs"', ("OK", "OK")),
        ('{"daily": 7}', "{}", ("WARNING", "WARNING")),
        ('"endings": []', '"endings": [], "not_read": ["a.jsonl:7 is damaged"]', ("UNKNOWN", "UNKNOWN")),
    ],
    ids=["whole", "of no run", "without a part"],
)
def test_page_that_does_not_tell_of_everything_is_not_ok(tmp_path, first_seen, old, new, expected):
    """The history was not found where the page was written, or could not be read in part."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for ending, text in {"json": PAGE.replace(old, new), "html": "<p>x</html>", "md": "# x"}.items():
        (folder / f"production-weekly-20261122T090000Z.{ending}").write_text(text)
    known = first_seen(30, handoffs="pages")
    found = weekly_handoff(known, CLOCK)
    checks = (handoff.test_the_week_is_handed_over, handoff.test_the_weekly_page_can_be_read)
    assert tuple(judged(check, known, weekly_handoff=found)[0] for check in checks) == expected


@effort(max_examples=40)
@given(hour=st.integers(1, 6 * 24), length=st.integers(1, 20), duty=st.sampled_from(["primary", "secondary"]))
def test_one_person_for_both_duties_anywhere_is_not_ok(tmp_path_factory, hour, length, duty):
    """At any hour of the week, in either duty."""
    folder = tmp_path_factory.mktemp("r")
    start = NOW.replace(hour=10, tzinfo=None) + timedelta(hours=hour)
    other = {"primary": "ada", "secondary": "ben"}[duty]
    shift = f'[[shifts]]\nduty = "{duty}"\nperson = "{other}"\nfrom = {start.isoformat()}\n'
    shift += f"until = {(start + timedelta(hours=length)).isoformat()}\n"
    (folder / "roster.toml").write_text(ROSTER + shift)
    base = load(root=folder, environment={})
    people = msgspec.structs.replace(base.people, roster=str(folder / "roster.toml"))
    found = on_call(msgspec.structs.replace(base, people=people), CLOCK)
    assert judged(calls.test_two_people_are_on_call, on_call=found)[0] is Verdict.WARNING
