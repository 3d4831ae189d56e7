"""A shape of JSON lines matches only lines that are judged as the one that it was learned from."""

import json
import re
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.readers.logs import quiet_json, shapes
from playbook.readers.logs.by_blocks import BlockReviewer
from playbook.readers.logs.dull import Sentences
from playbook.readers.logs.ordinary import EXACT, Sorter
from playbook.readers.logs.parse import Parser
from playbook.readers.logs.shapes import sentence_shape, shape_of
from tests.unit.readers.logs.test_by_blocks import BITS, SINCE, UNTIL, WEB, by_lines, logs, plain

DATED = "2024-05-29T20:14:14Z "
LINES = [
    '{"level":30,"time":1,"req":{"method":"GET","url":"/a"},"res":{"statusCode":200},"msg":"done"}',
    '{"level":30,"time":1716998400000,"pid":17,"hostname":"web-1","req":{"id":1,"method":"GET","url":"/a?w=3",'
    '"headers":{"host":"x"}},"res":{"statusCode":304,"headers":{}},"responseTime":1.25,"msg":"request completed"}',
    '{"level":"info","method":"GET","path":"/a","status":404,"duration_ms":-0.5,"msg":"request"}',
    '{"level": "info", "msg": "started", "tags": ["a", "", 3, true, null]}',
    '{"level":"debug","msg":"","status":200,"url":"/x"}',
    '{"level":20,"upstream":{"status":503,"level":"error"},"status_code":201,"url":"/x","path":""}',
    '{"level":"INFO","a":[{"status":500},{"status":"ok"},[1,2]],"msg":"x"}',
]
TEXTS = [
    "function checkout took 812 ms for customer 55123 with timeout 3000, assigned to zone 7",
    "order-service | 7f3a9c01 | checkout took=171 customer=635008",
    "job 5 of queue9 ended with code 13 after 200 ms",
    "uploaded a1b2c3d4-00ff-12ab-9c9c-0123456789ab in 3.25 s from 10.0.0.7",
    "worker e5 exited 0",
    "order 7 was packed in 31 ms",
]
NUMBER = re.compile(r"\d+")
VALUES = st.one_of(
    st.sampled_from(
        ['"/b"', '""', '"ERROR: x"', '"POST"', '"method"', '"[x]"', '"{"', '"a\\\\u0041b"', "50", "500"]
    ),
    st.sampled_from(['"GET /a 503 1.2 ms - 5"', '"Completed 503 in 5ms"', '"path=/a status=503"', "503.0"]),
    st.sampled_from(
        ["429", "200", "-0", "00", "1e5", "1e999", "9" * 25, "0.0", "null", "true", "{}", "[]", "[1]"]
    ),
    st.integers(-(10**18), 10**18).map(str),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=6).map(json.dumps),
)
VALUE = re.compile(r'(?<=:)(?:"[^"]*"|-?\d[\d.]*|true|null)')


@st.composite
def likes(draw):
    """A line, and the same with other values, or with anything put anywhere into it."""
    line = draw(st.sampled_from(LINES))
    like = line
    for _ in range(draw(st.integers(0, 4))):
        found = list(VALUE.finditer(like))
        if found and draw(st.booleans()):
            at = draw(st.sampled_from(found))
            like = like[: at.start()] + draw(VALUES) + like[at.end() :]
        elif draw(st.booleans()):
            start = draw(st.integers(0, len(like)))
            end = start + draw(st.sampled_from((0, 1, 3)))
            like = like[:start] + draw(st.sampled_from(BITS)) + like[end:]
    return line.encode(), like.encode("ascii", "ignore")


@settings(max_examples=150)
@given(likes(), st.booleans())
def test_lines_of_one_shape_are_judged_alike(pair, nameless):
    """Whatever values stand in them, and whatever was put into them."""
    line, like = pair
    (judged,) = quiet_json.judge([line], nameless=nameless)
    shape = shape_of(line, is_request=judged) if judged is not None else None
    if shape and re.fullmatch(shape, like) and like.isascii() and like.decode().isprintable():
        assert quiet_json.judge([like], nameless=nameless) == [judged]


