"""Parts of one archive that are files of their own: joined by their names, and which are missing. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from playbook.clients.backups import StoredFile

# As split and backup jobs name parts: .aa, .partaa, .part01, .001, .chunk1; where split got no dot, shop.tar.gz-aa
# or shop.tar.gzaa. A single digit alone numbers older archives.
_WORD = r"(?:part|chunk|piece|split|vol(?:ume)?)"
_PART = re.compile(
    rf"(?P<whole>.+?)(?:[._-]{_WORD}[._-]?(?P<named>\d+|[a-z]{{2,3}})|\.(?P<plain>\d{{2,4}}|a[a-z]{{1,2}}))"
    r"|(?P<packed>.+\.(?:gz|bz2|xz|zst|lz4|gpg|age|enc|tar|tgz|zip|7z|sql|dump))[-_]?(?P<behind>a[a-z]{1,2})"
)
# WinRAR's volumes, and those of zip, whose last one has the name of all.
_RAR = re.compile(r"(?P<whole>.+)\.part(?P<number>\d{1,4})(?P<end>\.rar)")
_ZIP = re.compile(r"(?P<whole>.+)\.z(?P<number>\d{2,3})")
_FIRST = re.compile(r"0*[01]|a+")
_LETTERS = 26
# One job writes all parts of an archive; numbered archives of several nights are further apart.
_ONE_JOB = timedelta(hours=12)


class _Part(NamedTuple):
    """The name of all, and the number of one: in digits or letters."""

    whole: str
    number: str
    volumes: bool = False


def joined_parts(files: Iterable[StoredFile]) -> list[StoredFile]:
    """The files, of which those that are parts of one are a single one with the name that they have in common."""
    sets: defaultdict[str, list[tuple[str, StoredFile]]] = defaultdict(list)
    found, volumes = [], set()
    for file in files:
        part = _part_of(file.name)
        if part:
            sets[part.whole].append((part.number, file))
            volumes |= {part.whole} if part.volumes else set()
        else:
            found.append(file)
    names = {file.name: file for file in found}
    for whole, numbered in sets.items():
        numbered.sort(key=lambda one: (len(one[0]), one[0]))
        parts = tuple(file for _, file in numbered)
        last = names.get(whole) if whole in volumes else None
        parts += (last,) if last else ()
        written = [part.modified for part in parts]
        one_job = max(written) - min(written) < _ONE_JOB
        is_free = whole not in names or last is not None
        is_begun = bool(_FIRST.fullmatch(numbered[0][0])) or whole in volumes
        if len(parts) > 1 and is_begun and one_job and is_free:
            found = [file for file in found if file is not last]
            found.append(StoredFile(whole, sum(part.size for part in parts), max(written), parts))
        else:
            found += [part for part in parts if part is not last]
    return found


def missing_part(file: StoredFile) -> str:
    """What its parts lack by their numbers and sizes, to follow "got"; empty where nothing is known to be missing.

    That the last ones are there is not known by their numbers.
    """
    found = [(part.number, one) for one in file.parts if (part := _part_of(one.name))]
    for number, (name, one) in enumerate(found):
        if not one.size:
            return f"{one.name} of 0 bytes"
        begin = _number(found[0][0]) if _FIRST.fullmatch(found[0][0]) else 1
        expected = begin + number
        if _number(name) != expected:
            before = found[number - 1][1].name if number else "its first part"
            return f"{one.name} without the part before it" + (
                f", as {before} is the last one there" if number else ""
            )
    if found and _ZIP.fullmatch(found[-1][1].name) and file.parts[-1] is found[-1][1]:
        return f"volumes of a zip without the last one, {file.name}"
    return ""


def _part_of(name: str) -> _Part | None:
    if found := _RAR.fullmatch(name):
        return _Part(found["whole"] + found["end"], found["number"], volumes=True)
    if found := _ZIP.fullmatch(name):
        return _Part(f"{found['whole']}.zip", found["number"], volumes=True)
    if found := _PART.fullmatch(name):
        return _Part(found["whole"] or found["packed"], found["named"] or found["plain"] or found["behind"])
    return None


def _number(text: str) -> int:
    """Of digits, or of letters as ``split`` counts them."""
    if text.isdecimal():
        return int(text)
    value = 0
    for letter in text:
        value = value * _LETTERS + ord(letter) - ord("a")
    return value
