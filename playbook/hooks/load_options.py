"""Load tests on pytest's command line: options, and the guarantee that nothing else starts one.

A load test runs if the marker ``load`` selects its checks: with ``-m load``, or ``-m "load or daily"``. Plain
``pytest``, a path and ``-m "not daily"`` leave them out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression  # the parser of -m; pytest has no public one

from playbook.core.errors import Forbidden, NotConfigured, UsageError
from playbook.readers.load.order import (
    DEFAULT_SHAPE,
    MARKER,
    PRODUCTION_OPTION,
    SHAPE_OPTION,
    WORKERS_OPTION,
    LoadOrder,
)
from playbook.readers.load.permission import require_permission
from playbook.readers.load.planning import longest, require_shape
from playbook.settings.model import Settings

MEASUREMENT = "load_test"
_MARGIN = 120.0  # seconds beyond the load itself: start, end, and measurements afterwards


def add_options(group: pytest.OptionGroup) -> None:
    """Add the three options."""
    group.addoption(
        SHAPE_OPTION, metavar="NAME", help=f"with -m load: smoke, steady, ramp, … (default: {DEFAULT_SHAPE})"
    )
    group.addoption(
        WORKERS_OPTION, type=int, metavar="N", help="with -m load: Locust processes that share the users"
    )
    group.addoption(
        PRODUCTION_OPTION,
        metavar="NAME",
        help="with -m load: repeat the name of a production target that may be loaded; on the command line only",
    )


def orders_of(config: pytest.Config, found: Sequence[Settings], histories: Sequence[Path]) -> dict[str, LoadOrder]:
    """What is asked for, by target; empty where that is no load test. The reports' folders are not known yet.

    Args:
        found: the settings of each target; their load tests run one after another.
        histories: folder of the history of each.

    Raises:
        UsageError: an option without ``-m load`` or from a file, an unknown shape, one beyond the caps, a
            production system that is not among the targets, or several processes of pytest.
    """
    options = config.option
    asked = chooses(options.markexpr or "", {MARKER})
    named = [
        name
        for name, value in (
            (SHAPE_OPTION, options.shape),
            (WORKERS_OPTION, options.workers),
            (PRODUCTION_OPTION, options.load_production),
        )
        if value is not None
    ]
    if not asked:
        if named:
            raise UsageError(f"{named[0]} is for load tests: expected -m {MARKER} beside it")
        return {}
    if getattr(options, "dist", "no") != "no" or getattr(options, "tx", None):
        raise UsageError(
            f"a load test runs in one process of pytest: omit -n ({WORKERS_OPTION} N shares its users "
            "between processes of Locust)"
        )
    production = _repeated(options.load_production or "", config.invocation_params.args)
    names = [settings.target.name for settings in found]
    if production and len(names) > 1 and production not in names:
        raise UsageError(
            f"{PRODUCTION_OPTION} {production} was given, and {production} is none of the {len(names):,} targets "
            "of this run"
        )
    orders = {
        name: LoadOrder(
            shape=options.shape or DEFAULT_SHAPE,
            workers=options.workers or 0,
            # Of one target it is asked whether it was meant; of several it can be meant of this one only.
            production=production if len(names) == 1 or name == production else "",
            history=history,
        )
        for name, history in zip(names, histories, strict=True)
    }
    for settings, order in zip(found, orders.values(), strict=True):
        require_shape(settings, order)
        add_time(config, longest(settings, order) + _MARGIN)
    return orders


def require_permitted(settings: Settings, order: LoadOrder) -> None:
    """Check the permission again before anything is sent; the checks themselves report what is not configured.

    Raises:
        UsageError: load may not be sent to the target.
    """
    try:
        require_permission(settings, order.production)
    except Forbidden as error:
        raise UsageError(str(error)) from None
    except NotConfigured:
        return


def chooses(expression: str, markers: Collection[str]) -> bool:
    """Whether ``-m`` selects a check with these markers by the marker ``load``."""
    return bool(selects(expression, markers)) and not selects(expression, set(markers) - {MARKER})


def selects(expression: str, names: Collection[str]) -> bool | None:
    """Whether ``-m`` selects a check with these markers; None where the expression is invalid."""
    compiled = _compiled(expression)
    return None if compiled is None else compiled.evaluate(lambda name, /, **_: name in names)


@cache
def _compiled(expression: str) -> Expression | None:
    try:
        return Expression.compile(expression)
    except SyntaxError:
        return None  # pytest reports the error itself


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect load checks that were not requested, and move the others to the end.

    They come last because other measurements would otherwise be made under load.
    """
    expression = config.option.markexpr or ""
    others: list[pytest.Item] = []
    wanted: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        if not item.get_closest_marker(MARKER):
            others.append(item)
        elif chooses(expression, {mark.name for mark in item.iter_markers()}):
            wanted.append(item)
        else:
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    if wanted or left_out:
        items[:] = others + wanted


def ordered(settings: Settings, orders: Mapping[str, LoadOrder]) -> str:
    """``smoke, up to 10 users for 30 s``; of several targets by the settings of the first.

    Args:
        settings: of the first target.
    """
    order = orders[settings.target.name]
    shape = require_shape(settings, order)
    words = f"{order.shape}, up to {shape.users:,} users for {shape.seconds:,g} s"
    return words if len(orders) == 1 else f"{order.shape}, one target after another"


def seconds_of(settings: Settings, order: LoadOrder) -> float:
    """Seconds that a check waiting for the load test may take."""
    return longest(settings, order) + _MARGIN


def _repeated(name: str, arguments: Sequence[str | object]) -> str:
    """Name of a production system, if it is on the command line itself."""
    if not name:
        return ""
    words = [str(argument) for argument in arguments]
    if f"{PRODUCTION_OPTION}={name}" not in words and (PRODUCTION_OPTION, name) not in pairwise(words):
        raise UsageError(
            f"{PRODUCTION_OPTION} is accepted on the command line only, but was set by $PYTEST_ADDOPTS or "
            "pytest.ini"
        )
    return name


def add_time(config: pytest.Config, seconds: float) -> None:
    """Extend pytest's session timeout."""
    usual = config.getoption("session_timeout", None)
    if usual is None:
        text = re.match(r"[\d.]+", str(config.getini("session_timeout") or ""))
        usual = float(text[0]) if text else None
    if usual:
        config.option.session_timeout = float(usual) + seconds
