"""The review of logs by blocks equals the review line by line, to the last digit."""

import tomllib
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.readers.logs.by_blocks import BlockReviewer
from playbook.readers.logs.ordinary import BARE, EXACT, SAID, Sorter
from playbook.readers.logs.parse import Parser
from playbook.readers.logs.passing import GIVEN_UP, TOLD_IN_PASSING
from playbook.readers.logs.review import Reviewer
from playbook.readers.logs.tracks import Minutes
from sandbox.world.logs import LogsState

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC)
SINCE, UNTIL = NOW.timestamp() - 86_400, NOW.timestamp()
FOREIGN = Path(__file__).parents[3] / "foreign" / "log_lines.toml"
STRANGERS = [
    case["line"] for kind in tomllib.loads(FOREIGN.read_text(encoding="utf-8")).values() for case in kind["lines"]
]
WEB = "web 2024-05-29T20:14:14.123456789Z "
ORDINARY = {
    WEB + '10.0.0.1 - - [29/May/2024:20:14:14 +0000] "GET /a HTTP/1.1" 200 5 "-" "Mozilla/5.0 (X11)"': b"",
    WEB + "GET /a 404 1.250 ms - 12": b"",
    WEB + "2024-05-29 20:14:14,123 INFO worker: job 7 finished in 31 ms": SAID,
    WEB + "[info] listening on 5003": SAID,
    WEB + '{"level":30,"time":1,"req":{"method":"GET","url":"/a"},"res":{"statusCode":200},"msg":"done"}': b"",
    WEB + '{"level":"info","method":"GET","path":"/a","status":404,"msg":"request"}': b"",
    WEB + '{"level":"info","msg":"started"}': SAID,
    WEB + '{"level":"info","msg":"job done","context":{"job":7,"node":"a"},"tags":["x"]}': SAID,
    WEB + "function checkout took 812 ms for customer 55123 with timeout 3000": BARE,
    "2024-05-29T20:14:14.123Z INFO worker: job 7": SAID,
    "2024-05-29 20:14:14.123 | shop | 7f3a9c01 | checkout took=171 customer=635008": SAID,
    '2024-05-29T20:14:14Z {"level":"info","msg":"started"}': SAID,
    '203.0.113.7 - - [29/May/2024:20:14:14 +0000] "GET /a HTTP/1.1" 200 5 "-" "Mozilla/5.0 (X11)"': b"",
    '2001:db8::7 - jo [29/May/2024:20:14:14 +0000] "GET /a HTTP/1.1" 304 - "-" "curl/8"': b"",
}
GOOD = [*ORDINARY, *list(LogsState.healthy(NOW).store.lines(until=NOW))[-200:]]
TRACE = ["Error: boom", "    at x (y.js:1:2)", "Traceback (most recent call last):", "KeyError: 'a'", "}"]
BITS = [
    *(
        '"',
        "\\",
        "\t",
        " ",
        "  ",
        "Z",
        ":59.9999999",
        ":60",
        "T24:",
        "=",
        "[",
        "]",
        "{",
        "}",
        ",",
        "|",
        "<3>",
        "/",
    ),
    *(
        "429",
        "500",
        "level=error",
        '"level":50',
        '"level":30',
        '"statusCode":503',
        "Error: ",
        " ⨯ ",
        "INFO",
        "ERROR",
    ),
    *(
        "is 0",
        "-",
        " GET /x 503 in 2ms",
        " HTTP/1.1",
        "\u200b",
        "\ufffd",
        "9" * 25,
        "1e999",
        "null",
        "at x",
        "E0529 ",
    ),
    *(
        "Completed 500 Internal Server Error in 5ms",
        "stdout F ",
        "x[1]: ",
        " error ",
        "Killed",
        "PHP Fatal error:  x",
    ),
    *(
        "app.ERROR: ",
        "LOG:  ",
        "[error]",
        "[notice]",
        " exit code 137",
        " warn ",
        '"log":"x","stream":"y"',
        "\\u0061",
    ),
    *(
        '"method":"GET","httpStatusText":5',
        '"meta":{"path":"/a","status":503}',
        '"attributes":[{"key":"status","value":{"intValue":"503"}},{"key":"path","value":{"stringValue":"/a"}}]',
        '"msg":"panic: x"',
        '"msg":"{\\"level\\":50,\\"msg\\":\\"x\\"}"',
        '"message":"GET /a","statusCode":503',
        '"MESSAGE":"Error: x","PRIORITY":"6"',
        "#033[31m",
        "<14>",
        " failed to x",
        " exited with code 1",
        " status=1/FAILURE",
        " worker 4 died",
        "GRAVE ",
        "E STORAGE  [a]",
        "[E] ",
        " +0200",
        "UTC ",
        "\r",
        "x" * 9000,
        '"status":502,',
        "get /a 503 3 ms - 5",
        "lvl=50 ",
        '"severity":"ERROR",',
        '"error_severity": "FATAL"',
        '"err":{"message":"x","stack":"Error: x\\n    at y"},',
        '"exc_info":"Traceback (most recent call last):\\n  File"',
    ),
]


