"""Notifications: each event is sent once to each channel, and no failure there affects a run."""

import hashlib
import hmac
import json
import threading
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from playbook.__main__ import main
from playbook.core import door
from playbook.core.catalogue import shipped
from playbook.core.clock import FixedClock
from playbook.history import deliveries, handling
from playbook.history.runs import Finding
from playbook.notify import tell
from playbook.notify.channels import AppriseChannel, WebhookChannel
from playbook.notify.messages import as_plain_text
from playbook.notify.telling import Telling
from playbook.notify.tries import Try
from tests.factories import record, results
from tests.unit.loopback import answer, closed_port, hang_up, serve
from tests.unit.notify.github_fake import REPOSITORY, TOKEN, github
from tests.unit.notify.lines import CRIT, DAY, OK, REDIS, START, UNK, keep, run, settings_with

SECRET = "tok-s3cr3t-4711"


@pytest.fixture
def said():
    """What was said."""
    return []


@pytest.fixture
def folder(tmp_path):
    """A history with an incident that opened with the second run."""
    return keep(tmp_path / "history", run(0, {REDIS: CRIT}), run(1, {REDIS: CRIT}))


def clock_at(days, **more):
    """So long after the first run."""
    return FixedClock(START + days * DAY + timedelta(**more))


def body_of(request):
    """Headers, and the JSON of a request."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, value in lines}, json.loads(body)


# ---------------------------------------------------------------------------------------------------- over apprise


def test_incident_is_delivered_once_over_apprise(tmp_path, folder, said):
    """With title and text; the second time there is nothing to tell, and with the recovery there is."""
    with serve(answer()) as server:
        settings = settings_with(tmp_path, apprise=[f"json://127.0.0.1:{server.port}/{SECRET}/"])
        tell(settings, folder, said.append, clock_at(1))
        tell(settings, folder, said.append, clock_at(1, hours=1))
        assert len(server.requests) == 1
        told = body_of(server.requests[0])[1]
        assert (
            told["title"] == "✕ sandbox (the embedded demo system): 1 opened (daily) · Redis alive: out of bounds"
        )
        assert told["type"] == "failure"
        assert told["message"].splitlines()[:2] == [
            "OPENED: Redis alive: out of bounds",
            "  Redis: it is CRITICAL",
        ]
        keep(folder, run(2, {REDIS: OK}))
        tell(settings, folder, said.append, clock_at(2))
        told = body_of(server.requests[1])[1]
        assert told["type"] == "success"
        assert told["message"].splitlines()[0] == "RECOVERED: Redis alive"
    noted = deliveries.read(folder)
    assert [(each.channel, each.to, each.delivered, each.set) for each in noted] == [
        ("apprise JSON", "JSON", True, "daily"),
        ("apprise JSON", "JSON", True, "daily"),
    ]
    written = "".join(file.read_text() for file in folder.glob("deliveries/*"))
    assert SECRET not in written + "".join(said)


def test_slack_webhook_variable_alone_is_enough(tmp_path):
    """Of all settings only $SLACK_WEBHOOK_URL."""
    url = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    settings = settings_with(tmp_path, environment={"SLACK_WEBHOOK_URL": url})
    assert url not in door.text(f"cannot reach {url}")
    telling = Telling(settings, tmp_path / "none", print, clock_at(0))
    assert [(channel.name, channel.to) for channel in telling._channels] == [("apprise Slack", "Slack")]


def test_apprise_failure_is_retried_and_explained(tmp_path, folder, said, capfd):
    """Up to three times; what it logs is noted without secrets, and does not go to standard error."""
    with serve(answer("500 Internal Server Error", SECRET.encode())) as server:
        settings = settings_with(
            tmp_path, private=True, apprise=[f"json://user:{SECRET}@127.0.0.1:{server.port}/{SECRET}/"]
        )
        tell(settings, folder, said.append, clock_at(1))
        assert len(server.requests) == 3
    (noted,) = deliveries.read(folder)
    assert (noted.delivered, noted.attempts) == (False, 3)
    assert "JSON did not take it" in noted.error
    assert "error=500" in noted.error
    assert SECRET not in noted.error + "".join(said) + "".join(capfd.readouterr())
    with serve(answer()) as server:  # it gets the message the next time
        settings = settings_with(tmp_path, private=True, apprise=[f"json://127.0.0.1:{server.port}/"])
        tell(settings, folder, said.append, clock_at(1, hours=1))
        assert len(server.requests) == 1


@pytest.mark.parametrize("private", [True, False])
def test_team_chat_gets_details_and_public_issue_does_not(tmp_path, said, private):
    """Of the run that has just ended, whose line in the history is everybody's."""
    why = "Redis: expected an answer from 10.1.2.3, got none"
    runs = [run(number, {REDIS: CRIT}) for number in (0, 1)]
    folder = keep(tmp_path / "history", *runs)
    told = results([record(CRIT, item=REDIS, message=why)], target="sandbox")
    with serve(answer()) as server, github() as fake:
        tracker = {"repository": REPOSITORY, "token": TOKEN, "endpoint": fake.url}
        channels = {"webhook": {"url": server.url}, "github": tracker}
        # private is asked of [notifications] here, and the target is not private
        settings = settings_with(tmp_path, **channels, **({"private_channels": True} if private else {}))
        tell(settings, folder, said.append, clock_at(1), {runs[1].id: told})
    assert (why in body_of(server.requests[0])[1]["text"]) is private
    assert "10.1.2.3" not in json.dumps(fake.issues)
    assert "10.1.2.3" not in "".join(said)
    assert "10.1.2.3" not in "".join(file.read_text() for file in folder.rglob("*.jsonl"))


