"""Measurements of the subject ``web``."""
