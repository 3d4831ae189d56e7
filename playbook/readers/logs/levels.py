"""The level of a line: as stated, or else by its words. A line that only mentions errors has none."""

from __future__ import annotations

import re

from playbook.readers.logs import clients, words

NONE, TRACE, DEBUG, INFO, WARNING, ERROR, FATAL = 0, 10, 20, 30, 40, 50, 60
"""Levels as pino and bunyan number them; 0 is a line that states none."""

_NAMES = {
    TRACE: "trace trce trc finest finer verbose verb vrb silly all v",
    DEBUG: "debug debu debg dbug dbg fine d",
    INFO: "info inf information informational notice note log http success config system mark ready event wait"
    " default any unknown ok command i n",
    # Also as Java and PostgreSQL write them in German, French, Spanish, Chinese, Japanese and Russian.
    WARNING: "warning warn wrn w warnung avertissement advertencia avvertenza 警告 предупреждение",
    ERROR: "error err erro eror severe fail failure exception e schwerwiegend grave fehler erreur 严重 错误 重大"
    " エラー ошибка",
    FATAL: "fatal fata fatl ftl critical crit crt ftal alert emergency emerg panic pani pnc dpanic f c a p",
}
LEVELS = {name: level for level, names in _NAMES.items() for name in names.split()}
_GO_ZERO = {"stat": INFO, "slow": WARNING}  # beside those that it shares with others
_SYSLOG = (FATAL, FATAL, FATAL, ERROR, WARNING, INFO, INFO, DEBUG)

NO_COMPONENTS = frozenset({"error", "fatal", "critical"})
"""Words that are a level before a time, where others may be the name of a component."""

# Words at the beginning of plain lines that are no level there: Go's "http: panic serving …", "log: …".
_ONLY_WORDS = (
    "http log fine config success ready event wait default any unknown all note system mark command failure"
)
_PLAIN = {name: level for name, level in LEVELS.items() if len(name) > 2}
_PLAIN |= dict.fromkeys([*_ONLY_WORDS.split(), "exception", "fail"], NONE) | {"notice": INFO}
# In brackets they are levels: MySQL's "[Note]", MariaDB's "[System]".
_BRACKETED = {name: level for name, level in LEVELS.items() if len(name) > 2}

