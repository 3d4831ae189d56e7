"""Measurements of the subject ``backups``."""
