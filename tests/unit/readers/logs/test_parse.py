"""One line of many formats: time, component, level, text."""

from datetime import UTC, datetime

import pytest

from playbook.readers.logs.levels import DEBUG, ERROR, FATAL, INFO, NONE, WARNING
from playbook.readers.logs.parse import Parser

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC).timestamp()
AT = datetime(2024, 5, 29, 20, 14, 14, tzinfo=UTC).timestamp()

LINES = [
    # line, time, component, level
    ("web 2024-05-29T20:14:14.996999111Z hello", AT + 0.996999111, "web", NONE),
    ("web 2024-05-29T20:14:14Z ERROR cannot write", AT, "web", ERROR),
    ("web web-7c9d-x2 2024-05-29T20:14:14Z WARN disk is getting full", AT, "web", WARNING),
    ("[web] [2024-05-29 20:14:14] ERROR cannot write", AT, "web", ERROR),
    ("2024-05-29T22:14:14+02:00 INFO started", AT, "", INFO),
    ("2024-05-29 20:14:14,250 ERROR worker: job failed", AT + 0.25, "", ERROR),
    ("2024-05-29 20:14:14,250 - worker - CRITICAL - job failed", AT + 0.25, "", FATAL),
    ("ERROR 2024-05-29 20:14:14,250 worker job failed", AT + 0.25, "", ERROR),
    ("INFO 2024-05-29 20:14:14,250 worker error recovered", AT + 0.25, "", INFO),
    ("ERROR:worker:job failed", None, "", ERROR),
    ("WARNING:worker:error while reading, retried", None, "", WARNING),
    ("2024-05-29T20:14:14.5Z stderr F ERROR cannot write", AT + 0.5, "", ERROR),
    ('{"log":"ERROR cannot write\\n","stream":"stderr","time":"2024-05-29T20:14:14Z"}', AT, "", ERROR),
    # syslog
    ("<11>May 29 20:14:14 host app[123]: it broke", AT, "app", ERROR),
    ("<14>May 29 20:14:14 host app[123]: all fine", AT, "app", INFO),
    ("<11>1 2024-05-29T20:14:14Z host app 123 ID47 - it broke", AT, "app", ERROR),
    ("May 29 20:14:14 host kernel: Out of memory: Killed process 123 (node)", AT, "kernel", NONE),
    ("2024-05-29T20:14:14.000000+00:00 host app[12]: ERROR cannot write", AT, "app", ERROR),
    # JSON
    ('{"level":50,"time":1717013654000,"msg":"it broke"}', AT, "", ERROR),
    ('{"level":30,"time":1717013654000,"msg":"error handled"}', AT, "", INFO),
    ('{"level":60,"time":1717013654,"msg":"bye","name":"x","v":0}', AT, "", FATAL),
    ('{"level":"error","message":"it broke","timestamp":"2024-05-29T20:14:14Z"}', AT, "", ERROR),
    ('{"event":"it broke","level":"error","timestamp":"2024-05-29T20:14:14"}', AT, "", ERROR),
    ('{"time":"2024-05-29T20:14:14Z","level":"ERROR","msg":"it broke"}', AT, "", ERROR),
    ('{"severity":"WARNING","ts":1717013654.0,"message":"error, retried"}', AT, "", WARNING),
    ('{"@t":"2024-05-29T20:14:14Z","@l":"Error","@mt":"it broke"}', AT, "", ERROR),
    ('{"version":"1.1","short_message":"x","level":3,"timestamp":1717013654}', AT, "", ERROR),
    ('{"time":1717013654000,"msg":"done","error":null,"errors":[]}', AT, "", NONE),
    ('{"time":1717013654000,"msg":"done","error":0}', AT, "", NONE),
    ('{"time":1717013654000,"msg":"done","error":"EPIPE"}', AT, "", ERROR),
    # Apache's LogFormat with "error":"%{error-notes}n", and nginx' log_format of a variable without a value.
    ('{"time":"2024-05-29T20:14:14Z","request":"GET / HTTP/1.1","status":"200","error":"-"}', AT, "", NONE),
    ('{"time":"2024-05-29T20:14:14Z","msg":"done","error":"n/a"}', AT, "", NONE),
    ('{"time":1717013654000,"msg":"sent","err":{"type":"TypeError","message":"x is null"}}', AT, "", ERROR),
    # Below a warning, what a client did, by its kind alone.
    (
        '{"time":1717013654000,"level":30,"msg":"no","err":{"type":"UnauthorizedError","message":"jwt"}}',
        AT,
        "",
        INFO,
    ),
    ('{"time":1717013654000,"level":30,"msg":"x","err":{"type":"AbortError","message":"aborted"}}', AT, "", INFO),
    ('{"time":1717013654000,"level":30,"msg":"x","err":{"type":"FetchError","message":"reset"}}', AT, "", ERROR),
    # Signals that a program handles, and one that ended it.
    ("2024-05-29T20:14:14Z INFO faulthandler enabled for SIGSEGV, SIGFPE, SIGABRT, SIGBUS, SIGILL", AT, "", INFO),
    ("2024-05-29T20:14:14Z INFO Registered handlers for SIGTERM, SIGINT and SIGABRT", AT, "", INFO),
    ("2024-05-29T20:14:14Z INFO worker 7 ended by SIGSEGV", AT, "", FATAL),
    ('web 2024-05-29T20:14:14Z {"level":50,"msg":"cut in the midd', AT, "web", ERROR),
    ('{"level":"error","msg":"uncaughtException: boom","ts":1717013654}', AT, "", FATAL),
    # logfmt, Go, klog, nginx, Ruby
    ('time=2024-05-29T20:14:14Z level=ERROR msg="it broke" err="no space"', AT, "", ERROR),
    ('time=2024-05-29T20:14:14Z level=INFO msg="no error" error=0', AT, "", INFO),
    ("2024/05/29 20:14:14 [error] 12#12: *1 upstream timed out", AT, "", ERROR),
    ("2024/05/29 20:14:14 [emerg] 12#12: bind() failed", AT, "", FATAL),
    ("2024/05/29 20:14:14 http: panic serving 10.0.0.1: boom", AT, "", FATAL),
    ("web 2024-05-29T20:14:14Z E0529 20:14:14.123456       1 main.go:12] it broke", AT, "web", ERROR),
    ("E, [2024-05-29T20:14:14.000 #12] ERROR -- : it broke", AT, "", ERROR),
    ("2024.05.29 20:14:14 WARN web[x][o.s.s.w.PlatformLevel] slow", AT, "", WARNING),  # SonarQube, ClickHouse
    ("2024.05.29 20:14:14.000000 [ 77 ] {a} <Error> executeQuery: Code: 60. DB::Exception", AT, "", ERROR),
    ("web 2024-05-29T20:14:14Z [debug] error object dumped", AT, "web", DEBUG),
]