def test_public_history_omits_reason_of_failed_delivery(tmp_path, folder, said, monkeypatch):
    """It may name a machine; a number of HTTP's tells of none. Nor is it printed where everybody reads."""
    monkeypatch.setenv("PLAYBOOK_AUDIENCE", "public")
    with serve(answer("400 Bad Request", b"db-7.internal")) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url}, apprise=["json://127.0.0.1:9/"], tries=1)
        tell(settings, folder, said.append, clock_at(1))
    assert sorted(each.error for each in deliveries.read(folder)) == ["HTTP 400", "not delivered"]
    assert any("the reason is only in the team's report" in line for line in said)
    assert not [line for line in said if "db-7" in line or "127.0.0.1" in line]


def test_apprise_does_not_follow_redirects(tmp_path, folder, said):
    """The message stays where it was sent."""
    with serve(answer()) as other, serve(answer("307 Temporary Redirect", location=other.url)) as server:
        settings = settings_with(tmp_path, apprise=[f"json://127.0.0.1:{server.port}/"], tries=1)
        tell(settings, folder, said.append, clock_at(1))
        assert not other.requests
    assert not deliveries.read(folder)[0].delivered


@pytest.mark.slow
@pytest.mark.parametrize("how", ["silent", "dripping"])
@pytest.mark.parametrize("kind", ["apprise", "webhook"])
def test_unresponsive_channel_is_abandoned(tmp_path, folder, said, kind, how):
    """Neither one that never answers nor one that answers for ever."""
    with serve(hang_up) as server:
        drip = server.drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        server.scripts = [server.silence if how == "silent" else drip]
        told = (
            {"apprise": [f"json://127.0.0.1:{server.port}/"]}
            if kind == "apprise"
            else {"webhook": {"url": server.url}}
        )
        settings = settings_with(tmp_path, time_limit_seconds=0.3, tries=1, **told)
        begin = time.monotonic()
        tell(settings, folder, said.append, clock_at(1))
        assert time.monotonic() - begin < 30  # it hangs for much longer
    (noted,) = deliveries.read(folder)
    assert not noted.delivered
    assert "not delivered to " in said[0]


def test_unknown_apprise_scheme_is_named_by_position(tmp_path, folder, said):
    """Not by its text, which may be a secret."""
    tell(settings_with(tmp_path, apprise=[f"nonsense{SECRET}"]), folder, said.append, clock_at(1))
    assert said[0] == "notifications: notifications.apprise: address 1: unknown apprise URL scheme"
    assert SECRET not in "".join(said)


