"""A day of logs: stack traces, requests, windows, and constant memory."""

import tracemalloc
from datetime import UTC, datetime

import pytest

from playbook.readers.logs.review import Reviewer

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC).timestamp()
DAY = 86_400


def review(*lines, now=NOW):
    reviewer = Reviewer(now - DAY, now)
    reviewer.extend(lines)
    return reviewer.result()


def web(*texts, at="2024-05-29T20:14:14"):
    return [f"web {at}.000000000Z {text}" for text in texts]


NODE = [
    "Error: connect ECONNREFUSED 10.0.0.7:6379",
    "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1607:16) {",
    "  errno: -111,",
    "  code: 'ECONNREFUSED'",
    "}",
]
CRASHED = [
    "/app/server.js:214",
    "    throw new Error('boom')",
    "    ^",
    "",
    "Error: boom",
    *NODE[1:2],
    "",
    "Node.js v22.11.0",
]
PYTHON = [
    "Traceback (most recent call last):",
    '  File "/app/x.py", line 3, in <module>',
    "    main()",
    "KeyError: 'a'",
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    "Traceback (most recent call last):",
    '  File "/app/x.py", line 5, in <module>',
    "app.errors.Truncated: file 'b.jpg' is cut off",
]
JAVA = [
    'Exception in thread "main" java.lang.IllegalStateException: closed',
    "\tat com.example.Main.run(Main.java:14)",
    "Caused by: java.io.IOException: broken pipe",
    "\t... 3 more",
]
GO = [
    "panic: runtime error: invalid memory address or nil pointer dereference",
    "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a1]",
    "",
    "goroutine 1 [running]:",
    "main.handle(0xc000010, {0x1, 0x2})",
    "\t/app/main.go:12 +0x1d",
    "main.main()",
    "\t/app/main.go:30 +0x20",
    "exit status 2",
]

AGGREGATE = [
    "AggregateError [ECONNREFUSED]: ",
    "    at internalConnectMultiple (node:net:1114:18)",
    "  [errors]: [",
    "    Error: connect ECONNREFUSED ::1:6379",
    "    Error: connect ECONNREFUSED 127.0.0.1:6379",
    "  ]",
    "}",
]
RUST = [
    "thread 'main' panicked at src/main.rs:3:5:",
    "failed to connect: Connection refused (os error 111)",
    "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
]
PRETTY = [
    "[1717013654250] ERROR (12): boom",
    "    err: {",
    '      "type": "Error",',
    "          Error: boom",
    "    }",
]
ALCHEMY = [
    *PYTHON[:3],
    "sqlalchemy.exc.OperationalError: could not connect to server",
    "(Background on this error at: https://sqlalche.me/e/20/e3q8)",
]

STAMP = "2024-05-29 20:14:14,1"
TRUNCATED = "app.errors.Truncated: file '…' is cut off"
TRACES = [
    ("node", NODE, 0, "Error: connect ECONNREFUSED <ip>"),
    ("node-crash", CRASHED, 1, "Error: boom"),
    ("python", PYTHON, 1, TRUNCATED),
    ("java", JAVA, 1, "Exception in thread '…' java.lang.IllegalStateException: closed"),
    ("go", GO, 1, "panic: runtime error: invalid memory address or nil pointer dereference"),
    ("aggregate", AGGREGATE, 0, "AggregateError [ECONNREFUSED]:"),
    ("rust", RUST, 1, "thread '…' panicked at src/main.rs:#:#:"),
    ("pino-pretty", PRETTY, 0, "ERROR (#): boom"),
    ("sqlalchemy", ALCHEMY, 1, "sqlalchemy.exc.OperationalError: could not connect to server"),
    ("logged", [f"{STAMP} ERROR job 7 failed", *PYTHON], 0, f"ERROR job # failed: {TRUNCATED}"),
    ("detail", [f"{STAMP} ERROR job 7 failed:", "the error was: no space"], 0, "ERROR job # failed:"),
    ("winston", ["error: upload failed", *NODE], 0, "error: upload failed: Error: connect ECONNREFUSED <ip>"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "fatal", "kind"), [t[1:] for t in TRACES], ids=[t[0] for t in TRACES])
