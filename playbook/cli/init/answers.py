"""What is said of a product: where it is, and which parts it has. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import urlsplit

from playbook.core.errors import UsageError
from playbook.settings.sections.mistakes import did_you_mean
from playbook.settings.sections.parts import PARTS, absent_parts
from playbook.settings.sections.queues import Preset

Kind = Literal["production", "staging"]
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)  # what TOML takes as a key without quotes


@dataclass(frozen=True, slots=True)
class Answers:
    """A product.

    Attributes:
        target: what it is called.
        url: of its website; empty where nothing is known of one.
        parts, without: parts that it is known to have, and not to have. Of the others nothing is known.
        app_id, app: of the app on App Platform, and its name; empty where there is none.
        components: names by their role: web, optimizer, worker.
        health_path: where the web component tells its health.
        domains: further domains of the website.
        redis_cluster: id of the managed Redis or Valkey.
        databases: ids and engines of PostgreSQL and MySQL that are the app's without standing in its spec.
        queues: libraries and names of queues in Redis.
        selector: of its own series in Prometheus.
        known: what else is known, a line each; for comments.
        endpoint: of the DigitalOcean API, where it is another one.
        ca: file with the certificate authority of the services.
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
        """The parts that it does not have, with those that are not there without them."""
        return absent_parts(self.without)

    @property
    def open(self) -> tuple[str, ...]:
        """Parts of which nothing is known."""
        return tuple(name for name in PARTS if name not in self.parts | self.absent)


def require_target(name: str) -> str:
    """A name for a target, which is a key of the file and part of the reports' names.

    Raises:
        UsageError: it is none, or that of the embedded system.
    """
    if not _NAME.fullmatch(name) or not _BARE.fullmatch(name):
        raise UsageError(f"init: expected a name of letters, digits, _ and - for the target, got {name!r}")
    if name == "sandbox":
        raise UsageError("init: expected a name for the target, got 'sandbox', which is the embedded system")
    return name


def require_address(text: str) -> str:
    """The address of a website, as it is written into the file.

    Raises:
        UsageError: it is none, or holds a password: no secret is ever written.
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
    """A queue as ``celery:celery``: the library that keeps it, and its name.

    Raises:
        UsageError: there is no such library, or no name.
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
    """Names of parts, each once.

    Raises:
        UsageError: one is none.
    """
    found = tuple(dict.fromkeys(filter(None, (name.strip() for name in names))))
    for name in found:
        if name not in PARTS:
            raise UsageError(
                f"init: {option}: expected some of {', '.join(PARTS)}, got {name!r}{did_you_mean(name, PARTS)}"
            )
    return found
