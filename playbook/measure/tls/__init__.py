"""TLS: versions, cipher suites, certificates."""
