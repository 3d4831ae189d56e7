"""Photographs to post: small, medium and large, as JPEG and PNG, derived from the shipped one."""

from __future__ import annotations

import io
import secrets
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import count

KINDS = ("jpeg", "png")
_JPEG_START = b"\xff\xd8"
_PNG_HEAD = 33  # signature and IHDR, after which chunks may be inserted


@dataclass(frozen=True)
class Photograph:
    """One photograph ready to be posted.

    Attributes:
        size: of the image in bytes.
        shape: its width divided by its height.
        form: the whole form with it.
        content_type: of the form.
    """

    size: int
    shape: float
    form: bytes
    content_type: str
    _at: int
    _is_png: bool

    def made_new(self, note: bytes) -> bytes:
        """The form with the same picture in different bytes, with a note, so that no cache has it."""
        return self.form[: self._at] + (_png_text if self._is_png else _jpeg_comment)(note) + self.form[self._at :]


class Notes:
    """Unique texts, across processes."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(8)
        self._numbers = count(1)

    def next(self) -> bytes:
        """A new one."""
        return f"operations-playbook load {self._run} {next(self._numbers)}".encode()


def make(wanted: Iterable[str], widths: Mapping[str, int]) -> dict[str, Photograph]:
    """Photographs by name: ``small_jpeg``, ``large_png`` and so on; only the wanted ones."""
    from PIL import Image

    with Image.open(io.BytesIO((files("playbook") / "data" / "sample.jpg").read_bytes())) as opened:
        original = opened.convert("RGB")
    made = {}
    for name in wanted:
        size, _, kind = name.partition("_")
        width = widths[size]
        scaled = original.resize(
            (width, round(original.height * width / original.width)), Image.Resampling.BICUBIC
        )
        out = io.BytesIO()
        if kind == "png":
            scaled.save(out, "PNG", compress_level=1)
        else:
            scaled.save(out, "JPEG", quality=95)
        made[name] = _photograph(out.getvalue(), kind, scaled.width / scaled.height)
    return made


def _photograph(image: bytes, kind: str, shape: float) -> Photograph:
    boundary = secrets.token_hex(16)
    extension = "jpg" if kind == "jpeg" else kind
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="image"; filename="photograph.{extension}"\r\n'
        f"Content-Type: image/{kind}\r\n\r\n"
    ).encode()
    form = head + image + f"\r\n--{boundary}--\r\n".encode()
    inside = _PNG_HEAD if kind == "png" else len(_JPEG_START)
    return Photograph(
        len(image), shape, form, f"multipart/form-data; boundary={boundary}", len(head) + inside, kind == "png"
    )


def _jpeg_comment(note: bytes) -> bytes:
    return b"\xff\xfe" + struct.pack(">H", len(note) + 2) + note


def _png_text(note: bytes) -> bytes:
    chunk = b"tEXtComment\0" + note
    return struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
