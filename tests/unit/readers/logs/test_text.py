"""From chunks to clean lines, and folding."""

import gc
import time

import pytest

from playbook.core import door
from playbook.readers.logs.parse import Parser
from playbook.readers.logs.review import Reviewer
from playbook.readers.logs.signature import fold, fold_path
from playbook.readers.logs.text import LINE_LIMIT, clean, decode_lines
from playbook.readers.logs.usual import usual_level
from tests.effort import pace

DATA = "erste\r\nzweite Zeile äöü\n\nvierte".encode()


@pytest.mark.parametrize("size", range(1, len(DATA) + 1))
def test_lines_do_not_depend_on_chunks(size):
    """Wherever a chunk ends: within a character, within a line end."""
    chunks = (DATA[start : start + size] for start in range(0, len(DATA), size))
    assert [clean(line) for line in decode_lines(chunks)] == ["erste", "zweite Zeile äöü", "", "vierte"]


def test_endless_line_is_cut():
    """A megabyte without a line end keeps its beginning, and the next line is whole."""
    chunks = [b"a" * 1000] * 1000 + [b"\nnext\n"]
    lines = list(decode_lines(chunks))
    assert [len(lines[0]) > LINE_LIMIT - 1, lines[1:]] == [True, ["next"]]
    assert len(clean(lines[0])) == LINE_LIMIT
    assert len(lines[0]) < 3 * LINE_LIMIT


def test_cut_line_ends_with_a_whole_word():
    """So that no half of a secret is left, which would not be recognised."""
    line = clean(f"token {'a ' * (LINE_LIMIT // 2 - 8)}dop_v1_0123456789abcdef0123456789abcdef")
    assert line.endswith("a a")
    assert len(line) < LINE_LIMIT


def test_other_characters_end_no_line_and_invalid_bytes_are_replaced():
    """Only a line feed ends a line, so that no other character can forge one."""
    lines = list(decode_lines(["a\u2028b\x0bc\x85d".encode() + b"\xff\n"]))
    assert [clean(line) for line in lines] == ["abcd\ufffd"]


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2",
        "Authorization: Bearer hunter2hunter2",
        '{"api_key": "hunter2"}',
        "redis://default:hunter2@db:6379/0",
        "GET /a?x=1&access_token=hunter2&y=2",
        "session_id=hunter2; path=/",
    ],
)
def test_secret_is_masked(text):
    """Shown text contains none."""
    assert "hunter2" not in door.line(clean(text))


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("job 481516 failed after 300 ms", "job # failed after # ms"),
        ("worker3 v1.2.3 lost 10.0.0.7:6379", "worker# v# lost <ip>"),
        ("peer 2001:db8::ff00:42:8329 left", "peer <ip> left"),
        ("user jane.doe@example.org unknown", "user <email> unknown"),
        ("id 123e4567-e89b-12d3-a456-426614174000 gone", "id <id> gone"),
        ("commit 5f3c1a9e, pointer 0xdeadbeef, key a1b2c3d4e5f6g7h8", "commit <id>, pointer <id>, key <id>"),
        ("cannot open 'a b.jpg' or \"c\" or `d`", "cannot open '…' or '…' or '…'"),
        ("don't fold what isn't quoted", "don't fold what isn't quoted"),
        ("GET https://u:p@example.org/a/17?x=1 failed", "GET https://example.org/a/# failed"),
        ("at 2024-05-29T20:14:14.123Z it   broke", "at <time> it broke"),
        ("defaced facade added", "defaced facade added"),
    ],
)
def test_fold_removes_what_differs_between_occurrences(message, kind):
    """The words that name the kind are kept."""
    assert fold(message) == kind


@pytest.mark.parametrize(
    ("path", "folded"),
    [
        ("/", "/"),
        ("/gallery/812?w=2#x", "/gallery/:id"),
        ("/assets/app-5f3c1a9e.js", "/assets/app-#.js"),
        ("/u/123e4567-e89b-12d3-a456-426614174000/x", "/u/:id/x"),
        ("/img-17.webp", "/img-#.webp"),
        ("https://example.org/a/1", "/a/:id"),
        ("/projects/lighthouse", "/projects/lighthouse"),
        ("/a" * 50, "/a" * 8 + "/…"),
    ],
)
def test_fold_path_removes_queries_and_ids(path, folded):
    """Other parts are kept."""
    assert fold_path(path) == folded


def test_hostile_lines_are_read_quickly():
    """No regular expression backtracks without bound: 8 KB of anything are read in milliseconds."""
    pieces = [
        "a",
        "a.",
        "0",
        "1:",
        ":",
        '"',
        '\\"',
        "[",
        "<1>",
        "error ",
        "error=",
        "no ",
        "/1",
        "GET ",
        " x",
        "=",
    ]
    pieces += ["aError", "'", "at ", "a@", "1.1.1.1", "f0", "{", "token=", "2024-05-29 ", "level=", "un", "@-"]
    heads = ["", "GET ", "ERROR ", '{"level":50,"msg":"', "2024-05-29 20:14:14 ", "10.0.0.1 - - [", "<11>1 "]
    heads += ["Traceback ", '10.0.0.1 - - [29/May/2024:20:14:14 +0000] "', "web 2024-05-29T20:14:14Z "]
    parser = Parser(2e9)
    slowest = 0.0
    gc.disable()  # collecting other tests' garbage would count as reading one line
    try:
        for head in heads:
            for piece in pieces:
                line = head + piece * (LINE_LIMIT // len(piece))
                started = time.thread_time()
                text = parser.parse(clean(line)).text
                fold(door.line(text))
                fold_path(line)
                Reviewer(0, 2e9).extend(["2024-05-29T20:14:14Z x", line])
                slowest = max(slowest, time.thread_time() - started)
    finally:
        gc.enable()
    assert slowest / pace() < 0.25


@pytest.mark.parametrize(
    ("counts", "bound"),
    [
        ([0] * 24, 10),
        ([3] * 23 + [120], 10 + 3.392),
        ([100, 110, 90, 105, 95] * 5, 160),
        ([0, 0, 0], None),
    ],
)
def test_usual_level_from_median_and_spread(counts, bound):
    """Never below the minimum count; three hours are too few."""
    found = usual_level(counts, least=10, spread=6)
    assert (found and found.bound) == (bound and pytest.approx(bound, rel=0.01))