# ----------------------------------------------------------------------------------------------------- the webhook


def test_webhook_gets_signed_json(tmp_path, folder, said):
    """The signature is over the body, and the id is the same when it is sent again."""
    with serve(answer("503 Service Unavailable"), answer("204 No Content")) as server:
        settings = settings_with(tmp_path, webhook={"url": f"{server.url}/{SECRET}", "secret": "shared"})
        tell(settings, folder, said.append, clock_at(1))
        assert len(server.requests) == 2
        (first, _), (headers, told) = map(body_of, server.requests)
        body = server.requests[1].partition(b"\r\n\r\n")[2]
    assert first["idempotency-key"] == headers["idempotency-key"] == told["id"]
    expected = hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    assert headers["x-playbook-signature"] == f"sha256={expected}"
    (one,) = told["incidents"]
    assert (told["what"], one["what"], one["kind"], one["cause"]) == ("events", "opened", "down", "redis.alive")
    (noted,) = deliveries.read(folder)
    assert (noted.delivered, noted.attempts, noted.to) == (True, 2, "the webhook")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (answer("400 Bad Request"), (1, "HTTP 400")),
        (answer("429 Too Many Requests"), (3, "HTTP 429")),
        (answer("302 Found", location="http://127.0.0.1:1/"), (1, "HTTP 302: a redirect, which is not followed")),
        (hang_up, (3, "no whole answer (RemoteProtocolError)")),
    ],
    ids=["refused", "too many", "redirected", "hung up"],
)
def test_only_temporary_failures_are_retried(tmp_path, folder, said, script, expected):
    """And not where the same would come back."""
    with serve(script) as server:
        settings = settings_with(tmp_path, private=True, webhook={"url": f"{server.url}/{SECRET}"})
        tell(settings, folder, said.append, clock_at(1))
        made = len(server.requests)
    (noted,) = deliveries.read(folder)
    assert (made, noted.error) == expected
    assert SECRET not in noted.error + "".join(said)


def test_raising_channel_does_not_block_others(tmp_path, folder, said, monkeypatch):
    """It is noted as failed, without its words."""

    def send(*_):
        raise ValueError(f"unknown proxy {SECRET}")

    monkeypatch.setattr(AppriseChannel, "send", send)
    with serve(answer()) as server:
        settings = settings_with(
            tmp_path, private=True, apprise=["json://127.0.0.1:1/"], webhook={"url": server.url}
        )
        tell(settings, folder, said.append, clock_at(1))
        assert len(server.requests) == 1
    assert [(each.delivered, each.error) for each in deliveries.read(folder)] == [
        (False, "it failed with ValueError"),
        (True, ""),
    ]
    assert SECRET not in "".join(said)


def test_unreachable_channel_is_retried_for_first_message_only(tmp_path, folder, said):
    """Of several messages only the first is tried again."""
    keep(folder, run(2, {"weekly.docs.updated": OK}, name="weekly"))
    clock = clock_at(2)
    tell(settings_with(tmp_path, webhook={"url": f"http://127.0.0.1:{closed_port()}"}), folder, said.append, clock)
    assert [each.attempts for each in deliveries.read(folder)] == [3, 1]


def test_concurrent_notifications_deliver_once(tmp_path, folder, monkeypatch):
    """The second waits for the first, and then finds nothing left to tell."""
    settings = settings_with(tmp_path, webhook={"url": "http://127.0.0.1:1"})
    second = threading.Thread(target=tell, args=(settings, folder, print, clock_at(1)), daemon=True)
    sent = []

    def send(_, message, __):
        sent.append(message.id)
        if len(sent) == 1:
            second.start()
            second.join(0.3)  # it would have been done by now
        return Try()

    monkeypatch.setattr(WebhookChannel, "send", send)
    tell(settings, folder, print, clock_at(1))
    second.join(60)
    assert not second.is_alive()
    assert len(sent) == 1


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/{secret}", "nonsense {secret}"])
def test_unresolvable_address_is_reported_without_address(tmp_path, folder, said, address):
    """Said without the address."""
    url = address.format(port=closed_port(), secret=SECRET)
    tell(settings_with(tmp_path, webhook={"url": url}), folder, said.append, clock_at(1))
    assert "not delivered to the webhook" in said[0]
    assert "Not sent: " in said[0]  # which of several messages it was
    assert SECRET not in "".join(said)


