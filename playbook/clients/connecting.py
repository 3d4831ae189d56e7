"""A TCP connection to one of a name's addresses, however many it has, within a time limit as a whole."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from playbook.clients.wire import look_up

MOST_ADDRESSES = 32  # of one name that are tried or looked at; DNS can give thousands in one answer


def connect(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to the first address that answers. The wait for each is its share of the time that is left.

    Raises:
        OSError, UnicodeError: no address, or none that answers; the failure of the last one.
    """
    until = time.monotonic() + seconds
    return connect_any(look_up(host, port, seconds), until)


def connect_any(addresses: Sequence[tuple[str, int]], until: float) -> socket.socket:
    """As ``connect``, by this moment of ``time.monotonic()``."""
    failure = OSError("the name has no address")
    tried = addresses[:MOST_ADDRESSES]
    for number, address in enumerate(tried):
        share = (until - time.monotonic()) / (len(tried) - number)
        try:
            return socket.create_connection(address, timeout=max(share, 0.001))
        except OSError as error:
            failure = error
    raise failure
