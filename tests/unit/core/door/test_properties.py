"""No part of a secret is output, in any encoding, with any cut, and in any file."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from unicodedata import category

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from playbook.clients.answer import Answer
from playbook.core import door
from playbook.core.door.decoding import plain
from playbook.core.door.known import Known, lower
from playbook.core.door.records import leaving
from playbook.core.evidence import Facts, Lines, Table
from playbook.core.run_folder import RunFolder
from playbook.core.verdict import Verdict
from playbook.history.runs import line_of
from playbook.readers.logs.review import Reviewer
from playbook.readers.logs.text import clean
from playbook.report import write_all
from playbook.report.terminal import lines
from playbook.run.run import add_up, begun_now
from playbook.settings.loading import load
from tests.factories import record
from tests.unit.core.door.test_known import ENCODINGS

# No letters, so that text around a secret cannot be taken for part of it.
AROUND = st.text(alphabet=" 0123456789.:;,-_()", max_size=40)
SECRETS = st.text(alphabet="abcdEFGH2345/+&=%\\\"'<>#@$é€ü", min_size=16, max_size=48).filter(
    lambda text: len(set(text)) > 5 and plain(text) == text and len(plain(text).split()) == 1
)
_PIECE = 6  # characters of a secret that must not appear


def pieces_of(secret: str) -> set[str]:
    """All parts of a secret long enough to reveal something of it, in lower case."""
    return {lower(secret[at : at + _PIECE]) for at in range(len(secret) - _PIECE + 1)}


def shows(shown: str, secret: str) -> set[str]:
    """Parts of a secret that a text contains in any decoding."""
    looked_at = "\n".join(lower(one) for one in (shown, plain(shown)))
    return {piece for piece in pieces_of(secret) if piece in looked_at}


@pytest.fixture
def knows(monkeypatch):
    """Register a secret, and forget the one before."""
    return lambda secret: monkeypatch.setattr(door, "_KNOWN", Known([secret]))


@given(
    secret=SECRETS, name=st.sampled_from(sorted(ENCODINGS)), before=AROUND, after=AROUND, most=st.integers(1, 200)
)
def test_no_part_of_a_secret_is_shown_at_any_cut(secret, name, before, after, most):
    """As a text, as a line, in quotes; also where the cut would split the secret."""
    door._KNOWN = Known([secret])
    text = f"{before} {ENCODINGS[name](secret)} {after}"
    for shown in (
        door.text(text, most),
        door.line(text, most),
        door.quoted(text, most),
        door.line(text.encode(), most),
    ):
        assert shows(shown, secret) == set(), (name, shown)
    assert len(door.text(text, most)) <= most
    assert len(door.line(text, most)) <= most


@given(secret=SECRETS, name=st.sampled_from(sorted(ENCODINGS)), at=st.integers(0, 100))
def test_no_part_of_a_secret_is_shown_by_a_client(secret, name, at):
    """The beginning of an answer, and a line of a log, are searched before they are cut."""
    door._KNOWN = Known([secret])
    text = f"{'0' * at} {ENCODINGS[name](secret)}"
    answer = Answer("Website", 500, {}, text.encode(), "https://x.example/")
    assert shows(answer.beginning, secret) == set()
    now = datetime(2026, 11, 28, 7, tzinfo=UTC).timestamp()
    reviewer = Reviewer(now - 3600, now)
    one_line = ENCODINGS[name](secret).replace("\n", " ")
    reviewer.extend(["2026-11-28T06:50:00Z web ERROR " + "0 " * (180 + at // 2) + one_line])
    found = reviewer.result()
    assert found.errors == 1
    assert shows(repr((found.kinds, found.newest_errors)), secret) == set()


@examples(max_examples=16)
@given(secret=SECRETS, name=st.sampled_from(sorted(ENCODINGS)), at=st.integers(door.LONGEST - 300, door.LONGEST))
def test_no_part_of_a_secret_is_in_any_output(tmp_path_factory, secret, name, at):
    """Record, journal, results, every page and export, the closing lines, the line of the history."""
    door._KNOWN = Known([secret])
    folder = tmp_path_factory.mktemp("run")
    text = f"{'0' * at} {ENCODINGS[name](secret)}"
    evidence = [
        Facts("f", {text: text}),
        Table("t", [text], [[text]]),
        Lines("l", text.splitlines()),
    ]
    found = leaving(
        record(
            Verdict.CRITICAL,
            message=text,
            found=text,
            expected=text,
            evidence=evidence,
            title=text,
            cause=text,
        )
    )
    settings = load("staging", root=folder, environment={})
    now = datetime(2026, 11, 28, 7, tzinfo=UTC)
    begun = begun_now(settings, set_name="daily", command=f"pytest {text}", started=now, floor=1, partial=False)
    results = leaving(add_up(begun, [found], finished=now, ended=text))
    run = RunFolder(folder, "staging", "daily", now)
    run.keep(found)
    journal = (run.path / "records.jsonl").read_text(encoding="utf-8")
    run.write(results)
    write_all(results, run.path)
    outputs = {file.name: file.read_text(encoding="utf-8") for file in run.path.iterdir()}
    outputs["terminal"] = "\n".join(text for text, _ in lines(results, "x"))
    outputs["history"] = msgspec.json.encode(line_of(results, report="r", slot=None)).decode()
    outputs["journal"] = journal
    assert {"results.json", "index.html", "junit.xml", "summary.md", "ctrf.json", "metrics.txt"} <= outputs.keys()
    for output, text in outputs.items():
        assert shows(re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL), secret) == set(), (output, name)


@given(st.text(max_size=200))
def test_output_is_encodable_without_control_characters(text):
    """For any characters, including lone surrogates."""
    shown = door.text(text)
    shown.encode()
    assert {category(c) for c in shown if c not in "\n\t"}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert not any("\u200b" <= c <= "\u200f" or "\u202a" <= c <= "\u202e" for c in shown)
    assert door.text(shown) == shown
    assert clean(text).encode() == clean(clean(text)).encode()
