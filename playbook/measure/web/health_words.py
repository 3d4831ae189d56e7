"""Words that services use for their health. Pure.

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
        no-issues no-problems no-failures no-backlog no-lag no-delay no-alerts no-incidents no-warnings no-outages
        no-failover open-for-business started leader follower primary secondary arbiter streaming
        not-shutting-down server-is-not-shutting-down responsive accessible operative
        stable synced in-sync synchronized synchronised up-to-date
        idle complete completed optimal gitlab-ok valid""",
    State.DEGRADED: """
        degraded warn warning warnings slow yellow amber orange impaired partial partially-available
        partial-outage starting initializing warming-up recovering half-open reconnecting rate-limited
        throttled overloaded unstable lagging will-expire-soon backlogged congested flapping resyncing
        saturated leaking overdue
        rebuilding failing-over under-replicated underreplicated""",
    State.UNHEALTHY: """
        unhealthy down fail fails failed failing failure error errored err critical red dead unavailable
        disconnected offline outage unreachable stopped stopping timeout timed-out false no crashed
        broken maintenance under-maintenance out-of-service shutting-down shutdown terminating
        terminated inactive invalid refused connection-refused disconnecting draining fatal exception
        panic ko nok not-serving sealed lost expired unserviceable unusable stuck dying partition
        partitioned exhausted aborted rejected denied unauthorized forbidden sick bad abnormal
        major-outage halted killed suspended paused hung corrupt corrupted unexpected-result
        not-yet-valid missing absent gone faulty faulted inoperable wedged frozen out-of-disk
        exited crashloopbackoff imagepullbackoff oomkilled errored stalled no-answer no-response
        zombie evicted blocked missed out-of-sync desynced split-brain no-quorum quorum-lost no-leader
        leaderless no-connection no-route died disk-full out-of-space no-space quota-exceeded over-quota
        diverged inconsistent replication-broken replica-missing deadlocked unmounted not-mounted
        misconfigured schema-mismatch version-mismatch no-workers no-consumers
        needs-migration pending-migrations unlicensed jammed hanging starved depleted crashing unsynced
        unsynchronized unsynchronised unwritable unreadable oom out-of-memory quarantined""",
}
MEANING = {word: state for state, words in _WORDS.items() for word in words.split()}
# The service does not say whether it works.
UNCERTAIN = _set(
    """unknown skipped disabled not-configured not-applicable n/a pending ignored undefined unchecked
    untested null none nil ?"""
)
# Words that are also colours, modes and switches: under other keys they are data.
_NOT_ANYWHERE = _set(
    """false no orange amber partial slow paused suspended starting initializing recovering warming-up invalid
    inactive maintenance shutdown denied unauthorized forbidden expired blocked"""
)
# Words among these and the uncertain ones that are no value of any setting. Something may be wrong.
_DOUBTFUL = _set(
    """pending expired maintenance suspended paused invalid inactive denied unauthorized forbidden shutdown
    initializing starting recovering warming-up slow partial blocked"""
)
# Failures in German, French, Spanish, Italian, Portuguese, Polish, Czech, Dutch, Turkish, Russian, Ukrainian,
# Chinese, Japanese and Korean.
_FOREIGN = re.compile(
    r"\b(?:nicht|kein\w* (?:verbindung|antwort|zugriff)|(?<!keine )fehler\w*|gestört|ausgefallen"
    r"|hors (?:service|ligne)|indisponible|(?<!aucune )erreur|échec|panne|non (?:disponib|joignable"
    r"|raggiungib)\w*"
    r"|caíd[oa]|(?<!sin )errores|fallo|no (?:disponible|funciona|responde|accesible)|sin (?:conexión"
    r"|respuesta)"
    r"|(?<!nessun )errore|guasto|falha|(?<!nenhum )erro|indisponível|fora do ar|niedostępn\w*|błąd|awaria"
    r"|nedostupn\w*|chyba|niet|fout|storing|değil|kullanılamıyor)\b"
    r"|недоступ|ошибк|помилк|сбой|не работ|отказ|(?<!无)(?:异常|错误|故障)|(?<!無)異常|錯誤|失败|失敗|断开"
    r"|不可用|无法|超时|エラー(?!なし)|停止|できません|障害(?!なし)|오류|실패|중단|장애"
)
_SIGNS = (
    dict.fromkeys("✅✓✔🟢🟩👍", "ok")
    | dict.fromkeys("❌✗✘🔴🟥⛔🛑💀💥👎🚨", "failed")
    | dict.fromkeys("⚠🟡🟠🟨", "warning")
)
_FILLING = _set(
    """all systems system services service checks check is are and the everything server api app application
    i am m now site website database health status it we re result"""
)
_NEGATIONS = ("not-", "non-", "no-longer-", "isn't-", "is-not-", "un")
_NOTHING_BAD = re.compile(
    r"\b(?:no|0|zero|without|any)\s+(?:\w+\s+)?(?:errors?|failures?|failed|problems?|issues?|missing)\b"
)
_NEGATED = re.compile(r"\b(?:not|cannot|can't|isn't|unable|never|no longer|don't|doesn't|won't)\b")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|does|did|requires?|required|needs?|contains?|exists|ran|seen"
    r"|unknown|ago|backlog|behind|read[- ]only)\b"
)
_MEASURED = re.compile(r"[\s(\[:,;~-]*[\d.,]+\s*(?:ns|[uµ]s|ms|s|secs?|seconds?|min|h|%|[kmg]i?b)?\s*[)\]]?$")
_CODE = re.compile(r"(?:http[ /]?[\d.]*\s+)?([1-5]\d\d)(?:\s+[a-z' -]+)?$", re.IGNORECASE)
_SAID_OF = re.compile(r"^[\w .'-]{1,40} (?:is|are) (?:now |currently )?([\w-]+)$")
_IN_PART = re.compile(
    r"\?|\b(?:some|part(?:ly)?|partially|half|most(?:ly)?|only|almost|nearly|few|barely|hardly|if|when"
    r"|whether)\b"
)
_SHARE = re.compile(r"(?<![\d/.])(\d+)\s*(?:/|of|out of)\s*(\d+)(?![\d/])|^(\d+)(?:\.\d+)? ?%")
_EVERY = re.compile(r"(\d{1,9}) ?/ ?\1")
# https://github.com/sportngin/okcomputer: "database: PASSED Schema version: 2026 (0.01s)"
_OK_COMPUTER = re.compile(r"(PASSED|FAILED) .*\(\d[\d.e-]*s\)$")
FAILURE = re.compile(
    r"\bE(?:CONN|TIMEDOUT|NOTFOUND|HOSTUNREACH|NETUNREACH|AI_)|connection (?:refused|reset|timed out|failed"
    r"|error)"
    r"|timed out|no route to host|failed to|access denied|authentication failed|no such host|name resolution"
    r"|(?:could ?n[o'’]t|can ?n[o'’]t|can['’]t|unable to) "
    r"(?:connect|reach|resolve|open|establish|contact|acquire|obtain)"
    r"|time-?out (?:after|exceeded|waiting|while|reached)|\dm?s time-?out|broken pipe|gone away"
    r"|too many (?:connections|clients)|out of memory|no space left|closed the connection"
    r"|\w(?:Error|Exception)\b",
    re.IGNORECASE,
)
# In a message beside a good status: what has happened, in the words of drivers, servers and health checks.
_TROUBLE = re.compile(
    r"(?<!not )(?<!never )(?<!no )(?<!without )\b(?:lost (?:connection|contact)|hang up|no connection"
    r"|connection (?:\w+ ){0,3}(?:lost|closed|dropped|aborted|terminated)|connection slots are reserved"
    r"|(?:not|isn't) (?:yet )?(?:reachable|connected|available|ready|responding|found|installed|received"
    r"|known|loaded|supported|running|working)|did(?: not|n't)|took too long|too (?:slow|high|low|long|old|few)"
    r"|permission denied|denied for user|invalid (?:password|credentials?|token|response|certificate)"
    r"|(?:certificate|license|token|password|lease) (?:is |has )?expired|name or service not known"
    r"|(?:disk|memory|storage|queue|volume|pool|device) (?:is )?(?:almost |nearly )?full|read-only file ?system"
    r"|exception occurred|traceback|degraded|overloaded|unhealthy|high (?:latency|load|lag)"
    r"|still (?:starting|loading)|(?:is|are) (?:far )?behind|maintenance in progress|rate.limited"
    r"|(?:quota|limit|deadline|space) (?:was |is )?exceeded|circuit (?:is )?open|checksum mismatch|was aborted"
    r"|(?:experiencing|under) (?:heavy|high) load|potential bottlenecks?"
    r"|(?:lock|deadlock) (?:is )?(?:held|detected)|unexpected (?:response|status|answer|error|reply)"
    r"|no (?:\w+ )?(?:workers?|consumers?|response|answer|heartbeat|leader|primary|backup|space|master)\b"
    r"|workers are busy|dropped [1-9]|[1-9]\d* (?:errors?|failures?)\b(?! (?:fixed|resolved|ignored))"
    r"|of \d+ (?:\w+ )?fail(?:ed|ing))"
    r"|^(?:stale|missing|broken|corrupt(?:ed)?|stuck)\b"
    r"|^(?:paused|suspended|halted)(?=$|:(?! ?0)|[!.,;(]| (?:since|by|at|for|until|due|because|on|after)\b)"
    r"|^expired (?:on|at|since|for|\d+ \w+ ago)\b|\bexpires? in -\d"
    r"|(?<!not )(?<!no )\b(?:stale|missing|broken|corrupt(?:ed)?|stuck)$",
    re.IGNORECASE,
)
# Refusals of Redis.
_REFUSAL = re.compile(
    r"\b(?:MISCONF|NOAUTH|WRONGPASS|MASTERDOWN|CLUSTERDOWN) |OOM command not|LOADING Redis is|READONLY You can't"
)
# What a program writes of an object, a promise or a function, and a template that nobody has filled in.
_UNFILLED = re.compile(
    r"\[object \w+\]|\[native code\]|Promise \{"
    r"|<(?:coroutine|function|bound method|built-in|Future|Task|generator)\b"
    r"|<\w[\w.]* object at 0x|\$\{[\w.\s]+\}|\{\{[^{}]*\}\}|^%[sdv]$|^<no value>$"
)
# What takes jobs, as Celery, Solid Queue, GoodJob and Sidekiq call it, but not what is in a bad state.
_AT_WORK = r"(?:(?:online|active|live|alive|running|ready|connected|registered|healthy|available) )?"
_OF_LIBRARY = r"(?:(?:solid ?queue|good ?job|sidekiq|resque|celery|horizon|rq|job|worker|background) )?"
_TAKERS = r"(?:workers?|consumers?|nodes?|brokers?|process(?:es)?|supervisors?|dispatchers?)"
_DEAD = r"(?:failed|failing|down|offline|dead|lost|unhealthy|missing|stuck|stale|hung|crashed)"
_NOT_THEM = rf"\b(?! (?:are |is |were |was )?(?:{_DEAD}|waiting|blocked|queued|pruned|killed|restarted))"
_NOBODY = re.compile(
    rf"(?<![\d.,/])0 {_AT_WORK}{_OF_LIBRARY}{_TAKERS}{_NOT_THEM}"
    rf"|\bno {_AT_WORK}{_OF_LIBRARY}(?:process(?:es)?|supervisors?|dispatchers?){_NOT_THEM}"
    rf"|(?:^|[,;(] ?){_AT_WORK}{_OF_LIBRARY}(?:workers|consumers|processes)"
    r"(?: ?[:=] ?|\s)(?:0(?![\d.,/:%])|none\b)"
    r"|\bno nodes replied\b"
)
# Some that are dead, or take no jobs: "2 dead processes", "Dead workers: 2", "queue paused".
_SOME_DEAD = re.compile(
    rf"(?<![\d.,/])[1-9]\d{{0,8}} {_DEAD} {_TAKERS}\b|\b{_DEAD} {_TAKERS} ?[:=] ?[1-9]"
    r"|(?<!0 )(?<!no )(?<!not )\b(?:queues?|workers?|scheduler|consumers?|processing|replication) paused\b"
)
_CONDITION = re.compile(
    r"\b(?:if|when|whether|unless|until|on (?:failure|error|timeout))\b|^checks? (?:that|the)\b"
)
# What precedes the reason of a failure; "errors: 0" has none.
_HEAD = re.compile(r"[\s\[(]*([^\W\d_][\w '-]*?)(?:\s*[\])]|\s*[:;,(\[]\s|\s*[(\[]|\s+[-–—|]\s)\s*")
_NONE_OF_THEM = re.compile(r"0\b(?!\.)|none\b|no$|null\b|\[\]", re.IGNORECASE)
_FAILED_AT_THE_END = ("-error", "-failed", "-unavailable", "-unreachable", "-disconnected", "-unhealthy", "-down")
_LONGEST = 300
# Values of a key such as "database" that say which one it is.
_PRODUCTS = _set(
    """postgres postgresql mysql mariadb mongodb mongo sqlite sqlite3 redis valkey memcached oracle mssql h2
    dynamodb cassandra kafka rabbitmq s3 spaces minio memory local file sendgrid ses mailgun cockroachdb
    cloudsql rds sqlserver elasticsearch opensearch meilisearch celery sidekiq bull bullmq sqs pubsub
    supabase planetscale neon database disk filesystem bleve array sync predis phpredis ioredis prisma drizzle
    typeorm sequelize knex mongoose sqlalchemy gorm jwt oauth oidc saml ldap session cookie bearer passport clerk
    keycloak cognito firebase nextauth smtp imap nodemailer postmark resend cron nginx envoy traefik kong express
    fastapi flask django rails laravel nestjs typesense algolia qdrant nats pulsar gcs cloudinary stripe
    sharp libvips imgproxy thumbor imagemagick imagekit imgix pillow celery rq huey dramatiq arq"""
)


