"""A ``redis.Redis`` for checks that query the cache themselves: bounded and read-only.

Every command passes one packer, including pipelines, transactions and scripts. A lost connection is both
redis-py's error and one of ours: a check can catch it as redis-py documents, and if it does not, its record is
UNKNOWN with the same wording as all other clients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from redis import Redis, exceptions
from redis.client import Pipeline
from redis.connection import PythonRespSerializer

from playbook.clients.redis import SERVICE, ReadOnlyRedis
from playbook.clients.redis_commands import require_reading
from playbook.clients.redis_replies import explained
from playbook.core.errors import Denied, Malformed, Refused, Unmeasured, Unreachable

_LARGEST_PART = 6000  # bytes; larger arguments are sent separately

T = TypeVar("T")


class Lost(Unreachable, exceptions.ConnectionError):
    """No connection, or a lost one."""


class TooSlow(Unreachable, exceptions.TimeoutError):
    """No answer in time."""


class NotLetIn(Denied, exceptions.AuthenticationError):
    """The user or the password is wrong."""


class NotReady(Malformed, exceptions.ConnectionError):
    """The server cannot serve requests now."""


def open_redis(redis: ReadOnlyRedis) -> Redis:
    """A client of the same server, with the limits, trust and credentials of ``redis``."""
    pool = redis.library.connection_pool
    packer = _OnlyReading(_LARGEST_PART, pool.get_encoder().encode)
    own = type(pool)(
        connection_class=pool.connection_class, **{**pool.connection_kwargs, "command_packer": packer}
    )
    return _Redis(connection_pool=own)


class _OnlyReading(PythonRespSerializer):
    """Encodes commands; nothing reaches the server without it."""

    def pack(self, *args: Any) -> list[Any]:
        require_reading(SERVICE, args)
        return super().pack(*args)  # type: ignore[no-any-return,no-untyped-call]


class _Redis(Redis):
    def execute_command(self, *args: Any, **options: Any) -> Any:
        """As the library's."""
        send: Callable[..., Any] = super().execute_command
        return _in_our_words(self.connection_pool, str(args[0]), lambda: send(*args, **options))

    def pipeline(self, transaction: Any = True, shard_hint: Any = None) -> Pipeline:
        """As the library's."""
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)

    def close(self) -> None:
        """Close all connections."""
        super().close()
        self.connection_pool.disconnect()


class _Pipeline(Pipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """As the library's."""
        send: Callable[..., list[Any]] = super().execute
        return _in_our_words(self.connection_pool, "a pipeline", lambda: send(raise_on_error))


def _in_our_words(pool: Any, command: str, send: Callable[[], T]) -> T:
    pool.connection_kwargs["parser_class"].begin()
    try:
        return send()
    except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
        if isinstance(error, Unmeasured):
            raise
        address = "{host}:{port}".format_map(pool.connection_kwargs)
        raise _ours(explained(SERVICE, address, command, error, (f"only try: {error}",)), error) from error


def _ours(told: Unmeasured, error: Exception) -> Unmeasured:
    kind: type[Unmeasured] = Lost
    if isinstance(error, exceptions.TimeoutError):
        kind = TooSlow
    elif isinstance(told, Denied):
        kind = NotLetIn
    elif isinstance(told, Refused | Malformed):
        kind = NotReady
    return kind(str(told), service=told.service, hint=told.hint, attempts=told.attempts)
