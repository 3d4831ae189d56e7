"""Location of the history of runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from playbook.core.errors import UsageError
from playbook.settings.model import Settings

HISTORY_VARIABLE = "PLAYBOOK_HISTORY"


def history_folder(
    settings: Settings, reports: Path, environment: Mapping[str, str] = os.environ, *, chosen: str | None = None
) -> Path:
    """``chosen`` on the command line, else ``$PLAYBOOK_HISTORY``, else the setting, else below the reports.

    Paths are absolute or relative to the working directory; that of the settings is relative to the folder of
    playbook.toml.
    """
    named = chosen or environment.get(HISTORY_VARIABLE, "").strip()
    if named:
        return Path(named).expanduser().absolute()
    if settings.history.folder:
        return settings.path_of(settings.history.folder)
    return reports / "history"


def history_to_read(settings: Settings, reports: Path, *, chosen: str | None = None) -> Path:
    """As ``history_folder``, for readers. A run measures in any case, and reports that its line could not be kept.

    Raises:
        UsageError: it is a file. A missing folder is fine.
    """
    folder = history_folder(settings, reports, chosen=chosen)
    if folder.is_file():
        raise UsageError(f"expected the folder of the history, and {folder} is a file")
    return folder
