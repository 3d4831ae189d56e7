"""Parsers of logs, archives, headers, documents and load tests that are already local."""
