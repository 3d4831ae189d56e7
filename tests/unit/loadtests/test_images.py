"""Photographs that are posted: whole, of their size, and new each time."""

from __future__ import annotations

import io
from email import message_from_bytes

import pytest
from PIL import Image

from loadtests.images import Notes, Photograph, make

WIDTHS = {"small": 64, "large": 700}


@pytest.fixture(scope="module")
def photographs() -> dict[str, Photograph]:
    """One of each kind."""
    return make(["small_jpeg", "small_png", "large_jpeg"], WIDTHS)


def _posted(content_type: str, form: bytes) -> bytes:
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + form)
    part = message.get_payload(0)
    assert not isinstance(part, str)
    assert part.get_param("name", header="content-disposition") == "image"
    body = part.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body


@pytest.mark.parametrize(
    ("name", "kind", "width"), [("small_jpeg", "JPEG", 64), ("small_png", "PNG", 64), ("large_jpeg", "JPEG", 700)]
)
def test_photographs_decode_to_the_same_picture(
    photographs: dict[str, Photograph], name: str, kind: str, width: int
) -> None:
    """As it is, and with a note in it: decoded to the last pixel, and the same picture."""
    photograph = photographs[name]
    plain = _posted(photograph.content_type, photograph.form)
    noted = _posted(photograph.content_type, photograph.made_new(b"a note"))
    assert len(plain) == photograph.size
    with Image.open(io.BytesIO(plain)) as one, Image.open(io.BytesIO(noted)) as other:
        assert (one.format, one.width) == (kind, width)
        one.load()
        other.load()
        assert one.tobytes() == other.tobytes()
    assert b"a note" in noted


def test_notes_are_unique() -> None:
    """Within a process and between two."""
    one, other = Notes(), Notes()
    assert len({one.next(), one.next(), other.next(), other.next()}) == 4


def test_only_requested_photographs_are_made(photographs: dict[str, Photograph]) -> None:
    """A large PNG takes half a second."""
    assert sorted(photographs) == ["large_jpeg", "small_jpeg", "small_png"]
