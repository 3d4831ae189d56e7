"""Whether Redis can do its work, not only whether it responds: from INFO, without a write."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playbook.clients.redis_replies import NotAllowed
from playbook.core.counters import Grown
from playbook.core.coverage import Coverage, lacking, share
from playbook.core.durations import two_whole_units
from playbook.core.errors import Malformed, Refused, Unmeasured
from playbook.measure.redis.redis_failed import failed_commands
from playbook.measure.redis.redis_info import (
    DISCONNECTIONS,
    OOM_REJECTIONS,
    REFUSALS,
    Info,
    mebibytes,
    recent_growth,
)
from playbook.measure.redis.redis_memory import limit_of, swapped
from playbook.measure.statements import Statement

_LINK = re.compile(r"master(_\d+|_global)?_link_status")
_SYNC = re.compile(r"master(_\d+)?_sync_in_progress")
_REPLICA = re.compile(r"slave\d+")
PRIMARIES = frozenset({"master", "primary"})
_REPLICAS = frozenset({"slave", "replica"})
_ACTIVE = "active-replica"  # KeyDB's role of a replica that accepts writes
_ONLINE = frozenset({"online", "stable_sync"})
_SYSTEM_FULL = 0.95
_FEW = 0.05  # of all keys; to evict so few makes hardly any room
_SILENT = 60.0  # seconds after which Redis itself gives up a link (repl-timeout)
_SAVES = 3600.0  # seconds
_EVICTS_LATE = 10_000.0  # milliseconds over its limit during which it could not make room
_SLOTS = 16_384
# Of Kvrocks, its disk, and Upstash.
_STORED = (
    ("used_db_size", "max_db_size"),
    ("used_disk_size", "disk_capacity"),
    ("total_data_size", "max_data_size"),
)
_NOTHING_MORE = Coverage()
# Replies other than the requested one: they are information too, and other replies still count.
ANSWERED = (Refused, Malformed, NotAllowed)


def answer_of(subject: str, command: str, problem: Unmeasured | None) -> Statement:
    """Only a refusal by the server itself fails; any other problem is one of coverage."""
    refusal = problem.words if isinstance(problem, Refused) else ""
    found = refusal or ("an answer" if problem is None else str(problem))
    return Statement(subject, not refusal, f"an answer to {command}", found)


def used_of(info: Info) -> float | None:
    """Bytes that count against the limit: buffers of replicas and of the AOF do not. None where it is not told."""
    used = info.number("used_memory")
    return None if not used else max(used - (info.number("mem_not_counted_for_evict") or 0.0), 0.0)


def policy_evicts(info: Info) -> bool | None:
    """Whether it evicts keys when memory is full; None where its policy is not known.

    Without a limit nothing is ever evicted; a volatile-… policy needs keys that expire, and more than a few of
    them unless it has evicted some.
    """
    policy = info.word("maxmemory_policy")
    if limit_of(info) == 0 or policy == "noeviction":
        return False
    if policy.startswith("volatile-"):
        expire = sum(_count(database, "expires") for database in info.databases)
        few = expire < _FEW * sum(_count(database, "keys") for database in info.databases)
        return expire > 0 and (not few or bool(info.number("evicted_keys")))
    return True if policy.startswith("allkeys-") or policy == "eviction" else None


def statements(info: Info, growth: Grown, cluster: Mapping[str, str] | str | None) -> list[Statement]:
    """All statements that INFO allows about its work, failing ones first.

    Args:
        growth: growth of its counters.
        cluster: reply to CLUSTER INFO, or the error; None where it was not sent.
    """
    found = [
        *_serving(info),
        *_room(info),
        *swapped(info),
        *_storage(info),
        *_replication(info),
        *_persistence(info),
        *_clients(info),
        *_cluster(info, cluster),
        *_refused(info, growth),
        *_disconnected(info, growth),
        *failed_commands(info, growth),
    ]
    return sorted(found, key=lambda one: (one.holds, one.warn))


def turned_away(info: Info, growth: Grown) -> Statement:
    """That no client was rejected for lack of connections since the previous reading."""
    now = info.count("rejected_connections")
    amount, over = (now, "") if now == 0 else recent_growth(info, growth, "rejected_connections", now)
    return Statement(
        "Connections turned away by Redis",
        not amount,
        "none",
        "none" if not amount else f"{amount:,.0f} in {over}",
        warn=True,
        coverage=info.need("rejected_connections", now is not None)
        + (growth.known("rejected_connections") if now and amount is None else Coverage()),
    )


def _serving(info: Info) -> list[Statement]:
    loading, behind = info.flag("loading"), info.flag("async_loading")
    percent = info.number("loading_loaded_perc")
    far = "" if percent is None else f" ({percent:.0f} % of them)"
    found = [
        Statement(
            "Data of Redis",
            not loading,
            "all loaded",
            f"still loading{far}" if loading else "loaded",
            coverage=info.need("loading", loading is not None),
        )
    ]
    mode = info.word("redis_mode", "server_mode")
    if mode == "sentinel" or info.word("role") == "sentinel":
        hint = "Name a server that holds data in redis.url; a Sentinel only tells where one is."
        other = lacking("a Sentinel", expected="a server that holds data", got="a Sentinel", hint=hint)
        found.append(Statement("Redis", True, "a server that holds data", "a Sentinel", coverage=other))
    if behind:
        found.append(
            Statement("Data of Redis", False, "the newest", "old ones, as new ones are loading", warn=True)
        )
    paused = info.word("paused_actions")  # Valkey, since 8.1
    if paused not in {"", "none"}:
        reason = info.word("paused_reason") or "not told why"
        words = f"a pause of {paused} ({reason})"
        found.append(Statement("Commands to Redis", False, "carried out at once", words, warn=True))
    ending = info.number("shutdown_in_milliseconds")
    if ending is not None:
        found.append(
            Statement("Redis", False, "a server that stays", f"one that shuts down in {ending / 1000:g} s")
        )
    return found


def _room(info: Info) -> list[Statement]:
    subject, expected = "Memory of Redis", "room for writes"
    limit, used = limit_of(info), used_of(info)
    if limit == 0:
        return [_room_of_machine(info, subject, expected)]
    if limit is None or used is None:
        needed = info.need("maxmemory", limit is not None) + info.need("used_memory", used is not None)
        return [Statement(subject, True, expected, "not known", coverage=needed)]
    words = f"{mebibytes(used)} of {mebibytes(limit)} used"
    policy, evicts = info.word("maxmemory_policy"), policy_evicts(info)
    keyless = few = ""
    if policy.startswith("volatile-") and not evicts:
        keyless = "" if any(_count(one, "expires") for one in info.databases) else ", and no key expires"
        few = keyless or ", and hardly any key expires"
    if evicts is None:
        known = info.need("maxmemory_policy", known=False)
        return [Statement(subject, True, expected, f"{words}, which it may evict or not", coverage=known)]
    if used >= limit and not evicts:
        full = f"full memory ({mebibytes(used)} of {mebibytes(limit)}) under {policy}{few}"
        return [Statement(subject, False, expected, f"{full}: writes are refused")]
    late = info.number("current_eviction_exceeded_time") or 0.0
    if late >= _EVICTS_LATE:
        words = f"over its limit for {two_whole_units(late / 1000)}, as it cannot evict as fast as it is filled"
    elif keyless and any(_count(one, "keys") for one in info.databases):
        words = f"{words}; nothing can be evicted under {policy}{keyless}"
    else:
        return [Statement(subject, True, expected, words)]
    return [Statement(subject, False, expected, words, warn=True)]


def _storage(info: Info) -> list[Statement]:
    """Room for data on disk, where there is a limit for them; 0 is none."""
    found = []
    for used, limit in _STORED:
        most, stored = info.size(limit), info.size(used)
        if most and stored is not None:
            words = f"{mebibytes(stored)} of {mebibytes(most)} used"
            found.append(Statement("Storage of Redis", stored < most, "room for writes", words))
    return found


def _room_of_machine(info: Info, subject: str, expected: str) -> Statement:
    """Without a limit of its own, the machine's memory is the limit."""
    system, resident = info.number("total_system_memory"), info.number("used_memory_rss")
    needed = info.need("total_system_memory", bool(system)) + info.need("used_memory_rss", bool(resident))
    if not system or not resident:
        return Statement(subject, True, expected, "no limit, and the machine's memory is unknown", coverage=needed)
    words = f"{mebibytes(resident)} of the machine's {mebibytes(system)} used, and no limit below that"
    return Statement(subject, resident < _SYSTEM_FULL * system, expected, words, coverage=needed)


