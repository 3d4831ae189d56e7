"""The queue in Redis between the website and its worker.

The website stores the upload under ``upload:ID`` and a job on the list ``image-processing-queue``, then waits on
``done:ID``. The worker takes a job, optimises off the event loop, stores the result under its cache key, counts it
in the hash ``image-processing-stats``, and reports.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from sandbox.images.optimizing import Refused, Wishes, larger, mistaken, optimize
from sandbox.products import Product
from sandbox.world.redis import QUEUE_KEY, STATS_KEY, FormatStats, stats_fields

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from sandbox.world.web import PortfolioState

QUEUE_LIMIT = 100  # jobs
_CACHE_TIME = 24 * 3600  # seconds
_UPLOAD_TIME = 60  # seconds
_PATIENCE = 10  # seconds that a visitor waits for the worker
_THREADS = 2


@dataclass(frozen=True)
class Result:
    """Result for an upload.

    Attributes:
        cache: HIT, MISS, or BYPASS if Redis was not used.
    """

    image: bytes
    cache: str
    seconds: float


class OptimizationError(Exception):
    """The optimiser failed; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Optimizer:
    """Optimisation in a bounded number of threads, with the faults of the state."""

    def __init__(self, state: Callable[[], PortfolioState]) -> None:
        self._state = state
        self._threads = ThreadPoolExecutor(_THREADS, "optimizer")

    async def run(self, image: bytes, wishes: Wishes) -> bytes:
        """The optimised image.

        Raises:
            Refused: the upload is invalid.
            OptimizationError: the optimiser failed.
        """
        state = self._state()
        loop = asyncio.get_running_loop()
        try:
            result = await loop.run_in_executor(self._threads, optimize, image, wishes)
        except OSError as error:  # raised by Pillow if an encoder fails
            raise OptimizationError(500, f"image could not be written as {wishes.format}") from error
        await asyncio.sleep(state.optimization_delay)
        match state.optimization:
            case "fails":
                raise OptimizationError(500, "image could not be processed")
            case "corrupt":
                return result[: len(result) // 3]
            case "larger":
                return await loop.run_in_executor(self._threads, larger, image, wishes)
            case "grey" | "dot" | "another" | "blue" | "covered" | "stored" as mistake:
                return await loop.run_in_executor(self._threads, mistaken, image, wishes, mistake)
        return result

    def end(self) -> None:
        """Accept no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Queue:
    """The website's side."""

    def __init__(self, redis: Redis, optimizer: Optimizer, product: Product) -> None:
        self._redis = redis
        self._queue_key = product.called(QUEUE_KEY)
        self._optimizer = optimizer

    async def optimize(self, image: bytes, wishes: Wishes) -> Result:
        """From the cache, else by the worker, else, without Redis, in this process.

        Raises:
            Refused: the upload is invalid.
            OptimizationError: the optimiser failed, or no worker took the job in time.
        """
        started = time.perf_counter()
        try:
            image, cache = await self._through_redis(image, wishes)
        except RedisError:
            image, cache = await self._optimizer.run(image, wishes), "BYPASS"
        return Result(image, cache, time.perf_counter() - started)

    async def length(self) -> int:
        """Number of waiting jobs."""
        return int(await self._redis.llen(self._queue_key))

    async def _through_redis(self, image: bytes, wishes: Wishes) -> tuple[bytes, str]:
        key = wishes.cache_key(image)
        cached = await self._get(key)
        if cached:
            return cached, "HIT"
        if await self.length() >= QUEUE_LIMIT:
            raise OptimizationError(503, "too many images are waiting, try again later")
        job = token_hex(8)
        wish = asdict(wishes)
        async with self._redis.pipeline() as pipe:
            pipe.set(f"upload:{job}", image, ex=_UPLOAD_TIME)
            pipe.lpush(self._queue_key, json.dumps({"id": job, "key": key, **wish, "queued_at": time.time()}))
            await pipe.execute()
        answer = await self._redis.blpop([f"done:{job}"], timeout=_PATIENCE)
        if answer is None:
            raise OptimizationError(504, f"image was not processed within {_PATIENCE} s")
        report = json.loads(answer[1])
        if report["status"] == 200:
            result = await self._get(key)
            if result:
                return result, "MISS"
            raise OptimizationError(500, "the processed image is not in the cache")
        failure = Refused if report["status"] < 500 else OptimizationError
        raise failure(report["status"], report["error"])

    async def _get(self, key: str) -> bytes | None:
        value = await self._redis.get(key)
        return value if isinstance(value, bytes) else None


class Worker:
    """The worker's side: processes jobs one after the other until it is cancelled.

    Args:
        finished: called for each job: its id, format, outcome (``success``, ``failure`` or ``refused``) and
            seconds.
    """

    def __init__(
        self,
        redis: Redis,
        optimizer: Optimizer,
        state: Callable[[], PortfolioState],
        finished: Callable[[str, str, str, float], None],
        product: Product,
    ) -> None:
        self._redis = redis
        self._queue_key, self._stats_key = product.called(QUEUE_KEY), product.called(STATS_KEY)
        self._optimizer = optimizer
        self._state = state
        self._finished = finished

    async def work(self) -> None:
        """Never returns."""
        while True:
            # While Redis is away there is nothing to do but retry.
            try:
                answer = await self._redis.brpop([self._queue_key], timeout=1)
                if answer:
                    await self._do(json.loads(answer[1]))
            except RedisError:
                await asyncio.sleep(0.2)

    async def _do(self, job: dict[str, Any]) -> None:
        state = self._state()
        while self._state().worker_stuck:
            await asyncio.sleep(0.05)
        if self._state() is not state:
            return  # another world is shown by now, without this job
        image = await self._redis.getdel(f"upload:{job['id']}")
        if not isinstance(image, bytes):
            return  # it waited too long: the visitor has been answered, and the upload has expired
        wishes = Wishes(job["format"], job["quality"], job["width"])
        started = time.perf_counter()
        report: dict[str, Any] = {"status": 200}
        outcome = "success"
        result = b""
        try:
            result = await self._optimizer.run(image, wishes)
        except Refused as refused:
            outcome, report = "refused", {"status": refused.status, "error": str(refused)}
        except OptimizationError as failure:
            outcome, report = "failure", {"status": failure.status, "error": str(failure)}
        seconds = time.perf_counter() - started
        if self._state() is not state:
            return  # likewise
        async with self._redis.pipeline() as pipe:
            if result:
                pipe.set(job["key"], result, ex=_CACHE_TIME)
            for field, amount in _counted(wishes.format, outcome, seconds).items():
                pipe.hincrby(self._stats_key, field, amount)
            pipe.lpush(f"done:{job['id']}", json.dumps(report))
            pipe.expire(f"done:{job['id']}", _UPLOAD_TIME)
            await pipe.execute()
        self._finished(job["id"], wishes.format, outcome, seconds)


def _counted(format_name: str, outcome: str, seconds: float) -> dict[str, int]:
    """Contribution of one job to the statistics. Invalid pictures say nothing about the optimiser."""
    if outcome == "refused":
        return {}
    success = outcome == "success"
    stats = FormatStats(int(success), int(not success), round(seconds * 1000) if success else 0)
    return {field: amount for field, amount in stats_fields(format_name, stats).items() if amount}


async def cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
