"""What a judgement stands on, in words and as a verdict on itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.coverage import Coverage, lacking, share, together, understood, whole


@pytest.mark.parametrize(
    ("coverage", "words", "enough"),
    [
        (whole("1 answer"), "1 answer", True),
        (share(24.0, 24, "h"), "24 of 24 h", True),
        (share(22.8, 24, "h", least_percent=95), "22.8 of 24 h", True),
        (share(22.7, 24, "h", least_percent=95), "22.7 of 24 h", False),
        (share(500, 5_000_002, "keys"), "500 of 5,000,002 keys", False),
        (share(500, None, "keys"), "500 of an unknown number of keys", False),
        (share(2, 3, "files", note="api.log silent for 26 h"), "2 of 3 files, api.log silent for 26 h", False),
        (understood(0, 9, "lines"), "", True),
        (understood(1, 200, "lines", most_percent=1), "1 of 200 lines not understood", True),
        (understood(3, 200, "lines", most_percent=1), "3 of 200 lines not understood", False),
        (lacking("no age", expected="an age", got="none"), "no age", False),
    ],
)
def test_coverage_in_words(coverage, words, enough):
    """Few words for the report, and whether a verdict of OK may stand on it."""
    assert (coverage.words, coverage.enough) == (words, enough)
    assert bool(coverage.expected) == bool(coverage.got) == (not enough)


def test_what_is_missing_continues_a_sentence():
    """Expected, got, with a few examples of what was not understood."""
    keys = share(500, 5_000_002, "keys")
    assert (keys.expected, keys.got) == ("all 5,000,002 keys", "500 keys")
    lines = understood(7, 100, "lines", examples=["a", "a", "b", "c", "d"], most_percent=5)
    assert lines.expected == "at most 5 % of lines not to be understood"
    assert lines.got == "7 of 100 that are not, e.g. 'a'; 'b'; 'c'"


def test_everything_must_be_enough():
    """A sum is as good as its worst part, and says each thing once."""
    hours = share(3.0, 24, "h", what="samples", hint="Look at the targets.")
    total = together([whole("1 answer"), hours, hours])
    assert not total.enough
    assert total.words == "1 answer · 3 of 24 h"
    assert (total.expected, total.hint) == ("samples of all 24 h", "Look at the targets.")


@given(st.lists(st.booleans(), max_size=5))
def test_a_sum_is_enough_only_if_each_part_is(parts):
    """In any order."""
    made = [whole("x") if good else lacking("y", expected="y", got="z") for good in parts]
    assert together(made).enough == all(parts)
    assert together([*made, Coverage()]).enough == all(parts)