# ----------------------------------------------------------------------------------------------------- what is due


def webhook_told(tmp_path, folder, clock, **more):
    """The webhook's messages, event by event."""
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url}, **more)
        tell(settings, folder, print, clock)
        return [one["what"] for request in server.requests for one in body_of(request)[1]["incidents"]]


def test_old_events_are_not_delivered(tmp_path, folder):
    """Neither what opened long ago, nor the end of what was never told."""
    assert webhook_told(tmp_path, folder, clock_at(4)) == []
    keep(folder, run(5, {REDIS: OK}))
    assert webhook_told(tmp_path, folder, clock_at(5)) == []
    keep(folder, run(6, {REDIS: CRIT}), run(7, {REDIS: CRIT}))
    assert webhook_told(tmp_path, folder, clock_at(7)) == ["reopened"]


def test_opening_and_recovery_are_both_delivered_after_failed_delivery(tmp_path, folder):
    """As after a failed delivery."""
    keep(folder, run(2, {REDIS: OK}))
    with serve(answer()) as server:
        tell(settings_with(tmp_path, webhook={"url": server.url}), folder, print, clock_at(2))
        told = body_of(server.requests[0])[1]
    assert [one["what"] for one in told["incidents"]] == ["opened", "recovered"]
    assert told["mood"] == "success"  # it is over
    name = "sandbox (the embedded demo system)"
    assert told["title"] == f"✓ {name}: 1 opened, 1 recovered (daily) · Redis alive: out of bounds, and 1 more"


def test_failed_delivery_is_repeated_days_later(tmp_path, folder):
    """That it is open, and later that it is over; the days that a delivery failed for do not make it old."""
    away = settings_with(tmp_path, webhook={"url": f"http://127.0.0.1:{closed_port()}"}, tries=1)
    for day in (1, 2, 3, 4):
        tell(away, folder, print, clock_at(day))
        keep(folder, run(day + 1, {REDIS: CRIT}))
    assert webhook_told(tmp_path, folder, clock_at(5)) == ["opened"]
    keep(folder, run(6, {REDIS: OK}))
    for day in (6, 7, 8, 9):
        tell(away, folder, print, clock_at(day))
    assert webhook_told(tmp_path, folder, clock_at(10)) == ["recovered"]
    assert webhook_told(tmp_path, folder, clock_at(10)) == []


def test_new_channel_gets_no_old_events(tmp_path):
    """As where a run was killed, and the next is a week later. A new channel hears of none of it."""
    folder = keep(tmp_path / "h", run(0, {"weekly.docs.updated": OK}, name="weekly"))
    assert webhook_told(tmp_path, folder, clock_at(0), digests=["weekly"]) == []
    keep(folder, run(7, {"weekly.docs.updated": CRIT}, name="weekly"))
    apprise = [f"json://127.0.0.1:{closed_port()}/"]
    assert webhook_told(tmp_path, folder, clock_at(12), apprise=apprise, tries=1) == ["opened"]
    assert not any(each.channel == "apprise JSON" for each in deliveries.read(folder))


WINDOW = {
    "time_zone": "UTC",
    "windows": [
        {"name": "Redis", "start": START + DAY - timedelta(hours=1), "end": START + DAY + timedelta(hours=2)}
    ],
}


def test_maintenance_window_delays_delivery(tmp_path, folder):
    """During it nothing is sent; afterwards, what is still bad."""
    assert webhook_told(tmp_path, folder, clock_at(1, hours=1), maintenance=WINDOW) == []
    assert webhook_told(tmp_path, folder, clock_at(1, hours=2), maintenance=WINDOW) == ["opened"]
    assert webhook_told(tmp_path, folder, clock_at(1, hours=3), maintenance=WINDOW) == []


