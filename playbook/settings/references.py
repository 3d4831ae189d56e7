"""Names in the settings that refer to items, sets and load tasks. What is set for another name has no effect."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from playbook.core.own_items import is_made_of_test
from playbook.core.severity import OTHERS
from playbook.core.suggestions import did_you_mean
from playbook.settings.files import shipped_defaults
from playbook.settings.model import Settings
from playbook.settings.own_catalogue import catalogue_of
from playbook.settings.sections.limits import Limits
from playbook.settings.sections.sites import LIMITS_OF_SITES
from playbook.settings.sections.target import Target
from playbook.settings.sections.validation import Mistake

_SEVERITY, _IGNORE, _SIGN_OFFS = "incidents.severity", "incidents.ignore", "people.sign_offs"

_NEARLY = 0.9  # of two ids: a letter in ten


def unmet(settings: Settings, sets: Collection[str]) -> Iterator[Mistake]:
    """Names of the settings that refer to nothing.

    Args:
        sets: names of all shipped sets.
    """
    yield from _of_items(settings, sets)
    tasks = shipped_defaults()["load"]["weights"]
    for name in _others(settings.load.weights, tasks):
        yield Mistake(f"load.weights.{name}", f"expected one of {', '.join(tasks)}, got {name!r}")
    yield from unmet_of_sites(settings.target, settings.limits)


def unmet_of_sites(target: Target, limits: Limits) -> Iterator[Mistake]:
    """Limits of further websites by which nothing of them is judged.

    Args:
        limits: of the target.
    """
    judged = ", ".join(LIMITS_OF_SITES)
    for number, site in enumerate(target.web.also):
        for name in site.limits.__struct_fields__ if site.limits else ():
            if name not in LIMITS_OF_SITES and getattr(site.limits, name) != getattr(limits, name):
                yield Mistake(
                    f"target.web.also.{number}.limits.{name}",
                    f"expected a limit that further websites are judged by ({judged}), got {name!r}",
                )


def _of_items(settings: Settings, sets: Collection[str]) -> Iterator[Mistake]:
    shipped = shipped_defaults()
    severities = _others(settings.incidents.severity, [*shipped["incidents"]["severity"], OTHERS])
    sign_offs = _others(settings.people.sign_offs, shipped["people"]["sign_offs"])
    ignored = settings.incidents.ignore
    if not (severities or sign_offs or ignored):
        return  # the catalogue is not needed, and not read
    catalogue = catalogue_of(settings)
    if catalogue.unread:
        return  # which names there are is not known; each run reports the file
    known = {*catalogue.items, *catalogue.not_built}
    sets = {*sets, "own", *(item.partition(".")[0] for item in known)}
    for name in severities:
        if not _begins_one(name, known | sets) and not _is_made_of_test(name, sets):
            yield _mistake(f"{_SEVERITY}.{name}", "an item or a prefix of some", name, known | sets)
    for name in sign_offs:
        if name not in known | sets and not _is_made_of_test(name, sets):
            signed = [item.id for item in catalogue.items.values() if item.sign_off]
            yield _mistake(f"{_SIGN_OFFS}.{name}", "an item or a set", name, [*signed, *sets])
    for name in ignored:
        # It may be a removed item, whose incident cannot recover. One that is nearly the name of another is not.
        gone = name.partition(".")[0] in sets and not did_you_mean(name, known, likeness=_NEARLY)
        if name not in known and not gone and not _is_made_of_test(name, sets):
            yield _mistake(f"{_IGNORE}.{name}", "the id of an item", name, known)


def _others(names: Iterable[str], shipped: Collection[str]) -> list[str]:
    """The names that the defaults do not contain."""
    return [name for name in names if name not in shipped]


def _begins_one(name: str, known: Iterable[str]) -> bool:
    return any(f"{one}.".startswith(f"{name}.") for one in known)


def _is_made_of_test(name: str, sets: Collection[str]) -> bool:
    return is_made_of_test(name) and name.partition(".")[0] in sets


def _mistake(path: str, what: str, got: str, known: Iterable[str]) -> Mistake:
    return Mistake(path, f"expected {what}, got {got!r}{did_you_mean(got, known)}")
