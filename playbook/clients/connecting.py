"""A TCP connection to one of a host's addresses, with one time limit for all of them."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from playbook.clients.wire import look_up

MOST_ADDRESSES = 32  # addresses tried or inspected per host name; a DNS answer can hold thousands


def connect(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to the first address that answers. The remaining time is shared among the remaining addresses.

    Raises:
        OSError, UnicodeError: no address, or none that answers; the error of the last one.
    """
    until = time.monotonic() + seconds
    return connect_any(look_up(host, port, seconds), until)


def connect_any(addresses: Sequence[tuple[str, int]], until: float) -> socket.socket:
    """As ``connect``, until this value of ``time.monotonic()``."""
    failure = OSError("the name has no address")
    tried = addresses[:MOST_ADDRESSES]
    for number, address in enumerate(tried):
        share = (until - time.monotonic()) / (len(tried) - number)
        try:
            return socket.create_connection(address, timeout=max(share, 0.001))
        except OSError as error:
            failure = error
    raise failure