def _replication(info: Info) -> list[Statement]:
    role = info.word("role")
    if role in PRIMARIES:
        return _primary_statements(info)
    if role in _REPLICAS or role == _ACTIVE:
        return _replica_statements(info, role)
    return [
        Statement(
            "Replication of Redis", True, "a known role", role or "none", coverage=info.need("role", known=False)
        )
    ]


def _primary_statements(info: Info) -> list[Statement]:
    subject = "Replication of Redis"
    found = []
    failover = info.word("master_failover_state")
    if failover not in {"", "no-failover"}:
        found.append(Statement(subject, False, "no failover", f"{failover}: writes wait for its end"))
    if info.count("min_slaves_good_slaves") == 0:
        found.append(
            Statement(
                subject,
                False,
                "as many good replicas as min-replicas-to-write demands",
                "none: writes are refused",
            )
        )
    untold = {"state": "online"} if info.word("kvrocks_version") else {}  # it lists only those that it feeds
    replicas = {
        name: str({**untold, **value}["state"])
        for name, value in info.fields.items()
        if _REPLICA.fullmatch(name) and isinstance(value, Mapping) and "state" in {**untold, **value}
    }
    behind = [f"{name} {state}" for name, state in sorted(replicas.items()) if state not in _ONLINE]
    behind += [f"{name} {lag:,} s behind" for name, lag in _lags(info).items() if lag > _SILENT]
    if behind:
        found.append(Statement(subject, False, "every replica online", ", ".join(behind), warn=True))
    if not found:
        words = f"a primary with {len(replicas)} replicas online" if replicas else "a primary without replicas"
        seen = _replica_coverage(info, len(replicas))
        found.append(Statement(subject, True, "a primary that takes writes", words, coverage=seen))
    return found


