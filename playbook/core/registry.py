"""Where each client and measurement is defined: known by name from the start, imported on first use.

A run needs a few dozen of some hundred modules, and ``--help`` none of them.
"""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

# Matches the decorators as every module writes them; a test ensures that none is missed or misread.
_DEFINED = re.compile(r"^@(?:client|measurement)\b(?:.*\n)+?def (\w+)\(", re.MULTILINE)
_PARAMETER = re.compile(r"\s*(\w+)")


@dataclass(frozen=True)
class Provider:
    """A registered client or measurement.

    Attributes:
        name: the function's name, by which checks request it.
        needs: names of the providers it takes.
        time_limit: seconds it may take once its inputs are available.
        libraries: what its module loads lazily. Loaded before the threads start: two threads that load parts of
            one package at once can deadlock, which Python reports with an exception.
        is_long: a drill or a load test, whose checks have their own time limit.
        apart_from: measurements that it needs but whose coverage does not limit its own: its result holds even
            where they have seen too little.
        parts: parts of the product without which there is nothing to measure (``settings.sections.parts``).
        one_of: alternative ways to measure it, by the parts that each takes; without a complete one there is
            nothing to measure.
        optional: inputs it can do without: None where the product does not have them.
        outcomes: inputs that it is given as their ``Outcome``, with a value or without: one that cannot be
            measured hides nothing of the others. It states their coverage itself.
    """

    name: str
    function: Callable[..., Any]
    needs: tuple[str, ...]
    time_limit: float
    is_client: bool
    libraries: tuple[str, ...] = ()
    is_long: bool = False
    apart_from: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    optional: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(self.function) or self.name).splitlines()[0]


class Registry(Mapping[str, Provider]):
    """Providers by name. A name is known without its module, which is imported when the provider is requested."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}
        self._needs: dict[str, tuple[str, ...]] = {}
        self._providers: dict[str, Provider] = {}

    def find(self, package: ModuleType) -> None:
        """Scan the modules of a package and its subpackages for definitions, without importing them."""
        for folder in map(Path, package.__path__):
            for source in sorted(folder.rglob("*.py")):
                module = ".".join((package.__name__, *source.relative_to(folder).with_suffix("").parts))
                for name, needs in _defined(source.read_text(encoding="utf-8")):
                    self._modules[name], self._needs[name] = module, needs

    def register(self, provider: Provider) -> None:
        """Add a provider while its module is imported.

        Raises:
            ValueError: another module has one of that name, or it depends on itself.
        """
        name, module = provider.name, provider.function.__module__
        other = self._modules.setdefault(name, module)
        if other != module:
            raise ValueError(f"{name} is registered by {other} and {module}")
        self._providers[name], self._needs[name] = provider, provider.needs
        if way := self._cycle(name, provider.needs):
            raise ValueError(f"{name} needs itself: {' needs '.join((name, *way))}")

    def _cycle(self, name: str, needs: Iterable[str]) -> tuple[str, ...]:
        """The dependency cycle from a provider's needs back to itself; empty where there is none."""
        seen: set[str] = set()
        waiting: list[tuple[str, ...]] = [(need,) for need in needs]
        while waiting:
            way = waiting.pop()
            if way[-1] == name:
                return way
            if way[-1] not in seen:
                seen.add(way[-1])
                waiting += [(*way, need) for need in self._needs.get(way[-1], ())]
        return ()

    def module_of(self, name: str) -> str:
        """The module that defines it, loaded or not."""
        return self._modules[name]

    def needs(self, name: str) -> tuple[str, ...]:
        """The names of its inputs, without loading it."""
        return self._needs[name]

    def __getitem__(self, name: str) -> Provider:
        if name not in self._providers:
            import_module(self._modules[name])
            learn_messages()
        return self._providers[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


def _defined(source: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name and parameters of each provider defined in a module, parsed from its source."""
    for found in re.finditer(_DEFINED, source):
        yield found[1], tuple(_parameters(source, found.end()))


def _parameters(source: str, at: int) -> Iterator[str]:
    """The names of parameters; ``at`` is after the opening bracket."""
    depth, begins = 0, True
    for here in range(at, len(source)):
        letter = source[here]
        if begins and (name := _PARAMETER.match(source, here)):
            yield name[1]
            begins = False
        depth += (letter in "([") - (letter in ")]")
        if depth < 0:
            return
        begins = begins or (letter == "," and depth == 0)


_learned: set[type[msgspec.Struct]] = set()
_learning = threading.Lock()


def learn_messages() -> None:
    """Make msgspec prepare every message class loaded so far, in one thread and before another uses it.

    msgspec prepares a class when it first decodes one; two threads doing so at once can crash the process (seen
    with msgspec 0.22 as a segmentation fault in one of some hundred runs).
    """
    with _learning:
        waiting = [msgspec.Struct]
        while waiting:
            for kind in waiting.pop().__subclasses__():
                if kind not in _learned:
                    msgspec.json.Decoder(kind)
                    _learned.add(kind)
                waiting.append(kind)
