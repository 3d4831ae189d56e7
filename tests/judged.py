"""The verdict that an operator would see: of one check of ``checks/`` on values of a test, or of one number."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from playbook.core.coverage import Coverage
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.judge import Judge
from playbook.core.limits import Limit, Reading
from playbook.core.verdict import Critical, Verdict
from playbook.settings.loading import load
from playbook.settings.model import Settings

CHECKS = Path(__file__).parents[1] / "checks"


class _Marks:
    """Stands for pytest: which sets a check belongs to does not matter here."""

    def __getattr__(self, _name: str) -> Any:
        return self

    def __call__(self, *args: Any, **_: Any) -> Any:
        return args[0] if args and callable(args[0]) else self


@cache
def check(module: str, name: str) -> Callable[..., None]:
    """A check by its file and function: ``check("test_app", "test_app_is_active")``."""
    [file] = CHECKS.glob(f"*/{module}.py")
    source = file.read_text(encoding="utf-8").replace("import pytest\n", "")
    names: dict[str, Any] = {"pytest": _Marks()}
    exec(compile(source, module, "exec"), names)
    return names[name]  # type: ignore[no-any-return]


@cache
def _settings() -> Settings:
    """The sandbox's, whatever the folder that a test has changed to."""
    return load("sandbox", root=CHECKS, environment={})


def judged(
    the_check: Callable[..., None], settings: Settings | None = None, *, limits: Any = None, **values: Any
) -> tuple[Verdict, str]:
    """Verdict and message of a check that is handed these measured values, each with what it has seen.

    Args:
        settings: those of the sandbox where none are given.
        limits: theirs where none are given.
    """
    judge = Judge()
    for name, value in values.items():
        judge.add_coverage(name, value.coverage)
    wanted = inspect.signature(the_check).parameters
    if "settings" in wanted or ("limits" in wanted and limits is None):
        settings = settings or _settings()
        limits = limits or settings.limits
    # No further websites, and nothing that is scaled by itself
    others = {name: None for name in wanted if name.startswith("other_") or name == "autoscaling"}
    given = {"judge": judge, "limits": limits, "settings": settings, **others, **values}
    try:
        the_check(**{name: given[name] for name in wanted})
    except Critical:
        pass
    except NotConfigured as missing:
        return Verdict.NOT_CONFIGURED, str(missing)
    except Unmeasured as error:
        return Verdict.UNKNOWN, str(error)
    assert judge.leading, "a check that judges nothing says nothing"
    return judge.leading.verdict, judge.leading.message


def judged_reading(coverage: Coverage, reading: Reading, limit: Limit) -> tuple[str, str]:
    """Verdict and message of a number with this coverage."""
    judge = Judge()
    judge.add_coverage("measured", coverage)
    with suppress(Critical):
        judge(reading, limit)
    assert judge.leading
    return str(judge.leading.verdict), judge.leading.message
