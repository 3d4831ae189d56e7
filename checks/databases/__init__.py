"""Managed databases of DigitalOcean."""