def canonical(text: str) -> str:
    """``OUT_OF_SERVICE`` and ``out of service!`` as ``out-of-service``."""
    return re.sub(r"[\s_-]+", "-", text.casefold().strip(" \t\r\n.!\"'️"))


def state_of(text: str) -> State | None:
    """Meaning of the text of a status; None where it is not understood. Only the beginning of a long text is
    read, and a part of a whole, such as ``2/3 healthy``, is not good.
    """
    state = _state_of(text.strip()[:_LONGEST].strip())
    return (state or None) if len(text.strip()) > _LONGEST or _is_part(text) else state


def _is_part(text: str) -> bool:
    share = _SHARE.search(text.strip()[:_LONGEST])
    return share is not None and int(share[1] or share[3]) < int(share[2] or 100)


def _state_of(text: str) -> State | None:
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
    if (every := _EVERY.fullmatch(text.strip())) and int(every[1]):
        return State.HEALTHY
    plain = _NOTHING_BAD.sub(" ", text.casefold().strip(" \t\r\n.!"))
    measured = _known(canonical(_MEASURED.sub("", plain)))
    return measured if measured is not None else _of_sentence(plain)


def _of_sentence(plain: str) -> State | None:
    """``all systems operational``, ``ok but degraded``, ``prometheus server is ready``."""
    plain = re.sub(r"[_-]+", " ", plain)
    tokens = re.findall(r"[a-z]+", plain)
    states = [MEANING[token] for token in tokens if token in MEANING]
    if _NEGATED.search(plain):
        return State.UNHEALTHY if states else None
    if any(states):
        return max(states)
    if _IN_PART.search(plain):
        return None
    match = _SAID_OF.match(plain)
    good = (match and _known(match[1]) is State.HEALTHY) or (states and set(tokens) <= _FILLING | MEANING.keys())
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
        state = MEANING[word.rpartition("-")[2]] if word.endswith(_FAILED_AT_THE_END) else None
    return state or None


