"""Backups, restores and drills."""
