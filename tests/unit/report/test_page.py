"""index.html: verdict first, everything escaped, readable for everybody."""

import re
from importlib.resources import files
from itertools import pairwise

import msgspec
import pytest

from playbook.core.context import Before, Compared, Since, Thread
from playbook.core.evidence import Chart, Curve, Facts, Lines, Table
from playbook.core.record import Due
from playbook.core.verdict import Verdict
from playbook.report.page import MOST_EVIDENCE, page
from tests.document import Document
from tests.effort import effort
from tests.factories import a_chart, hostile, record, results, six_verdicts


def anchors(document):
    """Where its links lead, in order."""
    return [link["href"] for link in document.all("a")]


def test_page_shows_verdict_first():
    """Title, then the big word, then what to do, before anything else."""
    text = page(six_verdicts())
    document = Document(text.encode())
    assert "<title>CRITICAL: daily checks of production" in text
    assert text.index("</h1>") < text.index("act on it now") < text.index("Root causes") < text.index("All checks")
    assert document.text.index("Root causes") < document.text.index("What needs attention")


def do_next(text):
    """The entries under the verdict."""
    listed = text[text.index('<ol class="do-next">') : text.index("</ol>")]
    return [re.sub("<[^>]+>", " ", entry) for entry in listed.split('<li class="v-')[1:]]


def test_first_screen_lists_findings_worst_first():
    """Under the verdict stands an entry for each finding and root cause, leading to the rest, with what to do."""
    text = page(six_verdicts())
    entries = do_next(text)
    names = [("Example 4", "61.2 %"), ("Redis", "connection refused"), ("Example 6", "without"), ("Example 3", "")]
    assert len(entries) == len(names)
    for entry, (name, found) in zip(entries, names, strict=True):
        assert name in entry
        assert found in entry
        assert "Do:" in entry
    leads = re.findall(r'</span><a href="#([^"]+)">', text[: text.index("</ol>")])
    assert leads == ["check-daily-example-4", "cause-1", "check-daily-example-6", "check-daily-example-3"]


def test_every_finding_has_an_entry_with_action():
    """Thirty findings are thirty entries, each with what to do; the last ones are shorter."""
    made = results([record(Verdict.CRITICAL, n) for n in range(30)], verdict=Verdict.CRITICAL)
    entries = do_next(page(made))
    assert len(entries) == 30
    assert all("Do this first." in entry for entry in entries)
    assert sum("61.2 %" in entry for entry in entries) == 25


def test_page_marks_sandbox_and_its_faults():
    """Said in words, with the faults that are switched on."""
    made = results([record()], target="sandbox", kind="sandbox", faults=["redis-gone", "cpu-high"])
    text = Document(page(made).encode()).text
    assert "not a system in use" in text
    assert "Faults switched on: redis-gone, cpu-high" in text
    assert "not a system in use" not in page(six_verdicts())


def test_finding_shows_expected_found_why_and_next_step():
    """Expected, found, why, next, how to look again, what was looked at, what to do in order."""
    text = Document(page(six_verdicts()).encode()).text
    section = text[text.index("What needs attention") : text.index("Figures and limits")]
    for wanted in (
        "at least 80 %",
        "61.2 %",
        "It matters.",
        "Do this first.",
        "curl -s https://localhost/",
        "What we looked at",
        "Where the time goes now",
        "9,412",
        "Not measured: Redis: connection refused",
        "Immediate",
        "Scale up.",
    ):
        assert wanted in section, wanted
    assert section.index("Immediate") < section.index("Long-term")


def test_every_item_appears_once_and_every_link_resolves():
    """Ids are unique, and what a root cause blocks can be reached from it."""
    document = Document(page(six_verdicts()).encode())
    assert len(document.ids) == len(set(document.ids))
    assert {link[1:] for link in anchors(document)} <= set(document.ids)
    assert "#check-daily-example-5" in anchors(document)
    assert {f"check-daily-example-{number}" for number in range(1, 10)} <= set(document.ids)


@pytest.mark.parametrize("made", [six_verdicts(), hostile(), results([])], ids=["six", "hostile", "empty"])
def test_links_resolve_with_hostile_names(made):
    """Also where names are hostile."""
    document = Document(page(made).encode())
    assert len(document.ids) == len(set(document.ids))
    assert {link[1:] for link in anchors(document)} <= set(document.ids)


