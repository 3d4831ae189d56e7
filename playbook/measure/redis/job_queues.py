"""Job queues in Redis: the image workers' list, or those of other libraries."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from playbook.clients.redis import ReadOnlyRedis
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier, digest_of
from playbook.core.coverage import Coverage, lacking, together, whole
from playbook.core.durations import two_whole_units
from playbook.core.engine import measurement
from playbook.core.errors import Refused, Unmeasured
from playbook.core.evidence import Facts
from playbook.core.limits import Reading
from playbook.core.wording import name_of
from playbook.measure.redis.partial_queues import counted
from playbook.measure.redis.queue_layouts import Figures, known_queue
from playbook.measure.redis.queue_readers import figures_of
from playbook.measure.redis.redis_work import ANSWERED, answer_of
from playbook.measure.statements import Statement
from playbook.settings.model import Settings
from playbook.settings.sections import queues
from playbook.settings.sections.target import Redis

_LISTS = "the lengths of its lists"
_IMAGES = "Image queue"
# An id of one job in its own form, whatever its library: two jobs with the same arguments have not the same.
_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}(?![0-9a-f])")
_SEEN_ONCE = "Run this once more while a job waits or is worked on: an empty queue of this library leaves no key. "


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One number of one queue."""

    subject: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class JobQueue:
    """One queue.

    Attributes:
        name: its name in the settings; for the image workers' list its key.
        preset: the library that keeps it; empty for the image workers' list.
        figures: numbers of the queue; None where the server did not give them, for the reason in ``problem``. With
            a problem they are only those that are known in spite of it.
    """

    name: str
    preset: str = ""
    figures: Figures | None = None
    problem: Unmeasured | None = None

    @property
    def label(self) -> str:
        """``Image queue``, or ``Queue celery (Celery)`` and the like."""
        return f"Queue {self.name} ({name_of(self.preset)})" if self.preset else _IMAGES

    @property
    def coverage(self) -> Coverage:
        """Coverage of its keys and times, or why there are none, or not all."""
        if self.figures is not None and self.problem is None:
            return self.figures.coverage
        return lacking(
            "queue unknown",
            expected=f"{_LISTS if self.preset else 'the length'} of {self.name}",
            got=str(self.problem) if self.problem else "none",
            hint=self.problem.hint if self.problem else "",
        )

    @property
    def statements(self) -> Iterator[Statement]:
        """That the server reports it, that workers are alive and hold its jobs, and that it is not paused."""
        yield answer_of(self.label, "LLEN", self.problem)
        figures = self.figures
        if figures is None:
            return
        if figures.workers is not None:
            takes = "takes" if figures.lost == 1 else "take"
            gone = f" ({figures.lost} listed that {takes} no new jobs)" if figures.lost else ""
            found = f"{figures.workers} alive" if figures.workers else f"none{gone}"
            subject = f"Workers of {self._of}"
            yield Statement(subject, figures.workers > 0, "at least one that is alive", found)
        if figures.unattended:
            expected = "a client that looks like a worker"
            undone = "while jobs that were taken are not done" if figures.active else "although each asks for jobs"
            undone = "while jobs wait" if figures.waiting else undone
            yield Statement(f"Workers of {self._of}", False, expected, f"none, {undone}", warn=True)
        if figures.stuck is not None:
            expected = "workers that take the jobs that wait"
            since = (
                f"none that has taken one for {two_whole_units(figures.stuck)}: each still works on an older one"
            )
            yield Statement(f"Workers of {self._of}", False, expected, since, warn=True)
        if figures.stalled is not None:
            held = f"one taken {two_whole_units(figures.stalled)} ago that no worker holds any more"
            yield Statement(f"Active jobs of {self._of}", False, "jobs that a worker holds", held, warn=True)
        if self.preset:
            found = "a paused one" if figures.paused else "one that hands out jobs"
            yield Statement(self.label, not figures.paused, "a queue that hands out jobs", found, warn=True)

    @property
    def waiting(self) -> QueueRow:
        """Jobs that a worker could take now."""
        count = self.figures.waiting if self.figures else None
        if count is None:
            return QueueRow(f"Jobs waiting in {self._of}", Reading(math.nan, coverage=self.coverage))
        return QueueRow(f"Jobs waiting in {self._of}", Reading(count))

    @property
    def failed(self) -> QueueRow | None:
        """Jobs that failed for good; None where the library does not keep them."""
        return self._row(f"Failed jobs of {self._of}", lambda figures: figures.failed, "failed")

    @property
    def oldest(self) -> QueueRow | None:
        """Seconds that the oldest job has waited; None where none waits, or the library does not record it."""
        return self._row(f"Waiting time of the oldest job in {self._of}", lambda figures: figures.oldest)

    @property
    def overdue(self) -> QueueRow | None:
        """Seconds since the first scheduled or delayed job was due; None where none is.

        Whatever hands such jobs out (a scheduler, a worker) does so within seconds, or is not there.
        """
        return self._row(f"Delay of scheduled jobs of {self._of}", lambda figures: figures.overdue, "later")

    @property
    def retried(self) -> QueueRow | None:
        """Jobs that failed and will be tried again; None where the library does not count them."""
        return self._row(f"Jobs of {self._of} to be tried again", lambda figures: figures.retried, "later")

    def _row(self, label: str, of: Callable[[Figures], float | None], kind: str = "") -> QueueRow | None:
        """One of the figures; some libraries keep those of a kind for all queues together."""
        if self.figures is None or (value := of(self.figures)) is None:
            return None
        return QueueRow(label, Reading(value, "(all queues)" if kind in self.figures.shared else ""))

    @property
    def facts(self) -> dict[str, str]:
        """All known figures."""
        if self.figures is None:
            return {"Waiting": str(self.problem)}
        figures = self.figures
        counts = {
            "Waiting": figures.waiting,
            "Being worked on": figures.active,
            "For later": figures.later,
            "To be tried again": figures.retried,
            "Failed": figures.failed,
            "Workers alive": figures.workers,
        }
        kinds = {"Being worked on": "active", "For later": "later", "Failed": "failed"}
        kinds["To be tried again"] = "later"
        shown = {
            name: f"{count:,}" + (" (all queues)" if kinds.get(name) in figures.shared else "")
            for name, count in counts.items()
            if count is not None
        }
        times = {"Oldest has waited": figures.oldest, "Oldest taken": figures.taken, "Overdue": figures.overdue}
        for name, seconds in times.items():
            if seconds is not None:
                shown[name] = two_whole_units(seconds)
        if figures.unseen:
            shown["Clients like workers"] = f"not known: {figures.unseen}"
        if figures.paused:
            shown["Paused"] = "yes"
        if figures.not_told:
            shown["Not kept in Redis"] = ", ".join(figures.not_told)
        return shown

    @property
    def _of(self) -> str:
        return f"{self.name} ({name_of(self.preset)})"


