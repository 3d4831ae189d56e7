"""The queries that figures come from."""

from __future__ import annotations

from playbook.core.secret import Section


class Queries(Section, frozen=True):
    """PromQL, each giving one number; for what stands for ``$window`` and the like see ``playbook.core.promql``.

    Attributes:
        counted: what stands for ``$counted(…)``, with ``$series`` in it.
        scraped: percent of the application's scrapes that were answered.
        newest_sample: Unix time of the portfolio's own newest sample, up to a day old.
        availability, error_rate, image_success: percent.
        response_time: seconds.
        ..._count: how many probes, requests or images the number stands for.
        ..._looks: in how many of the window's five-minute steps there were samples of it.
        response_time_buckets: how many requests took no longer than each bound ``le``; empty where times are not
            counted in buckets.
        error_rate_unknown: requests of which nothing says whether they failed; empty where that is always said.
        cache_hit_rate: percent of the cache's reads, with its count and looks.
        response_time_quantile, image_time_quantile: seconds; ``$quantile`` is replaced by e.g. ``0.5``.
        component_cpu, component_memory, component_storage: percent of what an instance has, what it was in 95 % of
            ``$window`` at most, by component, its busiest instance.
        component_cpu_total: mean CPU percent in ``$window``, summed over a component's instances.
        redis_memory: bytes, highest in ``$window``.
        request_rate: requests a second, mean of ``$window``.
    """

    cache_hit_rate: str
    cache_hit_rate_count: str
    cache_hit_rate_looks: str
    response_time_quantile: str
    image_time_quantile: str
    component_cpu: str
    component_memory: str
    component_cpu_total: str
    component_storage: str
    redis_memory: str
    request_rate: str
    counted: str
    scraped: str
    newest_sample: str
    availability: str
    availability_count: str
    availability_looks: str
    response_time: str
    response_time_count: str
    response_time_looks: str
    response_time_buckets: str
    error_rate: str
    error_rate_count: str
    error_rate_looks: str
    error_rate_unknown: str
    image_success: str
    image_success_count: str
    image_success_looks: str
