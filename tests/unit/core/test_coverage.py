"""The basis of a judgement, in words and as a verdict on itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.core.coverage import Coverage, lacking, share, together, understood, whole


@pytest.mark.parametrize(
    ("coverage", "words", "enough"),
    [
        (whole("1 answer"), "1 answer", True),
        (share(24.0, 24, "h"), "24 of 24 h", True),
        (share(22.8, 24, "h", least_percent=95), "22.8 of 24 h", True),
        (share(22.7, 24, "h", least_percent=95), "22.7 of 24 h", False),
        (share(25.0, 24, "h"), "24 of 24 h", True),
        (share(27.0, 24, "h"), "27 of 24 h", False),
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
    """Short text for the report, and whether it suffices for OK."""
    assert (coverage.words, coverage.enough) == (words, enough)
    assert bool(coverage.expected) == bool(coverage.got) == (not enough)


def test_missing_coverage_continues_a_sentence():
    """Expected, got, with a few examples of what was not understood."""
    keys = share(500, 5_000_002, "keys")
    assert (keys.expected, keys.got) == ("all 5,000,002 keys", "500 keys")
    lines = understood(7, 100, "lines", examples=["a", "a", "b", "c", "d"], most_percent=5)
    assert lines.expected == "at most 5 % of lines not understood"
    assert lines.got == "7 of 100, e.g. 'a'; 'b'; 'c'"


def test_sum_requires_every_part():
    """A sum is as good as its worst part, and mentions each thing once."""
    hours = share(3.0, 24, "h", what="samples", hint="Look at the targets.")
    total = together([whole("1 answer"), hours, hours])
    assert not total.enough
    assert total.words == "1 answer · 3 of 24 h"
    assert (total.expected, total.hint) == ("samples of all 24 h", "Look at the targets.")


@given(st.lists(st.booleans(), max_size=5))
def test_sum_is_enough_only_if_each_part_is(parts):
    """In any order."""
    made = [whole("x") if good else lacking("y", expected="y", got="z") for good in parts]
    assert together(made).enough == all(parts)
    assert together([*made, Coverage()]).enough == all(parts)


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("seen", "of", "least"),
    [
        *[(0, 0, 100), (0, 0, 0), (5, 3, 100), (-1, -1, 100), (-1, 24, 0), (1, -5, 0), (NAN, 24, 0), (24, NAN, 0)],
        *[(INFINITE, 24, 95), (24, INFINITE, 0), (24, 24, NAN), (INFINITE, INFINITE, 95)],
    ],
)
def test_meaningless_amounts_are_never_enough(seen, of, least):
    """Zero of zero, more than exists, and amounts that are not numbers; each in a sentence."""
    found = share(seen, of, "files", least_percent=least)
    assert not found.enough
    assert found.expected
    assert found.got


def test_zero_of_zero_is_enough_only_where_allowed():
    """An unexpectedly empty population has not been seen; a document need not have links."""
    assert share(0, 0, "files", what="sums").expected == "sums of some files"
    assert share(0, 0, "files", what="sums").got == "sums of none"
    assert share(0, 0, "links", may_be_empty=True).enough
    assert not share(0, 3, "links", may_be_empty=True).enough


@pytest.mark.parametrize(("unknown", "of", "most"), [(3, 0, 1), (-3, 100, 1), (3, 100, NAN), (3, -100, 1)])
def test_contradictory_counts_are_not_understood(unknown, of, most):
    """More items not understood than were read, or a negative number."""
    assert not understood(unknown, of, "lines", most_percent=most).enough


def test_lacking_coverage_is_never_enough_even_without_words():
    """An empty reason must not make it pass."""
    found = lacking("", expected="", got="")
    assert not found.enough
    assert (found.expected, found.got) == ("all of it to be seen", "less")


@given(
    st.one_of(st.integers(), st.floats()),
    st.one_of(st.none(), st.integers(), st.floats()),
    st.floats(0, 100),
)
def test_sufficient_coverage_was_seen(seen, of, least):
    """Of a known amount, no more than exists, and at least the required share."""
    if share(seen, of, "h", least_percent=least).enough:
        assert 0 < of < INFINITE
        assert of * least / 100 <= seen * (1 + 1e-6) + 1e-9
        assert 0 <= seen <= of * (1 + 1e-6)


def test_reasons_that_differ_in_time_alone_are_told_once():
    """Two refused connections take a different number of milliseconds each time."""
    refused = "connection refused (connect, after {} s)"
    both = lacking("", expected="alerts", got=refused.format("0.001"))
    both += lacking("", expected="silences", got=refused.format("0.002"))
    assert (both.expected, both.got) == ("alerts and silences", refused.format("0.001"))
    assert (both + lacking("", expected="rules", got="HTTP 502")).got == f"{refused.format('0.001')} and HTTP 502"
