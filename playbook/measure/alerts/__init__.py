"""Measurements of the subject ``alerts``."""
