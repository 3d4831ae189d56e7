"""A removed check: its incident is closed as gone, in these words, and never as recovered."""

from datetime import UTC, datetime, timedelta

import pytest

from playbook.core.catalogue import Catalogue
from playbook.core.own_items import id_of_file
from playbook.core.verdict import Verdict
from playbook.history.folding import incidents
from playbook.history.handoff_page import make_page
from playbook.history.rules import Rules
from playbook.history.runs import History, gone_since
from playbook.notify.due import due
from playbook.notify.messages import of_news
from playbook.site.feed import feed
from playbook.site.making import make_site
from playbook.site.pages import page_of_incident, render
from tests.history_factory import finding, run_line

START = datetime(2026, 3, 2, 6, 17, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = Rules(bad_runs={"daily": 2}, reopen_hours=36.0)
CART, SHOP, WEB = "daily.local.cart.answers", "daily.local.shop.answers", "daily.health.api"
OK, CRITICAL, UNKNOWN = Verdict.OK, Verdict.CRITICAL, Verdict.UNKNOWN
TITLES = {CART: "Cart answers", SHOP: "Shop answers"}


def runs_of(*days, **changes):
    """A run a day, each with these items."""
    return [
        run_line(items, started=START + number * DAY, **(changes if number == len(days) - 1 else {}))
        for number, items in enumerate(days)
    ]


BAD = {CART: CRITICAL, WEB: OK}
WITHOUT = {WEB: OK}


def only(runs):
    """The one incident of these runs."""
    (incident,) = incidents(runs, RULES, titles=TITLES)
    return incident


def test_incident_of_a_removed_check_is_closed_as_gone():
    """By the first complete run of its set without the check."""
    incident = only(runs_of(BAD, BAD, WITHOUT))
    assert (incident.closed, incident.gone) == (START + 2 * DAY, True)
    assert [event.what for event in incident.events] == ["opened", "gone"]
    told = "Cart answers: the check is gone, so this is closed after 2 days; it was not seen well again"
    assert incident.events[-1].text == told


@pytest.mark.parametrize(
    "changes",
    [
        {"partial": True},
        {"ended": "interrupted"},
        {"unread": ["checks/local/test_cart.py"]},
        {"confirms": "the-run-before"},
        {"floor": 2},
        {"set_name": "weekly"},
        {"target": "staging"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_run_without_a_complete_list_of_checks_closes_nothing(changes):
    """A partial run, an interrupted one, an unreadable file, too few checks, another set or target."""
    incident = only(runs_of(BAD, BAD, WITHOUT, **changes))
    assert incident.is_open
    assert not incident.gone


def test_incident_waits_for_its_remaining_items():
    """Two failed for one cause; one is gone, and only the recovery of the other closes the incident."""
    both = {item: finding(UNKNOWN, cause="Redis") for item in (CART, SHOP)}
    one = {SHOP: finding(UNKNOWN, cause="Redis")}
    assert only(runs_of(both, both, one)).is_open
    incident = only(runs_of(both, both, one, {SHOP: OK}))
    assert (incident.events[-1].what, incident.gone) == ("recovered", False)
    assert incident.events[-1].text == "Redis: can be seen again, after 3 days; Cart answers: the check is gone"


def test_returned_failing_check_reopens_its_incident():
    """In words that claim no recovery."""
    incident = only(runs_of(BAD, BAD, WITHOUT, BAD, BAD))
    assert incident.is_open
    assert incident.events[-1].what == "reopened"
    assert incident.events[-1].text.endswith("(again, 24 h after its check was gone)")


def test_file_that_is_readable_again_has_recovered():
    """The item that stood for the file is not a removed check."""
    file = "checks/local/test_cart.py"
    broken = id_of_file(file, "daily")
    runs = [
        run_line({broken: UNKNOWN, WEB: OK}, started=START + number * DAY, unread=[file]) for number in range(2)
    ]
    incident = only([*runs, run_line({CART: OK, WEB: OK}, started=START + 2 * DAY)])
    assert (incident.gone, incident.events[-1].what) == (False, "recovered")


def test_item_without_a_set_is_gone_when_no_run_contains_it():
    """For a check without a set marker, the runs of all checks decide."""
    own = "own.local.cart.answers"
    runs = [
        run_line({WEB: OK} | ({own: CRITICAL} if number < 2 else {}), set_name="all", started=START + number * DAY)
        for number in range(3)
    ]
    (incident,) = incidents(runs, Rules(bad_runs={"own": 2, "daily": 2}))
    assert incident.gone


def test_chat_feed_and_site_report_the_removed_check():
    """And nowhere claim that it recovered."""
    runs = runs_of(BAD, BAD, WITHOUT)
    found = incidents(runs, RULES, titles=TITLES)
    now = START + 2 * DAY
    news = [one for one in due(found, {found[0].events[0].id}, now, timedelta(days=1)) if one.event.what == "gone"]
    message = of_news(news, target="production", kind="production", set_name="daily", link=None, now=now)
    assert message.mood == "info"
    assert "GONE: Cart answers" in message.text
    site = make_site(_history(runs), found, {}, Catalogue({}, []), now)
    pages = dict(render(site))
    page = pages[page_of_incident(found[0])].decode()
    told = feed(site, page_of_incident).decode()
    for text in (page, pages["incidents.html"].decode(), told, message.text):
        assert "gone" in text.lower()
        assert "recovered" not in text.lower()
    assert "<title>Gone: Cart answers" in told
    assert "as its check is gone" in page


def _history(runs):
    return History(tuple(runs), ())


def test_handoff_lists_a_removed_check_as_a_change_and_not_as_a_problem():
    """With its last finding, as nothing measures it any more."""
    runs = runs_of(BAD, BAD, WITHOUT)
    now = START + 2 * DAY + timedelta(hours=1)
    page = make_page(
        runs, Catalogue({}, []), target="production", period="weekly", now=now, last_made=None, endings=[]
    )
    assert page.problems == []
    (change,) = [change for change in page.changes if change.item == CART]
    assert (change.change, change.before, change.now) == ("gone", "CRITICAL", "not looked at")
    assert change.message.startswith("There is no check of it any more, so nobody looks.")


def test_gone_items_are_missing_from_the_newest_complete_run_of_their_set():
    """An item that is there again is not gone."""
    assert gone_since(runs_of(BAD, WITHOUT)) == {CART: START + DAY}
    assert gone_since(runs_of(BAD, WITHOUT, WITHOUT)) == {CART: START + DAY}
    assert gone_since(runs_of(BAD, WITHOUT, BAD)) == {}
    assert gone_since(runs_of(BAD, WITHOUT, partial=True)) == {}
