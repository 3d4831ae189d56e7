"""The endpoints of a load test as the report shows them."""

from __future__ import annotations

from playbook.core.evidence import Table
from playbook.readers.load.outcome import Endpoint


def endpoint_table(title: str, endpoints: list[Endpoint]) -> Table:
    """A row of figures for each endpoint."""
    columns = ["Endpoint", "Requests", "Per second", "Failed", "P50", "P95", "P99", "Maximum"]
    rows = [
        [
            name_of(one.name),
            f"{one.requests:,}",
            f"{one.per_second:,.1f}",
            f"{one.failures:,}",
            *(seconds(value) for value in (one.p50, one.p95, one.p99, one.slowest)),
        ]
        for one in endpoints
    ]
    return Table(title, columns, rows)


def name_of(endpoint: str) -> str:
    """Readable name of an endpoint: ``large JPEG`` for ``optimize_large_jpeg``."""
    known = {"all": "all requests", "image_health": "image health"}
    if endpoint.startswith("optimize_"):
        size, _, kind = endpoint.removeprefix("optimize_").partition("_")
        return f"{size} {kind.upper()}".strip()
    return known.get(endpoint, endpoint)


def seconds(value: float | None) -> str:
    """``0.123 s``, for a table."""
    return "" if value is None else f"{value:,.3f} s"