def is_doubtful(text: str) -> bool:
    """Whether a text under any key may indicate a problem: ``pending``, ``expired``, ``cannot load libvips``."""
    text = text[:_LONGEST]
    plain = text.casefold()
    if canonical(text) == "never":  # of what does not expire
        return False
    return canonical(text) in _DOUBTFUL or bool(
        _UNFILLED.search(text)
        or _NOBODY.search(plain)
        or FAILURE.search(text)
        or _NEGATED.search(plain)
        or _FOREIGN.search(plain)
    )


def is_bad_mode(text: str) -> bool:
    """Whether a mode is not that of all days: ``maintenance``, ``read-only``, ``fallback``."""
    odd = ("fallback", "emergency", "read-only", "readonly")
    return canonical(text) in odd or is_doubtful(text) or bool(bad_anywhere(text))


def is_unknown(text: str) -> bool:
    """Whether a text says that nothing is known: ``unknown``, ``unchecked``."""
    return canonical(text) in ("unknown", "unchecked", "not-checked", "untested", "undefined", "?")


def is_off(text: str) -> bool:
    """Whether a text says that something does nothing, by a setting or for want of what it needs."""
    return canonical(text) in ("disabled", "off", "bypassed", "inactive", "skipped")


def is_nobody(text: str) -> bool:
    """Whether a text in place of a name says that there is none."""
    return canonical(text) in ("none", "null", "nil", "no", "unknown", "")


