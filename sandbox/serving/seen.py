"""Distinct requests to the sandbox: methods and paths of every HTTP service, commands of Redis.

For the table in SECURITY.md of what the suite does to each system; ``GET /seen`` of the control endpoint returns
it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

READER = "playbook"  # the suite's user in Redis
_MOST = 20_000  # per system; a flood of paths must not fill the memory
_LONGEST_COMMAND = 64 * 1024  # bytes that are inspected; the reader's commands are shorter


class Seen:
    """Requests so far, by system."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def note(self, system: str, what: str) -> None:
        """Record it, unless it is recorded already."""
        known = self._seen.setdefault(system, set())
        if len(known) < _MOST:
            known.add(what)

    def told(self) -> dict[str, list[str]]:
        """All of it, sorted."""
        return {system: sorted(known) for system, known in sorted(self._seen.items())}

    def watched(self, app: ASGIApp, system: str) -> ASGIApp:
        """The app, with its requests recorded: ``GET /path``, or ``WEBSOCKET /path``."""

        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] in {"http", "websocket"}:
                self.note(system, f"{scope.get('method', 'WEBSOCKET')} {scope['path']}")
            await app(scope, receive, send)

        return noting


class Commands:
    """Command names on one Redis connection, while its user is the read-only one.

    Parses the client side of RESP: arrays of bulk strings (https://valkey.io/topics/protocol/).
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._buffer = b""
        self._is_reader: bool | None = None  # unknown before the first command

    def feed(self, data: bytes) -> None:
        """Data from the client."""
        if self._is_reader is False:
            return
        self._buffer += data
        while (words := self._next()) is not None:
            if self._is_reader is None:
                self._is_reader = words[:2] == [b"AUTH", READER.encode()]
                if not self._is_reader:
                    self._buffer = b""
                    return
            else:
                self._note(_name(words))
        if len(self._buffer) > _LONGEST_COMMAND:
            self._note("a command that is too long to be one of a reader")
            self._is_reader, self._buffer = False, b""

    def _next(self) -> list[bytes] | None:
        """The words of a complete command, removed from the buffer; None if there is none yet."""
        lines = self._buffer.split(b"\r\n", 1)
        if len(lines) < 2 or not lines[0].startswith(b"*"):
            return None
        rest, words = lines[1], []
        for _ in range(int(lines[0][1:])):
            head, found, rest = rest.partition(b"\r\n")
            length = int(head[1:]) if found else 0
            if not found or len(rest) < length + 2:
                return None
            words.append(rest[:length])
            rest = rest[length + 2 :]
        self._buffer = rest
        return words


# Commands of which a user may be permitted only some subcommands.
_WITH_SUBCOMMANDS = frozenset(
    {"ACL", "CLIENT", "CLUSTER", "CONFIG", "LATENCY", "MEMORY", "MODULE", "OBJECT", "SCRIPT", "SLOWLOG", "XINFO"}
)


def _name(words: list[bytes]) -> str:
    name = words[0].decode(errors="replace").upper() if words else ""
    if name in _WITH_SUBCOMMANDS and len(words) > 1:
        return f"{name} {words[1].decode(errors='replace').upper()}"
    return name