# The usual place of a level, at the beginning: "INFO worker: …", "[error] …", "<warn> …", "| ERROR | …".
_LEADING = re.compile(
    r"[\[(<|\- ]{0,4}([A-Za-z]{3,13})(?: {0,9}([\])>|:])|\[\d+\]|(?=/[\w.-]{1,80}\]))?(?= |:|$|/|\[)"
)
# A level in capitals further on: not part of a name, a path, an assignment or a header. Logback's own follow "|-".
_CAPITALS = re.compile(
    r"(?:(?<=\|-)|(?<![\w/.=&?-]))(TRACE|TRC|DEBUG|DEBG|DBG|INFO|INF|WRN|FTL|FATL|PNC|EROR|ERRO|"
    r"NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|ALERT|EMERG"
    r"|EMERGENCY|PANIC|WARNUNG|AVERTISSEMENT|ADVERTENCIA|AVVERTENZA|SCHWERWIEGEND|GRAVE|FEHLER|ERREUR|警告|严重|错误"
    r"|重大|エラー|ПРЕДУПРЕЖДЕНИЕ|ОШИБКА)(?![\w/.=&?-]|: ?0\b)"
)
_THREE_CAPITALS = re.compile("[A-Z]{3}")
_ANY_CAPITALS = re.compile(
    "TRACE|TRC|DEBUG|DEBG|DBG|INFO|INF|WRN|FTL|FATL|PNC|EROR|NOTICE|WARN|ERR|SEVERE|FATAL|CRIT|ALERT|EMERG|PANIC|AVER|ADVER|AVVER"
    "|SCHWER|GRAVE|FEHLER"
    "|LOG|STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION"
)
_HEAD, _MARKS = 160, 80
_MARKED = re.compile(r"(?:\[(?:\w{1,40}:)?|<|\| ?)([A-Za-z]{3,11}) {0,9}(?:\]|>| ?\|)")
_ASSIGNED = re.compile(
    r"(?:^|[\s{,])(?:[Ll]evel|LEVEL|at(?==\"?(?:info|warn|error|critical|fatal)\b)|lvl|severity|levelname|log\.level|log_level|loglevel|level_name|severity_text)"
    r"\"?=[\"']?([A-Za-z]{1,13}|\d0)\b(?![-/.])"
)
_SENTENCE = re.compile(r'"(?:[^"\\]|\\.){0,4096} (?:[^"\\]|\\.){0,4096}"')
# PostgreSQL's "FATAL" ends one client's session; a server that ends says PANIC. Those of a restart are expected.
_SESSION = re.compile(r"(?:^|[\]> @\w]) ?FATAL:  ")
_RESTARTS = re.compile(
    r"FATAL:  (?:terminating connection due to administrator command"
    r"|the database system is (?:starting up|shutting down)|unsupported frontend protocol"
    r"|no PostgreSQL user name specified)"
)
# npm's lines about a script that was told to end, and those beside the one that tells why another failed.
_NPM_TOLD = re.compile(
    r"npm (?:ERR!|error) (?:path|location|workspace|cwd|command|signal SIG(?:TERM|INT)|A complete log of this)\b"
    r"|npm (?:ERR!|error)$"
)
# Of gunicorn, Varnish, HAProxy, Traefik and Go's servers at each deployment; of Supervisor whenever it starts.
_EXPECTED = re.compile(
    r"was sent SIGTERM!|Manager got SIGTERM| died signal=15\b|exited with code 143 \(Terminated\)"
    r"|\baccept tcp\d? \S{1,80}: use of closed network connection|\bhttp: Server closed(?! \w)"
    r"|\bSupervisor (?:is )?running as root\b|\bSet uid to user "
    r"|\brunning without any HTTP authentication checking"
)
_EXPECTED_NEEDS = ("SIGTERM", "=15", "143 (", " closed", "Supervisor ", "Set uid", " without any HTTP")
# Equivalents of a level in loggers with their own words, signs or places.
_SIGNS = {"⨯": ERROR, "✖": ERROR, "✗": ERROR, "✘": ERROR, "❌": ERROR, "💥": ERROR, "⚠": WARNING}
_SIGNS |= dict.fromkeys("✓✔○▲»ℹ●", INFO)
# A sign behind the name of a part or process, or a clock.
_SIGN_BEHIND = re.compile(r"(?:\[[^\]]{1,40}\]|\d\d:\d\d:\d\d(?:\.\d{1,6})?) (?:› )?\s{0,3}([⨯✖✗✘❌💥])")
# Next.js of three generations, npm, .NET, zap, logrus, glog: one group of each is the level.
_WORDED = re.compile(
    r"(?:- )?(wait|error|warn|ready|info|event|trace)  ?- |- (wait|error|warn|ready|info|event|trace) "
    r"|(?:npm|yarn|pnpm) (ERR!|error|WARN|warn|notice|info)(?= )|(trce|dbug|info|warn|fail|crit): [A-Za-z]"
    # zap's console with small letters, and VictoriaMetrics: level, perhaps a logger's name, caller.
    r"| {0,8}(trace|debug|info|warn|error|dpanic|panic|fatal) {1,8}(?:[\w.-]{1,60} {1,8})?"
    r"[\w./@-]{1,120}\.go:\d{1,6} "
    r"|(DEBU|INFO|WARN|ERRO|FATA|PANI)\[\d{4,}\] |([IWEFD])\d{4} \d\d:\d\d:\d\d\.\d{3,6} +\d+ "
)
_PROCESS = re.compile(
    r"(?:\*\* )?\([\w.-]{1,40}:\d+\):? "
    r"(?:(?:[\w-]{1,40}-)?(CRITICAL|WARNING|ERROR) \*\*|(?:\[DEP\d+\] )?(\w{0,40}Warning): )"
)
# Of Erlang; of Tornado, Jupyter, Beego, old MongoDB, Ruby's Semantic Logger and Telegraf ("E! "); of a Laravel
# worker; of Serilog.
_REPORT = re.compile(r"=(\w{4,12}) REPORT==== ")
_REPORTS = {"CRASH": ERROR, "SUPERVISOR": ERROR, "PROGRESS": INFO}
_LETTER = re.compile(r"\[?([EWIDF])(?:(?<=\[.)(?=\] | \d)|(?<!\[.)(?:! | (?:[A-Z]{3,12} +\[|\[\d{1,10}:)))")
_WORKER = re.compile(r"\s{1,4}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S{1,400}(?: \S{1,100}){0,3} \.{2,400} .{0,40}FAIL$")
# .NET's console with a clock: TimestampFormat = "HH:mm:ss ".
_CLOCKED = re.compile(r"\[?\d\d:\d\d:\d\d(?:[.,]\d{1,7})?\]? {1,2}(trce|dbug|info|warn|fail|crit): [A-Za-z]")
_SERILOG = re.compile(r"\[\d\d:\d\d:\d\d(?:\.\d{1,7})? ([A-Za-z]{3,11})\] ")
# The head of Rails' report of an exception, behind the id of the request and further tags, where its logger states
# no level (since Rails 8).
_RAISED = re.compile(
    r"\[[\da-f-]{8,64}\] (?:\[[^\]]{1,64}\] ){0,9}[A-Z]\w{0,80}(?:::[A-Z]\w{0,80}){0,9} \(.{0,4096}\):$"
)
_COLOURS = re.compile(r"\x1b\[[\d;]*m")  # winston's colorize() before json()
_GLIB_LEVELS = {"CRITICAL": ERROR, "WARNING": WARNING, "ERROR": FATAL}
_PHP = re.compile(
    r"(?:PHP )?(?:(Fatal|Parse|Recoverable fatal|Core|Compile) error|(Warning|Notice|Deprecated|Strict Standards))"
    r":  ?\S"
)
_PNPM = re.compile(r"\s?(?:ELIFECYCLE|ERR_PNPM_\w+)\s")
_PHP_MESSAGE = "NOTICE: PHP message: "
# Messages of PHP in nginx' and Apache's error logs, and of several the others behind the first.
_PHP_PASSED_ON = re.compile(
    r"(?:FastCGI sent in stderr: \"|\bAH01071: Got error ')PHP message: (.*?)"
    r"(?:\"? while \w{4,10} |', referer: |'?$)"
)
_PHP_LEVELS = {"fatal": FATAL, "parse": ERROR, "core": FATAL, "compile": FATAL, "recoverable fatal": ERROR}
_REDIS = re.compile(r"(?:\d+:[XCSM] |\[\d+\] )?\d{1,2} [A-Z][a-z]{2} (?:\d{4} )?\d\d:\d\d:\d\d\.\d{3} ([.*#-]) ")
_REDIS_LEVELS = {".": DEBUG, "-": DEBUG, "*": INFO, "#": WARNING}
_LARAVEL = re.compile(r"(?<![\w/])[a-z][\w-]{0,39}\.(DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY): ")
_POSTGRES = re.compile(r"(?:^|[\]> @\w]) ?(LOG|STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION):  ")

