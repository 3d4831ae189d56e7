"""Settings of the key figures: names of metrics, and the samples that a figure requires."""

from __future__ import annotations

from playbook.core.secret import Section
from playbook.settings.sections.ranges import Count, Positive


class Metrics(Section, frozen=True):
    """Names of the application's own metrics; queries use them as ``$requests`` and so on.

    Attributes:
        requests: counter of requests.
        status: its label with the HTTP status.
        request_buckets, image_buckets: histograms of the durations of requests and images.
        images: counter of images.
        image_success: matcher of the successfully processed images.
        queue_length: gauge of waiting images, where the website shows its own metrics.
    """

    requests: str = "http_requests_total"
    status: str = "status"
    request_buckets: str = "http_request_duration_seconds_bucket"
    images: str = "image_optimizations_total"
    image_success: str = 'result="success"'
    image_buckets: str = "image_optimization_duration_seconds_bucket"
    queue_length: str = "image_queue_length"


class Kpis(Section, frozen=True):
    """Requirements for judging a key figure on its window, besides samples. With less a good one is UNKNOWN.

    Attributes:
        look_minutes: the step of the queries with ``_looks``.
        least_probes, least_requests, least_images, least_reads: below these a single failure would be critical.
    """

    look_minutes: Positive = 5.0
    least_probes: Count = 100
    least_requests: Count = 100
    least_images: Count = 20
    least_reads: Count = 100
