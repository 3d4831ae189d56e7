"""Whether what cannot be read hides what is bad: ``python -m tests.apart [--requests] [--fault NAME]``.

For each fault of the sandbox, each check that it makes bad is judged again without each of its measurements in
turn, direct or not; with ``--requests`` without each request, which is answered with a page, refused or denied
(``--how``). A check that is milder than before is written, unless the bad evidence came from what was taken away:
then it is not bad either where that is as on a healthy system.

It is a search and no test. What it still finds has one of these reasons: that part leads to the rest (the app to
the address of its logs, the dashboard to its data source), or says what the rest means (the buckets of a
quantile); both are needed for what is bad (a week and the one before it); or the measurement catches what it
cannot read itself.
"""

from __future__ import annotations

import argparse
import inspect
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from playbook.clients.transport import Transport, httpx
from playbook.clients.wire import Broken, Phases
from playbook.core.engine import REGISTRY, Measurements, Outcome, needs_of
from playbook.core.errors import NotConfigured, Unmeasured, Unreachable
from playbook.core.places import CHECKS
from playbook.core.verdict import Critical, Verdict, verdict_of
from playbook.run.notes import Notes
from playbook.run.run import Run, load_providers
from playbook.settings.chosen import settings_for
from playbook.settings.model import Settings
from sandbox.launcher import RunningSandbox, start
from tests.checks.expectations import EXPECTATIONS
from tests.checks.test_every_check_can_fail import CRITICALLY_TIMED, TIMED
from tests.leisure import leisure
from tests.written import written_checks

BAD = (Verdict.CRITICAL, Verdict.WARNING)
LEFT_OUT = ("load", "emergency", "handoff", "links")  # they take long, or look at many targets
Check = Callable[..., None]
Judged = tuple[Verdict, Notes]


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def checks() -> Iterator[tuple[str, Check]]:
    """Item and function of each shipped check that changes nothing."""
    for file, node, item, *_ in written_checks():
        if item and not item.startswith(LEFT_OUT):
            name = ".".join(("checks", *file.relative_to(CHECKS).with_suffix("").parts))
            function = getattr(import_module(name), node.name)
            if "mutation_gate" not in needs_of(inspect.signature(function).parameters):
                yield item, function


def judged(check: Check, run: Run, measured: Measurements) -> Judged:
    """A check's verdict, as fixtures and hooks give it."""
    notes = Notes()
    values: dict[str, Any] = {
        "judge": notes.judge,
        "settings": run.settings,
        "limits": run.settings.limits,
        "clock": run.clock,
    }
    wanted = inspect.signature(check).parameters
    several = [name for name in wanted if name in REGISTRY and not REGISTRY[name].is_client]
    for name in wanted:
        if name in values:
            continue
        outcome = measured.outcome(name)
        values[name] = outcome.value
        if outcome.absent:
            continue
        notes.look(outcome)
        if isinstance(outcome.error, NotConfigured | Unmeasured) and len(several) > 1:
            notes.without(name, outcome.error)
        elif outcome.error:
            return verdict_of(outcome.error), notes
    error: BaseException | None = None
    try:
        check(**{name: values[name] for name in wanted})
    except Exception as caught:  # noqa: BLE001 - as the hooks do
        error = caught
    error = notes.end_of(error, is_judged=isinstance(error, Critical))
    leading = notes.judge.leading
    return leading.verdict if error is None and leading else verdict_of(error), notes


class Apart(Measurements):
    """Measurements of which some are changed; what does not depend on these is that of ``base``."""

    def __init__(self, base: Measurements, changed: Mapping[str, Outcome]) -> None:
        super().__init__({}, absent=base._absent_parts)
        self._base, self._changed = base, changed
        self._touched = {name for name in REGISTRY if needs_of([name]) & changed.keys()}

    def start(self, names: Iterable[str]) -> None:
        """Start those that depend on what is changed."""
        super().start(name for name in names if name in self._touched - self._changed.keys())

    def outcome(self, name: str) -> Outcome:
        """As changed, measured anew, or that of ``base``."""
        if name in self._changed:
            return self._changed[name]
        return super().outcome(name) if name in self._touched else self._base.outcome(name)


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|[0-9a-f]{32}")
_EPOCH = re.compile(r"\d{9,}(?:\.\d+)?")
_PAGE = (200, [("content-type", "text/html")], b"<html><body>maintenance</body></html>")
_DENIED = (403, [("content-type", "application/json")], b'{"id": "forbidden", "message": "not permitted"}')


