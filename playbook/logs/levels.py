"""How bad a line is: by the level it states, else by its words. A line that only mentions errors is none."""

from __future__ import annotations

import re

NONE, TRACE, DEBUG, INFO, WARNING, ERROR, FATAL = 0, 10, 20, 30, 40, 50, 60
"""Levels as pino and bunyan number them; 0 is a line that states none."""

_NAMES = {
    TRACE: "trace trc finest finer verbose silly",
    DEBUG: "debug dbg fine debu",
    INFO: "info inf information informational notice log http success config i",
    WARNING: "warning warn wrn w",
    ERROR: "error err eror severe e",
    FATAL: "fatal ftl critical crit alert emergency emerg panic dpanic f",
}
LEVELS = {name: level for level, names in _NAMES.items() for name in names.split()}
_SYSLOG = (FATAL, FATAL, FATAL, ERROR, WARNING, INFO, INFO, DEBUG)

# Words that begin plain lines without being their level: Go's "http: panic serving …", "log: …".
_PLAIN = {name: level for name, level in LEVELS.items() if len(name) > 2} | {
    "http": NONE,
    "log": NONE,
    "fine": NONE,
}
_PLAIN |= {"config": NONE, "success": NONE, "notice": INFO}

# The usual place of a level, right at the beginning: "INFO worker: …", "[error] …", "<warn> …", "| ERROR | …".
_LEADING = re.compile(r"[\[(<|\- ]{0,4}([A-Za-z]{3,13})(?:([\])>|:])|\[\d+\])?(?= |:|$)")
# A level in capitals further on: not part of a name, a path, an assignment or a header.
_CAPITALS = re.compile(
    r"(?<![\w/.=&?-])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|ALERT|EMERG"
    r"|EMERGENCY|PANIC)(?![\w/.=&?-]|: ?0\b)"
)
_HEAD = 160
_MARKED = re.compile(r"[^\[<|=]{0,60}(?:\[|<|\| ?)([A-Za-z]{3,11})(?:\]|>| ?\|)")
_ASSIGNED = re.compile(r"(?:^|\s)(?:level|lvl|severity|levelname|log\.level)=\"?([A-Za-z]{1,13})\b")

_NEGATED = re.compile(r"\b(?:no|not|non|zero|without|any|0|if|on)[ -]{1,2}(?:an? )?$", re.IGNORECASE)
# Words that make a line without a level an error, unless they belong to a name or a path.
_WORDS = re.compile(
    r"(?<![\w/.=?&@-])(?:errors?|err(?=[:=])|exceptions?|fatal|panic|\w{1,40}(?:Error|Exception))"
    r"(?![\w/?&@-]|\.\w|\(s\))",
    re.IGNORECASE,
)
# What follows the word where it is an empty value or the name of something.
_EMPTY = re.compile(
    r"[\"']?\s{0,3}(?:(?:[=:]|is|was)\s{0,3}[\"']?(?:0\b(?!x|\.\d*[1-9])|(?:null|none|nil|false|no|undefined)\b"
    r"|<nil>|\[\]|\{\}|-\s|\"\"|'')"
    r"|=(?:\s{1,3}[\w.]{1,40}=|\s{0,3}$|[,;)}])"
    r"|(?:handlers?|handling (?:enabled|installed|registered|middleware)|pages?|rates?|counts?"
    r"|boundar\w{1,5}|budgets?|thresholds?|reporting|reporter|logs?|logging|templates?|codes?(?! [1-9])|free)\b)",
    re.IGNORECASE,
)
_CRASH = re.compile(
    r"\bun(?:caught|handled)[ _]?(?:\w{1,20}[ _]?)?(?:rejection|exception|error)|^Uncaught\b|\bout of memory\b"
    r"|\boom[-_ ]?kill|\bsegmentation fault\b|\bSIG(?:SEGV|ABRT|BUS)\b|\bcore dumped\b|^panic: |\bpanic serving\b"
    r"|^fatal error: |\bFATAL ERROR: |\bfatal exception\b|^Exception in thread "
    r"|\bMemoryError\b|\bOutOfMemoryError\b|\bStackOverflowError\b|\bexit(?:ed)? (?:with )?code 137\b|^Killed$",
    re.IGNORECASE,
)
_ONLY_NAMED = ("handl", "listener", "hook", "protect", "score")


def by_name(name: str) -> int:
    """Level of ``error``, ``WARN``, ``Critical``, …; 0 for a word that is none."""
    return LEVELS.get(name.lower(), NONE)


def by_number(number: float) -> int:
    """Level of pino's and bunyan's 10 to 60, or of syslog's and GELF's 0 to 7."""
    if 0 <= number <= 7:
        return _SYSLOG[int(number)]
    return max((level for level in (TRACE, DEBUG, INFO, WARNING, ERROR, FATAL) if level <= number), default=NONE)


def of_syslog(priority: int) -> int:
    """Level of a syslog ``<priority>``."""
    return _SYSLOG[priority % 8]


def of_json(value: object) -> int:
    """Level of what a JSON line states."""
    if isinstance(value, str):
        return by_number(float(value)) if value.isdecimal() else by_name(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return by_number(value)
    return NONE


def stated(text: str) -> int:
    """The level that a plain line states about itself, 0 where it states none."""
    leading = _LEADING.match(text)
    # "Error: …" is JavaScript's name of an exception, "error: …" a logger's level.
    if leading and (leading[2] or leading[1].isupper()) and not text.startswith("Error:"):
        level = _PLAIN.get(leading[1].lower(), NONE)
        if level and not _EMPTY.match(text, leading.end(1)):
            return level
    if "=" in text:
        assigned = _ASSIGNED.search(text)
        if assigned:
            return by_name(assigned[1])
    found = _CAPITALS.search(text, 0, _HEAD)
    if found and not _negated(text, found.start()):
        return LEVELS[found[1].lower()]
    marked = _MARKED.match(text)
    return _PLAIN.get(marked[1].lower(), NONE) if marked else NONE


def suspicious(text: str) -> bool:
    """A quick look: could this line be an error at all? True more often than it is one."""
    low = text.lower()
    return (
        "err" in low
        or "exce" in low
        or "fatal" in low
        or "panic" in low
        or "unc" in low
        or "unh" in low
        or "memory" in low
        or "kill" in low
        or "sig" in low
        or "segm" in low
        or "core dump" in low
        or "exit" in low
    )


def crashed(text: str) -> bool:
    """True where the words say that a program ended, or that nobody caught an exception."""
    for match in _CRASH.finditer(text):
        after = text[match.end() : match.end() + 24].lstrip("'\": ").lower()
        if not after.startswith(_ONLY_NAMED) and not _negated(text, match.start()):
            return True
    return False


def by_words(text: str) -> int:
    """Level of a line that states none: ERROR where it reports an error, FATAL where it reports a crash."""
    if crashed(text):
        return FATAL
    for match in _WORDS.finditer(text):
        if not _EMPTY.match(text, match.end()) and not _negated(text, match.start()):
            return ERROR
    return NONE


def _negated(text: str, position: int) -> bool:
    """True where a "no", "0", "without" … stands right before ``position``."""
    return bool(_NEGATED.search(text, max(0, position - 24), position))
