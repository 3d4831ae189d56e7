"""Keys of health reports: which hold a status, errors, dependencies, settings, or data. Pure."""

from __future__ import annotations

import re

from playbook.measure.web.health_words import MEANING, State, canonical


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def words_of(key: str) -> tuple[str, ...]:
    """``isHealthy``, ``is_healthy`` and ``is-healthy`` as ``("is", "healthy")``."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", key)
    return tuple(re.findall(r"[a-z0-9]+", parted.casefold()))


_GOOD_IF_TRUE = _set(
    """healthy ok alive ready live up success successful connected available reachable operational serving
    working online passed passing valid running initialized exists accessible responsive"""
)
# False under these is a failure; their other values may be data, such as the time of a connection.
_WORKING = _set(
    """initialized initialised responding writable writeable readable loaded installed mounted listening verified
    established connect connection ping pong synced sane"""
)
# Of these of them, null may be the time of something that has not happened.
_TIMED = _set("connect connection established verified ping pong")
_STATUS = _set("""status state health result outcome liveness readiness availability statusstr statestr""")
_ENDINGS = _set("healthy alive ready connected ok up available reachable online running working")
_BAD_IF_TRUE = _set(
    """unhealthy down failed failing degraded error errors failure failures exception exceptions fatal sealed
    maintenance unavailable problem problems issues crashed stale dead broken offline err
    warning warnings paused restarting killed oomkilled draining terminating stopped disconnected
    unreachable overloaded suspended stuck shutdown stopping closing expired corrupt corrupted missing lost full
    throttled lagging hung frozen aborted terminated deadlocked exceeded unstable unresponsive revoked slow
    loading booting starting initializing initialising recovering reconnecting"""
)
# Of the words of a status, those that as a flag are a colour, a setting, or nothing bad.
_NO_FLAGS = _set("no false red yellow amber orange critical timeout partial inactive exited rate-limited")
_BEGINNING = _set("loading booting starting initializing initialising recovering reconnecting")
_PEERS = _set("clients sockets websocket websockets subscribers")
_COUNTERS = _PEERS | _set(
    """completed waiting delayed processed requests jobs sent received finished succeeded successful count
    hits misses"""
)
_YES_OR_NO = _set("healthy alive connected reachable up")
_ERRORS = _set(
    """error errors err exception exceptions failure failures problem problems issues failed failing
    unhealthy down fatal errormessage errormsg errordetails errordetail"""
)
_ERROR_ENDINGS = _set("error errors exception failure failures fail fails")
_WARNINGS = _set("""warning warnings degraded alert alerts alarm alarms incident incidents outage outages""")
_ONLY_DEGRADED = _WARNINGS | _BEGINNING | _set("slow throttled lagging unstable")
_LIMITING = _set(
    """max maximum min allowed threshold thresholds ignore ignored total num number last previous on report
    show"""
)
_BAD_ONES = _set("unhealthy failed failing down unavailable dead missing unreachable broken degraded offline")
_CODES = _set("""code statuscode httpstatus httpcode httpstatuscode responsecode""")
_CONTAINERS = _set(
    """dependencies dependency deps services checks check components entries checkresults healthchecks healthcheck
    subsystems upstreams backends probes indicators contributors integrations databases
   """
)
_SOFT = _set("""details info data results result nodes""")
_DATA = _set(
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
_THINGS = _set(
    "app application service component host node cluster pod image platform runtime engine provider driver"
)
# Of builds, machines and visitors, which may be unknown.
_IDENTITIES = _set(
    """git build commit revision release sha ref branch tag digest os arch cpu model country city ip user author
    owner machine instance container device browser client deploy deployment deployed hash chart built compiler
    runtime address"""
)
_MESSAGES = _set(
    "message msg note notes output reason detail details description shortsummary notificationmessage"
)
_FINDINGS = _set("message msg output reason detail details text info comment remark")
_DATA_ENDINGS = _set("version name id url at level severity priority color colour theme mode type log")
# False under these tells of a part that is behind, or by itself.
_TOGETHER = _set("""quorum quorate insync uptodate migrated replicating joined registered subscribed canwrite""")
_MONGO = _set("mongo mongodb mongoose")
_SWITCHES = _set(
    """debug cached cache ssl tls standby timed timedout test testing demo preview beta experimental readonly
    verbose production development staging enabled required optional critical authenticated fresh dev prod
    https secure performancestandby leader cluster clustered replica replicated public private authorized admin"""
)
_WISHES = _set("needs requires use uses enable should show include allow")
_SWITCHBOARDS = _set(
    """features feature featureflags flags toggles capabilities config configuration settings options
    preferences"""
)
# Numbers under these are limits or weights, whatever their names mean elsewhere.
_LIMITS = _set("""thresholds threshold limits weights""")
_MAY_BE_NONE = _set("queue storage s3 disk filesystem mail email smtp")
_NEEDED = _set(
    """redis db database databases postgres postgresql mysql mariadb mongo mongodb cache queue storage s3
    kafka rabbit rabbitmq elasticsearch opensearch memcached valkey sqlite smtp mail email api backend
    worker workers broker nats search disk filesystem sidekiq celery scheduler cron auth stripe upstream
    gateway vault consul etcd"""
)


# Objects in which the name of something needed is only a version, an address or a limit of it.
_PLAIN = _set("version versions url urls link links host hosts port ports tag tags label labels limits")
# Where writes are not expected.
_READERS = _set("replica replicas reader readers secondary slave standby follower mirror transaction user token")
_STAND_INS = _set("mock mocked stub stubbed simulated dummy")
_SHARES = _set("rate ratio percent percentage pct share")
_AMOUNTS = _set("latency ping rtt ms seconds time duration days left remaining free available")
_DISKS = _set("disk disks storage filesystem filesystems inode inodes")
_FREE, _USE = _set("free available left remaining"), _set("usage utilization utilisation percent full")
_UNITS = _set("kb mb gb tb kib mib gib tib bytes")
_DIFFERENCES = _set("offset drift skew diff difference delta change trend zone")
_SUCCESSES = _set("success successes successful succeeded passed passing healthy availability")
_FLAGS = _set("maintenance sealed draining shuttingdown loading")
_WELL = _set("healthy ready alive live online up connected")
_COPIES = _set("instances replicas nodes workers pods hosts backends upstreams brokers services servers consumers")
_HOW_MANY = _set("count total number num size online alive live running available connected registered")

# Keys of a status in words beside its number, e.g. of https://github.com/liip/LiipMonitorBundle
IN_WORDS = (("status", "name"), ("status", "text"))


def is_status(key: str) -> bool:
    """Whether a key holds a status: ``status``, ``db_state``, ``isHealthy``, ``connected``."""
    words = words_of(key)
    bare = "".join(words)
    if not words or words[0] in _LIMITING:
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
    if not words or words[0] in _LIMITING or words[-1] == "check":
        return False
    bare = "".join(words)
    known = bool({words[0], words[-1]} & _BAD_IF_TRUE) or bare in ("shuttingdown", "maintenancemode", "timedout")
    return known or _meaning(words) in (State.UNHEALTHY, State.DEGRADED)


def _meaning(words: tuple[str, ...]) -> State | None:
    """What the end of a key means where it is a status in words: ``isStalled``, ``queue_out_of_sync``."""
    ends = ("-".join(words[at:]) for at in range(len(words)))
    return next((MEANING[end] for end in ends if end in MEANING and end not in _NO_FLAGS), None)


def fails_if_false(key: str) -> bool:
    """Whether false under this key is failing wherever it is: ``canConnect``, ``isInitialized``, ``writable``."""
    words = words_of(key)
    return bool(words) and words[0] not in _LIMITING and (words[-1] in _WORKING or good_if_true(key))


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
    """Whether a key tells of a state of everything, which may also be written as 1 or "on"."""
    return "".join(words_of(key)).removesuffix("mode") in _FLAGS


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


def is_percent(key: str) -> bool:
    """Whether a key says that its number is in percent."""
    return bool({*words_of(key)} & {"percent", "percentage", "pct", "perc"})


def space_of(name: str, key: str) -> str:
    """``free``, ``used``, or ``share`` for its use, where a key holds the space of a disk; empty for any other."""
    own = {*words_of(key)}
    if own & _LIMITING or not ({*words_of(name)} | own) & _DISKS:
        return ""
    if own & _FREE:
        return "free"
    return "used" if "used" in own or own & _UNITS else "share" if own & _USE else ""


def is_rate(key: str) -> bool:
    """Whether a key holds a share of failures or of successes: ``errorRate``, ``success_percent``."""
    words = set(words_of(key))
    if words & _LIMITING or words & {"budget", "limit"}:
        return False
    return bool(words & _SHARES and words & (_ERRORS | _SUCCESSES)) or words == {"availability"}


def is_bad_rate(key: str, value: float, percent: bool) -> bool:
    """Whether a share is bad: where its unit is not known, both as a fraction and in percent.

    Without requests, no share is 0.
    """
    words = set(words_of(key))
    percent = percent or bool(words & {"percent", "percentage", "pct"})
    if words & _ERRORS:
        return value >= 5 or (0.5 <= value <= 1 and not percent)
    return 0 < value < 0.95 or 1 < value < 95


def is_odd(key: str, value: float) -> bool:
    """Whether a number tells of trouble: a process that has failed, a negative time, no healthy replica."""
    words = words_of(key)
    if "".join(words) in ("exitcode", "exitstatus", "returncode"):
        return value != 0
    if value < 0:
        return bool(_AMOUNTS & set(words)) and not _DIFFERENCES & set(words)
    return value == 0 and are_copies(key) and words[0] in _WELL


def are_copies(key: str) -> bool:
    """Whether a key names a number of equal things that should all work: ``workers``, ``healthyInstances``."""
    return words_of(key)[-1:] != () and words_of(key)[-1] in _COPIES


def counts_workers(key: str) -> bool:
    """Whether a key names workers or how many there are: ``workers``, ``worker_count``, ``onlineConsumers``."""
    words = words_of(key)
    named = [word for word in words if word not in _HOW_MANY]
    return named in (["workers"], ["consumers"]) or (named in (["worker"], ["consumer"]) and len(words) > 1)


def is_count(key: str) -> bool:
    """Whether a key beside the name of equal things tells how many there are: ``count``, ``total``, ``idle``."""
    words = words_of(key)
    return bool(words) and set(words) <= _HOW_MANY | {"idle", "busy", "active", "value", "observed"}


def holds_errors(key: str) -> bool:
    """Whether a key holds errors, if there are any."""
    words = words_of(key)
    if not words or words[0] in _LIMITING:
        return False
    return "".join(words) in _ERRORS or words[-1] in _ERROR_ENDINGS


def holds_history(key: str) -> bool:
    """Whether a key holds an error that may be over: ``lastError``."""
    words = words_of(key)
    return len(words) > 1 and words[0] in ("last", "previous", "latest") and words[-1] in _ERRORS


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
    return len(words) > 1 and words[-1] in ("count", "counter") and words[-2] in _ERRORS | _ERROR_ENDINGS


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


def is_tally(keys: list[str]) -> bool:
    """Whether an object counts dependencies by state: ``{"ok": 0, "degraded": 0, "error": 0}``."""
    return len(keys) > 2 and all(
        canonical(key) in MEANING or canonical(key) in ("total", "unknown") for key in keys
    )


def counts(keys: list[str]) -> bool:
    """Whether an object counts events, e.g. jobs of a queue, of which some may have failed long ago."""
    return any("".join(words_of(key)) in _COUNTERS for key in keys)


def counts_none(key: str, beside: list[str]) -> bool:
    """Whether 0 under this key is a number of things, also in an object that counts: of clients none is connected,
    but a Redis with ``hits`` and ``up: 0`` is away.
    """
    words = words_of(key)
    is_number = not words or words[-1] not in _YES_OR_NO
    return is_number or any("".join(words_of(one)) in _PEERS for one in beside)
