"""Every export as its reader takes it: GitHub for SARIF, Jenkins and GitLab for JUnit, the schema of CTRF."""

import io
import json
from collections import Counter
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from playbook.core.catalogue import read_catalogue
from playbook.core.verdict import Verdict
from playbook.report.ctrf import ctrf
from playbook.report.junit import junit
from playbook.report.sarif import LEVELS, SUBJECTS, sarif
from tests.factories import hostile, record, results, six_verdicts
from tests.project import ROOT
from tests.unit.report.test_exports import as_security
from tests.written import written_checks

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
# https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit and
# …/integrating-with-code-scanning/sarif-support-for-code-scanning: what is refused, and what is not shown.
MOST = {
    "runs": 20,
    "results": 25_000,
    "rules": 25_000,
    "tags": 10,
    "locations": 100,
    "description": 1024,
    "name": 255,
}
MOST_GZIPPED = 10 * 1024 * 1024


def of_every_security_check(verdict: Verdict):
    """One record for each check that is uploaded to code scanning, as the catalogue has it."""
    items = read_catalogue().items
    made = []
    for file, function, item, _, _ in written_checks():
        subject = file.stem.removeprefix("test_")
        if subject in SUBJECTS:
            check = f"{file.relative_to(ROOT).as_posix()}::{function.name}"
            made.append(record(verdict, item=item, subject=subject, check=check, title=items[item].title))
    assert len(made) > 5
    return results(made)


RUNS = [
    pytest.param(as_security(six_verdicts()), id="six"),
    pytest.param(as_security(hostile()), id="hostile"),
    pytest.param(results([]), id="empty"),
    *(pytest.param(of_every_security_check(verdict), id=f"all {verdict}") for verdict in Verdict),
]


@cache
def schema(name: str):
    """A JSON schema by its file, in draft 7 as all of them are."""
    told = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return jsonschema.Draft7Validator(told, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("made", RUNS)
def test_sarif_matches_github_upload_schema(made):
    """Its schema first, before anything is sent: uniqueItems of tags among it."""
    document = json.loads(sarif(made))
    assert [error.message for error in schema("sarif-2.1.0.schema.json").iter_errors(document)] == []


def test_sarif_schema_rejects_duplicate_tags():
    """So that a pass of the others means something."""
    document = json.loads(sarif(of_every_security_check(Verdict.CRITICAL)))
    document["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["tags"] = ["security", "security"]
    (error,) = schema("sarif-2.1.0.schema.json").iter_errors(document)
    assert "non-unique" in error.message


@pytest.mark.parametrize("made", RUNS)
def test_sarif_stays_within_github_limits(made):
    """What is past a hard one is refused as a whole, and past a soft one cut without a word."""
    content = sarif(made)
    (run,) = json.loads(content)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) <= MOST["rules"]
    assert len(run["results"]) <= MOST["results"]
    assert len(content) < MOST_GZIPPED
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert 0 < len(rule["name"]) <= MOST["name"] + len(" … (1,000 more characters in results.json)")
        assert 0 < len(rule["shortDescription"]["text"]) <= MOST["description"]
        assert 0 < len(rule["fullDescription"]["text"]) <= MOST["description"]
        assert len(rule["properties"]["tags"]) <= MOST["tags"]
    for result in run["results"]:
        assert 1 <= len(result["locations"]) <= MOST["locations"]
        assert result["partialFingerprints"]
    category = run["automationDetails"]["id"]
    assert category.endswith("/")
    assert category.count("/") == 3


@pytest.mark.parametrize("verdict", Verdict)
def test_sarif_has_one_alert_per_failing_security_check(verdict):
    """One alert for each that is not well, at the check's own line."""
    (run,) = json.loads(sarif(of_every_security_check(verdict)))["runs"]
    rules = len(run["tool"]["driver"]["rules"])
    assert len(run["results"]) == (rules if verdict in LEVELS else 0)
    assert all(result["locations"][0]["physicalLocation"]["region"]["startLine"] > 1 for result in run["results"])


@cache
def jenkins() -> xmlschema.XMLSchema:
    """What Jenkins' xUnit plugin refuses a report by."""
    return xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"), defuse="never")


@pytest.mark.parametrize("made", RUNS)
def test_junit_matches_jenkins_schema(made):
    """By the schema of its xUnit plugin, which takes no report that is not."""
    errors = [error.reason for error in jenkins().iter_errors(io.BytesIO(junit(made)))]
    assert errors == []


def test_jenkins_schema_rejects_test_case_properties():
    """So that a pass of the others means something."""
    root = ElementTree.fromstring(junit(six_verdicts()))
    ElementTree.SubElement(next(root.iter("testcase")), "properties")
    assert list(jenkins().iter_errors(io.BytesIO(ElementTree.tostring(root)))) != []


def as_gitlab_reads(content: bytes) -> list[tuple[str, str, str]]:
    """(name, status, what is shown) of each test case, as GitLab's reader makes them of the document.

    Its rules: https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/parsers/test/junit.rb. The element
    tells the status, its text is what is shown, and attributes are not looked at; two test cases of a class and
    name are one.
    """
    found = {}
    for suite in ElementTree.fromstring(content).iter("testsuite"):
        for case in suite.iter("testcase"):
            status = next(
                (tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "success"
            )
            shown = case.findtext(status if status != "success" else "system-out") or ""
            float(case.attrib["time"])
            found[case.attrib["classname"], case.attrib["name"]] = (case.attrib["name"], status, shown)
    return list(found.values())


@pytest.mark.parametrize("made", RUNS)
def test_junit_contains_text_read_by_gitlab(made):
    """Each check is there by itself, with its outcome, and a text for each that is not well."""
    told = as_gitlab_reads(junit(made))
    assert len(told) == len({each.check for each in made.records})
    statuses = Counter(status for _, status, _ in told)
    assert statuses["failure"] == made.counts.get(Verdict.CRITICAL, 0)
    assert statuses["error"] == made.counts.get(Verdict.UNKNOWN, 0)
    assert statuses["skipped"] == sum(made.counts.get(v, 0) for v in (Verdict.NOT_CONFIGURED, Verdict.WAIVED))
    assert all("Item: " in shown for _, _, shown in told)


@pytest.mark.parametrize("made", RUNS)
def test_ctrf_matches_its_schema(made):
    """Every field is one that the schema knows, and of its kind."""
    errors = [error.message for error in schema("ctrf.schema.json").iter_errors(json.loads(ctrf(made)))]
    assert errors == []
