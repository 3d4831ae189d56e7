"""Location, parsing and merging of playbook.toml and defaults.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from playbook.core.errors import UsageError
from playbook.core.suggestions import did_you_mean
from playbook.settings.sections.groups import GROUPS

DEFAULTS = Path(__file__).parents[1] / "defaults.toml"
CONFIG_VARIABLE = "PLAYBOOK_CONFIG"


def find_file(root: Path, environment: Mapping[str, str]) -> Path | None:
    named = environment.get(CONFIG_VARIABLE)
    if named:
        if not _is_file(Path(named)):
            raise UsageError(f"${CONFIG_VARIABLE} names {named}, which is not a file")
        return Path(named)
    file = root / "playbook.toml"
    if _is_file(file):
        return file
    if os.path.lexists(file):
        raise UsageError(f"{file} is not a file; expected the settings there")
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # in a folder without permission
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


@cache
def shipped_defaults() -> dict[str, Any]:
    """The shipped defaults, read once; never modified."""
    return read_toml(DEFAULTS)


def read_toml(file: Path) -> dict[str, Any]:
    try:
        content = file.read_bytes()
        if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            raise UsageError(f"{file} begins with a byte order mark: save it as UTF-8 without one")
        return tomllib.loads(content.decode())
    except RecursionError:
        raise UsageError(f"{file} is not valid TOML: it is nested too deeply") from None
    except ValueError as error:  # also for invalid UTF-8, and numbers with too many digits
        raise UsageError(f"{file} is not valid TOML: {error}") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None


def merged_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        mine = merged.get(key)
        merged[key] = merged_over(mine, value) if isinstance(mine, dict) and isinstance(value, Mapping) else value
    return merged


def require_known_tables(own: Mapping[str, Any], file: Path, of_a_target: Sequence[str]) -> None:
    """An unknown table is a mistake, such as [target.production] for [targets.production]."""
    known = {"targets", "default_target", GROUPS, *of_a_target}
    for key in own:
        if key not in known:
            raise UsageError(f"{file}: unknown setting {key}{did_you_mean(key, known)}")


def require_tables(own: Mapping[str, Any], file: Path, of_a_target: Sequence[str]) -> None:
    """Require tables where expected: a plain value would replace all the defaults below it."""
    targets = own.get("targets", {})
    tables = {"targets": targets}
    if isinstance(targets, Mapping):
        tables |= {f"targets.{name}": target for name, target in targets.items()}
    for name, target in list(tables.items())[1:]:
        overrides = of_a_target if isinstance(target, Mapping) else ()
        tables |= {f"{name}.{key}": target[key] for key in overrides if key in target}
    for path, table in tables.items():
        if not isinstance(table, Mapping):
            raise UsageError(f"{file}: {path} must be a table, got {table!r}")
