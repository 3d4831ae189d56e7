"""Autoscaling of an app's components, as DigitalOcean reports what it has done."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_pages import PER_PAGE
from playbook.clients.digitalocean_types import Moment
from playbook.clients.listing import Listing

_KIND = "AUTOSCALING"


class ScaleChange(msgspec.Struct, frozen=True, kw_only=True):
    """From how many replicas to how many, and by which metric."""

    before: int | None = msgspec.field(name="from", default=None)
    after: int | None = msgspec.field(name="to", default=None)
    triggering_metric: str = ""


class Scaled(msgspec.Struct, frozen=True, kw_only=True):
    """What one event has changed.

    Attributes:
        phase: PENDING, IN_PROGRESS, SUCCEEDED, FAILED, CANCELED, UNKNOWN, or a new word.
        components: by name.
    """

    phase: str = "UNKNOWN"
    components: dict[str, ScaleChange] = {}


class ScalingEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of autoscaling."""

    type: str = ""
    created_at: Moment | None = None
    autoscaling: Scaled | None = None


def scaling_events(api: DigitalOceanApi, since: datetime) -> Listing[ScalingEvent]:
    """Events of autoscaling, newest first; those from before ``since`` as far as they were read, and those whose
    type is not told.

    Raises:
        Unmeasured: as every method of the API.
    """
    what = "the events of autoscaling"

    def enough(found: list[dict[str, Any]]) -> bool:
        """A full page of such events in order, the last of which is too old."""
        times = [str(one.get("created_at") or "") for one in found]
        ordered = all(times) and all(later >= earlier for later, earlier in pairwise(times))
        return ordered and len(found) >= PER_PAGE and times[-1] < f"{since:%Y-%m-%dT%H}"

    listing = api.collect(
        what,
        "app:read",
        "events",
        lambda pydo, page, size: pydo.apps.list_events(api.app_id, event_types=[_KIND], page=page, per_page=size),
        enough=enough,
        counted=False,
    )
    events = [event for event in api.parse(list[ScalingEvent], listing, what) if event.type in (_KIND, "")]
    return Listing(events, listing.coverage)