def test_checks_sharing_an_item_have_own_anchors():
    """One item may stand behind several checks."""
    made = results([record(Verdict.CRITICAL, 1, check=f"checks/test_x.py::test_x[{n}]") for n in range(3)])
    ids = [i for i in Document(page(made).encode()).ids if i.startswith("check-")]
    assert sorted(ids) == ["check-daily-example-1", "check-daily-example-1--2", "check-daily-example-1--3"]


def test_shared_runbook_steps_are_shown_once():
    """The steps of a runbook are measured once, so the second failure refers to the first."""
    fourth = six_verdicts().records[3]
    fifth = msgspec.structs.replace(fourth, item="daily.example.9", check="x", title="Example 9")
    text = page(results([fourth, fifth], verdict=Verdict.CRITICAL))
    assert text.count("Where the time goes now") == 1
    refers = 'of the runbook: the same as under <a href="#check-daily-example-4">Example 4</a>'
    assert f"Actions and steps {refers}" in text
    assert text.count("Scale up.") == 1
    other = msgspec.structs.replace(fifth, investigation=[*fifth.investigation, *fifth.investigation])
    text = page(results([fourth, other], verdict=Verdict.CRITICAL))
    assert f">Actions {refers}" in text
    assert text.count("What we looked at") == 2
    other = msgspec.structs.replace(fifth, resolution=[])
    text = page(results([fourth, other], verdict=Verdict.CRITICAL))
    assert f">Steps {refers}" in text


def test_text_keeps_all_scripts_and_drops_control_characters():
    """Spaces that do not break, umlauts, emoji; no escape sequences, no change of direction, no lone surrogate."""
    kept = "1\u202f204\u00a0ms – Grüße, 写真 🖼\ufe0f"
    text = page(results([record(message=f"{kept}\x1b[31m\u202e\x00\ud800|")]))
    assert f"{kept}\ufffd[31m\ufffd\ufffd\ufffd|" in text


def test_long_text_is_cut_with_notice():
    """A response body in a message must not cost the report."""
    made = results(
        [record(Verdict.CRITICAL, message="m" * 5_000_000, evidence=[Lines("L", ["x" * 5_000_000] * 9)])]
    )
    text = page(made)
    assert len(text) < 80_000
    assert "(4,998,000 more characters in results.json)" in text


def test_not_configured_item_names_line_to_add():
    """A variable, or lines of playbook.toml."""
    text = Document(page(six_verdicts()).encode()).text
    assert "add GRAFANA_URL to the environment" in text
    assert "[targets.production.backups]" in text


def test_hostile_text_is_escaped():
    """Hostile text stays text: no element, no attribute, no control character of its own."""
    text = page(hostile())
    document = Document(text.encode())
    assert not [tag for tag, _ in document.tags if tag in {"script", "iframe", "object", "img"}]
    assert not [name for _, attributes in document.tags for name in attributes if name.startswith("on")]
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202e]", text)
    assert "<script>alert(1)</script>" in document.text


def test_page_loads_nothing_external_and_runs_no_script():
    """One file: no script, no address to fetch, and a policy that says so."""
    text = page(six_verdicts())
    document = Document(text.encode())
    policy = next(a["content"] for tag, a in document.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not re.findall(r'(?:src|href)="(?!#|data:)', text)
    assert "style=" not in text


@pytest.mark.parametrize("made", [six_verdicts(), hostile(), results([])], ids=["six", "hostile", "empty"])
def test_page_has_accessible_structure(made):
    """Language, one h1, no skipped level, landmarks, tables with heads and names, scroll boxes that take focus."""
    text = page(made)
    document = Document(text.encode())
    assert document.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(document.levels))
    assert '<html lang="en">' in text
    assert [tag for tag, _ in document.tags].count("main") == 1
    for tag, attributes in document.tags:
        if "scroll" in (attributes.get("class") or "").split():
            assert attributes.get("tabindex") == "0", (tag, attributes)
            assert attributes.get("aria-label") or attributes.get("aria-labelledby")
        if tag == "th":
            assert attributes.get("scope") in {"col", "row"}
        if tag == "svg" and attributes.get("aria-hidden") != "true":
            assert attributes["aria-label"]


def luminance(colour):
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


CSS = (files("playbook.report") / "templates" / "style.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in CSS.split("@media", 2)[:2])
WORDS = ("ok", "warning", "critical", "unknown", "none", "waived")
PAIRS = [(text, on) for text in ("text", "quiet", "link") for on in ("page", "surface", "sunken")]
# Each badge stands on its own tint, on a card, and among the counts on the tint of the run's verdict.
PAIRS += [(word, f"{tint}-tint") for word in WORDS for tint in ("ok", "warning", "critical", "unknown")]
PAIRS += [(word, f"{word}-tint") for word in ("none", "waived")]
PAIRS += [(word, "surface") for word in WORDS] + [("text", f"{word}-tint") for word in WORDS]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "on"), PAIRS, ids=lambda value: value)
def test_contrast_meets_wcag_aa(palette, text, on):
    """At least 4.5 to 1 for every text on every ground it stands on."""
    assert contrast(palette[text], palette[on]) >= 4.5


