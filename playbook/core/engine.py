"""Measurements run side by side, each once, each in its own time limit.

A *client* is a function that opens a way to a service; a *measurement* is a function from clients or other
measurements to a frozen value. Both name what they need by their parameters, as pytest fixtures do:

    @measurement
    def redis_stats(redis: ReadOnlyRedis) -> RedisStats: ...

One failed provider is one root cause: whatever needs it fails with the same exception, which carries the name of
the provider that failed first.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, is_dataclass
from importlib import import_module
from typing import Any, TypeVar, overload

from playbook.core import deadline
from playbook.core.errors import PlaybookError, Unmeasured, UsageError
from playbook.core.registry import Registry

DEFAULT_TIME_LIMIT = 30.0
# Under the time that pytest.ini gives a check, so that what hangs is named, and not the check that waited for it.
# Drills and load tests are waited for as long as they may take; their checks have limits of their own.
LONGEST_WAIT = 50.0
SPARE = 2.0  # seconds before its end at which a measurement waits for no answer any more, and says so itself

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Provider:
    """A registered client or measurement.

    Attributes:
        name: the function's name, and the name by which checks ask for it.
        needs: names of the providers it takes.
        time_limit: seconds it may take once what it needs is there.
        libraries: what its module loads only where it is used. Loaded before the threads start: two threads that
            load parts of one package at once can end in a deadlock, which Python answers with an exception.
        is_long: a drill or a load test, whose checks have a time limit of their own.
        apart_from: measurements that it needs and whose coverage is none of its own: what it says is as true
            where they have seen too little.
        parts: parts of the product without which there is nothing to measure (``settings.sections.parts``).
        one_of: ways to measure it, by the parts that each takes; where each lacks one there is nothing to measure.
        optional: what it needs and can do without: None where the product does not have it.
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

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(self.function) or self.name).splitlines()[0]


REGISTRY = Registry()


def _register(function: Callable[..., Any], time_limit: float, *, is_client: bool, **more: Any) -> None:
    needs = tuple(inspect.signature(function).parameters)
    REGISTRY.register(Provider(function.__name__, function, needs, time_limit, is_client, **more))


@overload
def measurement(function: F) -> F: ...
@overload
def measurement(
    *,
    time_limit: float = ...,
    libraries: tuple[str, ...] = ...,
    is_long: bool = ...,
    apart_from: tuple[str, ...] = ...,
    parts: tuple[str, ...] = ...,
    one_of: tuple[tuple[str, ...], ...] = ...,
    optional: tuple[str, ...] = ...,
) -> Callable[[F], F]: ...
def measurement(
    function: F | None = None,
    *,
    time_limit: float = DEFAULT_TIME_LIMIT,
    libraries: tuple[str, ...] = (),
    is_long: bool = False,
    apart_from: tuple[str, ...] = (),
    parts: tuple[str, ...] = (),
    one_of: tuple[tuple[str, ...], ...] = (),
    optional: tuple[str, ...] = (),
) -> F | Callable[[F], F]:
    """Register a measurement. It must return a frozen value and judge nothing.

    What it makes of other measurements has seen no more than they have: its checks stand on their coverage too,
    but for those that it is ``apart_from``. The other arguments are those of ``Provider``.
    """

    def register(function: F) -> F:
        _register(
            function,
            time_limit,
            is_client=False,
            libraries=libraries,
            is_long=is_long,
            apart_from=apart_from,
            parts=parts,
            one_of=one_of,
            optional=optional,
        )
        return function

    return register(function) if function else register


@overload
def client(function: F) -> F: ...
@overload
def client(
    *, libraries: tuple[str, ...] = ..., parts: tuple[str, ...] = ..., one_of: tuple[tuple[str, ...], ...] = ...
) -> Callable[[F], F]: ...
def client(
    function: F | None = None,
    *,
    libraries: tuple[str, ...] = (),
    parts: tuple[str, ...] = (),
    one_of: tuple[tuple[str, ...], ...] = (),
) -> F | Callable[[F], F]:
    """Register a client. A value with a ``close`` method is closed at the end of the run."""

    def register(function: F) -> F:
        _register(function, DEFAULT_TIME_LIMIT, is_client=True, libraries=libraries, parts=parts, one_of=one_of)
        return function

    return register(function) if function else register