def _replica_coverage(info: Info, understood: int) -> Coverage:
    """Whether each replica that it counts, or has a field for, has a state."""
    fields = sum(bool(_REPLICA.fullmatch(name)) for name in info.fields)
    counted = max(info.count("connected_slaves") or 0, fields)
    if understood >= counted:
        return _NOTHING_MORE
    return share(understood, counted, "replicas", what="the state")


def _lags(info: Info) -> dict[str, int]:
    """Seconds since each replica's last acknowledgement; Dragonfly and Kvrocks use the same name for entries."""
    if info.word("dragonfly_version", "kvrocks_version"):
        return {}
    lags = {
        name: value.get("lag")
        for name, value in sorted(info.fields.items())
        if _REPLICA.fullmatch(name) and isinstance(value, Mapping)
    }
    return {name: lag for name, lag in lags.items() if isinstance(lag, int)}


def _replica_statements(info: Info, role: str) -> list[Statement]:
    subject = "Replication of Redis"
    found = []
    links = {name: str(value) for name, value in info.fields.items() if _LINK.fullmatch(name)}
    odd = [name for name, value in links.items() if value not in {"up", "down"}]
    down = info.number("master_link_down_since_seconds")
    if "down" in links.values():
        since = f" for {two_whole_units(down)}" if down is not None else ""
        found.append(
            Statement(
                subject, False, "a link to the primary", f"none{since}: its role is {role} and its link is down"
            )
        )
    syncing = [name for name in info.fields if _SYNC.fullmatch(name) and info.flag(name)]
    if syncing:
        found.append(Statement(subject, False, "a replica with all data", "one that is just being filled"))
    silent = info.number("master_last_io_seconds_ago") or 0.0
    if silent > _SILENT:
        words = f"nothing heard of it for {two_whole_units(silent)}"
        found.append(Statement(subject, False, "a link to the primary", words, warn=True))
    if role != _ACTIVE and info.fields.get("slave_read_only", 1) != 0:
        primary = info.word("master_host")
        words = f"a read-only replica{f' of {primary}' if primary else ''}: it refuses every write"
        found.append(Statement(subject, False, "a primary that takes writes", words, warn=True))
    name = odd[0] if odd else "master_link_status"
    known = info.need(name, bool(links) and not odd)
    found.append(Statement(subject, True, "a link to the primary", "one", coverage=known))
    return found


def _persistence(info: Info) -> list[Statement]:
    subject = "Persistence of Redis"
    aof_off = info.flag("aof_enabled") is False or bool(info.word("dragonfly_version", "kvrocks_version"))
    snapshot = "last_bgsave_status" if info.word("kvrocks_version") else "rdb_last_bgsave_status"
    fields = (
        (snapshot, "the newest snapshot saved", False, True),
        ("aof_last_write_status", "the append-only file written", False, not aof_off),
        ("aof_last_bgrewrite_status", "the append-only file rewritten", True, not aof_off),
    )
    found = []
    for name, expected, warn, needed in fields:
        status = info.word(name)
        if status == "err":
            found.append(Statement(subject, False, expected, f"{name}:err", warn=warn))
        elif needed or status not in {"", "ok"}:
            known = info.need(name, status == "ok")
            found.append(Statement(subject, True, expected, status or "not known", coverage=known))
    for name in ("rdb_current_bgsave_time_sec", "aof_current_rewrite_time_sec"):
        lasts = info.number(name) or 0.0
        if lasts > _SAVES:
            words = f"one that has gone on for {two_whole_units(lasts)} ({name})"
            found.append(Statement(subject, False, "saving that comes to an end", words, warn=True))
    return found


