"""Reads a log stream and returns a review of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from playbook.clients.log_reading import BytesPart, Lines, LogStream, name_of
from playbook.readers.logs.by_blocks import BlockReviewer
from playbook.readers.logs.probes import Probes
from playbook.readers.logs.reviewed import Review
from playbook.readers.logs.workers import workers


def review_of(stream: LogStream, since: datetime, until: datetime, probes: Probes | None = None) -> Review:
    """Review of everything in ``stream``, within the limits of its reading; ``probes`` recognises those of the
    site.
    """
    times = since.timestamp(), until.timestamp()
    reviewer = BlockReviewer(*times, probes=probes or Probes(), zone=stream.zone)
    reading = _Bounds()
    with workers(stream.size, *times, stream.zone) as helpers:
        for part, block, found in helpers.in_order(_pieces(stream, reading), reading.reached):
            if block is not None:
                reviewer.take(block, reading.reached, found)
            elif isinstance(part, BytesPart):
                reviewer.begin_part(part.name, cut=part.cut, joins=part.joins, old=part.old)
            else:
                reviewer.begin_part(name_of(part))
                reviewer.extend(part)
    return reviewer.result()


class _Bounds:
    """Limits of the part being read."""

    def __init__(self) -> None:
        self.part: BytesPart | None = None

    def reached(self) -> bool:
        """Whether the time limit is reached."""
        return self.part is not None and self.part.reading.reached()


def _pieces(stream: LogStream, bounds: _Bounds) -> Iterator[tuple[Lines, bytes | None]]:
    """Each part once without a block at its beginning, then with each of its blocks."""
    for part in stream.parts:
        yield part, None
        if isinstance(part, BytesPart):
            bounds.part = part
            for block in part.blocks():
                yield part, block
