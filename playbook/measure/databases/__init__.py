"""Databases managed by DigitalOcean."""
