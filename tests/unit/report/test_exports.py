"""CTRF, OpenMetrics and SARIF: valid as their readers want them, and in agreement with every other output."""

import json
import re
from collections import Counter
from xml.etree import ElementTree

import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as of_openmetrics
from prometheus_client.parser import text_string_to_metric_families as of_prometheus

from playbook.core.limits import parse_limit
from playbook.core.places import ROOT
from playbook.core.record import Results
from playbook.core.verdict import Verdict
from playbook.report import write_all
from playbook.report.ctrf import STATUS, ctrf
from playbook.report.exposition import Family, Sample, openmetrics, prometheus_text, states
from playbook.report.metrics import metrics_openmetrics, metrics_text
from playbook.report.pytest_html import BORROWED, pytest_html_results_table_row
from playbook.report.sarif import LEVELS, SUBJECTS, sarif
from playbook.report.terminal import lines
from tests.factories import HOSTILE, hostile, record, results, six_verdicts
from tests.unit.report.test_outputs import report_with
from tests.written import written_checks

CHECK = "checks/security/test_security.py::test_certificates_are_valid"


def as_security(made: Results) -> Results:
    """The same run, with every check under a subject that is uploaded to code scanning."""
    records = [msgspec.structs.replace(r, subject="security") for r in made.records]
    return msgspec.structs.replace(made, records=records)


RUNS = pytest.mark.parametrize(
    "made",
    [as_security(six_verdicts()), as_security(hostile()), results([])],
    ids=["six", "hostile", "empty"],
)


def test_every_format_has_the_same_counts(tmp_path):
    """One run with all six verdicts: the same numbers in nine forms, each read by what others read it with."""
    made = as_security(six_verdicts())
    expected = Counter(str(r.verdict) for r in made.records)
    assert expected == made.counts
    assert set(expected) == {str(v) for v in Verdict}
    (tmp_path / "results.json").write_bytes(msgspec.json.encode(made))
    write_all(made, tmp_path)

    def text(name):
        return (tmp_path / name).read_text(encoding="utf-8")

    told = r"(\d+) (CRITICAL|UNKNOWN|WARNING|WAIVED|NOT CONFIGURED|OK)"
    counted = {
        "results.json": Counter(r["verdict"] for r in json.loads(text("results.json"))["records"]),
        "terminal": _said(
            told, "\n".join(line for line, _ in lines(made, "x")).rpartition("4.2 s")[0].splitlines()[-1]
        ),
        "summary.md": _said(told, next(line for line in text("summary.md").splitlines() if " · " in line)),
        "index.html": _in_page(text("index.html")),
        "pytest-html": Counter(_cell(r) for r in made.records),
        "junit.xml": _in_junit(text("junit.xml")),
        "ctrf.json": Counter(t["rawStatus"] for t in json.loads(text("ctrf.json"))["results"]["tests"]),
        "metrics.txt": _in_metrics(text("metrics.txt")),
        "playbook.sarif": _in_sarif(json.loads(text("playbook.sarif"))),
    }
    assert counted == dict.fromkeys(counted, expected)


def _said(pattern: str, line: str) -> Counter:
    return Counter({verdict: int(count) for count, verdict in re.findall(pattern, line)})


def _in_page(page: str) -> Counter:
    """The badges in the list of every check, and the numbers at the top."""
    every = page[page.index('<h2 id="all">') :]
    badges = Counter(
        re.findall(r'<span class="badge v-[a-z-]+"><span aria-hidden="true">.</span> ([A-Z ]+)</span>', every)
    )
    at_top = re.findall(
        r'<span class="count">(\d+)</span> <span class="badge [^>]*><span [^>]*>.</span> ([A-Z ]+)<', page
    )
    assert badges == Counter({verdict: int(count) for count, verdict in at_top})
    return badges


def _cell(made) -> str:
    cells = ["", "", "", ""]
    pytest_html_results_table_row(report=report_with(made), cells=cells)
    return re.search('data-verdict="([^"]+)"', cells[0])[1]  # type: ignore[index]


def _in_junit(text: str) -> Counter:
    """By the type of what is bad, and before the message of what is not."""
    told = (case[0] for case in ElementTree.fromstring(text).iter("testcase"))
    return Counter(each.get("type") or (each.text or "").partition(":")[0] for each in told)


def _in_metrics(text: str) -> Counter:
    families = {family.name: family for family in of_prometheus(text)}
    name = "playbook_item_verdict"
    items = Counter(s.labels[name] for s in families[name].samples if s.value == 1)
    run = Counter({s.labels["verdict"]: int(s.value) for s in families["playbook_run_checks"].samples})
    assert items == run
    return items


def _in_sarif(document) -> Counter:
    """Findings by their level; UNKNOWN and NOT CONFIGURED as notifications; what is well as a number only."""
    (run,) = document["runs"]
    (invocation,) = run["invocations"]
    found = Counter(r["level"] for r in run["results"])
    suppressed = sum("suppressions" in r for r in run["results"])
    unknown = len(invocation["toolExecutionNotifications"])
    assert found["note"] == suppressed + unknown
    return Counter(
        {
            "CRITICAL": found["error"],
            "WARNING": found["warning"],
            "UNKNOWN": unknown,
            "WAIVED": suppressed,
            "NOT CONFIGURED": len(invocation["toolConfigurationNotifications"]),
            "OK": run["properties"]["counts"]["OK"],
        }
    )


