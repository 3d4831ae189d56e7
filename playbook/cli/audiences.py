"""Who may read the reports and history of a target, in words for ``doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playbook.core.errors import UsageError
from playbook.core.wording import plural
from playbook.history.cleansing import count_team_lines
from playbook.history.folder import history_folder
from playbook.settings.model import Settings


def who_may_read(settings: Settings) -> Iterator[str]:
    """Who may read the target's outputs, and which past outputs say more than that allows."""
    path = f"targets.{settings.target.name}.private"
    yield "WHO MAY READ WHAT"
    if settings.target.private:
        yield f"team      all of it: {path} is true, so history, site, issues and summaries contain details"
        yield "          (`python -m playbook ci push` refuses a repository unless it is known to be private)"
        return
    yield f"everybody verdicts, figures of public items, sentences without private details ({path} is false)"
    yield "team      the report in the run's folder, and what is printed on the terminal"
    folder = history_folder(settings, Path("reports"))
    try:
        count = count_team_lines(folder)
    except (OSError, UsageError):
        return
    if count:
        lines = plural(count, "line")
        yield f"warning   {lines} in {folder} may hold what only the team reads: `history --cleanse` lists them"