def test_incident_within_window_is_never_delivered(tmp_path, folder):
    """Neither its beginning nor its end; it is in the history all the same."""
    keep(folder, run(1.05, {REDIS: OK}))
    assert webhook_told(tmp_path, folder, clock_at(1, hours=4), maintenance=WINDOW) == []


def test_unmeasured_incident_is_a_warning(tmp_path):
    """It gets worse when it is seen, and stays one incident."""
    folder = keep(tmp_path / "h", run(0, {REDIS: UNK}), run(1, {REDIS: UNK}))
    assert webhook_told(tmp_path, folder, clock_at(1)) == ["opened"]
    keep(folder, run(2, {REDIS: CRIT}))
    assert webhook_told(tmp_path, folder, clock_at(2)) == ["escalated"]


def test_critical_incident_precedes_unknown_in_message(tmp_path):
    """In title, text and digest: a title on a phone shows the first alone."""
    blind = Finding(verdict=UNK, cause="A monitor", message="A monitor: no answer")
    both = {"daily.alerts.firing": blind, REDIS: CRIT}
    folder = keep(tmp_path / "h", run(0, {**both, REDIS: OK}), run(1, both), run(2, both))
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url}, incidents={"bad_runs": {"daily": 2}})
        Telling(settings, folder, print, clock_at(2)).tell("daily")
        events, digest = (body_of(request)[1] for request in server.requests)
    assert events["title"].endswith("2 opened (daily) · Redis alive: out of bounds, and 1 more")
    assert events["text"].index("Redis alive") < events["text"].index("A monitor")
    shown = digest["text"].partition("Since")[0]
    assert shown.index("- Redis alive") < shown.index("- A monitor")


def test_message_has_no_mentions_and_no_secrets(tmp_path, said):
    """Whatever a system says of itself."""
    finding = Finding(verdict=CRIT, message=f"<!channel> @here <@U1>: {SECRET}\nsecond line")
    folder = keep(tmp_path / "h", run(0, {REDIS: finding}), run(1, {REDIS: finding}))
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url, "secret": SECRET})
        tell(settings, folder, said.append, clock_at(1))
        told = body_of(server.requests[0])[1]
    assert "<!channel>" not in told["text"]
    assert "@here" not in told["text"]
    assert "<@U1>" not in told["text"]
    assert "[redacted] second line" in told["text"]
    assert SECRET not in json.dumps(told)


# ------------------------------------------------------------------------------------------------------ the digest


def test_digest_contains_counts_open_incidents_and_changes(tmp_path, folder, said):
    """Once for a run: its counts, what is open and for how long, what changed since the last digest."""
    keep(folder, run(2, {"weekly.docs.updated": OK}, name="weekly"))
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url}, link="https://site.example")
        for hours in (1, 2):
            Telling(settings, folder, said.append, clock_at(2, hours=hours)).tell("weekly")
        digests = [told for _, told in map(body_of, server.requests) if told["what"] == "digest"]
        (told,) = digests
        assert told["title"] == "✓ sandbox (the embedded demo system): weekly digest, OK, 1 open incident"
        assert told["text"].splitlines() == [
            "The newest weekly run began 2026-03-04 06:17 UTC, 60 min ago: OK.",
            "1 OK",
            "",
            "1 open incident:",
            "- Redis alive: out of bounds, for 2 days: Redis: it is CRITICAL",
            f"  Do: {shipped().items[REDIS].next_step}",
            "",
            "Since 2026-02-25 07:17 UTC: 1 change:",
            "- 2026-03-03 06:17 UTC opened: Redis alive: out of bounds",
            "",
            "https://site.example",
        ]
        keep(folder, run(9, {"weekly.docs.updated": OK}, name="weekly"))
        Telling(settings, folder, said.append, clock_at(9)).tell("weekly")
        assert "Since 2026-03-04 07:17 UTC: 0 changes." in body_of(server.requests[-1])[1]["text"]


