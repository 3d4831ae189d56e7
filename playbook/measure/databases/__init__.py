"""Databases that DigitalOcean manages."""