@dataclass(frozen=True, slots=True)
class JobQueues:
    """Every queue of the target.

    Attributes:
        readings: queues of which a key was seen, now or by an earlier run, of libraries that leave no other trace;
            and since when a job is known to be the next one, of those that keep no time of it.
    """

    queues: tuple[JobQueue, ...]
    readings: dict[str, Counted] = field(default_factory=dict)

    @property
    def coverage(self) -> Coverage:
        """All queues; without any, that none is configured."""
        named = whole("" if self.queues else "no queue named (redis.queues)")
        return named + together(queue.coverage for queue in self.queues)

    @property
    def statements(self) -> list[Statement]:
        """Statements about each queue, failing ones first."""
        found = [one for queue in self.queues for one in queue.statements]
        return sorted(found, key=lambda one: (one.holds, one.warn))

    @property
    def images(self) -> list[Reading]:
        """Number of waiting images, for the image workers' list."""
        return [queue.waiting.reading for queue in self.queues if not queue.preset]

    @property
    def waiting(self) -> list[QueueRow]:
        """Jobs waiting in the queues of other libraries, longest queue first."""
        return _longest_first(queue.waiting for queue in self.queues if queue.preset)

    @property
    def oldest(self) -> list[QueueRow]:
        """How long the oldest job has waited, and a scheduled one past its time, longest first."""
        return _longest_first(row for queue in self.queues for row in (queue.oldest, queue.overdue))

    @property
    def failed(self) -> list[QueueRow]:
        """Failed jobs, for good or to be tried again, most first."""
        return _longest_first(row for queue in self.queues for row in (queue.failed, queue.retried))

    def evidence(self) -> list[Facts]:
        """Known figures of each queue."""
        return [
            Facts(queue.label, queue.facts if queue.preset else {"List": queue.name, **queue.facts})
            for queue in self.queues
        ]


