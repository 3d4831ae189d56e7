"""Words that services use for their health, and the keys that hold them. Pure.

From the documentation of the usual frameworks: Spring's actuator, ASP.NET Core, MicroProfile, terminus, the IETF's
draft of health+json, Consul, etcd, Elasticsearch, Kubernetes, Laravel, Django and the libraries of Go.
"""

from __future__ import annotations

import re
from enum import IntEnum
from http.client import responses


class State(IntEnum):
    """Meaning of a health word; the worst is the largest."""

    HEALTHY = 0
    DEGRADED = 1
    UNHEALTHY = 2


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS = {
    State.HEALTHY: """
        ok okay healthy up pass passed passes passing ready alive live connected available operational
        running active serving success successful succeeded green good fine true yes online working
        reachable normal pong imok healthz-check-passed readyz-check-passed no-error no-errors nominal
        open-for-business started leader follower primary secondary streaming
        stable synced in-sync idle complete completed optimal gitlab-ok valid""",
    State.DEGRADED: """
        degraded warn warning warnings slow yellow amber orange impaired partial partially-available
        partial-outage starting initializing warming-up recovering half-open reconnecting rate-limited
        throttled overloaded unstable lagging will-expire-soon""",
    State.UNHEALTHY: """
        unhealthy down fail fails failed failing failure error errored err critical red dead unavailable
        disconnected offline outage unreachable stopped stopping timeout timed-out false no crashed
        broken maintenance under-maintenance out-of-service shutting-down shutdown terminating
        terminated inactive invalid refused connection-refused disconnecting draining fatal exception
        panic ko nok not-serving sealed lost expired unserviceable unusable stuck dying partition
        partitioned exhausted aborted rejected denied unauthorized forbidden sick bad abnormal
        major-outage halted killed suspended paused hung corrupt corrupted unexpected-result
        not-yet-valid""",
}
_MEANING = {word: state for state, words in _WORDS.items() for word in words.split()}
# The service does not say whether it works.
UNCERTAIN = _set(
    """unknown skipped disabled not-configured not-applicable n/a pending ignored undefined unchecked
    untested null none nil ?"""
)
# Words that are also colours, modes and switches: under other keys they are data.
_NOT_ANYWHERE = _set(
    """false no orange amber partial slow paused suspended starting initializing recovering warming-up invalid
    inactive maintenance shutdown denied unauthorized forbidden expired"""
)
# Words among these and the uncertain ones that are no value of any setting. Something may be wrong.
_DOUBTFUL = _set(
    """pending expired maintenance suspended paused invalid inactive denied unauthorized forbidden shutdown
    initializing starting recovering warming-up slow partial"""
)
_SIGNS = dict.fromkeys("✅✓✔🟢", "ok") | dict.fromkeys("❌✗✘🔴", "failed") | dict.fromkeys("⚠🟡🟠", "warning")
_FILLING = _set(
    """all systems system services service checks check is are and the everything server api app application
    i am m now site website database health status it we re result"""
)
_NEGATIONS = ("not-", "non-", "no-longer-", "isn't-", "is-not-", "un")
_NOTHING_BAD = re.compile(
    r"\b(?:no|0|zero|without|any)\s+(?:\w+\s+)?(?:errors?|failures?|failed|problems?|issues?)\b"
)
_NEGATED = re.compile(r"\b(?:not|cannot|can't|isn't|unable|never|no longer|don't|doesn't|won't)\b")
_MEASURED = re.compile(r"[\s(\[:,;~-]*[\d.,]+\s*(?:ns|[uµ]s|ms|s|secs?|seconds?|min|h|%|[kmg]i?b)?\s*[)\]]?$")
_CODE = re.compile(r"(?:http[ /]?[\d.]*\s+)?([1-5]\d\d)(?:\s+[a-z' -]+)?$", re.IGNORECASE)
_SAID_OF = re.compile(r"^[\w .'-]{1,40} (?:is|are) (?:now |currently )?([\w-]+)$")
_IN_PART = re.compile(
    r"\?|\b(?:some|part(?:ly)?|partially|half|most(?:ly)?|only|almost|nearly|few|barely|hardly|if|when|whether)\b"
)
# https://github.com/sportngin/okcomputer: "database: PASSED Schema version: 2026 (0.01s)"
_OK_COMPUTER = re.compile(r"(PASSED|FAILED) .*\(\d[\d.e-]*s\)$")
FAILURE = re.compile(
    r"\bE(?:CONN|TIMEDOUT|NOTFOUND|HOSTUNREACH|NETUNREACH|AI_)|connection (?:refused|reset|timed out|failed|error)"
    r"|timed out|no route to host|failed to|access denied|authentication failed|no such host|name resolution"
    r"|(?:could ?n[o'’]t|can ?n[o'’]t|can['’]t|unable to) "
    r"(?:connect|reach|resolve|open|establish|contact|acquire|obtain)"
    r"|broken pipe|gone away|too many (?:connections|clients)|out of memory|no space left|closed the connection"
    r"|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
# What precedes the reason of a failure; "errors: 0" has none.
_HEAD = re.compile(r"[\s\[(]*([^\W\d_][\w '-]*?)(?:\s*[\])]|\s*[:;,(\[]\s|\s*[(\[]|\s+[-–—|]\s)\s*")
_NONE_OF_THEM = re.compile(r"0\b(?!\.)|none\b|no$|null\b|\[\]", re.IGNORECASE)
_FAILED_AT_THE_END = ("-error", "-failed", "-unavailable", "-unreachable", "-disconnected", "-unhealthy", "-down")
_LONGEST = 300


def canonical(text: str) -> str:
    """``OUT_OF_SERVICE`` and ``out of service!`` as ``out-of-service``."""
    return re.sub(r"[\s_-]+", "-", text.casefold().strip(" \t\r\n.!\"'️"))


def state_of(text: str) -> State | None:
    """Meaning of the text of a status; None where it is not understood. Only the beginning of a long text is
    read.
    """
    if len(text.strip()) > _LONGEST:
        return state_of(text.strip()[:_LONGEST].strip()) or None
    match = _OK_COMPUTER.match(text.strip())
    if match:
        return State.HEALTHY if match[1] == "PASSED" else State.UNHEALTHY
    for sign, word in _SIGNS.items():
        text = text.replace(sign, f" {word} ")
    word = canonical(text)
    known = _known(word)
    if known is not None or word in UNCERTAIN:
        return known
    if FAILURE.search(text):
        return State.UNHEALTHY
    code = _CODE.match(text.strip())
    if code:
        return of_code(int(code[1]))
    plain = _NOTHING_BAD.sub(" ", text.casefold().strip(" \t\r\n.!"))
    measured = _known(canonical(_MEASURED.sub("", plain)))
    return measured if measured is not None else _of_sentence(plain)


def _of_sentence(plain: str) -> State | None:
    """``all systems operational``, ``ok but degraded``, ``prometheus server is ready``."""
    plain = re.sub(r"[_-]+", " ", plain)
    tokens = re.findall(r"[a-z]+", plain)
    states = [_MEANING[token] for token in tokens if token in _MEANING]
    if _NEGATED.search(plain):
        return State.UNHEALTHY if states else None
    if any(states):
        return max(states)
    if _IN_PART.search(plain):
        return None
    match = _SAID_OF.match(plain)
    good = (match and _known(match[1]) is State.HEALTHY) or (states and set(tokens) <= _FILLING | _MEANING.keys())
    return State.HEALTHY if good else None


def of_code(value: float) -> State | None:
    """Meaning of an HTTP status."""
    if 200 <= value < 300:
        return State.HEALTHY
    return State.UNHEALTHY if 400 <= value < 600 else None


def bad_anywhere(text: str) -> State | None:
    """As ``state_of``, under any key: only unambiguous words, and only failing ones.

    The word may be followed by its reason: ``unavailable: no such host``, ``DOWN - 5 s``, ``[KO] lost``.
    """
    text = text[:_LONGEST]
    for sign, meaning in _SIGNS.items():
        text = text.replace(sign, f" {meaning}: ")
    code = _CODE.match(text.strip())
    if code and text.strip().casefold().endswith(responses.get(int(code[1]), "?").casefold()):
        return of_code(int(code[1])) or None
    match = _HEAD.match(text)
    word = canonical(match[1] if match and not _NONE_OF_THEM.match(text, match.end()) else text)
    state = None if word in _NOT_ANYWHERE else _known(word)
    nothing_bad = _NOTHING_BAD.search(text.casefold()) or _NEGATED.search(text.casefold())
    if state is None and word.count("-") <= 2 and not nothing_bad:
        state = _MEANING[word.rpartition("-")[2]] if word.endswith(_FAILED_AT_THE_END) else None
    return state or None


def is_doubtful(text: str) -> bool:
    """Whether a text under any key may indicate a problem: ``pending``, ``expired``, ``cannot load libvips``."""
    text = text[:_LONGEST]
    return canonical(text) in _DOUBTFUL or bool(FAILURE.search(text) or _NEGATED.search(text.casefold()))


def tells_of_failure(text: str) -> bool:
    """Whether a message beside a status reports a failure: ``database is down``, ``redis unreachable``."""
    plain = text[:_LONGEST].casefold().strip(" \t\r\n.!")
    match = None if _IN_PART.search(plain) else _SAID_OF.match(plain)
    return bool(FAILURE.search(text) or (match and _known(match[1])))


def _known(word: str) -> State | None:
    if word in _MEANING:
        return _MEANING[word]
    for negation in _NEGATIONS:
        rest = word.removeprefix(negation)
        if rest != word and _MEANING.get(rest) is State.HEALTHY:
            return State.UNHEALTHY
    return None


# ------------------------------------------------------------------------------------------------------------ keys


def words_of(key: str) -> tuple[str, ...]:
    """``isHealthy``, ``is_healthy`` and ``is-healthy`` as ``("is", "healthy")``."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", key)
    return tuple(re.findall(r"[a-z0-9]+", parted.casefold()))


_GOOD_IF_TRUE = _set(
    """healthy ok alive ready live up success successful connected available reachable operational serving
    working online passed passing valid running initialized exists accessible responsive"""
)
_STATUS = _set("""status state health result outcome liveness readiness availability statusstr statestr""")
_ENDINGS = _set("healthy alive ready connected ok up available reachable online running working")
_BAD_IF_TRUE = _set(
    """unhealthy down failed failing degraded error errors failure failures exception exceptions fatal sealed
    maintenance unavailable problem problems issues crashed stale dead broken offline err
    warning warnings paused restarting killed oomkilled draining terminating stopped disconnected
    unreachable overloaded suspended stuck"""
)
_COUNTERS = _set(
    """completed waiting delayed processed requests jobs sent received finished succeeded successful count
    hits misses"""
)
_ERRORS = _set(
    """error errors err exception exceptions failure failures problem problems issues failed failing
    unhealthy down fatal errormessage errormsg errordetails errordetail"""
)
_WARNINGS = _set("""warning warnings degraded alerts alarms incidents outages""")
_LIMITING = _set(
    """max maximum min allowed threshold thresholds ignore ignored total num number last previous on report
    show"""
)
_CODES = _set("""code statuscode httpstatus httpcode httpstatuscode responsecode""")
_CONTAINERS = _set(
    """dependencies dependency services checks check components entries checkresults healthchecks healthcheck
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
_MESSAGES = _set(
    "message msg note notes output reason detail details description shortsummary notificationmessage"
)
_DATA_ENDINGS = _set("version name id url at level severity priority color colour theme mode type log")
_SWITCHES = _set(
    """debug cached cache ssl tls standby timed timedout test testing demo preview beta experimental readonly
    verbose production development staging enabled required optional critical authenticated fresh dev prod
    https secure performancestandby cluster clustered replica replicated dirty public private authorized
    admin"""
)
_WISHES = _set("needs requires use uses enable should show include allow")
_SWITCHBOARDS = _set(
    """features feature featureflags flags toggles capabilities config configuration settings options
    preferences"""
)
_NEEDED = _set(
    """redis db database databases postgres postgresql mysql mariadb mongo mongodb cache queue storage s3
    kafka rabbit rabbitmq elasticsearch opensearch memcached valkey sqlite smtp mail email api backend
    worker workers broker nats search disk filesystem sidekiq celery scheduler cron auth stripe upstream
    gateway vault consul etcd"""
)
_PRODUCTS = _set(
    """postgres postgresql mysql mariadb mongodb mongo sqlite sqlite3 redis valkey memcached oracle mssql h2
    dynamodb cassandra kafka rabbitmq s3 spaces minio memory local file sendgrid ses mailgun cockroachdb
    cloudsql rds sqlserver elasticsearch opensearch meilisearch celery sidekiq bull bullmq sqs pubsub
    supabase planetscale neon database disk filesystem bleve array sync predis phpredis"""
)


# Keys of a status in words beside its number, e.g. of https://github.com/liip/LiipMonitorBundle
IN_WORDS = (("status", "name"), ("status", "text"))


def is_status(key: str) -> bool:
    """Whether a key holds a status: ``status``, ``db_state``, ``isHealthy``, ``connected``."""
    words = words_of(key)
    bare = "".join(words)
    if not words or words[0] in _LIMITING:
        return False
    return bare in _STATUS | _GOOD_IF_TRUE or words[-1] in _STATUS | _ENDINGS or words in IN_WORDS


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
    return bool({words[0], words[-1]} & _BAD_IF_TRUE) or bare in ("shuttingdown", "maintenancemode", "timedout")


def only_degraded(key: str) -> bool:
    """Whether true under such a key is only degraded: ``has_warnings``, ``degraded``."""
    return words_of(key)[-1] in _WARNINGS


def holds_errors(key: str) -> bool:
    """Whether a key holds errors, if there are any."""
    words = words_of(key)
    if not words or words[0] in _LIMITING:
        return False
    return "".join(words) in _ERRORS or words[-1] in ("error", "errors", "exception", "failure", "failures")


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
    return len(words) > 1 and words[0] in ("unhealthy", "failed", "failing", "down", "unavailable", "dead")


def is_circuit(key: str) -> bool:
    """Whether a key names a circuit breaker, which works while it is closed."""
    return bool({"circuit", "circuits", "breaker", "breakers"} & set(words_of(key)))


def is_message(key: str) -> bool:
    """Whether a key holds words about the status beside it."""
    return "".join(words_of(key)) in _MESSAGES


def is_code(key: str) -> bool:
    """Whether a key holds an HTTP status."""
    return "".join(words_of(key)) in _CODES


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


def is_switch(key: str) -> bool:
    """Whether false under this key is no failure."""
    words = words_of(key)
    wishes = bool(words) and words[0] in _WISHES
    return "".join(words) in _SWITCHES or bool(set(words) & _SWITCHES) or wishes or is_data(key)


def holds_switches(key: str) -> bool:
    """Whether a key holds features or settings, none of which need be on."""
    return "".join(words_of(key)) in _SWITCHBOARDS


def is_needed(key: str) -> bool:
    """Whether a key names something that an application needs: ``redis``, ``primary_db``."""
    words = words_of(key)
    return bool(words) and words[-1] in _NEEDED


def looks_like_data(text: str) -> bool:
    """Whether a text is a version, an address or a product name, as found under ``database`` instead of a
    status.
    """
    word = text.strip().casefold()
    if canonical(word) in UNCERTAIN or not re.search(r"[a-z0-9]", word) or _NEGATED.search(word):
        return False
    return word in _PRODUCTS or not re.fullmatch(r"[a-z]+(?:[ _-][a-z]+)?", word)


def is_tally(keys: list[str]) -> bool:
    """Whether an object counts dependencies by state: ``{"ok": 0, "degraded": 0, "error": 0}``."""
    return len(keys) > 2 and all(
        canonical(key) in _MEANING or canonical(key) in ("total", "unknown") for key in keys
    )


def counts(keys: list[str]) -> bool:
    """Whether an object counts events, e.g. jobs of a queue, of which some may have failed long ago."""
    return any("".join(words_of(key)) in _COUNTERS for key in keys)
