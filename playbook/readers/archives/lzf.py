"""LZF, by which Redis packs long strings in its dumps. https://github.com/ning/compress/wiki/LZFFormat"""

from __future__ import annotations


def unpack(data: bytes, length: int) -> bytes:
    """The ``length`` bytes that ``data`` stands for; ValueError where it does not."""
    out = bytearray()
    at = 0
    try:
        while at < len(data):
            if len(out) > length:  # three bytes can stand for 264
                break
            control = data[at]
            at += 1
            if control < 32:  # that many and one bytes as they are
                out += data[at : at + control + 1]
                at += control + 1
                continue
            count = control >> 5
            if count == 7:
                count += data[at]
                at += 1
            back = ((control & 0x1F) << 8 | data[at]) + 1
            at += 1
            start = len(out) - back
            if start < 0:
                raise ValueError("a reference to before the beginning")
            for position in range(start, start + count + 2):  # may reach into what it writes
                out.append(out[position])
    except IndexError:
        raise ValueError("it breaks off") from None
    if len(out) != length:
        raise ValueError(f"expected {length} bytes, got {'more' if len(out) > length else len(out)}")
    return bytes(out)
