"""What a refusal of the DigitalOcean API means: a bad request, or one that may pass when it is repeated."""

from __future__ import annotations

from playbook.clients.digitalocean_transport import SERVICE, Refused
from playbook.core.errors import Malformed


class BadRequest(Malformed):
    """The API rejects the request as invalid (400)."""

    def __init__(self, message: str, said: str, attempts: tuple[str, ...]) -> None:
        super().__init__(message, service=SERVICE, attempts=attempts)
        self.said = said


class NotFound(Malformed):
    """The API knows nothing of that name (404)."""


def may_pass(error: Refused) -> bool:
    return error.status == 429 or error.status >= 500
