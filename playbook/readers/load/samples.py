"""The server's own figures at a moment of a load test. Plain data."""

from __future__ import annotations

import msgspec

QUEUE = "Image queue"
QUEUE_IN_PART = "Image queue, as far as it is known"
WEB_QUEUE = "Image queue as the website counts it"
REDIS_LATENCY = "Redis latency"
REDIS_CPU = "CPU of Redis"
REDIS_MEMORY = "Memory of Redis"
REDIS_CLIENTS = "Clients of Redis"
REDIS_BLOCKED = "Clients of Redis that wait for jobs"
EVICTED = "Evicted keys"
WEB_CPU = "CPU of the website"
WEB_MEMORY = "Memory of the website"
WEB_REQUESTS = "Requests as the server counts them"

UNITS = {
    QUEUE: "images",
    WEB_QUEUE: "images",
    REDIS_LATENCY: "ms",
    REDIS_CPU: "%",
    REDIS_MEMORY: "MiB",
    REDIS_CLIENTS: "clients",
    REDIS_BLOCKED: "clients",
    EVICTED: "keys/s",
    WEB_CPU: "%",
    WEB_MEMORY: "MiB",
    WEB_REQUESTS: "/s",
}


class Sample(msgspec.Struct, frozen=True):
    """Values read at a moment (Unix time), by the names above, in their units."""

    at: float
    values: dict[str, float]
