"""The DigitalOcean API."""