def test_stack_trace_is_one_error(lines, fatal, kind):
    """In any language, including the line that logs it."""
    found = review(*web(*lines))
    assert (found.errors, found.fatal) == (1, fatal)
    assert found.kinds[0][0] == ("web", kind)


def test_indented_error_of_its_own_is_an_error():
    """Without one that it could belong to."""
    assert review(*web("INFO started", "  Error: boom")).errors == 1


@pytest.mark.parametrize("lines", [t[1] for t in TRACES], ids=[t[0] for t in TRACES])
def test_two_stack_traces_are_two_errors_of_one_kind(lines):
    """The end of one is not part of the next."""
    found = review(*web(*lines), *web(*lines, at="2024-05-29T20:20:00"))
    assert found.errors == 2
    assert [row.count for _, row in found.kinds] == [2]


def test_stack_trace_is_kept_together_between_other_lines():
    """Instances write concurrently: their lines are interleaved."""
    lines = web(*PYTHON)
    noise = 'web 2024-05-29T20:14:14Z 10.0.0.1 - - [29/May/2024:20:14:14 +0000] "GET / HTTP/1.1" 200 5 "-" "-"'
    other = "worker 2024-05-29T20:14:14Z INFO done"
    found = review(*lines[:2], noise, other, *lines[2:4], other)
    assert (found.errors, found.requests) == (1, 1)
    assert found.kinds[0][0] == ("web", "KeyError: '…'")


def test_trace_after_a_warning_belongs_to_it():
    """logger.warning(..., exc_info=True) is no error."""
    assert review(*web("WARNING retry", *PYTHON[:4])).errors == 0


def test_crash_seconds_after_a_warning_is_a_crash():
    """A trace only belongs to a warning directly before it."""
    found = review(*web("WARNING retry"), *web(*PYTHON[:4], at="2024-05-29T20:14:40"))
    assert found.fatal == 1
    assert review(*web("WARNING retry", "INFO next", *PYTHON[:4])).fatal == 1


def test_lines_without_time_have_the_previous_time():
    """A trace in a file has a time on its first line only."""
    lines = ["2024-05-29 20:14:14,250 ERROR worker: job 7 failed", *PYTHON[:4], "2024-05-29 20:14:15,0 INFO next"]
    found = review(*lines)
    assert (found.lines, found.errors, found.undated) == (6, 1, 0)
    old = ["2024-05-20 20:14:14,250 ERROR worker: job 7 failed", *PYTHON[:4]]
    assert (review(*old).lines, review(*old).outside) == (0, 5)


def test_lines_before_any_time_have_the_first_time():
    """They were written before it, so they count; a part without any time cannot be placed."""
    reviewer = Reviewer(NOW - DAY, NOW)
    reviewer.extend(["ERROR found", "web 2024-05-29T20:14:14Z hello"])
    reviewer.begin_part()
    reviewer.extend(["ERROR lost", "", "x"])
    found = reviewer.result()
    assert (found.undated, found.lines, found.errors) == (2, 2, 1)
    assert (found.strange, found.examples) == (2, ["ERROR lost", "x"])
    assert (found.undated_errors, found.undated_error) == (1, "ERROR lost")


def test_every_line_of_a_part_without_any_time_is_not_understood():
    """However many they are; and none of a file that was written before the window."""
    reviewer = Reviewer(NOW - DAY, NOW)
    reviewer.begin_part("app.log")
    reviewer.extend(["20:14:14 | 200 |  1.2ms |  10.0.0.1 | GET     | /photos"] * 1500)
    reviewer.begin_part("old.log", old=True)
    reviewer.extend(["ERROR of last week"] * 500)
    found = reviewer.result()
    assert (found.undated, found.strange, found.outside, found.undated_errors) == (1500, 1500, 500, 0)
    assert [(name, track.lines, track.strange) for name, track in found.files if track.lines] == [
        ("app.log", 1500, 1500)
    ]
    assert review(*["[GIN-debug] GET /photos --> main.photos (3 handlers)"] * 30).files == []


