"""Work in health reports: jobs that hang, that have failed for good, and that wait, beside a good status. Pure.

Most libraries count failed jobs since they started, or keep them until somebody removes them: a few are ordinary,
as in ``limits.queue_failed``. What hangs is counted as of now, unless its name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from playbook.measure.web import health_flags, health_keys
from playbook.measure.web.health_amounts import are_copies
from playbook.measure.web.health_key_words import LIMITING, word_set, words_of
from playbook.measure.web.health_values import Pairs, number_in, under

MOST_FAILED = 100  # jobs
MOST_WAITING = 10_000  # jobs, which no queue of a website works off in a while
_WORTH_TELLING = 100  # jobs that wait
_FEW = 0.05  # share of all that were done

_HANGING = word_set("stalled stuck hung hanging wedged")
_LATE = word_set("overdue orphaned")  # of jobs; an invoice may be, too
_ENTRIES = word_set("job jobs task tasks message messages item items letter letters")
_JOBS = _ENTRIES | word_set("queue queues worker workers scheduler schedule cron")
_GONE = word_set("dead offline lost unreachable crashed unresponsive")  # of equal things that should all work
_FAILED = word_set("failed dead discarded dlq")
_WAITING = word_set("waiting pending queued enqueued backlog unacked unacknowledged outstanding")
_QUEUES = word_set("queue queues")
_LENGTHS = word_set("depth length size len")
# Words behind these that leave their meaning as it is, and words before them that do not.
_FILLING = word_set(
    """job jobs task tasks message messages item items entry entries letter letters count counts number num of
    current currently now observed value"""
)
_OTHERS = (LIMITING - {"num"}) | word_set("oldest longest average avg mean time limit capacity listen no not non")
_DONE = word_set("completed processed succeeded success successes successful done finished delivered")
_SINCE_START = word_set("counter counters stats statistics metrics totals lifetime ever cumulative events")


@dataclass(frozen=True, slots=True)
class Work:
    """An amount of work.

    Attributes:
        what: the key that holds it, with the name of its object.
        bad: it is no ordinary amount.
    """

    what: str
    amount: float
    bad: bool

    @property
    def words(self) -> str:
        """``48,211``."""
        return f"{self.amount:,.0f}"


def work_in(name: str, value: Pairs, *, counts: bool) -> Iterator[Work]:
    """Amounts of an object that are worth telling.

    Args:
        name: of the object.
        counts: it counts events or jobs, so that what has failed is read nowhere else.
    """
    if health_flags.is_circuit(name) or health_keys.holds_limits(name) or health_keys.holds_switches(name):
        return
    numbers = [(key, number) for key, one in value if (number := _amount(one)) >= 1]
    done = max((number for key, number in numbers if _DONE & {*words_of(key)}), default=0.0)
    around = words_of(name)
    for key, amount in numbers:
        own = words_of(key)
        errors = health_keys.holds_errors(key) or health_keys.lists_bad(key)
        if errors and not counts and not counts_failed_jobs(key, amount):
            continue
        words = (*around, *own) if {*own} <= _FILLING | _LENGTHS else own
        few = amount < _FEW * (amount + done) if done else bool(_SINCE_START & {*around, *own})
        late = _is(words, _LATE) and bool(_JOBS & {*around, *own})
        if late or _is(words, _HANGING) or (are_copies(name) and _is(own, _GONE)):
            yield Work(under(name, key), amount, not few)
        elif _is(words, _FAILED):
            yield Work(under(name, key), amount, amount > MOST_FAILED and not few)
        elif amount > _WORTH_TELLING and (_is(words, _WAITING) or _is(words, _QUEUES, _LENGTHS | _FILLING)):
            yield Work(under(name, key), amount, amount > MOST_WAITING)


def counts_failed_jobs(key: str, value: object) -> bool:
    """Whether a number is that of failed jobs by its own key, in any object: ``failedJobs``, ``deadLetters``."""
    words = words_of(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and bool(_ENTRIES & {*words}) and _is(words, _FAILED)


def _is(words: tuple[str, ...], kind: frozenset[str], filling: frozenset[str] = _FILLING | _QUEUES) -> bool:
    """Whether these words are of a kind: ``stalledJobs``, ``imageJobsStalled``, and not ``maxStalledCount`` or
    ``stalledInterval``.
    """
    at = next((number for number, word in enumerate(words) if word in kind), None)
    if at is None or _OTHERS & {*words[:at]}:
        return False
    return {*words[at + 1 :]} <= kind | filling | _LENGTHS


def _amount(value: object) -> float:
    """A number without a unit; 0 for anything else."""
    return 0.0 if isinstance(value, str) and "%" in value else number_in(value) or 0.0
