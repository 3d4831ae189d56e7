"""Measurements of the subject ``security``."""