def tells_of_failure(text: str) -> bool:
    """Whether a message beside a status reports a failure: ``database is down``, ``redis unreachable``."""
    plain = text[:_LONGEST].casefold().strip(" \t\r\n.!")
    match = None if _IN_PART.search(plain) else _SAID_OF.match(plain)
    return bool(FAILURE.search(text) or (match and _known(match[1])))


def tells_of_trouble(text: str) -> bool:
    """As ``tells_of_failure``, of a message that says what a check has found, in any of the usual words."""
    plain = text[:_LONGEST].casefold().strip(" \t\r\n.!")
    happened = (
        (_TROUBLE.search(plain) or _NOBODY.search(plain) or _SOME_DEAD.search(plain))
        and not _NOTHING_BAD.search(plain)
        and not _CONDITION.search(plain)
    )
    return bool(happened or _REFUSAL.search(text))


def _known(word: str) -> State | None:
    if word in MEANING:
        return MEANING[word]
    for negation in _NEGATIONS:
        rest = word.removeprefix(negation)
        if rest != word and MEANING.get(rest) is State.HEALTHY:
            return State.UNHEALTHY
    return None


def is_sentence(text: str) -> bool:
    """Whether a text tells something of a thing and does not only say which one it is: ``database is locked``."""
    return _VERB.search(text.casefold()) is not None


def looks_like_data(text: str) -> bool:
    """Whether a text is a version, an address or a product name, as found under ``database`` instead of a
    status.
    """
    word = text.strip().casefold()
    if canonical(word) in UNCERTAIN or not re.search(r"[a-z0-9]", word) or is_doubtful(word) or "\ufffd" in word:
        return False
    return word in _PRODUCTS or not re.fullmatch(r"[^\W\d_]+(?:[ _-][^\W\d_]+)?", word)
