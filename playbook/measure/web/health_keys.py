"""Keys of health reports: which hold a status, errors, dependencies, settings, or data. Pure."""

from __future__ import annotations

import re

from playbook.measure.web.health_words import MEANING, State


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def words_of(key: str) -> tuple[str, ...]:
    """``isHealthy``, ``is_healthy`` and ``is-healthy`` as ``("is", "healthy")``."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", key)
    return tuple(re.findall(r"[a-z0-9]+", parted.casefold()))


_GOOD_IF_TRUE = word_set(
    """healthy ok alive ready live up success successful connected available reachable operational serving
    working online passed passing valid running initialized exists accessible responsive"""
)
# False under these is a failure; their other values may be data, such as the time of a connection.
_WORKING = word_set(
    """initialized initialised responding writable writeable readable loaded installed mounted listening verified
    established connect connection ping pong synced sane"""
)
# Of these of them, null may be the time of something that has not happened.
_TIMED = word_set("connect connection established verified ping pong")
_STATUS = word_set("""status state health result outcome liveness readiness availability statusstr statestr""")
_ENDINGS = word_set("healthy alive ready connected ok up available reachable online running working")
_BAD_IF_TRUE = word_set(
    """unhealthy down failed failing degraded error errors failure failures exception exceptions fatal sealed
    maintenance unavailable problem problems issues crashed stale dead broken offline err
    warning warnings paused restarting killed oomkilled draining terminating stopped disconnected
    unreachable overloaded suspended stuck shutdown stopping closing expired corrupt corrupted missing lost full
    throttled lagging hung frozen aborted terminated deadlocked exceeded unstable unresponsive revoked slow
    loading booting starting initializing initialising recovering reconnecting"""
)
# Of the words of a status, those that as a flag are a colour, a setting, or nothing bad.
_NO_FLAGS = word_set("no false red yellow amber orange critical timeout partial inactive exited rate-limited")
_NOT = word_set("not no non never isnt arent hasnt doesnt")
_CANNOT = (("cannot",), ("cant",), ("can", "not"), ("could", "not"), ("couldnt",), ("unable", "to"))
# First words of keys that say what is to be done about something bad.
_ABOUT_BAD = word_set("reject skip retry remove delete evict kill allow use")
_ORDERS = word_set("fail exit retry reconnect notify alert restart abort stop warn log trace")
_BEGINNING = word_set("loading booting starting initializing initialising recovering reconnecting")
ERRORS = word_set(
    """error errors err exception exceptions failure failures problem problems issues failed failing
    unhealthy down fatal errormessage errormsg errordetails errordetail"""
)
_ERROR_ENDINGS = word_set("error errors exception failure failures fail fails")
_WARNINGS = word_set("""warning warnings degraded alert alerts alarm alarms incident incidents outage outages""")
_ONLY_DEGRADED = _WARNINGS | _BEGINNING | word_set("slow throttled lagging unstable")
LIMITING = word_set(
    """max maximum min allowed threshold thresholds ignore ignored total num number last previous on report
    show"""
)
_BAD_ONES = word_set("unhealthy failed failing down unavailable dead missing unreachable broken degraded offline")
_CODES = word_set("""code statuscode httpstatus httpcode httpstatuscode responsecode""")
_CONTAINERS = word_set(
    """dependencies dependency deps services checks check components entries checkresults healthchecks healthcheck
    subsystems upstreams backends probes indicators contributors integrations databases
   """
)
_SOFT = word_set("""details info data results result nodes""")
_DATA = word_set(
    """version name id env environment branch commit sha build host hostname node region zone mode type title
    url uri path service app application component componentid componenttype loglevel level logging
    verbosity severity priority criticality importance impact critical tags tag labels label theme color colour
    description documentation docs message notes note title group groups namespace cluster clustername pod
    image platform runtime language locale timezone time timestamp date uptime since started startedat
    duration totalduration latency latencyms role kind engine driver dialect provider vendor product
    mediatype format formats features links self about shortsummary notificationmessage summary releaseid
    serviceid observedunit output stack affectedendpoints checkid history definition createindex modifyindex"""
)
# Data of which a bad word is no value: an application is not called "down".
_THINGS = word_set(
    "app application service component host node cluster pod image platform runtime engine provider driver"
)
# Of builds, machines and visitors, which may be unknown.
_IDENTITIES = word_set(
    """git build commit revision release sha ref branch tag digest os arch cpu model country city ip user author
    owner machine instance container device browser client deploy deployment deployed hash chart built compiler
    runtime address"""
)
_MESSAGES = word_set(
    "message msg note notes output reason detail details description shortsummary notificationmessage"
)
_FINDINGS = word_set("message msg output reason detail details text info comment remark")
_DATA_ENDINGS = word_set("version name id url at level severity priority color colour theme mode type log")
# False under these tells of a part that is behind, or by itself.
_TOGETHER = word_set(
    """quorum quorate insync uptodate migrated replicating joined registered subscribed canwrite"""
)
_MONGO = word_set("mongo mongodb mongoose")
_SWITCHES = word_set(
    """debug cached cache ssl tls standby timed timedout test testing demo preview beta experimental readonly
    verbose production development staging enabled required optional critical authenticated fresh dev prod
    https secure performancestandby leader cluster clustered replica replicated public private authorized admin"""
)
_WISHES = word_set("needs requires use uses enable should show include allow")
_SWITCHBOARDS = word_set(
    """features feature featureflags flags toggles capabilities config configuration settings options
    preferences"""
)
# Numbers under these are limits or weights, whatever their names mean elsewhere.
_LIMITS = word_set("""thresholds threshold limits weights""")
_MAY_BE_NONE = word_set("queue storage s3 disk filesystem mail email smtp")
_NEEDED = word_set(
    """redis db database databases postgres postgresql mysql mariadb mongo mongodb cache queue storage s3
    kafka rabbit rabbitmq elasticsearch opensearch memcached valkey sqlite smtp mail email api backend
    worker workers broker nats search disk filesystem sidekiq celery scheduler cron auth stripe upstream
    gateway vault consul etcd"""
)


# Objects in which the name of something needed is only a version, an address or a limit of it.
_PLAIN = word_set("version versions url urls link links host hosts port ports tag tags label labels limits")
# Where writes are not expected.
_READERS = word_set(
    "replica replicas reader readers secondary slave standby follower mirror transaction user token"
)
_STAND_INS = word_set("mock mocked stub stubbed simulated dummy")
_FLAGS = word_set("maintenance sealed draining shuttingdown loading")
_AWAY = word_set("down unreachable disconnected unavailable offline dead")

# Keys of a status in words beside its number, e.g. of https://github.com/liip/LiipMonitorBundle
IN_WORDS = (("status", "name"), ("status", "text"))


def is_status(key: str) -> bool:
    """Whether a key holds a status: ``status``, ``db_state``, ``isHealthy``, ``connected``."""
    words = words_of(key)
    bare = "".join(words)
    if not words or words[0] in LIMITING or denied(key):
        return False
    return bare in _STATUS | _GOOD_IF_TRUE or words[-1] in _STATUS | _ENDINGS or words in IN_WORDS


def is_bare_status(key: str) -> bool:
    """Whether a key holds a status and no more: ``status``, ``state``."""
    return words_of(key) in (("status",), ("state",))


def good_if_true(key: str) -> bool:
    """Whether 1 under this key is healthy and 0 is failing, where numbers are used as booleans."""
    words = words_of(key)
    return bool(words) and (words[-1] in _GOOD_IF_TRUE)


def bad_if_true(key: str) -> bool:
    """Whether true under this key is failing, such as ``maintenance_mode``, ``hasErrors`` or ``shuttingDown``."""
    words = words_of(key)
    if not words or words[0] in LIMITING or words[-1] == "check" or _is_about_bad(words):
        return False
    bare = "".join(words)
    known = bool({words[0], words[-1]} & _BAD_IF_TRUE) or bare in ("shuttingdown", "maintenancemode", "timedout")
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
    is_denied = last != words[-1] and words[-1] not in MEANING and last in _GOOD_IF_TRUE | _WORKING | _ENDINGS
    return "-".join((*words[:-1], last)) if is_denied else ""


def _is_about_bad(words: tuple[str, ...]) -> bool:
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


def is_unconnected(key: str, value: float) -> bool:
    """Whether a number may be the state of a connection of mongoose other than 1: ``"mongo": 3`` is closing."""
    words = words_of(key)
    return bool(words) and words[-1] in _MONGO and value in (0, 2, 3)


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


def is_flag_in_words(key: str) -> bool:
    """Whether "true" and "false" under a key are booleans; of what is needed they are a status."""
    return not is_needed(key) or bad_if_true(key) or bool(denied(key))


def is_mode(key: str) -> bool:
    """Whether a key holds the mode in which something works."""
    return words_of(key)[-1:] == ("mode",)


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


def waits_for_work(name: str, key: str) -> bool:
    """Whether a key tells of changes that the database still lacks: ``pendingMigrations``, ``needsDbUpgrade``."""
    words = {*words_of(name), *words_of(key)}
    changes = words & {"migration", "migrations", "upgrade"}
    return bool(changes and words & {"pending", "needs", "outstanding", "unapplied"})


def offers_update(name: str, key: str) -> bool:
    """Whether a key tells whether there is something newer: ``updateAvailable``."""
    words = {*words_of(name), *words_of(key)}
    return words_of(key)[-1:] == ("available",) and bool(
        words & {"update", "updates", "upgrade", "version", "release"}
    )


def holds_errors(key: str) -> bool:
    """Whether a key holds errors, if there are any."""
    words = words_of(key)
    if not words or words[0] in LIMITING or denied(key) or _is_about_bad(words):
        return False
    return "".join(words) in ERRORS or words[-1] in _ERROR_ENDINGS


def holds_history(key: str) -> bool:
    """Whether a key holds an error that may be over: ``lastError``."""
    words = words_of(key)
    return len(words) > 1 and words[0] in ("last", "previous", "latest") and words[-1] in ERRORS


def holds_warnings(key: str) -> bool:
    """As ``holds_errors``, for warnings."""
    return "".join(words_of(key)) in _WARNINGS


def lists_bad(key: str) -> bool:
    """Whether a key lists what does not work: ``unhealthy_services``, ``failedChecks``."""
    words = words_of(key)
    return words == ("missing",) or (len(words) > 1 and words[0] in _BAD_ONES)


def counts_errors(key: str) -> bool:
    """Whether a key counts errors, perhaps long ago: ``errorCount``, ``failure_count``."""
    words = words_of(key)
    return len(words) > 1 and words[-1] in ("count", "counter") and words[-2] in ERRORS | _ERROR_ENDINGS


def holds_limits(key: str) -> bool:
    """Whether a key holds limits or weights, which say nothing about the present."""
    return "".join(words_of(key)) in _LIMITS


def is_circuit(key: str) -> bool:
    """Whether a key names a circuit breaker, which works while it is closed."""
    return bool({"circuit", "circuits", "breaker", "breakers"} & set(words_of(key)))


def is_message(key: str) -> bool:
    """Whether a key holds words about the status beside it."""
    return "".join(words_of(key)) in _MESSAGES


def is_finding(key: str) -> bool:
    """Whether a key holds what a check has found, not what it is for."""
    return words_of(key)[-1:] != () and words_of(key)[-1] in _FINDINGS


def is_code(key: str) -> bool:
    """Whether a key holds an HTTP status."""
    return "".join(words_of(key)) in _CODES


def is_error_code(key: str) -> bool:
    """Whether a key holds the code of an error: ``errno``, ``errcode``."""
    return "".join(words_of(key)) in ("errno", "errcode", "ret", "retcode", "errorcode")


def is_container(key: str) -> bool:
    """Whether a key holds dependencies, each of which must have a status."""
    return "".join(words_of(key)) in _CONTAINERS


def is_soft(key: str) -> bool:
    """Whether a key may hold dependencies or plain data."""
    return "".join(words_of(key)) in _SOFT


def is_data(key: str) -> bool:
    """Whether a key never holds a health word."""
    words = words_of(key)
    return "".join(words) in _DATA or (bool(words) and words[-1] in _DATA_ENDINGS)


def is_thing(key: str) -> bool:
    """Whether a key names a thing, which may also be given with its state: ``app``, ``image``."""
    return "".join(words_of(key)) in _THINGS


def is_identity(key: str) -> bool:
    """Whether a key tells what runs where, which may be unknown without harm: ``gitCommit``, ``build``."""
    return is_data(key) or bool(set(words_of(key)) & _IDENTITIES)


def is_switch(key: str) -> bool:
    """Whether false under this key is no failure."""
    words = words_of(key)
    wishes = bool(words) and words[0] in _WISHES
    odd_if_true = is_makeshift(key) or only_reads("", key)
    return bool({"".join(words), *words} & _SWITCHES) or wishes or is_data(key) or odd_if_true


def holds_switches(key: str) -> bool:
    """Whether a key holds features or settings, none of which need be on."""
    return "".join(words_of(key)) in _SWITCHBOARDS


def must_not_be_zero(key: str) -> bool:
    """Whether 0 or less under this key may be a failure, unlike the length of a queue."""
    return is_needed(key) and words_of(key)[-1] not in _MAY_BE_NONE


def asks(key: str) -> bool:
    """Whether a key asks whether something works, so that its value is a boolean: ``isOpen``, ``canConnect``."""
    words = words_of(key)
    return words[:1] in (("is",), ("has",), ("can",)) and (
        fails_if_false(key) or doubtful_if_false(key) or is_open(key)
    )


def must_be_told(name: str, key: str) -> bool:
    """Whether null under this key says that something was not looked at: ``redis``, ``lastCheck``, ``loaded``."""
    words = set(words_of(key))
    if asks(key) or ((fails_if_false(key) or doubtful_if_false(key)) and not words & _TIMED):
        return True
    if words & {"check", "checked", "heartbeat", "healthcheck"} or (is_needed(key) and not name):
        return not words & _SWITCHES
    plain = is_needed(name) or holds_switches(name) or bool(set(words_of(name)) & _PLAIN)
    return must_not_be_zero(key) and not plain


def is_needed(key: str) -> bool:
    """Whether a key names something that an application needs: ``redis``, ``primary_db``."""
    words = words_of(key)
    return bool(words) and words[-1] in _NEEDED
