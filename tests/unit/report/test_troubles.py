"""One entry for each trouble, named by its cause."""

import msgspec
import pytest

from playbook.core.audience import Audience
from playbook.core.catalogue import shipped
from playbook.core.context import Before, Caller, Calls, Compared, Link, Since, Thread
from playbook.core.public import public_results
from playbook.core.severity import severity_of_finding
from playbook.core.verdict import Verdict
from playbook.report.first_screen import change_lines, mail, telephone
from playbook.report.page import page
from playbook.report.summary import plain, summary
from playbook.report.troubles import call_words, called_about_all, since_words, troubles
from playbook.run.recorder import root_causes, under_their_causes
from tests.factories import record, results

STARTED = "2026-11-23T07:00:00Z"
ADA = Caller(duty="primary", who="Ada Novak", phone="+49 30 5550100", by="Mon 22:45 CET")


def redis_morning(**changes):
    """Redis gives no answer: one check says so, one could not see it, and the API says that it is unhealthy."""
    records = under_their_causes(
        [
            record(Verdict.CRITICAL, 1, item="daily.health.api", title="API health", points_at="Redis"),
            record(Verdict.UNKNOWN, 2, item="daily.clock.skew", expected="3 clocks", cause="Redis"),
            record(
                Verdict.UNKNOWN,
                3,
                item="daily.redis.alive",
                message="Redis: refused",
                next_step="Start it.",
                cause="Redis",
            ),
            record(Verdict.CRITICAL, 4, title="Other"),
        ]
    )
    return results(records, verdict=Verdict.CRITICAL, root_causes=root_causes(records), **changes)


def test_symptom_and_blocked_items_merge_under_cause():
    """It is as bad as its worst symptom; the message is that of the check which asked nothing else."""
    first, second = troubles(redis_morning())
    assert (first.name, first.verdict, first.what) == ("Redis", Verdict.CRITICAL, "Redis: refused")
    assert [one.item for one in first.symptoms] == ["daily.health.api"]
    assert {one.item for one in first.unjudged} == {"daily.clock.skew", "daily.redis.alive"}
    assert first.todo == "Do this first."
    assert second.name == "Other"


def test_reachable_service_is_not_a_cause():
    """The API may say that Redis is unhealthy while it answers us: that is the API's own trouble."""
    (alone,) = under_their_causes([record(Verdict.CRITICAL, 1, title="API health", points_at="Redis")])
    assert alone.cause == ""
    (trouble,) = troubles(results([alone]))
    assert trouble.name == "API health"


def test_failures_with_same_measured_cause_merge():
    """The website that is down as a whole."""
    down = [record(Verdict.CRITICAL, number, cause="Website") for number in range(3)]
    (trouble,) = troubles(results(down))
    assert trouble.name == "Website"
    assert len(trouble.symptoms) == 2


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (
            Since(first=STARTED, runs=1, change="new", well="2026-11-22T07:00:00Z"),
            "new; last healthy Sun 22 Nov, 07:00 UTC",
        ),
        (
            Since(first="2026-11-21T07:00:00Z", runs=3, change="still"),
            "still, third day, since Sat 21 Nov, 07:00 UTC",
        ),
        (
            Since(first="2026-11-01T07:00:00Z", runs=22, change="still"),
            "still, 23rd day, since Sun 1 Nov, 07:00 UTC",
        ),
        (
            Since(first="2026-11-11T07:00:00Z", runs=12, change="still"),
            "still, 13th day, since Wed 11 Nov, 07:00 UTC",
        ),
        (Since(first="2026-11-23T05:00:00Z", runs=2, change="still"), "still, since Mon 23 Nov, 05:00 UTC"),
        (
            Since(first=STARTED, runs=1, change="back", well="2026-11-22T07:00:00Z"),
            "came back; last healthy Sun 22 Nov, 07:00 UTC",
        ),
        (Since(first=STARTED, runs=1, change="first"), "checked for the first time"),
        (None, ""),
    ],
)
def test_since_is_stated_in_words(since, words):
    """As an operator would say it."""
    assert since_words(since, STARTED) == words


def test_trouble_names_person_to_call_and_deadline():
    """The severity's first call; nobody has to be called at once for what can wait."""
    thread = Thread(
        severity={"daily.health.api": "P2", "daily.redis.alive": "P3", "daily.example.4": "P4"},
        calls=Calls(first={"P2": ADA, "P4": Caller(duty="secondary", by="Tue 17:00 CET")}),
    )
    first, second = troubles(redis_morning(thread=thread))
    assert call_words(first) == "P2: call Ada Novak, +49 30 5550100, to answer by Mon 22:45 CET"
    assert call_words(second) == "P4: nobody, as nobody is secondary, sees to it by Tue 17:00 CET"


