"""The benchmark of the visitors still runs; what it measures is for a quiet machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks import load

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["visitors", "FastHttpUser"])
def test_each_client_kind_is_measured(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests by processor time, from a server of its own that ends with it."""
    monkeypatch.setattr(load, "SECONDS", 40)  # in three, a busy machine has not begun
    monkeypatch.setattr(load, "ENOUGH", 200)
    with load.serving() as host:
        assert load.KINDS[kind](host, tmp_path) > 100


def test_benchmark_without_requests_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing by something is no rate, and would make the other kind look good."""

    def nothing(*_: object, env: dict[str, str], **__: object) -> subprocess.CompletedProcess[str]:
        Path(env["BENCHMARK_METER"]).write_text('{"seconds": 0.1, "requests": 0}')
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(subprocess, "run", nothing)
    with pytest.raises(SystemExit, match="no request was made in 3 s"):
        load.bare("http://127.0.0.1:1", tmp_path)
