"""A target's settings for verification and retention of backups, restore drills and the test alert."""

from __future__ import annotations

from typing import Annotated

import msgspec

from playbook.core.secret import Seconds, Secret, Section

RECORDS = "drills.jsonl"
# With none of something there would be nothing to judge, and all of it well.
AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]


class Recovery(Section, frozen=True):
    """How backups are verified, kept, and restored in drills.

    Attributes:
        verify_newest: number of archives that the weekly verification reads to their end.
        verify_seconds: time limit for all of them together.
        keep_nights: number of nights for which there must be a backup.
        keep_most_days: age in days beyond which no archive may be kept.
        dump: name of the archive member that is Redis' dump; empty where the archives contain none.
        images: folder in the archives that is the image store.
        records: file to which each drill appends a line, and by which production is judged.
        staging: names of the staging targets whose drills count for this one; those of any where empty.
        records_limit_days: how long a drill's record counts for the objectives.
        weekly_within_days, monthly_within_days: maximum age of the newest restore drill and the newest full test.
        rollback_within_days: maximum age of the newest rollback drill; where not set, staging is not rolled back,
            and no drill is expected.
        rollback_seconds: time limit until the older release, and then the newer one again, must run.
        folder: where drills make their staging folders; the system's temporary folder where not set.
        seconds: time limit of a drill.
        valkey: server program; where not set, valkey-server or redis-server from the path, or else the one that
            comes with the sandbox.
        samples: number of keys and images that a drill reads and compares; the full test compares every image.
        count_tolerance_percent: tolerance for the manifest's own counts, as they come from a live system.
        space_factor: free space required before a drill, in multiples of the archive's size.
        restore_command, disaster_command: a script to run instead, word by word, with ``{archive}`` replaced by
            the path of a copy of the newest archive and ``{folder}`` by an empty folder.
        restore_variables: names of the environment variables that such a script needs besides the usual ones
            (``PATH``, ``HOME``, …), e.g. ``PGPASSWORD``. It gets no others.
    """

    verify_newest: AtLeastOne = 7
    verify_seconds: Seconds = 240.0
    keep_nights: AtLeastOne = 30
    keep_most_days: Annotated[float, msgspec.Meta(gt=0)] = 35.0
    dump: str = "dump.rdb"
    images: str = "images"
    records: str = RECORDS
    staging: tuple[str, ...] = ()
    records_limit_days: float = 35.0
    weekly_within_days: float = 7.5
    monthly_within_days: float = 31.5
    rollback_within_days: float | None = None
    rollback_seconds: Seconds = 600.0
    folder: str | None = None
    seconds: Seconds = 480.0
    valkey: str | None = None
    samples: AtLeastOne = 50
    count_tolerance_percent: Annotated[float, msgspec.Meta(ge=0, lt=100)] = 1.0
    space_factor: float = 4.0
    restore_command: tuple[str, ...] = ()
    disaster_command: tuple[str, ...] = ()
    restore_variables: tuple[str, ...] = ()


class AlertTest(Section, frozen=True):
    """The test alert and where its arrival can be read.

    Attributes:
        labels: of the test alert; its route must lead to the receiver. ``alertname="PlaybookTestAlert"``,
            ``test="true"`` and a unique ``run`` are added.
        received_url: where the receiver lists what arrived: a JSON list of Alertmanager's posts to it, as
            ``python -m playbook.clients.recovery.receiver`` does.
        token: expected by the receiver.
        seconds: how long the alert may take to arrive, ``group_wait`` included, and then to be resolved.
    """

    labels: dict[str, str] = msgspec.field(default_factory=lambda: {"severity": "none"})
    received_url: str | None = None
    token: Secret | None = None
    ca: str | None = None
    seconds: Seconds = 60.0