@pytest.mark.parametrize("line", LINES)
def test_values_change_and_what_decides_does_not(line):
    """A line matches its own shape, with another text too; with another level or a bad status it does not."""
    (judged,) = quiet_json.judge([line.encode()], nameless=False)
    assert judged is not None
    shape = shape_of(line.encode(), is_request=judged)
    assert re.fullmatch(shape, line.encode())
    assert (
        re.fullmatch(shape, line.replace('"msg":"', '"msg":"more ').encode()) or '"msg":""' in line or ": " in line
    )
    for good, bad in (('"level":30', '"level":50'), ('"level":"info"', '"level":"error"')):
        assert good not in line or not re.fullmatch(shape, line.replace(good, bad).encode())
    for good, bad in ((":200", ":503"), (":404", ":429"), (":304", ":500"), (":201", ":599")):
        assert good not in line or not re.fullmatch(shape, line.replace(good, bad).encode())


@pytest.mark.parametrize(
    "line", [r'{"level":30,"msg":"a\"b"}', '{"level":30,"n":1e5}', '{"level":30,"msg":"[x]"}', '{"level":30']
)
def test_lines_with_escapes_exponents_or_brackets_in_texts_have_no_shape(line):
    """They are looked at one by one, as is what breaks off before it says anything."""
    shape = shape_of(line.encode(), is_request=False)
    assert shape is None or quiet_json.judge([line.encode()], nameless=False) == [None]


@st.composite
def alike(draw):
    """A text, some with other numbers, and one more with other numbers or with anything put anywhere into it."""

    def other(text):
        return NUMBER.sub(lambda found: str(draw(st.integers(0, 10 ** draw(st.integers(1, 5))))), text)

    text = draw(st.sampled_from(TEXTS))
    others = [text, *(other(text) for _ in range(draw(st.integers(0, 3))))]
    like = other(text) if draw(st.booleans()) else draw(st.sampled_from(others))
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(like)))
        put = draw(
            st.one_of(st.sampled_from(BITS), st.sampled_from(("f", "0", "137", "e", "abcd", " 500 ", "deadbeef")))
        )
        like = like[:start] + put + like[start + draw(st.sampled_from((0, 1, 3))) :]
    return [text.encode() for text in others], like.encode("ascii", "ignore")


@settings(max_examples=150)
@given(alike())
def test_texts_of_one_shape_are_all_dull(pair):
    """Whatever numbers and ids stand in them, and whatever was put into them."""
    others, like = pair
    shape = sentence_shape(others[0], others)
    if shape and re.fullmatch(shape, like):
        assert Sentences().are_dull([like]) == [True]


def test_text_shape_holds_for_the_lengths_of_numbers_that_were_seen():
    """Numbers of other lengths, and other words, are not of the shape; a text that is not dull has none."""
    others = [b"job 5 took 812 ms", b"job 12345 took 7 ms"]
    shape = sentence_shape(others[0], others)
    assert shape is not None
    assert re.fullmatch(shape, b"job 999 took 99 ms")
    assert not re.fullmatch(shape, b"job 123456 took 99 ms")
    assert not re.fullmatch(shape, b"jab 999 took 99 ms")
    assert sentence_shape(b"error 9: refused", [b"error 9: refused"]) is None
    ids = sentence_shape(b"id 7f3a9c01 kept", [b"id 7f3a9c01 kept"])
    assert ids is not None
    assert re.fullmatch(ids, b"id 12345678 kept")
    assert not re.fullmatch(ids, b"id 7f3a9c011 kept")


SERVERS = [
    '203.0.113.7 - - [29/May/2024:22:14:14 +0200] "GET /a HTTP/1.1" 200 5 "-" "Mozilla/5.0 (X11)"',
    '2001:db8::7 - jo [29/May/2024:16:29:59 -0345] "GET /b HTTP/1.1" 304 - "-" "curl/8"',
    '203.0.113.7 - - [29/May/2024:20:14:15 +0000] "POST /c HTTP/1.1" 404 9 "-" "curl/8"',
    '203.0.113.7 - - [29/May/2024:20:14:15 +9900] "GET /c HTTP/1.1" 200 9 "-" "curl/8"',
    '203.0.113.7 - - [29/May/2024:22:14:16 +0200] "GET /d HTTP/1.1" 503 9 "-" "curl/8"',
]


