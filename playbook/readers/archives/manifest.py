"""The manifest of an archive: a list of its files, in one of two formats.

    {"files": [{"path": "dump.rdb", "bytes": 4711, "sha256": "9f86d0…"}], "created": "…", "counts": {"images": 54}}

or the lines that ``sha256sum`` and its relatives write, ``9f86d0…  dump.rdb``. Of its other content only the words
of a failed job count; an entry with less information counts as not understood.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from playbook.core import door
from playbook.core.budget import Ambiguous, OverBudget, read_unambiguous_json
from playbook.readers.archives.job_report import report_of

LONGEST = 16 * 1024 * 1024  # bytes
MAX_ENTRIES = 500_000
SHAPE = '{"files": [{"path": "…", "bytes": 1, "sha256": "…"}]} or the lines of sha256sum'
# By the length of a sum in hexadecimal digits.
ALGORITHMS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_SUM = "|".join(f"[0-9a-fA-F]{{{length}}}" for length in sorted(ALGORITHMS, reverse=True))
_DIGEST = re.compile(rf"(?:(?:md5|sha-?\d{{1,3}}):)?({_SUM})", re.IGNORECASE)
# Keys of an entry's sum, the best first.
_KEYS = ("sha256", "sha512", "sha384", "sha1", "md5", "checksum", "digest", "hash")
# Of sha256sum, and of FreeBSD's sha256 -r, which writes one space.
_LINE = re.compile(rf"(?P<escaped>\\?)(?P<sum>{_SUM}) [ *]?(?P<path>.+)", re.DOTALL)
# Of BSD and sha256sum --tag, and of openssl dgst.
_TAGGED = re.compile(
    rf"(?P<escaped>\\?)(?:MD5|SHA(?:2-)?\d{{1,3}}) ?\((?P<path>.+)\) ?= (?P<sum>{_SUM})", re.DOTALL
)
_NAMED = re.compile(r"(?i)(?:md5|sha-?(?:1|224|256|384|512))(?!\d)")
# Names of lists whose sums are as long as those of SHA-2 and of another kind.
_NAMED_OTHERWISE = re.compile(r"(?i)(?<![a-z])(?:sha-?3(?!84)|b2|b3|blake|keccak|xxh|sm3)")
# RFC 9580, 7: lines that begin with a dash have another one and a space before it.
_SIGNED = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[\w-]+: [^\n]*\n)*\n(?P<text>.*)\n-----BEGIN PGP SIGNATURE-----\n.*"
    r"-----END PGP SIGNATURE-----\s*",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\([\\nr])")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:?\d\d", re.ASCII)
_MEANT = {"\\": "\\", "n": "\n", "r": "\r"}


class ListedFile(msgspec.Struct, frozen=True):
    """A manifest's entry for one member.

    Attributes:
        bytes: its size; None where not given.
        digest: of its content, in lower case; empty where not given, or only by an unknown algorithm.
    """

    path: str
    bytes: int | None = None
    digest: str = ""

    @property
    def algorithm(self) -> str:
        """The algorithm of its digest, as hashlib names it."""
        return ALGORITHMS[len(self.digest)]


class Manifest(msgspec.Struct, frozen=True):
    """The contents of an archive according to itself.

    Attributes:
        created: ISO 8601, by the job; may be empty.
        counts: numbers that the job counted.
        odd: entries that are not understood, verbatim.
        failure: a failure of the backup that it reports, e.g. ``"status": "failed"``; empty without one.
    """

    files: list[ListedFile]
    created: str = ""
    counts: dict[str, int] = {}
    odd: list[str] = []
    failure: str = ""

    @property
    def made(self) -> datetime | None:
        """The moment of ``created``, UTC where it has no zone; None for a day alone, which several may share."""
        if not _MOMENT.match(self.created):
            return None
        try:
            at = datetime.fromisoformat(self.created)
            return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


class ShapeError(Exception):
    """The manifest has another format; the message follows "got"."""


def algorithms_of(name: str, begin: bytes) -> frozenset[str]:
    """The algorithms of a manifest's sums, as far as its name or the beginning of its text shows them: SHA-256 is
    one of them, as it is the usual one.
    """
    found = {named[0].lower().replace("-", "") for named in _NAMED.finditer(name)}
    lengths = {len(digits) for digits in re.findall(rb"\b[0-9a-fA-F]{32,128}\b", begin)}
    return frozenset({"sha256", *found, *(ALGORITHMS[length] for length in lengths & ALGORITHMS.keys())})


def is_of_other_sums(name: str) -> bool:
    """Whether a list is of sums that are not known here, by its name: ``B2SUMS``, ``SHA3SUMS``."""
    return _NAMED_OTHERWISE.search(name) is not None


def read_manifest(data: bytes) -> Manifest:
    """Parse a manifest; ShapeError where the format is unknown."""
    if len(data) >= LONGEST:
        raise ShapeError(f"one of over {LONGEST // 1024 // 1024} MiB")
    try:
        return _read(data)
    except RecursionError:
        raise ShapeError("one that is nested too deeply") from None


def _read(data: bytes) -> Manifest:
    try:
        document = read_unambiguous_json(data.removeprefix(codecs.BOM_UTF8))
    except (OverBudget, Ambiguous) as error:
        raise ShapeError(f"JSON {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _of_lines(data)
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, list):
        raise ShapeError(f"JSON with {_keys(document)} and no list of files")
    if len(files) > MAX_ENTRIES:
        raise ShapeError(f"a list of over {MAX_ENTRIES:,} files")
    listed, odd = [], []
    for entry in files:
        found = _entry(entry)
        if found:
            listed.append(found)
        else:
            odd.append(msgspec.json.encode(entry).decode())
    if odd and not listed:
        raise ShapeError(f"a list of files with entries such as {door.line(odd[0], 120)}")
    created, counts = document.get("created"), document.get("counts")
    failure, unclear = report_of(document)
    odd += unclear
    return Manifest(
        listed,
        created if isinstance(created, str) else "",
        {name: count for name, count in counts.items() if isinstance(count, int)}
        if isinstance(counts, dict)
        else {},
        odd,
        failure,
    )


def _entry(entry: Any) -> ListedFile | None:
    """One entry; None where it names no file, or gives neither its size nor any checksum."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("path"), str) or not entry["path"]:
        return None
    size, texts = entry.get("bytes"), [entry[key] for key in _KEYS if key in entry]
    found = next((match for text in texts if isinstance(text, str) and (match := _DIGEST.fullmatch(text))), None)
    if entry.get("sha256") and not found:
        return None
    counted = size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None
    if counted is None and ("bytes" in entry or not found):
        return None
    return ListedFile(entry["path"], counted, found[1].lower() if found else "")


