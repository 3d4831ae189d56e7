"""A dump that is no member of an archive: read once to its end, whether it is whole, and what is in it.

It is whole where its own form says so: by the line that its program writes last, by a table of contents of which
each part is there, by the end mark or the lengths of its format. That says nothing of single bytes, which only a
sum shows: that of how it is packed, its own, or one that lies beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from playbook.readers.archives.dump import Dump, DumpError
from playbook.readers.archives.dump_ends import program_of
from playbook.readers.archives.dump_statements import is_structure
from playbook.readers.archives.dump_times import Times
from playbook.readers.archives.inner_files import InnerFile
from playbook.readers.archives.inner_names import is_of_redis, name_of
from playbook.readers.archives.rdb import read_dump
from playbook.readers.archives.streams import CHUNK
from playbook.readers.archives.unpacked_content import Content, Readable
from playbook.readers.archives.wholeness import Wholeness

_HEAD = 2048  # bytes
_OF_REDIS = (b"REDIS0", b"VALKEY")


@dataclass(frozen=True, slots=True)
class BareDump:
    """Result of reading one to its end.

    Attributes:
        wholeness: its problem follows "a file that".
        what: what it is: ``a dump of PostgreSQL, packed by gzip``.
        unsummed: why a changed byte may not be seen, to follow "got"; empty where every byte is covered by a sum.
        unread: what of a sound dump is not understood, to follow "got"; empty where nothing is.
        dump: of Redis.
        times: when it was made, and its tables.
    """

    wholeness: Wholeness
    what: str
    unsummed: str = ""
    unread: str = ""
    dump: Dump | None = None
    times: Times = field(default_factory=Times)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong and nothing doubtful."""
        return self.wholeness == Wholeness()


def read_bare_dump(stream: Readable, name: str, now: datetime, require_time: Callable[[], None]) -> BareDump:
    """Read a file to its end.

    Args:
        name: without folders.
        now: aware; see ``read_dump``.
        require_time: raises OutOfTimeError at the time limit.

    Raises:
        OutOfTimeError, and what reading the stream raises.
    """
    content = Content(stream, require_time)
    head = content.peek(_HEAD)
    found = (
        _of_redis(content, name, now)
        if head.startswith(_OF_REDIS)
        else _of_others(content, name, head, require_time)
    )
    while content.read(CHUNK):  # behind what was understood, where something was wrong
        pass
    packed = f", packed by {content.form}" if content.form else ""
    wholeness = found.wholeness
    if content.damage:
        wholeness = Wholeness(content.damage)
    elif not content.is_unpacked:
        doubt = f"a file packed by {content.form}, in a way that is not unpacked here"
        wholeness = Wholeness(doubt=doubt)
    unsummed = "" if content.is_summed else found.unsummed
    return BareDump(wholeness, found.what + packed, unsummed, found.unread, found.dump, found.times)


def _of_redis(content: Content, name: str, now: datetime) -> BareDump:
    what = "a dump of Redis or Valkey"
    try:
        dump = read_dump(content, now)  # type: ignore[arg-type]
    except DumpError as error:
        return BareDump(Wholeness(str(error)), what)
    unsummed = "" if dump.summed else f"{what} that was written without one"
    unread = f"one whose keys cannot be counted, as {dump.uncounted}" if dump.uncounted else ""
    doubt = f"{unread}, and that has no sum" if dump.uncounted and not dump.summed else ""
    made = {name: dump.made} if dump.made and is_of_redis(name) else {}
    return BareDump(Wholeness(doubt=doubt), what, unsummed, unread, dump, Times(made))


def _of_others(content: Content, name: str, head: bytes, require_time: Callable[[], None]) -> BareDump:
    named = name_of(name)
    is_text = program_of(head) is not None or (named is not None and bool(named["text"]))
    inner = InnerFile(require_time, sealed=False, text=is_text, bare=True)
    while piece := content.read(CHUNK):
        require_time()
        inner.write(piece)
    wholeness = inner.wholeness
    if not wholeness.problem and inner.has_rows is False and not is_structure(name):
        wholeness = Wholeness("is a dump in which no table has a row")
    times = Times(
        {name: inner.made} if inner.made else {},
        keys={name: inner.key} if inner.key else {},
        tables={name: inner.tables} if inner.tables else {},
    )
    return BareDump(wholeness, inner.what, inner.unsummed, times=times)
