"""Readable times."""

from __future__ import annotations

from datetime import UTC, datetime

from playbook.core.wording import moment


def test_moment():
    assert moment(datetime(2026, 3, 2, 7, 30, 59, tzinfo=UTC)) == "2026-03-02 07:30 UTC"
    assert moment(None) == "never"
