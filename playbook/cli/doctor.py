"""``python -m playbook doctor``: is each service configured, reachable, permitted, and what it should be?

The clients of a run ask each service one small question, concurrently, and the answers are read as in a run, so
what works here works there.
"""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playbook.cli.audiences import who_may_read
from playbook.cli.probes import SERVICES, NotWell, Service
from playbook.clients.breakage import RUNNER_HINT
from playbook.core import door
from playbook.core.clock import Clock, iso
from playbook.core.counters import Earlier
from playbook.core.engine import REGISTRY, Measurements, Outcome
from playbook.core.errors import (
    Denied,
    Malformed,
    NotConfigured,
    TooLittleData,
    Unmeasured,
    Unreachable,
    UsageError,
)
from playbook.core.registry import Provider
from playbook.core.verdict import EXIT_OK, EXIT_UNKNOWN
from playbook.notify.overview import overview
from playbook.report.words import not_part
from playbook.run.run import load_providers
from playbook.settings.chosen import settings_for
from playbook.settings.model import SANDBOX, Settings
from playbook.settings.profile import left_out, left_out_of_the_catalogue

Word = Literal["yes", "no", "wrong", "?", "-"]

_TIME_LIMIT = 25.0  # seconds for one probe; the clients' own limits are shorter
_COLUMNS = (16, 10, 9, 9, 7)
_INDENT = "    "
_WIDEST = 110


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Result for one service.

    Attributes:
        configured: ``wrong`` if a setting is unusable.
        reachable, permitted: ``-`` if not asked, ``?`` if unknown.
        found: one sentence; if it is not configured, what to add.
        set_by: variables or settings that it comes from.
        next_step: what to do if it does not work.
        seconds: duration of the probe.
        well: False if the service reports that it cannot work, or is not what the checks need.
    """

    service: str
    configured: Word
    reachable: Word
    permitted: Word
    found: str
    set_by: str
    next_step: str = ""
    seconds: float = 0.0
    well: bool = True

    @property
    def works(self) -> bool:
        """Whether it was asked and answered as it should."""
        return self.permitted == "yes" and self.well


# ------------------------------------------------------------------------------------------------------ diagnosing


def diagnose(
    settings: Settings,
    clock: Clock,
    environment: Mapping[str, str] = os.environ,
    services: Sequence[Service] = SERVICES,
) -> Iterator[Diagnosis]:
    """Ask every service concurrently, and yield the results in their usual order."""
    load_providers()
    probes = {f"doctor:{service.name}": _provider(service) for service in services}
    measurements = Measurements(
        {"settings": settings, "clock": clock, "earlier": Earlier()},
        {**REGISTRY, **probes},
        absent=settings.nowhere,
    )
    try:
        measurements.start(probes)
        for service in services:
            outcome = measurements.outcome(f"doctor:{service.name}")
            if outcome.absent:
                continue  # reported once, with everything that is not part of the product
            yield _diagnosis(service, outcome, _set_by(service, settings, environment))
    finally:
        measurements.close()


def _provider(service: Service) -> Provider:
    code = service.probe.__code__
    needs = code.co_varnames[: code.co_argcount]
    return Provider(
        f"doctor:{service.name}", service.probe, needs, _TIME_LIMIT, is_client=False, parts=service.parts
    )


def _diagnosis(service: Service, outcome: Outcome, set_by: str) -> Diagnosis:
    error, name, seconds = outcome.error, service.name, outcome.seconds
    if error is None:
        return Diagnosis(name, "yes", "yes", "yes", str(outcome.value), set_by, seconds=seconds)
    found, hint = str(error), getattr(error, "hint", "")
    match error:
        case NotConfigured():
            return Diagnosis(name, "no", "-", "-", f"add {error.add}", set_by)
        case UsageError():
            return Diagnosis(name, "wrong", "-", "-", found, set_by, "Correct this setting.")
        case Unreachable():
            words: tuple[Word, Word] = ("no", "-")
            step = (
                "Check that the address is right, that the service runs, and that nothing on the way keeps this "
                "machine from it."
            )
            hint = "" if hint == RUNNER_HINT else hint
        case Denied():
            words, step = ("yes", "no"), "Check the credentials and what they permit."
        case Malformed():
            words, step = (
                ("yes", "?"),
                "Look at what answers there: is it the right address, and is the service well?",
            )
        case TooLittleData():
            words, step = ("yes", "?"), "It answers, but has nothing to show yet."
        case NotWell():
            words, step = (
                ("yes", "yes"),
                "It is the right service; see to it, or choose another one in the settings.",
            )
            return Diagnosis(name, "yes", *words, found, set_by, step, seconds, well=False)
        case Unmeasured():
            words, step = ("?", "?"), "Try again; if it stays so, report it as a fault of the suite."
        case _:
            words, step = ("?", "?"), "Report this as a fault of the suite."
    return Diagnosis(name, "yes", *words, found, set_by, hint or step, seconds)


_VARIABLE = re.compile(r"\$\{([A-Z0-9_|]+)\}")


def _set_by(service: Service, settings: Settings, environment: Mapping[str, str]) -> str:
    """Where its settings come from, e.g. ``$REDIS_URL``; never their values."""
    if settings.target.kind == SANDBOX:  # it fills in its addresses itself, as the first lines say
        return ""
    ways = ([path for path in way if _value(settings, path)] for way in service.settings)
    taken = next((way for way in ways if way), [])
    return ", ".join(dict.fromkeys(_source(settings, path, environment) for path in taken))


def _value(settings: Settings, path: str) -> object:
    section, _, key = path.partition(".")
    return getattr(getattr(settings.target, section), key)


def _source(settings: Settings, path: str, environment: Mapping[str, str]) -> str:
    raw = settings.sources.get(f"targets.{settings.target.name}.{path}", "")
    names = [name for group in _VARIABLE.findall(raw) for name in group.split("|") if environment.get(name)]
    return f"${names[0]}" if names else f"{path} in {settings.file.name if settings.file else 'defaults.toml'}"


# --------------------------------------------------------------------------------------------------------- telling


def lines(diagnosis: Diagnosis, width: int) -> Iterator[str]:
    """A row, and below it what to do if it does not work."""
    seconds = f"{diagnosis.seconds:.2f} s" if diagnosis.reachable != "-" else "-"
    words = (diagnosis.service, diagnosis.configured, diagnosis.reachable, diagnosis.permitted, seconds)
    row = _row(words)
    if diagnosis.works or diagnosis.configured == "no":
        yield from f"{row}  {diagnosis.found}".replace("\n", f"\n{_INDENT * 2}").splitlines()
    else:
        yield row.rstrip()
        yield from _field("got", diagnosis.found, width)
    if diagnosis.set_by:
        yield from _field("set by", diagnosis.set_by, width)
    if diagnosis.next_step:
        yield from _field("next", diagnosis.next_step, width)


def heading() -> str:
    """Column headings."""
    return _row(("SERVICE", "CONFIGURED", "REACHABLE", "PERMITTED", "TIME")) + "  FOUND"


def _row(words: tuple[str, ...]) -> str:
    return "  ".join(f"{word:<{width}}" for word, width in zip(words, _COLUMNS, strict=True))


def _field(name: str, text: str, width: int) -> Iterator[str]:
    lead = f"{_INDENT}{name:<6}  "
    for number, line in enumerate(text.splitlines()):
        first = lead if not number else " " * len(lead)
        # Addresses and settings must not be broken, so that they can be copied.
        yield from textwrap.wrap(
            line, width, initial_indent=first, subsequent_indent=" " * len(lead), break_long_words=False
        )


def closing(diagnoses: Sequence[Diagnosis]) -> str:
    """How many services work, in a sentence."""
    configured = _configured(diagnoses)
    working = sum(diagnosis.works for diagnosis in configured)
    missing = len(diagnoses) - len(configured)
    return f"{working} of {len(configured)} configured services work" + (
        f"; {missing} not configured" if missing else ""
    )


def exit_code(diagnoses: Sequence[Diagnosis]) -> int:
    """0 if every configured service works and there is at least one; else 10."""
    configured = _configured(diagnoses)
    return EXIT_OK if configured and all(diagnosis.works for diagnosis in configured) else EXIT_UNKNOWN


def _configured(diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    return [diagnosis for diagnosis in diagnoses if diagnosis.configured != "no"]


def run(target: str | None, faults: Sequence[str], root: Path, say: Callable[[str], None]) -> int:
    """Diagnose a target and print the result line by line; the exit code.

    Args:
        target: its name; default as in ``playbook.settings.loading.load``.
        faults: faults to switch on; sandbox only.
        root: folder of playbook.toml.

    Raises:
        UsageError: settings, target or faults are wrong.
    """
    settings, clock = settings_for(target, root), Clock()
    if settings.target.kind != SANDBOX:
        if faults:
            raise UsageError(f"faults are for the sandbox only, and the target is {settings.target.name}")
        say(_first_line(settings, clock, chosen=True))
        none = f"playbook/defaults.toml; there is no playbook.toml in {root} (python -m playbook init writes one)"
        say(f"settings: {settings.file or none}")
        return _tell(settings, clock, say)

    from sandbox.faults import require_known
    from sandbox.launcher import attach_or_start

    require_known(faults)
    say(_first_line(settings, clock, chosen=bool(target), faults=faults))
    with attach_or_start(faults) as sandbox:
        say("settings: filled in by the sandbox")
        return _tell(settings_for(target, root, sandbox.settings), clock, say)


def _first_line(settings: Settings, clock: Clock, *, chosen: bool, faults: Sequence[str] = ()) -> str:
    name = settings.target.name + ("" if chosen else " (no target chosen: this is the embedded demo system)")
    shown = f" · faults: {', '.join(faults)}" if faults else ""
    return f"operations playbook · target: {name} · doctor{shown} · {iso(clock.now())}"


def _tell(settings: Settings, clock: Clock, say: Callable[[str], None]) -> int:
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    say("")
    say(heading())
    diagnoses = []
    for diagnosis in diagnose(settings, clock):
        diagnoses.append(diagnosis)
        for line in lines(diagnosis, width):
            say(door.text(line))
    absent = left_out(
        left_out_of_the_catalogue(settings.target.without, absent=settings.nowhere), settings.target.without
    )
    if absent:
        say("")
        say(f"not part of this product: {', '.join(not_part(part) for part in absent)}")
    say("")
    for line in who_may_read(settings):
        say(door.text(line))
    say("")
    who = overview(settings)
    say("NOTIFICATIONS  (nothing was sent)")
    for line in (*who.lines, *(f"wrong     {problem}" for problem in who.problems)):
        say(door.text(line))
    say("")
    say(closing(diagnoses))
    return EXIT_UNKNOWN if who.problems else exit_code(diagnoses)
