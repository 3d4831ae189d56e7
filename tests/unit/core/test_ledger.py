"""Ledgers: lines are whole, sealed, and only ever appended."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from playbook.core import ledger
from playbook.core.errors import Denied, Unreachable, UsageError


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    who: str
    digest: str


def read(file):
    return [
        (e.number, e.value.who if e.value else None, e.problem) for e in ledger.read(file, Word, "Words", "begin")
    ]


WRITER = """
import sys
from pathlib import Path

from playbook.core import lines
from playbook.core import ledger

lines._PATIENCE = 100.0  # a slow disk is no matter here
for number in range(50):
    ledger.append(Path(sys.argv[1]), {"who": f"{sys.argv[2]}{number}"})
"""


def test_appended_lines_are_read(tmp_path):
    """In order; the folder is created."""
    file = tmp_path / "people" / "words.jsonl"
    for who in ("Ada", "Zoë ✓"):
        ledger.append(file, {"who": who})
    assert read(file) == [(1, "Ada", ""), (2, "Zoë ✓", "")]


def test_order_and_spacing_of_fields_are_no_edit():
    """A merge tool may rewrite them."""
    assert ledger.digest_of({"a": "1", "b": "2"}) == ledger.digest_of({"b": "2", "a": "1", "digest": "x"})


def test_edited_line_is_reported(tmp_path):
    """The others count."""
    file = tmp_path / "words.jsonl"
    for who in ("Ada", "Ben"):
        ledger.append(file, {"who": who})
    file.write_text(file.read_text().replace("Ben", "Bob"))
    assert read(file) == [(1, "Ada", ""), (2, "Bob", "was edited: its digest does not match what it says")]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"<<<<<<< HEAD", "is damaged: a merge that git could not finish left it"),
        (b'{"who": "A', "is damaged: Input data was truncated"),
        (b'{"who": 3, "digest": "x"}', "is damaged: Expected str, got int"),
        (b'{"who": "A", "digest": "x", "more": 1}', "is damaged: Object contains unknown field more"),
        (b'["who"]', "is damaged: Expected object, got array"),
        (b'{"who": "\xff", "digest": "x"}', "is damaged: "),
        (b'{"who": "' + b"x" * 70_000 + b'"}', "is damaged: 70,011 bytes long"),
    ],
)
def test_damaged_line_is_reported_and_the_rest_is_read(tmp_path, line, problem):
    """With its number."""
    file = tmp_path / "words.jsonl"
    ledger.append(file, {"who": "Ada"})
    file.write_bytes(file.read_bytes() + line + b"\n\n")
    ledger.append(file, {"who": "Ben"})
    first, damaged, last = read(file)
    assert (first[:2], last[:2]) == ((1, "Ada"), (4, "Ben"))
    assert damaged[0] == 2
    assert damaged[2].startswith(problem)


def test_line_after_an_unfinished_one_starts_on_a_new_line(tmp_path):
    """The remains of a killed process damage no other line."""
    file = tmp_path / "words.jsonl"
    file.write_bytes(b'{"who": "A')
    ledger.append(file, {"who": "Ben"})
    assert [entry[1] for entry in read(file)] == [None, "Ben"]


@pytest.mark.slow
def test_concurrent_writers_lose_nothing(tmp_path):
    """Each line is whole."""
    file = tmp_path / "words.jsonl"
    root = Path(__file__).resolve().parents[3]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(file), who], cwd=root) for who in "abcd"]
    assert [writer.wait(100) for writer in writers] == [0, 0, 0, 0]
    found = read(file)
    assert sorted(who for _, who, _ in found) == sorted(f"{who}{n}" for who in "abcd" for n in range(50))
    assert all(not problem for *_, problem in found)


def test_failed_write_leaves_the_file_unchanged(tmp_path, monkeypatch):
    """On a full disk."""
    file = tmp_path / "words.jsonl"
    ledger.append(file, {"who": "Ada"})
    before = file.read_bytes()
    real = os.write

    def half(descriptor, content):
        if len(content) < 20:
            raise OSError(28, "No space left on device")
        return real(descriptor, content[:30])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(UsageError, match=r"words\.jsonl cannot be written: No space left on device"):
        ledger.append(file, {"who": "Ben with a name that is long enough"})
    assert file.read_bytes() == before


def test_missing_file_is_unreachable(tmp_path):
    """With a hint on what to do."""
    with pytest.raises(Unreachable, match=r"Words: expected the file words\.jsonl, which is not there") as caught:
        read(tmp_path / "words.jsonl")
    assert caught.value.hint == "begin"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_denied(tmp_path):
    """With a message."""
    file = tmp_path / "words.jsonl"
    ledger.append(file, {"who": "Ada"})
    file.chmod(0)
    with pytest.raises(Denied):
        read(file)


def test_line_is_plain_json(tmp_path):
    """Readable in a diff."""
    file = tmp_path / "words.jsonl"
    ledger.append(file, {"who": "Zoë"})
    assert json.loads(file.read_text())["who"] == "Zoë"
    assert "Zoë" in file.read_text()
