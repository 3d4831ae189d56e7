"""A parser's cache changes nothing: it reads a line as a new parser does."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.readers.logs.parse import Parser
from playbook.readers.logs.text import clean
from sandbox.world.logs import LogsState

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC)
GOOD = list(LogsState.healthy(NOW).store.lines(until=NOW))[-400:]
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
        "T25:",
        "59:59.999999999Z",
        "=",
        "[",
        "]",
        "{",
    ),
    *(
        "429",
        "500",
        "level=error",
        '"level":50',
        '"statusCode":503',
        "Error: ",
        " ⨯ ",
        "INFO",
        "ERROR",
        "is 0",
        "-",
    ),
    *("GET /x 503 in 2ms", " HTTP/1.1", "\u200b", "\ufffd", "9" * 25, "1e999", "null", "at x", "<3>", "E0529 "),
]


@st.composite
def lines(draw):
    """Lines of one log with anything inserted anywhere."""
    found = draw(st.lists(st.sampled_from(GOOD), min_size=1, max_size=6))
    for _ in range(draw(st.integers(0, 4))):
        number = draw(st.integers(0, len(found) - 1))
        line = found[number]
        start = draw(st.integers(0, len(line)))
        end = min(len(line), start + draw(st.sampled_from((0, 0, 1, 3, 10))))
        found[number] = line[:start] + draw(st.one_of(st.sampled_from(BITS), st.text(max_size=4))) + line[end:]
    return [clean(line) for line in found]


@settings(max_examples=150)
@given(lines())
def test_parser_with_a_cache_reads_like_a_new_one(found):
    """For every line, whatever came before it."""
    known = Parser(NOW.timestamp())
    for line in found * 2:
        assert known.parse(line) == Parser(NOW.timestamp()).parse(line)


def test_end_of_an_hour_and_second_blank_are_read_equally():
    """A fraction that rounds up to the next hour, a leap second, and a text that begins with a blank."""
    known = Parser(NOW.timestamp())
    for line in (
        "web 2024-05-29T19:59:59.999999999Z a",
        "web 2024-05-29T19:59:60Z b",
        "web 2024-05-29T19:10:00Z c",
        "web 2024-05-29T19:10:00Z  ERROR d",
        "web 2024-05-29T24:10:00Z e",
        "web 2024-05-29T24:11:00Z f",
    ):
        assert known.parse(line) == Parser(NOW.timestamp()).parse(line)


def test_component_named_like_a_load_balancer_type_is_read_equally():
    """AWS' lines begin with such a word; a component of that name is distinguished by what follows its time."""
    known = Parser(NOW.timestamp())
    for line in (
        "https 2024-05-29T19:10:00Z GET /a 200 1.000 ms - 5",
        "https 2024-05-29T19:10:01Z app/lb/50dc 10.0.0.1:5003 10.0.0.2:80 0.1 0.1 0.1 502 - 0 0 "
        '"GET https://a.example:443/ HTTP/1.1" "-" - -',
        "https 2024-05-29T19:10:02Z net/lb/50dc x",
    ):
        assert known.parse(line) == Parser(NOW.timestamp()).parse(line)