_POSTGRES_ENDED = re.compile(
    r"LOG:  (?:[\w /\"-]{1,90} \(PID \d+\) was terminated by signal \d|all server processes terminated"
    r"|archive command (?:failed|was terminated)|could not (?:fork|open|write|rename|bind|create|fsync)\b"
    r"|aborting startup |invalid primary checkpoint record|performing immediate shutdown because"
    r"|database system was (?:not properly shut down|interrupted))"
)


def by_name(name: str) -> int:
    """Level of ``error``, ``WARN``, ``Critical``, ``ERROR+4``, …; 0 for any other word."""
    return LEVELS.get(name.lower().rstrip("+-0123456789"), NONE)


def known(name: str) -> bool:
    """Whether a word is a level; ``ERROR+4`` and ``DEBUG-4`` are slog's."""
    return name.lower().rstrip("+-0123456789") in LEVELS


def by_number(number: float) -> int:
    """Level of pino's and bunyan's 10 to 60, or of syslog's and GELF's 0 to 7; for larger ones see ``MONOLOG``."""
    if 0 <= number <= 7:
        return _SYSLOG[int(number)]
    if number >= 100:
        return on_scale(number, MONOLOG)
    return max((level for level in (TRACE, DEBUG, INFO, WARNING, ERROR, FATAL) if level <= number), default=NONE)


Scale = tuple[tuple[float, int], ...]
"""Minimum number of each level; highest first."""