@RUNS
def test_ctrf_summary_adds_up(made):
    """Each status as often as it stands there, and the time between start and stop."""
    told = json.loads(ctrf(made))["results"]
    counted = Counter(test["status"] for test in told["tests"])
    assert counted == +Counter({status: told["summary"][status] for status in set(STATUS.values())})
    assert told["summary"]["tests"] == len(made.records)
    assert told["summary"]["stop"] - told["summary"]["start"] == 4_000
    assert len({test["id"] for test in told["tests"]}) == len(made.records)


def test_ctrf_reports_unknown_as_other():
    """Nor failed: it says nothing about the system."""
    assert STATUS[Verdict.UNKNOWN] == "other"
    assert set(STATUS) == set(Verdict)
    assert {verdict for verdict, status in STATUS.items() if status == "passed"} == {Verdict.OK, Verdict.WARNING}


@RUNS
def test_openmetrics_is_accepted_by_reference_parser(made):
    """Also with hostile labels, which come back as they were but for what no line can carry."""
    families = {family.name: family for family in of_openmetrics(metrics_openmetrics(made))}
    verdict = families["playbook_run_verdict"]
    assert verdict.type == "stateset"
    assert [s.labels["playbook_run_verdict"] for s in verdict.samples if s.value] == [str(made.verdict)]
    assert families["playbook_run_started_timestamp_seconds"].samples[0].value == 1_795_417_200
    assert families["playbook_run_started_timestamp_seconds"].unit == "seconds"
    if made.records:
        (ended,) = {s.labels["ended"] for s in families["playbook_run"].samples}
        assert ended == made.ended.replace("\x00", " ").replace("\x1b", " ").replace("\u202e", " ")


@RUNS
def test_both_metric_formats_contain_the_same_samples(made):
    """By the reference parser of each; a state set and an info are gauges in Prometheus' own."""
    ours = [
        {(s.name, *sorted(s.labels.items()), s.value) for family in families for s in family.samples}
        for families in (of_openmetrics(metrics_openmetrics(made)), of_prometheus(metrics_text(made)))
    ]
    assert ours[0] == ours[1]
    assert ours[0]
    assert {family.type for family in of_prometheus(metrics_text(made))} == {"gauge"}


def test_openmetrics_contains_values_limits_and_durations():
    """In the unit of the limit, with the comparison that makes it bad."""
    limit = parse_limit("Hits", {"target": "> 90 %", "critical": "< 70 %"})
    made = results([record(Verdict.CRITICAL, 1, value=61.25, limit=limit, seconds=0.5)])
    families = {family.name: family.samples for family in of_openmetrics(metrics_openmetrics(made))}
    (value,) = families["playbook_item_value"]
    assert (value.value, value.labels["unit"], value.labels["item"]) == (61.25, "%", "daily.example.1")
    bounds = {(s.labels["bound"], s.labels["comparison"]): s.value for s in families["playbook_item_limit"]}
    assert bounds == {("target", ">"): 90, ("critical", "<"): 70}
    assert families["playbook_item_duration_seconds"][0].value == 0.5


@pytest.mark.parametrize(
    ("families", "complaint"),
    [
        ([Family("a-b", "gauge", "", [Sample({}, 1)])], "no name"),
        ([Family("a", "gauge", "", [Sample({}, 1)], "seconds")], "no name"),
        ([Family("a", "gauge", "", [Sample({}, 1)])] * 2, "is there twice"),
        ([Family("a", "gauge", "", [Sample({"b": "c"}, 1)] * 2)], "the same labels"),
        ([Family("a", "gauge", "", [Sample({"b-c": "d"}, 1)])], "no label"),
    ],
    ids=["name", "unit", "family-twice", "sample-twice", "label"],
)
def test_writer_rejects_unparsable_metrics(families, complaint):
    """A mistake of the caller, found before a scraper finds it."""
    for write in (openmetrics, prometheus_text):
        with pytest.raises(ValueError, match=complaint):
            write(families)


def test_writer_formats_special_numbers_and_skips_empty_families():
    """Not-a-number and infinities in the format's own words."""
    values = [0, -1.5, 1e20, float("nan"), float("inf"), float("-inf")]
    samples = [Sample({"n": str(n)}, value) for n, value in enumerate(values)]
    text = openmetrics([Family("a", "gauge", "Numbers.", samples), Family("b", "gauge", "None.", [])])
    (family,) = of_openmetrics(text)
    assert [repr(s.value) for s in family.samples] == [repr(float(v)) for v in values]
    assert text.endswith("# EOF\n")
    assert openmetrics([]) == "# EOF\n"
    assert prometheus_text([]) == ""


