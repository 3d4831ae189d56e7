"""JSON that means harm, as each client that reads it meets it: depth, numbers, keys that stand twice, sizes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any

from playbook.clients.alertmanager import alerting
from playbook.clients.digitalocean import digitalocean
from playbook.clients.digitalocean_account import digitalocean_account
from playbook.clients.github import github
from playbook.clients.grafana import grafana
from playbook.clients.prometheus import prometheus
from playbook.settings.loading import load
from tests.hostile.cases import case
from tests.hostile.object_storage import endless, http
from tests.hostile.servers import CHUNK, LIMITS, WITHIN, drip, serving

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
_JSON = b"Content-Type: application/json"


def settings_for(port: int, **sections: Any) -> Any:
    """Of a target all of whose services are this one."""
    url = f"http://127.0.0.1:{port}"
    target = {
        "prometheus": {"url": url},
        "alertmanager": {"url": url},
        "grafana": {"url": url, "token": "t" * 20},
        "github": {"endpoint": url, "token": "t" * 20, "organisation": "o", "repository": "o/r"},
        "digitalocean": {"endpoint": url, "token": "t" * 20, "app_id": "a"},
        "time_limits": {"connect": LIMITS.connect, "read": LIMITS.read},
        **sections,
    }
    return load("sandbox", environment={}, overlay={"targets": {"sandbox": target}})


ASKED: dict[str, Callable[[Any], object]] = {
    "Prometheus, a query": lambda settings: prometheus(settings).ask("up"),
    "Prometheus, a range": lambda settings: prometheus(settings).query_range(
        "up", NOW - timedelta(days=1), NOW, 60
    ),
    "Prometheus, alerts": lambda settings: prometheus(settings).alerts(),
    "Prometheus, rules": lambda settings: prometheus(settings).rule_groups(),
    "Alertmanager": lambda settings: alerting(settings).found(NOW).alerts,  # type: ignore[union-attr]
    "Grafana, health": lambda settings: grafana(settings).health(),
    "Grafana, a dashboard": lambda settings: grafana(settings).dashboard("x"),
    "GitHub, an organisation": lambda settings: github(settings).organisation(),
    "GitHub, members": lambda settings: github(settings).members(),
    "GitHub, activity": lambda settings: github(settings).activity("day"),
    "DigitalOcean, the app": lambda settings: digitalocean(settings).app(),
    "DigitalOcean, releases": lambda settings: digitalocean(settings).deployments(),
    "DigitalOcean, the account": lambda settings: digitalocean_account(digitalocean(settings)).account(),
    "DigitalOcean, firewalls": lambda settings: digitalocean_account(digitalocean(settings)).firewalls(),
}
DEEP = 100_000
BODIES: dict[str, Callable[[], bytes]] = {
    "lists 100,000 deep": lambda: b"[" * DEEP + b"]" * DEEP,
    "objects 100,000 deep": lambda: b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "data 100,000 deep": lambda: b'{"status":"success","data":{"resultType":"vector","result":' + b"[" * DEEP,
    "data 900 deep": lambda: (
        b'{"status":"success","data":' + b"[" * 900 + b"]" * 900 + b',"app":' + b"[" * 900 + b"]" * 900 + b"}"
    ),
    "sixteen MB of empty lists": lambda: b"[" + b"[]," * 5_000_000 + b"[]]",
    "sixteen MB of empty objects": lambda: b"[" + b"{}," * 5_000_000 + b"{}]",
    "a number of 100,000 digits": lambda: b'{"status":"success","data":' + b"9" * DEEP + b"}",
    "NaN": lambda: b'{"status":"success","data":NaN}',
    "Infinity": lambda: b'{"status":"success","data":-Infinity}',
    "a number without end": lambda: b'{"status":"success","data":1e999}',
    "a key twice": lambda: b'{"status":"error","data":{},"app":{},"status":"success"}',
    "a key of 1 MB twice": lambda: b'{"%b":1,"%b":2}' % (b"k" * 1_000_000, b"k" * 1_000_000),
    "half of a character": lambda: b'{"status":"\\ud83d"}',
    "bytes that are no text": lambda: b'{"status":"\xff\xfe"}',
    "a text of 15 MB where a word is expected": lambda: b'{"status":"' + b"x" * 15_000_000 + b'","data":1}',
    "nothing": lambda: b"",
    "a list": lambda: b"[1,2,3]",
    "a word": lambda: b'"no"',
}
_ERRORS: dict[str, Callable[[], bytes]] = {
    "an error text of 15 MB": lambda: (
        b'{"status":"error","errorType":"bad_data","error":"' + b"why " * 3_750_000 + b'","message":"' + b'x"}'
    ),
    "a message of 15 MB": lambda: b'{"id":"' + b"x" * 500_000 + b'","message":"' + b"why " * 3_600_000 + b'"}',
    "a message 100,000 deep": lambda: b'{"message":' + b"[" * DEEP,
}
_SAID = r"(Malformed|Unreachable|Denied|TooLittleData): .{20,4000}$|^\[\]$|^\(\)$"

for _client, _ask in ASKED.items():
    for _body, _made in BODIES.items():

        @case(f"{_client}: {_body}", _SAID, WITHIN)
        def _(ask: Callable[[Any], object] = _ask, made: Callable[[], bytes] = _made) -> str:
            answer = http(made(), "200 OK", _JSON)
            with serving(lambda _: [answer]) as port:
                return f"{ask(settings_for(port))!r:.300}"

    for _body, _made in _ERRORS.items():

        @case(f"{_client}: {_body}", _SAID, WITHIN)
        def _(ask: Callable[[Any], object] = _ask, made: Callable[[], bytes] = _made) -> str:
            answer = http(made(), "400 Bad Request", _JSON)
            with serving(lambda _: [answer]) as port:
                return f"{ask(settings_for(port))!r:.300}"

    @case(f"{_client}: an answer without end", "Malformed: .*(at most|more than) [0-9,]+ bytes", WITHIN)
    def _(ask: Callable[[Any], object] = _ask) -> str:
        with serving(lambda _: endless("200 OK", _JSON)) as port:
            return str(ask(settings_for(port)))

    @case(f"{_client}: a drip", "Unreachable: .*no answer in time", WITHIN)
    def _(ask: Callable[[Any], object] = _ask) -> str:
        with serving(lambda _: drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")) as port:
            return str(ask(settings_for(port)))


@case("GitHub: pages without end", r"50 pages|more than 50 pages|\[User", 2 * WITHIN)
def _() -> str:
    page = b"[" + b",".join(b'{"login":"u%d"}' % number for number in range(100)) + b"]"
    link = b'Link: <http://127.0.0.1:%d/x?page=2>; rel="next"'
    ports: list[int] = []

    with serving(lambda _: [http(page, "200 OK", _JSON, link % ports[0])]) as port:
        ports.append(port)
        return github(settings_for(port)).members().coverage.got


@case("Prometheus: headers of 1 GB", "Unreachable: .*something that is not HTTP", WITHIN)
def _() -> str:
    with serving(
        lambda _: chain([b"HTTP/1.1 200 OK\r\nX-A: "], repeat(CHUNK.replace(b"\0", b"x"), 16_384))
    ) as port:
        return str(prometheus(settings_for(port)).ask("up"))
