"""Who sent a request, in the lines of servers behind proxies."""

import pytest

from playbook.readers.logs.visitors import visitor

SOURCE = "203.0.113.66"
BEHIND = '{} - - [18/Nov/2026:07:30:00 +0000] "POST /login HTTP/1.1" 401 12 "-" "Chrome/120.0.0.0"'
PINO = (
    '{"req":{"method":"POST","url":"/login","headers":{"x-forwarded-for":"203.0.113.66,172.68.1.9",'
    '"do-connecting-ip":"203.0.113.66"},"remoteAddress":"::ffff:10.244.3.1"},"res":{"statusCode":401}}'
)


@pytest.mark.parametrize(
    ("client", "line", "source"),
    [
        (SOURCE, BEHIND.format(SOURCE), SOURCE),
        ("10.244.0.7", BEHIND.format("10.244.0.7"), "10.244.0.7"),
        # nginx's image adds X-Forwarded-For at the end
        ("10.244.0.7", BEHIND.format("10.244.0.7") + f' "{SOURCE}, 172.68.1.9"', SOURCE),
        ("100.127.1.9", BEHIND.format("100.127.1.9") + ' "2001:db8::66"', "2001:db8::66"),
        ("10.244.0.7", BEHIND.format("10.244.0.7") + ' "-"', "10.244.0.7"),
        ("::ffff:10.244.3.1", PINO, SOURCE),
        ("10.244.3.1", '{"headers":{"x-real-ip":["203.0.113.66"]},"status":403}', SOURCE),
        ("", '{"ClientIP":"203.0.113.66","ClientRequestURI":"/login","EdgeResponseStatus":401}', SOURCE),
        ("", '{"path":"/login","statusCode":401,"source":{"remoteAddress":"203.0.113.66"}}', SOURCE),
        ("", '[GIN] 2026/11/18 - 07:30:00 | 401 |  505.3µs |    203.0.113.66 | POST  "/login"', SOURCE),
        ("", "203.0.113.66:148 [18/Nov/2026:07:30:00.127] in~ be/w 0/0/0/3/3 401 7", SOURCE),
        ("", "https 2026-11-18T07:30:00Z app/api/49 203.0.113.66:4474 10.0.0.1:80 0.0 0.0 0.0 401 401", SOURCE),
        ("", '[18/Nov/2026:07:30:00 +0000] - 403 403 - GET https x "/a" [Client 203.0.113.66] [Length 9]', SOURCE),
        ("10.0.0.3", '{"remote_addr":"10.0.0.3","http_x_forwarded_for":"203.0.113.66, 10.0.0.9"}', SOURCE),
        ("10.0.0.3", '{"ClientHost":"10.0.0.3","request_X-Forwarded-For":"203.0.113.66"}', SOURCE),
        ("10.0.0.3", '{"request":{"headers":{"Forwarded":["for=203.0.113.66;proto=https"]}}}', SOURCE),
        ("10.0.0.3", "method=GET path=/x status=403 remote_addr=10.0.0.3 xff=203.0.113.66", SOURCE),
        (f"{SOURCE}:5022", "method=GET path=/x status=403 remote=203.0.113.66:5022", SOURCE),
        ("[2001:db8::66]:5022", "method=GET path=/x status=403 remote=[2001:db8::66]:5022", "2001:db8::66"),
        ("10.0.0.3:5022", "path=/x status=403 remote=10.0.0.3:5022 x_forwarded_for=203.0.113.66", SOURCE),
        (f"{SOURCE}}}:", "request{method=GET uri=/a client_ip=203.0.113.66}: status=403", SOURCE),
        ("", "2026-11-18 07:30:00 10.0.0.1 GET /a - 443 - 203.0.113.66 curl - 403 0 0 5", SOURCE),
        ("", "1767443340.123 1 203.0.113.66 TCP_DENIED/403 1 GET http://x/a - HIER_NONE/-", SOURCE),
        ("", "time:18/Nov/2026 host:203.0.113.66 method:GET uri:/a status:403 size:1", SOURCE),
        ("", "POST /login 401 12.1 ms - 12", ""),
        # Cloudflare before a droplet of one's own
        ("172.68.1.9", BEHIND.format("172.68.1.9") + f' "{SOURCE}"', SOURCE),
        ("2400:cb00::9", BEHIND.format("2400:cb00::9") + f' cf_connecting_ip="{SOURCE}"', SOURCE),
        ("172.68.1.9", BEHIND.format("172.68.1.9"), "172.68.1.9"),
        # A client that names itself is not believed where its own address is known.
        ("198.51.100.7", BEHIND.format("198.51.100.7") + f' "{SOURCE}"', "198.51.100.7"),
        ("crawler.example", BEHIND.format("crawler.example"), "crawler.example"),
    ],
)
def test_proxy_is_no_visitor(client, line, source):
    """The header of the proxy says who is."""
    assert visitor(client, line) == source
