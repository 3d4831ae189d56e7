"""Who would be told: what the doctor says of it, without an address and without sending anything."""

import pytest

from playbook.notify.overview import overview
from tests.unit.loopback import answer, serve
from tests.unit.notify.lines import settings_with

SECRET = "tok-s3cr3t-4711"


def test_overview_lists_channels_without_sending(tmp_path):
    """By kind; of a ping by its set. No address is shown."""
    with serve(answer()) as server:
        address = f"{server.url}/{SECRET}"
        found = overview(
            settings_with(
                tmp_path,
                apprise=[f"json://127.0.0.1:{server.port}/{SECRET}"],
                webhook={"url": address},
                github={"repository": "owner/name", "token": SECRET},
                ping_url=address,
                ping_urls={"daily": address},
            )
        )
        assert not server.requests
    assert found.problems == []
    assert found.lines == [
        "messages  JSON; the webhook, not signed (notifications.webhook.secret)",
        "issues    one for each incident in owner/name",
        "pings     of daily, all others",
    ]


def test_overview_without_channels_names_settings(tmp_path):
    """No channel and no dead man's switch is configured."""
    found = overview(settings_with(tmp_path))
    assert found.lines[0].startswith("messages  nowhere: set $SLACK_WEBHOOK_URL")
    assert "$PLAYBOOK_PING_URL" in found.lines[2]
    assert found.problems == []


@pytest.mark.parametrize(
    ("notifications", "problem"),
    [
        ({"apprise": [f"nonsense-{SECRET}"]}, "address 1: unknown apprise URL scheme"),
        ({"webhook": {"url": SECRET}}, "notifications.webhook.url: expected https://"),
        ({"ping_url": f"ftp://{SECRET}"}, "the address to ping for every set: expected https://"),
        ({"ping_urls": {"daily": "https://[" + SECRET}}, "the address to ping for daily"),
        ({"github": {"token": SECRET}}, "no repository as owner/name"),
    ],
)
def test_unusable_channel_is_reported_without_secret(tmp_path, notifications, problem):
    """In words, and without the secret."""
    found = overview(settings_with(tmp_path, **notifications))
    assert problem in "".join(found.problems)
    assert SECRET not in "".join([*found.problems, *found.lines])
