"""How many checks of each set a product with known parts executes.

A floor that is too low hides a missing check, one that is too high makes every run UNKNOWN; so only checks that
certainly have everything they need are counted.
"""

from __future__ import annotations

from collections.abc import Mapping

from playbook.cli.init.answers import Answers
from playbook.core.catalogue import read_catalogue
from playbook.core.engine import needs_of
from playbook.run.run import load_providers
from playbook.settings.profile import missing_for, shipped_checks

# Checks that need settings, files or a past that no first playbook.toml has: sign-offs and rosters, a budget,
# maintenance windows, drills, logs of a whole day (the platform keeps none).
_LATER = frozenset(
    {
        *("attestations", "access_sign_offs", "team_notified", "on_call", "emergency_calls", "maintenance_plan"),
        *(
            "weekly_handoff",
            "monthly_handoff",
            "runbooks",
            "links",
            "bills",
            "scaling_policies",
            "trusted_sources",
        ),
        *("logs", "logs_of_the_week", "restore_drill", "full_restore", "load_test"),
    }
)
_BY_HAND = ("load", "mutates")  # only run with their own options


def fitting_floors(answers: Answers, defaults: Mapping[str, int]) -> dict[str, int]:
    """The floor of each set, at least 1.

    Args:
        defaults: floors of the shipped settings, by set; sets other than the three cadences whose default is low
            enough need no line.
    """
    load_providers()
    catalogue = read_catalogue()
    there = {item for item, names, marked in shipped_checks() if _is_executed(answers, names, marked)}
    floors = {}
    for name, usual in defaults.items():
        count = max(sum(item in there for item in catalogue.ids_of(name)), 1)
        if name in ("daily", "weekly", "monthly") or (name not in _BY_HAND and count < usual):
            floors[name] = count
    return floors


def _is_executed(answers: Answers, names: list[str], marked: list[str]) -> bool:
    unknown = answers.absent.union(answers.open)
    if missing_for(names, marked, unknown, needs_all=True):
        return False
    needed = needs_of(names)
    if needed & _LATER or (not answers.app_id and "digitalocean" in needed):
        return False
    return bool(answers.url) or "website" not in needed
