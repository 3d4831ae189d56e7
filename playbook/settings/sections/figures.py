"""Queries of the figures."""

from __future__ import annotations

from playbook.core.secret import Section


class Queries(Section, frozen=True):
    """PromQL, each giving one number; for ``$window`` and other placeholders see ``playbook.core.promql``.

    Attributes:
        counted: expansion of ``$counted(…)``, with ``$series`` in it.
        scraped: percent of the application's scrapes that succeeded, and with the label ``of`` the instances of a
            job in percent of the usual ones, if there are fewer; scraped_series: of the targets that have its
            series, which is asked where the first has no samples.
        standing: number of instances whose counters of requests no longer rise; empty where all do.
        standing_images: 1 where no image has been counted for hours and usually some are; empty where they are.
        falling: number of instances whose counters of requests fall again and again; empty where none do.
        untold: number of instances that tell of requests no more; empty where none do.
        untimed: number of instances that count requests and not their times, beside others; empty where none do.
        newest_sample: Unix time of the portfolio's own newest sample, up to a day old.
        availability, error_rate, image_success: percent.
        response_time: seconds.
        ..._count: number of probes, requests or images behind the figure.
        ..._looks: number of the window's five-minute steps that have samples of it.
        response_time_buckets: requests that took no longer than each bound ``le``; empty where times are not
            counted in buckets.
        error_rate_unknown: requests without a status that shows whether they failed; empty where always known;
            image_success_unknown: images whose series have none of the labels that tell it, likewise.
        cache_hit_rate: percent of the cache's reads, with its count and looks.
        response_time_quantile, image_time_quantile: seconds; ``$quantile`` is replaced by e.g. ``0.5``.
        component_cpu, component_memory, component_storage: percent of an instance's capacity, 95th percentile
            over ``$window``, by component, for its busiest instance.
        component_cpu_total: mean CPU percent in ``$window``, summed over a component's instances.
        redis_memory: bytes, maximum in ``$window``.
        request_rate: requests per second, mean of ``$window``.
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
    scraped_series: str
    standing: str
    standing_images: str
    falling: str
    untold: str
    untimed: str
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
    image_success_unknown: str
    image_success_count: str
    image_success_looks: str