@pytest.mark.parametrize(("line", "time", "component", "level"), LINES, ids=range(len(LINES)))
def test_line_of_each_format_is_parsed(line, time, component, level):
    """Time, component and level of each format."""
    parser = Parser(NOW)
    for _ in range(2):  # the second time the prefix is cached
        entry = parser.parse(line)
        assert entry.time == (pytest.approx(time) if time else None)
        assert entry.component == component
        assert entry.level == level


def test_json_error_is_appended_to_its_message():
    """The error object's type and message follow the message."""
    entry = Parser(NOW).parse(
        '{"level":50,"msg":"upload failed","err":{"type":"TypeError","message":"x is null"}}'
    )
    assert entry.text == "upload failed: TypeError: x is null"


def test_control_characters_in_json_are_removed():
    """Those in JSON escapes too: colours, line ends, direction marks."""
    line = '{"level":50,"msg":"a\\u001b[31mb\\nc\\u202ed"}'
    assert Parser(NOW).parse(line).text == "ab cd"


def test_syslog_date_of_new_years_eve_is_in_the_past_year():
    """A syslog date has no year, and must be in the past."""
    now = datetime(2025, 1, 1, 0, 5, tzinfo=UTC).timestamp()
    entry = Parser(now).parse("<11>Dec 31 23:59:00 host app[1]: it broke")
    assert entry.time == datetime(2024, 12, 31, 23, 59, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "line", ["", " ", "{", "{}", "[]", "<>", "<999>x", "\x00", '{"level":{}}', '{"time":1e400}']
)
def test_strange_line_is_no_error_and_no_crash(line):
    """A log may contain anything."""
    assert Parser(NOW).parse(line).level < ERROR