@pytest.mark.parametrize(("verdict", "most"), [(Verdict.OK, 3_000_000), (Verdict.CRITICAL, 3_500_000)])
def test_page_of_thousand_checks_is_small(verdict, most):
    """Two kilobytes of evidence each: some 3 MB, in the time of a breath (measured 0.1 s)."""
    evidence = [Lines("Newest lines", ["x" * 99] * 20)]
    made = results([record(verdict, n, evidence=evidence) for n in range(1000)])
    text, seconds = effort(lambda: page(made))
    assert len(text.encode()) < most
    assert seconds < 2


def test_same_results_give_same_page():
    """A pure function of results.json, also after it has been to disk and back."""
    made = six_verdicts()
    again = msgspec.json.decode(msgspec.json.encode(made), type=type(made))
    assert page(again) == page(made)


def test_long_curve_is_not_cut():
    """A path is longer than what is cut of a text."""
    points = [(3600.0 * hour, float(hour % 24)) for hour in range(800)]
    text = page(results([record(evidence=[Chart("Long", "s", [Curve("one", points)])])]))
    (path,) = re.findall(r'class="curve curve-0" d="([^"]*)"', text)
    assert len(re.findall("[ML]", path)) == 800
    assert re.fullmatch(r"([ML]\d+\.\d \d+\.\d)+", path)


def with_past(**changes):
    """Two figures with what earlier runs measured, one of them bad, and one without."""
    good = msgspec.structs.replace(six_verdicts().records[0], evidence=[])
    bad, other = (msgspec.structs.replace(six_verdicts().records[n], evidence=[]) for n in (3, 2))
    past = {one.item: [(1_795_000_000.0 + 86_400 * n, 85.0 + n) for n in range(5)] for one in (good, bad)}
    return results([good, bad, other], past=past, verdict=Verdict.CRITICAL, **changes)


def test_figures_have_sparkline_of_past_runs():
    """With its words; on the first run there is none."""
    document = Document(page(with_past()).encode())
    labels = [a["aria-label"] for tag, a in document.tags if tag == "svg" and "spark" in (a.get("class") or "")]
    assert labels == ["The last 6 runs: 0.42 to 89 s", "The last 6 runs: 61.2 to 89 %"]
    assert page(with_past()).count('<span class="quiet">first run</span>') == 1


def test_failing_figure_shows_chart_of_past_runs():
    """Open, since when it is bad, and only with what is not well."""
    text = page(with_past())
    card = text[text.index('<article class="failure v-critical"') :]
    assert card.index("<svg") < card.index("<details")
    assert "Example 4: this run and 5 runs before it" in card
    assert re.search(r'class="mark-name[^>]*>since 23 Nov<', card)
    assert "Example 1: this run" not in text


def test_evidence_charts_are_shown_unfolded_once():
    """The evidence below is folded, without them; those of a runbook's steps stand with its first finding."""
    made = six_verdicts()
    text = page(made)
    assert (
        text.count("<figcaption")
        == len(re.findall("Memory, seven days</figcaption|Memory, seven days, %<", text)) + 2
    )
    fourth = made.records[3]
    with_chart = msgspec.structs.replace(fourth.investigation[0], evidence=[a_chart("CPU, seven days")])
    fourth = msgspec.structs.replace(fourth, investigation=[with_chart])
    fifth = msgspec.structs.replace(fourth, item="daily.example.9", check="x", title="Example 9", evidence=[])
    assert page(results([fourth, fifth], verdict=Verdict.CRITICAL)).count("CPU, seven days, %</figcaption>") == 1


def test_load_and_monthly_reports_open_with_charts():
    """Before the findings, with what gave way first in words; other sets do not."""
    evidence = [Lines("First bottleneck", ["P95 passed 2 s after 3 s", "then more"]), a_chart()]
    one = record(item="load.carried", evidence=evidence)
    text = page(results([one, record(Verdict.CRITICAL, 2)], set="load", verdict=Verdict.CRITICAL))
    assert text.index("First bottleneck: P95 passed 2 s after 3 s") < text.index("<svg") < text.index("What needs")
    assert "The course of the test" not in page(results([one]))


