"""Measurements of the subject ``figures``."""
