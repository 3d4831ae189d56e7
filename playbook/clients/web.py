"""The website, and the one address that the suite may POST to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from playbook.clients.answer import Answer
from playbook.clients.exchange import Exchange
from playbook.clients.http import HttpClient, read_body, unreachable
from playbook.clients.urls import parse_url, shown
from playbook.clients.wire import Broken
from playbook.core.engine import client
from playbook.core.errors import UsageError
from playbook.settings.model import Settings

SERVICE = "Website"


@dataclass(frozen=True)
class ImageApi:
    """Posts images to the website's optimise endpoint, and nothing else anywhere else.

    Attributes:
        path: of the endpoint.
    """

    website: HttpClient
    path: str

    def optimize(self, image: bytes, filename: str) -> Answer:
        """Post one image as the form field ``image``. A POST is never retried.

        Raises:
            Unreachable: no complete answer in time.
            Malformed: the answer is too large.
        """
        url = parse_url(self.website.base_url.rstrip("/") + self.path, SERVICE)
        body, content_type = _form(image, filename)
        call = self.website.call(
            "POST", url, {"Content-Type": content_type}, seconds=self.website.budget, body=body
        )
        try:
            with Exchange(call) as exchange:
                answer = read_body(exchange, SERVICE, url)
                phases = exchange.phases
        except Broken as broken:
            raise unreachable(
                SERVICE, url, broken, (f"only try, as a POST is not repeated: {broken}",)
            ) from broken
        line = f"only try: HTTP {exchange.status} after {phases.total:.3f} s"
        return Answer(SERVICE, exchange.status, exchange.headers, answer, shown(url), phases, (line,))


@client(libraries=("playbook.clients.transport", "stamina"))
def website(settings: Settings) -> HttpClient:
    """The website of the target, read-only."""
    web = settings.target.web
    url = settings.require(web.url, "web.url", SERVICE)
    return HttpClient(
        url,
        service=SERVICE,
        time_limits=settings.time_limits,
        ca=web.ca,
        setting=f"targets.{settings.target.name}.web.url",
    )


@client(parts=("images",))
def image_api(website: HttpClient, settings: Settings) -> ImageApi:
    """The optimise endpoint of the website."""
    path = settings.target.web.optimize_path
    if not path.startswith("/"):
        # '@other.host/' or '.other.host/' would become part of the host name.
        raise UsageError(
            f"targets.{settings.target.name}.web.optimize_path: expected a path such as /api/image/optimize"
        )
    return ImageApi(website, path)


def _form(image: bytes, filename: str) -> tuple[bytes, str]:
    """A multipart form with the one field (RFC 7578), and its content type."""
    boundary = secrets.token_hex(16)
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in filename)
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="image"; filename="{name}"\r\n'
        f"Content-Type: {_media_type(name)}\r\n\r\n"
    )
    return head.encode() + image + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _media_type(name: str) -> str:
    import mimetypes

    return mimetypes.guess_type(name)[0] or "application/octet-stream"