def test_call_about_all_troubles_is_stated_once():
    """By page and summary, where severity, person and time are the same; otherwise with each."""
    items = ("daily.health.api", "daily.redis.alive", "daily.example.4")
    calls = Calls(first={"P2": ADA, "P4": Caller(duty="secondary", who="Ben", by="Tue 17:00 CET")})
    for severity, words in (
        ("P2", "P2: call Ada Novak, +49 30 5550100, about all 2, to answer by Mon 22:45 CET"),
        ("P4", "P4: Ben, who cannot be reached, sees to all 2 by Tue 17:00 CET"),
    ):
        made = redis_morning(thread=Thread(severity=dict.fromkeys(items, severity), calls=calls))
        found = troubles(made)
        about_all = called_about_all(found)
        assert about_all
        assert call_words(about_all, f"all {len(found)}") == words
        assert page(made).count("by " + calls.first[severity].by) == 1
        assert summary(made).count(plain(words)) == 1
        assert summary(made).count(calls.first[severity].by) == 1
        assert called_about_all(found[:1]) is None
    differ = redis_morning(thread=Thread(severity=dict.fromkeys(items, "P2") | {items[2]: "P4"}, calls=calls))
    assert called_about_all(troubles(differ)) is None
    assert page(differ).count("Mon 22:45 CET") == page(differ).count("Tue 17:00 CET") == 1
    unknown = redis_morning(thread=Thread(severity=dict.fromkeys(items, "P3"), calls=calls))
    assert called_about_all(troubles(unknown)) is None


def test_severity_follows_longest_matching_id_prefix():
    """What cannot be measured is not known to be worse than P3, and a warning can wait."""
    levels = {"daily.kpi": "P2", "daily.kpi.availability": "P1", "others": "P3"}
    assert severity_of_finding("daily.kpi.availability", Verdict.CRITICAL, levels) == "P1"
    assert severity_of_finding("daily.kpi.error-rate", Verdict.CRITICAL, levels) == "P2"
    assert severity_of_finding("daily.kpis", Verdict.CRITICAL, levels) == "P3"
    assert severity_of_finding("daily.kpi.availability", Verdict.UNKNOWN, levels) == "P3"
    assert severity_of_finding("daily.kpi.availability", Verdict.WARNING, levels) == "P4"
    assert severity_of_finding("daily.kpi.availability", Verdict.OK, levels) == ""


def test_public_report_omits_people_and_team_links():
    """Links that everybody may read stay."""
    team, public = (
        Link(name="Dashboard", to="https://g.example"),
        Link(name="History", to="https://site.example/x", audience=Audience.PUBLIC),
    )
    thread = Thread(
        since={"daily.redis.alive": Since(first=STARTED, runs=1, change="new")},
        severity={"daily.redis.alive": "P3"},
        calls=Calls(first={"P3": ADA}, problem="On-call roster: /home/x/roster.toml"),
        links={"daily.redis.alive": [team, public]},
        compared=Compared(before=Before(started=STARTED, verdict="OK", links=[team]), new=["daily.redis.alive"]),
    )
    shown = public_results(redis_morning(thread=thread), shipped()).thread
    assert shown
    assert shown.since["daily.redis.alive"].change == "new"
    assert shown.links["daily.redis.alive"] == [public]
    assert shown.calls == Calls()
    assert shown.compared.new == ["daily.redis.alive"]
    text = msgspec.json.encode(shown).decode()
    assert "Ada" not in text
    assert "g.example" not in text


def test_change_lines_start_with_counts():
    """Counts first, then which; an ordinary first run says that it is one."""
    compared = Compared(
        before=Before(started="2026-11-22T07:00:00Z", verdict="CRITICAL"),
        new=["daily.example.4"],
        fixed=["daily.x"],
    )
    told = list(change_lines(redis_morning(thread=Thread(compared=compared))))
    assert told == [
        "Since the run of Sun 22 Nov, 07:00 UTC (CRITICAL): 1 new, 1 fixed.",
        "new: Other",
        "fixed: daily.x",
    ]
    first = Thread(compared=Compared(why_not="There is no earlier whole run of this set in the history."))
    assert list(change_lines(redis_morning(thread=first))) == [
        "Not compared with an earlier run: there is no earlier whole run of this set in the history."
    ]
    assert list(change_lines(redis_morning())) == []


@pytest.mark.parametrize(
    ("number", "to"),
    [
        ("+49 (30) 555-0100", "tel:+49305550100"),
        ("112", "tel:112"),
        ("call me", ""),
        ("+49;phone-context=evil", ""),
        ("", ""),
    ],
)
def test_valid_phone_numbers_become_links(number, to):
    """What is none stays a text."""
    assert telephone(number) == to


def test_valid_mail_addresses_become_links():
    """And nothing is put into a mail that a roster did not name."""
    assert mail("ada@example.com") == "mailto:ada@example.com"
    assert mail("ada@example.com?bcc=x@evil.example") == ""
    assert mail("nobody") == ""
