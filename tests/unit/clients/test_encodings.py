"""Compressed bodies: taken apart in pieces, whatever a small one grows to."""

import gzip
import tracemalloc
import zlib

import pytest

from playbook.clients.encodings import Unreadable, decoded

TEXT = b"a line of a page that is worth compressing\n" * 5000


def bare(data):
    """Deflate without zlib's header, as many servers send it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("size", [1, 1000, 10**6], ids=["byte-by-byte", "in-pieces", "at-once"])
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("X-GZIP", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare(TEXT)),
        ("gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
        ("gzip", gzip.compress(TEXT) + b"\0" * 512),
        ("", TEXT),
        ("br", TEXT),
    ],
    ids=["gzip", "x-gzip", "zlib", "bare-deflate", "two-members", "padded", "none", "unknown"],
)
def test_body_is_decoded_and_unknown_encoding_passed_through(encoding, body, size):
    """However it is cut; one in an unknown encoding stays as it is."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    assert b"".join(decoded(pieces, encoding)) == TEXT


@pytest.mark.parametrize("size", [0, 1, 2**16 - 1, 2**16, 2**16 + 1, 2**17])
@pytest.mark.parametrize("behind", [b"", b"\0" * 9, gzip.compress(b"")], ids=["end", "padding", "member"])
def test_body_filling_last_piece_exactly_is_complete(size, behind):
    """Where the last piece is full, only the next step knows that it was the last."""
    body = gzip.compress(b"x" * size) + behind
    assert b"".join(decoded([body], "gzip")) == b"x" * size


def test_decompression_bomb_can_be_abandoned():
    """A gigabyte in a megabyte costs no more than a piece where nobody reads on."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(b"\0" * 2**20) for _ in range(64)) + packer.flush()
    assert len(bomb) < 2**17
    tracemalloc.start()
    try:
        sizes = [len(piece) for piece, _ in zip(decoded([bomb], "gzip"), range(40), strict=False)]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sizes == [64 * 1024] * 40
    assert most < 2**20


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>hello</html>", "a body that is not gzip, although its Content-Encoding says so"),
        (gzip.compress(TEXT)[:-9], "a body in gzip that breaks off"),
        (gzip.compress(TEXT)[:5], "a body in gzip that breaks off"),
        (gzip.compress(TEXT)[:-8] + b"12345678", "a body that is not gzip, although its Content-Encoding says so"),
    ],
    ids=["plain-text", "cut", "cut-in-the-header", "wrong-checksum"],
)
def test_invalid_compressed_body_is_unreadable(body, reason):
    """Never taken for a shorter body."""
    with pytest.raises(Unreadable, match=reason):
        list(decoded([body], "gzip"))


def test_empty_body_with_encoding_is_empty():
    """Answers to HEAD, and some servers' empty ones, name an encoding all the same."""
    assert list(decoded([], "gzip")) == []
    assert list(decoded([b""], "gzip")) == []
