"""Measurements of the subject ``load``."""
