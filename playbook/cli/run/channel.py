"""The pipe through which a child run reports where its results are."""

from __future__ import annotations

import os
from contextlib import suppress


class RunChannel:
    """Receives what a child run reports: through a pipe, since a file could not be written on a full disk."""

    def __enter__(self) -> RunChannel:
        self._reader, self.writer = os.pipe()
        self._received = b""
        os.set_blocking(self._reader, False)  # processes that the run left behind may still hold the writing end
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._reader)
        os.close(self.writer)

    @property
    def address(self) -> str:
        """The writing end as a file name, for the run that inherits it."""
        return f"/dev/fd/{self.writer}"

    def receive(self) -> None:
        """Read what is waiting; a run of many targets writes more than a pipe holds."""
        with suppress(BlockingIOError):
            while data := os.read(self._reader, 65_536):
                self._received += data

    def received(self) -> bytes:
        """All that was written so far."""
        self.receive()
        return self._received
