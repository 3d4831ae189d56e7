"""Groups of targets, and which of them a command line selects. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from playbook.core.errors import UnknownTarget, UsageError
from playbook.core.suggestions import did_you_mean

GROUPS = "groups"
PREFIX = "group:"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_PATTERN = re.compile(r"[*?\[]")
_SHARD = re.compile(r"(?P<number>\d+)/(?P<of>\d+)", re.ASCII)


class Shard(NamedTuple):
    """One of several parts of the chosen targets, counted from 1: ``3/8``."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def groups_of(raw: Any, targets: Collection[str], file: object) -> dict[str, tuple[str, ...]]:
    """Each group's targets, without duplicates, in the order of the setting.

    Args:
        raw: the table ``[groups]``: names or patterns (``shop-*``) by the name of the group.
        targets: all target names.

    Raises:
        UsageError: one sentence on the first mistake.
    """
    if not isinstance(raw, Mapping):
        raise UsageError(f"{file}: {GROUPS} must be a table, got {raw!r}")
    return {name: _members(str(name), members, targets, file) for name, members in raw.items()}


def _members(name: str, members: Any, targets: Collection[str], file: object) -> tuple[str, ...]:
    where = f"{file}: {GROUPS}.{name}"
    if not _NAME.fullmatch(name):
        raise UsageError(f"{file}: {GROUPS}: expected a name of letters, digits, . _ and -, got {name!r}")
    if not isinstance(members, list) or not all(isinstance(one, str) for one in members):
        raise UsageError(f"{where}: expected a list of targets, got {members!r}")
    found: dict[str, None] = {}
    for one in members:
        if _PATTERN.search(one):
            matching = [target for target in targets if fnmatchcase(target, one)]
            if not matching:
                raise UsageError(f"{where}: expected a pattern that fits a target, got {one!r}, which fits none")
            found |= dict.fromkeys(matching)
        elif one in targets:
            found[one] = None
        else:
            raise UsageError(f"{where}: there is no target {one!r}{did_you_mean(one, targets)}")
    if not found:
        raise UsageError(f"{where}: expected at least one target, got none")
    return tuple(found)


def is_group(word: str) -> bool:
    """Whether a value of ``--target`` names a group."""
    return word.startswith(PREFIX)


def names_in(words: Sequence[str], groups: Mapping[str, tuple[str, ...]], file: object) -> list[str]:
    """The targets that these words name, without duplicates, in order; a group is replaced by its targets.

    Raises:
        UnknownTarget: there is no such group.
    """
    found: dict[str, None] = {}
    for word in words:
        if not is_group(word):
            found[word] = None
            continue
        name = word.removeprefix(PREFIX)
        if name not in groups:
            there = f"expected one of {', '.join(sorted(groups))}{did_you_mean(name, groups)}" if groups else ""
            raise UnknownTarget(
                f"unknown group {name!r}: {there or 'there is none'} (groups are set in {file}, under [{GROUPS}])"
            )
        found |= dict.fromkeys(groups[name])
    return list(found)


def shard_of(text: str) -> Shard:
    """Parse ``3/8``, as on the command line; UsageError where invalid."""
    found = _SHARD.fullmatch(text.strip())
    shard = Shard(int(found["number"]), int(found["of"])) if found else None
    if shard is None or not 1 <= shard.number <= shard.of:
        raise UsageError(f"--shard: expected a part such as 3/8 (the third of eight), got {text!r}")
    return shard


def in_shard(names: Sequence[str], shard: Shard) -> list[str]:
    """Every n-th name: shards of equal size, with each target in exactly one."""
    return list(names[shard.number - 1 :: shard.of])
