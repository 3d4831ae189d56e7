"""The roster: who has a duty when, also at clock changes, and who is called."""

from datetime import UTC, datetime, timedelta

import pytest

from playbook.core.errors import Malformed, Unreachable
from playbook.history.people.roster import Contact, read_roster

HEAD = """
time_zone = "Europe/Berlin"
holidays = [2026-12-25]
[people.ada]
name = "Ada"
email = "ada@portfolio.example"
phone = "+49 30 5550101"
[people.ben]
name = "Ben"
[contacts.support]
name = "Support"
url = "https://support.example"
"""
WEEKLY = """
[rotations.primary]
starts = 2026-03-23T09:00:00
people = ["ada", "ben"]
"""


@pytest.fixture
def roster(tmp_path):
    """Reads the roster of the test."""

    def make(text):
        file = tmp_path / "roster.toml"
        file.write_text(HEAD + text, encoding="utf-8")
        return read_roster(file)

    return make


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "person"),
    [
        ("2026-03-23T07:59", None),  # before the first turn
        ("2026-03-23T08:00", "ada"),  # 09:00 in winter is 08:00 UTC
        ("2026-03-30T06:59", "ada"),
        ("2026-03-30T07:00", "ben"),  # 09:00 in summer is 07:00 UTC: the turn was an hour shorter
        ("2026-10-26T07:59", "ada"),
        ("2026-10-26T08:00", "ben"),  # and back in winter
        ("2027-11-01T08:00", "ada"),
    ],
)
def test_rotation_keeps_its_local_hour(roster, at, person):
    """In summer and winter, and years later."""
    assert roster(WEEKLY).on_duty("primary", utc(at)) == person


@pytest.mark.parametrize(
    ("day", "change"),
    [("2026-03-28T02:30:00", "2026-03-29T01:30"), ("2026-10-24T02:30:00", "2026-10-25T00:30")],
    ids=["skipped", "twice"],
)
def test_skipped_and_ambiguous_hours(roster, day, change):
    """A skipped time is moved later by the skipped hour; of an ambiguous one the first counts. There is no gap."""
    daily = roster(f'[rotations.primary]\nstarts = {day}\nevery_days = 1\npeople = ["ada", "ben"]')
    assert daily.on_duty("primary", utc(change) - timedelta(seconds=1)) == "ada"
    assert daily.on_duty("primary", utc(change)) == "ben"
    spans = daily.spans("primary", utc(change) - timedelta(hours=20), utc(change) + timedelta(hours=20))
    assert [span.person for span in spans] == ["ada", "ben"]
    assert spans[0].end == spans[1].start == utc(change)


def test_shift_overrides_the_rotation_and_ends(roster):
    """Also with an offset of its own; of two shifts, the one that began last."""
    found = roster(
        WEEKLY
        + """
[[shifts]]
duty = "primary"
person = "ben"
from = 2026-03-25T09:00:00+01:00
until = 2026-03-26T09:00:00
[[shifts]]
duty = "primary"
person = "ada"
from = 2026-03-25T12:00:00
until = 2026-03-25T13:00:00
"""
    )
    spans = found.spans("primary", utc("2026-03-24T00:00"), utc("2026-03-27T00:00"))
    assert [(span.person, f"{span.start:%d %H}") for span in spans] == [
        ("ada", "24 00"),
        ("ben", "25 08"),
        ("ada", "25 11"),
        ("ben", "25 12"),
        ("ada", "26 08"),
    ]


def test_unassigned_time_is_a_span_of_nobody(roster):
    """Over the whole period, without holes."""
    spans = roster(WEEKLY).spans("secondary", utc("2026-04-01T00:00"), utc("2026-04-08T00:00"))
    assert [(span.person, span.end - span.start) for span in spans] == [(None, timedelta(days=7))]


ESCALATION = """
[escalation.P1]
call = ["primary", "secondary", "ben", "support"]
next_after_minutes = 10
[escalation.P4]
call = ["primary"]
"""


def test_calls_have_an_order_and_times(roster):
    """Duties are resolved at the time of the call; nobody is reported as nobody."""
    at = utc("2026-03-30T06:55")
    calls = roster(WEEKLY + ESCALATION).calls("P1", at, {"P1": 15})
    assert [(c.name, c.contact.name if c.contact else None, c.at - at, c.answer_by - c.at) for c in calls] == [
        ("primary", "Ada", timedelta(), timedelta(minutes=15)),
        ("secondary", None, timedelta(minutes=10), timedelta(minutes=15)),
        ("ben", "Ben", timedelta(minutes=20), timedelta(minutes=15)),
        ("support", "Support", timedelta(minutes=30), timedelta(minutes=15)),
    ]


def test_p4_waits_for_the_end_of_the_next_business_day(roster):
    """Over a holiday and a weekend."""
    (call,) = roster(WEEKLY + ESCALATION).calls("P4", utc("2026-12-24T12:00"), {"P1": 15})
    assert call.answer_by == utc("2026-12-28T16:00")
    assert roster(WEEKLY + ESCALATION).calls("P2", utc("2026-12-24T12:00"), {}) == []