@measurement(parts=("queue",))
def job_queues(redis: ReadOnlyRedis, settings: Settings, clock: Clock, earlier: Earlier) -> JobQueues:
    """Number of waiting, failed and active jobs and of workers, as far as Redis holds them.

    For the image workers' list, a missing key is an empty queue, and none at all where there are queues of
    libraries; a library's queue is empty only if the library has left a sign that it knows the queue, or, where it
    leaves none of an empty queue, once a run has seen one of its keys.
    """
    return read_queues(redis, settings, clock, earlier)


def read_queues(redis: ReadOnlyRedis, settings: Settings, clock: Clock, earlier: Earlier) -> JobQueues:
    """As ``job_queues``, for callers that open Redis themselves."""
    configured = settings.target.redis
    found = []
    seen: dict[str, Counted] = {}
    for queue in configured.queues:
        try:
            figures = figures_of(redis, queue, clock.now())
            if figures.seen is not None:
                known = figures.seen or bool(earlier.of(_reading(queue)))
                workers = 0 if known and figures.beating and not figures.seen else figures.workers
                coverage = figures.coverage + known_queue(known, queue, _SEEN_ONCE)
                figures = replace(figures, workers=workers, coverage=coverage)
                seen |= {_reading(queue): Counted(at=clock.now())} if known else {}
            waits = []
            for place, job in (("next", figures.next_job), ("other", figures.other_end)):
                if identity := _ID.search(job):
                    name, first = (
                        f"{place} {_reading(queue)}",
                        Counted(at=clock.now(), origin=digest_of(identity[0])),
                    )
                    same = [one for one in earlier.of(name) if one.origin == first.origin]
                    seen[name] = first = min([first, *same], key=lambda one: one.at)
                    waits += [(clock.now() - first.at).total_seconds()] if same else []
            figures = _waited(figures, max(waits)) if waits else figures
            figures = replace(figures, coverage=figures.coverage + _seen(figures))
            found.append(JobQueue(queue.name, queue.preset, figures))
        except ANSWERED as problem:
            read = partial(figures_of, queue=queue, now=clock.now())
            partly = None if isinstance(problem, Refused) else counted(redis, read, problem)
            found.append(JobQueue(queue.name, queue.preset, partly, problem))
    if "images" not in settings.absent and (images := _image_queue(redis, configured)):
        found.append(images)
    return JobQueues(tuple(found), seen)


def _seen(figures: Figures) -> Coverage:
    """Whether it is known that a worker takes the jobs: by a client like one, or by how long the oldest waits."""
    if not figures.unseen or figures.oldest is not None or figures.beating:
        return Coverage()
    return lacking(
        "workers not seen",
        expected="a client that looks like a worker, as nothing else tells of one",
        got=figures.unseen,
        hint="Let the user of redis.url send CLIENT LIST, as in SECURITY.md, where the service offers it.",
    )


def _waited(figures: Figures, seconds: float) -> Figures:
    """With how long the next job has waited at least, since an earlier run has seen it in the same place."""
    told = tuple(name for name in figures.not_told if name != "the wait of the oldest job")
    return replace(figures, oldest=seconds, not_told=told)


def _reading(queue: queues.JobQueue) -> str:
    """The name of a queue's reading in the history."""
    return f"queue {queue.preset} {queue.prefix}{queue.name}"


def _image_queue(redis: ReadOnlyRedis, configured: Redis) -> JobQueue | None:
    """The image workers' list; beside the queues of libraries only where images wait in it."""
    key = configured.queue_key
    try:
        length = redis.llen(key)
    except ANSWERED as problem:
        return None if configured.queues else JobQueue(key, problem=problem)
    if configured.queues and not length:
        return None
    return JobQueue(key, figures=Figures(waiting=length, coverage=whole("1 list")))


def _longest_first(rows: Iterable[QueueRow | None]) -> list[QueueRow]:
    """Largest first; unknown ones precede them, as the judge only notes these."""
    known = [row for row in rows if row is not None]
    return sorted(known, key=lambda row: (not math.isnan(row.reading.value), -row.reading.value))
