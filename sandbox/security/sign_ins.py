"""Sign-ins of the sandbox's jump host: a week of sshd lines as rsyslog writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.serving.service import FileService

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.world import World


class SignInsService(FileService):
    """Writes the file; it is missing if ``sign-ins`` is gone."""

    name: ClassVar[str] = "sign-ins"

    def settings(self) -> dict[str, Any]:
        """Path of the file."""
        return {"security": {"auth_logs": [str(self._file.with_suffix(".log*"))], "time_zone": "UTC"}}

    @property
    def _file(self) -> Path:
        return self.context.folder / "sign-ins" / "portfolio-auth.log"

    def _write(self, world: World) -> None:
        self._file.parent.mkdir(exist_ok=True)
        self._file.unlink(missing_ok=True)
        if self.name not in world.gone:
            self._file.write_text("".join(f"{line}\n" for line in world.sign_ins.lines()), encoding="utf-8")
