"""Names of incidents: the catalogue's titles in place of ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from playbook.core.wording import heading


class Names:
    """Titles of items by id; an item without a title keeps its id."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles

    def items(self, items: Iterable[str]) -> str:
        """``API health, Redis alive``."""
        return ", ".join(self._titles.get(item, item) for item in items)

    def cause(self, cause: str, items: Iterable[str]) -> str:
        """The title of the first of the items that the cause is named after, otherwise its own id."""
        for item in items:
            if cause in (item, item.partition(".")[2]) and item in self._titles:
                return self._titles[item]
        return heading(cause) if "." not in cause else cause