def test_window_is_exact_and_future_lines_count_as_now():
    """From since on; the clock's lead is reported, and an implausible year is not understood."""
    times = (NOW - DAY - 1, NOW - DAY, NOW, NOW + 299, NOW + 301, NOW + 400 * DAY)
    lines = [f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}Z ERROR x" for at in times]
    found = review(*lines)
    assert (found.outside, found.lines, found.ahead, found.errors) == (1, 5, 2, 5)
    assert (found.ahead_by, found.last, found.strange) == (301, NOW, 1)


ACCESS = [
    ('10.0.0.1 - - [29/May/2024:20:14:14 +0000] "GET /a/17?token=x HTTP/1.1" 502 157 "-" "curl"', "502", "/a/:id"),
    ('www.example.org:443 10.0.0.1 - bob [29/May/2024:20:14:14 +0000] "GET /a HTTP/1.1" 503 -', "503", "/a"),
    ('10.0.0.1 - - [29/May/2024:20:14:14 +0000] "GET /a\\"b HTTP/1.1" 500 1 "-" "-"', "500", '/a\\"b'),
    ('10.0.0.1 - - [29/May/2024:20:14:14 +0000] "-" 504 0 "-" "-"', "504", "(no request)"),
    ("GET /api/image/health 500 3.182 ms - 503", "500", "/api/image/health"),
    ("POST /api/image/optimize 429 62 - 0.8 ms", "429", "/api/image/optimize"),
    ("::1 - GET /x/5f3c1a9e HTTP/1.1 503 12 - 1.5 ms", "503", "/x/:id"),
    ('INFO:     10.0.0.1:5321 - "GET /a HTTP/1.1" 500 Internal Server Error', "500", "/a"),
    ('level=info msg=done method=GET path=/a status=503 duration=429ms', "503", "/a"),
    ('{"level":30,"req":{"method":"GET","url":"/a?b=1"},"res":{"statusCode":503},"msg":"x"}', "503", "/a"),
    ('{"status":"502","request_uri":"/a","remote_addr":"10.0.0.1","body_bytes_sent":"500"}', "502", "/a"),
    ('{"request":"GET /a HTTP/2.0","status":500}', "500", "/a"),
    ('{"httpRequest":{"requestUrl":"https://example.org/a/1?x","status":503}}', "503", "/a/:id"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "path"), ACCESS, ids=range(len(ACCESS)))
def test_failed_request_has_its_status_and_path(line, status, path):
    """Status and folded path in every format of access lines."""
    found = review(*web(line))
    assert found.requests == 1
    assert [key for key, _ in found.answers] == [(status, path)]


@pytest.mark.parametrize(
    "line",
    [
        '10.0.0.1 - - [29/May/2024:20:14:14 +0000] "GET /500 HTTP/1.1" 200 503 "-" "Bot/5.0 502"',
        '10.0.0.1 - - [29/May/2024:20:14:14 +0000] "GET /a HTTP/1.1" 304 0 "https://x/?\\" 502 0" "-"',
        "GET /api/503 200 503.182 ms - 503",
        "listening on port 5003",
        "took 502 ms, wrote 503 bytes, status 200",
        '{"level":30,"req":{"url":"/a"},"res":{"statusCode":200},"responseTime":503,"size":502}',
        '{"level":30,"msg":"exit","status":503}',
        "INFO worker: 429 images left",
    ],
)
def test_other_numbers_are_no_status(line):
    """Sizes, durations, ports, paths and user agents."""
    assert review(*web(line)).answers == []


