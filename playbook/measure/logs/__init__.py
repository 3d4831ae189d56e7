"""Logs of the last day, and what kinds of errors are in them."""
