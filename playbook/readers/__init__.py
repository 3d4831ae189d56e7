"""Parsers of logs, archives, headers and documents that are already local. Pure."""