MONOLOG: Scale = (
    # java.util.logging's begin at 300 too, but are written as words; logstash's Java encoder counts in thousands.
    *((50_000, FATAL), (40_000, ERROR), (30_000, WARNING), (20_000, INFO), (10_000, DEBUG), (5_000, TRACE)),
    *((500, FATAL), (400, ERROR), (300, WARNING), (200, INFO), (100, DEBUG)),
)
GOOGLE: Scale = ((600, FATAL), (500, ERROR), (400, WARNING), (200, INFO), (100, DEBUG))
PYTHON: Scale = ((50, FATAL), (40, ERROR), (30, WARNING), (20, INFO), (10, DEBUG))
TELEMETRY: Scale = ((21, FATAL), (17, ERROR), (13, WARNING), (9, INFO), (5, DEBUG), (1, TRACE))


def on_scale(number: float, scale: Scale) -> int:
    """Level of a number on the scale of one kind of logger; NONE below it."""
    return next((level for least, level in scale if number >= least), NONE)


def of_syslog(priority: int) -> int:
    """Level of a syslog ``<priority>``."""
    return _SYSLOG[priority % 8]


def of_json(value: object, scale: Scale | None = None) -> int:
    """Level stated by a JSON line; ``scale`` is that of its key, if known.

    Of several, as the journal exports a field that was given more than once, the worst.
    """
    if isinstance(value, list):
        return max((of_json(one, scale) for one in value if not isinstance(one, list)), default=NONE)
    if isinstance(value, str):
        text = _COLOURS.sub("", value).strip()
        return _by_number(float(text), scale) if text.isdecimal() else _GO_ZERO.get(text) or by_name(text)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _by_number(value, scale)
    return NONE


def _by_number(number: float, scale: Scale | None) -> int:
    return by_number(number) if scale is None else on_scale(number, scale)


def stated(text: str) -> int:
    """The level that a plain line states, 0 where it states none; that of an expected end is a warning."""
    level = _stated_at_all(text)
    if level < ERROR:
        return level
    if "FATAL:  " in text and _SESSION.search(text, 0, _HEAD):
        return WARNING if _RESTARTS.search(text) else ERROR
    return WARNING if is_expected(text) or (text.startswith("npm ") and _NPM_TOLD.match(text)) else level


def is_expected(text: str) -> bool:
    """Whether it tells of something that belongs to each start or end of a program, whatever it calls that."""
    needed = any([sign in text for sign in _EXPECTED_NEEDS])  # noqa: C419 - a generator takes longer
    return needed and _EXPECTED.search(text) is not None


def _stated_at_all(text: str) -> int:
    if text.startswith(_PHP_MESSAGE):  # php-fpm's level is always the same; PHP's own follows
        return _of_php(text[len(_PHP_MESSAGE) :])
    if "PHP message: " in text and (passed_on := _PHP_PASSED_ON.search(text)):  # and so is nginx' and Apache's
        return max(map(_of_php, passed_on[1].split("PHP message: ")))
    return _stated(text)


def _of_php(message: str) -> int:
    return _stated(message) or max(by_words(message), INFO)


def _stated(text: str) -> int:
    leading = _LEADING.match(text)
    # "Error: …" is JavaScript's name of an exception, "error: …" a logger's level, "  err: {" pino-pretty's field.
    is_name = text.lstrip().startswith("Error:") or (text[:1] == " " and text[-1:] == "{")
    if leading and (leading[2] or leading[1].isupper()) and not is_name:
        names = _BRACKETED if leading[2] and leading[2] in "])>|" else _PLAIN
        level = names.get(leading[1].lower(), NONE)
        if level and not words.EMPTY.match(text, leading.end(1)):
            return level
    level = _unusual(text)
    if level:
        return level
    assigned = _assigned(text) if "=" in text else None
    if assigned is not None:
        return assigned
    postgres = _POSTGRES.search(text, 0, _HEAD) if ":  " in text else None
    if postgres:
        return max(by_words(text), ERROR) if _POSTGRES_ENDED.search(text) else INFO
    found = _CAPITALS.search(text, 0, _HEAD)
    if found and not words.negated(text, found.start()):
        return LEVELS[found[1].lower()]
    marked = (_BRACKETED.get(word[1].lower(), NONE) for word in _MARKED.finditer(text, 0, _MARKS))
    return next(filter(None, marked), NONE)


