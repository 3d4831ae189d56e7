"""Formats of access lines of many servers and frameworks, as patterns with a status and mostly a path."""

from __future__ import annotations

import re

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PROPFIND")
METHOD = "(?:" + "|".join(METHODS) + ")"
SMALL = tuple(f"{method.lower()} /" for method in METHODS[:7])
"""Beginnings of access lines with a method in small letters; elsewhere these are words."""
_SMALL_METHOD = METHOD.lower()
_STATUS = r"(?P<status>\d{3}|-1)"
_PATH = r"(?P<path>\S{1,4096})"

# Each with a text that it requires, so that most lines skip it.
FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (needed, re.compile(pattern))
    for needed, pattern in (
        # Methods in small letters: hapi's, and a program's own lines.
        (
            "[response",
            rf"^(?:\d{{6}}/\d{{6}}\.\d{{3}}, )?\[response[^\]]{{0,200}}\] (?:https?://\S{{1,255}}: )?"
            rf"{_SMALL_METHOD} {_PATH} (?:\{{.{{0,2048}}\}} )?{_STATUS}\b",
        ),
        (" /", rf"^{_SMALL_METHOD} (?P<path>/\S{{0,4095}}) {_STATUS} (?:[\d.]{{1,20}} ?(?:ms|s)\b|\d|-)"),
        # HAProxy: times, status, bytes, cookies, ending state, … and the request last. The state of an answer that
        # the server cut off, or did not send in time, begins with an S.
        (
            "/",
            rf"\S{{1,255}} (?:[+-]?\d+/){{3,5}}[+-]?\d+ {_STATUS} \+?\d+ \S{{1,255}} \S{{1,255}} "
            rf"(?:(?P<cut>[Ss][HD])\S\S|\S{{4}}) "
            rf'.{{0,2048}}"(?:{METHOD} (?P<path>[^" ]{{1,4096}})|<BADREQ>|[^"]{{0,4096}})',
        ),
        # AWS' load balancers: three times, the balancer's and the target's status, sizes, the request.
        (
            '"',
            # Durations are short; an unbounded search would retry at each digit of a long path.
            rf"(?:-1|(?<![\d.])[\d.]{{1,20}})(?: (?:-1|[\d.]{{1,20}})){{2}} {_STATUS} (?:\d{{3}}|-) \d+ \d+ "
            rf'"(?:{METHOD}|-) (?P<path>\S{{1,4096}})',
        ),
        # A program's own words, where they are the whole message: GET /a -> 503, GET /a status 503 (12 ms).
        (
            "/",
            rf"^{METHOD} (?P<path>/\S{{0,4095}}?)(?: (?:->|=>|→|[Ss]tatus(?: ?[Cc]ode)?[:=]?) ?|:? )"
            r"(?P<status>[1-5]\d\d)(?:,? \(?(?:in )?[\d.]{1,20} ?(?:ms|s|m|µs|us)\)?)?$",
        ),
        # Next.js, Koa, Hono, Vite: GET /a 500 in 12ms.
        (" ", rf"(?:^|[ >])(?:{METHOD}) {_PATH} {_STATUS} (?:in )?[\d.]+ ?(?:ms|s|m|µs|us)\b"),
        (
            "|",
            rf"\| +{_STATUS} \| +[\d.]+[a-zµ]+ ?\|.{{0,300}}?\| +(?:{METHOD}) +\|? ?"
            rf"\"?(?P<path>[^\s\"]{{1,4096}})",
        ),
        # Of Rails' Semantic Logger, with an object as Ruby shows it, before version 3.4 and since.
        (
            "Completed #",
            rf"\bCompleted #\w{{1,80}}[?!]? -- \{{.{{0,2048}}?\bpath(?: ?=> ?|: )\"(?P<path>[^\"]{{1,4096}})\""
            rf".{{0,2048}}?\bstatus(?: ?=> ?|: ){_STATUS}\b",
        ),
        # Rails, Phoenix and Lumen log the path on a separate line.
        ("Completed ", rf"(?:^|[\]:] )Completed {_STATUS} [A-Z][\w ]{{0,40}} in "),
        (
            "Sent ",
            rf"(?:^|[\]:-] |(?:^| ){METHOD} (?P<path>/\S{{0,4095}}) (?:- )?)Sent {_STATUS} in [\d.]+ ?[mµ]?s",
        ),
        # Rocket, behind a line with the path.
        ("Outcome: ", rf"^\s{{0,8}}>> Outcome: (?:Success|Error|Failure|Forward)\({_STATUS}\b"),
        # ASP.NET, and Serilog's request logging.
        (
            "Request finished",
            rf"Request finished HTTP/[\d.]+ (?:{METHOD}) {_PATH} \S{{1,100}} (?:\S{{1,20}} )?- {_STATUS}\b",
        ),
        ("Request finished", rf"Request finished HTTP/[\d.]+ (?:{METHOD}) {_PATH} .{{0,200}}?- {_STATUS}\b"),
        ("responded ", rf"HTTP \"?(?:{METHOD})\"? \"?(?P<path>[^\s\"]{{1,4096}})\"? responded {_STATUS} in "),
        # go-chi's httplog, and the format of Ktor's own documentation.
        (" => HTTP ", rf"{METHOD} (?P<path>/\S{{0,4095}}) => HTTP {_STATUS} \("),
        (
            "HTTP method: ",
            rf"\bStatus: {_STATUS} [A-Z][\w ]{{0,40}}, HTTP method: {METHOD}\b"
            r"(?:.{0,200}?, (?:[Pp]ath|PATH|[Uu]ri|URI|[Uu]rl|URL): (?P<path>/[^\s,]{0,4095}))?",
        ),
        # Tornado, Jupyter and Kemal; Sanic; the middleware of most tutorials on Nest.
        (
            "s",
            rf"(?:^|\] |[A-Z]{{3}} |\.access:){_STATUS} (?:{METHOD}) {_PATH} (?:\(\S{{1,255}}\) )?"
            r"[\d.]{1,20}(?:ms|s|µs|μs)\b",
        ),
        ("(sanic.access)", rf"\]: (?:{METHOD}) {_PATH} .{{0,200}}?{_STATUS} -?\d+$"),
        (" - ", rf"(?:^|\] )(?:{METHOD}) (?P<path>/\S{{0,4095}}) {_STATUS} (?:(?:\d+|-|undefined)? )?- "),
        # Strapi, Medusa, Gitea and Macaron, Ktor, Laravel's Octane.
        (" ms) ", rf"\bhttp: (?:{METHOD}) {_PATH} \(\d+ ms\) {_STATUS}$"),
        ("← ", rf"(?:{METHOD}) {_PATH} ← \S{{1,4096}} \({_STATUS}\) - [\d.]+ ms"),
        ("ompleted ", rf"\b[Cc]ompleted (?:{METHOD}) {_PATH} (?:for \S{{1,255}}, )?{_STATUS} [A-Z]"),
        (" - /", rf"(?:^|- ){_STATUS} [A-Z][\w ]{{0,40}}: (?:{METHOD}) - (?P<path>/\S{{0,4095}})"),
        (" ..", rf"^ *{_STATUS} {{1,4}}(?:{METHOD}) {_PATH} \.{{2,400}} [\d.]+ ms$"),
        # go-zero; Iris, behind its level and a time without seconds.
        ("[HTTP] ", rf"\[HTTP\] {_STATUS} - (?:{METHOD}) {_PATH} - "),
        (" ", rf"^\[INFO\] \S{{10}} \d\d:\d\d {_STATUS} [\d.]{{1,20}}[mµun]?s \S{{2,64}} (?:{METHOD}) {_PATH}"),
        # uWSGI.
        (
            "generated ",
            rf"(?:{METHOD}) {_PATH} => generated \d+ bytes in \d+ [mµu]?secs \(HTTP/[\d.]+ {_STATUS}\)",
        ),
        # Hypercorn behind its own time, process and level.
        (
            "] ",
            rf'\] \S{{1,255}} \S \S \[[^\]]{{11,40}}\] "(?:{METHOD}) {_PATH} (?:HTTP/)?[123](?:\.\d)?" {_STATUS} ',
        ),
        # Hypercorn, and a program's own lines with the version of HTTP.
        (" ", rf"(?:{METHOD}) {_PATH} (?:HTTP/)?[123](?:\.\d)? {_STATUS} [\d.]+"),
        # PHP's own server, php-fpm.
        ("]: ", rf"\[{_STATUS}\]: (?:{METHOD}) {_PATH}"),
        # IIS: the status, its details and one to three sizes and times end the line, whichever fields are before.
        (
            " - ",
            rf"(?:^| )(?:{METHOD}) (?P<path>/\S{{0,4096}}) \S{{1,4096}} \d{{1,5}} \S{{1,255}} [\da-fA-F.:]{{2,64}}"
            rf"(?: \S{{1,2048}}){{1,6}}? {_STATUS} \d{{1,3}} \d{{1,10}}(?: \d{{1,15}}){{1,3}}$",
        ),
        # Nginx Proxy Manager.
        (
            " [Client ",
            rf"(?:^|\] |[\d-] ){_STATUS} - (?:{METHOD}) https? \S{{1,255}} "
            r"\"(?P<path>[^\"]{0,4096})\" \[",
        ),
        # Labelled, with tabs between (LTSV).
        (
            "status:",
            rf"(?:^| )(?:req|request|uri|path|url|request_uri|reqpath):(?:{METHOD} )?(?P<path>/\S{{0,4095}}) "
            rf".{{0,2048}}?\bstatus:{_STATUS}(?= |$)",
        ),
        # Squid.
        ("/", rf"TCP_\w{{1,40}}/{_STATUS} \d+ (?:{METHOD}) {_PATH}"),
        # CloudFront.
        ("HTTP", rf"\S{{1,255}} (?:{METHOD}) \S{{1,255}} (?P<path>/\S{{0,4096}}) {_STATUS} "),
    )
)
