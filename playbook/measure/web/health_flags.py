"""Keys of health reports whose value is a boolean: what true and false under them mean. Pure."""

from __future__ import annotations

import re

from playbook.measure.web.health_key_words import LIMITING, word_set, words_of
from playbook.measure.web.health_words import MEANING, State

GOOD_IF_TRUE = word_set(
    """healthy ok alive ready live up success successful connected available reachable operational serving
    working online passed passing valid running initialized exists accessible responsive"""
)
# False under these is a failure; their other values may be data, such as the time of a connection.
_WORKING = word_set(
    """initialized initialised responding writable writeable readable loaded installed mounted listening verified
    established connect connection ping pong synced sane"""
)
ENDINGS = word_set("healthy alive ready connected ok up available reachable online running working")
_BAD_IF_TRUE = word_set(
    """unhealthy down failed failing degraded error errors failure failures exception exceptions fatal sealed
    maintenance unavailable problem problems issues crashed stale dead broken offline err
    warning warnings paused restarting killed oomkilled draining terminating stopped disconnected
    unreachable overloaded suspended stuck shutdown stopping closing expired corrupt corrupted missing lost full
    throttled lagging hung frozen aborted terminated deadlocked exceeded unstable unresponsive revoked slow
    loading booting starting initializing initialising recovering reconnecting"""
)
_PHRASES = word_set("shuttingdown maintenancemode timedout lameduck lameduckmode")
# Of the words of a status, those that as a flag are a colour, a setting, or nothing bad.
_NO_FLAGS = word_set("no false red yellow amber orange critical timeout partial inactive exited rate-limited")
# What protects or supervises, and is switched off where what it needs is away.
_GUARDS = word_set("limiter ratelimiter throttler firewall waf watchdog failover autoheal")
_NOT = word_set("not no non never isnt arent hasnt doesnt")
_CANNOT = (("cannot",), ("cant",), ("can", "not"), ("could", "not"), ("couldnt",), ("unable", "to"))
# First words of keys that say what is to be done about something bad.
_ABOUT_BAD = word_set("reject skip retry remove delete evict kill allow use")
_ORDERS = word_set("fail exit retry reconnect notify alert restart abort stop warn log trace")
_BEGINNING = word_set("loading booting starting initializing initialising recovering reconnecting")
WARNINGS = word_set("""warning warnings degraded alert alerts alarm alarms incident incidents outage outages""")
_ONLY_DEGRADED = WARNINGS | _BEGINNING | word_set("slow throttled lagging unstable")
# False under these tells of a part that is behind, or by itself.
_TOGETHER = word_set(
    """quorum quorate insync uptodate migrated replicating joined registered subscribed canwrite"""
)
# Where writes are not expected.
_READERS = word_set(
    "replica replicas reader readers secondary slave standby follower mirror transaction user token"
)
_STAND_INS = word_set("mock mocked stub stubbed simulated dummy")
_BOUNDS = word_set("limit limits quota max maximum maxmemory capacity cap threshold")  # that may be reached
_FLAGS = word_set("maintenance sealed draining shuttingdown loading lameduck")
_AWAY = word_set("down unreachable disconnected unavailable offline dead")


def good_if_true(key: str) -> bool:
    """Whether 1 under this key is healthy and 0 is failing, where numbers are used as booleans."""
    words = words_of(key)
    return bool(words) and (words[-1] in GOOD_IF_TRUE)


def bad_if_true(key: str) -> bool:
    """Whether true under this key is failing, such as ``maintenance_mode``, ``hasErrors`` or ``shuttingDown``."""
    words = words_of(key)
    if words[-1:] == ("reached",) and {*words[:-1]} & _BOUNDS:
        return True
    if not words or words[0] in LIMITING or words[-1] == "check" or is_about_bad(words):
        return False
    bare = "".join(words)
    known = bool({words[0], words[-1]} & _BAD_IF_TRUE) or bare in _PHRASES
    return known or _meaning(words) in (State.UNHEALTHY, State.DEGRADED)


def bad_state(key: str) -> str:
    """The bad state that a key asks about: of ``errorState`` ``error``; empty for any other key."""
    *state, last = words_of(key) or ("",)
    return "-".join(state) if last in ("state", "status") and bad_if_true("-".join(state)) else ""


