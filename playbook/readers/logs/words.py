"""The words by which a line without a level reports an error, or that a program ended."""

from __future__ import annotations

import re

_NEGATED = re.compile(
    # A 0 by itself, not the end of a version: "shop-1.2.0 failed to start".
    r"(?:\b(?:no|not|none|nothing|never|non|zero|without|any|if|on|recovered from|restored after)|(?<![\w.,])0)"
    r"[ -]{1,2}(?:an? )?$",
    re.IGNORECASE,
)
_NONE_OF = re.compile(r"(?:\b(?:no|zero)|(?<![\w.,])0) [\w-]{1,20} $", re.IGNORECASE)
# Words that make a line without a level an error, unless they are part of a name or a path. For texts in lower
# case, as ignoring case takes twice as long.
WORDS = re.compile(
    # Not a symbol of Ruby: add_column(:photos, :error, :string); nor Linux' setting of what follows on a panic.
    r"(?<![\w/.=?&@+-])(?<!-xx:)(?<![\s(\[,]:)(?:(?<!tls handshake )errors?|err(?=[:=])|exceptions?|fatal"
    r"|panic(?!=-?\d)|\w{1,40}(?:error|exception)"
    r"|no space left on device|cannot allocate memory|too many open files|no such host|has no server available"
    r"|connection (?:refused|reset by peer)|no route to host|broken pipe|permission denied"
    r"|address already in use"
    r"|e(?:conn(?:refused|reset|aborted)|notfound|hostunreach|netunreach|ai_again|timedout|pipe|addrinuse|acces"
    r"|perm|nomem|nospc|noent)"
    r"|(?:connect(?:ion)?|request|task|query|operation|upstream|job|read|write|handshake) timed out"
    r"|timed out (?:after|waiting|while|fetching)|i/o timeout|deadline exceeded|server misbehaving"
    r"|socket hang up|trpc failed"
    # The messages of axios, of PostgreSQL's clients, Node's TLS and Celery's broker, printed by themselves
    r"|timeout of \d{1,9} ?ms exceeded|due to (?:statement|lock|transaction) timeout"
    r"|closed the connection unexpectedly|before secure tls connection was established|connection to broker lost"
    r"|out of disk space"
    r"|temporary failure in name resolution|resource temporarily unavailable|name or service not known"
    r"|command not found|^\S{0,80}sh: (?:(?:line )?\d+: )?.{1,80}: not found"
    r"|(?:could not|couldn't|can ?not|can't|unable to) (?:connect|resolve|translate|open|bind|reach|write|read"
    r"|load|acquire|obtain|allocate|create|start|save|store|send|process|optimi[sz]e|decode|encode|fork|spawn"
    r"|execute|lock|commit|serialize|access|establish|publish|enqueue|render|fetch|upload|download|delete"
    r"|update|insert|identify|find module|parse|thumbnail|resize|convert|compress|decompress|extract"
    r"|be (?:written|saved|sent|read|opened|processed|loaded|reached|delivered|created|started|stored))"
    # lighttpd, PgBouncer, systemd and Varnish, in lines without a level
    r"|child exited: [1-9]\d{0,2}|unexpected end-of-file|all handlers for .{1,200} are down"
    r"|closing because: (?:server conn crashed\?|connect failed|server login failed|query_wait_timeout)"
    r"|start request repeated too quickly|watchdog timeout"
    # s6, Puma, Bundler, PM2, HAProxy, JVM and .NET, and Linux
    r"|cont-init(?:\.d\] \S{1,80}:|: info: \S{1,120}) exited [1-9]\d{0,2}(?=\.?$)|early termination of worker"
    r"|could not find .{1,80} in (?:locally installed gems|any of the sources)"
    r"|too many unstable restarts|process \d{1,6} restarted because it exceeds|reached process fd limit"
    r"|could not reserve enough space|must install or update|soft lockup|remounting filesystem read-only"
    r"|page allocation failure|corruption detected|imagepullbackoff"
    r"|backend_health - \S{1,120} (?:went|still) sick"
    # HAProxy, where it forwards TCP: the server refused or did not answer in time, or none is left; DNS failed.
    r"|-?\d{1,9}/-?\d{1,9}/\+?\d{1,9} \+?\d{1,18} [sr][cq] \d{1,9}/\d{1,9}/\d{1,9}/\d{1,9}/\+?\d{1,9}"
    r"(?= \d{1,9}/\d)|going down for maintenance \((?:no ip for|unspecified dns|dns \w{2,9} status)"
    # arq, whose level is not shown
    r"|job \w{1,64}, function '[^']{1,200}' not found|^(?:[\d:]{8}: )?job \w{1,64} expired(?=$)"
    r"|lost (?:the |its )?connection|connection (?:lost|dropped|terminated)|no (?:live|healthy) upstreams?"
    r"|(?:closed|died|exited|ended|stopped|terminated) unexpectedly|unexpected end of (?:file|input|stream)"
    r"|prematurely closed|premature end|deadlock (?:detected|found)|loading redis is loading"
    r"|too many (?:connections|clients)|connection slots are reserved"
    r"|(?:pool|connections|resources) (?:is |are )?exhausted"
    r"|(?:disk|volume|queue|buffer|pool|table) (?:is )?full"
    r"|(?:quota|(?:rate|memory) limit|maximum retries) exceeded"
    r"|exceeded (?:the )?max(?:imum)? (?:retries|(?:retry )?attempts)|maximum retries count is reached"
    r"|max retries \d{1,4} exceeded|gave up after"
    r"|(?<!before )giving up|stalled more than"
    r"|(?:job|task|worker)s? (?:[#\w:-]{1,64} )?(?:(?:is|has|was|were) |has been )?stalled(?! no)"
    r"|(?<! be )(?<! are )moved to (?:the |a )?(?:dlq|\w{4}[- ]letter)|something went wrong"
    # libvips names its part first.
    r"|^(?:vips(?:2?(?:jpeg|png|tiff|webp)|foreign\w{4,20}|image|object|operation|source|target)|\w{3,4}2vips"
    r"|(?:dz|fits|gif|heif|jp2k|jpeg|jxl|magick|openslide|pdf|png|ppm|rad|raw|svg|tiff|webp)(?:load|save)\w{0,7})"
    r"(?=: )"
    r"|unsupported image (?:format|type)|image: unknown format|invalid (?:jpeg |image )?format"
    r"|no decode delegate|not allowed by the security policy|invalid data found when"
    r"|exceeds (?:the )?pixel limit"
    # ImageMagick's place of an error, libvips, libjpeg, libwebp, FFmpeg, Gifsicle, OptiPNG, gzip
    r"|@ (?:error|fatal)/\S{1,120}|not a (?:known file|recogni[sz]ed|supported) format"
    r"|not an? (?:jpe?g|png|gif|webp|tiff?|avif|heic|image|zip|valid \w{1,8}) file"
    r"|not in (?:gif|gzip|xz|zstd) format|corrupt(?:ed)? (?:image|jpeg|png|gif|webp|tiff|file|data|archive)"
    r"|(?:image|file|archive|data) (?:is |was )?corrupt(?:ed)?|empty input file|nothing was encoded"
    r"|unknown (?:en|de)coder|invalid (?:frame|image) data|insufficient image data"
    r"|decoding of \S{1,120} failed|[1-9]\d{0,6} error\(s\)|file \S{1,120} does not exist"
    r"|stack traceback:|attempt to (?:index|call|perform arithmetic on) an? \w{1,8} value"
    # Perl, where it gives up by itself; its programs' own words are those of a warning, too.
    r"|died at \S{1,300} line \d{1,9}|can't locate (?:object method|\S{1,120} in @inc)|begin failed--compilation"
    r"|can't call method \S{1,80} (?:on|without)|illegal division by zero|undefined subroutine \S{1,120} called"
    r"|(?:not an?|can't use) \w[^.]{0,120} at \S{1,300}\.(?:p[lm]|cgi|psgi|t) line \d{1,9}"
    r"|bad gateway|service unavailable|internal server error|gateway time-?out|invalid api key"
    r"|unexpected eof|lock wait timeout exceeded|violates [\w-]{1,20} (?:key )?constraint|no such table"
    r"|(?:relation|table|column|database|repository|bucket) \S{1,80} (?:does not|doesn't) exist|database is locked"
    r"|image is malformed"
    r"|read-only file system|no such file or directory|operation not permitted|stale file handle"
    r"|network is unreachable|no buffer space available|device or resource busy|pool timeout"
    r"|(?:missing lock|lock mismatch) for job|failed (?:job|task) [#\w-]{0,40}\d|received unregistered task"
    r"|time limit \(\S{1,20}\) exceeded|retry limit reached|retries exhausted|too many requests"
    r"|nosuch(?:bucket|key)|signature we calculated does not match|accessdenied|signaturedoesnotmatch"
    r"|invalidaccesskeyid|requesttimetooskewed|expiredtoken|xminiostoragefull|unable to locate credentials"
    r"|slowdown"
    r"|circuit (?:breaker )?(?:is |has )?(?:now )?open(?:ed)?|unhealthy|data loss"
    r"|(?:redis|database|db|postgres|mysql|upstream|backend|server|service|host|api|queue|broker|worker|cache"
    r"|storage)"
    r"(?: unreachable| is (?:down|unreachable|unavailable|overloaded|not (?:responding|reachable|available)))"
    r"|(?:server|backend) \S{1,80} is down"
    r"|no (?:servers?|workers?|backends?|nodes?|instances?) (?:are )?available"
    r"|(?:messages?|requests?|jobs?|events?) (?:was |were )?(?:lost|dropped)"
    r"|(?:http|status(?: code)?|unexpected status(?: code)?:|(?:responded|answered|replied) with(?: status"
    r"| http| code)?) [5]\d\d"
    r"(?! errors?[:=] ?0| ?(?:m?s|[kmg]?b|bytes|items|rows|results|images)\b)"
    r"|checksum mismatch|data corruption|replication (?:is )?broken|self[- ]signed certificate"
    r"|unable to verify the first certificate|certificate (?:has expired|is not yet valid|verify failed)"
    r"|x509(?=: )"
    r"|failed(?= to [a-z]| with (?!result)| after | because | due to "
    r"| on | while | during | for (?!user|login)|[:,;!])|failed(?=\.?$)"
    r"|crashloopbackoff|back-off restarting|(?:app|server|process|worker|has) crashed"
    r"|^(?:bin/)?(?:rake|rails) aborted"
    r"|background (?:saving|aof rewrite) terminated by signal (?!10\b)\d|bad file format|possible security attack"
    r"|got errno \d{1,3}|connection unexpectedly closed|passphrase supplied in"
    r"|^[^\s\"':]{1,200} does not exist, skipping|^archive \S{1,120} already exists"
    r"|misconf|noauth|noperm|nogroup|unkillable|wrongpass|clusterdown|masterdown|noreplicas|wrongtype"
    r"|crossslot|busy redis is busy|max number of clients reached"
    # Go's packages, and the head of an exception on Symfony's and Laravel's console
    r"|executable file not found|sql: database is closed|driver: bad connection|unexpected fault address"
    r"|invalid connection(?=$|[:,)])|gzip: invalid \w{1,8}|checksum does not match"
    r"|^in \S{1,100}\.php line \d{1,6}(?=:$)"
    r"|(?:job|task|message) (?:[#\w:()=.-]{1,160} ){0,4}failed permanently"
    # Active Job and Solid Queue
    r"|(?:discarded|stopped retrying) [\w:]{1,160} (?:\(job id: [\w-]{1,64}\) )?due to an?"
    r"|fail claimed jobs \([\d.]{1,12}ms\) {1,2}job_ids:(?= \[\d)"
    r"|replaced terminated \w{1,40} \(.{1,200}"
    r"(?:\bstatus: (?!143|130)[1-9]\d{0,2}(?=,)|\btermsig: (?!15\b)\d{1,2})"
    r"|deregister \w{1,40} \(.{1,800}\bpruned: true|forked process but it had already died"
    # RQ and Dramatiq, whose level is not shown, and the JVM
    r"|work horse killed for job|worker \S{1,120} with pid \d{1,10} is dead|exceeded its age limit"
    r"|codecache is full"
    r"|oom command not allowed|^\*\* \((?:exit|stop|throw|mix)(?=[) ])"
    # A service that is told to stop may end with 128 and the number of the signal.
    r"|(?:exit|terminat)ed with (?:a )?(?:non-?zero )?(?:exit )?(?:code|status):? \[?(?!143|130)[1-9]\d{0,2}"
    r"|process exited, code=exited, status=(?!143|130)[1-9]\d{0,2}(?:/[\w/]{1,20})?)"
    r"(?![\w/?&@-]|\.\w|\(s\))",
)
# Text after the word that is an empty value or makes the word a name.
EMPTY = re.compile(
    r"\s{1,40}0\.?\s{0,3}$|[\"']?\s{0,20}(?:(?:[=:]|is|was)\s{0,40}[\"']?(?:0\b(?!x|\.\d*[1-9])|(?:none|nil)\b"
    # The whole value: "error: no recipients" is no empty one.
    r"|(?:null|false|no|undefined)\b"
    r"(?= (?:error|failure|exception|issue|problem)s?\b| \w{1,40}[=:]|\.?\s{0,3}$|[^\s\w.-])"
    r"|<nil>|\[\]|\{\}|-\s|\"\"|'')"
    r"|=(?:remount-ro|continue)\b"  # of a file system: what it would do
    r"|=(?:\s{1,3}[\w.]{1,40}=|\s{0,3}$|[,;)}])|(?: found| seen| logged| reported)?:? (?:none|nil|zero)\b"
    r"|(?: found| seen| logged| reported|_?count|s? ?\(count\))? ?[:=] ?0\b(?!\.|x)"
    r"|(?:handlers?|handling (?:enabled|installed|registered|middleware)|pages?|rates?|counts?|tracking|button"
    r"|boundar\w{1,5}|budgets?|thresholds?|reporting|reporter|logs?|logging|templates?|codes?(?! [1-9])|free"
    r"|(?:are|will be) (?:reported|sent|logged|written) to)\b)",
    re.IGNORECASE,
)
# But not where signals are listed that a program handles: "handlers for SIGTERM, SIGINT, SIGABRT".
_SIGNAL = (
    r"(?<!handlers for )(?<!handler for )"
    r"(?<!(?-i:SIG[A-Z\d]{3})[,/| ])(?<!(?-i:SIG[A-Z\d]{4})[,/| ])"
    r"(?<!(?-i:SIG[A-Z\d]{3})[,|] )(?<!(?-i:SIG[A-Z\d]{4})[,|] )"
    r"(?<!(?-i:SIG[A-Z\d]{3}) and )(?<!(?-i:SIG[A-Z\d]{4}) and )"
    r"\bSIG(?:SEGV|ABRT|BUS|ILL|FPE)\b(?!(?:[,|] ?|[/ ]| and )(?-i:SIG[A-Z]))"
)
CRASH = re.compile(
    r"\bun(?:caught(?! PHP Exception \S)|handled)[ _]?(?:\(in promise\) )?(?:\w{1,20}[ _]?)?"
    r"(?:rejection|exception|error)"
    r"|^Uncaught\b"
    r"|\bout of memory\b"
    r"|\boom[-_ ]?kill|\bsegmentation fault\b|" + _SIGNAL + r"|\bcore dumped\b|^panic: "
    r"|\bpanic serving\b|\bpanicked(?: at\b|\.| \(crashed)|^fatal error: |\bFATAL ERROR: |\bfatal exception\b"
    r"|^Exception in thread "
    r"|\bMemoryError\b|\bOutOfMemoryError\b|\bStackOverflowError\b|^Killed$|\bto crashed\b"
    r"|\b(?:exit(?:ed)?:?|terminated) (?:with )?(?:a )?(?:non-?zero )?(?:exit )?(?:code"
    r"|status):? ?\[?(?:137|139|134)\b|\bkilled by the OOM killer\b"
    r"|\bsegfault at\b|\bgeneral protection fault\b|\bkernel panic\b|\bkernel BUG at\b|\bOops: [0-9a-f]{4}\b"
    r"|\bterminate called (?:after|without)|\bdouble free or corruption\b|\bstack smashing detected\b"
    r"|^(?:free|malloc|realloc|munmap_chunk|malloc_consolidate)\(\): |^corrupted (?:size vs|double-linked)"
    r"|^pure virtual method called|\bstd::bad_alloc\b|: Assertion `.{1,300}' failed\.$|^Aborted$"
    r"|^Bus error\b|^Illegal instruction\b|^Trace/breakpoint trap\b|^Abort trap"
    r"|^\S{1,80}sh: .{0,80}(?:\d |: )(?:Killed|Aborted|Segmentation fault)\b"
    r"|\bexited on signal (?:4|6|7|8|9|11)\b"
    r"|\bcode=(?:killed|dumped)\b|\bFatal error\. |\b(?:was|been) terminated by signal (?:4|6|7|8|9|11)\b"
    r"|\bfatal runtime error\b|\bterminated due to signal (?:4|6|7|8|9|11)\b"
    r"|\bRedis \d.{0,40} crashed by signal\b"
    r"|\bkilled by signal (?:4|6|7|8|9|11)\b|\bsignal (?:4|6|7|8|9|11) \(SIG"
    r"|(?:^|[ :])signal: (?:killed|segm|abort)"
    r"|\bterminated by (?:signal )?SIG(?:KILL|SEGV|ABRT|BUS|ILL|FPE)\b|\bReceived signal (?:4|6|7|8|9|11) [A-Z]"
    r"|\bKilled process \d+\b|\bhas overflowed its stack\b"
    r"|\bsockets disabled, (?:out-of-fds|connection limit)\b"
    r"|\b(?:worker|child|process) \(?\d+\)? (?:\(PID: \d+\) )?(?:has )?died\b(?! signal=15\b)"
    r"|\bdumped core\b"
    r"|\bscheduler died, restarting\b|! Detected parent died, dying\b|! Complete inability to spawn new workers\b"
    r"|\babnormal exit, status\b"
    r"|\bfatal error in ,|\bfatal javascript (?:oom|out)\b|\bfatal error has been detected\b"
    r"|\bBun has crashed\b"
    r"|\binsufficient memory for the Java\b|\bmemory allocation of \d+ bytes failed\b|\bAddressSanitizer: "
    r"|\bCannot allocate \d+ bytes of memory\b|\bKernel pid terminated\b|^Crash dump is being written\b"
    r"|\b(?:Runtime|init) terminating (?:during boot|in do_boot)\b|\bnot responding to CLI, killed it\b"
    r"|\bKilled /\S{1,300} due to memory\b"
    r"|\btrap invalid opcode\b|\bHARAKIRI ON WORKER\b|\bStopping process with SIGKILL\b"
    r"|^Stack overflow\.|^Process terminated\.|! Terminating timed out worker\b"
    r"|\bexit signal (?:Segmentation fault|Abort|Bus error|Illegal instruction|Floating point)"
    r"|^-{5} Native stack trace -{5}$"
    r"|\(signal (?:4|6|7|8|9|11)\)|\b(?:worker|child|process|work-horse) terminated unexpectedly\b"
    r"|\bexited: \S{1,80} \(.{1,60}; not expected\)|\bgave up: \S{1,80} entered FATAL state\b"
    r"|\bwas sent SIG(?:KILL|SEGV|ABRT|BUS|ILL|FPE)\b|\bvia signal \[(?:SIGKILL|SIGSEGV|SIGABRT)\]"
    r"|\bWORKER TIMEOUT\b|\bexecution timed out \([\d.]{1,12} sec\), terminating\b",
    re.IGNORECASE,
)
# Every match of ``CRASH`` contains one of these, except exit codes: most suspicious lines contain none.
_CRASH_NEEDS = (
    "uncaught", "unhandled", "out of memory", "kill", "segmentation fault", "sigsegv", "sigabrt", "sigbus",
    "sigill", "sigfpe", "core dumped", "panic", "fatal", "exception in thread", "memoryerror", "stackoverflow",
    "crashed", "signal", "segfault", "protection fault", "kernel bug", "oops: ", "terminate called",
    "double free", "stack smashing", "(): ", "corrupted ", "pure virtual", "bad_alloc", "assertion `",
    "aborted", "bus error", "illegal instruction", "breakpoint trap", "abort trap", "code=dumped",
    "worker timeout", "stack overflow", "process terminated", "timed out worker", "died", "dumped core",
    "abnormal exit", "insufficient memory", "memory allocation", "sanitizer", "native stack", "cannot allocate",
    "pid terminated", "crash dump", "invalid opcode", "harakiri", "terminated unexp", "not expected",
    "overflowed", "sockets disabled", "terminating", "inability",
)  # fmt: skip
# Every match of ``WORDS`` contains one of these.
_WORDS_NEED = (
    "err", "exception", "fatal", "panic", "fail", "timed", "could not", "couldn't", "cannot", "can't",
    "unable to", "can not", "no space left", "refused", "reset", "no route", "no server", "pipe", "denied",
    "in use", "eho", "enet", "eai_", "eaddr", "eacc", "epe", "eno", "econn", "hang up", "i/o time", "dead",
    "dlq", "letter", "misbehav", "no healthy", "not known", "not found", "certificate", "x509", "backoff",
    "back-off", "crashed", "aborted", "misconf", "noauth", "wrongpass", "oom command", "** (", "exited",
    "temporar", "connection", "unexpected", "prematur", "no live", "loading redis", "too many", "exhausted",
    " full", "exceeded", "gave up", "giving up", "stalled", "gateway", "api key", "mismatch", "corruption",
    "broken", "violates", "no such", "went wrong", "security policy", "pixel limit", "unsupported image",
    "unknown format", "invalid jpeg", "invalid image", "invalid format", "invalid data", "exist", "is locked",
    " format", "not a", "corrupt", "input file", "was encoded", "coder", "frame data", "image data", "decoding of",
    "traceback:", "attempt to",
    "malformed", "read-only", "not permitted", "stale", "unreachable", "no buffer", "busy", "timeout",
    "missing lock", "unregistered", "retry limit", "nosuch", "no decode", "signature", "accesskey", "skewed",
    "expiredtoken", "slowdown", "circuit", "unhealthy", "http ", "status ", "ed with", "data loss", " lost",
    "dropped", "is down", "died at", "can't locate", "begin failed", "can't call", "illegal div",
    "undefined sub", "can't use", "reference at", "overloaded", "not responding", "not reachable", "available",
    "are down", "too quickly", "sick", "early termination", "unstable restarts", "restarted because", "fd limit",
    "nogroup", "noperm", "unkillable", "crossslot", "is closed", "fault address", "invalid ", "does not match",
    ".php line ", "must install", "terminated by", "file format", "security attack", "errno", "passphrase",
     "soft lockup", "of disk space", "erdown", "noreplicas", "wrongtype", "max number", "xminio", "vips", "load: ",
    " sc ", " sq ", " rc ", " rq ", "for maintenance (", " expired",
    "load_", "save: ", "save_", "discarded", "stopped retry", "claimed jobs",
    "retries count", "replaced term", "pruned: true", "already died", "horse killed",
)  # fmt: skip
# Of Dramatiq, Huey, Quartz, ASP.NET, Kestrel and Blazor: an exception that ended a job, a request or a page,
# and no process.
_OF_ONE_TASK = re.compile(
    r"\bprocess message \S.{0,400} with unhandled exception|\bunhandled exception in (?:task|job|circuit)\b"
    r"|\bjob \S{1,160} threw an unhandled exception|\bunhandled exception rendering component\b"
    r"|\bunhandled exception (?:has occurred while executing the request|was thrown by the application)\b",
    re.IGNORECASE,
)
_ONLY_NAMED = ("handl", "listener", "hook", "protect", "score")


