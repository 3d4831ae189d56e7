"""Years of runs, the same whenever they are made: for pages, incidents and benchmarks.

    runs = years(1, until=NOW)                      # daily, weekly and monthly, with failures and recoveries
    write(folder, runs)                             # as files, at once

Every item of the catalogue is there. Numbers wave by week and year; failures come in turn, and last for some runs.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from playbook.core.catalogue import read_catalogue
from playbook.core.limits import Limit
from playbook.core.verdict import EXECUTED, Verdict, exit_code, overall
from playbook.history.runs import RUNS, Finding, RunLine, make_folder
from playbook.settings.loading import load
from playbook.settings.schedule import next_slot

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SETS = ("daily", "weekly", "monthly")

# Item → name of its limit, its usual value, and how far it waves.
NUMBERS: Mapping[str, tuple[str, float, float]] = {
    "daily.kpi.availability": ("availability", 99.95, 0.04),
    "daily.kpi.response-time": ("response_time", 0.45, 0.15),
    "daily.kpi.error-rate": ("error_rate", 0.05, 0.03),
    "daily.kpi.image-success": ("image_success", 99.5, 0.3),
    "daily.kpi.cache-hit-rate": ("cache_hit_rate", 93.0, 2.5),
    "daily.kpi.utilization": ("cpu", 52.0, 12.0),
    "daily.probe.homepage": ("homepage_time", 0.21, 0.08),
    "daily.probe.optimize": ("image_saving", 68.0, 5.0),
    "daily.backups.completed": ("backup_age", 4.6, 0.4),
    "daily.logs.http-errors": ("log_server_errors", 0.05, 0.03),
}

# What fails together: cause as a record has it (empty: it was measured), the items, and what they say.
FAILURES: Sequence[tuple[str, Verdict, tuple[str, ...], str]] = (
    ("", Verdict.CRITICAL, ("daily.kpi.cache-hit-rate",), "Cache hit rate: expected at least 80 %, got 61.2 %"),
    ("Redis", Verdict.UNKNOWN, ("daily.redis.alive", "daily.kpi.cache-hit-rate"), "Redis: connection refused"),
    ("", Verdict.CRITICAL, ("daily.health.api",), "API health: expected all healthy, got HTTP 503, degraded"),
    ("", Verdict.WARNING, ("daily.kpi.response-time",), "P95 response time: expected at most 2 s, got 3.4 s"),
    (
        "",
        Verdict.CRITICAL,
        ("daily.backups.completed",),
        "Age of the newest backup: expected under 25 h, got 49 h",
    ),
    (
        "Prometheus",
        Verdict.UNKNOWN,
        ("daily.kpi.availability", "daily.kpi.response-time", "daily.kpi.error-rate", "daily.kpi.image-success"),
        "Prometheus: expected an answer within 15 s, got none",
    ),
)
_BAD_VALUES = {"daily.kpi.cache-hit-rate": 61.2, "daily.kpi.response-time": 3.4, "daily.backups.completed": 49.0}


def finding(verdict: Verdict = Verdict.OK, **changes: object) -> Finding:
    """What a run said of one item."""
    message = "" if verdict is Verdict.OK else "Example: expected at least 80 %, got 61.2 %"
    return Finding(**{"verdict": verdict, "message": message, "seconds": 0.02, **changes})  # type: ignore[arg-type]


def run_line(
    items: Mapping[str, Finding | Verdict],
    *,
    started: datetime = NOW,
    set_name: str = "daily",
    target: str = "production",
    **changes: object,
) -> RunLine:
    """A run of these items; what its verdict is follows from theirs."""
    found = {item: finding(each) if isinstance(each, Verdict) else each for item, each in items.items()}
    verdicts = [each.verdict for each in found.values()]
    verdict = overall(verdicts, floor=1)
    fields: dict[str, object] = {
        "id": f"{target}-{set_name}-{started:%Y%m%dT%H%M%SZ}-{abs(hash_of(target, set_name, started)):08x}",
        "target": target,
        "kind": "sandbox" if target == "sandbox" else "production",
        "set": set_name,
        "started": started,
        "finished": started + timedelta(seconds=6),
        "verdict": verdict,
        "exit_code": exit_code(verdict),
        "executed": sum(each in EXECUTED for each in verdicts),
        "floor": 1,
        "report": f"{target}-{set_name}-{started:%Y%m%dT%H%M%SZ}",
        "counts": {str(each): verdicts.count(each) for each in Verdict if each in verdicts},
        "versions": {"playbook": "0.1.0", "python": "3.11.7", "pytest": "9.2.0", "httpx": "0.28.1"},
        "items": found,
        **changes,
    }
    return RunLine(**fields)  # type: ignore[arg-type]


def hash_of(*parts: object) -> int:
    """Four bytes that are the same in every process."""
    return random.Random("|".join(map(str, parts))).getrandbits(32)


def years(
    count: float,
    *,
    until: datetime = NOW,
    target: str = "production",
    sets: Sequence[str] = SETS,
    failing: float = 0.02,
    missing: float = 0.005,
    seed: int = 1,
) -> list[RunLine]:
    """The runs of this many years, oldest first, as the default schedule starts them.

    Args:
        failing: how often, for each daily run, something new fails; it lasts for one to four runs.
        missing: how often a slot has no run.
    """
    chance = random.Random(seed)
    runs = [
        run for name in sets for run in _runs(name, _slots(name, count, until), target, (failing, missing), chance)
    ]
    return sorted(runs, key=lambda run: run.started)


def _slots(name: str, count: float, until: datetime) -> Iterator[datetime]:
    schedule = load("sandbox", environment={}).schedule
    slot = next_slot(schedule, name, until - timedelta(days=365.25 * count))
    while slot and slot <= until:
        yield slot
        slot = next_slot(schedule, name, slot)


def _runs(
    name: str, slots: Iterator[datetime], target: str, shares: tuple[float, float], chance: random.Random
) -> Iterator[RunLine]:
    failing, missing = shares
    limits = msgspec.structs.asdict(load("sandbox", environment={}).limits)
    items = read_catalogue().ids_of(name)
    failures = itertools.cycle(FAILURES)
    broken: dict[str, Finding] = {}
    left = 0
    for slot in slots:
        left -= 1
        if left <= 0:
            broken = {}
            if name == "daily" and chance.random() < failing:
                cause, verdict, failed, message = next(failures)
                left = chance.randint(1, 4)
                broken = {item: _bad(item, verdict, cause, message, limits) for item in failed}
        if chance.random() < missing:
            continue
        started = slot + timedelta(minutes=chance.randint(1, 40), seconds=chance.randint(0, 59))
        found = {item: broken.get(item) or _good(item, started, limits, chance) for item in items}
        run = run_line(found, started=started, set_name=name, target=target, slot=slot, floor=min(10, len(items)))
        yield run
        if broken:
            again = started + timedelta(seconds=75)
            yield run_line(broken, started=again, set_name=name, target=target, partial=True, confirms=run.id)


def _good(item: str, at: datetime, limits: Mapping[str, Limit], chance: random.Random) -> Finding:
    seconds = round(chance.uniform(0.001, 0.4), 3)
    if item not in NUMBERS:
        return Finding(verdict=Verdict.OK, seconds=seconds)
    name, usual, spread = NUMBERS[item]
    day = at.timestamp() / 86_400
    wave = 0.5 * math.sin(day / 7 * math.tau) + 0.2 * math.sin(day / 365 * math.tau) + chance.uniform(-0.3, 0.3)
    value = usual + spread * wave
    return Finding(
        verdict=Verdict.OK,
        value=value,
        limit=_texts(limits[name]),
        below_target=not limits[name].meets_target(value),
        seconds=seconds,
    )


def _bad(item: str, verdict: Verdict, cause: str, message: str, limits: Mapping[str, Limit]) -> Finding:
    value = _BAD_VALUES.get(item) if not cause else None
    limit = _texts(limits[NUMBERS[item][0]]) if value is not None else {}
    return Finding(verdict=verdict, value=value, limit=limit, message=message, cause=cause, seconds=0.2)


def _texts(limit: Limit) -> dict[str, str]:
    bounds = {"target": limit.target, "warning": limit.warning, "critical": limit.critical}
    return {name: str(bound) for name, bound in bounds.items() if bound}


def write(folder: Path, runs: Sequence[RunLine]) -> None:
    """The files of a history, written at once: years of single appends would take as long as their runs did."""
    make_folder(folder)
    (folder / RUNS).mkdir(exist_ok=True)
    by_year: dict[int, list[bytes]] = {}
    for run in runs:
        by_year.setdefault(run.started.astimezone(UTC).year, []).append(msgspec.json.encode(run) + b"\n")
    for year, lines in by_year.items():
        with (folder / RUNS / f"{year}.jsonl").open("ab") as file:
            file.writelines(lines)