def test_due_dates_are_shown_in_both_time_zones():
    """Three at a glance, the others folded."""
    due = [Due(f"Thing {n}", f"2026-11-2{n}T23:30:00Z") for n in range(4, 9)]
    text = page(results([record()], due=due, time_zone="Europe/Berlin"))
    assert "Tue 24 Nov, 23:30 UTC (Wed 00:30 in Berlin)" in text
    assert "2 more within two weeks" in text
    assert "Mon 23 Nov 2026, 07:00 UTC (08:00 in Berlin)" in text
    assert "What comes due" not in page(results([record()]))


def test_load_opens_with_its_percentiles():
    """Each endpoint's figures, and of which requests they are."""
    evidence = [
        Facts("Load test", {"Percentiles": "of the requests of visitors"}),
        Table("Answers", ["Endpoint", "P50", "P95", "P99", "Maximum"], [["home", "1 s", "2 s", "3 s", "4 s"]]),
        a_chart(),
    ]
    text = page(results([record(item="load.carried", evidence=evidence)], set="load"))
    before = text[: text.index('id="all"')]
    assert "Percentiles are of the requests of visitors." in before
    assert "<td>4 s</td>" in before


def test_commands_in_what_to_do_are_code():
    """And what they stand between is escaped."""
    bad = record(Verdict.CRITICAL, next_step="Sign <it> with `python -m playbook attest a <b>`.")
    text = page(results([bad], verdict=Verdict.CRITICAL))
    assert "Sign &lt;it&gt; with <code>python -m playbook attest a &lt;b&gt;</code>." in text
    assert "`python" not in text


def test_first_screen_tells_times_in_both_zones():
    """The run, since when, and what it is compared with."""
    thread = Thread(
        since={"daily.redis.alive": Since(first="2026-11-22T07:00:00Z", runs=2, change="still")},
        compared=Compared(
            before=Before(started="2026-11-22T07:00:00Z", verdict="CRITICAL"), still=["daily.redis.alive"]
        ),
    )
    made = results(
        [record(Verdict.CRITICAL, item="daily.redis.alive")],
        verdict=Verdict.CRITICAL,
        thread=thread,
        time_zone="Asia/Tokyo",
    )
    text = page(made)
    assert "still, second day, since Sun 22 Nov, 07:00 UTC (16:00 in Tokyo)" in text
    assert "the run of Sun 22 Nov, 07:00 UTC (16:00 in Tokyo)" in text
    assert text.index("in Tokyo)") < text.index("<h1>")


def test_equal_evidence_of_two_checks_is_shown_once_and_linked():
    """The second check leads to the first; short evidence is repeated, as the link would be as long."""
    long = Lines("Log", [f"line {number} of the same log" for number in range(20)])
    made = results([record(Verdict.OK, n, evidence=[msgspec.structs.replace(long)]) for n in range(2)])
    text = page(made)
    assert text.count("line 7 of the same log") == 1
    assert '>Log: the same as under <a href="#check-daily-example-0">Example 0</a>' in text
    short = results([record(Verdict.OK, n, evidence=[Facts("Cache", {"Hits": "4711"})]) for n in range(2)])
    assert page(short).count("4711") == 2


def test_evidence_of_bad_checks_is_shown_beyond_the_bound_and_the_rest_is_referred_to():
    """With more checks than the page has room for, those that are OK name the file that holds their evidence."""
    count = MOST_EVIDENCE + 3
    records = [record(Verdict.OK, n, evidence=[Facts("Cache", {"Hits": f"hits-{n}-"})]) for n in range(count)]
    others = [
        record(verdict, count + n, evidence=[Facts("Cache", {"Hits": f"hits-of-{verdict}"})])
        for n, verdict in enumerate((Verdict.CRITICAL, Verdict.UNKNOWN, Verdict.WAIVED))
    ]
    text = page(results([*records, *others], verdict=Verdict.CRITICAL))
    for verdict in (Verdict.CRITICAL, Verdict.UNKNOWN, Verdict.WAIVED):
        assert f"hits-of-{verdict}" in text
    assert len(re.findall(r"hits-\d+-", text)) == MOST_EVIDENCE
    assert text.count("Its evidence is in results.json.") == 3
    assert "of every check that is not OK, and of 2,000 that are OK." in text
    assert "The evidence of 3 more is in results.json; to show that of one check:" in text
    assert "is in results.json" not in page(results(records[:MOST_EVIDENCE]))
