"""Redis or Valkey, read-only. Every command passes ``execute_command``, which accepts only commands that read."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import unquote, urlsplit

from playbook.clients.redis_budget import Allowance, connection, parser
from playbook.clients.redis_replies import explained, reason_of_error, worth_another
from playbook.clients.retries import tries
from playbook.clients.trust import context_for
from playbook.core import door
from playbook.core.budget import words
from playbook.core.engine import client
from playbook.core.errors import Forbidden, Malformed, Unmeasured, UsageError
from playbook.core.secret import Secret
from playbook.settings.model import Settings, TimeLimits

if TYPE_CHECKING:
    from redis import Redis
    from redis.exceptions import RedisError

SERVICE = "Redis"
_ATTEMPTS = 2
_TLS = frozenset({"rediss", "valkeys"})
_SCHEMES = _TLS | {"redis", "valkey"}
_READ_ONLY: dict[str, frozenset[str]] = {
    # Commands, with subcommands where they have any (https://valkey.io/commands/). None of them changes data,
    # configuration or other clients. Nothing here needs cached values: GET is for jobs and workers of queues that
    # are a text of their own. Of queued jobs only the times are used.
    **dict.fromkeys(
        (
            *("PING", "INFO", "DBSIZE", "TIME", "LASTSAVE", "SCAN", "TYPE", "TTL", "PTTL", "EXISTS"),
            *("GET", "LLEN", "SCARD", "ZCARD", "XLEN", "STRLEN", "HLEN", "HGETALL"),
            *("LINDEX", "SMEMBERS", "SISMEMBER", "ZRANGE", "HGET", "HMGET", "XRANGE", "XPENDING"),
        ),
        frozenset[str](),
    ),
    "CLIENT": frozenset({"LIST", "INFO"}),
    "CLUSTER": frozenset({"INFO"}),
    "CONFIG": frozenset({"GET"}),
    "LATENCY": frozenset({"LATEST", "HISTORY"}),
    "MEMORY": frozenset({"USAGE", "STATS"}),
    "OBJECT": frozenset({"ENCODING", "FREQ", "IDLETIME", "REFCOUNT"}),
    "SLOWLOG": frozenset({"GET", "LEN"}),
    "XINFO": frozenset({"GROUPS", "CONSUMERS"}),
}

_LISTED = frozenset(
    {"SMEMBERS", "ZRANGE", "HMGET", "XRANGE", "XINFO GROUPS", "XINFO CONSUMERS"}
)  # commands whose answer is a list


class Address(NamedTuple):
    """Contents of a ``redis://`` URL. Options in its query are meant for other libraries and are ignored."""

    host: str
    port: int
    database: int
    username: str | None
    password: Secret | None
    tls: bool

    @classmethod
    def parse(cls, url: Secret, setting: str) -> Address:
        """Parse ``redis://`` or ``rediss://``; otherwise UsageError, which does not quote the URL."""
        try:
            parts = urlsplit(url.reveal())
            port = parts.port or 6379
            database = int(parts.path.strip("/") or 0)
        except ValueError:
            _not_an_address(setting)
        # An unquoted / or ? in the password ends the address early, so the @ appears after it.
        torn = "@" in f"{parts.path}{parts.query}{parts.fragment}"
        if parts.scheme not in _SCHEMES or not parts.hostname or torn or database < 0:
            _not_an_address(setting)
        password = Secret(unquote(parts.password)) if parts.password else None
        username = unquote(parts.username) if parts.username else None
        return cls(parts.hostname, port, database, username, password, parts.scheme in _TLS)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class ReadOnlyRedis:
    """The read-only part of a Redis client. Thread-safe.

    Connecting and each read have the time limits of the settings; a whole exchange has their sum, and a limit on
    bytes, values and nesting. A lost connection and LOADING are retried once; a timeout is not, as the second wait
    would be as long.
    """

    def __init__(self, address: Address, *, time_limits: TimeLimits, ca: str | None = None) -> None:
        self.address = address
        self._time_limits = time_limits
        self._ca = ca
        self._allowance = Allowance(time_limits.connect + time_limits.read)
        self._redis = self._open()

    @property
    def database(self) -> int:
        """Number of the database that is read."""
        return self.address.database

    def ping(self) -> float:
        """Seconds until PONG was received.

        Raises:
            Malformed: the answer was something else.
        """
        started = time.perf_counter()
        answer = self.execute_command("PING")
        seconds = time.perf_counter() - started
        if answer not in (True, "PONG"):
            raise Malformed(f"{SERVICE}: expected PONG from {self.address}, got {answer!r}", service=SERVICE)
        return seconds

    def info(self, section: str = "") -> dict[str, Any]:
        """A section of INFO, or the default ones, by name, numbers as numbers."""
        answer = self.execute_command("INFO", *filter(None, [section]))
        if not isinstance(answer, dict) or not answer.keys() - {"__raw__"}:
            raise Malformed(f"{SERVICE}: expected INFO's fields from {self.address}, got none", service=SERVICE)
        return answer

    def llen(self, key: str) -> int:
        """Length of a list; 0 if it does not exist."""
        answer = self.execute_command("LLEN", key)
        if not isinstance(answer, int) or isinstance(answer, bool) or answer < 0:
            raise self._other_answer("LLEN", answer)
        return answer

    def hgetall(self, key: str) -> dict[str, str]:
        """Fields of a hash; empty if it does not exist."""
        answer = self.execute_command("HGETALL", key)
        if not isinstance(answer, dict):
            raise self._other_answer("HGETALL", answer)
        return {str(name): str(value) for name, value in answer.items()}

    def size(self) -> int:
        """Number of keys in the address's database."""
        answer = self.execute_command("DBSIZE")
        if not isinstance(answer, int) or isinstance(answer, bool) or answer < 0:
            raise self._other_answer("DBSIZE", answer)
        return answer

    def scan(self, cursor: int, count: int) -> tuple[int, list[str]]:
        """Some keys and the next cursor; 0 is the end. ``count`` is the approximate number of keys to inspect."""
        answer = self.execute_command("SCAN", cursor, "COUNT", count)
        try:
            following, keys = answer
            return int(following), [str(key) for key in keys]
        except (TypeError, ValueError):
            raise self._other_answer("SCAN", answer) from None

    def slow_commands(self, newest: int) -> list[dict[str, Any]]:
        """The newest entries of the slow log: ``start_time`` (Unix seconds), ``duration`` (µs), ``command``."""
        answer = self._asked(("SLOWLOG GET", newest), decode_responses=True)
        if not isinstance(answer, list):
            raise self._other_answer("SLOWLOG GET", answer)
        return answer

    def clients(self) -> list[dict[str, str]]:
        """Connected clients: ``addr``, ``name``, ``db``, ``idle`` (s), ``age`` (s), ``cmd``, …"""
        answer = self.execute_command("CLIENT LIST")
        if not isinstance(answer, list):
            raise self._other_answer("CLIENT LIST", answer)
        return answer

    def config(self, pattern: str) -> dict[str, str]:
        """Server settings by name; hosted servers reveal none (UnknownCommand, or Denied)."""
        answer = self.execute_command("CONFIG GET", pattern)
        if not isinstance(answer, dict):
            raise self._other_answer("CONFIG GET", answer)
        return {str(name): str(value) for name, value in answer.items()}

    def cluster(self) -> dict[str, str]:
        """A node's view of its cluster: ``cluster_state``, ``cluster_slots_assigned``, …"""
        answer = self.execute_command("CLUSTER INFO")
        if not isinstance(answer, dict):
            raise self._other_answer("CLUSTER INFO", answer)
        return {str(name): str(value) for name, value in answer.items()}

    def execute_command(self, *words: str | bytes | int) -> Any:
        """Send one read-only command and return the parsed answer.

        Raises:
            Forbidden: the command is not known to be read-only.
            Denied: the password is wrong or missing, or the user lacks permission.
            Refused: the server reports that it cannot work: loading, memory full, no primary, …
            Unreachable: no connection, or no answer in time.
            Malformed: any other error; UnknownCommand if the server does not know the command.
        """
        return self._asked(words)

    def _asked(self, words: tuple[str | bytes | int, ...], **options: bool) -> Any:
        """As ``execute_command``; ``options`` are for the library's response parser."""
        command, arguments = _reading(words)

        def send() -> Any:
            return self._redis.execute_command(command, *arguments, **options)  # type: ignore[no-untyped-call]

        return self._sent(command, send)

    def many(self, commands: Sequence[tuple[str | bytes | int, ...]]) -> list[Any]:
        """Answers to several read-only commands, sent together; raises as ``execute_command``, and Malformed where
        a list is expected and there is none, or one of another length.
        """
        read = [_reading(words) for words in commands]
        if not read:
            return []

        def send() -> list[Any]:
            with self._redis.pipeline(transaction=False) as pipe:
                for command, arguments in read:
                    pipe.execute_command(command, *arguments)  # type: ignore[no-untyped-call]
                answers = pipe.execute(raise_on_error=False)
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
            return answers

        answers = list(self._sent(read[0][0], send))
        for (command, arguments), answer in zip(read, answers, strict=True):
            is_list = isinstance(answer, list | set)
            whole = is_list and (command != "HMGET" or len(answer) == len(arguments) - 1)
            if command in _LISTED and not whole:
                raise self._other_answer(command, answer)
        return answers

    def _sent(self, command: str, send: Callable[[], Any]) -> Any:
        """Result of ``send``, retried where that may help."""
        from redis.exceptions import RedisError

        attempts: list[str] = []
        within = self._allowance.begin()
        try:
            for attempt in tries(worth_another, within=within, attempts=_ATTEMPTS):
                with attempt:
                    started = time.perf_counter()
                    try:
                        return send()
                    except RedisError as error:
                        reason = reason_of_error(error)
                        attempts.append(
                            f"try {len(attempts) + 1}: {reason} after {time.perf_counter() - started:.3f} s"
                        )
                        raise
        except RedisError as error:
            raise self._explained(command, error, tuple(attempts)) from error
        except (
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            ArithmeticError,
        ) as error:  # raised by the library's response parser
            expected = f"{SERVICE}: expected an answer to {command} from {self.address}"
            raise Malformed(f"{expected}, got another form: {words(str(error))}", service=SERVICE) from error
        raise AssertionError("stamina ends with a value or an exception")

    @property
    def library(self) -> Redis:
        """redis-py's own client, which sends any command."""
        return self._redis

    def close(self) -> None:
        """Close all connections."""
        self._redis.close()
        self._redis.connection_pool.disconnect()

    def __getattr__(self, name: str) -> NoReturn:
        from redis import Redis

        if not name.startswith("_") and hasattr(Redis, name):
            raise Forbidden(f"{SERVICE}: {name} is not among the commands that only read")
        raise AttributeError(name)

    def _open(self) -> Redis:
        from redis import ConnectionPool, Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        address = self.address
        context = (lambda: context_for(self._ca, SERVICE)) if address.tls else None
        pool = ConnectionPool(
            # With the TLS context that all clients share; the library would create one per connection.
            connection_class=connection(self._allowance, context),
            parser_class=parser(self._allowance),
            host=address.host,
            port=address.port,
            db=address.database,
            username=address.username,
            password=address.password.reveal() if address.password else None,
            socket_connect_timeout=self._time_limits.connect,
            socket_timeout=self._time_limits.read,
            retry=Retry(NoBackoff(), 0),  # the library's default of ten retries would hide behind a long wait
            protocol=2,  # no HELLO, which old servers and restricted users refuse
            driver_info=None,  # no CLIENT SETINFO: it writes, and costs two round trips
            decode_responses=True,
            encoding_errors="replace",
        )
        client = Redis(connection_pool=pool)
        for command in ("HGETALL", "CONFIG GET"):  # the library would also make pairs of the letters of a string
            client.set_response_callback(command, _pairs)
        return client

    def _explained(self, command: str, error: RedisError, attempts: tuple[str, ...]) -> Unmeasured:
        return explained(SERVICE, str(self.address), command, error, attempts)

    def _other_answer(self, command: str, answer: object) -> Malformed:
        return Malformed(
            f"{SERVICE}: expected an answer to {command} from {self.address}, got one of another form: "
            f"{door.quoted(answer, 80)}",
            service=SERVICE,
        )