def test_help_text_is_escaped_for_each_format():
    """A quote is a special character in the one and none in the other."""
    family = Family("a", "gauge", 'A "b" \\ c', [Sample({}, 1)])
    assert prometheus_text([family]).splitlines()[0] == '# HELP a A "b" \\\\ c'
    assert openmetrics([family]).splitlines()[0] == '# HELP a A \\"b\\" \\\\ c'


def test_control_characters_of_a_label_end_no_line():
    """The line feed is escaped, any other is a space: some readers take a carriage return as the end of a line."""
    family = Family("a", "gauge", "Numbers.", [Sample({"cause": "x\ry\u2028z\nw"}, 1)])
    for write, read in ((openmetrics, of_openmetrics), (prometheus_text, of_prometheus)):
        (got,) = read(write([family]))
        assert got.samples[0].labels == {"cause": "x y z\nw"}


def test_state_set_has_at_most_one_active_state():
    """A state that is not known is none of the known ones."""
    assert [s.value for s in states("a", {}, ["x", "y"], "y")] == [0, 1]
    assert [s.value for s in states("a", {}, ["x", "y"], "z")] == [0, 0]


@RUNS
def test_sarif_has_fields_required_by_code_scanning(made):
    """Required fields are there and not empty, lengths and locations as GitHub takes them."""
    document = json.loads(sarif(made))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    driver = run["tool"]["driver"]
    assert all(driver[name] for name in ("name", "version"))
    for rule in driver["rules"]:
        assert rule["id"]
        assert 0 < len(rule["name"]) <= 255 + 60
        for described in (rule["shortDescription"], rule["fullDescription"]):
            assert 0 < len(described["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert len(rule["properties"]["tags"]) <= 10
        assert "security-severity" not in rule["properties"], "shown in place of a result's level"
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert 0 < len(result["message"]["text"]) <= 1024
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"].startswith("checks/")
        region = location["physicalLocation"]["region"]
        assert region["startLine"] == region["endLine"] >= 1
        assert region["endColumn"] > region["startColumn"] >= 1
        assert re.fullmatch(r"[0-9a-f]{16}:1", result["partialFingerprints"]["primaryLocationLineHash"])


def test_sarif_location_is_line_of_check():
    """File and line of the function, so that the alert shows the rule as it is written."""
    document = json.loads(
        sarif(results([record(Verdict.CRITICAL, subject="security", check=f"{CHECK}[a.example]")]))
    )
    place = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    line = (
        (ROOT / "checks/security/test_security.py")
        .read_text(encoding="utf-8")
        .splitlines()[place["region"]["startLine"] - 1]
    )
    assert line.startswith("def test_certificates_are_valid(")
    assert place["artifactLocation"]["uri"] == "checks/security/test_security.py"
    assert place["region"]["endColumn"] == len(line) + 1


def test_sarif_fingerprint_is_stable_across_days():
    """Another day, another number, another message: the same alert. Another target or check: another one."""
    made = record(Verdict.CRITICAL, 1, subject="tls")
    later = msgspec.structs.replace(
        made, message="5 days left", value=5.0, started="2027-01-01T00:00:00Z", verdict=Verdict.WARNING
    )
    other = record(Verdict.CRITICAL, 2, subject="tls")
    of = _fingerprints
    assert of(results([made])) == of(results([later], started="2027-01-01T00:00:00Z"))
    assert len({*of(results([made])), *of(results([made], target="staging")), *of(results([other]))}) == 3


def _fingerprints(made: Results) -> list[str]:
    found = json.loads(sarif(made))["runs"][0]["results"]
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in found]


def test_sarif_keeps_alert_open_for_unknown():
    """GitHub calls an alert fixed when its result is gone, so UNKNOWN is still a result; OK is none."""
    (run,) = json.loads(
        sarif(results([record(Verdict.UNKNOWN, 1, subject="tls"), record(number=2, subject="tls")]))
    )["runs"]
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [("daily.example.1", "note")]
    assert Verdict.OK not in LEVELS


def test_sarif_contains_security_items_only():
    """And every subject that it tells of has checks."""
    made = results([record(Verdict.CRITICAL, 1, subject="kpis"), record(Verdict.CRITICAL, 2, subject="access")])
    assert [r["ruleId"] for r in json.loads(sarif(made))["runs"][0]["results"]] == ["daily.example.2"]
    written = {file.stem.removeprefix("test_") for file, *_ in written_checks()}
    assert written >= SUBJECTS


def test_sarif_rule_text_comes_from_catalogue():
    """They do not change with the target, as the commands of a record do."""
    made = record(Verdict.CRITICAL, item="weekly.security.certificate", subject="security", look_again="curl x")
    (rule,) = json.loads(sarif(results([made])))["runs"][0]["tool"]["driver"]["rules"]
    assert "curl x" not in rule["help"]["markdown"]
    assert "**Matters because**" in rule["help"]["markdown"]


def test_borrowed_outcomes_cover_all_verdicts():
    """pytest-html counts by outcome; two verdicts share one, and the cell tells them apart."""
    assert set(BORROWED) == set(Verdict)
    assert HOSTILE not in metrics_text(hostile()) + metrics_openmetrics(hostile())
