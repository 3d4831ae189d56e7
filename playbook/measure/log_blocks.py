"""A stream of logs → a review of it."""

from __future__ import annotations

from datetime import datetime

from playbook.clients.log_reading import BytesPart, LogStream, name_of
from playbook.logs.by_blocks import BlockReviewer
from playbook.logs.review import Review


def review_of(stream: LogStream, since: datetime, until: datetime) -> Review:
    """Everything that ``stream`` gives, as far as its bounds let it."""
    reviewer = BlockReviewer(since.timestamp(), until.timestamp())
    for part in stream.parts:
        if isinstance(part, BytesPart):
            reviewer.begin_part(part.name, cut=part.cut, joins=part.joins)
            for block in part.blocks():
                reviewer.take(block, part.reading.reached)
        else:
            reviewer.begin_part(name_of(part))
            reviewer.extend(part)
    return reviewer.result()
