"""The wording of messages: rules that can be checked automatically, and clauses, names and units."""

import re
from collections import Counter

import pytest

from playbook.core.catalogue import read_catalogue
from playbook.core.verdict import Verdict
from playbook.core.wording import (
    clause_of,
    code_parts,
    enumerated,
    heading,
    kept_together,
    name_of,
    within,
    without_code_marks,
)
from tests.messages import Example, example_of, expected_examples, listed, missing, templates
from tests.wording import mistakes_in


@pytest.fixture(scope="module")
def examples():
    """A message of every item under every fault."""
    return list(expected_examples())


def test_no_expected_message_breaks_a_rule(examples):
    """For every item, under every fault; the matrix compares each pattern with the real message."""
    wrong = {one.message: (one.item, found) for one in examples if (found := mistakes_in(one.message))}
    assert wrong == {}


def test_list_of_messages_has_every_item_and_verdict(examples):
    """Good, bad and UNKNOWN once each; removed dependencies are named."""
    healthy = dict.fromkeys(read_catalogue().items, "fine")
    assert missing(examples, healthy) == []
    rest = [one for one in examples if (one.item, one.verdict) != ("daily.redis.alive", "UNKNOWN")]
    del healthy["daily.health.api"]
    assert missing(rest, healthy) == ["daily.health.api: OK", "daily.redis.alive: UNKNOWN"]


def test_list_has_every_item_with_its_messages(examples):
    """Each under its heading; a violation of a rule is marked."""
    bad = Example("daily.redis.alive", "CRITICAL", "x", "Redis: expected >= 1 key, got 1 keys")
    text = "\n".join(
        listed([*examples, bad], {"daily.health.api": "API health: expected all healthy, got HTTP 200"})
    )
    for item in read_catalogue().items:
        assert f"\n## {item}: " in text
    assert "- OK: API health: expected all healthy, got HTTP 200\n" in text
    (line,) = (line for line in text.splitlines() if bad.message in line)
    assert line.endswith("[x] **a comparison as programs write it; one of many: 1 keys**")


def test_list_has_messages_that_no_fault_shows():
    """The texts in the sources, from more than the few folders with most of them."""
    found = templates()
    folders = Counter(one.file.rpartition("/")[0] for one in found)
    assert {
        "checks/people",
        "playbook/measure/web",
        "playbook/clients",
        "playbook/clients/recovery",
    } <= folders.keys()
    assert len(found) > 1_000
    texts = {one.text for one in found}
    assert "(the answer has no such header)" in texts
    assert "{…}: expected HTTP 200 from {…}, got HTTP {…}" in texts


NOT_SO = re.compile(r"[<>]=|\b(?:that|which) (?:is|are) no [a-z]|\bgot: |\bbelongs into\b")


def test_no_text_of_the_sources_breaks_a_rule():
    """Including texts that no fault shows."""
    assert [one for one in templates() if NOT_SO.search(one.text.partition("\n")[0].strip())] == []


@pytest.mark.parametrize(
    ("message", "mistakes"),
    [
        ("P95 response time: expected at most 2 s, got 3.4 s over 24 h (1,204 requests)", []),
        ("Backups: expected >= 1 archive, got none", ["a comparison as programs write it"]),
        ("Contacts: expected all, got 4 people and 1 others", ["one of many: 1 others"]),
        ("SSH keys: expected both, got 1 SSH keys", []),  # only the word after the number can be checked
        ("Age: expected 1 day, got 1 is", []),
        ("Digitalocean api: expected the app, got HTTP 500", ["a name not as its owner writes it"]),
        ("A: expected b, got C: expected d, got e", ["a message within a message"]),
        ("Backups: expected to read x, got: no such file", ["nothing behind got", "expected, and nothing got"]),
        ("X: expected a page, got 9 bytes that are no JSON", ["something that is no something"]),
        ("X: expected a page, got a page (of y", ["brackets that do not match"]),
        ("Waived until 2026-12-01 by A B (away): CRITICAL, X: expected one, got none", []),
        ("Logs: expected 1 line, got '>= 1 others (' ", []),  # quoted text is foreign
        ("X: expected a page", ["expected, and nothing got"]),
    ],
)
def test_rule_finds_its_mistakes(message, mistakes):
    """And nothing else."""
    assert mistakes_in(message) == mistakes


