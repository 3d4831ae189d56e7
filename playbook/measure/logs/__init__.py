"""Measurements of the subject ``logs``."""
