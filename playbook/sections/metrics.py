"""Settings of the key figures: what they must stand on before they count."""

from __future__ import annotations

from typing import Annotated

import msgspec

from playbook.secret import Section

Count = Annotated[int, msgspec.Meta(ge=1)]


class Kpis(Section, frozen=True):
    """When a key figure is a judgement on its window, beside samples of it. With less a good one is UNKNOWN.

    Attributes:
        look_minutes: the step of the queries with ``_looks``.
        least_probes, least_requests, least_images, least_reads: one failure of fewer would be critical by itself.
    """

    look_minutes: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    least_probes: Count = 100
    least_requests: Count = 100
    least_images: Count = 20
    least_reads: Count = 100
