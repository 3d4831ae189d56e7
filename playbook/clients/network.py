"""Whether this machine's own network works, before an unreachable website is reported as down.

A bad certificate, a refused connection, silence or an unknown host name is a finding only if another host answered
at the same time. The target's other services are asked, one connection each, and only after something has failed.
"""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from playbook.clients.breakage import Kind, is_internal, private_of
from playbook.clients.http import HttpClient
from playbook.clients.proxies import proxy_for
from playbook.clients.trust import context_for
from playbook.clients.urls import parse_url
from playbook.clients.wire import look_up
from playbook.core.engine import client
from playbook.core.errors import PlaybookError, Unreachable
from playbook.settings.model import Settings, TimeLimits

_LONGEST = 5.0  # seconds per witness: whether it answers at all
_PORTS = {"redis": 6379, "rediss": 6379}
_NOT_THEIRS = (407, 511)  # sent by a proxy or a captive portal on the way
_PRIVATE_CA = ("self-signed", "self signed", "unable to get")


@dataclass(frozen=True, slots=True)
class Witness:
    """A service whose answer proves that this machine reaches other hosts.

    Attributes:
        ca: file of the private certificate authority to trust.
    """

    name: str
    url: str = field(repr=False)
    ca: str | None = None

    @property
    def internal(self) -> bool:
        """Whether it is in a private network, so that it proves nothing about Internet access."""
        return is_internal(urlsplit(self.url).hostname or "")

    @property
    def verified(self) -> bool:
        """Whether only the service itself can have sent the answer."""
        return urlsplit(self.url).scheme in ("https", "rediss")


@dataclass
class Network:
    """This machine's network, as far as the target's services prove that it works. Thread-safe; asks each once.

    Attributes:
        ca: file of the authority that the website's certificate is checked against; None for the system's.
        ca_setting: dotted path of the setting that names it.
    """

    witnesses: tuple[Witness, ...]
    time_limits: TimeLimits = field(default_factory=TimeLimits)
    ca: str | None = None
    ca_setting: str = "web.ca"
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _answered: tuple[Witness, ...] | None = field(default=None, repr=False)

    def finding(self, error: Unreachable, url: str) -> str:
        """What is wrong with the website at ``url``, in words, if this machine's own network can be ruled out.

        Raises:
            Unreachable: it cannot be ruled out; the same error, with a hint where the fault may be.
        """
        address = parse_url(url, error.service)
        what = str(error).rpartition(", got ")[2]
        if error.kind not in (Kind.CERTIFICATE, Kind.NO_NAME, Kind.NO_ANSWER):
            raise _undecided(
                error,
                "the fault is on this machine's side",
                "Look at this machine's routes, limits and proxy.",
            )
        if error.redirects and (address.scheme == "https" or is_internal(address.hostname or "")):
            return what  # the website answered, with a redirect that leads nowhere
        private = self.private_address(url) if error.kind != Kind.NO_NAME else ""
        if private:
            raise _undecided(
                error,
                f"the public name {address.hostname} leads to the private address {private} here",
                "A captive portal, or a resolver of its own, may stand in between.",
            )
        proof = self.proof(internal=is_internal(address.hostname or ""))
        if error.kind == Kind.CERTIFICATE and (proof or not self._asked(address)):
            return what + self._on_authority(what)
        if not proof:
            others = ", ".join(witness.name for witness in self._asked(address))
            raise _undecided(
                error,
                f"nothing else answered either ({others})"
                if others
                else "no other service could prove that this machine's own network works",
                "Look at this machine's network, names and clock first.",
            )
        return f"{what}, while {proof} answers"

    def proof(self, *, internal: bool) -> str:
        """Name of a service that answered; empty if none did.

        Args:
            internal: in a private network, as the website is; otherwise on the Internet and with a verified
                identity.
        """
        with self._lock:
            if self._answered is None:
                self._answered = self._ask()
        return next((one.name for one in self._answered if _counts(one, internal=internal)), "")

    def _asked(self, address: SplitResult) -> list[Witness]:
        internal = is_internal(address.hostname or "")
        return [one for one in self.witnesses if _counts(one, internal=internal)]

    def _ask(self) -> tuple[Witness, ...]:
        if not self.witnesses:
            return ()
        with ThreadPoolExecutor(len(self.witnesses), thread_name_prefix="witness") as pool:
            answers = list(pool.map(self._answers, self.witnesses))
        return tuple(one for one, answered in zip(self.witnesses, answers, strict=True) if answered)

    def _answers(self, witness: Witness) -> bool:
        limit = min(self.time_limits.connect, _LONGEST)
        try:
            if urlsplit(witness.url).scheme in _PORTS:
                _connect(witness, limit)
                return True
            limits = TimeLimits(connect=limit, read=min(self.time_limits.read, _LONGEST))
            asked = HttpClient(witness.url, service=witness.name, time_limits=limits, ca=witness.ca)
            return asked.head(retry="none").status not in _NOT_THEIRS
        except (PlaybookError, OSError, ValueError):
            return False

    def private_address(self, url: str) -> str:
        """The private address that a public name resolves to here; empty if it does not, or is unknown."""
        address = urlsplit(url)
        host = address.hostname or ""
        if is_internal(host) or proxy_for(address):
            return ""
        try:
            found = look_up(host, address.port or 443, min(self.time_limits.connect, _LONGEST))
        except (OSError, UnicodeError):
            return ""
        return private_of([one for one, _ in found])

    def _on_authority(self, what: str) -> str:
        if not any(word in what for word in _PRIVATE_CA):
            return ""
        if self.ca:
            return f"; {self.ca_setting} names another authority"
        return f"; where its authority is a private one, {self.ca_setting} must name it"


