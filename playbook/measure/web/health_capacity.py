"""Pools and quotas in health reports of which nothing is left, beside a good status. Pure.

By the names of HikariCP, DBCP, c3p0, Agroal, Go's ``sql.DBStats``, pgx, SQLAlchemy, psycopg, asyncpg,
ActiveRecord, node-postgres, tarn, generic-pool, sequelize, deadpool, Puma, Redis and MySQL. A pool that grows on
demand has as many connections as are in use, so that its present size says nothing while nobody waits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from playbook.measure.web.health_key_words import word_set, words_of
from playbook.measure.web.health_keys import holds_limits, holds_switches
from playbook.measure.web.health_values import Pairs, number_in, short, under

_CONNECTIONS = word_set(
    """pool pools connection connections conn conns hikari hikaricp agroal dbcp c3p0 druid knex tarn pgbouncer puma
    deadpool r2d2 bb8 sqlx semaphore bulkhead permits maxclients fd fds descriptors sockets listenqueue"""
)
_DATABASES = word_set(
    """db database databases datasource postgres postgresql pg mysql mariadb mongo mongodb asyncpg sqlalchemy
    npgsql prisma"""
)
_THREADS = word_set("thread threads")
_QUOTAS = word_set("quota quotas credits ratelimit")
_QUEUES = word_set("queue queues buffer")
# Used up in ordinary work: memory as a cache, a processor for a moment, and workers while there are jobs.
_BUSY_BY_DESIGN = word_set(
    """memory mem heap rss ram swap cpu cpus load jobs job workers worker tasks task consumers batch gc"""
)
_SERVERS = word_set("worker workers thread threads process processes")
_JOBS = word_set(
    """job jobs task tasks queue queues celery sidekiq resque rq horizon bull bullmq dramatiq huey goodjob"""
)
_IN_USE = word_set("used busy active borrowed using acquired taken leased inuse checkedout")
_OPEN = word_set("open connected current")  # with those that are idle, where both are told
_COUNTED = word_set("connections connection conns")
_FREE = word_set("idle free available remaining spare checkedin permits")
_SURELY_FREE = word_set("free available remaining permits")
_WAITING = word_set("listenqueue wait waiting waiters awaiting pending queued backlog")
_LIMIT = word_set("max maximum limit capacity quota maxclients")
_SIZE, _LENGTH = word_set("size total"), word_set("length depth")
_COUNTS = _COUNTED | _OPEN | _SIZE | _LENGTH
_ROLES = _COUNTS | _IN_USE | _FREE | _WAITING | _LIMIT | {"observed", "value", "overflow"}
_SHARES = word_set("utilization utilisation usage saturation")
# A key with one of these tells something else: a time, a peak, a share, or a count since the start.
_OTHERS = word_set(
    """lifetime timeout time duration ms seconds age closed min minimum last previous peak created destroyed
    destroy errors failed failures hits misses stale retries threshold warning bytes mb avg average percent pct
    percentage"""
)
_FILLING = word_set(
    """connection connections conn conns count num number of db pool client clients thread threads socket sockets
    slot slots process processes queries acquires creates checkout requests in use out checked calls concurrent
    allowed resource resources items"""
)
_JOINED = {("in", "use"): "inuse", ("checked", "out"): "checkedout", ("checked", "in"): "checkedin"}
_JOINED_NAMES = {("rate", "limit"): "ratelimit"}
_SINCE_START = {("requests", "queued"), ("wait", "count")}  # of psycopg, and of Go
_LISTEN_QUEUE = {("listen", "queue"): "listenqueue"}  # of php-fpm
_DEFAULT_OVERFLOW = 10  # https://docs.sqlalchemy.org/en/20/core/pooling.html: max_overflow
_OWN_CHECKS = 4  # connections that the checks of the report may use at once
# "Pool size: 5  Connections in pool: 0 Current Overflow: 10 Current Checked out connections: 15"
_SQLALCHEMY = re.compile(
    r"Pool size: (\d{1,9})\s+Connections in pool: (\d{1,9})\s+Current Overflow: (-?\d{1,9})\s+"
    r"Current Checked out connections: (\d{1,9})"
)
_ALL_OF = re.compile(r"([1-9]\d{0,8})\s*(?:/|of|out of)\s*(\d{1,9})(?![\d./])(.*)", re.DOTALL)
_TAKEN = re.compile(
    r"\W*(?:(?:conn\w*|threads?|workers?|process(?:es)?) )?(?:are )?"
    r"(?:in use|used|busy|active|taken|borrowed|checked out)\b",
    re.IGNORECASE,
)
_SOME_WAIT = re.compile(r"\b[1-9]\d* (?:\w+ )?(?:waiting|pending|queued)", re.IGNORECASE)


@dataclass(slots=True)
class _Pool:
    """What an object tells of one pool; None where it does not.

    Attributes:
        limit: as many as there can be.
        size: how many there are, or can be.
    """

    name: str
    around: frozenset[str]
    used: float | None = None
    open: float | None = None
    free: float | None = None
    surely_free: bool = False
    waiting: float | None = None
    limit: float | None = None
    size: float | None = None
    overflow: float | None = None
    most_overflow: float = _DEFAULT_OVERFLOW


@dataclass(frozen=True, slots=True)
class Full:
    """Nothing is left of a capacity.

    Attributes:
        sure: somebody waits, or as much is in use as there can be; otherwise it only seems so.
    """

    what: str
    words: str
    sure: bool


def full_in(name: str, value: Pairs) -> Iterator[Full]:
    """Pools and quotas of an object of which nothing is left."""
    if not (holds_limits(name) or holds_switches(name)):
        for pool in _pools(name, value):
            if found := _full(pool):
                yield found


def free_keys(name: str, value: Pairs) -> frozenset[str]:
    """Keys that tell how much of a pool is free, of which 0 is no failure: ``available`` beside ``size``."""
    roles = {key: _role(_joined(words_of(key), _JOINED)) for key, one in value if number_in(one) is not None}
    around = {*words_of(name), *(word for key in roles for word in words_of(key))}
    if not {"limit", "size", "used"} & {*roles.values()} or not around & _CONNECTIONS:
        return frozenset()
    return frozenset(key for key, role in roles.items() if role == "free")


def full_in_words(name: str, key: str, text: str) -> Full | None:
    """As ``full_in``, of a text under a key that names a pool: ``10/10 in use, 7 waiting``."""
    around = frozenset((*words_of(name), *words_of(key)))
    if match := _SQLALCHEMY.search(text):
        size, free, overflow, used = (float(number) for number in match.groups())
        return _full(_Pool(under(name, key), around | {"pool"}, used, None, free, size=size, overflow=overflow))
    match = _ALL_OF.match(text.strip())
    if not match or float(match[1]) < float(match[2]):
        return None
    told = {*around, *words_of(text)}
    if not around & (_CONNECTIONS | _DATABASES) or {*words_of(text)} & _SERVERS:
        # Of what takes jobs, all may be busy while some wait; of what takes requests, they may not.
        is_full = bool(told & _SERVERS and _TAKEN.match(match[3]) and _SOME_WAIT.search(match[3]))
        is_full = is_full and not told & _JOBS
        return Full(under(name, key), short(text), sure=False) if is_full else None
    if _TAKEN.match(match[3]):
        return Full(under(name, key), short(text), sure=True)
    waits = bool(_SOME_WAIT.search(match[3]))
    is_bare = not match[3].strip() and bool(around & {"pool", "pools"}) and float(match[2]) > _OWN_CHECKS
    return Full(under(name, key), short(text), sure=waits) if waits or is_bare else None


def share_used_up(name: str, key: str, value: object) -> bool:
    """Whether a share of a pool is all of it: ``"db_pool_usage": "100%"``."""
    words, number = {*words_of(name), *words_of(key)}, number_in(value)
    is_share = {*words_of(key)} & _SHARES and words & (_CONNECTIONS | _QUOTAS) and not words & _BUSY_BY_DESIGN
    return bool(is_share) and number is not None and 99 <= number <= 100


def _pools(name: str, value: Pairs) -> Iterator[_Pool]:
    """The pools of an object: its own, or several whose names begin their keys, as in ``db_pool_in_use``."""
    pools: dict[tuple[str, ...], _Pool] = {}
    beside = {key for key, _ in value}
    for key, one in value:
        number = number_in(one)
        words = _joined(_joined(words_of(key), _JOINED), _LISTEN_QUEUE)
        if number is None or (isinstance(one, str) and "%" in one) or words in _SINCE_START or _OTHERS & {*words}:
            continue
        is_puma = key == "pool_capacity" and "backlog" in beside  # how many requests it could take now
        role = "free" if is_puma else _role(words)
        role = "" if role != "waiting" and "requests" in words else role
        if role:
            rest = tuple(word for word in words if word not in _ROLES and word not in _FILLING)
            called = under(name, " ".join(rest)) if rest else name or "connections"
            pool = pools.setdefault(rest, _Pool(called, frozenset()))
            pool.around |= {*_joined(words_of(name), _JOINED_NAMES), *words}
            pool.surely_free = pool.surely_free or (role == "free" and bool(_SURELY_FREE & {*words}))
            before = getattr(pool, role)
            setattr(pool, role, number if before is None or role == "most_overflow" else max(number, before))
    yield from pools.values()


def _role(words: tuple[str, ...]) -> str:
    """What a number is of a pool: a field of ``_Pool``; empty for anything else."""
    own = {*words}
    if "overflow" in own:
        return "most_overflow" if own & _LIMIT else "overflow"
    if own & _LIMIT and not own & {"remaining", "available"}:
        # The most that may be idle or wait, or that were ever in use, is no limit.
        return "" if own & (_FREE | _WAITING | {"used", "processes"}) else "limit"
    kinds = (("waiting", _WAITING), ("free", _FREE), ("used", _IN_USE))
    if role := next((kind for kind, known in kinds if own & known), ""):
        return role
    is_count = bool(own & _COUNTED) and own <= _COUNTED | {"count"}
    if own & _OPEN or is_count or words == ("observed", "value"):
        return "open"
    return "size" if own & (_SIZE | _LENGTH) else ""


def _full(pool: _Pool) -> Full | None:
    """Whether nothing is left of it."""
    is_queue, is_quota = bool(pool.around & _QUEUES), bool(pool.around & _QUOTAS)
    is_pool = bool(pool.around & _CONNECTIONS)
    known = is_queue or is_quota or is_pool or pool.around & (_DATABASES | _THREADS)
    if not known or pool.around & _BUSY_BY_DESIGN:
        return None
    limit = pool.limit
    if limit is None and pool.overflow is not None and pool.size is not None:
        limit = pool.size + pool.most_overflow
    if is_queue and not is_pool:  # how many jobs are worked on is no matter
        is_full = "capacity" in pool.around and pool.free == 0 and pool.size
        return _reached(pool, pool.size, pool.size if is_full else limit)
    return _used_up(pool, limit, is_pool=is_pool, is_quota=is_quota)


def _used_up(pool: _Pool, limit: float | None, *, is_pool: bool, is_quota: bool) -> Full | None:
    used = pool.open if pool.used is None else pool.used
    if used is None and pool.free == 0:
        used = pool.size
    if (is_pool or pool.around & _DATABASES) and pool.waiting and _none_left(pool, used, limit):
        return Full(pool.name, f"{_said(pool, used, limit)}, {pool.waiting:g} waiting", sure=True)
    if limit or (is_quota and used is None):
        return _reached(pool, used, limit) or _nothing_free(pool, used, limit)
    is_fixed = is_pool and used is not None and "total" not in pool.around and pool.overflow is None
    if is_fixed and pool.size is not None and used is not None and used >= pool.size > _OWN_CHECKS:
        return Full(pool.name, _said(pool, used, limit), sure=False)
    return None


def _none_left(pool: _Pool, used: float | None, limit: float | None) -> bool:
    if limit and used is not None:
        return used >= limit
    return pool.free == 0 or bool(used is not None and pool.size and used >= pool.size)


def _reached(pool: _Pool, used: float | None, limit: float | None) -> Full | None:
    # The report's own checks may hold the only one.
    if used is None or limit is None or not used >= limit > 1 or pool.free:
        return None
    return Full(pool.name, _said(pool, used, limit), sure=True)


def _nothing_free(pool: _Pool, used: float | None, limit: float | None) -> Full | None:
    is_none = pool.surely_free and pool.free is not None and pool.free <= 0
    if not is_none or (used is not None and limit and used < limit) or limit == 1:
        return None
    return Full(pool.name, _said(pool, None, limit), sure=False)


def _said(pool: _Pool, used: float | None, limit: float | None) -> str:
    top = limit or pool.size
    if used is None or not top:
        return f"none of {top:g} free" if top else "none free"
    return f"{used:g} of {top:g} in use"


def _joined(words: tuple[str, ...], pairs: dict[tuple[str, str], str]) -> tuple[str, ...]:
    """Words, of which those that belong together are one: ``in use`` is ``inuse``."""
    for (first, second), joined in pairs.items():
        for at in range(len(words) - 1):
            if words[at : at + 2] == (first, second):
                words = (*words[:at], joined, *words[at + 2 :])
                break
    return words
