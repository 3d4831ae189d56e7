"""Firing alerts, and whether alerts are delivered."""
