"""Paths of the files of ``[people]``, and the ledgers in them with the rules of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from playbook.core.catalogue import Catalogue
from playbook.core.own_items import is_made_of_test
from playbook.core.sign_off import Rule
from playbook.history.first_days import known_since
from playbook.history.people import attest, waivers
from playbook.history.people.attest import SignOffs
from playbook.history.people.waivers import Waivers
from playbook.settings.model import Settings


def sign_offs_of(settings: Settings, catalogue: Catalogue, now: datetime) -> SignOffs:
    """The sign-offs; NotConfigured where the settings name no file, Unreachable where it does not exist."""
    file = settings.require(settings.people.attestations, "people.attestations", attest.SERVICE)
    path, target = settings.path_of(file), settings.target.name
    found = attest.read(path, known=known(catalogue), rules=rules(settings), now=now, target=target)
    return replace(found, since=known_since(settings, now))


def waivers_of(settings: Settings, catalogue: Catalogue, now: datetime) -> Waivers:
    """The waivers; empty where the settings name no file, or it does not exist yet."""
    if settings.people.waivers is None:
        return waivers.none(now)
    file = settings.path_of(settings.people.waivers)
    if not file.exists():
        return waivers.none(now)
    days, target = settings.people.waiver_days, settings.target.name
    return waivers.read(file, known=known(catalogue), most_days=days, now=now, target=target)


def rules(settings: Settings) -> Mapping[str, Rule]:
    """How long sign-offs count, by item or set."""
    return {
        name: Rule(timedelta(days=validity.valid_days), timedelta(days=validity.near_days))
        for name, validity in settings.people.sign_offs.items()
    }


class _WithOwn(frozenset[str]):
    """Every id of the playbook, and those of custom checks, which are in no catalogue."""

    def __contains__(self, item: object) -> bool:
        return super().__contains__(item) or (isinstance(item, str) and is_made_of_test(item))


def known(catalogue: Catalogue) -> frozenset[str]:
    """Every id that a ledger may name."""
    return _WithOwn((*catalogue.items, *catalogue.not_built))
