"""The portfolio: website, image API and worker, in one service over TLS."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import python_multipart  # noqa: F401 - Starlette loads it at the first upload; that one shall not be slow
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.images.jobs import OptimizationError, Optimizer, Queue, Worker, cancelled
from sandbox.images.optimizing import MEDIA_TYPES, Refused, Wishes
from sandbox.products import HEALTH, IMAGE_HEALTH, OPTIMIZE, OPTIMIZER, WEB, WORKER
from sandbox.redis.service import ValkeyService
from sandbox.serving.service import Context, HttpService
from sandbox.web.access import AccessLog
from sandbox.web.burdened import Burdened
from sandbox.web.counters import MEDIA_TYPE, Counter, Histogram, gauge
from sandbox.web.stand_ins import login, stand_in_for_home
from sandbox.world.log_history import pino
from sandbox.world.web import VERSION, PortfolioState

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.world import World
    from sandbox.world.logs import LogStore

_HERE = Path(__file__).parent
_MAX_UPLOAD = 10 * 1024 * 1024  # bytes
_FORM_OVERHEAD = 64 * 1024  # bytes
_MAX_DISCARDED = 64 * 1024 * 1024  # bytes
_POOL = 10  # connections
_REDIS_LIMIT = 5.0  # seconds; the whole sandbox shares one event loop, on a machine that may be busy
_LOGS: ContextVar[LogStore] = ContextVar("logs")  # of the world in which the request came that is being answered


class SecurityHeaders:
    """ASGI middleware: adds the headers that ``headers`` returns for the path to every answer."""

    def __init__(self, app: ASGIApp, headers: Callable[[str], dict[str, str]]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers(scope.get("path", "")))
            await send(message)

        await self._app(scope, receive, with_headers)


class PortfolioService(HttpService):
    """The app that the playbook is about. It reaches Redis like every client: by TLS, through the proxy."""

    name: ClassVar[str] = "web"
    dates: ClassVar[bool] = False

    def __init__(self, redis: ValkeyService) -> None:
        self._redis_service = redis
        self._home = (_HERE / "home.html").read_text(encoding="utf-8")
        self._style = (_HERE / "site.css").read_text(encoding="utf-8")
        self._optimizer = Optimizer(self._state)
        self._images = Counter("image_optimizations_total", "Images processed", "format", "result")
        self._image_times = Histogram("image_optimization_duration_seconds", "Time to process an image", "format")
        self._posted = 0
        self._cache = Counter("image_cache_requests_total", "Lookups in the image cache", "result")
        self._redis: Redis | None = None
        self._work: asyncio.Task[None] | None = None
        self._dying: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------------------------------------ lifetime

    async def start(self, context: Context) -> None:
        """Connect to Redis, which must be running, and serve."""
        self._redis = self._redis_service.connect(limit=_REDIS_LIMIT)
        with suppress(RedisError):
            # The worker holds one connection; with a second the first visitor does not have to wait.
            await asyncio.gather(self._redis.ping(), self._redis.ping())
        product = context.world.product
        self._queue = Queue(self._redis, self._optimizer, product)
        await super().start(context)
        worker = Worker(self._redis, self._optimizer, self._state, self._finished, product)
        self._work = asyncio.create_task(worker.work())

    async def apply(self, world: World) -> None:
        """Show ``world``, and close the connections to Redis that visitors of the previous one left idle."""
        await super().apply(world)
        if self._redis:
            await self._redis.connection_pool.disconnect(inuse_connections=False)

    async def stop(self) -> None:
        """End the worker, then the website."""
        if self._work:
            await cancelled(self._work)
        self._optimizer.end()
        await super().stop()
        if self._redis:
            await self._redis.aclose()

    def settings(self) -> dict[str, Any]:
        """Addresses of the website, including its name on App Platform."""
        return {
            "web": {"url": self.url, "ca": str(self.context.ca.pem), "expect": "Photographs that load fast"},
            "load": {"hosts": [self.url.removeprefix("https://")]},
            "security": {"connect_to": {self.world.digitalocean.domain: self.url.removeprefix("https://")}},
        }

    def tls_context(self) -> ssl.SSLContext:
        """TLS of the world's website."""
        return self.context.ca.web_context(self._state().tls)

    def app(self) -> ASGIApp:
        """Routes, inside the access log, inside the security headers."""
        product = self.world.product
        health = self._django_health if product.health == "django" else self._health
        routes = [Route("/", self._homepage), Route("/assets/site.css", self._stylesheet)]
        if product.has("services"):
            routes += [
                Route("/login", login),
                Route("/shop", self._shop),
                Route("/shop/health", self._shop_health),
                Route(product.called(HEALTH), health),
                Route("/metrics", self._metrics),
            ]
        if product.has("images"):
            routes += [
                Route(product.called(IMAGE_HEALTH), self._image_health),
                Route(product.called(OPTIMIZE), self._optimize, methods=["POST"]),
            ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: _as_json})
        burdened = Burdened(app, state=self._state, die=self._die)
        self._access = AccessLog(burdened, product, write=self._log, now=self._now)
        return SecurityHeaders(self._in_its_world, self._headers)

    async def _in_its_world(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep what is logged of a request out of the next world, if that is shown before the answer."""
        _LOGS.set(self.context.logs)
        await self._access(scope, receive, send)

    def _headers(self, path: str) -> dict[str, str]:
        """Headers of every answer, with the date of the server's own clock."""
        state = self._state()
        at = self.context.clock.now().timestamp() + state.clock_ahead
        of_shop = state.shop.headers if state.shop and path.startswith("/shop") else None
        return {"date": formatdate(at, usegmt=True), **(state.headers if of_shop is None else of_shop)}

    # -------------------------------------------------------------------------------------------------- pages

    async def _homepage(self, request: Request) -> Response:
        state = self._state()
        await asyncio.sleep(state.homepage_delay)
        if state.homepage_status >= HTTPStatus.BAD_REQUEST:
            phrase = HTTPStatus(state.homepage_status).phrase
            self._log(WEB, f"Error: failed to render /: {phrase}\n    at render (/app/server.js:88:11)")
            page = f"<!DOCTYPE html><title>{phrase}</title><h1>{phrase}</h1>"
            return Response(page, state.homepage_status, media_type="text/html")
        stand_in = stand_in_for_home(state.homepage)
        if stand_in:
            return stand_in
        home = self.world.product.text(self._home)
        return Response(home, media_type="text/html", headers={"cache-control": "public, max-age=300"})

    async def _shop(self, request: Request) -> Response:
        shop = self._state().shop
        if shop is None:
            raise HTTPException(404)
        title = "Prints of photographs" if shop.status < HTTPStatus.BAD_REQUEST else HTTPStatus(shop.status).phrase
        page = (
            f"<!DOCTYPE html><html lang=en><title>{title}</title><h1>{title}</h1><p>Signed, on paper, framed.</p>"
        )
        return Response(page, shop.status, media_type="text/html")

    async def _shop_health(self, request: Request) -> Response:
        shop = self._state().shop
        if shop is None:
            raise HTTPException(404)
        return _no_store({"status": shop.health}, 503 if shop.health == "unhealthy" else 200)

    async def _stylesheet(self, request: Request) -> Response:
        return Response(self._style, media_type="text/css", headers={"cache-control": "public, max-age=86400"})

    # -------------------------------------------------------------------------------------------------- health

    async def _health(self, request: Request) -> Response:
        dependencies = {}
        if self.world.product.has("redis"):
            dependencies["redis"] = await self._redis_health()
        for one in (OPTIMIZER, WORKER):
            if self.world.product.has_component(one):
                dependencies[self.world.product.called(one)] = self._own_health(one)
        own, hides = self._state().statuses.get(WEB, "healthy"), self._state().hides_dependencies
        reported = {own, *(entry["status"] for entry in dependencies.values())}
        body = {
            "status": "degraded" if reported & {"degraded", "unhealthy"} and not hides else "healthy",
            **self._about(WEB),
            "dependencies": dependencies,
            "pool": _pool(self._state().waiting),
        }
        if body["status"] != "healthy":
            bad = [name for name, entry in dependencies.items() if entry["status"] != "healthy"]
            self._log(WEB, pino(self._now(), 40, "health is degraded", dependencies=bad))
        return _no_store(body, 503 if "unhealthy" in reported and not hides else 200)

    async def _django_health(self, request: Request) -> Response:
        """In the format of django-health-check: a word for each plugin, and 500 if one is failing."""
        well = (await self._redis_health())["status"] == "healthy"
        redis = "working" if well else "unavailable: connection refused"
        body = {"CeleryHealthCheckCelery": redis, "DatabaseBackend": "working", "RedisHealthCheck": redis}
        return _no_store(body, 200 if well else 500)

    async def _redis_health(self) -> dict[str, Any]:
        assert self._redis
        started = time.perf_counter()
        try:
            async with asyncio.timeout(2 * _REDIS_LIMIT):
                await self._redis.ping()
        except (RedisError, TimeoutError) as error:
            return {"status": "unhealthy", "error": type(error).__name__}
        return {"status": "healthy", "latency_ms": _ms(time.perf_counter() - started)}

    def _own_health(self, component: str) -> dict[str, Any]:
        started = time.perf_counter()
        status = self._state().statuses.get(component, "healthy")
        if component == WORKER and (self._state().worker_stuck or self._work is None or self._work.done()):
            status = "unhealthy"
        return {"status": status, "latency_ms": _ms(time.perf_counter() - started)}

    async def _image_health(self, request: Request) -> Response:
        status = self._state().statuses.get(OPTIMIZER, "healthy")
        body = {"status": status, **self._about(OPTIMIZER), "formats": list(MEDIA_TYPES)}
        return _no_store(body, 503 if status == "unhealthy" else 200)

    def _about(self, component: str) -> dict[str, Any]:
        now = self._now()
        return {
            "service": self.world.product.called(component),
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "uptime": round((now - self._state().started).total_seconds(), 1),
            "version": VERSION,
        }

    # ------------------------------------------------------------------------------------------------- images

    async def _optimize(self, request: Request) -> Response:
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            raise HTTPException(411, "the request must say its length")
        if int(length) > _MAX_UPLOAD + _FORM_OVERHEAD:
            if int(length) <= _MAX_DISCARDED:
                # A client that is still sending would get a connection error instead of the answer.
                async for _ in request.stream():
                    pass
            raise HTTPException(413, f"image is larger than {_MAX_UPLOAD // 1024 // 1024} MB")
        async with request.form(max_files=1, max_fields=8) as form:
            upload = form.get("image")
            if not isinstance(upload, UploadFile):
                raise HTTPException(400, "the field image with a file is missing")
            image = await upload.read()
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        if len(image) > _MAX_UPLOAD:
            raise HTTPException(413, f"image is larger than {_MAX_UPLOAD // 1024 // 1024} MB")
        try:
            wishes = Wishes.parse(fields)
            self._posted += 1
            if self._state().one_of_two_fails and self._posted % 2 == 0:
                raise OptimizationError(500, "no image workers")
            result = await self._queue.optimize(image, wishes)
        except (Refused, OptimizationError) as error:
            if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self._log(OPTIMIZER, pino(self._now(), 50, str(error), status=error.status, bytes=len(image)))
            raise HTTPException(error.status, str(error)) from error
        self._cache.add(result.cache.lower())
        headers = {
            "cache-control": "no-store",
            "x-cache": result.cache,
            "x-original-size": str(len(image)),
            "x-optimized-size": str(len(result.image)),
            "x-processing-time-ms": str(_ms(result.seconds)),
        }
        return Response(result.image, media_type=MEDIA_TYPES[wishes.format], headers=headers)

    def _finished(self, job: str, format_name: str, outcome: str, seconds: float) -> None:
        self._images.add(format_name, outcome)
        self._image_times.observe(seconds, format_name)
        level = "INFO" if outcome == "success" else "WARNING"
        now = self._now()
        self._log(
            WORKER,
            f"{now:%Y-%m-%d %H:%M:%S},{now.microsecond // 1000:03d} {level} worker: job {job} {format_name} "
            f"{outcome} in {seconds * 1000:.0f} ms",
        )

    # ------------------------------------------------------------------------------------------------ metrics

    async def _metrics(self, request: Request) -> Response:
        product = self.world.product
        of_images = [self._images.text(), self._image_times.text(), self._cache.text()]
        texts = [
            self._access.text(),
            *(of_images if product.has("images") else []),
            gauge("app_info", "What runs", 1, version=VERSION),
            Counter.once("process_cpu_seconds_total", "CPU time, of all of the sandbox", time.process_time()),
            gauge("process_start_time_seconds", "When the app started", self._state().started.timestamp()),
        ]
        try:
            if product.has("images"):
                texts.append(gauge("image_queue_length", "Jobs that wait", await self._queue.length()))
        except RedisError:
            self._log(WEB, pino(self._now(), 40, "metrics without the queue: redis does not answer"))
        return Response(product.text("".join(texts)), media_type=MEDIA_TYPE)

    # ------------------------------------------------------------------------------------------------- shared

    def _die(self) -> None:
        """Stop listening and cut every connection, until another world is shown."""
        if self._dying is None or self._dying.done():
            self._dying = asyncio.create_task(self._end_listening())

    def _state(self) -> PortfolioState:
        return self.world.portfolio

    def _now(self) -> datetime:
        return self.context.clock.now()

    def _log(self, component: str, text: str) -> None:
        _LOGS.get(self.context.logs).append(component, text)


async def _as_json(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {"retry-after": "30"} if error.status_code == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return JSONResponse({"error": error.detail}, error.status_code, {**(error.headers or {}), **headers})


def _no_store(body: dict[str, Any], status: int) -> Response:
    return JSONResponse(body, status, {"cache-control": "no-store"})


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _pool(waiting: int) -> dict[str, int]:
    """The pool of connections, of which the report itself uses one; nobody waits before all are taken."""
    return {"max": _POOL, "in_use": _POOL if waiting else 1, "waiting": waiting}
