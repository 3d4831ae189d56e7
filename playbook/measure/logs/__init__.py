"""Logs of the last day, and the kinds of errors in them."""
