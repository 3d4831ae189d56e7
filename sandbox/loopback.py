"""The address that everything in the sandbox listens on."""

LOOPBACK = "127.0.0.1"
