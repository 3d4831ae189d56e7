"""Runs of an app's jobs, as DigitalOcean reports them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_pages import PER_PAGE
from playbook.clients.digitalocean_types import Moment
from playbook.clients.listing import Listing

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class JobRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a job.

    Attributes:
        phase: PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED, SKIPPED, UNKNOWN, or a new word.
    """

    job_name: str = ""
    phase: str = "UNKNOWN"
    created_at: Moment | None = None
    completed_at: Any = None

    @property
    def took(self) -> timedelta | None:
        """How long a run that succeeded took; None where that is not told."""
        try:
            ended = msgspec.convert(self.completed_at, Moment)
        except msgspec.ValidationError:
            return None
        known = self.phase == "SUCCEEDED" and self.created_at is not None and ended >= self.at
        return ended - self.at if known else None

    @property
    def at(self) -> datetime:
        """When it was made; long ago where the platform does not say."""
        return self.created_at or _LONG_AGO


def job_runs(api: DigitalOceanApi, job: str) -> Listing[JobRun]:
    """The newest runs of a job, newest first, and older ones as far as they were read.

    Raises:
        Unmeasured: as every method of the API.
    """
    what = f"the runs of the job {job}"

    def enough(found: list[dict[str, Any]]) -> bool:
        """A full page of this job alone, in order."""
        times = [str(one.get("created_at") or "") for one in found]
        ordered = all(times) and all(later >= earlier for later, earlier in pairwise(times))
        return ordered and len(found) >= PER_PAGE and all(one.get("job_name") == job for one in found)

    listing = api.collect(
        what,
        "app:read",
        "job_invocations",
        lambda pydo, page, size: pydo.apps.list_job_invocations(
            api.app_id, job_names=[job], page=page, per_page=size
        ),
        enough=enough,
        counted=False,
    )
    runs = [run for run in api.parse(list[JobRun], listing, what) if run.job_name == job]
    return Listing(sorted(runs, key=lambda run: run.at, reverse=True), listing.coverage)
