"""The pages of the site: every link leads somewhere, everything is escaped, nothing old is shown as fine."""

import base64
import hashlib
import re
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import msgspec
import pytest

from playbook.core.catalogue import read_catalogue
from playbook.core.verdict import Verdict
from playbook.history.incidents import Incident
from playbook.history.runs import History
from playbook.site.making import known_by
from playbook.site.pages import MOST_ITEMS, page_of_incident, render
from playbook.site.views import NO_DATA
from tests.document import Document
from tests.history_factory import NOW, run_line, years
from tests.site_factory import every_item, hostile_site, site
from tests.unit.site.documents import broken_links, links_broken_on


@pytest.fixture(scope="module")
def made():
    """A quarter of a year, and an open incident."""
    return site(every_item())


@pytest.fixture(scope="module")
def files(made):
    """The same, as pages."""
    return dict(render(made))


def index_of(runs, now=NOW, **more):
    """The first page of some runs."""
    return Document(dict(render(site(runs, now, **more)))["index.html"])


@pytest.fixture(scope="module")
def of_five_years():
    """Pages of five years of runs."""
    return dict(render(site(years(5))))


@pytest.mark.parametrize("which", ["ordinary", "hostile", "empty", "five years"])
def test_every_link_resolves_within_the_site(which, files, request):
    """Relative, so that it works below any path and from a disk; ids stand once; headings leave out no level."""
    made = {
        "ordinary": lambda: files,
        "hostile": lambda: dict(render(hostile_site())),
        "empty": lambda: dict(render(site([]))),
        "five years": lambda: request.getfixturevalue("of_five_years"),
    }[which]()
    pages, wrong = broken_links(made)
    assert wrong == []
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name
        assert page.levels[0] == 1, name
        assert page.levels.count(1) == 1, name
        assert all(later - earlier <= 1 for earlier, later in pairwise(page.levels)), name


def test_every_page_has_landmarks_skip_link_and_table_names(files):
    """For those who listen to it or have no mouse."""
    for name, content in files.items():
        if not name.endswith(".html"):
            continue
        page = Document(content)
        for landmark in ("header", "nav", "main", "footer"):
            assert len(page.all(landmark)) >= 1, (name, landmark)
        assert page.all("a")[0] == {"class": "skip", "href": "#content"}
        assert all(head.get("scope") in {"row", "col"} for head in page.all("th")), name
        assert all(svg.get("aria-label") or svg.get("aria-hidden") for svg in page.all("svg")), name
        text = content.decode()
        of_curves = text.count('<table>\n<thead><tr><th scope="col">Curve')  # named by their region
        assert text.count("<table") - of_curves == text.count("<caption")
        assert text.count("<script") == (name == "find.html")


def test_only_search_page_has_its_allowed_script(files):
    """By its digest; no other page allows any."""
    text = files["find.html"].decode()
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in text or f"script-src 'sha256-{digest}'" in text
    assert not [name for name, content in files.items() if b"script-src" in content and name != "find.html"]


def test_search_page_lists_every_item_set_and_incident(files, made):
    """Each item, set and incident once, with a link, without a script; sorted by name."""
    found = Document(files["find.html"])
    links = [link["href"] for link in found.all("a")]
    wanted = {item.page for target in made.targets for one in target.sets for item in one.current}
    wanted |= {one.page for target in made.targets for one in target.sets}
    wanted |= {page_of_incident(incident) for incident in made.incidents}
    assert all(links.count(page) == 1 for page in wanted)
    rows = re.findall(r'<li class="is-(?:item|set|incident)[^"]*"><a [^>]*>([^<]*)<', files["find.html"].decode())
    assert len(rows) == len(wanted)
    assert rows == sorted(rows, key=str.casefold)


def test_incident_page_shows_surrounding_measurements(files, made):
    """With marks where it was opened and closed."""
    (opened,) = [one for one in made.incidents if one.is_open]
    text = files[page_of_incident(opened)].decode()
    assert "What was measured around it" in text
    assert re.search(r'class="mark-name[^>]*>opened [A-Z]', text)