def test_digest_starts_at_last_delivery_of_its_channel(tmp_path, said):
    """A channel that missed one gets the changes since its own last message, not since another's."""
    folder = keep(tmp_path / "h", run(0, {"weekly.docs.updated": CRIT}, name="weekly"))
    with serve(answer()) as webhook, serve(answer()) as other:
        both = {"webhook": {"url": webhook.url}, "apprise": [f"json://127.0.0.1:{other.port}/"], "tries": 1}
        tell(settings_with(tmp_path, **both, digests=["weekly"]), folder, said.append, clock_at(0, minutes=1))
        keep(folder, run(7, {"weekly.docs.updated": OK}, name="weekly"))
        away = both | {"apprise": [f"json://127.0.0.1:{closed_port()}/"]}
        tell(settings_with(tmp_path, **away, digests=["weekly"]), folder, said.append, clock_at(7, minutes=1))
        tell(settings_with(tmp_path, **both, digests=["weekly"]), folder, said.append, clock_at(7, hours=1))
        late = body_of(other.requests[-1])[1]["message"]
    assert "Since 2026-03-02 06:18 UTC: 1 change:" in late


def test_each_weekly_run_has_its_own_digest(tmp_path, said):
    """Once, and also where all is well; not one of long ago, and not a part of the set."""
    folder = keep(tmp_path / "h", run(0, {"weekly.docs.updated": OK}, name="weekly"))
    part = run(9, {"weekly.docs.updated": OK}, name="weekly")
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url})
        for hours in (1, 2):
            tell(settings, folder, said.append, clock_at(0, hours=hours))
        keep(folder, msgspec.structs.replace(part, partial=True))
        tell(settings, folder, said.append, clock_at(9))
        assert [told["what"] for _, told in map(body_of, server.requests)] == ["digest"]
    (noted,) = deliveries.read(folder)
    assert (noted.what, noted.set, noted.delivered) == ("digest", "weekly", True)


def test_digest_without_runs_says_so(tmp_path, said):
    """Never that all is well."""
    settings = settings_with(tmp_path, webhook={"url": "http://127.0.0.1:1"})
    Telling(settings, tmp_path / "none", said.append, clock_at(0), dry_run=True).tell("weekly")
    assert "weekly digest, UNKNOWN" in said[0]
    assert "No weekly run was found, so nothing is known." in said[0]


# ----------------------------------------------------------------------------------------------------- the command