@pytest.mark.parametrize(
    ("contact", "outside", "missing"),
    [
        (Contact(name="A", email="a@b.example", phone="+49 30 123456"), False, []),
        (Contact(name="A", email="a@b.example", phone="030 123456"), False, ["phone"]),
        (Contact(name="A", email="a@b.example", phone="+49 (...) ......"), False, ["phone"]),
        (Contact(name="A", email="a at b", phone=""), False, ["email", "phone"]),
        (Contact(phone="+49 30 123456", email="a@b.example"), False, ["name"]),
        (Contact(name="A", email="a@b.example", phone="+49\u00a030\u2011123456 ext. 12"), False, []),
        (Contact(name="A", email="a@b.example", phone="+1 415 555 2671 x123"), False, []),
        (Contact(name="TBD", email="tbd@tbd.example", phone="+1 555 0100"), False, ["name", "email", "phone"]),
        (
            Contact(name="Your name", email="a@example.com", phone="+1 (415) 555-0134"),
            False,
            ["name", "email", "phone"],
        ),
        (
            Contact(name="xxx", email="noreply@b.example", phone="+49 30 0000000"),
            False,
            ["name", "email", "phone"],
        ),
        (
            Contact(name="-", email="a@your-company.com", phone="+1 234 567 8900"),
            False,
            ["name", "email", "phone"],
        ),
        (Contact(name="A", email="first.last@b.example", phone="+49 123 456789"), False, ["email", "phone"]),
        (Contact(name="S", url="https://s.example"), True, []),
        (Contact(name="S", url="tel:112"), True, []),
        (Contact(name="S", url="TBD"), True, ["email, phone or url"]),
        (Contact(name="S", url="https://"), True, ["email, phone or url"]),
        (Contact(name="S", url="https://support.example.com/help"), True, ["email, phone or url"]),
        (Contact(name="S"), True, ["email, phone or url"]),
    ],
)
def test_missing_contact_details(contact, outside, missing):
    """A number without its country code cannot be called from abroad."""
    assert contact.missing(outside=outside) == missing


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = [", "expected valid TOML"),
        ("spelled = 1\n" + HEAD, "unknown field spelled"),
        (HEAD.replace("Europe/Berlin", "Europe/Berlim"), "expected a time zone such as Europe/Berlin"),
        (HEAD.replace("Europe/Berlin", "../../etc"), "expected a time zone"),
        (HEAD + WEEKLY.replace('"ben"', '"zoe"'), "rotations.primary names zoe, who is not in people"),
        (HEAD + WEEKLY.replace('["ada", "ben"]', "[]"), "Expected array of length >= 1"),
        (HEAD + WEEKLY + "every_days = 0", "Expected int >= 1"),
        (
            HEAD
            + '[[shifts]]\nduty = "primary"\nperson = "ada"\n'
            + "from = 2026-01-02T00:00:00\nuntil = 2026-01-01T00:00:00",
            "shift 1 ends before it begins",
        ),
        (
            HEAD
            + WEEKLY
            + '[[shifts]]\nduty = "Primary"\nperson = "ada"\n'
            + "from = 2026-04-01T00:00:00\nuntil = 2026-04-02T00:00:00",
            "shift 1 is for Primary, which is not a duty (the duties are: primary, secondary)",
        ),
        (HEAD.replace("Europe/Berlin", "Europe"), "expected a time zone such as Europe/Berlin"),
        (HEAD.replace("2026-12-25", '"25.12.2026"'), "is not in the form of a roster"),
        (HEAD + WEEKLY.replace("2026-03-23T09:00:00", "2026-03-23"), "is not in the form of a roster"),
        (HEAD + "[people.ada]\n", "expected valid TOML"),
        (
            HEAD
            + "".join(
                f'[[shifts]]\nduty = "primary"\nperson = "{who}"\n'
                "from = 2026-04-01T09:00:00\nuntil = 2026-04-08T09:00:00\n"
                for who in ("ada", "ben")
            ),
            "shifts 1 and 2 give primary to ada and ben from the same moment",
        ),
        (
            HEAD + '[escalation.P1]\ncall = ["boss"]',
            "escalation.P1 calls boss, who is neither a duty nor in people",
        ),
    ],
)
def test_inconsistent_roster_is_malformed(tmp_path, text, sentence):
    """One sentence that names the place."""
    file = tmp_path / "roster.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Malformed) as caught:
        read_roster(file)
    assert sentence in str(caught.value)


def test_missing_roster_is_unreachable(tmp_path):
    """UNKNOWN, not a finding; what to do about it is to write one."""
    with pytest.raises(Unreachable) as caught:
        read_roster(tmp_path / "roster.toml")
    assert "people/roster.example.toml" in caught.value.hint
