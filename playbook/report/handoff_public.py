"""A handoff page as everybody may read it, for a place that everybody can read: the branch of the history.

What the runs said is made public line by line before the page is made of it (``playbook.run.everybody``). What is
added here is of a kind and a moment, and names nobody and nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from playbook.core.audience import Audience
from playbook.core.wording import plural
from playbook.history.handoff_page import Ending, Page
from playbook.report.handoff import FORMS, form_of

# Its folder in a history that keeps pages.
HANDOFFS = "handoffs"

_KINDS = {
    "certificate": "one that is in use",
    "backup": "archives past their age",
    "on-call": "a time without two people on call",
    "waiver": "one of an item",
}
_ON_CALL = "Who has which duty is for the team alone."


def public_page(page: Page) -> Page:
    """The page, made of public lines, without who is on call and what ends by name; twice is as once."""
    if page.audience is Audience.PUBLIC:
        return page
    return msgspec.structs.replace(
        page,
        endings=[_ending(each) for each in page.endings],
        on_call=[_ON_CALL] if page.on_call else [],
        not_read=[f"{plural(len(page.not_read), 'part')}; the team's report names them."] if page.not_read else [],
        left_out=[part.partition(" (")[0] for part in page.left_out],
        audience=Audience.PUBLIC,
    )


def team_files(folder: Path, private: Collection[str] = ()) -> list[Path]:
    """Files in a folder of pages that are not for everybody; those of private targets are left out."""
    found = sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else []
    return [
        file
        for file in found
        if not any(file.name.startswith((f"{name}-weekly-", f"{name}-monthly-")) for name in private)
        and not is_for_everybody(file)
    ]


def is_for_everybody(file: Path) -> bool:
    """Whether a file in a folder of pages holds nothing but a public page, in one of its three forms."""
    try:
        page = msgspec.json.decode(file.with_suffix(".json").read_bytes(), type=Page)
        if page.audience is not Audience.PUBLIC:
            return False
        content = file.read_bytes()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return file.suffix == ".json" or (file.suffix in FORMS and content == form_of(page, file.suffix))


def _ending(ending: Ending) -> Ending:
    """Which item is signed off is public, as the catalogue is; everything else is of its kind."""
    what = ending.what if ending.kind == "sign-off" else _KINDS.get(ending.kind, "something")
    return Ending(ending.kind, what, ending.at)
