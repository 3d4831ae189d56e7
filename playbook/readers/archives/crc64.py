"""The checksum at the end of a Redis dump: CRC-64 with Jones' polynomial, reflected, without a final XOR.

https://github.com/valkey-io/valkey/blob/unstable/src/crc64.c
"""

from __future__ import annotations

from crcmod import Crc

_POLYNOMIAL = 0x1_AD93_D235_94C9_35A9


class Crc64:
    """A running checksum: call ``update`` with each piece, then read ``value``."""

    def __init__(self) -> None:
        self._crc = Crc(_POLYNOMIAL, initCrc=0, rev=True, xorOut=0)

    def update(self, data: bytes) -> None:
        """Add ``data`` to the checksum."""
        self._crc.update(data)

    @property
    def value(self) -> int:
        """The checksum of all data so far."""
        return int(self._crc.crcValue)


def crc64(data: bytes) -> int:
    """The checksum of ``data``; for ``123456789`` it is 0xe9c6d914c4b8d9ca."""
    running = Crc64()
    running.update(data)
    return running.value
