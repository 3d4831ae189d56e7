"""What a target says of its backups' verification and retention, of restore drills and of the test alert."""

from __future__ import annotations

import msgspec

from playbook.core.secret import Seconds, Secret, Section


class Recovery(Section, frozen=True):
    """How backups are verified, kept, and restored to see whether that works.

    Attributes:
        verify_newest: how many archives the weekly verification reads to their end.
        verify_seconds: how long that may take for all of them together.
        keep_nights: for how many nights there must be a backup.
        keep_most_days: age in days beyond which no archive may be kept.
        dump: name of the member that is Redis' dump; empty where the archives hold none.
        images: folder in the archives that is the image store.
        records: file to which each drill adds a line, and from which production is judged; relative to the
            current folder.
        records_limit_days: for how long a drill's record counts for the objectives.
        weekly_within_days, monthly_within_days: how old the newest restore drill and the newest full test may be.
        rollback_within_days: how old the newest rollback drill may be; where not set, staging is no app that is
            rolled back, and none is expected.
        rollback_seconds: after which the older release, and then the newer one again, must run.
        folder: where drills make their staging places; the system's temporary folder where not set.
        seconds: after which a drill is ended.
        valkey: server program; where not set, valkey-server or redis-server from the path, else the one that comes
            with the sandbox.
        samples: how many keys and images a drill reads and compares; the full test compares every image.
        count_tolerance_percent: how far the manifest's own counts may be off, as they come from a live system.
        space_factor: free space demanded before a drill, in multiples of the archive's size.
        restore_command, disaster_command: an own script to run instead, word by word, ``{archive}`` standing for
            the path of a copy of the newest archive and ``{folder}`` for an empty folder.
        restore_variables: names of the environment variables that such a script needs besides the usual ones
            (``PATH``, ``HOME``, …), e.g. ``PGPASSWORD``. It gets no others.
    """

    verify_newest: int = 7
    verify_seconds: Seconds = 240.0
    keep_nights: int = 30
    keep_most_days: float = 35.0
    dump: str = "dump.rdb"
    images: str = "images"
    records: str = "drills.jsonl"
    records_limit_days: float = 35.0
    weekly_within_days: float = 7.5
    monthly_within_days: float = 31.5
    rollback_within_days: float | None = None
    rollback_seconds: Seconds = 600.0
    folder: str | None = None
    seconds: Seconds = 480.0
    valkey: str | None = None
    samples: int = 50
    count_tolerance_percent: float = 1.0
    space_factor: float = 4.0
    restore_command: tuple[str, ...] = ()
    disaster_command: tuple[str, ...] = ()
    restore_variables: tuple[str, ...] = ()


class AlertTest(Section, frozen=True):
    """The test alert and where its arrival is seen.

    Attributes:
        labels: of the test alert; its route must lead to the receiver. ``alertname="PlaybookTestAlert"``,
            ``test="true"`` and ``run``, which is another each time, are added.
        received_url: where the receiver tells what arrived: a JSON list of what Alertmanager posted to it, as
            ``python -m playbook.clients.recovery.receiver`` does.
        token: what the receiver wants to see.
        seconds: how long the alert may take to arrive, ``group_wait`` included, and then its end.
    """

    labels: dict[str, str] = msgspec.field(default_factory=lambda: {"severity": "none"})
    received_url: str | None = None
    token: Secret | None = None
    ca: str | None = None
    seconds: Seconds = 60.0
