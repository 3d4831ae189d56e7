"""The checksum that ends a Redis dump: CRC-64 with Jones' polynomial, reflected, without a final change.

https://github.com/valkey-io/valkey/blob/unstable/src/crc64.c
"""

from __future__ import annotations

from crcmod import Crc

_POLYNOMIAL = 0x1_AD93_D235_94C9_35A9


class Crc64:
    """A running sum: ``update`` with one piece after the other, then read ``value``."""

    def __init__(self) -> None:
        self._crc = Crc(_POLYNOMIAL, initCrc=0, rev=True, xorOut=0)

    def update(self, data: bytes) -> None:
        """Go on with ``data``."""
        self._crc.update(data)

    @property
    def value(self) -> int:
        """The sum of all that was given."""
        return int(self._crc.crcValue)


def crc64(data: bytes) -> int:
    """The sum of ``data``; of ``123456789`` it is 0xe9c6d914c4b8d9ca."""
    running = Crc64()
    running.update(data)
    return running.value
