"""TLS as visitors get it."""
