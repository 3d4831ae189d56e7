"""Backups: existence, integrity, retention and restorability."""
