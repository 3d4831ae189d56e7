"""How every command here reads its command line."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from playbook.core.errors import UsageError
from playbook.core.places import INI, is_checkout


class Once(argparse.Action):
    """An option that may not be given twice with different values, as the first would be dropped in silence."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Take the value; a mistake where there is another already."""
        taken = f"_{self.dest}_taken"
        before = getattr(namespace, taken, values)
        if before != values:
            parser.error(f"{option_string}: expected one value, got {before!r} and {values!r}")
        setattr(namespace, taken, values)
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """Says a mistake in one sentence, with the command that was meant, as everything here does."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for action in (None, "store"):
            self.register("action", action, Once)

    def error(self, message: str) -> NoReturn:
        """Raise it as UsageError."""
        raise UsageError(f"{self.prog}: {message} (--help shows what there is)")

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """What is not known is a mistake at once: later it would be one of the command above."""
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
    """A type for ``add_argument``: a whole number, at least so much."""

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
    """A set is a marker of ``pytest.ini`` under ``root``, or of the one that comes with an installed suite.

    Raises:
        UsageError: this is none; pytest would say so too, but later and in words of its own.
    """
    meant = f"{command}: expected a set such as daily, got {name!r}"
    if not re.fullmatch(r"[a-z]\w*", name):
        raise UsageError(meant)
    import configparser  # not for commands that are given no set

    lines: list[str] = []
    for file in (root / "pytest.ini",) if is_checkout(root) else (INI, root / "pytest.ini"):
        ini = configparser.ConfigParser(interpolation=None)
        try:
            ini.read(file, encoding="utf-8")
        except (configparser.Error, ValueError):
            return  # pytest tells what is wrong with it
        lines += ini.get("pytest", "markers", fallback="").split("\n")
    markers = [re.split(r"[:(]", line)[0].strip() for line in lines if line.strip()]
    if markers and name not in markers:
        close = difflib.get_close_matches(name, markers, n=1)
        suggestion = f"; did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"{meant}{suggestion}")
