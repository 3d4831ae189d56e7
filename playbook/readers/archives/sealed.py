"""Encrypted files, whose lengths show without a key whether they are whole, and whether anything is in them.

The last chunk of age may have any length, so that most of what is cut off from its files is not seen.

https://www.rfc-editor.org/rfc/rfc9580#section-4.2
https://github.com/C2SP/C2SP/blob/main/age.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from playbook.readers.archives.framed import UnsoundError

_DATA = frozenset({9, 18, 20})  # kinds of packets with what was encrypted
_NOT_LAST = frozenset({0, 1, 3})  # of the keys, which are before it; 0 is none
_ARMOUR, _ARMOUR_END = b"-----BEGIN ", re.compile(rb"-----END [A-Z ]{3,40}-----\s*\Z")
_END_WITHIN = 100  # bytes
_HEADER = 16 * 1024  # bytes of age's
_CHUNK, _TAG, _NONCE = 64 * 1024, 16, 16
# Bytes of encrypted data that hold no more than gzip or xz of nothing.
_NOTHING = 90


class _Sealed:
    """Common to both.

    Attributes:
        form: its name.
        unpacks: never.
        ended: the bytes so far are whole.
        holds_nothing: what was encrypted was empty.
    """

    form = ""
    unpacks = summed = False

    def __init__(self) -> None:
        self.ended = self.holds_nothing = False
        self._held = b""
        self._is_armoured: bool | None = None

    def unpacked(self, piece: bytes) -> Iterator[bytes]:
        """Nothing; UnsoundError where the next bytes are not of this form."""
        self._held += piece
        if self._is_armoured is None:
            if len(self._held) < len(_ARMOUR):
                return
            self._is_armoured = self._held.startswith(_ARMOUR)
        if self._is_armoured:
            self._held = self._held[-_END_WITHIN:]
            self.ended = _ARMOUR_END.search(self._held) is not None
        else:
            self._look()
        yield from ()

    def _look(self) -> None:
        """Look at the bytes held, and let go of them."""
        raise NotImplementedError


class OpenPgp(_Sealed):
    """Of GnuPG and the like: packets, of which each states its length."""

    form = "OpenPGP"

    def __init__(self) -> None:
        super().__init__()
        self._skip = 0
        self._kind = 0
        self._goes_on = self._has_no_end = False
        self._of_data = 0

    def _look(self) -> None:
        at = 0
        while step := self._packet(at):
            at += step
        self._held = self._held[at:]
        is_between = not (self._skip or self._goes_on or self._held)
        self.ended = self._has_no_end or (is_between and self._kind not in _NOT_LAST)
        self.holds_nothing = self._kind in _DATA and self.ended and self._of_data <= _NOTHING

    def _packet(self, at: int) -> int:
        """How many bytes from there on are done with; 0 where it takes more of them."""
        left = len(self._held) - at
        if self._has_no_end or not left:
            return left
        if self._skip:
            done = min(self._skip, left)
            self._skip -= done
            return done
        return self._new_length(at) if self._goes_on else self._tag(at)

    def _tag(self, at: int) -> int:
        """Begin a packet, as ``_packet``."""
        tag = self._held[at]
        if not tag & 0x80:
            raise UnsoundError
        if tag & 0x40:
            self._kind = tag & 0x3F
            length = self._new_length(at + 1)
            return 1 + length if length else 0
        self._kind, count = tag >> 2 & 0x0F, (1, 2, 4, 0)[tag & 3]
        self._has_no_end = not count
        written = self._held[at + 1 : at + 1 + count]
        if len(written) < count:
            return 0
        self._begin(int.from_bytes(written, "big"))
        return 1 + count

    def _new_length(self, at: int) -> int:
        """Read a length of one, two or five bytes; 0 where it takes more of them."""
        written = self._held[at : at + 5]
        first = written[0] if written else 192
        count = 5 if first == 255 else 2 if 192 <= first < 224 else 1
        if len(written) < count:
            return 0
        self._goes_on = 224 <= first < 255
        if count == 2:
            self._begin((first - 192 << 8) + written[1] + 192)
        elif count == 5:
            self._begin(int.from_bytes(written[1:], "big"))
        else:
            self._begin(1 << (first & 0x1F) if self._goes_on else first)
        return count

    def _begin(self, length: int) -> None:
        self._skip = length
        self._of_data += length * (self._kind in _DATA)


class Age(_Sealed):
    """Of age: a header in text, a number, and chunks of one size, of which the last may be shorter."""

    form = "age"

    def __init__(self) -> None:
        super().__init__()
        self._payload: int | None = None

    def _look(self) -> None:
        if self._payload is None:
            if not self._held.startswith(b"age-encryption.org/"[: len(self._held)]):
                raise UnsoundError
            begin = self._held.find(b"\n--- ")
            end = self._held.find(b"\n", begin + 1) if begin >= 0 else -1
            if end < 0:
                if len(self._held) > _HEADER:
                    raise UnsoundError
                return
            self._payload = -_NONCE
            self._held = self._held[end + 1 :]
        self._payload += len(self._held)
        self._held = b""
        rest = self._payload % (_CHUNK + _TAG) if self._payload > 0 else 0
        self.ended = self._payload >= _TAG and (not rest or rest > _TAG or rest == self._payload)
        self.holds_nothing = self.ended and self._payload <= _NOTHING
