"""Limits of JSON, foreign text in a message, and deadlines of measurements."""

import threading
import time

import msgspec
import pytest

from playbook.core import deadline
from playbook.core.budget import (
    DEEPEST,
    Ambiguous,
    OverBudget,
    convert,
    read_json,
    read_unambiguous_json,
    shown,
    words,
)
from playbook.core.engine import SPARE, Measurements, Provider


def test_json_of_maximum_depth_is_read():
    assert read_json(b"[" * DEEPEST + b"]" * DEEPEST)


@pytest.mark.parametrize("depth", [DEEPEST + 1, 500, 100_000])
def test_deeper_json_is_over_budget(depth):
    """Whether or not Python could recurse as deep."""
    with pytest.raises(OverBudget, match="nested too deeply"):
        read_json(b'[{"a":' * (depth // 2 + 1) + b"1" + b"}]" * (depth // 2 + 1))


def test_brackets_in_a_text_do_not_count_as_depth():
    assert read_json(b'["' + b"[{" * 200 + b'\\"[' * 10 + b'"]')


def test_json_of_too_many_values_is_not_decoded():
    with pytest.raises(OverBudget, match="of over 3,000,000 values"):
        read_json(b"[" + b"1," * 3_000_001 + b"1]")


@pytest.mark.parametrize(
    "body", [b'{"a": 1, "a": 2}', b'[{"b": {"a": 1, "c": 2, "a": 1}}]', b'{"\\u0061": 1, "a": 2}']
)
def test_duplicate_key_is_ambiguous(body):
    with pytest.raises(Ambiguous, match="names 'a' twice"):
        read_unambiguous_json(body)


def test_value_too_deep_to_convert_has_another_shape():
    deep = value = []
    for _ in range(200_000):  # more than any Python follows
        value.append([])
        value = value[0]

    class Tree(msgspec.Struct, array_like=True):
        inside: "Tree | None" = None

    with pytest.raises(msgspec.ValidationError):
        convert(deep, list[list[list[int]]])
    assert shown(deep) == "a list nested too deeply"


def test_text_is_cut_between_words():
    """So a secret at the cut is kept whole or not at all."""
    text = "why " * 10 + "secret-of-many-letters" + " why" * 900
    assert words(text, 45) == "why " * 10 + "… (3,662 characters)"
    assert words("x" * 5000) == "… (5,000 characters)"
    assert words("short") == "short"


def test_wait_is_limited_by_the_measurements_deadline():
    """Whatever the client's own limit; other threads have no deadline."""
    provider = Provider("one", lambda: deadline.left(1000.0), (), 30.0, is_client=False)
    left = Measurements({}, {"one": provider}).get("one")
    assert 0 < left <= 30.0 - SPARE
    found = []
    thread = threading.Thread(target=lambda: found.append(deadline.left(1000.0)))
    thread.start()
    thread.join()
    assert found == [1000.0]


def test_request_after_the_deadline_has_a_minimal_wait():
    """It fails with an ordinary time-out."""

    def late():
        deadline.begin(time.monotonic() - 5.0)
        return deadline.left(20.0)

    provider = Provider("late", late, (), 30.0, is_client=False)
    assert Measurements({}, {"late": provider}).get("late") == 0.05
