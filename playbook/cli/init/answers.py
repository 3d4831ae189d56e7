"""Description of a product: where it is, and which parts it has. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import urlsplit

from playbook.core.errors import UsageError
from playbook.core.suggestions import did_you_mean
from playbook.settings.sections.parts import PARTS, absent_parts
from playbook.settings.sections.queues import Preset

Kind = Literal["production", "staging"]
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)  # keys that TOML accepts without quotes


@dataclass(frozen=True, slots=True)
class Answers:
    """A product.

    Attributes:
        target: its name.
        url: of its website; empty if unknown.
        parts, without: parts that it has, and does not have. Nothing is known about the others.
        app_id, app: of the app on App Platform, and its name; empty if there is none.
        components: names by role: web, optimizer, worker.
        health_path: path of the web component's health endpoint.
        domains: further domains of the website.
        redis_cluster: id of the managed Redis or Valkey.
        databases: ids and engines of database clusters of the app that are missing from its spec.
        queues: libraries and names of queues in Redis.
        selector: matchers of its own series in Prometheus.
        known: other known facts, one line each; for comments.
        endpoint: of the DigitalOcean API, if not the default.
        ca: file of the services' certificate authority.
    """

    target: str = "production"
    kind: Kind = "production"
    url: str = ""
    parts: frozenset[str] = frozenset()
    without: tuple[str, ...] = ()
    app_id: str = ""
    app: str = ""
    components: dict[str, str] = field(default_factory=dict)
    health_path: str = ""
    domains: tuple[str, ...] = ()
    redis_cluster: str = ""
    databases: tuple[tuple[str, str], ...] = ()
    queues: tuple[tuple[str, str], ...] = ()
    selector: str = ""
    known: tuple[str, ...] = ()
    endpoint: str = ""
    ca: str = ""

    @property
    def absent(self) -> frozenset[str]:
        """Parts that it does not have, including those that depend on them."""
        return absent_parts(self.without)

    @property
    def open(self) -> tuple[str, ...]:
        """Parts about which nothing is known."""
        return tuple(name for name in PARTS if name not in self.parts | self.absent)


def require_target(name: str) -> str:
    """A valid target name, which is a key of the file and part of the reports' names.

    Raises:
        UsageError: the name is invalid, or is that of the sandbox.
    """
    if not _NAME.fullmatch(name) or not _BARE.fullmatch(name):
        raise UsageError(f"init: expected a name of letters, digits, _ and - for the target, got {name!r}")
    if name == "sandbox":
        raise UsageError("init: expected a name for the target, got 'sandbox', which is the embedded system")
    return name


def require_address(text: str) -> str:
    """The address of a website, as written into the file.

    Raises:
        UsageError: it is invalid or contains a password: no secret is ever written.
    """
    try:
        parts = urlsplit(text.strip())
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(f"init: expected an address such as https://shop.example, got {text!r}")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UsageError(
            "init: expected an address without a name, a password or a query, as no secret is written into the "
            f"file, got one with them for {parts.hostname}"
        )
    return text.strip().rstrip("/")


def require_queue(text: str) -> tuple[str, str]:
    """A queue such as ``celery:celery``: its library and its name.

    Raises:
        UsageError: the library is unknown, or there is no name.
    """
    preset, _, name = text.strip().partition(":")
    known = get_args(Preset)
    if preset not in known or not name.strip():
        raise UsageError(
            f"init: expected a queue as LIBRARY:NAME, with {', '.join(known[:-1])} or {known[-1]}, got {text!r}"
            f"{did_you_mean(preset, known) if preset not in known else ''}"
        )
    return preset, name.strip()


def require_parts(option: str, names: Iterable[str]) -> tuple[str, ...]:
    """Names of parts, without duplicates.

    Raises:
        UsageError: a part is unknown.
    """
    found = tuple(dict.fromkeys(filter(None, (name.strip() for name in names))))
    for name in found:
        if name not in PARTS:
            raise UsageError(
                f"init: {option}: expected some of {', '.join(PARTS)}, got {name!r}{did_you_mean(name, PARTS)}"
            )
    return found