def _assigned(text: str) -> int | None:
    """The level of ``level=error``; of ``level=50`` only in logfmt, as a number may be anything's.

    Where a second one contradicts it, and is one of an error, the line is an error. Not within a quoted message.
    """
    match = _ASSIGNED.search(text)
    if not match:
        return None
    if match[1].isalpha():
        level = by_name(match[1])
        if level and level < ERROR and _ASSIGNED.search(text, match.end()):
            others = _ASSIGNED.finditer(_SENTENCE.sub('""', text))
            level = ERROR if any(by_name(other[1]) >= ERROR for other in others) else level
        return level
    is_logfmt = not match.start() or "msg=" in text or "message=" in text
    return int(match[1]) if is_logfmt and TRACE <= int(match[1]) <= FATAL else None


def may_state(text: str) -> bool:
    """Whether ``stated`` could find a level in a text that begins with a letter, with any digits in it."""
    leading = _LEADING.match(text)
    if (leading and leading[1].lower() in LEVELS) or any(
        pattern.match(text) for pattern in (_WORDED, _PNPM, _LETTER)
    ):
        return True
    if (": " in text and _PHP.search(text)) or ("=" in text and _ASSIGNED.search(text)):
        return True
    # Without these there are neither Laravel's nor PostgreSQL's. Redis' begin with a digit.
    if _THREE_CAPITALS.search(text) and _ANY_CAPITALS.search(text):
        return True
    return any(word[1].lower() in LEVELS for word in _MARKED.finditer(text, 0, _MARKS))


def unknown_word(text: str) -> bool:
    """Whether a plain line states an unknown level: ``level=strange``."""
    assigned = _ASSIGNED.search(text) if "=" in text else None
    return bool(assigned and assigned[1].isalpha() and not known(assigned[1]))


def _unusual(text: str) -> int:
    """Levels with unusual words, signs or places."""
    head = text.lstrip()[:1]
    if head in _SIGNS or _SIGN_BEHIND.match(text):
        return _SIGNS.get(head, ERROR)
    match = _WORDED.match(text) if head and head in "-weritdfcnypDIWEFP" else None
    match = _CLOCKED.match(text) if match is None and ":" in text[2:4] else match
    if match:
        return by_name(match[match.lastindex or 0].rstrip("!"))
    if head in ("(", "*"):  # Node's warnings; those of GLib below libvips
        process = _PROCESS.match(text)
        if process and process[2] != "UnhandledPromiseRejectionWarning":
            return _GLIB_LEVELS.get(process[1], WARNING)
    if head == "E" and _PNPM.match(text):
        return ERROR
    php = _PHP.search(text, 0, _HEAD) if ": " in text else None
    if php and (php.start() == 0 or "PHP " in php[0]):
        return _PHP_LEVELS[php[1].lower()] if php[1] else WARNING if php[2] == "Warning" else INFO
    framed = _framed(text) if text[:1] in "=[EWIDF \t" else NONE
    return framed or (_placed(text) if "." in text[:_HEAD] else NONE)


def _framed(text: str) -> int:
    """Erlang's level before "REPORT", a letter in brackets, Laravel's word after a worker's job."""
    report, letter = _REPORT.match(text), _LETTER.match(text)
    if report:
        return _REPORTS.get(report[1]) or by_name(report[1])
    if letter:
        return by_name(letter[1])
    serilog = _SERILOG.match(text)
    if serilog:
        return by_name(serilog[1])
    return ERROR if text.endswith(" FAIL") and _WORKER.match(text) else NONE


def _placed(text: str) -> int:
    """Laravel's and Monolog's level after the channel, Redis' sign after the time."""
    laravel = _LARAVEL.search(text, 0, _HEAD)
    if laravel:
        return by_name(laravel[1])
    redis = _REDIS.match(text)
    level = _REDIS_LEVELS[redis[1]] if redis else NONE
    return max(level, by_words(text)) if level == WARNING else level


def by_words(text: str) -> int:
    """Level of a line that states none: ERROR where it reports an error, FATAL where it reports a crash.

    WARNING where that is a client's fault.
    """
    if clients.quotes(text):
        return NONE
    level = FATAL if words.crashed(text) else ERROR if words.report_an_error(text) or _RAISED.match(text) else NONE
    if level and (clients.at_fault(text) or is_expected(text)):
        return WARNING
    return WARNING if level == ERROR and words.tries_again(text) else level