def _of_lines(data: bytes) -> Manifest:
    """Parse the output of sha256sum, including the BSD style, its binary mark, comments, escaped names, and lines
    that end with NUL; also where OpenPGP has signed it.
    """
    end = b"\0" if b"\0" in data else b"\n"
    if data.count(end) > MAX_ENTRIES:
        raise ShapeError(f"one of over {MAX_ENTRIES:,} lines")
    text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="surrogateescape")
    lines = [line.removesuffix("\r") for line in text.split(end.decode())]
    signed = _SIGNED.fullmatch("\n".join(lines))
    if signed:
        lines = [line.removeprefix("- ") for line in signed["text"].split("\n")]
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    matches = [_LINE.fullmatch(line) or _TAGGED.fullmatch(line) for line in lines]
    found = [match for match in matches if match]
    if not found:
        raise ShapeError("one that is neither JSON nor lines of sums" if lines else "an empty one")
    odd = [line for line, match in zip(lines, matches, strict=True) if not match]
    return Manifest([ListedFile(_path_of(match), None, match["sum"].lower()) for match in found], odd=odd)


def _path_of(match: re.Match[str]) -> str:
    """The path of a line; one that begins with a backslash writes line ends and backslashes as escapes."""
    if not match["escaped"]:
        return match["path"]
    return _ESCAPED.sub(lambda escape: _MEANT[escape[1]], match["path"])


def _keys(document: Any) -> str:
    if not isinstance(document, dict):
        return f"a {type(document).__name__}"
    return ", ".join(map(repr, list(document)[:5])) or "nothing in it"
