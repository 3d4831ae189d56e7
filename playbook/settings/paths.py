"""Paths in the settings: all of them start from the folder of the file that names them. Pure.

Without a file, as where every setting comes from the environment, it is the current folder.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playbook.settings.sections.recovery import RECORDS

_EACH = "*"
# Below a target.
_FILES = (
    "web.ca",
    "web.sample_image",
    "web.also.*.ca",
    "digitalocean.ca",
    "redis.ca",
    "prometheus.ca",
    "grafana.ca",
    "alertmanager.ca",
    "backups.location",
    "backups.ca",
    "recovery.records",
    "recovery.folder",
    "alert_test.ca",
    "github.ca",
    "npm.project",
    "npm.ca",
)
_GLOBS = ("logs.files.*", "security.auth_logs.*")
# Of a command, the first word; a name without a folder is looked for in $PATH.
_PROGRAMS = ("recovery.valkey", "recovery.restore_command.0", "recovery.disaster_command.0", "npm.command")
# Of all targets, or of one.
_COMMON = ("load.history", "history.readings")


def folder_of(file: Path | None, root: Path | None) -> Path:
    """The folder that relative paths start from, absolute.

    Args:
        file: playbook.toml; None where there is none.
        root: the folder that it was looked for in; by default the current one.
    """
    return (file.parent if file else root or Path.cwd()).absolute()


def path_below(folder: Path, name: str) -> Path:
    """A path of the settings: absolute, from the home folder (``~``), or from this folder."""
    return folder / Path(name).expanduser()


def of_target(target: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The target's settings with absolute paths."""

    def file(text: str) -> str:
        return text if "://" in text else str(path_below(folder, text))

    def pattern(text: str) -> str:
        expanded = str(Path(text).expanduser())
        return expanded if Path(expanded).is_absolute() else f"{glob.escape(str(folder))}/{expanded}"

    def program(text: str) -> str:
        return file(text) if "/" in text else text

    changed: Any = target
    if isinstance(recovery := target.get("recovery", {}), Mapping):
        changed = {**target, "recovery": {"records": RECORDS, **recovery}}
    for paths, change in ((_FILES, file), (_GLOBS, pattern), (_PROGRAMS, program)):
        for path in paths:
            changed = _changed(changed, path.split("."), change)
    return dict(changed)


def in_common(settings: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The settings that are not about one target, likewise."""
    changed: Any = settings
    for path in _COMMON:
        changed = _changed(changed, path.split("."), lambda text: str(path_below(folder, text)))
    return dict(changed)


def _changed(value: Any, path: list[str], change: Callable[[str], str]) -> Any:
    """A copy with the texts at a path changed; other values are left for the validation to refuse."""
    if not path:
        return change(value) if isinstance(value, str) and value else value
    key, *rest = path
    if isinstance(value, list):
        return [_changed(one, rest, change) if key in (_EACH, str(n)) else one for n, one in enumerate(value)]
    if isinstance(value, Mapping) and key in value:
        return {**value, key: _changed(value[key], rest, change)}
    return value