def plain(value):
    """A review as comparable values."""
    if isinstance(value, Minutes):
        return value.all()
    if is_dataclass(value):
        names = (field.name for field in fields(value) if field.name not in ("minute", "minute_answered"))
        return {name: plain(getattr(value, name)) for name in names}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def by_lines(blocks, since=SINCE, until=UNTIL):
    reviewer = Reviewer(since, until)
    for block in blocks:
        reviewer.extend(line.removesuffix("\r") for line in block.decode("utf-8", "replace").split("\n"))
    return plain(reviewer.result())


def by_blocks(blocks, since=SINCE, until=UNTIL):
    reviewer = BlockReviewer(since, until)
    for block in blocks:
        reviewer.take(block)
    return plain(reviewer.result())


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_line_is_recognised(line):
    """So that it need not take the slow, exact path."""
    sorted_ = Sorter(Parser(UNTIL)).sort(line.encode(), [line.encode()])
    assert sorted_.rows[0] != EXACT
    assert sorted_.rows[0].endswith(ORDINARY[line] or b"20:14")
    assert sorted_.time(0, 0.0) == pytest.approx(14.123456789 if ".123456789" in line else 14.0, abs=0.13)


@st.composite
def logs(draw):
    """Lines of all kinds with anything inserted anywhere, in blocks of any size."""
    behind = st.sampled_from(("", WEB, "worker 2024-05-29T20:14:15Z ", "2024-05-29T20:14:16Z "))
    strange = st.tuples(behind, st.sampled_from(STRANGERS + TRACE)).map("".join)
    found = draw(st.lists(st.one_of(st.sampled_from(GOOD), strange), min_size=1, max_size=12))
    for _ in range(draw(st.integers(0, 6))):
        number = draw(st.integers(0, len(found) - 1))
        line = found[number]
        start = draw(st.integers(0, len(line)))
        end = min(len(line), start + draw(st.sampled_from((0, 0, 1, 3, 10))))
        found[number] = line[:start] + draw(st.one_of(st.sampled_from(BITS), st.text(max_size=3))) + line[end:]
    lines = "\n".join(found).encode("utf-8", "surrogatepass").split(b"\n")
    size = draw(st.sampled_from((1, 3, 100)))
    return [b"\n".join(lines[start : start + size]) for start in range(0, len(lines), size)]


@settings(max_examples=150)
@given(logs(), st.sampled_from((86_400, 3_600, 2_760)), st.sampled_from((0.0, 1_800.0, 2_745.5)))
def test_review_by_blocks_equals_review_by_lines(blocks, hours, earlier):
    """For any lines, block ends and time windows."""
    until = UNTIL - earlier
    assert by_blocks(blocks, UNTIL - hours, until) == by_lines(blocks, UNTIL - hours, until)