def test_first_page_with_all_items_stays_small(files, made):
    """All items have their strip, under 200 kB as it is sent without compression."""
    listed = sum(len(one.items) for target in made.targets for one in target.sets)
    assert listed == len(read_catalogue().items) >= 111
    text = files["index.html"].decode()
    assert text.count('class="strip') >= listed
    assert len(files["index.html"]) < 100_000
    assert len(files["index.html"]) + len(files["style.css"]) < 200_000


def test_first_page_with_many_targets_stays_small():
    """The first has its items there; the others lead to theirs."""
    runs = every_item()
    more = [
        msgspec.structs.replace(run, target=f"staging-{n}", id=f"{run.id}{n}") for n in range(4) for run in runs
    ]
    files = dict(render(site(sorted([*runs, *more], key=lambda run: run.started))))
    assert MOST_ITEMS < 5 * 111
    assert len(files["index.html"]) < 200_000
    page = Document(files["index.html"])
    assert "Items of the other targets" in page.text
    assert links_broken_on("index.html", files) == []


def test_first_page_starts_with_failures_and_links(files):
    """The big word, what is out of bounds by name, the open incident before the sets."""
    page = Document(files["index.html"])
    assert "CRITICAL" in page.text[: page.text.index("open")]
    assert "1 incident is open." in page.text
    assert "Out of bounds: Cache hit rate." in page.text
    assert page.text.index("Cache hit rate: out of bounds") < page.text.index("Sets of production")
    assert any(re.fullmatch(r"incidents/[0-9a-f]{12}-\d+\.html", link) for link in page.links)


def test_overdue_set_is_no_data():
    """Two days after the last run, which was OK: nothing of it is shown as OK now."""
    runs = [
        run_line(
            {"daily.kpi.availability": Verdict.OK},
            started=NOW - timedelta(days=back),
            slot=NOW - timedelta(days=back),
        )
        for back in (4, 3, 2)
    ]
    made = site(runs)
    assert made.state == NO_DATA
    files = dict(render(made))
    page = Document(files["index.html"])
    assert page.all("header")[0]["class"] == "verdict v-no-data"
    assert "the daily checks of production did not run when they should have" in page.text
    assert (
        "due 22 Nov 2026 06:17 UTC and there is none. Nothing is known since 21 Nov 2026 09:00 UTC, 2 days ago;"
        in page.text
    )
    assert "NO DATA" in Document(files["items/production/daily.kpi.availability.html"]).text
    assert b'"message": "no data, since 21 Nov 09:00 UTC"' in files["badges/sets/production/daily.json"]
    assert b'"isError": true' in files["badges/production.json"]
    assert (
        b'playbook_set_state{playbook_set_state="NO DATA",set="daily",target="production"} 1.0'
        in files["metrics.txt"]
    )
    assert "badge v-ok" not in files["index.html"].decode()


def test_unscheduled_target_shows_its_age():
    """Run by hand once, on a sandbox: fine, and forty days old."""
    page = index_of(
        [run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(days=40), target="sandbox")]
    )
    assert "These sets are not scheduled" in page.text
    assert "The newest is 40 days old." in page.text


def test_worst_item_is_listed_first():
    """Then in the order of the playbook."""
    verdicts = (Verdict.OK, Verdict.WARNING, Verdict.UNKNOWN, Verdict.CRITICAL, Verdict.OK)
    found = {f"daily.x.{number}": verdict for number, verdict in enumerate(verdicts)}
    (one,) = (one for one in site([run_line(found)]).targets[0].sets if one.name == "daily")
    assert [item.id[-1] for item in one.measured] == ["3", "2", "1", "0", "4"]


