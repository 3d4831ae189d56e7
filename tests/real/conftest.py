"""What the tests of pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.chromium import Page, browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Page]:
    """One browser for all tests of a worker."""
    with browser() as tab:
        yield tab
