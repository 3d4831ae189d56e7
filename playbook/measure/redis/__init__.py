"""Measurements of the subject ``redis``."""
