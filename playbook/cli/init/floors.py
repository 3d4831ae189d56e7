"""How many checks of each set are executed with what a product is known to have.

A floor that is too low lets a check go unmissed, and one that is too high makes each run UNKNOWN; so what counts
is what certainly has all that it needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from playbook.cli.init.answers import Answers
from playbook.core.catalogue import read_catalogue
from playbook.core.engine import needs_of
from playbook.run import load_providers
from playbook.settings.profile import missing_for, shipped_checks

# What takes settings, files or a past that no first playbook.toml has: sign-offs and rosters, a budget, windows of
# maintenance, drills, logs of a whole day (the platform keeps none).
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
_BY_HAND = ("load", "mutates")  # only run with options of their own


def fitting_floors(answers: Answers, defaults: Mapping[str, int]) -> dict[str, int]:
    """The floor of each set, at least 1.

    Args:
        defaults: the floors of the shipped settings, by set; of all but the three cadences, those that are low
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