@client(libraries=("redis",), parts=("redis",))
def redis(settings: Settings) -> ReadOnlyRedis:
    """Redis or Valkey of the target."""
    configured = settings.target.redis
    url = settings.require(configured.url, "redis.url", SERVICE)
    address = Address.parse(url, f"targets.{settings.target.name}.redis.url")
    return ReadOnlyRedis(address, time_limits=settings.time_limits, ca=configured.ca)


def _pairs(answer: Any, **_: Any) -> dict[str, str]:
    """Alternating names and values as a mapping; ValueError if they do not alternate."""
    if not isinstance(answer, list) or len(answer) % 2 or not all(isinstance(one, str) for one in answer):
        raise ValueError(f"names and values expected, got {door.quoted(answer, 60)}")
    return dict(zip(answer[::2], answer[1::2], strict=True))


def _not_an_address(setting: str) -> NoReturn:
    raise UsageError(
        f"{setting}: expected an address such as rediss://user:password@host:6379/0, with special characters of "
        "the password percent-encoded, got something else"
    )


def _reading(words: tuple[str | bytes | int, ...]) -> tuple[str, list[str]]:
    """The command, with its subcommand, and its arguments; Forbidden unless it only reads.

    What is checked is what is sent: the library splits the first word at spaces, so this function does too.
    """
    texts = [word.decode("utf-8", errors="replace") if isinstance(word, bytes) else str(word) for word in words]
    name, *rest = [*(texts[0].split() if texts else []), *texts[1:]] or [""]
    name = name.upper()
    subcommands = _READ_ONLY.get(name)
    if subcommands:
        name = f"{name} {rest[0].upper()}" if rest else name
        rest = rest[1:]
    allowed = name.partition(" ")[2] in subcommands if subcommands else subcommands is not None
    if not allowed:
        raise Forbidden(
            f"{SERVICE}: {door.line(name, 40) or 'an empty command'} is not among the commands that only read"
        )
    return name, rest