@settings(max_examples=30)
@given(st.lists(st.one_of(st.sampled_from(SERVERS).map(lambda line: [line.encode()]), logs()), max_size=12))
def test_review_of_lines_in_many_time_zones_is_that_by_lines(parts):
    """Whichever zone was learned last, a row keeps the zone that its lines have."""
    blocks = [block for part in parts for block in part]
    reviewer, other = BlockReviewer(SINCE, UNTIL), BlockReviewer(SINCE, UNTIL)
    with learning():
        for block in blocks:
            other.look(block)  # which may learn a zone
            reviewer.take(block, found=other.look(block))
    assert plain(reviewer.result()) == by_lines(blocks)


def test_lines_in_a_zone_of_their_own_are_recognised_once_it_is_known():
    """The row of a line says its zone, so that another process reads the same minute from it."""
    sorter = Sorter(Parser(UNTIL))
    sorted_(sorter, [SERVERS[0]] * 300)
    (row,) = sorted_(sorter, [SERVERS[0]]).rows
    assert row != EXACT
    for reader in (sorter, Sorter(Parser(UNTIL))):
        minute = reader.minute(row)
        assert minute is not None
        assert minute.start == UNTIL - 46 * 60
    assert sorted_(sorter, [SERVERS[0]]).time(0, minute.start) == minute.start + 14
    sorted_(sorter, [SERVERS[3]] * 300)
    (row,) = sorted_(sorter, [SERVERS[3]]).rows
    assert sorter.minute(row) is None


def sorted_(sorter, lines):
    block = "\n".join(lines).encode()
    return sorter.sort(block, block.split(b"\n"))


def learning():
    """Every line of JSON gives a shape at once, so that all others meet it."""
    return patch.multiple(shapes, ENOUGH=1, _SHARE=1_000_000, _MOST_SHAPES=60, _MOST_TRIES=10_000)


@settings(max_examples=30)
@given(logs(), st.sampled_from((0.0, 1_800.0)), st.lists(likes(), max_size=4), st.lists(alike(), max_size=4))
def test_review_with_learned_shapes_is_that_by_lines(blocks, earlier, objects, texts):
    """The exact reader and the shapes say the same of whatever lines, with a component before them and without."""
    until = UNTIL - earlier
    more = [like for _, like in objects] + [like for others, last in texts for like in (*others, last)]
    mixed = [*blocks, *(prefix.encode() + like for like in more for prefix in (WEB, DATED))]
    with learning():
        reviewer = BlockReviewer(SINCE, until)
        for line in LINES + TEXTS:
            for prefix in (WEB, DATED):
                reviewer.look((prefix + line).encode())
        for others, _ in texts:
            for prefix in (WEB, DATED):
                reviewer.look(b"\n".join(prefix.encode() + other for other in others))
        for block in mixed:
            reviewer.take(block)
        found = plain(reviewer.result())
    assert found == by_lines(mixed, SINCE, until)


def test_shapes_are_learned_from_many_lines_and_bounded():
    """A few lines teach nothing; a block of them does; programs without end do not grow the pattern."""
    sorter = Sorter(Parser(UNTIL))
    line = WEB + LINES[0]
    before = list(sorter._patterns)
    sorted_(sorter, [line] * 10)
    assert sorter._patterns == before
    sorted_(sorter, [line] * 300)
    assert sorter._patterns != before
    with patch.object(quiet_json, "judge", side_effect=AssertionError("looked at one by one")):
        assert sorted_(sorter, [line.replace('"/a"', '"/b"')]).rows[0] != EXACT
    for number in range(40):
        other = f'{WEB}{{"level":30,"key_{number}":"x"}}'
        sorted_(sorter, [other] * 300)
    assert len(sorter._shapes[0]._found) == shapes._MOST_SHAPES
