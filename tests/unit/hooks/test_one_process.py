"""``-n`` on the shipped checks of one target starts no workers; where they help, or `--dist` is given, it does."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from playbook.core.places import CHECKS, ROOT
from playbook.hooks.one_process import spares_workers


def config(*arguments: str, **options: object) -> pytest.Config:
    given = {"numprocesses": 2, "dist": "no", "tx": [], "distload": False, "markexpr": "daily", "target": []}
    return SimpleNamespace(  # type: ignore[return-value]
        option=SimpleNamespace(**given | options),
        args=list(arguments) or ["checks"],
        invocation_params=SimpleNamespace(dir=ROOT),
    )


@pytest.mark.parametrize(
    "chosen",
    [
        config(),
        config(numprocesses="auto"),
        config("checks/redis/test_redis.py::test_redis_answers_fast", str(CHECKS)),
        config("playbook.checks.tls.test_tls::test_certificates"),
        config(target=["staging"]),
        config(target=["production"]),
    ],
)
def test_shipped_checks_of_one_target_run_without_workers(chosen: pytest.Config) -> None:
    assert spares_workers(chosen)


@pytest.mark.parametrize(
    "chosen",
    [
        config(numprocesses=None),
        config(numprocesses=0),
        config(dist="load"),
        config(tx=["popen"]),
        config(distload=True),
        config("tests/unit"),
        config("checks", "tests/unit/hooks/test_one_process.py"),
        config(markexpr="load"),
        config(target=["shop-a", "shop-b"]),
        config(target=["group:shops"]),
    ],
)
def test_workers_are_kept_where_requested_or_useful(chosen: pytest.Config) -> None:
    assert not spares_workers(chosen)


def test_own_checks_keep_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playbook.hooks.one_process.CHECKS", tmp_path)
    (tmp_path / "test_redis.py").touch()
    assert spares_workers(config(str(tmp_path)))
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "test_shop.py").touch()
    assert not spares_workers(config(str(tmp_path)))
