"""What earlier runs have listed, and this one does not: dependencies of a health report, logs, jobs. Pure.

Each run keeps the names with its other readings (``playbook.core.counters``), for everybody only as digests.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from playbook.core.counters import Ages, Counted, digest_of

# What is kept of a name, added up.
_LISTED, _USUAL = 1, 2
_MOST = 200  # names that are kept
_LONGEST = 40
_VERSION = re.compile(r"\d+(?:\.\d+)+")  # or an IP address
_NUMBERED = re.compile(r"^([a-z]+)\d+$")
_WITH_ONE = re.compile(r"^[a-z]{2,}\d[a-z]{1,3}$")  # neo4j
# What Kubernetes makes up for a pod: a hash of its release, and five letters or digits, without vowels.
_MADE_UP = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}(?![^\W_])")
# The machine on which a check ran, as in "Disk(path='/srv', hostname='web-1')".
_MACHINE = re.compile(r"\bhostname=(?:'[^']*'|\"[^\"]*\")")
_SHOWN = 5
# Names that are known from their digests.
_COMMON = """access admin api app auth backend billing broker cache celery core database db disk diskspace email
elasticsearch kafka mail mailer memory minio mongo mongodb mysql nginx payments php postgres postgresql queue redis
rabbitmq scheduler search sidekiq smtp storage stripe web worker workers""".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class RollCall:
    """Names that are missing, and what is kept for later runs.

    Attributes:
        missing: names, and the digests of those whose names are not known here.
        given_up: names that need not be there, according to the settings.
    """

    missing: tuple[str, ...]
    read: Counted
    given_up: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The missing names: ``redis, api and 1 that is kept without its name``; empty where none is missing."""
        named = [name for name in self.missing if digest_of(name) != name]
        nameless = len(self.missing) - len(named)
        more = nameless + len(named[_SHOWN:])
        rest = [f"{more} {'that is kept without its name' if more == nameless else 'more'}"] if more else []
        return " and ".join(filter(None, (", ".join(named[:_SHOWN]), *rest)))


def roll_call(
    names: Collection[str] | None,
    at: datetime,
    earlier: Sequence[Counted],
    ages: Ages,
    *,
    of: str = "",
    given_up: Collection[str] = (),
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
    of_past = (name for one in past if one.named for name in one.counts)
    known = {digest_of(name): name for name in (*_COMMON, *of_past, *(listed or ()))}
    gone = {digest_of(kept(name)) for name in given_up}
    now = {digest_of(name) for name in listed or ()}
    usual = {name for one in past for name, value in _by_digest(one).items() if value >= _USUAL}
    before = (usual | _mostly([_listed(one) for one in past])) - gone
    steady = _mostly([*map(_listed, old), now]) if old and listed is not None else set()
    handed_on = (usual | steady) - gone
    counts = {
        known.get(name, name): float((name in now) * _LISTED + (name in handed_on) * _USUAL)
        for name in now | handed_on
    }
    missing = () if listed is None else tuple(sorted(known.get(name, name) for name in before - now))
    read = Counted(at=at, origin=of, counts=dict(sorted(counts.items())), named=True)
    return RollCall(missing, read, tuple(given_up))


def kept(name: str) -> str:
    """A name as it is kept: its words, without numbers and identifiers.

    ``web-7d9f8b6c5-x2x4z`` and ``web-1`` are ``web``; empty where nothing is left.
    """
    name = _MADE_UP.sub("", _MACHINE.sub("", name.strip().lower()))
    name = _VERSION.sub("", name).removesuffix(".log")
    words = (_NUMBERED.sub(r"\1", word) for word in re.findall(r"[^\W_]+", name))
    found = "-".join(word for word in words if not re.search(r"\d", word))[:_LONGEST].strip("-")
    return found or "".join(_WITH_ONE.findall(name))


def _by_digest(run: Counted) -> Mapping[str, float]:
    return {digest_of(name): value for name, value in run.counts.items()}


def _listed(run: Counted) -> set[str]:
    return {name for name, value in _by_digest(run).items() if value % _USUAL == _LISTED}


def _mostly(runs: Sequence[set[str]]) -> set[str]:
    """The names that more than half of these runs have listed, of those that have listed any."""
    runs, names = [run for run in runs if run], set().union(*runs)
    return {name for name in names if 2 * sum(name in run for run in runs) > len(runs)}
