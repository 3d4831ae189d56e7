"""Who would be notified, without notifying anybody: for the doctor."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from playbook.core.secret import Secret
from playbook.notify.channels import channels_of
from playbook.notify.github_api import REPOSITORY
from playbook.settings.model import Settings

NOBODY = "nowhere: set $SLACK_WEBHOOK_URL or $PLAYBOOK_WEBHOOK_URL, or name others under [notifications]"


class Overview(NamedTuple):
    """What is set up, and what of it is unusable; one sentence each, without secrets."""

    lines: list[str]
    problems: list[str]


def overview(settings: Settings) -> Overview:
    """Channels, tracker and dead man's switch of these settings."""
    mine = settings.notifications
    channels, problems = channels_of(settings)
    recipients = [channel.to for channel in channels]
    if mine.webhook.url is not None:
        problems += _unusable("notifications.webhook.url", mine.webhook.url)
        recipients[-1] += (
            ", signed" if mine.webhook.secret is not None else ", not signed (notifications.webhook.secret)"
        )
    lines = [f"messages  {'; '.join(recipients) or NOBODY}"]
    tracker, issues = mine.github, "none are kept: no token ($PLAYBOOK_ISSUES_TOKEN)"
    if tracker.token is not None:
        issues = f"one for each incident in {tracker.repository}"
        if not REPOSITORY.fullmatch(tracker.repository or ""):
            issues = "none are kept"
            problems.append("notifications.github has a token, and no repository as owner/name")
    lines.append(f"issues    {issues}")
    pings = {"all others" if mine.ping_urls else "every set": mine.ping_url, **mine.ping_urls}
    for name, url in pings.items():
        if url is not None:
            problems += _unusable(f"the address to ping for {name}", url)
    named = ", ".join(name for name, url in reversed(pings.items()) if url is not None)
    lines.append(f"pings     {f'of {named}' if named else 'none, so silence is not noticed ($PLAYBOOK_PING_URL)'}")
    return Overview(lines, problems)


def _unusable(what: str, url: Secret) -> list[str]:
    try:
        parts = urlsplit(url.reveal())
        usable = parts.scheme in ("https", "http") and bool(parts.hostname)
    except ValueError:
        usable = False
    return [] if usable else [f"{what}: expected https://…, got something else"]