@pytest.mark.parametrize(
    "pattern",
    [
        r"a|b",
        r"(x|y)\1",
        r"[0-9]{3}",
        r"\d+(\.\d+)?",
        r"[^;]+; z",
        r"\S+ \w{3}",
        r"a.+b",
        r"(?:c|d)*e",
        r"[A-Z][a-z]{2}$",
    ],
)
def test_example_matches_its_pattern(pattern):
    """For each construct that the expectations use; the example is deterministic."""
    assert re.fullmatch(pattern, example_of(pattern))
    assert example_of(pattern) == example_of(pattern)


@pytest.mark.parametrize(
    ("message", "clause"),
    [
        (
            "DigitalOcean API: expected the app from localhost, got HTTP 500 (oops)",
            "nothing from the DigitalOcean API: HTTP 500 (oops)",
        ),
        ("GitHub: expected an answer from https://x, got no way", "no answer from GitHub at https://x: no way"),
        ("TLS: expected an answer from a:1, got connection refused", "no answer from a:1: connection refused"),
        ("npm: expected a lock file in /srv, got none", "nothing from npm: no lock file in /srv"),
        ("Logs: expected lines of the day, got none at all", "nothing from the logs: no lines of the day"),
        ("npm: expected the program npm, got none of that name", "nothing from npm: no program npm of that name"),
        ("Live URL: expected a page, got HTTP 500", "nothing from the live URL: HTTP 500"),
        (
            "Sign-offs: expected the file a, which is not there",
            "Sign-offs: expected the file a, which is not there",
        ),
        ("connection refused", "connection refused"),
        ("", ""),
    ],
)
def test_message_as_a_clause(message, clause):
    """No sentence within a sentence."""
    assert clause_of(message) == clause


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Memory of web", "memory of web"),
        ("CPU of web", "CPU of web"),
        ("P95 response time", "P95 response time"),
        ("Redis latency", "Redis latency"),
        ("API health", "API health"),
        ("Error rate", "error rate"),
        ("", ""),
    ],
)
def test_title_within_a_sentence(title, expected):
    """Names and abbreviations are unchanged."""
    assert within(title) == expected


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        ("DigitalOcean API", "DigitalOcean API"),
        ("digitalocean_api", "DigitalOcean API"),
        ("api_health", "API health"),
        ("redis_stats", "Redis stats"),
        ("npm", "npm"),
        ("GitHub", "GitHub"),
        ("hsts", "HSTS"),
        ("maintenance_plan", "Maintenance plan"),
    ],
)
def test_cause_as_a_heading(cause, expected):
    """Names in their proper spelling, whatever the id."""
    assert heading(cause) == expected


def test_names_by_api_identifiers():
    """Unknown ones are unchanged."""
    assert [name_of(slug) for slug in ("pg", "mysql", "bullmq", "other")] == [
        "PostgreSQL",
        "MySQL",
        "BullMQ",
        "other",
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("got 3.4 s over 24 h", "got 3.4_s over 24_h"),
        ("61.2 % (critical ≥ 26 h)", "61.2_% (critical ≥_26_h)"),
        ("12 MiB of 2 GiB, 5 requests/s", "12_MiB of 2_GiB, 5 requests/s"),
        ("2 × apps-s, 10 × 5xx", "2 × apps-s, 10 ×_5xx"),
        ("90 days, 1 day", "90_days, 1_day"),
        ("in 3 sets, 5 high", "in 3 sets, 5 high"),
    ],
)
def test_number_is_kept_with_its_unit(text, kept):
    """By no-break spaces, and only there."""
    assert kept_together(text).replace("\N{NO-BREAK SPACE}", "_") == kept


def test_every_verdict_of_the_expectations_is_valid(examples):
    """A misspelt one would otherwise be ignored."""
    assert {one.verdict for one in examples} <= {str(verdict) for verdict in Verdict}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("set `a.b`, then run", [("set ", False), ("a.b", True), (", then run", False)]),
        ("nothing to type", [("nothing to type", False)]),
        ("one ` alone", [("one ` alone", False)]),
        ("", []),
    ],
)
def test_code_stands_between_two_backticks(text, parts):
    """One backtick without its other is a character like any other."""
    assert [part for part in code_parts(text) if part[0]] == parts
    if "alone" not in text:
        assert "`" not in without_code_marks(text)


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_enumerated(words, text):
    assert enumerated(words) == text