def test_notify_command_supports_dry_run_and_strict(tmp_path, monkeypatch, capsys):
    """--dry-run tells nobody; a failed delivery is exit code 0, or 10 with --strict."""
    now = (datetime.now(UTC) - START) / DAY  # the command goes by the machine's clock, whatever that says
    folder = keep(tmp_path / "history", run(now - 1.1, {REDIS: CRIT}), run(now - 0.1, {REDIS: CRIT}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_WEBHOOK_URL", f"http://127.0.0.1:{closed_port()}/")
    for name in ("SLACK_WEBHOOK_URL", "PLAYBOOK_ISSUES_TOKEN", "PLAYBOOK_TARGET"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "playbook.toml").write_text(
        "[notifications]\ntries = 1\n[targets.sandbox.notifications]\nlink = 'https://site.example'\n"
    )
    arguments = ["notify", "--history", str(folder)]
    assert main([*arguments, "--dry-run"]) == 0
    assert "the webhook would be sent:\n✕ sandbox" in capsys.readouterr().out
    assert deliveries.read(folder) == []
    assert main(arguments) == 0
    assert "not delivered to the webhook in 1 try: no connection (Connection refused)" in capsys.readouterr().out
    assert main([*arguments, "--strict"]) == 10


def test_notify_without_channel_explains_setup(tmp_path, folder, said):
    """In one line."""
    tell(settings_with(tmp_path), folder, said.append, clock_at(1))
    assert said == [
        "notifications: nobody is notified: set $SLACK_WEBHOOK_URL, $PLAYBOOK_WEBHOOK_URL or "
        "$PLAYBOOK_ISSUES_TOKEN, "
        "or name others under [notifications]"
    ]


def test_unwritable_history_is_reported_by_notify(tmp_path, folder, said):
    """And not raised: a run's verdict does not depend on it."""
    (folder / "deliveries").write_text("in the way")
    with serve(answer()) as server:
        tell(settings_with(tmp_path, webhook={"url": server.url}), folder, said.append, clock_at(1))
    assert "the delivery to the webhook could not be recorded, so it may be sent again: " in said[-1]
    assert "cannot be written" in said[-1]


def test_damaged_delivery_lines_are_ignored(tmp_path):
    """The rest counts, also what a merge put there twice; order means nothing."""
    history = tmp_path / "h"
    made = [
        deliveries.Delivery(
            when=START + n * DAY, target="t", what="events", channel="c", to="x", ids=[f"{n}"], delivered=n != 1
        )
        for n in (2, 1, 0)
    ]
    for one in made:
        deliveries.note(history, one)
    file = history / "deliveries" / "2026.jsonl"
    file.write_bytes(b"{half\n<<<<<<< ours\n" + file.read_bytes() * 2)
    read = deliveries.read(history)
    assert read == sorted([*made, *made], key=lambda one: one.when)
    assert deliveries.ids_told(read, "t", "c") == {"0", "2"}
    assert deliveries.read(history, since=START + 2 * DAY)[0].ids == ["2"]


# ----------------------------------------------------------------------------------- what to do, and what was done


def texts(server):
    """Titles and lines of what the webhook got."""
    return [(told["title"], told["text"].splitlines(), told) for _, told in map(body_of, server.requests)]


def test_message_states_what_since_action_and_link(tmp_path, folder, said):
    """Whom to call stands only where the team alone reads it."""
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url}, site="https://ops.example/")
        tell(settings, folder, said.append, clock_at(1))
        ((title, lines, told),) = texts(server)
    assert said == [f"notifications: sent to the webhook: {title}"]
    assert lines[0] == "OPENED: Redis alive: out of bounds"
    assert "since 2026-03-02 06:17 UTC" in lines[2]
    assert lines[3] == f"  Do: {shipped().items[REDIS].next_step}"
    link = f"https://ops.example/incidents/{told['incidents'][0]['fingerprint']}-1.html"
    assert lines[4].strip() == link
    assert "call" not in "".join(lines)
    incident = told["incidents"][0]
    assert (incident["severity"], incident["link"]) == ("P2", link)
    assert incident["todo"]


def test_team_message_names_person_to_call(tmp_path, folder, said):
    """With the number, by when."""
    roster = tmp_path / "roster.toml"
    roster.write_text(ROSTER)
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url}, private_channels=True)
        settings = msgspec.structs.replace(
            settings, people=msgspec.structs.replace(settings.people, roster=str(roster))
        )
        tell(settings, folder, said.append, clock_at(1))
        ((_, lines, _),) = texts(server)
    assert "  P2: call Ada Novak, +49 30 5550100, to answer by Tue 07:17 UTC" in lines


ROSTER = """
time_zone = "UTC"
[people.ada]
name = "Ada Novak"
phone = "+49 30 5550100"
email = "ada@example.com"
[rotations.primary]
people = ["ada"]
starts = 2026-01-05T09:00:00
every_days = 7
[escalation.P2]
call = ["primary"]
next_after_minutes = 15
"""


def test_unacknowledged_incident_is_repeated_daily(tmp_path, folder, said):
    """Once a day, also where nothing ran for some days; the acknowledgement ends it."""
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url})
        for hours in (0, 1, 25, 26, 80):
            tell(settings, folder, said.append, clock_at(1, hours=hours))
        found = texts(server)
        assert [lines[0].partition(":")[0] for _, lines, _ in found] == ["OPENED", "STILL OPEN", "STILL OPEN"]
        assert found[1][0].startswith("✕ sandbox (the embedded demo system): 1 still open (daily)")
        assert "Nobody has acknowledged it: Redis: it is CRITICAL" in found[1][1][1]
        acknowledge(folder, found[0][2]["incidents"][0], clock_at(5).now())
        tell(settings, folder, said.append, clock_at(6))
        assert len(texts(server)) == 3


