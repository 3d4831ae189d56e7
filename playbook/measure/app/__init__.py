"""Measurements of the subject ``app``."""
