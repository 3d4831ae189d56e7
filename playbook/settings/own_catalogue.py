"""The project's own catalogue files, in the format of docs/playbook.md, in addition to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from playbook.core.catalogue import HEADING, Catalogue, Item, read_catalogue, shipped
from playbook.core.errors import UsageError
from playbook.settings.model import Settings
from playbook.settings.sections.catalogue import OwnCatalogue

_ANY_HEADING = re.compile(r"^###(?!#).*$", re.MULTILINE)


def catalogue_of(settings: Settings) -> Catalogue:
    """The suite's catalogue with the items of the files that ``[catalogue] own`` names.

    A file with a mistake contributes no item; the mistake is in ``unread``.
    """
    whole = shipped()
    items, unread = dict(whole.items), {}
    for name in settings.catalogue.own:
        file = settings.path_of(name)
        if name == OwnCatalogue().own[0] and not file.exists():
            continue
        try:
            items |= _read_own(file, name, items)
        except UsageError as error:
            unread[name] = str(error).replace(str(file), name, 1)
    return Catalogue(items, whole.not_built, frozenset(items.keys() - whole.items.keys()), unread)


def _read_own(file: Path, name: str, known: Mapping[str, Item]) -> Mapping[str, Item]:
    found = read_catalogue(file).items
    text = file.read_text(encoding="utf-8")
    for heading in _ANY_HEADING.finditer(text):
        where = f"{file}:{text.count(chr(10), 0, heading.start()) + 1}"
        item = HEADING.match(heading[0])
        if item is None or "." not in item["id"].strip("."):
            raise UsageError(
                f"{where}: expected a heading such as '### `daily.shop.cart` The cart answers', got {heading[0]!r}"
            )
        if item["id"] in known:
            raise UsageError(f"{where}: {item['id']} is in another catalogue already")
    return found
