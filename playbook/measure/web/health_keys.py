"""Keys of health reports: which hold a status, errors, dependencies, settings, or data. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from playbook.measure.web.health_flags import (
    ENDINGS,
    GOOD_IF_TRUE,
    WARNINGS,
    bad_if_true,
    denied,
    doubtful_if_false,
    fails_if_false,
    is_about_bad,
    is_makeshift,
    is_open,
    only_reads,
)
from playbook.measure.web.health_key_words import ERRORS, LIMITING, word_set, words_of

# Of these of them, null may be the time of something that has not happened.
_TIMED = word_set("connect connection established verified ping pong")
_STATUS = word_set("""status state health result outcome liveness readiness availability statusstr statestr""")
_ERROR_ENDINGS = word_set("error errors exception failure failures fail fails")
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
_LIMITS = word_set("""thresholds threshold limits weights periods""")
_MAY_BE_NONE = word_set("queue storage s3 disk filesystem mail email smtp")
_NEEDED = word_set(
    """redis db database databases postgres postgresql mysql mariadb mongo mongodb cache queue storage s3
    kafka rabbit rabbitmq elasticsearch opensearch memcached valkey sqlite smtp mail email api backend
    worker workers broker nats search disk filesystem sidekiq celery scheduler cron auth stripe upstream
    gateway vault consul etcd cdn beat"""
)
# Of these words, one behind something needed tells what that has answered: ``celery_ping``, ``redis_latency_ms``.
_ANSWERS = word_set("ping pong check probe latency reply replies response heartbeat")
# Objects in which the name of something needed is only a version, an address or a limit of it.
_PLAIN = word_set("version versions url urls link links host hosts port ports tag tags label labels limits")
# Keys of a status in words beside its number, e.g. of https://github.com/liip/LiipMonitorBundle
IN_WORDS = (("status", "name"), ("status", "text"), ("status", "str"), ("state", "name"), ("state", "str"))


def is_status(key: str) -> bool:
    """Whether a key holds a status: ``status``, ``db_state``, ``isHealthy``, ``connected``."""
    words = words_of(key)
    bare = "".join(words)
    if not words or words[0] in LIMITING or denied(key):
        return False
    return bare in _STATUS | GOOD_IF_TRUE or words[-1] in _STATUS | ENDINGS or words in IN_WORDS


def is_bare_status(key: str) -> bool:
    """Whether a key holds a status and no more: ``status``, ``state``."""
    return words_of(key) in (("status",), ("state",))


def is_bare_health(key: str) -> bool:
    """Whether a key holds the health of something, where 1 beside a status in words is no more than that it is up:
    https://www.mongodb.com/docs/manual/reference/command/replSetGetStatus/
    """
    return words_of(key) == ("health",)


def is_unconnected(key: str, value: float) -> bool:
    """Whether a number may be the state of a connection of mongoose other than 1: ``"mongo": 3`` is closing."""
    words = words_of(key)
    return bool(words) and words[-1] in _MONGO and value in (0, 2, 3)


def is_flag_in_words(key: str) -> bool:
    """Whether "true" and "false" under a key are booleans; of what is needed they are a status."""
    return not is_needed(key) or bad_if_true(key) or bool(denied(key))


def is_mode(key: str) -> bool:
    """Whether a key holds the mode in which something works."""
    return words_of(key)[-1:] == ("mode",)


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
    if not words or words[0] in LIMITING or denied(key) or is_about_bad(words):
        return False
    return "".join(words) in ERRORS or words[-1] in _ERROR_ENDINGS


def holds_history(key: str) -> bool:
    """Whether a key holds an error that may be over: ``lastError``."""
    words = words_of(key)
    return len(words) > 1 and words[0] in ("last", "previous", "latest") and words[-1] in ERRORS


def tells_of_no_failures(value: Iterable[tuple[str, object]]) -> bool:
    """Whether an object says that what has failed before does so no more: ``"consecutiveFailures": 0``."""
    in_turn = {"consecutive", "contiguous", "successive"}
    return any(in_turn & {*words_of(key)} and bool({*words_of(key)} & ERRORS) and one == 0 for key, one in value)


def holds_warnings(key: str) -> bool:
    """As ``holds_errors``, for warnings."""
    return "".join(words_of(key)) in WARNINGS


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


def is_error_number(key: str) -> bool:
    """Whether a key holds the code of an error wherever it is, as Node's errors have it."""
    return "".join(words_of(key)) in ("errno", "errcode", "errorcode")


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
    observed = words == {"observed", "value"}
    if observed or is_answer(name, key) or is_leader(key) or {"last", "backup"} <= words:
        return True
    if is_finding(key):  # what has been found, as MongoDB's lastHeartbeatMessage
        return False
    if words & {"check", "checked", "heartbeat", "healthcheck", "tick"} or (is_needed(key) and not name):
        return not words & _SWITCHES
    plain = is_needed(name) or holds_switches(name) or bool(set(words_of(name)) & _PLAIN)
    return must_not_be_zero(key) and not plain


def is_leader(key: str) -> bool:
    """Whether a key names the one of a cluster that leads the others."""
    return words_of(key)[-1:] in (("leader",), ("primary",), ("master",))


def is_answer(name: str, key: str) -> bool:
    """Whether a key holds what something needed has answered: ``celery_ping``, ``redis_latency_ms``."""
    words = [word for word in words_of(key) if word not in ("ms", "seconds")]
    return words[-1:] != [] and words[-1] in _ANSWERS and bool(_NEEDED & {*words_of(name), *words})


def is_needed(key: str) -> bool:
    """Whether a key names something that an application needs: ``redis``, ``primary_db``, ``image_service``."""
    words = words_of(key)
    return bool(words) and (words[-1] in _NEEDED or (words[-1] == "service" and len(words) > 1))
