"""Messages of the live log stream, compared with the library's own reading of the same bytes."""

from random import Random

import msgspec
import pytest
from websockets.exceptions import PayloadTooBig
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol

from playbook.clients.log_api import _texts_in
from playbook.clients.log_frames import Frames

LARGEST = 70_000
CLOSED = Frame(Opcode.CLOSE, Close(CloseCode.NORMAL_CLOSURE, "").serialize())


def framed(*frames):
    """The bytes that a server sends."""
    return b"".join(frame.serialize(mask=False) for frame in frames)


def by_library(data):
    """Messages, code of the close, broken rule, and answers, as the library has them."""
    protocol = Protocol(CLIENT, state=OPEN, max_size=LARGEST)
    protocol.receive_data(data)
    messages, pieces = [], []
    for frame in protocol.events_received():
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            pieces.append(bytes(frame.data))
            if frame.fin:
                messages.append(b"".join(pieces))
                pieces = []
    broken = type(protocol.parser_exc).__name__ if protocol.parser_exc else ""
    close = protocol.close_rcvd
    return messages, close and close.code, broken, len(protocol.data_to_send())


def by_us(data, random):
    """The same, of bytes that arrive in pieces of any size."""
    frames = Frames(LARGEST)
    messages, answers = [], []
    while data and not frames.ended:
        size = random.choice((1, 2, 3, 7, 100, 5_000, 80_000))
        messages += frames.take(data[:size])
        answers += frames.answers()
        data = data[size:]
    return messages, frames.code, frames.broken, answers


KINDS = {
    "short texts": [Frame(Opcode.TEXT, b"x" * size) for size in (0, 1, 125)],
    "longer texts": [Frame(Opcode.TEXT, b"x" * size) for size in (126, 127, 65_535, 65_536)],
    "bytes": [Frame(Opcode.BINARY, b"\x81\x01x")],
    "pings and pongs": [Frame(Opcode.PING, b"are you there"), Frame(Opcode.PONG, b"")],
    "a text in pieces, with a ping between": [
        Frame(Opcode.TEXT, b"one ", fin=False),
        Frame(Opcode.PING, b""),
        Frame(Opcode.CONT, b"two ", fin=False),
        Frame(Opcode.CONT, b"three"),
    ],
}
ENDS = {
    "nothing": b"",
    "a close": framed(CLOSED),
    "a close with an error": framed(Frame(Opcode.CLOSE, Close(CloseCode.INTERNAL_ERROR, "").serialize())),
    "a close without a code": framed(Frame(Opcode.CLOSE, b"")),
    "a text too large": framed(Frame(Opcode.TEXT, b"x" * (LARGEST + 1))),
    "a length of eight bytes, too large": b"\x81\x7f" + b"\x7f" * 8,
    "a masked text": Frame(Opcode.TEXT, b"x").serialize(mask=True),
    "an extension nobody asked for": b"\xc1\x01x",
    "a piece of no text": framed(Frame(Opcode.CONT, b"x")),
    "a text within a text": framed(Frame(Opcode.TEXT, b"x", fin=False), Frame(Opcode.TEXT, b"y")),
    "an unknown kind": b"\x83\x01x",
    "half of a text": framed(Frame(Opcode.TEXT, b"x" * 300))[:200],
}


@pytest.mark.parametrize("end", ENDS)
def test_messages_are_those_of_the_library(end):
    """Whatever comes before, in whatever pieces, and behind it too."""
    random = Random(end)
    for _ in range(12):
        kinds = [kind for name in random.choices(list(KINDS), k=6) for kind in KINDS[name]]
        data = framed(*kinds) + ENDS[end]
        messages, code, broken, _ = by_library(data)
        found = by_us(data + (framed(CLOSED) * random.randint(0, 1) if code or broken else b""), random)
        assert found[:3] == (messages, code, broken)
        pings = sum(kind.opcode is Opcode.PING for kind in kinds)
        assert sum(answer[:1] == b"\x8a" for answer in found[3]) == pings, "each ping is answered"


def test_large_message_is_not_kept():
    """What a server announces is no reason to wait for it."""
    frames = Frames(LARGEST)
    assert frames.take(b"\x81\x7f" + (LARGEST + 1).to_bytes(8, "big")) == []
    assert frames.broken == PayloadTooBig.__name__


@pytest.mark.parametrize(
    ("messages", "texts", "strange"),
    [
        ([b'{"data":"a"}', b'{"data":"b\\n"}', b'{"more":{"x":[1]},"data":""}'], ["a", "b\n", ""], 0),
        ([b'{"data":"a"}', b"no JSON", b'{"data":7}', b"[]", b'{"data":"b"}'], ["a", "b"], 3),
        ([b'{"data":\n"a"}', b'{"data":"b"}\n'], ["a", "b"], 0),
        ([b'{"data":"a"}\n{"data":"b"}', b""], [], 2),
        ([b'{"data":"\xff"}', b'{"data":"a"}'], ["a"], 1),
        ([b'{"data":"a"}', b"[" * 100_000], ["a"], 1),
        ([b'{"data":"a"}', b'{"deep":' + b"[" * 100_000], ["a"], 1),
    ],
)
def test_each_message_counts_by_itself(messages, texts, strange):
    """Also one of several lines, or one that hides another."""
    assert _texts_in(messages) == (texts, strange)


def test_texts_are_read_at_once_as_one_by_one():
    """No message has another meaning beside others."""
    values = ["", "a", "\n", "\r\n", "é", "\u2028", '"', "\\", "\0", "{", '{"data":"x"}', "x" * 9_000]
    each = [msgspec.json.encode({"data": value}) for value in values]
    assert _texts_in(each) == (values, 0)
    assert [_texts_in([one])[0][0] for one in each] == values