def missing_parts(
    name: str, absent: Collection[str], registry: Mapping[str, Provider] = REGISTRY
) -> frozenset[str]:
    """The absent parts for which a provider has nothing to give; none where it has, or is not registered."""
    provider = registry.get(name)
    if provider is None or not absent:
        return frozenset()
    missing = {part for part in provider.parts if part in absent}
    if provider.one_of and all(any(part in absent for part in way) for way in provider.one_of):
        missing |= {part for way in provider.one_of for part in way if part in absent}
    for need in provider.needs:
        if need not in provider.optional:
            missing |= missing_parts(need, absent, registry)
    return frozenset(missing)


def needs_of(names: Iterable[str], registry: Mapping[str, Provider] = REGISTRY) -> set[str]:
    """These providers and all that they need, as far as they are registered. Loads none of them."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in registry and name not in found:
            found.add(name)
            waiting += registry.needs(name) if isinstance(registry, Registry) else registry[name].needs
    return found


@dataclass(frozen=True)
class Outcome:
    """How a provider ended.

    Attributes:
        error: what it raised; ``None`` where ``value`` counts.
        seconds: how long it took by itself, without waiting for what it needs.
        cause: name of the provider that failed first, itself or one it needs.
        made_of: how the measurements ended that it was made of, and that it stands on.
        is_measurement: it measures; what it returns must say how much it has seen.
        absent: the product does not have what it would be asked of; ``value`` is None.
    """

    name: str
    value: Any
    error: Exception | None
    seconds: float
    cause: str | None = None
    made_of: tuple[Outcome, ...] = ()
    is_measurement: bool = False
    absent: bool = False


@dataclass
class _Task:
    provider: Provider
    started: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None


class Measurements:
    """The providers of one run. Thread-safe.

    Each provider runs on a daemon thread of its own: there are a few dozen, they mostly wait for the network, and
    one that hangs can neither block the others nor the end of the run.
    """

    def __init__(
        self,
        given: Mapping[str, Any],
        registry: Mapping[str, Provider] = REGISTRY,
        *,
        absent: Collection[str] = (),
    ) -> None:
        """``absent`` are the parts that the product does not have; what is about them is None."""
        self._given = dict(given)
        self._registry = registry
        self._absent_parts = frozenset(absent)
        self._absent: dict[str, bool] = {}
        self._tasks: dict[str, _Task] = {}
        self._lock = threading.Lock()

    def start(self, names: Iterable[str]) -> None:
        """Start these providers and all that they need, side by side."""
        for name in names:
            if not self.is_absent(name):
                self._task(name)

    def get(self, name: str) -> Any:
        """The provider's value; raises what it raised. Waits no longer than its time limits allow."""
        outcome = self.outcome(name)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def is_absent(self, name: str) -> bool:
        """Whether the product does not have what it would be asked of."""
        if name not in self._absent:
            self._absent[name] = bool(missing_parts(name, self._absent_parts, self._registry))
        return self._absent[name]

    def outcome(self, name: str) -> Outcome:
        """How the provider ended; starts it where it has not been started."""
        if name in self._given:
            return Outcome(name, self._given[name], None, 0.0)
        if self.is_absent(name):
            return Outcome(name, None, None, 0.0, absent=True)
        task = self._task(name)
        limit = self._limit(name)
        # Counted from its start: a second check does not wait for the same thing all over again.
        if not task.done.wait(max(task.started + limit - time.monotonic(), 0.0)):
            error = Unmeasured(f"{name} did not finish within {limit:g} s", service=name)
            return Outcome(name, None, error, limit, name)
        assert task.outcome is not None
        return task.outcome

    def finished(self) -> list[Outcome]:
        """The measurements (no clients) that have ended so far, slowest first."""
        with self._lock:
            tasks = list(self._tasks.values())
        ended = [t.outcome for t in tasks if t.outcome and not t.provider.is_client]
        return sorted(ended, key=lambda outcome: -outcome.seconds)

    def close(self) -> None:
        """Close the clients that were opened."""
        with self._lock:
            tasks = list(self._tasks.values())
        for task in tasks:
            if task.provider.is_client and task.outcome and hasattr(task.outcome.value, "close"):
                with suppress(Exception):
                    task.outcome.value.close()

    def forget(self) -> None:
        """Let go of what was measured, which can be much; nothing is asked for any more."""
        with self._lock:
            self._tasks.clear()

    def is_settled(self) -> bool:
        """Whether all that was started has ended, or is not waited for any more: who asks now need not wait."""
        with self._lock:
            tasks = list(self._tasks.values())
        now = time.monotonic()
        return all(task.done.is_set() or now >= task.started + self._limit(task.provider.name) for task in tasks)

    def _limit(self, name: str) -> float:
        longest = self._longest_path(name)
        is_long = any(self._registry[one].is_long for one in needs_of([name], self._registry))
        return longest if is_long else min(longest, LONGEST_WAIT)

    def _longest_path(self, name: str) -> float:
        provider = self._registry.get(name)
        if provider is None:
            return 0.0
        return provider.time_limit + max((self._longest_path(need) for need in provider.needs), default=0.0)

    def _task(self, name: str) -> _Task:
        with self._lock:
            if name in self._tasks:
                return self._tasks[name]
            provider = self._registry.get(name)
            if provider is None:
                raise UsageError(f"no client or measurement is called {name!r}")
            task = self._tasks[name] = _Task(provider)
        for library in provider.libraries:
            import_module(library)
        self.start(need for need in provider.needs if need not in self._given)
        threading.Thread(target=self._run, args=(task,), name=f"measure:{name}", daemon=True).start()
        return task

    def _run(self, task: _Task) -> None:
        needed = [self.outcome(need) for need in task.provider.needs]
        failed = next((outcome for outcome in needed if outcome.error), None)
        if failed:
            task.outcome = Outcome(task.provider.name, None, failed.error, 0.0, failed.cause)
            task.done.set()
            return
        own, all_of_it = task.provider.time_limit, self._limit(task.provider.name)
        deadline.begin(min(time.monotonic() + own, task.started + all_of_it) - min(SPARE, own / 10))
        started = time.perf_counter()
        value, error = None, None
        try:
            value = task.provider.function(*(outcome.value for outcome in needed))
            if not task.provider.is_client:
                _require_frozen(value)
        except PlaybookError as caught:
            error = caught
        except Exception as caught:  # noqa: BLE001 - a crash in one measurement must not take the run with it
            error = _crashed(task.provider, caught)
        seconds = time.perf_counter() - started
        provider = task.provider
        made_of = tuple(one for one in needed if one.is_measurement and one.name not in provider.apart_from)
        task.outcome = Outcome(
            provider.name,
            value,
            error,
            seconds,
            cause=provider.name if error else None,
            made_of=made_of,
            is_measurement=not provider.is_client,
        )
        task.done.set()


def _require_frozen(value: object) -> None:
    """Raises TypeError for what a check could change, as all others are given the same."""
    kind = type(value)
    config = getattr(kind, "__struct_config__", None)
    is_loose = is_dataclass(kind) and not kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    if isinstance(value, list | dict | set | bytearray) or is_loose or (config is not None and not config.frozen):
        raise TypeError(f"expected a frozen value, got {kind.__name__}, which can be changed")


def _crashed(provider: Provider, error: Exception) -> Unmeasured:
    """A fault of ours, said as one: where it happened and what it was."""
    frame = None
    traceback = error.__traceback__
    while traceback:
        frame, traceback = traceback, traceback.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else provider.name
    text = f"the measurement {provider.name} crashed: {type(error).__name__}: {error} ({where})"
    result = Unmeasured(text, service=provider.name, hint="This is a fault of the suite, not of the system.")
    result.__cause__ = error
    return result
