"""Staging places: new folders with random names; everything that runs in them ends with them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playbook.core.errors import Unmeasured, UsageError
from playbook.core.guard import Guard, temporary_folder
from playbook.settings.gate import MutationGate, Permit, require_permit

SERVICE = "Staging place"
PREFIX = "restore-drill-"
_LONGEST = 70  # length of the folder's path: the place contains a unix socket, whose path has at most 104 bytes


class Place:
    """A private folder for one drill.

    Attributes:
        folder: its path.
        guard: ends what was started in it and removes it, even if this process is killed.
    """

    def __init__(self, permit: Permit, base: str | None) -> None:
        require_permit(permit)
        self.guard = Guard(temporary_folder(PREFIX, base))
        self.folder: Path = self.guard.folder

    @property
    def free(self) -> int:
        """Free bytes of its file system."""
        return shutil.disk_usage(self.folder).free


class Staging:
    """Creates places, and removes those left over at the end of the run."""

    def __init__(self, gate: MutationGate, base: str | None, setting: str) -> None:
        self._gate = gate
        self._base = base
        self._setting = setting
        self._open: set[Place] = set()
        self._lock = threading.Lock()

    @property
    def refusal(self) -> str:
        """Why this target has no places: it is a production system; else empty."""
        return self._gate.refusal

    @contextmanager
    def place(self) -> Iterator[Place]:
        """A new place, removed on leaving.

        Raises:
            Forbidden: the gate gives no permit.
        """
        permit = self._gate.permit
        if self._base is not None and (len(self._base) > _LONGEST or not Path(self._base).is_dir()):
            raise UsageError(
                f"{self._setting}: expected an existing folder with a path of at most {_LONGEST} characters"
            )
        place = Place(permit, self._base)
        with self._lock:
            self._open.add(place)
        try:
            yield place
        finally:
            with self._lock:
                left = place in self._open
                self._open.discard(place)
            if left:
                place.guard.end()

    def close(self) -> None:
        """Remove the places of interrupted drills; called at the end of the run, however it ends."""
        with self._lock:
            left, self._open = self._open, set()
        for place in left:
            place.guard.abandon()


def require_room(place: Place, needed: float) -> None:
    """Raise Unmeasured if fewer than ``needed`` bytes are free."""
    if place.free < needed:
        raise Unmeasured(
            f"{SERVICE}: expected {needed / 1e6:,.0f} MB free in {place.folder.parent} for the restored data, "
            f"got {place.free / 1e6:,.0f} MB",
            service=SERVICE,
            hint="Free some space there, or name another folder in targets.NAME.recovery.folder.",
        )
