"""A minimal server: the same small page for every request, over persistent connections."""

import selectors
import socket
import sys

_BODY = b"<!DOCTYPE html><title>Benchmark</title>" + b"<p>The same page for everybody.</p>" * 40
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(_BODY)
) + _BODY


def main() -> None:
    """Print the port, and serve until standard input ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    ready = selectors.DefaultSelector()
    ready.register(listener, selectors.EVENT_READ)
    ready.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.fileobj is sys.stdin:
                return
            if key.fileobj is listener:
                accepted, _ = listener.accept()
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ready.register(accepted, selectors.EVENT_READ)
                continue
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            try:
                asked = connection.recv(65536).count(b"\r\n\r\n")
                if asked:
                    connection.sendall(_ANSWER * asked)
            except OSError:
                asked = 0
            if not asked:
                ready.unregister(connection)
                connection.close()


if __name__ == "__main__":
    main()
