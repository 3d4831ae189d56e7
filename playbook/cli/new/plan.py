"""What a new check is called, what it asks, and which faults prove it: decided before anything is written."""

from __future__ import annotations

import inspect
import re
import typing
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

import playbook.measure
from playbook.cli.where import check_functions, expectations, limits_of, named_by
from playbook.core.catalogue import SECTIONED, shipped
from playbook.core.engine import REGISTRY, needs_of
from playbook.core.errors import UsageError
from playbook.core.limits import Reading
from playbook.core.suggestions import did_you_mean
from playbook.run.run import load_providers
from playbook.settings.sections.limits import Limits

FILL_IN = "FILL IN"

_ITEM = re.compile(r"[a-z_]+(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Needed(NamedTuple):
    """A measurement or client as a parameter: its name, its type, and the module that the type comes from."""

    name: str
    annotation: str
    module: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A new check with its proofs.

    Attributes:
        title: the item's title in the catalogue.
        subject: the package of ``playbook.measure`` that it belongs to.
        markers: the sets that run it.
        check: name of the check's function.
        file: of the checks that are nearest to it, from the root.
        measured: what it judges.
        figures: the attributes of that value that are numbers; empty where the measurement is new.
        clients: what a new measurement asks; empty where the measurement is there already.
        fault: under which it fails.
        fault_is_new: whether that fault has still to be written.
        limits: the limits whose names begin with the subject, and those that its neighbours are judged by.
        gone: the fault that takes away what it measures.
        also_gone: the other faults that take it away, as far as the neighbours' expectations show.
    """

    item: str
    title: str
    subject: str
    markers: tuple[str, ...]
    check: str
    file: Path
    measured: Needed
    figures: tuple[str, ...]
    clients: tuple[Needed, ...]
    fault: str
    fault_is_new: bool
    limits: tuple[str, ...]
    gone: str
    also_gone: tuple[str, ...]


def make_plan(
    item: str,
    root: Path,
    *,
    measurement: str = "",
    client: str = "",
    subject: str = "",
    fault: str = "",
    gone: str = "",
) -> Plan:
    """Decide on every name of a new check in a checkout.

    Args:
        measurement: one that is there already; empty for a new one.
        client: what a new measurement asks; empty for the one that its subject asks most.
        subject: empty for that of the measurement, or the second word of the item.
        fault: under which the check fails; a name that is no fault yet becomes one.
        gone: the fault that takes away what is measured; empty for the one of the neighbours.

    Raises:
        UsageError: the item is there already, or a name is none.
    """
    load_providers()
    catalogue = shipped()
    require_item(item, {known.set for known in catalogue.items.values()})
    if item in catalogue.items:
        raise UsageError(f"new: {item} is there already; `python -m playbook where {item}` names its places")
    set_name, *words = item.split(".")
    markers = (set_name, words[0].replace("-", "_")) if set_name in SECTIONED else (set_name,)
    subject = _subject(item, words, measurement, subject)
    name = "_".join((*([] if subject in words else [subject]), *words)).replace("-", "_")
    clients: tuple[Needed, ...] = ()
    if measurement:
        measured, figures = _known(measurement), _figures(measurement)
    else:
        if name in REGISTRY:
            raise UsageError(
                f"new: {name} is measured already; add `--measurement {name}`, or choose another ITEM"
            )
        client = client or _usual_client(subject)
        _require_known("client", client, [one for one in REGISTRY if REGISTRY[one].is_client])
        module = f"{playbook.measure.__name__}.{subject}.{name}"
        measured, figures, clients = Needed(name, _class_name(name), module), (), (_known(client),)
    faults = import_module("sandbox.faults").FAULTS
    fault = fault or name.replace("_", "-")
    if not _NAME.fullmatch(fault):
        raise UsageError(f"new: expected a fault's name such as redis-gone, got {fault!r}")
    if gone:
        _require_known("fault", gone, faults)
    usual = _usual_gone(root, subject, measurement or client, set_name)
    if not gone and not usual:
        raise UsageError(
            f"new: no fault makes the service behind {measurement or client} unavailable; name one with --gone"
        )
    check = f"test_{name}"
    if any(function.name == check for _, function in check_functions(root)):
        raise UsageError(f"new: a check {check} is there already; choose another ITEM")
    return Plan(
        item=item,
        title=" ".join(name.split("_")).capitalize(),
        subject=subject,
        markers=markers,
        check=check,
        file=_nearest_file(root, subject, measurement or client),
        measured=measured,
        figures=figures,
        clients=clients,
        fault=fault,
        fault_is_new=fault not in faults,
        limits=_near_limits(root, subject, measurement or client),
        gone=gone or usual[0],
        also_gone=tuple(one for one in usual if one != (gone or usual[0])),
    )


def require_item(item: str, sets: Collection[str]) -> None:
    """An item's id is a set, and words that say what is checked.

    Raises:
        UsageError: this one is none, with what was expected.
    """
    if not _ITEM.fullmatch(item):
        raise UsageError(f"new: expected an item such as daily.redis.clients, got {item!r}")
    set_name = item.partition(".")[0]
    if set_name not in sets:
        known = sorted(sets)
        raise UsageError(
            f"new: expected an item of a set ({', '.join(known)}), got {item!r}{did_you_mean(set_name, known)}"
        )


def _subject(item: str, words: list[str], measurement: str, subject: str) -> str:
    subjects = [module.name for module in iter_modules(playbook.measure.__path__) if module.ispkg]
    if subject:
        _require_known("subject", subject, subjects)
        return subject
    if measurement:
        _require_known("measurement", measurement, _measurements())
        package = REGISTRY.module_of(measurement).removeprefix(f"{playbook.measure.__name__}.").partition(".")[0]
        if package in subjects:
            return package
    if words[0] in subjects:
        return words[0]
    raise UsageError(f"new: {item} names no subject; add --subject, one of {', '.join(subjects)}")


def _require_known(what: str, name: str, known: Iterable[str]) -> None:
    names = sorted(known)
    if name not in names:
        raise UsageError(
            f"new: expected a {what} that is there ({', '.join(names)}), got {name!r}{did_you_mean(name, names)}"
        )


def _measurements() -> list[str]:
    return [name for name in REGISTRY if not REGISTRY[name].is_client]


def _known(name: str) -> Needed:
    """A provider as a parameter, by the type that it returns; one that may be absent by what it is otherwise."""
    kind = _returned(name)
    return Needed(name, kind.__name__, kind.__module__)


def _returned(name: str) -> type:
    function = REGISTRY[name].function
    module = inspect.getmodule(function)
    returned: Any = inspect.signature(function).return_annotation
    if isinstance(returned, str):
        returned = eval(returned, vars(module))  # noqa: S307 - our own annotations
    kinds = [kind for kind in typing.get_args(returned) if kind is not type(None)] or [returned]
    return typing.cast("type", kinds[0])


def _figures(name: str) -> tuple[str, ...]:
    """What of a measurement's value is a number with its window: properties, fields, and methods that give one."""
    kind = _returned(name)
    found = [field for field, text in _annotations(kind).items() if text in ("Reading", Reading)]
    for attribute, value in vars(kind).items():
        getter = value.fget if isinstance(value, property) else value if inspect.isfunction(value) else None
        if getter and inspect.signature(getter).return_annotation in ("Reading", Reading):
            found.append(attribute if isinstance(value, property) else f"{attribute}(…)")
    return tuple(sorted(one for one in found if not one.startswith("_")))


def _annotations(kind: type) -> dict[str, Any]:
    return getattr(kind, "__annotations__", {})


def _usual_client(subject: str) -> str:
    """The client that most measurements of the subject ask."""
    prefix = f"{playbook.measure.__name__}.{subject}."
    asked = Counter(
        need
        for name in REGISTRY
        if REGISTRY.module_of(name).startswith(prefix)
        for need in REGISTRY.needs(name)
        if need in REGISTRY and REGISTRY[need].is_client
    )
    if not asked:
        raise UsageError(f"new: no measurement of {subject} asks a client yet; add --client")
    return asked.most_common(1)[0][0]


def _nearest_file(root: Path, subject: str, provider: str) -> Path:
    """The subject's file with the most checks of the same measurement or client; of equals the subject's own."""
    counts = Counter(dict.fromkeys(sorted((root / "checks" / subject).glob("test_*.py")), 0))
    for file, check in check_functions(root):
        if file in counts and provider in needs_of(argument.arg for argument in check.args.args):
            counts[file] += 1
    nearest = max(counts, key=lambda file: (counts[file], file.name == f"test_{subject}.py"))
    return nearest.relative_to(root)


def _near_limits(root: Path, subject: str, provider: str) -> tuple[str, ...]:
    """The limits of a subject by their names, and those that checks of the same measurement or client judge by."""
    near = {name for name in Limits.__struct_fields__ if name.startswith(f"{subject}_")}
    for _, check in check_functions(root):
        if provider in {argument.arg for argument in check.args.args}:
            near |= limits_of(check)
    return tuple(sorted(near))


def _usual_gone(root: Path, subject: str, provider: str, set_name: str) -> list[str]:
    """The faults that reach most checks of the same provider, of which some become UNKNOWN.

    Checks of other sets count only where the set has none. Some become CRITICAL, as where the website is gone.
    The subject's own faults come first, then services that are gone.
    """
    asking: set[str] = set()
    for _, check in check_functions(root):
        if provider in needs_of(argument.arg for argument in check.args.args):
            asking |= named_by(check) & shipped().items.keys()
    asking = {item for item in asking if item.startswith(f"{set_name}.")} or asking
    reached: Counter[str] = Counter()
    for fault, expected in expectations(root).EXPECTATIONS.items():
        verdicts = [expected[item][0] for item in asking if item in expected]
        reached[fault] = len(verdicts) if "UNKNOWN" in verdicts else 0
    most = max(reached.values(), default=0)
    stated = import_module(f"{expectations(root).__name__}.{subject}").EXPECTATIONS
    found = (fault for fault in reached if most and reached[fault] == most)
    return sorted(found, key=lambda fault: (fault not in stated, not fault.endswith("-gone"), fault))


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
