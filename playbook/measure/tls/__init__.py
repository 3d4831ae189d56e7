"""Measurements of the subject ``tls``."""