@client(libraries=("playbook.clients.transport", "stamina"))
def network(settings: Settings) -> Network:
    """This machine's network, tested against the target's other services."""
    target = settings.target
    github = target.github.endpoint if target.github.repository or target.github.organisation else None
    redis = target.redis.url.reveal() if target.redis.url else None
    known = (
        ("the DigitalOcean API", target.digitalocean.endpoint if target.digitalocean.token else None),
        ("Grafana", target.grafana.url),
        ("Prometheus", target.prometheus.url),
        ("Alertmanager", target.alertmanager.url),
        ("Redis", redis),
        ("the GitHub API", github),
    )
    authorities = (
        target.digitalocean.ca,
        target.grafana.ca,
        target.prometheus.ca,
        target.alertmanager.ca,
        target.redis.ca,
        target.github.ca,
    )
    website = _place(target.web.url or "")
    witnesses = [
        Witness(name, url, ca)
        for (name, url), ca in zip(known, authorities, strict=True)
        if url and _place(url) != website
    ]
    return Network(
        tuple(witnesses),
        time_limits=settings.time_limits,
        ca=target.web.ca,
        ca_setting=f"targets.{target.name}.web.ca",
    )


def _counts(witness: Witness, *, internal: bool) -> bool:
    return witness.internal if internal else witness.verified and not witness.internal


def _place(url: str) -> tuple[str, int]:
    try:
        address = urlsplit(url)
        default = _PORTS.get(address.scheme, 80 if address.scheme == "http" else 443)
        return address.hostname or "", address.port or default
    except ValueError:
        return "", 0


def _connect(witness: Witness, limit: float) -> None:
    host, port = _place(witness.url)
    addresses = look_up(host, port, limit)
    with socket.create_connection(addresses[0], timeout=limit) as raw:
        if witness.verified:
            context_for(witness.ca, witness.name).wrap_socket(raw, server_hostname=host).close()


def _undecided(error: Unreachable, why: str, where: str) -> Unreachable:
    return Unreachable(
        f"{error}; {why}",
        service=error.service,
        hint=f"{where} {error.hint}".strip(),
        attempts=error.attempts,
        kind=error.kind,
        redirects=error.redirects,
    )
