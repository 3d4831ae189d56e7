"""Runs one check of ``checks/`` on values that a test made: the verdict that an operator would see."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from playbook.errors import Unmeasured
from playbook.judge import Judge
from playbook.settings import Settings, load
from playbook.verdict import SEVERITY, Critical, Verdict

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
    source = (CHECKS / f"{module}.py").read_text(encoding="utf-8").replace("import pytest\n", "")
    names: dict[str, Any] = {"pytest": _Marks()}
    exec(compile(source, module, "exec"), names)
    return names[name]  # type: ignore[no-any-return]


def judged(the_check: Callable[..., None], settings: Settings | None = None, **values: Any) -> tuple[Verdict, str]:
    """Verdict and message of a check that is handed these measured values, each with what it has seen."""
    settings = settings or load("sandbox", environment={})
    judge = Judge()
    for name, value in values.items():
        judge.stand_on(name, value.coverage)
    given = {"judge": judge, "limits": settings.limits, "settings": settings, **values}
    wanted = inspect.signature(the_check).parameters
    try:
        the_check(**{name: given[name] for name in wanted})
    except Critical:
        pass
    except Unmeasured as error:
        return Verdict.UNKNOWN, str(error)
    assert judge.judgements, "a check that judges nothing says nothing"
    worst = min(judge.judgements, key=lambda one: SEVERITY.index(one.verdict))
    return worst.verdict, worst.message
