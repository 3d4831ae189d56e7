"""Search for many texts in another one in a single pass: a thousand targets have thousands of secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# Up to this many, searching for each in turn is faster.
FEW = 48
_HEAD = 4  # characters of the prefix that is searched for; no text is shorter


class Finder:
    """A set of texts of at least four characters each, to be found in others."""

    def __init__(self, forms: Iterable[str] = ()) -> None:
        self.forms = tuple(sorted(set(forms)))
        self._by_head: dict[str, list[str]] = {}
        self._heads: re.Pattern[str] | None = None
        if len(self.forms) > FEW:
            for form in self.forms:
                self._by_head.setdefault(form[:_HEAD], []).append(form)
            # A lookahead, so that overlapping ones are found as well.
            self._heads = re.compile(f"(?={_any_of(sorted(self._by_head))})")

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Positions in a text of any of them; they may overlap."""
        if self._heads is None:
            for form in self.forms:
                at = text.find(form)
                while at >= 0:
                    yield at, at + len(form)
                    at = text.find(form, at + 1)
            return
        for found in self._heads.finditer(text):
            at = found.start()
            for form in self._by_head[text[at : at + _HEAD]]:
                if text.startswith(form, at):
                    yield at, at + len(form)


def _any_of(heads: list[str]) -> str:
    """A pattern of prefixes of one length that reads each character once: ``(?:a(?:b|c)|d…)``."""
    if not heads[0]:
        return ""
    branches: dict[str, list[str]] = {}
    for head in heads:
        branches.setdefault(head[0], []).append(head[1:])
    return f"(?:{'|'.join(re.escape(first) + _any_of(rest) for first, rest in branches.items())})"
