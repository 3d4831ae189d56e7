"""What the Observatory published at the commit that the scores follow: points, grades and its own test cases.

``published.json`` holds the tables of that commit (src/grader/charts.js) and the headers of its tests with their
results.
"""

import json
from pathlib import Path

import pytest

from playbook.readers.observatory import csp, results
from playbook.readers.observatory.scores import COMMIT, DATE, EXTRA_FROM, SCORES, SOURCE, grade_of

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))
# What needs lists of preloaded sites, what other items judge (a certificate), and one that is not told apart here.
LEFT_OUT = {
    "hsts-preloaded",
    "hsts-invalid-cert",
    "redirection-all-redirects-preloaded",
    "redirection-invalid-cert",
    "html-not-parseable",
    "csp-implemented-but-duplicate-directives",  # a good policy with report-uri twice, which wins no points there
}


def name_of(result):
    """The Observatory shortens one name where we do not."""
    return result.replace("corp-", "cross-origin-resource-policy-", 1) if result.startswith("corp-") else result


READERS = {
    "content-security-policy": lambda text: csp.result_of([text], [], https=True, report_only=False)[0],
    "x-frame-options": lambda text: results.framing_of(text, by_policy=False),
    "x-content-type-options": results.sniffing_of,
    "referrer-policy": lambda text: results.referrer_of([text]),
    "strict-transport-security": lambda text: results.hsts_of(text, https=True),
    "cross-origin-resource-policy": results.resource_policy_of,
}
CASES = [
    pytest.param(header, text, name_of(result), id=f"{header}-{number}")
    for header, cases in PUBLISHED["cases"].items()
    for number, (text, result) in enumerate(cases)
]


def test_scores_name_the_commit_and_date_that_they_follow():
    assert (PUBLISHED["commit"], PUBLISHED["date"]) == (COMMIT, DATE)
    assert f"https://github.com/mdn/mdn-http-observatory/blob/{COMMIT}/src/grader/charts.js" == SOURCE


def test_points_of_each_result_are_the_published_ones():
    published = {name_of(result): points for result, points in PUBLISHED["scores"].items()}
    assert {result for result in published if result not in SCORES} <= LEFT_OUT
    assert {result: published.get(result) for result in SCORES} == SCORES


def test_grades_are_the_published_ones():
    assert {points: grade_of(points) for points, _ in PUBLISHED["grades"]} == dict(PUBLISHED["grades"])
    assert PUBLISHED["extra_credit_from"] == EXTRA_FROM


@pytest.mark.parametrize(("header", "text", "result"), CASES)
def test_published_case_has_its_published_result(header, text, result):
    assert READERS[header](text) == result
