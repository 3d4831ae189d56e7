"""A stream of logs → a review of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from playbook.clients.log_reading import BytesPart, Lines, LogStream, name_of
from playbook.readers.logs.by_blocks import BlockReviewer
from playbook.readers.logs.review import Review
from playbook.readers.logs.workers import workers


def review_of(stream: LogStream, since: datetime, until: datetime) -> Review:
    """Everything that ``stream`` gives, as far as its bounds let it."""
    times = since.timestamp(), until.timestamp()
    reviewer = BlockReviewer(*times)
    reading = _Bounds()
    with workers(stream.size, *times) as helpers:
        for part, block, found in helpers.in_order(_pieces(stream, reading), reading.reached):
            if block is not None:
                reviewer.take(block, reading.reached, found)
            elif isinstance(part, BytesPart):
                reviewer.begin_part(part.name, cut=part.cut, joins=part.joins)
            else:
                reviewer.begin_part(name_of(part))
                reviewer.extend(part)
    return reviewer.result()


class _Bounds:
    """Those of the part that is read at the moment."""

    def __init__(self) -> None:
        self.part: BytesPart | None = None

    def reached(self) -> bool:
        """Whether the time is over."""
        return self.part is not None and self.part.reading.reached()


def _pieces(stream: LogStream, bounds: _Bounds) -> Iterator[tuple[Lines, bytes | None]]:
    """Each part once without a block, where it begins, and then its blocks."""
    for part in stream.parts:
        yield part, None
        if isinstance(part, BytesPart):
            bounds.part = part
            for block in part.blocks():
                yield part, block
