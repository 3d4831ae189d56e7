"""TLS as offered to visitors."""
