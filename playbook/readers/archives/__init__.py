"""Backup archives: when one was made, and whether it is complete. Pure; independent of stores and verdicts."""
