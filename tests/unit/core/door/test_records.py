"""A whole record prepared for output: each of its texts, and its size."""

import msgspec
import pytest

from playbook.core import door
from playbook.core.door.records import MAX_BYTES, MAX_PARTS, leaving
from playbook.core.evidence import Chart, Curve, Facts, Lines, Table
from playbook.core.record import Record, Step
from playbook.core.secret import Secret
from playbook.core.verdict import Verdict

SECRET = "topsecretvalue"


def record_of(**fields):
    texts = {"item": "daily.x", "check": "c", "subject": "s", "title": "t", "rule": "r", "message": "m"}
    return Record(**{**texts, "verdict": Verdict.UNKNOWN, **fields})


def test_every_text_of_a_record_is_masked():
    """Including column heads, keys, names of curves and results of an investigation."""
    Secret(SECRET)
    evidence = [
        Facts("f", {SECRET: SECRET}),
        Table("t", [SECRET], [[SECRET]]),
        Lines(SECRET, [SECRET]),
        Chart(SECRET, SECRET, [Curve(SECRET, [(1.0, 2.0)])], {SECRET: 1.0}),
    ]
    record = leaving(record_of(message=SECRET, evidence=evidence, investigation=[Step(SECRET, SECRET, evidence)]))
    assert SECRET not in repr(record)
    assert repr(record).count(door.MASK) == 3 + 2 * 10


@pytest.mark.parametrize("word", ["lines", "table", "CRITICAL", "chart", "daily.x"])
def test_secret_equal_to_a_keyword_keeps_the_record_valid(word):
    """Fields that are not text are not searched: a verdict, the kind of an evidence."""
    Secret(word)
    record = leaving(record_of(verdict=Verdict.CRITICAL, evidence=[Lines("l", ["a"]), Table("t", ["c"], [["d"]])]))
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record
    assert record.verdict is Verdict.CRITICAL


def test_huge_message_is_cut_with_a_note():
    """A server's error text of megabytes must not make a record of megabytes."""
    record = leaving(record_of(message="e" * 15_000_000, found="é" * 15_000_000, expected="\x00" * 15_000_000))
    assert record.message.endswith("… (14,996,050 more characters were cut)")
    assert door.LONGEST - 50 < len(record.message) <= door.LONGEST
    assert len(msgspec.json.encode(record)) < 20_000


@pytest.mark.parametrize(
    "evidence",
    [
        Lines("l", ["x" * 10_000_000]),
        Lines("l", ["x" * 100] * 50_000),
        Facts("f", {f"{number}": "y" * 1_000 for number in range(5_000)}),
        Table("t", ["a", "b", "c"], [["z" * 900] * 3] * 3_000),
        Chart("c", "s", [Curve(f"{n}", [(float(i), 1.0) for i in range(20_000)]) for n in range(5)]),
    ],
    ids=["one-line", "lines", "facts", "rows", "points"],
)
def test_huge_evidence_is_cut_with_a_note(evidence):
    """Small evidence beside it stays whole."""
    kept = Facts("What was judged", {"a": "b"})
    record = leaving(record_of(evidence=[evidence, kept], investigation=[Step("s", evidence=[evidence])]))
    assert len(msgspec.json.encode(record)) <= MAX_BYTES
    assert "cut)" in repr(record.evidence[0]) or "were cut" in repr(record.evidence[0])
    assert record.evidence[1] == kept


def test_private_key_in_several_lines_is_masked():
    """Each line alone looks like an ordinary word."""
    key = ["-----BEGIN PRIVATE KEY-----", "c2hvcnQ", "bGluZXM", "-----END PRIVATE KEY-----"]
    record = leaving(record_of(evidence=[Lines("Log", ["web starts", *key, "web runs"])]))
    assert record.evidence[0].lines == ["web starts", door.MASK, "web runs"]


def test_value_next_to_a_secret_name_is_masked():
    """In facts and in rows of two cells the name is separate from the value."""
    facts = {"X-Api-Key": "hunter2", "DB_PASSWORD": "hunter2", "Server": "nginx", "Keys": "1,204"}
    record = leaving(
        record_of(evidence=[Facts("f", facts), Table("t", ["Name", "Value"], [["requirepass", "hunter2"]])])
    )
    assert record.evidence[0].facts == facts | {"X-Api-Key": door.MASK, "DB_PASSWORD": door.MASK}
    assert record.evidence[1].rows == [["requirepass", door.MASK]]


def test_cleaning_a_record_is_idempotent():
    """A cleaned record is unchanged by a second pass, also where it was cut."""
    Secret(SECRET)
    evidence = [Lines("l", ["x" * 3_000, SECRET] * MAX_PARTS), Table("t", ["a"], [["b"]] * 2_000)]
    once = leaving(record_of(message=f"{SECRET} \x1b[1m" * 1_000, evidence=evidence))
    assert leaving(once) == once
