"""The benchmark of the visitors still runs; what it measures is for a quiet machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import load


@pytest.mark.parametrize("kind", ["visitors", "FastHttpUser"])
def test_each_kind_is_measured(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests by processor time, from a server of its own that ends with it."""
    monkeypatch.setattr(load, "SECONDS", 1)
    with load.serving() as host:
        assert load.KINDS[kind](host, tmp_path) > 100
