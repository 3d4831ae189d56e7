"""Checks of the playbook, asked for their verdict on measurements that a test made by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playbook.errors import NotConfigured, Unmeasured
from playbook.judge import Judge
from playbook.verdict import Critical, Verdict


def verdict_of(check: Callable[..., None], limits: Any, **measured: Any) -> tuple[Verdict, str]:
    """Verdict and message of a check. ``limits`` is given where the check asks for it."""
    judge = Judge()
    for name, value in measured.items():
        judge.stand_on(name, value.coverage)
    wanted = check.__code__.co_varnames[: check.__code__.co_argcount]
    given = {"judge": judge, "limits": limits, **measured}
    try:
        check(**{name: given[name] for name in wanted})
    except Critical as critical:
        return Verdict.CRITICAL, str(critical)
    except NotConfigured as missing:
        return Verdict.NOT_CONFIGURED, str(missing)
    except Unmeasured as error:
        return Verdict.UNKNOWN, str(error)
    leading = judge.leading
    assert leading, f"{check.__name__} ended without judging anything"
    return leading.verdict, leading.message
