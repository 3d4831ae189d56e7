"""LZF, with which Redis compresses long strings in its dumps. https://github.com/ning/compress/wiki/LZFFormat"""

from __future__ import annotations


def unpack(data: bytes, length: int) -> bytes:
    """Decompress ``data`` to ``length`` bytes; ValueError where it does not decompress to that."""
    out = bytearray()
    at = 0
    try:
        while at < len(data):
            if len(out) > length:  # three bytes can expand to 264
                break
            control = data[at]
            at += 1
            if control < 32:  # that number plus one of literal bytes
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
            for position in range(start, start + count + 2):  # may overlap its own output
                out.append(out[position])
    except IndexError:
        raise ValueError("it breaks off") from None
    if len(out) != length:
        raise ValueError(f"expected {length} bytes, got {'more' if len(out) > length else len(out)}")
    return bytes(out)
