"""What earlier runs have listed, and this one does not: dependencies of a health report, logs. Pure.

Each run keeps the names with its other readings (``playbook.core.counters``), where everybody may read them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from playbook.core.counters import Ages, Counted

# What is kept of a name, added up.
_LISTED, _USUAL = 1, 2
_MOST = 200  # names that are kept
_LONGEST = 40
_DIGEST = "x-"
_FILE = re.compile(r"(.+?)(?:\.(?:log|err|out|txt|jsonl?|tar|t?gz|bz2|xz|zst|zip|7z|sql|dump|rdb|gpg|age|enc))+")
_VERSION = re.compile(r"\d+(?:\.\d+)+")  # or an IP address
_NUMBERED = re.compile(r"^([a-z]+)\d+$")
_WITH_ONE = re.compile(r"^[a-z]{2,}\d[a-z]{1,3}$")  # neo4j
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RollCall:
    """Names that are missing, and what is kept for later runs.

    Attributes:
        missing: as they are kept.
    """

    missing: tuple[str, ...]
    read: Counted

    @property
    def words(self) -> str:
        """The missing names: ``redis, api and 1 that is not kept by name``."""
        named = [name for name in self.missing if not name.startswith(_DIGEST)]
        nameless = len(self.missing) - len(named)
        more = nameless + len(named[_SHOWN:])
        rest = [f"{more} {'that is not kept by name' if more == nameless else 'more'}"] if more else []
        return " and ".join(filter(None, (", ".join(named[:_SHOWN]), *rest)))


def roll_call(
    names: Collection[str] | None,
    at: datetime,
    earlier: Sequence[Counted],
    ages: Ages,
    *,
    of: str = "",
    given_up: Iterable[str] = (),
) -> RollCall:
    """Compare with earlier runs.

    A name that more than half of the known runs have listed must be there. One that more than half of those far
    enough apart have listed is usual, which is handed on from run to run, so that it is missed until somebody says
    that it was given up.

    Args:
        names: those that are listed now; None where this is not known, so that none is missed.
        of: what they are the names of; runs of something else are not compared.
        given_up: names that nobody misses.
    """
    past = [one for one in earlier if one.at < at and one.origin == of]
    old = [one for one in past if (at - one.at).total_seconds() >= ages.counter_least_hours * 3600]
    listed = None if names is None else sorted({kept(name) for name in names} - {""})[:_MOST]
    usual = {name for one in past for name, value in one.counts.items() if value >= _USUAL}
    before = (usual | _mostly([_listed(one) for one in past])) - {kept(name) for name in given_up}
    steady = _mostly([*map(_listed, old), set(listed)]) if old and listed is not None else set()
    handed_on = (usual | steady) - {kept(name) for name in given_up}
    counts = {
        name: float((name in (listed or ())) * _LISTED + (name in handed_on) * _USUAL)
        for name in sorted({*(listed or ()), *handed_on})
    }
    missing = () if listed is None else tuple(sorted(before - set(listed)))
    return RollCall(missing, Counted(at=at, origin=of, counts=counts))


def kept(name: str) -> str:
    """A name as it is kept: words alone, without numbers and identifiers; a digest where it may be an address.

    ``web-7d9f8b6c5-x2x4z`` and ``web-1`` are ``web``; empty where nothing is left.
    """
    name = _VERSION.sub("", name.strip().lower()).removesuffix(".log")
    words = (_NUMBERED.sub(r"\1", word) for word in re.findall(r"[a-z0-9]+", name))
    found = "-".join(word for word in words if not re.search(r"\d", word))[:_LONGEST].strip("-")
    file = _FILE.fullmatch(name)
    if found and re.search(r"[.@]", file[1] if file else name):
        return f"{_DIGEST}{hashlib.sha256(found.encode()).hexdigest()[:10]}"
    return found or "".join(_WITH_ONE.findall(name))


def _listed(run: Counted) -> set[str]:
    return {name for name, value in run.counts.items() if value % _USUAL == _LISTED}


def _mostly(runs: Sequence[set[str]]) -> set[str]:
    """The names that more than half of these runs have listed, of those that have listed any."""
    runs, names = [run for run in runs if run], set().union(*runs)
    return {name for name in names if 2 * sum(name in run for run in runs) > len(runs)}
