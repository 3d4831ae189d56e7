"""The website: its pages, health endpoints and access log."""
