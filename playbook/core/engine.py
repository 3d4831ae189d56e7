"""Runs measurements concurrently, each once, each within its own time limit.

A *client* is a function that opens a connection to a service; a *measurement* is a function from clients or other
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
from playbook.core.registry import Provider, Registry

DEFAULT_TIME_LIMIT = 30.0
# Shorter than pytest.ini's limit for a check, so that the hanging measurement is named and not the check that
# waited for it. Drills and load tests may take longer; their checks have their own limits.
LONGEST_WAIT = 50.0
_THREADS_HINT = "The system bounds how many threads a container or user may have (pids.max, ulimit -u)."
SPARE = 2.0  # seconds before its end at which a measurement waits for no answer any more, and says so itself

F = TypeVar("F", bound=Callable[..., Any])


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
    outcomes: tuple[str, ...] = ...,
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
    outcomes: tuple[str, ...] = (),
) -> F | Callable[[F], F]:
    """Register a measurement. It must return a frozen value and judge nothing.

    A value made from other measurements has seen no more than they have: its checks rely on their coverage too,
    except for those in ``apart_from``. The other arguments are those of ``Provider``.
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
            outcomes=outcomes,
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
    """Absent parts that leave a provider without anything to measure; empty where it has, or is not registered."""
    provider = registry.get(name)
    if provider is None or not absent:
        return frozenset()
    missing = {part for part in provider.parts if part in absent}
    if provider.one_of and all(any(part in absent for part in way) for way in provider.one_of):
        missing |= {part for way in provider.one_of for part in way if part in absent}
    for need in provider.needs:
        if need not in (*provider.optional, *provider.outcomes):
            missing |= missing_parts(need, absent, registry)
    return frozenset(missing)


def needs_of(names: Iterable[str], registry: Mapping[str, Provider] = REGISTRY) -> set[str]:
    """These providers and everything they need, as far as registered. Loads none of them."""
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
    """Result of a provider.

    Attributes:
        error: what it raised; ``None`` where ``value`` counts.
        seconds: its own duration, without waiting for its inputs.
        cause: name of the provider that failed first, itself or one it needs.
        made_of: outcomes of the measurements that it was made of and relies on.
        is_measurement: it measures; its value must state its coverage.
        absent: the product does not have what it measures; ``value`` is None.
    """

    name: str
    value: Any
    error: Exception | None
    seconds: float
    cause: str | None = None
    made_of: tuple[Outcome, ...] = ()
    is_measurement: bool = False
    absent: bool = False


@dataclass(eq=False)
class _Task:
    provider: Provider
    started: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None