def test_future_run_is_ignored_and_named():
    """From a wrong clock: it is left out and named, and what is missing is missing."""
    old, ahead = (
        run_line({"daily.kpi.availability": Verdict.OK}, started=NOW + timedelta(days=days), id=name)
        for days, name in ((-3, "old"), (400, "ahead"))
    )
    past = known_by(History((old, ahead), ()), NOW)
    assert past.runs == (old,)
    assert past.problems == ("the run ahead is omitted: its start is 28 Dec 2027 09:00 UTC, in the future",)
    assert site(past.runs).state == NO_DATA


def test_times_are_shown_in_utc():
    """Midnight of another zone is the day before, or the day after."""
    zone = timezone(timedelta(hours=2))
    at = datetime(2026, 11, 23, 1, 30, tzinfo=zone)
    first = datetime(1, 1, 1, tzinfo=zone)
    runs = [
        run_line({"daily.kpi.availability": Verdict.OK}, started=start, finished=start, id=name)
        for start, name in ((at, "here"), (first, "none"))
    ]
    past = known_by(History(tuple(runs), ()), NOW)
    assert [run.started.isoformat() for run in past.runs] == ["2026-11-22T23:30:00+00:00"]
    assert past.problems == ("the run none is omitted: its times are not valid in UTC",)


def test_demo_is_marked_on_every_page():
    """What nobody uses must not be taken for a system in use."""
    run = run_line({"daily.kpi.availability": Verdict.OK}, target="sandbox")
    for name, content in render(site([run])):
        if name.endswith(".html"):
            assert "This is the embedded demo system, not a system in use." in Document(content).text, name
    assert "embedded demo system" not in index_of([run_line({"daily.kpi.availability": Verdict.OK})]).text


def test_page_states_build_time_and_expiry(files):
    """A static page ages: what it should have changed by stands on every one."""
    for name in (
        "index.html",
        "incidents.html",
        "sets/production/daily.html",
        "items/production/daily.kpi.availability.html",
    ):
        text = Document(files[name]).text
        assert "Built 23 Nov 2026 09:00 UTC" in text, name
        assert "is due 24 Nov 2026 06:17 UTC; if it is after 24 Nov 2026 09:17 UTC and this page" in text, name


def test_set_without_a_schedule_says_so(files):
    """On its page, and on the first one where other sets have a schedule."""
    assert "It has no schedule and is run by hand." in Document(files["sets/production/emergency.html"]).text
    assert "Sets of production without a schedule" in files["index.html"].decode()


def test_next_run_is_told_in_the_zone_of_the_target():
    """Beside UTC, on the first page and on that of its set."""
    run = run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(hours=2))
    pages = dict(render(site([run], time_zone="Europe/Berlin")))
    first, of_set = (Document(pages[name]).text for name in ("index.html", "sets/production/daily.html"))
    assert "Tue 24 Nov 06:17 UTC (07:17 in Berlin) (daily, production)" in first
    assert "If it is not here by Tue 24 Nov 09:17 UTC (10:17 in Berlin), this page is out of date" in first
    assert "Next due Tue 24 Nov 06:17 UTC (07:17 in Berlin)." in of_set


def test_uptime_and_shares_state_coverage(made, files):
    """How many of the ninety days were measured."""
    page = Document(files["index.html"])
    uptime = made.targets[0].uptime
    assert re.fullmatch(r"99\.9\d+ % on 8\d of 90 days", uptime)
    assert " ".join(uptime.split()[:2]) in page.text
    assert len(re.findall(r"[\d.]+ % OK on \d+ of (90 days|13 weeks|12 months)", page.text)) >= 111


