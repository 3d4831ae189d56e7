"""Settings of incidents, and of what is told about them to whom."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from playbook.core.secret import Secret, Section

_Count = Annotated[int, msgspec.Meta(ge=1)]
_Seconds = Annotated[float, msgspec.Meta(gt=0, le=300)]
_Hours = Annotated[float, msgspec.Meta(ge=0, le=876_000)]  # a hundred years


class Incidents(Section, frozen=True):
    """When an incident opens and closes; see ``playbook.history.incidents``.

    Attributes:
        bad_runs: by set, so many runs in a row must find an item bad; 0 for never; ``others`` for sets not named.
        good_runs: so many runs in a row must find every item of it well to close it.
        reopen_hours: a relapse within so many hours after recovery is the same incident.
        flapping_times: reopened so often, it is flapping.
        ignore: ids of items that open none.
        recheck: sets whose bad items are looked at again at once, to confirm them.
        recheck_after_seconds: between the run and that second look.
        severity: how bad it is when an item is out of bounds, by its id or the beginning of it; ``others`` for the
            rest. It decides who is called by when, and which incidents ask for a post-mortem.
    """

    bad_runs: dict[str, Annotated[int, msgspec.Meta(ge=0)]] = {}
    good_runs: _Count = 1
    reopen_hours: _Hours = 24.0
    flapping_times: _Count = 3
    ignore: tuple[str, ...] = ()
    recheck: tuple[str, ...] = ()
    recheck_after_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 60.0
    severity: dict[str, Literal["P1", "P2", "P3", "P4"]] = {}


class Webhook(Section, frozen=True):
    """An address that is told by POST, with JSON; see docs/decisions/016-incidents.md.

    Attributes:
        secret: signs what is sent (HMAC-SHA256).
    """

    url: Secret | None = None
    secret: Secret | None = None


class IssueTracker(Section, frozen=True):
    """Where each incident is an issue.

    Attributes:
        repository: ``owner/name``.
        token: may write issues there, and needs nothing else.
    """

    repository: str | None = None
    token: Secret | None = None
    endpoint: str = "https://api.github.com"


class Notifications(Section, frozen=True):
    """What is told, to whom, and how long that may take.

    Attributes:
        apprise: addresses as apprise reads them, https://github.com/caronc/apprise/wiki.
        ping_url: told when a run starts and ends, so that silence is noticed: healthchecks.io and what is like it.
        ping_urls: by set, instead of ``ping_url``.
        digests: sets whose newest run is summed up, once, for every channel.
        tell_within_hours: what happened longer ago is not told any more, only listed in digests.
        remind_hours: an open incident that nobody has acknowledged is told again after so many hours; 0 for never.
        time_limit_seconds: for one delivery.
        tries: of one delivery, the first included.
        try_again_seconds: before the second try; twice as long before each further one.
        ping_limit_seconds: for one try of a ping.
        link: shown under each message, e.g. the address of the site.
        site: where the site of ``python -m playbook site build`` stands; messages and reports lead to its pages.
        private: only the team reads what apprise and the webhook are sent, so it tells the particulars of the run
            that has just ended. Issues have their own rule.
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
        """The address that is told of the runs of a set."""
        return self.ping_urls.get(set_name, self.ping_url)


# What may stand in playbook.toml as it is; everything else below [notifications] is, or may hold, a secret.
PLAIN = frozenset(
    {f"notifications.{name}" for name in ("digests", "link", "site", "github.repository", "github.endpoint")}
)
