"""Settings of incidents, and of notifications about them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from playbook.core.secret import Secret, Section
from playbook.settings.sections.ranges import Count

_Seconds = Annotated[float, msgspec.Meta(gt=0, le=300)]
_Hours = Annotated[float, msgspec.Meta(ge=0, le=876_000)]  # a hundred years


class Incidents(Section, frozen=True):
    """When an incident opens and closes; see ``playbook.history.incidents``.

    Attributes:
        bad_runs: by set, consecutive runs with a failing item that open an incident; 0 for never; ``others`` for
            sets not named.
        good_runs: consecutive runs with all its items healthy that close it.
        reopen_hours: a relapse within this time after recovery is the same incident.
        flapping_times: an incident reopened this often is flapping.
        ignore: ids of items that open none.
        recheck: sets whose failing items are checked again immediately, to confirm them.
        recheck_after_seconds: time between the run and that re-check.
        severity: severity of a failing item, by its id or a prefix of it; ``others`` for the rest. It decides who
            is called by when, and which incidents require a post-mortem.
    """

    bad_runs: dict[str, Annotated[int, msgspec.Meta(ge=0)]] = {}
    good_runs: Count = 1
    reopen_hours: _Hours = 24.0
    flapping_times: Count = 3
    ignore: tuple[str, ...] = ()
    recheck: tuple[str, ...] = ()
    recheck_after_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 60.0
    severity: dict[str, Literal["P1", "P2", "P3", "P4"]] = {}


class Webhook(Section, frozen=True):
    """A URL notified by POST with JSON; see docs/decisions/016-incidents.md.

    Attributes:
        secret: signs the body (HMAC-SHA256).
    """

    url: Secret | None = None
    secret: Secret | None = None


class IssueTracker(Section, frozen=True):
    """The issue tracker, where each incident is an issue.

    Attributes:
        repository: ``owner/name``.
        token: may write issues there, and needs nothing else.
    """

    repository: str | None = None
    token: Secret | None = None
    endpoint: str = "https://api.github.com"


class Notifications(Section, frozen=True):
    """What is notified, to whom, and the time limits.

    Attributes:
        apprise: URLs as apprise reads them, https://github.com/caronc/apprise/wiki.
        ping_url: pinged when a run starts and ends, so that a missing run is noticed: healthchecks.io and similar
            services.
        ping_urls: by set, instead of ``ping_url``.
        digests: sets whose newest run is summarised, once, for every channel.
        tell_within_hours: older events are no longer notified, only listed in digests.
        remind_hours: an open incident that nobody has acknowledged is notified again after this time; 0 for never.
        time_limit_seconds: for one delivery.
        tries: attempts for one delivery, the first included.
        try_again_seconds: before the second attempt; doubled before each further one.
        ping_limit_seconds: for one attempt of a ping.
        link: shown below each message, e.g. the address of the site.
        site: address of the site made by ``python -m playbook site build``; messages and reports link to its
            pages.
        private: only the team reads what apprise and the webhook send, so messages contain the particulars of the
            run that has just ended. Issues have their own rule.
    """

    apprise: tuple[Secret, ...] = ()
    webhook: Webhook = Webhook()
    github: IssueTracker = IssueTracker()
    ping_url: Secret | None = None
    ping_urls: dict[str, Secret] = {}
    digests: tuple[str, ...] = ()
    tell_within_hours: _Hours = 48.0
    remind_hours: _Hours = 24.0
    time_limit_seconds: _Seconds = 15.0
    tries: Annotated[int, msgspec.Meta(ge=1, le=5)] = 3
    try_again_seconds: _Seconds = 2.0
    ping_limit_seconds: _Seconds = 5.0
    link: str | None = None
    site: str | None = None
    private: bool = False

    def ping_for(self, set_name: str) -> Secret | None:
        """The URL pinged for the runs of a set."""
        return self.ping_urls.get(set_name, self.ping_url)


# Keys allowed in plain text in playbook.toml; everything else below [notifications] is, or may contain, a secret.
PLAIN = frozenset(
    {f"notifications.{name}" for name in ("digests", "link", "site", "github.repository", "github.endpoint")}
)
