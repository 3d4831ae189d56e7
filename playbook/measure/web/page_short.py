"""Texts that say on a short page, though not on a long one, that it stands in for another.

A long page may quote any of them: a blog quotes an error, a shop announces what is coming soon.
"""

from __future__ import annotations

import re

from playbook.measure.web.page_languages import SUSPENDED

LONGEST = 300  # characters
_TEXTS = {
    "an error page": (
        r"\b(?:reference|type|syntax|range)error: |cannot find module '",
        r"^(?:uncaught )?error: (?:c(?:annot|ould)|failed|unable|e[a-z]{4,})",
        r"^an error occurred|\be(?:noent|acces|nospc|mfile|perm): |^panic: |goroutine \d+ \[|panicked at ",
        r"exception in thread|^blocked request\. this host",
        r"^(?:\w+ )?(?:error (?:loading|fetching) |failed to (?:fetch|load)\b)",
        r"(?:could not|couldn[’']t) (?:load|fetch) (?:the |your |our |any )?(?:photos?|images?|gallery|galleries"
        r"|projects?|portfolio|content|data|page|posts?|products?|items?)\b",
        r"\b(?:java|javax|jakarta|org|com|system|microsoft)(?:\.\w+)+(?:exception|error)\b",
        r"whitelabel error page|http (?:status|error) [45]\d\d|^error (?:code )?(?:1\d{3}|5\d{4}|r\d\d)\b",
        r"error code:? (?:svc|5\d\d)|undefined (?:index|variable|array key|offset)(?:: \S+ in /|:? [\"\'$])",
        r"call to undefined",
        r"maximum function nesting level|allowed memory size of \d|maximum execution time of \d",
        r"composer detected issues|failed to open stream|access denied for user|unknown database '",
        r"table '\S+' doesn't exist|relation \"\S+\" does not exist|no such table|server has gone away",
        r"could not connect to server|fatal: +(?:password|too many|remaining)",
        r"(?:not|cannot|can't|unable to|failed to|error) connect(?:ing)? to (?:the |our )?(?:database|db|server)",
        r"(?:not|cannot|can't|unable to|failed to|error) connect(?:ing)? to (?:redis|mysql|postgres|mongo)",
        r"(?:database|db|redis) connection (?:failed|error|refused|lost)",
        r"^connection (?:refused|timed out|reset)",
        r"^(?:gateway time-?out|(?:the )?service (?:is |temporarily )*unavailable|access denied)",
        r"^too many requests",
        r"^(?:upstream request timeout|default backend|unknown domain|rate limit exceeded|application failed)",
        r"^(?:page|site|website|file|app) not found\b|^dns_probe_|^hmm\. we're having trouble",
        r"page isn't working|bad gateway error|^error: forbidden|infinite_loop_detected",
        r"router_external_target_error|blobnotfound|publicaccessnotpermitted",
        r"the requested content does not exist|\bnosuch(?:bucket|key|website)",
        r"(?:oops|sorry)[!,. ]+(?:but )?something went wrong|something went wrong[.,!] (?:please )?try again",
        r"this (?:\w+ )?page (?:does ?n.t|does not) exist",
        r"the file you have requested (?:does not exist|has been deleted)",
        r"status page (?:not found|(?:is|has been) (?:inactive|not active|paused|disabled))",
        r"this page could not be found|page (?:that )?you .{0,30}(?:does ?n.t|not) (?:exist|be found)",
    ),
    "a placeholder": (
        r"^(?:undefined|null|nan|true|false|ok|test|todo|hello,? world!?|\[object object\])$",
        r"^(?:\{\{.*\}\}|\$\{.*\}|<%.*%>|\[vue warn\].*|lorem ipsum .*)$",
    ),
    "a server's default page": (
        r"web server is working|^this is a default page|^default (?:server )?page|website is ready to go",
        r"^congratulations, you have successfully|hier entsteht eine neue (?:\w+präsenz|web\w+|homepage)",
    ),
    "a maintenance page": (
        r"^(?:coming|launching|opening) soon",
        r"(?:site|website|page|store|shop|we|we're) (?:is |are )?(?:coming|launching|opening) soon",
        r"something (?:awesome|new|great|cool|big) is coming",
        r"(?:we'll|we will|we are|we're|be|come) (?:be )?(?:right )?back (?:soon|shortly|online|later)",
        r"(?:scheduled|planned) (?:maintenance|downtime)|maintenance in progress",
        r"upgrading (?:our|the) (?:web)?site",
        r"(?:site|website|page|service|shop|store) (?:is |are )?(?:temporarily|currently) (?:unavailable|offline)",
        r"wird (?:gerade |derzeit )?gewartet|wegen wartung|wartungsmodus|(?:sind )?gleich zurück",
        r"(?:derzeit|momentan|zurzeit|vorübergehend) nicht (?:verfügbar|erreichbar)",
        r"(?:est|en cours de|en) maintenance|(?:site|page) en construction",
        r"revenons (?:très )?(?:vite|bientôt)|en mantenimiento|en construcción|volvemos pronto",
        r"stiamo lavorando|in manutenzione|in costruzione|em manutenção|em construção|w budowie",
        r"prace techniczne|onder constructie|(?:zijn|snel) zo? ?terug|временно недоступ|технические работы",
        r"(?:сайт|страница) .{0,20}в разработке|на реконструкции|メンテナンス中|準備中|工事中",
        r"(?:正在|系统|网站)维护|維護中|维护中",
        r"建设中|建置中|점검 ?중|준비 ?중|تحت الصيانة|בתחזוקה|bakım (?:çalışması|modu)|bakımda",
        r"under (?:vedligeholdelse|vedlikehold|underhåll)",
    ),
    "a parked domain": (
        r"^domain for sale",
        r"(?:this|the|your) domain(?: name)?(?: \S+)? (?:is|has been|may be) (?:for sale|available|parked)",
        r"(?:this|the|your) domain(?: name)?(?: \S+)? (?:is|has been|may be) (?:expired|registered)",
        r"domain name expired on|^is this your domain|domain (?:steht zum verkauf|abgelaufen|wurde gerade)",
        r"domaine est à vendre|dominio (?:è in vendita|está en venta)",
    ),
    "a suspended site": (
        *SUSPENDED,
        r"bandwidth limit|resource limit is reached|^account suspended|^service suspended",
        r"deployment (?:has been|is) \w* ?(?:disabled|paused)",
        r"this (?:site|blog|shop|store|website) (?:has been|was) (?:removed|archived|deleted)",
        r"(?:site|blog|shop|store|website) is (?:no longer available|unavailable|not available)",
        r"website you are looking for does not exist",
    ),
    "a login": (
        r"enter store using password|(?:store|content|site|page) is password protected",
        r"^(?:sign|log) in to (?:continue|vercel)|^authorization required",
    ),
    "a directory listing": (
        r"^directory listing for|\[to parent directory\]|name last modified size|^volume in drive",
    ),
}
KNOWN = tuple((what, re.compile("|".join(patterns))) for what, patterns in _TEXTS.items())
