"""Measurements of the subject ``images``."""