def test_days_without_run_are_gaps():
    """The strip of a daily item has as many gaps as days without a run."""
    runs = [
        run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(days=back), slot=NOW)
        for back in (9, 8, 5, 1, 0)
    ]
    (one,) = (one for one in site(runs).targets[0].sets if one.name == "daily")
    assert [cell.verdict is None for cell in one.strip.cells[-10:]] == [
        False,
        False,
        True,
        True,
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert one.items[0].strip.coverage == "5 of 90 days"


def test_today_is_no_gap_before_run_is_due():
    """At five in the morning, the strip ends yesterday."""
    runs = [
        run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(days=back), slot=NOW)
        for back in (2, 1)
    ]
    (one,) = (one for one in site(runs, NOW.replace(hour=5)).targets[0].sets if one.name == "daily")
    assert one.strip.cells[-1].last == (NOW - timedelta(days=1)).date()
    assert one.strip.cells[-1].verdict is Verdict.OK


def test_hostile_texts_are_escaped_on_site():
    """Nothing that a name or a message holds becomes markup, a control character or a path."""
    files = dict(render(hostile_site(), "https://name.example/sub/"))
    for name, content in files.items():
        assert ".." not in name
        assert not name.startswith("/")
        text = content.decode()
        assert text.count("<script") == (name == "find.html") or name.endswith((".json", ".txt")), name
        assert "\u202e" not in text, name
        assert "\x1b" not in text, name
        assert "\x00" not in text, name
    assert "alert(1)" in files["index.html"].decode()
    assert len({name.lower() for name in files}) == len(files)


def test_empty_history_gives_page_with_instructions():
    """The demo: one page that says what to do."""
    page = index_of([])
    assert "No runs yet" in page.text
    assert "pytest -m daily" in page.text


def test_damaged_lines_are_listed_in_footer():
    """Each with file and line, and not without end."""
    page = index_of([], problems=[f"runs/2026.jsonl, line {number}: cut off" for number in range(25)])
    foot = page.text[page.text.index("could not be read") :]
    assert "runs/2026.jsonl, line 19: cut off" in foot
    assert "and 5 more" in foot


def test_same_input_gives_identical_pages(made):
    """History, settings and moment decide every byte."""
    assert dict(render(made)) == dict(render(site(every_item())))


def test_failure_streak_shows_start_and_duration(files):
    """Runs in a row are one line, and lead to the first of them."""
    page = Document(files["items/production/daily.kpi.cache-hit-rate.html"])
    assert "expected at least 80 %, got 61.2 %" in page.text
    assert "Its incidents" in page.text
    assert "until" in page.text.lower()
    assert any(link.startswith("../../runs-2026.html#r-") for link in page.links)
    assert "90 days, %" in page.text  # the chart of its values


def test_chart_shows_limits_of_its_values(files):
    """As lines in the drawing, or in words where they are far off."""
    text = files["sets/production/daily.html"].decode()
    assert 'class="at-limit"' in text
    assert 'class="at-limit aim"' in text
    assert "Off the scale: warning" in text


def test_incident_page_address_is_permanent(made, files):
    """Its address is made of fingerprint and number, so that a link to it holds."""
    page = Document(files["incidents.html"])
    assert "1 open incident" in page.text
    for incident in made.incidents:
        one = Document(files[f"incidents/{incident.fingerprint}-{incident.number}.html"])
        assert all(event.text in one.text for event in incident.events)


def test_flapping_incident_is_marked_with_count():
    """And how often it came back."""
    flapping = Incident(
        fingerprint="abc",
        number=2,
        target="production",
        kind="down",
        cause="x",
        title="X is out of bounds",
        message="m",
        worst=Verdict.CRITICAL,
        opened=NOW - timedelta(hours=5),
        items=("daily.x",),
        down=("daily.x",),
        reopened=4,
        flapping=True,
    )
    files = dict(render(site(every_item(), found=[flapping])))
    assert (
        "Open since 23 Nov 2026 04:00 UTC, bad for 5 h, 1 item, came back 4 times, flapping"
        in Document(files["index.html"]).text
    )


def test_kept_reports_are_linked_and_older_runs_listed():
    """Every run stands on the page of its year; only what is kept has a link to more."""
    runs = every_item()
    files = dict(render(site(runs, kept=frozenset({runs[-1].report}))))
    year = files["runs-2026.html"].decode()
    assert year.count("<tr id=") == sum(run.started.year == 2026 for run in runs)
    assert year.count("full report") == 1
    assert f'href="runs/{runs[-1].report}/index.html"' in year


