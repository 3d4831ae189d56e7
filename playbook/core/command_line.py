"""Command-line parsing shared by all commands."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from playbook.core.errors import UsageError
from playbook.core.places import INI, is_checkout
from playbook.core.suggestions import did_you_mean


class Once(argparse.Action):
    """An option that may not be given twice with different values, as the first would be dropped silently."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Store the value; an error if a different one is already set."""
        taken = f"_{self.dest}_taken"
        before = getattr(namespace, taken, values)
        if before != values:
            parser.error(f"{option_string}: expected one value, got {before!r} and {values!r}")
        setattr(namespace, taken, values)
        setattr(namespace, self.dest, values)


# What a command without --target is about, for its help.
USUAL_TARGET = "default: $PLAYBOOK_TARGET, else default_target of the settings, else the sandbox"


class Parser(argparse.ArgumentParser):
    """A parser that reports an error in one sentence with the intended command, like the rest of the suite."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for action in (None, "store"):
            self.register("action", action, Once)

    def error(self, message: str) -> NoReturn:
        """Raise it as UsageError."""
        raise UsageError(f"{self.prog}: {message} (--help shows what there is)")

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Reject unknown arguments here, before the parent command would take them for its own."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown


def positive(text: str) -> float:
    """A type for ``add_argument``: a number over 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number over 0, got {text!r}")
    return value


def whole(least: int) -> Any:
    """A type for ``add_argument``: a whole number of at least ``least``."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"expected a whole number, {least} or more, got {text!r}")
        return value

    return number


def require_set(command: str, name: str, root: Path) -> None:
    """Require a set: a marker of ``pytest.ini`` under ``root``, or of the installed suite's.

    Raises:
        UsageError: there is no such marker; pytest would report it too, but later and less clearly.
    """
    message = f"{command}: expected a set such as daily, got {name!r}"
    if not re.fullmatch(r"[a-z]\w*", name):
        raise UsageError(message)
    import configparser  # only for commands with a set

    lines: list[str] = []
    for file in (root / "pytest.ini",) if is_checkout(root) else (INI, root / "pytest.ini"):
        ini = configparser.ConfigParser(interpolation=None)
        try:
            ini.read(file, encoding="utf-8")
        except (configparser.Error, ValueError):
            return  # pytest reports what is wrong with it
        lines += ini.get("pytest", "markers", fallback="").split("\n")
    markers = [re.split(r"[:(]", line)[0].strip() for line in lines if line.strip()]
    if markers and name not in markers:
        raise UsageError(f"{message}{did_you_mean(name, markers)}")