class Measurements:
    """The providers of one run. Thread-safe.

    Each provider runs on its own daemon thread: there are a few dozen, they mostly wait for the network, and one
    that hangs blocks neither the others nor the end of the run.
    """

    def __init__(
        self,
        given: Mapping[str, Any],
        registry: Mapping[str, Provider] = REGISTRY,
        *,
        absent: Collection[str] = (),
    ) -> None:
        """``absent``: parts that the product does not have; providers about them give None."""
        self._given = dict(given)
        self._registry = registry
        self._absent_parts = frozenset(absent)
        self._absent: dict[str, bool] = {}
        self._tasks: dict[str, _Task] = {}
        self._running: set[_Task] = set()
        self._limits: dict[str, float] = {}
        self._is_closed = False
        self._to_close: list[_Task] = []  # clients that are still in use after the end
        self._lock = threading.Lock()

    def start(self, names: Iterable[str]) -> None:
        """Start these providers and everything they need, concurrently."""
        for name in names:
            if not self.is_absent(name):
                self._task(name)

    def get(self, name: str) -> Any:
        """The provider's value; raises what it raised. Waits at most for its time limits."""
        outcome = self.outcome(name)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def is_absent(self, name: str) -> bool:
        """Whether the product does not have what it measures."""
        if name not in self._absent:
            self._absent[name] = bool(missing_parts(name, self._absent_parts, self._registry))
        return self._absent[name]

    def outcome(self, name: str) -> Outcome:
        """The provider's outcome; starts it if necessary."""
        if name in self._given:
            return Outcome(name, self._given[name], None, 0.0)
        if self.is_absent(name):
            return Outcome(name, None, None, 0.0, absent=True)
        task = self._task(name)
        limit = self._limit(name)
        # Counted from its start: a second check does not wait the full limit again.
        if not task.done.wait(max(task.started + limit - time.monotonic(), 0.0)):
            error = Unmeasured(f"{name} did not finish within {limit:g} s", service=name)
            return Outcome(name, None, error, limit, name)
        assert task.outcome is not None
        return task.outcome

    def finished(self) -> list[Outcome]:
        """Measurements (no clients) that have ended so far, slowest first."""
        with self._lock:
            tasks = list(self._tasks.values())
        ended = [t.outcome for t in tasks if t.outcome and not t.provider.is_client]
        return sorted(ended, key=lambda outcome: -outcome.seconds)

    def close(self) -> None:
        """Close the clients that were opened; nothing is started any more.

        A client that a running measurement uses, or that is still being opened, is closed once that has ended.
        Those of drills and load tests are closed at once, which undoes what was begun.
        """
        with self._lock:
            self._is_closed = True
            opened = [task for task in self._tasks.values() if task.provider.is_client and task.outcome]
            self._to_close += [task for task in opened if task not in self._to_close]
            unused = self._take_unused()
        _close(unused)

    def forget(self) -> None:
        """Release the measured values, which can be large; nothing is requested after this."""
        with self._lock:
            self._tasks.clear()

    def _take_unused(self) -> list[_Task]:
        """The clients to be closed that no running measurement uses. The lock is held."""
        users = [task.provider.name for task in self._running if not self._is_long(task.provider.name)]
        used = needs_of(users, self._registry)
        unused = [task for task in self._to_close if task.provider.name not in used]
        self._to_close = [task for task in self._to_close if task.provider.name in used]
        return unused

    def is_settled(self) -> bool:
        """Whether everything started has ended or timed out: a caller need not wait."""
        with self._lock:
            running = list(self._running)
        now = time.monotonic()
        return all(now >= task.started + self._limit(task.provider.name) for task in running)

    def _limit(self, name: str) -> float:
        if name not in self._limits:
            self._limits[name] = self._find_limit(name)
        return self._limits[name]

    def _find_limit(self, name: str) -> float:
        longest = self._longest_path(name)
        return longest if self._is_long(name) else min(longest, LONGEST_WAIT)

    def _is_long(self, name: str) -> bool:
        return any(self._registry[one].is_long for one in needs_of([name], self._registry))

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
            if self._is_closed:
                error = Unmeasured(f"{name} was not measured: the run has ended", service=name)
                task.outcome = Outcome(name, None, error, 0.0, name)
                task.done.set()
                return task
            self._running.add(task)
        for library in provider.libraries:
            import_module(library)
        self.start(need for need in provider.needs if need not in self._given)
        try:
            threading.Thread(target=self._run, args=(task,), name=f"measure:{name}", daemon=True).start()
        except RuntimeError as error:  # the system allows no more
            text = f"{name} could not be measured: {error}"
            self._end(task, Outcome(name, None, Unmeasured(text, service=name, hint=_THREADS_HINT), 0.0, name))
        return task

    def _run(self, task: _Task) -> None:
        provider = task.provider
        needed = [self.outcome(need) for need in provider.needs]
        failed = next((one for one in needed if one.error and one.name not in provider.outcomes), None)
        if failed:
            self._end(task, Outcome(provider.name, None, failed.error, 0.0, failed.cause))
            return
        own, all_of_it = provider.time_limit, self._limit(provider.name)
        deadline.begin(min(time.monotonic() + own, task.started + all_of_it) - min(SPARE, own / 10))
        started = time.perf_counter()
        value, error = None, None
        try:
            value = provider.function(*(one if one.name in provider.outcomes else one.value for one in needed))
            if not provider.is_client:
                _require_frozen(value)
        except PlaybookError as caught:
            error = caught
        except Exception as caught:  # noqa: BLE001 - a crash in one measurement must not take the run with it
            error = _crashed(provider, caught)
        seconds = time.perf_counter() - started
        apart = (*provider.apart_from, *provider.outcomes)
        made_of = tuple(one for one in needed if one.is_measurement and one.name not in apart)
        outcome = Outcome(
            provider.name,
            value,
            error,
            seconds,
            cause=provider.name if error else None,
            made_of=made_of,
            is_measurement=not provider.is_client,
        )
        self._end(task, outcome)

    def _end(self, task: _Task, outcome: Outcome) -> None:
        with self._lock:
            task.outcome = outcome
            self._running.discard(task)
            if self._is_closed and task.provider.is_client:
                self._to_close.append(task)
            # Nobody closes them later, and file descriptors are limited in a run of a thousand targets.
            unused = self._take_unused() if self._is_closed else []
        _close(unused)
        task.done.set()


def _close(clients: Iterable[_Task]) -> None:
    for task in clients:
        if task.outcome and hasattr(task.outcome.value, "close"):
            with suppress(Exception):
                task.outcome.value.close()


def _require_frozen(value: object) -> None:
    """Raise TypeError for a value that a check could change, as all checks share it."""
    kind = type(value)
    config = getattr(kind, "__struct_config__", None)
    is_loose = is_dataclass(kind) and not kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    if isinstance(value, list | dict | set | bytearray) or is_loose or (config is not None and not config.frozen):
        raise TypeError(f"expected a frozen value, got {kind.__name__}, which can be changed")


def _crashed(provider: Provider, error: Exception) -> Unmeasured:
    """A bug of ours, reported as such: where it happened and what it was."""
    frame = None
    traceback = error.__traceback__
    while traceback:
        frame, traceback = traceback, traceback.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else provider.name
    text = f"the measurement {provider.name} crashed: {type(error).__name__}: {error} ({where})"
    result = Unmeasured(text, service=provider.name, hint="This is a fault of the suite, not of the system.")
    result.__cause__ = error
    return result
