"""What other programs read: badges, the feed, metrics."""

import json
import re
from datetime import timedelta
from xml.etree import ElementTree

import feedparser
import jsonschema
import pytest
from prometheus_client.parser import text_string_to_metric_families

from playbook.core.verdict import Verdict
from playbook.site.pages import render
from tests.history_factory import NOW, run_line
from tests.site_factory import every_item, hostile_site, site

ATOM = "{http://www.w3.org/2005/Atom}"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def made():
    """A quarter of a year, and an open incident."""
    return site(every_item())


# What https://shields.io/badges/endpoint-badge takes: anything else is drawn as "invalid properties".
ENDPOINT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schemaVersion", "label", "message"],
    "properties": {
        "schemaVersion": {"const": 1},
        "label": {"type": "string"},
        "message": {"type": "string", "minLength": 1},
        **{key: {"type": "string", "pattern": "^#[0-9a-f]{6}$"} for key in ["color", "labelColor"]},
        "isError": {"type": "boolean"},
        **{key: {"type": "string"} for key in ["namedLogo", "logoSvg", "logoColor", "logoSize", "style"]},
        "cacheSeconds": {"type": "integer", "minimum": 300},
    },
}


@pytest.fixture(scope="module", params=["ordinary", "hostile", "empty"])
def files(request, made):
    """Everything of three sites."""
    return dict(render({"ordinary": made, "hostile": hostile_site(), "empty": site([])}[request.param]))


def test_badge_is_well_formed_and_dated(made):
    """It is looked at long after it was made."""
    files = dict(render(made))
    svg = ElementTree.fromstring(files["badges/sets/production/daily.svg"])
    # The minute is as late as the made-up scheduler was on that day.
    assert re.fullmatch(r"production daily: CRITICAL, 23 Nov 06:\d\d UTC", svg.attrib["aria-label"])
    assert float(svg.attrib["width"]) > 200


def test_every_badge_has_svg_and_shields_endpoint(files):
    """schemaVersion 1, label and message, and nothing that it does not know: shields.io/badges/endpoint-badge."""
    badges = {name: content for name, content in files.items() if name.startswith("badges/")}
    pictures = [name for name in badges if name.endswith(".svg")]
    assert {name.removesuffix(".svg") + ".json" for name in pictures} == badges.keys() - set(pictures)
    for name, content in badges.items():
        if name in pictures:
            ElementTree.fromstring(content)
        else:
            jsonschema.validate(json.loads(content), ENDPOINT)


def test_feed_conforms_to_rfc_4287(files):
    """One title, id and updated for feed and entry; an author; ids unlike each other; times of RFC 3339."""
    feed = ElementTree.fromstring(files["feed.xml"])
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    for element in (feed, *entries):
        for name in ("title", "id", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        assert RFC_3339.fullmatch(element.findtext(f"{ATOM}updated"))
        assert element.findtext(f"{ATOM}id").startswith("urn:uuid:")
        assert element.find(f"{ATOM}link[@rel='alternate']") is not None
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    for entry in entries:
        assert entry.find(f"{ATOM}link").attrib["href"] in files


def test_feed_is_accepted_by_feedparser(files):
    """As a reader of feeds takes it: well formed, Atom 1.0, every entry with what is shown of it."""
    feed = feedparser.parse(files["feed.xml"])
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    assert feed.feed.title
    assert feed.feed.updated_parsed
    assert len(feed.entries) == files["feed.xml"].count(b"<entry>")
    for entry in feed.entries:
        assert entry.title
        assert entry.link in files
        assert entry.content[0].value
        assert entry.content[0].type == "text/plain"
        assert entry.published_parsed == entry.updated_parsed


def test_entry_id_is_independent_of_build_time_and_place(made):
    """A reader shows nothing twice, and nothing as new that is not."""

    def ids(made, base_url=""):
        feed = ElementTree.fromstring(dict(render(made, base_url))["feed.xml"])
        return [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]

    first = ids(made)
    assert len(first) > 5
    later = ids(site(every_item(), NOW + timedelta(hours=5)), "https://name.example/sub/")
    assert later == first


def test_feed_links_are_absolute_with_base_url(made):
    """With and without a slash at its end."""
    for address in ("https://name.example/sub", "https://name.example/sub/"):
        feed = ElementTree.fromstring(dict(render(made, address))["feed.xml"])
        links = [link.attrib["href"] for link in feed.iter(f"{ATOM}link")]
        assert links[0] == "https://name.example/sub/feed.xml"
        assert all(link.startswith("https://name.example/sub/") and "//" not in link[8:] for link in links)


def test_site_metrics_are_valid_prometheus_text(files):
    """The reference parser reads them, and finds the sets."""
    families = {family.name: family for family in text_string_to_metric_families(files["metrics.txt"].decode())}
    assert "playbook_site_built_timestamp_seconds" in families


def test_site_metrics_contain_newest_state_value_and_due_time():
    """State, value, age and due time of each."""
    of_set = (("set", "daily"), ("target", "production"))
    run = run_line({"daily.kpi.availability": Verdict.OK}, started=NOW - timedelta(hours=2), slot=NOW)
    text = dict(render(site([run])))["metrics.txt"].decode()
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["playbook_set_state", ("playbook_set_state", "OK"), *of_set] == 1
    assert samples["playbook_set_state", ("playbook_set_state", "NO DATA"), *of_set] == 0
    assert samples["playbook_set_last_run_timestamp_seconds", *of_set] == run.started.timestamp()
    item = ("item", "daily.kpi.availability")
    assert samples["playbook_item_state", item, ("playbook_item_state", "OK"), *of_set] == 1
    assert samples["playbook_open_incidents", ("kind", "down"), ("target", "production")] == 0
