"""A ``pydo.Client`` for checks that query the DigitalOcean API themselves: bounded and GET only.

A 404, which pydo returns as if it were the resource, is ``Malformed`` here, as in all other clients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE, NotJson, ReadOnlyTransport, Refused, open_pydo
from playbook.clients.pace import NoTurn
from playbook.clients.wire import Broken
from playbook.core.errors import Forbidden, Malformed


def open_pydo_client(digitalocean: DigitalOceanApi) -> Any:
    """A client of the same API, with the limits, trust and token of ``digitalocean``."""
    import pydo.operations._operations as operations

    # A traceback into the check passes through pydo. To show one of its 365,000 lines, pytest would parse all of
    # them.
    vars(operations)["__tracebackhide__"] = True
    ours = digitalocean.transport
    return open_pydo(_OnlyGet(ours.endpoint, ours.token, ours.time_limits, ours.ca, ours.pace, api=digitalocean))


@dataclass(frozen=True)
class _OnlyGet(ReadOnlyTransport):
    api: DigitalOceanApi | None = None

    def send(self, request: Any, **_: Any) -> Any:
        """As ``ReadOnlyTransport.send``, with the suite's own errors."""
        assert self.api is not None
        path = urlsplit(request.url).path
        if request.method != "GET":
            raise Forbidden(
                f"{SERVICE}: {request.method} {path} could change something and was not sent: this suite sends "
                "GET only, so that no check can change what it looks at"
            )
        what = f"an answer to GET {path}"
        try:
            answer = super().send(request)
            answer.json()
        except (Refused, Broken) as error:
            reason = error.said if isinstance(error, Refused) else error
            raise self.api.explain(error, what, "that this asks for", (f"only try: {reason}",)) from None
        except NoTurn as error:
            raise self.api.without_turn(error, what) from None
        except NotJson as error:
            raise Malformed(f"{SERVICE}: expected {what} in JSON, got {error}", service=SERVICE) from None
        return answer