def test_escalation_is_sent_without_a_reminder_beside_it(tmp_path, said):
    """It says the same of the incident; the next reminder counts from it."""
    folder = keep(tmp_path / "history", run(0, {REDIS: UNK}), run(1, {REDIS: UNK}))
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url})
        tell(settings, folder, said.append, clock_at(1))
        keep(folder, run(2, {REDIS: CRIT}))
        for hours in (1, 20, 25):
            tell(settings, folder, said.append, clock_at(2, hours=hours))
        found = [lines[0].partition(":")[0] for _, lines, _ in texts(server)]
    assert found == ["OPENED", "ESCALATED", "STILL OPEN"]


def test_remind_hours_zero_disables_reminders(tmp_path, folder, said):
    """``remind_hours = 0``."""
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url}, remind_hours=0)
        for days in (1, 3, 9):
            tell(settings, folder, said.append, clock_at(days))
        assert len(texts(server)) == 1


def test_worsening_is_delivered_after_acknowledgement(tmp_path, folder, said):
    """An acknowledgement ends reminders, and no news."""
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url})
        tell(settings, folder, said.append, clock_at(1))
        acknowledge(folder, texts(server)[0][2]["incidents"][0], clock_at(1, hours=1).now())
        keep(folder, run(2, {REDIS: OK}))
        tell(settings, folder, said.append, clock_at(2))
        assert [lines[0].partition(":")[0] for _, lines, _ in texts(server)] == ["OPENED", "RECOVERED"]


def acknowledge(folder, incident, when):
    """A line as the command writes it."""
    key = f"{incident['fingerprint']}-{incident['number']}"
    handling.note(folder, handling.Handling(when=when, target="sandbox", incident=key, what="ack"))


def test_failure_and_unknown_of_one_cause_are_one_entry(tmp_path, said):
    """It is named by its cause, with what is out of bounds and what cannot be seen for it."""
    bad = {
        "daily.health.api": Finding(verdict=CRIT, message="API health: 503", cause="Redis"),
        REDIS: Finding(verdict=UNK, message="Redis: refused", cause="Redis"),
    }
    folder = keep(tmp_path / "history", run(0, bad), run(1, bad))
    with serve(answer()) as server:
        tell(settings_with(tmp_path, webhook={"url": server.url}), folder, said.append, clock_at(1))
        ((_, lines, _),) = texts(server)
    assert [line for line in lines if line.startswith("OPENED")] == ["OPENED: Redis: out of bounds"]
    assert f"  since 2026-03-02 06:17 UTC · daily.health.api · not measured because of it: {REDIS}" in lines


def test_message_tells_times_in_the_zone_of_the_target(tmp_path, folder, said):
    """Beside UTC, where the two differ."""
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url})
        target = msgspec.structs.replace(settings.target, time_zone="Asia/Tokyo")
        tell(msgspec.structs.replace(settings, target=target), folder, said.append, clock_at(1))
        ((_, lines, _),) = texts(server)
    assert any(line.startswith("  since 2026-03-02 06:17 UTC (15:17 in Tokyo)") for line in lines)


def test_webhook_tells_how_long_an_incident_was_bad_over_all_spells(tmp_path, said):
    """Four days in two spells, and not the five from the first opening to the last recovery."""
    days = [CRIT, CRIT, OK, CRIT, CRIT, OK]
    folder = keep(tmp_path / "history", *[run(n, {REDIS: verdict}) for n, verdict in enumerate(days)])
    with serve(answer()) as server:
        settings = settings_with(tmp_path, webhook={"url": server.url}, tell_within_hours=200.0)
        tell(settings, folder, said.append, clock_at(5))
        ((_, _, body),) = texts(server)
    (told,) = {one["fingerprint"]: one for one in body["incidents"]}.values()
    assert (told["bad_seconds"], told["spells"]) == (4 * DAY.total_seconds(), 2)
    assert told["unmeasured_seconds"] == 0.0
    assert "bad for 4 days in 2 spells" in body["text"]


def test_commands_have_no_backticks_in_plain_text():
    """Only in what is to be done, which is ours: what a system said stays as it is."""
    text = "OPENED: X\n  got `x`\n  Do: Sign it with `python -m playbook attest a --by NAME`."
    assert as_plain_text(text) == "OPENED: X\n  got `x`\n  Do: Sign it with python -m playbook attest a --by NAME."
