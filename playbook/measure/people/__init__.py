"""Measurements of the subject ``people``."""
