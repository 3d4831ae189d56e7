"""Text that can be written anywhere and controls no terminal."""

import os

import pytest

from playbook.core import door
from playbook.core.door.characters import encodable, harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (os.fsdecode(b"photos-\xff\xe9.tar.gz"), "photos-\\xff\\xe9.tar.gz"),
        ("app \ud83d", "app \ufffd"),
        ("\ud83d\ude00 joined", "😀 joined"),
        ("äöü €", "äöü €"),
    ],
    ids=["bytes-of-a-file-name", "half-a-character", "two-halves", "ordinary"],
)
def test_text_becomes_encodable(text, shown):
    """A file name that is not UTF-8, or half a surrogate pair in JSON, breaks no run."""
    assert encodable(text) == shown
    assert door.text(text).encode()


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[31m",
        "\x1b[38;2;1;2;3m",
        "\x1b[2J\x1b[H",
        "\x1b]0;a title\x07",
        "\x1b]8;;https://evil.example\x1b\\",
        "\x9b31m",
        "\x9d0;a title\x9c",
        "\x1bP1$r\x1b\\",
        "\x1b(B",
        "\x1bc",
        "\x00\x07\x08\x7f\x85",
        "\u202e\u2066\u2069\u200e\u061c",
        "\u200b\u200d\u2060\ufeff\u00ad",
        "\U000e0041\U000e007f",
    ],
    ids=ascii,
)
def test_control_characters_are_removed_with_their_arguments(sequence):
    """A server must not set colours, titles, links or the direction of writing."""
    assert harmless(f"a{sequence}b") == "ab"


def test_line_ends_are_kept():
    """Including those that would overwrite the line; other separators are removed."""
    assert harmless("a\r\nb\rc\nd\te\u2028f\x0bg") == "a\nb\nc\nd\tefg"


def test_unterminated_string_ends_with_its_line():
    """One escape must not hide everything after it."""
    assert harmless("a\x1b]0;title\nb") == "a\nb"
