"""Measurements of the subject ``databases``."""