def test_newest_lines_are_newest_by_time():
    """In any order of lines."""
    minutes = [*range(30, 60), *range(30)]
    found = review(*(f"web 2024-05-29T20:{minute:02d}:00Z ERROR number {minute}" for minute in minutes))
    assert len(found.newest_errors) == 20
    assert found.newest_errors[-1][1] == "web ERROR number 59"
    assert found.newest_errors[0][1] == "web ERROR number 40"
    (kind,) = found.kinds
    assert (kind[1].count, kind[1].example) == (60, "ERROR number 59")
    assert kind[1].first < kind[1].last


def test_secrets_and_colours_are_not_shown():
    """A log must neither inject into the report nor leak secrets."""
    text = "\x1b[31mERROR\x1b[0m login of redis://:hunter2@db:6379 failed, token=abc123 \u202eevil\x07"
    found = review(*web(text))
    shown = found.newest_errors[0][1] + found.kinds[0][1].example + found.kinds[0][0][1]
    assert "hunter2" not in shown
    assert "abc123" not in shown
    assert shown.isprintable()


def test_memory_does_not_grow_with_the_log():
    """Every line has a kind, a path, a source and a component of its own, and traces never end."""

    def lines(count, first=0):
        for number in range(first, first + count):
            word = "".join(chr(97 + int(digit)) for digit in str(number))
            yield f"{word} 2024-05-29T20:14:14Z ERROR cannot {word}"
            yield f"web 2024-05-29T20:14:14Z GET /{word} 503 1.0 ms - 5"
            yield f"web 2024-05-29T20:14:14Z GET /{word} 403 1.0 ms - 5"

    reviewer = Reviewer(NOW - DAY, NOW)
    tracemalloc.start()
    try:
        # What is remembered of lines for all reviews is bounded, and full by now, whatever ran before.
        Reviewer(NOW - DAY, NOW).extend(lines(1_000, 10_000))
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        reviewer.extend(lines(1_000))
        early = tracemalloc.get_traced_memory()[1]
        reviewer.extend(lines(3_000))
        late = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    found = reviewer.result()
    assert late < early * 1.2
    assert late - before < 4_000_000
    assert (found.errors, found.server_errors) == (4_000, 4_000)
    assert len(found.kinds) == 500
    assert found.left_out > 4_000


GROUP = [
    "  + Exception Group Traceback (most recent call last):",
    '  |   File "/app/x.py", line 3, in <module>',
    "  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)",
    "  +-+---------------- 1 ----------------",
    "    | ValueError: a",
    "    +---------------- 2 ----------------",
    "    | OSError: [Errno 28] No space left on device",
    "    +------------------------------------",
]


def test_traceback_of_several_exceptions_is_one_crash():
    """As a TaskGroup of asyncio or anyio ends."""
    found = review(*web(*GROUP))
    assert (found.errors, found.fatal) == (1, 1)
    assert found.kinds[0][0][1].startswith("ExceptionGroup: unhandled errors")
    assert review(*web("ERROR Exception in ASGI application", *GROUP)).errors == 1


@pytest.mark.parametrize(
    "warning", ["Warning: bad value", "[WARN] slow", f"{STAMP} WARNING slow", '{"level":40,"msg":"slow"}']
)
@pytest.mark.parametrize(
    "error", ["Error: not fixed", "tiff2vips: read error", "connect ECONNREFUSED 10.0.0.7:6379"]
)
def test_error_after_a_warning_is_an_error(warning, error):
    """Where the platform dates each line, and no frames say that it is the warning's exception."""
    assert review(*web(warning, error)).errors == 1


def test_exception_with_frames_or_text_in_a_file_belongs_to_its_warning():
    """It is the warning's exception, or its second line."""
    frames = ["java.net.SocketTimeoutException: timeout", "\tat com.example.Main.run(Main.java:14)"]
    assert review(*web("[WARN] retry", *frames)).errors == 0
    assert review(f"{STAMP} WARNING retry, as", "the connection refused: timeout").errors == 0