def test_five_years_of_history_give_bounded_pages(of_five_years):
    """The first page does not grow; an item's is bounded; the lists are by year."""
    files = of_five_years
    assert len(files["index.html"]) < 100_000
    assert max(len(content) for name, content in files.items() if name.startswith("items/")) < 60_000
    assert {f"runs-{year}.html" for year in range(2021, 2027)} <= files.keys()
    item = files["items/production/daily.kpi.availability.html"].decode()
    assert "All time, median of each week" in item
    curves = re.findall(r'class="curve curve-0" d="([^"]*)"', item)
    assert all(re.fullmatch(r"([ML]\d+\.\d \d+\.\d)+", curve) for curve in curves)
    assert len(re.findall("[ML]", curves[1])) > 5 * 50  # every week, to the end


def test_item_missing_from_newest_run_is_no_data():
    """What was said of it is about then. An item that the playbook no longer has keeps its page alone."""
    both = {
        "daily.kpi.availability": Verdict.OK,
        "daily.kpi.error-rate": Verdict.OK,
        "daily.old.thing": Verdict.OK,
    }
    runs = [
        run_line(both, started=NOW - timedelta(days=1), slot=NOW),
        run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(hours=2), slot=NOW),
    ]
    made = site(runs)
    states = {item.title: item.state for item in made.targets[0].sets[0].measured}
    assert states == {"Error rate, 24 h": NO_DATA, "Availability, 24 h": "OK"}
    files = dict(render(made))
    text = Document(files["items/production/daily.kpi.error-rate.html"]).text
    assert "The newest run of the daily set left it out. This item was OK 22 Nov 2026 09:00 UTC." in text
    assert "items/production/daily.old.thing.html" in files
    assert "daily.old.thing" not in files["index.html"].decode()


def test_retired_target_does_not_affect_state():
    """What the settings no longer have colours nothing red, and is said to be of the past."""
    runs = [
        run_line({"daily.kpi.availability": Verdict.CRITICAL}, started=NOW - timedelta(days=back), target="old")
        for back in (401, 400)
    ]
    runs += [
        run_line({"daily.kpi.availability": Verdict.OK}, slot=NOW),
    ]
    assert site(runs).state != Verdict.OK
    made = site(runs, retired=frozenset({"old"}))
    assert made.state == Verdict.OK
    files = dict(render(made))
    assert "The settings no longer have this target" in Document(files["index.html"]).text
    incidents = Document(files["incidents.html"]).text
    assert "No open incidents" in incidents
    assert incidents.index("Left open") < incidents.index("Availability, 24 h: out of bounds")


def test_part_removed_from_product_is_not_missing_data():
    """Its page stays; no list shows it, and the set says so once."""
    seen = {"daily.kpi.availability": Verdict.OK, "daily.redis.alive": Verdict.CRITICAL}
    before = run_line(seen, started=NOW - timedelta(days=2), slot=NOW - timedelta(days=2))
    left_out = {"redis": ["daily.redis.alive", "daily.kpi.cache-hit-rate"], "staging": []}
    after = run_line(
        {"daily.kpi.availability": Verdict.OK},
        started=NOW - timedelta(hours=2),
        slot=NOW - timedelta(hours=2),
        left_out=left_out,
    )
    made = site([before, after])
    (daily,) = (one for one in made.targets[0].sets if one.name == "daily")
    assert [item.id for item in daily.current] == ["daily.kpi.availability"]
    assert daily.bad == 0
    pages = dict(render(made))
    assert "items/production/daily.redis.alive.html" in pages
    text = Document(pages["sets/production/daily.html"]).text
    assert text.count("Not part of this product: redis (2 items), staging") == 1
    assert NO_DATA not in Document(pages["sets/production/daily.html"]).text