def test_unusual_lines_between_ordinary_ones_are_read_in_order():
    """Every known unusual line, with and without a platform's prefix, in one log, in any order."""
    random = Random(7)
    for _ in range(3):
        lines = [prefix + line for line in [*STRANGERS, *TRACE] for prefix in ("", WEB)] + GOOD
        random.shuffle(lines)
        blocks = [("\n".join(lines[start : start + 400])).encode() for start in range(0, len(lines), 400)]
        expected = by_lines(blocks)  # in blocks of any size, as each line is reviewed for itself
        assert by_blocks(blocks) == expected
    reviewer = BlockReviewer(SINCE, UNTIL)
    reviewer.extend(lines)
    assert plain(reviewer.result()) == expected


@pytest.mark.parametrize(
    "line",
    [
        "INFO httpd: [core:notice] [pid 1] AH00052: child pid 12 exit signal Segmentation fault (11)",
        '{"level":"info","code":503,"requestLine":"GET /a"}',
        '{"level":"info","attributes":[{"key":"url.path","value":{"stringValue":"/a"}},'
        '{"key":"http.response.status_code","value":{"intValue":"503"}}]}',
    ],
)
@pytest.mark.parametrize("prefix", [WEB, "2024-05-29T20:14:14Z "])
def test_failure_in_a_line_that_seems_ordinary_is_counted(prefix, line):
    """Once each; also between many ordinary lines of the same shape."""
    ordinary = line.replace("503", "200").replace(":notice] [pid 1] AH00052: child pid 12 exit signal", "] no")
    blocks = ["\n".join([prefix + ordinary] * 600).encode(), (prefix + line).encode()]
    found = by_blocks(blocks)
    assert found == by_lines(blocks)
    assert found["fatal"] + found["server_errors"] == 1


@pytest.mark.parametrize("line", ORDINARY)
def test_what_is_told_in_passing_is_read_exactly(line):
    """Anywhere in any ordinary line; in an access line it means nothing."""
    told = [
        line[:at] + word + line[at:]
        for word in (*GIVEN_UP, *TOLD_IN_PASSING)
        for at in (*range(0, len(line), 5), len(line))
    ]
    for blocks in ([one.encode() for one in told], ["\n".join([line] * 600).encode(), "\n".join(told).encode()]):
        assert by_blocks(blocks) == by_lines(blocks)


@pytest.mark.parametrize("path", ["/health", "/health/", "/health?full=1", "/health/?full=1", "/", "/healthy"])
@pytest.mark.parametrize(
    "line",
    [
        '10.0.0.1 - - [29/May/2024:20:14:14 +0000] "GET {} HTTP/1.1" 200 5 "-" "kube-probe/1.31"',
        '10.0.0.1 - - [29/May/2024:20:14:14 +0000] "GET {} HTTP/1.1" 200 5 "-" "curl/8.5.0"',
        "GET {} 404 1.250 ms - 12",
        '{{"level":30,"time":1,"req":{{"method":"GET","url":"{}"}},"res":{{"statusCode":200}},"msg":"done"}}',
    ],
)
def test_rare_probe_in_a_large_block_is_recognised(line, path):
    """As in a review line by line: one of them among thousands of visitors' requests."""
    visits = [WEB + line.format("/a").replace("kube-probe", "Mozilla")] * 2_000
    blocks = ["\n".join([*visits, WEB + line.format(path), *visits]).encode()]
    found = by_blocks(blocks)
    assert found == by_lines(blocks)
    assert found["probes"] == ("kube-probe" in line or path not in ("/", "/healthy"))


@pytest.mark.parametrize(
    "line", ["x509: unknown authority", 'x509: c"ertificate expired', "jp2kload: cannot open"]
)
def test_words_of_errors_that_contain_digits_are_no_ordinary_text(line):
    """Sentences are compared without their digits."""
    blocks = [(WEB + line).encode()]
    assert by_blocks(blocks) == by_lines(blocks)
    assert by_blocks(blocks)["errors"] == 1