def test_crash_after_a_warning_as_an_object_is_a_crash():
    """No line continues an object."""
    assert review(*web('{"level":40,"msg":"slow"}', *PYTHON)).fatal == 1
    assert review(*web('{"level":50,"msg":"failed"}', *PYTHON)).fatal == 1


PRINTED = {
    "node": (
        "{\n  level: 'error',\n  message: 'connect ECONNREFUSED 10.0.0.7:6379',\n  [Symbol(level)]: 'error'\n}",
        1,
    ),
    "node, message first": ("{\n  message: 'order lost',\n  level: 'error'\n}", 1),
    "node, behind words": ("Order 7 {\n  level: 'fatal',\n  message: 'x'\n}", 1),
    "node, level info": ("{\n  level: 'info',\n  failed: 0\n}", 0),
    "node, an error with a level": (
        "Error: boom\n    at foo (/app/x.js:1:2) {\n  level: 'error',\n  code: 'X'\n}",
        1,
    ),
    "json": ('{\n  "level": "error",\n  "message": "order lost"\n}', 1),
    "json, level of something else": ('{\n  "level": 50,\n  "name": "knight"\n}', 0),
}


@pytest.mark.parametrize(("text", "errors"), PRINTED.values(), ids=PRINTED)
def test_object_printed_over_several_lines_is_one_error(text, errors):
    """Of console.log in Node, and of JSON with an indentation."""
    assert review(*web(*text.split("\n"))).errors == errors


def test_request_that_caddy_logs_twice_is_counted_once():
    """http.log.error explains the failure of a request, which http.log.access reports; as JSON and for people."""
    request = (
        '"request": {"remote_ip": "127.0.0.1", "method": "GET", "host": "localhost", "uri": "/a"}, "status": 502'
    )
    told = (
        ("http.log.error", "dial tcp 127.0.0.1:8080: connect: connection refused"),
        ("http.log.access", "handled request"),
    )
    for form in (
        '{{"level": "error", "ts": 1717013654.12, "logger": "{}", "msg": "{}", {}}}',
        "2024/05/29 20:14:14.123    ERROR    {}    {}    {{{}}}",
    ):
        found = review(*web(*(form.format(*names, request) for names in told)))
        assert (found.requests, found.server_errors, found.strange) == (1, 1, 0)


FAULTS_OF_CLIENTS = {
    "rails": """F, [2024-05-29T20:14:14.000000 #7] FATAL -- : [5f3c]
[5f3c] ActionController::RoutingError (No route matches [GET] "/wp-login.php"):
[5f3c]
[5f3c] """,
    "express": """URIError: Failed to decode param '%c0%ae'
    at decode_param (/app/node_modules/express/lib/router/layer.js:172:12) {
  expose: true,
  statusCode: 400
}""",
    "django": """Invalid HTTP_HOST header: '192.0.2.4'. You may need to add '192.0.2.4' to ALLOWED_HOSTS.
Traceback (most recent call last):
  File "/x.py", line 7, in inner
    response = get_response(request)
django.core.exceptions.DisallowedHost: Invalid HTTP_HOST header: '192.0.2.4'.""",
}


@pytest.mark.parametrize("text", FAULTS_OF_CLIENTS.values(), ids=FAULTS_OF_CLIENTS)
def test_fault_of_a_client_with_its_trace_is_no_error(text):
    """And what follows it on its own is one."""
    assert review(*web(*text.split("\n"))).errors == 0
    assert review(*web(*text.split("\n"), "worker: could not connect to Redis")).errors == 1
    later = web("Error: boom", "    at x (y.js:1:2)", at="2024-05-29T20:14:16")
    assert review(*web(*text.split("\n")), *later).errors == 1


def test_error_of_rails_with_an_empty_first_line_is_one():
    """As the fault of a client is written."""
    text = FAULTS_OF_CLIENTS["rails"].replace(
        "ActionController::RoutingError (No route", "NoMethodError (undefined"
    )
    assert review(*web(*text.split("\n"))).fatal == 1
