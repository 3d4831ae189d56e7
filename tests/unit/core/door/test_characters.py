"""What can be written anywhere, and draws nothing."""

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
    """A file name that is no UTF-8, or half a character of JSON, costs no run."""
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
def test_control_characters_go_with_their_arguments(sequence):
    """Neither colours nor titles nor links nor the direction of writing are a server's to choose."""
    assert harmless(f"a{sequence}b") == "ab"


def test_line_ends_stay_line_ends():
    """Also those that would write over the line; a form that some take for one does not."""
    assert harmless("a\r\nb\rc\nd\te\u2028f\x0bg") == "a\nb\nc\nd\tefg"


def test_string_without_end_takes_no_more_than_its_line():
    """So that one escape cannot hide all that follows."""
    assert harmless("a\x1b]0;title\nb") == "a\nb"
