"""How every command here reads its command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from playbook.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Says a mistake in one sentence, with the command that was meant, as everything here does."""

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
