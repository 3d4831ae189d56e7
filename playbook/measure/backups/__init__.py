"""Backups: whether they are there, whole and enough, and whether they can be restored."""