@dataclass
class Requests:
    """Every HTTP request on its way: recorded, and one of them answered otherwise.

    Attributes:
        seen: requests since it was emptied, with times in hours from now.
        healthy: answers of the healthy system, with all ids alike.
        without: the request that fails, and ``how``.
        instead: the request that has its healthy answer.
    """

    how: str = "page"
    seen: set[str] = field(default_factory=set)
    healthy: dict[str, tuple[int, Any, bytes]] = field(default_factory=dict)
    records: bool = True
    without: str = ""
    instead: str = ""

    @contextmanager
    def changed(self, *, without: str = "", instead: str = "") -> Iterator[None]:
        """One request fails, or has its healthy answer."""
        self.without, self.instead = without, instead
        yield
        self.without, self.instead = "", ""

    def install(self) -> None:
        """Look at every request from now on."""
        send = Transport.handle_request

        def handle(transport: Transport, request: httpx.Request) -> httpx.Response:
            target = request.extensions["target"].decode()
            hours = _EPOCH.sub(lambda found: f"<{(float(found[0]) - time.time()) / 3600:.0f}h>", target)
            name = f"{request.method} {request.url.netloc.decode()} {hours}"
            if "upgrade" in request.headers:
                return send(transport, request)
            self.seen.add(name)
            if name == self.without and self.how == "refused":
                raise Broken("connect", "connection refused", 0.0)
            if name == self.without:
                return _answer(request, *(_DENIED if self.how == "denied" else _PAGE))
            if name == self.instead:
                return _answer(request, *self.healthy[_UUID.sub("", name)])
            found = send(transport, request)
            if not self.records:
                return found
            body = b"".join(found.iter_raw())
            found.close()
            self.healthy[_UUID.sub("", name)] = found.status_code, found.headers.raw, body
            return _answer(request, found.status_code, found.headers.raw, body)

        Transport.handle_request = handle  # type: ignore[method-assign]


def _answer(request: httpx.Request, status: int, headers: Any, body: bytes) -> httpx.Response:
    stream = httpx.ByteStream(body)
    return httpx.Response(status, headers=headers, stream=stream, request=request, extensions={"phases": Phases})


@dataclass(frozen=True)
class Pair:
    """A fault that makes an item bad, and what is taken away beside it."""

    item: str
    fault: str
    whole: Verdict
    taken: str


