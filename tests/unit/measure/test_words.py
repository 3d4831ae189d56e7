"""Readable times."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from playbook.core.wording import moment, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (45.4, "45 s"),
        (60, "1 min"),
        (187, "3 min 7 s"),
        (1507, "25 min"),
        (3600, "1 h"),
        (104_640, "29 h 4 min"),
        (259_200, "3 d"),
        (280_000, "3 d 5 h"),
    ],
)
def test_span(seconds, text):
    assert span(seconds) == text


def test_moment():
    assert moment(datetime(2026, 3, 2, 7, 30, 59, tzinfo=UTC)) == "2026-03-02 07:30 UTC"
    assert moment(None) == "never"