@pytest.mark.parametrize(
    ("usual", "bad"),
    [
        ('{"level":"info","severity":"INFO","msg":"x"}', '{"level":"info","severity":"ERROR","msg":"x"}'),
        ('{"level":"info","levelname":"INFO","msg":"x"}', '{"level":"info","levelname":"ERROR","msg":"x"}'),
        ('{"level":30,"msg":"x","stack":"a"}', '{"level":30,"msg":"x","stack":"Error: x\\n    at y"}'),
        (
            '{"level":30,"err":{"message":"x","stack":"a"},"msg":"x"}',
            '{"level":30,"err":{"message":"x","stack":"Error: x\\n    at y"},"msg":"x"}',
        ),
    ],
)
def test_error_between_lines_of_the_same_shape_is_counted(usual, bad):
    """A second level, and a stack trace, are looked at in each line."""
    blocks = ["\n".join([WEB + usual] * 600).encode(), "\n".join([WEB + usual] * 9 + [WEB + bad]).encode()]
    found = by_blocks(blocks)
    assert found == by_lines(blocks)
    assert found["errors"] == 1


def test_many_components_are_counted_equally():
    """Also where a table overflows, and the kept rows depend on the order of lines."""
    random = Random(3)
    lines = [
        f"c{random.randrange(300)} 2024-05-29T20:{number % 60:02d}:14Z GET /a 200 1 ms - 5"
        for number in range(4_000)
    ]
    blocks = ["\n".join(lines[start : start + 500]).encode() for start in range(0, len(lines), 500)]
    assert by_blocks(blocks) == by_lines(blocks)


def test_block_ends_at_the_time_limit():
    """Between two lines on the exact path; what was counted until then is kept."""
    asked = []
    lines = [f"{WEB}ERROR {number}" if number % 2 else f"{WEB}GET /a 200 1 ms - 5" for number in range(400)]
    reviewer = BlockReviewer(SINCE, UNTIL)
    reviewer.take("\n".join(lines).encode(), lambda: bool(asked.append(1)) or len(asked) > 3)
    review = reviewer.result()
    assert review.errors == 64
    assert review.requests == 65


@pytest.mark.parametrize("at", range(1, 8))
def test_trace_across_two_parts_is_one(at):
    """In a log read from its end, at any cut, with other lines in between."""
    lines = [
        f"{WEB}ERROR upload failed",
        f"{WEB}Error: ENOSPC",
        "worker 2024-05-29T20:14:15Z INFO done",
        f"{WEB}    at write (fs.js:1:2)",
        f"{WEB}    at async main (m.js:3:4)",
        f"{WEB}order 7 was packed in 31 ms",
        f"{WEB}GET /a 200 1 ms - 5",
        f"{WEB}KeyError: 'b'",
    ]
    whole = by_blocks(["\n".join(lines).encode()])
    assert whole["errors"] == 2
    reviewer = BlockReviewer(SINCE, UNTIL)
    reviewer.begin_part("a.log", cut=True)
    reviewer.take("\n".join(lines[at:]).encode())
    reviewer.begin_part("a.log", joins=True)
    reviewer.take("\n".join(lines[:at]).encode())
    review = plain(reviewer.result())
    same = ("errors", "fatal", "lines", "strange", "requests")
    assert [review[name] for name in same] == [whole[name] for name in same]
    assert sorted(key for key, _ in review["kinds"]) == sorted(key for key, _ in whole["kinds"])


def test_part_without_its_earlier_part_is_counted_alone():
    """At a limit of reading, the continuation of a trace counts as a separate error."""
    reviewer = BlockReviewer(SINCE, UNTIL)
    reviewer.begin_part("a.log", cut=True)
    reviewer.take(f"{WEB}Error: ENOSPC\n{WEB}    at x\n{WEB}GET /a 200 1 ms - 5".encode())
    reviewer.begin_part("b.log")
    reviewer.take(f"{WEB}INFO x".encode())
    assert reviewer.result().errors == 1