def may_have_crashed(text: str, codes: tuple[str, ...] = ("137", "139", "134")) -> bool:
    """A fast prefilter for ``crashed``. ``codes`` are those of failing exits."""
    if not text.isascii():  # other letters can fold to these
        return True
    low = text.lower()
    # A list: a generator takes longer.
    if any([need in low for need in _CRASH_NEEDS]):  # noqa: C419
        return True
    return ("exit" in low or "terminated" in low) and any(code in low for code in codes)


def may_be_an_error(text: str) -> bool:
    """A fast prefilter for ``report_an_error``."""
    low = text.lower()
    return not text.isascii() or any([need in low for need in _WORDS_NEED])  # noqa: C419


def crashed(text: str) -> bool:
    """Whether the words report that a program ended, or an uncaught exception."""
    if not may_have_crashed(text):
        return False
    for match in CRASH.finditer(text):
        if match[0][:9].lower() == "unhandled" and _OF_ONE_TASK.search(text):
            continue
        after = text[match.end() : match.end() + 24].lstrip("'\": ").lower()
        if not after.startswith(_ONLY_NAMED) and not negated(text, match.start()):
            return True
    return False


def report_an_error(text: str) -> bool:
    """Whether the words report an error."""
    if not may_be_an_error(text):
        return False
    text = text.lower()
    for match in WORDS.finditer(text):
        start = match.start()
        none = match[0].startswith(("failed", "moved to")) and _NONE_OF.search(
            text, max(0, start - 24), start
        )  # 0 jobs failed
        if not none and not EMPTY.match(text, match.end()) and not negated(text, start):
            return True
    return False


# Of Active Job.
_TRIES_AGAIN = re.compile(
    r"\bRetrying [\w:]{1,160} (?:\(Job ID: [\w-]{1,64}\) )?(?:after \d{1,6} attempts )?in \d{1,9} seconds, due to "
)


def tries_again(text: str) -> bool:
    """Whether a line reports an error of a job that is tried again."""
    return "Retrying " in text and _TRIES_AGAIN.search(text) is not None


def negated(text: str, position: int) -> bool:
    """Whether a "no", "0", "without" … is directly before ``position``."""
    return bool(_NEGATED.search(text, max(0, position - 24), position))