def denied(key: str) -> str:
    """What a key denies: of ``notReady`` and ``unready`` ``ready``, of ``cannotWrite`` ``can-write``.

    Empty for any other key: what is a status by itself, as ``no_connection``, is no denial.
    """
    words = words_of(key)
    words = words[1:] if words[:1] in (("is",), ("are",), ("has",)) else words
    if not words or MEANING.get("-".join(words)) in (State.UNHEALTHY, State.DEGRADED):
        return ""
    if words[0] in _NOT:
        return "-".join(words[1:])
    for cannot in _CANNOT:
        if words[: len(cannot)] == cannot:
            return "-".join(("can", *words[len(cannot) :]))
    last = re.sub("^(?:un|in|dis)", "", words[-1])
    is_denied = last != words[-1] and words[-1] not in MEANING and last in GOOD_IF_TRUE | _WORKING | ENDINGS
    return "-".join((*words[:-1], last)) if is_denied else ""


def is_about_bad(words: tuple[str, ...]) -> bool:
    """Whether a key says what is done about something bad: ``rejectUnauthorized``, ``exitOnError``."""
    if len(words) < 2 or not (words[-1] in _BAD_IF_TRUE or _meaning(words[-1:])) or "-".join(words) in MEANING:
        return False
    return words[0] in _ABOUT_BAD or (words[0] in _ORDERS and words[-2] in ("on", "when", "if"))


def _meaning(words: tuple[str, ...]) -> State | None:
    """What the end of a key means where it is a status in words: ``isStalled``, ``queue_out_of_sync``."""
    ends = ("-".join(words[at:]) for at in range(len(words)))
    return next((MEANING[end] for end in ends if end in MEANING and end not in _NO_FLAGS), None)


def fails_if_false(key: str) -> bool:
    """Whether false under this key is failing wherever it is: ``canConnect``, ``isInitialized``, ``writable``."""
    words = words_of(key)
    return bool(words) and words[0] not in LIMITING and (words[-1] in _WORKING or good_if_true(key))


def doubtful_if_false(key: str) -> bool:
    """Whether false under this key may be a failure wherever it is: ``quorum``, ``inSync``, ``upToDate``."""
    words = words_of(key)
    return bool(words) and ("".join(words[-3:]) in _TOGETHER or words[-1] in _TOGETHER)


def opens_circuit(name: str, key: str) -> bool:
    """Whether a boolean tells that a circuit breaker is open: ``circuitOpen``, ``halfOpen`` of one."""
    words = words_of(key)
    return bool(words) and words[-1] in ("open", "opened", "tripped") and (is_circuit(name) or is_circuit(key))


def is_open(key: str) -> bool:
    """Whether a key tells whether a connection is open."""
    return words_of(key)[-2:] in (("is", "open"), ("open",), ("opened",))


def only_degraded(key: str) -> bool:
    """Whether true under such a key is only degraded: ``has_warnings``, ``degraded``, ``slow``."""
    words = words_of(key)
    return words[-1] in _ONLY_DEGRADED or words[0] in _BEGINNING or _meaning(words) is State.DEGRADED


def is_flag(key: str) -> bool:
    """Whether a key tells of a state of everything, or denies one, which may also be written as 1 or "on"."""
    words = words_of(key)
    away = words[-1:] != () and words[-1] in _AWAY
    return "".join(words).removesuffix("mode") in _FLAGS or away or bool(denied(key))


def guards(name: str, key: str) -> bool:
    """Whether a key, or the object of a message, names what protects or supervises: ``rate_limiter``."""
    words = words_of(key)
    of_it = words_of(name) if words[-1:] in (("message",), ("msg",), ("status",), ("state",), ("mode",)) else ()
    return bool(_GUARDS & {*words, *of_it[-1:]}) or {"rate", "limiting"} <= {*words, *of_it}


def only_reads(name: str, key: str) -> bool:
    """Whether true under this key tells that writes are refused, other than by a replica."""
    words = words_of(key)
    return "".join(words).endswith("readonly") and not {*words_of(name), *words} & _READERS


def is_makeshift(key: str) -> bool:
    """Whether true under this key tells of a stand-in for the real thing: ``usingFallback``, ``mock``."""
    words = set(words_of(key))
    return bool(words & _STAND_INS) or (
        "fallback" in words and bool(words & {"using", "used", "active", "in", "is"})
    )


def is_circuit(key: str) -> bool:
    """Whether a key names a circuit breaker, which works while it is closed."""
    return bool({"circuit", "circuits", "breaker", "breakers"} & set(words_of(key)))
