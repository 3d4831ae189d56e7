"""The list of the benchmarks says what each is for, and each can be started."""

from pathlib import Path

from benchmarks.__main__ import listed


def test_each_benchmark_is_listed_with_first_sentence() -> None:
    found = dict(listed())
    wanted = {"daily", "logs", "keys", "backups", "targets", "reports", "history", "site", "load", "start_up"}
    assert {f"benchmarks.{name}" for name in wanted} <= found.keys()
    assert all(said.endswith(".") for said in found.values()), found


def test_shared_modules_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "_shared.py").write_text("", encoding="utf-8")
    (tmp_path / "keys.py").write_text(
        '"""How long an audit of keys takes,\nbeside KEYS.\n\nMore."""', encoding="utf-8"
    )
    assert listed(tmp_path) == [("benchmarks.keys", "How long an audit of keys takes, beside KEYS.")]
