"""Files whose headers say how long they are."""

from __future__ import annotations


def cut_sqlite(head: bytes, size: int) -> str:
    """Whether a file of SQLite is shorter than its header says (https://sqlite.org/fileformat.html).

    Args:
        head: its beginning, of 100 bytes at least.
        size: in bytes.
    """
    page = int.from_bytes(head[16:18], "big")
    length = (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    is_known = len(head) >= 100 and head[24:28] == head[92:96]
    return _cut(size, length) if is_known else ""


def cut_seven_zip(head: bytes, size: int) -> str:
    """Whether a 7-Zip archive is shorter than its first header says, which is written last (7zFormat.txt).

    Args:
        head: its beginning, of 32 bytes at least.
        size: in bytes.
    """
    offset, length = (int.from_bytes(head[at : at + 8], "little") for at in (12, 20))
    whole = 32 + offset + length
    return "is not finished" if size > 32 and whole == 32 else _cut(size, whole)


def _cut(size: int, length: int) -> str:
    return f"is cut off after {size:,} of {length:,} B" if length > size else ""
