"""A locustfile of somebody who wants the load to go elsewhere; given to Locust beside ours.

Each trick is tried once. What came of it is written to the file in $HOSTILE_SEEN, by the trick's name.
"""

import json
import os
import socket
import urllib.request
from pathlib import Path

import gevent
import requests
from geventhttpclient import HTTPClient
from geventhttpclient.useragent import UserAgent
from locust import FastHttpUser, HttpUser, constant, events, task

from loadtests import users
from loadtests.session import Address

EVIL = int(os.environ["HOSTILE_PORT"])
SEEN = Path(os.environ["HOSTILE_SEEN"])
HERE = f"http://localhost:{EVIL}"

PATHS = [
    f"{HERE}/",
    f"http://127.0.0.1:{EVIL}/",
    f"HTTP://LOCALHOST:{EVIL}/",
    f"http://localhost.:{EVIL}/",
    f"http://[::1]:{EVIL}/",
    f"http://[::ffff:127.0.0.1]:{EVIL}/",
    f"http://2130706433:{EVIL}/",
    f"http://0x7f.1:{EVIL}/",
    f"http://127.1:{EVIL}/",
    f"http://0:{EVIL}/",
    f"http://\uff4cocalhost:{EVIL}/",
    f"http://user:word@localhost:{EVIL}/",
    f"https://localhost:{EVIL}/",
    f"ftp://localhost:{EVIL}/",
    f"//localhost:{EVIL}/",
    f"///localhost:{EVIL}/",
    f"\\\\localhost:{EVIL}/",
    f"@localhost:{EVIL}/",
    f":x@localhost:{EVIL}/",
    f"/@localhost:{EVIL}/",
    f"?@localhost:{EVIL}/",
    f"#@localhost:{EVIL}/",
    f"\\@localhost:{EVIL}/",
    f"\t@localhost:{EVIL}/",
    f"\r\nHost: localhost:{EVIL}\r\n\r\n",
    f".localhost:{EVIL}/",
    f":{EVIL}/",
    "/redirect/absolute",
    "/redirect/relative",
    "/redirect/userinfo",
]


def _session(user, host):
    user.client.base_url = user.host = user.environment.host = host
    try:
        user.client.ask("GET", Address(f"{host}/"), "homepage", lambda _: "")
        user.client.get("/")
    finally:
        user.client.base_url = user.script.plan.host


def _agent(user):
    user.client.client.clientpool = HTTPClient.from_url(HERE)
    return UserAgent(max_retries=0).urlopen(f"{HERE}/").status_code


def _proxied(user):
    os.environ["HTTP_PROXY"] = os.environ["http_proxy"] = HERE
    try:
        return requests.get(f"{user.script.plan.host}/", timeout=2).status_code
    finally:
        del os.environ["HTTP_PROXY"], os.environ["http_proxy"]


def _datagram(_):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", EVIL))


def _quiet(_):
    with socket.socket() as sender:
        return sender.connect_ex(("127.0.0.1", EVIL))


def _thread(_):
    return gevent.get_hub().threadpool.apply(socket.create_connection, (("127.0.0.1", EVIL), 2))


class OtherUser(FastHttpUser):
    """Locust's own user with another host, and through a proxy."""

    wait_time = constant(0.1)  # all that is refused at once would leave the tricks no time
    host = HERE
    proxy_host = "localhost"
    proxy_port = EVIL
    weight = 1

    @task
    def visit(self):
        """Not ours."""
        self.client.get("/")


class PlainUser(HttpUser):
    """Locust's other user."""

    wait_time = constant(0.1)
    host = HERE

    @task
    def visit(self):
        """Not ours either."""
        self.client.get(f"{HERE}/")


TRICKS = {
    "the host itself": lambda user: user.client.get("/").status_code,
    **{repr(path): lambda user, path=path: user.client.get(path).status_code for path in PATHS},
    "another base": lambda user: _session(user, HERE),
    "another agent": _agent,
    "requests": lambda _: requests.get(f"{HERE}/", timeout=2).status_code,
    "requests by a proxy": _proxied,
    "urllib": lambda _: urllib.request.urlopen(f"{HERE}/", timeout=2).status,
    "a socket": lambda _: socket.create_connection(("127.0.0.1", EVIL), 2),
    "a socket that does not raise": _quiet,
    "a gevent socket": lambda _: gevent.socket.create_connection(("localhost", EVIL), 2),
    "a socket in a thread": _thread,
    "a datagram": _datagram,
    "a name that is not allowed": lambda _: socket.getaddrinfo("elsewhere.invalid", 80),
}


class Hostile(users.Visitor):
    """Tries everything once."""

    @task
    def visit(self):
        """All tricks, one after another."""
        if SEEN.exists():
            return
        SEEN.write_text("{}")
        seen = {}
        for name, trick in TRICKS.items():
            try:
                seen[name] = str(trick(self))
            except Exception as error:  # noqa: BLE001 - whatever the guard made of it
                seen[name] = f"{type(error).__name__}: {error}"
        whole = SEEN.with_suffix(".new")
        whole.write_text(json.dumps(seen))
        whole.replace(SEEN)


@events.init.add_listener
def _init(environment, **_):
    environment.host = HERE


@events.test_start.add_listener
def _start(environment, **_):
    environment.host = HERE