def _clients(info: Info) -> list[Statement]:
    """Room for clients; where the limit is not reported, our own connection is the proof."""
    most, connected = info.count("maxclients", "max_clients"), info.connections
    if not most or connected is None:
        return []
    words = f"{connected:,} of {most:,} connected"
    return [Statement("Clients of Redis", connected < most, "room for one more", words)]


def _cluster(info: Info, cluster: Mapping[str, str] | str | None) -> list[Statement]:
    subject, expected = "Cluster of Redis", "all slots served"
    enabled = info.flag("cluster_enabled")
    if not enabled:
        known = info.need("cluster_enabled", enabled is not None)
        return [Statement("Cluster mode of Redis", True, "one that is known", "off", coverage=known)]
    if not isinstance(cluster, Mapping):
        asked, hint = "an answer to CLUSTER INFO", "Allow CLUSTER INFO to the user, see SECURITY.md."
        unknown = lacking("no CLUSTER INFO", expected=asked, got=cluster or "none", hint=hint)
        return [Statement(subject, True, expected, "not known", coverage=unknown)]
    state = cluster.get("cluster_state", "")
    served, failed = (_whole(cluster, f"cluster_slots_{name}") for name in ("ok", "fail"))
    doubted = _whole(cluster, "cluster_slots_pfail")
    words = f"cluster_state:{state or 'not told'}, {'?' if served is None else f'{served:,}'} of {_SLOTS:,} slots"
    if state == "fail" or failed or (served is not None and served + (doubted or 0) < _SLOTS):
        return [Statement(subject, False, expected, words)]
    if doubted:
        return [Statement(subject, False, expected, f"{words}, {doubted:,} doubted", warn=True)]
    understood = state == "ok" and served is not None
    unknown = lacking("cluster not understood", expected="cluster_state:ok and its slots", got=words)
    return [Statement(subject, True, expected, words, coverage=_NOTHING_MORE if understood else unknown)]


def _refused(info: Info, growth: Grown) -> list[Statement]:
    """Error replies that refused commands, since the previous reading."""
    subject, expected = "Refusals by Redis", "none"
    now = {code: info.errors(code) for code in REFUSALS}
    names = {code: f"errorstat_{code}" for code in REFUSALS}
    if info.number(OOM_REJECTIONS) is not None:
        now[OOM_REJECTIONS], names[OOM_REJECTIONS] = info.count(OOM_REJECTIONS), OOM_REJECTIONS
    counted = {code: recent_growth(info, growth, names[code], count) for code, count in now.items() if count}
    grew = {code: f"{by:,.0f} with {code}" for code, (by, _) in counted.items() if by}
    found = []
    if grew:
        times = " and ".join(dict.fromkeys(counted[code][1] for code in grew))
        found.append(Statement(subject, False, expected, f"{', '.join(grew.values())} in {times}", warn=True))
    odd = [code for code, count in now.items() if count is None]
    known = info.need("errorstats", not odd or (not info.tells_errors and OOM_REJECTIONS in now))
    for code, (by, _) in counted.items():
        known += growth.known(names[code]) if by is None else Coverage()
    if not grew:
        window = f"none in {growth.over}" if growth.hours else "none known to be from the last day"
        found.append(Statement(subject, True, expected, window, warn=True, coverage=known))
    return [*found, turned_away(info, growth)]


def _disconnected(info: Info, growth: Grown) -> list[Statement]:
    """That it has not ended connections to save memory since the previous reading, where it counts them."""
    subject, expected = "Connections of clients", "none ended by Redis"
    found = []
    for name in DISCONNECTIONS:
        count = info.count(name)
        amount, over = recent_growth(info, growth, name, count) if count else (0, "")
        if amount:
            found.append(Statement(subject, False, expected, f"{amount:,.0f} in {over} ({name})", warn=True))
        elif amount is None:
            found.append(Statement(subject, True, expected, "not known", warn=True, coverage=growth.known(name)))
    return found


def _count(database: Mapping[str, object], name: str) -> int:
    value = database.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _whole(cluster: Mapping[str, str], name: str) -> int | None:
    text = cluster.get(name, "")
    return int(text) if text.isdecimal() else None
