"""Answers with HTTP 2xx, in the words of those that receive messages and pings."""

from __future__ import annotations

import pytest

from playbook.core.clock import FixedClock
from playbook.core.secret import Secret
from playbook.history import deliveries
from playbook.notify import ping
from playbook.notify.post import post
from playbook.notify.refusals import LONGEST, refusal
from tests.unit.loopback import answer, serve
from tests.unit.notify.lines import START, settings_with

TAKEN = [
    b"",
    b"OK",  # healthchecks.io, Better Stack
    b"ok",  # Slack, Mattermost
    b"1",  # Microsoft Teams
    b"Got it, thanks!",  # Dead Man's Snitch
    b'This URL has no default content configured. <a href="/#!/edit/3">Change response</a>.',  # webhook.site
    b'{"ok":true}',  # Uptime Kuma, Telegram
    b'{"ok":true,"channel":"C02","ts":"1.2","warning":"missing_charset"}',  # Slack's API
    b'{"status":"success","message":"Event processed","dedup_key":"a"}',  # PagerDuty
    b'{"result":"Request will be processed","took":0.3,"requestId":"43"}',  # Opsgenie
    b'{"status":1,"request":"647d2300"}',  # Pushover
    b'{"errcode":0,"errmsg":"ok"}',  # DingTalk, WeCom
    b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}',  # Lark
    b'{"result":"success","msg":"","id":42}',  # Zulip
    b'{"attempt":"1","id":"2","request_id":"3","status":"success"}',  # Zapier
    b'{"message":"Workflow was started"}',  # n8n
    b'{"success":true,"error":null,"errors":[],"code":200}',
    b'{"statusCode":"202","body":""}',
    b'{"id":"1","type":0,"content":"CRITICAL: error rate 6 %","channel_id":"2"}',  # Discord, with ?wait=true
]
REFUSED = [
    b"OK (not found)",  # healthchecks.io, of a check that was deleted
    b"OK (rate limited)",
    # https://github.com/MicrosoftDocs/msteams-docs/issues/400
    b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 400 with tcid=3",
    b'{"ok":false,"error":"channel_not_found"}',  # Slack's API
    b'{"ok":false,"msg":"Monitor not found or not active."}',  # Uptime Kuma
    b'{"errcode":310000,"errmsg":"keywords not in content"}',  # DingTalk
    b'{"errcode":93000,"errmsg":"invalid webhook url, hint: [1]"}',  # WeCom
    b'{"code":19024,"data":{},"msg":"Key Words Not Found"}',  # Lark
    b'{"code":"9499","msg":"Bad Request"}',
    b'{"result":"error","msg":"Invalid API key","code":"INVALID_API_KEY"}',  # Zulip
    b'{"success":false}',  # Rocket.Chat
    b'{"status":"error","message":"x"}',
    b'{"status":0,"errors":["user identifier is invalid"]}',  # Pushover
    b'{"errorMessage":"Cannot read properties of undefined","errorType":"TypeError"}',  # AWS Lambda
    b'{"statusCode":500,"body":"boom"}',
    b'{"error":"Unauthorized"}',
    b"invalid_token",
    b"no_service",  # Slack, of a webhook that was removed
    b"rate_limited",
    b"Not Found",
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title>",
    b"\n<HTML><body>This domain is for sale</body></HTML>",
]


@pytest.mark.parametrize("content", TAKEN)
def test_message_is_taken(content):
    assert refusal(content) == ""


@pytest.mark.parametrize("content", REFUSED)
def test_message_is_refused_with_a_status_of_success(content):
    assert refusal(content)


def test_long_answer_may_repeat_our_message():
    assert refusal(b"Received: CRITICAL: expected a page, got HTTP 404 Not Found. " * 20) == ""


def test_refused_webhook_is_no_delivery():
    with serve(answer(body=REFUSED[2])) as server:
        tried = post(Secret(server.url), b"{}", {}, 20)
    assert tried.error.startswith("HTTP 200, but the answer is 'Webhook message delivery failed with error: ")
    assert not tried.again


def test_endless_answer_is_read_in_part():
    with serve(answer(body=b"a" * 40 * LONGEST)) as server:
        assert post(Secret(server.url), b"{}", {}, 20).error == ""


@pytest.mark.parametrize(
    ("status", "error", "again"),
    [
        ("200 OK", "HTTP 200, but no whole answer (RemoteProtocolError)", False),
        ("503 Service Unavailable", "HTTP 503", True),
    ],
)
def test_message_is_not_sent_twice_where_the_answer_was_cut_off(status, error, again):
    with serve(f"HTTP/1.1 {status}\r\nContent-Length: 9\r\n\r\nO".encode()) as server:
        tried = post(Secret(server.url), b"{}", {}, 20)
    assert (tried.error, tried.again) == (error, again)


def test_ping_of_a_check_that_was_deleted_is_reported(tmp_path):
    said: list[str] = []
    with serve(answer(body=b"OK (not found)")) as server:
        settings = settings_with(tmp_path, ping_url=server.url)
        ping(settings, "daily", "success", said.append, history=tmp_path / "h", clock=FixedClock(START))
    assert said == [
        "ping (success): not delivered, and not tried again: HTTP 200, but the answer is 'OK (not found)'"
    ]
    (noted,) = deliveries.read(tmp_path / "h")
    assert not noted.delivered
