"""The socket on which a run that was started tells what became of it."""

from __future__ import annotations

import os
from contextlib import suppress


class Ear:
    """What hears where a run's results are: a pipe, as no file could be made for it on a full disk."""

    def __enter__(self) -> Ear:
        self._listens, self.to_speak_into = os.pipe()
        self._said = b""
        os.set_blocking(self._listens, False)  # whatever the run has left behind may still hold the other end
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._listens)
        os.close(self.to_speak_into)

    @property
    def address(self) -> str:
        """As a file's name, for the run that inherits the other end."""
        return f"/dev/fd/{self.to_speak_into}"

    def listen(self) -> None:
        """Take in what was said since; a run of many targets says more than a pipe holds."""
        with suppress(BlockingIOError):
            while said := os.read(self._listens, 65_536):
                self._said += said

    def heard(self) -> bytes:
        """What was said so far."""
        self.listen()
        return self._said
