"""Answers with HTTP 2xx, in the words of those that receive messages and pings."""

from __future__ import annotations

import msgspec
import pytest

from playbook.core.clock import FixedClock
from playbook.core.secret import Secret
from playbook.history import deliveries
from playbook.notify import ping
from playbook.notify.messages import Message
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
    b'{"id":"x","time":1,"event":"message","topic":"t","message":"Forbidden: 403 for all visitors"}',  # ntfy
    b'{"name":"spaces/AAA/messages/BBB","text":"CRITICAL: error rate 6 %"}',  # Google Chat
    b'[{"status":"sent","reject_reason":null}]',  # Mandrill
    b'{"success":1,"failure":0,"results":[{"message_id":"0"}]}',  # Firebase
    b'{"Code":"OK","Message":"OK"}',  # Alibaba Cloud
    b'{"ErrorCode":0,"Message":"OK","MessageID":"b7"}',  # Postmark
    b'{"event_id":"$x"}',  # Matrix
    b'<?xml version="1.0" encoding="UTF-8"?><Response/>',  # Twilio
    b"<response><status>ok</status></response>",
    b'{"status":{"code":0,"message":"no error"}}',
    b'{"status":"no error"}',
    b'{"errors":{}}',
    b'{"data":{"success":true,"error":null}}',
    b'{"detail":"Created"}',
    b"202 Accepted",
    b"true",
    b"{}",
    b"[]",
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
    b'[{"email":"a@b.example","status":"rejected","reject_reason":"hard-bounce"}]',  # Mandrill
    b'{"multicast_id":1,"success":0,"failure":1}',  # Firebase
    b'{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"x"}',  # Alibaba Cloud
    b'{"Code":"SignatureDoesNotMatch","Message":"Specified signature does not match"}',
    b'{"errcode":"M_FORBIDDEN","error":"not in room"}',  # Matrix
    b'{"status_code":400,"id":"api.x","message":"m"}',  # Mattermost
    b'{"message":"Forbidden"}',  # Amazon's API Gateway
    b'{"message":"Internal server error"}',
    b'{"Message":"Endpoint request timed out"}',
    b'{"detail":"Authentication credentials were not provided."}',  # Django REST framework
    b'{"detail":"Not found."}',
    b'{"fault":{"faultstring":"Invalid ApiKey"}}',  # Apigee
    b'{"Success":false}',
    b'{"isSuccess":"False"}',
    b'{"data":{"success":false}}',
    b'{"response":{"status":"failed"}}',
    b'{"status":{"code":500}}',
    b'{"status":"undelivered"}',
    b'{"result":"NG"}',
    b'{"code":"invalid_token"}',
    b'{"type":"error","text":"x"}',
    b'{"http_code":500}',
    b'\xef\xbb\xbf{"ok":false}',
    b'"error"',
    b"false",
    b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    b"<response><status>error</status></response>",
    b"channel_is_archived",  # Slack
    b"action_prohibited",
    b"too_many_attachments",
    b"Bad payload received by generic incoming webhook.",
    b"Access denied",
    b"Quota exceeded",
    b"Payment required",
    b"This webhook has been disabled",
    b"The channel was deleted",
    b"Payload is not valid JSON",
    b"No such webhook",
    b"Internal Server Error",
    b"upstream connect error or disconnect/reset before headers",  # Envoy
    b"default backend - 404",
    b"Cannot POST /hook",  # Express
    b"Sorry, something went wrong",
]


@pytest.mark.parametrize("content", TAKEN)
def test_message_is_taken(content):
    assert refusal(content) == ""


@pytest.mark.parametrize("content", REFUSED)
def test_message_is_refused_with_a_status_of_success(content):
    assert refusal(content)


def test_message_that_is_repeated_is_taken():
    """By those that return what they were sent."""
    message = Message(
        id="a",
        what="events",
        target="shop",
        kind="production",
        set="daily",
        mood="failure",
        title="Error rate: CRITICAL",
        text="Error rate: expected at most 5 %, got 6 %. The endpoint was deleted.",
        ids=["1"],
    )
    assert refusal(msgspec.json.encode(message)) == ""
    assert refusal(msgspec.json.encode({"status": "success", "data": msgspec.to_builtins(message)})) == ""


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
