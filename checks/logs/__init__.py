"""Errors in the logs."""