@dataclass
class Search:
    """The search: the checks, and how many pairs were tried.

    Attributes:
        milder: pairs in which a warning is listed beneath UNKNOWN, which is decided so (decision 21).
    """

    sandbox: RunningSandbox
    folder: Path
    checks: dict[str, Check] = field(default_factory=lambda: dict(checks()))
    pairs: int = 0
    hidden: int = 0
    milder: int = 0

    def settings(self, fault: str) -> Settings:
        """With only those limits of times that find this fault."""
        limits = leisure(warned=TIMED.get(fault, ()), judged=CRITICALLY_TIMED.get(fault, ()))
        (self.folder / "playbook.toml").write_text(limits, encoding="utf-8")
        os.environ["PLAYBOOK_CONFIG"] = str(self.folder / "playbook.toml")
        return settings_for("sandbox", self.folder, self.sandbox.settings)

    def concerned(self, fault: str) -> list[str]:
        """Items that the fault certainly makes bad."""
        return [
            item for item, (verdict, _) in EXPECTATIONS[fault].items() if verdict in BAD and item in self.checks
        ]

    def compare(self, pair: Pair, without: Judged, healthy: Callable[[], Verdict]) -> None:
        """Count a pair, and write it where the check is milder without that part.

        Args:
            without: what it is without the part.
            healthy: returns what it is where the part is as on a healthy system.
        """
        self.pairs += 1
        verdict, notes = without
        if verdict is pair.whole or verdict is Verdict.CRITICAL:
            return
        found = {one.verdict for one in notes.judge.judgements}
        if pair.whole is Verdict.WARNING and verdict is Verdict.UNKNOWN and Verdict.WARNING in found:
            self.milder += 1
            return
        other = healthy()
        if other in BAD and (other is pair.whole or pair.whole is Verdict.WARNING):
            self.hidden += 1
            say(f"{pair.item}: {pair.whole} under {pair.fault}, {verdict} without {pair.taken}")

    def of_measurements(self, faults: Iterable[str]) -> None:
        """Take away each measurement that can be unreadable itself."""
        good = Run(self.settings(""), history=None).measurements
        for name in self.needed(*self.checks):
            good.outcome(name)
        for fault in faults:
            self.sandbox.set_faults([fault])
            run = Run(self.settings(fault), history=None)
            for item in self.concerned(fault):
                self._without_each(item, fault, run, good)
            run.measurements.close()
            run.measurements.forget()

    def _without_each(self, item: str, fault: str, run: Run, good: Measurements) -> None:
        check, base = self.checks[item], run.measurements
        whole, _ = judged(check, run, base)
        for taken in self.needed(item) if whole in BAD else ():
            one = base.outcome(taken)
            if one.error is None and not one.absent:
                error = Unreachable(f"{taken}: expected an answer, got none", service=taken)
                lost = replace(one, value=None, error=error, cause=taken)
                without = judged(check, run, Apart(base, {taken: lost}))
                as_good = partial(judged, check, run, Apart(base, {taken: good.outcome(taken)}))
                self.compare(Pair(item, fault, whole, taken), without, lambda ask=as_good: ask()[0])

    def needed(self, *items: str) -> list[str]:
        """Measurements of these items, without those that take the outcomes of others."""
        names = needs_of(name for item in items for name in inspect.signature(self.checks[item]).parameters)
        return sorted(name for name in names if not (REGISTRY[name].is_client or REGISTRY[name].outcomes))

    def of_requests(self, faults: Iterable[str], how: str) -> None:
        """Take away each request."""
        requests = Requests(how)
        requests.install()
        settings = self.settings("")
        for check in self.checks.values():
            self.measured(check, settings)
        requests.records = False
        for fault in faults:
            self.sandbox.set_faults([fault])
            settings = self.settings(fault)
            for item in self.concerned(fault):
                measure = partial(self.measured, self.checks[item], settings)
                requests.seen.clear()
                whole, _ = measure()
                for taken in sorted(requests.seen if whole in BAD else ()):
                    with requests.changed(without=taken):
                        without = measure()
                    healthy = partial(self._with_healthy, requests, taken, measure)
                    self.compare(Pair(item, fault, whole, taken), without, healthy)

    def _with_healthy(
        self, requests: Requests, taken: str, measure: Callable[[], tuple[Verdict, Notes]]
    ) -> Verdict:
        if _UUID.sub("", taken) not in requests.healthy:
            return Verdict.OK  # nobody knows: it is not asked of a healthy system
        with requests.changed(instead=taken):
            return measure()[0]

    def measured(self, check: Check, settings: Settings) -> Judged:
        """A check's verdict by measurements of its own."""
        run = Run(settings, history=None)
        run.measurements.start(name for name in inspect.signature(check).parameters if name in REGISTRY)
        found = judged(check, run, run.measurements)
        run.measurements.close()
        run.measurements.forget()
        return found


def main(arguments: list[str]) -> int:
    """Search, write what is hidden, and at the end how much was tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", action="store_true")
    parser.add_argument("--how", choices=("page", "refused", "denied"), default="page")
    parser.add_argument("--fault", action="append")
    parser.add_argument("--part", default="1/1", help="of all faults, e.g. 2/3")
    options = parser.parse_args(arguments)
    number, of = map(int, options.part.split("/"))
    faults = (options.fault or sorted(EXPECTATIONS))[number - 1 :: of]
    load_providers()
    with start() as sandbox, tempfile.TemporaryDirectory() as name:
        search = Search(sandbox, Path(name))
        if options.requests:
            search.of_requests(faults, options.how)
        else:
            search.of_measurements(faults)
    told = f"{search.hidden} hide something, {search.milder} list a warning beneath UNKNOWN"
    say(f"{search.pairs} pairs tried, {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
